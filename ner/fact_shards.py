"""Rows of facts in a data home: Parquet shards in `facts/`, of several kinds, and who lives.

Shards are only ever appended. Which rows live says the table `extracted` of the manifest:
for each kind and each paper that was read, by which model, what text, and the block of rows
that holds what was found (no block where nothing was, so that the paper is not read again).
A block is dead once nothing points to it; it is not shown as soon as the `text_sha` is no
longer its paper's. So a paper that is removed, or merged into another, takes its facts along.
"""

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from matlore.errors import ArtifactError, NotFoundError
from matlore.home import Home, HomeWriter, PendingShard, Shard, has_table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = [
    "FOLDER",
    "Block",
    "BlockWriter",
    "LivingRows",
    "ShardKind",
    "Snapshot",
    "forget_papers",
    "has_extracted",
    "kind_shards",
    "unreadable",
]

FOLDER = "facts"
_BATCH_ROWS = 16_384
_SNAPSHOTS = 3
_LIVING = (
    "FROM extracted e JOIN papers p ON p.id = e.id AND p.text_sha = e.text_sha WHERE e.kind = ?"
)
# Of the papers listed as JSON: CROSS JOIN, so that SQLite looks these up and reads no others.
_LIVING_OF = """FROM json_each(?) wanted CROSS JOIN extracted e ON e.id = wanted.value
CROSS JOIN papers p ON p.id = e.id AND p.text_sha = e.text_sha WHERE e.kind = ?"""


@dataclass(frozen=True, slots=True)
class ShardKind:
    """A kind of rows.

    Attributes:
        name: in the manifest, and what the names of its shards begin with.
        schema: returns the Arrow schema of a shard.
        command: makes the rows anew where a shard is lost.
    """

    name: str
    schema: "Callable[[], pa.Schema]"
    command: str


class Block(NamedTuple):
    """What was found in a paper: who read which text, and how many rows that gave."""

    id: str
    text_sha: str
    model: str
    rows: int


def has_extracted(connection: sqlite3.Connection) -> bool:
    """Tell whether a home keeps what was extracted: one made before, not written since, not."""
    return has_table(connection, "extracted")


def kind_shards(home: Home, connection: sqlite3.Connection, kind: ShardKind) -> list[Shard]:
    """Return the registered shards of a kind, oldest first."""
    prefix = f"{kind.name}-"
    return [shard for shard in home.shards_of(connection, FOLDER) if shard.name.startswith(prefix)]


def forget_papers(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Bury what was extracted from papers, in a manifest that is open for writing."""
    connection.executemany("DELETE FROM extracted WHERE id = ?", [(id,) for id in ids])


def unreadable(name: object, kind: ShardKind, *, what: str = "cannot be read") -> ArtifactError:
    """Return the error about a shard that is damaged or missing."""
    return ArtifactError(f"{name} {what}: `matlore corpus verify --repair`, then `{kind.command}`")


class LivingRows:
    """The living rows of one kind, as of the last commit; what is written later is not seen.

    Memory does not grow with their number.
    """

    def __init__(self, home: Home, kind: ShardKind) -> None:
        self._home = home
        self._kind = kind

    @contextmanager
    def snapshot(self) -> "Iterator[Snapshot]":
        """Open the manifest and all shards: a compaction may remove files, not what is open."""
        with ExitStack() as stack:
            yield self._open(stack)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows as Arrow batches, papers whole and in sequence.

        Args:
            columns: which columns of the schema; None for all.
        """
        with self.snapshot() as snapshot:
            yield from snapshot.batches(columns)

    def matching(self, column: str, key: str) -> Iterator["pa.RecordBatch"]:
        """Yield the rows whose column of texts has a value: fast where these are few.

        Args:
            column: of the schema, which must have `paper_id`.
            key: the value.
        """
        with self.snapshot() as snapshot:
            yield from snapshot.matching(column, key)

    def of_paper(self, id: str) -> list["pa.RecordBatch"]:
        """Return the rows of a paper, by any of its identifiers as the corpus has them.

        Raises:
            ArtifactError: a shard cannot be read.
            NotFoundError: there is no such paper, or it was not read yet.
        """
        with self.snapshot() as snapshot:
            return snapshot.of_paper(id)

    def _open(self, stack: ExitStack) -> "Snapshot":
        """Open a snapshot and its shards; a newer one where a compaction came between."""
        for attempt in range(_SNAPSHOTS):
            connection = stack.enter_context(self._home.connect())
            known = has_extracted(connection)
            shards = kind_shards(self._home, connection, self._kind) if known else []
            try:
                files = [(one.number, stack.enter_context(one.path.open("rb"))) for one in shards]
            except FileNotFoundError as error:
                if attempt == _SNAPSHOTS - 1:
                    raise unreadable(error.filename, self._kind, what="is missing") from error
            else:
                return Snapshot(self._home, self._kind, connection, files)
        raise AssertionError("unreachable")


class Snapshot:
    """The living rows of one kind while a snapshot of the manifest is open."""

    def __init__(
        self,
        home: Home,
        kind: ShardKind,
        connection: sqlite3.Connection,
        files: Sequence[tuple[int, BinaryIO]],
    ) -> None:
        self.connection = connection
        self._home = home
        self._kind = kind
        self._files = files

    def papers(self) -> int:
        """Return how many papers the corpus has."""
        return int(self.connection.execute("SELECT count(*) FROM papers").fetchone()[0])

    def models(self) -> list[tuple[str, int, int]]:
        """Return the models with the papers that they read and the rows that this gave."""
        if not has_extracted(self.connection):
            return []
        query = f"SELECT e.model, count(*), sum(e.rows) {_LIVING} GROUP BY e.model"
        return self.connection.execute(query, (self._kind.name,)).fetchall()

    def batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows as Arrow batches, papers whole and in sequence."""
        for number, file in self._files:
            yield from _living(file, self._runs(number), columns, self._kind)

    def matching(self, column: str, key: str) -> Iterator["pa.RecordBatch"]:
        """Yield the rows whose column has a value (see `LivingRows.matching`)."""
        for number, file in self._files:
            for places, batch in _matching(file, column, key, self._kind):
                runs = self._runs(number, set(batch.column("paper_id").to_pylist()))
                living = [at for at, row in enumerate(places) if _overlaps(runs, row, row + 1)]
                if living:
                    yield batch if len(living) == batch.num_rows else batch.take(living)

    def of_paper(self, id: str) -> list["pa.RecordBatch"]:
        """Return the rows of a paper (see `LivingRows.of_paper`)."""
        shard, first_row, rows = self._block(id)
        if not rows:
            return []
        for number, file in self._files:
            if number == shard:
                return [*_living(file, [(first_row, first_row + rows)], None, self._kind)]
        raise unreadable(f"shard {shard} of {self._kind.name}", self._kind, what="is missing")

    def _block(self, id: str) -> tuple[int | None, int, int]:
        """Return shard, first row and number of rows of a paper."""
        query = "SELECT p.id FROM aliases a JOIN papers p ON p.id = a.id WHERE a.alias = ?"
        owner = self.connection.execute(query, (id,)).fetchone()
        if owner is None:
            raise NotFoundError(
                f"no paper {id} in {self._home.path}: `matlore corpus stats` says what is"
            )
        query = f"SELECT e.shard, e.first_row, e.rows {_LIVING} AND e.id = ?"
        known = has_extracted(self.connection)
        found = self.connection.execute(query, (self._kind.name, *owner)) if known else None
        block = found.fetchone() if found else None
        if block is None:
            raise NotFoundError(f"{owner[0]} has not been read yet: `{self._kind.command}`")
        return block[0], block[1], block[2]

    def _runs(self, shard: int, papers: set[str] | None = None) -> list[tuple[int, int]]:
        """Return the rows of a shard that live, as ascending half-open ranges, joined.

        Args:
            shard: its number.
            papers: to look at no others, which is much faster for a few.
        """
        query = f"SELECT e.first_row, e.rows {_LIVING} AND e.shard = ? AND e.rows > 0"
        values: list[object] = [self._kind.name, shard]
        if papers is not None:
            query = f"SELECT e.first_row, e.rows {_LIVING_OF} AND e.shard = ? AND e.rows > 0"
            values = [json.dumps(sorted(papers)), *values]
        found = self.connection.execute(f"{query} ORDER BY e.first_row", values)
        runs: list[tuple[int, int]] = []
        for first_row, rows in found:
            start = runs.pop()[0] if runs and runs[-1][1] == first_row else first_row
            runs.append((start, first_row + rows))
        return runs


class BlockWriter:
    """Writes rows of one kind to a home. Holds one row group at most.

    `finish` returns the shards for `HomeWriter.commit`, which makes them count.
    """

    def __init__(self, writer: HomeWriter, kind: ShardKind) -> None:
        self._writer = writer
        self._kind = kind
        self._pending: PendingShard | None = None
        self._file: pq.ParquetWriter | None = None
        self._rows = 0

    def add(self, blocks: Sequence[Block], batch: "pa.RecordBatch") -> None:
        """Note what was found in papers, as one row group.

        Args:
            blocks: of the papers; they replace those that the papers had.
            batch: their rows, one block after the other.
        """
        if len(batch) != sum(block.rows for block in blocks):
            raise ValueError(f"{len(batch)} rows, other than the blocks say")
        if len(batch) and self._pending is None:
            self._open()
        number = self._pending.number if self._pending else None
        rows, row = [], self._rows
        for block in blocks:
            shard = number if block.rows else None
            rows.append((self._kind.name, *block[:3], shard, row, block.rows))
            row += block.rows
        self._writer.connection.executemany(
            "INSERT OR REPLACE INTO extracted VALUES (?, ?, ?, ?, ?, ?, ?)", rows
        )
        if len(batch) and self._file is not None:
            self._file.write_batch(batch, row_group_size=len(batch))  # one: no block is cut
        self._rows = row

    def finish(self) -> list[tuple[PendingShard, int]]:
        """Close the shard and return it with its rows, if there is one."""
        done = []
        if self._pending is not None and self._file is not None:
            self._file.close()
            done.append((self._pending, self._rows))
        self._pending = self._file = None
        self._rows = 0
        return done

    def close(self) -> None:
        """Give up what was not finished."""
        if self._file is not None and self._pending is not None:
            self._file.close()
            self._pending.path.unlink(missing_ok=True)
        self._pending = self._file = None

    def _open(self) -> None:
        import pyarrow.parquet as pq

        self._pending = self._writer.new_shard(FOLDER, stem=self._kind.name)
        self._file = pq.ParquetWriter(self._pending.path, self._kind.schema(), compression="zstd")


def _living(
    file: BinaryIO, runs: Sequence[tuple[int, int]], columns: Sequence[str] | None, kind: ShardKind
) -> Iterator["pa.RecordBatch"]:
    """Yield the rows of a shard that lie in `runs`."""
    names = None if columns is None else list(columns)
    for first_row, batch in _read(file, runs, names, kind):
        for start, end in _overlaps(runs, first_row, first_row + batch.num_rows):
            part = batch.slice(start - first_row, end - start)
            yield part if names is None else part.select(names)


def _read(
    file: BinaryIO, runs: Sequence[tuple[int, int]], names: list[str] | None, kind: ShardKind
) -> Iterator[tuple[int, "pa.RecordBatch"]]:
    """Yield the batches of a shard with the number of their first row, but no dead row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    first_row = 0
    try:
        shard = pq.ParquetFile(file)
        for group in range(shard.num_row_groups):
            rows = shard.metadata.row_group(group).num_rows
            if _overlaps(runs, first_row, first_row + rows):
                start = first_row
                for batch in shard.iter_batches(
                    _BATCH_ROWS, row_groups=[group], columns=names, use_threads=False
                ):
                    yield start, batch
                    start += batch.num_rows
            first_row += rows
    except (OSError, pa.ArrowException) as error:
        raise unreadable(file.name, kind) from error


def _matching(
    file: BinaryIO, column: str, key: str, kind: ShardKind
) -> Iterator[tuple[list[int], "pa.RecordBatch"]]:
    """Yield the rows of a shard whose column has a value, with their numbers, by row group."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    first_row = 0
    try:
        shard = pq.ParquetFile(file)
        for group in range(shard.num_row_groups):
            texts = shard.read_row_group(group, columns=[column], use_threads=False).column(0)
            mask = pc.equal(texts, key)
            if pc.any(mask).as_py():
                rows = shard.read_row_group(group, use_threads=False).filter(mask)
                places = pc.indices_nonzero(mask).to_pylist()
                found = rows.combine_chunks().to_batches()[0]
                yield [first_row + place for place in places], found
            first_row += len(texts)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(file.name, kind) from error


def _overlaps(runs: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Return what of the ascending ranges `runs` lies in `start:end`."""
    found = []
    place = bisect_right(runs, start, key=lambda run: run[1])
    while place < len(runs) and runs[place][0] < end:
        found.append((max(runs[place][0], start), min(runs[place][1], end)))
        place += 1
    return found
