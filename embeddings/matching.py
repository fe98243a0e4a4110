"""Chance at equal frequency: random picks named about as often as the ranked ones.

What is written about often is also written about with any application, so a ranking must
beat picks that are named as often as its own, not only random picks.
"""

import numpy as np
from numpy.typing import NDArray

from .statistics import RESAMPLES, Estimate, count_distribution, distribution_interval, percentiles

__all__ = ["frequency_classes", "matched_count", "matched_mean", "strata"]

CLASS_SIZE = 25

Classes = NDArray[np.int64]


def frequency_classes(papers: NDArray[np.int64], *, size: int = CLASS_SIZE) -> Classes:
    """Return the class of each item, so that items of a class are named about as often.

    From the most frequent down, whole groups of equal counts are joined until a class
    holds `size` items; what is left over joins the last class.
    """
    values, sizes = np.unique(-papers, return_counts=True)
    classes = np.zeros(len(values), dtype=np.int64)
    current, held = 0, 0
    for i, number in enumerate(sizes):
        if held >= size and int(sizes[i:].sum()) >= size:
            current, held = current + 1, 0
        classes[i] = current
        held += int(number)
    return np.asarray(classes[np.searchsorted(values, -papers)], dtype=np.int64)


def strata(
    positive: NDArray[np.bool_], classes: Classes, picked: Classes
) -> list[tuple[int, int, int]]:
    """Return of each class picked from its items, its positives and how many were picked.

    Args:
        positive: (n,) flags of the items.
        classes: (n,) their classes.
        picked: positions of the items picked.
    """
    taken = classes[picked]
    return [
        (
            int((classes == one).sum()),
            int(positive[classes == one].sum()),
            int((taken == one).sum()),
        )
        for one in np.unique(taken)
    ]


def matched_count(positive: NDArray[np.bool_], classes: Classes, picked: Classes) -> Estimate:
    """Return how many positives picks of the same classes hold: mean and central 95%, exact."""
    if len(picked) == 0:
        return Estimate(None, None, None, 0)
    return distribution_interval(count_distribution(strata(positive, classes, picked)))


def matched_mean(
    values: NDArray[np.float64],
    classes: Classes,
    picked: Classes,
    *,
    draws: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return the mean value of picks of the same classes, and the central 95% of draws."""
    if len(picked) == 0:
        return Estimate(None, None, None, 0)
    taken, numbers = np.unique(classes[picked], return_counts=True)
    members = [values[classes == one] for one in taken]
    expected = sum(k * float(held.mean()) for k, held in zip(numbers, members, strict=True)) / len(
        picked
    )
    if draws == 0:
        return Estimate(expected, None, None, len(picked))
    rng = np.random.default_rng(seed)
    sums = np.zeros(draws)
    for k, held in zip(numbers, members, strict=True):
        order = rng.random((draws, len(held))).argsort(axis=1)[:, :k]
        sums += held[order].sum(axis=1)
    return Estimate(expected, *percentiles(sums / len(picked)), len(picked))
