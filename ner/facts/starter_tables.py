"""Columns of numbers and words as small Parquet files: zstd, each column in its best encoding."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import ArtifactError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

__all__ = ["MISSING", "decimals", "from_decimals", "numbers_of", "read_columns", "table_bytes"]

MISSING = -(2**31)
"""Stands for a number that is not there."""

_LEVEL = 21
_QUICK = 3
_PAGE_BYTES = 1 << 26  # one page a column: the more, the better it compresses
_NUMBER_ENCODINGS = ("PLAIN", "BYTE_STREAM_SPLIT", "DELTA_BINARY_PACKED", None)
_WORD_ENCODINGS = ("DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN", None)
_DIGITS = 9
_MOST_EXPONENT = 120


def table_bytes(columns: "Mapping[str, Numbers | Sequence[str]]") -> bytes:
    """Return a Parquet file of columns of one length, as small as we can make it.

    Args:
        columns: whole numbers of 32 bits, with `MISSING` for none, or words.
    """
    import pyarrow as pa

    arrays = {name: _array(values) for name, values in columns.items()}
    encodings = {name: _best_encoding(name, array) for name, array in arrays.items()}
    return _written(pa.table(arrays), encodings)


def _array(values: "Numbers | Sequence[str]") -> "pa.Array":
    import numpy as np
    import pyarrow as pa

    if not isinstance(values, np.ndarray):
        return pa.array(values, type=pa.string())
    missing = values == MISSING
    mask = missing if missing.any() else None
    return pa.array(values.astype(np.int32), type=pa.int32(), mask=mask)


def _best_encoding(name: str, array: "pa.Array") -> str | None:
    """Return the encoding that makes a column smallest; None is Parquet's dictionary."""
    import pyarrow as pa

    known = _NUMBER_ENCODINGS if pa.types.is_integer(array.type) else _WORD_ENCODINGS
    table = pa.table({name: array})
    return min(known, key=lambda encoding: len(_written(table, {name: encoding}, _QUICK)))


def _written(table: "pa.Table", encodings: Mapping[str, str | None], level: int = _LEVEL) -> bytes:
    import pyarrow.parquet as pq

    target = BytesIO()
    chosen = {name: encoding for name, encoding in encodings.items() if encoding is not None}
    pq.write_table(
        table,
        target,
        compression="zstd",
        compression_level=level,
        use_dictionary=[name for name, encoding in encodings.items() if encoding is None],
        column_encoding=chosen or None,
        row_group_size=max(1, table.num_rows),
        data_page_size=_PAGE_BYTES,
        dictionary_pagesize_limit=_PAGE_BYTES,
        write_statistics=False,
        store_schema=False,
    )
    return target.getvalue()


def read_columns(path: Path, names: Sequence[str]) -> "pa.Table":
    """Read a file of `table_bytes`.

    Raises:
        ArtifactError: it cannot be read, or a column is missing.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, columns=list(names)).select(list(names))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise ArtifactError(
            f"{path}: not a table of facts ({error}); make them again with"
            " `matlore starter facts` or install matlore again"
        ) from error


def numbers_of(table: "pa.Table", name: str) -> "Numbers":
    """Return a column of whole numbers, with `MISSING` for gaps."""
    import numpy as np

    return np.asarray(table.column(name).fill_null(MISSING).to_numpy(), dtype=np.int64)


def decimals(values: Iterable[float | None]) -> "tuple[Numbers, Numbers]":
    """Return numbers as mantissas and exponents of ten: 2.4 is 24 and −1. Nine digits stay."""
    import numpy as np

    pairs = [_decimal(value) for value in values]
    both = np.array(pairs, dtype=np.int64).reshape(len(pairs), 2)
    return both[:, 0], both[:, 1]


def _decimal(value: float | None) -> tuple[int, int]:
    """Return a number as mantissa and exponent; `MISSING` for what is none of this world."""
    if value is None or not abs(value) < 10.0**_MOST_EXPONENT:
        return MISSING, MISSING
    digits, _, power = f"{value:.{_DIGITS - 1}e}".partition("e")
    whole, _, fraction = digits.partition(".")
    mantissa = (whole + fraction).rstrip("0")
    if mantissa.strip("-") == "":
        return 0, 0
    dropped = len(whole + fraction) - len(mantissa)
    return int(mantissa), int(power) - len(fraction) + dropped


def from_decimals(mantissa: int, exponent: int) -> float | None:
    """Return the number that a mantissa and an exponent stand for."""
    return None if mantissa == MISSING else float(f"{mantissa}e{exponent}")
