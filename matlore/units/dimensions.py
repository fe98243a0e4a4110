"""What units measure: their size in SI, their dimension and the properties that they fit.

Sizes are taken from pint once a base unit; products of them are made here, which is some
hundred times faster. What is counted (atoms, formula units, cycles) has no dimension below a
slash, `meV/atom` is an energy; alone it is a number of things, which no ratio is. Angles,
monolayers, displacements per atom and decibels have dimensions of their own, so that 5° is no
figure of merit.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .grammar import Factor, UnitExpression, parse_unit
from .symbols import COUNTS, PREFIXES, bases

if TYPE_CHECKING:
    import pint

__all__ = ["Dimension", "Measure", "fits", "measure", "registry", "same_dimension"]

Dimension = tuple[tuple[str, float], ...]

# What pint lacks, or has with the dimensions of Gaussian units: a field in oersted is one in
# A/m and an emu is a moment.
_DEFINITIONS = (
    "oersted = 1000 / (4 * π) * ampere / meter = Oe",
    "gauss = 1e-4 * tesla",
    "maxwell = 1e-8 * weber",
    "emu = 1e-3 * ampere * meter ** 2",
    "vickers = 9.80665e6 * pascal",
    "formula_unit = 1",
    "atom = 1",
    "atomic_percent = 0.01",
    "weight_percent = 0.01",
    "volume_percent = 0.01",
    "mole_percent = 0.01",
    "ppb = 1e-9",
    "ppt = 1e-12",
    "decade_of_years = 10 * year",
    "monolayer = [coverage] = ML",
    "displacement_per_atom = [damage] = dpa",
    "level = [level]",
    "dollar = [dollars]",
    "euro = [euros]",
    "pound_sterling = [pounds]",
    "jansky = 1e-26 * watt / meter ** 2 / hertz",
    "solar_mass = 1.98841e30 * kilogram",
    "solar_radius = 6.957e8 * meter",
    "solar_luminosity = 3.828e26 * watt",
    "earth_mass = 5.9722e24 * kilogram",
)
_ANGLES = frozenset({"°", "rad", "′", "″", "as"})
_BASE_SYMBOLS = {
    "[length]": "m", "[mass]": "kg", "[time]": "s", "[current]": "A", "[temperature]": "K",
    "[substance]": "mol", "[luminosity]": "cd", "[coverage]": "ML", "[damage]": "dpa",
    "[level]": "dB", "[dollars]": "$", "[euros]": "€", "[pounds]": "£",
}  # fmt: skip

# Ways to say the same thing whose dimensions differ, so a unit in one of them fits a property
# of another: moments by mass, volume, formula unit or atom, or as polarisation; fields as B or
# as H; energies by mole or by atom; phonons by frequency, wavenumber or energy. The first of a
# row is the unit of the property.
_ALIKE = (
    ("A*m^2/kg", "A/m", "μ_B", "μ_B/mol"),
    ("μ_B", "A*m^2/kg", "A/m", "A*m^2/mol"),
    ("A/m", "A*m^2/kg", "μ_B"),
    ("T", "A/m"),
    ("Oe", "T"),
    ("kJ/mol", "eV"),
    ("J/mol", "eV"),
    ("eV", "kJ/mol"),
    ("J/(mol*K)", "J/K", "J/(kg*K)"),
    ("THz", "1/cm", "meV"),
    ("1/cm", "THz", "meV"),
)
_EXACTLY = frozenset({"A/m", "THz", "1/cm"})  # oersted is A/m too, but never a magnetisation


class Measure(NamedTuple):
    """A unit's size in base units of SI, its dimension and, of °C and °F alone, the offset."""

    size: float
    dimension: Dimension
    offset: float = 0.0


@lru_cache(maxsize=1)
def registry() -> "pint.UnitRegistry[float]":
    """Return pint's registry with what the field adds; it is made at the first call."""
    import pint

    # Defined before anything is looked up: pint remembers what oersted was.
    made: pint.UnitRegistry[float] = pint.UnitRegistry(None, on_redefinition="ignore")
    made.load_definitions(Path(pint.__file__).with_name("default_en.txt"))
    for definition in _DEFINITIONS:
        made.define(definition)
    made.default_system = "mks"  # kilograms, not grams
    return made


@lru_cache(maxsize=16384)
def measure(unit: str) -> Measure | None:
    """Return what a unit measures, or None for what is no unit."""
    expression = parse_unit(unit)
    if expression is None:
        return None
    size, powers = 1.0, dict[str, float]()
    for factor in expression.factors:
        scale, dimension = _base(factor.unit)
        size *= (PREFIXES.get(factor.scale, 1.0) * scale) ** factor.power
        for name, power in dimension:
            powers[name] = powers.get(name, 0.0) + power * factor.power
    left = tuple(sorted((name, round(p, 6)) for name, p in powers.items() if abs(p) > 1e-9))
    return Measure(size, left or _pure(expression), _offset(expression.factors))


def same_dimension(unit: str, other: str) -> bool:
    """Tell whether two units measure the same; False where one is no unit."""
    first, second = measure(unit), measure(other)
    return first is not None and second is not None and first.dimension == second.dimension


@lru_cache(maxsize=16384)
def fits(unit: str, wanted: str) -> bool:
    """Tell whether a value in a unit can be one of a property that is measured in `wanted`.

    Units of one dimension fit, and those of `_ALIKE`: the field gives magnetisations by mass,
    volume or formula unit, and enthalpies by mole or atom. A band gap in kelvin, in cm^-1 or in
    nm fits no band gap, though spectroscopists convert them.
    """
    if same_dimension(unit, wanted):
        return True
    target, given = measure(wanted), measure(unit)
    if target is None or given is None:
        return False
    return any(
        given.dimension in others
        for names, dimension, others in _alike()
        if dimension == target.dimension and (not names or wanted in names)
    )


@lru_cache(maxsize=1)
def _alike() -> tuple[tuple[frozenset[str], Dimension, frozenset[Dimension]], ...]:
    """Return the rows of `_ALIKE` by dimension."""
    rows = []
    for wanted, *others in _ALIKE:
        names = frozenset({wanted}) & _EXACTLY
        rows.append((names, _dimension(wanted), frozenset(_dimension(o) for o in others)))
    return tuple(rows)


def _dimension(unit: str) -> Dimension:
    """Return the dimension of a unit that is known to be one."""
    found = measure(unit)
    return found.dimension if found else ()


@lru_cache(maxsize=512)
def _base(symbol: str) -> tuple[float, Dimension]:
    """Return the size of a base unit without prefix in SI, and its dimension."""
    name = bases()[symbol].pint
    if name in ("count", "decibel"):
        return 1.0, (("dB", 1.0),) if name == "decibel" else ()
    if name.startswith("degree_"):
        name = name.replace("degree_", "delta_degree_")
    quantity = registry().Quantity(1.0, registry().parse_units(name))
    powers = cast(Any, quantity).dimensionality.items()
    dimension = tuple(sorted((_BASE_SYMBOLS[d], float(p)) for d, p in powers))
    return float(cast(Any, quantity).to_base_units().magnitude), dimension


def _pure(expression: UnitExpression) -> Dimension:
    """Return the dimension of a unit without one: a ratio, an angle or a number of things."""
    units = {factor.unit for factor in expression.factors if factor.power > 0}
    if units & _ANGLES:
        return (("rad", 1.0),)
    counts = {unit for unit in units if bases()[unit].pint == "count" or unit in COUNTS}
    return (("count", 1.0),) if counts and counts == units else ()


def _offset(factors: tuple[Factor, ...]) -> float:
    """Return the kelvins at the zero of a temperature scale that stands alone."""
    if len(factors) != 1 or factors[0].power != 1 or factors[0].scale:
        return 0.0
    return {"°C": 273.15, "°F": 459.67 * 5 / 9}.get(factors[0].unit, 0.0)
