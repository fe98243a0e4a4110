"""How well a search finds: reciprocal rank, recall and nDCG, with bootstrap intervals.

Of a query with one right answer (a known item) the reciprocal rank is 1 / its place among the
first `k`, and 0 where it is not there; MRR@k is their mean. nDCG@k is that of Burges et al.
(ICML 2005): a grade `g` gains `2^g - 1`, discounted by `log2(1 + place)`, over what the best
order of all judged papers would gain.

Intervals resample the queries. Two methods are compared on the same queries, by the interval
of their paired differences; the mean over several sets of queries resamples within each set,
and counts each set once whatever its size.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .statistics import RESAMPLES, Estimate, mean_with_interval, percentiles

__all__ = [
    "first_rank",
    "mean_of_sets",
    "ndcg",
    "paired_difference",
    "recall_values",
    "reciprocal_values",
]

Floats = NDArray[np.float64]


def first_rank(found: Sequence[Hashable], wanted: Hashable) -> int | None:
    """Return the place of an answer in a list, from 1; None where it is not there."""
    return found.index(wanted) + 1 if wanted in found else None


def reciprocal_values(ranks: Sequence[int | None], *, k: int = 10) -> Floats:
    """Return for each query 1 / rank, or 0 where the answer is not among the first `k`."""
    return np.array([1 / rank if rank and rank <= k else 0.0 for rank in ranks])


def recall_values(ranks: Sequence[int | None], *, k: int = 10) -> Floats:
    """Return for each query 1 where the answer is among the first `k`, else 0."""
    return np.array([1.0 if rank and rank <= k else 0.0 for rank in ranks])


def ndcg(found: Sequence[str], grades: Mapping[str, int], *, k: int = 10) -> float | None:
    """Return nDCG@k of a list of papers.

    Args:
        found: ids, best first.
        grades: of all papers judged for the query; a paper that is not among them counts as 0.
        k: how many of the list count.

    Returns:
        From 0 to 1; None where no paper was judged relevant.
    """
    best = _gain(sorted(grades.values(), reverse=True)[:k])
    if best == 0:
        return None
    return _gain([grades.get(one, 0) for one in found[:k]]) / best


def _gain(grades: Sequence[int]) -> float:
    values = np.array(grades, dtype=np.float64)
    return float(((2.0**values - 1) / np.log2(np.arange(2, len(values) + 2))).sum())


def paired_difference(
    one: Sequence[float] | Floats, other: Sequence[float] | Floats, *, seed: int = 0
) -> Estimate:
    """Return the mean of `one - other` over the same queries with its interval.

    Raises:
        ValueError: they are not of the same queries.
    """
    if len(one) != len(other):
        raise ValueError(f"{len(one)} values cannot be paired with {len(other)}")
    return mean_with_interval(np.asarray(one) - np.asarray(other), seed=seed)


def mean_of_sets(
    sets: Sequence[Sequence[float] | Floats], *, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """Return the mean over sets of the mean of each, resampled within each set.

    `n` is the number of values in all; sets that are empty are left out.
    """
    arrays = [np.asarray(one, dtype=np.float64) for one in sets if len(one)]
    if not arrays:
        return Estimate(None, None, None, 0)
    value = float(np.mean([array.mean() for array in arrays]))
    n = sum(len(array) for array in arrays)
    if resamples == 0:
        return Estimate(value, None, None, n)
    rng = np.random.default_rng(seed)
    draws = np.mean([_resampled_means(array, rng, resamples) for array in arrays], axis=0)
    return Estimate(value, *percentiles(draws), n)


def _resampled_means(values: Floats, rng: np.random.Generator, resamples: int) -> NDArray[Any]:
    return np.array(
        [values[rng.integers(len(values), size=len(values))].mean() for _ in range(resamples)]
    )
