"""Facts of many papers about one material put together: what the literature as a whole says.

Quantities are grouped by property, modality and comparable conditions (`comparable`); a group
becomes one `aggregate` quantity, and says which values are outliers and which papers disagree
(`agreement`). A paper counts once in a group, by its surest fact, whether it says a thing once
or in title and abstract. What a paper denies is no value. Groups are ranked by their support:
the sum of the scores of the papers that agree with each other (the most that do), that is how
many are expected to say so, times the share that they are; properties take turns (`ranking`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2, prod, sqrt
from statistics import median

from matlore.records import Condition, Modality, Provenance, Quantity
from matlore.vocabulary import load_terms

from .agreement import (
    Reading,
    conflict,
    conflict_with_bound,
    largest_agreement,
    outliers,
    summarise,
    tolerance_of,
)
from .comparable import comparable_conditions, converted, rounded
from .ranking import in_turn
from .records import in_si

__all__ = [
    "CONSOLIDATION_VERSION",
    "UNSCORED",
    "Disagreement",
    "Observation",
    "QuantitySummary",
    "Years",
    "consolidate_quantities",
    "noisy_or",
    "year_span",
]

_AGGREGATE = "aggregate"
CONSOLIDATION_VERSION = "1"

_MOST_SURE = 0.99
UNSCORED = 0.5
"""The score that counts for a fact which has none."""

_BOUNDS = frozenset("<>")

Years = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Observation:
    """What one paper says: `value` in the unit of its group, `comparator` as written."""

    paper: str
    value: float
    comparator: str
    score: float


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two papers whose values differ beyond their uncertainties, the lower one first.

    Attributes:
        distance: in joint standard uncertainties.
    """

    first: Observation
    second: Observation
    distance: float


@dataclass(frozen=True, slots=True)
class QuantitySummary:
    """What papers say of a property under comparable conditions.

    Attributes:
        quantity: of kind `aggregate`: the weighted mean, and as `std` the spread of the values
            (`agreement.summarise`); for bounds alone the tightest one, with its comparator.
        papers: that the mean goes by, those first that agree, the surest first; of bounds
            alone, those of the bounds.
        n_values: that these papers give, repetitions among them.
        typical: what most papers agree about; None where there are bounds only.
        n_agreeing: how many papers do; of bounds all.
        minimum: of the values, ranges with their ends; None where there are bounds only.
        maximum: as `minimum`.
        bounds: `<` and `>`: they take no part in the mean.
        outliers: left out of the mean, minimum and maximum.
        support: by which facts are ranked.
    """

    quantity: Quantity
    papers: tuple[str, ...]
    n_values: int
    first_year: int | None
    last_year: int | None
    typical: float | None
    n_agreeing: int
    minimum: float | None
    maximum: float | None
    bounds: tuple[Observation, ...]
    outliers: tuple[Observation, ...]
    disagreement: Disagreement | None
    support: float


def consolidate_quantities(
    quantities: Iterable[Quantity],
    years: Years | None = None,
    studied: Mapping[str, int] | None = None,
) -> list[QuantitySummary]:
    """Return what papers say of a material's properties, the best supported first.

    Args:
        quantities: of one material; those without a property, of models or denied are left out,
            as are values whose unit does not fit the property.
        years: of the papers.
        studied: how many papers speak of a property at all; of equally supported values those
            come first whose property more papers care about, which are seldom misread ones.
    """
    grouped: defaultdict[tuple[str, Modality], list[Quantity]] = defaultdict(list)
    for one in quantities:
        reported = one.kind == "reported" and one.provenance.paper_id is not None
        if one.property is not None and reported and one.modality != "denied":
            grouped[one.property, one.modality].append(one)
    found = [
        summary
        for (property, _), members in grouped.items()
        for summary in _of_property(property, members, years or {})
    ]
    weights = {name: 1.0 + log2(1 + papers) for name, papers in (studied or {}).items()}

    def weight(one: QuantitySummary) -> float:
        return one.support * weights.get(one.quantity.property or "", 1.0)

    found.sort(key=lambda one: (-weight(one), one.quantity.property, repr(one.quantity.conditions)))
    return in_turn(found, lambda one: one.quantity.property, weight)


def _of_property(
    property: str, members: Sequence[Quantity], years: Years
) -> Iterable[QuantitySummary]:
    """Yield the summaries of one property: by comparable conditions and common unit."""
    groups: defaultdict[tuple[tuple[Condition, ...], str], list[tuple[Quantity, Reading]]]
    groups = defaultdict(list)
    conditions = comparable_conditions(members, property)
    for quantity, label in zip(members, conditions, strict=True):
        if read := _reading(quantity, property):
            groups[label, read[1]].append((quantity, read[0]))
    for (label, unit), found in groups.items():
        yield _summary(found, label, unit, years)


def _reading(quantity: Quantity, property: str) -> tuple[Reading, str] | None:
    """Return a quantity in the unit that its property has, or None where it does not fit."""
    term = load_terms("property").get(property)
    wanted = term.unit if term and term.unit else quantity.si_unit or quantity.unit
    ends = [quantity.value] if quantity.value_max is None else [quantity.value, quantity.value_max]
    values = [converted(value, quantity.unit, wanted) for value in ends]
    if any(value is None for value in values):
        return None
    found = sorted(value for value in values if value is not None)
    low, high = found[0], found[-1]
    origin = quantity.provenance
    reading = Reading(
        paper=origin.paper_id or "",
        value=(low + high) / 2,
        low=low,
        high=high,
        stated=sqrt(_stated(quantity, wanted) ** 2 + (high - low) ** 2 / 12),
        comparator=quantity.comparator,
        score=UNSCORED if quantity.score is None else quantity.score,
        fact=quantity.id,
        start=origin.spans[0][0] if origin.spans else 0,
    )
    return reading, wanted


def _stated(quantity: Quantity, wanted: str) -> float:
    """Return the stated uncertainty in another unit; as a difference, for degrees Celsius."""
    if not quantity.std:
        return 0.0
    ends = (quantity.value, quantity.value + quantity.std)
    low, high = (converted(end, quantity.unit, wanted) for end in ends)
    return 0.0 if low is None or high is None else abs(high - low)


def _summary(
    found: Sequence[tuple[Quantity, Reading]],
    conditions: tuple[Condition, ...],
    unit: str,
    years: Years,
) -> QuantitySummary:
    """Put the values of one group together."""
    model = found[0][0]
    tolerance = tolerance_of(model.property or "")
    readings = [reading for _, reading in found]
    bounds = _one_a_paper(one for one in readings if one.comparator in _BOUNDS)
    values = _one_a_paper(one for one in readings if one.comparator not in _BOUNDS)
    far = set(outliers(values, tolerance))
    kept = [one for position, one in enumerate(values) if position not in far]
    differing = conflict(kept, tolerance) or conflict_with_bound(kept, bounds, tolerance)
    counted, agreed = kept or bounds, largest_agreement(kept, tolerance) or [*bounds]
    agreed.sort(key=lambda one: (-one.score, one.paper))
    first_ones = agreed if len(agreed) > 1 else []
    papers = tuple(dict.fromkeys(one.paper for one in [*first_ones, *counted]))
    first, last = year_span(papers, years)
    agreeing = len(agreed) / len(values) if values else 1.0
    quantity = _aggregate(model, kept, bounds, conditions, unit)
    return QuantitySummary(
        quantity=quantity,
        papers=papers,
        n_values=sum(one.paper in set(papers) for one in readings),
        first_year=first,
        last_year=last,
        typical=median(one.value for one in agreed) if kept else None,
        n_agreeing=len(agreed),
        minimum=min((one.low for one in kept), default=None),
        maximum=max((one.high for one in kept), default=None),
        bounds=tuple(map(_observation, bounds)),
        outliers=tuple(_observation(values[position]) for position in sorted(far)),
        disagreement=_disagreement(differing) if differing else None,
        support=sum(one.score for one in agreed) * agreeing,
    )


def _one_a_paper(readings: Iterable[Reading]) -> list[Reading]:
    """Return the surest reading of each paper, the surest paper first; of equals the first."""
    best: dict[str, Reading] = {}
    for one in readings:
        known = best.get(one.paper)
        if known is None or (-one.score, one.start) < (-known.score, known.start):
            best[one.paper] = one
    return sorted(best.values(), key=lambda one: (-one.score, one.paper))


def _aggregate(
    model: Quantity,
    kept: Sequence[Reading],
    bounds: Sequence[Reading],
    conditions: tuple[Condition, ...],
    unit: str,
) -> Quantity:
    """Return the quantity that stands for a group: its mean or, of bounds alone, the tightest."""
    inputs = kept or bounds
    if kept:
        mean, spread = summarise(kept, tolerance_of(model.property or ""))
        comparator = "="
    else:
        tightest = _tightest(bounds)
        mean, spread, comparator = tightest.value, 0.0, tightest.comparator
    value = rounded(mean)
    si_value, si_unit = in_si(value, unit)
    return Quantity(
        material=model.material,
        property=model.property,
        value=value,
        unit=unit,
        provenance=Provenance(
            version=CONSOLIDATION_VERSION,
            model=_AGGREGATE,
            input_ids=tuple(sorted(one.fact for one in inputs)),
        ),
        std=float(f"{spread:.3g}") if spread > 0 else None,
        comparator=">" if comparator == ">" else "<" if comparator == "<" else "=",
        conditions=conditions,
        kind="aggregate",
        modality=model.modality,
        score=noisy_or(one.score for one in inputs),
        si_value=si_value,
        si_unit=si_unit,
    )


def _tightest(bounds: Sequence[Reading]) -> Reading:
    """Return the tightest bound of the kind that most papers give."""
    below = [one for one in bounds if one.comparator == "<"]
    above = [one for one in bounds if one.comparator == ">"]
    if len(below) >= len(above):
        return min(below, key=lambda one: one.value)
    return max(above, key=lambda one: one.value)


def _observation(reading: Reading) -> Observation:
    value = rounded(reading.value)
    return Observation(reading.paper, value, reading.comparator, reading.score)


def _disagreement(found: tuple[Reading, Reading, float]) -> Disagreement:
    first, second, distance = found
    return Disagreement(_observation(first), _observation(second), round(distance, 2))


def noisy_or(scores: Iterable[float]) -> float:
    """Return how sure it is that one at least was read rightly, if they erred independently."""
    return round(min(_MOST_SURE, 1.0 - prod(1.0 - score for score in scores)), 4)


def year_span(papers: Iterable[str], years: Years) -> tuple[int | None, int | None]:
    """Return the first and the last year of papers, as far as they are known."""
    known = [year for paper in papers if (year := years.get(paper)) is not None]
    return (min(known), max(known)) if known else (None, None)
