"""How the rows of a query are printed."""

from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from .output import Format, emit, note

if TYPE_CHECKING:
    from matlore.pipeline.cypher import CypherAnswer, Rows

__all__ = ["CypherFormat", "print_answer", "print_cookbook", "print_cookbook_query"]


class CypherFormat(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    GRAPH = "graph"


def print_answer(answer: "CypherAnswer", format: CypherFormat, *, more: str) -> None:
    """Print the rows on stdout, and on stderr how many there are and what was cut off.

    Args:
        answer: to a query.
        format: how to print.
        more: what gives more rows, such as `--limit 0`.
    """
    rows = answer.rows
    if format is CypherFormat.GRAPH:
        _print_graph(rows)
    elif rows.columns:
        _print_rows(rows, format)
    number = len(rows.rows)
    if rows.truncated:
        note(f"only the first {_counted(number, 'row')} ({more} gives all)")
    elif format is CypherFormat.TABLE:
        note(f"{_counted(number, 'row')}, {answer.seconds:.3f} s")
    if answer.unused:
        note(f"not in the query: parameter {', '.join(answer.unused)}")


def print_cookbook(format: CypherFormat) -> None:
    """List the queries that ship with matlore."""
    from matlore.pipeline.cypher import cookbook

    queries = [
        {"name": one.name, "question": one.question, "parameters": dict(one.parameters)}
        for one in cookbook().values()
    ]
    plain = Format.JSON if format is CypherFormat.GRAPH else Format(format)
    emit({"queries": queries}, rows="queries", format=plain)


def print_cookbook_query(name: str) -> None:
    """Print a query that ships with matlore, so that it may be changed and run.

    Raises:
        NotFoundError: there is none of that name.
    """
    import json

    from matlore.pipeline.cypher import cookbook_query

    query = cookbook_query(name)
    typer.echo(f"// {query.question}")
    for key, value in query.parameters.items():
        typer.echo(f"// --param {key}={json.dumps(value, ensure_ascii=False)}")
    typer.echo(query.query.rstrip())


def _print_rows(rows: "Rows", format: CypherFormat) -> None:
    from matlore.pipeline.cypher_values import json_value, short_value

    if format is CypherFormat.JSON:
        values = [[json_value(value) for value in row] for row in rows.rows]
        emit(
            {"columns": rows.columns, "rows": values, "truncated": rows.truncated},
            format=Format.JSON,
        )
        return
    names = _unique(rows.columns)
    shown = short_value if format is CypherFormat.TABLE else json_value
    items = [dict(zip(names, map(shown, row), strict=True)) for row in rows.rows]
    emit({"rows": items}, rows="rows", format=Format(format), columns=names)


def _print_graph(rows: "Rows") -> None:
    from matlore.pipeline.cypher_values import subgraph

    graph = subgraph(rows.rows)
    emit(graph, format=Format.JSON)
    known = {node["id"] for node in graph["nodes"]}
    loose = sum(not {edge["source"], edge["target"]} <= known for edge in graph["edges"])
    if loose:
        note(f"{_counted(loose, 'edge')} without both ends: RETURN the nodes too")
    if rows.rows and not known and not graph["edges"]:
        note("no nodes and no edges in the rows: RETURN them, and not only their properties")


def _unique(columns: tuple[str, ...]) -> list[str]:
    """Return the columns with a number behind those that were there already."""
    names: list[str] = []
    for column in columns:
        name, number = column, 2
        while name in names:
            name, number = f"{column}_{number}", number + 1
        names.append(name)
    return names


def _counted(number: int, word: str) -> str:
    """Return `1 row` or `2 rows`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
