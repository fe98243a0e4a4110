"""What `matlore graph predict` does: what predictors say of a graph's materials, kept in it."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, UsageError
from matlore.progress import Progress, no_progress

from .graph_edit import load_edited, opened_graph
from .graph_load import PREDICTED, predicted_store
from .graph_predict_plan import PredictChoices, PredictPlan, PredictTask, plan_predictions
from .predict_models import Predictors, home_predictors

if TYPE_CHECKING:
    from graph.predicted_rows import PredictOptions, Reading
    from graph.predicted_store import PredictedStore
    from graph.stores import GraphInfo, GraphStore, Login
    from graph.tables import GraphFolder
    from matlore.home import Home

__all__ = ["PredictChoices", "has_predictors", "predict_home_graph", "predict_is_current"]

_BATCH = 2_000
_COMMIT_SECONDS = 120.0
"""What was predicted is kept so often, for a run that is killed to be gone on with."""


def predict_home_graph(
    home_path: Path,
    *,
    store: str | None = None,
    login: "Login | None" = None,
    properties: Sequence[str] = (),
    choices: PredictChoices | None = None,
    folder: Path | None = None,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Predict properties of the materials of a graph that have a formula, and put them into it.

    A predictor is asked only about materials that are new to it, or about all where its version or
    the choices are others than they were. What was predicted is kept in the home, so a run that is
    killed is gone on with.

    Args:
        home_path: the data home, which must be there.
        store: the address of the store; None for the one in the home.
        login: for a server.
        properties: only predictors of these, by property or name; values of others stay as they
            are. None for all predictors that take a composition.
        choices: what the predictions are to be.
        folder: of more predictors. Their values go with the next run that does not name it.
        dry_run: only say what there is to do.
        progress: told of each material and predictor.

    Returns:
        `store`, `materials` with a formula, `choices`; `models`: of each predictor `name`,
        `property`, `version`, how many materials were `predicted` now (or are to be), how many are
        `gone`, and of all that is kept `materials`, those `without` a value, `values`, and those
        `in_domain`; `forgotten`: models that went; `failed`: predictors that cannot be used, and
        `errors`, why; and but for a dry run `load`, `added`, `changed` and `removed` rows of the
        graph by table; and `seconds`.

    Raises:
        HomeError: there is no such home.
        HomeBusyError: another process is writing to it.
        NotFoundError: there is no graph yet, or no predictor in `folder`.
        GraphError: the store cannot be used, or its graph must be loaded anew first.
        UsageError: an unknown property, or choices that make no sense.
        ArtifactError: what was predicted before is damaged.
    """
    from matlore.home import Home

    started = time.monotonic()
    home = Home.open(home_path)
    predictors = home_predictors(home_path, folder)
    with home.writer(), opened_graph(home, store, login) as (opened, info, tables):
        kept = predicted_store(home)
        plan = plan_predictions(tables, kept, predictors, properties, choices or PredictChoices())
        failed: dict[str, str] = {}
        loaded: dict[str, Any] = {}
        if not dry_run:
            failed = _predict(plan, kept, predictors, progress)
            loaded = _load(home, opened, info, tables, kept, progress)
        return {
            "store": opened.address,
            "materials": plan.materials,
            "choices": plan.choices,
            "models": [_row(task, kept, failed) for task in plan.tasks],
            "forgotten": list(plan.forgotten),
            "failed": len(plan.errors) + len(failed),
            "errors": [*plan.errors, *failed.values()],
            **loaded,
            "seconds": round(time.monotonic() - started, 1),
        }


def predict_is_current(
    home_path: Path, *, store: str | None = None, login: "Login | None" = None
) -> int | None:
    """Return for how many materials a run as the last one would have something to do.

    Returns:
        None where it would have nothing to do at all: 0 where only the graph lacks something, or
        values are to go.

    Raises:
        HomeError, NotFoundError, GraphError, ArtifactError: see `predict_home_graph`.
    """
    from matlore.home import Home

    home = Home.open(home_path)
    with opened_graph(home, store, login) as (_, info, tables):
        kept = predicted_store(home)
        plan = plan_predictions(tables, kept, home_predictors(home_path), (), PredictChoices())
        todo = [task for task in plan.tasks if task.anything]
        if todo or plan.forgotten or info.inputs.get(PREDICTED) != kept.stamp():
            return len({key for task in todo for key in task.new})
        return None


def has_predictors(home_path: Path) -> bool:
    """Tell whether there is any predictor, or anything that one predicted."""
    from matlore.home import Home

    home = Home.open(home_path)
    return bool(home_predictors(home_path)) or bool(predicted_store(home).card().models)


# Predicting.


def _predict(
    plan: PredictPlan, kept: "PredictedStore", predictors: Predictors, progress: Progress
) -> dict[str, str]:
    """Do what there is to do; return what is wrong with predictors that failed."""
    if kept.card().choices != plan.choices:
        kept.choose(plan.choices)
    if plan.forgotten:
        kept.forget(plan.forgotten)
    todo = [task for task in plan.tasks if task.anything]
    progress(0, total=sum(len(task.new) for task in todo), text="reading formulas")
    readings = _readings(todo)
    failed = {}
    for task in todo:
        progress(0, text=f"predicting {task.model.property_name}")
        try:
            _answer(task, plan.options, kept, predictors, readings, progress)
        except (ArtifactError, UsageError) as error:
            failed[task.model.name] = f"{task.model.name}: {error}"
    return failed


def _readings(tasks: Sequence[PredictTask]) -> "dict[str, Reading]":
    from graph.predicted_rows import read_materials

    keys = sorted({key for task in tasks for key in task.new})
    return {one.key: one for one in read_materials(keys)}


def _answer(
    task: PredictTask,
    options: "PredictOptions",
    kept: "PredictedStore",
    predictors: Predictors,
    readings: "Mapping[str, Reading]",
    progress: Progress,
) -> None:
    """Predict all that is new for a predictor, and keep it.

    Raises:
        ArtifactError: the predictor, or what is kept of it, is damaged.
        UsageError: it learned from too few rows for the intervals that are asked for.
    """
    from graph.predicted_rows import predict_rows

    model, gone = task.model, task.gone
    if not task.anew and task.kept is not None:
        files = {"files": task.kept.files, "hashes": task.kept.hashes}
        model = replace(model, **files)  # type: ignore[arg-type]
    rows, since = [], time.monotonic()
    for batch in _batches(task.new):
        some = [readings[key] for key in batch]
        rows.append(predict_rows(predictors[model.name], model, some, options))
        progress(len(batch))
        if time.monotonic() - since > _COMMIT_SECONDS:
            model = kept.change(model, rows, gone)
            rows, gone, since = [], frozenset(), time.monotonic()
    kept.change(model, rows, gone)


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]


# The graph, and the report.


def _load(
    home: "Home",
    store: "GraphStore",
    info: "GraphInfo",
    tables: "GraphFolder",
    kept: "PredictedStore",
    progress: Progress,
) -> dict[str, Any]:
    """Put what is kept into a graph, in the place of what was predicted before."""
    from graph.predicted_tables import add_predicted, without_predicted

    stamp = kept.stamp()
    others = {name: one for name, one in info.inputs.items() if name != PREDICTED}
    if info.inputs.get(PREDICTED) == stamp:
        return {"load": info.load, "added": {}, "changed": {}, "removed": {}}
    return load_edited(
        home,
        store,
        others if stamp is None else {**others, PREDICTED: stamp},
        take=lambda folder: without_predicted(tables, folder),
        add=lambda base, folder: add_predicted(base, kept, folder),
        folder=kept.path,
        progress=progress,
    )


def _row(task: PredictTask, kept: "PredictedStore", failed: Collection[str]) -> dict[str, Any]:
    """Return what a report says of a predictor."""
    model = task.model
    there = kept.card().models.get(model.name)
    counts = {"materials": 0, "without": 0, "values": 0, "in_domain": 0}
    return {
        "name": model.name,
        "property": model.property_name,
        "version": model.version,
        "predicted": 0 if model.name in failed else len(task.new),
        "gone": len(task.gone),
        **(counts if there is None else kept.counts(there)),
    }
