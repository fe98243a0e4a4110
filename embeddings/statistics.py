"""Intervals and rank statistics for the evaluation: small, vectorised, seeded.

Every interval is two-sided at 95% unless told otherwise.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Estimate",
    "auc",
    "average_precision",
    "count_distribution",
    "distribution_interval",
    "mean_with_interval",
    "partial_spearman_with_interval",
    "percentiles",
    "random_mean",
    "spearman",
    "spearman_with_interval",
    "tail_probability",
    "wilson",
]

LEVEL = 0.95
RESAMPLES = 2000
_CHUNK_ITEMS = 2_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with its interval and the number of items behind it.

    `value` is None where there is nothing to measure; the bounds are None where too few
    items are there for an interval.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


def spearman(x: ArrayLike, y: ArrayLike) -> float | None:
    """Return Spearman's rank correlation (ties get their mean rank), or None.

    None stands for fewer than two items, or for a constant side.
    """
    first, second = np.asarray(x), np.asarray(y)
    weights = np.ones((1, len(first)))
    value = float(_weighted_spearman(first, second, weights)[0]) if len(first) > 1 else np.nan
    return value if np.isfinite(value) else None


def spearman_with_interval(
    x: ArrayLike,
    y: ArrayLike,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Estimate:
    """Return Spearman's rank correlation with its percentile bootstrap interval.

    Items are resampled in pairs; the ranks are made anew in each resample.
    """
    first, second = np.asarray(x), np.asarray(y)
    value = spearman(first, second)
    if value is None or resamples == 0:
        return Estimate(value, None, None, len(first))
    draws = [
        _weighted_spearman(first, second, weights)
        for weights in _bootstrap_weights(len(first), resamples=resamples, seed=seed)
    ]
    return Estimate(value, *percentiles(np.concatenate(draws), level=level), len(first))


def partial_spearman_with_interval(
    x: ArrayLike,
    y: ArrayLike,
    given: ArrayLike,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Estimate:
    """Return Spearman's rank correlation of `x` and `y` with that of `given` taken out.

    The partial correlation of the ranks, `(r_xy - r_xz r_yz) / sqrt((1 - r_xz^2)
    (1 - r_yz^2))`, with its percentile bootstrap interval.
    """
    arrays = [np.asarray(side) for side in (x, y, given)]
    n = len(arrays[0])
    value = float(_partial(arrays, np.ones((1, n)))[0]) if n > 2 else np.nan
    if not np.isfinite(value):
        return Estimate(None, None, None, n)
    if resamples == 0:
        return Estimate(value, None, None, n)
    draws = [
        _partial(arrays, weights)
        for weights in _bootstrap_weights(n, resamples=resamples, seed=seed)
    ]
    return Estimate(value, *percentiles(np.concatenate(draws), level=level), n)


def mean_with_interval(
    values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0, level: float = LEVEL
) -> Estimate:
    """Return the mean with its percentile bootstrap interval."""
    items = np.asarray(values, dtype=np.float64)
    if len(items) == 0:
        return Estimate(None, None, None, 0)
    if len(items) == 1 or resamples == 0:
        return Estimate(float(items.mean()), None, None, len(items))
    draws = [
        weights @ items / len(items)
        for weights in _bootstrap_weights(len(items), resamples=resamples, seed=seed)
    ]
    low, high = percentiles(np.concatenate(draws), level=level)
    return Estimate(float(items.mean()), low, high, len(items))


def random_mean(
    values: ArrayLike,
    size: int,
    *,
    draws: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Estimate:
    """Return the mean of all values, and the interval of the mean of `size` random ones.

    The random ones are drawn without replacement: what a ranking that knows nothing gives.
    """
    items = np.asarray(values, dtype=np.float64)
    if len(items) == 0:
        return Estimate(None, None, None, 0)
    if not 0 < size < len(items) or draws == 0:
        return Estimate(float(items.mean()), None, None, len(items))
    rng = np.random.default_rng(seed)
    means = [items[rng.choice(len(items), size, replace=False)].mean() for _ in range(draws)]
    return Estimate(float(items.mean()), *percentiles(np.asarray(means), level=level), len(items))


def wilson(hits: int, n: int, *, level: float = LEVEL) -> Estimate:
    """Return the share `hits / n` with Wilson's score interval (J. Am. Stat. Assoc. 22, 209)."""
    if n == 0:
        return Estimate(None, None, None, 0)
    from scipy.special import ndtri

    z = float(ndtri((1 + level) / 2))
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    low = max(centre - half, 0.0) if hits else 0.0
    high = min(centre + half, 1.0) if hits < n else 1.0
    return Estimate(share, low, high, n)


def count_distribution(strata: list[tuple[int, int, int]]) -> Floats:
    """Return the exact distribution of the positives among random picks from strata.

    Args:
        strata: of each stratum how many items it holds, how many of them are positive
            and how many are picked (without replacement). One stratum is the
            hypergeometric distribution.

    Returns:
        (picks + 1,) float64: the probability of 0, 1, 2 … positives; sums to 1.
    """
    from scipy.stats import hypergeom

    total = np.ones(1)
    for items, positives, picks in strata:
        if not 0 <= picks <= items or not 0 <= positives <= items:
            raise ValueError(f"cannot pick {picks} of {items} with {positives} positives")
        law = np.asarray(hypergeom.pmf(np.arange(picks + 1), items, positives, picks))
        total = np.convolve(total, law)
    return np.asarray(total / total.sum(), dtype=np.float64)


def distribution_interval(probabilities: Floats, *, level: float = LEVEL) -> Estimate:
    """Return the mean of a distribution over 0, 1, 2 … and its central interval.

    `n` is the greatest value the distribution allows.
    """
    values = np.arange(len(probabilities))
    below = np.cumsum(probabilities)
    tail = (1 - level) / 2
    low = int(np.searchsorted(below, tail - 1e-12))
    high = min(int(np.searchsorted(below, 1 - tail - 1e-12)), len(values) - 1)
    return Estimate(float(values @ probabilities), float(low), float(high), len(values) - 1)


def tail_probability(probabilities: Floats, hits: int) -> float:
    """Return the probability of `hits` or more."""
    return float(min(probabilities[hits:].sum(), 1.0))


def average_precision(positive: ArrayLike) -> float | None:
    """Return the mean precision at each positive, going down a ranked list of flags."""
    flags = np.asarray(positive, dtype=bool)
    if not flags.any():
        return None
    places = np.flatnonzero(flags) + 1
    return float((np.arange(1, len(places) + 1) / places).mean())


def auc(scores: ArrayLike, positive: ArrayLike, *, level: float = LEVEL) -> Estimate:
    """Return the area under the ROC curve with DeLong's interval (Biometrics 44, 837).

    It is the chance that a random positive scores higher than a random negative, ties
    counting half. `n` is the number of positives.
    """
    values, flags = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    n_positive, n_negative = int(flags.sum()), int((~flags).sum())
    if not n_positive or not n_negative:
        return Estimate(None, None, None, n_positive)
    ranks, high, low = (_mean_ranks(part) for part in (values, values[flags], values[~flags]))
    above = (ranks[flags] - high) / n_negative
    below = 1 - (ranks[~flags] - low) / n_positive
    value = float(above.mean())
    if n_positive < 2 or n_negative < 2:
        return Estimate(value, None, None, n_positive)
    from scipy.special import ndtri

    spread = float(np.sqrt(above.var(ddof=1) / n_positive + below.var(ddof=1) / n_negative))
    half = float(ndtri((1 + level) / 2)) * spread
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), n_positive)


def _mean_ranks(values: NDArray[Any]) -> Floats:
    """Return ranks from 1; equal values share their mean rank."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    return np.asarray((last - (sizes - 1) / 2)[group], dtype=np.float64)


def _bootstrap_weights(n: int, *, resamples: int, seed: int) -> list[Floats]:
    """Return how often each of `n` items is in each resample, in chunks of resamples."""
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK_ITEMS // n)
    return [
        _draw_weights(rng, n, min(step, resamples - start)) for start in range(0, resamples, step)
    ]


def _draw_weights(rng: np.random.Generator, n: int, rows: int) -> Floats:
    drawn = rng.integers(n, size=(rows, n)) + n * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _weighted_spearman(x: NDArray[Any], y: NDArray[Any], weights: Floats) -> Floats:
    """Return Spearman's correlation for each row of item multiplicities.

    A resample's mean ranks follow from the cumulated multiplicities of the sorted items,
    so nothing is sorted a second time.
    """
    total = weights.sum(axis=1)
    first = _weighted_ranks(x, weights) - (total[:, None] + 1) / 2
    second = _weighted_ranks(y, weights) - (total[:, None] + 1) / 2
    product = np.einsum("bi,bi,bi->b", weights, first, second)
    variance = np.einsum("bi,bi,bi->b", weights, first, first) * np.einsum(
        "bi,bi,bi->b", weights, second, second
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(product / np.sqrt(variance), dtype=np.float64)


def _partial(arrays: list[NDArray[Any]], weights: Floats) -> Floats:
    """Return the partial rank correlation for each row of item multiplicities."""
    x, y, given = arrays
    together, first, second = (
        _weighted_spearman(one, other, weights) for one, other in ((x, y), (x, given), (y, given))
    )
    left = (1 - first**2) * (1 - second**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(left > 1e-9, (together - first * second) / np.sqrt(left), np.nan)


def _weighted_ranks(values: NDArray[Any], weights: Floats) -> Floats:
    """Return (rows, n): the mean rank of each item's value in each resample."""
    order = np.argsort(values, kind="stable")
    _, first, group = np.unique(values, return_index=True, return_inverse=True)
    starts = np.searchsorted(values[order], values[first])
    sizes = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks = np.cumsum(sizes, axis=1) - (sizes - 1) / 2
    return np.asarray(ranks[:, group], dtype=np.float64)


def percentiles(draws: Floats, *, level: float = LEVEL) -> tuple[float, float]:
    """Return the bounds of the central part of a sample; undefined draws are left out."""
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(draws, [tail, 100 - tail])
    return float(low), float(high)
