"""Checks of the values in a recipe: each raises an `InputError` that names its place."""

from collections.abc import Mapping, Sequence
from math import isfinite
from types import MappingProxyType
from typing import Any, cast

from matlore.errors import InputError

__all__ = [
    "SETTINGS",
    "boolean",
    "check_keys",
    "listed",
    "mapping",
    "number",
    "one_of",
    "optional_number",
    "settings",
    "text",
]

_BOOSTING = {
    "trees": 1000,
    "learning_rate": 0.03,
    "leaves": 31,
    "min_rows": 5,
    "row_share": 0.8,
    "column_share": 0.2,
    "l2": 1.0,
    "objective": "l2",
    "bins": 63,
}
_FOREST = {
    "trees": 300,
    "leaves": 255,
    "min_rows": 2,
    "row_share": 0.8,
    "column_share": 0.3,
    "bins": 63,
}
SETTINGS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "boosting": _BOOSTING,
        "hurdle": _BOOSTING,
        "forest": _FOREST,
        "kernel": {"width": 0.5, "alpha": 0.01},
    }
)
"""The settings of each kind of member, and what they are where a recipe does not say.

Of trees: their number, their leaves, fewest rows in a leaf, shares of rows and columns that a tree
(in a forest: for columns, a node) sees, bins of a column; where they are boosted also the step
(learning_rate), the penalty of leaves (l2) and the objective: `l2`, `l1` or `huber`. Of kernels:
the width in median distances, and the ridge alpha.
"""
_OBJECTIVES = ("l2", "l1", "huber")
_WHOLE = frozenset({"trees", "leaves", "min_rows", "bins"})
_SHARES = frozenset({"row_share", "column_share"})


def settings(value: object, kind: str, place: str) -> Mapping[str, Any]:
    """Check the settings of a kind of member."""
    data = mapping(value, place)
    check_keys(data, set(SETTINGS[kind]), place)
    for key, setting in data.items():
        where = f"{place}: {key}"
        if key == "objective":
            one_of(setting, _OBJECTIVES, where)
            continue
        amount = number(setting, where)
        if amount < 0 or (amount == 0 and key != "l2"):
            raise InputError(f"{where} must be above 0, not {setting!r}")
        if key in _WHOLE and amount != int(amount):
            raise InputError(f"{where} must be a whole number, not {setting!r}")
        if key in _SHARES and amount > 1:
            raise InputError(f"{where} must be at most 1, not {setting!r}")
    return MappingProxyType(dict(data))


def check_keys(data: Mapping[str, Any], known: set[str], place: str) -> None:
    """Check that a mapping has no keys but those known."""
    if unknown := sorted(set(map(str, data)) - known):
        names = ", ".join(sorted(known)) or "none"
        raise InputError(f"{place}: unknown key {unknown[0]!r} (known: {names})")


def mapping(value: object, place: str) -> Mapping[str, Any]:
    """Return a mapping whose keys are texts."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InputError(f"{place} must be a mapping of keys to values")
    return value


def listed(value: object, place: str) -> Sequence[Any]:
    """Return a list."""
    if not isinstance(value, list | tuple):
        raise InputError(f"{place} must be a list")
    return value


def text(value: object, place: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise InputError(f"{place} must be a text, not {value!r}")
    return value


def one_of(value: object, known: Sequence[str], place: str) -> str:
    """Return a value that is one of those known."""
    if value not in known:
        raise InputError(f"{place} must be one of {', '.join(known)}, not {value!r}")
    return cast(str, value)


def boolean(value: object, place: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise InputError(f"{place} must be true or false, not {value!r}")
    return value


def number(value: object, place: str) -> float:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InputError(f"{place} must be a number, not {value!r}")
    return float(value)


def optional_number(value: object, place: str) -> float | None:
    """Return a finite number, or None."""
    return None if value is None else number(value, place)
