"""CSV, one file a table, and networkx's node-link JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .export_values import LISTS, ExportSource, as_json, node_id, properties, rows, split_tables
from .tables import EdgeTable, GraphTable, NodeTable, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["write_csv", "write_node_link"]


def write_csv(source: ExportSource, path: Path) -> None:
    """Write a folder with a CSV file for each table that has rows.

    Edges have the keys of their ends in `from` and `to`. Lists are JSON; what is null is empty,
    and an empty text is `""`.

    Raises:
        OSError: a file cannot be written.
    """
    path.mkdir()
    for table in source.tables():
        batches = source.batches(table)
        first = next(batches, None)
        if first is not None:
            _write_table(path / f"{table.name}.csv", table, first, batches)


def _write_table(
    path: Path, table: GraphTable, first: "pa.RecordBatch", others: "Iterator[pa.RecordBatch]"
) -> None:
    import pyarrow as pa
    from pyarrow import csv

    lists = {one.name for one in properties(table) if one.type in LISTS}
    schema = pa.schema(
        [(one.name, pa.string() if one.name in lists else one.type) for one in arrow_schema(table)]
    )
    with csv.CSVWriter(path, schema, write_options=csv.WriteOptions(quoting_style="needed")) as out:
        out.write_batch(_without_lists(first, schema, lists))
        for batch in others:
            out.write_batch(_without_lists(batch, schema, lists))


def _without_lists(
    batch: "pa.RecordBatch", schema: "pa.Schema", lists: set[str]
) -> "pa.RecordBatch":
    """Return a batch with lists as JSON."""
    import pyarrow as pa

    columns = [
        pa.array([_json_list(value) for value in batch.column(name).to_pylist()], pa.string())
        if name in lists
        else batch.column(name)
        for name in schema.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _json_list(value: list[Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def write_node_link(source: ExportSource, path: Path) -> None:
    """Write the JSON that `networkx.node_link_graph(…, edges="edges")` reads.

    A node's `id` is its label, a colon and its key, which is also in `key`; an edge's `key` is
    its type. What is null is left out.

    Raises:
        OSError: the file cannot be written.
    """
    nodes, edges = split_tables(source)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"directed": true, "multigraph": true, "graph": {},\n"nodes": [')
        _write_items(stream, (_node(node, row) for node in nodes for row in rows(source, node)))
        stream.write('],\n"edges": [')
        _write_items(stream, (_edge(edge, row) for edge in edges for row in rows(source, edge)))
        stream.write("]}\n")


def _write_items(stream: TextIO, items: Iterator[dict[str, Any]]) -> None:
    """Write the items of a JSON list, one a line."""
    before = "\n"
    for item in items:
        stream.write(before + json.dumps(item, ensure_ascii=False, allow_nan=False))
        before = ",\n"


def _node(table: NodeTable, row: dict[str, Any]) -> dict[str, Any]:
    label, key = table.type.label, row[table.type.key]
    said = {name: as_json(value) for name, value in row.items() if value is not None}
    return {**said, "id": node_id(label, key), "label": label, "key": key}


def _edge(table: EdgeTable, row: dict[str, Any]) -> dict[str, Any]:
    said = {one.name: as_json(row[one.name]) for one in table.properties}
    return {
        "source": node_id(table.source, row["from"]),
        "target": node_id(table.target, row["to"]),
        "key": table.type.type,
        "type": table.type.type,
        **{name: value for name, value in said.items() if value is not None},
    }
