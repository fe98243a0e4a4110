"""Probabilities that hold what they say, and sets of classes that hold the true one.

Both are fitted on probabilities that members gave to rows which they had not seen. The first is
Platt's logistic curve (Advances in Large Margin Classifiers, MIT Press, 61, 1999), here over the
log-odds of the members; the second is conformal prediction within each class, Mondrian (Vovk,
Gammerman and Shafer, Algorithmic Learning in a Random World, Springer 2005).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

__all__ = ["ClassSets", "Platt", "Reliability", "fit_platt", "log_odds", "reliability"]

_EDGE: Final = 1e-4
"""No probability of a member is taken as nearer to 0 or 1."""
_LEAST_SLOPE: Final = 0.01
_STEPS: Final = 50
_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Platt:
    """A logistic curve over log-odds: 1 / (1 + exp(-(slope * log-odds + offset))).

    Attributes:
        slope: above 0, so that the order of probabilities stays.
        offset: of the log-odds.
    """

    slope: float
    offset: float

    def probability(self, raw: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities of those that members gave."""
        return np.asarray(_logistic(self.slope * log_odds(raw) + self.offset))


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far probabilities can be believed.

    Attributes:
        brier: mean squared difference to what happened (Brier, Monthly Weather Review 78, 1,
            1950).
        error: expected calibration error: mean difference between probability and frequency in
            ten bins of equal width, weighted by their rows.
    """

    brier: float
    error: float


@dataclass(frozen=True, eq=False)
class ClassSets:
    """Sets of classes from the out-of-fold probabilities of each class's own rows.

    Attributes:
        known: for class 0 and 1, the sorted probabilities that its rows gave to it.
    """

    known: tuple[np.ndarray, np.ndarray]

    @classmethod
    def fit(cls, probabilities: np.ndarray, labels: np.ndarray) -> "ClassSets":
        """Return the sets of out-of-fold probabilities of class 1 (n,) and true classes (n,)."""
        first = np.sort(1.0 - probabilities[labels < 0.5])
        return cls((first, np.sort(probabilities[labels >= 0.5])))

    def holds(self, probabilities: np.ndarray, level: float) -> np.ndarray:
        """Return (n, 2): whether each class is in the set of a sample.

        A class is in where more than 1 - level of its own rows (and the sample) got at most the
        probability that the sample gives it. Where that leaves none, the likelier class is in,
        which makes sets only safer.
        """
        own = np.column_stack([1.0 - probabilities, probabilities])
        inside = np.empty(own.shape, dtype=bool)
        for label, known in enumerate(self.known):
            below = np.searchsorted(known, own[:, label], side="right")
            inside[:, label] = (below + 1) > (1.0 - level) * (len(known) + 1) + 1e-9
        empty = ~inside.any(axis=1)
        inside[empty, np.argmax(own[empty], axis=1)] = True
        return inside


def fit_platt(raw: np.ndarray, labels: np.ndarray) -> Platt:
    """Fit the curve by Newton's method.

    The targets are Platt's, a little inside 0 and 1, so that the fit is finite also where the
    classes fall apart (Lin, Lin and Weng, Machine Learning 68, 267, 2007).

    Args:
        raw: (n,) out-of-fold probabilities of class 1.
        labels: (n,) 0 and 1.
    """
    positive, negative = float((labels >= 0.5).sum()), float((labels < 0.5).sum())
    high, low = (positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0)
    targets = np.where(labels >= 0.5, high, low)
    odds = log_odds(raw)
    numbers = _newton(np.column_stack([odds, np.ones_like(odds)]), targets)
    if numbers[0] >= _LEAST_SLOPE:
        return Platt(float(numbers[0]), float(numbers[1]))
    # The members order the classes no better than chance: say the share of each, in their order.
    share = float(targets.mean())
    return Platt(_LEAST_SLOPE, float(np.log(share / (1.0 - share))))


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> Reliability:
    """Return how far probabilities (n,) of class 1 agree with labels (n,)."""
    labels = np.asarray(labels, dtype=np.float64)
    bins = np.minimum((probabilities * _BINS).astype(np.intp), _BINS - 1)
    gaps = np.bincount(bins, weights=probabilities - labels, minlength=_BINS)
    return Reliability(
        brier=float(np.mean((probabilities - labels) ** 2)),
        error=float(np.abs(gaps).sum() / len(labels)),
    )


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)), of probabilities kept off 0 and 1."""
    inside = np.clip(probabilities, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(inside / (1.0 - inside)))


def _newton(columns: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the coefficients of the logistic regression, halving steps that do not improve."""
    numbers = np.zeros(columns.shape[1])
    loss = _loss(columns @ numbers, targets)
    for _ in range(_STEPS):
        given = _logistic(columns @ numbers)
        slope = columns.T @ (given - targets)
        bend = (columns * (given * (1.0 - given))[:, None]).T @ columns
        step = np.linalg.solve(bend + 1e-9 * np.eye(len(numbers)), slope)
        while _loss(columns @ (numbers - step), targets) > loss and np.abs(step).max() > 1e-12:
            step = step / 2.0
        numbers = numbers - step
        loss = _loss(columns @ numbers, targets)
        if np.abs(step).max() < 1e-10:
            break
    return numbers


def _loss(odds: np.ndarray, targets: np.ndarray) -> float:
    return float(np.sum(np.logaddexp(0.0, odds) - targets * odds))


def _logistic(odds: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * odds)))
