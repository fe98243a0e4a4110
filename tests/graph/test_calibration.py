"""Calibrated probabilities and sets of classes."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from graph.predictors.calibration import ClassSets, fit_platt, log_odds, reliability


def overconfident(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities whose log-odds are twice the true ones, and labels."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0.3, 1.5, rows)
    labels = (rng.random(rows) < 1.0 / (1.0 + np.exp(-odds))).astype(float)
    return 1.0 / (1.0 + np.exp(-2.0 * odds)), labels


def test_platt_undoes_overconfidence() -> None:
    raw, labels = overconfident(5000, 0)
    platt = fit_platt(raw, labels)
    assert platt.slope == pytest.approx(0.5, abs=0.05)
    assert platt.offset == pytest.approx(0.0, abs=0.1)
    fresh, truth = overconfident(5000, 1)
    before, after = reliability(fresh, truth), reliability(platt.probability(fresh), truth)
    assert after.error < 0.03 < before.error
    assert after.brier < before.brier


def test_platt_is_the_logistic_regression_of_scikit_learn() -> None:
    raw, labels = overconfident(4000, 2)
    model = LogisticRegression(C=1e9, tol=1e-8, max_iter=1000).fit(log_odds(raw)[:, None], labels)
    platt = fit_platt(raw, labels)
    # Platt's targets lie 1/n inside of 0 and 1, which moves little in so many rows.
    assert platt.slope == pytest.approx(float(model.coef_[0, 0]), rel=0.01)
    assert platt.offset == pytest.approx(float(model.intercept_[0]), abs=0.01)


def test_calibration_keeps_the_order() -> None:
    raw, labels = overconfident(300, 3)
    grid = np.linspace(0.0, 1.0, 101)
    for truth in (labels, 1.0 - labels):
        found = fit_platt(raw, truth).probability(grid)
        assert (np.diff(found) >= 0.0).all()
        assert 0.0 < found[0] < found[-1] < 1.0


def test_classes_that_fall_apart_stay_finite() -> None:
    labels = np.repeat([0.0, 1.0], 20)
    found = fit_platt(labels, labels).probability(np.array([0.0, 0.5, 1.0]))
    # Platt's targets: (0 + 1) / (20 + 2) and (20 + 1) / (20 + 2).
    assert found == pytest.approx([1 / 22, 0.5, 21 / 22], abs=1e-6)


def test_reliability_by_hand() -> None:
    found = reliability(np.array([0.05, 0.95, 1.0, 0.45]), np.array([0.0, 1.0, 1.0, 1.0]))
    assert found.brier == pytest.approx((0.05**2 + 0.05**2 + 0.0 + 0.55**2) / 4)
    # Bins: 0.05 alone, 0.95 and 1.0 together, 0.45 alone.
    assert found.error == pytest.approx((0.05 + abs(0.95 + 1.0 - 2.0) + 0.55) / 4)


def test_sets_hold_each_class_as_often_as_they_say() -> None:
    raw, labels = overconfident(3000, 4)
    fresh, truth = overconfident(3000, 5)
    for level in (0.8, 0.9):
        inside = ClassSets.fit(raw, labels).holds(fresh, level)
        for label in (0, 1):
            mine = truth == label
            assert inside[mine, label].mean() == pytest.approx(level, abs=0.03)


def test_sets_grow_with_the_level_and_are_never_empty() -> None:
    raw, labels = overconfident(500, 6)
    sets = ClassSets.fit(raw, labels)
    grid = np.linspace(0.0, 1.0, 201)
    last = np.zeros((201, 2), dtype=bool)
    for level in (0.5, 0.8, 0.9, 0.95, 0.99):
        inside = sets.holds(grid, level)
        assert inside.any(axis=1).all()
        assert (inside | ~last).all()
        last = inside


def test_a_set_by_hand() -> None:
    # Rows of class 1 got 0.1 to 0.9. A sample with 0.15 is below all but one of them:
    # (1 + 1) / (9 + 1) = 0.2, so class 1 is in at 0.9 (more than 0.1), and out at 0.8.
    raw = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.0, 0.0])
    labels = np.array([1.0] * 9 + [0.0] * 2)
    sets = ClassSets.fit(raw, labels)
    assert sets.holds(np.array([0.15]), 0.9)[0, 1]
    assert not sets.holds(np.array([0.15]), 0.8)[0, 1]
