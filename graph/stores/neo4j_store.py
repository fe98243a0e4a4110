"""The graph in Neo4j 5, by the official driver.

Queries and writes are managed transactions: the driver tries them again after deadlocks, when the
leader of a cluster changes and when a connection breaks, for half a minute. A bookmark manager
lets each read see what was written before it.
"""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from matlore.errors import GraphError
from matlore.progress import Progress, no_progress

from ..schema import SCHEMA, SCHEMA_VERSION
from ..tables import GraphTable, arrow_schema
from .base import NO_LIMITS, GraphChanges, GraphInfo, Login, QueryLimits, Rows, Value
from .neo4j_errors import graph_errors, query_errors
from .neo4j_guard import check_plan
from .neo4j_loading import apply_changes, clear_graph
from .neo4j_queries import READ_INFO, count_query, read_query
from .neo4j_values import from_neo4j, to_neo4j

if TYPE_CHECKING:
    import pyarrow as pa
    from neo4j import Driver, ManagedTransaction, Session

__all__ = ["Neo4jStore"]

_RETRY_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
_FETCH = 1_000
_READ_BATCH = 10_000
_ALONE = "can only be executed in an implicit transaction"
_AGAIN = "run the same command again: it goes on where it was"


class Neo4jStore:
    """A store on a Neo4j server; it connects when it is first asked.

    Labels and properties that the schema does not have are left alone.
    """

    def __init__(
        self, address: str, login: Login, *, retry_seconds: float = _RETRY_SECONDS
    ) -> None:
        self._address = address
        self._login = login
        self._retry_seconds = retry_seconds
        self._connected: Driver | None = None
        self._bookmarks: Any = None
        self._read_only: set[str] = set()
        self._loaded = False

    @property
    def dialect(self) -> str:
        """The dialect of Cypher."""
        return "neo4j"

    @property
    def address(self) -> str:
        """Its URI."""
        return self._address

    def info(self) -> GraphInfo | None:
        """Return what was loaded last; None where nothing was.

        Raises:
            GraphError: the server does not answer, or a newer matlore wrote the graph.
        """
        with self._errors(), self._session() as session:
            notes = session.execute_read(lambda transaction: transaction.run(READ_INFO).value())
        if not notes:
            return None
        note = notes[0]
        version = int(note.get("schema_version", SCHEMA_VERSION))
        if version > SCHEMA_VERSION:
            raise GraphError(
                f"the graph in {self._address} has version {version} of the schema, and this"
                f" matlore writes {SCHEMA_VERSION}: update matlore, or name another database"
            )
        # Of two loads that are pending, in a row, no table says what is there: the name is none
        # of a load then, and the loader reads the graph itself.
        pending = " + ".join(note.get("pending", [])) or None
        inputs = json.loads(note.get("inputs", "{}"))
        return GraphInfo(note.get("load", ""), version, note.get("made", ""), inputs, pending)

    def run(
        self,
        query: str,
        parameters: Mapping[str, Value] | None = None,
        *,
        limits: QueryLimits = NO_LIMITS,
        write: bool = False,
    ) -> Rows:
        """Run one query; see `GraphStore.run`."""
        from neo4j import unit_of_work

        self._need_graph()
        with (
            query_errors(self._address, self._login, limits.seconds),
            self._session(write=write, fetch=_fetch_size(limits)) as session,
        ):
            values = {name: to_neo4j(value) for name, value in (parameters or {}).items()}
            if not write:
                self._check_reads(session, query, values)

            @unit_of_work(timeout=limits.seconds)
            def work(transaction: "ManagedTransaction") -> Rows:
                return _fetch(transaction.run(query, values), limits.rows)

            if not write:
                return session.execute_read(work)
            return _write(session, work, query, values, limits)

    def _check_reads(self, session: "Session", query: str, values: Mapping[str, Value]) -> None:
        """Ask the server for its plan, once for each query, and refuse what does not only read."""
        if query in self._read_only:
            return
        plan = f"EXPLAIN {query}"
        check_plan(session.execute_read(lambda one: one.run(plan, dict(values)).consume()))
        if len(self._read_only) < _FETCH:
            self._read_only.add(query)

    def apply(
        self, changes: GraphChanges, info: GraphInfo, *, progress: Progress = no_progress
    ) -> None:
        """Make changes in batches; see `GraphStore.apply`."""
        with self._errors(_AGAIN), self._session(write=True) as session:
            apply_changes(session, changes, info, self._address, progress)

    def clear(self) -> None:
        """Remove all nodes of the schema's labels with their edges, and the note of the load."""
        with self._errors(_AGAIN), self._session(write=True) as session:
            clear_graph(session, [node.label for node in SCHEMA.nodes])
        self._loaded = False

    def counts(self) -> dict[str, int]:
        """Count nodes by label and edges by type, in the order of the schema."""
        self._need_graph()
        names = [*SCHEMA.node_types, *SCHEMA.edge_types]
        with self._errors(), self._session() as session:
            query = count_query()
            rows = session.execute_read(lambda transaction: transaction.run(query).value())
        return dict(zip(names, rows, strict=True))

    def batches(self, table: GraphTable) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of a table by key; see `GraphStore.batches`."""
        import pyarrow as pa

        self._need_graph()
        schema = arrow_schema(table)
        with self._errors(), self._session(fetch=_READ_BATCH) as session:
            result = session.run(read_query(table))
            while records := result.fetch(_READ_BATCH):
                columns = zip(*(record.values() for record in records), strict=True)
                arrays = [
                    pa.array([from_neo4j(value) for value in column], field.type)
                    for column, field in zip(columns, schema, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def close(self) -> None:
        """Close the connections."""
        driver, self._connected = self._connected, None
        if driver is not None:
            driver.close()

    def _need_graph(self) -> None:
        """Refuse where nothing was loaded; what was there once is not asked for again."""
        self._loaded = self._loaded or self.info() is not None
        if not self._loaded:
            raise GraphError(f"no graph in {self._address}: run `matlore graph load`")

    def _errors(self, again: str = "") -> Any:
        return graph_errors(self._address, self._login, again=again)

    @contextmanager
    def _session(self, *, write: bool = False, fetch: int = _FETCH) -> Iterator["Session"]:
        from neo4j import READ_ACCESS, WRITE_ACCESS

        with self._driver().session(
            database=self._login.database,
            default_access_mode=WRITE_ACCESS if write else READ_ACCESS,
            bookmark_manager=self._bookmarks,
            fetch_size=fetch,
        ) as session:
            yield session

    def _driver(self) -> "Driver":
        """Return the driver; the first time, see whether the server answers, without retries."""
        if self._connected is None:
            from neo4j import GraphDatabase

            address, tls = self._tls()
            driver = GraphDatabase.driver(
                address,
                auth=(self._login.user, self._login.password or ""),
                user_agent="matlore",
                max_transaction_retry_time=self._retry_seconds,
                connection_timeout=_CONNECT_SECONDS,
                notifications_min_severity="OFF",
                telemetry_disabled=True,
                **tls,
            )
            try:
                with driver.session(database=self._login.database) as session:
                    session.run("RETURN 1").consume()
            except BaseException:
                driver.close()
                raise
            self._connected = driver
            self._bookmarks = GraphDatabase.bookmark_manager()
        return self._connected

    def _tls(self) -> tuple[str, dict[str, Any]]:
        """Return the address and settings of the driver for the certificates of the login."""
        certificate = self._login.certificate
        if certificate is None:
            return self._address, {}
        context = ssl.create_default_context()
        try:
            context.load_verify_locations(certificate)
        except (OSError, ssl.SSLError) as error:
            raise GraphError(f"{certificate} has no certificates: {error}") from error
        scheme, _, rest = self._address.partition("://")
        return f"{scheme.partition('+')[0]}://{rest}", {"ssl_context": context}


def _fetch_size(limits: QueryLimits) -> int:
    return _FETCH if limits.rows is None else min(limits.rows + 1, _FETCH)


def _fetch(result: Any, limit: int | None) -> Rows:
    """Return the rows of an answer up to a limit; those past it are not sent."""
    records = list(result) if limit is None else result.fetch(limit + 1)
    rows = [tuple(from_neo4j(value) for value in record.values()) for record in records[:limit]]
    return Rows(tuple(result.keys()), rows, limit is not None and len(records) > limit)


def _write(
    session: "Session", work: Any, query: str, values: Mapping[str, Value], limits: QueryLimits
) -> Rows:
    """Run a query that may write; `CALL … IN TRANSACTIONS` must be in none of the driver's."""
    from neo4j import Query
    from neo4j.exceptions import Neo4jError

    try:
        rows: Rows = session.execute_write(work)
    except Neo4jError as error:
        if _ALONE not in (error.message or ""):
            raise
        result = session.run(Query(query, timeout=limits.seconds), dict(values))
        rows = _fetch(result, limits.rows)
        result.consume()
    return rows
