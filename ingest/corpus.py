"""The corpus on disk: Parquet shards of papers, one row a paper.

The shards are plain Parquet, also for others: `datasets.load_dataset("parquet",
data_files=[str(path) for path in Corpus(home).files()])` reads them. Rows that were
replaced later stay in their shards behind tombstones; `Corpus` skips them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, NotFoundError
from matlore.home import Home, Shard
from matlore.records import Paper

from .ids import normalize_id

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["KIND", "Corpus", "paper_schema", "papers_to_batch"]

KIND = "corpus"
_LISTS = frozenset(["ids", "authors", "categories"])
_BATCH_ROWS = 1024


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
        for shard, dead, late in self._shards(with_late=True):
            for first_row, batch in _read(shard, None):
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
        for shard, dead, _ in self._shards():
            for first_row, batch in _read(shard, columns):
                kept = _without(batch, first_row, dead)
                if kept.num_rows:
                    yield kept

    def get(self, id: str) -> Paper:
        """Return a paper by any of its identifiers.

        Raises:
            NotFoundError: no paper has this identifier.
        """
        wanted = normalize_id(id) or id.strip()
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
        shard = next(s for s in self._home.shards(KIND) if s.number == found[0])
        return replace_ids(read_row(shard.path, found[1]), late)

    def files(self) -> list[Path]:
        """Return the paths of the registered shards, oldest first."""
        return [shard.path for shard in self._home.shards(KIND)]

    def _shards(
        self, *, with_late: bool = False
    ) -> Iterator[tuple[Shard, set[int], dict[int, tuple[str, ...]]]]:
        """Yield each shard with its dead rows and the identifiers its papers got later.

        All from one snapshot: a row that is replaced meanwhile must not be dead in its old
        shard while the new one is not listed.
        """
        with self._home.connect() as connection:
            for shard in self._home.shards_of(connection, KIND):
                dead = _dead_rows(connection, shard.number)
                late = _late_ids(connection, shard.number) if with_late else {}
                yield shard, dead, late


def read_row(path: Path, row: int) -> Paper:
    """Return one row of a shard, reading only its row group."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if row < rows:
                table = file.read_row_group(group).slice(row, 1)
                names = table.schema.names
                return _paper(names, [table.column(n)[0].as_py() for n in names], ())
            row -= rows
    raise ArtifactError(f"{path} has too few rows: `matlore corpus verify`")


def replace_ids(paper: Paper, late: Iterable[str]) -> Paper:
    """Return `paper` with further identifiers."""
    added = tuple(one for one in late if one not in paper.ids)
    return replace(paper, ids=paper.ids + added, doi=paper.doi or _doi(added)) if added else paper


def _doi(ids: Iterable[str]) -> str | None:
    return next((one[4:] for one in ids if one.startswith("doi:")), None)


def _read(shard: Shard, columns: Sequence[str] | None) -> Iterator[tuple[int, "pa.RecordBatch"]]:
    """Yield the batches of a shard with the number of their first row."""
    import pyarrow.parquet as pq

    first_row = 0
    try:
        with pq.ParquetFile(shard.path) as file:
            names = None if columns is None else list(columns)
            for batch in file.iter_batches(_BATCH_ROWS, columns=names, use_threads=False):
                yield first_row, batch if names is None else batch.select(names)
                first_row += batch.num_rows
    except FileNotFoundError as error:
        raise ArtifactError(f"{shard.path} is missing: `matlore corpus verify`") from error


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
