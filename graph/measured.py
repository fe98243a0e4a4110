"""The user's own measured values: read from tables, and kept in one file beside the graph."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import ArtifactError, InputError
from matlore.home import sync_path

from .measured_files import BadMeasured, MeasuredFile, read_measured
from .measured_values import MeasuredValue, resolve_material, source_key

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "BadMeasured",
    "MeasuredFile",
    "MeasuredStore",
    "MeasuredValue",
    "measured_schema",
    "read_measured",
    "resolve_material",
]

_VERSION = "measured-1"
_BATCH = 16_384


def measured_schema() -> "pa.Schema":
    """Return the columns of measured values: those of quantities from papers, and `source`."""
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    condition = [("name", text), ("value", number), ("text", text)]
    condition += [("value_max", number), ("unit", text)]
    span = pa.struct([("start", pa.int32()), ("end", pa.int32())])
    columns = [(name, text) for name in ("id", "paper_id", "text_sha", "material", "property")]
    columns += [("value", number), ("value_max", number), ("std", number), ("comparator", text)]
    columns += [("unit", text), ("si_value", number), ("si_unit", text)]
    columns += [("conditions", pa.list_(pa.struct(condition))), ("kind", text)]
    columns += [("modality", text), ("score", number), ("spans", pa.list_(span))]
    return pa.schema([*columns, ("license", text), ("version", text), ("source", text)])


class MeasuredStore:
    """A Parquet file with the values that a user brought in; there is none before the first.

    Whoever writes holds the home's lock; a reader sees the file as it was or as it is then.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, values: Sequence[MeasuredValue]) -> int:
        """Keep values; one that is there already is kept as it is said last.

        Returns:
            How many are new.

        Raises:
            ArtifactError: the file is damaged.
            InputError: it cannot be written.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        if not values:
            return 0
        latest = {value.id: value for value in values}
        rows = pa.Table.from_pylist([_row(one) for one in latest.values()], measured_schema())
        held = self._read()
        again = pc.is_in(held["id"], value_set=rows["id"].combine_chunks())
        merged = pa.concat_tables([held.filter(pc.invert(again)), rows]).sort_by("id")
        if not merged.equals(held):
            self._write(merged)
        return int(merged.num_rows - held.num_rows)

    def remove(self, source: str) -> int:
        """Forget the values of a source, a DOI in any spelling.

        Returns:
            How many there were.

        Raises:
            ArtifactError: the file is damaged.
            InputError: it cannot be written.
        """
        import pyarrow.compute as pc

        held = self._read()
        left = held.filter(pc.not_equal(held["source"], source_key(source)))
        if left.num_rows < held.num_rows:
            self._write(left)
        return int(held.num_rows - left.num_rows)

    def sources(self) -> dict[str, int]:
        """Count the values by source.

        Raises:
            ArtifactError: the file is damaged.
        """
        counts = self._read()["source"].value_counts().to_pylist()
        return dict(sorted((one["values"], one["counts"]) for one in counts))

    def batches(self) -> Iterator["pa.RecordBatch"]:
        """Yield the values in the columns of `measured_schema`, sorted by id.

        Raises:
            ArtifactError: the file is damaged.
        """
        yield from self._read().to_batches(max_chunksize=_BATCH)

    def stamp(self) -> str:
        """Return a hash of the file: the same only while the values are the same."""
        if not self.path.is_file():
            return "none"
        return sha256(self.path.read_bytes()).hexdigest()[:16]

    def _read(self) -> "pa.Table":
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self.path.is_file():
            return measured_schema().empty_table()
        try:
            with pq.ParquetFile(self.path) as file:
                return file.read().select(measured_schema().names).cast(measured_schema())
        except (pa.ArrowException, KeyError, OSError) as error:
            raise ArtifactError(
                f"{self.path} is damaged ({error}): remove it, and load the tables of measured"
                " values again with `matlore graph load --quantities FILE`"
            ) from error

    def _write(self, rows: "pa.Table") -> None:
        """Put rows in the place of the file; where there are none, there is no file."""
        import pyarrow.parquet as pq

        draft = self.path.with_name(f".{self.path.name}.tmp")
        try:
            if not rows.num_rows:
                self.path.unlink(missing_ok=True)
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as stream:
                pq.write_table(rows, stream, compression="zstd")
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self.path)
            sync_path(self.path.parent)
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {error.strerror or error}") from error
        finally:
            with suppress(OSError):
                draft.unlink()


def _row(value: MeasuredValue) -> dict[str, object]:
    """Return a value as a row of `measured_schema`; what is missing there is null."""
    names = ["id", "material", "property", "value", "value_max", "std", "comparator", "unit"]
    names += ["si_value", "si_unit", "modality", "license", "source"]
    conditions = [
        {
            "name": one.name,
            "value": None if isinstance(one.value, str) else one.value,
            "text": one.value if isinstance(one.value, str) else None,
            "value_max": one.value_max,
            "unit": one.unit,
        }
        for one in value.conditions
    ]
    said: dict[str, object] = {name: getattr(value, name) for name in names}
    return {**said, "conditions": conditions, "kind": "reported", "spans": [], "version": _VERSION}
