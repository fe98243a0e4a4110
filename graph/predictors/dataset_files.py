"""Tables of data in files: CSV, TSV, JSON lines, and the JSON of Matbench."""

import bz2
import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matlore.errors import InputError

__all__ = ["Row", "Table", "read_table"]

Cell = str | float | bool | None
_PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    ".bz2": bz2.decompress,
    ".gz": gzip.decompress,
}
_FORMATS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        place: where it is: `line 7`.
        cells: by column; a column that the row lacks is left out.
    """

    place: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of data.

    Attributes:
        path: its file.
        columns: their names, without those that are blank.
        rows: in the order of the file.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path) -> Table:
    """Read a table by the end of its file's name, which may have `.gz` or `.bz2` after it.

    `.csv` and `.tsv` have a header; `.jsonl` has one object a line; `.json` is a list of objects,
    or one object that gives for each column its cells.

    Raises:
        InputError: the file is missing, of no known format, damaged, or has no rows.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes.pop() if suffixes and suffixes[-1] in _PACKED else None
    kind = suffixes[-1] if suffixes else ""
    if kind not in _FORMATS:
        raise InputError(f"{path}: no table of a known format; give a .csv, .tsv or .jsonl file")
    content = _text(path, packed)
    if kind == ".json":
        table = _json_table(path, content)
    elif kind in (".jsonl", ".ndjson"):
        table = _table_of_objects(path, _json_lines(path, content))
    else:
        table = _csv_table(path, content, "\t" if kind == ".tsv" else ",")
    if not table.rows:
        raise InputError(f"{path}: has no rows; give a table with a header and at least one row")
    return table


def _text(path: Path, packed: str | None) -> str:
    try:
        data = path.read_bytes()
        return (_PACKED[packed](data) if packed else data).decode("utf-8-sig")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text: {error}") from error


def _csv_table(path: Path, content: str, delimiter: str) -> Table:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        header = [name.strip() for name in next(reader, [])]
        columns = _columns(path, header)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_csv_row(path, reader.line_num, header, cells))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: {error}") from error
    return Table(path, columns, tuple(rows))


def _csv_row(path: Path, line: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise InputError(
            f"{path}: line {line}: has {len(cells)} cells, but the header {len(header)};"
            ' put cells with commas in "quotes"'
        )
    return Row(f"line {line}", {n: c for n, c in zip(header, cells, strict=False) if n})


def _columns(path: Path, header: Iterable[str]) -> tuple[str, ...]:
    names = [name for name in header if name]
    if not names:
        raise InputError(f"{path}: is empty; give a table with a header and rows")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{path}: two columns are named {twice[0]!r}; rename one")
    return tuple(names)


def _json_lines(path: Path, content: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            yield f"line {number}", _parsed(path, f"line {number}: ", line)


def _json_table(path: Path, content: str) -> Table:
    found = _parsed(path, "", content)
    if isinstance(found, list):
        return _table_of_objects(path, ((f"row {k}", row) for k, row in enumerate(found, start=1)))
    if not isinstance(found, dict) or not all(isinstance(c, dict | list) for c in found.values()):
        raise InputError(f"{path}: must be a list of objects, or an object of columns")
    cells = [[*c.values()] if isinstance(c, dict) else c for c in found.values()]
    if len({len(column) for column in cells}) > 1:
        raise InputError(f"{path}: its columns have different numbers of cells")
    columns = _columns(path, found)
    rows = (dict(zip(found, row, strict=True)) for row in zip(*cells, strict=True))
    return Table(path, columns, tuple(Row(f"row {k}", row) for k, row in enumerate(rows, start=1)))


def _table_of_objects(path: Path, objects: Iterable[tuple[str, Any]]) -> Table:
    columns: dict[str, None] = {}
    rows = []
    for place, item in objects:
        if not isinstance(item, dict):
            raise InputError(f"{path}: {place}: must be an object of columns and cells")
        columns.update(dict.fromkeys(item))
        rows.append(Row(place, item))
    return Table(path, tuple(columns), tuple(rows))


def _parsed(path: Path, place: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: {place}is not JSON: {error}") from error
