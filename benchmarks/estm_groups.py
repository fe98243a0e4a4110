"""Score thermoelectric properties of ESTM on unseen groups of compositions and papers.

    python benchmarks/estm_groups.py ../shared/data/properties/estm/estm__Sheet1.csv

Rows that share a composition or a DOI, by however many steps, are one group, and no group stands
on both sides of a fold. Beside matlore's recipes a random forest of 300 trees on Magpie
descriptors and the temperature is trained on the same folds, which are also those of the scores
in the cards of the predictors, so `--baseline` alone is enough to compare with these. The authors
of ESTM (Na and Chang, npj Comput. Mater. 8, 214, 2022) report R2 of zT on their groups: 0.13 by
plain learning and 0.71 by theirs; their groups are others than these.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from matbench import quick

from graph.predictors.base import Frame, Recipe
from graph.predictors.datasets import read_frame
from graph.predictors.evaluation import Tested, evaluate
from graph.predictors.featurizers import describe
from graph.predictors.recipes import load_recipe_files
from graph.predictors.scores import interval_scores, regression_scores
from graph.predictors.splits import Split, splits_of

RECIPES = ("figure-of-merit", "seebeck-coefficient", "thermal-conductivity", "power-factor")


def main() -> None:
    options = _options()
    files = load_recipe_files()
    for name in RECIPES if options.recipe == "all" else [options.recipe]:
        file = files[name]
        recipe = quick(file.recipe) if options.quick else file.recipe
        frame, report = read_frame(options.table, recipe, file.columns)
        splits = splits_of(frame, recipe, 5)[: options.folds]
        print(f"\n## {name} ({recipe.unit})\n{report.text()}", flush=True)
        _run(recipe, frame, splits, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("table", type=Path, help="ESTM as CSV")
    parser.add_argument("--recipe", default="all", choices=["all", *RECIPES])
    parser.add_argument("--folds", type=int, default=5, help="how many of the five folds to run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--baseline", action="store_true", help="only RF-Magpie")
    parser.add_argument("--quick", action="store_true", help="few trees, to try the script")
    return parser.parse_args()


def _run(recipe: Recipe, frame: Frame, splits: list[Split], options: argparse.Namespace) -> None:
    began = time.perf_counter()
    ours: list[Tested] = []
    forest: list[np.ndarray] = []
    magpie = np.hstack([describe(frame.samples, ["magpie"]), frame.conditions])
    for number, split in enumerate(splits):
        forest.append(_forest(magpie, frame.values, split, options))
        if options.baseline:
            continue
        ours += evaluate(recipe, frame, [split], threads=options.threads).folds
        spent = time.perf_counter() - began
        scores = regression_scores(ours[-1].values, ours[-1].predicted)
        print(
            f"fold {number}: R2 {scores.r2:.3f}, MAE {scores.mae:.4g} ({spent:.0f} s)", flush=True
        )
    _report(frame, ours, forest, splits)


def _forest(
    features: np.ndarray, values: np.ndarray, split: Split, options: argparse.Namespace
) -> np.ndarray:
    """Return what RF-Magpie predicts of the rows left out."""
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(
        30 if options.quick else 300, random_state=0, n_jobs=options.threads
    )
    model.fit(np.nan_to_num(features[split.train]), values[split.train])
    return np.asarray(model.predict(np.nan_to_num(features[split.test])))


def _report(
    frame: Frame, ours: list[Tested], forest: list[np.ndarray], splits: list[Split]
) -> None:
    values = np.concatenate([frame.values[split.test] for split in splits])
    print(f"{'all folds together':<20} {'R2':>7} {'MAE':>10} {'RMSE':>10}   ({len(values):,} rows)")
    _show("RF-Magpie", values, np.concatenate(forest))
    if not ours:
        return
    _show("matlore", values, np.concatenate([fold.predicted for fold in ours]))
    predictions = [prediction for fold in ours for prediction in fold.predictions]
    honest = interval_scores(predictions, values)
    print(
        f"90 % intervals hold {honest.coverage:.3f} of rows, mean width {honest.mean_width:.4g};"
        f" {honest.in_domain:.0%} in the domain: MAE {honest.error_in:.4g} in,"
        f" {honest.error_out:.4g} out"
    )


def _show(name: str, values: np.ndarray, predicted: np.ndarray) -> None:
    scores = regression_scores(values, predicted)
    print(f"{name:<20} {scores.r2:>7.3f} {scores.mae:>10.4g} {scores.rmse:>10.4g}")


if __name__ == "__main__":
    main()
