"""Graphs written by hand for tests, as folders of tables, and changes made of them."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from graph.schema import SCHEMA, SCHEMA_VERSION, GraphProperty, ValueType
from graph.stores import GraphChanges, GraphInfo, GraphStore
from graph.tables import EdgeTable, GraphFolder, GraphTable, NodeTable, arrow_schema, graph_tables

__all__ = [
    "ODD_NAMES",
    "SAMPLE",
    "TABLES",
    "StorePlace",
    "Tables",
    "changes",
    "counts_of",
    "every_table",
    "information",
    "sorted_rows",
    "write_graph",
]

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
StorePlace = Callable[[], GraphStore]

TABLES: dict[str, GraphTable] = {table.name: table for table in graph_tables()}

ODD_NAMES = (
    'it\'s "so" `called`',
    "'}) DETACH DELETE n //",
    '"}) MATCH (n) DETACH DELETE n; MATCH (m {name: "',
    "`) DETACH DELETE n //",
    "'; DROP TABLE Material; RETURN '",
    "$name {name} ${name} %s %(name)s",
    "back\\slash \\' \\u0027 \\n",
    "line\nbreak\r\nand\ttab",
    "/* comment */ -- // #",
    "a,b;c|d",
    "[1, 2]",
    "null",
    "NULL",
    "1e5",
    "2020-01-02",
    "true",
    " space around ",
    "Bi₂Te₃–δ α-Fe₂O₃ 硫化铅 кремний",
    "é",
    "e\u0301",
    "😀",
    "～",
    "Z",
    "z" * 4000,
)

SAMPLE: Tables = {
    "Paper": [
        {"id": "doi:10.1/a", "title": "On PbTe", "year": 2001, "date": date(2001, 2, 3),
         "retracted": False, "relevance": 0.75},
        {"id": "doi:10.1/b", "title": "It's \"new\"", "year": 2010},
        {"id": "doi:10.1/c", "year": 2020, "retracted": True},
    ],
    "Material": [
        {"id": "PbTe", "formula": "PbTe", "name": "PbTe", "names": ["PbTe", "TePb"],
         "n_papers": 2, "first_year": 2001},
        {"id": "SnTe", "formula": "SnTe", "name": "SnTe", "names": ["SnTe"], "n_papers": 1},
        {"id": "name:graphene", "name": "graphene", "names": []},
    ],
    "Element": [{"symbol": "Pb"}, {"symbol": "Sn"}, {"symbol": "Te"}],
    "Property": [{"name": "band gap", "unit": "eV", "lower": 0.0, "in_vocabulary": True}],
    "Application": [{"name": "sensor"}, {"name": "thermoelectric", "synonyms": ["TE"]}],
    "Phase": [{"name": "sensor"}],
    "Quantity": [
        {"id": "q1", "value": 0.5, "unit": "eV", "conditions": ["temperature = 300 K"]},
        {"id": "q2", "value": 2.0, "unit": "eV"},
    ],
    "Claim": [{"id": "c1", "type": "USED_IN", "score": 0.5}, {"id": "c2", "type": "USED_IN"}],
    "Model": [{"name": "model", "kind": "equation"}],
    "MENTIONS.Paper.Material": [
        {"from": "doi:10.1/a", "to": "PbTe", "count": 2, "spans": [0, 4, 10, 14]},
        {"from": "doi:10.1/b", "to": "PbTe", "count": 1, "spans": []},
        {"from": "doi:10.1/b", "to": "SnTe", "count": 1},
    ],
    "MENTIONS.Paper.Application": [{"from": "doi:10.1/a", "to": "sensor", "count": 1}],
    "MENTIONS.Paper.Phase": [{"from": "doi:10.1/a", "to": "sensor", "count": 3}],
    "CONTAINS.Material.Element": [
        {"from": "PbTe", "to": "Pb", "fraction": 0.5},
        {"from": "PbTe", "to": "Te", "fraction": 0.5},
        {"from": "SnTe", "to": "Sn", "fraction": 0.5},
        {"from": "SnTe", "to": "Te", "fraction": 0.5},
    ],
    "HAS.Material.Quantity": [{"from": "PbTe", "to": "q1"}, {"from": "PbTe", "to": "q2"}],
    "OF.Quantity.Property": [
        {"from": "q1", "to": "band gap"},
        {"from": "q2", "to": "band gap"},
    ],
    "BY.Quantity.Model": [{"from": "q2", "to": "model"}],
    "USES.Quantity.Quantity": [{"from": "q2", "to": "q1"}],
    "SUBJECT.Claim.Material": [{"from": "c1", "to": "PbTe"}, {"from": "c2", "to": "SnTe"}],
    "OBJECT.Claim.Application": [{"from": "c1", "to": "thermoelectric"}],
    "OBJECT.Claim.Phase": [{"from": "c2", "to": "sensor"}],
    "IN.Claim.Paper": [{"from": "c1", "to": "doi:10.1/a", "spans": [0, 4]}],
    "USED_IN.Material.Application": [
        {"from": "PbTe", "to": "thermoelectric", "n_papers": 1, "first_year": 2001}
    ],
    "SIMILAR_TO.Material.Material": [
        {"from": "PbTe", "to": "SnTe", "cosine": 0.9},
        {"from": "SnTe", "to": "PbTe", "cosine": 0.8},
        {"from": "SnTe", "to": "SnTe", "cosine": 1.0},
    ],
}  # fmt: skip

_VALUES: dict[ValueType, tuple[Any, ...]] = {
    ValueType.TEXT: ("plain", "", *ODD_NAMES, "x" * 100_000),
    ValueType.TEXTS: (["one"], [], list(ODD_NAMES), ["", "", "a"]),
    ValueType.INTEGER: (0, -1, 2**63 - 1, -(2**63)),
    ValueType.INTEGERS: ([0], [], [-(2**63), 2**63 - 1], list(range(1000))),
    ValueType.NUMBER: (1.0, -1.5, 5e-324, 1.7976931348623157e308, -math.inf, 0.1 + 0.2),
    ValueType.BOOLEAN: (True, False),
    ValueType.DATE: (date(2020, 2, 29), date(1969, 12, 31), date(1, 1, 1), date(9999, 12, 31)),
}


def every_table() -> Tables:
    """Return a graph with rows in all tables: all types of values, nulls, and odd keys.

    The same keys are used for all labels, so whoever mixes labels up is caught.
    """
    keys = [*ODD_NAMES, *(f"key {number}" for number in range(8))]
    return {table.name: _rows_of(table, keys) for table in graph_tables()}


def _rows_of(table: GraphTable, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Make rows; each property is null in every third."""
    rows: list[dict[str, Any]]
    if isinstance(table, NodeTable):
        rows = [{table.type.key: key} for key in keys]
    else:
        turned = [*keys[1:], keys[0]]
        ends = [*zip(keys, turned, strict=True), (keys[1], keys[0]), (keys[2], keys[2])]
        rows = [{"from": source, "to": target} for source, target in ends]
    for shift, one in enumerate(table.properties):
        values = _values(one, shift)
        rows = [{**row, one.name: next(values)} for row in rows]
    return rows


def _values(one: GraphProperty, shift: int) -> "itertools.cycle[Any]":
    values = _VALUES[one.type]
    padded = [value for pair in zip(values[::2], values[1::2], strict=False) for value in pair]
    with_nulls = [*itertools.chain.from_iterable((a, None) for a in padded), *values]
    start = shift % len(with_nulls)
    return itertools.cycle([*with_nulls[start:], *with_nulls[:start]])


def write_graph(path: Path, tables: Tables) -> GraphFolder:
    """Write tables into a folder; columns that a row has not are null."""
    folder = GraphFolder(path)
    path.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        table = TABLES[name]
        made = pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(table))
        folder.write(table, made)
    return folder


def changes(
    path: Path, *, added: Tables | None = None, changed: Tables | None = None,
    removed: Tables | None = None,
) -> GraphChanges:  # fmt: skip
    """Write changes into new folders below a path."""
    number = sum(1 for _ in path.glob("changes-*"))
    place = path / f"changes-{number}"
    return GraphChanges(
        write_graph(place / "added", added or {}),
        write_graph(place / "changed", changed or {}),
        write_graph(place / "removed", removed or {}),
    )


def information(load: str = "load-1", **inputs: str) -> GraphInfo:
    """Return the note of a load of today's schema."""
    return GraphInfo(load, SCHEMA_VERSION, "2026-01-02T03:04:05+00:00", inputs)


def counts_of(tables: Tables) -> dict[str, int]:
    """Count what a store that holds the tables must count: all labels, then all types."""
    counts = {node.label: 0 for node in SCHEMA.nodes} | {edge.type: 0 for edge in SCHEMA.edges}
    for name, rows in tables.items():
        table = TABLES[name]
        counts[table.type.type if isinstance(table, EdgeTable) else table.type.label] += len(rows)
    return counts


def sorted_rows(tables: Tables, name: str) -> list[dict[str, Any]]:
    """Return all columns of a table's rows, by key: what `batches` must give."""
    table = TABLES[name]
    names = arrow_schema(table).names
    rows = [{column: row.get(column) for column in names} for row in tables.get(name, ())]
    return sorted(rows, key=lambda row: [row[key] for key in table.keys])
