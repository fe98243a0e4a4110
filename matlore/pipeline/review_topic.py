"""What a topic asks for, held against texts."""

import re
from collections.abc import Iterable, Iterator, Mapping

from .review_classes import plural
from .search_types import NamedThings

__all__ = ["Topic", "are_alike"]

_LESS = frozenset(
    "low lower lowest ultralow small smaller smallest poor weak weaker reduce reduced reduces"
    " reducing reduction suppress suppressed suppresses suppressing suppression decrease decreased"
    " decreases minimum minimal minimize minimizes".split()
)
_MORE = frozenset(
    "high higher highest ultrahigh large larger largest enhance enhanced enhances enhancement"
    " increase increased increases maximum giant superior efficient".split()
)
_DONE = "(?:investigated|studied|discussed|presented|evaluated|examined|explored|analy[sz]ed)"
_VAGUE = re.compile(
    r"\b(?:insights?|pav(?:e|es|ing)|guid(?:e|es|ance|ing|elines?)|frameworks?|challeng\w+"
    r"|attract\w*|garnered|remarkable|advances|progress|emerged|recent(?:ly)?|comprehensive"
    r"|strateg(?:y|ies)|routes?|future|is (?:important|crucial|essential)|applications?"
    r"|we (?:report|present|investigate|study|review|propose|discuss)"
    rf"|in this (?:work|paper|study|letter)|(?:are|is|ha(?:s|ve) been) {_DONE})\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+")


class Topic:
    """A topic, what it names, and the classes of materials."""

    def __init__(
        self, text: str, named: NamedThings, classes: Mapping[str, frozenset[str]]
    ) -> None:
        """Prepare for many texts."""
        from .search_query import expanded_terms
        from .search_snippets import QueryMarks

        self.text = text
        self.named = named
        self.classes = classes
        terms = expanded_terms(NamedThings(**{**_as_dict(named), "materials": ()}))
        self._spellings = [
            [*spellings, *_alike(name if name in named.properties else None)]
            for name, spellings in terms.items()
        ]
        self._marks = [QueryMarks("", _with_plurals(names)) for names in self._spellings]
        spelled = expanded_terms(NamedThings(materials=named.materials))
        self._materials = QueryMarks("", [n for found in spelled.values() for n in found])
        words = set(_WORD.findall(text.lower().replace("ultra-", "ultra")))
        self._wants_less = bool(words & _LESS) and not words & _MORE
        self._wants_more = bool(words & _MORE) and not words & _LESS

    @property
    def spelled(self) -> str:
        """The topic, and what it names in other words."""
        return " ".join((self.text, *(name for names in self._spellings for name in names)))

    def share_named(self, text: str) -> float:
        """Return what share of the properties and the like of the topic a text names."""
        return sum(bool(marks.spans(text)) for marks in self._marks) / max(1, len(self._marks))

    def has_term(self, text: str) -> bool:
        """Tell whether a text names a property or the like of the topic; yes where it has none."""
        return not self._marks or any(marks.spans(text) for marks in self._marks)

    def has_material(self, text: str) -> bool:
        """Tell whether a text names a material that the topic names; yes where it names none."""
        from .index_sources import text_materials

        if not self.named.materials or self._materials.spans(text):
            return True
        return not set(self.named.materials).isdisjoint(text_materials(text))

    def is_opposed(self, sentence: str) -> bool:
        """Tell whether a sentence speaks of much where the topic asks for little, or reversely."""
        words = set(_WORD.findall(sentence.lower().replace("ultra-", "ultra")))
        less, more = bool(words & _LESS), bool(words & _MORE)
        return (self._wants_less and more and not less) or (self._wants_more and less and not more)

    @staticmethod
    def is_vague(sentence: str) -> bool:
        """Tell whether a sentence announces or praises rather than states."""
        return _VAGUE.search(sentence) is not None

    def rule(self) -> str:
        """Return in words what a paper must be about."""
        named = self.named
        others = [*named.properties, *named.applications, *named.methods, *named.phases]
        parts = [
            f"are about {plural(self.classes)}" if self.classes else "",
            " or ".join(m.removeprefix("name:") for m in named.materials),
            " or ".join([*others, *(["the like"] if named.properties else [])]),
        ]
        parts[1:] = [f"name {part}" if part else "" for part in parts[1:]]
        words = ", ".join(part for part in parts if part)
        return f" that {words}" if words else " that hold a word of it"


def _as_dict(named: NamedThings) -> dict[str, tuple[str, ...]]:
    return {name: getattr(named, name) for name in NamedThings.__slots__}


def _with_plurals(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield name
        if name.endswith("y"):
            yield f"{name[:-1]}ies"


def are_alike(name: str, asked: str) -> bool:
    """Tell whether properties end alike: thermal conductivity, lattice thermal conductivity."""
    return f" {name}".endswith(f" {asked}") or f" {asked}".endswith(f" {name}")


def _alike(asked: str | None) -> Iterator[str]:
    """Yield the spellings of the other properties that end as one that is asked for."""
    from matlore.vocabulary import load_terms

    for name, term in load_terms("property").items() if asked else ():
        if asked and name != asked and are_alike(name, asked):
            yield from (term.name, *term.synonyms)
