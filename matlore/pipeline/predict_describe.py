"""What `matlore predict describe` does: descriptors of materials, as a matrix with names."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError, MatloreError, UsageError
from matlore.progress import Progress, no_progress

from .predict_inputs import Item, read_items

if TYPE_CHECKING:
    import numpy as np

    from graph.predictors.feature_cache import FeatureCache

__all__ = ["describe_materials", "descriptor_cache", "list_descriptors"]

_SUFFIXES = (".parquet", ".csv")
_BATCH = 200


def describe_materials(
    home_path: Path,
    materials: Sequence[str] = (),
    *,
    source: str | None = None,
    descriptors: Sequence[str] = ("magpie",),
    out: Path | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Compute descriptors of materials.

    Args:
        home_path: the data home, whose cache keeps descriptors of structures; it need not exist.
        materials: formulas, and paths of CIF or POSCAR files.
        source: a file or folder of more of them (see `read_items`).
        descriptors: names of featurizers, whose columns come side by side.
        out: a .parquet or .csv file for the matrix: `name`, `formula`, then the descriptors. The
            units stand in the schema of Parquet, and in brackets in the header of CSV.
        progress: told of materials.

    Returns:
        `rows` and `columns` of the matrix, its `path`, `errors`: materials that were left out and
        why; and without `out` `values`, of the one material: `name`, `value`, `unit`.

    Raises:
        UsageError: unknown descriptors, another suffix, or several materials without `out`.
        InputError: a file, or the only material, cannot be read or described.
    """
    from graph.predictors.featurizers import column_names, column_units

    if out is not None:
        _check_target(out)
    names, units = _unique(column_names(descriptors)), column_units(descriptors)
    items = read_items(materials, source)
    if out is None and len(items) > 1:
        raise UsageError(f"{len(items)} materials: name a file for the matrix with --out")
    progress(0, total=len(items), text="describing")
    kept, matrix, errors = _matrix(items, descriptors, descriptor_cache(home_path), progress)
    if len(items) == 1 and errors:
        raise InputError(errors[0]["error"])
    result: dict[str, Any] = {"rows": len(kept), "columns": len(names), "errors": errors}
    if out is None:
        rows = zip(names, matrix[0], units, strict=True)
        values = [{"name": a, "value": float(b), "unit": c} for a, b, c in rows]
        return {**result, "path": None, "values": values}
    _write(out, kept, names, units, matrix)
    return {**result, "path": str(out)}


def list_descriptors() -> dict[str, Any]:
    """Return `descriptors`: those there are, with what they need and follow."""
    from graph.predictors.featurizers import featurizer_names, get_featurizer

    rows: list[dict[str, Any]] = []
    for name in featurizer_names():
        try:
            one = get_featurizer(name)
        except MatloreError as error:
            rows.append({"name": name, "error": str(error)})
            continue
        rows.append(
            {
                "name": name,
                "columns": len(one.names),
                "needs": one.needs,
                "version": one.version,
                "citations": one.citations,
            }
        )
    return {"descriptors": rows}


def descriptor_cache(home_path: Path) -> "FeatureCache | None":
    """Return where descriptors of structures are kept, if there is a home to keep them in."""
    from graph.predictors.feature_cache import FeatureCache

    if not (home_path / "home.json").is_file():
        return None
    return FeatureCache(home_path / "cache" / "descriptors")


def _check_target(out: Path) -> None:
    if out.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"--out {out}: name a file that ends in {' or '.join(_SUFFIXES)}")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}; make it first")


def _unique(names: Sequence[str]) -> list[str]:
    """Return names of columns of which no two are the same: later ones get a number."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


def _matrix(
    items: Sequence[Item],
    descriptors: Sequence[str],
    cache: "FeatureCache | None",
    progress: Progress,
) -> tuple[list[Item], "np.ndarray", list[dict[str, str]]]:
    """Return the materials that could be described, their rows, and the others with reasons."""
    import numpy as np

    kept: list[Item] = []
    blocks: list[np.ndarray] = []
    errors = [_error(item, item.error) for item in items if item.sample is None]
    good = [item for item in items if item.sample is not None]
    for start in range(0, len(good), _BATCH):
        for some, found in _described(good[start : start + _BATCH], descriptors, cache):
            if isinstance(found, InputError):
                errors += [_error(item, str(found)) for item in some]
            else:
                kept += some
                blocks.append(found)
        progress(len(good[start : start + _BATCH]))
    progress(len(items) - len(good))
    return kept, np.concatenate(blocks) if blocks else np.empty((0, 0)), errors


def _described(
    items: Sequence[Item], descriptors: Sequence[str], cache: "FeatureCache | None"
) -> "Iterator[tuple[Sequence[Item], np.ndarray | InputError]]":
    """Yield materials with their rows; where a batch fails its halves are tried."""
    from graph.predictors.featurizers import describe

    samples = [item.sample for item in items if item.sample is not None]
    try:
        found = describe(samples, descriptors, cache=cache)
    except InputError as error:
        if len(items) == 1:
            yield items, error
            return
        middle = len(items) // 2
        yield from _described(items[:middle], descriptors, cache)
        yield from _described(items[middle:], descriptors, cache)
        return
    yield items, found


def _error(item: Item, why: str) -> dict[str, str]:
    return {"name": item.name, "place": item.place, "error": why}


# Files.


def _write(
    out: Path,
    items: Sequence[Item],
    names: Sequence[str],
    units: Sequence[str],
    matrix: "np.ndarray",
) -> None:
    """Write the matrix.

    Raises:
        InputError: the file cannot be written.
    """
    write = _write_parquet if out.suffix.lower() == ".parquet" else _write_csv
    try:
        write(out, items, names, units, matrix)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error})") from error


def _write_parquet(
    out: Path,
    items: Sequence[Item],
    names: Sequence[str],
    units: Sequence[str],
    matrix: "np.ndarray",
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    arrays = [pa.array([item.name for item in items]), pa.array(map(_formula, items))]
    fields = [pa.field("name", pa.string()), pa.field("formula", pa.string())]
    for k, (name, unit) in enumerate(zip(names, units, strict=True)):
        arrays.append(pa.array(matrix[:, k] if len(items) else [], pa.float64(), from_pandas=True))
        fields.append(pa.field(name, pa.float64(), metadata={"unit": unit}))
    parquet.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), out)


def _write_csv(
    out: Path,
    items: Sequence[Item],
    names: Sequence[str],
    units: Sequence[str],
    matrix: "np.ndarray",
) -> None:
    pairs = zip(names, units, strict=True)
    header = [name if unit == "1" else f"{name} [{unit}]" for name, unit in pairs]
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["name", "formula", *header])
        for item, row in zip(items, matrix, strict=True):
            cells = ["" if value != value else repr(float(value)) for value in row]
            writer.writerow([item.name, _formula(item), *cells])


def _formula(item: Item) -> str:
    return "" if item.sample is None else item.sample.formula
