"""RDF, as N-Triples and as JSON-LD: both say the same.

An edge is a triple; one with properties is also a node of its own (`rdf:Statement`, which says
subject, predicate and object) that carries them, for RDF 1.1 has no properties of triples. A list
of texts is a triple for each text; offsets are one literal of JSON. What is null is left out.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .export_values import (
    ExportSource,
    Names,
    as_json,
    as_text,
    edge_path,
    node_path,
    properties,
    rows,
    split_tables,
)
from .schema import GraphProperty, ValueType
from .tables import EdgeTable, NodeTable

__all__ = ["write_jsonld", "write_ntriples"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DATATYPES = {
    ValueType.INTEGER: f"{_XSD}integer",
    ValueType.NUMBER: f"{_XSD}double",
    ValueType.BOOLEAN: f"{_XSD}boolean",
    ValueType.DATE: f"{_XSD}date",
    ValueType.INTEGERS: f"{_RDF}JSON",
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f]')


# N-Triples.


def write_ntriples(source: ExportSource, path: Path, names: Names) -> None:
    """Write a graph as N-Triples.

    Raises:
        OSError: the file cannot be written.
    """
    nodes, edges = split_tables(source)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for node in nodes:
            for row in rows(source, node):
                stream.writelines(_node_triples(node, row, names))
        for edge in edges:
            for row in rows(source, edge):
                stream.writelines(_edge_triples(edge, row, names))


def _node_triples(table: NodeTable, row: Mapping[str, Any], names: Names) -> Iterator[str]:
    label = table.type.label
    subject = names.node(label, row[table.type.key])
    yield f"<{subject}> <{_RDF}type> <{names.term(label)}> .\n"
    yield from _literals(subject, properties(table), row, names)


def _edge_triples(table: EdgeTable, row: Mapping[str, Any], names: Names) -> Iterator[str]:
    source = names.node(table.source, row["from"])
    target = names.node(table.target, row["to"])
    predicate = names.term(table.type.type)
    yield f"<{source}> <{predicate}> <{target}> .\n"
    if all(row[one.name] is None for one in table.properties):
        return
    edge = names.edge(table, row)
    yield f"<{edge}> <{_RDF}type> <{_RDF}Statement> .\n"
    parts = (("subject", source), ("predicate", predicate), ("object", target))
    yield from (f"<{edge}> <{_RDF}{part}> <{iri}> .\n" for part, iri in parts)
    yield from _literals(edge, table.properties, row, names)


def _literals(
    subject: str, said: tuple[GraphProperty, ...], row: Mapping[str, Any], names: Names
) -> Iterator[str]:
    for one in said:
        value = row[one.name]
        if value is None:
            continue
        values = dict.fromkeys(value) if one.type is ValueType.TEXTS else (value,)
        for item in values:
            literal = _literal(item, one.type)
            yield f"<{subject}> <{names.term(one.name)}> {literal} .\n"


def _literal(value: Any, type: ValueType) -> str:
    if type in (ValueType.TEXT, ValueType.TEXTS):
        return f'"{_ESCAPED.sub(_escape, value)}"'
    text = json.dumps(value) if type is ValueType.INTEGERS else as_text(value, type)
    return f'"{text}"^^<{_DATATYPES[type]}>'


def _escape(match: re.Match[str]) -> str:
    sign = match.group()
    return _ESCAPES.get(sign) or f"\\u{ord(sign):04X}"


# JSON-LD.


def write_jsonld(source: ExportSource, path: Path, names: Names) -> None:
    """Write a graph as JSON-LD 1.1: a context, and one object a line.

    Raises:
        OSError: the file cannot be written.
    """
    nodes, edges = split_tables(source)
    context = json.dumps(_context([*nodes, *edges], names), ensure_ascii=False, indent=1)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(f'{{"@context": {context},\n"@graph": [')
        before = "\n"
        for one in _objects(source, nodes, edges):
            stream.write(before + json.dumps(one, ensure_ascii=False, allow_nan=False))
            before = ",\n"
        stream.write("\n]}\n")


def _context(tables: "list[NodeTable | EdgeTable]", names: Names) -> dict[str, Any]:
    """Return the context: the types of properties, for a JSON number says too little."""
    context: dict[str, Any] = {
        "@version": 1.1,
        "@base": names.base,
        "@vocab": names.term(""),
        "rdf": _RDF,
    }
    for part in ("subject", "predicate", "object"):
        context[f"rdf:{part}"] = {"@type": "@id"}
    for table in tables:
        if isinstance(table, EdgeTable):
            context[table.type.type] = {"@id": names.term(table.type.type), "@type": "@id"}
        for one in properties(table):
            if one.type in _DATATYPES:
                type = "@json" if one.type is ValueType.INTEGERS else _DATATYPES[one.type]
                context[one.name] = {"@id": names.term(one.name), "@type": type}
    return context


def _objects(
    source: ExportSource, nodes: list[NodeTable], edges: list[EdgeTable]
) -> Iterator[dict[str, Any]]:
    for node in nodes:
        for row in rows(source, node):
            id = node_path(node.type.label, row[node.type.key])
            said = _said(properties(node), row)
            yield {"@id": id, "@type": node.type.label, **said}
    for edge in edges:
        for row in rows(source, edge):
            yield from _edge_objects(edge, row)


def _edge_objects(table: EdgeTable, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    start = node_path(table.source, row["from"])
    target = node_path(table.target, row["to"])
    yield {"@id": start, table.type.type: target}
    if said := _said(table.properties, row):
        yield {
            "@id": edge_path(table, row),
            "@type": "rdf:Statement",
            "rdf:subject": start,
            "rdf:predicate": f"schema/{table.type.type}",
            "rdf:object": target,
            **said,
        }


def _said(said: tuple[GraphProperty, ...], row: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: _value(row[one.name], one.type) for one in said if row[one.name] is not None}


def _value(value: Any, type: ValueType) -> Any:
    """Return a value as JSON; numbers that JSON lacks are text, which the context types."""
    if type is ValueType.NUMBER and not math.isfinite(value):
        return as_text(value, type)
    return as_json(value)
