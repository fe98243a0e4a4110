"""Does one ranking of the listed materials beat another? The same materials, drawn in pairs.

Each measure is taken of both rankings of the same materials; its difference has a percentile
bootstrap interval over materials, in which both rankings keep their places (B. Efron and R. J.
Tibshirani, An Introduction to the Bootstrap, 1993). Where the interval holds 0 nothing is decided.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import statistics
from .measures import Listed, Ranking

__all__ = ["Comparison", "compare_rankings"]

Verdict = Literal["better", "worse", "undecided"]
_FEWEST = 10
_Measure = Callable[[NDArray[np.float64], NDArray[np.float64]], float | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure of two rankings of the same materials.

    Attributes:
        measure: what is measured.
        materials: `all`, or `unseen`: those that no predictor learned from.
        n: how many materials.
        first: the measure of the first ranking; None where there is too little to measure.
        second: of the second.
        difference: second less first.
        low: lower bound of the 95% interval of the difference.
        high: upper bound of it.
        verdict: what the interval says of the second ranking.
    """

    measure: str
    materials: str
    n: int
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict


def compare_rankings(
    listed: Listed,
    unseen: NDArray[np.bool_],
    *,
    first: Ranking = "output",
    second: Ranking = "fused",
    resamples: int = statistics.RESAMPLES,
    seed: int = 0,
) -> Iterator[Comparison]:
    """Compare two rankings by each measure, over all materials and over those unseen.

    Args:
        listed: the materials with their scores.
        unseen: (n,) which of them no predictor learned from.
        first: the ranking to beat.
        second: the ranking to judge.
        resamples: of the bootstrap; 0 for no intervals.
        seed: of the resampling.
    """
    known = listed.known if listed.studied is None else listed.studied
    computed = np.isfinite(listed.power_factor)
    flags = listed.known.astype(np.float64)
    for materials, chosen in (("all", np.ones(len(known), dtype=bool)), ("unseen", unseen)):
        tasks: tuple[tuple[str, _Measure, NDArray[np.float64], NDArray[np.bool_]], ...] = (
            ("rank correlation with power factor", _spearman, listed.power_factor, computed),
            ("the same of those not known", _spearman, listed.power_factor, computed & ~known),
            ("AUC of known", _auc, flags, np.ones(len(known), dtype=bool)),
        )
        for name, measure, truth, usable in tasks:
            rows = np.flatnonzero(usable & chosen)
            scores = [listed.scores[ranking][rows] for ranking in (first, second)]
            yield _compared(name, materials, measure, scores, truth[rows], resamples, seed)


def _spearman(scores: NDArray[np.float64], truth: NDArray[np.float64]) -> float | None:
    return statistics.spearman(scores, truth)


def _auc(scores: NDArray[np.float64], truth: NDArray[np.float64]) -> float | None:
    return statistics.auc(scores, truth > 0).value


def _compared(
    name: str,
    materials: str,
    measure: _Measure,
    scores: list[NDArray[np.float64]],
    truth: NDArray[np.float64],
    resamples: int,
    seed: int,
) -> Comparison:
    """Take a measure of both rankings, and the interval of its difference."""
    n = len(truth)
    found = [measure(one, truth) if n >= _FEWEST else None for one in scores]
    first, second = found
    if first is None or second is None:
        return Comparison(name, materials, n, first, second, None, None, None, "undecided")
    low, high = _interval(measure, scores, truth, resamples, seed)
    verdict: Verdict = "undecided"
    if low is not None and high is not None and (low > 0 or high < 0):
        verdict = "better" if low > 0 else "worse"
    return Comparison(name, materials, n, first, second, second - first, low, high, verdict)


def _interval(
    measure: _Measure,
    scores: list[NDArray[np.float64]],
    truth: NDArray[np.float64],
    resamples: int,
    seed: int,
) -> tuple[float | None, float | None]:
    """Return the bounds of the difference, from materials drawn with replacement."""
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(resamples):
        rows = rng.integers(0, len(truth), len(truth))
        first, second = (measure(one[rows], truth[rows]) for one in scores)
        if first is not None and second is not None:
            draws.append(second - first)
    return statistics.percentiles(np.array(draws)) if draws else (None, None)
