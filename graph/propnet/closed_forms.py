"""Equations solved for a variable by undoing one operation after another, quickly.

This is no general solver: sympy's may take minutes. What the variable occurs in once is undone
from the outside in; a fraction of polynomials in it, or in a power of it, is solved where it comes
to a degree of at most two. Candidates may be wrong (a square root has one sign only), so each must
be put into the equation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import gcd, lcm
from types import MappingProxyType

import sympy

from .real_functions import cube_root

__all__ = ["Candidate", "candidates"]

_Powers = dict[sympy.Rational, sympy.Expr]
"""Coefficients by exponent."""

_MOST_BRANCHES = 8
_MOST_TERMS = 12
_EXPANDED = 200  # operations; sympy takes long to expand more


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may solve an equation: `scale` times y to a power, a y² + b y + c = 0.

    Attributes:
        coefficients: c, b and a; just y where they are one.
        power: of y; a whole root of an even power is taken with both signs.
        scale: 1, or -1.
    """

    coefficients: tuple[sympy.Expr, ...]
    power: sympy.Rational = sympy.S.One
    scale: int = 1


class _Open(Exception):
    """The equation has no closed form here."""


def candidates(
    left: sympy.Expr, right: sympy.Expr, target: sympy.Symbol
) -> tuple[Candidate, ...] | None:
    """Return all that may solve an equation for a variable; None where only a search can.

    Complex values and infinities are among the candidates, and what does not solve it.
    """
    known, unknown = sympy.Integer(0), left - right
    if not left.has(target):
        known, unknown = left, right
    elif not right.has(target):
        known, unknown = right, left
    try:
        return _undone(unknown, known, target)
    except _Open:
        pass
    size = sympy.Dummy("size", positive=True)
    try:
        return tuple(
            Candidate(one.coefficients, one.power, sign)
            for sign in (1, -1)
            for one in _undone(_with_size(unknown, target, sign * size), known, size)
        )
    except _Open:
        return None


def _with_size(unknown: sympy.Expr, target: sympy.Symbol, size: sympy.Expr) -> sympy.Expr:
    """Write a variable as its size and sign, so that powers and absolute values come apart."""
    return sympy.powsimp(sympy.expand_power_base(unknown.subs(target, size)))


def _undone(unknown: sympy.Expr, known: sympy.Expr, target: sympy.Symbol) -> tuple[Candidate, ...]:
    """Solve unknown = known, where only the first has the target."""
    branches = [known]
    while unknown != target:
        if not unknown.has(target) or len(branches) > _MOST_BRANCHES:
            raise _Open
        inner, undo = _outermost(unknown, target)
        if inner == unknown:
            solved = [_polynomial(unknown, one, target) for one in branches]
            return tuple(solved)
        branches = [found for one in branches for found in undo(one)]
        unknown = inner
    return tuple(Candidate((one,)) for one in branches)


_Undo = Callable[[sympy.Expr], tuple[sympy.Expr, ...]]


def _outermost(unknown: sympy.Expr, target: sympy.Symbol) -> tuple[sympy.Expr, _Undo]:
    """Return what the outermost operation is done to, and what undoes it."""
    if unknown.is_Add or unknown.is_Mul:
        rest, inner = unknown.as_independent(target, as_Add=unknown.is_Add)
        if unknown.is_Add:
            return inner, lambda value: (value - rest,)
        return inner, lambda value: (value / rest,)
    if unknown.is_Pow:
        return _power(unknown.base, unknown.exp, target)
    undo = _INVERSES.get(type(unknown))
    if undo is None:
        raise _Open
    return unknown.args[0], undo


def _power(
    base: sympy.Expr, exponent: sympy.Expr, target: sympy.Symbol
) -> tuple[sympy.Expr, _Undo]:
    if not exponent.has(target):
        return base, lambda value: _roots(value, exponent)
    if base.has(target):
        raise _Open
    return exponent, lambda value: (sympy.log(value) / sympy.log(base),)


def _roots(value: sympy.Expr, exponent: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """Return all real solutions of x**exponent = value."""
    if exponent in (1, -1):
        return (value**exponent,)
    if not exponent.is_Integer:
        return (value ** (1 / exponent),)
    if exponent.is_even:
        root = value ** (1 / exponent)
        return (root, -root)
    if abs(exponent) == 3:
        return (cube_root(value) ** sympy.sign(exponent),)
    return (sympy.sign(value) * sympy.Abs(value) ** (1 / exponent),)


_INVERSES: Mapping[type[sympy.Basic], _Undo] = MappingProxyType(
    {
        sympy.exp: lambda value: (sympy.log(value),),
        sympy.log: lambda value: (sympy.exp(value),),
        sympy.Abs: lambda value: (value, -value),
        cube_root: lambda value: (value**3,),
        sympy.asin: lambda value: (sympy.sin(value),),
        sympy.acos: lambda value: (sympy.cos(value),),
        sympy.atan: lambda value: (sympy.tan(value),),
        sympy.sinh: lambda value: (sympy.asinh(value),),
        sympy.tanh: lambda value: (sympy.atanh(value),),
        sympy.cosh: lambda value: (sympy.acosh(value), -sympy.acosh(value)),
    }
)


# Fractions of polynomials.


def _polynomial(unknown: sympy.Expr, known: sympy.Expr, target: sympy.Symbol) -> Candidate:
    """Solve a fraction of polynomials for the target."""
    above, below = _fraction(unknown, target)
    powers = _added(above, {power: -known * one for power, one in below.items()})
    powers = {power: one for power, one in powers.items() if not _vanishes(one)}
    if not powers:
        raise _Open
    lowest = min(powers)
    shift = lowest if lowest < 0 else sympy.Integer(0)
    shifted = {power - shift: one for power, one in powers.items()}
    step = _common_step([power for power in shifted if power])
    degree = max(shifted) / step if step else 0
    if not 0 < degree <= 2:
        raise _Open
    zero = sympy.Integer(0)
    coefficients = tuple(shifted.get(step * place, zero) for place in range(int(degree) + 1))
    if degree == 1:
        coefficients = (-coefficients[0] / coefficients[1],)
    return Candidate(coefficients, 1 / step)


def _fraction(part: sympy.Expr, target: sympy.Symbol) -> tuple[_Powers, _Powers]:
    """Return a part as one sum of powers of the target over another."""
    one: _Powers = {sympy.Integer(0): sympy.Integer(1)}
    if not part.has(target):
        return {sympy.Integer(0): part}, one
    if part == target:
        return {sympy.Integer(1): sympy.Integer(1)}, one
    if part.is_Add or part.is_Mul:
        above, below = _fraction(part.args[0], target)
        for other in part.args[1:]:
            top, bottom = _fraction(other, target)
            if part.is_Mul:
                above, below = _product(above, top), _product(below, bottom)
            elif bottom == below:
                above = _added(above, top)
            else:
                above = _added(_product(above, bottom), _product(top, below))
                below = _product(below, bottom)
        return above, below
    if part.is_Pow and part.exp.is_Rational:
        return _raised(part, target)
    raise _Open


def _raised(part: sympy.Expr, target: sympy.Symbol) -> tuple[_Powers, _Powers]:
    if part.base == target:
        return {part.exp: sympy.Integer(1)}, {sympy.Integer(0): sympy.Integer(1)}
    if not part.exp.is_Integer or abs(part.exp) > _MOST_TERMS:
        raise _Open
    above, below = top, bottom = _fraction(part.base, target)
    for _ in range(abs(int(part.exp)) - 1):
        above, below = _product(above, top), _product(below, bottom)
    return (above, below) if part.exp > 0 else (below, above)


def _added(one: _Powers, other: _Powers) -> _Powers:
    zero = sympy.Integer(0)
    return {
        power: one.get(power, zero) + other.get(power, zero) for power in sorted({*one, *other})
    }


def _product(one: _Powers, other: _Powers) -> _Powers:
    found: _Powers = {}
    for power, first in one.items():
        for more, second in other.items():
            found[power + more] = found.get(power + more, sympy.Integer(0)) + first * second
    if len(found) > _MOST_TERMS:
        raise _Open
    return found


def _vanishes(coefficient: sympy.Expr) -> bool:
    if coefficient == 0:
        return True
    if coefficient.is_Add and coefficient.count_ops() <= _EXPANDED:
        return bool(sympy.expand_mul(coefficient) == 0)
    return False


def _common_step(powers: list[sympy.Rational]) -> sympy.Rational:
    """Return the greatest fraction that all are multiples of."""
    if not powers:
        return sympy.Integer(0)
    below = lcm(*(int(one.q) for one in powers))
    return sympy.Rational(gcd(*(int(one * below) for one in powers)), below)
