"""Which predictions `matlore predict` makes: of which materials, by which predictors, at what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from matlore.errors import UsageError

from .predict_inputs import Item
from .predict_models import ALL, Predictors, choose_predictor, find_predictors

if TYPE_CHECKING:
    from graph.predictors.predictor import PropertyPredictor

__all__ = ["Ask", "Question", "Rows", "make_question"]

_CURVE_POINTS = 25
_STEPS = (5.0, 10.0, 25.0, 50.0, 100.0)
_TEMPERATURE = "temperature"


@dataclass(frozen=True, slots=True)
class Ask:
    """One prediction to make.

    Attributes:
        order: place of its row: of the material, of the property, of the conditions.
        item: the material.
        values: of the predictor's conditions.
    """

    order: tuple[int, int, int]
    item: Item
    values: tuple[float, ...]


@dataclass(slots=True)
class Rows:
    """Rows of the answer by their places, and what there is to say about them."""

    found: dict[tuple[int, int, int], dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def fail(self, order: tuple[int, int, int], item: Item, name: str | None, why: str) -> None:
        """Put an error in the place of a prediction."""
        row: dict[str, Any] = {"name": item.name, "property": name, "error": why}
        if item.sample is not None:
            row["formula"] = item.sample.formula
        if item.place:
            row["place"] = item.place
        self.found[order] = row

    def sorted(self) -> list[dict[str, Any]]:
        """Return the rows in the order of the materials; the same error is told once."""
        rows, told = [], set()
        for order in sorted(self.found):
            row = self.found[order]
            if "error" in row:
                if (order[0], row["error"]) in told:
                    continue
                told.add((order[0], row["error"]))
            rows.append(row)
        return rows


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about materials.

    Attributes:
        predictors: those at hand.
        groups: names of the predictors of each property.
        grid: values of conditions by name.
        everything: whether all properties are asked for, and not some by name.
        curves: whether temperatures that are not given are those of a curve.
    """

    predictors: Predictors
    groups: Sequence[Sequence[str]]
    grid: Mapping[str, Sequence[float]]
    everything: bool
    curves: bool

    @property
    def conditions(self) -> list[str]:
        """Return the names of the conditions that the predictors take."""
        return _condition_names(self.predictors, self.groups)

    def asks(self, items: Sequence[Item], rows: Rows) -> dict[str, list[Ask]]:
        """Return the predictions to make by predictor; for the others the rows get errors."""
        asks: dict[str, list[Ask]] = defaultdict(list)
        for k, item in enumerate(items):
            if item.sample is None:
                rows.fail((k, 0, 0), item, None, item.error)
                continue
            chosen = [choose_predictor(self.predictors, one, item.sample) for one in self.groups]
            for place, name in enumerate(chosen):
                if name is None:
                    self._refuse((k, place, 0), item, rows, alone=not any(chosen))
                    continue
                points = self._points(name, item)
                asks[name] += [Ask((k, place, n), item, at) for n, at in enumerate(points)]
        return asks

    def _refuse(self, order: tuple[int, int, int], item: Item, rows: Rows, *, alone: bool) -> None:
        """Say that a formula is too little; that is no error where others can be predicted."""
        recipe = self.predictors.recipe(self.groups[order[1]][0])
        if self.everything and not alone:
            rows.notes[f"{recipe.property} is predicted for structures only"] = None
            return
        why = f"{item.name}: {recipe.name} needs a structure; give a CIF or POSCAR file"
        rows.fail(order, item, recipe.property, why)

    def _points(self, name: str, item: Item) -> Iterable[tuple[float, ...]]:
        """Return combinations of conditions: of its row, else those given, else the usual ones."""
        axes: list[Sequence[float]] = []
        for column, condition in enumerate(self.predictors.recipe(name).conditions):
            if condition.name in item.conditions:
                axes.append((item.conditions[condition.name],))
            elif condition.name in self.grid:
                axes.append(self.grid[condition.name])
            elif self.curves and condition.name == _TEMPERATURE:
                axes.append(_usual_range(self.predictors[name], column))
            else:
                axes.append((condition.default,))
        return product(*axes)

    def note_unused(self, asks: Mapping[str, Sequence[Ask]], rows: Rows) -> None:
        """Note the conditions that a predictor asked for by name does not take."""
        for name in () if self.everything else asks:
            recipe = self.predictors.recipe(name)
            for unused in self.grid.keys() - {one.name for one in recipe.conditions}:
                text = f"{recipe.property} is predicted without {unused}: {name} takes none"
                rows.notes[text] = None


def make_question(
    predictors: Predictors,
    properties: Sequence[str],
    grid: Mapping[str, Sequence[float]],
    *,
    curves: bool = False,
) -> Question:
    """Return a question about properties.

    Args:
        predictors: those at hand.
        properties: by name, synonym or symbol; names of predictors; or `all`.
        grid: values of conditions by name.
        curves: whether temperatures that are not given are those of a curve.

    Raises:
        UsageError: a property has no predictor, or no predictor takes a condition.
    """
    properties = properties or (ALL,)
    groups = _groups(predictors, properties)
    question = Question(predictors, groups, grid, ALL in properties, curves)
    _check_conditions(grid, question.conditions)
    return question


def _groups(predictors: Predictors, properties: Sequence[str]) -> list[list[str]]:
    """Return the predictors of each property asked for; those of one property are one group."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for text in properties:
        by_property: dict[str, list[str]] = defaultdict(list)
        for name in find_predictors(predictors, text):
            by_property[predictors.recipe(name).property].append(name)
        groups |= {tuple(names): names for names in by_property.values()}
    return list(groups.values())


def _condition_names(predictors: Predictors, groups: Iterable[Sequence[str]]) -> list[str]:
    names = (
        condition.name
        for group in groups
        for name in group
        for condition in predictors.recipe(name).conditions
    )
    return list(dict.fromkeys(names))


def _check_conditions(grid: Mapping[str, Sequence[float]], names: Sequence[str]) -> None:
    """Refuse a condition that no predictor takes; a temperature may be given to all."""
    for name in grid:
        if name not in names and name != _TEMPERATURE:
            known = f"these take {', '.join(names)}" if names else "these take none"
            raise UsageError(f"--condition {name}: no predictor takes it ({known})")


def _usual_range(predictor: "PropertyPredictor", column: int) -> list[float]:
    """Return round temperatures over the middle 90 % of those that were learned from."""
    import numpy as np

    low, high = np.quantile(predictor.training.conditions[:, column], (0.05, 0.95))
    step = next((one for one in _STEPS if (high - low) / one <= _CURVE_POINTS), _STEPS[-1])
    first, last = int(np.ceil(low / step)), int(np.floor(high / step))
    return [number * step for number in range(first, last + 1)] or [float(low)]
