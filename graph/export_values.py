"""What the formats of an export have in common: where rows come from, and how values are written.

A writer takes an `ExportSource` and a path, and writes batch by batch.
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from .schema import GraphProperty, ValueType
from .tables import EdgeTable, GraphTable, NodeTable

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "LISTS",
    "ExportSource",
    "Names",
    "as_json",
    "as_text",
    "edge_path",
    "node_id",
    "node_path",
    "properties",
    "rows",
    "split_tables",
]

LISTS = (ValueType.TEXTS, ValueType.INTEGERS)


class ExportSource(Protocol):
    """The tables that are exported, those of nodes first."""

    def tables(self) -> tuple[GraphTable, ...]:
        """Return the tables."""

    def batches(self, table: GraphTable) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of a table in the columns of `arrow_schema`."""


def rows(source: ExportSource, table: GraphTable) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table by column."""
    for batch in source.batches(table):
        names = batch.schema.names
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield dict(zip(names, values, strict=True))


def properties(table: GraphTable) -> tuple[GraphProperty, ...]:
    """Return the properties that a row has, the key of a node among them."""
    return table.type.properties


def node_id(label: str, key: str) -> str:
    """Return the id of a node among all nodes: a phase and a property may have one name."""
    return f"{label}:{key}"


def as_json(value: Any) -> Any:
    """Return a value as JSON has it: dates as text, numbers that are none as null."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def as_text(value: Any, type: ValueType) -> str:
    """Return a value as XML Schema writes its type; lists as JSON."""
    if type in LISTS:
        return json.dumps(value, ensure_ascii=False)
    if type is ValueType.BOOLEAN:
        return "true" if value else "false"
    if type is ValueType.NUMBER and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    return value.isoformat() if isinstance(value, date) else str(value)


class Names:
    """The IRIs of nodes, edges and of the schema's names, below a base.

    A node is `BASE` + label in lower case + `/` + its key, percent-encoded; a label, type or
    property is `BASE` + `schema/` + its name; an edge is `BASE` + `edge/` + type + its ends.
    """

    def __init__(self, base: str) -> None:
        self.base = base

    def term(self, name: str) -> str:
        """Return the IRI of a label, a type of edges or a property."""
        return f"{self.base}schema/{name}"

    def node(self, label: str, key: str) -> str:
        """Return the IRI of a node."""
        return self.base + node_path(label, key)

    def edge(self, table: EdgeTable, row: Mapping[str, Any]) -> str:
        """Return the IRI of an edge."""
        return self.base + edge_path(table, row)


def node_path(label: str, key: str) -> str:
    """Return the IRI of a node without its base."""
    return f"{label.lower()}/{quote(key, safe='')}"


def edge_path(table: EdgeTable, row: Mapping[str, Any]) -> str:
    """Return the IRI of an edge without its base."""
    ends = f"{node_path(table.source, row['from'])}/{node_path(table.target, row['to'])}"
    return f"edge/{table.type.type}/{ends}"


def split_tables(source: ExportSource) -> tuple[list[NodeTable], list[EdgeTable]]:
    """Return the tables of nodes and those of edges."""
    nodes = [table for table in source.tables() if isinstance(table, NodeTable)]
    return nodes, [table for table in source.tables() if isinstance(table, EdgeTable)]
