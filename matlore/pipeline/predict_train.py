"""What `matlore predict train` does: a table of measurements to a predictor with its card."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import HomeError, InputError, UsageError
from matlore.home import Home
from matlore.progress import Progress, no_progress

from .predict_describe import descriptor_cache
from .predict_models import PREDICTORS
from .predict_recipe import TrainOptions, recipe_of, with_defaults

if TYPE_CHECKING:
    from graph.predictors.base import Frame, Recipe
    from graph.predictors.datasets import FrameReport
    from graph.predictors.predictor import PropertyPredictor

__all__ = ["TrainOptions", "train_predictor"]


def train_predictor(
    home_path: Path,
    data: Path,
    options: TrainOptions,
    *,
    out: Path | None = None,
    command: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train a predictor from a table, measure it, and save it with its card.

    Args:
        home_path: the data home, made where it is missing unless `out` is given.
        data: the table.
        options: how.
        out: a folder of predictors; None for that of the home.
        command: recorded in the card.
        progress: told of rows, folds and members.

    Returns:
        `name`, `property`, `unit`, `rows`, `materials`, `left_out` (rows, reasons, examples),
        `weights` of the members, `scores`, `path`, `seconds`.

    Raises:
        UsageError: options that make no sense, or a library of the extra `train` is missing.
        InputError: the table or the recipe cannot be read, or there is too little to learn.
        HomeError, ArtifactError: the home, or `out`, cannot be written to.
    """
    from graph.predictors.datasets import read_frame
    from graph.predictors.predictor_files import save_predictor
    from graph.predictors.training import train

    started = time.monotonic()
    recipe, columns = recipe_of(options, data)
    frame, read = read_frame(data, recipe, columns, progress=progress)
    folder = _folder(home_path, out, recipe.name)
    recipe = with_defaults(recipe, frame)
    work: dict[str, Any] = {
        "folds": options.folds,
        "threads": options.threads or os.cpu_count() or 1,
        "cache": descriptor_cache(home_path),
        "progress": progress,
    }
    scores = _scores(recipe, frame, work) if options.scores else {}
    facts = _facts(data, read, scores, options, command)
    predictor = train(recipe, frame, card=facts, **work)
    save_predictor(predictor, folder)
    return {
        "name": recipe.name,
        "property": recipe.property,
        "unit": recipe.unit,
        "rows": read.kept,
        "materials": read.materials,
        "left_out": _left_out(read),
        "weights": _weights(predictor),
        "scores": scores,
        "path": str(folder),
        "seconds": round(time.monotonic() - started, 1),
    }


# What is kept.


def _folder(home_path: Path, out: Path | None, name: str) -> Path:
    """Return the folder for a predictor, in a folder of predictors made where it is missing.

    Raises:
        HomeError: that cannot be made.
        UsageError: something else is in the folder; training would be in vain.
    """
    try:
        place = Home.open(home_path, create=True).folder(PREDICTORS) if out is None else out
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HomeError(f"{out or home_path}: cannot be written to ({error})") from error
    folder = place / name
    foreign = not (folder / "card.json").is_file() and folder.exists()
    if foreign and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} holds something else: give another --name or --out")
    return folder


def _scores(recipe: "Recipe", frame: "Frame", work: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of nested cross-validation: of values, and of intervals."""
    from graph.predictors.evaluation import evaluate, score_facts
    from graph.predictors.splits import splits_of

    splits = splits_of(frame, recipe, min(work["folds"], len(set(frame.groups.tolist()))))
    found = evaluate(recipe, frame, splits, **work)
    return score_facts(found, f"nested cross-validation, {len(splits)} folds, groups kept together")


def _facts(
    data: Path,
    read: "FrameReport",
    scores: Mapping[str, Any],
    options: TrainOptions,
    command: str | None,
) -> dict[str, Any]:
    """Return what the card says besides recipe, weights and versions."""
    try:
        with data.open("rb") as stream:
            digest = file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{data}: cannot be read ({error})") from error
    columns = {name: value for name, value in asdict(read.columns).items() if value}
    return {
        "data": {
            "file": data.name,
            "sha256": digest,
            "rows_read": read.read,
            "columns": columns,
            "left_out": dict(read.left_out),
            "merged": read.merged,
            "contradicting": read.contradicting,
            "censored": read.censored,
        },
        "scores": dict(scores),
        "license": options.license,
        "command": command,
        "trained": datetime.now(UTC).date().isoformat(),
    }


def _left_out(read: "FrameReport") -> dict[str, Any]:
    return {
        "rows": sum(read.left_out.values()),
        "reasons": dict(read.left_out),
        "examples": list(read.examples),
        "merged": read.merged,
        "contradicting": read.contradicting,
        "censored": read.censored,
    }


def _weights(predictor: "PropertyPredictor") -> list[tuple[str, float]]:
    members = zip(predictor.members, predictor.weights, strict=True)
    return [(member.recipe.kind, float(weight)) for member, weight in members]
