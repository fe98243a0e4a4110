"""Predictors by a law that a test gives, for tests of what becomes of predictions in a graph.

Formulas with mercury are outside their domain, and they have no data for thorium.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from graph.predicted_rows import PredictOptions, model_of, predict_rows, read_materials
from graph.predicted_store import PredictedModel, PredictedRows, PredictedStore
from graph.predictors.base import Condition, Prediction, Recipe, Sample
from matlore.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from graph.predictors.predictor import PropertyPredictor

__all__ = [
    "CLASSES",
    "CONDUCTION",
    "GAP",
    "MERIT",
    "FakePredictor",
    "FakePredictors",
    "keep_predictions",
    "rows_of",
]

GAP = Recipe("gap", "band gap", "eV", (), about="Gaps.", source="A table; CC0.", reference="Doe")
MERIT = Recipe("merit", "thermoelectric figure of merit", "1", (),
               conditions=(Condition("temperature", "K", 300.0),))  # fmt: skip
CONDUCTION = Recipe("conduction", "ionic conductivity", "S/cm", ())
CLASSES = Recipe(
    "classes",
    "shininess",
    "1",
    (),
    task="classification",
    classes=("dull", "shiny"),
    about="Lustre.",
)
_WIDTH = 0.1


@dataclass
class FakePredictor:
    """A predictor by a law of the sample and the conditions."""

    recipe: Recipe
    law: Callable[[Sample, Mapping[str, float]], float] = lambda *_: 1.0
    version: str = "1"
    license: str | None = "CC0-1.0"
    asked: list[str] = field(default_factory=list)
    dies_at: str | None = None

    @property
    def card(self) -> dict[str, Any]:
        return {"version": self.version, "license": self.license}

    def predict(
        self, samples: Sequence[Sample], conditions: "np.ndarray", *, level: float = 0.9
    ) -> list[Prediction]:
        for sample in samples:
            if "Th" in sample.fractions:
                raise InputError(f"{sample.name}: no data for Th")
            if sample.name == self.dies_at:
                raise KeyboardInterrupt
        assert conditions.shape == (len(samples), len(self.recipe.conditions))
        self.asked += dict.fromkeys(sample.name for sample in samples)
        return [self._one(*pair, level) for pair in zip(samples, conditions.tolist(), strict=True)]

    def _one(self, sample: Sample, at: Sequence[float], level: float) -> Prediction:
        names = [one.name for one in self.recipe.conditions]
        given = dict(zip(names, at, strict=True))
        value, inside = self.law(sample, given), "Hg" not in sample.fractions
        return Prediction(
            sample.name, sample.formula, self.recipe.property, value, self.recipe.unit,
            value - _WIDTH, value + _WIDTH, level, inside, () if inside else ("it has mercury",),
            given, f"{self.recipe.name} {self.version}",
        )  # fmt: skip

    def told(self) -> list[str]:
        """Return what was asked since this was called last."""
        asked, self.asked = self.asked, []
        return asked


class FakePredictors(dict[str, FakePredictor]):
    """Some of them by the names of their recipes, as `predict_models.Predictors` has them."""

    def __init__(self, *predictors: FakePredictor) -> None:
        super().__init__({one.recipe.name: one for one in predictors})

    def recipe(self, name: str) -> Recipe:
        return self[name].recipe

    def card(self, name: str) -> dict[str, Any]:
        return self[name].card


def rows_of(
    predictor: FakePredictor, keys: Sequence[str], options: PredictOptions | None = None
) -> tuple[PredictedModel, PredictedRows]:
    """Return a model and what it predicts for materials."""
    options = options or PredictOptions()
    model = model_of(predictor.recipe.name, predictor.recipe, predictor.card, options)
    real = cast("PropertyPredictor", predictor)
    return model, predict_rows(real, model, read_materials(keys), options)


def keep_predictions(
    store: PredictedStore,
    predictor: FakePredictor,
    keys: Sequence[str],
    options: PredictOptions | None = None,
) -> PredictedModel:
    """Keep what a predictor predicts for materials beside what is kept of it."""
    model, rows = rows_of(predictor, keys, options)
    before = store.card().models.get(model.name)
    if before is not None and model.predicts_like(before):
        model = replace(model, files=before.files, hashes=before.hashes)
    return store.change(model, [rows])
