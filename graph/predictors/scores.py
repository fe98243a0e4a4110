"""How good predictions are: errors, ranking of classes, coverage of intervals.

Classes are scored twice, by labels and by probabilities: the column "rocauc" of the Matbench
leaderboards is the ROC AUC of hard labels, which equals the balanced accuracy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import Prediction

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "ClassScores",
    "IntervalScores",
    "RegressionScores",
    "Worst",
    "best_threshold",
    "binomial_interval",
    "class_scores",
    "interval_scores",
    "log_loss",
    "mean_and_deviation",
    "regression_scores",
    "roc_auc",
    "worst_errors",
]


@dataclass(frozen=True, slots=True)
class RegressionScores:
    """Errors of predicted numbers.

    Attributes:
        rows: how many were predicted.
        mae: mean absolute error.
        rmse: root of the mean square error.
        max_error: largest absolute error.
        r2: 1 - squared errors / squared deviations from the mean; NaN for constant values.
    """

    rows: int
    mae: float
    rmse: float
    max_error: float
    r2: float


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How well two classes are told apart.

    Attributes:
        rows: how many were predicted.
        balanced_accuracy: mean of the two classes' shares found; the leaderboards' "rocauc".
        roc_auc: of the probabilities: how often the second class ranks above the first.
        f1: of the second class, by labels.
        accuracy: share of labels that are right.
        brier: mean square of probability - outcome.
    """

    rows: int
    balanced_accuracy: float
    roc_auc: float
    f1: float
    accuracy: float
    brier: float


@dataclass(frozen=True, slots=True)
class IntervalScores:
    """How honest intervals are.

    Attributes:
        rows: how many were predicted.
        coverage: share of intervals that hold the value.
        low: lower end of the exact 95 % binomial interval of the coverage.
        high: upper end of it.
        mean_width: of the intervals; for classes the mean number in the set.
        median_width: of the intervals; for classes of the number in the set.
        in_domain: share of rows in the domain.
        error_in: MAE (for classes the share of wrong labels) in the domain; NaN for no row.
        error_out: the same out of the domain.
    """

    rows: int
    coverage: float
    low: float
    high: float
    mean_width: float
    median_width: float
    in_domain: float
    error_in: float
    error_out: float


@dataclass(frozen=True, slots=True)
class Worst:
    """A prediction that is far off.

    Attributes:
        name: of the sample.
        value: measured.
        predicted: instead.
    """

    name: str
    value: float
    predicted: float


def regression_scores(values: "np.ndarray", predicted: "np.ndarray") -> RegressionScores:
    """Score predicted numbers.

    Args:
        values: measured, (n,).
        predicted: instead, (n,).
    """
    import numpy as np

    errors = np.abs(predicted - values)
    spread = float(np.sum((values - values.mean()) ** 2))
    return RegressionScores(
        len(values),
        float(errors.mean()),
        float(np.sqrt(np.mean(errors**2))),
        float(errors.max()),
        1 - float(np.sum(errors**2)) / spread if spread > 0 else float("nan"),
    )


def class_scores(
    values: "np.ndarray", probabilities: "np.ndarray", *, threshold: float = 0.5
) -> ClassScores:
    """Score probabilities of the second class.

    Args:
        values: 0 and 1, (n,).
        probabilities: of 1, (n,).
        threshold: from which on a row is labelled 1.
    """
    import numpy as np

    truth, labels = values > 0.5, probabilities >= threshold
    hits = float(np.sum(truth & labels))
    wrong = float(np.sum(truth != labels))
    return ClassScores(
        len(values),
        _balanced_accuracy(truth, labels),
        roc_auc(values, probabilities),
        2 * hits / (2 * hits + wrong) if hits + wrong else float("nan"),
        1 - wrong / len(values),
        float(np.mean((probabilities - values) ** 2)),
    )


def roc_auc(values: "np.ndarray", scores: "np.ndarray") -> float:
    """Return how often a row of class 1 scores above one of class 0; ties count half.

    It is the rank-sum statistic of Mann and Whitney (Ann. Math. Stat. 18, 50, 1947) divided by the
    number of pairs; NaN where a class has no row.
    """
    import numpy as np

    truth = values > 0.5
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    wins = float(ranks[truth].sum()) - positives * (positives + 1) / 2
    return wins / (positives * negatives)


def log_loss(values: "np.ndarray", probabilities: "np.ndarray") -> float:
    """Return the mean negative log-likelihood; probabilities are kept off 0 and 1 by 0.001."""
    import numpy as np

    kept = np.clip(probabilities, 1e-3, 1 - 1e-3)
    return float(-np.mean(np.where(values > 0.5, np.log(kept), np.log1p(-kept))))


def best_threshold(values: "np.ndarray", probabilities: "np.ndarray") -> float:
    """Return the threshold with the best balanced accuracy, nearest to 0.5 among the best.

    Args:
        values: 0 and 1, (n,), with rows of both.
        probabilities: of rows that were not trained on, (n,).
    """
    import numpy as np

    truth = values > 0.5
    levels = np.unique(probabilities)
    candidates = np.unique(np.append((levels[1:] + levels[:-1]) / 2, 0.5))
    above = np.sort(probabilities[truth])
    below = np.sort(probabilities[~truth])
    found = 1 - np.searchsorted(above, candidates, side="left") / max(len(above), 1)
    spared = np.searchsorted(below, candidates, side="left") / max(len(below), 1)
    score = np.round(found + spared, 12)
    best = candidates[score == score.max()]
    return float(best[np.argmin(np.abs(best - 0.5))])


def interval_scores(
    predictions: Sequence[Prediction], values: "np.ndarray", *, classes: bool = False
) -> IntervalScores:
    """Score the intervals and the domain of predictions.

    Args:
        predictions: one a row.
        values: measured, (n,), in the unit of the predictions; 0 and 1 for classes.
        classes: whether the predictions are probabilities, and the intervals sets of classes.
    """
    import numpy as np

    lower = np.array([prediction.lower for prediction in predictions])
    upper = np.array([prediction.upper for prediction in predictions])
    predicted = np.array([prediction.value for prediction in predictions])
    inside = np.array([prediction.in_domain for prediction in predictions])
    held = (lower <= values) & (values <= upper)
    widths = upper - lower + classes
    errors = np.abs((predicted >= 0.5) - values) if classes else np.abs(predicted - values)
    low, high = binomial_interval(int(held.sum()), len(values))
    return IntervalScores(
        len(values),
        float(held.mean()),
        low,
        high,
        float(widths.mean()),
        float(np.median(widths)),
        float(inside.mean()),
        float(errors[inside].mean()) if inside.any() else float("nan"),
        float(errors[~inside].mean()) if not inside.all() else float("nan"),
    )


def binomial_interval(hits: int, trials: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share (Clopper and Pearson, Biometrika 26, 404, 1934)."""
    from scipy.stats import binomtest

    interval = binomtest(hits, trials).proportion_ci(confidence_level=0.95, method="exact")
    return float(interval.low), float(interval.high)


def worst_errors(
    names: Sequence[str], values: "np.ndarray", predicted: "np.ndarray", *, count: int = 5
) -> tuple[Worst, ...]:
    """Return the predictions that are farthest off, worst first."""
    import numpy as np

    order = np.argsort(-np.abs(predicted - values), kind="stable")[:count]
    return tuple(Worst(names[row], float(values[row]), float(predicted[row])) for row in order)


def mean_and_deviation(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the mean of folds and their standard deviation (of a population, as Matbench does)."""
    import numpy as np

    return float(np.mean(numbers)), float(np.std(numbers))


def _balanced_accuracy(truth: "np.ndarray", labels: "np.ndarray") -> float:
    import numpy as np

    shares = [
        float(np.mean(labels[truth == side] == side))
        for side in (False, True)
        if (truth == side).any()
    ]
    return float(np.mean(shares))
