"""Numbers whose digits stand in groups, `13 076 mAh`, or have a decimal comma, `0,4 mV`."""

import re
from collections.abc import Callable, Iterator
from math import copysign

from .numbers import Number, find_numbers

__all__ = ["joined_numbers"]

_BLANKS = frozenset(" \u00a0\u2009\u202f")
_GROUP = re.compile(r"\d{3}(?:\.\d{1,9})?")
_FEW = re.compile(r"\d{1,2}")
# What a number of its own is told by: `x = 1 300 K`, `sample 2 500 K`.
_OWN = re.compile(
    r"(?:=\s?|\b(?:fig|figure|figs|table|ref|refs|sample|samples|no|eq|type|phase|step|case)\.?\s)$",
    re.IGNORECASE,
)
_LOOK_BACK = 12
# `at 77 300 K`: two temperatures, since nothing is as hot as both.
_KELVIN = re.compile(r"\s?(?:K|°C)\b")
_HOTTEST = 4


def joined_numbers(text: str, has_unit: Callable[[str, Number], bool]) -> Iterator[Number]:
    """Yield the numbers of a text as `find_numbers` does, groups of digits as one.

    Args:
        text: of any length.
        has_unit: tells whether a unit stands behind a number, which groups need to be joined
            unless they are zeros: `5 300 K`, but two numbers in `5 300`.
    """
    before: Number | None = None
    for number in find_numbers(text):
        if before is None:
            before = number
        elif joined := _joined(text, before, number, has_unit):
            before = joined
        else:
            yield before
            before = number
    if before is not None:
        yield before


def _joined(
    text: str, first: Number, second: Number, has_unit: Callable[[str, Number], bool]
) -> Number | None:
    """Return two numbers as one, if that is what they are."""
    gap = text[first.end : second.start]
    if len(gap) != 1 or not first.whole or second.std is not None or second.power != 1:
        return None
    digits = text[second.start : second.end]
    if gap == ",":
        return _with_decimals(text, first, second, digits, has_unit)
    if gap not in _BLANKS or not _GROUP.fullmatch(digits) or not _may_lead(text, first):
        return None
    if digits[:3] != "000" and not has_unit(text, second):
        return None
    if digits[:3] != "000" and first.value > _HOTTEST and _KELVIN.match(text, second.end):
        return None
    size = abs(first.value) * 1000 + second.value
    return Number(first.start, second.end, copysign(size, first.value), None, 1.0, second.whole)


def _may_lead(text: str, first: Number) -> bool:
    """Say whether a number may be the first group of a longer one."""
    lead = text[first.start : first.end].lstrip("-−–+ ")
    groups = re.split(r"[ \u00a0\u2009\u202f]", lead)
    fits = len(groups[0]) < 4 and groups[0][0] != "0" and all(len(g) == 3 for g in groups[1:])
    return fits and not _OWN.search(text, max(first.start - _LOOK_BACK, 0), first.start)


def _with_decimals(
    text: str,
    first: Number,
    second: Number,
    digits: str,
    has_unit: Callable[[str, Number], bool],
) -> Number | None:
    """Return `0,4` as 0.4, unless it is one of a longer list (`1,2,3 K`)."""
    lead = text[first.start : first.end].lstrip("-−–+ ")
    if not lead.isdigit() or not _FEW.fullmatch(digits) or not has_unit(text, second):
        return None
    if text[max(first.start - 1, 0) : first.start] in (",", ";"):
        return None
    value = copysign(float(f"{lead}.{digits}"), first.value)
    return Number(first.start, second.end, value)
