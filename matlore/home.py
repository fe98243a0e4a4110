"""The data home: a folder with `home.json`, shards, and a manifest in `state.sqlite`.

Readers go by the manifest, never by a file pattern. A commit is: write a shard, fsync,
rename, then one SQLite transaction that registers shards, cursors and aliases together;
what is not registered is garbage. One process writes at a time, behind a lock; readers
work meanwhile and see the last commit.
"""

import errno
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from .errors import HomeBusyError, HomeError, HomeFormatError

__all__ = [
    "FORMAT",
    "Home",
    "HomeWriter",
    "PendingShard",
    "Shard",
    "has_table",
    "lock_folder",
    "sync_path",
]

FORMAT = 3
FOLDERS = (
    *("corpus", "facts", "vectors", "index", "graph"),
    *("propnet", "predictors", "quarantine", "stage", "cache"),
)
_SCHEMA = """
CREATE TABLE shards (
    kind TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, rows INTEGER NOT NULL,
    size INTEGER NOT NULL, sha256 TEXT NOT NULL, created TEXT NOT NULL,
    PRIMARY KEY (kind, number));
CREATE TABLE cursors (
    job TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, updated TEXT NOT NULL,
    PRIMARY KEY (job, key)) WITHOUT ROWID;
CREATE TABLE aliases (alias TEXT PRIMARY KEY, id TEXT NOT NULL, late INTEGER NOT NULL DEFAULT 0)
    WITHOUT ROWID;
CREATE INDEX aliases_by_id ON aliases (id);
CREATE TABLE papers (
    id TEXT PRIMARY KEY, shard INTEGER NOT NULL, row INTEGER NOT NULL,
    text_sha TEXT NOT NULL, filled INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX papers_by_text ON papers (text_sha);
CREATE TABLE tombstones (
    kind TEXT NOT NULL, shard INTEGER NOT NULL, row INTEGER NOT NULL, id TEXT NOT NULL,
    reason TEXT NOT NULL, created TEXT NOT NULL,
    PRIMARY KEY (kind, shard, row)) WITHOUT ROWID;
"""
# Since format 2. `records`: the records of the papers that have several; `fingerprints` and
# `bands`: what duplicates are found by; `removed`: what must not come back; `apart`: pairs
# of records that must not be merged again.
_SCHEMA_2 = """
CREATE TABLE records (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, shard INTEGER NOT NULL, row INTEGER NOT NULL,
    text_sha TEXT NOT NULL, filled INTEGER NOT NULL, how TEXT NOT NULL, score REAL)
    WITHOUT ROWID;
CREATE INDEX records_by_owner ON records (owner);
CREATE TABLE fingerprints (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, record TEXT NOT NULL,
    title_key INTEGER NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL, year INTEGER,
    shingles INTEGER NOT NULL, signature BLOB NOT NULL);
CREATE INDEX fingerprints_by_title ON fingerprints (title_key);
CREATE INDEX fingerprints_by_id ON fingerprints (id);
CREATE TABLE bands (key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number))
    WITHOUT ROWID;
CREATE TABLE removed (
    alias TEXT PRIMARY KEY, id TEXT NOT NULL, reason TEXT NOT NULL, created TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE apart (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
"""
# Since format 3. What was read of a paper's text, by kind of fact: which model read which
# text, and the rows of a shard that hold what it found (none: no shard). A row that nothing
# points to, or whose text is no longer its paper's, is dead.
_SCHEMA_3 = """
CREATE TABLE extracted (
    kind TEXT NOT NULL, id TEXT NOT NULL, text_sha TEXT NOT NULL, model TEXT NOT NULL,
    shard INTEGER, first_row INTEGER NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX extracted_by_shard ON extracted (shard, first_row);
"""
_ADDED = {"records": _SCHEMA_2, "extracted": _SCHEMA_3}  # by a table that tells
_NO_ROOM = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])


@dataclass(frozen=True, slots=True)
class Shard:
    """A registered file of rows.

    Attributes:
        kind: the folder it lies in: `corpus`, `facts` …
        number: counts up from 1 within its kind and is never used again.
        sha256: of the whole file, hexadecimal.
    """

    kind: str
    number: int
    name: str
    rows: int
    size: int
    sha256: str
    path: Path


@dataclass(frozen=True, slots=True)
class PendingShard:
    """A shard that is being written to `path`, not registered yet."""

    kind: str
    number: int
    name: str
    path: Path


class Home:
    """A data home, open for reading; `writer` opens it for writing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> "Home":
        """Open a data home.

        Args:
            path: its folder.
            create: make it where there is none; an existing folder must be empty or hold
                nothing but the folders of a home.

        Raises:
            HomeError: there is no home at `path`, or `home.json` is damaged.
            HomeFormatError: another version of matlore wrote it.
        """
        path = Path(path)
        if not (path / "home.json").is_file():
            if not create:
                raise HomeError(
                    f"{path} is no matlore home: `matlore ingest file PATH --home {path}` makes one"
                )
            _create(path)
        _check_format(path)
        return cls(path)

    def folder(self, name: str) -> Path:
        """Return a folder of the home; it may not exist yet."""
        return self.path / name

    def shards(self, kind: str) -> list[Shard]:
        """Return the registered shards of a kind, oldest first."""
        with self.connect() as connection:
            return self.shards_of(connection, kind)

    def shards_of(self, connection: sqlite3.Connection, kind: str) -> list[Shard]:
        """Return the shards that a snapshot of `connect` holds."""
        query = "SELECT number, name, rows, size, sha256 FROM shards WHERE kind = ?"
        rows = connection.execute(f"{query} ORDER BY number", (kind,)).fetchall()
        return [
            Shard(kind, number, name, count, size, sha256, self.path / kind / name)
            for number, name, count, size, sha256 in rows
        ]

    def cursor(self, job: str, key: str) -> dict[str, object] | None:
        """Return how far a job came with `key`, or None if it never began."""
        with self.connect() as connection:
            return _cursor(connection, job, key)

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """Open the manifest for reading, within one consistent snapshot."""
        connection = self._open_manifest()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()

    def _open_manifest(self) -> sqlite3.Connection:
        """Open read-only, also where not even the lock files of SQLite may be written."""
        uri = (self.path / "state.sqlite").resolve().as_uri()
        log = self.path / "state.sqlite-wal"
        quiet = not log.is_file() or not log.stat().st_size
        modes = ("mode=ro", "immutable=1") if quiet else ("mode=ro",)
        error: sqlite3.Error | None = None
        for mode in modes:
            try:
                connection = sqlite3.connect(f"{uri}?{mode}", uri=True, isolation_level=None)
            except sqlite3.Error as problem:
                error = problem
                continue
            try:
                connection.execute("SELECT 1 FROM shards LIMIT 1")
            except sqlite3.Error as problem:
                connection.close()
                error = problem
            else:
                return connection
        raise HomeError(f"{self.path / 'state.sqlite'} cannot be read: {error}") from error

    @contextmanager
    def writer(self) -> Iterator["HomeWriter"]:
        """Open the home for writing, with an exclusive lock.

        What was not committed when the block ends is gone.

        Raises:
            HomeBusyError: another process is writing to this home.
            HomeError: the home may not be written to, or there is no room left.
        """
        with lock_folder(self.path), self._explained_errors():
            connection = sqlite3.connect(self.path / "state.sqlite", isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA cache_size = -131072")
                _migrate(self.path, connection)
                connection.execute("BEGIN IMMEDIATE")
                writer = HomeWriter(self, connection)
                writer.sweep()
                yield writer
            finally:
                with suppress(sqlite3.Error):
                    connection.rollback()
                connection.close()

    @contextmanager
    def _explained_errors(self) -> Iterator[None]:
        """Say of an error of the disk or of the manifest whose it is, and what to do."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise self._unwritable(error) from error
            raise

    def _unwritable(self, error: Exception) -> HomeError:
        return HomeError(
            f"{self.path} cannot be written to: {error}; what was committed is kept: "
            "make room, or allow writing, and run this again"
        )


class HomeWriter:
    """The right to write to a home: shards, and one open transaction of the manifest.

    Rows that a stage keeps about its shards (papers, aliases, tombstones) go through
    `connection`; `commit` makes them count together with the shards and cursors.
    """

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        self.home = home
        self.connection = connection
        self._numbers: dict[str, int] = {}

    def new_shard(self, kind: str, *, stem: str, suffix: str = ".parquet") -> PendingShard:
        """Return where to write the next shard of a kind: a temporary path."""
        folder = self.home.folder(kind)
        folder.mkdir(exist_ok=True)
        number = self._next_number(kind)
        name = f"{stem}-{number:06d}{suffix}"
        return PendingShard(kind, number, name, folder / f".{name}.tmp")

    def commit(
        self,
        shards: Iterable[tuple[PendingShard, int]] = (),
        *,
        job: str = "",
        cursors: dict[str, dict[str, object]] | None = None,
    ) -> None:
        """Register shards and cursors, with all that `connection` was given since.

        Args:
            shards: pending shards, completely written, with their numbers of rows.
            job: whose cursors these are.
            cursors: how far the job is: JSON objects by key.
        """
        for shard, rows in shards:
            self._register(shard, rows)
        for key, value in (cursors or {}).items():
            self.set_cursor(job, key, value)
        self.connection.commit()
        self.connection.execute("BEGIN IMMEDIATE")

    def cursor(self, job: str, key: str) -> dict[str, object] | None:
        """Return how far a job came with `key`, or None if it never began."""
        return _cursor(self.connection, job, key)

    def set_cursor(self, job: str, key: str, value: dict[str, object]) -> None:
        """Note how far a job is; it counts with the next commit."""
        self.connection.execute(
            "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?)",
            (job, key, json.dumps(value, sort_keys=True), _now()),
        )

    def bury(self, kind: str, shard: int, row: int, *, id: str, reason: str) -> None:
        """Leave a tombstone for a row of a shard: readers skip it from the next commit on."""
        self.connection.execute(
            "INSERT OR IGNORE INTO tombstones VALUES (?, ?, ?, ?, ?, ?)",
            (kind, shard, row, id, reason, _now()),
        )

    def sweep(self) -> None:
        """Remove what a killed writer left: shards that were never registered."""
        for kind in ("corpus", "facts"):
            query = "SELECT name FROM shards WHERE kind = ?"
            known = {name for (name,) in self.connection.execute(query, (kind,))}
            for path in self.home.folder(kind).glob("*-[0-9][0-9][0-9][0-9][0-9][0-9].parquet"):
                if path.name not in known:
                    path.unlink()
            for path in self.home.folder(kind).glob(".*.tmp"):
                path.unlink()

    def _next_number(self, kind: str) -> int:
        if kind not in self._numbers:
            query = "SELECT coalesce(max(number), 0) FROM shards WHERE kind = ?"
            self._numbers[kind] = self.connection.execute(query, (kind,)).fetchone()[0]
        self._numbers[kind] += 1
        return self._numbers[kind]

    def _register(self, shard: PendingShard, rows: int) -> None:
        """Put a shard in its place, safely on disk, and into the manifest."""
        with shard.path.open("rb+") as stream:
            os.fsync(stream.fileno())
            sha256 = file_digest(stream, "sha256").hexdigest()
        target = shard.path.with_name(shard.name)
        size = shard.path.stat().st_size
        shard.path.replace(target)
        sync_path(target.parent)
        self.connection.execute(
            "INSERT INTO shards VALUES (?, ?, ?, ?, ?, ?, ?)",
            (shard.kind, shard.number, shard.name, rows, size, sha256, _now()),
        )


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Tell whether a manifest has a table: one of an older format, not written since, may not."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (name,)).fetchone() is not None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _cursor(connection: sqlite3.Connection, job: str, key: str) -> dict[str, object] | None:
    query = "SELECT value FROM cursors WHERE job = ? AND key = ?"
    row = connection.execute(query, (job, key)).fetchone()
    return None if row is None else dict(json.loads(row[0]))


def _create(path: Path) -> None:
    """Make an empty home; `home.json` comes last, so that half a home is none."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        foreign = [entry.name for entry in path.iterdir() if not _is_ours(entry)]
        if foreign:
            raise HomeError(
                f"{path} holds something else ({sorted(foreign)[0]}): give `--home` a new folder"
            )
        with lock_folder(path):
            if (path / "home.json").is_file():  # made by another process meanwhile
                return
            (path / "state.sqlite").unlink(missing_ok=True)
            connection = sqlite3.connect(path / "state.sqlite")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript("".join([_SCHEMA, *_ADDED.values()]))
            connection.close()
            _write_format(path)
    except (OSError, sqlite3.Error) as error:
        raise HomeError(f"{path} cannot be made a home: {error}") from error


def _write_format(path: Path) -> None:
    draft = path / "home.json.tmp"
    draft.write_text(json.dumps({"format": FORMAT, "created": _now()}) + "\n")
    draft.replace(path / "home.json")
    sync_path(path)


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    """Bring a home of an older format up to date: new tables, nothing is rewritten."""
    missing = [schema for table, schema in _ADDED.items() if not has_table(connection, table)]
    if missing:
        connection.executescript(f"BEGIN IMMEDIATE; {''.join(missing)} COMMIT;")
        _write_format(path)


def _is_ours(entry: Path) -> bool:
    return entry.name in FOLDERS or entry.name.startswith((".", "state.sqlite", "home.json"))


def _check_format(path: Path) -> None:
    try:
        version = json.loads((path / "home.json").read_text())["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HomeError(
            f"{path / 'home.json'} is damaged: restore it, or use a new home"
        ) from error
    if not isinstance(version, int) or version < 1:
        raise HomeError(f"{path / 'home.json'}: no such format: {version!r}; use a new home")
    if version > FORMAT:
        raise HomeFormatError(
            f"{path} has format {version}, this matlore reads up to {FORMAT}: "
            "`pip install --upgrade matlore`"
        )


def sync_path(path: Path) -> None:
    """Make a file durable, or, given a folder, a rename in it."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def lock_folder(path: Path) -> Iterator[None]:
    """Hold the writer's lock; the system lets go of it when the process ends."""
    import fcntl

    try:
        descriptor = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise HomeError(f"{path} cannot be written to: {error}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise HomeBusyError(
                f"{path} is being written by process {holder}: "
                "wait until it is done, or stop it, and run this again"
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
