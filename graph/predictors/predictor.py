"""A trained predictor of a property: a value, an interval, and whether to believe them.

It is the weighted mean of its members on the recipe's scale, and it keeps the rows that it learned
from. Nothing in a prediction depends on which other samples are asked for with it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from matlore.errors import InputError, UsageError

from .base import Prediction, Recipe, Sample
from .calibration import ClassSets, Platt, fit_platt
from .domain import Domain, fit_domain, restore_domain
from .intervals import Intervals, fit_intervals, rank_of_level, restore_intervals
from .members import Member
from .predictor_batch import Batch, described
from .scales import to_scale
from .training_rows import Training

if TYPE_CHECKING:
    from .feature_cache import FeatureCache

__all__ = ["Calibration", "PropertyPredictor", "Training", "make_predictor"]

_BLOCK: Final = 2048
_LEVEL: Final = 0.9
_DIGITS: Final = 5


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was fitted on the out-of-fold errors, beside what follows from the training rows.

    Attributes:
        domain_end: distance at which the domain ends.
        share: of the local error in the difficulty; 0 for a classification.
        difficulties: (n,) of the training rows; empty for a classification.
        platt: of probabilities; None for a regression.
    """

    domain_end: float
    share: float
    difficulties: np.ndarray
    platt: Platt | None = None


@dataclass(frozen=True, eq=False)
class PropertyPredictor:
    """A trained predictor.

    Attributes:
        recipe: by which it was trained.
        members: whose weighted mean it is.
        weights: of the members; they sum to 1.
        training: the rows it learned from.
        calibration: of its intervals, probabilities and domain.
        card: what else is told of it: scores, source, licence, command, date.
    """

    recipe: Recipe
    members: tuple[Member, ...]
    weights: tuple[float, ...]
    training: Training
    calibration: Calibration
    card: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return its name."""
        return self.recipe.name

    @cached_property
    def version(self) -> str:
        """Return twelve hexadecimal digits of the hash of all that decides its predictions."""
        from .predictor_files import content_version

        return content_version(self)

    @property
    def model(self) -> str:
        """Return name and version, as predictions carry it: `band-gap 0a1b2c3d4e5f`."""
        return f"{self.name} {self.version}"

    # The last of those so decorated: from here on `property` is this one.
    @property
    def property(self) -> str:
        """Return the property that it predicts."""
        return self.recipe.property

    @cached_property
    def domain(self) -> Domain:
        """Return where it may be trusted."""
        features = described(self.training.materials.samples, self.recipe.domain)
        return restore_domain(
            self.training, features, self.recipe.conditions, self.calibration.domain_end
        )

    @cached_property
    def intervals(self) -> Intervals:
        """Return how far the true values lie from its predictions (regression)."""
        scaled = to_scale(self.training.values, self.recipe.scale)
        return restore_intervals(
            self.training, scaled, self.calibration.share, self.calibration.difficulties
        )

    @cached_property
    def class_sets(self) -> ClassSets:
        """Return the sets of classes (classification)."""
        return ClassSets.fit(self.training.residuals, self.training.values)

    def predict(
        self,
        samples: Sequence[Sample],
        conditions: "np.ndarray | None" = None,
        *,
        level: float = _LEVEL,
        explain: int = 0,
        neighbours: int = 0,
        cache: "FeatureCache | None" = None,
    ) -> list[Prediction]:
        """Predict the property of samples.

        Args:
            samples: one a prediction; the same object may occur many times.
            conditions: (n, c) in the order and the units of the recipe; None for its defaults.
            level: how often intervals hold the true value, between 0 and 1.
            explain: how many drivers to tell of each prediction.
            neighbours: how many materials of the training data to tell.
            cache: where descriptors of structures are kept.

        Raises:
            InputError: a sample lacks what is needed, or has an element without data.
            UsageError: conditions of another shape or not finite, or a level that cannot be met.
        """
        given = self._conditions(len(samples), conditions)
        self._check_level(level)
        if explain < 0 or neighbours < 0:
            raise UsageError("explain and neighbours are counts: give 0 or more")
        found: list[Prediction] = []
        for start in range(0, len(samples), _BLOCK):
            block = slice(start, start + _BLOCK)
            batch = Batch(self, samples[block], given[block], cache)
            found.extend(batch.predictions(level, explain, neighbours))
        return found

    def _conditions(self, rows: int, given: "np.ndarray | None") -> np.ndarray:
        """Return (n, c) conditions, checked."""
        wanted = self.recipe.conditions
        if given is None:
            return np.tile([condition.default for condition in wanted], (rows, 1))
        given = np.asarray(given, dtype=np.float64)
        if given.shape != (rows, len(wanted)):
            names = ", ".join(condition.name for condition in wanted) or "no conditions"
            raise UsageError(
                f"{self.name} takes {names} for each of {rows} samples, which is an array of shape"
                f" {(rows, len(wanted))}, not {given.shape}"
            )
        if not np.isfinite(given).all():
            raise UsageError(f"{self.name}: a condition is not a finite number; leave it out")
        return given

    def _check_level(self, level: float) -> None:
        if not 0.0 < level < 1.0:
            raise UsageError(f"level must lie between 0 and 1, not {level:g}; give 0.9")
        rows = len(self.training)
        if self.recipe.task == "regression" and rank_of_level(level, rows) > rows:
            raise UsageError(
                f"{self.name} learned from {rows} rows, too few for intervals of level {level:g};"
                f" give {rows / (rows + 1):.4f} or less"
            )


def make_predictor(
    recipe: Recipe,
    members: Sequence[Member],
    weights: Sequence[float],
    training: Training,
    card_facts: Mapping[str, Any],
    *,
    cache: "FeatureCache | None" = None,
) -> PropertyPredictor:
    """Return a predictor of trained members, with its intervals and its domain fitted.

    Args:
        recipe: by which the members were trained.
        members: in the order of the recipe.
        weights: of the members, none negative.
        training: rows with what was predicted of them while they were left out.
        card_facts: what else the card is to tell; what JSON can hold.
        cache: where descriptors of structures are kept.

    Raises:
        InputError: too few rows for intervals of 90 %, one class only, or weights or numbers that
            make no sense.
    """
    _check(recipe, members, weights, training)
    training = replace(
        training,
        residuals=_rounded(training.residuals),
        expected=None if training.expected is None else _rounded(training.expected),
    )
    features = described(training.materials.samples, recipe.domain, cache)
    domain = fit_domain(training, features, recipe.conditions)
    if recipe.task == "classification":
        platt = fit_platt(training.residuals, training.values)
        calibration = Calibration(domain.end, 0.0, np.empty(0), platt)
    else:
        scaled = to_scale(training.values, recipe.scale)
        intervals = fit_intervals(training, domain, scaled)
        difficulties = _rounded(intervals.difficulties)
        calibration = Calibration(domain.end, intervals.share, difficulties)
    total = math.fsum(weights)
    shares = tuple(float(weight) / total for weight in weights)
    return PropertyPredictor(
        recipe, tuple(members), shares, training, calibration, dict(card_facts)
    )


def _rounded(values: np.ndarray) -> np.ndarray:
    """Return values with as many significant digits as are stored."""
    return np.array([float(f"{value:.{_DIGITS}g}") for value in values.tolist()])


def _check(
    recipe: Recipe, members: Sequence[Member], weights: Sequence[float], training: Training
) -> None:
    rows = len(training)
    lengths = {len(training.values), len(training.residuals), len(training.groups), rows}
    if len(lengths) > 1 or training.conditions.shape != (rows, len(recipe.conditions)):
        raise InputError(f"{recipe.name}: the training rows do not fit one another")
    if not np.isfinite(training.residuals).all() or not np.isfinite(training.conditions).all():
        raise InputError(f"{recipe.name}: a residual or a condition is not a finite number")
    if not members or len(members) != len(weights):
        raise InputError(f"{recipe.name}: {len(members)} members have {len(weights)} weights")
    if min(weights) < 0.0 or not 0.0 < math.fsum(weights) < math.inf:
        raise InputError(f"{recipe.name}: weights must not be negative, nor all zero")
    if rank_of_level(_LEVEL, rows) > rows:
        raise InputError(
            f"{recipe.name}: {rows} rows are too few for intervals of 90 %; give 20 or more"
        )
    if recipe.task == "classification" and len(set(training.values.tolist()) - {0.0, 1.0}):
        raise InputError(f"{recipe.name}: classes must be 0 and 1")
    if recipe.task == "classification" and len(set(training.values.tolist())) < 2:
        raise InputError(f"{recipe.name}: all rows are of one class; give rows of both")
