"""The graph in an embedded LadybugDB database, in a folder that loads swap whole."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import GraphBusyError, GraphError
from matlore.progress import Progress, no_progress

from ..schema import SCHEMA, SCHEMA_VERSION
from ..tables import GraphTable, arrow_schema
from .base import NO_LIMITS, GraphChanges, GraphInfo, QueryLimits, Rows, Value
from .ladybug_database import LadybugDatabase, PoolFullError
from .ladybug_files import Current, GraphFiles
from .ladybug_loading import change_tables, fill_tables
from .ladybug_parameters import bind
from .ladybug_rebuilding import rebuild_tables
from .ladybug_tables import count_rows, read_rows

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LadybugStore"]

_ATTEMPTS = 3
_MOST_CHANGES = 50_000


class LadybugStore:
    """A folder with a database file and `graph.json`; see `ladybug_files`.

    The file is opened when the first query comes, and stays open: what others swap in later is
    seen by the next store that is opened.
    """

    dialect = "ladybug"

    def __init__(self, folder: Path) -> None:
        self._files = GraphFiles(folder)
        self._reader: LadybugDatabase | None = None
        self._told: tuple[Current | None] | None = None

    @property
    def address(self) -> str:
        """`ladybug:` and the folder."""
        return f"ladybug:{self._files.folder}"

    def info(self) -> GraphInfo | None:
        """See `GraphStore.info`."""
        current = self._files.current()
        self._told = (current,)
        return None if current is None else current.info

    def run(
        self,
        query: str,
        parameters: Mapping[str, Value] | None = None,
        *,
        limits: QueryLimits = NO_LIMITS,
        write: bool = False,
    ) -> Rows:
        """See `GraphStore.run`; a write goes to a copy, which is swapped in."""
        if write:
            bound = bind(query, parameters or {}, write=True)
            with self._changed(self._present()) as database:
                return database.run(bound, limits)
        most = None if limits.rows is None else limits.rows + 1
        return self._opened().run(bind(query, parameters or {}, rows=most), limits)

    def apply(
        self, changes: GraphChanges, info: GraphInfo, *, progress: Progress = no_progress
    ) -> None:
        """See `GraphStore.apply`; changes are to the graph that `info` told of, if it was asked.

        Raises:
            GraphBusyError: another process is writing, or has swapped in another graph since.
        """
        current = self._files.current() if self._told is None else self._told[0]
        if current is None or current.info.schema_version != SCHEMA_VERSION:
            with self._made(current, info) as database:
                fill_tables(database, changes.added, progress)
                progress(0, text="writing")
        elif not self._change(current, changes, info, progress):
            self._rebuild(current, changes, info, progress)

    def _change(
        self, current: Current, changes: GraphChanges, info: GraphInfo, progress: Progress
    ) -> bool:
        """Make changes in a copy of the database; tell whether they were not too many for it."""
        if changes.total() > _MOST_CHANGES:
            return False
        try:
            with self._changed(current, info) as database:
                change_tables(database, changes, progress)
                progress(0, text="writing")
        except PoolFullError:
            return False
        return True

    def _rebuild(
        self, current: Current, changes: GraphChanges, info: GraphInfo, progress: Progress
    ) -> None:
        """Make a new database out of the rows of this one and changes."""
        with self._made(current, info) as database, self._old(current) as old:
            rebuild_tables(old, database, changes, progress)
            progress(0, text="writing")

    def clear(self) -> None:
        """See `GraphStore.clear`."""
        self.close()
        with self._files.writing():
            self._told = None
            self._files.forget()
            self._files.sweep()

    def counts(self) -> dict[str, int]:
        """See `GraphStore.counts`."""
        database = self._opened()
        names = [node.label for node in SCHEMA.nodes] + [edge.type for edge in SCHEMA.edges]
        return {name: int(database.rows(count_rows(name))[0][0]) for name in names}

    def batches(self, table: GraphTable) -> Iterator["pa.RecordBatch"]:
        """See `GraphStore.batches`."""
        yield from self._opened().batches(read_rows(table), arrow_schema(table))

    def close(self) -> None:
        """See `GraphStore.close`."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _present(self) -> Current:
        """Return which graph there is.

        Raises:
            GraphError: there is none, or it is of another version.
        """
        current = self._files.current()
        if current is None:
            raise GraphError(f"no graph in {self._files.folder}: run `matlore graph load`")
        if current.info.schema_version != SCHEMA_VERSION:
            raise GraphError(
                f"{self._files.folder} has a graph of another version of matlore: bring it up to"
                " date with `matlore graph load`"
            )
        return current

    def _opened(self) -> LadybugDatabase:
        """Return the database, opened for reading if need be."""
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    def _open_reader(self) -> LadybugDatabase:
        """Open the database that counts, though another may be swapped in meanwhile."""
        for _ in range(_ATTEMPTS):
            current = self._present()
            try:
                self._files.check(current)
                return LadybugDatabase(current.database, write=False)
            except GraphError:
                if self._files.current() == current:
                    raise
        raise GraphBusyError(f"{self._files.folder} is being loaded again and again: try later")

    @contextmanager
    def _changed(
        self, current: Current, info: GraphInfo | None = None
    ) -> Iterator[LadybugDatabase]:
        """Give a copy of the database, which counts if all went well.

        Args:
            current: what it is a copy of.
            info: what it will hold; None for what it holds.
        """
        with self._replaced(current, info or current.info) as path:
            self._files.copy(current, path)
            with _writable(path) as database:
                yield database

    @contextmanager
    def _made(self, current: Current | None, info: GraphInfo) -> Iterator[LadybugDatabase]:
        """Give an empty database, which counts if all went well."""
        with self._replaced(current, info) as path, _writable(path) as database:
            yield database

    @contextmanager
    def _old(self, current: Current) -> Iterator[LadybugDatabase]:
        """Open the database that is about to be replaced."""
        self._files.check(current)
        database = LadybugDatabase(current.database, write=False)
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def _replaced(self, current: Current | None, info: GraphInfo) -> Iterator[Path]:
        """Give the name of a new file, which counts if all went well."""
        with self._files.writing():
            if self._files.current() != current:
                raise GraphBusyError(
                    f"the graph in {self._files.folder} was changed by another process meanwhile:"
                    " run this again"
                )
            self.close()
            with self._files.draft() as path:
                yield path
                self._files.point(path, info)
            self._told = None
            self._files.sweep()


@contextmanager
def _writable(path: Path) -> Iterator[LadybugDatabase]:
    """Open a database to write, and write it all when all went well."""
    database = LadybugDatabase(path, write=True)
    try:
        yield database
        database.checkpoint()
    finally:
        database.close()
