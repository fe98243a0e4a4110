"""Make large changes to a graph: a new database out of the rows of the old one and the changes.

LadybugDB keeps the pages that changes touch in memory until a checkpoint, and writes whole tables
anew then. Measured on 10.4 million rows: in place, 33,000 changes take 9 seconds and 4 GiB, and
93,000 do not fit; to load all rows again takes 40 seconds and 3.6 GiB, whatever changed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from matlore.progress import Progress

from ..tables import EdgeTable, GraphTable, NodeTable, arrow_schema, graph_tables
from .base import GraphChanges
from .ladybug_database import LadybugDatabase
from .ladybug_loading import put_rows, read_table
from .ladybug_tables import copy_rows, create_tables, read_rows

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["rebuild_tables"]


def rebuild_tables(
    old: LadybugDatabase, new: LadybugDatabase, changes: GraphChanges, progress: Progress
) -> None:
    """Fill a new database with what an old one holds, and with changes to it.

    Raises:
        GraphError: a file cannot be read, or its rows do not fit together.
    """
    import duckdb

    for statement in create_tables():
        new.execute(statement)
    tables = graph_tables()
    progress(0, total=len(tables), text="loading")
    with duckdb.connect(config={"threads": 2}) as database:
        for table in tables:
            rows = _rows(database, old, changes, table)
            if rows.num_rows:
                copy = new.copy_nodes if isinstance(table, NodeTable) else new.execute
                copy(copy_rows(table), rows)
            progress(1)


def _rows(
    database: "duckdb.DuckDBPyConnection",
    old: LadybugDatabase,
    changes: GraphChanges,
    table: GraphTable,
) -> "pa.Table":
    """Return all rows that a table is to have, sorted by key."""
    import pyarrow as pa

    schema = arrow_schema(table)
    held = pa.Table.from_batches(old.batches(read_rows(table, ordered=False), schema), schema)
    database.register("held", held)
    database.register("put", put_rows(changes, table))
    database.register("gone", read_table(changes.removed, table))
    conditions = [_not_in("put", table.keys), _not_in("gone", table.keys)]
    if isinstance(table, EdgeTable):
        conditions += _ends_stay(database, changes, table)
    order = ", ".join(f'"{key}"' for key in table.keys)
    rows = database.sql(
        f"SELECT * FROM (SELECT held.* FROM held WHERE {' AND '.join(conditions)}"
        f" UNION ALL SELECT * FROM put) ORDER BY {order}"
    )
    return rows.to_arrow_table().cast(schema)


def _ends_stay(
    database: "duckdb.DuckDBPyConnection", changes: GraphChanges, table: EdgeTable
) -> Iterator[str]:
    """Yield the conditions that both ends of an edge stay."""
    nodes = {one.name: one for one in graph_tables() if isinstance(one, NodeTable)}
    for end, label in (("from", table.source), ("to", table.target)):
        key = nodes[label].type.key
        database.register(f"gone_{end}", read_table(changes.removed, nodes[label]).select([key]))
        yield f'NOT EXISTS (FROM "gone_{end}" g WHERE g."{key}" = held."{end}")'


def _not_in(name: str, keys: tuple[str, ...]) -> str:
    """Return the condition that a held row is not in another table."""
    same = " AND ".join(f'o."{key}" = held."{key}"' for key in keys)
    return f"NOT EXISTS (FROM {name} o WHERE {same})"
