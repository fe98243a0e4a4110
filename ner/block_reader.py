"""Blocks of rows read from the shards of a kind, by where the manifest says they lie."""

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from matlore.home import HomeWriter

from .fact_shards import ShardKind, kind_shards, unreadable

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["BlockReader"]

_GROUPS = 16


class BlockReader:
    """Reads blocks while nothing else may change the shards; keeps the row groups read last.

    Where blocks are asked for in about the order in which they were written, each row group
    is read once.
    """

    def __init__(self, writer: HomeWriter, kind: ShardKind, *, groups: int = _GROUPS) -> None:
        self._kind = kind
        self._shards = {s.number: s for s in kind_shards(writer.home, writer.connection, kind)}
        self._files: dict[int, tuple[pq.ParquetFile, list[int]]] = {}
        self._groups = lru_cache(maxsize=groups)(self._group)

    def read(self, shard: int, first_row: int, rows: int) -> "pa.RecordBatch":
        """Return a block, which lies within one row group.

        Raises:
            ArtifactError: the shard is missing, damaged or too short.
        """
        import pyarrow as pa

        try:
            file, starts = self._file(shard)
            group = bisect_right(starts, first_row) - 1
            if not 0 <= group < file.num_row_groups or first_row + rows > starts[group + 1]:
                raise OSError("too short")
            return self._groups(shard, group).slice(first_row - starts[group], rows)
        except (OSError, pa.ArrowException) as error:
            known = self._shards.get(shard)
            raise unreadable(known.path if known else f"shard {shard}", self._kind) from error

    def close(self) -> None:
        """Close the files."""
        for file, _ in self._files.values():
            file.close()
        self._files.clear()
        self._groups.cache_clear()

    def _file(self, shard: int) -> "tuple[pq.ParquetFile, list[int]]":
        """Return an open shard, with the number of the first row of each row group, and the end."""
        import pyarrow.parquet as pq

        if shard not in self._files:
            if shard not in self._shards:
                raise OSError("not in the manifest")
            file = pq.ParquetFile(self._shards[shard].path)
            groups = range(file.num_row_groups)
            counts = [file.metadata.row_group(group).num_rows for group in groups]
            self._files[shard] = file, [0, *accumulate(counts)]
        return self._files[shard]

    def _group(self, shard: int, group: int) -> "pa.RecordBatch":
        table = self._files[shard][0].read_row_group(group, use_threads=False)
        return table.combine_chunks().to_batches()[0]
