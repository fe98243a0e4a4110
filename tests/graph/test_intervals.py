"""Intervals, on data whose noise is known."""

import numpy as np
import pytest
from scipy.stats import binomtest

from graph.predictors.base import Sample
from graph.predictors.domain import Domain, fit_domain
from graph.predictors.intervals import (
    Intervals,
    fit_intervals,
    rank_of_level,
    restore_intervals,
)
from graph.predictors.training_rows import Training


def noise(features: np.ndarray) -> np.ndarray:
    """Return the standard deviation of the noise: ten times larger at the right."""
    return 0.1 + 0.9 * (features[:, 0] > 0.0)


def draw(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, predictions (the true law) and values with noise."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1.0, 1.0, size=(rows, 2))
    predicted = np.sin(3.0 * features[:, 1])
    return features, predicted, predicted + noise(features) * rng.normal(size=rows)


def fitted(rows: int, seed: int = 0, per_group: int = 1) -> tuple[Intervals, Domain, Training]:
    features, predicted, values = draw(rows, seed)
    samples = tuple(Sample(f"M{row}", f"M{row}", {"Fe": 1.0}, 1.0) for row in range(rows))
    training = Training(
        samples, np.empty((rows, 0)), values, values - predicted, np.arange(rows) // per_group
    )
    domain = fit_domain(training, features, ())
    return fit_intervals(training, domain, values), domain, training


def half_widths(
    intervals: Intervals, domain: Domain, features: np.ndarray, predicted: np.ndarray, level: float
) -> np.ndarray:
    distances, which = domain.nearest(features)
    return intervals.half_width(intervals.difficulty(distances, which, predicted), level)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
def test_intervals_hold_fresh_values_as_often_as_they_say(level: float) -> None:
    intervals, domain, _ = fitted(2500)
    features, predicted, values = draw(2000, 1)
    half = half_widths(intervals, domain, features, predicted, level)
    held = int((np.abs(values - predicted) <= half).sum())
    # The calibration rows are a sample too: 99.9 % leaves room for both.
    low, high = binomtest(held, 2000).proportion_ci(confidence_level=0.999, method="exact")
    assert low <= level <= high


def test_intervals_are_wide_where_the_noise_is_large() -> None:
    intervals, domain, _ = fitted(2500)
    features, predicted, values = draw(2000, 2)
    half = half_widths(intervals, domain, features, predicted, 0.9)
    noisy = noise(features) > 0.5
    assert half[noisy].mean() > 3.0 * half[~noisy].mean()
    assert intervals.share >= 0.75
    held = np.abs(values - predicted) <= half
    assert held[noisy].mean() > 0.8
    assert held[~noisy].mean() > 0.85


def test_the_trend_finds_noise_that_follows_the_prediction() -> None:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(1500, 6))
    predicted = rng.uniform(0.0, 1.0, 1500)
    values = predicted + (0.05 + predicted) * rng.normal(size=1500)
    samples = tuple(Sample(f"M{row}", f"M{row}", {"Fe": 1.0}, 1.0) for row in range(1500))
    training = Training(samples, np.empty((1500, 0)), values, values - predicted, np.arange(1500))
    domain = fit_domain(training, features, ())
    intervals = fit_intervals(training, domain, values)
    assert intervals.share <= 0.25
    low, high = half_widths(intervals, domain, features[:2], np.array([0.02, 0.98]), 0.9)
    assert high > 3.0 * low


def test_intervals_grow_with_the_level_and_with_the_distance() -> None:
    intervals, domain, _ = fitted(400)
    features, predicted, _ = draw(50, 3)
    widths = [half_widths(intervals, domain, features, predicted, x) for x in (0.5, 0.9, 0.99)]
    assert (widths[0] < widths[1]).all()
    assert (widths[1] < widths[2]).all()
    far = half_widths(intervals, domain, np.array([[9.0, 0.0], [99.0, 0.0]]), np.zeros(2), 0.9)
    assert far[0] < far[1]
    assert far[0] > half_widths(intervals, domain, features, predicted, 0.9).mean()


def test_ranks_by_hand() -> None:
    # (n + 1) level, rounded up: 10 * 0.9 = 9, 20 * 0.9 = 18, 21 * 0.9 = 18.9.
    assert [rank_of_level(0.9, rows) for rows in (9, 19, 20)] == [9, 18, 19]
    assert rank_of_level(0.9, 8) > 8
    assert rank_of_level(0.01, 5) == 1


def test_a_level_out_of_reach_bounds_nothing() -> None:
    intervals, _, _ = fitted(50)
    assert intervals.half_width(np.array([1.0, 2.0]), 0.99).tolist() == [np.inf, np.inf]
    assert np.isfinite(intervals.half_width(np.array([1.0]), 0.98)).all()


def test_a_row_does_not_tell_its_own_difficulty() -> None:
    # All materials are at one place but the last, whose error is huge: only its own
    # difficulty must not know of it.
    rows = 40
    features = np.zeros((rows, 1))
    residuals = np.full(rows, 0.1)
    residuals[-1] = 100.0
    samples = tuple(Sample(f"M{row}", f"M{row}", {"Fe": 1.0}, 1.0) for row in range(rows))
    training = Training(samples, np.empty((rows, 0)), residuals, residuals, np.arange(rows))
    domain = fit_domain(training, features, ())
    intervals = restore_intervals(training, residuals, 1.0, np.ones(rows))
    local = intervals.local(*domain.nearest_others())
    assert local[-1] == pytest.approx((10 * 0.1 + intervals.mean) / 11)


def test_groups_are_left_out_whole() -> None:
    _, domain, training = fitted(60, per_group=6)
    _, which = domain.nearest_others()
    assert (which // 6 != np.arange(60)[:, None] // 6).all()
    assert len(set(training.materials.clusters.tolist())) == 10


def test_perfect_predictions_have_narrow_intervals() -> None:
    features, predicted, _ = draw(50, 0)
    samples = tuple(Sample(f"M{row}", f"M{row}", {"Fe": 1.0}, 1.0) for row in range(50))
    training = Training(samples, np.empty((50, 0)), predicted, np.zeros(50), np.arange(50))
    domain = fit_domain(training, features, ())
    intervals = fit_intervals(training, domain, predicted)
    assert half_widths(intervals, domain, features, predicted, 0.9).tolist() == [0.0] * 50
