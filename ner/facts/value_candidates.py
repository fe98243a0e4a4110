"""Numbers of a text as candidates for values: joined to lists, judged by rules."""

import re
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from matlore.records import Comparator

from .value_context import comparator_before, is_no_quantity, neighbours, set_off
from .value_grammar import Item, read_items

__all__ = ["MOST_NUMBERS", "Candidate", "find_candidates"]

_RESPECTIVELY = re.compile(r"[^.;]{0,60}\brespectively\b")
_VARIABLE = re.compile(r"=\s?$")

MOST_NUMBERS = 500
"""Numbers of a text that are looked at; the rest is dropped. Abstracts have less than 100."""


class Candidate(NamedTuple):
    """A number with what the rules say of it.

    Attributes:
        start: of the whole expression, a comparator included.
        end: of the whole expression, words behind the unit included.
        group: number of its list, None for a value that stands alone.
        refused: whether it is a name, a citation, a year or the like.
    """

    item: Item
    start: int
    end: int
    comparator: Comparator
    group: int | None
    refused: bool


def find_candidates(text: str) -> list[Candidate]:
    """Return all numbers of a text, those that are no quantities marked as refused."""
    found: list[Candidate] = []
    groups = 0
    for run in neighbours(list(islice(read_items(text), MOST_NUMBERS)), text):
        refused = _refused(text, run)
        kept = _with_units(text, [item for item, no in zip(run, refused, strict=True) if not no])
        group = None
        if len(kept) > 1 and _is_group(text, kept):
            group, groups = groups, groups + 1
        found += [_candidate(text, item, group, False) for item in kept]
        if len(kept) < len(run):
            found += [
                _candidate(text, item, None, True)
                for item, no in zip(run, refused, strict=True)
                if no
            ]
    return sorted(found)


def _refused(text: str, run: Sequence[Item]) -> list[bool]:
    """Tell which numbers of a list are no quantities: in `Figs. 3 and 5` none is one."""
    refused: list[bool] = []
    for item in run:
        after_refused = bool(refused) and refused[-1] and item.unit is None
        refused.append(after_refused or is_no_quantity(text, item))
    return refused


def _with_units(text: str, run: Sequence[Item]) -> list[Item]:
    """Hand the unit of `5, 10 and 20 K` to the numbers before it."""
    shared: list[Item] = []
    unit: str | None = None
    for item in reversed(run):
        if (
            item.unit is None
            and unit
            and not item.words
            and not _VARIABLE.search(text, max(item.start - 3, 0), item.start)
        ):
            item = item._replace(unit=unit)
        unit = item.unit
        shared.append(item)
    return shared[::-1]


def _is_group(text: str, run: Sequence[Item]) -> bool:
    """Tell whether values are one list: of one unit, or dealt out by `respectively`."""
    if len({item.unit for item in run}) == 1:
        return True
    return _RESPECTIVELY.match(text, run[-1].end) is not None


def _candidate(text: str, item: Item, group: int | None, refused: bool) -> Candidate:
    start, comparator = comparator_before(text, item.start)
    end = item.end
    if after := set_off(text, end):
        end, comparator = after
    return Candidate(item, start, end, comparator, group, refused)
