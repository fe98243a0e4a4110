"""Nested cross-validation: what a recipe is worth on rows that no part of it has seen.

In each fold settings, weights, members, intervals and domain are made from the other rows alone.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from matlore.progress import Progress, no_progress

from .base import Frame, Prediction, Recipe
from .scores import (
    ClassScores,
    IntervalScores,
    RegressionScores,
    Worst,
    best_threshold,
    class_scores,
    interval_scores,
    regression_scores,
    worst_errors,
)
from .splits import Split
from .training import describe_frame, train

if TYPE_CHECKING:
    from .feature_cache import FeatureCache
    from .predictor import PropertyPredictor

__all__ = [
    "Evaluation",
    "Tested",
    "evaluate",
    "label_threshold",
    "score_facts",
    "together",
    "try_predictor",
]


@dataclass(frozen=True, eq=False)
class Tested:
    """What a predictor said of rows that it had not seen.

    Attributes:
        rows: (m,) row numbers in the frame.
        predictions: one a row.
        values: (m,) measured; 0 and 1 for classes.
        scores: of the predicted values or, for classes, the probabilities.
        threshold: of labels, chosen on the training rows; 0.5 for a regression.
        at_threshold: scores of classes with labels from this threshold; None for a regression.
    """

    rows: np.ndarray
    predictions: tuple[Prediction, ...]
    values: np.ndarray
    scores: RegressionScores | ClassScores
    threshold: float = 0.5
    at_threshold: ClassScores | None = None

    @property
    def predicted(self) -> np.ndarray:
        """Return (m,): predicted values, or probabilities of the second class."""
        return np.array([prediction.value for prediction in self.predictions])


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The result of nested cross-validation.

    Attributes:
        recipe: what was evaluated.
        folds: one a split.
        pooled: scores over the rows of all folds together.
        intervals: coverage and width over all rows, and errors in the domain and out of it.
        worst: the predictions that were farthest off.
    """

    recipe: Recipe
    folds: tuple[Tested, ...]
    pooled: RegressionScores | ClassScores
    intervals: IntervalScores
    worst: tuple[Worst, ...]


def evaluate(
    recipe: Recipe,
    frame: Frame,
    splits: Sequence[Split],
    *,
    folds: int = 5,
    level: float = 0.9,
    threads: int = 1,
    cache: "FeatureCache | None" = None,
    progress: Progress = no_progress,
) -> Evaluation:
    """Train and test on each split.

    Args:
        recipe: what to evaluate.
        frame: all rows.
        splits: into rows to train on and rows to test on.
        folds: of the inner cross-validation, grouped.
        level: of the intervals.
        threads: at once.
        cache: of descriptors of structures.
        progress: counts fits within each split.

    Raises:
        InputError: the training rows of a split do not do for the recipe.
    """
    described = describe_frame(frame, recipe, cache=cache, progress=progress)
    tested = []
    for split in splits:
        predictor = train(
            recipe,
            frame.take(split.train),
            folds=folds,
            threads=threads,
            described=described.take(split.train),
            cache=cache,
            progress=progress,
        )
        tested.append(try_predictor(predictor, frame, split.test, level=level, cache=cache))
    return together(recipe, tested)


def try_predictor(
    predictor: "PropertyPredictor",
    frame: Frame,
    rows: np.ndarray,
    *,
    level: float = 0.9,
    cache: "FeatureCache | None" = None,
) -> Tested:
    """Test a predictor on rows of a frame that it has not seen.

    Args:
        predictor: a trained one.
        frame: with the rows.
        rows: (m,) row numbers.
        level: of the intervals.
        cache: of descriptors of structures.
    """
    part = frame.take(rows)
    predictions = predictor.predict(part.samples, part.conditions, level=level, cache=cache)
    predicted = np.array([prediction.value for prediction in predictions])
    if predictor.recipe.task == "regression":
        scores = regression_scores(part.values, predicted)
        return Tested(rows, tuple(predictions), part.values, scores)
    threshold = label_threshold(predictor)
    return Tested(
        rows,
        tuple(predictions),
        part.values,
        class_scores(part.values, predicted),
        threshold,
        class_scores(part.values, predicted, threshold=threshold),
    )


def label_threshold(predictor: "PropertyPredictor") -> float:
    """Return the threshold of probabilities with the best balanced accuracy in training.

    It is chosen on the out-of-fold probabilities of the training rows, after calibration.
    """
    platt = predictor.calibration.platt
    raw = predictor.training.residuals
    return best_threshold(predictor.training.values, platt.probability(raw) if platt else raw)


def score_facts(found: Evaluation, method: str) -> dict[str, Any]:
    """Return the scores of a predictor's card: of its values, and of its intervals.

    Args:
        found: on rows that were left out.
        method: how they were left out.
    """
    intervals = asdict(found.intervals)
    named = {
        **asdict(found.pooled),
        "coverage": intervals.pop("coverage"),
        "coverage_low": intervals.pop("low"),
        "coverage_high": intervals.pop("high"),
        **intervals,
    }
    return {"method": method, **{name: _plain(value) for name, value in named.items()}}


def _plain(value: float) -> float | None:
    """Return a number with as many digits as mean something; None for one that is none."""
    return float(f"{value:.6g}") if isfinite(value) else None


def together(recipe: Recipe, tested: Sequence[Tested]) -> Evaluation:
    """Return the scores over all folds together."""
    values = np.concatenate([fold.values for fold in tested])
    predicted = np.concatenate([fold.predicted for fold in tested])
    predictions = [prediction for fold in tested for prediction in fold.predictions]
    classes = recipe.task == "classification"
    names = [prediction.name for prediction in predictions]
    return Evaluation(
        recipe,
        tuple(tested),
        class_scores(values, predicted) if classes else regression_scores(values, predicted),
        interval_scores(predictions, values, classes=classes),
        worst_errors(names, values, predicted),
    )
