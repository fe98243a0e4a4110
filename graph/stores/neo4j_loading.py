"""Changes made to a Neo4j graph, a batch a transaction, each noted with what is done.

The node `MatloreGraph` holds what was loaded. While a load is made it also holds which loads are
pending, a fingerprint of the changes, who writes, and how many batches are done, noted in the
batch's own transaction; so the same changes go on where they were killed, and other changes begin
afresh. Two writers at once cannot mix: the younger has its name in the note, and the older one
finds that out in its next batch, before it writes.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from matlore.errors import GraphBusyError, GraphError
from matlore.progress import Progress

from ..tables import GraphFolder, GraphTable, NodeTable, graph_tables
from .base import GraphChanges, GraphInfo, Value
from .neo4j_queries import (
    ADVANCE,
    AWAIT_INDEXES,
    BEGIN,
    FINISH,
    FORGET,
    TAKE_OVER,
    delete_query,
    empty_query,
    schema_queries,
    write_query,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from neo4j import ManagedTransaction, Session

__all__ = ["apply_changes", "clear_graph", "make_schema"]

_BATCH = 10_000
_NODES_TO_DELETE = 1_000  # they take their edges with them


class _Batch(NamedTuple):
    """Rows to write or delete in one transaction, and which of all batches it is."""

    number: int
    table: GraphTable
    query: str
    rows: int
    columns: list[list[Value]]
    checked: bool


def make_schema(session: "Session") -> None:
    """Make constraints and indexes, and wait until they can be used."""
    for query in schema_queries():
        session.execute_write(_run, query)
    session.execute_read(_run, AWAIT_INDEXES)


def apply_changes(
    session: "Session", changes: GraphChanges, info: GraphInfo, address: str, progress: Progress
) -> None:
    """Make changes and note the load.

    Raises:
        GraphBusyError: another process began to write meanwhile.
        GraphError: an edge has no end.
    """
    make_schema(session)
    writer = uuid.uuid4().hex
    begun = session.execute_write(
        _run,
        BEGIN,
        writer=writer,
        load=info.load,
        changes=_fingerprint(changes),
        schema_version=info.schema_version,
    )
    progress(0, total=changes.total(), text="loading")
    for batch in _ahead(_batches(changes, int(begun[0]), progress)):
        _check_ours(session.execute_write(_make, batch, writer), address)
        progress(batch.rows)
    finished = session.execute_write(
        _run,
        FINISH,
        writer=writer,
        load=info.load,
        made=info.made,
        inputs=json.dumps(dict(info.inputs), sort_keys=True, ensure_ascii=False),
        schema_version=info.schema_version,
    )
    _check_ours(bool(finished), address)


def clear_graph(session: "Session", labels: list[str]) -> None:
    """Remove the nodes of some labels, with all their edges, and then the note."""
    session.execute_write(_run, TAKE_OVER)
    for edges in (True, False):
        for label in labels:
            query = empty_query(label, edges=edges)
            while session.execute_write(_run, query, limit=_BATCH)[0]:
                pass
    session.execute_write(_run, FORGET)


def _run(transaction: "ManagedTransaction", /, query: str, **parameters: Value) -> list[Value]:
    """Run a query and return the first column."""
    return transaction.run(query, parameters).value()


def _check_ours(ours: bool, address: str) -> None:
    if not ours:
        raise GraphBusyError(
            f"another process began to load the graph in {address}, so this load stopped;"
            " run it again when the other is done"
        )


def _make(transaction: "ManagedTransaction", batch: _Batch, writer: str) -> bool:
    """Write a batch, and note that it is done; False where this is not the writer any more."""
    if not _run(transaction, ADVANCE, writer=writer, done=batch.number + 1):
        return False
    rows = _run(transaction, batch.query, columns=batch.columns)
    if batch.checked and rows[0] != batch.rows:
        missing = batch.rows - rows[0]
        raise GraphError(f"{missing} edges of {batch.table.name} begin or end at no node")
    return True


def _batches(changes: GraphChanges, done: int, progress: Progress) -> Iterator[_Batch]:
    """Yield what must be done after so many batches, in an order that is always the same."""
    number = 0
    for table, folder, make_query in _steps(changes):
        deletes = folder is changes.removed
        size = _NODES_TO_DELETE if deletes and isinstance(table, NodeTable) else _BATCH
        query = make_query(table)
        for batch in folder.batches(table, size=size):
            if number < done:
                progress(batch.num_rows)
            else:
                columns = _columns(batch, table, keys_only=deletes)
                yield _Batch(number, table, query, batch.num_rows, columns, not deletes)
            number += 1


def _steps(
    changes: GraphChanges,
) -> Iterator[tuple[GraphTable, GraphFolder, Callable[[GraphTable], str]]]:
    """Yield tables in the order in which they are changed: edges go first, and come last."""
    tables = graph_tables()
    for table in reversed(tables):
        yield table, changes.removed, delete_query
    for table in tables:
        yield table, changes.added, write_query
        yield table, changes.changed, write_query


def _columns(batch: "pa.RecordBatch", table: GraphTable, *, keys_only: bool) -> list[list[Value]]:
    properties = () if keys_only else table.properties
    names = [*table.keys, *(one.name for one in properties)]
    return [batch.column(name).to_pylist() for name in names]


def _ahead(batches: Iterator[_Batch]) -> Iterator[_Batch]:
    """Yield batches, each read while the one before is written."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def _fingerprint(changes: GraphChanges) -> str:
    """Return a hash of all rows of the changes."""
    total = sha256()
    for folder in (changes.removed, changes.added, changes.changed):
        for table in folder.tables():
            with folder.file(table).open("rb") as file:
                digest = sha256()
                while block := file.read(1 << 20):
                    digest.update(block)
            total.update(f"{table.name} {digest.hexdigest()}\n".encode())
        total.update(b"--\n")
    return total.hexdigest()
