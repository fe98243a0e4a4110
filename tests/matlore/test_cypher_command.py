"""`matlore cypher`, as it is called, on a small graph in Ladybug and on a store that is none."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import typer
from graph_samples import SAMPLE, changes, information

from graph.cookbook import CookbookQuery
from graph.stores import (
    EdgeValue,
    Login,
    NodeValue,
    PathValue,
    QueryLimits,
    Rows,
    open_store,
)
from matlore.cli import cypher
from matlore.cli.cypher_parameters import typed_value
from matlore.cli.running import run
from matlore.cli.store_options import store_and_login
from matlore.config import load_settings
from matlore.errors import QueryTimeoutError, UsageError
from matlore.pipeline.cypher_values import json_value, short_value, subgraph

Capture = pytest.CaptureFixture[str]
PBTE = NodeValue("Material", {"id": "PbTe", "n_papers": 2}, "0:1")
THERMO = NodeValue("Application", {"name": "thermoelectric"}, "1:1")
USED = EdgeValue("USED_IN", {"n_papers": 1}, "0:1", "1:1")
MATERIALS = "MATCH (m:Material) RETURN m.id AS material, m.n_papers AS n_papers ORDER BY material"


@pytest.fixture(scope="session")
def graph_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cypher")
    store = open_store(f"ladybug:{folder / 'graph'}")
    store.apply(changes(folder, added=SAMPLE), information())
    store.close()
    return folder / "graph"


@pytest.fixture
def graph(graph_folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a small graph the one that commands take."""
    address = f"ladybug:{graph_folder}"
    monkeypatch.setenv("MATLORE_STORE", address)
    return address


@dataclass
class FakeStore:
    """A store that gives one answer, and remembers what it was asked."""

    answer: Rows | Exception
    dialect: str = "neo4j"
    address: str = "neo4j://fake"
    asked: list[tuple[str, dict[str, Any], QueryLimits, bool]] = field(default_factory=list)
    closed: int = 0

    def run(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: QueryLimits = QueryLimits(),  # noqa: B008
        write: bool = False,
    ) -> Rows:
        self.asked.append((query, dict(parameters or {}), limits, write))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    store = FakeStore(Rows(("n",), [(1,), (2,)]))
    monkeypatch.setattr("graph.stores.open_store", lambda *_, **__: store)
    return store


@pytest.fixture
def small_cookbook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put one query into the cookbook."""
    entry = CookbookQuery(
        name="uses-of",
        question="What is a material used for?",
        query="MATCH (:Material {id: $material})-[:USED_IN]->(a) RETURN a.name AS application",
        parameters={"material": "PbTe"},
    )
    queries = MappingProxyType({entry.name: entry})
    monkeypatch.setattr("graph.cookbook.load_cookbook", lambda: queries)


def call(*arguments: str) -> int:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command("other")(lambda: None)
    cypher.register(app)
    return run(app, ["cypher", *arguments], name="matlore")


def as_json(capsys: Capture, *arguments: str) -> Any:
    assert call(*arguments, "--format", "json") == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("graph")
def test_json_has_columns_and_rows_as_lists(capsys: Capture) -> None:
    assert as_json(capsys, MATERIALS) == {
        "columns": ["material", "n_papers"],
        "rows": [["PbTe", 2], ["SnTe", 1], ["name:graphene", None]],
        "truncated": False,
    }


@pytest.mark.usefixtures("graph")
def test_a_table_shows_nodes_in_a_few_words(capsys: Capture) -> None:
    query = "MATCH (m:Material {id: 'PbTe'})-[:HAS]->(q:Quantity {id: 'q1'}) RETURN m, q"
    assert call(query) == 0
    out, err = capsys.readouterr()
    assert "Material PbTe" in out
    assert "Quantity 0.5 eV" in out
    assert err.startswith("1 row, ")


@pytest.mark.usefixtures("graph")
def test_jsonl_is_an_object_a_row(capsys: Capture) -> None:
    assert call(MATERIALS, "--format", "jsonl") == 0
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[0]) == {"material": "PbTe", "n_papers": 2}
    assert len(lines) == 3


@pytest.mark.usefixtures("graph")
def test_csv_holds_nodes_as_json(capsys: Capture) -> None:
    query = "MATCH (m:Material {id: 'PbTe'}) RETURN m, m.names AS names"
    assert call(query, "--format", "csv") == 0
    row = next(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert json.loads(row["m"])["properties"]["formula"] == "PbTe"
    assert row["names"] == "PbTe; TePb"


@pytest.mark.usefixtures("graph")
def test_a_graph_has_each_node_and_edge_once(capsys: Capture) -> None:
    query = "MATCH (m:Material)-[c:CONTAINS]->(e:Element) RETURN m, c, e"
    assert call(query, "--format", "graph") == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    labels = sorted(node["label"] for node in found["nodes"])
    assert labels == ["Element"] * 3 + ["Material"] * 2
    assert len(found["edges"]) == 4
    ids = {node["id"] for node in found["nodes"]}
    assert all({edge["source"], edge["target"]} <= ids for edge in found["edges"])
    assert err == ""


@pytest.mark.usefixtures("graph")
def test_a_graph_of_values_only_says_so(capsys: Capture) -> None:
    assert call(MATERIALS, "--format", "graph") == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"nodes": [], "edges": []}
    assert "no nodes and no edges" in err


@pytest.mark.usefixtures("graph")
def test_edges_without_their_ends_are_counted(capsys: Capture) -> None:
    query = "MATCH (:Material)-[c:CONTAINS]->(:Element) RETURN c"
    assert call(query, "--format", "graph") == 0
    assert "4 edges without both ends" in capsys.readouterr().err


@pytest.mark.usefixtures("graph")
def test_what_is_cut_off_is_said(capsys: Capture) -> None:
    assert call(MATERIALS, "--limit", "2", "--format", "csv") == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert err == "only the first 2 rows (--limit 0 gives all)\n"


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("arguments", [["--file", "-"], []])
def test_the_query_may_come_from_standard_input(
    arguments: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\ufeff" + MATERIALS + ";\n"))
    assert len(as_json(capsys, *arguments)["rows"]) == 3


@pytest.mark.usefixtures("graph")
def test_the_query_may_come_from_a_file(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "query.cypher"
    file.write_text(f"// all of them\n{MATERIALS}", encoding="utf-8-sig")
    assert len(as_json(capsys, "--file", str(file))["rows"]) == 3


@pytest.mark.usefixtures("graph")
def test_parameters_are_json_or_text(capsys: Capture) -> None:
    query = "MATCH (m:Material) WHERE m.id IN $ids AND m.n_papers > $least RETURN m.id AS id"
    given = ["--param", 'ids=["PbTe", "SnTe"]', "-p", "$least=1"]
    assert as_json(capsys, query, *given)["rows"] == [["PbTe"]]


@pytest.mark.usefixtures("graph")
def test_a_parameter_is_never_query_text(capsys: Capture) -> None:
    attack = "x'}) MATCH (n) RETURN n //"
    query = "MATCH (m:Material {id: $id}) RETURN m.id AS id"
    assert as_json(capsys, query, "--param", f"id={attack}")["rows"] == []


@pytest.mark.usefixtures("graph")
def test_single_parameters_beat_those_of_the_file(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "parameters.json"
    file.write_text('{"id": "SnTe"}', encoding="utf-8")
    query = "MATCH (m:Material {id: $id}) RETURN m.id AS id"
    assert as_json(capsys, query, "--params-file", str(file))["rows"] == [["SnTe"]]
    more = ["--params-file", str(file), "--param", "id=PbTe"]
    assert as_json(capsys, query, *more)["rows"] == [["PbTe"]]


@pytest.mark.usefixtures("graph")
def test_a_missing_parameter_is_named(capsys: Capture) -> None:
    assert call("MATCH (m:Material {id: $material}) RETURN m") == 2
    assert "$material" in capsys.readouterr().err


@pytest.mark.usefixtures("graph")
def test_a_parameter_too_many_is_noted(capsys: Capture) -> None:
    assert call(MATERIALS, "--param", "year=2001", "--format", "csv") == 0
    assert capsys.readouterr().err == "not in the query: parameter year\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["RETURN 1", "--param", "noequals"], "NAME=VALUE"),
        (["RETURN 1", "-p", "a=1", "-p", "a=2"], "given twice"),
        (["RETURN 1", "--cookbook"], "only one of"),
        (["RETURN 1", "--file", "x"], "only one of"),
        (["  "], "is empty"),
        (["RETURN 1", "--store", "sqlite:x"], "no store of graphs"),
        (["RETURN 1", "--store", "bolt://me:secret@host"], "MATLORE_NEO4J_PASSWORD"),
        (["RETURN 1", "--limit", "-1"], "--limit"),
        (["RETURN 1", "--format", "xml"], "--format"),
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], said: str, capsys: Capture) -> None:
    assert call(*arguments) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "secret" not in err


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"[1]", b"{"])
def test_a_file_of_parameters_that_cannot_be_read(
    content: bytes | None, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "parameters.json"
    if content is not None:
        file.write_bytes(content)
    assert call("RETURN 1", "--params-file", str(file)) == 1
    assert str(file) in capsys.readouterr().err


def test_a_missing_query_file_is_named(capsys: Capture) -> None:
    assert call("--file", "nowhere.cypher") == 1
    assert "nowhere.cypher" in capsys.readouterr().err


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("CREATE (m:Material {id: 'X'}) RETURN m", "--write"),
        ("MATCH (m:Material) DETACH DELETE m", "--write"),
        ("COPY (MATCH (m:Material) RETURN m.id) TO 'stolen.csv'", "--write"),
        ("LOAD FROM '/etc/passwd' RETURN *", "--write"),
        ("MATCH (m:Materiel) RETURN m", "Material"),
        ("MATCH (m:Material) RETURN m.n_paper", "n_papers"),
        ("MATCH (m:Material", ""),
    ],
)
def test_a_query_that_is_refused_exits_1(
    query: str, said: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(query) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert "unexpected" not in err
    assert said in err
    assert not (tmp_path / "stolen.csv").exists()


@pytest.mark.usefixtures("graph")
def test_a_query_that_never_ends_is_stopped(capsys: Capture) -> None:
    query = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b) AS s"
    assert call(query, "--timeout", "0.3") == 1
    assert "--timeout" in capsys.readouterr().err
    assert len(as_json(capsys, MATERIALS)["rows"]) == 3


def test_a_home_without_graph_says_what_makes_one(capsys: Capture) -> None:
    assert call("RETURN 1 AS n") == 1
    assert "matlore graph load" in capsys.readouterr().err


def test_write_changes_the_graph(tmp_path: Path, capsys: Capture) -> None:
    store = open_store(f"ladybug:{tmp_path / 'graph'}")
    store.apply(changes(tmp_path, added=SAMPLE), information())
    store.close()
    where = ["--store", f"ladybug:{tmp_path / 'graph'}"]
    assert call("CREATE (:Material {id: 'GeTe'})", "--write", *where) == 0
    capsys.readouterr()
    assert len(as_json(capsys, MATERIALS, *where)["rows"]) == 4


def test_a_query_that_only_reads_never_writes(fake: FakeStore) -> None:
    assert call("MATCH (m:Material) RETURN m.id AS n", "--write") == 0
    assert call("MATCH (m:Material) DETACH DELETE m", "--write") == 0
    assert [write for *_, write in fake.asked] == [False, True]


def test_limits_are_handed_on(fake: FakeStore) -> None:
    assert call("RETURN 1 AS n") == 0
    assert call("RETURN 1 AS n", "--limit", "0", "--timeout", "0") == 0
    assert [limits for _, _, limits, _ in fake.asked] == [
        QueryLimits(1000, 60.0),
        QueryLimits(None, None),
    ]


def test_the_store_is_closed_after_an_error(fake: FakeStore, capsys: Capture) -> None:
    fake.answer = QueryTimeoutError("stopped after 1 s")
    assert call("RETURN 1 AS n") == 1
    assert capsys.readouterr().err == "Error: stopped after 1 s\n"
    assert fake.closed


def test_neo4j_gets_the_query_as_it_is(fake: FakeStore) -> None:
    query = "MATCH (m:Material)-[r]->(a:Application) RETURN type(r) AS n"
    assert call(query) == 0
    assert fake.asked[0][0] == query


@pytest.mark.usefixtures("graph")
def test_the_translation_can_be_seen(capsys: Capture) -> None:
    query = "MATCH (m:Material)-[r]->(a:Application) RETURN type(r) AS type"
    assert call(query, "--explain-translation") == 0
    assert "label(r)" in capsys.readouterr().out
    assert call(query, "--explain-translation", "--store", "bolt://127.0.0.1:1") == 0
    assert capsys.readouterr().out == query + "\n"
    assert as_json(capsys, query)["rows"] == [["USED_IN"]]


@pytest.mark.usefixtures("graph", "small_cookbook")
def test_the_cookbook_is_listed_shown_and_run(capsys: Capture) -> None:
    assert call("--cookbook", "--format", "jsonl") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "uses-of"
    assert call("--show", "uses-of") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("// What is a material used for?\n// --param material=")
    assert as_json(capsys, "--named", "uses-of")["rows"] == [["thermoelectric"]]
    assert as_json(capsys, "--named", "uses-of", "--param", "material=SnTe")["rows"] == []
    assert as_json(capsys, shown, "--param", "material=PbTe")["rows"] == [["thermoelectric"]]


@pytest.mark.usefixtures("small_cookbook")
def test_an_unknown_name_gives_near_ones(capsys: Capture) -> None:
    assert call("--named", "uses-off") == 1
    assert "uses-of" in capsys.readouterr().err


def test_columns_of_one_name_are_kept_apart(fake: FakeStore, capsys: Capture) -> None:
    fake.answer = Rows(("n", "n"), [(1, 2)])
    assert call("RETURN 1 AS n", "--format", "jsonl") == 0
    assert json.loads(capsys.readouterr().out) == {"n": 1, "n_2": 2}


def test_a_closed_pipe_is_quiet(graph: str, tmp_path: Path) -> None:
    query = "UNWIND range(1, 200000) AS n RETURN n"
    words = [sys.executable, "-m", "matlore", "cypher", query, "--limit", "0", "--format", "csv"]
    process = subprocess.Popen(
        [*words, "--store", graph],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.readline() == "n\n"
        process.stdout.close()
        assert process.stderr.read() == ""


def test_help_opens_no_store() -> None:
    code = (
        "import sys\nfrom matlore.cli import main\nmain(['cypher', '--help'])\n"
        "heavy = {'ladybug', 'neo4j', 'duckdb', 'pyarrow', 'numpy', 'prompt_toolkit', 'rich'}\n"
        "sys.exit(','.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "--explain-translation" in done.stdout


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("2.5", 2.5),
        ('"3"', "3"),
        ("true", True),
        ("null", None),
        ("PbTe", "PbTe"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("", ""),
        ("[1, 2", "[1, 2"),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_a_value_is_json_or_else_text(text: str, value: object) -> None:
    assert typed_value(text) == value


def test_settings_say_where_and_how(monkeypatch: pytest.MonkeyPatch) -> None:
    assert store_and_login(None, None) == (None, Login())
    for name, value in {
        "STORE": "bolt://here",
        "NEO4J_USER": "me",
        "NEO4J_PASSWORD": "12345",
        "NEO4J_DATABASE": "matter",
        "NEO4J_CERTIFICATE": "/ca.pem",
    }.items():
        monkeypatch.setenv(f"MATLORE_{name}", value)
    login = Login("me", "12345", "matter", Path("/ca.pem"))
    assert store_and_login(None, None) == ("bolt://here", login)
    assert store_and_login("ladybug:x", None)[0] == "ladybug:x"
    assert "12345" not in repr(load_settings())


def test_a_password_in_an_address_is_refused() -> None:
    with pytest.raises(UsageError, match="NEO4J_PASSWORD") as caught:
        store_and_login("neo4j+s://me:hidden@host:7687/x", None)
    assert "hidden" not in str(caught.value)


def test_values_in_json_are_the_same_from_every_store() -> None:
    other = PathValue(
        (NodeValue("Material", {"id": "PbTe"}, "a"), NodeValue("Application", {}, "b")),
        (EdgeValue("USED_IN", {}, "a", "b"),),
    )
    assert json_value(other)["edges"] == [
        {"type": "USED_IN", "properties": {}, "source": 0, "target": 1}
    ]
    assert json_value([float("nan"), date(2020, 1, 2), {"n": PBTE}]) == [
        None,
        "2020-01-02",
        {"n": {"label": "Material", "properties": {"id": "PbTe", "n_papers": 2}}},
    ]


def test_a_path_is_drawn_as_in_cypher() -> None:
    snte = NodeValue("Material", {"id": "SnTe"}, "0:2")
    back = EdgeValue("USED_IN", {}, "0:2", "1:1")
    path = PathValue((PBTE, THERMO, snte), (USED, back))
    drawn = "Material PbTe -USED_IN-> Application thermoelectric <-USED_IN- Material SnTe"
    assert short_value(path) == drawn


def test_long_lists_are_cut_in_tables() -> None:
    assert short_value(list(range(8))) == "0, 1, 2, 3, 4, … 3 more"
    assert short_value(USED) == "USED_IN {n_papers: 1}"
    assert short_value(None) is None


def test_a_subgraph_finds_what_is_nested() -> None:
    path = PathValue((PBTE, THERMO), (USED,))
    found = subgraph([(PBTE, [THERMO, PBTE]), ({"p": path}, USED)])
    assert [node["id"] for node in found["nodes"]] == ["0:1", "1:1"]
    assert found["edges"] == [
        {"type": "USED_IN", "source": "0:1", "target": "1:1", "properties": {"n_papers": 1}}
    ]
