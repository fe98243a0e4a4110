"""The values in an answer to a query: as JSON, as a few words, and as a graph."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from math import isfinite
from typing import Any

from graph.schema import SCHEMA
from graph.stores.base import EdgeValue, NodeValue, PathValue, Value

__all__ = ["json_value", "short_value", "subgraph"]

_SHOWN_ITEMS = 5
# What says more of such a node than its key, which is a hash.
_TELLING = {"Quantity": ("comparator", "value", "unit"), "Claim": ("type", "modality")}


def json_value(value: Value) -> Any:
    """Return a value as JSON has it, the same from every store.

    A node becomes `{"label", "properties"}`, an edge `{"type", "properties"}`, a path `{"nodes",
    "edges"}`, where edges say by `source` and `target` between which of the nodes they are (0 is
    the first). A number that is not finite becomes null.
    """
    if isinstance(value, NodeValue):
        return {"label": value.label, "properties": json_value(value.properties)}
    if isinstance(value, EdgeValue):
        return {"type": value.type, "properties": json_value(value.properties)}
    if isinstance(value, PathValue):
        return _json_path(value)
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def short_value(value: Value) -> Any:
    """Return a value for a cell of a table: numbers as they are, all others in a few words."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _words(value)


def subgraph(rows: Iterable[Iterable[Value]]) -> dict[str, list[dict[str, Any]]]:
    """Return the nodes and edges that are anywhere in the rows, each once.

    Returns:
        `nodes` with `id`, `label` and `properties`; `edges` with `type`, `source`, `target` and
        `properties`, where the ends are ids of nodes. Ids hold within one answer only.
    """
    nodes: dict[str, dict[str, Any]] = {}
    edges: dict[tuple[str, str, str], dict[str, Any]] = {}
    for thing in _things(list(rows)):
        if isinstance(thing, NodeValue):
            id = thing.ref or _name(thing)
            nodes.setdefault(id, {"id": id, **json_value(thing)})
        else:
            ends = {"source": thing.source, "target": thing.target}
            made = {"type": thing.type, **ends, "properties": json_value(thing.properties)}
            edges.setdefault((thing.type, thing.source, thing.target), made)
    return {"nodes": list(nodes.values()), "edges": list(edges.values())}


def _json_path(path: PathValue) -> dict[str, Any]:
    places = {node.ref: at for at, node in reversed(list(enumerate(path.nodes)))}
    return {
        "nodes": [json_value(node) for node in path.nodes],
        "edges": [
            {
                **json_value(edge),
                "source": places.get(edge.source),
                "target": places.get(edge.target),
            }
            for edge in path.edges
        ],
    }


def _things(value: Value) -> Iterator[NodeValue | EdgeValue]:
    """Yield the nodes and edges in a value, those in lists, maps and paths too."""
    if isinstance(value, NodeValue | EdgeValue):
        yield value
    elif isinstance(value, PathValue):
        yield from value.nodes
        yield from value.edges
    elif isinstance(value, Mapping):
        yield from _things(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _things(item)


def _words(value: Value) -> str:
    """Return any value in a few words."""
    if isinstance(value, NodeValue):
        return _name(value)
    if isinstance(value, EdgeValue):
        said = {key: item for key, item in value.properties.items() if not isinstance(item, list)}
        return f"{value.type} {_words(said)}" if said else value.type
    if isinstance(value, PathValue):
        return _walk(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_words(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        shown = ", ".join(_words(item) for item in value[:_SHOWN_ITEMS])
        more = len(value) - _SHOWN_ITEMS
        return f"{shown}, … {more} more" if more > 0 else shown
    if value is None:
        return "null"
    return f"{value:.4g}" if isinstance(value, float) else str(json_value(value))


def _name(node: NodeValue) -> str:
    """Return the label of a node and what it is known by, such as `Material PbTe`."""
    type = SCHEMA.node_types.get(node.label)
    telling = [node.properties.get(key) for key in _TELLING.get(node.label, ())]
    known = [item for item in telling if item not in (None, "=")]
    if not known and type is not None:
        known = [node.properties.get(type.key)]
    return " ".join([node.label, *(_words(item) for item in known if item is not None)])


def _walk(path: PathValue) -> str:
    """Return a path as it is drawn in Cypher."""
    drawn = [_name(path.nodes[0])] if path.nodes else []
    for node, edge, next in zip(path.nodes, path.edges, path.nodes[1:], strict=False):
        forward = (edge.source, edge.target) == (node.ref, next.ref)
        drawn += [f"-{edge.type}->" if forward else f"<-{edge.type}-", _name(next)]
    return " ".join(drawn)
