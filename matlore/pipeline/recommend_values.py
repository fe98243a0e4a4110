"""A value of a property of a candidate: where it is from, and how sure it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from matlore.errors import InputError
from matlore.units import convert

if TYPE_CHECKING:
    from graph.predictors.application_properties import WantedProperty

__all__ = ["CandidateValue", "ValueKind", "Values", "in_unit", "merged", "value_row"]

ValueKind = Literal["reported", "derived", "predicted"]
_DIGITS: Final = 4
_PAPERS: Final = 5


@dataclass(frozen=True, slots=True)
class CandidateValue:
    """What is known of a property of a material.

    Attributes:
        property: its name.
        kind: read in papers, derived from what was, or predicted from the composition.
        value: in `unit`.
        unit: of value, lower and upper.
        lower: of a reported one the least value of the papers that it is from; of others the
            lower end of their 90 % interval; None where it is not known.
        upper: as `lower`.
        conditions: such as `temperature = 300 K`.
        sources: how many papers (reported), or values (derived) it is from.
        in_domain: of a predicted one, whether the material is like the training data.
        doubts: why it may be wrong, in words.
        papers: ids of the papers, the surest first.
        model: of derived and predicted ones.
        modality: of a reported one: `observed` or `computed`.
        learned: of a predicted one, whether its model learned from this material.
    """

    property: str
    kind: ValueKind
    value: float
    unit: str
    lower: float | None = None
    upper: float | None = None
    conditions: tuple[str, ...] = ()
    sources: int | None = None
    in_domain: bool | None = None
    doubts: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    model: str | None = None
    modality: str | None = None
    learned: bool = False


Values = Mapping[str, Sequence[CandidateValue]]
"""Values by the formula of the material."""


def merged(parts: Iterable[Values]) -> dict[str, list[CandidateValue]]:
    """Return the values of several sources together."""
    found: dict[str, list[CandidateValue]] = {}
    for part in parts:
        for formula, values in part.items():
            found.setdefault(formula, []).extend(values)
    return found


def in_unit(value: float | None, unit: str, wanted: "WantedProperty") -> float | None:
    """Return a number in the unit of a wanted property, or None where that makes no sense."""
    if value is None:
        return None
    if unit == wanted.unit:
        return value
    try:
        return convert(value, unit, wanted.unit)
    except InputError:
        return None


def value_row(one: CandidateValue) -> dict[str, Any]:
    """Return a value as other programs get it."""
    row: dict[str, Any] = {
        "property": one.property,
        "kind": one.kind,
        "value": _rounded(one.value),
        "unit": one.unit,
        "lower": _rounded(one.lower),
        "upper": _rounded(one.upper),
        "in_domain": one.in_domain,
        "conditions": list(one.conditions),
        "sources": one.sources,
    }
    if one.kind == "reported":
        return {**row, "modality": one.modality, "papers": list(one.papers[:_PAPERS])}
    row["model"] = one.model
    if one.papers:
        row["papers"] = list(one.papers[:_PAPERS])
    if one.doubts:
        row["doubts"] = list(one.doubts)
    if one.kind == "predicted":
        row["learned_from"] = one.learned
    return row


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
