"""What there is to do for the predictions of a graph."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, GraphError, UsageError

from .predict_models import Predictors, find_predictors

if TYPE_CHECKING:
    from graph.predicted_rows import PredictOptions
    from graph.predicted_store import PredictedModel, PredictedStore
    from graph.tables import GraphFolder

__all__ = [
    "USUAL_CHOICES",
    "PredictChoices",
    "PredictPlan",
    "PredictTask",
    "plan_predictions",
]

_NEEDS = "composition"
USUAL_CHOICES: Mapping[str, Any] = {
    "temperatures": [300.0, 600.0, 900.0],
    "min_papers": 0,
    "level": 0.9,
    "only_in_domain": False,
}
"""What is chosen where nothing is; the temperatures are those of a room and of waste heat."""


@dataclass(frozen=True, slots=True)
class PredictChoices:
    """What the predictions of a graph are to be; None for what was chosen last, else the usual.

    Attributes:
        temperatures: in K, for predictors that take one; an empty one for the default of each.
        min_papers: leave out materials that fewer papers name, unless a value of them is reported.
        level: how often intervals shall hold the true value.
        only_in_domain: leave out what is unlike the training data.
    """

    temperatures: tuple[float, ...] | None = None
    min_papers: int | None = None
    level: float | None = None
    only_in_domain: bool | None = None

    def over(self, last: Mapping[str, Any]) -> dict[str, Any]:
        """Return all choices, as a home keeps them.

        Raises:
            UsageError: a number that makes no sense.
        """
        for kelvin in self.temperatures or ():
            if not (math.isfinite(kelvin) and kelvin > 0):
                raise UsageError(f"--temperature {kelvin:g}: give kelvins above 0")
        if self.level is not None and not 0 < self.level < 1:
            raise UsageError(f"--level {self.level:g}: give a share between 0 and 1, such as 0.9")
        given = {name: value for name, value in asdict(self).items() if value is not None}
        if self.temperatures is not None:
            given["temperatures"] = sorted(set(self.temperatures))
        known = {name: value for name, value in last.items() if name in USUAL_CHOICES}
        return {**USUAL_CHOICES, **known, **given}


@dataclass(frozen=True, slots=True)
class PredictTask:
    """What is to be done for one predictor.

    Attributes:
        model: as it is to be.
        kept: as it is kept, or None.
        new: materials to predict.
        gone: materials whose values go.
    """

    model: "PredictedModel"
    kept: "PredictedModel | None"
    new: Sequence[str]
    gone: frozenset[str]

    @property
    def anew(self) -> bool:
        """Whether all that is kept is of another version, or of other conditions."""
        return not self.model.predicts_like(self.kept)

    @property
    def anything(self) -> bool:
        """Whether there is anything to do."""
        said = self.kept is None or self.kept.said != self.model.said
        return bool(self.new or self.gone or self.anew or said)


@dataclass(frozen=True, slots=True)
class PredictPlan:
    """What a run has to do.

    Attributes:
        choices: as they are to be kept.
        options: of the predictions.
        materials: how many there are to predict for.
        tasks: one a predictor.
        forgotten: models whose predictors are no more.
        errors: what is wrong with predictors that cannot be read.
    """

    choices: Mapping[str, Any]
    options: "PredictOptions"
    materials: int
    tasks: Sequence[PredictTask]
    forgotten: Sequence[str]
    errors: Sequence[str]


def plan_predictions(
    tables: "GraphFolder",
    kept: "PredictedStore",
    predictors: Predictors,
    properties: Sequence[str],
    choices: PredictChoices,
) -> PredictPlan:
    """Compare the materials of a graph with those that predictors were asked about.

    Args:
        tables: of the graph.
        kept: what was predicted.
        predictors: those at hand.
        properties: only predictors of these; none for all.
        choices: what the predictions are to be.

    Raises:
        UsageError: an unknown property, or choices that make no sense.
        GraphError: a predictor is named as a model of the graph is.
        ArtifactError: what was predicted is damaged.
    """
    from graph.predicted_rows import PredictOptions
    from graph.predicted_tables import formula_materials, names_of_models

    card = kept.card()
    chosen = choices.over(card.choices)
    options = PredictOptions(
        tuple(chosen["temperatures"]), chosen["level"], chosen["only_in_domain"]
    )
    models, errors = _models(predictors, options)
    _check_names(models, names_of_models(tables))
    keys = formula_materials(tables, chosen["min_papers"])
    asked = _asked(predictors, properties, models)
    tasks = [_task(kept, model, card.models.get(name), keys)
             for name, model in models.items() if name in asked]  # fmt: skip
    forgotten = [name for name in card.models if name not in predictors]
    return PredictPlan(chosen, options, len(keys), tasks, forgotten, errors)


def _models(
    predictors: Predictors, options: "PredictOptions"
) -> "tuple[dict[str, PredictedModel], list[str]]":
    """Return what the graph will say of predictors, and what is wrong with those that it will not.

    Only those that take a composition are among them.
    """
    from graph.predicted_rows import model_of

    models, errors = {}, []
    for name in predictors:
        try:
            recipe = predictors.recipe(name)
            if recipe.needs == _NEEDS:
                models[name] = model_of(name, recipe, predictors.card(name), options)
        except ArtifactError as error:
            errors.append(str(error))
    return models, errors


def _check_names(models: Collection[str], taken: Collection[str]) -> None:
    """Refuse a predictor that is named as a model of physics.

    Raises:
        GraphError: the first such.
    """
    for name in models:
        if name in taken:
            raise GraphError(
                f"the graph has another model named {name!r}: give the folder of this predictor"
                " another name"
            )


def _asked(
    predictors: Predictors, properties: Sequence[str], models: Collection[str]
) -> Collection[str]:
    """Return which predictors are to run.

    Raises:
        UsageError: there is none for a property, or none that takes a composition.
    """
    if not properties:
        return models
    asked: set[str] = set()
    for text in properties:
        found = [name for name in find_predictors(predictors, text) if name in models]
        if not found:
            raise UsageError(
                f"--property {text}: its predictors need a structure, and materials of the graph"
                " have none; `matlore predict` takes CIF files"
            )
        asked |= set(found)
    return asked


def _task(
    kept: "PredictedStore",
    model: "PredictedModel",
    before: "PredictedModel | None",
    keys: Sequence[str],
) -> PredictTask:
    if before is None or not model.predicts_like(before):
        return PredictTask(model, before, keys, frozenset())
    known = kept.notes(before)
    new = [key for key in keys if key not in known]
    return PredictTask(model, before, new, frozenset(known.keys() - set(keys)))
