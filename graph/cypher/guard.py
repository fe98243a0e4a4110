"""Tells queries that only read from all others, which need `--write`."""

from difflib import get_close_matches

from matlore.errors import QueryError

from .functions import FUNCTIONS, PROCEDURES
from .reader import read
from .statement_tree import CallProcedure, CallSubquery, OtherClause
from .tree import (
    Call,
    Part,
    walk,
)

__all__ = ["check_reading"]

_REACHES_OUT = ("LOAD", "COPY", "EXPORT", "IMPORT", "INSTALL", "ATTACH")
_WRITE = "matlore cypher runs it with --write only"


def check_reading(query: str) -> None:
    """Refuse a query that does more than read the graph.

    What is not known to be only reading is refused: clauses, procedures and functions.

    Raises:
        QueryError: it does more, is more than one statement, or is no Cypher that can be read.
    """
    for part in walk(read(query)):
        problem = _problem(part)
        if problem:
            raise QueryError(problem)


def _problem(part: Part) -> str | None:
    if isinstance(part, OtherClause):
        word = part.word.split()[0]
        does = "reaches outside the graph" if word in _REACHES_OUT else "is not for reading"
        return f"the query has {part.word}, which {does}: {_WRITE}"
    if isinstance(part, CallSubquery) and part.transactions:
        return f"the query has CALL {{…}} IN TRANSACTIONS, which is for writing: {_WRITE}"
    if isinstance(part, CallProcedure) and part.name.lower() not in PROCEDURES:
        return (
            f"the query calls the procedure {part.name}, which is not known to only read: {_WRITE}"
            f" (without: {', '.join(sorted(PROCEDURES))})"
        )
    if isinstance(part, Call) and part.name.lower() not in FUNCTIONS:
        near = get_close_matches(part.name.lower(), sorted(FUNCTIONS), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        return (
            f"the query calls the function {part.name}, which is not known to only compute:"
            f" {_WRITE}{hint}"
        )
    return None
