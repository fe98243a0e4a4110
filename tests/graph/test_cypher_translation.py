"""Queries in Ladybug's words; what they return is tested in `test_cypher_ladybug.py`."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cypher import check_names, to_ladybug
from matlore.errors import QueryError

_SAME = [
    "MATCH (m:Material {id: 'type(r)'}) RETURN m.id // labels(m)",
    "MATCH (m:Material)\n  WHERE m.n_papers > $n /* x[0] */\nRETURN m.id,  m.name LIMIT 3;",
    "MATCH (a:Material)-[:CONTAINS]->(e:Element), (a)-[:USED_IN]->(x) RETURN a.id, e.symbol",
    "MATCH (a:Material)-[:HAS]->(q)-[:OF]->(p) RETURN p.name AS `reverse(x)`",
    "MATCH (m:Material) WITH m ORDER BY m.id LIMIT 3 RETURN m.id",
    "MATCH (a:Material)-[e* SHORTEST 1..3]-(b) RETURN a.id",
    "CALL show_tables() RETURN *",
    "COPY (MATCH (a) RETURN type(a)) TO 'x.csv'",
    "EXPLAIN MATCH (m:Material) RETURN m.id",
]
_CHANGED = [
    ("MATCH ()-[r]->() RETURN type(r)", "MATCH ()-[r]->() RETURN label(r) AS `type(r)`"),
    (
        "MATCH (a:Material)-[:DOPED_WITH]-(b)-[:DOPED_WITH]-(c) RETURN a.id",
        "MATCH (a:Material)-[_m0:DOPED_WITH]-(b)-[_m1:DOPED_WITH]-(c)"
        " WHERE id(_m0) <> id(_m1) RETURN a.id",
    ),
    (
        "MATCH (a)-[r:SIMILAR_TO]->(b)-[:SIMILAR_TO]->(_m0)"
        " WHERE a.id = 'x' OR b.id = 'y' RETURN *",
        "MATCH (a)-[r:SIMILAR_TO]->(b)-[_m1:SIMILAR_TO]->(_m0)"
        " WHERE (a.id = 'x' OR b.id = 'y') AND id(r) <> id(_m1) RETURN _m0, a, b, r",
    ),
    (
        "MATCH (a:Material)-[r:DOPED_WITH*..2]->(b)<-[:DOPED_WITH]-(c) RETURN r",
        "MATCH (a:Material)-[r:DOPED_WITH* TRAIL 1..2]->(b)<-[_m0:DOPED_WITH]-(c)"
        " WHERE NOT list_contains(properties(rels(r), '_id'), id(_m0)) RETURN rels(r) AS r",
    ),
    (
        "MATCH p = shortestPath((a:Material)-[*]-(b:Element)) RETURN length(p) AS l",
        "MATCH p = (a:Material)-[* SHORTEST 1..30]-(b:Element) RETURN length(p) AS l",
    ),
    (
        "MATCH (m:Material) WHERE NOT (m)-[:HAS]->() RETURN m.id",
        "MATCH (m:Material) WHERE NOT EXISTS { MATCH (m)-[:HAS]->() } RETURN m.id",
    ),
    (
        "MATCH (m:Material) WITH m ORDER BY m.id SKIP 1 LIMIT 2 RETURN collect(m.id) AS l",
        "MATCH (m:Material) WITH m ORDER BY m.id SKIP 1 LIMIT 2 UNWIND [1] AS _m0"
        " RETURN collect(m.id) AS l",
    ),
    (
        "MATCH (m:Material) WITH m ORDER BY m.id RETURN m.id",
        "MATCH (m:Material) WITH m ORDER BY m.id SKIP 0 RETURN m.id",
    ),
    (
        "MATCH p = (a)-->(b) RETURN [n IN nodes(p) WHERE n.id > 'x' | n.id] AS l",
        "MATCH p = (a)-->(b) RETURN list_transform(list_filter(range(1, size(nodes(p)))[1..],"
        " n -> list_extract(nodes(p), n).id > 'x')[1..], n -> list_extract(nodes(p), n).id) AS l",
    ),
    ("MATCH (c:Claim)-[:IN]->(p) RETURN p.id", "MATCH (c:Claim)-[:`IN`]->(p) RETURN p.id"),
    (
        "MATCH (n:Paper) RETURN n.date.year AS y",
        "MATCH (n:Paper) RETURN date_part('year', n.date) AS y",
    ),
    ("RETURN 1 < 2 <= 3 AND true AS x", "RETURN (1 < 2 AND 2 <= 3)  AND true AS x"),
    (
        "RETURN 'a\\d' AS x, 0xFF AS y, 'a' || 'b' AS z",
        "RETURN 'a\\\\d' AS x, 255 AS y, 'a' + 'b' AS z",
    ),
]
_REFUSED = [
    ("MATCH (a)-[*]->(b) RETURN a", "at most 30"),
    ("MATCH (a)-[*1..31]->(b) RETURN a", "at most 30"),
    ("MATCH p = shortestPath((a)-[*..31]-(b)) RETURN p", "at most 30"),
    ("MATCH p = shortestPath((a)-[*..4]-(b)) WHERE length(p) > 2 RETURN p", "WITH * WHERE"),
    ("MATCH p = SHORTEST 2 (a)-->(b) RETURN p", "SHORTEST 2"),
    ("MATCH (a)(()-->()){1,3}(b) RETURN a", "repeated patterns"),
    ("MATCH (a)-[:SIMILAR_TO]->+(b) RETURN a", "repeated patterns"),
    ("MATCH (a)-[:CONTAINS]->(A) RETURN a", "A and a apart"),
    ("MATCH (a) CALL (a) { MATCH (a)-->(b) RETURN b } RETURN b", "no CALL { … }"),
    ("MATCH (a) RETURN [(a)-->(b) | b.id] AS l", "no lists of patterns"),
    ("MATCH (a) RETURN COLLECT { MATCH (a)-->(b) RETURN b.id } AS l", "COLLECT"),
    ("RETURN [x IN [1] | [y IN [2] | x + y]] AS l", "does not see x"),
    ("RETURN list_transform([{a: 1}], x -> x.a) AS l", "[x IN list"),
    ("RETURN reduce(s = 0, x IN [1] | s + x) AS r", "begin with 0.0"),
    ("RETURN toString(1.5) AS s", "1.500000"),
    ("RETURN split('a,,b', ',') AS l", "empty pieces"),
    ("MATCH (n) RETURN keys(n)", "name the properties"),
    ("MATCH (n) RETURN stDev(n.year)", "standard deviation"),
    ("MATCH (a)-[r]-(b) RETURN startNode(r)", "write the arrow"),
    ("RETURN isNaN(1.0) AS x", "isnan"),
    ("MATCH (a) OPTIONAL MATCH p = (a)-->(b) WITH p RETURN length(p)", "cannot pass on p"),
    ("MATCH (n) RETURN reverse(n.unknown)", "list_reverse"),
    ("RETURN " + "head(" * 20 + "x" + ")" * 20, "too large"),
]


@pytest.mark.parametrize("query", _SAME)
def test_what_needs_no_change_stays_as_it_is_written(query: str) -> None:
    assert to_ladybug(query) == query


@pytest.mark.parametrize(("query", "translated"), _CHANGED)
def test_translation(query: str, translated: str) -> None:
    assert to_ladybug(query) == translated


@pytest.mark.parametrize(("query", "said"), _REFUSED)
def test_what_has_no_faithful_translation_is_refused(query: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        to_ladybug(query)
    assert said in str(caught.value)
    assert "Ladybug" in str(caught.value) or "too large" in str(caught.value)


_PIECES = st.sampled_from(
    """MATCH OPTIONAL WHERE WITH UNWIND RETURN ORDER BY SKIP LIMIT UNION EXISTS{ COUNT{ CASE WHEN
    THEN ELSE END IN IS NOT NULL AND OR AS any( all(x reduce( shortestPath( DISTINCT n m r x p 1 2.5
    'a' `b` $p ( ) [ ] { } - > < -- --> = <> .. * | , . : ! + size( (n) (m:Material) [r] [:IN]
    {a:1} -[r]-> -[:HAS*1..2]- nodes(p) collect(n) [x IN l|x.y] n.id n:Paper p=(a)-->(b)""".split()
)


@settings(max_examples=400)
@given(st.lists(_PIECES, max_size=30).map(" ".join) | st.text(max_size=40))
def test_any_text_is_translated_or_refused(query: str) -> None:
    for function in (check_names, to_ladybug):
        with contextlib.suppress(QueryError):
            function(query)


@pytest.mark.parametrize(
    "query",
    [
        "WITH 1 AS a ORDER BY a " * 4_000 + "RETURN count(a)",
        "RETURN a" + "[0]" * 33_000,
        "RETURN a" + ".b" * 40_000,
        "MATCH (a)" + "-->(b)" * 12_000 + " RETURN a",
        "MATCH (a) WHERE "
        + "EXISTS { MATCH (a)-->(b) WHERE " * 23
        + "true"
        + "}" * 23
        + " RETURN a",
        "RETURN " + "[x IN " * 23 + "l" + " | x.y]" * 23,
        "RETURN " + "(1 < " * 22 + "1" + " < 1)" * 22,
    ],
    ids=lambda query: query[:20],
)
def test_long_and_deep_queries_end(query: str) -> None:
    for function in (check_names, to_ladybug):
        with contextlib.suppress(QueryError):
            function(query)
