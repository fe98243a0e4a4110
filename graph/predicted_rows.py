"""Predictions of predictors, as the rows that `predicted_store` keeps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError
from matlore.records import fact_id
from matlore.units import to_si

from .predicted_store import PredictedModel, PredictedRows, predicted_schemas

if TYPE_CHECKING:
    from .predictors.base import Prediction, Recipe, Sample
    from .predictors.predictor import PropertyPredictor

__all__ = ["OUTSIDE", "PredictOptions", "Reading", "model_of", "predict_rows", "read_materials"]

OUTSIDE = "outside the domain"
"""Why there is no value of a material that is unlike the training data, where none is wanted."""

_TEMPERATURE = "temperature"
_PRESSURE = "pressure"
_DIGITS = 6
_MODALITY = "computed"


@dataclass(frozen=True, slots=True)
class PredictOptions:
    """At which conditions to predict, and what to keep.

    Attributes:
        temperatures: in K, for predictors that take one; none for the default of each.
        level: how often intervals shall hold the true value.
        only_in_domain: keep no value of what is unlike the training data.
    """

    temperatures: tuple[float, ...] = ()
    level: float = 0.9
    only_in_domain: bool = False

    def stamp(self, recipe: "Recipe") -> str:
        """Return what must be the same for a predictor to give the same values."""
        points = ["; ".join(_texts(recipe, at)) for at in self.points(recipe)]
        kept = "in domain" if self.only_in_domain else "all"
        return f"{', '.join(points) or 'no conditions'}; level {self.level:g}; {kept}"

    def points(self, recipe: "Recipe") -> list[tuple[float, ...]]:
        """Return the conditions to predict at, in the order of the recipe's."""
        axes = [
            self.temperatures if one.name == _TEMPERATURE and self.temperatures else (one.default,)
            for one in recipe.conditions
        ]
        return sorted(set(product(*axes)))


@dataclass(frozen=True, slots=True)
class Reading:
    """A material of the graph.

    Attributes:
        key: of its node.
        sample: its composition; None where it cannot be read.
        note: why it cannot be.
    """

    key: str
    sample: "Sample | None"
    note: str | None = None


def read_materials(keys: Sequence[str]) -> list[Reading]:
    """Read the compositions of materials from their keys."""
    from .predictors.compositions import read_formula

    found = []
    for key in keys:
        try:
            found.append(Reading(key, read_formula(key)))
        except InputError as error:
            found.append(Reading(key, None, str(error)))
    return found


def model_of(
    name: str, recipe: "Recipe", card: Mapping[str, Any], options: PredictOptions
) -> PredictedModel:
    """Return what the graph says of a predictor, before any of its values are kept.

    Args:
        name: by which the predictor is known.
        recipe: of the predictor.
        card: of the predictor: its `version`, and the `license` of the data.
        options: with which it predicts.
    """
    about = recipe.about
    if recipe.classes is not None:
        zero, one = recipe.classes
        about = (
            f"{about} The value is the probability of {one}; lower and upper are the ends of the"
            f" set of classes, 0 for {zero} and 1 for {one}."
        ).strip()
    said = [recipe.reference, f"data: {recipe.source}" if recipe.source else ""]
    return PredictedModel(
        name=name,
        version=str(card["version"]),
        settings=options.stamp(recipe),
        property_name=recipe.property,
        unit=recipe.unit,
        about=about or None,
        reference="; ".join(one for one in said if one) or None,
        license=card.get("license"),
    )


def predict_rows(
    predictor: "PropertyPredictor",
    model: PredictedModel,
    materials: Sequence[Reading],
    options: PredictOptions,
) -> PredictedRows:
    """Predict some materials; one that cannot be predicted gets a note, and stops no other.

    Args:
        predictor: of the model.
        model: as the graph names it.
        materials: to predict.
        options: at which conditions, and what to keep.
    """
    import pyarrow as pa

    points = options.points(predictor.recipe)
    known = [one for one in materials if one.sample is not None]
    notes = {one.key: one.note for one in materials}
    rows: list[dict[str, Any]] = []
    for reading, answer in _predicted(predictor, known, points, options.level):
        if isinstance(answer, InputError):
            notes[reading.key] = str(answer)
            continue
        kept = [one for one in answer if one.in_domain or not options.only_in_domain]
        if not kept:
            notes[reading.key] = OUTSIDE
        rows += [_quantity(model, predictor.recipe, reading.key, one) for one in kept]
    schemas = predicted_schemas()
    said = [{"material": key, "note": note} for key, note in notes.items()]
    return PredictedRows(
        pa.Table.from_pylist(rows, schemas["quantities"]),
        pa.Table.from_pylist(said, schemas["materials"]),
    )


def _predicted(
    predictor: "PropertyPredictor",
    materials: Sequence[Reading],
    points: Sequence[tuple[float, ...]],
    level: float,
) -> "Iterator[tuple[Reading, list[Prediction] | InputError]]":
    """Yield predictions; where a batch fails its halves are tried, down to the bad material."""
    import numpy as np

    if not materials:
        return
    samples = [one.sample for one in materials if one.sample is not None for _ in points]
    conditions = np.array([at for _ in materials for at in points], dtype=np.float64)
    shape = (len(samples), len(predictor.recipe.conditions))
    try:
        found = predictor.predict(samples, conditions.reshape(shape), level=level)
    except InputError as error:
        if len(materials) == 1:
            yield materials[0], error
            return
        middle = len(materials) // 2
        yield from _predicted(predictor, materials[:middle], points, level)
        yield from _predicted(predictor, materials[middle:], points, level)
        return
    for number, one in enumerate(materials):
        yield one, found[number * len(points) : (number + 1) * len(points)]


def _quantity(
    model: PredictedModel,
    recipe: "Recipe",
    material: str,
    one: "Prediction",
) -> dict[str, Any]:
    """Return a prediction as a row; numbers have as many digits as they could be trusted for."""
    at = tuple(one.conditions[condition.name] for condition in recipe.conditions)
    conditions = _texts(recipe, at)
    value = _short(one.value)
    si = to_si(value, model.unit)
    return {
        "material": material,
        "model": model.name,
        "id": fact_id(model.name, material, model.property_name, *conditions),
        "value": value,
        "comparator": "=",
        "unit": model.unit,
        "si_value": si[0] if si else None,
        "si_unit": si[1] if si else None,
        "conditions": conditions,
        "temperature": _in_unit(one.conditions, recipe, _TEMPERATURE, "K"),
        "pressure": _in_unit(one.conditions, recipe, _PRESSURE, "Pa"),
        "kind": "predicted",
        "lower": _short(one.lower),
        "upper": _short(one.upper),
        "level": one.level,
        "in_domain": one.in_domain,
        "modality": _MODALITY,
        "version": model.version,
    }


def _texts(recipe: "Recipe", at: Sequence[float]) -> list[str]:
    """Return conditions as texts, sorted as those of reported values are."""
    pairs = zip(recipe.conditions, at, strict=True)
    return sorted(f"{one.name} = {value:.6g} {one.unit}".strip() for one, value in pairs)


def _in_unit(
    conditions: Mapping[str, float], recipe: "Recipe", name: str, unit: str
) -> float | None:
    """Return a condition where the recipe has it in the unit that the graph has."""
    same = any(one.name == name and one.unit == unit for one in recipe.conditions)
    return conditions[name] if same else None


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
