"""Make changes to the tables of a LadybugDB database, in bulk.

A new database is filled from files. In one that holds rows, those to add may be there and those
to remove may be gone. To find edges is dear, so edges are not looked for whose ends go, or are
new: `DETACH DELETE` takes the former with it, and the latter cannot be there.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matlore.errors import GraphError
from matlore.progress import Progress

from ..tables import EdgeTable, GraphFolder, GraphTable, NodeTable, arrow_schema, graph_tables
from .base import GraphChanges
from .ladybug_database import LadybugDatabase
from .ladybug_tables import (
    copy_file,
    copy_rows,
    create_tables,
    keys_there,
    remove_rows,
    set_rows,
)

if TYPE_CHECKING:
    import pyarrow as pa

    Keys = Mapping[str, pa.Array]

__all__ = ["change_tables", "fill_tables", "put_rows", "read_table"]


def fill_tables(database: LadybugDatabase, rows: GraphFolder, progress: Progress) -> None:
    """Make the tables of a new database, and load rows into them.

    Raises:
        GraphError: a file cannot be read, or its rows do not fit together.
    """
    for statement in create_tables():
        database.execute(statement)
    progress(0, total=sum(rows.counts().values()), text="loading")
    for table in rows.tables():
        copy = database.copy_nodes if isinstance(table, NodeTable) else database.execute
        copy(copy_file(table, rows.file(table)))
        progress(rows.rows(table))


def change_tables(database: LadybugDatabase, changes: GraphChanges, progress: Progress) -> None:
    """Make changes: what goes first, edges before nodes; then what comes, nodes before edges.

    Raises:
        GraphError: a file cannot be read, or its rows do not fit together.
    """
    progress(0, total=changes.total(), text="changing")
    nodes = [table for table in graph_tables() if isinstance(table, NodeTable)]
    edges = [table for table in graph_tables() if isinstance(table, EdgeTable)]
    removed = changes.removed
    gone = {table.name: read_table(removed, table)[table.type.key] for table in nodes}
    for edge in edges:
        _remove(database, edge, _without(read_table(removed, edge), edge, gone))
        progress(removed.rows(edge))
    for node in nodes:
        _remove(database, node, read_table(removed, node))
        progress(removed.rows(node))
    new: dict[str, pa.Array] = {}
    for node in nodes:
        rows = put_rows(changes, node)
        new[node.name] = _put_nodes(database, node, rows)
        progress(rows.num_rows)
    for edge in edges:
        rows = put_rows(changes, edge)
        _remove(database, edge, _without(rows, edge, new))
        if rows.num_rows:
            database.execute(copy_rows(edge), rows)
        progress(rows.num_rows)


def read_table(folder: GraphFolder, table: GraphTable) -> "pa.Table":
    """Return the rows of a table, or none.

    Raises:
        GraphError: its file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not folder.file(table).is_file():
        return arrow_schema(table).empty_table()
    try:
        return pq.read_table(folder.file(table), schema=arrow_schema(table))
    except (pa.ArrowException, OSError) as error:
        raise GraphError(f"{folder.file(table)} cannot be read: {error}") from error


def put_rows(changes: GraphChanges, table: GraphTable) -> "pa.Table":
    """Return the rows of a table that are added or changed."""
    import pyarrow as pa

    return pa.concat_tables([read_table(changes.added, table), read_table(changes.changed, table)])


def _without(rows: "pa.Table", table: EdgeTable, keys: "Keys") -> "pa.Table":
    """Return the edges of which neither end has one of some keys."""
    import pyarrow.compute as pc

    for column, label in (("from", table.source), ("to", table.target)):
        if rows.num_rows and len(keys[label]):
            rows = rows.filter(pc.invert(pc.is_in(rows[column], value_set=keys[label])))
    return rows


def _remove(database: LadybugDatabase, table: GraphTable, rows: "pa.Table") -> None:
    """Remove those of some rows that are there."""
    if rows.num_rows:
        database.execute(remove_rows(table), rows.select(list(table.keys)))


def _put_nodes(database: LadybugDatabase, table: NodeTable, rows: "pa.Table") -> "pa.Array":
    """Add nodes, or set all properties of those that are there; return the keys of the new."""
    import pyarrow as pa
    import pyarrow.compute as pc

    key = table.type.key
    if not rows.num_rows:
        return pa.array([], pa.string())
    found = database.rows(keys_there(table), rows.select([key]))
    there = pc.is_in(rows[key], value_set=pa.array([one for (one,) in found], pa.string()))
    old, new = rows.filter(there), rows.filter(pc.invert(there))
    if old.num_rows and table.properties:
        database.execute(set_rows(table), old)
    if new.num_rows:
        database.copy_nodes(copy_rows(table), new)
    return new[key].combine_chunks()
