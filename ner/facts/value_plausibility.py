"""How plausible a value is for a property: within what is usually measured, or far beyond it.

The vocabulary's bounds are of what can be at all; these are narrower, and nothing beyond them
is dropped: a hydride may have a `Tc` of 250 K, but most of what is said to is a Curie temperature.
"""

from functools import lru_cache

from matlore.errors import InputError
from matlore.units import convert
from matlore.vocabulary import load_terms

from .parts import Value

__all__ = ["plausibility"]

_BEYOND = 0.5
# In the vocabulary's unit of each.
_USUAL: dict[str, tuple[float, float]] = {
    "superconducting critical temperature": (1e-3, 165.0),
    "curie temperature": (0.05, 1450.0),
    "neel temperature": (0.01, 1100.0),
    "magnetic transition temperature": (0.01, 1450.0),
    "band gap": (1e-3, 13.0),
    "superconducting gap": (0.01, 80.0),
    "thermoelectric figure of merit": (1e-4, 4.5),
    "seebeck coefficient": (-3000.0, 3000.0),
    "thermal conductivity": (3e-3, 5500.0),
    "carrier mobility": (1e-8, 5e7),
    "carrier concentration": (1e8, 1e24),
    "specific capacity": (5.0, 4500.0),
    "theoretical capacity": (20.0, 4500.0),
    "areal capacity": (1e-3, 100.0),
    "capacity retention": (15.0, 130.0),
    "coulombic efficiency": (20.0, 101.0),
    "faradaic efficiency": (3.0, 101.0),
    "power conversion efficiency": (0.05, 60.0),
    "power density": (1e-8, 1e3),
    "energy density": (5.0, 4000.0),
    "tafel slope": (10.0, 450.0),
    "overpotential": (-700.0, 2000.0),
    "half-wave potential": (0.3, 1.3),
    "open-circuit voltage": (0.05, 6.0),
    "cell voltage": (0.3, 6.0),
    "ionic conductivity": (1e-14, 2.0),
    "magnetic moment": (1e-3, 25.0),
    "binding energy": (-30.0, 60.0),
    "activation energy": (-0.5, 10.0),
    "work function": (0.5, 9.0),
    "grain size": (5e-4, 5e3),
}


def plausibility(name: str, value: Value) -> float:
    """Return 1 for a value within the usual bounds of a property, less beyond them."""
    if name not in _USUAL:
        return 1.0
    return _factor(name, value.value, value.value_max, value.unit)


@lru_cache(maxsize=8192)
def _factor(name: str, low: float, high: float | None, unit: str) -> float:
    least, most = _USUAL[name]
    wanted = load_terms("property")[name].unit
    try:
        ends = [convert(end, unit, wanted or "1") for end in (low, high) if end is not None]
    except InputError:
        return 1.0
    # The lower end of a range may be of the trivial kind: `gaps from 0 to 2 eV`.
    return 1.0 if ends[-1] >= least and ends[0] <= most and ends[-1] <= most else _BEYOND
