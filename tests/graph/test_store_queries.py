"""What every store of the graph must answer: values, limits, and errors of queries."""

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from graph_samples import ODD_NAMES, SAMPLE, StorePlace, changes, counts_of, information

from graph.stores import EdgeValue, GraphStore, NodeValue, PathValue, QueryLimits
from matlore.errors import GraphError, QueryError, QueryTimeoutError

pytest_plugins = ("neo4j_fixtures", "store_fixtures")

NEVER_ENDS = (
    "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b "
    "WITH a, b WHERE a + b < 0 RETURN count(a) AS n"
)
WRITES = (
    "CREATE (p:Paper {id: 'doi:10.1/written'})",
    "MERGE (p:Paper {id: 'doi:10.1/written'})",
    "MATCH (p:Paper) SET p.year = 0",
    "MATCH (p:Paper) DETACH DELETE p",
    "MATCH (a:Material), (b:Material) CREATE (a)-[:SIMILAR_TO]->(b)",
    "MATCH (p:Paper) SET p.year = 0 RETURN p.year",
)
PBTE = NodeValue(
    "Material",
    {
        "id": "PbTe",
        "formula": "PbTe",
        "name": "PbTe",
        "names": ["PbTe", "TePb"],
        "n_papers": 2,
        "first_year": 2001,
    },
)


def one(store: GraphStore, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
    """Return the only value of the only row."""
    rows = store.run(query, parameters).rows
    assert len(rows) == 1
    (value,) = rows[0]
    return value


def test_columns_and_rows(loaded: GraphStore) -> None:
    query = "MATCH (p:Paper) RETURN p.id AS id, p.year AS `the year` ORDER BY id"
    answer = loaded.run(query)
    assert answer.columns == ("id", "the year")
    assert answer.rows == [("doi:10.1/a", 2001), ("doi:10.1/b", 2010), ("doi:10.1/c", 2020)]
    assert not answer.truncated


def test_an_answer_without_rows_has_columns(loaded: GraphStore) -> None:
    answer = loaded.run("MATCH (p:Paper {id: 'none'}) RETURN p.id AS id, p.year AS year")
    assert (answer.columns, answer.rows) == (("id", "year"), [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("true", True),
        ("1", 1),
        ("9223372036854775807", 2**63 - 1),
        ("1.0", 1.0),
        ("'it\\'s'", "it's"),
        ("''", ""),
        ("[1, 2]", [1, 2]),
        ("['a', null]", ["a", None]),
        ("[[1], [2, 3]]", [[1], [2, 3]]),
        ("date('2020-02-29')", date(2020, 2, 29)),
        ("{a: 1, b: ['x']}", {"a": 1, "b": ["x"]}),
        ("[{a: date('2020-02-29')}]", [{"a": date(2020, 2, 29)}]),
    ],
)
def test_values_of_all_types(loaded: GraphStore, text: str, value: object) -> None:
    found = one(loaded, f"RETURN {text} AS x")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(2**63),
        2**63 - 1,
        1.5,
        1e300,
        "",
        "x" * 100_000,
        date(2020, 2, 29),
        ["a", "b"],
        [1, 2],
        [],
        [[1], [2, 3]],
        {"a": 1, "b": ["x"]},
        [{"a": "x", "n": 1}, {"a": "y", "n": None}],
    ],
)
def test_parameters_of_all_types(loaded: GraphStore, value: object) -> None:
    found = one(loaded, "RETURN $value AS x", {"value": value})
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_parameters_are_values(loaded: GraphStore, name: str) -> None:
    assert one(loaded, "RETURN $name AS x", {"name": name}) == name
    found = loaded.run("MATCH (m:Material) WHERE m.name = $name RETURN m.id", {"name": name})
    assert found.rows == []
    found = loaded.run("MATCH (m:Material) WHERE m.id IN $names RETURN m.id", {"names": [name]})
    assert found.rows == []
    assert loaded.counts() == counts_of(SAMPLE)


def test_lists_of_parameters_select_rows(loaded: GraphStore) -> None:
    query = "MATCH (m:Material) WHERE m.id IN $ids RETURN m.id ORDER BY m.id"
    assert loaded.run(query, {"ids": ["SnTe", "PbTe"]}).rows == [("PbTe",), ("SnTe",)]
    assert loaded.run(query, {"ids": []}).rows == []


def test_parameters_that_are_rows(loaded: GraphStore) -> None:
    query = (
        "UNWIND $rows AS row MATCH (m:Material {id: row.id}) "
        "RETURN m.name AS name, row.n AS n ORDER BY n"
    )
    rows = [{"id": "SnTe", "n": 1}, {"id": "PbTe", "n": 2}]
    assert loaded.run(query, {"rows": rows}).rows == [("SnTe", 1), ("PbTe", 2)]


def test_a_query_with_a_dollar_in_a_string_needs_no_parameter(loaded: GraphStore) -> None:
    assert one(loaded, "RETURN 'costs $name' AS x // not $this") == "costs $name"


def test_a_parameter_that_is_not_given_is_an_error(loaded: GraphStore) -> None:
    with pytest.raises(QueryError, match="name"):
        loaded.run("MATCH (m:Material {id: $name}) RETURN m.id", {"other": "PbTe"})
    with pytest.raises(QueryError, match="name"):
        loaded.run("RETURN $name AS x")


def test_nodes_have_their_own_properties_but_no_nulls(loaded: GraphStore) -> None:
    assert one(loaded, "MATCH (m:Material {id: 'PbTe'}) RETURN m") == PBTE
    graphene = one(loaded, "MATCH (m:Material {id: 'name:graphene'}) RETURN m")
    assert graphene == NodeValue(
        "Material", {"id": "name:graphene", "name": "graphene", "names": []}
    )
    paper = one(loaded, "MATCH (p:Paper {id: 'doi:10.1/a'}) RETURN p")
    assert paper.properties["date"] == date(2001, 2, 3)
    assert paper.properties["retracted"] is False


def test_nodes_of_several_labels_in_one_column(loaded: GraphStore) -> None:
    query = "MATCH (p:Paper {id: 'doi:10.1/a'})-[:MENTIONS]->(n) RETURN n"
    found = [node for (node,) in loaded.run(query).rows]
    assert {node.label for node in found} == {"Material", "Application", "Phase"}
    assert PBTE in found
    assert NodeValue("Application", {"name": "sensor"}) in found
    assert NodeValue("Phase", {"name": "sensor"}) in found


def test_edges_name_their_ends(loaded: GraphStore) -> None:
    query = "MATCH (c:Claim {id: 'c1'})-[e:`IN`]->(p:Paper) RETURN c, e, p"
    ((claim, edge, paper),) = loaded.run(query).rows
    assert edge == EdgeValue("IN", {"spans": [0, 4]})
    assert (edge.source, edge.target) == (claim.ref, paper.ref)
    assert claim.ref
    assert claim.ref != paper.ref


@pytest.mark.parametrize(
    ("type", "source", "target"),
    [
        ("IN", "c1", "doi:10.1/a"),
        ("OF", "q1", "band gap"),
        ("BY", "q2", "model"),
        ("USES", "q2", "q1"),
        ("HAS", "PbTe", "q1"),
    ],
)
def test_edges_with_names_of_keywords(
    loaded: GraphStore, type: str, source: str, target: str
) -> None:
    query = f"MATCH (a)-[e:`{type}`]->(b) RETURN a, e, b"
    found = [(_key(a), edge.type, _key(b)) for a, edge, b in loaded.run(query).rows]
    assert (source, type, target) in found


def _key(node: NodeValue) -> object:
    return node.properties.get("id", node.properties.get("name"))


def test_edges_of_one_type_between_several_labels(loaded: GraphStore) -> None:
    query = "MATCH (:Paper)-[e:MENTIONS]->(n) RETURN e.count AS count, e ORDER BY count"
    edges = [edge for _, edge in loaded.run(query).rows]
    assert [edge.properties["count"] for edge in edges] == [1, 1, 1, 2, 3]
    assert {edge.type for edge in edges} == {"MENTIONS"}
    assert edges[3] == EdgeValue("MENTIONS", {"count": 2, "spans": [0, 4, 10, 14]})
    assert one(loaded, "MATCH (:Paper)-[e:MENTIONS]->(:Phase) RETURN e.count AS n") == 3


def test_directions_and_loops_of_edges(loaded: GraphStore) -> None:
    query = (
        "MATCH (a:Material)-[e:SIMILAR_TO]->(b:Material) "
        "RETURN a.id AS a, b.id AS b, e.cosine AS cosine ORDER BY cosine"
    )
    assert loaded.run(query).rows == [
        ("SnTe", "PbTe", 0.8),
        ("PbTe", "SnTe", 0.9),
        ("SnTe", "SnTe", 1.0),
    ]


def test_paths_have_nodes_and_edges(loaded: GraphStore) -> None:
    query = "MATCH p = (:Quantity {id: 'q2'})-[:USES]->(:Quantity)-[:OF]->(:Property) RETURN p"
    path = one(loaded, query)
    assert isinstance(path, PathValue)
    assert [_key(node) for node in path.nodes] == ["q2", "q1", "band gap"]
    assert [edge.type for edge in path.edges] == ["USES", "OF"]
    assert path.nodes[0] == NodeValue("Quantity", {"id": "q2", "value": 2.0, "unit": "eV"})
    ends = [(edge.source, edge.target) for edge in path.edges]
    refs = [node.ref for node in path.nodes]
    assert ends == [(refs[0], refs[1]), (refs[1], refs[2])]


def test_a_path_against_the_direction_of_an_edge(loaded: GraphStore) -> None:
    query = "MATCH p = (:Quantity {id: 'q1'})<-[:USES]-(:Quantity) RETURN p"
    path = one(loaded, query)
    assert [_key(node) for node in path.nodes] == ["q1", "q2"]
    assert (path.edges[0].source, path.edges[0].target) == (path.nodes[1].ref, path.nodes[0].ref)


def test_paths_of_any_length(loaded: GraphStore) -> None:
    query = "MATCH p = (:Quantity {id: 'q2'})-[:USES|OF*1..2]->(n) RETURN p"
    paths = [path for (path,) in loaded.run(query).rows]
    found = sorted([_key(node) for node in path.nodes] for path in paths)
    assert found == [["q2", "band gap"], ["q2", "q1"], ["q2", "q1", "band gap"]]


def test_lists_of_nodes_and_what_is_not_there(loaded: GraphStore) -> None:
    query = "MATCH (e:Element) WITH e ORDER BY e.symbol LIMIT 10 RETURN collect(e) AS elements"
    elements = one(loaded, query)
    assert elements == [NodeValue("Element", {"symbol": symbol}) for symbol in ("Pb", "Sn", "Te")]
    query = (
        "MATCH (p:Paper {id: 'doi:10.1/c'}) OPTIONAL MATCH (p)-[e:MENTIONS]->(m:Material) "
        "RETURN p.id, e, m"
    )
    assert loaded.run(query).rows == [("doi:10.1/c", None, None)]


def test_the_limit_of_rows(loaded: GraphStore) -> None:
    query = "UNWIND range(1, 100) AS n RETURN n ORDER BY n"
    for limit, rows, truncated in (
        (3, 3, True),
        (99, 99, True),
        (100, 100, False),
        (None, 100, False),
    ):
        answer = loaded.run(query, limits=QueryLimits(rows=limit))
        assert answer.rows == [(number,) for number in range(1, rows + 1)]
        assert answer.truncated is truncated
    answer = loaded.run(query, limits=QueryLimits(rows=0))
    assert (answer.columns, answer.rows, answer.truncated) == (("n",), [], True)


def test_a_query_that_never_ends_is_stopped_and_the_store_works_on(loaded: GraphStore) -> None:
    begun = time.monotonic()
    for _ in range(2):
        with pytest.raises(QueryTimeoutError, match=r"0\.5"):
            loaded.run(NEVER_ENDS, limits=QueryLimits(seconds=0.5))
    assert time.monotonic() - begun < 20
    assert one(loaded, "MATCH (p:Paper) RETURN count(p) AS n") == 3
    # The limit was that of one query only.
    assert one(loaded, "UNWIND range(1, 1000000) AS n RETURN count(n) AS n") == 1_000_000


def test_a_query_within_its_limits_is_answered(loaded: GraphStore) -> None:
    limits = QueryLimits(rows=10, seconds=30.0)
    assert loaded.run("MATCH (p:Paper) RETURN p.id", limits=limits).truncated is False


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "// nothing",
        "MATCH (p:Paper RETURN p",
        "SELECT * FROM Paper",
        "RETURN 'open",
        "RETURN unknown_function(1) AS x",
        "MATCH (p:Paper) RETURN q.id",
        "RETURN 1 / 0 AS x",
        "MATCH (p:Paper) RETURN p.id RETURN p.id",
        "\x00",
    ],
)
def test_a_wrong_query_is_an_error_and_the_store_works_on(loaded: GraphStore, query: str) -> None:
    with pytest.raises(QueryError) as caught:
        loaded.run(query)
    assert str(caught.value).strip()
    assert one(loaded, "RETURN 1 AS x") == 1


@pytest.mark.parametrize(
    "query",
    [
        "RETURN 1 AS x; RETURN 2 AS x",
        "MATCH (p:Paper) RETURN p; MATCH (p:Paper) DETACH DELETE p",
        "RETURN ';' AS x; RETURN 2 AS x",
        "RETURN 1 AS x; // one\nRETURN 2 AS x",
    ],
)
def test_several_statements_are_refused(loaded: GraphStore, query: str) -> None:
    with pytest.raises(QueryError):
        loaded.run(query)
    with pytest.raises(QueryError):
        loaded.run(query, write=True)
    assert loaded.counts() == counts_of(SAMPLE)


def test_a_semicolon_in_a_string_or_comment_or_name_is_none(loaded: GraphStore) -> None:
    query = "RETURN 'a; b' AS `x;y` /* ; */ // ; RETURN 2"
    answer = loaded.run(query)
    assert (answer.columns, answer.rows) == (("x;y",), [("a; b",)])


@pytest.mark.parametrize("query", WRITES)
def test_what_writes_is_refused(loaded: GraphStore, query: str) -> None:
    with pytest.raises(QueryError):
        loaded.run(query)
    assert loaded.counts() == counts_of(SAMPLE)
    assert one(loaded, "MATCH (p:Paper) RETURN min(p.year) AS year") == 2001


def test_a_query_may_write_if_it_is_let(
    store: GraphStore, store_place: StorePlace, tmp_path: Path
) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    store.run("CREATE (p:Paper {id: $id, year: 2024})", {"id": "doi:10.1/written"}, write=True)
    query = "MATCH (p:Paper) WHERE p.year > 2020 RETURN p.id"
    assert store.run(query).rows == [("doi:10.1/written",)]
    assert store_place().run(query).rows == [("doi:10.1/written",)]
    assert store.info() == information()
    answer = store.run(
        "MATCH (p:Paper {id: 'doi:10.1/written'}) SET p.year = 2025 RETURN p.year AS year",
        write=True,
    )
    assert (answer.columns, answer.rows) == (("year",), [(2025,)])


def test_a_write_that_fails_changes_nothing(store: GraphStore, tmp_path: Path) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    with pytest.raises(QueryError):
        store.run("MATCH (p:Paper) SET p.year = 1 / 0", write=True)
    with pytest.raises(QueryError):
        store.run("CREATE (p:Paper {id: 'doi:10.1/a'})", write=True)  # it is there
    with pytest.raises(QueryTimeoutError):
        store.run(NEVER_ENDS, limits=QueryLimits(seconds=0.5), write=True)
    assert store.counts() == counts_of(SAMPLE)
    assert one(store, "MATCH (p:Paper) RETURN min(p.year) AS year") == 2001
    assert store.info() == information()


def test_an_empty_store_has_nothing_to_ask(store: GraphStore) -> None:
    with pytest.raises(GraphError, match="graph load"):
        store.run("MATCH (p:Paper) RETURN p.id")
    with pytest.raises(GraphError, match="graph load"):
        store.run("CREATE (p:Paper {id: 'doi:10.1/a'})", write=True)
    assert store.info() is None
