"""The stores of the graph: LadybugDB in process, Neo4j by its driver, one protocol for both."""

from .base import (
    EdgeValue,
    GraphChanges,
    GraphInfo,
    GraphStore,
    Login,
    NodeValue,
    PathValue,
    QueryLimits,
    Rows,
    open_store,
)

__all__ = [
    "EdgeValue",
    "GraphChanges",
    "GraphInfo",
    "GraphStore",
    "Login",
    "NodeValue",
    "PathValue",
    "QueryLimits",
    "Rows",
    "open_store",
]
