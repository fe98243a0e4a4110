"""Tables: CSV, TSV and Parquet."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from .base import MAX_ROW, RawRow
from .opening import READ_ERRORS, open_text, read_error

__all__ = ["Delimited", "Parquet"]

_BATCH_ROWS = 500


class Delimited:
    """A table with a header and quoted fields, as of RFC 4180.

    Args:
        delimiter: the sign between fields; None lets the header tell (`,`, `;`, tab, `|`).
    """

    def __init__(self, path: Path, *, delimiter: str | None = None) -> None:
        self.path = path
        self.delimiter = delimiter

    def __iter__(self) -> Iterator[RawRow]:
        csv.field_size_limit(MAX_ROW)
        line = 0
        try:
            with open_text(self.path) as stream:
                table = self._open(stream)
                header: list[str] | None = None
                while True:
                    line = table.line_num + 1
                    try:
                        values = next(table)
                    except StopIteration:
                        return
                    except csv.Error as error:
                        yield RawRow(line, "", f"broken CSV: {error}")
                        continue
                    if not any(value.strip() for value in values):
                        continue
                    if header is None:
                        header = [name.strip() for name in values]
                    else:
                        yield _table_row(line, header, values)
        except READ_ERRORS as error:
            yield RawRow(line + 1, "", read_error(error))

    def _open(self, stream: IO[str]) -> Any:
        """Return a reader with the file's delimiter."""
        delimiter = self.delimiter
        first: list[str] = []
        if delimiter is None:
            first = [next((part for part in _parts(stream) if not part.isspace()), "")]
            counts = {sign: first[0].count(sign) for sign in ",;\t|"}
            delimiter = max(counts, key=lambda sign: counts[sign])
        return csv.reader(_chain(first, stream), delimiter=delimiter, strict=True)


def _chain(first: list[str], stream: IO[str]) -> Iterator[str]:
    yield from (line for line in first if line)
    yield from _parts(stream)


def _parts(stream: IO[str]) -> Iterator[str]:
    """Yield lines, those of endless length in parts."""
    return iter(lambda: stream.readline(MAX_ROW), "")


def _table_row(line: int, header: list[str], values: list[str]) -> RawRow:
    row = dict(zip(header, values, strict=False))
    extra = [value for value in values[len(header) :] if value.strip()]
    if extra:
        return RawRow(line, row, f"{len(values)} fields under {len(header)} columns")
    return RawRow(line, row)


class Parquet:
    """The rows of a Parquet file, a batch at a time; `line` counts rows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[RawRow]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        number = 0
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(_BATCH_ROWS, use_threads=False):
                    yield from _batch_rows(batch, number)
                    number += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            yield RawRow(number + 1, "", read_error(error))


def _batch_rows(batch: Any, done: int) -> Iterator[RawRow]:
    """Yield the rows of a batch, one that cannot be read (text that is no UTF-8) as an error."""
    try:
        rows = batch.to_pylist()
    except (ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            yield RawRow(done + 1, "", f"{type(error).__name__}: {error}")
            return
        for i in range(batch.num_rows):
            yield from _batch_rows(batch.slice(i, 1), done + i)
    else:
        yield from (RawRow(line, row) for line, row in enumerate(rows, start=done + 1))
