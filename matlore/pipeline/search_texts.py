"""The papers that an index names: those of the home, or of the sample corpus."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from matlore.errors import ArtifactError, HomeError, NotFoundError
from matlore.records import Paper

if TYPE_CHECKING:
    from ingest.corpus import Corpus
    from matlore.home import Home, Shard

__all__ = ["PaperText", "PaperTexts"]

_ASKED_AT_ONCE = 500
_OPEN_SHARDS = 64
_SUGGESTED = 3
_LEAST_SHARED = len("arxiv:")  # ids that share less are not like each other
_LISTS = frozenset(["ids", "authors", "categories"])
_ALL = tuple(field.name for field in fields(Paper))
_SHOWN = ("text", "year", "retracted")


class PaperText(NamedTuple):
    """What a search shows of a paper."""

    text: str
    year: int | None
    retracted: bool


class PaperTexts:
    """Gives papers by their ids, many at a time: of a shard only the groups with them are read."""

    def __init__(self, home_path: Path) -> None:
        self._home, self._corpus = _home_and_corpus(home_path)
        self._shards = _Shards()

    def __len__(self) -> int:
        """Return the number of papers."""
        return len(_sample()) if self._corpus is None else len(self._corpus)

    def __enter__(self) -> "PaperTexts":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; they are opened again when they are needed."""
        self._shards.close()

    def get(self, id: str) -> Paper:
        """Return a paper by any of its identifiers.

        Raises:
            NotFoundError: there is no such paper; the message names some with ids like it.
        """
        try:
            if self._corpus is not None:
                return self._corpus.get(id)
            return _sample_paper(id)
        except NotFoundError as error:
            near = self._near(_canonical(id))
            if not near:
                raise
            raise NotFoundError(f"{error}; near it are {', '.join(near)}") from error

    def _near(self, id: str) -> list[str]:
        """Return ids of papers that begin as an id does, as far as any does."""
        for length in range(len(id) - 1, _LEAST_SHARED, -1):
            if found := self._beginning(id[:length]):
                return found
        return []

    def _beginning(self, start: str) -> list[str]:
        if self._home is None:
            return [one for one in sorted(_sample()) if one.startswith(start)][:_SUGGESTED]
        query = "SELECT alias FROM aliases WHERE alias BETWEEN ? AND ? ORDER BY alias LIMIT ?"
        with self._home.connect() as connection:
            rows = connection.execute(query, (start, f"{start}\U0010ffff", _SUGGESTED))
            return [alias for (alias,) in rows]

    def found(self, ids: Iterable[str]) -> dict[str, Paper]:
        """Return those of the papers that are there: an index may know some that are gone."""
        if self._home is None:
            return {id: _sample()[id] for id in ids if id in _sample()}
        from ingest.corpus import replace_ids

        with self._home.connect() as connection:
            return {
                id: replace_ids(Paper(**row), _late_ids(connection, row["id"]))
                for id, row in self._rows(connection, ids, _ALL)
            }

    def texts(self, ids: Iterable[str]) -> dict[str, PaperText]:
        """Return what is shown of those of the papers that are there."""
        if self._home is None:
            papers = self.found(ids)
            return {id: PaperText(p.text, p.year, p.retracted) for id, p in papers.items()}
        with self._home.connect() as connection:
            rows = self._rows(connection, ids, _SHOWN)
            return {id: PaperText(**row) for id, row in rows}

    def _rows(
        self, connection: sqlite3.Connection, ids: Iterable[str], columns: Sequence[str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the rows of papers, in the order of the ids.

        Raises:
            ArtifactError: a shard is missing or damaged.
        """
        from ingest.corpus import KIND

        assert self._home is not None
        shards = {shard.number: shard for shard in self._home.shards_of(connection, KIND)}
        waiting = iter(dict.fromkeys(ids))
        while chunk := list(islice(waiting, _ASKED_AT_ONCE)):
            places = _places(connection, chunk)
            rows: dict[str, dict[str, Any]] = {}
            for id, (number, row) in sorted(places.items(), key=lambda item: item[1]):
                rows[id] = self._shards.row(shards[number], row, columns)
            yield from ((id, rows[id]) for id in chunk if id in rows)


class _Shards:
    """Shards of the corpus kept open, by their hashes: a compaction may give a name anew."""

    def __init__(self) -> None:
        self._files: dict[str, Any] = {}
        self._last: tuple[str, int, Sequence[str]] | None = None
        self._table: Any = None

    def close(self) -> None:
        self._last = self._table = None
        for file in self._files.values():
            file.close()
        self._files.clear()

    def row(self, shard: "Shard", row: int, columns: Sequence[str]) -> dict[str, Any]:
        """Return some columns of a row.

        Raises:
            ArtifactError: the shard is missing or damaged.
        """
        import pyarrow as pa

        left = row
        try:
            file = self._file(shard)
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if left < rows:
                    return _values(self._group(shard, group, columns), left)
                left -= rows
        except (OSError, pa.ArrowException) as error:
            raise ArtifactError(f"{shard.path}: {error}; `matlore corpus verify`") from error
        raise ArtifactError(f"{shard.path} has too few rows: `matlore corpus verify`")

    def _group(self, shard: "Shard", group: int, columns: Sequence[str]) -> Any:
        """Return a group of rows; the last one is kept, as papers are read in their order."""
        wanted = (shard.sha256, group, columns)
        if self._last != wanted:
            file = self._files[shard.sha256]
            self._table = file.read_row_group(group, columns=list(columns), use_threads=False)
            self._last = wanted
        return self._table

    def _file(self, shard: "Shard") -> Any:
        import pyarrow.parquet as pq

        if shard.sha256 not in self._files:
            if len(self._files) >= _OPEN_SHARDS:
                self.close()
            self._files[shard.sha256] = pq.ParquetFile(shard.path, memory_map=True)
        return self._files[shard.sha256]


def _values(table: Any, row: int) -> dict[str, Any]:
    found: dict[str, Any] = table.slice(row, 1).to_pylist()[0]
    return {name: tuple(value or ()) if name in _LISTS else value for name, value in found.items()}


def _places(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the shard and the row of each paper that is there, by any of its identifiers."""
    marks = ", ".join("?" * len(ids))
    found = connection.execute(
        "SELECT a.alias, p.shard, p.row FROM aliases a JOIN papers p ON p.id = a.id"
        f" WHERE a.alias IN ({marks})",
        list(ids),
    )
    return {alias: (shard, row) for alias, shard, row in found}


def _late_ids(connection: sqlite3.Connection, id: str) -> Mapping[str, None]:
    """Return the identifiers that a paper got after it was read."""
    query = "SELECT alias FROM aliases WHERE id = ? AND late ORDER BY alias"
    return {alias: None for (alias,) in connection.execute(query, (id,))}


def _home_and_corpus(path: Path) -> "tuple[Home | None, Corpus | None]":
    """Return a home and its corpus; None where it has no papers."""
    from ingest.corpus import Corpus
    from matlore.home import Home

    try:
        home = Home.open(path)
    except HomeError:
        return None, None
    corpus = Corpus(home)
    return (home, corpus) if len(corpus) else (None, None)


@lru_cache(maxsize=1)
def _sample() -> dict[str, Paper]:
    from .index_sources import sample_papers

    return {paper.id: paper for paper in sample_papers()}


def _sample_paper(id: str) -> Paper:
    paper = _sample().get(id) or _sample().get(_canonical(id))
    if paper is None:
        raise NotFoundError(f"no paper {id} in the sample corpus; `matlore search` finds some")
    return paper


def _canonical(id: str) -> str:
    from ingest.ids import canonical_id

    return canonical_id(id)
