"""What follows from a formula alone.

Each function takes a composition and returns (1,): NaN where an element has no number, where
there are no atoms, or where an amount is negative.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .base import Composition
from .elements import Element, load_elements

__all__ = ["COMPOSITION_FUNCTIONS", "as_array", "atomic_fractions", "total_mass"]

GAS_CONSTANT = 8.31446261815324
"""J/(mol K), CODATA 2018."""

Values = NDArray[np.float64]
Amounts = Mapping[str, float]


def as_array(value: float | None) -> Values:
    """Return (1,): NaN for None and for what is no finite number."""
    number = np.nan if value is None or not np.isfinite(value) else float(value)
    return np.array([number], dtype=np.float64)


def atomic_fractions(formula: Composition) -> dict[str, float] | None:
    """Return the share of each element among the atoms; None where that makes no sense."""
    atoms = sum(formula.values(), Fraction(0))
    if atoms <= 0 or any(amount < 0 for amount in formula.values()):
        return None
    return {symbol: float(amount / atoms) for symbol, amount in formula.items() if amount}


def total_mass(formula: Composition) -> float | None:
    """Return g/mol of a formula unit; None without the mass of an element."""
    shares = atomic_fractions(formula)
    numbers = None if shares is None else _numbers(shares, "atomic_mass")
    if numbers is None:
        return None
    return sum(float(formula[symbol]) * mass for symbol, mass in numbers.items())


def _numbers(symbols: Mapping[str, object], column: str) -> dict[str, float] | None:
    """Return a number of each element; None where one has none."""
    elements = load_elements()
    numbers: dict[str, float] = {}
    for symbol in symbols:
        element: Element | None = elements.get(symbol)
        number = None if element is None else getattr(element, column)
        if number is None:
            return None
        numbers[symbol] = float(number)
    return numbers


Statistic = Callable[[Amounts, Amounts], float]


def _of(column: str) -> Callable[[Statistic], Callable[[Composition], Values]]:
    """Make a function of atomic fractions and of a number an element one of a composition."""

    def decorate(statistic: Statistic) -> Callable[[Composition], Values]:
        def function(formula: Composition) -> Values:
            shares = atomic_fractions(formula)
            numbers = None if shares is None else _numbers(shares, column)
            if shares is None or numbers is None:
                return as_array(None)
            return as_array(statistic(shares, numbers))

        return function

    return decorate


def _mean(shares: Amounts, numbers: Amounts) -> float:
    return sum(share * numbers[symbol] for symbol, share in shares.items())


def _spread(shares: Amounts, numbers: Amounts) -> float:
    """Return the standard deviation over the atoms (of the population, not of a sample)."""
    mean = _mean(shares, numbers)
    variance = sum(share * (numbers[symbol] - mean) ** 2 for symbol, share in shares.items())
    return float(np.sqrt(variance))


def _span(shares: Amounts, numbers: Amounts) -> float:
    """Return the largest less the smallest; NaN for one element."""
    return max(numbers.values()) - min(numbers.values()) if len(shares) > 1 else np.nan


def _least(shares: Amounts, numbers: Amounts) -> float:
    """Return the smallest: that of the element that limits."""
    return min(numbers.values())


def _relative_spread(shares: Amounts, numbers: Amounts) -> float:
    """Return the standard deviation over the mean, in percent."""
    return 100 * _spread(shares, numbers) / _mean(shares, numbers)


def _ionic_character(shares: Amounts, numbers: Amounts) -> float:
    """Return what Pauling's formula gives for the most unlike pair, 0 to 1."""
    difference = _span(shares, numbers)
    return float(-np.expm1(-(difference**2) / 4))


def molar_mass(formula: Composition) -> Values:
    """Return g/mol of a formula unit."""
    return as_array(total_mass(formula))


def atoms_per_formula_unit(formula: Composition) -> Values:
    """Return the number of atoms; elements without data count too."""
    if atomic_fractions(formula) is None:
        return as_array(None)
    return as_array(float(sum(formula.values())))


def valence_electrons_per_formula_unit(formula: Composition) -> Values:
    """Return the valence electrons of all atoms of a formula unit."""
    numbers = (
        None
        if atomic_fractions(formula) is None
        else _numbers(_present(formula), "valence_electrons")
    )
    if numbers is None:
        return as_array(None)
    return as_array(sum(float(formula[one]) * number for one, number in numbers.items()))


def mass_fraction(formula: Composition, symbol: str) -> Values:
    """Return the share of an element in the mass, in percent; 0 where it is not in it."""
    mass = total_mass(formula)
    if mass is None:
        return as_array(None)
    part = float(formula.get(symbol, 0)) * load_elements()[symbol].atomic_mass
    return as_array(100 * part / mass)


def hydrogen_mass_fraction(formula: Composition) -> Values:
    """Return percent by mass."""
    return mass_fraction(formula, "H")


def oxygen_mass_fraction(formula: Composition) -> Values:
    """Return percent by mass."""
    return mass_fraction(formula, "O")


def _mass_weighted(column: str) -> Callable[[Composition], Values]:
    """Return a function that averages a number over the mass, as Gaultois et al. (2013) do."""

    def function(formula: Composition) -> Values:
        mass = total_mass(formula)
        numbers = None if mass is None else _numbers(_present(formula), column)
        if mass is None or numbers is None:
            return as_array(None)
        elements = load_elements()
        parts = (
            float(formula[name]) * elements[name].atomic_mass * number
            for name, number in numbers.items()
        )
        return as_array(sum(parts) / mass)

    return function


def _present(formula: Composition) -> Composition:
    return {symbol: amount for symbol, amount in formula.items() if amount}


def mixing_entropy(formula: Composition) -> Values:
    """Return J/(mol K), a mole of atoms, as if all atoms shared one sublattice at random."""
    shares = atomic_fractions(formula)
    if shares is None or not set(shares) <= set(load_elements()):
        return as_array(None)
    return as_array(-GAS_CONSTANT * sum(share * np.log(share) for share in shares.values()) + 0.0)


COMPOSITION_FUNCTIONS: dict[str, Callable[..., Values]] = {
    "molar_mass": molar_mass,
    "mean_atomic_mass": _of("atomic_mass")(_mean),
    "mean_atomic_number": _of("atomic_number")(_mean),
    "atoms_per_formula_unit": atoms_per_formula_unit,
    "valence_electron_count": _of("valence_electrons")(_mean),
    "valence_electrons_per_formula_unit": valence_electrons_per_formula_unit,
    "mean_electronegativity": _of("electronegativity")(_mean),
    "electronegativity_spread": _of("electronegativity")(_spread),
    "electronegativity_difference": _of("electronegativity")(_span),
    "ionic_character": _of("electronegativity")(_ionic_character),
    "crustal_abundance": _of("crustal_abundance")(_least),
    "hhi_production": _mass_weighted("hhi_production"),
    "hhi_reserves": _mass_weighted("hhi_reserves"),
    "mixing_entropy": mixing_entropy,
    "mean_covalent_radius": _of("covalent_radius")(_mean),
    "atomic_size_mismatch": _of("covalent_radius")(_relative_spread),
    "mean_melting_point": _of("melting_point")(_mean),
    "hydrogen_mass_fraction": hydrogen_mass_fraction,
    "oxygen_mass_fraction": oxygen_mass_fraction,
}
"""By the name that a model's `function` has."""
