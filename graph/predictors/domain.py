"""Where a predictor may be trusted: near materials that it has seen.

Distances are Euclidean in the space of the recipe's domain descriptors, standardised over the
training materials. How far a sample is from the training data is its mean distance to the five
nearest of them, in units of the distance that 95 % of the training materials keep to the others
(their own group left out): from 1 on a sample is outside. That the likeness to the training data
tells good predictions from bad ones whatever the model is shown by Sheridan et al. (Journal of
Chemical Information and Computer Sciences 44, 1912, 2004).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .base import Condition, Sample
from .training_rows import Materials, Training

__all__ = ["NEAREST", "Domain", "fit_domain", "reach", "restore_domain"]

NEAREST: Final = 10
"""How many neighbours are looked up of each sample."""
_FOR_DISTANCE: Final = 5
_WITHIN: Final = 0.95
_LEAST: Final = 5
"""Training materials that must contain an element; one is enough in a small set."""
_SMALL: Final = 100
_BLOCK: Final = 256


@dataclass(frozen=True, eq=False)
class Domain:
    """The space in which a predictor is at home.

    Attributes:
        materials: of the training data, m of them.
        center: (d,) of the descriptors.
        spread: (d,) of the descriptors.
        points: (m, d) standardised.
        end: the distance from which on a sample is outside.
        elements: in how many training materials each occurs.
        conditions: that the predictor takes, c of them.
        ranges: (c, 2) lowest and highest of each in the training data.
    """

    materials: Materials
    center: np.ndarray
    spread: np.ndarray
    points: np.ndarray
    end: float
    elements: Counter[str]
    conditions: tuple[Condition, ...]
    ranges: np.ndarray

    def nearest(self, features: np.ndarray, count: int = NEAREST) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest training materials of samples.

        Args:
            features: (n, d) domain descriptors.
            count: of neighbours, k; fewer where there are fewer materials.

        Returns:
            (n, k) distances in units of `end`, rising; and (n, k) which materials they are to.
        """
        distances, which = _nearest(self._standardised(features), self.points, count)
        return distances / self.end, which

    def nearest_others(self, count: int = NEAREST) -> tuple[np.ndarray, np.ndarray]:
        """Return the same of the training materials, each without those of its own cluster."""
        distances, which = _nearest(self.points, self.points, count, _apart(self.materials))
        return distances / self.end, which

    def doubts(self, sample: Sample, ratio: float, conditions: Sequence[float]) -> tuple[str, ...]:
        """Return why a prediction is outside the domain, in words; nothing where it is inside.

        Args:
            sample: of which something is predicted.
            ratio: its `reach`.
            conditions: (c,) at which.
        """
        found = [*self._rare(sample), *self._outside(conditions)]
        if ratio > 1.0:
            times = f"{ratio:.2f}" if ratio < 10.0 else f"{ratio:.0f}"
            found.append(
                f"unlike the training data: its distance to them is {times} times the one"
                f" within which {_WITHIN:.0%} of them lie"
            )
        return tuple(found)

    def _standardised(self, features: np.ndarray) -> np.ndarray:
        return _standardised(features, self.center, self.spread)

    def _rare(self, sample: Sample) -> Iterator[str]:
        least = _LEAST if len(self.materials) >= _SMALL else 1
        for element in sample.fractions:
            count = self.elements[element]
            if count == 0:
                yield f"no training material contains {element}"
            elif count < least:
                materials = "material contains" if count == 1 else "materials contain"
                yield f"only {count} training {materials} {element}"

    def _outside(self, conditions: Sequence[float]) -> Iterator[str]:
        for condition, value, (low, high) in zip(
            self.conditions, conditions, self.ranges.tolist(), strict=True
        ):
            if low <= value <= high:
                continue
            side = "below" if value < low else "above"
            yield (
                f"{condition.name} {value:g} {condition.unit} is {side} the training range"
                f" {low:g} to {high:g} {condition.unit}"
            )


def reach(distances: np.ndarray) -> np.ndarray:
    """Return (n,): how far samples are from the training data, from (n, k) nearest distances."""
    near = distances[:, :_FOR_DISTANCE]
    known = np.isfinite(near)
    count = np.maximum(known.sum(axis=1), 1)
    return np.asarray(np.where(known, near, 0.0).sum(axis=1) / count)


def fit_domain(
    training: Training, features: np.ndarray, conditions: tuple[Condition, ...]
) -> Domain:
    """Return the domain of training data.

    Args:
        training: the rows.
        features: (m, d) domain descriptors of `training.materials.samples`.
        conditions: of the recipe.
    """
    domain = restore_domain(training, features, conditions, 1.0)
    distances, _ = domain.nearest_others(_FOR_DISTANCE)
    end = float(np.quantile(reach(distances), _WITHIN)) if len(distances) > 1 else 1.0
    return restore_domain(training, features, conditions, end if end > 0.0 else 1.0)


def restore_domain(
    training: Training, features: np.ndarray, conditions: tuple[Condition, ...], end: float
) -> Domain:
    """Return the domain of training data whose end is known."""
    center, spread = _moments(features)
    elements = Counter(e for sample in training.materials.samples for e in sample.fractions)
    ranges = np.empty((len(conditions), 2))
    for column in range(len(conditions)):
        given = training.conditions[:, column]
        ranges[column] = given.min(), given.max()
    points = _standardised(features, center, spread)
    return Domain(training.materials, center, spread, points, end, elements, conditions, ranges)


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of columns over what is defined in them."""
    known = np.isfinite(features)
    count = np.maximum(known.sum(axis=0), 1)
    center = np.where(known, features, 0.0).sum(axis=0) / count
    deviation = np.where(known, features - center, 0.0)
    return center, np.sqrt((deviation**2).sum(axis=0) / count)


def _standardised(features: np.ndarray, center: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return standard deviations from the mean; 0 for what is not defined or does not vary."""
    varies = spread > 1e-12 * np.maximum(np.abs(center), 1.0)
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
    return np.asarray(np.nan_to_num((features - center) * inverse, nan=0.0))


def _apart(materials: Materials) -> np.ndarray:
    """Return clusters that are left out together; each material alone where all are one."""
    if len(set(materials.clusters.tolist())) < 2:
        return np.arange(len(materials))
    return materials.clusters


def _nearest(
    rows: np.ndarray, points: np.ndarray, count: int, clusters: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest points of rows; with clusters, rows are the points themselves."""
    from scipy.spatial.distance import cdist

    count = min(count, len(points))
    found, which = np.empty((len(rows), count)), np.empty((len(rows), count), dtype=np.intp)
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        distances = cdist(rows[block], points)
        if clusters is not None:
            distances[clusters[block, None] == clusters[None, :]] = np.inf
        found[block], which[block] = _smallest(distances, count)
    return found, which


def _smallest(distances: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest of each row in rising order; equal ones in the order of the points."""
    which = np.sort(np.argpartition(distances, count - 1, axis=1)[:, :count], axis=1)
    found = np.take_along_axis(distances, which, axis=1)
    order = np.argsort(found, axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(which, order, axis=1)
