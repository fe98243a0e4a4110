"""What the driver's errors mean to a user."""

from collections.abc import Iterator
from contextlib import contextmanager

from matlore.errors import GraphError, MatloreError, QueryError, QueryTimeoutError

from .base import Login

__all__ = ["graph_errors", "query_errors"]

_TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"
_NO_DATABASE = "Neo.ClientError.Database.DatabaseNotFound"
_WRITES = "Neo.ClientError.Statement.AccessMode"
_NO_SESSION = (
    "Neo.TransientError.Database",
    "Neo.TransientError.Cluster",
    "Neo.ClientError.Cluster",
)


@contextmanager
def graph_errors(address: str, login: Login, *, again: str = "") -> Iterator[None]:
    """Turn the driver's errors into GraphError.

    Args:
        address: of the server, for the message.
        login: whose user and database the message names.
        again: what to do when the server answers again, if that is not plain.
    """
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        yield
    except (DriverError, Neo4jError, OSError) as error:
        raise _graph_error(error, address, login, again) from error


@contextmanager
def query_errors(address: str, login: Login, seconds: float | None) -> Iterator[None]:
    """Turn errors of a user's query into QueryError, those of the server into GraphError."""
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        yield
    except Neo4jError as error:
        raise _query_error(error, address, login, seconds) from error
    except (DriverError, OSError) as error:
        raise _graph_error(error, address, login, "") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise QueryError(f"a parameter of the query cannot be sent: {error}") from error


def _graph_error(error: Exception, address: str, login: Login, again: str) -> GraphError:
    from neo4j.exceptions import AuthError, ClientError, ConfigurationError, Neo4jError

    hint = f"; {again}" if again else ""
    if isinstance(error, AuthError):
        return GraphError(
            f"{address} does not let {login.user!r} in: {_message(error)}; check the user"
            " (MATLORE_NEO4J_USER) and the password (MATLORE_NEO4J_PASSWORD)"
        )
    if isinstance(error, ClientError) and error.code == _NO_DATABASE:
        return GraphError(
            f"{address} has no database {login.database!r}: check MATLORE_NEO4J_DATABASE,"
            " or leave it out for the server's default"
        )
    if isinstance(error, ConfigurationError):
        return GraphError(f"{address} cannot be used: {error}")
    if isinstance(error, Neo4jError) and not _is_away(error):
        return GraphError(f"Neo4j at {address} refuses: {_message(error)}{hint}")
    return GraphError(
        f"Neo4j at {address} does not answer: {_message(error)}; check the address, that the server"
        f" runs, and whether it wants TLS (bolt+s://, neo4j+s://){hint}"
    )


def _query_error(
    error: Exception, address: str, login: Login, seconds: float | None
) -> MatloreError:
    from neo4j.exceptions import AuthError, Neo4jError

    assert isinstance(error, Neo4jError)
    code = error.code or ""
    if code.startswith(_TIMED_OUT):
        limit = "the server's limit" if seconds is None else f"its limit of {seconds:g} s"
        return QueryTimeoutError(
            f"the query ran past {limit} and was stopped; ask for less, or raise --timeout"
        )
    if code == _WRITES:
        return QueryError(
            f"the query would change the graph: {_message(error)}; add --write if that is meant"
        )
    if isinstance(error, AuthError) or code == _NO_DATABASE or _is_away(error):
        return _graph_error(error, address, login, "")
    return QueryError(f"Neo4j refuses the query: {_message(error)}")


def _is_away(error: Exception) -> bool:
    """Tell whether the server cannot do anything now, whatever it is asked."""
    code = getattr(error, "code", None) or ""
    return code.startswith(_NO_SESSION)


def _message(error: Exception) -> str:
    """Return the message in one line, without the driver's codes."""
    text = getattr(error, "message", None) or str(error)
    return " ".join(text.split()).rstrip(".")
