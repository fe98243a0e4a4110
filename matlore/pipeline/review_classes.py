"""Classes of materials that a topic names, and the papers that are about them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matlore.records import Paper

    from .review_facts import ReviewFacts

__all__ = ["MATERIAL_CLASSES", "in_classes", "material_classes", "of_classes", "plural"]

Classes = Mapping[str, frozenset[str]]
"""Elements by the name of a class: `oxide`, or `sulfide or halide` where either will do."""

MATERIAL_CLASSES: Classes = {
    "oxide": frozenset({"O"}),
    "chalcogenide": frozenset({"S", "Se", "Te"}),
    "sulfide": frozenset({"S"}),
    "selenide": frozenset({"Se"}),
    "telluride": frozenset({"Te"}),
    "halide": frozenset({"F", "Cl", "Br", "I"}),
    "fluoride": frozenset({"F"}),
    "chloride": frozenset({"Cl"}),
    "bromide": frozenset({"Br"}),
    "iodide": frozenset({"I"}),
    "nitride": frozenset({"N"}),
    "pnictide": frozenset({"N", "P", "As", "Sb", "Bi"}),
    "phosphide": frozenset({"P"}),
    "arsenide": frozenset({"As"}),
    "antimonide": frozenset({"Sb"}),
    "carbide": frozenset({"C"}),
    "boride": frozenset({"B"}),
    "silicide": frozenset({"Si"}),
    "germanide": frozenset({"Ge"}),
    "hydride": frozenset({"H"}),
    "cuprate": frozenset({"Cu"}),
    "manganite": frozenset({"Mn"}),
    "ferrite": frozenset({"Fe"}),
    "titanate": frozenset({"Ti"}),
}
"""Classes of compounds, and the elements of which a member holds one."""

_WITH_OXYGEN = frozenset({"cuprate", "manganite", "ferrite", "titanate"})
_INORGANIC = frozenset({"carbide", "nitride", "hydride"})  # CH3NH3PbI3 is none of them
_PREFIXES = ("di", "tri", "tetra", "mono", "oxy", "poly", "sesqui")
_EITHER = frozenset({"and", "or"})
_FEWEST_MENTIONS = 2  # in an abstract whose title has none
_WORD = re.compile(r"\w+|[,/]")


def material_classes(topic: str) -> dict[str, frozenset[str]]:
    """Return the classes of materials that a topic names, with their elements.

    Classes in a list (`sulfides and halides`) are one: a material of either is asked for. In
    `oxide chalcogenides` a material must be of both.
    """
    listed: list[list[str]] = []
    either = False
    for word in _WORD.findall(topic.lower().replace("sulph", "sulf")):
        name = _class_of(word)
        if name is None:
            either = either or word in _EITHER or word in ",/"
        elif listed and either:
            listed[-1].append(name)
        else:
            listed.append([name])
        either = either and name is None
    merged = {" or ".join(dict.fromkeys(names)): names for names in listed}
    return {
        joined: frozenset[str]().union(*(MATERIAL_CLASSES[name] for name in names))
        for joined, names in merged.items()
    }


def _class_of(word: str) -> str | None:
    word = word.removesuffix("s")
    if word in MATERIAL_CLASSES:
        return word
    if word.startswith(_PREFIXES):
        return next((name for name in MATERIAL_CLASSES if word.endswith(name)), None)
    return None


def plural(classes: Classes) -> str:
    """Return the names of classes as a text lists them."""
    return " that are also ".join(name.replace(" or ", "s or ") + "s" for name in classes)


def in_classes(material: str, classes: Classes) -> bool:
    """Tell whether a formula is a compound of every class."""
    elements = _elements(material)
    return len(elements) > 1 and all(
        any(_is_member(elements, name) for name in joined.split(" or ")) for joined in classes
    )


def _is_member(elements: frozenset[str], name: str) -> bool:
    return (
        bool(elements & MATERIAL_CLASSES[name])
        and (name not in _WITH_OXYGEN or "O" in elements)
        and (name not in _INORGANIC or not elements >= {"C", "H"})
    )


def _elements(material: str) -> frozenset[str]:
    if material.startswith("name:"):
        return frozenset()
    return frozenset(re.findall(r"[A-Z][a-z]?", material.removeprefix("family:")))


def of_classes(facts: "ReviewFacts", papers: Mapping[str, "Paper"], classes: Classes) -> set[str]:
    """Return the papers about materials of all the classes: by a fact, the title, or two words.

    A class that is mentioned once in passing makes no paper about it, nor does one that is
    mentioned beside the compounds of a title.
    """
    if not classes:
        return set(papers)
    with_facts = {c.provenance.paper_id for c in facts.claims if in_classes(c.subject, classes)}
    with_facts |= {
        q.provenance.paper_id
        for q in facts.quantities
        if q.material and in_classes(q.material, classes)
    }
    return {id for id, paper in papers.items() if _is_about(paper.text, classes, id in with_facts)}


def _is_about(text: str, classes: Classes, has_facts: bool) -> bool:
    title, _, abstract = text.partition("\n")
    if _mentions(title, classes):
        return True
    # A title with compounds of other classes: what the abstract names is compared with them.
    if any(len(_elements(word)) > 1 for word in _formulas(title)):
        return False
    return has_facts or _mentions(abstract, classes) >= _FEWEST_MENTIONS


def _formulas(text: str) -> list[str]:
    from ner.formulas import is_formula_key
    from ner.tokens import training_tokens

    return [word for word in training_tokens(text) if is_formula_key(word)]


def _mentions(text: str, classes: Classes) -> int:
    """Return how often a text names materials of all the classes, or the classes themselves."""
    formulas = sum(in_classes(word, classes) for word in _formulas(text))
    lower = text.lower().replace("sulph", "sulf")
    return formulas + min(len(_names_of(joined).findall(lower)) for joined in classes)


@lru_cache(maxsize=64)
def _names_of(joined: str) -> re.Pattern[str]:
    """Return a pattern of the names of classes and of those within them (telluride)."""
    names = joined.split(" or ")
    within = [
        name
        for name, elements in MATERIAL_CLASSES.items()
        if name in names
        or (name not in _WITH_OXYGEN and any(elements <= MATERIAL_CLASSES[n] for n in names))
    ]
    return re.compile("|".join(within))
