"""From papers and facts to the tables of the graph, by DuckDB.

The tables are a function of what goes in: the order of rows, rows that come twice and how they are
cut into batches make no difference, to the byte. Facts of papers that are not there or were
retracted count nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from matlore.progress import Progress, no_progress

from .inputs import GraphInputs
from .staging_facts import FACT_TABLES, MAKE_FACTS, read_conditions
from .staging_inputs import MAKE_LIVING, read_inputs, read_vocabulary
from .staging_materials import MATERIAL_TABLES, SPELLINGS, read_formulas
from .staging_things import MAKE_THINGS, THING_TABLES
from .tables import GraphFolder, GraphTable, arrow_schema, graph_tables

if TYPE_CHECKING:
    import duckdb

    from .propnet.base import Symbol

__all__ = ["STAGING_VERSION", "StagingReport", "build_tables"]

STAGING_VERSION = 3
"""Changes when the same inputs give other tables than before."""

_MEMORY = "2GB"
_MOST_NAMED = 5
_ROW_GROUP = 122_880


@dataclass(frozen=True, slots=True)
class StagingReport:
    """What was made.

    Attributes:
        rows: by table.
        odd_materials: keys of materials that are neither a formula in normal form, nor a name,
            nor a family: how many.
        odd_examples: the first few of them.
        skipped: claims and quantities whose paper is missing or retracted, and claims that have
            no subject or no object.
        papers_without_facts: papers, not retracted, of which there is no claim and no quantity.
    """

    rows: Mapping[str, int]
    odd_materials: int
    odd_examples: tuple[str, ...]
    skipped: int
    papers_without_facts: int


def build_tables(
    inputs: GraphInputs,
    folder: Path,
    *,
    symbols: Sequence["Symbol"] = (),
    memory_limit: str = _MEMORY,
    progress: Progress = no_progress,
) -> StagingReport:
    """Make the tables of a graph.

    Args:
        inputs: papers and facts.
        folder: becomes a `GraphFolder`; only tables with rows have a file, and what tables were
            there go.
        symbols: properties beside those of the vocabulary, which models connect.
        memory_limit: what DuckDB may use before it goes to disk, such as `2GB`.
        progress: told of each table.
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    graph = GraphFolder(folder)
    for table in graph.tables():
        graph.file(table).unlink()
    with TemporaryDirectory(prefix=".spill-", dir=folder) as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": 2,
            "memory_limit": memory_limit,
            "temp_directory": spill,
        }
        with duckdb.connect(config=config) as database:
            progress(0, text="reading facts")
            read_inputs(database, inputs)
            read_vocabulary(database, symbols)
            _prepare(database)
            _write_tables(database, graph, progress)
            return _report(database, graph)


def _prepare(database: "duckdb.DuckDBPyConnection") -> None:
    """Make the tables from which those of the graph are selected."""
    for statement in MAKE_LIVING:
        database.execute(statement)
    read_formulas(database)
    read_conditions(database)
    for statement in (*MAKE_THINGS, SPELLINGS, "DROP TABLE mentions", *MAKE_FACTS):
        database.execute(statement)


def _write_tables(
    database: "duckdb.DuckDBPyConnection", graph: GraphFolder, progress: Progress
) -> None:
    selects = {**MATERIAL_TABLES, **THING_TABLES, **FACT_TABLES}
    progress(0, total=len(selects), text="making tables")
    for table in graph_tables():
        if table.name in selects:
            _write(database, selects[table.name], table, graph)
            progress(1)


def _write(
    database: "duckdb.DuckDBPyConnection", select: str, table: GraphTable, graph: GraphFolder
) -> None:
    """Write a table, sorted by key, in the columns and types of `arrow_schema`.

    Not by `COPY`: that calls columns without nulls `not null`, another type than with some.
    """
    import pyarrow.parquet as pq

    schema = arrow_schema(table)
    columns = ", ".join(
        f'CAST("{field.name}" AS {_sql_type(str(field.type))}) AS "{field.name}"'
        for field in schema
    )
    order = ", ".join(f'"{key}"' for key in table.keys)
    query = f"SELECT {columns} FROM ({select}) ORDER BY {order}"
    batches = database.sql(query).to_arrow_reader(_ROW_GROUP)
    first = next(iter(batches), None)
    if first is None or not first.num_rows:
        return
    with pq.ParquetWriter(graph.file(table), schema, compression="zstd") as file:
        for batch in chain([first], batches):
            file.write_batch(batch.cast(schema), row_group_size=_ROW_GROUP)


def _sql_type(name: str) -> str:
    """Return DuckDB's name of an Arrow type of `arrow_schema`."""
    types = {
        "string": "VARCHAR",
        "int64": "BIGINT",
        "double": "DOUBLE",
        "bool": "BOOLEAN",
        "date32[day]": "DATE",
    }
    if name.startswith("list<"):
        return f"{types[name.partition(': ')[2].rstrip('>')]}[]"
    return types[name]


def _report(database: "duckdb.DuckDBPyConnection", graph: GraphFolder) -> StagingReport:
    odd = database.execute(
        "SELECT id FROM formulas WHERE odd AND id IN"
        " (SELECT name FROM things WHERE thing = 'Material') ORDER BY id"
    ).fetchall()
    (counts,) = database.execute(
        "SELECT (SELECT claims + quantities FROM skipped), (SELECT count(*) FROM living"
        " WHERE id NOT IN (SELECT paper_id FROM claims)"
        " AND id NOT IN (SELECT paper_id FROM quantities WHERE paper_id IS NOT NULL))"
    ).fetchall()
    examples = tuple(str(id) for (id,) in odd[:_MOST_NAMED])
    return StagingReport(graph.counts(), len(odd), examples, int(counts[0]), int(counts[1]))
