"""Translated queries run on Ladybug: they return what Neo4j returned, and what Python finds."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ladybug
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cypher import check_names, check_reading, to_ladybug
from graph.schema import SCHEMA, ValueType

_NOTED = json.loads((Path(__file__).parents[1] / "data" / "cypher_rows.json").read_text("utf-8"))
_TYPES = {
    ValueType.TEXT: "STRING",
    ValueType.TEXTS: "STRING[]",
    ValueType.INTEGER: "INT64",
    ValueType.INTEGERS: "INT64[]",
    ValueType.NUMBER: "DOUBLE",
    ValueType.BOOLEAN: "BOOL",
    ValueType.DATE: "DATE",
}


def _connect(labels: tuple[str, ...] | None = None) -> ladybug.Connection:
    """Return a connection to a new graph in memory."""
    connection = ladybug.Connection(ladybug.Database(":memory:"))
    for node in SCHEMA.nodes:
        if labels is None or node.label in labels:
            columns = ", ".join(f"`{has.name}` {_TYPES[has.type]}" for has in node.properties)
            connection.execute(
                f"CREATE NODE TABLE `{node.label}` ({columns}, PRIMARY KEY(`{node.key}`))"
            )
    for edge in SCHEMA.edges:
        ends = [pair for pair in edge.ends if labels is None or set(pair) <= set(labels)]
        if ends:
            pairs = ", ".join(f"FROM `{source}` TO `{target}`" for source, target in ends)
            columns = "".join(f", `{has.name}` {_TYPES[has.type]}" for has in edge.properties)
            connection.execute(f"CREATE REL TABLE `{edge.type}` ({pairs}{columns})")
    return connection


def _ask(connection: ladybug.Connection, query: str) -> tuple[list[str], list[list[Any]]]:
    result = connection.execute(query)
    assert isinstance(result, ladybug.QueryResult)
    columns = result.get_column_names()
    rows = [[_plain(value) for value in row] for row in result.get_all()]
    result.close()
    return columns, rows


def _plain(value: Any) -> Any:
    """Return a value as it stands in the file of noted rows."""
    if isinstance(value, dict) and "_NODES" in value:
        return ["P", _plain(value["_NODES"]), _plain(value["_RELS"])]
    if isinstance(value, dict) and "_SRC" in value:
        return ["R", value["_LABEL"]]
    if isinstance(value, dict) and "_LABEL" in value:
        key = value.get("id") or value.get("name") or value.get("symbol")
        return ["N", value["_LABEL"], key]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return round(value, 12) if isinstance(value, float) else value


@pytest.fixture(scope="module")
def graph() -> Iterator[ladybug.Connection]:
    connection = _connect()
    for statement in _NOTED["graph"]:
        connection.execute(statement)
    yield connection
    connection.close()


@pytest.mark.parametrize("noted", _NOTED["queries"], ids=lambda noted: noted["query"][:60])
def test_rows_are_those_of_neo4j(graph: ladybug.Connection, noted: dict[str, Any]) -> None:
    check_reading(noted["query"])
    check_names(noted["query"])
    columns, rows = _ask(graph, to_ladybug(noted["query"]))
    assert columns == noted["columns"]
    assert (rows if noted["ordered"] else sorted(rows, key=repr)) == noted["rows"]


@pytest.fixture(scope="module")
def dense() -> Iterator[ladybug.Connection]:
    """Yield a graph with more paths than Ladybug takes in one batch."""
    connection = _connect(("Material",))
    connection.execute(
        "UNWIND range(0, 59) AS i CREATE (:Material {id: cast(i AS STRING), n_papers: i,"
        " names: ['x' + cast(i AS STRING), 'y']})"
    )
    connection.execute(
        "MATCH (a:Material), (b:Material) WHERE (a.n_papers * 7 + b.n_papers * 13) % 11 = 0"
        " AND a.n_papers <> b.n_papers CREATE (a)-[:SIMILAR_TO {cosine: a.n_papers / 60.0}]->(b)"
    )
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "query",
    [
        "MATCH p = (:Material)-[:SIMILAR_TO*1..2]->() RETURN nodes(p), [n IN nodes(p) | n.id]",
        "MATCH p = (:Material)-[:SIMILAR_TO*1..2]->() RETURN [n IN nodes(p) WHERE true],"
        " [n IN nodes(p) | n.id]",
        "MATCH (a:Material)-[:SIMILAR_TO]->(b) WITH a, collect(b) AS l RETURN l, [n IN l | n.id]",
        "MATCH (a:Material), (b:Material) WITH a, collect(b) AS l RETURN l, [n IN l | n.id]",
        "MATCH (a:Material), (b:Material) WITH a, collect(b) AS l, collect({i: b.id}) AS m"
        " RETURN l, [n IN m | n.i]",
    ],
)
def test_comprehensions_read_their_own_row(dense: ladybug.Connection, query: str) -> None:
    _, rows = _ask(dense, to_ladybug(query))
    assert len(rows) >= 60
    for nodes, ids in rows:
        assert [key for _, _, key in nodes] == ids


def test_two_comprehensions_of_one_list(dense: ladybug.Connection) -> None:
    query = (
        "MATCH (a:Material) WHERE a.n_papers % 3 = 1 RETURN a.id, [n IN a.names | n + '!'],"
        " [n IN a.names WHERE n STARTS WITH 'x'], any(n IN a.names WHERE n = 'x' + a.id)"
    )
    _, rows = _ask(dense, to_ladybug(query))
    assert len(rows) == 20
    for id, marked, chosen, found in rows:
        assert (marked, chosen, found) == ([f"x{id}!", "y!"], [f"x{id}"], True)


def test_conditions_on_paths_hold(dense: ladybug.Connection) -> None:
    paths = "MATCH p = (:Material)-[:SIMILAR_TO*1..2]->()"
    where = "WHERE all(n IN nodes(p) WHERE n.n_papers > 30)"
    _, every = _ask(dense, to_ladybug(f"{paths} RETURN nodes(p)"))
    _, chosen = _ask(dense, to_ladybug(f"{paths} {where} RETURN nodes(p)"))
    meant = [row for row in every if all(int(key) > 30 for _, _, key in row[0])]
    assert sorted(chosen) == sorted(meant)
    assert len(every) > 2048 > len(meant) > 0


_EDGES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(lambda edge: edge[0] != edge[1]),
    min_size=1,
    max_size=6,
    unique=True,
)
_ARROWS = st.lists(st.sampled_from("><-"), min_size=2, max_size=4)
_STEPS = {">": "-[:DOPED_WITH]->", "<": "<-[:DOPED_WITH]-", "-": "-[:DOPED_WITH]-"}
_Trail = tuple[int, ...]


def _trails(edges: list[tuple[int, int]], arrows: list[str]) -> list[_Trail]:
    """Return the nodes of all walks along the arrows that take no edge twice."""
    found: list[tuple[_Trail, frozenset[int]]] = [((node,), frozenset()) for node in range(4)]
    for arrow in arrows:
        longer = []
        for nodes, used in found:
            for number, (source, target) in enumerate(edges):
                if number in used:
                    continue
                if arrow in ">-" and source == nodes[-1]:
                    longer.append(((*nodes, target), used | {number}))
                if arrow in "<-" and target == nodes[-1]:
                    longer.append(((*nodes, source), used | {number}))
        found = longer
    return sorted(nodes for nodes, _ in found)


@settings(max_examples=25)
@given(_EDGES, _ARROWS, st.booleans())
def test_no_edge_is_walked_twice_in_a_match(
    edges: list[tuple[int, int]], arrows: list[str], parted: bool
) -> None:
    connection = _connect(("Material",))
    connection.execute("UNWIND range(0, 3) AS i CREATE (:Material {id: cast(i AS STRING)})")
    for source, target in edges:
        connection.execute(
            f"MATCH (a:Material {{id: '{source}'}}), (b:Material {{id: '{target}'}})"
            " CREATE (a)-[:DOPED_WITH]->(b)"
        )
    join = ", (n{0})" if parted else ""
    pattern = "(n0:Material)" + "".join(
        (join.format(number) if number else "") + _STEPS[arrow] + f"(n{number + 1})"
        for number, arrow in enumerate(arrows)
    )
    names = ", ".join(f"n{number}.id" for number in range(len(arrows) + 1))
    _, rows = _ask(connection, to_ladybug(f"MATCH {pattern} RETURN {names}"))
    connection.close()
    assert sorted(tuple(int(id) for id in row) for row in rows) == _trails(edges, arrows)


@settings(max_examples=15)
@given(_EDGES, st.sampled_from("><-"), st.sampled_from("><-"))
def test_no_edge_of_a_long_relationship_is_walked_twice(
    edges: list[tuple[int, int]], long: str, short: str
) -> None:
    connection = _connect(("Material",))
    connection.execute("UNWIND range(0, 3) AS i CREATE (:Material {id: cast(i AS STRING)})")
    for source, target in edges:
        connection.execute(
            f"MATCH (a:Material {{id: '{source}'}}), (b:Material {{id: '{target}'}})"
            " CREATE (a)-[:DOPED_WITH]->(b)"
        )
    step = _STEPS[long].replace("DOPED_WITH", "DOPED_WITH*1..2")
    query = f"MATCH (a:Material){step}(b){_STEPS[short]}(c) RETURN a.id, b.id, c.id"
    _, rows = _ask(connection, to_ladybug(query))
    connection.close()
    meant = [
        (trail[0], trail[-2], trail[-1])
        for length in (1, 2)
        for trail in _trails(edges, [long] * length + [short])
    ]
    assert sorted(tuple(int(id) for id in row) for row in rows) == sorted(meant)
