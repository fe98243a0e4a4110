"""What numbers say together: a value with its uncertainty, a range, the unit behind them."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from matlore.units import convert, same_dimension, unit_at

from .grouped_numbers import joined_numbers
from .numbers import Number, number_at, power_after, scale, word_numbers

__all__ = ["Item", "read_items"]

_MOST = 2000
_BLANK = " \u00a0\u2009\u202f"
_UNIT_GAP = re.compile(rf"[-~](?=[^\W\d])|[{_BLANK}]?(?:\^ ?(?=[°∘◦]))?")
_TOLERANCE = re.compile(r"\s?(?:±|\+ ?/ ?[-−–]|\+[-−])\s?")
_NEAR = r"(?:(?:about|around|approximately|nearly|over|almost|up to)\s|[~∼≈<>]\s?)?"
_DASH = re.compile(r"\s?(?:-{1,3}|[–—−~∼÷]|\.{2,3}|…)\s?|\s")
_TO = re.compile(rf"\s(?:to|through|up to|down to|till|until)\s{_NEAR}")
_AND = re.compile(rf"\s(?:and|to)\s{_NEAR}")
_BETWEEN = re.compile(
    r"\b(?:between|in between)\s(?:about\s|approximately\s|[~∼≈]\s?)?$", re.IGNORECASE
)
_LESS = r"\s?(?:<=?|≤|⩽|≲|≦)\s?"
_AROUND_NAME = re.compile(rf"{_LESS}[^\W\d][\w{{}}^()]{{0,9}}{_LESS}")
_LOOK_BACK = 24
# Words that a table of units may hold but that are prepositions after a number.
_NO_UNITS = frozenset("a an as at in is it to and by pm".split())
# Glued to a number these are dimensions, orbitals, stackings and isotopes sooner than units.
_GLUED = re.compile(r"[DdpfHCFNRPBOTsg]$")
# `mAh g c -1`: what the gram is of, once a subscript.
_PER_PART = re.compile(r"\bg[ _]?(?:c|C|s|S|Zn|cat|Pt|Ir|carbon|sulfur) ?(\^?[-−–]1)(?!\d)")
_SPELT = re.compile(r"[a-z]{3}")
_TERM = re.compile(r"[A-Z]\d")


class Item(NamedTuple):
    """A value as its numbers tell it, `[start, end)`, unit included, comparator not.

    Attributes:
        number_end: of the numbers, before the unit.
        unit: as written; None where none follows.
        whole: whether it is a single number of digits alone.
        words: whether it is written in words.
    """

    start: int
    end: int
    number_end: int
    value: float
    unit: str | None = None
    value_max: float | None = None
    std: float | None = None
    whole: bool = False
    words: bool = False


def _tidy(unit: str) -> str:
    """Return a unit without superfluous blanks."""
    return " ".join(_PER_PART.sub(r"g\1", unit).split())


def read_items(text: str) -> Iterator[Item]:
    """Yield what the numbers of a text say, in order; of an endless list the rest is dropped."""
    digits = islice(joined_numbers(text, _unit_behind), _MOST)
    numbers = sorted([*digits, *islice(word_numbers(text), _MOST)])
    position = 0
    while position < len(numbers):
        item, used = _read(text, numbers, position)
        yield item
        position += used
        while position < len(numbers) and numbers[position].start < item.end:
            position += 1


def _read(text: str, numbers: Sequence[Number], position: int) -> tuple[Item, int]:
    """Return the item that begins at a number, and how many numbers it takes."""
    first = numbers[position]
    unit_end = _unit_end(text, first.end, first.value)
    if first.power == 0 and unit_end and not _SPELT.search(text, first.end, unit_end):
        unit_end = None
    after = numbers[position + 1] if position + 1 < len(numbers) else None
    for join in (_tolerance, _range):
        if joined := join(text, first, unit_end, after):
            return joined, 2 if after is not None and after.start < joined.end else 1
    end = unit_end or first.end
    return (
        Item(
            first.start,
            end,
            first.end,
            first.value,
            _unit(text, first.end, unit_end),
            std=first.std,
            whole=first.whole,
            words=first.power == 0,
        ),
        1,
    )


def _tolerance(text: str, first: Number, unit_end: int | None, _: Number | None) -> Item | None:
    """Return `5.8 ± 0.2`, also with a unit behind each number or in brackets."""
    gap = _TOLERANCE.match(text, unit_end or first.end)
    second = number_at(text, gap.end()) if gap else None
    if second is None:
        return None
    value = first.value
    if second.power != 1 and first.power == 1:
        value = scale(value, second.power)
    return _finished(text, first, second, unit_end, value, None, abs(second.value))


def _range(text: str, first: Number, unit_end: int | None, after: Number | None) -> Item | None:
    """Return `2.4-2.7`, `2 to 5`, `between 1 and 2`, `0.1 < x < 0.5`."""
    end = unit_end or first.end
    second, loose = _partner(text, first, end, after)
    if second is None or (second.power == 0) != (first.power == 0):
        return None
    other_end = _unit_end(text, second.end, second.value)
    units = [_unit(text, first.end, unit_end), _unit(text, second.end, other_end)]
    if units[0] and units[1] and units[0] != units[1]:
        if not same_dimension(units[0], units[1]):
            return None
        first = first._replace(value=convert(first.value, units[0], units[1]), std=None)
    low, high = first.value, second.value
    if second.power not in (0, 1) and first.power == 1 and low < scale(high, 1 / second.power):
        low = scale(low, second.power)
    if not loose and not 0 <= low < high and not low < 0:
        return None
    if unit_end and not other_end and not loose:
        return None  # `1 A cm -2`
    low, high = sorted((low, high))
    return _finished(text, first, second, unit_end, low, high, first.std)


def _partner(
    text: str, first: Number, end: int, after: Number | None
) -> tuple[Number | None, bool]:
    """Return the other end of a range, and whether it may be the lower one."""
    if gap := _DASH.match(text, end):
        second = number_at(text, gap.end())
        if second is not None and (gap.group().strip() or text[gap.end()] in "-−–"):
            if (
                text[second.end : second.end + 1] in ("-", "–")
                and text[second.end + 1 : second.end + 2].isdigit()
            ):
                return None, False  # a date, a name: 1-2-3
            if not gap.group().strip():
                second = second._replace(value=abs(second.value))
            return second, False
    if after is None:
        return None, False
    between = text[end : after.start]
    if len(between) > _LOOK_BACK:
        return None, False
    if _TO.fullmatch(between) or _AROUND_NAME.fullmatch(between):
        return after, True
    if _AND.fullmatch(between) and _BETWEEN.search(
        text, max(first.start - _LOOK_BACK, 0), first.start
    ):
        return after, True
    return None, False


def _finished(
    text: str,
    first: Number,
    second: Number,
    unit_end: int | None,
    value: float,
    value_max: float | None,
    std: float | None,
) -> Item:
    """Return the item of two numbers: look for brackets, a common power and the unit."""
    start, end, factor = first.start, second.end, 1.0
    inner = _unit_end(text, end, second.value)
    number_end = end
    if inner is None and text[start - 1 : start] == "(" and text[end : end + 1] == ")":
        power = power_after(text, end + 1)
        outer_end, factor = power or (end + 1, 1.0)
        inner = _unit_end(text, outer_end, second.value)
        if power or inner:
            start, number_end = start - 1, outer_end
    last = max(inner or number_end, number_end)
    unit = _unit(text, number_end, inner) or _unit(text, first.end, unit_end)
    return Item(
        start,
        last,
        number_end,
        scale(value, factor),
        unit,
        None if value_max is None else scale(value_max, factor),
        None if std is None else scale(std, factor),
        words=first.power == 0,
    )


def _unit_end(text: str, end: int, value: float) -> int | None:
    """Return where the unit behind a number ends, None where there is none."""
    gap = _UNIT_GAP.match(text, end)
    position = gap.end() if gap else end
    found = unit_at(text, position)
    if found is None or found <= position:
        return None
    unit = text[position:found]
    gram = found - 1 if unit[-1] == "g" else found + 1
    if text[gram : gram + 1] == "g" and (part := _PER_PART.match(text, gram)):
        return part.end()
    if unit in _NO_UNITS or (position == end and _TERM.match(unit)):
        return None
    if value == 1 and unit.startswith("/"):  # `scales as 1/L`
        return None
    hyphen = position > end and text[position - 1] == "-"
    if (position == end or hyphen) and _GLUED.match(unit) and not _may_be_glued(unit, value):
        return None
    return found


def _unit_behind(text: str, number: Number) -> bool:
    return _unit_end(text, number.end, number.value) is not None


def _may_be_glued(unit: str, value: float) -> bool:
    """Tell `20s`, `0.5C` and `9T` from `5s`, `13C` and `1T`."""
    if value != int(value):
        return True
    if unit in "sd":
        return value > 9
    if unit == "T":
        return value > 2
    if unit == "C":
        return not 11 <= value <= 14
    return unit == "g"


def _unit(text: str, end: int, unit_end: int | None) -> str | None:
    """Return the unit that ends where `_unit_end` says."""
    if unit_end is None:
        return None
    gap = _UNIT_GAP.match(text, end)
    return _tidy(text[gap.end() if gap else end : unit_end])
