"""Rankings made one by their ranks, where not every ranking holds every material.

The sum of 1 / (60 + rank) of G. V. Cormack, C. L. A. Clarke and S. Buettcher, SIGIR 2009, 758.
There a ranking adds nothing to what it does not hold, as is right for lists of the best. These
rankings hold all of which something is known, good or bad: what they do not hold counts as their
middle, or a material would rise by values that are bad. Equal scores share the best of their
ranks, so that the order in which materials are given decides nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from math import fsum, isfinite
from statistics import median
from typing import Final

__all__ = ["CONSTANT", "fuse_ranks", "shared_ranks"]

CONSTANT: Final = 60.0
"""Is added to every rank: the larger, the less the first ranks stand out."""


def shared_ranks(scores: Mapping[str, float | None]) -> dict[str, int]:
    """Return ranks from 1 by falling score; what has no score has no rank.

    Equal scores have one rank, 1 + the number of higher scores.
    """
    known = {key: one for key, one in scores.items() if one is not None and isfinite(one)}
    order = sorted(known, key=lambda key: -known[key])
    ranks: dict[str, int] = {}
    for place, key in enumerate(order, start=1):
        before = order[place - 2] if place > 1 else None
        same = before is not None and known[before] == known[key]
        ranks[key] = ranks[before] if same and before is not None else place
    return ranks


def fuse_ranks(rankings: Iterable[Mapping[str, int]], keys: Collection[str]) -> dict[str, float]:
    """Return for each key the sum of its reciprocal ranks.

    Args:
        rankings: ranks by key; an empty one says nothing.
        keys: that are ranked. One that a ranking does not hold counts there as its middle.
    """
    held = [ranks for ranks in rankings if ranks]
    middles = [median(ranks.values()) for ranks in held]
    return {
        key: fsum(
            1.0 / (CONSTANT + ranks.get(key, middle))
            for ranks, middle in zip(held, middles, strict=True)
        )
        for key in keys
    }
