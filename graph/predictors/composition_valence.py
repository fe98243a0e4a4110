"""Descriptors of charges: guesses of oxidation states, and the ionic character of bonds.

The guess takes one common oxidation state an element, such that the charges cancel best; where
they do not cancel, one element may have a rare state. Of several guesses that do, it is the one
with most negative charge on the electronegative elements. Where no element has a negative state,
or there is one element only, all states are 0.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from ..propnet.elements import load_elements
from .base import Sample
from .composition_arrays import Compositions
from .element_tables import SYMBOLS, load_element_numbers

__all__ = ["VALENCE_COLUMNS", "guess_states", "valence_columns"]

Floats = NDArray[np.float64]

VALENCE_COLUMNS: tuple[tuple[str, str], ...] = (
    ("charge balance with common oxidation states", "1"),
    ("charge balance with mixed or rare oxidation states", "1"),
    ("charge left over per atom by the best guess", "e"),
    ("number of ways to balance the charges", "1"),
    ("mean oxidation state of the cations", "1"),
    ("mean oxidation state of the anions", "1"),
    ("highest oxidation state", "1"),
    ("lowest oxidation state", "1"),
    ("mean absolute oxidation state", "1"),
    ("share of anions", "1"),
    ("electronegativity of anions less that of cations", "1"),
    ("maximum ionic character of a bond", "1"),
    ("mean ionic character of the bonds", "1"),
)
_MAX_COMBINATIONS = 1024
"""Beyond these, as in steels of ten elements, oxidation states say nothing: all are 0."""
_BALANCED = 1e-4
"""Charge per atom that counts as none: amounts in formulas are rounded."""


def valence_columns(_: Sequence[Sample], packed: Compositions) -> Floats:
    """Return the descriptors of `VALENCE_COLUMNS`, shape (n, 13)."""
    electronegativity = load_element_numbers().column("Pauling electronegativity")
    found = np.zeros((len(packed), len(VALENCE_COLUMNS)))
    for row in range(len(packed)):
        count = packed.counts[row]
        elements = tuple(packed.elements[row, :count].tolist())
        fractions = packed.fractions[row, :count]
        negativity = electronegativity[list(elements)]
        states, left, ways = guess_states(elements, fractions, negativity)
        mixed = _can_mix(elements, states, fractions)
        found[row, :4] = ways > 0, mixed, left, ways
        found[row, 4:11] = _of_states(states, fractions, negativity)
    found[:, 11:] = _ionic_character(packed, electronegativity)
    return found


def guess_states(
    elements: tuple[int, ...], fractions: Floats, electronegativity: Floats
) -> tuple[Floats, float, int]:
    """Guess the oxidation states of a composition.

    Args:
        elements: rows of the element tables.
        fractions: of the elements.
        electronegativity: of the elements.

    Returns:
        the states, the charge per atom that they leave, and how many guesses with common states
        leave none.
    """
    left, order = _charges(_combinations(elements, False), fractions, electronegativity)
    ways = int((left <= _BALANCED).sum())
    if not len(left):
        return np.zeros(len(elements)), 0.0, 0
    if not ways:
        left, order = _charges(_combinations(elements, True), fractions, electronegativity)
    near = np.flatnonzero(left <= left.min() + _BALANCED)
    chosen = near[np.argmin(order[near])]
    states = _combinations(elements, not ways)[chosen]
    return states.astype(np.float64), float(left[chosen]), ways


def _charges(
    combinations: NDArray[np.int8], fractions: Floats, electronegativity: Floats
) -> tuple[Floats, Floats]:
    """Return for each choice of states the charge left over, and how it goes with the order."""
    left, order = np.zeros(len(combinations)), np.zeros(len(combinations))
    for place, fraction in enumerate(fractions):
        charge = combinations[:, place] * fraction
        left += charge
        order += charge * electronegativity[place]
    return np.abs(left), order


@lru_cache(maxsize=2048)
def _combinations(elements: tuple[int, ...], rare: bool) -> NDArray[np.int8]:
    """Return choices of common states, shape (m, k); none where there are no ions.

    Args:
        elements: rows of the element tables.
        rare: give also those choices in which one element has a rare state.
    """
    states = [_states()[element][0] for element in elements]
    has_anion = any(min(choice) < 0 for choice in states)
    has_cation = any(max(choice) > 0 for choice in states)
    few = prod(len(choice) for choice in states) <= _MAX_COMBINATIONS
    if len(elements) < 2 or not (has_anion and has_cation and few):
        return np.empty((0, len(elements)), dtype=np.int8)
    found = list(product(*states))
    for place, element in enumerate(elements if rare else ()):
        others = [*states[:place], _states()[element][1], *states[place + 1 :]]
        found += product(*others) if prod(map(len, others)) <= _MAX_COMBINATIONS else ()
    return np.array(found, dtype=np.int8)


@lru_cache(maxsize=1)
def _states() -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Return the common and the rare states of the elements; rare ones of a known sign only."""
    found = []
    for symbol in SYMBOLS:
        element = load_elements()[symbol]
        common = element.oxidation_states or (0,)
        signs = {state > 0 for state in common}
        rare = (state for state in element.rare_oxidation_states if (state > 0) in signs)
        found.append((common, tuple(rare)))
    return tuple(found)


def _can_mix(elements: tuple[int, ...], states: Floats, fractions: Floats) -> bool:
    """Tell whether charges cancel where an element may have several states of its sign."""
    if not states.any():
        return False
    lowest = highest = 0.0
    for element, state, fraction in zip(elements, states, fractions, strict=True):
        common, rare = _states()[element]
        known = [s for s in (*common, *rare) if s * state > 0] or [0]
        lowest += fraction * min(known)
        highest += fraction * max(known)
    return bool(lowest <= _BALANCED and highest >= -_BALANCED)


def _of_states(states: Floats, fractions: Floats, electronegativity: Floats) -> list[float]:
    """Return what follows from guessed states; see `VALENCE_COLUMNS`."""
    cations, anions = states > 0, states < 0
    share = float(fractions[anions].sum())
    difference = 0.0
    if cations.any() and anions.any():
        difference = _mean(electronegativity, fractions, anions) - _mean(
            electronegativity, fractions, cations
        )
    return [
        _mean(states, fractions, cations),
        _mean(states, fractions, anions),
        float(states.max(initial=-9.0)) if len(states) else 0.0,
        float(states.min(initial=9.0)) if len(states) else 0.0,
        float((np.abs(states) * fractions).sum()),
        share,
        difference,
    ]


def _mean(values: Floats, fractions: Floats, which: NDArray[np.bool_]) -> float:
    """Return the mean over some elements; 0 over none."""
    weight = fractions[which].sum()
    return float((values[which] * fractions[which]).sum() / weight) if weight > 0 else 0.0


def _ionic_character(packed: Compositions, electronegativity: Floats) -> Floats:
    """Return maximum and mean over pairs of 1 - exp(-(difference / 2)**2), after Pauling."""
    found = np.zeros((len(packed), 2))
    for rows, elements, fractions in packed.places():
        for others, other_elements, other_fractions in packed.places():
            both, here, there = np.intersect1d(rows, others, return_indices=True)
            gap = electronegativity[elements[here]] - electronegativity[other_elements[there]]
            ionic = -np.expm1(-((gap / 2) ** 2))
            found[both, 0] = np.maximum(found[both, 0], ionic)
            found[both, 1] += fractions[here] * other_fractions[there] * ionic
    return found
