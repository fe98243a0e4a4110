import numpy as np
import pytest
from scipy.stats import beta
from sklearn import metrics

from graph.predictors.base import Prediction
from graph.predictors.scores import (
    best_threshold,
    binomial_interval,
    class_scores,
    interval_scores,
    log_loss,
    mean_and_deviation,
    regression_scores,
    roc_auc,
    worst_errors,
)


def prediction(value: float, lower: float, upper: float, inside: bool = True) -> Prediction:
    doubts = () if inside else ("far",)
    return Prediction("a", "a", "p", value, "1", lower, upper, 0.9, inside, doubts, {}, "m 1")


def test_errors_by_hand() -> None:
    scores = regression_scores(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 5.0]))
    assert scores.mae == pytest.approx(1.0)
    assert scores.rmse == pytest.approx((5 / 3) ** 0.5)
    assert scores.max_error == 2.0
    assert scores.r2 == pytest.approx(1 - 5 / 2)


def test_errors_as_in_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    values, predicted = rng.normal(size=50), rng.normal(size=50)
    scores = regression_scores(values, predicted)
    assert scores.r2 == pytest.approx(metrics.r2_score(values, predicted))
    assert scores.mae == pytest.approx(metrics.mean_absolute_error(values, predicted))


def test_constant_values_have_no_r2() -> None:
    assert np.isnan(regression_scores(np.ones(3), np.zeros(3)).r2)


def test_classes_as_in_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    truth = (rng.random(200) < 0.3).astype(float)
    chance = np.round(np.clip(0.3 * truth + rng.random(200) * 0.7, 0, 1), 1)
    labels = chance >= 0.4
    scores = class_scores(truth, chance, threshold=0.4)
    assert scores.balanced_accuracy == pytest.approx(metrics.roc_auc_score(truth, labels))
    assert scores.roc_auc == pytest.approx(metrics.roc_auc_score(truth, chance))
    assert scores.f1 == pytest.approx(metrics.f1_score(truth, labels))
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(truth, labels))
    assert scores.brier == pytest.approx(metrics.brier_score_loss(truth, chance))


def test_ties_count_half() -> None:
    assert roc_auc(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == 0.5
    assert np.isnan(roc_auc(np.ones(3), np.ones(3)))


def test_log_loss_by_hand_and_at_its_end() -> None:
    assert log_loss(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    assert log_loss(np.array([1.0]), np.array([0.0])) == pytest.approx(-np.log(0.001))


def test_the_threshold_between_two_classes() -> None:
    values = np.array([0, 0, 0, 0, 1, 1])
    chance = np.array([0.1, 0.2, 0.6, 0.7, 0.8, 0.9])
    assert best_threshold(values, chance) == pytest.approx(0.75)


def test_half_where_it_is_among_the_best() -> None:
    assert best_threshold(np.array([0, 1]), np.array([0.1, 0.9])) == 0.5


def test_the_threshold_is_the_best_of_all() -> None:
    rng = np.random.default_rng(3)
    values = (rng.random(80) < 0.8).astype(float)
    chance = np.round(np.clip(rng.normal(0.5 + 0.2 * values, 0.2), 0, 1), 2)
    tried = [class_scores(values, chance, threshold=t) for t in np.linspace(-0.005, 1.005, 203)]
    found = class_scores(values, chance, threshold=best_threshold(values, chance))
    best = max(one.balanced_accuracy for one in tried)
    assert found.balanced_accuracy == pytest.approx(best)


def test_coverage_and_domain() -> None:
    predictions = [
        prediction(1.0, 0.0, 2.0),
        prediction(1.0, 0.5, 1.5),
        prediction(4.0, 3.0, 5.0, inside=False),
        prediction(0.0, -1.0, 1.0),
    ]
    scores = interval_scores(predictions, np.array([1.5, 2.5, 3.0, 0.0]))
    assert scores.coverage == 0.75
    assert scores.mean_width == pytest.approx(7 / 4)
    assert scores.median_width == 2.0
    assert scores.in_domain == 0.75
    assert scores.error_in == pytest.approx((0.5 + 1.5 + 0.0) / 3)
    assert scores.error_out == 1.0


def test_sets_of_classes() -> None:
    predictions = [prediction(0.9, 1.0, 1.0), prediction(0.4, 0.0, 1.0), prediction(0.8, 1, 1)]
    scores = interval_scores(predictions, np.array([1.0, 1.0, 0.0]), classes=True)
    assert scores.coverage == pytest.approx(2 / 3)
    assert scores.mean_width == pytest.approx(4 / 3)
    assert scores.error_in == pytest.approx(2 / 3)
    assert np.isnan(scores.error_out)


def test_clopper_and_pearson() -> None:
    """The ends are quantiles of beta distributions."""
    low, high = binomial_interval(88, 100)
    assert low == pytest.approx(beta.ppf(0.025, 88, 13))
    assert high == pytest.approx(beta.ppf(0.975, 89, 12))


def test_worst_first() -> None:
    worst = worst_errors(["a", "b", "c"], np.zeros(3), np.array([1.0, -5.0, 2.0]), count=2)
    assert [(one.name, one.predicted) for one in worst] == [("b", -5.0), ("c", 2.0)]


def test_deviation_of_a_population() -> None:
    assert mean_and_deviation([1.0, 3.0]) == (2.0, 1.0)
