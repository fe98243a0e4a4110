"""Lists side by side: `A and B have 5 and 10 K, respectively`."""

import re
from collections.abc import Sequence

__all__ = ["deal", "runs"]

# Between the members of a list; a few words may stand there: `335 W/mK along a and 293 W/mK`.
_BETWEEN = re.compile(r"\s*(?:,|;|/|,?\s*(?:and|or|&)|,?\s*(?:and|to) (?:for|in|of|the))?\s*")
_LONGEST_GAP = 24


def runs(text: str, spans: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the lists in a row of spans: positions of spans with but a comma or `and` between.

    Args:
        text: the whole text.
        spans: in the order of the text.
    """
    found: list[list[int]] = []
    for position, (start, _) in enumerate(spans):
        last = spans[position - 1][1] if position else -1
        between = text[last:start] if 0 <= last <= start else ""
        if (
            position
            and start - last <= _LONGEST_GAP
            and start > last
            and _BETWEEN.fullmatch(between)
        ):
            found[-1].append(position)
        else:
            found.append([position])
    return found


def deal(values: Sequence[int], lists: Sequence[Sequence[int]]) -> Sequence[int] | None:
    """Return the one list that has as many members as there are values, else None.

    Args:
        values: what is to be dealt out.
        lists: the lists of the sentence, the nearest first.
    """
    if len(values) < 2:
        return None
    return next((members for members in lists if len(members) == len(values)), None)
