"""Values as Ladybug gives them, as all stores give them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..schema import SCHEMA
from .base import EdgeValue, NodeValue, PathValue, Value

__all__ = ["plain_value"]


def plain_value(value: Any, *, of_graph: bool = True) -> Value:
    """Return a value of an answer: nodes, edges and paths as ours, others as plain types.

    Args:
        value: as Ladybug gives it.
        of_graph: whether maps may be nodes and the like, or are maps whatever keys they have.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value
    if isinstance(value, Decimal):  # sums of integers
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        found = _of_mapping(value) if of_graph else None
        if found is not None:
            return found
        return {str(key): plain_value(one, of_graph=of_graph) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(one, of_graph=of_graph) for one in value]
    return str(value)


def _of_mapping(value: Mapping[str, Any]) -> NodeValue | EdgeValue | PathValue | str | None:
    """Return the node, edge, path or internal id that a map stands for; None if for none."""
    if "_NODES" in value and "_RELS" in value:
        nodes = tuple(_node(one) for one in value["_NODES"])
        return PathValue(nodes, tuple(_edge(one) for one in value["_RELS"]))
    if "_SRC" in value and "_LABEL" in value:
        return _edge(value)
    if "_ID" in value and "_LABEL" in value:
        return _node(value)
    return _ref(value) if set(value) == {"offset", "table"} else None


def _node(value: Mapping[str, Any]) -> NodeValue:
    label = str(value["_LABEL"])
    known = SCHEMA.node_types.get(label)
    names = None if known is None else [one.name for one in known.properties]
    return NodeValue(label, _properties(value, names), _ref(value["_ID"]))


def _edge(value: Mapping[str, Any]) -> EdgeValue:
    type = str(value["_LABEL"])
    known = SCHEMA.edge_types.get(type)
    names = None if known is None else [one.name for one in known.properties]
    ends = (_ref(value["_SRC"]), _ref(value["_DST"]))
    return EdgeValue(type, _properties(value, names), *ends)


def _properties(value: Mapping[str, Any], names: list[str] | None) -> dict[str, Value]:
    """Return what is not null; Ladybug adds the properties of other labels as nulls."""
    wanted = [name for name in value if not name.startswith("_")] if names is None else names
    return {name: plain_value(value[name]) for name in wanted if value.get(name) is not None}


def _ref(id: Mapping[str, Any]) -> str:
    return f"{id['table']}:{id['offset']}"
