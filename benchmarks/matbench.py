"""Score the recipes on tasks of Matbench v0.1, on the official folds, as the leaderboards do.

    python benchmarks/matbench.py ../shared/data/properties/matbench --task expt_gap
    python benchmarks/matbench.py ../shared/data/properties/matbench --task all --threads 2
    python benchmarks/matbench.py … --predictors matlore/starter/predictors   (into their cards)

The folder holds the files of the tasks and `leaderboards/` with the published tables. All rows
count, in the order of the file. Settings, weights and the threshold of labels are chosen within
the training rows of each fold. "rocauc" of the leaderboards is the ROC AUC of hard labels, which
is the balanced accuracy; the ROC AUC of the probabilities stands beside it.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from graph.predictors.base import Recipe
from graph.predictors.datasets import column_values, read_frame
from graph.predictors.evaluation import Evaluation, Tested, evaluate, score_facts, together
from graph.predictors.predictor_files import put_scores
from graph.predictors.recipes import RecipeFile, load_recipe_files
from graph.predictors.scores import (
    ClassScores,
    RegressionScores,
    mean_and_deviation,
    regression_scores,
)
from graph.predictors.splits import matbench_splits


def main() -> None:
    options = _options()
    files = [file for file in load_recipe_files().values() if file.matbench]
    names = {file.recipe.name for file in files}
    for file in files:
        if options.task in ("all", file.matbench, file.recipe.name):
            _run(file, options)
    if options.task not in {"all", *names, *(file.matbench for file in files)}:
        raise SystemExit(f"no recipe for the task {options.task}; give all or one of {names}")


def quick(recipe: Recipe) -> Recipe:
    """Return a recipe with few trees and no choices, to try a script."""
    members = []
    for member in recipe.members:
        settings = {**member.settings}
        if member.kind != "kernel":
            settings["trees"] = 30
        members.append(replace(member, settings=settings, choices=()))
    return replace(recipe, members=tuple(members))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="with the files of the tasks")
    parser.add_argument("--task", default="all", help="of Matbench, a recipe, or all")
    parser.add_argument("--folds", type=int, default=5, help="how many of the five folds to run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--predictors", type=Path, help="folder of predictors whose cards get the scores"
    )
    parser.add_argument("--quick", action="store_true", help="few trees, to try the script")
    return parser.parse_args()


def _run(file: RecipeFile, options: argparse.Namespace) -> None:
    recipe = quick(file.recipe) if options.quick else file.recipe
    path = options.folder / Path(file.file).name
    frame, _ = read_frame(path, recipe, file.columns, merge=False)
    splits = matbench_splits(recipe, frame.values)[: options.folds]
    print(f"\n## {file.matbench}: {recipe.name}, {len(frame):,} rows, {len(splits)} of 5 folds")
    began, folds = time.perf_counter(), []
    for number, split in enumerate(splits):
        found = evaluate(recipe, frame, [split], threads=options.threads)
        folds.append(found)
        spent = time.perf_counter() - began
        print(f"fold {number}: {_line(found.folds[0], file)} ({spent:.0f} s)", flush=True)
    tested = [fold.folds[0] for fold in folds]
    _summary(tested, file)
    _honesty(folds)
    if options.predictors and len(splits) == 5 and not options.quick:
        method = f"nested, official folds of Matbench v0.1 {file.matbench}"
        put_scores(options.predictors / recipe.name, score_facts(together(recipe, tested), method))
    _leaderboard(options.folder / "leaderboards", file.matbench)


def _line(tested: Tested, file: RecipeFile) -> str:
    if isinstance(tested.scores, ClassScores):
        best = tested.at_threshold or tested.scores
        return (
            f"balanced accuracy {best.balanced_accuracy:.4f} at {tested.threshold:.2f}"
            f" ({tested.scores.balanced_accuracy:.4f} at 0.5),"
            f" ROC AUC of probabilities {tested.scores.roc_auc:.4f}, F1 {best.f1:.4f}"
        )
    scores = _of_column(tested, file)
    return f"MAE {scores.mae:.4f}, RMSE {scores.rmse:.4f}, largest error {scores.max_error:.4f}"


def _of_column(tested: Tested, file: RecipeFile) -> RegressionScores:
    """Return scores of what the task's column holds, such as log10 of the value."""
    values, predicted = (
        np.array(column_values(numbers.tolist(), file.columns))
        for numbers in (tested.values, tested.predicted)
    )
    return regression_scores(values, predicted)


def _summary(tested: Sequence[Tested], file: RecipeFile) -> None:
    if isinstance(tested[0].scores, ClassScores):
        at = [fold.at_threshold for fold in tested if fold.at_threshold]
        half = [fold.scores for fold in tested if isinstance(fold.scores, ClassScores)]
        _show("balanced accuracy (rocauc of labels)", [fold.balanced_accuracy for fold in at])
        _show("balanced accuracy at 0.5", [fold.balanced_accuracy for fold in half])
        _show("ROC AUC of probabilities", [fold.roc_auc for fold in half])
        _show("F1", [fold.f1 for fold in at])
        return
    scores = [_of_column(fold, file) for fold in tested]
    _show("MAE", [fold.mae for fold in scores])
    _show("RMSE", [fold.rmse for fold in scores])
    print(f"largest error: {max(fold.max_error for fold in scores):.4f}")


def _show(name: str, numbers: Sequence[float]) -> None:
    mean, deviation = mean_and_deviation(numbers)
    print(f"{name}: mean {mean:.4f}, deviation {deviation:.4f}")


def _honesty(folds: Sequence[Evaluation]) -> None:
    coverage = [fold.intervals.coverage for fold in folds]
    inside = [fold.intervals.in_domain for fold in folds]
    print(f"90 % intervals hold {np.mean(coverage):.3f}; {np.mean(inside):.0%} in the domain")


def _leaderboard(folder: Path, task: str) -> None:
    for path in sorted(folder.glob(f"*_{task}.md")):
        print("published:")
        for line in path.read_text(encoding="utf-8").splitlines()[:9]:
            cells = [cell.strip().strip("*[]") for cell in line.split("|")[1:-1]]
            if cells:
                print(f"  {cells[0]:<28} {'  '.join(cells[1:])}")


if __name__ == "__main__":
    main()
