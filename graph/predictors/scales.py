"""The scales on which predictors learn, and the way back to the unit of a property.

A predictor of a property that spans decades learns log10 of it; one of a property that is zero for
many materials the square root, log(1 + value) or arsinh(value), which zero survives. All scales
rise with the value, so the ends of an interval keep their order on the way back.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from matlore.errors import InputError

from .base import Recipe, Sample, Scale

__all__ = ["bounded", "formula_share", "from_scale", "slope", "to_scale"]

_Function = Callable[[np.ndarray], np.ndarray]
_FORTH: Final[dict[Scale, _Function]] = {
    "linear": lambda values: values,
    "log10": np.log10,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "asinh": np.arcsinh,
}
_BACK: Final[dict[Scale, _Function]] = {
    "linear": lambda scaled: scaled,
    "log10": lambda scaled: np.power(10.0, scaled),
    "log1p": np.expm1,
    # No root is negative: what a model puts below zero stands for zero.
    "sqrt": lambda scaled: np.square(np.maximum(scaled, 0.0)),
    "asinh": np.sinh,
}
_SLOPE: Final[dict[Scale, _Function]] = {
    "linear": np.ones_like,
    "log10": lambda scaled: np.log(10.0) * np.power(10.0, scaled),
    "log1p": np.exp,
    "sqrt": lambda scaled: 2.0 * np.maximum(scaled, 0.0),
    "asinh": np.cosh,
}
_LEAST: Final[dict[Scale, tuple[float, str]]] = {
    "log10": (0.0, "above 0"),
    "log1p": (-1.0, "above -1"),
}


def to_scale(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Return values on a scale, in float64.

    Raises:
        InputError: a value is not finite, or the scale has no place for it.
    """
    values = np.asarray(values, dtype=np.float64)
    _check(values, scale)
    return _FORTH[scale](values)


def from_scale(scaled: np.ndarray, scale: Scale) -> np.ndarray:
    """Return values in the unit of the property; what is too large for a float is infinite."""
    with np.errstate(over="ignore"):
        return _BACK[scale](np.asarray(scaled, dtype=np.float64))


def slope(scaled: np.ndarray, scale: Scale) -> np.ndarray:
    """Return by how much the value rises where the scaled value rises by one, in the unit."""
    with np.errstate(over="ignore"):
        return _SLOPE[scale](np.asarray(scaled, dtype=np.float64))


def formula_share(recipe: Recipe, samples: Sequence[Sample]) -> np.ndarray:
    """Return (n,): what a formula has over its atom, on the recipe's scale: log10 of its atoms.

    Zero where the recipe's members learn the value itself.
    """
    if not recipe.per_atom:
        return np.zeros(len(samples))
    return np.log10([sample.formula_atoms for sample in samples])


def bounded(values: np.ndarray, lower: float | None, upper: float | None) -> np.ndarray:
    """Return values cut at the bounds of a property; None bounds nothing."""
    if lower is None and upper is None:
        return values
    return np.asarray(np.clip(values, lower, upper))


def _check(values: np.ndarray, scale: Scale) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        row = int(np.argmin(finite))
        raise InputError(f"value {values[row]} in row {row} is not a finite number: leave it out")
    least, words = _LEAST.get(scale, (-np.inf, ""))
    fits = values >= 0.0 if scale == "sqrt" else values > least
    if not fits.all():
        row = int(np.argmin(fits))
        raise InputError(
            f"value {values[row]:g} in row {row} has no place on the {scale} scale, which takes"
            f" values {words or 'from 0 on'}: leave it out, or train on scale linear or asinh"
        )
