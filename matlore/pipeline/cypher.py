"""What `matlore cypher` does: check a query, put it into the store's dialect, and run it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from graph.stores.base import NO_LIMITS, Login, QueryLimits, Rows
from matlore.errors import NotFoundError, QueryError, UsageError

from .graph_load import store_address

if TYPE_CHECKING:
    from graph.cookbook import CookbookQuery
    from graph.stores import GraphStore

__all__ = [
    "CypherAnswer",
    "CypherSession",
    "Login",
    "QueryLimits",
    "Rows",
    "complete",
    "cookbook",
    "cookbook_query",
    "prepare_query",
    "query_parameters",
    "run_cypher",
    "split_statements",
    "translate_query",
]


@dataclass(frozen=True, slots=True)
class CypherAnswer:
    """What came of a query.

    Attributes:
        ran: the query as the store got it.
        seconds: how long the store took.
        wrote: the query may have changed the graph.
        unused: parameters that were given and are not in the query.
    """

    rows: Rows
    ran: str
    seconds: float
    wrote: bool
    unused: tuple[str, ...]


class CypherSession:
    """A store that is asked one query after another."""

    def __init__(self, address: str, *, login: Login | None = None, write: bool = False) -> None:
        """Remember the store; it is opened by the first query.

        Args:
            address: of the store.
            login: for a server.
            write: let queries change the graph.
        """
        self.address = address
        self.write = write
        self._login = login
        self._store: GraphStore | None = None

    def run(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: QueryLimits = NO_LIMITS,
    ) -> CypherAnswer:
        """Run one query.

        Raises:
            GraphError: there is no graph, or it cannot be reached.
            QueryError: the query is wrong, refused, or fails.
            QueryTimeoutError: it ran past its time; the session goes on.
            UsageError: the address is none, or a parameter of the query has no value.
        """
        given = dict(parameters or {})
        store = self._opened()
        prepared, writes = prepare_query(query, store.dialect, write=self.write)
        used = query_parameters(query)
        _check_given(used, given)
        values = {name: given[name] for name in used}
        began = perf_counter()
        try:
            rows = store.run(prepared, values, limits=limits, write=writes)
        except KeyboardInterrupt:
            self.close()  # in the middle of an answer it takes no other query
            raise
        seconds = perf_counter() - began
        if writes:
            self.close()  # what is open shows the graph as it was
        unused = tuple(name for name in given if name not in values)
        return CypherAnswer(rows, prepared, seconds, writes, unused)

    def close(self) -> None:
        """Let go of the store; the next query opens it again."""
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def _opened(self) -> "GraphStore":
        if self._store is None:
            from graph.stores import open_store

            self._store = open_store(self.address, login=self._login)
        return self._store


def run_cypher(
    home_path: Path,
    query: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    store: str | None = None,
    login: Login | None = None,
    limits: QueryLimits = NO_LIMITS,
    write: bool = False,
) -> CypherAnswer:
    """Run one query on the graph of a home, or on another one.

    Args:
        home_path: the data home.
        query: Cypher as Neo4j has it, or in the store's own dialect.
        parameters: by name, without `$`.
        store: the address of the store; None for the one in the home.
        login: for a server.
        limits: how many rows, and how long.
        write: let the query change the graph.

    Raises:
        GraphError, QueryError, QueryTimeoutError, UsageError: see `CypherSession.run`.
    """
    session = CypherSession(store_address(home_path, store), login=login, write=write)
    try:
        return session.run(query, parameters, limits=limits)
    finally:
        session.close()


def prepare_query(query: str, dialect: str, *, write: bool = False) -> tuple[str, bool]:
    """Check a query and put it into a dialect.

    Returns:
        The query for the store, and whether it may change the graph: one that does not is only
        read with, even where it might write. One that may is run as it is.

    Raises:
        QueryError: it is no Cypher, names what the schema has not, cannot be translated, or
            does more than read where it must not.
    """
    from graph.cypher import check_names, check_reading, to_ladybug

    try:
        check_reading(query)
    except QueryError:
        if not write:
            raise
        check_names(query)
        return query, True
    check_names(query)
    return (to_ladybug(query) if dialect == "ladybug" else query), False


def translate_query(
    home_path: Path, query: str, *, store: str | None = None, write: bool = False
) -> str:
    """Return a query as the store would get it, without running it.

    Raises:
        QueryError, UsageError: see `CypherSession.run`.
    """
    from graph.stores import open_store

    opened = open_store(store_address(home_path, store))
    try:
        return prepare_query(query, opened.dialect, write=write)[0]
    finally:
        opened.close()


def query_parameters(query: str) -> tuple[str, ...]:
    """Return the names of the parameters in a query, without `$`, each once.

    Raises:
        QueryError: it is no Cypher.
    """
    from graph.cypher import tokenize

    names = (token.value for token in tokenize(query) if token.text.startswith("$"))
    return tuple(dict.fromkeys(names))


def split_statements(text: str) -> list[str]:
    """Split a text at the semicolons that end statements; those in strings end none.

    Raises:
        QueryError: it is no Cypher.
    """
    from graph.cypher import tokenize

    ends = [token.end for token in tokenize(text) if token.text == ";"]
    pieces = [text[a:b].strip() for a, b in zip([0, *ends], [*ends, None], strict=True)]
    return [piece for piece in pieces if piece.strip("; \t\r\n")]


def complete(text: str) -> list[str]:
    """Return what the word at the end of a query may become."""
    from graph.cypher import completions

    return completions(text)


def cookbook() -> "Mapping[str, CookbookQuery]":
    """Return the queries that ship with matlore, by name."""
    from graph.cookbook import load_cookbook

    return load_cookbook()


def cookbook_query(name: str) -> "CookbookQuery":
    """Return a query that ships with matlore.

    Raises:
        NotFoundError: there is none of that name.
    """
    from difflib import get_close_matches

    queries = cookbook()
    if name in queries:
        return queries[name]
    near = get_close_matches(name, queries) or list(queries)[:3]
    raise NotFoundError(
        f"no query of the cookbook is named {name!r} (near: {', '.join(near)}); "
        "`matlore cypher --cookbook` lists them"
    )


def _given_by(name: str) -> str:
    """Return what else gives a parameter its value."""
    return "--search TEXT, or with " if name in ("hits", "scores") else ""


def _check_given(used: Iterable[str], given: Mapping[str, Any]) -> None:
    missing = [name for name in used if name not in given]
    if missing:
        raise UsageError(
            f"the query uses {', '.join(f'${name}' for name in missing)}, which has no value: give"
            f" it with {_given_by(missing[0])}--param {missing[0]}=VALUE (in the shell"
            f" `:param {missing[0]} VALUE`)"
        )
