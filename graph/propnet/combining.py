"""Reported values as series, and series of several paths as one.

However many values there are, what goes on is one value for each property, state and
temperature: a thousand reported values then cost what one does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matlore.records import fact_id

from .aggregation import temperature_groups, weighted_mean
from .base import TEMPERATURE, DerivedValue, KnownValue, Symbol, Use
from .series import NO_PAPER, SEVERAL, Series, State, tolerance_at

__all__ = ["WEIGHTED_MEAN", "Point", "common_source", "merge_paths", "merge_points"]

WEIGHTED_MEAN = "weighted mean"
"""The name of what makes one value of several."""

Values = NDArray[np.float64]
_COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Point:
    """A value that a source gives, or that follows from what it gives alone."""

    known: KnownValue
    depth: int = 0
    ancestors: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    measured: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _One:
    """One value made of several, or a single one as it is."""

    value: float
    std: float
    stated: float
    id: str
    score: float
    source: str | None
    computed: bool
    made: DerivedValue | None


def merge_points(
    points: Iterable[Point], symbols: Mapping[str, Symbol], *, one_source: bool = False
) -> tuple[list[Series], list[DerivedValue]]:
    """Return a series for each property and state, and the means that were made for them.

    Args:
        points: of one material, from any number of sources.
        symbols: by name.
        one_source: whether all are from one paper, which means what it says: only values at the
            very same temperature are one then.

    Returns:
        Series by property and state; one with temperatures and one without are two.
    """
    groups: dict[tuple[str, State, bool], list[Point]] = defaultdict(list)
    for point in points:
        known = point.known
        groups[known.symbol, known.state, known.temperature is not None].append(point)
    series, means = [], []
    for (name, state, at_temperature), members in sorted(groups.items(), key=lambda one: one[0]):
        unspecified = not at_temperature and symbols[name].depends_on(TEMPERATURE)
        made, some = _as_series(members, state, unspecified=unspecified, exact=one_source)
        series.append(made)
        means += some
    return series, means


def _as_series(
    points: Sequence[Point], state: State, *, unspecified: bool, exact: bool
) -> tuple[Series, list[DerivedValue]]:
    symbol = points[0].known.symbol
    given = [point.known.temperature for point in points]
    groups: list[NDArray[np.intp]]
    if given[0] is None:
        temperatures, groups = None, [np.arange(len(points))]
    else:
        own = np.array(given, float)
        groups = temperature_groups(own, np.zeros(len(own)) if exact else tolerance_at(own))
        temperatures = np.array([own[group].mean() for group in groups])
    at = [None] * len(groups) if temperatures is None else temperatures.tolist()
    ones = [
        _one([points[row] for row in group], at[number], state)
        for number, group in enumerate(groups)
    ]
    origin = f"{symbol} {state} {min(point.known.id for point in points)}"
    series = Series(
        symbol=symbol,
        state=state,
        temperatures=temperatures,
        values=np.array([one.value for one in ones]),
        parts={origin: np.array([one.std for one in ones])},
        stated=np.array([one.stated for one in ones]),
        ids=[one.id for one in ones],
        scores=np.array([one.score for one in ones]),
        sources=[one.source for one in ones],
        unspecified=unspecified,
        computed=any(one.computed for one in ones),
        depth=max(point.depth for point in points),
        ancestors=frozenset().union(*(point.ancestors for point in points)),
        models=frozenset().union(*(point.models for point in points)),
        measured=frozenset().union(*(point.measured for point in points)),
    )
    return series, [one.made for one in ones if one.made is not None]


def _one(points: Sequence[Point], temperature: float | None, state: State) -> _One:
    """Return one value for a temperature: each source counts once."""
    if len(points) == 1:
        known = points[0].known
        std = known.std or known.rounding
        stated = (known.std or 0.0) ** 2
        computed = known.modality == _COMPUTED
        return _One(
            *(known.value, std, stated, known.id, known.score), known.source, computed, None
        )
    shares, value, spread = _shares(points)
    stds = np.array([point.known.std or 0.0 for point in points])
    rounding = np.array([point.known.std or point.known.rounding for point in points])
    counted = [point for point, share in zip(points, shares, strict=True) if share > 0]
    stated = spread**2 + float(shares @ stds**2)
    std = float(np.sqrt(spread**2 + shares @ rounding**2))
    uses = _uses([point.known.id for point in points], shares)
    symbol = points[0].known.symbol
    score = max(point.known.score for point in counted)
    computed = any(point.known.modality == _COMPUTED for point in counted)
    source = common_source([point.known.source for point in counted])
    made = DerivedValue(
        id=fact_id(WEIGHTED_MEAN, *(use.id for use in uses), symbol),
        kind="aggregate",
        symbol=symbol,
        value=value,
        std=std,
        model=WEIGHTED_MEAN,
        uses=uses,
        temperature=temperature,
        state=state,
        source=source,
        score=score,
        modality=_COMPUTED if computed else "observed",
        depth=max(point.depth for point in points),
    )
    return _One(value, std, stated, made.id, score, source, computed, made)


def _shares(points: Sequence[Point]) -> tuple[Values, float, float]:
    """Return the share of each point, the mean and the spread.

    Values that were calculated do not count beside any that were observed.
    """
    computed = np.array([point.known.modality == _COMPUTED for point in points])
    counts = ~computed if not computed.all() else np.ones(len(points), bool)
    by_source: dict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(counts):
        by_source[points[int(row)].known.source].append(int(row))
    rows = list(by_source.values())
    inner = [
        weighted_mean(
            [points[row].known.value for row in group],
            [points[row].known.std or points[row].known.rounding for row in group],
        )
        for group in rows
    ]
    variances = [
        one.spread**2 / len(group)
        + float(
            one.weights @ [(points[r].known.std or points[r].known.rounding) ** 2 for r in group]
        )
        for one, group in zip(inner, rows, strict=True)
    ]
    outer = weighted_mean([one.value for one in inner], [v**0.5 for v in variances])
    shares = np.zeros(len(points))
    for group, one, weight in zip(rows, inner, outer.weights, strict=True):
        shares[group] = one.weights * weight
    spread = outer.spread if len(rows) > 1 else inner[0].spread
    return shares, outer.value, spread


def _uses(ids: Sequence[str], shares: Values) -> tuple[Use, ...]:
    found = [Use(id, "", round(float(share), 6)) for id, share in zip(ids, shares, strict=True)]
    return tuple(sorted(found, key=lambda use: use.id))


def common_source(sources: Sequence[str | None]) -> str | None:
    """Return the only paper behind several values: `NO_PAPER` for none, `SEVERAL` for more."""
    papers = {source for source in sources if source != NO_PAPER}
    if not papers:
        return NO_PAPER
    return papers.pop() if len(papers) == 1 else SEVERAL


def merge_paths(paths: Sequence[Series], symbol: Symbol) -> tuple[Series, list[DerivedValue]]:
    """Make one series of those that several models give for one property and state.

    Where only one path leads to a temperature, its value stays as it is. A property that does
    not depend on temperature has one value.

    Returns:
        The series, and the means that were made.
    """
    alike = all(path.temperatures is not None for path in paths)
    at_temperature = alike and symbol.depends_on(TEMPERATURE)
    if len(paths) == 1 and (at_temperature or len(paths[0]) == 1):
        return (paths[0] if at_temperature else replace(paths[0], temperatures=None)), []
    joined = _joined(paths)
    if at_temperature and joined.temperatures is not None:
        own = joined.temperatures
        groups = temperature_groups(own, tolerance_at(own))
        temperatures = np.array([own[group].mean() for group in groups])
    else:
        temperatures, groups = None, [np.arange(len(joined))]
    at = [None] * len(groups) if temperatures is None else temperatures.tolist()
    made = [_mean_row(joined, group, kelvin) for group, kelvin in zip(groups, at, strict=True)]
    means = [mean for _, mean in made if mean is not None]
    return _stack(joined, temperatures, [row for row, _ in made]), means


def _joined(paths: Sequence[Series]) -> Series:
    """Return the values of several series one after the other."""
    first = paths[0]
    lengths = [len(path) for path in paths]
    origins = sorted({origin for path in paths for origin in path.parts})
    parts = {
        origin: np.concatenate(
            [path.parts.get(origin, np.zeros(n)) for path, n in zip(paths, lengths, strict=True)]
        )
        for origin in origins
    }
    temperatures = [path.temperatures for path in paths]
    known = [t for t in temperatures if t is not None]
    return replace(
        first,
        temperatures=np.concatenate(known) if len(known) == len(paths) else None,
        values=np.concatenate([path.values for path in paths]),
        parts=parts,
        stated=np.concatenate([path.stated for path in paths]),
        ids=[id for path in paths for id in path.ids],
        scores=np.concatenate([path.scores for path in paths]),
        sources=[source for path in paths for source in path.sources],
        unspecified=any(path.unspecified for path in paths),
        computed=any(path.computed for path in paths),
        depth=max(path.depth for path in paths),
        ancestors=frozenset().union(*(path.ancestors for path in paths)),
        models=frozenset().union(*(path.models for path in paths)),
        measured=frozenset().union(*(path.measured for path in paths)),
    )


def _mean_row(
    joined: Series, group: NDArray[np.intp], temperature: float | None
) -> tuple[tuple[NDArray[np.intp], Values, float, str], DerivedValue | None]:
    """Return rows, shares, spread and id of one value, and the mean where there are several."""
    if len(group) == 1:
        return (group, np.ones(1), 0.0, joined.ids[group[0]]), None
    mean = weighted_mean(joined.values[group].tolist(), joined.std()[group].tolist())
    uses = _uses([joined.ids[row] for row in group], mean.weights)
    within = sum((float(mean.weights @ part[group]) ** 2 for part in joined.parts.values()), 0.0)
    made = DerivedValue(
        id=fact_id(WEIGHTED_MEAN, *(use.id for use in uses), joined.symbol),
        kind="aggregate",
        symbol=joined.symbol,
        value=mean.value,
        std=float(np.sqrt(within + mean.spread**2)),
        model=WEIGHTED_MEAN,
        uses=uses,
        temperature=temperature,
        state=joined.state,
        source=common_source([joined.sources[row] for row in group]) or None,
        score=float(joined.scores[group].max()),
        modality=_COMPUTED if joined.computed else "observed",
        depth=joined.depth,
    )
    return (group, mean.weights, mean.spread, made.id), made


def _stack(
    joined: Series,
    temperatures: Values | None,
    rows: Sequence[tuple[NDArray[np.intp], Values, float, str]],
) -> Series:
    """Return the series of values that are shares of others."""

    def mixed(values: Values) -> Values:
        return np.array([shares @ values[group] for group, shares, _, _ in rows])

    spreads = np.array([spread for _, _, spread, _ in rows])
    parts = {origin: mixed(part) for origin, part in joined.parts.items()}
    if spreads.any():
        parts[f"paths to {rows[0][3]}"] = spreads
    return replace(
        joined,
        temperatures=temperatures,
        values=mixed(joined.values),
        parts=parts,
        stated=mixed(joined.stated) + spreads**2,
        ids=[id for *_, id in rows],
        scores=np.array([joined.scores[group].max() for group, *_ in rows]),
        sources=[common_source([joined.sources[row] for row in group]) for group, *_ in rows],
        uses=(),
    )
