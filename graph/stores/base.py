"""What a store of the graph can do, the same for all of them.

A store holds the tables of `graph.tables` and says which load it has. Queries are in the store's
own dialect and are not checked here: `graph.cypher` checks and translates them. Values come back
as `None`, bool, int, float, str, `datetime.date`, lists and mappings of these, and the three
classes here, the same from every store.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from matlore.errors import UsageError
from matlore.progress import Progress, no_progress

from ..tables import GraphFolder, GraphTable

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "NO_LIMITS",
    "EdgeValue",
    "GraphChanges",
    "GraphInfo",
    "GraphStore",
    "Login",
    "NodeValue",
    "PathValue",
    "QueryLimits",
    "Rows",
    "Value",
    "is_neo4j",
    "open_store",
]

Value = Any
_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
_LADYBUG = "ladybug:"


@dataclass(frozen=True, slots=True)
class NodeValue:
    """A node in an answer; `ref` tells nodes of one answer apart and means nothing else."""

    label: str
    properties: Mapping[str, Value]
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class EdgeValue:
    """An edge in an answer; `source` and `target` are the `ref` of its ends."""

    type: str
    properties: Mapping[str, Value]
    source: str = field(default="", compare=False)
    target: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PathValue:
    """A path: one node more than edges."""

    nodes: tuple[NodeValue, ...]
    edges: tuple[EdgeValue, ...]


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """How many rows a query may return, and how long it may take; None for no limit."""

    rows: int | None = None
    seconds: float | None = None


NO_LIMITS = QueryLimits()


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a query.

    Attributes:
        truncated: there were more rows than the limit.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """What was loaded into a store.

    Attributes:
        load: the id of the load, a function of what was loaded.
        schema_version: of `graph.schema` at that time.
        made: when, ISO 8601.
        inputs: what it was made from, by name: hashes and versions.
        pending: the load that was being made when its process died; None in a whole graph.
    """

    load: str
    schema_version: int
    made: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    pending: str | None = None


@dataclass(frozen=True, slots=True)
class GraphChanges:
    """What must be done to a graph.

    Attributes:
        added: rows that are new.
        changed: rows whose keys are there, and whose properties are others now.
        removed: rows that must go; of these only the keys count.
    """

    added: GraphFolder
    changed: GraphFolder
    removed: GraphFolder

    def total(self) -> int:
        """Count the rows to add, to change and to remove."""
        return sum(
            sum(folder.counts().values()) for folder in (self.added, self.changed, self.removed)
        )


class GraphStore(Protocol):
    """A store of the graph, open until `close`."""

    @property
    def dialect(self) -> str:
        """The dialect of Cypher: `ladybug` or `neo4j`."""

    @property
    def address(self) -> str:
        """Where it is, as a user would name it, without secrets."""

    def info(self) -> GraphInfo | None:
        """Return what was loaded last; None where nothing was.

        Raises:
            GraphError: the store cannot be reached or read, or is of another version.
        """

    def run(
        self,
        query: str,
        parameters: Mapping[str, Value] | None = None,
        *,
        limits: QueryLimits = NO_LIMITS,
        write: bool = False,
    ) -> Rows:
        """Run one query.

        Args:
            query: in the store's dialect.
            parameters: by name, without `$`.
            limits: rows past the limit are not fetched.
            write: let the query change the graph. Elsewise the store is opened so that it cannot.

        Raises:
            GraphError: there is no graph, or it cannot be reached.
            QueryError: the query is wrong, fails, or changes what it must not.
            QueryTimeoutError: it ran past its time; the store can be used after.
        """

    def apply(
        self, changes: GraphChanges, info: GraphInfo, *, progress: Progress = no_progress
    ) -> None:
        """Make changes, and then be what `info` says.

        Whoever reads meanwhile sees the graph as it was (Ladybug) or in between (Neo4j).
        Where it was killed, `info()` is the old one, with `pending` where the graph may hold some
        of the changes; to apply changes again that were made already does no harm: those to add
        may be there, those to remove may be gone.

        Raises:
            GraphError: the store cannot be reached, written, or refuses.
            GraphBusyError: another process is writing to it.
        """

    def clear(self) -> None:
        """Remove all that is in the schema, and the note of what was loaded.

        Raises:
            GraphError: the store cannot be reached or written.
        """

    def counts(self) -> dict[str, int]:
        """Count nodes by label and edges by type, in the order of the schema.

        Raises:
            GraphError: there is no graph, or it cannot be reached.
        """

    def batches(self, table: GraphTable) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of a table in the columns of `graph.tables.arrow_schema`, by key.

        Raises:
            GraphError: there is no graph, or it cannot be reached.
        """

    def close(self) -> None:
        """Let go of files and connections; may be called twice."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to log on to a server.

    Attributes:
        database: on the server; None for its default.
        certificate: a file of certificates to trust beside those of the system.
    """

    user: str = "neo4j"
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    certificate: Path | None = None


def is_neo4j(address: str) -> bool:
    """Tell whether an address names a Neo4j server."""
    scheme, found, _ = address.partition("://")
    return bool(found) and scheme in _SCHEMES


def open_store(address: str, *, login: Login | None = None) -> GraphStore:
    """Open a store; nothing is read or asked of it yet.

    Args:
        address: `ladybug:FOLDER`, or the URI of a Neo4j server (`neo4j://…`, `bolt+s://…`).
        login: for a server.

    Raises:
        UsageError: the address is neither.
    """
    if is_neo4j(address):
        from .neo4j_store import Neo4jStore

        return Neo4jStore(address, login or Login())
    if address.startswith(_LADYBUG) and len(address) > len(_LADYBUG):
        from .ladybug_store import LadybugStore

        return LadybugStore(Path(address.removeprefix(_LADYBUG)).expanduser())
    raise UsageError(
        f"no store of graphs: {address!r} (use ladybug:FOLDER or {', '.join(_SCHEMES)}://HOST:PORT)"
    )
