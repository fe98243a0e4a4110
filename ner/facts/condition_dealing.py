"""Conditions in lists, of other values, and that no property can have."""

from bisect import bisect_left
from collections.abc import Sequence

from matlore.records import Condition
from matlore.vocabulary import load_terms

from .conditions import FoundCondition
from .parts import Value
from .respectively import runs

__all__ = ["condition_runs", "is_anothers", "possible_conditions"]

_SHORTLY = 30


def possible_conditions(name: str, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return conditions without those that a property cannot have.

    No transition temperature holds at a temperature, no Tafel slope at one current density.
    """
    barred = "temperature" if load_terms("property")[name].unit == "K" else ""
    if name == "tafel slope":
        barred = "current density"
    return tuple(one for one in conditions if one.name != barred) if barred else conditions


def is_anothers(values: Sequence[Value], aside: Sequence[int], start: int, linked: int) -> bool:
    """Say whether a condition is of a value that was linked to nothing: `72 mV at 10 mA/cm^2`."""
    last = bisect_left(values, start, key=lambda value: value.start) - 1
    return (
        last >= 0
        and last not in aside
        and values[last].start > linked
        and 0 < start - values[last].end < _SHORTLY
    )


def condition_runs(text: str, found: Sequence[FoundCondition]) -> list[list[FoundCondition]]:
    """Return the conditions, those of one kind in a list together."""
    groups: list[list[FoundCondition]] = []
    for run in runs(text, [(item.start, item.end) for item in found]):
        for position in run:
            item = found[position]
            last = groups[-1][-1] if groups else None
            if last and position != run[0] and last.condition.name == item.condition.name:
                groups[-1].append(item)
            else:
                groups.append([item])
    return groups
