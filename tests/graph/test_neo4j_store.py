"""What the Neo4j store must do beyond the contract of all stores, on a real server."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from graph_samples import SAMPLE, changes, counts_of, information
from neo4j_server import Neo4jServer

from graph.stores import GraphChanges, Login, QueryLimits
from graph.stores import neo4j_loading as loading
from graph.stores.neo4j_store import Neo4jStore
from matlore.errors import GraphBusyError, GraphError, QueryError, QueryTimeoutError

if TYPE_CHECKING:
    from neo4j_fixtures import TestServer

pytest_plugins = ("neo4j_fixtures", "store_fixtures")


class Stop(Exception):
    """Ends a load where a test wants it to end."""


@pytest.fixture
def empty(neo4j_server: "TestServer") -> Iterator[Neo4jStore]:
    neo4j_server.wipe()
    with closing(Neo4jStore(neo4j_server.address, neo4j_server.login)) as store:
        yield store


@pytest.fixture
def sample(empty: Neo4jStore, tmp_path: Path) -> Neo4jStore:
    empty.apply(changes(tmp_path, added=SAMPLE), information())
    return empty


def _stop_after(batches: int, then: Callable[[], None] | None = None) -> Any:
    """Return a progress that calls a function after so many batches, or ends the load."""
    left = batches

    def progress(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        nonlocal left
        left -= total is None
        if total is None and left == 0:
            if then is None:
                raise Stop
            then()

    return progress


# --- connecting


def test_nothing_listens_there() -> None:
    with (
        closing(Neo4jStore("bolt://127.0.0.1:1", Login(password="x"))) as store,
        pytest.raises(GraphError, match=r"127\.0\.0\.1:1 does not answer.*check the address"),
    ):
        store.info()


def test_a_wrong_password(neo4j_server: "TestServer") -> None:
    login = Login(user="nobody", password="secret-of-nobody")
    with (
        closing(Neo4jStore(neo4j_server.address, login)) as store,
        pytest.raises(
            GraphError, match=r"does not let 'nobody' in.*MATLORE_NEO4J_PASSWORD"
        ) as error,
    ):
        store.info()
    assert "secret-of-nobody" not in str(error.value)
    assert "secret-of-nobody" not in repr(login)


def test_a_database_that_is_not_there(neo4j_server: "TestServer") -> None:
    login = Login(password=neo4j_server.login.password, database="nosuch")
    with (
        closing(Neo4jStore(neo4j_server.address, login)) as store,
        pytest.raises(GraphError, match="has no database 'nosuch'"),
    ):
        store.info()


def test_a_file_that_has_no_certificates(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    login = Login(password="x", certificate=path)
    for text in (None, "no certificate"):
        if text is not None:
            path.write_text(text)
        with (
            closing(Neo4jStore("bolt+s://127.0.0.1:1", login)) as store,
            pytest.raises(GraphError, match=r"ca\.pem has no certificates"),
        ):
            store.info()


def test_a_server_without_tls_where_tls_is_asked_for(neo4j_server: "TestServer") -> None:
    address = neo4j_server.address.replace("bolt://", "bolt+ssc://")
    if address == neo4j_server.address:
        pytest.skip(f"the server of MATLORE_NEO4J_URI has TLS: {address}")
    with (
        closing(Neo4jStore(address, neo4j_server.login)) as store,
        pytest.raises(GraphError, match="does not answer"),
    ):
        store.info()


# --- queries


@pytest.mark.parametrize(
    "query",
    [
        "CREATE (n:Paper {id: 'x'}) RETURN n",
        "MATCH (n:Paper) SET n.title = 'x'",
        "MATCH (n) DETACH DELETE n",
        "MATCH (n:Paper) CALL (n) { SET n.title = 'x' } IN TRANSACTIONS",
        "MATCH (n:Paper) CALL (n) { WITH n WHERE n.year > 2000 SET n.title = 'x' }",
        "UNWIND [1] AS x FOREACH (y IN [x] | CREATE (:Paper {id: 'x'}))",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
        "MATCH (n:Paper) CALL () { LOAD CSV FROM 'file:///x' AS line RETURN line } RETURN line",
        "PROFILE CREATE (n:Paper {id: 'x'}) RETURN n",
        "/* EXPLAIN */ CREATE (n:Paper {id: 'x'})",
        "CREATE INDEX x FOR (n:Paper) ON (n.year)",
        "DROP CONSTRAINT x IF EXISTS",
        "CALL dbms.listConfig() YIELD name, value RETURN name, value",
        "CALL db.createLabel('X')",
        "CALL dbms.security.listUsers()",
        "SHOW TRANSACTIONS",
        "SHOW SETTINGS",
        "TERMINATE TRANSACTION 'neo4j-transaction-1'",
        "CREATE USER x SET PASSWORD 'xxxxxxxx'",
        "RETURN 1 UNION CALL dbms.listConfig() YIELD name RETURN 1",
        "RETURN 1; CREATE (n:Paper {id: 'x'})",
        "",
        ";",
    ],
)
def test_what_does_more_than_read_is_refused(sample: Neo4jStore, query: str) -> None:
    before = sample.counts()
    with pytest.raises(QueryError):
        sample.run(query)
    assert sample.counts() == before
    assert sample.run("MATCH (n:Paper) WHERE n.title = 'x' RETURN count(*)").rows == [(0,)]


def test_the_access_mode_refuses_writes_that_the_plan_let_pass(
    sample: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.stores.neo4j_store.check_plan", lambda _: None)
    with pytest.raises(QueryError, match="--write"):
        sample.run("CREATE (n:Paper {id: 'x'})")
    assert sample.run("MATCH (n:Paper {id: 'x'}) RETURN count(*)").rows == [(0,)]


def test_listed_procedures_pass(sample: Neo4jStore) -> None:
    rows = sample.run("CALL db.labels() YIELD label RETURN label ORDER BY label").rows
    assert ("Paper",) in rows


def test_a_write_in_transactions_of_its_own(sample: Neo4jStore) -> None:
    query = (
        "MATCH (n:Paper) CALL (n) { SET n.title = 'x' } IN TRANSACTIONS OF 1 ROWS RETURN n.title"
    )
    rows = sample.run(query, write=True).rows
    assert rows == [("x",)] * len(SAMPLE["Paper"])
    assert sample.run("MATCH (n:Paper {title: 'x'}) RETURN count(*)").rows == [(len(rows),)]


def test_rows_past_the_limit_are_not_waited_for(sample: Neo4jStore) -> None:
    limits = QueryLimits(rows=3, seconds=20)
    for write in (False, True):
        rows = sample.run("UNWIND range(1, 2000000000) AS x RETURN x", limits=limits, write=write)
        assert rows.rows == [(1,), (2,), (3,)]
        assert rows.truncated


def test_a_query_in_transactions_of_its_own_stops_at_its_time(sample: Neo4jStore) -> None:
    query = (
        "UNWIND range(1, 2000000000) AS x CALL (x) { MERGE (:Note) } IN TRANSACTIONS OF 100 ROWS"
    )
    with pytest.raises(QueryTimeoutError):
        sample.run(query, limits=QueryLimits(seconds=1), write=True)
    sample.run("MATCH (n:Note) DETACH DELETE n", write=True)


def test_values_that_other_stores_do_not_have(sample: Neo4jStore) -> None:
    rows = sample.run(
        "RETURN datetime('2020-01-02T03:04:05Z') AS at, time('03:04:05Z') AS time,"
        " duration('P1DT2H') AS long, point({x: 1.0, y: 2.0}) AS point,"
        " {a: [date('2020-01-02')]} AS map"
    )
    assert rows.columns == ("at", "time", "long", "point", "map")
    at, time, long, point, map = rows.rows[0]
    assert (at, time, long) == (
        "2020-01-02T03:04:05.000000000+00:00",
        "03:04:05.000000000+00:00",
        "P1DT2H",
    )
    assert point == "POINT(1.0 2.0)"
    assert [str(day) for day in map["a"]] == ["2020-01-02"]


@pytest.mark.parametrize("value", [2**63, object(), 1j])
def test_a_parameter_that_cannot_be_sent(sample: Neo4jStore, value: object) -> None:
    with pytest.raises(QueryError, match="parameter"):
        sample.run("RETURN $x", {"x": value})
    assert sample.run("RETURN 1").rows == [(1,)]


# --- loading


def test_what_is_the_users_own_stays(
    empty: Neo4jStore, neo4j_server: "TestServer", tmp_path: Path
) -> None:
    with neo4j_server.driver() as driver:
        driver.execute_query(
            "CREATE (:Note {text: 'mine'})-[:ABOUT]->(:Material {id: 'PbTe', mine: true})"
        )
        empty.apply(changes(tmp_path, added=SAMPLE), information())
        found = "MATCH (:Note)-[:ABOUT]->(m:Material {id: 'PbTe'}) RETURN m.mine, m.formula"
        assert empty.run(found).rows == [(True, "PbTe")]
        empty.clear()
        records, _, _ = driver.execute_query("MATCH (n) RETURN n.text AS text")
    assert [record["text"] for record in records] == ["mine"]


def test_the_same_changes_go_on_where_they_were_stopped(
    empty: Neo4jStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = changes(tmp_path, added=SAMPLE)
    with pytest.raises(Stop):
        empty.apply(added, information(), progress=_stop_after(5))
    info = empty.info()
    assert info is not None
    assert (info.load, info.pending) == ("", "load-1")
    made = _count_batches(monkeypatch)
    empty.apply(added, information())
    assert made == [number for number in range(len(SAMPLE)) if number >= 5]
    assert empty.info() == information()
    assert empty.counts() == counts_of(SAMPLE)


def test_other_changes_begin_afresh(
    empty: Neo4jStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Stop):
        empty.apply(changes(tmp_path, added=SAMPLE), information(), progress=_stop_after(5))
    fewer = {name: rows for name, rows in SAMPLE.items() if name != "Paper" and "Paper" not in name}
    made = _count_batches(monkeypatch)
    with pytest.raises(Stop):
        empty.apply(changes(tmp_path, added=fewer), information("load-2"), progress=_stop_after(2))
    assert made == [0, 1]
    info = empty.info()
    assert info is not None
    assert info.pending == "load-1 + load-2"
    empty.apply(changes(tmp_path, added=SAMPLE), information("load-3"))
    assert empty.info() == information("load-3")


def _count_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which the numbers of batches are added as they are written."""
    made: list[int] = []
    make = loading._make

    def counted(transaction: Any, batch: Any, writer: str) -> bool:
        made.append(batch.number)
        return make(transaction, batch, writer)

    monkeypatch.setattr(loading, "_make", counted)
    return made


def test_an_older_load_stops_when_another_begins(
    empty: Neo4jStore, neo4j_server: "TestServer", tmp_path: Path
) -> None:
    added = changes(tmp_path, added=SAMPLE)

    def load_again() -> None:
        with closing(Neo4jStore(neo4j_server.address, neo4j_server.login)) as other:
            other.apply(added, information("load-2"))

    with pytest.raises(GraphBusyError, match="another process"):
        empty.apply(added, information(), progress=_stop_after(3, load_again))
    assert empty.info() == information("load-2")
    assert empty.counts() == counts_of(SAMPLE)


@pytest.mark.parametrize(
    "code",
    [
        "Neo.TransientError.Transaction.DeadlockDetected",
        "Neo.ClientError.Cluster.NotALeader",
        "Neo.TransientError.General.DatabaseUnavailable",
    ],
)
def test_errors_that_pass_are_tried_again(
    empty: Neo4jStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    from neo4j.exceptions import Neo4jError

    make = loading._make
    failed: list[str] = []

    def fail_once(transaction: Any, batch: Any, writer: str) -> bool:
        done = make(transaction, batch, writer)
        if batch.number == 3 and not failed:
            failed.append(code)
            raise Neo4jError._hydrate_neo4j(code=code, message="for once")
        return done

    monkeypatch.setattr(loading, "_make", fail_once)
    empty.apply(changes(tmp_path, added=SAMPLE), information())
    assert failed == [code]
    assert empty.counts() == counts_of(SAMPLE)


def test_edges_without_ends_are_refused(empty: Neo4jStore, tmp_path: Path) -> None:
    edges = {"HAS.Material.Quantity": [{"from": "PbTe", "to": "q"}]}
    with pytest.raises(GraphError, match=r"1 edges of HAS\.Material\.Quantity"):
        empty.apply(changes(tmp_path, added=edges), information())


def test_edges_are_found_by_both_ends_whatever_the_graph_was_when_it_was_planned(
    sample: Neo4jStore, neo4j_server: "TestServer"
) -> None:
    # 143 s went by in deleting 11,000 edges of one material: it went along all of them for each.
    from graph.stores.neo4j_queries import delete_query, write_query
    from graph.tables import EdgeTable, graph_tables

    for table in graph_tables():
        if isinstance(table, EdgeTable):
            for query in (delete_query(table), write_query(table)):
                with neo4j_server.driver() as driver:
                    columns: list[list[None]] = [[]] * 9
                    plan = driver.execute_query(f"EXPLAIN {query}", columns=columns).summary.plan
                assert "Expand(Into)" in str(plan)
                assert "Expand(All)" not in str(plan)
                assert "Scan" not in str(plan)


def test_a_server_that_goes_down_in_the_middle_of_a_load(
    new_neo4j: Neo4jServer, tmp_path: Path
) -> None:
    new_neo4j.start()
    login = Login(password=new_neo4j.password)
    added: GraphChanges = changes(tmp_path, added=SAMPLE)
    with closing(Neo4jStore(new_neo4j.address, login, retry_seconds=0.5)) as store:
        with pytest.raises(GraphError, match=r"does not answer.*run the same command again"):
            store.apply(added, information(), progress=_stop_after(4, new_neo4j.kill))
        with pytest.raises(GraphError, match="does not answer"):
            store.run("RETURN 1")
        new_neo4j.start()
        info = store.info()
        assert info is not None
        assert info.pending == "load-1"
        store.apply(added, information())
        assert store.info() == information()
        assert store.counts() == counts_of(SAMPLE)
