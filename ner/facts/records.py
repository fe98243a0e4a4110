"""What was found in a paper as records, and as the JSON that other programs rely on."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from matlore.records import Claim, Condition, Mention, Paper, Provenance, Quantity

from ..extraction import paper_object
from ..formulas import normalize_formula
from .parts import FoundQuantity, PaperFacts

__all__ = ["PaperRecords", "facts_object", "in_si", "paper_records"]

_Fact = TypeVar("_Fact", Quantity, Claim)


class PaperRecords(NamedTuple):
    """What a paper says as records."""

    quantities: list[Quantity]
    claims: list[Claim]


def paper_records(paper: Paper, facts: PaperFacts, version: str) -> PaperRecords:
    """Return the records of what a paper says; those with the same id are one, the surest.

    Materials are known by the `norm` of their mention. A fact about a mention without one
    makes no record, nor does a quantity of no known property, nor a relation of a thing with
    itself: but of an acronym that was linked to its formula, the object is its name.

    Args:
        paper: gives id, text and licence.
        facts: found in its text.
        version: of what found them.
    """
    quantities = _surest(_quantities(paper, facts, version))
    return PaperRecords(quantities, _surest(_claims(paper, facts, version)))


def facts_object(
    paper: Paper, facts: PaperFacts, *, with_text: bool = False, min_score: float = 0.0
) -> dict[str, Any]:
    """Return the object of a paper that other programs rely on.

    Args:
        paper: whose facts.
        facts: found in its text.
        with_text: add the text that offsets point into.
        min_score: leave out facts of a lower score.
    """
    found = paper_object(paper, facts.mentions, with_text=with_text)
    found["relations"] = [
        {key: getattr(one, key) for key in ("type", "head", "tail", "modality", "score")}
        for one in facts.relations
        if one.score >= min_score
    ]
    found["quantities"] = [_quantity(one) for one in facts.quantities if one.score >= min_score]
    return found


def _quantity(quantity: FoundQuantity) -> dict[str, Any]:
    value = quantity.value
    si_value, si_unit = in_si(value.value, value.unit)
    return {
        "material": quantity.material,
        "property": quantity.property,
        "property_name": quantity.property_name,
        "value": value.value,
        "value_max": value.value_max,
        "std": value.std,
        "comparator": value.comparator,
        "unit": value.unit,
        "si_value": si_value,
        "si_unit": si_unit,
        "start": value.start,
        "end": value.end,
        "conditions": [_condition(one) for one in quantity.conditions],
        "modality": quantity.modality,
        "score": quantity.score,
    }


def _condition(condition: Condition) -> dict[str, Any]:
    return {key: getattr(condition, key) for key in ("name", "value", "value_max", "unit")}


def _quantities(paper: Paper, facts: PaperFacts, version: str) -> Iterator[Quantity]:
    for one in facts.quantities:
        material = None if one.material is None else facts.mentions[one.material]
        if one.property_name is None or (material is not None and material.norm is None):
            continue
        value = one.value
        si_value, si_unit = in_si(value.value, value.unit)
        named = [] if one.property is None else [facts.mentions[one.property]]
        about = [*([] if material is None else [material]), *named]
        yield Quantity(
            material=None if material is None else material.norm,
            property=one.property_name,
            value=value.value,
            unit=value.unit,
            provenance=_provenance(paper, version, [(value.start, value.end)], about),
            value_max=value.value_max,
            std=value.std,
            comparator=value.comparator,
            si_value=si_value,
            si_unit=si_unit,
            conditions=tuple(sorted(one.conditions, key=repr)),  # words and numbers have no order
            modality=one.modality,
            score=one.score,
        )


def _claims(paper: Paper, facts: PaperFacts, version: str) -> Iterator[Claim]:
    for one in facts.relations:
        head, tail = facts.mentions[one.head], facts.mentions[one.tail]
        object = tail.norm
        if object == head.norm:
            object = _alias(tail, head) if one.type == "SAME_AS" else None
        if head.norm is None or object is None:
            continue
        yield Claim(
            type=one.type,
            subject=head.norm,
            object=object,
            provenance=_provenance(paper, version, [], [head, tail]),
            modality=one.modality,
            score=one.score,
        )


def _alias(*mentions: Mention) -> str | None:
    """Return the name of a material of which a mention is known by another key: its formula."""
    for mention in mentions:
        name = " ".join(mention.text.split())
        if mention.norm != f"name:{name}" and normalize_formula(name) is None:
            return f"name:{name}"
    return None


def _provenance(
    paper: Paper, version: str, spans: Sequence[tuple[int, int]], about: Iterable[Mention]
) -> Provenance:
    return Provenance(
        version=version,
        paper_id=paper.id,
        text_sha=paper.text_sha,
        spans=(*spans, *((mention.start, mention.end) for mention in about)),
        license=paper.license,
    )


def _surest(facts: Iterable[_Fact]) -> list[_Fact]:
    """Return facts, of those with one id only the one of the highest score."""
    best: dict[str, _Fact] = {}
    for fact in facts:
        id = fact.id
        known = best.get(id)
        if known is None or (fact.score or 0.0) > (known.score or 0.0):
            best[id] = fact
    return list(best.values())


@lru_cache(maxsize=10_000)
def in_si(value: float, unit: str) -> tuple[float | None, str | None]:
    """Return a value in the base units of the SI, or two Nones where the unit is not known."""
    from matlore.units import to_si

    return to_si(value, unit) or (None, None)
