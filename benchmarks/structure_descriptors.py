"""How long all descriptors of many structures take, and whether the structures are read rightly.

    python benchmarks/structure_descriptors.py piezoelectric_tensor.csv
    python benchmarks/structure_descriptors.py piezoelectric_tensor.csv --limit 50 --column poscar

The file is matminer's `piezoelectric_tensor.csv` (de Jong et al., Sci. Data 2, 150053 (2015)): a
comment line, a heading that has no name for the first column, then a structure a row, as CIF and
as POSCAR, with its formula, volume, number of atoms and space group. What is read from the
structure is compared with these; the space group also with the tolerance of 0.1 A that the
Materials Project takes, from which the data are.
"""

import argparse
import csv
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.predictors.base import Sample

_VOLUME_TOLERANCE = 1e-3
_LOOSE = 0.1
_SHOWN = 5


def _main() -> None:
    arguments = _arguments()
    rows = _rows(arguments.data)[: arguments.limit]
    began = time.perf_counter()
    samples = _read(rows, arguments.column)
    print(f"{len(samples):,} structures read in {time.perf_counter() - began:.1f} s")
    _compare(rows, samples)
    _compare_groups(rows, arguments.column)
    _describe(samples)
    print(f"all together {time.perf_counter() - began:.1f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the descriptors of structures.")
    parser.add_argument("data", type=Path, help="matminer's piezoelectric_tensor.csv")
    parser.add_argument("--limit", type=int, help="take the first rows only")
    parser.add_argument("--column", choices=("structure", "poscar"), default="structure")
    return parser.parse_args()


def _rows(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(10**7)
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("# ref:"))
        reader = csv.reader(lines)
        heading = next(reader)
        cells = list(reader)
    # The first column, the number of the row, has no heading.
    unnamed = len(cells[0]) - len(heading)
    return [dict(zip(heading, row[unnamed:], strict=True)) for row in cells]


def _read(rows: list[dict[str, str]], column: str, tolerance: float = 0.01) -> "list[Sample]":
    from graph.predictors.structures import structure_from_text

    return [
        structure_from_text(row[column], row["material_id"], tolerance=tolerance) for row in rows
    ]


def _compare(rows: list[dict[str, str]], samples: "list[Sample]") -> None:
    """Print how many structures have the formula, volume, atoms and space group of their row."""
    same: Counter[str] = Counter()
    other: dict[str, list[str]] = {}
    for row, sample in zip(rows, samples, strict=True):
        assert sample.structure is not None
        atoms = int(float(row["nsites"]))
        volume = sample.structure.volume / len(sample.structure) * atoms
        pairs = {
            "formula": (_fractions(row["formula"]), _rounded(sample.fractions)),
            "volume": (float(row["volume"]), volume),
            "nsites": (atoms, sample.cell_atoms),
            "space group": (int(float(row["space_group"])), sample.space_group),
        }
        for name, (said, found) in pairs.items():
            if _equal(said, found):
                same[name] += 1
            else:
                other.setdefault(name, []).append(f"{sample.name} {said} not {found}")
    for name in ("formula", "volume", "nsites", "space group"):
        print(f"{name:12} {same[name]:4} of {len(rows)}  {'; '.join(other.get(name, [])[:_SHOWN])}")


def _compare_groups(rows: list[dict[str, str]], column: str) -> None:
    samples = _read(rows, column, _LOOSE)
    groups = [(int(float(row["space_group"])), s) for row, s in zip(rows, samples, strict=True)]
    other = [f"{s.name} {said} not {s.space_group}" for said, s in groups if said != s.space_group]
    same = len(rows) - len(other)
    print(f"  at {_LOOSE} A   {same:4} of {len(rows)}  {'; '.join(other[:_SHOWN])}")


def _fractions(formula: str) -> dict[str, float]:
    """Return the fractions of a formula's elements; molecules such as N4O4F4 are as written."""
    from ner.formulas import parse_formula

    parsed = parse_formula(formula)
    amounts = parsed.amounts if parsed else {}
    total = sum(float(amount or 0) for amount in amounts.values())
    return _rounded({symbol: float(a or 0) / total for symbol, a in amounts.items()})


def _rounded(fractions: "Mapping[str, float]") -> dict[str, float]:
    return {symbol: round(fraction, 9) for symbol, fraction in fractions.items()}


def _equal(said: object, found: object) -> bool:
    if isinstance(said, float) and isinstance(found, float):
        return abs(said - found) <= _VOLUME_TOLERANCE * abs(said)
    return said == found


def _describe(samples: "list[Sample]") -> None:
    """Print for each featurizer its columns, time and rate, and what it leaves undefined."""
    from graph.predictors.featurizers import featurizer_names, get_featurizer

    print(f"{'':10} {'columns':>8} {'seconds':>8} {'a second':>9} {'undefined':>9} {'distinct':>9}")
    for name in featurizer_names():
        featurizer = get_featurizer(name)
        if featurizer.needs != "structure":
            continue
        began = time.perf_counter()
        matrix = featurizer.featurize(samples)
        seconds = time.perf_counter() - began
        distinct = len(np.unique(matrix, axis=0))
        undefined = int(np.isnan(matrix).sum())
        rate = len(samples) / seconds
        columns = f"{name:10} {matrix.shape[1]:8} {seconds:8.1f} {rate:9.1f}"
        print(f"{columns} {undefined:9} {distinct:9}")


if __name__ == "__main__":
    _main()
