"""Shards of facts merged, and what is dead in them dropped, one kind at a time.

A job commits often, so that little is lost when it is killed: that leaves many small
shards; and a new model leaves dead ones. What lives of such shards is written into new
ones; then one transaction points the manifest to these and forgets the old ones, and only
then their files are removed. A process killed in between leaves files that no manifest
names, which the next writer sweeps.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from matlore.home import HomeWriter, PendingShard, Shard

from .fact_shards import FOLDER, ShardKind, kind_shards, unreadable
from .fact_store import CLAIMS, QUANTITIES
from .mention_store import MENTIONS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["SHARD_ROWS", "compact_facts", "compact_shards", "drop_shards", "forget_dead"]

SHARD_ROWS = 1_000_000
_GROUP_ROWS = 16_384
Block = tuple[str, int, int]
"""Paper id, first row, number of rows."""


def forget_dead(writer: HomeWriter) -> None:
    """Take out of the manifest what was read of papers that are gone, or of their old texts."""
    writer.connection.execute(
        "DELETE FROM extracted WHERE NOT EXISTS (SELECT 1 FROM papers p "
        "WHERE p.id = extracted.id AND p.text_sha = extracted.text_sha)"
    )


def compact_facts(writer: HomeWriter) -> int:
    """Merge the shards of every kind of facts (see `compact_shards`); return how many are gone."""
    return sum(compact_shards(writer, kind) for kind in (MENTIONS, QUANTITIES, CLAIMS))


def compact_shards(writer: HomeWriter, kind: ShardKind, *, shard_rows: int = SHARD_ROWS) -> int:
    """Merge the shards of a kind that are small, and those that are dead by more than half.

    Small is less than a quarter of `shard_rows`. Memory does not grow with their number.

    Args:
        writer: with nothing in it that is not committed.
        kind: of rows.
        shard_rows: rows a full shard, about.

    Returns:
        How many shards are gone.

    Raises:
        ArtifactError: a shard cannot be read; nothing has changed then.
    """
    forget_dead(writer)
    chosen = _worth_it(writer, kind, shard_rows)
    if not chosen:
        writer.commit()
        return 0
    with _Merge(writer, kind, shard_rows=shard_rows) as merge:
        for shard in chosen:
            merge.take(shard)
        _replace(writer, kind, chosen, merge.finish())
    return len(chosen)


def drop_shards(writer: HomeWriter, shards: Sequence[Shard]) -> int:
    """Forget shards with all that they hold, so that it is extracted anew; return of how many.

    Args:
        writer: its transaction is committed.
        shards: of any kind of facts, as they are registered.
    """
    numbers = [(shard.number,) for shard in shards]
    sql = writer.connection
    lost = sql.executemany("DELETE FROM extracted WHERE shard = ?", numbers).rowcount
    _replace(writer, MENTIONS, shards, [])
    return lost


def _worth_it(writer: HomeWriter, kind: ShardKind, shard_rows: int) -> list[Shard]:
    """Return the shards to rewrite; none where that would only copy them."""
    query = "SELECT shard, sum(rows) FROM extracted WHERE kind = ? GROUP BY shard"
    living = dict(writer.connection.execute(query, (kind.name,)).fetchall())
    shards = kind_shards(writer.home, writer.connection, kind)
    half_dead = [s for s in shards if 2 * living.get(s.number, 0) < s.rows]
    small = [s for s in shards if 4 * s.rows < shard_rows and s not in half_dead]
    if len(small) + len(half_dead) < 2:
        small = []
    return sorted([*half_dead, *small], key=lambda shard: shard.number)


def _replace(
    writer: HomeWriter,
    kind: ShardKind,
    old: Sequence[Shard],
    new: Iterable[tuple[PendingShard, int]],
) -> None:
    """Register new shards instead of old ones, in one commit, then remove the old files."""
    new = list(new)
    numbers = [shard.number for shard in old]
    highest = max((s.number for s in writer.home.shards_of(writer.connection, FOLDER)), default=0)
    if not new and highest in numbers:  # a number must not be used again: an empty shard has it
        new = [(_empty_shard(writer, kind), 0)]
    writer.connection.executemany(
        "DELETE FROM shards WHERE kind = ? AND number = ?", [(FOLDER, n) for n in numbers]
    )
    writer.commit(new)
    for shard in old:
        shard.path.unlink(missing_ok=True)


def _empty_shard(writer: HomeWriter, kind: ShardKind) -> PendingShard:
    import pyarrow.parquet as pq

    pending = writer.new_shard(FOLDER, stem=kind.name)
    pq.write_table(kind.schema().empty_table(), pending.path)
    return pending


class _Merge:
    """Copies the living blocks of shards, one after the other, into new shards.

    A context manager: where the block fails, nothing has changed.
    """

    def __init__(self, writer: HomeWriter, kind: ShardKind, *, shard_rows: int) -> None:
        self._writer = writer
        self._kind = kind
        self._shard_rows = shard_rows
        self._done: list[tuple[PendingShard, int]] = []
        self._pending: PendingShard | None = None
        self._file: pq.ParquetWriter | None = None
        self._buffer: list[pa.RecordBatch] = []
        self._rows = 0

    def __enter__(self) -> "_Merge":
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        if failure is not None:
            for pending in chain((p for p, _ in self._done), filter(None, [self._pending])):
                pending.path.unlink(missing_ok=True)
            self._writer.connection.rollback()
            self._writer.connection.execute("BEGIN IMMEDIATE")

    def take(self, shard: Shard) -> None:
        """Copy what lives of a shard, a row group at a time."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        blocks = self._blocks(shard.number)
        try:
            with pq.ParquetFile(shard.path) as file:
                place = 0
                first_row = 0
                for group in range(file.num_row_groups):
                    last = first_row + file.metadata.row_group(group).num_rows
                    place, mine = _blocks_before(blocks, place, last)
                    if mine:
                        table = file.read_row_group(group, use_threads=False).combine_chunks()
                        self._copy(mine, table, first_row)
                    first_row = last
        except (OSError, pa.ArrowException) as error:
            raise unreadable(shard.path, self._kind) from error
        if place < len(blocks):
            raise unreadable(shard.path, self._kind)

    def finish(self) -> list[tuple[PendingShard, int]]:
        """Close the last shard; return all, to be registered."""
        self._close()
        return self._done

    def _blocks(self, shard: int) -> list[Block]:
        query = (
            "SELECT id, first_row, rows FROM extracted WHERE kind = ? AND shard = ? "
            "AND rows > 0 ORDER BY first_row"
        )
        return self._writer.connection.execute(query, (self._kind.name, shard)).fetchall()

    def _copy(self, blocks: Sequence[Block], table: "pa.Table", first_row: int) -> None:
        """Append blocks of a row group, and point the manifest to where they are now."""
        if self._pending is None or self._rows >= self._shard_rows:
            self._open()
        assert self._pending is not None
        moved = []
        for id, start, rows in blocks:
            moved.append((self._pending.number, self._rows, self._kind.name, id))
            self._buffer += table.slice(start - first_row, rows).to_batches()
            self._rows += rows
        self._writer.connection.executemany(
            "UPDATE extracted SET shard = ?, first_row = ? WHERE kind = ? AND id = ?", moved
        )
        self._write(least=_GROUP_ROWS)

    def _open(self) -> None:
        import pyarrow.parquet as pq

        self._close()
        self._pending = self._writer.new_shard(FOLDER, stem=self._kind.name)
        self._file = pq.ParquetWriter(self._pending.path, self._kind.schema(), compression="zstd")

    def _close(self) -> None:
        if self._file is not None and self._pending is not None:
            self._write(least=1)
            self._file.close()
            self._done.append((self._pending, self._rows))
        self._file = self._pending = None
        self._rows = 0

    def _write(self, *, least: int) -> None:
        """Write what is held as one row group, once there is enough of it."""
        import pyarrow as pa

        if self._file is not None and sum(map(len, self._buffer)) >= least:
            table = pa.Table.from_batches(self._buffer).combine_chunks()
            self._file.write_table(table, row_group_size=len(table))  # one: no block is cut
            self._buffer.clear()


def _blocks_before(blocks: Sequence[Block], place: int, end: int) -> tuple[int, Sequence[Block]]:
    """Return the blocks from `place` on that end by row `end`, and the place after them."""
    after = place
    while after < len(blocks) and sum(blocks[after][1:]) <= end:
        after += 1
    return after, blocks[place:after]
