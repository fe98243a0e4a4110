"""What the parts find about one paper, made to agree.

Each part judges its own pairs. Put together they know more: a value that was linked to a
material says that the material has the property, and that the property's mention there is
not of another one; what is made or measured is the host, not its dopant; and a name that no
list knows, in a paper that is hardly about materials, is seldom one of a material.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from matlore.vocabulary.materials import load_materials
from matlore.vocabulary.terms import load_terms

from .document import Document
from .parts import FoundQuantity, Relation

__all__ = ["coherent", "name_properties"]

_NAME = "name:"
_SURE = 0.5
_OF_ANOTHER = 0.5
_DOPANT = 0.3
_NO_MATERIAL = 0.4
_LEAST_RELEVANCE = 0.5


def coherent(
    document: Document, relations: Iterable[Relation], quantities: Sequence[FoundQuantity]
) -> list[Relation]:
    """Return the relations with scores that take the other facts into account.

    Args:
        document: whose mentions the facts point into.
        relations: of every type.
        quantities: of the same document.

    Returns:
        The relations, and one `HAS_PROPERTY` for each material and property of a quantity.
    """
    given = [*relations]
    dopants = _dopants(document, given)
    owners = _owners(document, quantities)
    found: dict[tuple[str, int, int], Relation] = {}
    for relation in given:
        score = relation.score
        if relation.type not in ("DOPED_WITH", "SAME_AS") and (
            document.mentions[relation.head].norm in dopants
        ):
            score *= _DOPANT
        if relation.type not in ("DOPED_WITH", "SAME_AS") and _is_doubtful(document, relation):
            score *= _NO_MATERIAL
        if relation.type == "HAS_PROPERTY" and _is_of_another(document, relation, owners):
            score *= _OF_ANOTHER
        found[relation.type, relation.head, relation.tail] = replace(relation, score=score)
    for relation in _properties(document, quantities, found.values()):
        found[relation.type, relation.head, relation.tail] = relation
    return [*found.values()]


def name_properties(document: Document, quantities: Sequence[FoundQuantity]) -> None:
    """Give mentions of a property the name that its values have told.

    `Tc` and `gap` alone may be of many properties; a value in kelvin of a superconductor says
    which. It then holds for the same words in all of the text, unless values disagree.

    Args:
        document: whose mentions change their norms, where these are in no vocabulary.
        quantities: of the same document.
    """
    told: dict[str, set[str]] = {}
    for one in quantities:
        if one.property is not None and one.property_name is not None and one.score >= _SURE:
            words = document.mentions[one.property].text
            told.setdefault(words, set()).add(one.property_name)
    known = load_terms("property")
    for position, mention in enumerate(document.mentions):
        names = told.get(mention.text, set())
        if mention.label == "PRO" and len(names) == 1 and mention.norm not in known:
            document.mentions[position] = replace(mention, norm=next(iter(names)))


def _dopants(document: Document, relations: Sequence[Relation]) -> set[str | None]:
    """Return the norms of what is surely a dopant and nowhere a host."""
    dopings = [one for one in relations if one.type == "DOPED_WITH" and one.score >= _SURE]
    hosts = {document.mentions[one.head].norm for one in dopings}
    return {document.mentions[one.tail].norm for one in dopings} - hosts - {None}


def _is_doubtful(document: Document, relation: Relation) -> bool:
    """Say whether a head is an unknown name in a paper of little relevance for materials."""
    relevance = document.paper.relevance
    norm = document.mentions[relation.head].norm or ""
    return (
        relevance is not None
        and relevance < _LEAST_RELEVANCE
        and norm.startswith(_NAME)
        and norm not in _known_names()
    )


@lru_cache(maxsize=1)
def _known_names() -> frozenset[str]:
    """Return the keys of the materials that the vocabulary knows by name alone."""
    return frozenset(f"{_NAME}{material.name}" for material in load_materials())


def _owners(document: Document, quantities: Sequence[FoundQuantity]) -> dict[int, set[str | None]]:
    """Return the norms of the materials that have a value, by the property's mention."""
    owners: dict[int, set[str | None]] = {}
    for one in quantities:
        if one.property is not None and one.material is not None and one.score >= _SURE:
            owners.setdefault(one.property, set()).add(document.mentions[one.material].norm)
    return owners


def _is_of_another(
    document: Document, relation: Relation, owners: dict[int, set[str | None]]
) -> bool:
    """Say whether values at the very mention of a property are of other materials alone."""
    known = owners.get(relation.tail)
    return known is not None and document.mentions[relation.head].norm not in known


def _properties(
    document: Document, quantities: Sequence[FoundQuantity], relations: Iterable[Relation]
) -> list[Relation]:
    """Return that a material has what a value of it is of; in place of what is less sure."""
    best = {
        (document.mentions[one.head].norm, document.mentions[one.tail].norm): one
        for one in sorted(relations, key=lambda one: one.score)
        if one.type == "HAS_PROPERTY"
    }
    found = []
    for quantity in sorted(quantities, key=lambda one: one.score):
        if quantity.material is None or quantity.property is None:
            continue
        key = tuple(document.mentions[k].norm for k in (quantity.material, quantity.property))
        known = best.get((key[0], key[1]))
        if known is not None and known.score < quantity.score:
            found.append(replace(known, score=quantity.score))
        elif known is None:
            pair = quantity.material, quantity.property
            found.append(Relation("HAS_PROPERTY", *pair, quantity.modality, quantity.score))
    return found
