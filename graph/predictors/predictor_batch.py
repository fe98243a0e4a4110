"""Some samples at their conditions, on the way through a predictor.

Descriptors are computed once of each sample and featurizer, also where several members take them
or a temperature curve repeats the sample.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .base import Driver, Neighbour, Prediction, Recipe, Sample
from .domain import NEAREST, reach
from .drivers import find_drivers
from .hurdle import HurdleMember
from .members import Member
from .scales import bounded, formula_share, from_scale
from .training_rows import distinct_samples

if TYPE_CHECKING:
    from .feature_cache import FeatureCache
    from .predictor import PropertyPredictor

__all__ = ["Batch", "described"]

_MANY_ATOMS = 100
_Ends = tuple[np.ndarray, np.ndarray, np.ndarray, list[tuple[str, ...]]]


class Batch:
    """Some samples at their conditions."""

    def __init__(
        self,
        predictor: "PropertyPredictor",
        samples: Sequence[Sample],
        conditions: np.ndarray,
        cache: "FeatureCache | None",
    ) -> None:
        self.predictor = predictor
        self.samples = samples
        self.conditions = conditions
        self.distinct, self.which = distinct_samples(samples)
        self.cache = cache
        self.blocks: dict[str, np.ndarray] = {}
        self.raw = self._raw()

    def predictions(self, level: float, explain: int, neighbours: int) -> Iterator[Prediction]:
        """Yield the predictions."""
        predictor, recipe = self.predictor, self.predictor.recipe
        around = self._around(max(NEAREST, neighbours))
        value, lower, upper, classes = self._ends(level, *around)
        far = reach(around[0])
        drivers = self._drivers(explain)
        for row, sample in enumerate(self.samples):
            at = self.conditions[row].tolist()
            doubts = predictor.domain.doubts(sample, float(far[row]), at)
            doubts += _doubts_of_size(recipe, sample)
            yield Prediction(
                name=sample.name,
                formula=sample.formula,
                property=recipe.property,
                value=float(value[row]),
                unit=recipe.unit,
                lower=float(lower[row]),
                upper=float(upper[row]),
                level=level,
                in_domain=not doubts,
                doubts=doubts,
                conditions={c.name: v for c, v in zip(recipe.conditions, at, strict=True)},
                model=predictor.model,
                classes=classes[row] if classes else (),
                drivers=drivers[row] if drivers else (),
                neighbours=tuple(self._neighbours(row, around, neighbours)),
            )

    def _raw(self) -> np.ndarray:
        """Return (n,): the weighted mean of the members, of a formula where they tell of atoms."""
        total = formula_share(self.predictor.recipe, self.samples)
        for member, weight in zip(self.predictor.members, self.predictor.weights, strict=True):
            if weight == 0.0:
                continue
            found = member.predict(self._features(member))
            if self.predictor.recipe.task == "classification":
                found = np.clip(found, 0.0, 1.0)
            total += weight * found
        return total

    def _features(self, member: Member) -> np.ndarray:
        """Return the columns of a member's descriptors, then the conditions."""
        blocks = [self._block(name)[self.which] for name in member.recipe.descriptors]
        return np.hstack([*blocks, self.conditions])

    def _block(self, name: str) -> np.ndarray:
        if name not in self.blocks:
            self.blocks[name] = described(self.distinct, (name,), self.cache)
        return self.blocks[name]

    def _around(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (n, k) distances to the nearest training materials, and which they are."""
        features = np.hstack([self._block(name) for name in self.predictor.recipe.domain])
        distances, materials = self.predictor.domain.nearest(features, count)
        return distances[self.which], materials[self.which]

    def _ends(self, level: float, distances: np.ndarray, materials: np.ndarray) -> _Ends:
        """Return values, both ends of the intervals, and the names of classes in the sets."""
        recipe = self.predictor.recipe
        if recipe.task == "classification":
            return self._class_ends(level)
        intervals = self.predictor.intervals
        near = slice(None), slice(0, NEAREST)
        difficulty = intervals.difficulty(distances[near], materials[near], self._along())
        half = intervals.half_width(difficulty, level)
        value, lower, upper = (
            bounded(from_scale(scaled, recipe.scale), recipe.lower, recipe.upper)
            for scaled in (self.raw, self.raw - half, self.raw + half)
        )
        return value, lower, upper, []

    def _along(self) -> np.ndarray:
        """Return (n,): along what the trend of errors was taken in training."""
        if self.predictor.training.expected is None:
            return self.raw
        told = [
            (weight, member.expected_error(self._features(member)))
            for member, weight in zip(self.predictor.members, self.predictor.weights, strict=True)
            if isinstance(member, HurdleMember)
        ]
        total = sum(weight for weight, _ in told)
        return np.asarray(sum(weight / total * errors for weight, errors in told))

    def _class_ends(self, level: float) -> _Ends:
        platt = self.predictor.calibration.platt
        assert platt is not None
        inside = self.predictor.class_sets.holds(self.raw, level)
        lower = np.where(inside[:, 0], 0.0, 1.0)
        upper = np.where(inside[:, 1], 1.0, 0.0)
        names = self.predictor.recipe.classes or ("0", "1")
        sets = [
            tuple(name for name, there in zip(names, row, strict=True) if there)
            for row in inside.tolist()
        ]
        return platt.probability(self.raw), lower, upper, sets

    def _drivers(self, count: int) -> list[tuple[Driver, ...]]:
        if count == 0:
            return []
        predictor, platt = self.predictor, self.predictor.calibration.platt
        parts = [
            (member, weight, self._features(member))
            for member, weight in zip(predictor.members, predictor.weights, strict=True)
            if weight > 0.0
        ]
        names = {name for member, _, _ in parts for name in member.recipe.descriptors}
        return find_drivers(
            predictor.recipe,
            parts,
            {name: _columns(name) for name in names},
            self.raw,
            count=count,
            steepness=platt.slope if platt else 1.0,
        )

    def _neighbours(
        self, row: int, around: tuple[np.ndarray, np.ndarray], count: int
    ) -> Iterator[Neighbour]:
        """Yield the nearest training materials, each with its value at the nearest conditions."""
        materials = self.predictor.training.materials
        for distance, material in zip(around[0][row, :count], around[1][row, :count], strict=True):
            yield Neighbour(
                formula=materials.samples[material].formula,
                distance=float(distance),
                value=self._measured(int(material), self.conditions[row]),
            )

    def _measured(self, material: int, at: np.ndarray) -> float:
        """Return the median of a material's values at the conditions nearest to some."""
        training = self.predictor.training
        rows = np.flatnonzero(training.materials.rows == material)
        span = np.ptp(self.predictor.domain.ranges, axis=1)
        steps = np.abs(training.conditions[rows] - at) / np.where(span > 0.0, span, 1.0)
        far = steps.sum(axis=1)
        return float(np.median(training.values[rows[far <= far.min() + 1e-12]]))


def _doubts_of_size(recipe: Recipe, sample: Sample) -> tuple[str, ...]:
    """Return a doubt where a mole of formulas is hardly what is meant, as of Fe947O1000."""
    atoms = sample.formula_atoms
    if not recipe.per_atom or atoms <= _MANY_ATOMS:
        return ()
    return (f"of a mole of formulas of {atoms:g} atoms each; write the formula that is meant",)


def described(
    samples: Sequence[Sample], names: Sequence[str], cache: "FeatureCache | None" = None
) -> np.ndarray:
    """Return (n, d): the columns of featurizers side by side."""
    from .featurizers import describe

    return np.asarray(describe(samples, names, cache=cache), dtype=np.float64)


def _columns(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names and the units of a featurizer's columns."""
    from .featurizers import column_names, column_units

    return column_names([name]), column_units([name])
