"""The corpus on disk: Parquet shards of papers, one row a paper.

The shards are plain Parquet, also for others: `datasets.load_dataset("parquet",
data_files=[str(path) for path in Corpus(home).files()])` reads them. Rows that were
replaced later stay in their shards behind tombstones; `Corpus` skips them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from matlore.errors import ArtifactError, NotFoundError
from matlore.home import Home, has_table
from matlore.records import Paper

from .ids import canonical_id

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "KIND",
    "Corpus",
    "RowReader",
    "forget_papers",
    "has_records",
    "paper_schema",
    "papers_to_batch",
]

KIND = "corpus"
_BY_PAPER = {"papers": "id", "aliases": "id", "records": "owner", "fingerprints": "id"}
_LISTS = frozenset(["ids", "authors", "categories"])
_BATCH_ROWS = 1024
_SNAPSHOTS = 3


def paper_schema() -> "pa.Schema":
    """Return the Arrow schema of a shard: the fields of `Paper`, in its order."""
    import pyarrow as pa

    special = {
        "year": pa.int32(),
        "date": pa.date32(),
        "relevance": pa.float64(),
        "retracted": pa.bool_(),
    } | {name: pa.list_(pa.string()) for name in _LISTS}
    return pa.schema(
        [(field.name, special.get(field.name, pa.string())) for field in fields(Paper)]
    )


def papers_to_batch(papers: Sequence[Paper]) -> "pa.RecordBatch":
    """Return papers as Arrow columns."""
    import pyarrow as pa

    schema = paper_schema()
    columns = [
        pa.array([getattr(paper, field.name) for paper in papers], type=field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


class Corpus:
    """The papers of a data home, as of the last commit; iterating starts afresh each time.

    What a writer commits meanwhile is not seen. Memory does not grow with the corpus: at
    most one batch of rows is held.
    """

    def __init__(self, home: Home) -> None:
        self._home = home

    def __len__(self) -> int:
        with self._home.connect() as connection:
            return int(connection.execute("SELECT count(*) FROM papers").fetchone()[0])

    def __iter__(self) -> Iterator[Paper]:
        for file, dead, late in self._shards(with_late=True):
            for first_row, batch in _read(file, None):
                columns = [batch.column(name).to_pylist() for name in batch.schema.names]
                for row, values in enumerate(zip(*columns, strict=True), start=first_row):
                    if row not in dead:
                        yield _paper(batch.schema.names, values, late.get(row, ()))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of living papers as Arrow batches.

        Args:
            columns: which fields of `Paper`; None for all. The column `ids` holds the
                identifiers a paper came with, not those it got later.
        """
        for file, dead, _ in self._shards():
            for first_row, batch in _read(file, columns):
                kept = _without(batch, first_row, dead)
                if kept.num_rows:
                    yield kept

    def get(self, id: str) -> Paper:
        """Return a paper by any of its identifiers.

        Raises:
            NotFoundError: no paper has this identifier.
        """
        wanted = canonical_id(id)
        with self._home.connect() as connection:
            found = connection.execute(
                "SELECT p.shard, p.row, a.id FROM aliases a JOIN papers p ON p.id = a.id "
                "WHERE a.alias = ?",
                (wanted,),
            ).fetchone()
            if found is None:
                raise NotFoundError(
                    f"no paper {wanted} in {self._home.path}: `matlore corpus stats` says what is"
                )
            late = _late(connection, found[2])
            reader = RowReader(self._home)
            try:
                return replace_ids(reader.read(connection, found[0], found[1]), late)
            finally:
                reader.close()

    def records(self, id: str) -> list[dict[str, object]]:
        """Return the records of a paper that has several, the first one seen first.

        Each has `id`, `how` it was recognised, `score`, `title`, `source`, `year`.
        """
        reader = RowReader(self._home)
        query = "SELECT id, how, score, shard, row FROM records WHERE owner = ?"
        with self._home.connect() as connection:
            if not has_records(connection):
                return []
            found = []
            for record, how, score, shard, row in connection.execute(
                f"{query} ORDER BY id != owner, id", (id,)
            ).fetchall():
                paper = reader.read(connection, shard, row)
                said = {"title": paper.title, "source": paper.source, "year": paper.year}
                found.append({"id": record, "how": how, "score": score, **said})
        reader.close()
        return found

    def files(self) -> list[Path]:
        """Return the paths of the registered shards, oldest first."""
        return [shard.path for shard in self._home.shards(KIND)]

    def _shards(
        self, *, with_late: bool = False
    ) -> Iterator[tuple[BinaryIO, set[int], dict[int, tuple[str, ...]]]]:
        """Yield each shard with its dead rows and the identifiers its papers got later.

        All from one snapshot: a row that is replaced meanwhile must not be dead in its old
        shard while the new one is not listed. All shards are opened at once: a compaction
        may remove their files, not what is open.
        """
        with ExitStack() as stack:
            connection, shards = self._open(stack)
            for number, file in shards:
                dead = _dead_rows(connection, number)
                late = _late_ids(connection, number) if with_late else {}
                yield file, dead, late

    def _open(self, stack: ExitStack) -> tuple[sqlite3.Connection, list[tuple[int, BinaryIO]]]:
        """Open a snapshot and its shards; a newer one where a compaction came between."""
        for attempt in range(_SNAPSHOTS):
            connection = stack.enter_context(self._home.connect())
            try:
                return connection, [
                    (shard.number, stack.enter_context(shard.path.open("rb")))
                    for shard in self._home.shards_of(connection, KIND)
                ]
            except FileNotFoundError as error:
                if attempt == _SNAPSHOTS - 1:
                    raise ArtifactError(
                        f"{error.filename} is missing: `matlore corpus verify`"
                    ) from error
        raise AssertionError("unreachable")


def has_records(connection: sqlite3.Connection) -> bool:
    """Tell whether a home knows records: one of format 1, not written to since, does not."""
    return has_table(connection, "records")


def forget_papers(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Take papers out of a manifest open for writing, with all that it holds about them."""
    rows = [(id,) for id in ids]
    for table, column in _BY_PAPER.items():
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)


class RowReader:
    """Reads single rows of registered shards, keeping the row groups that it read last."""

    def __init__(self, home: Home, *, groups: int = 32) -> None:
        self._folder = home.folder(KIND)
        self._files: dict[int, Any] = {}
        self._groups = lru_cache(maxsize=groups)(self._group)

    def read(self, connection: sqlite3.Connection, shard: int, row: int) -> Paper:
        """Return a row of the shard with this number.

        Raises:
            ArtifactError: the shard is missing or too short.
        """
        file = self._file(connection, shard)
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if row < rows:
                columns = self._groups(shard, group)
                return _paper(list(columns), [values[row] for values in columns.values()], ())
            row -= rows
        raise ArtifactError(f"shard {shard} has too few rows: `matlore corpus verify`")

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _group(self, shard: int, group: int) -> Mapping[str, Any]:
        table = self._files[shard].read_row_group(group, use_threads=False)
        return {name: table.column(name).to_pylist() for name in table.schema.names}

    def _file(self, connection: sqlite3.Connection, shard: int) -> Any:
        import pyarrow.parquet as pq

        if shard not in self._files:
            query = "SELECT name FROM shards WHERE kind = ? AND number = ?"
            found = connection.execute(query, (KIND, shard)).fetchone()
            path = self._folder / (found[0] if found else f"number {shard}")
            if not path.is_file():
                raise ArtifactError(f"{path} is missing: `matlore corpus verify`")
            self._files[shard] = pq.ParquetFile(path)
        return self._files[shard]


def replace_ids(paper: Paper, late: Iterable[str]) -> Paper:
    """Return `paper` with further identifiers."""
    added = tuple(one for one in late if one not in paper.ids)
    return replace(paper, ids=paper.ids + added, doi=paper.doi or _doi(added)) if added else paper


def _doi(ids: Iterable[str]) -> str | None:
    return next((one[4:] for one in ids if one.startswith("doi:")), None)


def _read(file: BinaryIO, columns: Sequence[str] | None) -> Iterator[tuple[int, "pa.RecordBatch"]]:
    """Yield the batches of a shard with the number of their first row."""
    import pyarrow.parquet as pq

    first_row = 0
    shard = pq.ParquetFile(file)
    names = None if columns is None else list(columns)
    for batch in shard.iter_batches(_BATCH_ROWS, columns=names, use_threads=False):
        yield first_row, batch if names is None else batch.select(names)
        first_row += batch.num_rows


def _without(batch: "pa.RecordBatch", first_row: int, dead: set[int]) -> "pa.RecordBatch":
    """Return a batch without its dead rows."""
    import pyarrow as pa

    rows = range(first_row, first_row + batch.num_rows)
    if dead.isdisjoint(rows):
        return batch
    return batch.filter(pa.array([row not in dead for row in rows]))


def _paper(names: Sequence[str], values: Iterable[Any], late: Iterable[str]) -> Paper:
    """Return the paper of a row; lists become tuples."""
    found: Mapping[str, Any] = {
        name: tuple(value or ()) if name in _LISTS else value
        for name, value in zip(names, values, strict=True)
    }
    return replace_ids(Paper(**found), late)


def _dead_rows(connection: Any, number: int) -> set[int]:
    query = "SELECT row FROM tombstones WHERE kind = ? AND shard = ?"
    return {row for (row,) in connection.execute(query, (KIND, number))}


def _late(connection: Any, id: str) -> list[str]:
    query = "SELECT alias FROM aliases WHERE id = ? AND late ORDER BY alias"
    return [alias for (alias,) in connection.execute(query, (id,))]


def _late_ids(connection: Any, number: int) -> dict[int, tuple[str, ...]]:
    """Return row to identifiers for the papers of a shard that got some later."""
    found: dict[int, tuple[str, ...]] = {}
    query = (
        "SELECT p.row, a.alias FROM aliases a JOIN papers p ON p.id = a.id "
        "WHERE a.late AND p.shard = ? ORDER BY a.alias"
    )
    for row, alias in connection.execute(query, (number,)):
        found[row] = (*found.get(row, ()), alias)
    return found
