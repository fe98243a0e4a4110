import pytest

from graph.cypher import check_names, completions
from matlore.errors import QueryError


@pytest.mark.parametrize(
    "query",
    [
        "MATCH (m:Material)-[r:CONTAINS]->(e) RETURN m.formula, r.fraction, e.symbol",
        "MATCH (p:Paper)-[:MENTIONS]->(x) RETURN x.name, x.id",
        "MATCH (m:Material) WITH collect(m) AS l UNWIND l AS x RETURN x.anything",
        "MATCH (m:Material) RETURN [m IN [{x: 1}] | m.x] AS l",
        "MATCH (m:Material) WITH m.name AS m RETURN m.x",
        "MATCH (m:Material)-[:SIMILAR_TO*1..2]-(x) RETURN x.title",
        "MATCH (a:Material)-[:USED_IN|HAS_PROPERTY]->(x) RETURN x.name, x.unit",
        "MATCH (m:!Paper) WHERE m:Material|Element OR m:Model RETURN m.equation",
        "MATCH (c:Claim)-[:IN]->(:Paper) RETURN c.modality",
        "MATCH (a:Material)<-[:DOPED_WITH]-(b:Material {id: 'x'}) RETURN b",
        "CREATE (m:Material {id: 'x'}) SET m.formula = 'y' RETURN m.id",
    ],
)
def test_names_of_the_schema_pass(query: str) -> None:
    check_names(query)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("MATCH (m:Materal) RETURN m", "no label 'Materal' (line 1, column 10); did you mean Mat"),
        ("MATCH (m:material) RETURN m", "did you mean Material?"),
        ("MATCH ()-[:HASPROPERTY]->() RETURN 1", "did you mean HAS_PROPERTY"),
        ("MATCH (n) WHERE n:Papers RETURN n", "'Papers'"),
        ("CREATE (n:Papers)", "'Papers'"),
        ("MATCH (m:Material) RETURN m.fromula", "'fromula' of Material"),
        ("MATCH (m:Material {nme: 1}) RETURN m", "'nme' of Material"),
        ("MATCH ()-[r:CONTAINS {part: 1}]->() RETURN r", "'part' of CONTAINS"),
        ("MATCH (m)-[:CONTAINS]->(e) RETURN e.name", "'name' of Element"),
        ("MATCH (m:Material) WITH m AS x ORDER BY x.nme RETURN x", "'nme' of Material"),
        ("MATCH (m:Material) WHERE EXISTS { (m)-->(p:Phase) WHERE p.x = 1 } RETURN m", "'x' of"),
        ("MATCH (m:Material) RETURN [x IN m.names WHERE x = m.nam] AS l", "'nam'"),
        ("MATCH (:Element)-[:CONTAINS]->(:Material) RETURN 1", "(Material)-[:CONTAINS]->(Element)"),
        ("MATCH (:Material)-[:IN]-(:Paper) RETURN 1", "(Claim)-[:IN]->(Paper)"),
        ("MATCH (n:Material:Paper) RETURN n", "write | for either"),
    ],
)
def test_names_that_are_not_in_the_schema_are_refused(query: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        check_names(query)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("MATCH (m:Ma", ["Material"]),
        ("MATCH (m:Material|Pa", ["Paper"]),
        ("MATCH (m:Material)-[:SIM", ["SIMILAR_TO"]),
        ("MATCH (m:Material)-[r:SIMILAR_TO]->() RETURN r.", ["cosine", "vectors"]),
        ("MATCH (m:Material) WHERE m.f", ["formula", "first_year"]),
        ("MATCH (m:Material {fo", ["formula"]),
        ("MATCH (mat:Material) RETURN ma", ["mat", "MATCH", "max"]),
        ("MATCH (m) RETURN toU", ["toUpper"]),
        ("RETURN 'M", []),
        ("RETURN `no end ", []),
    ],
)
def test_completions(text: str, first: list[str]) -> None:
    assert completions(text) == first


def test_completions_of_nothing_begin_a_query() -> None:
    assert {"MATCH", "RETURN"} <= set(completions(""))
