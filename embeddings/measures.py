"""The measures of a ranking: each with an interval, with chance, and at equal frequency."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import statistics
from .matching import frequency_classes, matched_count, matched_mean
from .reference import ReferenceMaterial
from .statistics import Estimate

__all__ = ["Listed", "Metric", "Ranking", "correlation_name", "descending", "measure"]

Ranking = Literal["output", "input", "frequency", "prediction", "fused"]

TOPS = (20, 50, 100)
TOP_NEW = 10

_UNKNOWN = Estimate(None, None, None, 0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured number with its interval and what chance gives.

    Attributes:
        name: what is measured.
        ranking: by what the materials are ranked: `output` is the ranking of `recommend`, and
            `fused` that of `recommend --rank fused` without what papers report.
        value: the measured value; None where there is nothing to measure.
        low: lower bound of the 95% interval.
        high: upper bound of it.
        n: items behind the value.
        hits: how many of them, where the value is a share.
        baseline: what a ranking that knows nothing gives on average.
        baseline_low: lower bound of the central 95% of what it gives.
        baseline_high: upper bound of it.
        baseline_n: items behind the baseline.
        matched: what picks give that are named as often as those of the ranking; None
            for the ranking by frequency itself.
        matched_low: lower bound of the central 95% of what they give.
        matched_high: upper bound of it.
        interval: how the interval was made.
    """

    name: str
    ranking: Ranking
    value: float | None
    low: float | None
    high: float | None
    n: int
    hits: int | None = None
    baseline: float | None = None
    baseline_low: float | None = None
    baseline_high: float | None = None
    baseline_n: int | None = None
    matched: float | None = None
    matched_low: float | None = None
    matched_high: float | None = None
    interval: str = "bootstrap"


@dataclass(frozen=True, slots=True)
class Listed:
    """The listed materials of a vocabulary, as arrays in its order (most frequent first).

    A material without a score has minus infinity.
    """

    materials: tuple[ReferenceMaterial, ...]
    named: NDArray[np.int64]
    known: NDArray[np.bool_]
    studied: NDArray[np.bool_] | None
    power_factor: NDArray[np.float64]
    scores: Mapping[Ranking, NDArray[np.float64]]


def measure(
    listed: Listed, ranking: Ranking, min_count: int, resamples: int, seed: int
) -> Iterator[Metric]:
    """Take all measures of one ranking."""
    for least in (min_count, 2 * min_count):
        yield _correlation(listed, ranking, least, resamples, seed)
        if ranking != "frequency":
            yield _partial_correlation(listed, ranking, least, resamples, seed)
    yield _new_power_factor(listed, ranking, resamples, seed)
    for size in TOPS:
        yield _known_share(listed, ranking, size)


def correlation_name(least: int) -> str:
    """Return the name of the correlation over materials named `least` times or more."""
    return f"rank correlation, named {least} times or more"


def _measurable(listed: Listed, ranking: Ranking, least: int) -> NDArray[np.bool_]:
    """Return which materials have a power factor and a score, and are named often enough."""
    scored = np.isfinite(listed.power_factor) & np.isfinite(listed.scores[ranking])
    return np.asarray(scored & (listed.named >= least), dtype=np.bool_)


def _correlation(listed: Listed, ranking: Ranking, least: int, resamples: int, seed: int) -> Metric:
    """Correlate a score with the computed power factor; chance gives zero."""
    chosen = _measurable(listed, ranking, least)
    found = statistics.spearman_with_interval(
        listed.scores[ranking][chosen],
        listed.power_factor[chosen],
        resamples=resamples,
        seed=seed,
    )
    return Metric(
        correlation_name(least), ranking, found.value, found.low, found.high, found.n, baseline=0.0
    )


def _partial_correlation(
    listed: Listed, ranking: Ranking, least: int, resamples: int, seed: int
) -> Metric:
    """Correlate a score with the power factor, with the number of papers taken out."""
    chosen = _measurable(listed, ranking, least)
    found = statistics.partial_spearman_with_interval(
        listed.scores[ranking][chosen],
        listed.power_factor[chosen],
        listed.scores["frequency"][chosen],
        resamples=resamples,
        seed=seed,
    )
    name = f"rank correlation at equal frequency, named {least} times or more"
    return Metric(name, ranking, found.value, found.low, found.high, found.n, baseline=0.0)


def _new_power_factor(listed: Listed, ranking: Ranking, resamples: int, seed: int) -> Metric:
    """Compare the ten best not known with all not known, by mean computed power factor."""
    known = listed.known if listed.studied is None else listed.studied
    chosen = np.isfinite(listed.power_factor) & ~known
    values = listed.power_factor[chosen]
    picked = descending(listed.scores[ranking][chosen])[:TOP_NEW]
    classes = frequency_classes(listed.scores["frequency"][chosen].astype(np.int64))
    best = statistics.mean_with_interval(values[picked], resamples=resamples, seed=seed)
    matched = _UNKNOWN
    if ranking != "frequency":
        matched = matched_mean(values, classes, picked, draws=resamples, seed=seed)
    every = statistics.random_mean(values, TOP_NEW, draws=resamples, seed=seed)
    return Metric(
        f"power factor of top {TOP_NEW} not known",
        ranking,
        best.value,
        best.low,
        best.high,
        best.n,
        baseline=every.value,
        baseline_low=every.low,
        baseline_high=every.high,
        baseline_n=every.n,
        matched=matched.value,
        matched_low=matched.low,
        matched_high=matched.high,
    )


def _known_share(listed: Listed, ranking: Ranking, size: int) -> Metric:
    """Count the known among the first ones; chance gives the base rate."""
    picked = descending(listed.scores[ranking])[:size]
    hits = int(listed.known[picked].sum())
    found = statistics.wilson(hits, len(picked))
    everything = np.zeros(len(listed.known), dtype=np.int64)
    classes = frequency_classes(listed.scores["frequency"].astype(np.int64))
    chance = _share(matched_count(listed.known, everything, picked))
    matched = _UNKNOWN
    if ranking != "frequency":
        matched = _share(matched_count(listed.known, classes, picked))
    return Metric(
        f"known in top {size}",
        ranking,
        found.value,
        found.low,
        found.high,
        found.n,
        hits=hits,
        baseline=chance.value,
        baseline_low=chance.low,
        baseline_high=chance.high,
        baseline_n=len(listed.known),
        matched=matched.value,
        matched_low=matched.low,
        matched_high=matched.high,
        interval="Wilson",
    )


def _share(count: Estimate) -> Estimate:
    """Return a count of picks as a share of them."""
    value, low, high = (
        None if bound is None else bound / count.n for bound in (count.value, count.low, count.high)
    )
    return Estimate(value, low, high, count.n)


def descending(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order from the highest score; ties keep the order of the vocabulary."""
    return np.asarray(np.argsort(-scores, kind="stable"), dtype=np.int64)
