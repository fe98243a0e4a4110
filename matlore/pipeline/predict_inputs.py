"""The materials that `matlore predict` is asked about: formulas, structures, and files of them."""

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError, UsageError

if TYPE_CHECKING:
    from graph.predictors.base import Sample

__all__ = ["Item", "parse_grid", "parse_values", "read_items"]

_STRUCTURES = (".cif", ".vasp", ".poscar")
_STRUCTURE_NAMES = ("poscar", "contcar")
_TABLES = {".csv": ",", ".tsv": "\t"}
_OBJECTS = (".jsonl", ".ndjson")
_STDIN = "-"
_MATERIAL_COLUMNS = (
    *("formula", "material", "composition", "reduced_formula", "pretty_formula", "name"),
    *("structure", "cif", "poscar", "file"),
)
_STRUCTURE_COLUMNS = ("structure", "cif", "poscar")
_MOST_VALUES = 10_000
_LONGEST_CELL = 10_000_000
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Item:
    """A material that was asked about, or why it cannot be read.

    Attributes:
        name: as it was given.
        sample: to describe; None where it cannot be read.
        place: file and line it is from; empty for the command line.
        error: what is wrong with it; empty where nothing is.
        conditions: that its own row gives, by name.
    """

    name: str
    sample: "Sample | None" = None
    place: str = ""
    error: str = ""
    conditions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a file: what it calls the material, and its other columns."""

    text: str
    place: str
    cells: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    is_structure: bool = False
    error: str = ""


def read_items(
    materials: Sequence[str], source: str | None = None, *, conditions: Sequence[str] = ()
) -> list[Item]:
    """Read the materials of a command line and of a file.

    What cannot be read becomes an item with an error: it never stops the others.

    Args:
        materials: formulas, and paths of CIF and POSCAR files.
        source: a file with a material a line (.txt), a table with a column `formula` (.csv,
            .tsv), objects (.jsonl), a folder of CIF files, or `-` for lines on standard input.
        conditions: names of columns to read beside the material.

    Raises:
        InputError: the file cannot be read, has no such column or no material.
        UsageError: no material is named.
    """
    if not materials and source is None:
        raise UsageError("name a formula or a CIF file, or a file of them with --from")
    rows = [_Row(text, "") for text in materials]
    if source is not None:
        found = list(_rows(source))
        if not found:
            raise InputError(f"--from {source}: no material in it; write one formula a line")
        rows += found
    known: dict[tuple[str, Path | None, bool], Sample | str] = {}
    return [_item(row, conditions, known) for row in rows]


def parse_values(option: str, text: str) -> list[float]:
    """Return numbers given as `300`, `300,400,500` or `300:900:50`, both ends included.

    Raises:
        UsageError: they are none.
    """
    found: list[float] = []
    for part in text.split(","):
        found += _span(option, text, part) if ":" in part else [_number(option, text, part)]
    if len(found) > _MOST_VALUES:
        raise UsageError(f"{option} {text}: {len(found):,} values; at most {_MOST_VALUES:,}")
    return list(dict.fromkeys(found))


def parse_grid(given: Mapping[str, str], named: Sequence[str] = ()) -> dict[str, list[float]]:
    """Return the values of conditions by name.

    Args:
        given: what their own options say, by name: `temperature`.
        named: what `--condition NAME=VALUES` says.

    Raises:
        UsageError: a text that is no number, no name, or a name given twice.
    """
    grid = {name: parse_values(f"--{name}", text) for name, text in given.items()}
    for text in named:
        name, _, values = (part.strip() for part in text.partition("="))
        if not name or not values:
            raise UsageError(f"--condition {text!r}: write NAME=VALUE, such as pressure=2")
        if name in grid:
            raise UsageError(f"--condition {text!r}: {name} is given twice")
        grid[name] = parse_values(f"--condition {name}", values)
    for value in grid.get("temperature", ()):
        if value <= 0:
            raise UsageError(f"--temperature {value:g}: temperatures are in K, above 0")
    return grid


def _number(option: str, text: str, part: str) -> float:
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(
            f"{option} {text}: {part.strip()!r} is no number; write 300 or 300,600 or 300:900:50"
        )
    return value


def _span(option: str, text: str, part: str) -> list[float]:
    """Return the numbers of `A:B:STEP`."""
    ends = [_number(option, text, one) for one in part.split(":")]
    if len(ends) != 3 or ends[2] <= 0 or ends[1] < ends[0]:
        raise UsageError(f"{option} {text}: write FROM:TO:STEP, such as 300:900:50")
    start, stop, step = ends
    steps = (stop - start) / step
    if steps >= _MOST_VALUES:
        raise UsageError(f"{option} {text}: more than {_MOST_VALUES:,} values; take a greater step")
    return [start + number * step for number in range(math.floor(steps + 1e-9) + 1)]


# Files.


def _rows(source: str) -> Iterator[_Row]:
    """Yield the lines of a file, or the files of a folder."""
    path = Path(source)
    if source == _STDIN:
        yield from _text_rows(sys.stdin, "standard input", Path())
    elif path.is_dir():
        files = sorted(one for one in path.iterdir() if _names_structure(one.name))
        yield from (_Row(str(one), str(one)) for one in files)
    else:
        yield from _file_rows(path)


def _file_rows(path: Path) -> Iterator[_Row]:
    suffix = path.suffix.lower()
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            if _names_structure(path.name):
                yield _Row(str(path), "")
            elif suffix in _TABLES:
                yield from _table_rows(stream, path, _TABLES[suffix])
            elif suffix in _OBJECTS:
                yield from _object_rows(stream, path)
            else:
                yield from _text_rows(stream, str(path), path.parent)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"--from {path}: {reason}; name a file of formulas") from error
    except UnicodeDecodeError as error:
        raise InputError(f"--from {path}: not UTF-8 text ({error}); save it as UTF-8") from error


def _text_rows(lines: Iterable[str], name: str, folder: Path) -> Iterator[_Row]:
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield _Row(text, f"{name}:{number}", folder=folder)


def _table_rows(lines: Iterable[str], path: Path, delimiter: str) -> Iterator[_Row]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.DictReader(lines, delimiter=delimiter, restval="")
    names = reader.fieldnames
    if names is None:
        raise InputError(f"--from {path}: the file is empty; write a column `formula`")
    column = _material_column(names)
    if column is None:
        has = ", ".join(map(repr, names[:12]))
        raise InputError(f"--from {path}: no column `formula` (it has {has}); rename one")
    try:
        for cells in reader:
            place = f"{path}:{reader.line_num}"
            yield _named_row({str(key): cells[key] for key in names}, column, place, path.parent)
    except csv.Error as error:
        raise InputError(f"--from {path}:{reader.line_num}: {error}; save it as CSV") from error


def _object_rows(lines: Iterable[str], path: Path) -> Iterator[_Row]:
    for number, line in enumerate(lines, start=1):
        place = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            yield _Row(_cut(line), place, error=f"not JSON ({error})")
            continue
        if isinstance(found, str):
            yield _Row(found, place, folder=path.parent)
            continue
        column = _material_column(found) if isinstance(found, dict) else None
        if column is None:
            yield _Row(_cut(line), place, error="no `formula` in it")
        else:
            yield _named_row(found, column, place, path.parent)


def _named_row(cells: Mapping[str, Any], column: str, place: str, folder: Path) -> _Row:
    """Return a row of a table, with its conditions by the names that conditions have."""
    value = cells[column]
    text = value.strip() if isinstance(value, str) else ""
    rest = {_plain(key): str(cell) for key, cell in cells.items() if cell is not None}
    if not text:
        return _Row("", place, rest, folder, error=f"no {column}")
    return _Row(text, place, rest, folder, _plain(column) in _STRUCTURE_COLUMNS)


def _material_column(names: Iterable[str]) -> str | None:
    """Return the column that names the material: the first of those that may."""
    by_plain: dict[str, str] = {}
    for name in names:
        by_plain.setdefault(_plain(str(name)), name)
    return next((by_plain[one] for one in _MATERIAL_COLUMNS if one in by_plain), None)


def _plain(name: str) -> str:
    """Return a column's name without its unit: `Temperature (K)` is `temperature`."""
    bare = name.split("(")[0].split("[")[0].strip().lower().replace(" ", "_")
    return "temperature" if bare == "t" else bare


# Materials.


def _item(
    row: _Row, conditions: Sequence[str], known: "dict[tuple[str, Path | None, bool], Sample | str]"
) -> Item:
    """Read the material of a row; the same text is read once."""
    name = _cut(row.text)
    if row.error:
        return Item(name, None, row.place, row.error)
    key = (row.text, row.folder, row.is_structure)
    if key not in known:
        try:
            known[key] = _sample(row)
        except InputError as error:
            known[key] = str(error)
    found = known[key]
    if isinstance(found, str):
        return Item(name, None, row.place, found)
    try:
        given = _conditions(row, conditions)
    except InputError as error:
        return Item(name, None, row.place, str(error))
    return Item(" ".join(found.name.split()), found, row.place, "", given)


def _sample(row: _Row) -> "Sample":
    from graph.predictors.compositions import read_formula

    if row.is_structure and "\n" in row.text:
        from graph.predictors.structures import structure_from_text

        return structure_from_text(row.text, row.place)
    path = _structure_path(row)
    if path is not None:
        from graph.predictors.structures import read_structure

        return read_structure(path)
    return read_formula(row.text)


def _structure_path(row: _Row) -> Path | None:
    """Return the file that a text names, if it names one and is no formula."""
    from ner.formulas import parse_formula

    if len(row.text) > 1_000 or "\n" in row.text:
        return None
    path = Path(row.text).expanduser()
    beside = path if row.folder is None or path.is_absolute() else row.folder / path
    named = row.is_structure or _names_structure(path.name)
    if named or "/" in row.text or parse_formula(row.text) is None:  # a folder may hold a file Si
        for one in (beside, path):
            if one.is_file():
                return one
            if one.is_dir() and "/" in row.text:
                raise InputError(f"{row.text}: is a folder; give it with --from")
    return beside if named else None


def _names_structure(name: str) -> bool:
    plain = name.lower()
    return plain.endswith(_STRUCTURES) or plain.split(".")[0] in _STRUCTURE_NAMES


def _conditions(row: _Row, names: Sequence[str]) -> dict[str, float]:
    """Return the conditions of a row; an empty cell gives none.

    Raises:
        InputError: a cell is no number.
    """
    found = {}
    for name in names:
        cell = row.cells.get(_plain(name), "").strip()
        if not cell:
            continue
        try:
            found[name] = float(cell)
        except ValueError:
            raise InputError(f"{name} {cell!r} is no number") from None
        if not math.isfinite(found[name]):
            raise InputError(f"{name} {cell!r} is no finite number")
        if name == "temperature" and found[name] <= 0:
            raise InputError(f"temperature {cell!r}: temperatures are in K, above 0")
    return found


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"
