"""How well quantities are found with their material and property, against annotations.

Scored are triples of material, property and value, each once a paper however often its text
says it, as for ChemDataExtractor's auto-generated databases (Dong & Cole, Sci. Data 9, 193,
2022; Court & Cole, Sci. Data 5, 180111, 2018), but with recall over all that was annotated.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from matlore.units import convert, fits, measure

from ..evaluation import Score
from ..names import material_key
from .annotations import AnnotatedPaper, AnnotatedQuantity
from .parts import FoundQuantity, PaperFacts
from .property_cues import unit_for

__all__ = ["GROUPS", "score_quantities"]

_THRESHOLDS = (0.3, 0.5, 0.7)
GROUPS = {
    "band gap": "band gap",
    "superconducting critical temperature": "critical temperature",
    "curie temperature": "critical temperature",
    "ferroelectric curie temperature": "critical temperature",
    "neel temperature": "critical temperature",
    "magnetic ordering temperature": "critical temperature",
    "magnetic transition temperature": "critical temperature",
    "seebeck coefficient": "seebeck coefficient",
    "thermoelectric figure of merit": "zT",
    "thermal conductivity": "thermal conductivity",
    "lattice thermal conductivity": "thermal conductivity",
    "electronic thermal conductivity": "thermal conductivity",
    "specific capacity": "capacity",
    "theoretical capacity": "capacity",
    "areal capacity": "capacity",
    "volumetric capacity": "capacity",
    "carrier mobility": "mobility",
    "electron mobility": "mobility",
    "hole mobility": "mobility",
}
"""The annotated property that a property of the vocabulary counts as."""

_TOLERANCE = 1e-3
_Q = TypeVar("_Q")


@dataclass(slots=True)
class _Counts:
    """Numbers of triples: found and annotated, found at all, annotated at all."""

    correct: int = 0
    found: int = 0
    annotated: int = 0

    def scores(self) -> dict[str, Any]:
        """Return precision, recall and their harmonic mean, with the numbers."""
        score = Score(self.correct, self.found, self.annotated)
        return {
            "precision": round(score.precision, 4),
            "recall": round(score.recall, 4),
            "f1": round(score.f1, 4),
            "found": self.found,
            "annotated": self.annotated,
        }


def score_quantities(
    annotated: Sequence[AnnotatedPaper],
    found: Mapping[str, PaperFacts],
    texts: Mapping[str, str],
) -> dict[str, Any]:
    """Score the quantities that were found in annotated papers.

    A quantity is right if its property is the annotated one (`GROUPS`), value and end of the
    range are the annotated ones (units converted), and its material is a mention that overlaps
    one of the annotated spellings, or has the same key as one of them. Where the annotator
    found no material, none must be given.

    Args:
        annotated: the papers, with all that they say of the annotated properties.
        found: what was extracted, by paper id; other properties count nothing.
        texts: paper id to text.

    Returns:
        `thresholds`: for each score, below which what was found is left out, precision, recall
        and F1; `properties`: the same for each property at the lowest threshold;
        `without_material`: property and value alone.
    """
    lowest = min(_THRESHOLDS)

    def micro(least: float, *, material: bool = True) -> dict[str, Any]:
        counts = _by_property(annotated, found, texts, least, material=material)
        return _total(counts.values()).scores()

    by_property = _by_property(annotated, found, texts, lowest, material=True)
    return {
        "papers": len(annotated),
        "thresholds": {str(least): micro(least) for least in _THRESHOLDS},
        "properties": {name: counts.scores() for name, counts in by_property.items()},
        "without_material": micro(lowest, material=False),
    }


def _total(counts: Iterable[_Counts]) -> _Counts:
    total = _Counts()
    for one in counts:
        total.correct += one.correct
        total.found += one.found
        total.annotated += one.annotated
    return total


def _by_property(
    annotated: Sequence[AnnotatedPaper],
    found: Mapping[str, PaperFacts],
    texts: Mapping[str, str],
    least: float,
    *,
    material: bool,
) -> dict[str, _Counts]:
    counts = {name: _Counts() for name in dict.fromkeys(GROUPS.values())}
    for paper in annotated:
        facts = found.get(paper.paper_id, PaperFacts((), (), ()))
        text = texts[paper.paper_id]
        wanted = _distinct_annotated(paper.quantities, text)
        open_ones = [*wanted]
        for quantity in _distinct_found(facts, least, material=material):
            name = GROUPS[quantity.property_name or ""]
            counts[name].found += 1
            for candidate in open_ones:
                same = _same_value(quantity, candidate)
                if same and (not material or _same_material(quantity, facts, candidate, text)):
                    counts[name].correct += 1
                    open_ones.remove(candidate)
                    break
        for candidate in wanted:
            counts[candidate.property].annotated += 1
    return counts


def _distinct_annotated(
    quantities: Sequence[AnnotatedQuantity], text: str
) -> list[AnnotatedQuantity]:
    def key(one: AnnotatedQuantity) -> object:
        material = text[slice(*one.materials[0])].lower() if one.materials else None
        return one.property, one.value, one.value_max, material

    return _distinct(quantities, key)


def _distinct_found(facts: PaperFacts, least: float, *, material: bool) -> list[FoundQuantity]:
    """Return quantities of annotated properties, the surest first, each triple once."""

    def key(one: FoundQuantity) -> object:
        of = None if one.material is None or not material else facts.mentions[one.material]
        name = None if of is None else of.norm or of.text
        return GROUPS[one.property_name or ""], one.value.value, one.value.value_max, name

    scored = [q for q in facts.quantities if q.score >= least and q.property_name in GROUPS]
    return _distinct(sorted(scored, key=lambda one: -one.score), key)


def _distinct(items: Iterable[_Q], key: Callable[[_Q], object]) -> list[_Q]:
    return [*{key(item): item for item in reversed([*items])}.values()][::-1]


def _same_value(quantity: FoundQuantity, wanted: AnnotatedQuantity) -> bool:
    """Say whether property, value and the end of a range are the annotated ones."""
    value = quantity.value
    if GROUPS[quantity.property_name or ""] != wanted.property:
        return False
    if (value.value_max is None) != (wanted.value_max is None):
        return False
    # `W/mK` is no millikelvin.
    unit = unit_for(quantity.property_name or "", wanted.unit) or wanted.unit
    pairs = [(value.value, wanted.value), (value.value_max, wanted.value_max)]
    return all(_equal(a, value.unit, b, unit) for a, b in pairs if a is not None and b is not None)


def _equal(value: float, unit: str, wanted: float, wanted_unit: str) -> bool:
    """Say whether two values are the same; where a unit is not known, whether their numbers are."""
    if unit != wanted_unit and fits(unit, wanted_unit):
        value = convert(value, unit, wanted_unit)
    elif unit != wanted_unit and measure(unit) and measure(wanted_unit):
        return False
    return abs(value - wanted) <= _TOLERANCE * abs(wanted)


def _same_material(
    quantity: FoundQuantity, facts: PaperFacts, wanted: AnnotatedQuantity, text: str
) -> bool:
    if quantity.material is None or not wanted.materials:
        return quantity.material is None and not wanted.materials
    mention = facts.mentions[quantity.material]
    spellings = [text[start:end] for start, end in wanted.materials]
    if mention.norm is not None and mention.norm in map(material_key, spellings):
        return True
    return any(_overlaps(mention.start, mention.end, text, spelling) for spelling in spellings)


def _overlaps(start: int, end: int, text: str, spelling: str) -> bool:
    """Say whether a span overlaps an occurrence of a spelling, capitals or not."""
    places = re.finditer(re.escape(spelling), text, re.IGNORECASE)
    return any(place.start() < end and start < place.end() for place in places)
