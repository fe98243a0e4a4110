"""How long predictors take for many formulas, after they are loaded.

    python benchmarks/predict_speed.py ../shared/data/properties/matbench/matbench_glass.json.bz2
    python benchmarks/predict_speed.py formulas.csv --count 1000 --predictors FOLDER

The table has a column of formulas; the first that differ and that all predictors can read are
taken. Beside the time stands that of 1,000 formulas one by one, of which 20 are measured.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from graph.predictors.compositions import read_formula
from graph.predictors.dataset_files import read_table
from graph.predictors.predictor_files import load_predictors
from matlore.errors import InputError

if TYPE_CHECKING:
    from graph.predictors.base import Sample
    from graph.predictors.predictor import PropertyPredictor

_ONE_BY_ONE = 20


def _main() -> None:
    options = _arguments()
    samples = list(_samples(options.table, options.column))[: options.count]
    folder = options.predictors or Path(str(files("matlore") / "starter" / "predictors"))
    predictors = load_predictors(folder)
    print(f"{len(samples):,} formulas")
    print(f"{'predictor':<24} {'load s':>7} {'all s':>7} {'one by one s':>13}")
    began, spent = time.perf_counter(), 0.0
    for name in predictors:
        load, together, single = _times(predictors, name, samples)
        spent += together
        each = (
            "needs more than a formula" if together == 0.0 else f"{together:>7.2f} {single:>13.1f}"
        )
        print(f"{name:<24} {load:>7.2f} {each}", flush=True)
    print(f"{'all':<24} {time.perf_counter() - began - spent:>7.2f} {spent:>7.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the predictors.")
    parser.add_argument("table", type=Path, help="with a column of formulas")
    parser.add_argument("--column", default="composition")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--predictors", type=Path, help="folder [default: those that ship]")
    return parser.parse_args()


def _samples(path: Path, column: str) -> "Iterator[Sample]":
    seen = set()
    for row in read_table(path).rows:
        try:
            sample = read_formula(str(row.cells[column]))
        except InputError:
            continue
        if sample.formula not in seen:
            seen.add(sample.formula)
            yield sample


def _times(
    predictors: "Mapping[str, PropertyPredictor]", name: str, samples: "Sequence[Sample]"
) -> tuple[float, float, float]:
    began = time.perf_counter()
    predictor = predictors[name]
    predictor_needs = predictor.recipe.needs
    loaded = time.perf_counter()
    if predictor_needs != "composition":
        return loaded - began, 0.0, 0.0
    predictor.predict(samples)
    done = time.perf_counter()
    for sample in samples[:_ONE_BY_ONE]:
        predictor.predict([sample])
    single = (time.perf_counter() - done) / _ONE_BY_ONE * len(samples)
    return loaded - began, done - loaded, single


if __name__ == "__main__":
    _main()
