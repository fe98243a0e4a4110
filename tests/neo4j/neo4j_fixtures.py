"""The Neo4j server of the tests: that of MATLORE_NEO4J_URI, or one that is started here."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from neo4j_server import Neo4jServer, Neo4jUnavailableError

from graph.stores import Login

if TYPE_CHECKING:
    from neo4j import Driver

__all__ = ["TestServer", "neo4j_server", "new_neo4j"]

# Read here, since the tests begin with an environment without them.
_ADDRESS = os.environ.get("MATLORE_NEO4J_URI")
_LOGIN = Login(
    user=os.environ.get("MATLORE_NEO4J_USER", "neo4j"),
    password=os.environ.get("MATLORE_NEO4J_PASSWORD"),
    database=os.environ.get("MATLORE_NEO4J_DATABASE"),
)
_IN_CI = bool(os.environ.get("CI"))


@dataclass(frozen=True, slots=True)
class TestServer:
    """A server that tests may write to, all of it."""

    __test__ = False

    address: str
    login: Login

    def driver(self) -> "Driver":
        """Return a new driver; close it."""
        from neo4j import GraphDatabase

        return GraphDatabase.driver(
            self.address,
            auth=(self.login.user, self.login.password or ""),
            warn_notification_severity="OFF",
        )

    def wipe(self) -> None:
        """Delete all nodes and edges; constraints stay."""
        from neo4j import Query

        with self.driver() as driver, driver.session(database=self.login.database) as session:
            session.run(
                Query("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS")
            ).consume()


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """Yield a Neo4j server; skip where there can be none, but fail in CI."""
    if _ADDRESS is not None:
        yield TestServer(_ADDRESS, _LOGIN)
        return
    with _new_server(tmp_path_factory.mktemp("neo4j")) as server:
        server.start()
        yield TestServer(server.address, Login(password=server.password))


@pytest.fixture
def new_neo4j(tmp_path: Path) -> Iterator[Neo4jServer]:
    """Yield a server of the test's own, not started; skip where there can be none."""
    with _new_server(tmp_path / "neo4j") as server:
        yield server


@contextmanager
def _new_server(folder: Path) -> Iterator[Neo4jServer]:
    """Give a server, and kill it at the end: its data goes with it."""
    try:
        server = Neo4jServer(folder)
    except Neo4jUnavailableError as error:
        if _IN_CI:
            pytest.fail(str(error))
        pytest.skip(f"{error} (or name a server in MATLORE_NEO4J_URI)")
    try:
        yield server
    finally:
        server.kill()
