"""What commands print: results on stdout in four formats, everything else on stderr."""

import csv
import json
import logging
import math
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["LOGGER", "Format", "emit", "note"]

LOGGER = logging.getLogger("matlore")

# Columns whose cells are never folded or cut: half a formula is another material.
_WHOLE_COLUMNS = frozenset({"formula", "id", "material", "paper", "term", "word"})
_NARROWEST = 10
_UNLIMITED = 10_000


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


@runtime_checkable
class _Array(Protocol):
    """A numpy array or scalar, without importing numpy."""

    def tolist(self) -> object: ...


def note(text: str) -> None:
    """Print a line on stderr, unless `--quiet` was given."""
    if LOGGER.isEnabledFor(logging.WARNING):
        print(text, file=sys.stderr, flush=True)


def emit(
    record: Mapping[str, object],
    *,
    rows: str | None = None,
    format: Format,
    title: str | None = None,
    columns: Sequence[str] | None = None,
) -> None:
    """Print a result on stdout.

    Values may be dataclasses, numpy scalars and arrays, paths, dates, enums; numbers that
    are not finite become null (JSON) or an empty cell.

    Args:
        record: the whole result, as JSON shows it.
        rows: key of the list in `record` that TABLE, CSV and JSONL show, one line an
            item; None shows the record itself.
        format: how to print.
        title: heading of the table.
        columns: which columns TABLE and CSV show, in this order; None for all.
    """
    plain = _plain(record)
    assert isinstance(plain, dict)
    if format is Format.JSON:
        print(_json(plain, indent=2))
    elif format is Format.JSONL:
        for item in _items(plain, rows):
            print(_json(item))
    elif format is Format.CSV:
        _print_csv(_items(plain, rows), columns)
    elif rows is None:
        _print_table(_pairs(plain, columns), None, title=title, header=False)
    else:
        _print_table(_items(plain, rows), columns, title=title)


def _plain(value: object) -> object:
    """Return `value` as what JSON knows: dict, list, str, int, float, bool, None."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, date | Path):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, _Array):
        return _plain(value.tolist())
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    raise TypeError(f"a result cannot hold a {type(value).__name__}: {value!r}")


def _json(value: object, *, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    if _encodable(text) == text:
        return text
    return json.dumps(value, allow_nan=False, indent=indent)  # escapes what UTF-8 cannot hold


def _encodable(text: str) -> str:
    """Return a text with `?` for halves of surrogate pairs: JSON may hold them, UTF-8 not."""
    return text.encode(errors="replace").decode()


def _items(plain: dict[str, object], rows: str | None) -> list[dict[str, object]]:
    """Return the items to show: the list under `rows`, or the record alone."""
    found = [plain] if rows is None else plain[rows]
    if isinstance(found, dict):
        found = [{"name": key, "value": value} for key, value in found.items()]
    assert isinstance(found, list)
    return [item if isinstance(item, dict) else {"value": item} for item in found]


def _pairs(plain: dict[str, object], columns: Sequence[str] | None) -> list[dict[str, object]]:
    """Return a record as a table of two columns."""
    return [{"name": name, "value": plain.get(name)} for name in columns or plain]


def _names(items: Iterable[dict[str, object]], columns: Sequence[str] | None) -> list[str]:
    """Return the columns to show: those asked for, else all keys as first met."""
    if columns is not None:
        return list(columns)
    return list(dict.fromkeys(name for item in items for name in item))


def _print_csv(items: list[dict[str, object]], columns: Sequence[str] | None) -> None:
    names = _names(items, columns)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(item.get(name)) for name in names] for item in items)


def _cell(value: object) -> str:
    """Return a CSV cell; a list of plain values is joined by `; `."""
    if value is None:
        return ""
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return "; ".join(_cell(item) for item in value)
    return _encodable(value) if isinstance(value, str) else _json(value)


def _print_table(
    items: list[dict[str, object]],
    columns: Sequence[str] | None,
    *,
    title: str | None,
    header: bool = True,
) -> None:
    """Print a rich table, as wide as the terminal, where there is one.

    Where it is too narrow text is folded and formulas are not: the table gets wider.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    names = _names(items, columns)
    cells = [[_show(item.get(name)) for name in names] for item in items]
    heading = None if title is None else Text(title, style="bold")
    table = Table(title=heading, title_justify="left", show_header=header, box=None, pad_edge=False)
    narrowest = _add_columns(table, names, items, cells)
    for line in cells:
        table.add_row(*(Text(cell) for cell in line))
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        width = max(shutil.get_terminal_size().columns, narrowest)
    else:
        width = _UNLIMITED
    console = Console(width=width, force_terminal=sys.stdout.isatty())
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _add_columns(
    table: "Table",
    names: list[str],
    items: list[dict[str, object]],
    cells: list[list[str]],
) -> int:
    """Add the columns and return the width below which the table must not be squeezed."""
    from rich.cells import cell_len
    from rich.text import Text

    narrowest = 0
    for position, name in enumerate(names):
        label = name.replace("_", " ")
        widest = max(map(cell_len, [label, *(line[position] for line in cells)]))
        number = _is_number(item.get(name) for item in items)
        whole = number or name in _WHOLE_COLUMNS
        table.add_column(
            Text(label),
            justify="right" if number else "left",
            no_wrap=whole,
            min_width=widest if whole else None,
            overflow="fold",
        )
        narrowest += 2 + (widest if whole else min(widest, _NARROWEST))
    return narrowest


def _is_number(values: Iterable[object]) -> bool:
    """Say whether a column holds numbers, and nothing else but gaps."""
    seen = [value for value in values if value is not None]
    return bool(seen) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in seen
    )


def _show(value: object) -> str:
    """Return a table cell, without characters that would steer the terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(_show(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_show(item)}" for key, item in value.items())
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in str(value))
