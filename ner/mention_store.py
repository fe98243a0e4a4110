"""The mentions of a data home: Parquet shards in `facts/`, one row a mention.

Shards are only ever appended. Which rows live says the table `extracted` of the manifest:
for each paper that was read, by which model, what text, and the block of rows that holds
its mentions (no block where there are none, so that the paper is not read again). A block
is dead once nothing points to it; it is not shown as soon as the `text_sha` is no longer
its paper's. So a paper that is removed, or merged into another, takes its mentions along.
"""

import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields
from typing import TYPE_CHECKING, Any, BinaryIO

from matlore.errors import ArtifactError, NotFoundError
from matlore.home import Home, HomeWriter, PendingShard, Shard, has_table
from matlore.records import Mention

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = [
    "FOLDER",
    "KIND",
    "MentionWriter",
    "Mentions",
    "forget_papers",
    "has_extracted",
    "mention_schema",
    "mention_shards",
    "mentions_from_batch",
    "mentions_to_batch",
]

FOLDER = "facts"
KIND = "mentions"
_FIELDS = tuple(field.name for field in fields(Mention))
_BATCH_ROWS = 16_384
_SNAPSHOTS = 3
_LIVING = (
    "FROM extracted e JOIN papers p ON p.id = e.id AND p.text_sha = e.text_sha "
    f"WHERE e.kind = '{KIND}'"
)


def mention_schema() -> "pa.Schema":
    """Return the Arrow schema of a shard: the fields of `Mention`, and `model`, the version."""
    import pyarrow as pa

    special = {"start": pa.int32(), "end": pa.int32(), "score": pa.float64()}
    columns = [(name, special.get(name, pa.string())) for name in (*_FIELDS, "model")]
    return pa.schema(columns)


def mentions_to_batch(mentions: Sequence[Mention], model: str) -> "pa.RecordBatch":
    """Return mentions that one model version made as Arrow columns."""
    import pyarrow as pa

    schema = mention_schema()
    columns = [
        pa.array([getattr(mention, name) for mention in mentions], type=schema.field(name).type)
        for name in _FIELDS
    ]
    columns.append(pa.array([model] * len(mentions), type=pa.string()))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def mentions_from_batch(batch: "pa.RecordBatch") -> Iterator[Mention]:
    """Yield the mentions of Arrow columns."""
    columns = [batch.column(name).to_pylist() for name in _FIELDS]
    for values in zip(*columns, strict=True):
        yield Mention(*values)


def has_extracted(connection: sqlite3.Connection) -> bool:
    """Tell whether a home keeps what was extracted: one made before, not written since, not."""
    return has_table(connection, "extracted")


def mention_shards(home: Home, connection: sqlite3.Connection) -> list[Shard]:
    """Return the registered shards of mentions, oldest first."""
    prefix = f"{KIND}-"
    return [shard for shard in home.shards_of(connection, FOLDER) if shard.name.startswith(prefix)]


def forget_papers(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Bury what was extracted from papers, in a manifest that is open for writing."""
    connection.executemany("DELETE FROM extracted WHERE id = ?", [(id,) for id in ids])


class Mentions:
    """The living mentions of a data home, as of the last commit; iterating starts afresh.

    What a writer commits meanwhile is not seen. Memory does not grow with their number.
    """

    def __init__(self, home: Home) -> None:
        self._home = home

    def __iter__(self) -> Iterator[Mention]:
        for batch in self.batches():
            yield from mentions_from_batch(batch)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of living mentions as Arrow batches, papers whole and in sequence.

        Args:
            columns: which fields of `Mention`, or `model`; None for all.
        """
        with ExitStack() as stack:
            connection, shards = self._open(stack)
            yield from _all_living(connection, shards, columns)

    def by_paper(self, id: str) -> list[Mention]:
        """Return the mentions of a paper, by any of its identifiers as the corpus has them.

        Raises:
            NotFoundError: there is no such paper, or it was not read yet.
        """
        with ExitStack() as stack:
            connection, shards = self._open(stack)
            shard, first_row, rows = self._block(connection, id)
            if not rows:
                return []
            for number, file in shards:
                if number == shard:
                    runs = [(first_row, first_row + rows)]
                    return [
                        mention
                        for batch in _living(file, runs, None)
                        for mention in mentions_from_batch(batch)
                    ]
        raise ArtifactError(f"shard {shard} of mentions is missing: `matlore corpus verify`")

    def counts(self) -> dict[str, Any]:
        """Count what is there.

        Returns:
            `papers` that were read, `pending` ones that were not or have changed since,
            `mentions`, and by name `labels` (mentions), `models` (papers).
        """
        with ExitStack() as stack:
            connection, shards = self._open(stack)
            (total,) = connection.execute("SELECT count(*) FROM papers").fetchone()
            query = f"SELECT e.model, count(*), sum(e.rows) {_LIVING} GROUP BY e.model"
            models = connection.execute(query).fetchall() if has_extracted(connection) else []
            labels = Counter[str]()
            for batch in _all_living(connection, shards, ["label"]):
                for entry in batch.column("label").value_counts().to_pylist():
                    labels[entry["values"]] += entry["counts"]
        papers = sum(count for _, count, _ in models)
        return {
            "papers": papers,
            "pending": total - papers,
            "mentions": sum(rows for *_, rows in models),
            "labels": _commonest_first(labels),
            "models": _commonest_first({model: count for model, count, _ in models}),
        }

    def _block(self, connection: sqlite3.Connection, id: str) -> tuple[int | None, int, int]:
        """Return shard, first row and number of rows of a paper's mentions."""
        query = "SELECT p.id FROM aliases a JOIN papers p ON p.id = a.id WHERE a.alias = ?"
        owner = connection.execute(query, (id,)).fetchone()
        if owner is None:
            raise NotFoundError(
                f"no paper {id} in {self._home.path}: `matlore corpus stats` says what is"
            )
        query = f"SELECT e.shard, e.first_row, e.rows {_LIVING} AND e.id = ?"
        block = connection.execute(query, owner).fetchone() if has_extracted(connection) else None
        if block is None:
            raise NotFoundError(f"{owner[0]} has not been read yet: `matlore ner extract`")
        return block[0], block[1], block[2]

    def _open(self, stack: ExitStack) -> tuple[sqlite3.Connection, list[tuple[int, BinaryIO]]]:
        """Open a snapshot and its shards; a newer one where a compaction came between."""
        for attempt in range(_SNAPSHOTS):
            connection = stack.enter_context(self._home.connect())
            shards = mention_shards(self._home, connection) if has_extracted(connection) else []
            try:
                return connection, [
                    (shard.number, stack.enter_context(shard.path.open("rb"))) for shard in shards
                ]
            except FileNotFoundError as error:
                if attempt == _SNAPSHOTS - 1:
                    raise ArtifactError(
                        f"{error.filename} is missing: `matlore corpus verify --repair`, "
                        "then `matlore ner extract`"
                    ) from error
        raise AssertionError("unreachable")


class MentionWriter:
    """Writes mentions to a home; `commit` makes them count. Holds one row group at most."""

    def __init__(self, writer: HomeWriter, *, model: str) -> None:
        self._writer = writer
        self._model = model
        self._pending: PendingShard | None = None
        self._file: pq.ParquetWriter | None = None
        self._rows = 0

    def add(self, read: Mapping[tuple[str, str], Sequence[Mention]]) -> None:
        """Note what was found in papers, as one row group.

        Args:
            read: the mentions of each (paper id, `text_sha`); they replace those that the
                paper had.
        """
        group = [mention for mentions in read.values() for mention in mentions]
        if group and self._pending is None:
            self._open()
        number = self._pending.number if self._pending else None
        blocks = []
        row = self._rows
        for (id, text_sha), mentions in read.items():
            shard = number if mentions else None
            blocks.append((KIND, id, text_sha, self._model, shard, row, len(mentions)))
            row += len(mentions)
        self._writer.connection.executemany(
            "INSERT OR REPLACE INTO extracted VALUES (?, ?, ?, ?, ?, ?, ?)", blocks
        )
        if group and self._file is not None:
            batch = mentions_to_batch(group, self._model)
            self._file.write_batch(batch, row_group_size=len(batch))  # one: no block is cut
        self._rows = row

    def commit(self) -> None:
        """Close the shard, and make all since the last commit count."""
        shards = []
        if self._pending is not None and self._file is not None:
            self._file.close()
            shards.append((self._pending, self._rows))
        self._pending = self._file = None
        self._rows = 0
        self._writer.commit(shards)

    def close(self) -> None:
        """Give up what was not committed."""
        if self._file is not None and self._pending is not None:
            self._file.close()
            self._pending.path.unlink(missing_ok=True)
        self._pending = self._file = None

    def _open(self) -> None:
        import pyarrow.parquet as pq

        self._pending = self._writer.new_shard(FOLDER, stem=KIND)
        self._file = pq.ParquetWriter(self._pending.path, mention_schema(), compression="zstd")


def _commonest_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _all_living(
    connection: sqlite3.Connection,
    shards: Iterable[tuple[int, BinaryIO]],
    columns: Sequence[str] | None,
) -> Iterator["pa.RecordBatch"]:
    for number, file in shards:
        yield from _living(file, _runs(connection, number), columns)


def _runs(connection: sqlite3.Connection, shard: int) -> list[tuple[int, int]]:
    """Return the rows of a shard that live, as ascending half-open ranges, joined."""
    query = f"SELECT e.first_row, e.rows {_LIVING} AND e.shard = ? AND e.rows > 0"
    runs: list[tuple[int, int]] = []
    for first_row, rows in connection.execute(f"{query} ORDER BY e.first_row", (shard,)):
        start = runs.pop()[0] if runs and runs[-1][1] == first_row else first_row
        runs.append((start, first_row + rows))
    return runs


def _living(
    file: BinaryIO, runs: Sequence[tuple[int, int]], columns: Sequence[str] | None
) -> Iterator["pa.RecordBatch"]:
    """Yield the rows of a shard that lie in `runs`."""
    names = None if columns is None else list(columns)
    for first_row, batch in _read(file, runs, names):
        for start, end in _overlaps(runs, first_row, first_row + batch.num_rows):
            part = batch.slice(start - first_row, end - start)
            yield part if names is None else part.select(names)


def _read(
    file: BinaryIO, runs: Sequence[tuple[int, int]], names: list[str] | None
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
        raise ArtifactError(
            f"{file.name} cannot be read: `matlore corpus verify --repair`, "
            "then `matlore ner extract`"
        ) from error


def _overlaps(runs: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Return what of the ascending ranges `runs` lies in `start:end`."""
    found = []
    place = bisect_right(runs, start, key=lambda run: run[1])
    while place < len(runs) and runs[place][0] < end:
        found.append((max(runs[place][0], start), min(runs[place][1], end)))
        place += 1
    return found
