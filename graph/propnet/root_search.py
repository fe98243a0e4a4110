"""All real roots of functions of one variable within bounds, for many functions at once.

The functions are looked at on a grid that covers all magnitudes of both signs. Between points with
different signs there is a root or a pole; where a function comes near zero and turns back there
may be two roots or one that it touches. Two roots within an eighth of a decade that are not parted
by such a turn seen on the grid are missed.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["grid_within", "search_roots"]

Values = NDArray[np.float64]
Function = Callable[[Values, NDArray[np.intp]], Values]
"""Takes points, (m,) or (g, 1), and which of the functions each is for, (m,); gives their values.

NaN where a function has none; infinite values count by their sign. Zero also where nothing but
rounding is left of a difference: many such points in a row are no roots.
"""

_MAGNITUDES = (-36, 36)
_PER_DECADE = 8
_LINEAR = 65
_TOGETHER = 256  # functions that are looked at at once, for memory
_STEPS = 120
_GOLDEN = (np.sqrt(5) - 1) / 2
_GOLDEN_STEPS = 40
_RELATIVE = 1e-15
_TINY = 1e-60
_TOUCHES = 1e-9  # of the values beside it a value is zero
_CROSSES = 1e-6
_BESIDE = 1e-6  # of the way to the next point


def grid_within(lower: float | None, upper: float | None) -> Values:
    """Return the points where functions are looked at, ascending, the bounds among them."""
    low, high = _MAGNITUDES
    sizes = np.logspace(low, high, (high - low) * _PER_DECADE + 1)
    parts = [-sizes, np.zeros(1), sizes]
    finite = [bound for bound in (lower, upper) if bound is not None and np.isfinite(bound)]
    if len(finite) == 2:
        parts.append(np.linspace(finite[0], finite[1], _LINEAR))
    every = np.unique(np.concatenate([*parts, np.array(finite)]))
    least = -np.inf if lower is None else lower
    most = np.inf if upper is None else upper
    return every[(every >= least) & (every <= most)]


def search_roots(function: Function, count: int, grid: Values) -> tuple[Values, NDArray[np.intp]]:
    """Return points that may be roots, to about 15 digits, and of which function each is.

    There may be others among them, so each must be checked: ends of gaps, steps, turns.

    Args:
        function: gives the values.
        count: of functions.
        grid: (g,), ascending.
    """
    found = [(np.zeros(0), np.zeros(0, np.intp))]
    for start in range(0, count, _TOGETHER):
        which = np.arange(start, min(start + _TOGETHER, count))
        found += _search_some(function, which, grid)
    return np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])


def _search_some(
    function: Function, which: NDArray[np.intp], grid: Values
) -> list[tuple[Values, NDArray[np.intp]]]:
    if not len(grid):
        return [(np.zeros(0), which[:0])]
    values = np.broadcast_to(function(grid[:, None], which), (len(grid), len(which)))
    zero = np.pad(values == 0, ((1, 1), (0, 0)))
    row, column = np.nonzero(zero[1:-1] & ~zero[:-2] & ~zero[2:])
    exact = [(grid[row], which[column])]
    for step in (-1, 1) if len(row) else ():
        exact.append(_beside(function, which, grid, values, row, column, step))
    signs = np.sign(values)
    row, column = np.nonzero(signs[:-1] * signs[1:] < 0)
    crossed = _closed_in(function, which[column], grid[row], grid[row + 1], values[row, column])
    return [*exact, (crossed, which[column]), *_touching(function, which, grid, values)]


def _beside(
    function: Function,
    which: NDArray[np.intp],
    grid: Values,
    values: Values,
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    step: int,
) -> tuple[Values, NDArray[np.intp]]:
    """Return roots between a point that is one and the next point in a direction."""
    there = (row + step >= 0) & (row + step < len(grid))
    row, column = row[there], column[there]
    of, right = which[column], grid[row + step]
    left = grid[row] + _BESIDE * (right - grid[row])
    first = function(left, of)
    some = np.flatnonzero(np.sign(first) * np.sign(values[row + step, column]) < 0)
    return _closed_in(function, of[some], left[some], right[some], first[some]), of[some]


def _touching(
    function: Function, which: NDArray[np.intp], grid: Values, values: Values
) -> list[tuple[Values, NDArray[np.intp]]]:
    """Return where functions come near zero and turn: they touch it there, or cross it twice."""
    signs, sizes = np.sign(values), np.abs(values)
    same = (signs[:-2] == signs[1:-1]) & (signs[2:] == signs[1:-1]) & (signs[1:-1] != 0)
    turns = same & (sizes[1:-1] < sizes[:-2]) & (sizes[1:-1] < sizes[2:])
    row, column = np.nonzero(turns)
    if not len(row):
        return []
    of, left, right = which[column], grid[row], grid[row + 2]
    sign = signs[row + 1, column]
    point = _nearest_to_zero(function, of, left, right, sign)
    value = function(point, of)
    crosses = value * sign < 0
    across = np.flatnonzero(crosses)
    beside = np.minimum(sizes[row, column], sizes[row + 2, column])
    touches = ~crosses & (np.abs(value) <= _TOUCHES * beside)
    first, last = values[row, column][across], value[across]
    of_two = of[across]
    return [
        (point[touches], of[touches]),
        (_closed_in(function, of_two, left[across], point[across], first), of_two),
        (_closed_in(function, of_two, point[across], right[across], last), of_two),
    ]


def _nearest_to_zero(
    function: Function, of: NDArray[np.intp], left: Values, right: Values, sign: Values
) -> Values:
    """Return by golden section where functions of one sign are least, or beyond zero."""
    for _ in range(_GOLDEN_STEPS):
        one = right - _GOLDEN * (right - left)
        other = left + _GOLDEN * (right - left)
        lower = function(one, of) * sign < function(other, of) * sign
        right = np.where(lower, other, right)
        left = np.where(lower, left, one)
    return np.asarray((left + right) / 2)


def _closed_in(
    function: Function, of: NDArray[np.intp], left: Values, right: Values, first: Values
) -> Values:
    """Return where the sign changes, NaN at a pole and where it could not be told.

    Chandrupatla's method: inverse quadratic interpolation where that is safe, else bisection
    (T. R. Chandrupatla, Advances in Engineering Software 28, 145 (1997)).

    Args:
        function: gives the values.
        of: which function, (m,).
        left: where the sign is that of `first`, (m,).
        right: where it is the other, (m,).
        first: the values at `left`, (m,).
    """
    a, fa = left, first
    b, fb = right, function(right, of)
    ends, share = np.abs(fb), np.full(len(of), 0.5)
    best, open_ = a, np.ones(len(of), bool)
    for _ in range(_STEPS):
        x = a + share * (b - a)
        value = function(x, of)
        same = np.sign(value) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, value
        best = np.where(np.abs(fa) < np.abs(fb), a, b)
        least = (_RELATIVE * np.abs(best) + _TINY) / np.abs(b - a)
        open_ = (least <= 0.5) & (value != 0)
        if not open_.any():
            break
        share = np.clip(_share(a, b, c, fa, fb, fc), least, 1 - least)
        share = np.where(open_, share, 0.0)  # what is found stays where it is
    size = np.where(open_ | np.isnan(fa), np.nan, np.minimum(np.abs(fa), np.abs(fb)))
    return np.where(_is_zero(size, np.abs(first), ends), best, np.nan)


def _is_zero(size: Values, left: Values, right: Values) -> NDArray[np.bool_]:
    """Return where a function that changes sign has a root, not a pole, a step or rounding."""
    return (size <= np.minimum(left, right)) & (size <= _CROSSES * np.maximum(left, right))


def _share(a: Values, b: Values, c: Values, fa: Values, fb: Values, fc: Values) -> Values:
    """Return which part of the way from a to b to go next."""
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
    quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (
        fc - fb
    )
    return np.where(safe & np.isfinite(quadratic), quadratic, 0.5)
