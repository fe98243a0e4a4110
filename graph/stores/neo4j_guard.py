"""What the server's plan of a query says it does: whether it only reads.

The access mode of the session refuses writes too, but not `LOAD CSV` nor procedures that read
files or settings; the plan shows them.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from matlore.errors import QueryError

if TYPE_CHECKING:
    from neo4j import ResultSummary

__all__ = ["READ_PROCEDURES", "check_plan"]

# What is said of the graph; other commands show or end what the server does, or its settings.
_SHOWN = frozenset({"ShowConstraints", "ShowFunctions", "ShowIndexes", "ShowProcedures"})

READ_PROCEDURES = frozenset(
    {
        "db.index.fulltext.queryNodes",
        "db.index.fulltext.queryRelationships",
        "db.labels",
        "db.propertyKeys",
        "db.relationshipTypes",
        "db.schema.nodeTypeProperties",
        "db.schema.relTypeProperties",
        "db.schema.visualization",
    }
)


def check_plan(summary: "ResultSummary") -> None:
    """Refuse a query that does more than read the graph.

    Args:
        summary: of `EXPLAIN` and the query.

    Raises:
        QueryError: it writes, changes the schema, reads files or calls a procedure that may.
    """
    if summary.query_type not in (None, "r"):
        raise QueryError("the query would change the graph; add --write if that is meant")
    if summary.plan is None:
        raise QueryError("the server has no plan for the query, so it may do more than read")
    for operator, details in _operators(summary.plan):
        if operator.startswith(("Show", "Terminate")) and operator not in _SHOWN:
            raise QueryError("SHOW and TERMINATE are not allowed in a query that only reads")
        if operator == "LoadCSV":
            raise QueryError("LOAD CSV is not allowed in a query that only reads")
        procedure = details.partition("(")[0].strip()
        if operator == "ProcedureCall" and procedure not in READ_PROCEDURES:
            raise QueryError(
                f"the procedure {procedure} is not allowed in a query that only reads; those are:"
                f" {', '.join(sorted(READ_PROCEDURES))}"
            )


def _operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and details of each operator of a plan."""
    name = str(plan.get("operatorType", "")).partition("@")[0]
    yield name, str(plan.get("args", {}).get("Details", ""))
    for child in plan.get("children", ()):
        yield from _operators(child)
