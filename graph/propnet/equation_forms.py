"""One equation in one of its variables: what gives it, what checks it, how it changes.

All is compiled when it is first asked for, and kept by the text of the equation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import sympy
from numpy.typing import NDArray

from matlore.errors import InputError

from .closed_forms import Candidate, candidates
from .compiling import Compiled, compile_expressions, derivative
from .expressions import parse_equation
from .root_search import search_roots

__all__ = ["EquationForm", "equation_form", "finite", "symbols_of"]

Values = NDArray[np.float64]

_FITS = 1e-6
_FOUND_FITS = 1e-12
_NEARLY_FITS = 1e-2
_NEWTON_STEP = 1e-9
_SAME_ROOT = 1e-9
_SAME_FOUND = 1e-7  # a root that is only touched is found to half the digits
_ROUNDING = 1e-14
_NOISE = 1e-15


@lru_cache(maxsize=4096)
def equation_form(equation: str, target: str, inputs: tuple[str, ...]) -> "EquationForm":
    """Return an equation in one of its variables.

    Raises:
        InputError: it cannot be read, does not have the target, or has other variables.
    """
    left, right = parse_equation(equation)
    unknown = sympy.Symbol(target, real=True)
    free = left.free_symbols | right.free_symbols
    if unknown not in free:
        raise InputError(f"{target} is not in the equation {equation!r}, or cancels out of it")
    if others := {str(one) for one in free} - {target, *inputs}:
        raise InputError(f"{sorted(others)[0]} in the equation {equation!r} is no variable")
    return EquationForm(left, right, unknown, tuple(symbols_of(inputs)))


def symbols_of(names: Sequence[str]) -> list[sympy.Symbol]:
    """Return variables as expressions have them."""
    return [sympy.Symbol(name, real=True) for name in names]


def finite(values: Values) -> Values:
    """Return values with NaN for infinities."""
    good = np.isfinite(values)
    return values if good.all() else np.where(good, values, np.nan)


@dataclass(frozen=True)
class EquationForm:
    """An equation in one of its variables.

    Attributes:
        left: one side.
        right: the other.
        target: the variable.
        inputs: the others, in the order in which functions take them.
    """

    left: sympy.Expr
    right: sympy.Expr
    target: sympy.Symbol
    inputs: tuple[sympy.Symbol, ...]

    @cached_property
    def explicit(self) -> Compiled | None:
        """What gives the target, where the equation does as it is written."""
        side = self._explicit_side
        return None if side is None else compile_expressions([side], self.inputs)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...] | None:
        """What may solve the equation; None where roots must be searched."""
        return candidates(self.left, self.right, self.target)

    @cached_property
    def slopes(self) -> tuple[Compiled, bool]:
        """What gives derivatives from inputs and target, and whether they are implicit.

        The first is by the target, the others by the inputs: of the difference between both sides
        where they are implicit, else of the target.
        """
        side = self._explicit_side
        whole = self.left - self.right if side is None else side
        variables = [self.target, *self.inputs]
        slopes = [derivative(whole, one) for one in variables]
        return compile_expressions(slopes, [*self.inputs, self.target]), side is None

    def closed(self, given: Sequence[Values], shape: tuple[int, ...]) -> Values:
        """Return all solutions, (k, n), of an equation with a closed form."""
        numbers = iter(self._coefficients(*given))
        rows: list[Values] = []
        for one in self.candidates or ():
            coefficients = [next(numbers) for _ in one.coefficients]
            rows += _powers(_solved(coefficients), one)
        if len(rows) == 1 and np.shape(rows[0]) == shape:
            found = rows[0][np.newaxis]
        else:
            found = np.stack([np.broadcast_to(row, shape) for row in rows])
        fits = self._fits(given, found)
        if not fits.all():
            found = np.where(fits, found, np.nan)
        return _tidy(found, _SAME_ROOT)

    def searched(self, given: Sequence[Values], shape: tuple[int, ...], grid: Values) -> Values:
        """Return all solutions, (k, n), that a search on a grid finds."""
        columns = [np.broadcast_to(one, shape) for one in given]
        rows = np.flatnonzero(np.isfinite(np.sum(columns, axis=0)) if columns else np.ones(shape))

        def difference(points: Values, which: NDArray[np.intp]) -> Values:
            at = rows[which]
            total, size = self._balance([one[at] for one in columns], points)
            return np.where(np.absolute(total) <= _NOISE * size, 0.0, total)

        points, which = search_roots(difference, len(rows), grid)
        at = rows[which]
        fits = self._fits([one[at] for one in columns], points, searched=True)
        return _tidy(_columns(points[fits], at[fits], shape[0]), _SAME_FOUND)

    @cached_property
    def _explicit_side(self) -> sympy.Expr | None:
        for side, other in ((self.left, self.right), (self.right, self.left)):
            if side == self.target and not other.has(self.target):
                return other
        return None

    @cached_property
    def _coefficients(self) -> Compiled:
        every = [number for one in self.candidates or () for number in one.coefficients]
        return compile_expressions(every, self.inputs)

    @cached_property
    def _terms(self) -> Compiled:
        """What gives the terms of both sides, those on the right with a minus."""
        terms = [*sympy.Add.make_args(self.left), *sympy.Add.make_args(-self.right)]
        return compile_expressions(terms, [*self.inputs, self.target])

    def _balance(self, given: Sequence[Values], points: Values) -> tuple[Values, Values]:
        """Return the difference between both sides, and the sum of the sizes of its terms."""
        first, *others = self._terms(*given, points)
        total, size = first, np.absolute(first)
        for one in others:
            total = total + one
            size = size + np.absolute(one)
        return total, size

    def _fits(
        self, given: Sequence[Values], points: Values, *, searched: bool = False
    ) -> NDArray[np.bool_]:
        """Return which points solve the equation: (n,) or (k, n), as the points."""
        total, size = self._balance(given, points)
        miss = np.absolute(total)
        fits = miss <= (_FOUND_FITS if searched else _FITS) * size  # not where the size is NaN
        if fits.all() and np.isfinite(points).all() and np.isfinite(size).all():
            return np.broadcast_to(fits, points.shape)
        # A difference of nearly equal numbers, as 1 - n near n = 1, has few digits.
        slope = self.slopes[0](*given, points)[0] if self.slopes[1] else 1.0
        rounded = miss <= _NEWTON_STEP * np.absolute(slope * points)
        if not searched:  # else poles are left out already
            rounded &= miss <= _NEARLY_FITS * size
        good = (fits | rounded) & np.isfinite(points) & np.isfinite(size)
        return np.broadcast_to(good, points.shape)


def _solved(coefficients: Sequence[Values]) -> list[Values]:
    """Return the real solutions of a polynomial of degree one or two, without loss of digits."""
    if len(coefficients) == 1:
        return [coefficients[0]]
    c, b, a = (np.asarray(one, dtype=np.float64) for one in coefficients)
    square, product = b * b, 4 * a * c
    below = square - product
    below = np.where(np.abs(below) <= _ROUNDING * (square + np.abs(product)), 0.0, below)
    q = -(b + np.copysign(np.sqrt(below), b)) / 2
    return [c / q, q / a]


def _powers(solved: Sequence[Values], one: Candidate) -> list[Values]:
    """Return what the powers of the solutions are, with both signs where there are two."""
    if one.power == 1:
        return list(solved) if one.scale == 1 else [-value for value in solved]
    power = float(one.power)
    if one.power.p != 1:
        return [one.scale * value**power for value in solved]
    if one.power.q % 2:
        return [one.scale * np.sign(value) * np.abs(value) ** power for value in solved]
    return [sign * value**power for value in solved for sign in (1, -1)]


def _columns(points: Values, at: NDArray[np.intp], count: int) -> Values:
    """Return (k, n) from points and which column each is of."""
    order = np.lexsort((points, at))
    points, at = points[order], at[order]
    place = np.arange(len(at)) - np.searchsorted(at, at)
    found = np.full((int(place.max(initial=0)) + 1, count), np.nan)
    found[place, at] = points
    return found


def _tidy(found: Values, same: float) -> Values:
    """Sort solutions, the NaNs last, and leave out those that are there twice."""
    if len(found) == 1:
        return found
    found = np.sort(found + 0.0, axis=0)  # without -0.0
    before, after = found[:-1], found[1:]
    twice = after - before <= same * np.maximum(np.abs(before), np.abs(after))
    if twice.any():
        found[1:][twice] = np.nan
        found.sort(axis=0)
    rows = max(1, int((~np.isnan(found)).any(axis=1).sum()))
    return found[:rows]
