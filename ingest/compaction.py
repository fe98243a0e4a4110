"""Small and half-dead shards of a corpus merged into full ones.

Many short harvests leave many small shards, and papers that were replaced leave dead rows.
What is still needed of such shards is written into new ones; then one transaction points
the manifest to these and forgets the old ones, and only then the old files are removed. A
process killed in between leaves files that no manifest names, which the next writer sweeps.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matlore.errors import ArtifactError
from matlore.home import HomeWriter, PendingShard, Shard

from .corpus import KIND, forget_papers, paper_schema
from .store import SHARD_ROWS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["CompactionReport", "ShardRewriter", "compact"]

_GROUP_ROWS = 1_000
_POINTING = ("papers", "records")  # the tables that point to rows of shards
_OWN_TABLES = ("chosen", "wanted", "moved")
_SCHEMA = """
CREATE TEMP TABLE chosen (number INTEGER PRIMARY KEY);
CREATE TEMP TABLE wanted (shard INTEGER, row INTEGER, PRIMARY KEY (shard, row)) WITHOUT ROWID;
CREATE TEMP TABLE moved (
    shard INTEGER, row INTEGER, new_shard INTEGER NOT NULL, new_row INTEGER NOT NULL,
    PRIMARY KEY (shard, row)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class CompactionReport:
    """What a compaction did.

    Attributes:
        shards_before: shards of the corpus before.
        shards_after: shards of the corpus now.
        shards_rewritten: how many of those before are gone.
        rows_moved: rows written into new shards.
        rows_dropped: dead rows that are gone.
        bytes_freed: how much smaller the shards are now, all together.
    """

    shards_before: int
    shards_after: int
    shards_rewritten: int = 0
    rows_moved: int = 0
    rows_dropped: int = 0
    bytes_freed: int = 0


def compact(home_writer: HomeWriter, *, shard_rows: int = SHARD_ROWS) -> CompactionReport:
    """Merge the shards of the corpus that are small, or dead by more than half.

    Small is less than a quarter of `shard_rows`. Memory does not grow with the corpus.

    Args:
        home_writer: with nothing in it that is not committed.
        shard_rows: papers a full shard.

    Raises:
        ArtifactError: a shard cannot be read; nothing has changed then.
    """
    before = home_writer.home.shards_of(home_writer.connection, KIND)
    with ShardRewriter(home_writer, shard_rows=shard_rows) as rewriter:
        chosen = _worth_it(before, rewriter.needed_rows(), shard_rows)
        if not chosen:
            return CompactionReport(len(before), len(before))
        rewriter.choose(chosen)
        for shard in chosen:
            _move(rewriter, shard)
        moved = rewriter.commit()
    after = home_writer.home.shards_of(home_writer.connection, KIND)
    return CompactionReport(
        shards_before=len(before),
        shards_after=len(after),
        shards_rewritten=len(chosen),
        rows_moved=moved,
        rows_dropped=sum(shard.rows for shard in chosen) - moved,
        bytes_freed=sum(s.size for s in before) - sum(s.size for s in after),
    )


def _worth_it(shards: list[Shard], needed: dict[int, int], shard_rows: int) -> list[Shard]:
    """Return the shards to rewrite; none where that would only copy them."""
    half_dead = [s for s in shards if s.rows and 2 * needed.get(s.number, 0) < s.rows]
    small = [s for s in shards if 4 * s.rows < shard_rows and s not in half_dead]
    if len(small) + len(half_dead) < 2:
        small = []
    return sorted(small + half_dead, key=lambda shard: shard.number)


def _move(rewriter: "ShardRewriter", shard: Shard) -> None:
    """Move all rows of a shard that are needed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = rewriter.wanted(shard.number)
    found = 0
    try:
        with pq.ParquetFile(shard.path) as file:
            for first_row, batch in _batches(file):
                rows = [row for row in range(first_row, first_row + len(batch)) if row in wanted]
                rewriter.take(shard.number, rows, batch, first_row)
                found += len(rows)
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(f"{shard.path} cannot be read: `matlore corpus verify`") from error
    if found < len(wanted):
        raise ArtifactError(f"{shard.path} has too few rows: `matlore corpus verify`")


def _batches(file: "pq.ParquetFile") -> Iterator[tuple[int, "pa.RecordBatch"]]:
    first_row = 0
    for batch in file.iter_batches(_GROUP_ROWS, use_threads=False):
        yield first_row, batch
        first_row += batch.num_rows


class ShardRewriter:
    """Moves rows of chosen shards into new shards, and makes that count in one commit.

    Needed are the rows that `papers` and `records` point to. Use it as a context manager:
    without `commit` nothing changes.
    """

    def __init__(self, writer: HomeWriter, *, shard_rows: int = SHARD_ROWS) -> None:
        self._writer = writer
        self._sql = writer.connection
        self._shard_rows = shard_rows
        self._chosen: list[Shard] = []
        self._done: list[tuple[PendingShard, int]] = []
        self._pending: PendingShard | None = None
        self._file: pq.ParquetWriter | None = None
        self._buffer: list[pa.RecordBatch] = []
        self._rows = 0

    def __enter__(self) -> "ShardRewriter":
        self._drop_own_tables()
        for statement in filter(str.strip, _SCHEMA.split(";")):
            self._sql.execute(statement)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        drafts = [pending for pending, _ in self._done] + [p for p in [self._pending] if p]
        for draft in drafts:
            draft.path.unlink(missing_ok=True)
        self._drop_own_tables()

    def needed_rows(self) -> dict[int, int]:
        """Return how many rows of each shard are needed, by its number."""
        places = " UNION ".join(f"SELECT shard, row FROM {table}" for table in _POINTING)
        query = f"SELECT shard, count(*) FROM ({places}) GROUP BY shard"
        return dict(self._sql.execute(query))

    def choose(self, shards: Sequence[Shard]) -> None:
        """Say which shards are to be replaced."""
        self._chosen = list(shards)
        rows = [(shard.number,) for shard in shards]
        self._sql.executemany("INSERT INTO temp.chosen VALUES (?)", rows)
        for table in _POINTING:
            self._sql.execute(
                f"INSERT OR IGNORE INTO temp.wanted SELECT shard, row FROM {table} "
                "WHERE shard IN (SELECT number FROM temp.chosen) AND row IS NOT NULL"
            )

    def wanted(self, shard: int) -> set[int]:
        """Return the rows of a chosen shard that are needed."""
        query = "SELECT row FROM temp.wanted WHERE shard = ?"
        return {row for (row,) in self._sql.execute(query, (shard,))}

    def take(
        self, shard: int, rows: Sequence[int], batch: "pa.RecordBatch", first_row: int
    ) -> None:
        """Move rows of a chosen shard.

        Args:
            shard: its number.
            rows: which of its rows, ascending; `batch` holds them all.
            batch: some rows of the shard.
            first_row: the row of the shard that `batch` begins with.
        """
        import pyarrow as pa

        batch = batch.take(pa.array([row - first_row for row in rows], pa.int64()))
        start = 0
        while start < len(rows):
            if self._pending is None or self._rows >= self._shard_rows:
                self._open()
            assert self._pending is not None
            part = rows[start : start + self._shard_rows - self._rows]
            places = [
                (shard, row, self._pending.number, self._rows + offset)
                for offset, row in enumerate(part)
            ]
            self._sql.executemany("INSERT INTO temp.moved VALUES (?, ?, ?, ?)", places)
            self._buffer.append(_in_schema(batch.slice(start, len(part))))
            self._rows += len(part)
            start += len(part)
            self._write(least=_GROUP_ROWS)

    def lost_papers(self) -> list[str]:
        """Return the ids of papers whose rows are in chosen shards, but were not moved."""
        return self._lost("papers")

    def lost_records(self) -> list[str]:
        """Return the ids of records whose rows are in chosen shards, but were not moved."""
        return self._lost("records")

    def forget(self, papers: Iterable[str]) -> None:
        """Take papers out of the manifest, with all that it holds about them."""
        forget_papers(self._sql, papers)

    def commit(self) -> int:
        """Replace the chosen shards, remove their files, and return how many rows moved.

        Papers and records whose rows were not moved are forgotten.
        """
        if not self._done and self._pending is None and self._holds_the_highest_number():
            self._open()  # an empty shard: its number must not be used again
        self._close_file()
        self._forget_lost()
        for table in _POINTING:
            self._repoint(table)
        self._move_tombstones()
        self._sql.execute(
            "DELETE FROM shards WHERE kind = ? AND number IN (SELECT number FROM temp.chosen)",
            (KIND,),
        )
        (moved,) = self._sql.execute("SELECT count(*) FROM temp.moved").fetchone()
        self._writer.commit(self._done)
        for shard in self._chosen:
            shard.path.unlink(missing_ok=True)
        return int(moved)

    # The manifest

    def _lost(self, table: str) -> list[str]:
        query = (
            f"SELECT p.id FROM {table} p LEFT JOIN temp.moved m ON m.shard = p.shard AND "
            "m.row = p.row WHERE p.shard IN (SELECT number FROM temp.chosen) AND m.row IS NULL"
        )
        return [id for (id,) in self._sql.execute(f"{query} ORDER BY p.id")]

    def _holds_the_highest_number(self) -> bool:
        query = "SELECT coalesce(max(number), 0) FROM shards WHERE kind = ?"
        (highest,) = self._sql.execute(query, (KIND,)).fetchone()
        return any(shard.number == highest for shard in self._chosen)

    def _forget_lost(self) -> None:
        """Take papers and records out of the manifest whose rows were not moved."""
        self.forget(self.lost_papers())
        lost = [(id,) for id in self.lost_records()]
        if lost:
            self._sql.executemany("DELETE FROM records WHERE id = ?", lost)
            self._sql.executemany("DELETE FROM fingerprints WHERE record = ?", lost)

    def _repoint(self, table: str) -> None:
        self._sql.execute(
            f"UPDATE {table} SET (shard, row) = (SELECT m.new_shard, m.new_row FROM temp.moved m "
            f"WHERE m.shard = {table}.shard AND m.row = {table}.row) "
            "WHERE shard IN (SELECT number FROM temp.chosen)"
        )

    def _move_tombstones(self) -> None:
        """Let tombstones follow the rows that records point to; the others are done with."""
        self._sql.execute(
            "INSERT INTO tombstones SELECT t.kind, m.new_shard, m.new_row, t.id, t.reason, "
            "t.created FROM tombstones t JOIN temp.moved m ON m.shard = t.shard "
            "AND m.row = t.row WHERE t.kind = ?",
            (KIND,),
        )
        self._sql.execute(
            "DELETE FROM tombstones WHERE kind = ? AND shard IN (SELECT number FROM temp.chosen)",
            (KIND,),
        )

    def _drop_own_tables(self) -> None:
        for table in _OWN_TABLES:
            self._sql.execute(f"DROP TABLE IF EXISTS temp.{table}")

    # The files

    def _open(self) -> None:
        import pyarrow.parquet as pq

        self._close_file()
        self._pending = self._writer.new_shard(KIND, stem="papers")
        self._file = pq.ParquetWriter(self._pending.path, paper_schema(), compression="zstd")

    def _close_file(self) -> None:
        if self._file is not None and self._pending is not None:
            self._write(least=1)
            self._file.close()
            self._done.append((self._pending, self._rows))
        self._file = self._pending = None
        self._rows = 0

    def _write(self, *, least: int) -> None:
        """Write what is held, as row groups, once there is enough of it."""
        import pyarrow as pa

        if self._file is not None and sum(map(len, self._buffer)) >= least:
            table = pa.Table.from_batches(self._buffer)
            self._file.write_table(table, row_group_size=_GROUP_ROWS)
            self._buffer.clear()


def _in_schema(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """Return a batch with the columns of today; what an old shard lacks is null."""
    import pyarrow as pa

    schema = paper_schema()
    columns = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
