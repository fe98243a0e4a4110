"""What `matlore predict` does: properties of materials that nobody has measured, with intervals."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError, NotFoundError, UsageError
from matlore.progress import Progress, no_progress

from .predict_describe import descriptor_cache
from .predict_inputs import Item, read_items
from .predict_models import ALL, STARTER_PREDICTORS, Predictors, home_predictors
from .predict_plan import Ask, Rows, make_question

if TYPE_CHECKING:
    from graph.predictors.base import Prediction, Recipe
    from graph.predictors.predictor import PropertyPredictor

__all__ = [
    "STARTER_PREDICTORS",
    "Predictors",
    "home_predictors",
    "predict_properties",
]

_DRIVERS = 6
_BATCH = 2_000


def predict_properties(
    home_path: Path,
    materials: Sequence[str] = (),
    *,
    source: str | None = None,
    properties: Sequence[str] = (ALL,),
    conditions: Mapping[str, Sequence[float]] | None = None,
    level: float = 0.9,
    explain: bool = False,
    neighbours: int = 0,
    plot: Path | None = None,
    folder: Path | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Predict properties of materials.

    A material that cannot be read or predicted gets a row with `error`, and never stops others;
    where it is the only one, its error is raised.

    Args:
        home_path: the data home, which may have predictors of its own; it need not exist.
        materials: formulas, and paths of CIF or POSCAR files.
        source: a file or folder of more of them, or `-` (see `read_items`).
        properties: by name, synonym or symbol; names of predictors; or `all`.
        conditions: values by name, such as `temperature` in K; all combinations are predicted.
        level: how often intervals shall hold the true value.
        explain: add what moved each prediction away from the mean.
        neighbours: how many materials of the training data to show.
        plot: a PNG, SVG or PDF file for curves over temperature, or for values with intervals.
        folder: of more predictors.
        progress: told of predictions.

    Returns:
        `predictions`: rows, by material, property and conditions; `notes`: what to know of them.

    Raises:
        UsageError: an unknown property or condition, or a level that is none.
        InputError: a file, or the only material, cannot be read.
        NotFoundError: there is nothing to draw, or no predictor in `folder`.
        ArtifactError: a predictor is damaged.
    """
    _check(level, plot)
    predictors = home_predictors(home_path, folder)
    question = make_question(predictors, properties, conditions or {}, curves=plot is not None)
    if plot is not None and len(question.groups) > 1:
        raise UsageError(f"--plot {plot}: name one property with --property")
    items = read_items(materials, source, conditions=question.conditions)
    rows = Rows()
    asks = question.asks(items, rows)
    progress(0, total=sum(map(len, asks.values())), text="predicting")
    options = {"level": level, "explain": _DRIVERS if explain else 0, "neighbours": neighbours}
    for name, some in asks.items():
        cache = (
            descriptor_cache(home_path) if predictors.recipe(name).needs == "structure" else None
        )
        _answer(predictors[name], some, {**options, "cache": cache}, rows, progress)
    question.note_unused(asks, rows)
    found = rows.sorted()
    if len(items) == 1 and found and all("error" in row for row in found):
        raise InputError(found[0]["error"])
    if plot is not None:
        _draw(found, plot)
    return {"predictions": found, "notes": list(rows.notes)}


def _check(level: float, plot: Path | None) -> None:
    """Refuse options that make no sense before any work is done."""
    if not 0 < level < 1:
        raise UsageError(f"--level {level:g}: give a share between 0 and 1, such as 0.9")
    if plot is not None:
        from graph.propnet.drawing import check_suffix

        check_suffix(plot)


# Answers.


def _answer(
    predictor: "PropertyPredictor",
    asks: Sequence[Ask],
    options: Mapping[str, Any],
    rows: Rows,
    progress: Progress,
) -> None:
    for start in range(0, len(asks), _BATCH):
        some = asks[start : start + _BATCH]
        for ask, answer in _predicted(predictor, some, options):
            if isinstance(answer, InputError):
                rows.fail(ask.order, ask.item, predictor.recipe.property, str(answer))
            else:
                rows.found[ask.order] = _row(answer, predictor.recipe, ask.item)
        progress(len(some))


def _predicted(
    predictor: "PropertyPredictor", asks: Sequence[Ask], options: Mapping[str, Any]
) -> "Iterator[tuple[Ask, Prediction | InputError]]":
    """Yield predictions; where a batch fails its halves are tried, down to the bad material."""
    import numpy as np

    samples = [ask.item.sample for ask in asks if ask.item.sample is not None]
    conditions = np.array([ask.values for ask in asks], dtype=np.float64)
    try:
        found = predictor.predict(samples, conditions.reshape(len(asks), -1), **options)
    except InputError as error:
        if len({id(ask.item.sample) for ask in asks}) == 1:
            yield from ((ask, error) for ask in asks)
            return
        middle = len(asks) // 2
        yield from _predicted(predictor, asks[:middle], options)
        yield from _predicted(predictor, asks[middle:], options)
        return
    yield from zip(asks, found, strict=True)


def _row(prediction: "Prediction", recipe: "Recipe", item: Item) -> dict[str, Any]:
    """Return a prediction as other programs rely on it."""
    row: dict[str, Any] = {
        "name": item.name,
        "formula": prediction.formula,
        "property": prediction.property,
        "value": prediction.value,
        "unit": prediction.unit,
        "lower": prediction.lower,
        "upper": prediction.upper,
        "level": prediction.level,
        "in_domain": prediction.in_domain,
        "doubts": prediction.doubts,
        "conditions": dict(prediction.conditions),
        "model": prediction.model,
        "drivers": prediction.drivers,
        "neighbours": prediction.neighbours,
    }
    if recipe.classes is not None:
        row["probability_of"] = recipe.classes[1]
        row["class"] = recipe.classes[int(prediction.value >= 0.5)]
        row["classes"] = prediction.classes
    if item.sample is not None and item.sample.structure is not None:
        row["structure"] = Path(item.name).name
    if item.place:
        row["place"] = item.place
    return row


def _draw(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    from .predict_plots import draw_predictions

    good = [row for row in rows if "error" not in row]
    if not good:
        raise NotFoundError(f"--plot {path}: there is no prediction to draw")
    draw_predictions(good, path)
