"""How queries and their parameters are put to LadybugDB."""

import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from graph_samples import SAMPLE, changes, information

from graph.stores import QueryLimits
from graph.stores.ladybug_parameters import bind
from graph.stores.ladybug_store import LadybugStore
from matlore.errors import QueryError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Yield a store that holds `SAMPLE`."""
    folder = tmp_path_factory.mktemp("parameters")
    opened = LadybugStore(folder / "graph")
    opened.apply(changes(folder, added=SAMPLE), information())
    yield opened
    opened.close()


def asked(store: LadybugStore, query: str, **parameters: Any) -> Any:
    ((value,),) = store.run(query, parameters).rows
    return value


@pytest.mark.parametrize(
    "value",
    [
        [1, 2.5],
        [1, None],
        [None],
        [[]],
        [[], [1]],
        {},
        [{}],
        {"a": None},
        {"a": []},
        {"a": {"b": []}},
        [{"a": []}, {"a": ["x"]}],
        [{"a": None}, {"a": 1}],
        [{"a": 1}, {"a": 300}],
        [{"a": 1}, None],
        {"a b": 1, "Upper": 2, "order": 3},
        {"1`a": [date(2020, 1, 1)]},
        {"offset": 1, "table": 2},
        {"größe": [1], "x": {"from": 1, "STRING": 2.5}},
        {"_ID": "x", "_LABEL": "y"},
    ],
)
def test_parameters_come_back(store: LadybugStore, value: object) -> None:
    assert asked(store, "RETURN $x", x=value) == value


def test_maps_of_a_list_may_differ_in_their_keys(store: LadybugStore) -> None:
    """LadybugDB itself gives the first of them the key of the second."""
    found = asked(store, "RETURN $x", x=[{"a": 1}, {"b": 2, "a": 3}])
    assert found == [{"a": 1, "b": None}, {"a": 3, "b": 2}]


def test_integers_do_not_overflow_at_128(store: LadybugStore) -> None:
    assert asked(store, "RETURN $a * $b", a=100, b=100) == 10_000
    assert asked(store, "RETURN $m.a * $m.a", m={"a": 100}) == 10_000
    assert store.run("UNWIND $r AS r RETURN r.a * r.a", {"r": [{"a": 100}]}).rows == [(10_000,)]


def test_no_number_is_a_number(store: LadybugStore) -> None:
    assert math.isnan(asked(store, "RETURN $x", x=math.nan))


def test_skip_and_limit_may_be_parameters(store: LadybugStore) -> None:
    query = "UNWIND [1, 2, 3, 4] AS x RETURN x SKIP $skip LIMIT $limit"
    assert store.run(query, {"skip": 1, "limit": 2}).rows == [(2,), (3,)]


def test_columns_are_named_as_in_the_query(store: LadybugStore) -> None:
    query = "RETURN $x, $`the number`, $x + 1 AS sum"
    assert store.run(query, {"x": 1, "the number": 2}).columns == ("$x", "$the number", "sum")


@pytest.mark.parametrize(
    "value", [b"x", datetime(2020, 1, 1), 2**63, {1: "x"}, {"\ud800": 1}, 1j, range(3)]
)
def test_what_no_graph_holds_is_named(value: object) -> None:
    with pytest.raises(QueryError, match=r"\$size"):
        bind("RETURN $size", {"size": value})


@pytest.mark.parametrize(
    ("query", "limited"),
    [
        ("MATCH (p:Paper) RETURN p", True),
        ("MATCH (p:Paper) RETURN p;", True),
        ("MATCH (p:Paper) RETURN p // LIMIT 3", True),
        ("MATCH (p:Paper) WITH p LIMIT 3 RETURN p", True),
        ("MATCH (p:Paper) RETURN p ORDER BY p.id SKIP 1", True),
        ("MATCH (p:Paper) RETURN p.limit AS `limit`", True),
        ("MATCH (p:Paper) RETURN p LIMIT 3", False),
        ("MATCH (p:Paper) RETURN p limit 3", False),
        ("RETURN 1 AS x UNION ALL RETURN 2 AS x", False),
        ("EXPLAIN MATCH (p:Paper) RETURN p", False),
        ("CALL show_tables() RETURN *", True),
    ],
)
def test_the_limit_of_rows_is_put_into_the_query(query: str, limited: bool) -> None:
    """Else LadybugDB makes all rows, in memory, before it gives the first."""
    assert bind(query, {}, rows=11).text.endswith("\nLIMIT 11") is limited


@pytest.mark.parametrize(
    "query",
    [
        "MATCH (p:Paper) RETURN p.id ORDER BY p.id",
        "MATCH (p:Paper) RETURN p.id ORDER BY p.id;",
        "MATCH (p:Paper) RETURN p.id ORDER BY p.id SKIP 0 // all",
        "MATCH (p:Paper) WITH p.id AS id ORDER BY id LIMIT 3 RETURN id",
        "MATCH (p:Paper) WITH p.id AS id ORDER BY id LIMIT 3 RETURN id LIMIT 3",
    ],
)
def test_a_limited_answer_is_the_beginning_of_the_whole(store: LadybugStore, query: str) -> None:
    answer = store.run(query, limits=QueryLimits(rows=2))
    assert (answer.rows, answer.truncated) == ([("doi:10.1/a",), ("doi:10.1/b",)], True)
    assert len(store.run(query, limits=QueryLimits(rows=3)).rows) == 3
    assert not store.run(query, limits=QueryLimits(rows=3)).truncated


@pytest.mark.parametrize(
    "query",
    [
        "COPY (MATCH (p:Paper) RETURN p) TO 'out.csv'",
        "EXPORT DATABASE 'out'",
        "LOAD FROM 'in.csv' RETURN *",
        "CALL threads=1",
        "BEGIN TRANSACTION",
        "CHECKPOINT",
        "INSTALL json",
        "ATTACH 'other.lbug' AS other (dbtype lbug)",
        "CREATE (:Element {symbol: 'Xx'})",
        "DROP TABLE Paper",
    ],
)
def test_statements_that_are_no_reading_queries_are_not_run(
    store: LadybugStore, query: str
) -> None:
    with pytest.raises(QueryError):
        store.run(query)


@pytest.mark.parametrize(
    "query", ["BEGIN TRANSACTION", "CALL threads=1", "EXPORT DATABASE 'out'", "USE other"]
)
def test_some_statements_are_not_run_even_if_writing_is_let(
    store: LadybugStore, query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueryError, match="not run here"):
        store.run(query, write=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("MATCH (p:Paper RETURN p", "line 1, column 16"),
        ("MATCH (p:Paper)\nRETURN p.id RETURN 1", "line 2"),
        ("MATCH (p:Papr) RETURN p", "Papr"),
        ("RETURN 1 / 0", "zero"),
        ("MATCH (p:Paper) SET p.year = 1", "--write"),
        ("RETURN list_sum(list_transform(range(1, 3000000000), x -> x * 2))", "memory"),
    ],
)
def test_errors_are_readable(store: LadybugStore, query: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        store.run(query)
    said = str(caught.value)
    assert message in said
    assert not any(noise in said for noise in ("xception", "oC_", ".cpp", "\n"))
