"""The rows that a predictor learned from, which it keeps.

From them come its domain, its intervals, the neighbours that it names and the support of its
kernel, so a predictor needs no other store than its own folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .base import Sample

__all__ = ["Materials", "Training", "distinct_samples"]


@dataclass(frozen=True, eq=False)
class Training:
    """Rows with the errors that were made where they had been left out.

    Attributes:
        samples: one a row; rows of one material may share the object.
        conditions: (n, number of conditions), in the units of the recipe.
        values: (n,), in the recipe's unit; 0 and 1 for classes.
        residuals: (n,): value - prediction, on the recipe's scale, by members that had not seen
            the row; for a classification the probability of class 1 that those gave.
        groups: (n,), of integers: rows of one group were left out together.
        expected: (n,) errors that the members themselves expected of the rows, on the recipe's
            scale; None where none of them tells.
    """

    samples: tuple[Sample, ...]
    conditions: np.ndarray
    values: np.ndarray
    residuals: np.ndarray
    groups: np.ndarray
    expected: np.ndarray | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.samples)

    @cached_property
    def distinct(self) -> tuple[tuple[Sample, ...], np.ndarray]:
        """Return the distinct sample objects, and for each row (n,) which of them it has."""
        return distinct_samples(self.samples)

    @cached_property
    def materials(self) -> "Materials":
        """Return the distinct formulas."""
        return _materials(self)


@dataclass(frozen=True, eq=False)
class Materials:
    """The distinct formulas of training rows.

    Attributes:
        samples: the first of each formula, m of them.
        rows: (n,) which material a row is of.
        clusters: (m,) integers; the same for materials that share a group, by however many steps.
    """

    samples: tuple[Sample, ...]
    rows: np.ndarray
    clusters: np.ndarray

    def __len__(self) -> int:
        """Return the number of materials."""
        return len(self.samples)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return (m,): the mean over each material's rows of values (n,)."""
        count = np.bincount(self.rows, minlength=len(self))
        return np.bincount(self.rows, weights=values, minlength=len(self)) / count


def distinct_samples(samples: Sequence[Sample]) -> tuple[tuple[Sample, ...], np.ndarray]:
    """Return the distinct objects among samples, and which of them each is.

    The same object, not an equal one, is what a temperature curve repeats.
    """
    places: dict[int, int] = {}
    found: list[Sample] = []
    which = np.empty(len(samples), dtype=np.intp)
    for row, sample in enumerate(samples):
        place = places.setdefault(id(sample), len(found))
        if place == len(found):
            found.append(sample)
        which[row] = place
    return tuple(found), which


def _materials(training: Training) -> Materials:
    places: dict[str, int] = {}
    found: list[Sample] = []
    rows = np.empty(len(training), dtype=np.intp)
    for row, sample in enumerate(training.samples):
        place = places.setdefault(sample.formula, len(found))
        if place == len(found):
            found.append(sample)
        rows[row] = place
    return Materials(tuple(found), rows, _clusters(rows, training.groups, len(found)))


def _clusters(rows: np.ndarray, groups: np.ndarray, materials: int) -> np.ndarray:
    """Join materials that have rows in one group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, group = np.unique(groups, return_inverse=True)
    nodes = materials + int(group.max(initial=-1)) + 1
    links = coo_array((np.ones(len(rows)), (rows, materials + group)), shape=(nodes, nodes))
    return np.asarray(connected_components(links, directed=False)[1][:materials])
