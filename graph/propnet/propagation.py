"""Uncertainty through models: to first order, or by Monte Carlo where that is not enough.

To first order each origin of uncertainty goes on with its sign (as the `uncertainties` package
does, here for arrays), so that what shares an origin is correlated rightly (GUM, JCGM 100:2008,
5.2). Where a model bends within one standard deviation of an input, samples are drawn instead
(JCGM 101:2008), with the correlations that the origins give.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .base import Composition, Solution

__all__ = ["Propagated", "propagate"]

Values = NDArray[np.float64]

_MODEL = "model "
_CANCELLED = 1e-9
_NEARLY_LINEAR = 0.05  # relative standard deviations below it are not looked at closer
_BEND = 0.1
_SAMPLES = 400
_ENOUGH = 0.8
_ONE_SIGMA = (15.865525393145708, 84.13447460685429)


@dataclass(frozen=True, slots=True)
class Propagated:
    """The uncertainty of a solution.

    Attributes:
        parts: by origin, (n,), in the model's unit of the target; the model's own error among
            them. Infinite where it cannot be told.
        empty: (n,) where what was measured cancels out, so that the result is the same for any
            value: a gap by theory from T_c, over T_c.
    """

    parts: dict[str, Values]
    empty: NDArray[np.bool_]


def propagate(
    solution: Solution,
    values: Mapping[str, Values],
    parts: Mapping[str, Mapping[str, Values]],
    root: Values,
    composition: Composition | None,
) -> Propagated:
    """Return the uncertainty of a solution by origin.

    Args:
        solution: the model, solved.
        values: of its inputs, (n,) each, in the model's units.
        parts: by variable the uncertainty by origin, (n,) each, in the model's units.
        root: the solution, (n,), without NaN.
        composition: for a model that takes one.
    """
    found: dict[str, Values] = {}
    gross: dict[str, Values] = {}
    parts = {variable: origins for variable, origins in parts.items() if origins}
    if parts:
        slopes = solution.derivatives(values, root, composition)
        for variable, origins in parts.items():
            for origin, part in origins.items():
                step = np.where(part == 0, 0.0, slopes[variable] * part)
                found[origin] = found.get(origin, 0.0) + step
                gross[origin] = gross.get(origin, 0.0) + np.abs(step)
    empty = _cancelled(found, gross, len(root))
    if parts:
        _bend(solution, values, parts, root, composition, found)
    error = solution.model.relative_error
    if error:
        found[f"{_MODEL}{solution.model.name}"] = error * np.abs(root)
    finite = {origin: np.where(np.isfinite(part), part, np.inf) for origin, part in found.items()}
    return Propagated(finite, empty)


def _cancelled(net: Mapping[str, Values], gross: Mapping[str, Values], n: int) -> NDArray[np.bool_]:
    """Tell where all that was measured went in, and nothing of it is left."""
    measured = [origin for origin in net if not origin.startswith(_MODEL)]
    if not measured:
        return np.zeros(n, bool)
    went_in = np.max([gross[origin] for origin in measured], axis=0)
    left = np.max([np.abs(net[origin]) for origin in measured], axis=0)
    with np.errstate(invalid="ignore"):
        gone: NDArray[np.bool_] = (went_in > 0) & (left <= _CANCELLED * went_in)
    return gone


def _bend(
    solution: Solution,
    values: Mapping[str, Values],
    parts: Mapping[str, Mapping[str, Values]],
    root: Values,
    composition: Composition | None,
    found: dict[str, Values],
) -> None:
    """Scale the parts so that they add up to what samples show, where the model bends."""
    first = _total(found)
    stds = {variable: _total(origins) for variable, origins in parts.items()}
    with np.errstate(invalid="ignore", divide="ignore"):
        wide = np.zeros(len(root), bool)
        for variable, std in stds.items():
            wide |= std > _NEARLY_LINEAR * np.abs(values[variable])
    rows = np.flatnonzero(wide & np.isfinite(first) & (first > 0))
    if not len(rows):
        return
    some = {name: value[rows] for name, value in values.items()}
    bent = np.zeros(len(rows), bool)
    for variable, std in stds.items():
        step = std[rows]
        up, down = (
            _nearest(
                solution, {**some, variable: some[variable] + sign * step}, root[rows], composition
            )
            for sign in (1, -1)
        )
        with np.errstate(invalid="ignore"):
            bent |= ~(np.abs(up + down - 2 * root[rows]) <= 2 * _BEND * first[rows])
    for row in rows[bent]:
        scale = _sampled(solution, values, parts, root, composition, int(row)) / first[row]
        for part in found.values():
            part[row] = part[row] * scale if np.isfinite(scale) else np.inf


def _sampled(
    solution: Solution,
    values: Mapping[str, Values],
    parts: Mapping[str, Mapping[str, Values]],
    root: Values,
    composition: Composition | None,
    row: int,
) -> float:
    """Return half the width of the middle 68 % of samples; infinite where many have no value."""
    random = np.random.default_rng(crc32(f"{solution.model.name} {solution.target.name}".encode()))
    origins = sorted({origin for some in parts.values() for origin in some})
    drawn = {origin: random.standard_normal(_SAMPLES) for origin in origins}
    samples = {}
    for name, value in values.items():
        samples[name] = np.full(_SAMPLES, value[row])
        for origin, part in parts.get(name, {}).items():
            samples[name] += part[row] * drawn[origin]
    found = _nearest(solution, samples, np.full(_SAMPLES, root[row]), composition)
    kept = found[np.isfinite(found)]
    if len(kept) < _ENOUGH * _SAMPLES:
        return float("inf")
    low, high = np.percentile(kept, _ONE_SIGMA)
    return float(high - low) / 2


def _nearest(
    solution: Solution, values: Mapping[str, Values], root: Values, composition: Composition | None
) -> Values:
    """Return of all solutions the one next to a root, (n,); NaN where there is none."""
    found = solution.roots(values, composition)
    if len(found) == 1:
        return np.broadcast_to(found[0], root.shape)
    distance = np.abs(found - root)
    row = np.argmin(np.where(np.isnan(distance), np.inf, distance), axis=0)
    nearest: Values = found[row, np.arange(found.shape[1])]
    return nearest


def _total(parts: Mapping[str, Values]) -> Values:
    total: Values = np.sqrt(np.sum([part**2 for part in parts.values()], axis=0))
    return total
