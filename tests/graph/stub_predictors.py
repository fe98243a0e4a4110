"""Predictors that say what a test lays down, in the place of trained ones."""

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from graph.predictors.base import Condition, MemberRecipe, Prediction, Recipe, Sample
from matlore.errors import InputError

KELVIN = Condition("temperature", "K", 300.0)


def fake_recipe(
    name: str, property: str, unit: str, *, conditions: tuple[Condition, ...] = (), **more: Any
) -> Recipe:
    """Return a recipe with one member that nobody trains."""
    member = MemberRecipe("boosting", ("magpie",))
    return Recipe(name, property, unit, (member,), conditions=conditions, **more)


class FakePredictor:
    """Predicts the values it was given; formulas in `outside` are outside its domain.

    A formula that it was not given is an InputError, as is an element without data.
    """

    def __init__(
        self,
        recipe: Recipe,
        values: Mapping[str, float],
        *,
        outside: Sequence[str] = (),
        learned: Sequence[str] = (),
        width: float = 0.1,
    ) -> None:
        self.recipe = recipe
        self._values = dict(values)
        self._outside = frozenset(outside)
        self._width = width
        samples = tuple(Sample(one, one, {}, 1.0) for one in learned)
        self.training = SimpleNamespace(materials=SimpleNamespace(samples=samples))
        self.calls: list[int] = []

    def predict(
        self, samples: Sequence[Sample], conditions: np.ndarray | None = None
    ) -> list[Prediction]:
        """Return what was laid down, and note how many were asked for."""
        assert conditions is not None
        assert conditions.shape == (len(samples), len(self.recipe.conditions))
        self.calls.append(len(samples))
        for sample in samples:
            if sample.formula not in self._values:
                raise InputError(f"{sample.formula}: has an element without data")
        rows = zip(samples, conditions, strict=True)
        return [self._prediction(sample.formula, row) for sample, row in rows]

    def _prediction(self, formula: str, conditions: np.ndarray) -> Prediction:
        value = self._values[formula]
        inside = formula not in self._outside
        names = [one.name for one in self.recipe.conditions]
        return Prediction(
            name=formula,
            formula=formula,
            property=self.recipe.property,
            value=value,
            unit=self.recipe.unit,
            lower=value - self._width,
            upper=value + self._width,
            level=0.9,
            in_domain=inside,
            doubts=() if inside else ("unlike the training data",),
            conditions=dict(zip(names, conditions.tolist(), strict=True)),
            model=f"{self.recipe.name} 0123456789ab",
        )


class FakePredictors:
    """Predictors by name; those in `own` are the user's."""

    def __init__(self, *predictors: FakePredictor, own: Sequence[str] = ()) -> None:
        self._predictors = {one.recipe.name: one for one in predictors}
        self._own = frozenset(own)
        self.loaded: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        return iter(self._predictors)

    def __getitem__(self, name: str) -> Any:
        self.loaded.add(name)
        return self._predictors[name]

    def recipe(self, name: str) -> Recipe:
        """Return the recipe of a predictor."""
        return self._predictors[name].recipe

    def source(self, name: str) -> str:
        """Return where it is from."""
        return "home" if name in self._own else "starter"
