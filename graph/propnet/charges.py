"""Likely charges of the atoms of a compound, from its formula.

The choice is deterministic; the first of these that gives a neutral formula is taken:

1. Each element has one of its common oxidation states.
2. One metal of the d or f block has a mean of its common ones (Fe3O4: Fe 8/3).
3. One metal of the d or f block is at most one beyond its common states, within the known ones
   (YBa2Cu3O7: Cu 7/3).
4. Each element has any state known.

Anions must be the more electronegative atoms; metals of the f block without a number count as
the least electronegative. Of several neutral choices, the one is taken whose atoms are most
negative, the most electronegative first. Bonds between like atoms (FeS2, Li2O2) are not seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod

from .base import Composition
from .elements import Element, load_elements

__all__ = ["charge_imbalance", "charge_states", "is_mixed_valent", "likely_charges"]

MOST_CHOICES = 20_000
"""Formulas with more choices of states than this get no charges."""

Charges = Mapping[str, Fraction]
_FIXED_ANIONS = {"F": -1, "O": -2}


def is_mixed_valent(element: Element) -> bool:
    """Tell whether an element may have two states in one compound: the d and the f block."""
    return element.block in "df" and element.group not in (3, 12)


def charge_states(element: Element, *, rare: bool = False) -> tuple[int, ...]:
    """Return the oxidation states to try: the common ones, or with the rare ones.

    Rare states of metals below one are left out: they are those of carbonyls and the like.
    """
    if element.symbol in _FIXED_ANIONS:
        return (_FIXED_ANIONS[element.symbol],)
    states = set(element.oxidation_states)
    if rare:
        metal = element.block in "df" or element.group in (1, 2) or element.symbol == "Al"
        states |= {one for one in element.rare_oxidation_states if one > 0 or not metal}
    return tuple(sorted(states))


def likely_charges(formula: Composition) -> Charges | None:
    """Return the charge of each element, or None where no neutral choice is known.

    Args:
        formula: atoms of each element in a formula unit.
    """
    present = tuple(sorted((symbol, amount) for symbol, amount in formula.items() if amount))
    return _likely_charges(present)


@lru_cache(maxsize=4096)
def _likely_charges(present: tuple[tuple[str, Fraction], ...]) -> Charges | None:
    elements = _elements(present)
    if len(elements) < 2:
        return None
    amounts = dict(present)
    return (
        _neutral(elements, amounts, rare=False)
        or _mixed(elements, amounts, rare=False)
        or _mixed(elements, amounts, rare=True)
        or _neutral(elements, amounts, rare=True)
    )


def _neutral(
    elements: Mapping[str, Element], amounts: Mapping[str, Fraction], *, rare: bool
) -> Charges | None:
    """Return the preferred neutral choice of one state an element, or None."""
    neutral = [one for one in _choices(elements, rare=rare) if _total(one, amounts) == 0]
    return min(neutral, key=lambda one: _order(one, elements), default=None)


def _elements(present: tuple[tuple[str, Fraction], ...]) -> dict[str, Element]:
    """Return the elements, or none where one lacks data or an amount is negative."""
    known = load_elements()
    fit = all(amount > 0 and _has_pull(known.get(symbol)) for symbol, amount in present)
    return {symbol: known[symbol] for symbol, _ in present} if fit else {}


def _choices(elements: Mapping[str, Element], *, rare: bool) -> Iterator[dict[str, Fraction]]:
    """Yield all choices of states in which the anions are the more electronegative."""
    states = [charge_states(one, rare=rare) for one in elements.values()]
    if prod(map(len, states)) > MOST_CHOICES:
        return
    for choice in product(*states):
        charges = {symbol: Fraction(state) for symbol, state in zip(elements, choice, strict=True)}
        if _anions_are_electronegative(charges, elements):
            yield charges


def _anions_are_electronegative(charges: Charges, elements: Mapping[str, Element]) -> bool:
    cations = [_pull(elements[symbol]) for symbol, charge in charges.items() if charge > 0]
    anions = [_pull(elements[symbol]) for symbol, charge in charges.items() if charge < 0]
    return bool(cations and anions) and max(cations) < min(anions)


def _has_pull(element: Element | None) -> bool:
    return element is not None and (element.electronegativity is not None or element.block == "f")


def _pull(element: Element) -> float:
    """Return the electronegativity; 0 for metals of the f block without one."""
    return element.electronegativity or 0.0


def _total(charges: Charges, amounts: Mapping[str, Fraction]) -> Fraction:
    return sum((charge * amounts[symbol] for symbol, charge in charges.items()), Fraction(0))


def _order(charges: Charges, elements: Mapping[str, Element]) -> tuple[Fraction, ...]:
    """Return what the preferred choice has least of."""
    by_pull = sorted(charges, key=lambda symbol: (-_pull(elements[symbol]), symbol))
    return tuple(charges[symbol] for symbol in by_pull)


def _mixed(
    elements: Mapping[str, Element], amounts: Mapping[str, Fraction], *, rare: bool
) -> Charges | None:
    """Return a neutral choice in which one element has two states, or None.

    Of several elements that could, the one with the narrowest range of states takes it up.
    """
    found: list[tuple[int, tuple[Fraction, ...], Charges]] = []
    for symbol, element in elements.items():
        states = [state for state in charge_states(element, rare=rare) if state > 0]
        if not is_mixed_valent(element) or len(states) < 2:
            continue
        for choice in _choices(elements, rare=False):
            rest = _total(choice, amounts) - choice[symbol] * amounts[symbol]
            charges = {**choice, symbol: -rest / amounts[symbol]}
            if _within(charges[symbol], states, element) and _anions_are_electronegative(
                charges, elements
            ):
                span = max(states) - min(states)
                found.append((span, _order(charges, elements), charges))
    return min(found, key=lambda one: one[:2])[2] if found else None


def _within(charge: Fraction, states: Sequence[int], element: Element) -> bool:
    """Tell whether a charge lies between states, and at most one beyond the common ones."""
    common = element.oxidation_states
    near = min(common) - 1 <= charge <= max(common) + 1
    return near and min(states) <= charge <= max(states)


def charge_imbalance(formula: Composition) -> float | None:
    """Return how far the best choice of known oxidation states is from neutral.

    Returns:
        Elementary charges per atom: 0 where `likely_charges` finds charges; None where an
        element has no data or no choice has both cations and anions.
    """
    amounts = {symbol: amount for symbol, amount in formula.items() if amount}
    if likely_charges(amounts) is not None:
        return 0.0
    elements = _elements(tuple(amounts.items()))
    for rare in (True, False):
        totals = [abs(_total(one, amounts)) for one in _choices(elements, rare=rare)]
        if totals:
            return float(min(totals) / sum(amounts.values()))
    return None
