"""One model applied to series: on which temperatures, within which bounds, how certain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matlore.records import fact_id

from .base import TEMPERATURE, Composition, DerivedValue, Solution, Symbol, Use
from .combining import common_source
from .propagation import propagate
from .series import Series, State

__all__ = ["Applied", "Scales", "Unmatched", "apply_model", "common_grid"]

Values = NDArray[np.float64]
Scales = Mapping[str, float]
"""By variable what a value in the symbol's unit is multiplied by for the model's unit."""

_ROOM = 300.0
_DIGITS = 10


class Unmatched(ValueError):
    """Inputs that have no temperature in common, or none that is known."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a model gave.

    Attributes:
        series: what may be gone on with; None where there is nothing.
        values: all values, several roots of one equation among them.
        rejected: by reason how many, and the numbers of the first.
    """

    series: Series | None
    values: Sequence[DerivedValue]
    rejected: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Inputs of a model on common temperatures, in the model's units."""

    grid: Values | None
    values: dict[str, Values]
    parts: dict[str, dict[str, Values]]
    stated: dict[str, Values]
    uses: list[tuple[Use, ...]]
    scores: Values
    sources: list[str | None]


def common_grid(
    solution: Solution, inputs: Mapping[str, Series], *, one_source: bool
) -> Values | None:
    """Return the temperatures at which all inputs have values.

    Values at temperatures that are not known go together only where one paper gives them, and
    with no value at a known one. What a model gives at any temperature, from inputs that do not
    depend on it, is evaluated at 300 K.

    Returns:
        (m,) in K; None for one value at no temperature.

    Raises:
        Unmatched: there are none.
    """
    wanted = any(one.stands_for == TEMPERATURE for one in solution.inputs)
    curves = [one.temperatures for one in inputs.values() if one.temperatures is not None]
    unspecified = sum(one.unspecified for one in inputs.values())
    if not curves:
        if (unspecified and wanted) or (unspecified > 1 and not one_source):
            raise Unmatched
        return np.array([_ROOM]) if wanted else None
    if unspecified:
        raise Unmatched
    grid = np.unique(np.concatenate(curves))
    for one in inputs.values():
        grid = grid[~np.isnan(one.places(grid)[2])]
    if not len(grid):
        raise Unmatched
    # Where the same values are meant at 300 K and at 303 K, they are meant once.
    places = np.array([part for one in inputs.values() for part in one.places(grid)])
    new = np.concatenate([[True], (np.diff(places, axis=1) != 0).any(axis=0)])
    number = np.cumsum(new) - 1
    means: Values = np.bincount(number, grid) / np.bincount(number)
    return means


def apply_model(
    solution: Solution,
    inputs: Mapping[str, Series],
    grid: Values | None,
    state: State,
    *,
    material: str,
    target: Symbol,
    scales: Scales,
    composition: Composition | None,
    most_uncertain: float,
) -> Applied:
    """Apply a model on a grid of temperatures.

    Args:
        solution: the model, solved.
        inputs: series by variable.
        grid: (m,) in K, or None.
        state: of what comes out.
        material: its key.
        target: the symbol of what comes out.
        scales: of all variables.
        composition: for a model that takes one.
        most_uncertain: values whose relative standard deviation is greater are rejected.
    """
    given = _inputs(solution, inputs, grid, scales)
    roots = solution.roots(given.values, composition)
    good, rejected = _check(solution, given, roots, target, scales)
    count = good.sum(axis=0)

    def certain(root: Values, rows: NDArray[np.intp]) -> Series:
        some = _rows(given, rows)
        made = _series(
            solution, inputs, some, root[rows], state, target, scales, composition, material
        )
        return made.take(_certain(made, most_uncertain, rejected))

    series = None
    values: list[DerivedValue] = []
    only = np.flatnonzero(count == 1)
    if len(only):
        series = certain(roots[good.argmax(axis=0), np.arange(len(count))], only)
        values += _derived(solution, series)
    for number in range(len(roots)):  # of several roots none may be gone on with
        rows = np.flatnonzero(good[number] & (count > 1))
        if len(rows):
            values += _derived(solution, certain(roots[number], rows), one_of_several=True)
    return Applied(series if series is not None and len(series) else None, values, rejected)


def _inputs(
    solution: Solution, inputs: Mapping[str, Series], grid: Values | None, scales: Scales
) -> _Inputs:
    at = np.array([np.nan]) if grid is None else grid
    values: dict[str, Values] = {}
    parts: dict[str, dict[str, Values]] = {}
    stated: dict[str, Values] = {}
    scores = np.ones(len(at))
    uses: list[list[Use]] = [[] for _ in at]
    sources: list[list[str | None]] = [[] for _ in at]
    for variable, series in inputs.items():
        first, second, share = series.places(at)
        scale = scales[variable]

        def mixed(own: Values, rows: tuple[NDArray[np.intp], NDArray[np.intp], Values]) -> Values:
            return own[rows[0]] * (1 - rows[2]) + own[rows[1]] * rows[2]

        places = (first, second, share)
        values[variable] = mixed(series.values, places) * scale
        parts[variable] = {
            origin: mixed(part, places) * scale for origin, part in series.parts.items()
        }
        stated[variable] = mixed(series.stated, places) * scale**2
        scores = scores * np.minimum(series.scores[first], series.scores[second])
        for row, (a, b, part) in enumerate(zip(first, second, share, strict=True)):
            if part:
                uses[row].append(Use(series.ids[a], variable, round(1 - float(part), 6)))
                uses[row].append(Use(series.ids[b], variable, round(float(part), 6)))
                sources[row] += [series.sources[a], series.sources[b]]
            else:
                uses[row].append(Use(series.ids[a], variable))
                sources[row].append(series.sources[a])
    for one in solution.inputs:
        if one.stands_for == TEMPERATURE:
            values[one.name] = at * scales[one.name]
    common = [common_source(some) for some in sources]
    return _Inputs(grid, values, parts, stated, [tuple(some) for some in uses], scores, common)


def _rows(given: _Inputs, rows: NDArray[np.intp]) -> _Inputs:
    return _Inputs(
        None if given.grid is None else given.grid[rows],
        {name: value[rows] for name, value in given.values.items()},
        {
            name: {origin: part[rows] for origin, part in parts.items()}
            for name, parts in given.parts.items()
        },
        {name: value[rows] for name, value in given.stated.items()},
        [given.uses[row] for row in rows],
        given.scores[rows],
        [given.sources[row] for row in rows],
    )


def _check(
    solution: Solution, given: _Inputs, roots: Values, target: Symbol, scales: Scales
) -> tuple[NDArray[np.bool_], dict[str, tuple[int, str]]]:
    """Return which roots may stand, (k, n), and why at some temperatures none may."""
    scale = scales[solution.target.name]
    low = -np.inf if target.lower is None else target.lower
    high = np.inf if target.upper is None else target.upper
    real = np.isfinite(roots)
    with np.errstate(invalid="ignore"):
        inside = real & (roots / scale >= low) & (roots / scale <= high)
    good = inside.copy()
    reasons: dict[str, tuple[int, str]] = {}
    if solution.model.constraints:
        for number in np.flatnonzero(inside.any(axis=1)):
            everything = {**given.values, solution.target.name: roots[number]}
            for text, where in solution.broken(everything).items():
                broken = where & good[number]
                good[number] &= ~where
                _note(reasons, f"breaks {text}", broken & ~good.any(axis=0), given, roots[number])
    if solution.model.equation is not None:  # a function has no value where it does not apply
        _note(reasons, "no real solution", np.asarray(~real.any(axis=0)), given, None)
    outside = np.asarray(real.any(axis=0) & ~inside.any(axis=0))
    _note(reasons, "outside the property's bounds", outside, given, roots[0] / scale)
    return good, reasons


def _note(
    reasons: dict[str, tuple[int, str]],
    reason: str,
    where: NDArray[np.bool_],
    given: _Inputs,
    found: Values | None,
) -> None:
    rows = np.flatnonzero(where)
    if not len(rows):
        return
    row = int(rows[0])
    numbers = [f"{name} = {value[row]:.4g}" for name, value in sorted(given.values.items())]
    if found is not None and np.isfinite(found[row]):
        numbers.append(f"result {found[row]:.4g}")
    count, example = reasons.get(reason, (0, ", ".join(numbers)))
    reasons[reason] = (count + len(rows), example)


def _series(
    solution: Solution,
    inputs: Mapping[str, Series],
    given: _Inputs,
    root: Values,
    state: State,
    target: Symbol,
    scales: Scales,
    composition: Composition | None,
    material: str,
) -> Series:
    scale = scales[solution.target.name]
    spread = propagate(solution, given.values, given.parts, root, composition)
    temperature = given.grid
    values = np.where(spread.empty, np.nan, root / scale)
    conditions = [f"{name} = {value}" for name, value in state]
    ids = [
        fact_id(
            solution.model.name,
            *sorted(use.id for use in uses),
            *(material, target.name, *conditions),
            None if temperature is None else f"{temperature[row]:.6g}",
        )
        for row, uses in enumerate(given.uses)
    ]
    every = list(inputs.values())
    return Series(
        symbol=target.name,
        state=state,
        temperatures=temperature,
        values=values,
        parts={origin: part / scale for origin, part in spread.parts.items()},
        stated=_stated(solution, given, root, scale, composition),
        ids=ids,
        scores=given.scores,
        sources=given.sources,
        unspecified=target.depends_on(TEMPERATURE) and any(one.unspecified for one in every),
        computed=any(one.computed for one in every),
        depth=1 + max((one.depth for one in every), default=0),
        ancestors=frozenset().union(*(one.ancestors | {one.symbol} for one in every)),
        models=frozenset({solution.model.name}).union(*(one.models for one in every)),
        measured=frozenset().union(*(one.measured for one in every)),
        uses=given.uses,
    )


def _stated(
    solution: Solution,
    given: _Inputs,
    root: Values,
    scale: float,
    composition: Composition | None,
) -> Values:
    """Return the variance that comes from what somebody stated, and from the model itself."""
    total = (solution.model.relative_error * root) ** 2
    if any(variance.any() for variance in given.stated.values()):
        slopes = solution.derivatives(given.values, root, composition)
        for name, variance in given.stated.items():
            total = total + np.where(variance == 0, 0.0, slopes[name] ** 2 * variance)
    return np.where(np.isfinite(total), total, np.inf) / scale**2


def _certain(
    series: Series, most_uncertain: float, rejected: dict[str, tuple[int, str]]
) -> NDArray[np.intp]:
    """Return the rows that are certain enough, and depend on what was measured."""
    std = series.std()
    told = np.isfinite(series.values)
    certain = (std <= most_uncertain * np.abs(series.values)) | (std == 0)
    _count(rejected, "the same for any value", ~told, series, std)
    _count(rejected, "too uncertain", told & ~certain, series, std)
    return np.flatnonzero(told & certain)


def _count(
    rejected: dict[str, tuple[int, str]],
    reason: str,
    where: NDArray[np.bool_],
    series: Series,
    std: Values,
) -> None:
    rows = np.flatnonzero(where)
    if len(rows):
        value, spread = series.values[rows[0]], std[rows[0]]
        example = f"{value:.4g} ± {spread:.2g}" if np.isfinite(value) else ""
        count, first = rejected.get(reason, (0, example))
        rejected[reason] = (count + len(rows), first)


def _derived(
    solution: Solution, series: Series, *, one_of_several: bool = False
) -> list[DerivedValue]:
    """Return the values as records; each root of an equation with several has its own id."""
    std = series.std()
    temperatures = series.temperatures
    return [
        DerivedValue(
            id=fact_id(series.ids[row], f"{series.values[row]:.{_DIGITS}g}")
            if one_of_several
            else series.ids[row],
            kind="derived",
            symbol=series.symbol,
            value=float(series.values[row]),
            std=float(std[row]),
            model=solution.model.name,
            uses=series.uses[row],
            temperature=None if temperatures is None else float(temperatures[row]),
            state=series.state,
            source=series.sources[row] or None,
            score=round(float(series.scores[row]), 4),
            modality="observed" if series.measured and not series.computed else "computed",
            depth=series.depth,
        )
        for row in range(len(series))
    ]
