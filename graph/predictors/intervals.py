"""Intervals that hold the true value as often as they say.

Conformal prediction (Papadopoulos, Tools in Artificial Intelligence, InTech, 315, 2008) takes the
errors made on rows that were left out and lets an interval reach as far as that share of them did.
The rows are left out in turn, as in cross-validation (Barber et al., Annals of Statistics 49, 486,
2021), so all of them calibrate. Errors are divided by how difficult the material is, so intervals
are wide where the predictor errs much and narrow where it does not. Difficulty is

    local ** share * trend ** (1 - share) * max(1, reach)

local: the mean error of the ten nearest training materials, the nearer the heavier, drawn towards
the mean of all; trend: the mean error of rows with such a predicted value, or where members expect
errors themselves (two-part ones), with such an expected error; reach: how far outside the domain
the sample is. The share is the one that makes the intervals of the calibration rows
shortest. Each row counts the same, also where rows come in groups; groups are left out as a whole
when a row's own difficulty is told.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from .domain import Domain, reach
from .training_rows import Training

__all__ = ["Intervals", "fit_intervals", "rank_of_level", "restore_intervals"]

_SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_PRIOR: Final = 1.0
"""As many neighbours at distance 0 stand for the mean of all."""
_FLOOR: Final = 0.05
"""No material is called easier than this part of the mean."""
_PER_BIN: Final = 50
_MOST_BINS: Final = 20
_FOR_SHARE: Final = 0.9


@dataclass(frozen=True, eq=False)
class Intervals:
    """How far the true values lie from predictions.

    Attributes:
        errors: (m,) mean absolute error of each training material, on the recipe's scale.
        mean: of all rows.
        trend_at: (t,) predicted values, or expected errors, rising.
        trend: (t,) mean error of such rows.
        share: of the local error in the difficulty.
        difficulties: (n,) of the training rows, their own group left out.
        scores: (n,) error / difficulty of the training rows, rising.
    """

    errors: np.ndarray
    mean: float
    trend_at: np.ndarray
    trend: np.ndarray
    share: float
    difficulties: np.ndarray
    scores: np.ndarray

    def local(self, distances: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Return (n,): the mean error around samples, from their nearest training materials.

        Args:
            distances: (n, k), in units of the domain's end.
            which: (n, k) materials.
        """
        return _local(self.errors, self.mean, distances, which)

    def difficulty(self, distances: np.ndarray, which: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Return (n,): the difficulty of samples, on the recipe's scale.

        Args:
            distances: (n, k) to their nearest training materials, in units of the domain's end.
            which: (n, k) materials.
            along: (n,) predicted values on the recipe's scale, or where the training rows have them
                expected errors.
        """
        trend = np.interp(along, self.trend_at, self.trend)
        local = self.local(distances, which)
        return _difficulty(local, trend, reach(distances), self.share, self.mean)

    def half_width(self, difficulty: np.ndarray, level: float) -> np.ndarray:
        """Return (n,): how far intervals reach to either side; infinite beyond reach of `level`."""
        rank = rank_of_level(level, len(self.scores))
        if rank > len(self.scores):
            return np.full_like(difficulty, np.inf)
        return np.asarray(difficulty * self.scores[rank - 1])


def rank_of_level(level: float, rows: int) -> int:
    """Return which of the sorted scores bounds a level: ceil((n + 1) level), from 1 on."""
    return max(1, math.ceil((rows + 1) * level - 1e-9))


def fit_intervals(training: Training, domain: Domain, scaled: np.ndarray) -> Intervals:
    """Return the intervals of training data.

    Args:
        training: rows with residuals.
        domain: of the training data.
        scaled: (n,) the values on the recipe's scale.
    """
    distances, which = domain.nearest_others()
    start = restore_intervals(training, scaled, 0.0, np.ones(len(training)))
    local = start.local(distances, which)[training.materials.rows]
    far = reach(distances)[training.materials.rows]
    trend = np.interp(_along(training, scaled), start.trend_at, start.trend)
    choices = [
        restore_intervals(
            training, scaled, share, _difficulty(local, trend, far, share, start.mean)
        )
        for share in _SHARES
    ]
    return min(choices, key=_mean_width)


def restore_intervals(
    training: Training, scaled: np.ndarray, share: float, difficulties: np.ndarray
) -> Intervals:
    """Return intervals whose share and difficulties of the training rows are known."""
    size = np.abs(training.residuals)
    trend_at, trend = _trend(_along(training, scaled), size)
    return Intervals(
        errors=training.materials.mean(size),
        mean=float(size.mean()),
        trend_at=trend_at,
        trend=trend,
        share=share,
        difficulties=difficulties,
        scores=np.sort(size / difficulties),
    )


def _along(training: Training, scaled: np.ndarray) -> np.ndarray:
    """Return (n,): expected errors of training rows where there are any, or predicted values."""
    return scaled - training.residuals if training.expected is None else training.expected


def _mean_width(intervals: Intervals) -> float:
    return float(intervals.half_width(intervals.difficulties, _FOR_SHARE).mean())


def _local(errors: np.ndarray, mean: float, distances: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Return (n,): the weighted mean of errors (m,) at materials `which` (n, k)."""
    weights = np.exp(-distances)
    total = (weights * errors[which]).sum(axis=1) + _PRIOR * mean
    return np.asarray(total / (weights.sum(axis=1) + _PRIOR))


def _difficulty(
    local: np.ndarray, trend: np.ndarray, far: np.ndarray, share: float, mean: float
) -> np.ndarray:
    floor = max(_FLOOR * mean, 1e-12)
    mixed = np.maximum(local, floor) ** share * np.maximum(trend, floor) ** (1.0 - share)
    return np.asarray(mixed * np.maximum(far, 1.0))


def _trend(along: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean errors along other numbers of the rows, in bins of equally many rows."""
    order = np.argsort(along, kind="stable")
    bins = min(max(len(order) // _PER_BIN, 1), _MOST_BINS)
    parts = np.array_split(order, bins)
    places = np.array([np.median(along[part]) for part in parts])
    means = np.array([size[part].mean() for part in parts])
    distinct, which = np.unique(places, return_inverse=True)
    joined = np.bincount(which, weights=means) / np.bincount(which)
    return distinct, joined
