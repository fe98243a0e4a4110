"""Values as Neo4j's driver has them, and as every store gives them."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from ..schema import SCHEMA
from .base import EdgeValue, NodeValue, PathValue, Value

if TYPE_CHECKING:
    from neo4j.graph import Node, Relationship

__all__ = ["from_neo4j", "to_neo4j"]


def from_neo4j(value: Any) -> Value:
    """Return a value of an answer as the other stores give it; times and points become text."""
    from neo4j.graph import Node, Path, Relationship
    from neo4j.time import Date

    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Node):  # nodes, edges and points are sequences or mappings too
        return _node(value)
    if isinstance(value, Relationship):
        return _edge(value)
    if isinstance(value, Path):
        nodes, edges = value.nodes, value.relationships
        return PathValue(tuple(map(_node, nodes)), tuple(map(_edge, edges)))
    if isinstance(value, Date):
        return value.to_native()
    if isinstance(value, list):
        return [from_neo4j(item) for item in value]
    if isinstance(value, Mapping):
        return {key: from_neo4j(item) for key, item in value.items()}
    return _text(value)


def _node(node: "Node") -> NodeValue:
    """Return a node with the label of its labels that is in the schema, if one is."""
    labels = sorted(node.labels, key=lambda label: (label not in SCHEMA.node_types, label))
    return NodeValue(labels[0] if labels else "", _properties(node), ref=node.element_id)


def _edge(edge: "Relationship") -> EdgeValue:
    ends = [node.element_id if node is not None else "" for node in edge.nodes]
    return EdgeValue(edge.type, _properties(edge), source=ends[0], target=ends[1])


def _properties(entity: "Node | Relationship") -> dict[str, Value]:
    return {name: from_neo4j(value) for name, value in sorted(entity.items())}


def _text(value: Any) -> str:
    """Return times and durations as ISO 8601 has them, points as WKT, others as Python prints."""
    from neo4j.spatial import Point

    if isinstance(value, Point):
        return f"POINT({' '.join(map(str, value))})"
    write = getattr(value, "iso_format", None)
    return str(value if write is None else write())


def to_neo4j(value: Any) -> Any:
    """Return a parameter as the driver takes it.

    Raises:
        TypeError: it is of a type that no query can be given.
    """
    if value is None or isinstance(value, bool | int | float | str | date):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_neo4j(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_neo4j(item) for item in value]
    raise TypeError(f"a query cannot be given a {type(value).__name__}: {value!r}")
