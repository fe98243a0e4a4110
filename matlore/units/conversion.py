"""Values in other units, and in those of SI that the field prints."""

import math
from functools import lru_cache

from ..errors import InputError
from .dimensions import Dimension, Measure, measure, registry
from .grammar import parse_unit, printed_factor

__all__ = ["convert", "normalise_unit", "to_si"]

# How the field prints units of SI; of two with one dimension the first is meant, unless the
# value's own unit says energy (`kJ/m^3` is no pressure), a frequency in hertz or a field.
_NAMED = (
    "J", "Pa", "V", "A", "W", "Ω", "S", "F", "H", "C", "T", "Wb", "N", "K", "m", "kg", "s", "mol",
    "V/K", "W/(m K)", "W/(m K^2)", "S/m", "Ω m", "Ω m^2", "m^2/(V s)", "m^2/s", "m^2", "m^3",
    "kg/m^3", "m^-3", "m^-2", "m^-1", "s^-1", "K^-1", "Pa^-1", "m/s", "m/s^2", "J/mol",
    "J/(mol K)", "J/(mol K^2)", "J/(kg K)", "J/K", "J/kg", "W/kg", "W/m^2", "W/(m^2 K)", "m^2 K/W",
    "V/m",
    "A/m^2", "A/m", "A m^2", "A m^2/kg", "A m^2/mol", "C/kg", "C/m^2", "C/m^3", "F/kg", "F/m^2",
    "F/m^3", "F/m", "N/m", "Pa s", "Pa m^0.5", "C/N", "m/V", "C/m", "A/kg", "m^2/kg", "m^3/kg",
    "m^3/mol", "m^3/C", "kg/mol", "mol/kg", "mol/m^3", "mol/(m^2 s)", "mol/(kg s)", "A/W", "K/W",
    "V/(K T)", "V/T", "V/m^2", "K/s", "K/Pa", "mol/(m s Pa)", "C/(m^2 K)", "V m/N", "kg m^-1 s^-1",
    "C m", "Ω/T", "W Ω/K^2", "J/(m^2 K)", "m K", "J s", "kg/m^2", "kg/(m^2 s)",
    "lm/W", "cd", "cd/m^2", "W/K", "S m^2/mol", "S/m^2", "J^-1", "J/T",
)  # fmt: skip
_ENERGY_BASES = frozenset({"J", "Wh", "eV", "cal", "erg", "GOe", "Ry", "Ha", "E_h"})
_BY_ENERGY = ("J/m^3", "J/m^2", "J/m", "J")
_BESIDES = {"rad": "rad", "count": "1", "dB": "dB"}
_AVOGADRO = 6.02214076e23
_VACUUM = 4e-7 * math.pi  # T m/A, for a field given as H instead of B


@lru_cache(maxsize=16384)
def normalise_unit(text: str) -> str | None:
    """Return the one spelling that we print of a unit, `W m^-1 K^-1`, or None for no unit."""
    expression = parse_unit(text)
    return expression.text if expression else None


def convert(value: float, unit: str, to: str) -> float:
    """Return a value in another unit.

    Temperatures have their offsets. Beyond one dimension, moles are counts of Avogadro's number
    (`eV/atom` to `kJ/mol`), a field in A/m is one in tesla by the permeability of vacuum, and
    energies, frequencies, wavenumbers and wavelengths are those of one photon.

    Raises:
        InputError: one of them is no unit, or they measure different things.
    """
    source, target = _known(unit), _known(to)
    base = value * source.size + source.offset
    if source.dimension != target.dimension:
        base = _bridged(base, source.dimension, target.dimension, f"{unit!r} to {to!r}")
    return _tidy((base - target.offset) / target.size)


def to_si(value: float, unit: str) -> tuple[float, str] | None:
    """Return a value in SI with its unit as the field prints it; None for an unknown unit."""
    known = _si(unit)
    if known is None or not math.isfinite(value):
        return None
    size, offset, name = known
    return _tidy(value * size + offset), name


@lru_cache(maxsize=16384)
def _si(unit: str) -> tuple[float, float, str] | None:
    """Return size and offset of a unit in SI and the printed unit of SI."""
    found, expression = measure(unit), parse_unit(unit)
    if found is None or expression is None:
        return None
    units = {factor.unit for factor in expression.factors}
    name = _printed(found.dimension)
    if units & _ENERGY_BASES or units >= {"W", "h"}:
        by_energy = (e for e in _BY_ENERGY if _known(e).dimension == found.dimension)
        name = next(by_energy, name)
    return found.size, found.offset, "Hz" if name == "s^-1" and units == {"Hz"} else name


@lru_cache(maxsize=1)
def _names() -> dict[Dimension, str]:
    """Return the named units of SI by dimension."""
    named: dict[Dimension, str] = {}
    for name in _NAMED:
        named.setdefault(_known(name).dimension, name)
    return named


@lru_cache(maxsize=1024)
def _printed(dimension: Dimension) -> str:
    """Return how the unit of SI of a dimension is printed: a name, or a product of bases."""
    if not dimension:
        return "1"
    if dimension[0][0] in _BESIDES and len(dimension) == 1:
        return _BESIDES[dimension[0][0]]
    named = _names().get(dimension)
    if named:
        return named
    ordered = sorted(dimension, key=lambda item: item[1] < 0)
    return " ".join(printed_factor(name, power) for name, power in ordered)


def _known(unit: str) -> Measure:
    """Return what a unit measures.

    Raises:
        InputError: it is no unit.
    """
    found = measure(unit)
    if found is None:
        raise InputError(f"{unit!r} is no unit that matlore knows; write it as in W/(m K)")
    return found


def _bridged(base: float, source: Dimension, target: Dimension, what: str) -> float:
    """Return a value of SI in another dimension by a constant of nature.

    Raises:
        InputError: there is no way from one to the other.
    """
    moles = dict(target).get("mol", 0.0) - dict(source).get("mol", 0.0)
    if moles and _without(source, "mol") == _without(target, "mol"):
        return float(base * _AVOGADRO**-moles)
    field, flux = _known("A/m").dimension, _known("T").dimension
    if {source, target} == {field, flux}:
        return base * _VACUUM if target == flux else base / _VACUUM
    return _spectroscopic(base, source, target, what)


def _without(dimension: Dimension, name: str) -> Dimension:
    """Return a dimension without one of its bases."""
    return tuple(item for item in dimension if item[0] != name)


def _spectroscopic(base: float, source: Dimension, target: Dimension, what: str) -> float:
    """Return a photon's energy, frequency, wavenumber or wavelength as another of them."""
    photon = {_known(unit).dimension: name for unit, name in _PHOTON.items()}
    if source not in photon or target not in photon or base == 0:
        raise InputError(f"cannot convert {what}: they measure different things")
    quantity = registry().Quantity(base, photon[source])
    return float(quantity.to(photon[target], "spectroscopy").magnitude)


_PHOTON = {"J": "joule", "Hz": "hertz", "m^-1": "1/meter", "m": "meter"}


def _tidy(value: float) -> float:
    """Return a value without the noise of its last digits."""
    return float(f"{value:.12g}")
