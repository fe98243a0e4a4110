"""Models that are functions, not equations.

A function takes its variables by name, arrays (n,) in the model's units, and a formula as a
composition; it returns (n,), or (1,) where a formula alone goes in. Where there is no value, it
returns NaN; it raises nothing and warns of nothing.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .functions_composition import COMPOSITION_FUNCTIONS
from .functions_ions import ION_FUNCTIONS
from .functions_solar import SOLAR_FUNCTIONS
from .functions_transport import TRANSPORT_FUNCTIONS

__all__ = ["FUNCTIONS"]

Function = Callable[..., NDArray[np.float64]]


def _guarded(function: Function) -> Function:
    """Return the function without warnings, and with NaN for what overflows."""

    @wraps(function)
    def guarded(**variables: object) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            values = function(**variables)
        return np.where(np.isfinite(values), values, np.nan)

    guarded.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return guarded  # the signature: model files are checked against it


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        name: _guarded(function)
        for table in (
            COMPOSITION_FUNCTIONS,
            ION_FUNCTIONS,
            SOLAR_FUNCTIONS,
            TRANSPORT_FUNCTIONS,
        )
        for name, function in table.items()
    }
)
"""By the name that a model's `function` has."""
