"""What follows from the ions of a formula: perovskite tolerance factors, electrode capacity."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import floor, log, sqrt

import numpy as np
from numpy.typing import NDArray

from .base import Composition
from .charges import charge_imbalance, is_mixed_valent, likely_charges
from .elements import load_elements, shannon_radius
from .functions_composition import as_array, atomic_fractions, total_mass

__all__ = ["ION_FUNCTIONS", "Perovskite", "read_perovskite", "theoretical_capacity"]

Values = NDArray[np.float64]

FARADAY = 96485.33212
"""C/mol, CODATA 2018."""
ANIONS = frozenset("O F Cl Br I S Se".split())
ALKALI = frozenset("Li Na K Rb Cs".split())
MOLECULES = {"CH6N": 217.0, "CH5N2": 253.0}
"""Effective radii in pm of methylammonium and formamidinium as A: G. Kieslich, S. Sun, and
A. K. Cheetham, Chem. Sci. 5, 4712 (2014)."""


@dataclass(frozen=True, slots=True)
class Perovskite:
    """The mean radii, in pm, and the mean charge of A of a compound ABX3."""

    a: float
    b: float
    x: float
    charge_of_a: float


def read_perovskite(formula: Composition) -> Perovskite | None:
    """Read a formula as ABX3; None where it cannot be one.

    Anions are three fifths of the atoms. The largest cations, with 12 neighbours, fill A, and
    the others B; solid solutions are those in which A and B come out full. Radii are averaged
    over the ions of a site. An anion and B have six neighbours, and B has high spin.
    """
    molecular = _molecular_perovskite(formula)
    if molecular is not None:
        return molecular
    shares = atomic_fractions(formula)
    charges = None if shares is None else likely_charges(formula)
    if charges is None:
        return None
    unit = sum(formula.values(), Fraction(0)) / 5
    amounts = {symbol: amount / unit for symbol, amount in formula.items() if amount}
    anions = {symbol: amount for symbol, amount in amounts.items() if charges[symbol] < 0}
    if sum(anions.values()) != 3 or not set(anions) <= ANIONS:
        return None
    sites = _cation_sites({one: amounts[one] for one in amounts if one not in anions}, charges)
    if sites is None:
        return None
    a, b = sites
    radii = (
        _mean_radius(a, charges, 12),
        _mean_radius(b, charges, 6),
        _mean_radius(anions, charges, 6),
    )
    return _perovskite(*radii, sum(charges[one] * amount for one, amount in a.items()))


def _perovskite(
    a: float | None, b: float | None, x: float | None, charge: Fraction | int
) -> Perovskite | None:
    if a is None or b is None or x is None or min(a, b, x) <= 0:
        return None
    return Perovskite(a, b, x, float(charge))


def _cation_sites(
    cations: Composition, charges: Composition
) -> tuple[Composition, Composition] | None:
    """Split cations into one A and one B; None where no split by size has one of each."""
    sizes = {symbol: ion_radius(symbol, charges[symbol], 12) for symbol in cations}
    if any(size is None for size in sizes.values()):
        return None
    by_size = sorted(cations, key=lambda symbol: (-(sizes[symbol] or 0.0), symbol))
    filled = list(accumulate(cations[symbol] for symbol in by_size))
    if filled[-1] != 2 or 1 not in filled:
        return None
    count = filled.index(Fraction(1)) + 1
    a, b = by_size[:count], by_size[count:]
    return {one: cations[one] for one in a}, {one: cations[one] for one in b}


def ion_radius(symbol: str, charge: Fraction, coordination: int) -> float | None:
    """Return Shannon's radius in pm; between two whole charges, the mean weighted by both."""
    low = floor(charge)
    lower = shannon_radius(symbol, low, coordination)
    if charge == low:
        return lower
    upper = shannon_radius(symbol, low + 1, coordination)
    if lower is None or upper is None:
        return None
    return lower + float(charge - low) * (upper - lower)


def _mean_radius(site: Composition, charges: Composition, coordination: int) -> float | None:
    total = 0.0
    for symbol, amount in site.items():
        radius = ion_radius(symbol, charges[symbol], coordination)
        if radius is None:
            return None
        total += float(amount) * radius
    return total / float(sum(site.values()))


def _molecular_perovskite(formula: Composition) -> Perovskite | None:
    """Read halides with methylammonium or formamidinium: B has charge 2."""
    hydrogens = formula.get("H", Fraction(0))
    molecule = {6: "CH6N", 5: "CH5N2"}.get(int(hydrogens)) if hydrogens == int(hydrogens) else None
    nitrogens = 1 if molecule == "CH6N" else 2
    if molecule is None or formula.get("C") != 1 or formula.get("N") != nitrogens:
        return None
    rest = {one: amount for one, amount in formula.items() if amount and one not in "CHN"}
    anions = {one: amount for one, amount in rest.items() if one in ("Cl", "Br", "I", "F")}
    b = {one: amount for one, amount in rest.items() if one not in anions}
    if sum(anions.values()) != 3 or sum(b.values()) != 1:
        return None
    charges = {**dict.fromkeys(anions, Fraction(-1)), **dict.fromkeys(b, Fraction(2))}
    return _perovskite(
        MOLECULES[molecule], _mean_radius(b, charges, 6), _mean_radius(anions, charges, 6), 1
    )


def goldschmidt_tolerance(formula: Composition) -> Values:
    """Return (r_A + r_X) / (sqrt 2 (r_B + r_X)) of a compound ABX3, else NaN."""
    ions = read_perovskite(formula)
    return as_array(None if ions is None else (ions.a + ions.x) / (sqrt(2) * (ions.b + ions.x)))


def octahedral_factor(formula: Composition) -> Values:
    """Return r_B / r_X of a compound ABX3, else NaN."""
    ions = read_perovskite(formula)
    return as_array(None if ions is None else ions.b / ions.x)


def bartel_tolerance(formula: Composition) -> Values:
    """Return tau of a compound ABX3, else NaN; perovskites have less than 4.18."""
    ions = read_perovskite(formula)
    if ions is None or ions.a <= ions.b:
        return as_array(None)
    ratio = ions.a / ions.b
    charge = ions.charge_of_a
    return as_array(ions.x / ions.b - charge * (charge - ratio / log(ratio)))


def imbalance(formula: Composition) -> Values:
    """Return elementary charges per atom by which common oxidation states miss neutrality."""
    return as_array(charge_imbalance(formula))


def theoretical_capacity(formula: Composition) -> Values:
    """Return mA h per g of the electrode as written when all its alkali ions are taken out.

    Only for compounds with transition metals that can take up the charge: the highest oxidation
    states known must balance the formula without the alkali ions. NaN for others (Li4Ti5O12,
    solid electrolytes, alloys), and for what holds hydrogen or carbon. Sulfides Li2S, Na2S …
    without a metal count: sulfur is left.
    """
    mass = total_mass(formula)
    ions = sum((formula.get(one, Fraction(0)) for one in sorted(ALKALI)), Fraction(0))
    if mass is None or not ions or not _can_lose_alkali(formula, ions):
        return as_array(None)
    return as_array(float(ions) * FARADAY / (3.6 * mass))


def _can_lose_alkali(formula: Composition, ions: Fraction) -> bool:
    rest = {one: amount for one, amount in formula.items() if amount and one not in ALKALI}
    if set(rest) in ({"S"}, {"Se"}):
        return ions == 2 * sum(rest.values())
    if not rest or {"H", "C"} & set(rest):
        return False
    least = most = Fraction(0)
    metals = False
    for symbol, amount in rest.items():
        states = _electrode_states(symbol, rest)
        if states is None:
            return False
        metals = metals or len(states) > 1
        least += amount * min(states)
        most += amount * max(states)
    charged_from, charged_to = least + ions, most
    return metals and charged_from <= 0 <= charged_to


def _electrode_states(symbol: str, rest: Composition) -> tuple[int, ...] | None:
    """Return the charges that an atom of an electrode may have: several only for metals."""
    element = load_elements()[symbol]
    oxygens = rest.get("O", Fraction(0))
    if symbol in ("O", "F", "Cl", "Br", "I"):
        return (-2,) if symbol == "O" else (-1,)
    if symbol in ("S", "Se"):
        return (6,) if oxygens >= 4 * rest[symbol] else (-2,)
    if symbol in ("P", "As", "Si", "B", "N"):
        highest = {"P": 5, "As": 5, "Si": 4, "B": 3, "N": -3}
        return (highest[symbol],) if oxygens or symbol == "N" else None
    states = tuple(one for one in element.oxidation_states if one > 0)
    if is_mixed_valent(element) and element.block == "d":
        rare = tuple(one for one in element.rare_oxidation_states if one > 0)
        return tuple(sorted({*states, *rare}))
    return states if len(states) == 1 else None


ION_FUNCTIONS: dict[str, Callable[..., Values]] = {
    "goldschmidt_tolerance": goldschmidt_tolerance,
    "octahedral_factor": octahedral_factor,
    "bartel_tolerance": bartel_tolerance,
    "charge_imbalance": imbalance,
    "theoretical_capacity": theoretical_capacity,
}
"""By the name that a model's `function` has."""
