"""The guard against queries that try to do more than read, and for those that only look so.

Each attempt in `_DONE_BY_NEO4J` and `_DONE_BY_LADYBUG` was run without the guard on Neo4j 5.26.30
or on Ladybug 0.22, and did there what it must not; those in `_REFUSED` are refused all the same.
"""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cypher import check_reading
from matlore.errors import QueryError

_DONE_BY_NEO4J = [
    # Neo4j replaces \uXXXX before it reads the query, in strings, comments and names too.
    r"MATCH (n:Paper) WITH n WHERE n.id = 'x\u0027 OR true "
    r"CREATE (:Element {symbol: \u0027q\u0027}) //'",
    r"MATCH (n:Paper) \u0053ET n.year = null",
    r"MATCH (n:Paper) /* \u002a\u002f SET n.year = null //*/ RETURN n",
    "MATCH (n:Paper) // \\u000a SET n.year = null\n",
    "MATCH (n:Paper)\u00a0SET\u00a0n.year = null",
    "MATCH (n:Paper)\u2028SET n.year = null",
    "MATCH (n:Paper)\x1cSET\x1fn.year = null",
    "MATCH (n:Paper) // a carriage return ends it\rSET n.year = null",
    "MATCH (n:Paper)/**/SET/**/n.year=null",
    "MATCH (n:Paper) /* /* no nesting */ SET n.year = null",
    "MATCH (n:Paper) sEt n.year = null",
    "MATCH(n:Paper)WHERE(1=1)SET n.year=null",
    "MATCH (n:Paper) WHERE n.id='p1'SET n.year=null",
    "MATCH (n:Paper) WITH n AS `x`SET `x`.year=null",
    "PROFILE CREATE (:Element {symbol: 'q'})",
    "MATCH (n:Paper) CALL { WITH n SET n.year = null } RETURN 1",
    "MATCH (n:Paper) CALL (n) { SET n.year = null } RETURN 1",
    "RETURN 1 AS x UNION CREATE (n:Element {symbol: 'q'}) RETURN 1 AS x",
    "FOREACH (x IN [1] | CREATE (:Element {symbol: 'q'}))",
    "INSERT (:Element {symbol: 'q'})",
    "CREATE (:Element {symbol: 'q'}) RETURN 1 AS `MATCH`",
    "MERGE (n:Element {symbol: 'q'}) ON CREATE SET n.symbol = 'z'",
    "MATCH (n:Paper) REMOVE n.year",
    "MATCH (n:Paper) DETACH DELETE n",
    "UNWIND [1] AS CREATE CREATE (:Element {symbol: 'q'})",
    "WITH 1 AS x CREATE (:Element {symbol: 'q'})",
    "CALL db.createLabel('Evil')",
    "CALL `db`.`createLabel`('Evil')",
    "CALL db . createLabel ('Evil')",
    "CALL db/**/.createLabel('Evil')",
    "CALL db.labels() YIELD label CREATE (:Element {symbol: 'q'})",
    "CALL dbms.components()",
    "CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()",
    "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row",
    "CREATE INDEX FOR (n:Paper) ON (n.x)",
    "CYPHER runtime=slotted MATCH (n:Paper) SET n.year = null",
    "SHOW USERS",
    "RETURN file()",
]
_DONE_BY_LADYBUG = [
    "\ufeffMATCH (n:Paper) SET n.year = null",
    "MATCH (n:Paper) WITH n LIMIT 1SET n.year = null",
    "MATCH (n:Paper) RETURN 1; CREATE (:Element {symbol: 'q'})",
    "RETURN 1;;CREATE (:Element {symbol: 'q'})",
    "CALL show_tables() RETURN *; DROP TABLE MENTIONS",
    "LOAD FROM '/etc/hostname' (file_format='csv') RETURN *",
    "load/**/from '/etc/hostname' (file_format='csv') return *",
    "COPY (MATCH (n) RETURN n.id) TO 'out.csv'",
    "CALL threads=1",
    "CALL timeout = 0",
    "CALL current_setting('threads') RETURN *",
    "CALL show_attached_databases() RETURN *",
    "CREATE NODE TABLE Evil(id STRING PRIMARY KEY)",
    "ALTER TABLE Paper ADD x STRING",
    "CREATE SEQUENCE s",
    "CREATE MACRO f(x) AS x + 1",
    "COMMENT ON TABLE Paper IS 'x'",
    "BEGIN TRANSACTION",
    "CHECKPOINT",
]
_REFUSED = [
    "CALL { CALL { CREATE (:Element) } } RETURN 1",
    "MATCH (n:Paper) WHERE n.id <> $`p`SET n.year=null",
    r"MATCH (n:Paper) WHERE n.id = 'a\u0027 CREATE (:Element) //' RETURN n",
    r"MATCH (n:Paper) WHERE n.id = 'a\uuu0027 CREATE (:Element) //' RETURN n",
    r"MATCH (n:Paper) RETURN 1 AS `a\u0060 UNION CREATE (:Element) RETURN 1 AS \u0060b`",
    r"\u0043REATE (:Element {symbol: 'q'})",
    "MATCH (n:Paper) \u017fET n.year = null",
    "MATCH (n:Paper) SET\u200b n.year = null",
    "MATCH (n:Paper) WHERE n.year = 1.SET n.year = null",
    "MATCH (n:Paper) WITH n LIMIT 0x1SET n.year = null",
    "EXPLAIN CREATE (:Element {symbol: 'q'})",
    "MATCH (n:Paper) RETURN COLLECT { CREATE (m) RETURN m }",
    "MATCH (n:Paper) WHERE EXISTS { CREATE (m) } RETURN n",
    "MATCH (n:Paper) WHERE COUNT { MATCH (m) SET m.x = 1 } > 0 RETURN n",
    "CALL { RETURN 1 AS x } IN TRANSACTIONS RETURN 1",
    "CALL { RETURN 1 AS x } IN 2 CONCURRENT TRANSACTIONS OF 10 ROWS RETURN 1",
    "MATCH (n:Paper) CALL (n) { DETACH DELETE n } IN TRANSACTIONS",
    "USING PERIODIC COMMIT LOAD CSV FROM 'x' AS row RETURN row",
    "EXPORT DATABASE 'out'",
    "IMPORT DATABASE 'out'",
    "INSTALL json",
    "LOAD EXTENSION json",
    "ATTACH 'x.db' AS x (dbtype duckdb)",
    "DETACH x",
    "USE x",
    "USE system SHOW USERS",
    "PROJECT GRAPH g (Paper) MATCH (n) RETURN n",
    "CALL project_graph('g', ['Paper'], ['MENTIONS'])",
    "TERMINATE TRANSACTIONS 'x'",
    "DROP INDEX x IF EXISTS",
    "COMMIT",
    "CALL apoc.cypher.doIt('CREATE (n)', {})",
    "CALL apoc.load.json('http://example.org')",
    "RETURN apoc.create.uuid()",
    "RETURN `apoc`.`create`.`uuid`()",
    "RETURN nextval('s')",
    "MATCH (n) RETURN read_text('/etc/hostname')",
    "MATCH (n) RETURN [x IN [1] WHERE nextval('s') > 0 | x]",
    "MATCH (n) WHERE n.x = reduce(s = 0, x IN [1] | s + nextval('s')) RETURN n",
    "MATCH (n {x: nextval('s')}) RETURN n",
    "MATCH (n) RETURN n ORDER BY nextval('s') LIMIT 1",
    "MATCH (n) RETURN n{.id, x: nextval('s')}",
    "MATCH (n)-[r WHERE nextval('s') > 0]->() RETURN n",
    "LET x = 1 RETURN x",
    "WHEN true THEN CREATE (:Element)",
    "MATCH (n:Paper) RETURN n NEXT CREATE (:Element)",
    "MATCH (n) RETURN 'no end",
    "MATCH (n) RETURN `no end",
    "MATCH (n) /* no end",
    "MATCH (n RETURN n",
    "",
    " ",
    ";",
    "hello world",
]
_PASSED = [
    "MATCH (n:Paper) RETURN n.id // no store ends it here:\x0bSET n.year = null",
    "MATCH (n:Paper) RETURN n.id // no store ends it here:\x85SET n.year = null",
    "MATCH (n:Paper) RETURN n.id // no store ends it here:\u2028SET n.year = null",
    "MATCH (n:Paper) WHERE n.id = 'CREATE (x) SET y; DROP' RETURN n.id",
    "MATCH (n:Paper) RETURN n.`set`, n.delete",
    "MATCH (set:Paper) RETURN set.id",
    "MATCH (call:Paper) WHERE call.id = 'p1' RETURN call.year AS use",
    "RETURN {create: 1, delete: 2, merge: 3} AS m",
    "MATCH (n:Paper) RETURN n.id AS `DELETE`",
    "MATCH (n:Paper) RETURN n.id // SET n.year = 1",
    "MATCH (n:Paper) /* DELETE n */ RETURN n.id",
    'RETURN "it\'s; CREATE" AS x',
    r"RETURN 'a\'b SET' AS x",
    r"RETURN 'a\\' AS x, 'SET' AS y",
    r"RETURN 'caf\u00e9' AS x",
    "RETURN 'é Ω 日本' AS x",
    "MATCH (große:Paper) RETURN große.id",
    "RETURN 1 AS x;",
    "RETURN 1 AS x ; // done",
    "match (n:Paper) return n.id",
    "MATCH (n:Paper)\r\nRETURN\tn.id",
    "OPTIONAL MATCH (n:Paper) RETURN n",
    "MATCH (a:Material)-[:SIMILAR_TO*1..3]->(b) RETURN count(*)",
    "MATCH (a:Material)-[r:CONTAINS|USED_IN]->(b) RETURN type(r)",
    "MATCH (m:Material)<--(p)-->(x)--(y)<-[:OF]-() RETURN *",
    "MATCH p = shortestPath((a:Material {id: 'Si'})-[*..4]-(b:Element)) RETURN length(p)",
    "MATCH (m:Material) WHERE EXISTS { (m)-[:USED_IN]->() } RETURN m.id",
    "MATCH (m:Material) WHERE NOT (m)-[:USED_IN]->(:Application) RETURN m.id",
    "MATCH (m:Material) RETURN COUNT { (m)-[:CONTAINS]->() } AS c",
    "MATCH (m:Material) RETURN COLLECT { MATCH (m)-[:CONTAINS]->(e) RETURN e.symbol } AS c",
    "MATCH (m:Material) CALL (m) { MATCH (m)-->(e) RETURN count(e) AS c } RETURN m.id, c",
    "CALL { MATCH (m:Material) RETURN m UNION MATCH (m:Element) RETURN m } RETURN count(m)",
    "RETURN 1 AS x UNION ALL RETURN 2 AS x",
    "UNWIND [1, 2] AS x WITH x ORDER BY x DESC SKIP 1 LIMIT 1 WHERE x > 0 RETURN x",
    "CALL db.labels() YIELD label RETURN label",
    "CALL db.labels()",
    "CALL show_tables() RETURN *",
    "CALL table_info('Paper') RETURN *",
    "EXPLAIN MATCH (n:Paper) RETURN n.id",
    "PROFILE MATCH (n:Paper) RETURN n.id",
    "RETURN [x IN [1, 2] WHERE x > 1 | x * 2] AS l",
    "RETURN any(x IN [1] WHERE x = 1) AS a",
    "RETURN reduce(s = 0, x IN [1] | s + x) AS r",
    "RETURN CASE WHEN true THEN 1 ELSE 2 END AS c, CASE 1 WHEN 1 THEN 2 END AS d",
    "MATCH (m:Material) RETURN m{.id, .name, x: 1} AS x",
    "MATCH (m:Material) RETURN [(m)-[:CONTAINS]->(e) | e.symbol] AS es",
    "MATCH (m:Material WHERE m.n_papers > 3) RETURN m.id",
    "MATCH (m:!Paper&!Element) RETURN count(*)",
    "MATCH (m)-[r]->() WHERE m:Material|Element RETURN count(*)",
    "MATCH (a:Material)((x)-[:SIMILAR_TO]->(y)){1,2}(b) RETURN count(*)",
    "MATCH (a:Material)-[:SIMILAR_TO]->+(b) RETURN count(*)",
    "RETURN [1, 2, 3][0..2] AS l, [1, 2][0] AS f, {a: 1}.a AS x",
    "MATCH (n:Paper) WHERE n.year IS NOT NULL AND NOT n.id STARTS WITH 'x' RETURN n",
    "RETURN toLower('SET') AS a, coalesce(null, 1) AS b, date('2020-01-01') AS c, 1e3 AS d",
    "RETURN .5 + -2 ^ 2 AS a, 7 % 2 AS b, 'a' =~ '.*' AS c, 1 <> 2 AS d, 3 - -1 AS e",
    "MATCH (n:Paper {id: $id}) WHERE n.year > $`the year` RETURN n",
    "MATCH (m:Material) RETURN list_transform(m.names, x -> x + '!') AS l",
    "MATCH (a:Material)-[e:SIMILAR_TO* TRAIL 1..2]->(b) RETURN count(*)",
    "RETURN cast(3 AS STRING) AS s",
]


@pytest.mark.parametrize("query", [*_DONE_BY_NEO4J, *_DONE_BY_LADYBUG, *_REFUSED])
def test_what_does_more_than_read_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        check_reading(query)


@pytest.mark.parametrize("query", _PASSED)
def test_what_only_reads_passes(query: str) -> None:
    check_reading(query)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("CREATE (:Element)", "CREATE"),
        ("MERGE (:Element)", "MERGE"),
        ("MATCH (n) SET n.x = 1", "SET"),
        ("MATCH (n) REMOVE n.x", "REMOVE"),
        ("MATCH (n) DELETE n", "DELETE"),
        ("MATCH (n) DETACH DELETE n", "DELETE"),
        ("FOREACH (x IN [] | CREATE (:E))", "FOREACH"),
        ("LOAD CSV FROM 'x' AS row RETURN row", "LOAD CSV"),
        ("COPY Paper FROM 'x.csv'", "COPY"),
        ("CALL apoc.help('x')", "apoc.help"),
        ("RETURN apoc.version()", "apoc.version"),
        ("CALL { RETURN 1 AS x } IN TRANSACTIONS RETURN 1", "IN TRANSACTIONS"),
    ],
)
def test_the_message_names_the_clause_and_the_option(query: str, named: str) -> None:
    with pytest.raises(QueryError) as caught:
        check_reading(query)
    assert named in str(caught.value)
    assert "--write" in str(caught.value)


_LONG = [
    "(" * 100_000,
    "RETURN " + "(" * 50_000 + "1" + ")" * 50_000,
    "RETURN " + "[" * 50_000 + "]" * 50_000,
    "RETURN " + "{a: " * 20_000 + "1" + "}" * 20_000,
    "RETURN " + "CASE WHEN " * 10_000,
    "RETURN " + "[x IN " * 16_000,
    "RETURN " + "[(a)-->(b)" * 10_000,
    "RETURN " + "any(x IN l WHERE " * 5_000,
    "RETURN " + "size(" * 20_000,
    "MATCH (n) WHERE " + "EXISTS { MATCH (n) WHERE " * 4_000,
    "CALL { " * 14_000,
    "MATCH (n:" + "(" * 50_000 + "A" + ")" * 40_000 + ") RETURN n",
    "MATCH " + "(" * 90_000,
    "RETURN " + "a." * 49_000 + "b(1)",
    "'" * 99_999,
    "`" * 99_999,
    "/*" * 50_000,
    "/" * 100_000,
    "'\\" * 50_000,
    "RETURN " + "1." * 45_000,
    "\\u0027" * 16_000,
    ";" * 100_000,
]
_LONG_AND_FLAT = [
    "MATCH (n:" + "!" * 90_000 + "A) RETURN n",
    "RETURN " + "-" * 99_000 + "1",
    "RETURN " + "NOT " * 25_000 + "true",
    "RETURN 1" + " + 1" * 20_000,
    "RETURN a" + ".b" * 40_000,
    "RETURN [1" + ", 1" * 30_000 + "]",
    "MATCH (a)" + "-->(b)" * 12_000 + " RETURN a",
    "RETURN '" + "x" * 99_000 + "'",
    "RETURN true" + " AND NOT true" * 7_000,
    "RETURN 1 AS x" + " UNION RETURN 1 AS x" * 4_500,
]


@pytest.mark.parametrize("query", _LONG, ids=[query[:12] for query in _LONG])
def test_a_hostile_query_of_100_000_characters_is_answered_at_once(query: str) -> None:
    began = time.monotonic()
    with pytest.raises(QueryError):
        check_reading(query)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("query", _LONG_AND_FLAT, ids=[query[:16] for query in _LONG_AND_FLAT])
def test_a_long_query_that_only_reads_passes_in_time(query: str) -> None:
    began = time.monotonic()
    check_reading(query)
    assert time.monotonic() - began < 2


_WORDS = st.sampled_from(
    """MATCH OPTIONAL WHERE WITH UNWIND RETURN ORDER BY SKIP LIMIT UNION ALL CALL EXISTS COUNT
    COLLECT CASE WHEN THEN ELSE END IN IS NOT NULL AND OR XOR STARTS ENDS CONTAINS AS any reduce
    shortestPath YIELD DISTINCT n m r x 1 2.5 'a' "b" `c` $p ( ) [ ] { } - > < -- --> <- = <> .. *
    | , . : ; & ! % + / ^ =~ size( (n) (m) [r] {a:1} -[r]-> // /* */ TRAIL 1..3 ->""".split()
)
_WRITES = st.sampled_from(
    ["CREATE (:E)", "SET n.x = 1", "DELETE n", "MERGE (:E)", "REMOVE n.x", "LOAD CSV FROM 'x' AS y"]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_WORDS, max_size=40).map(" ".join) | st.text(max_size=60))
def test_any_text_passes_or_is_refused(query: str) -> None:
    with contextlib.suppress(QueryError):
        check_reading(query)


@settings(max_examples=200, deadline=None)
@given(st.lists(_WORDS, max_size=12).map(" ".join), _WRITES, st.sampled_from(_PASSED))
def test_no_words_between_let_a_write_through(words: str, write: str, passed: str) -> None:
    comment = "//" in words or "/*" in words or '"' in words
    query = f"{passed.rstrip('; ')}\n{words}\n{write}"
    if "//" not in passed and not comment:
        with pytest.raises(QueryError):
            check_reading(query)
