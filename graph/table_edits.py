"""Tables of a graph made from others by DuckDB: some are selected anew, the others taken over."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .tables import GraphFolder, GraphTable, arrow_schema, graph_tables, sql_path

if TYPE_CHECKING:
    import duckdb

__all__ = ["make_tables", "opened_tables", "see_file"]

_MEMORY = "2GB"
_ROW_GROUP = 122_880
_TABLES: Mapping[str, GraphTable] = {table.name: table for table in graph_tables()}


@contextmanager
def opened_tables(
    tables: GraphFolder, names: Iterable[str]
) -> "Iterator[duckdb.DuckDBPyConnection]":
    """Give a database that sees some tables of a graph by their names.

    Args:
        tables: of a graph; a table without a file is seen without rows.
        names: of the tables to see.
    """
    import duckdb

    with TemporaryDirectory(prefix="matlore-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": 2,
            "memory_limit": _MEMORY,
            "temp_directory": spill,
        }
        with duckdb.connect(config=config) as database:
            for name in names:
                table = _TABLES[name]
                if tables.file(table).is_file():
                    see_file(database, f'"{name}"', tables.file(table))
                else:
                    database.register(f"none_{name}", arrow_schema(table).empty_table())
                    database.execute(f'CREATE TEMP VIEW "{name}" AS SELECT * FROM "none_{name}"')
            yield database


def see_file(database: "duckdb.DuckDBPyConnection", name: str, *paths: Path) -> None:
    """Let queries see Parquet files of the same columns as one table.

    Args:
        database: that is to see them.
        name: of the table, in quotes where SQL needs them.
        paths: of the files, at least one.
    """
    files = ", ".join(sql_path(path) for path in paths)
    database.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet([{files}])")


def make_tables(
    database: "duckdb.DuckDBPyConnection",
    tables: GraphFolder,
    selects: Mapping[str, str],
    folder: Path,
) -> GraphFolder:
    """Write the tables that are selected, and take over the others.

    Args:
        database: that sees what is selected from.
        tables: of a graph; they are left as they are.
        selects: queries, by the names of tables.
        folder: for the tables; it may be that of `tables`, which then becomes them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = GraphFolder(folder)
    drafts = {name: folder / f".{name}.draft" for name in selects}
    full = {name: _write(database, selects[name], _TABLES[name], drafts[name]) for name in selects}
    for name, table in _TABLES.items():
        if name not in selects:
            _take_over(tables.file(table), made.file(table))
        elif full[name]:
            drafts[name].replace(made.file(table))
        else:
            made.file(table).unlink(missing_ok=True)
    return made


def _take_over(source: Path, target: Path) -> None:
    """Have the same file under another name: files of tables are replaced, and never changed."""
    if source == target or not source.is_file():
        return
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that has no such links
        shutil.copyfile(source, target)


def _write(
    database: "duckdb.DuckDBPyConnection", select: str, table: GraphTable, path: Path
) -> bool:
    """Write a table sorted by key; tell whether it has rows, for else there is no file."""
    import pyarrow.parquet as pq

    schema = arrow_schema(table)
    columns = ", ".join(f'"{name}"' for name in schema.names)
    order = ", ".join(f'"{key}"' for key in table.keys)
    query = f"SELECT {columns} FROM ({select}) ORDER BY {order}"
    batches = database.sql(query).to_arrow_reader(_ROW_GROUP)
    first = next(iter(batches), None)
    if first is None or not first.num_rows:
        return False
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for batch in chain([first], batches):
            file.write_batch(batch.cast(schema), row_group_size=_ROW_GROUP)
    return True
