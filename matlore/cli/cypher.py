"""`matlore cypher`: ask the graph."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matlore.errors import InputError, UsageError

from .cypher_output import CypherFormat, print_answer, print_cookbook, print_cookbook_query
from .cypher_parameters import read_parameters, read_text
from .options import HomeOption, home_path
from .store_options import StoreOption, store_and_login

if TYPE_CHECKING:
    from matlore.pipeline.cypher import QueryLimits

__all__ = ["ROWS", "SECONDS", "register"]

ROWS = 1000
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query and the values of its parameters."""

    query: str
    parameters: dict[str, Any]


def register(app: typer.Typer) -> None:
    """Add the command `matlore cypher`."""
    app.command("cypher")(_cypher)


def _cypher(
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help="What to ask. Without it standard input is read; a terminal becomes a shell.",
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Read the query from a file; - for stdin."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="NAME=VALUE",
            help="A parameter, $NAME in the query: JSON, or else text; may be repeated.",
        ),
    ] = None,
    params_file: Annotated[
        Path | None,
        typer.Option("--params-file", metavar="JSON", help="Read parameters from a JSON object."),
    ] = None,
    format: Annotated[
        CypherFormat,
        typer.Option(
            "--format",
            help="How to print the rows; graph: their nodes and edges, each once.",
            case_sensitive=False,
        ),
    ] = CypherFormat.TABLE,
    limit: Annotated[
        int, typer.Option("--limit", min=0, metavar="N", help="At most so many rows; 0: all.")
    ] = ROWS,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", min=0.0, metavar="SECONDS", help="At most so long; 0: without end."
        ),
    ] = SECONDS,
    write: Annotated[
        bool, typer.Option("--write", help="Let the query change the graph, and reach files.")
    ] = False,
    explain_translation: Annotated[
        bool,
        typer.Option(
            "--explain-translation",
            help="Print the query as the store would get it, and do not run it.",
        ),
    ] = False,
    cookbook: Annotated[
        bool, typer.Option("--cookbook", help="List the queries that ship with matlore.")
    ] = False,
    named: Annotated[
        str | None,
        typer.Option("--named", metavar="NAME", help="Run a query that ships with matlore."),
    ] = None,
    show: Annotated[
        str | None,
        typer.Option("--show", metavar="NAME", help="Print a query that ships with matlore."),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(
            "--search",
            metavar="TEXT",
            help="Search the indexes first: $hits in the query is the list of keys found (id of"
            " a material or paper, name of anything else), $scores their scores.",
        ),
    ] = None,
    search_in: Annotated[
        str,
        typer.Option(
            "--search-in",
            metavar="KIND",
            help="What --search finds: nodes (all of the next three), materials, properties,"
            " applications, or papers.",
        ),
    ] = "nodes",
    search_top: Annotated[
        int, typer.Option("--search-top", min=1, max=1000, metavar="N", help="How many of them.")
    ] = 20,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Ask the graph a question in Cypher; without a query, on a terminal, start a shell.

    A query can start from what a text means:
    `matlore cypher --search "heat to electricity" --search-in materials
    "MATCH (m:Material) WHERE m.id IN $hits RETURN m.id"`.
    """
    sources = (query, file, named, show, cookbook or None)
    if sum(source is not None for source in sources) > 1:
        raise UsageError("give only one of QUERY, --file, --named, --show and --cookbook")
    if cookbook:
        print_cookbook(format)
        return
    if show is not None:
        print_cookbook_query(show)
        return
    parameters = read_parameters(param or (), params_file)
    limits = _limits(limit, timeout)
    if query is None and file is None and named is None and sys.stdin.isatty():
        if search is not None:
            parameters |= _searched(home, search, search_in, search_top)
        _shell(home, store, parameters, format, limits, write)
        return
    asked = _asked(query, file, named, parameters)
    if explain_translation:
        _explain(home, store, asked.query, write)
    else:
        if search is not None:
            found = _searched(home, search, search_in, search_top)
            asked = replace(asked, parameters=_used(asked.parameters, found, asked.query))
        _run(home, store, asked, format, limits, write)


def _searched(home: Path | None, text: str, kind: str, top: int) -> dict[str, Any]:
    """Return the parameters that a search gives to a query."""
    from matlore.pipeline.search_nodes import search_keys

    keys, scores = search_keys(home_path(home), text, kind=kind, top=top)
    return {"hits": keys, "scores": scores}


def _used(parameters: dict[str, Any], found: dict[str, Any], query: str) -> dict[str, Any]:
    """Return parameters with those that a search found, as far as the query has them.

    Raises:
        UsageError: one is given by hand too.
    """
    if twice := sorted(parameters.keys() & found.keys()):
        raise UsageError(f"--search gives ${twice[0]}: leave out --param {twice[0]}")
    return parameters | {name: value for name, value in found.items() if f"${name}" in query}


def _run(
    home: Path | None,
    store: str | None,
    asked: _Asked,
    format: CypherFormat,
    limits: "QueryLimits",
    write: bool,
) -> None:
    from matlore.pipeline.cypher import run_cypher

    address, login = store_and_login(store, home)
    answer = run_cypher(
        home_path(home),
        asked.query,
        parameters=asked.parameters,
        store=address,
        login=login,
        limits=limits,
        write=write,
    )
    print_answer(answer, format, more="--limit 0")


def _explain(home: Path | None, store: str | None, query: str, write: bool) -> None:
    from matlore.pipeline.cypher import translate_query

    address, _ = store_and_login(store, home)
    typer.echo(translate_query(home_path(home), query, store=address, write=write))


def _shell(
    home: Path | None,
    store: str | None,
    parameters: dict[str, Any],
    format: CypherFormat,
    limits: "QueryLimits",
    write: bool,
) -> None:
    from matlore.pipeline.cypher import CypherSession
    from matlore.pipeline.graph_load import store_address

    from .cypher_shell import CypherShell, ShellState, run_shell

    address, login = store_and_login(store, home)
    path = home_path(home)
    session = CypherSession(store_address(path, address), login=login, write=write)
    state = ShellState(parameters, format, limits.rows, limits.seconds)
    try:
        run_shell(CypherShell(session, state), path)
    finally:
        session.close()


def _asked(
    query: str | None, file: Path | None, named: str | None, parameters: dict[str, Any]
) -> _Asked:
    """Return the query from wherever it is, with its parameters.

    Raises:
        InputError: the file or standard input cannot be read.
        NotFoundError: no query is named so.
        UsageError: there is nothing but white space.
    """
    if named is not None:
        from matlore.pipeline.cypher import cookbook_query

        entry = cookbook_query(named)
        return _Asked(entry.query, {**entry.parameters, **parameters})
    if query is None:
        query = _standard_input() if file is None or str(file) == "-" else read_text(file)
    if not query.strip():
        raise UsageError("the query is empty: `matlore cypher --cookbook` lists some")
    return _Asked(query, parameters)


def _standard_input() -> str:
    try:
        return sys.stdin.read().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input cannot be read as text: {error}") from error


def _limits(rows: int, seconds: float) -> "QueryLimits":
    from matlore.pipeline.cypher import QueryLimits

    return QueryLimits(rows or None, seconds or None)
