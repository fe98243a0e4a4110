"""Count how often the 90 % intervals of each recipe hold values that were held out.

    python benchmarks/interval_coverage.py ../shared/data/properties
    python benchmarks/interval_coverage.py ../shared/data/properties --recipe band-gap --folds 1

The folder has the data sets where the recipes name them. Groups of rows are held out in turn; the
rest chooses, trains and calibrates. The exact binomial interval (95 %) of the coverage takes rows
as independent; rows of one group are not, so where there are groups of many rows it is too narrow.
"""

import argparse
import time
from pathlib import Path

from matbench import quick

from graph.predictors.datasets import read_frame
from graph.predictors.evaluation import Evaluation, evaluate
from graph.predictors.recipes import RecipeFile, load_recipe_files
from graph.predictors.splits import splits_of


def main() -> None:
    options = _options()
    files = load_recipe_files()
    if options.recipe != "all" and options.recipe not in files:
        raise SystemExit(f"no recipe {options.recipe}; give one of {', '.join(files)}")
    head = ("recipe", "rows", "groups", "coverage", "95 % interval", "width", "median", "in domain")
    print("| " + " | ".join([*head, "error in", "error out"]) + " |")
    print("|" + " --- |" * (len(head) + 2))
    for name, file in files.items():
        if file.file and options.recipe in ("all", name):
            _run(file, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="with the data sets")
    parser.add_argument("--recipe", default="all")
    parser.add_argument("--folds", type=int, default=5, help="how many of the five folds to run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few trees, to try the script")
    return parser.parse_args()


def _run(file: RecipeFile, options: argparse.Namespace) -> None:
    recipe = quick(file.recipe) if options.quick else file.recipe
    frame, report = read_frame(options.folder / file.file, recipe, file.columns)
    splits = splits_of(frame, recipe, 5, seed=1)[: options.folds]
    began = time.perf_counter()
    found = evaluate(recipe, frame, splits, threads=options.threads)
    print(_line(found, report.groups), flush=True)
    worst = "; ".join(f"{w.name} {w.value:.3g} not {w.predicted:.3g}" for w in found.worst[:3])
    print(f"<!-- {time.perf_counter() - began:.0f} s; farthest off: {worst} -->", flush=True)


def _line(found: Evaluation, groups: int) -> str:
    scores = found.intervals
    holds = "" if scores.low <= 0.9 <= scores.high else " (not 0.9)"
    cells = (
        found.recipe.name,
        f"{scores.rows:,}",
        f"{groups:,}",
        f"{scores.coverage:.3f}",
        f"{scores.low:.3f} to {scores.high:.3f}{holds}",
        f"{scores.mean_width:.4g}",
        f"{scores.median_width:.4g}",
        f"{scores.in_domain:.0%}",
        f"{scores.error_in:.4g}",
        f"{scores.error_out:.4g}",
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
