"""Kernel machines: kernel ridge regression with a Laplacian kernel, as a member of predictors."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from matlore.errors import ArtifactError

from .base import MemberRecipe

__all__ = ["KernelMember", "laplacian", "standardised"]

_BLOCK: Final = 256
_MOST_THREADS: Final = 4
_FARTHEST: Final = 4.0
"""Standardised features are cut here, so that no single odd one decides."""
_KERNEL_VERSION: Final = 1
_ARRAYS: Final = ("center", "spread", "coefficients", "numbers")


@dataclass(frozen=True, eq=False)
class KernelMember:
    """Kernel ridge regression with the kernel exp(-sum |x - x'| / scale).

    The support is the features of all rows it learned from, standardised. It is not stored: who
    has the rows can describe them again.

    Attributes:
        recipe: by which it was made.
        center: (d,) mean of each feature in training.
        spread: (d,) standard deviation of each; a feature whose spread is 0 is left out.
        support: (n, d) float32, as `standardised` gives it.
        coefficients: (n,) float32, dual.
        offset: of all predictions.
        scale: of distances.
    """

    recipe: MemberRecipe
    center: np.ndarray
    spread: np.ndarray
    support: np.ndarray
    coefficients: np.ndarray
    offset: float
    scale: float

    @classmethod
    def from_bytes(
        cls, recipe: MemberRecipe, data: bytes, features: np.ndarray | None
    ) -> "KernelMember":
        """Read what `to_bytes` wrote.

        Args:
            recipe: by which it was made.
            data: the bytes.
            features: of the training rows, in their order; None where the support is stored.

        Raises:
            ArtifactError: the bytes are damaged, or other rows or columns than it learned from.
        """
        stored = _read_arrays(data)
        center, spread = stored["center"], stored["spread"]
        support = stored.get("support")
        if support is None and features is not None:
            support = standardised(_checked(features, stored), center, spread)
        if support is None:
            raise ArtifactError("the kernel machine of a predictor lacks its support")
        offset, scale = stored["numbers"][:2].tolist()
        return cls(recipe, center, spread, support, stored["coefficients"], offset, scale)

    def to_bytes(self, *, support: bool = False) -> bytes:
        """Return it as safetensors.

        Args:
            support: whether to write the support too, which takes most of the room; needed where
                the training rows cannot be described again.
        """
        from safetensors.numpy import save

        arrays: dict[str, np.ndarray] = {
            "center": np.asarray(self.center, dtype=np.float64),
            "spread": np.asarray(self.spread, dtype=np.float64),
            "coefficients": np.asarray(self.coefficients, dtype=np.float32),
            "numbers": np.asarray([self.offset, self.scale, _KERNEL_VERSION], np.float64),
        }
        if support:
            arrays["support"] = np.ascontiguousarray(self.support, dtype=np.float32)
        return bytes(save(arrays))

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return (n,): values on the recipe's scale, or for classes probabilities, not yet cut."""
        rows = standardised(features, self.center, self.spread)
        blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
        if len(blocks) < 2:
            return np.concatenate([np.empty(0), *map(self._predict, blocks)])
        _ = self._distances  # made once, before the threads that share it
        # SciPy lets other threads run while it measures distances.
        with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
            return np.concatenate(list(pool.map(self._predict, blocks)))

    def _predict(self, rows: np.ndarray) -> np.ndarray:
        distance = self._distances.to(rows)
        kernel = np.exp(distance / -self.scale, out=distance)
        # Not a matrix product, which may round a row otherwise in another company.
        return np.asarray((kernel * self._coefficients).sum(axis=1) + self.offset)

    @cached_property
    def _distances(self) -> "_Distances":
        return _Distances(np.asarray(self.support), np.asarray(self.spread) > 0.0)

    @cached_property
    def _coefficients(self) -> np.ndarray:
        return np.asarray(self.coefficients, dtype=np.float64)


class _Distances:
    """Distances to the support, which are most of the work of a kernel machine.

    Where a material occurs at many conditions, its rows differ in their last column alone; then
    the distance in the other columns is computed once of each material.
    """

    def __init__(self, support: np.ndarray, varies: np.ndarray) -> None:
        self.varies = varies
        support = np.asarray(support[:, varies], dtype=np.float64)
        leading, which = np.unique(support[:, :-1], axis=0, return_inverse=True)
        self.split = support.shape[1] > 1 and len(leading) * 2 <= len(support)
        self.points = np.ascontiguousarray(leading if self.split else support)
        self.which = which.reshape(-1)
        self.last = support[:, -1:]

    def to(self, rows: np.ndarray) -> np.ndarray:
        """Return (n, m): sum |row - support|, of rows (n, d) to the m rows of the support."""
        from scipy.spatial.distance import cdist

        rows = np.asarray(rows[:, self.varies], dtype=np.float64)
        if not self.split:
            return np.asarray(cdist(rows, self.points, "cityblock"))
        leading, which = np.unique(rows[:, :-1], axis=0, return_inverse=True)
        distance = cdist(leading, self.points, "cityblock")[which.reshape(-1)][:, self.which]
        return np.asarray(distance + np.abs(rows[:, -1:] - self.last[:, 0]))


def standardised(features: np.ndarray, center: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return features in standard deviations from the mean, cut at 4, in float32.

    What is not defined (NaN) becomes the mean, and so does a feature without spread.
    """
    spread = np.asarray(spread, dtype=np.float64)
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0.0)
    found = (np.asarray(features, dtype=np.float64) - center) * inverse
    found = np.nan_to_num(found, copy=False, nan=0.0)
    return np.asarray(np.clip(found, -_FARTHEST, _FARTHEST), dtype=np.float32)


def laplacian(rows: np.ndarray, others: np.ndarray, scale: float) -> np.ndarray:
    """Return (n, m): exp(-sum |row - other| / scale)."""
    from scipy.spatial.distance import cdist

    distance = cdist(rows, others, "cityblock")
    return np.asarray(np.exp(distance / -scale, out=distance))


def _read_arrays(data: bytes) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays: dict[str, np.ndarray] = load(data)
        shapes = {arrays[name].ndim for name in _ARRAYS}
    except (SafetensorError, KeyError) as error:
        raise ArtifactError(f"the kernel machine of a predictor is damaged ({error})") from error
    if shapes != {1} or arrays["numbers"][2:].tolist() != [_KERNEL_VERSION]:
        raise ArtifactError(
            "the kernel machine of a predictor is of another version: update matlore"
        )
    return arrays


def _checked(features: np.ndarray, stored: Mapping[str, np.ndarray]) -> np.ndarray:
    """Refuse rows or columns other than a kernel machine learned from."""
    rows, columns = len(stored["coefficients"]), len(stored["center"])
    if features.shape != (rows, columns):
        raise ArtifactError(
            f"a kernel machine learned from {rows} rows and {columns} columns, but its training"
            f" data have {features.shape[0]} and {features.shape[1]}: train the predictor again"
        )
    return features
