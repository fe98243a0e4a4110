"""What a graph should hold, as a folder of Parquet files: one a label, one a type and its ends.

The loader makes such folders from facts, compares two of them (`changes`), and the stores load
them in bulk. A table of nodes has the properties of `schema` in their order, the key first; one
of edges has `from` and `to`, the keys of its ends, and then its properties. Keys are unique.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import GraphError

from .schema import SCHEMA, EdgeType, GraphProperty, GraphSchema, NodeType, ValueType

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "EdgeTable",
    "GraphFolder",
    "GraphTable",
    "NodeTable",
    "arrow_schema",
    "graph_tables",
    "sql_path",
]


@dataclass(frozen=True, slots=True)
class NodeTable:
    """The table of the nodes of a label."""

    type: NodeType

    @property
    def name(self) -> str:
        """The stem of its file."""
        return self.type.label

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns by which a row is known."""
        return (self.type.key,)

    @property
    def properties(self) -> tuple[GraphProperty, ...]:
        """The columns that are no keys."""
        return self.type.properties[1:]


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """The table of the edges of a type between two labels."""

    type: EdgeType
    source: str
    target: str

    @property
    def name(self) -> str:
        """The stem of its file."""
        return f"{self.type.type}.{self.source}.{self.target}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns by which a row is known."""
        return ("from", "to")

    @property
    def properties(self) -> tuple[GraphProperty, ...]:
        """The columns that are no keys."""
        return self.type.properties


GraphTable = NodeTable | EdgeTable


def graph_tables(schema: GraphSchema = SCHEMA) -> tuple[GraphTable, ...]:
    """Return all tables: those of nodes first, so that edges find their ends."""
    nodes = [NodeTable(node) for node in schema.nodes]
    edges = [EdgeTable(edge, source, target) for edge, source, target in schema.edge_tables()]
    return (*nodes, *edges)


def arrow_schema(table: GraphTable) -> "pa.Schema":
    """Return the Arrow schema of a table's file."""
    import pyarrow as pa

    types = {
        ValueType.TEXT: pa.string(),
        ValueType.TEXTS: pa.list_(pa.string()),
        ValueType.INTEGER: pa.int64(),
        ValueType.INTEGERS: pa.list_(pa.int64()),
        ValueType.NUMBER: pa.float64(),
        ValueType.BOOLEAN: pa.bool_(),
        ValueType.DATE: pa.date32(),
    }
    keys = [(key, pa.string()) for key in table.keys]
    return pa.schema([*keys, *((one.name, types[one.type]) for one in table.properties)])


def sql_path(path: Path) -> str:
    """Return a path as a string of SQL."""
    escaped = str(path).replace("'", "''")
    return f"'{escaped}'"


class GraphFolder:
    """A folder with a file for each table that has rows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, table: GraphTable) -> Path:
        """Return where the rows of a table are, whether there are any or not."""
        return self.path / f"{table.name}.parquet"

    def tables(self) -> list[GraphTable]:
        """Return the tables that have a file, those of nodes first."""
        return [table for table in graph_tables() if self.file(table).is_file()]

    def rows(self, table: GraphTable) -> int:
        """Count the rows of a table.

        Raises:
            GraphError: the file is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.file(table)
        try:
            return int(pq.read_metadata(path).num_rows) if path.is_file() else 0
        except pa.ArrowInvalid as error:
            raise GraphError(
                f"{path} is damaged ({error}): remove its folder, and load the graph again with"
                " `matlore graph load`"
            ) from error

    def counts(self) -> dict[str, int]:
        """Count the rows of all tables that have any, by the tables' names."""
        return {table.name: self.rows(table) for table in self.tables()}

    def write(self, table: GraphTable, rows: "pa.Table") -> None:
        """Write the rows of a table; columns may be in any order, those missing are null.

        Raises:
            ValueError: a column is no property of the table.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = arrow_schema(table)
        unknown = set(rows.column_names) - set(schema.names)
        if unknown:
            raise ValueError(f"{table.name} has no columns {', '.join(sorted(unknown))}")
        columns = [
            rows[field.name].cast(field.type)
            if field.name in rows.column_names
            else pa.nulls(rows.num_rows, field.type)
            for field in schema
        ]
        self.path.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            pa.Table.from_arrays(columns, schema=schema), self.file(table), compression="zstd"
        )

    def batches(self, table: GraphTable, *, size: int = 10_000) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of a table, so many at a time."""
        import pyarrow.parquet as pq

        if self.file(table).is_file():
            with pq.ParquetFile(self.file(table)) as file:
                yield from file.iter_batches(batch_size=size)
