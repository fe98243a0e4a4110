"""Tables of measured values as users write them: CSV with commas, semicolons or tabs."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import InputError

from .measured_values import CONDITION, OPTIONAL, REQUIRED, MeasuredValue, RowError, read_row

if TYPE_CHECKING:
    from _csv import Reader

    from .propnet.base import Symbol

__all__ = ["BadMeasured", "MeasuredFile", "read_measured"]

_DELIMITERS = (",", ";", "\t")
_KNOWN = frozenset((*REQUIRED, *OPTIONAL))


@dataclass(frozen=True, slots=True)
class BadMeasured:
    """A row that could not be taken in: its line, why, and its cells by column."""

    line: int
    reason: str
    raw: dict[str, str]


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """What a table of measured values says.

    Attributes:
        values: what is new in each row; a row that comes twice is there once.
        bad: rows that could not be taken in.
        warnings: what is strange about rows that were, with their lines.
        read: how many rows there are.
    """

    values: tuple[MeasuredValue, ...]
    bad: tuple[BadMeasured, ...]
    warnings: tuple[str, ...]
    read: int


def read_measured(
    path: Path,
    *,
    material: Callable[[str], str | None] | None = None,
    symbols: Sequence["Symbol"] = (),
) -> MeasuredFile:
    """Read a table of measured values.

    Args:
        path: a file in UTF-8 whose first line names the columns, in any order and case:
            `material`, `property`, `value`, `unit` and `source` must be there; `value_max`, `std`,
            `comparator`, `temperature` (in `temperature_unit`, else K), `pressure` (in
            `pressure_unit`), `license`, `modality` and `condition:NAME` may be. The separator is
            seen from that line.
        material: returns the key of a material by its name; None for a formula, a name of the
            vocabulary, or `name:` and any name.
        symbols: properties beside those of the vocabulary.

    Raises:
        InputError: the file cannot be read, or its columns are not these.
    """
    values: dict[str, MeasuredValue] = {}
    bad, warnings, read = list[BadMeasured](), list[str](), 0
    with _rows(path) as rows:
        header: list[str] = next(rows)[1]
        for line, cells in rows:
            read += 1
            named = dict(zip(header, cells, strict=False))
            try:
                if any(cell.strip() for cell in cells[len(header) :]):
                    raise RowError(f"{len(cells)} cells, but {len(header)} columns")
                value = read_row(named, material, symbols)
            except RowError as error:
                bad.append(BadMeasured(line, str(error), named))
                continue
            values[value.id] = value
            if value.warning:
                warnings.append(f"{path}, line {line}: {value.warning}")
    return MeasuredFile(tuple(values.values()), tuple(bad), tuple(warnings), read)


@contextmanager
def _rows(path: Path) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Give the rows of a file with the lines that they begin on, the checked header first."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            delimiter = max(_DELIMITERS, key=lambda one: len(_KNOWN & {*_header(first, one)}))
            yield _checked(csv.reader(stream, delimiter=delimiter), path)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error.reason}): save it as UTF-8") from error
    except csv.Error as error:
        raise InputError(f"{path} is no table: {error}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _checked(reader: "Reader", path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the header and the rows that are not empty."""
    header = [_column(name) for name in next(reader, [])]
    while header and not header[-1]:  # spreadsheets write empty columns at the end
        header.pop()
    _check_header(header, path)
    yield 1, header
    begin = reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begin, cells
        begin = reader.line_num + 1


def _header(line: str, delimiter: str) -> list[str]:
    try:
        return [_column(name) for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _column(name: str) -> str:
    """Return the name of a column in lower case, as in `REQUIRED`."""
    column = " ".join(name.lower().split())
    if column.startswith(CONDITION):
        return CONDITION + column.removeprefix(CONDITION).strip().replace("_", " ")
    return column.replace(" ", "_")


def _check_header(header: Sequence[str], path: Path) -> None:
    """Refuse columns that say nothing, and their lack."""
    unknown = [name for name in header if name not in _KNOWN and not _is_condition(name)]
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}; needed are {', '.join(REQUIRED)}"
        )
    if unknown:
        names = ", ".join(repr(name) for name in unknown)
        raise InputError(
            f"{path}: unknown columns {names}; known are {', '.join((*REQUIRED, *OPTIONAL))}, and"
            f" for other conditions {CONDITION}NAME"
        )
    if twice:
        raise InputError(f"{path} has two columns {', '.join(twice)}")


def _is_condition(name: str) -> bool:
    """Tell whether a column is a further condition; those with columns of their own are none."""
    other = name.removeprefix(CONDITION)
    return name.startswith(CONDITION) and other not in ("", "temperature", "pressure")
