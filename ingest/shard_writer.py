"""Rows appended to the shard of a corpus that is being written, and read again."""

from typing import TYPE_CHECKING

from matlore.home import HomeWriter, PendingShard
from matlore.records import Paper

from .corpus import KIND, RowReader, paper_schema, papers_to_batch

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["ShardWriter"]

_GROUP_ROWS = 500


class ShardWriter:
    """Writes one shard at a time; its rows are held in memory until `finish`."""

    def __init__(self, writer: HomeWriter) -> None:
        self._writer = writer
        self._reader = RowReader(writer.home)
        self._pending: PendingShard | None = None
        self._file: pq.ParquetWriter | None = None
        self._rows: list[Paper] = []
        self._written = 0

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, paper: Paper) -> tuple[int, int]:
        """Append a row; return the shard's number and the row's."""
        if self._pending is None:
            self._open()
        assert self._pending is not None
        self._rows.append(paper)
        if len(self._rows) - self._written >= _GROUP_ROWS:
            self._write_group()
        return self._pending.number, len(self._rows) - 1

    def read(self, shard: int, row: int) -> Paper:
        """Return a row of this shard, or of one that is registered."""
        if self._pending is not None and shard == self._pending.number:
            return self._rows[row]
        return self._reader.read(self._writer.connection, shard, row)

    def finish(self) -> list[tuple[PendingShard, int]]:
        """Close the shard; return it with its number of rows, to be registered, if there is one."""
        shards = []
        if self._pending is not None:
            self._write_group()
            assert self._file is not None
            self._file.close()
            shards = [(self._pending, len(self._rows))]
        self._pending = self._file = None
        self._rows = []
        self._written = 0
        return shards

    def close(self) -> None:
        """Give up what was not finished."""
        if self._file is not None:
            self._file.close()
        self._reader.close()

    def _open(self) -> None:
        import pyarrow.parquet as pq

        self._pending = self._writer.new_shard(KIND, stem="papers")
        self._file = pq.ParquetWriter(self._pending.path, paper_schema(), compression="zstd")

    def _write_group(self) -> None:
        group = self._rows[self._written :]
        if group and self._file is not None:
            self._file.write_batch(papers_to_batch(group))
            self._written = len(self._rows)
