"""GraphML: one XML document, with typed keys, as networkx, igraph, Gephi and yEd read it.

A node's id is its label, a colon and its key; `label` is its label, and `type` of an edge its
type. Lists are JSON text, dates are ISO 8601. What is null is left out. Characters that XML cannot
hold are replaced by U+FFFD.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from .export_values import ExportSource, as_text, node_id, properties, rows, split_tables
from .schema import GraphProperty, ValueType
from .tables import EdgeTable, GraphTable, NodeTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["write_graphml"]

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns
                             http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_TYPES = {ValueType.INTEGER: "long", ValueType.NUMBER: "double", ValueType.BOOLEAN: "boolean"}
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RETURNS = {"\r": "&#13;"}


def write_graphml(source: ExportSource, path: Path) -> None:
    """Write a graph as GraphML.

    Raises:
        OSError: the file cannot be written.
    """
    nodes, edges = split_tables(source)
    keys = {**_keys("node", nodes), **_keys("edge", edges)}
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(_HEAD)
        _write_key(stream, "label", "node", "label", "string")
        _write_key(stream, "type", "edge", "type", "string")
        for (domain, name), one in keys.items():
            _write_key(stream, _key(domain, name), domain, name, _TYPES.get(one.type, "string"))
        stream.write('<graph id="matlore" edgedefault="directed">\n')
        for node in nodes:
            stream.writelines(_node(node, row) for row in rows(source, node))
        for edge in edges:
            stream.writelines(_edge(edge, row) for row in rows(source, edge))
        stream.write("</graph>\n</graphml>\n")


def _keys(
    domain: str, tables: "list[NodeTable] | list[EdgeTable]"
) -> "Mapping[tuple[str, str], GraphProperty]":
    return {(domain, one.name): one for table in tables for one in properties(table)}


def _key(domain: str, name: str) -> str:
    return f"{domain[0]}_{name}"


def _write_key(stream: TextIO, id: str, domain: str, name: str, type: str) -> None:
    stream.write(f'<key id="{id}" for="{domain}" attr.name="{name}" attr.type="{type}"/>\n')


def _node(table: NodeTable, row: dict[str, Any]) -> str:
    label = table.type.label
    id = _attribute(node_id(label, row[table.type.key]))
    data = "".join(_data("node", table, row))
    return f'<node id={id}><data key="label">{label}</data>{data}</node>\n'


def _edge(table: EdgeTable, row: dict[str, Any]) -> str:
    source = _attribute(node_id(table.source, row["from"]))
    target = _attribute(node_id(table.target, row["to"]))
    kind = f'<data key="type">{table.type.type}</data>'
    data = "".join(_data("edge", table, row))
    return f"<edge source={source} target={target}>{kind}{data}</edge>\n"


def _data(domain: str, table: GraphTable, row: dict[str, Any]) -> "Iterator[str]":
    for one in properties(table):
        if row[one.name] is not None:
            text = escape(_valid(as_text(row[one.name], one.type)), _RETURNS)
            yield f'<data key="{_key(domain, one.name)}">{text}</data>'


def _attribute(text: str) -> str:
    return quoteattr(_valid(text), _RETURNS)


def _valid(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
