"""Several values of one property as one: a weighted mean with its spread, outliers shown.

Weights are those of a random-effects model (DerSimonian & Laird, Control. Clin. Trials 7, 177,
1986): each source counts by its own variance and that between sources. Outliers are values whose
modified z-score is beyond 3.5 (Iglewicz & Hoaglin 1993), where there are four sources or more;
values over more than a decade are compared by their logarithms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Mean", "temperature_groups", "weighted_mean"]

Values = NDArray[np.float64]

_FEWEST = 4
_BEYOND = 3.5
_MAD_TO_STD = 0.6745
_MEAN_TO_STD = 1.2533
_DECADE = 10.0
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Mean:
    """A weighted mean.

    Attributes:
        value: the mean.
        spread: the standard deviation of the values around it, for a sample; 0 for one value.
        weights: (n,) shares, 0 for an outlier; they add up to 1.
    """

    value: float
    spread: float
    weights: Values


def weighted_mean(values: Sequence[float], stds: Sequence[float]) -> Mean:
    """Return the mean of values with their standard deviations.

    Args:
        values: (n,), n at least 1.
        stds: (n,), of each value; 0 where it is not known to vary.
    """
    x, s = np.asarray(values, float), np.asarray(stds, float)
    if len(x) == 1:
        return Mean(float(x[0]), 0.0, np.ones(1))
    kept = ~_outliers(x)
    weights = np.zeros(len(x))
    weights[kept] = _weights(x[kept], s[kept])
    mean = float(x[0] + weights @ (x - x[0]))  # exact where all are the same
    n = int(kept.sum())
    spread = float(weights @ (x - mean) ** 2) * n / (n - 1) if n > 1 else 0.0
    return Mean(mean, spread**0.5, weights)


def _weights(x: Values, s: Values) -> Values:
    """Return shares by the inverse of each variance and that between the values."""
    # A value that was written with many digits is not more certain than the rest by a million.
    variance = np.maximum(s**2, (_LEAST + 1e-3 * np.abs(x).max()) ** 2 * 1e-2)
    first = 1 / variance
    mean = first @ x / first.sum()
    excess = first @ (x - mean) ** 2 - (len(x) - 1)
    scale = first.sum() - (first**2).sum() / first.sum()
    between = max(0.0, excess / scale) if scale > 0 else 0.0
    weights = 1 / (variance + between)
    shares: Values = weights / weights.sum()
    return shares


def _outliers(x: Values) -> NDArray[np.bool_]:
    """Tell which values lie far from the others."""
    if len(x) < _FEWEST:
        return np.zeros(len(x), bool)
    compared = np.log(x) if x.min() > 0 and x.max() > _DECADE * x.min() else x
    distance = np.abs(compared - np.median(compared))
    scale = np.median(distance) / _MAD_TO_STD
    if scale <= _LEAST * np.abs(compared).max():  # more than half are the same
        scale = distance.mean() * _MEAN_TO_STD
    return distance > _BEYOND * scale if scale > 0 else np.zeros(len(x), bool)


def temperature_groups(temperatures: Values, tolerance: Values) -> list[NDArray[np.intp]]:
    """Put temperatures together that are the same within a tolerance.

    Args:
        temperatures: (n,) in K.
        tolerance: (n,) in K, at each of them.

    Returns:
        The rows of each group, groups by rising temperature; none reaches further than the
        tolerance from its lowest temperature.
    """
    order = np.argsort(temperatures, kind="stable")
    groups: list[NDArray[np.intp]] = []
    start = 0
    for place in range(1, len(order) + 1):
        ended = place == len(order)
        first = order[start]
        if ended or temperatures[order[place]] - temperatures[first] > tolerance[first]:
            groups.append(order[start:place])
            start = place
    return groups
