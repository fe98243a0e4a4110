"""What must be done to a graph that holds some tables so that it holds others.

Compared are whole rows, by DuckDB, so nothing that stayed the same is touched. A load that was
killed half way leaves a graph that holds some of the old rows and some of those it was to hold;
both folders are given then.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.progress import Progress, no_progress

from .stores.base import GraphChanges
from .tables import GraphFolder, GraphTable, graph_tables, sql_path

if TYPE_CHECKING:
    import duckdb

__all__ = ["compare_graphs"]

_MEMORY = "2GB"


def compare_graphs(
    old: Sequence[GraphFolder],
    new: GraphFolder,
    folder: Path,
    *,
    progress: Progress = no_progress,
) -> GraphChanges:
    """Return how to make a graph that holds `old` hold `new`.

    Args:
        old: what the graph holds: nothing, one folder, or several of which it may hold some rows
            of each. A row whose state is not certain is among those to add, or to remove.
        new: what it must hold.
        folder: where the files of the changes go; `new` itself is used where all is new.
        progress: told of each table.

    Returns:
        The changes, in files that are sorted by key.
    """
    changes = GraphChanges(
        GraphFolder(folder / "added"),
        GraphFolder(folder / "changed"),
        GraphFolder(folder / "removed"),
    )
    if not old:
        return GraphChanges(new, changes.changed, changes.removed)
    for part in (changes.added, changes.changed, changes.removed):
        part.path.mkdir(parents=True, exist_ok=True)
    import duckdb

    tables = graph_tables()
    progress(0, total=len(tables), text="comparing")
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": _MEMORY,
        "temp_directory": str(folder / "spill"),
    }
    with duckdb.connect(config=config) as database:
        for table in tables:
            _compare(database, table, old, new, changes)
            progress(1)
    return changes


def _compare(
    database: "duckdb.DuckDBPyConnection",
    table: GraphTable,
    old: Sequence[GraphFolder],
    new: GraphFolder,
    changes: GraphChanges,
) -> None:
    """Write the changes of one table."""
    there = [folder.file(table) for folder in old if folder.file(table).is_file()]
    target = new.file(table) if new.file(table).is_file() else None
    if target is None and not there:
        return
    if target is None or not there:
        only = [_rows(path) for path in there] if target is None else [_rows(target)]
        out = changes.removed if target is None else changes.added
        _write(database, _keys_of(only, table) if target is None else only[0], table, out)
        return
    keys = _keys_of([_rows(path) for path in there], table)
    by_key = " AND ".join(f'a."{key}" = b."{key}"' for key in table.keys)
    database.execute(f"CREATE TEMP TABLE held AS {keys}")
    same = " INTERSECT ".join(f"({_rows(path)})" for path in there)
    if len(there) < len(old):  # in one of them the row is not there at all
        same = f"SELECT * FROM ({_rows(target)}) WHERE false"
    database.execute(f"CREATE TEMP TABLE other AS ({_rows(target)}) EXCEPT ({same})")
    added = f"SELECT a.* FROM other a ANTI JOIN held b ON {by_key}"
    changed = f"SELECT a.* FROM other a SEMI JOIN held b ON {by_key}"
    if len(old) > 1:  # what is there is not certain: adding does no harm
        _write(database, "SELECT * FROM other", table, changes.added)
    else:
        _write(database, added, table, changes.added)
        _write(database, changed, table, changes.changed)
    gone = f"SELECT a.* FROM held a ANTI JOIN ({_rows(target)}) b ON {by_key}"
    _write(database, gone, table, changes.removed)
    database.execute("DROP TABLE held; DROP TABLE other")


def _rows(path: Path) -> str:
    return f"SELECT * FROM read_parquet({sql_path(path)})"


def _keys_of(selects: Sequence[str], table: GraphTable) -> str:
    names = ", ".join(f'"{key}"' for key in table.keys)
    return " UNION ".join(f"SELECT {names} FROM ({select})" for select in selects)


def _write(
    database: "duckdb.DuckDBPyConnection", query: str, table: GraphTable, out: GraphFolder
) -> None:
    """Write rows sorted by key, if there are any; columns that are missing become null."""
    order = ", ".join(f'"{key}"' for key in table.keys)
    rows = database.sql(f"SELECT * FROM ({query}) ORDER BY {order}").to_arrow_table()
    if rows.num_rows:
        out.write(table, rows)
