"""An open database file of LadybugDB, and its errors in our words."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import GraphError, QueryError, QueryTimeoutError

from .base import NO_LIMITS, QueryLimits, Rows, Value
from .ladybug_parameters import BoundQuery
from .ladybug_values import plain_value

if TYPE_CHECKING:
    import ladybug
    import pyarrow as pa

__all__ = ["LadybugDatabase", "PoolFullError"]

_READING_SHARE = 4
_WRITING_SHARE = 2
_MOST_MEMORY = 4 << 30
# Address space, not memory: that of LadybugDB's default, 8 TiB, is more than some systems give.
_MOST_BYTES = 128 << 30
_CHUNK = 10_000
_INTERRUPTED = "Interrupted"
_PREFIX = re.compile(r"^(?:\w+ )?[Ee]xception: ")
_MISPLACED = re.compile(
    r"Invalid input <(?P<read>.*)>: expected rule \w+"
    r" \(line: (?P<line>\d+), offset: (?P<column>\d+)\)",
    re.DOTALL,
)
_EXPECTED = re.compile(r"(?P<what>\w+ input .*?) expecting .*\(line: (?P<line>\d+).*", re.DOTALL)
_INTERNAL = re.compile(r'Assertion failed in file "[^"]*" on line \d+: (.*)', re.DOTALL)
_READ_ONLY = "Cannot execute write operations in a read-only database"
_FULL = ("Buffer manager exception", "bad_alloc")
# The types of columns whose maps may be nodes, edges, paths or internal ids.
_OF_GRAPH = re.compile(r"\b(?:NODE|REL|RECURSIVE_REL|INTERNAL_ID)\b")
# What Ladybug raises for a query: its own errors, and those of values that it cannot convert.
_ERRORS = (RuntimeError, ValueError, TypeError, OverflowError, MemoryError, IndexError)


class PoolFullError(GraphError):
    """What a statement changes does not fit into the memory that the database may use."""


class LadybugDatabase:
    """An open database file with its one connection; one query at a time.

    Args:
        path: of the file.
        write: whether it may be changed. Changes are written into the file by `checkpoint` only,
            since Ladybug would else rewrite whole tables after each of them.
    """

    def __init__(self, path: Path, *, write: bool) -> None:
        import ladybug

        try:
            self._database = ladybug.Database(
                path,
                read_only=not write,
                buffer_pool_size=_pool_size(write),
                max_db_size=_MOST_BYTES,
                auto_checkpoint=False,
            )
        except (RuntimeError, OSError) as error:
            raise GraphError(_unreadable(path, error)) from error
        try:
            self._connection = ladybug.Connection(self._database)
        except (RuntimeError, OSError) as error:
            self._database.close()
            raise GraphError(_unreadable(path, error)) from error

    def execute(self, statement: str, rows: "pa.Table | None" = None) -> None:
        """Run a statement of ours that changes something.

        Args:
            statement: which may read `$rows`.
            rows: what it reads.

        Raises:
            GraphError: it fails.
        """
        self._ours(statement, rows).close()

    def copy_nodes(self, statement: str, rows: "pa.Table | None" = None) -> None:
        """Run a `COPY` of nodes, in one thread: with two, LadybugDB 0.22 may wait for ever.

        Its threads then wait for each other's locks while they build the index of the keys
        (`IndexBuilder::finishedProducing`).

        Raises:
            GraphError: it fails.
        """
        self._connection.set_max_threads_for_exec(1)
        try:
            self.execute(statement, rows)
        finally:
            self._connection.set_max_threads_for_exec(0)

    def checkpoint(self) -> None:
        """Write all changes into the file, so that there is no log beside it.

        Raises:
            GraphError: they cannot be written.
        """
        self.execute("CHECKPOINT")

    def rows(self, query: str, rows: "pa.Table | None" = None) -> list[list[Any]]:
        """Return all rows of a query of ours, as they come; it may read `$rows`.

        Raises:
            GraphError: it fails.
        """
        result = self._ours(query, rows)
        try:
            return [_listed(row) for row in result]
        finally:
            result.close()

    def batches(self, query: str, schema: "pa.Schema") -> Iterator["pa.RecordBatch"]:
        """Yield the rows of a query of ours.

        Raises:
            GraphError: it fails.
        """
        import pyarrow as pa

        result = self._ours(query)
        try:
            table = result.get_as_arrow(_CHUNK)
        finally:
            result.close()
        yield from pa.table(table.columns, names=schema.names).cast(schema).to_batches(_CHUNK)

    def run(self, query: BoundQuery, limits: QueryLimits) -> Rows:
        """Run a query of a user.

        Raises:
            QueryError: it fails.
            QueryTimeoutError: it ran past its time.
        """
        try:
            result = self._execute(query.text, query.values, limits)
            try:
                return _rows(result, query, limits)
            finally:
                result.close()
        except _ERRORS as error:
            raise _explained(error, limits) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        self._database.close()

    def _ours(self, statement: str, rows: "pa.Table | None" = None) -> "ladybug.QueryResult":
        parameters = {} if rows is None else {"rows": _without_gaps(rows)}
        try:
            return self._execute(statement, parameters, NO_LIMITS)
        except _ERRORS as error:
            kind = PoolFullError if _is_full(error) else GraphError
            raise kind(f"LadybugDB fails: {_message(error)}; the graph is as it was") from error

    def _execute(
        self, statement: str, parameters: dict[str, Any], limits: QueryLimits
    ) -> "ladybug.QueryResult":
        """Run one statement, with the time limit of this one and not of the one before."""
        milliseconds = 0 if limits.seconds is None else max(1, round(1000 * limits.seconds))
        self._connection.set_query_timeout(milliseconds)
        result = self._connection.execute(statement, parameters)
        if isinstance(result, list):
            for one in result:
                one.close()
            raise RuntimeError("there are several queries: give one at a time")
        return result


def _without_gaps(rows: "pa.Table") -> "pa.Table":
    """Return rows without empty batches: LadybugDB stops reading at the first of them."""
    import pyarrow as pa

    batches = [batch for batch in rows.to_batches() if batch.num_rows]
    return pa.Table.from_batches(batches, schema=rows.schema)


def _rows(result: "ladybug.QueryResult", query: BoundQuery, limits: QueryLimits) -> Rows:
    columns = tuple(_shown(name, query) for name in result.get_column_names())
    kinds = [bool(_OF_GRAPH.search(type)) for type in result.get_column_data_types()]
    rows: list[tuple[Value, ...]] = []
    while result.has_next():
        if limits.rows is not None and len(rows) >= limits.rows:
            return Rows(columns, rows, truncated=True)
        values = zip(_listed(result.get_next()), kinds, strict=True)
        rows.append(tuple(plain_value(value, of_graph=kind) for value, kind in values))
    return Rows(columns, rows)


def _shown(column: str, query: BoundQuery) -> str:
    """Return the name of a column with the query's own parameters."""
    for made, written in query.shown.items():
        column = column.replace(made, written)
    return column


def _listed(row: Any) -> list[Any]:
    return list(row.values()) if isinstance(row, dict) else list(row)


def _explained(error: Exception, limits: QueryLimits) -> QueryError:
    """Return the error about a query that failed."""
    message = _message(error)
    if _INTERRUPTED in message and limits.seconds is not None:
        return QueryTimeoutError(
            f"stopped after {limits.seconds:g} s: ask for less, or give it longer with --timeout"
        )
    if _READ_ONLY in message:
        return QueryError("the query would change the graph: `--write` lets it")
    if _is_full(error):
        return QueryError("the query needs more memory than it may have: ask for less")
    return QueryError(message)


def _is_full(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(word in str(error) for word in _FULL)


def _message(error: Exception) -> str:
    """Return the message of an error on one line, without names of classes, rules and files."""
    message = _PREFIX.sub("", str(error))
    if found := _MISPLACED.match(message):
        read = found["read"].split("\n")[-1][-40:]
        where = f"line {found['line']}, column {int(found['column']) + 1}"
        return f"no Cypher at {where}, after {read!r}"
    if found := _EXPECTED.match(message):
        return f"no Cypher in line {found['line']}: {found['what']}"
    if found := _INTERNAL.match(message):
        return f"LadybugDB cannot run it ({found[1].strip()})"
    message = message.split(". Supported inputs are")[0]
    return " ".join(message.split()) or type(error).__name__


def _unreadable(path: Path, error: Exception) -> str:
    """Say why a file cannot be opened."""
    message = _message(error)
    if "lock" in message.lower():
        return f"{path} is in use by another program: close it there"
    if "Mmap" in message:
        return f"{path} cannot be opened ({message}): raise the limit of `ulimit -v`"
    return (
        f"{path} cannot be read ({message}): it is damaged, or of another version of LadybugDB;"
        " make the graph anew with `matlore graph load --replace`"
    )


def _pool_size(write: bool) -> int:
    """Return how much memory the database may use for pages, at most 4 GiB.

    To write it may take half of the memory there is: all that changes must fit.
    """
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        total = _MOST_MEMORY
    return min(_MOST_MEMORY, total // (_WRITING_SHARE if write else _READING_SHARE))
