"""The rows of an index in SQLite: which text each is, and what it can be filtered by.

A row number is never used twice. A transaction here is the commit point of an index: what the
other files hold beyond it is garbage. Readers see one state while a writer goes on.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matlore.errors import ArtifactError

from .card import REMEDY
from .records import IndexedText

__all__ = ["ROWS", "RowStore", "read_known"]

ROWS = "rows.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    row INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    sha TEXT NOT NULL,
    year INTEGER,
    source TEXT,
    license TEXT,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS live_keys ON rows (key) WHERE deleted = 0;
CREATE INDEX IF NOT EXISTS live_years ON rows (year) WHERE deleted = 0;
CREATE INDEX IF NOT EXISTS gone ON rows (row) WHERE deleted = 1;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_AT_ONCE = 500


class RowStore:
    """The rows of one index."""

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        """Open the rows in `folder`.

        Raises:
            ArtifactError: they are missing or damaged.
        """
        self.path = folder / ROWS
        if not writable and not self.path.is_file():
            raise ArtifactError(f"{self.path}: no such file; `matlore index build`")
        try:
            self._connection = _for_writing(self.path) if writable else _for_reading(self.path)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        try:
            self.total = self._total()
        except ArtifactError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _damaged(self, error: sqlite3.Error) -> ArtifactError:
        return ArtifactError(f"{self.path}: cannot be read ({error}); {REMEDY}")

    def _read(self, query: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """Yield what a query finds; a page of the file may turn out to be damaged at any row."""
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _total(self) -> int:
        [(last,)] = self._read("SELECT max(row) FROM rows")
        return 0 if last is None else int(last) + 1

    def live(self) -> int:
        """Return how many rows are not deleted."""
        [(count,)] = self._read("SELECT count(*) FROM rows WHERE deleted = 0")
        return int(count)

    def fact(self, name: str) -> str | None:
        """Return something noted about the index."""
        found = list(self._read("SELECT value FROM facts WHERE name = ?", (name,)))
        return str(found[0][0]) if found else None

    def note(self, name: str, value: str) -> None:
        """Note something about the index."""
        self._connection.execute("REPLACE INTO facts VALUES (?, ?)", (name, value))

    def known(self) -> dict[str, str]:
        """Return the sha of each live key."""
        return dict(self._read("SELECT key, sha FROM rows WHERE deleted = 0"))

    def rows_of(self, keys: Iterable[str]) -> dict[str, int]:
        """Return the live row of each key that has one."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, row FROM rows WHERE deleted = 0 AND key IN ({marks})"
            found.update(self._read(query, some))
        return found

    def keys_of(self, rows: Sequence[int]) -> dict[int, str]:
        """Return the key of each row."""
        found: dict[int, str] = {}
        for start in range(0, len(rows), _AT_ONCE):
            some = [int(row) for row in rows[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(some))
            found.update(self._read(f"SELECT row, key FROM rows WHERE row IN ({marks})", some))
        return found

    def all_keys(self) -> dict[int, str]:
        """Return the key of each live row."""
        return dict(self._read("SELECT row, key FROM rows WHERE deleted = 0"))

    def deleted(self) -> NDArray[np.int64]:
        """Return the deleted rows."""
        rows = self._read("SELECT row FROM rows WHERE deleted = 1 ORDER BY row")
        return np.fromiter((row for (row,) in rows), np.int64)

    def matching(
        self,
        *,
        years: tuple[int | None, int | None] = (None, None),
        sources: Sequence[str] = (),
        licenses: Sequence[str] = (),
    ) -> NDArray[np.int64]:
        """Return the live rows that are in the years, of the sources and under the licences."""
        conditions, values = ["deleted = 0"], list[object]()
        for bound, sign in zip(years, (">=", "<="), strict=True):
            if bound is not None:
                conditions.append(f"year {sign} ?")
                values.append(bound)
        for name, wanted in (("source", sources), ("license", licenses)):
            if wanted:
                conditions.append(f"{name} IN ({','.join('?' * len(wanted))})")
                values += wanted
        rows = self._read(f"SELECT row FROM rows WHERE {' AND '.join(conditions)}", values)
        return np.fromiter((row for (row,) in rows), np.int64)

    def choices(self, name: str) -> dict[str, int]:
        """Return the values that live rows have for `source` or `license`, with their counts."""
        if name not in ("source", "license"):
            raise ValueError(name)
        return dict(
            self._read(
                f"SELECT {name}, count(*) FROM rows WHERE deleted = 0 AND {name} IS NOT NULL"
                f" GROUP BY {name} ORDER BY count(*) DESC"
            )
        )

    def write(self, texts: Sequence[IndexedText], deleted: Iterable[int], *, first: int) -> None:
        """Add rows from number `first` on and mark others deleted, in one transaction."""
        with _Transaction(self._connection):
            self._connection.executemany(
                "UPDATE rows SET deleted = 1 WHERE row = ?", ((row,) for row in deleted)
            )
            self._connection.executemany(
                "INSERT INTO rows (row, key, sha, year, source, license) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (first + k, t.key, t.sha, t.year, t.source, t.license)
                    for k, t in enumerate(texts)
                ),
            )
        self.total = self._total()


def _for_writing(path: Path) -> sqlite3.Connection:
    """Open a file for writing; make it where there is none."""
    connection = _connected(str(path))
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _for_reading(path: Path) -> sqlite3.Connection:
    """Open one state of a file, also where not even the lock files of SQLite may be written."""
    log = path.with_name(f"{path.name}-wal")
    try:
        return _snapshot(path, "mode=ro")
    except sqlite3.OperationalError:
        if log.is_file() and log.stat().st_size:  # the file alone is not the whole state
            raise
        return _snapshot(path, "immutable=1")


def _snapshot(path: Path, mode: str) -> sqlite3.Connection:
    connection = _connected(f"{path.resolve().as_uri()}?{mode}", uri=True)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM rows LIMIT 1")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connected(name: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(name, isolation_level=None, check_same_thread=False, uri=uri)


class _Transaction:
    """What is inside happens as a whole or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def read_known(folder: Path) -> dict[str, str]:
    """Return the sha of each key of an index, also of one whose build was not finished."""
    if not (folder / ROWS).is_file():
        return {}
    with closing(RowStore(folder)) as rows:
        return rows.known()
