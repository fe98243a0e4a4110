"""Round after round, every model is applied to what the round before brought."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .application import Unmatched, apply_model, common_grid
from .base import (
    FORMULA,
    TEMPERATURE,
    Composition,
    Conflict,
    DerivedValue,
    Rejection,
    Solution,
    Symbol,
)
from .combining import merge_paths
from .series import Series, State, close_to

if TYPE_CHECKING:
    from .engine import DeriveOptions
    from .library import Library

__all__ = ["Found", "Rounds"]

_SEGMENTS = 6
_SURE = 2.0


@dataclass(slots=True)
class Found:
    """What was derived, rejected and found to disagree, each once."""

    made: dict[str, DerivedValue] = field(default_factory=dict)
    rejections: dict[tuple[str, str, str], Rejection] = field(default_factory=dict)
    conflicts: dict[tuple[str, str], Conflict] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)
    series: list[Series] = field(default_factory=list)

    def add(self, values: Iterable[DerivedValue]) -> None:
        """Keep values; one that is there already stays as it is."""
        for value in values:
            self.made.setdefault(value.id, value)

    def reject(self, what: str, symbol: str, reasons: "dict[str, tuple[int, str]]") -> None:
        """Count what was rejected."""
        for reason, (count, example) in reasons.items():
            key = (what, symbol, reason)
            before = self.rejections.get(key)
            self.rejections[key] = (
                Rejection(what, symbol, reason, example, count)
                if before is None
                else replace(before, count=before.count + count)
            )

    def take(self, other: "Found", *, wanted: Sequence[str]) -> None:
        """Take those values of another that are wanted or compared, with all they came from."""
        left = [*wanted, *sorted(other.compared)]
        while left:
            id = left.pop()
            value = other.made.get(id)
            if value is not None and id not in self.made:
                self.made[id] = value
                left += [use.id for use in value.uses]
        self.conflicts.update(other.conflicts)
        for (what, symbol, reason), one in other.rejections.items():
            self.reject(what, symbol, {reason: (one.count, one.example)})


class Rounds:
    """The models of a library, applied to the values of one material.

    Args:
        material: its key.
        library: symbols and models.
        options: how far to go.
        composition: of the material, if it has a formula.
        deadline: of `time.monotonic()`.
    """

    def __init__(
        self,
        material: str,
        library: "Library",
        options: "DeriveOptions",
        composition: Composition | None,
        deadline: float,
    ) -> None:
        self.material = material
        self.library = library
        self.options = options
        self.composition = composition
        self.deadline = deadline
        self.cut_off: str | None = None

    def from_formula(self) -> Found:
        """Return what follows from the formula alone."""
        found = Found()
        if self.composition is None:
            return found
        for solution in _prepared(self.library).from_formula:
            made = self._apply(solution, {}, (), None, found)
            if made is not None:
                found.series.append(made)
        return found

    def run(
        self,
        series: Sequence[Series],
        base: Sequence[Series],
        found: Found,
        *,
        one_source: bool,
    ) -> list[Series]:
        """Apply models until nothing new follows, or as far as the options go.

        Args:
            series: of reported values.
            base: what follows from the formula.
            found: takes what is made.
            one_source: whether all are from one paper.

        Returns:
            The series that were derived.
        """
        pool = _Pool()
        pool.add([*series, *base])
        reported = {id(one) for one in series}
        fresh = {id(one) for one in (series if one_source else [*series, *base])}
        derived: list[Series] = []
        for _ in range(self.options.max_depth):
            paths: dict[tuple[str, State, bool], list[Series]] = defaultdict(list)
            for solution, inputs, state in self._combinations(pool, fresh):
                if self._over(found):
                    return derived
                made = self._one(solution, inputs, state, pool, reported, found, one_source)
                if made is not None:
                    paths[made.symbol, made.state, made.temperatures is not None].append(made)
            new = self._merged(paths, found)
            pool.add(new)
            derived += new
            fresh = {id(one) for one in new}
            if not fresh:
                break
        return derived

    def _over(self, found: Found) -> bool:
        """Tell whether the time is over, or there are too many values."""
        if time.monotonic() > self.deadline:
            self.cut_off = f"after {self.options.seconds:g} s"
        elif len(found.made) > self.options.max_values:
            self.cut_off = f"at {self.options.max_values} values"
        return self.cut_off is not None

    def _combinations(
        self, pool: "_Pool", fresh: set[int]
    ) -> Iterator[tuple[Solution, dict[str, Series], State]]:
        """Yield each model with inputs of one state, one of them new."""
        there = set(pool.series)
        new = {one.symbol for some in pool.series.values() for one in some if id(one) in fresh}
        for solution, needs in _prepared(self.library).others:
            if not needs.issubset(there) or not needs & new:
                continue
            if self.composition is None and _takes_formula(solution):
                continue
            target = solution.target.stands_for
            for inputs, state in _matches(solution, pool, self.library.symbols):
                if not any(id(one) in fresh for one in inputs.values()):
                    continue
                if any(
                    target in one.ancestors or solution.model.name in one.models
                    for one in inputs.values()
                ):
                    continue  # it would follow from itself
                yield solution, inputs, state

    def _one(
        self,
        solution: Solution,
        inputs: dict[str, Series],
        state: State,
        pool: "_Pool",
        reported: set[int],
        found: Found,
        one_source: bool,
    ) -> Series | None:
        """Apply a model; what is known already is only compared with what it gives."""
        target = self.library.symbols[solution.target.stands_for]
        state = tuple(one for one in state if target.depends_on(one[0]))
        there = pool.of(target.name, state)
        try:
            grid = common_grid(solution, inputs, one_source=one_source)
            if there and not solution.direct:
                grid = _uncovered(grid, there, target)
        except Unmatched:
            return None
        made = self._apply(solution, inputs, state, grid, found)
        if made is None or not there:
            return made
        for one in there:
            if id(one) in reported and solution.direct:
                self._compare(made, one, target, found)
        covered = np.any([_meets(made, one, target) for one in there], axis=0)
        left = made.take(np.flatnonzero(~covered))
        return left if len(left) and len(there) < _SEGMENTS else None

    def _apply(
        self,
        solution: Solution,
        inputs: dict[str, Series],
        state: State,
        grid: NDArray[np.float64] | None,
        found: Found,
    ) -> Series | None:
        applied = apply_model(
            solution,
            inputs,
            grid,
            state,
            material=self.material,
            target=self.library.symbols[solution.target.stands_for],
            scales=_prepared(self.library).scales[solution.model.name],
            composition=self.composition,
            most_uncertain=self.options.max_relative_uncertainty,
        )
        found.add(applied.values)
        found.reject(solution.model.name, solution.target.stands_for, dict(applied.rejected))
        return applied.series

    def _merged(
        self, paths: "dict[tuple[str, State, bool], list[Series]]", found: Found
    ) -> list[Series]:
        merged = []
        for key in sorted(paths):
            one, means = merge_paths(paths[key], self.library.symbols[key[0]])
            found.add(means)
            merged.append(one)
        return merged

    def _compare(self, made: Series, reported: Series, target: Symbol, found: Found) -> None:
        """Note where a derived and a reported value disagree."""
        for row in np.flatnonzero(_meets(made, reported, target)):
            other = _nearest_row(made, int(row), reported)
            found.compared.update((made.ids[int(row)], reported.ids[other]))
            ours, theirs = float(made.values[row]), float(reported.values[other])
            unsure = float(made.stated[row] + reported.stated[other]) ** 0.5
            allowed = self.options.tolerance * abs(theirs) + target.negligible + _SURE * unsure
            if abs(ours - theirs) > allowed:
                difference = (ours - theirs) / theirs if theirs else None
                ends = made.ids[int(row)], reported.ids[other]
                found.conflicts[ends] = Conflict(*ends, difference)


class _Pool:
    """Series by property and state; there may be several, for different temperatures."""

    def __init__(self) -> None:
        self.series: dict[str, list[Series]] = {}

    def add(self, series: Iterable[Series]) -> None:
        for one in series:
            self.series.setdefault(one.symbol, []).append(one)

    def of(self, symbol: str, state: State) -> list[Series]:
        return [one for one in self.series.get(symbol, ()) if one.state == state]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is asked of a library again and again.

    Attributes:
        from_formula: solutions that need nothing but the composition.
        others: the rest, with the properties that they need.
        scales: by model and variable.
    """

    from_formula: tuple[Solution, ...]
    others: tuple[tuple[Solution, frozenset[str]], ...]
    scales: dict[str, dict[str, float]]


_PREPARED: dict[str, _Prepared] = {}


def _prepared(library: "Library") -> _Prepared:
    """Return what is asked of a library, made once for each version of it."""
    if library.version not in _PREPARED:
        formula, others = [], []
        for solution in library.solutions():
            needs = frozenset(one.stands_for for one in solution.inputs if one.is_property)
            if needs:
                others.append((solution, needs))
            elif all(one.stands_for == FORMULA for one in solution.inputs):
                formula.append(solution)
        scales = {
            model.name: {one.name: library.scale(one) for one in model.variables.values()}
            for model in library.models.values()
        }
        _PREPARED[library.version] = _Prepared(tuple(formula), tuple(others), scales)
    return _PREPARED[library.version]


def _uncovered(
    grid: NDArray[np.float64] | None, there: Sequence[Series], target: Symbol
) -> NDArray[np.float64] | None:
    """Return the temperatures at which nothing is known yet.

    Raises:
        Unmatched: there are none.
    """
    if not target.depends_on(TEMPERATURE):
        raise Unmatched
    covered = np.any([close_to(grid, one.temperatures) for one in there], axis=0)
    if covered.all():
        raise Unmatched
    return None if grid is None else grid[~covered]


def _takes_formula(solution: Solution) -> bool:
    return any(one.stands_for == FORMULA for one in solution.inputs)


def _matches(
    solution: Solution, pool: _Pool, symbols: Mapping[str, Symbol]
) -> Iterator[tuple[dict[str, Series], State]]:
    """Yield inputs that were taken under the same conditions, as far as they depend on them."""
    variables = [one for one in solution.inputs if one.is_property]

    def extend(chosen: list[Series]) -> Iterator[list[Series]]:
        if len(chosen) == len(variables):
            yield chosen
            return
        for one in pool.series.get(variables[len(chosen)].stands_for, ()):
            if all(_compatible(one, other, symbols) for other in chosen):
                yield from extend([*chosen, one])

    for chosen in extend([]):
        state = sorted({condition for one in chosen for condition in one.state})
        names = [one.name for one in variables]
        yield dict(zip(names, chosen, strict=True)), tuple(state)


def _compatible(one: Series, other: Series, symbols: Mapping[str, Symbol]) -> bool:
    """Tell whether two series agree in all conditions that both depend on."""
    if not one.state and not other.state:
        return True
    ours, theirs = dict(one.state), dict(other.state)
    return all(
        ours.get(name) == theirs.get(name)
        for name in {*ours, *theirs}
        if symbols[one.symbol].depends_on(name) and symbols[other.symbol].depends_on(name)
    )


def _meets(made: Series, other: Series, target: Symbol) -> NDArray[np.bool_]:
    """Tell which values of a series another has too."""
    if not target.depends_on(TEMPERATURE):
        return np.ones(len(made), bool)
    return close_to(made.temperatures, other.temperatures)


def _nearest_row(made: Series, row: int, other: Series) -> int:
    if made.temperatures is None or other.temperatures is None:
        return 0
    return int(np.abs(other.temperatures - made.temperatures[row]).argmin())
