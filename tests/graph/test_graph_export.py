import csv
import importlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest

from graph.documentation import schema_markdown, schema_rows
from graph.export import BASE, ExportFormat, ExportReport, export_graph
from graph.schema import SCHEMA, SCHEMA_VERSION
from graph.stores import GraphChanges, GraphInfo, QueryLimits, Rows, open_store
from graph.tables import GraphFolder, GraphTable, arrow_schema, graph_tables
from matlore.errors import GraphError, InputError, NotFoundError, UsageError
from matlore.progress import Progress, no_progress

nx: Any = importlib.import_module("networkx")  # it has no types of its own

FREE, CLOSED = "CC0-1.0", "all rights reserved"
ODD = 'tab\t "quoted" <b>&amp; back\\slash\nδ 😀 \x01\x7f'
TABLES = {table.name: table for table in graph_tables()}

GRAPH: dict[str, list[dict[str, Any]]] = {
    "Paper": [
        {"id": "doi:10.1/a", "title": ODD, "year": 2001, "license": FREE, "retracted": False},
        {"id": "doi:10.1/b", "date": date(2002, 3, 4), "year": 2002, "license": CLOSED},
        {"id": "doi:10.1/c", "year": 2003, "license": FREE, "relevance": 0.5},
        {"id": "doi:10.1/d", "year": 1999},
    ],
    "Material": [
        {"id": "PbTe", "formula": "PbTe", "name": "PbTe", "names": ["PbTe", "TePb"],
         "n_papers": 4, "first_year": 1999},
        {"id": "name:graphene", "name": "Graphene", "names": ["Graphene"], "n_papers": 1},
        {"id": "SnTe", "formula": "SnTe", "name": "SnTe", "names": [], "n_papers": 1},
        {"id": "Si", "formula": "Si", "name": "silicon"},
    ],
    "Element": [{"symbol": "Pb"}, {"symbol": "Si"}, {"symbol": "Sn"}, {"symbol": "Te"}],
    "Property": [
        {"name": "band gap", "unit": "eV", "lower": 0.0, "synonyms": ["bandgap", 'e "g"'],
         "in_vocabulary": True, "n_papers": 2},
        {"name": "zT", "upper": math.inf, "n_papers": 1},
    ],
    "Application": [{"name": "thermoelectric", "n_papers": 4}],
    "Phase": [{"name": "band gap", "n_papers": 1}],
    "Quantity": [
        {"id": "q1", "value": 0.3, "unit": "eV", "conditions": ["temperature = 300 K"],
         "license": FREE},
        {"id": "q2", "value": 1e22, "unit": "1", "license": CLOSED},
        {"id": "q3", "value": 1.1, "unit": "eV", "source": "notebook", "license": FREE},
        {"id": "q4", "value": 1.2, "unit": "eV", "source": "notebook"},
        {"id": "q5", "value": 5.0, "unit": "1", "kind": "derived"},
        {"id": "q6", "value": 6.0, "unit": "1", "kind": "derived"},
        {"id": "q7", "value": 7.0, "unit": "1", "kind": "derived", "license": FREE},
    ],
    "Claim": [
        {"id": "c1", "type": "USED_IN", "modality": "observed", "score": 0.5, "license": FREE},
        {"id": "c2", "type": "USED_IN", "modality": "observed", "score": 0.9, "license": CLOSED},
        {"id": "c3", "type": "USED_IN", "modality": "computed", "score": 0.8, "license": FREE},
        {"id": "c4", "type": "USED_IN", "modality": "denied", "score": 0.9, "license": FREE},
        {"id": "c5", "type": "USED_IN", "modality": "observed", "score": 0.9, "license": FREE},
    ],
    "Model": [{"name": "wiedemann-franz", "kind": "equation"}],
    "MENTIONS.Paper.Material": [
        {"from": "doi:10.1/a", "to": "PbTe", "count": 2, "spans": [0, 4, 9, 13]},
        {"from": "doi:10.1/b", "to": "PbTe", "count": 1, "spans": [0, 4]},
        {"from": "doi:10.1/b", "to": "SnTe", "count": 1, "spans": [5, 9]},
        {"from": "doi:10.1/c", "to": "name:graphene", "count": 1, "spans": []},
    ],
    "MENTIONS.Paper.Property": [{"from": "doi:10.1/b", "to": "band gap", "count": 1}],
    "MENTIONS.Paper.Phase": [{"from": "doi:10.1/b", "to": "band gap", "count": 1}],
    "CONTAINS.Material.Element": [
        {"from": "PbTe", "to": "Pb", "fraction": 0.5},
        {"from": "PbTe", "to": "Te", "fraction": 0.5},
        {"from": "SnTe", "to": "Sn", "fraction": 0.5},
        {"from": "Si", "to": "Si", "fraction": 1.0},
    ],
    "HAS.Material.Quantity": [
        *({"from": "PbTe", "to": f"q{n}"} for n in (1, 2, 5, 6, 7)),
        {"from": "Si", "to": "q3"},
        {"from": "Si", "to": "q4"},
    ],
    "OF.Quantity.Property": [
        {"from": "q1", "to": "band gap"},
        {"from": "q2", "to": "zT"},
        {"from": "q3", "to": "band gap"},
    ],
    "REPORTED_IN.Quantity.Paper": [
        {"from": "q1", "to": "doi:10.1/a", "spans": [1, 2]},
        {"from": "q2", "to": "doi:10.1/b", "spans": [1, 2]},
    ],
    "USES.Quantity.Quantity": [
        {"from": "q5", "to": "q1"},
        {"from": "q6", "to": "q5"},
        {"from": "q6", "to": "q2"},
        {"from": "q7", "to": "q6"},
    ],
    "SUBJECT.Claim.Material": [{"from": f"c{n}", "to": "PbTe"} for n in range(1, 6)],
    "OBJECT.Claim.Application": [{"from": f"c{n}", "to": "thermoelectric"} for n in range(1, 6)],
    "IN.Claim.Paper": [
        {"from": "c1", "to": "doi:10.1/a", "spans": [0, 4]},
        {"from": "c2", "to": "doi:10.1/b", "spans": [0, 4]},
        {"from": "c3", "to": "doi:10.1/c", "spans": [0, 4]},
        {"from": "c4", "to": "doi:10.1/a", "spans": [0, 4]},
        {"from": "c5", "to": "doi:10.1/d", "spans": [0, 4]},
    ],
    "USED_IN.Material.Application": [
        {"from": "PbTe", "to": "thermoelectric", "n_papers": 4, "first_year": 1999, "score": 0.99}
    ],
    "CANDIDATE_FOR.Material.Application": [
        {"from": "SnTe", "to": "thermoelectric", "score": 0.25, "rank": 1, "known": True}
    ],
    "DOPED_WITH.Material.Material": [{"from": "PbTe", "to": "SnTe", "n_papers": 1}],
    "SIMILAR_TO.Material.Material": [{"from": "PbTe", "to": "SnTe", "cosine": 0.75}],
}  # fmt: skip


class FolderStore:
    """A store that answers from a folder of tables."""

    dialect = "none"
    address = "memory"

    def __init__(self, folder: GraphFolder, info: GraphInfo | None) -> None:
        self._folder = folder
        self._info = info

    def info(self) -> GraphInfo | None:
        return self._info

    def run(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: QueryLimits | None = None,
        write: bool = False,
    ) -> Rows:
        raise NotImplementedError

    def apply(
        self, changes: GraphChanges, info: GraphInfo, *, progress: Progress = no_progress
    ) -> None:
        raise NotImplementedError

    def clear(self) -> None:
        raise NotImplementedError

    def counts(self) -> dict[str, int]:
        return self._folder.counts()

    def batches(self, table: GraphTable) -> Iterator[pa.RecordBatch]:
        return self._folder.batches(table, size=2)

    def close(self) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    folder = GraphFolder(tmp_path / "tables")
    for name, given in GRAPH.items():
        table = TABLES[name]
        schema = arrow_schema(table)
        full = [{column: row.get(column) for column in schema.names} for row in given]
        keys = [(key, "ascending") for key in table.keys]
        folder.write(table, pa.Table.from_pylist(full, schema).sort_by(keys))
    return FolderStore(folder, GraphInfo("load", SCHEMA_VERSION, "2020-01-01"))


def is_free(license: str | None) -> bool:
    return license == FREE


def row(name: str, **keys: str) -> dict[str, Any]:
    (found,) = (one for one in GRAPH[name] if keys.items() <= one.items())
    return found


# Formats.


def test_graphml_is_read_by_networkx(store: FolderStore, tmp_path: Path) -> None:
    report = export_graph(store, tmp_path / "g.graphml", format="graphml")
    graph = nx.read_graphml(tmp_path / "g.graphml")
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (report.nodes, report.edges)
    assert (report.nodes, report.edges) == counted(GRAPH)
    paper = graph.nodes["Paper:doi:10.1/a"]
    assert paper["title"] == ODD.replace("\x01", "\ufffd")
    assert (paper["year"], paper["retracted"], paper["label"]) == (2001, False, "Paper")
    assert "venue" not in paper
    assert graph.nodes["Paper:doi:10.1/b"]["date"] == "2002-03-04"
    assert json.loads(graph.nodes["Property:band gap"]["synonyms"]) == ["bandgap", 'e "g"']
    assert graph.nodes["Phase:band gap"]["label"] == "Phase"
    assert graph.nodes["Property:zT"]["upper"] == math.inf
    (edge,) = graph.get_edge_data("Paper:doi:10.1/a", "Material:PbTe").values()
    assert edge == {"type": "MENTIONS", "count": 2, "spans": "[0, 4, 9, 13]"}
    both = graph.get_edge_data("Material:PbTe", "Material:SnTe").values()
    assert [one["type"] for one in both] == ["DOPED_WITH", "SIMILAR_TO"]


def test_node_link_is_read_by_networkx(store: FolderStore, tmp_path: Path) -> None:
    export_graph(store, tmp_path / "g.json", format="node-link")
    data = json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))
    graph = nx.node_link_graph(data, edges="edges")
    assert (graph.number_of_nodes(), graph.number_of_edges()) == counted(GRAPH)
    paper = graph.nodes["Paper:doi:10.1/a"]
    assert (paper["key"], paper["title"], paper["label"]) == ("doi:10.1/a", ODD, "Paper")
    edge = graph.edges["Paper:doi:10.1/a", "Material:PbTe", "MENTIONS"]
    assert edge == {"type": "MENTIONS", "count": 2, "spans": [0, 4, 9, 13]}


def test_csv_has_a_file_for_each_table_with_rows(store: FolderStore, tmp_path: Path) -> None:
    export_graph(store, tmp_path / "tables-out", format="csv")
    files = {path.stem for path in (tmp_path / "tables-out").iterdir()}
    assert files == set(GRAPH)
    papers = read_csv(tmp_path / "tables-out" / "Paper.csv")
    assert papers[0]["title"] == ODD
    assert (papers[0]["venue"], papers[1]["date"]) == ("", "2002-03-04")
    assert (papers[0]["retracted"], papers[2]["relevance"]) == ("false", "0.5")
    mentions = read_csv(tmp_path / "tables-out" / "MENTIONS.Paper.Material.csv")
    assert [*mentions[0]] == ["from", "to", "count", "spans"]
    assert json.loads(mentions[0]["spans"]) == [0, 4, 9, 13]
    material = read_csv(tmp_path / "tables-out" / "Material.csv")
    assert [one["names"] for one in material if one["id"] in ("SnTe", "Si")] == ["", "[]"]


def test_ntriples_follow_the_grammar(store: FolderStore, tmp_path: Path) -> None:
    export_graph(store, tmp_path / "g.nt", format="ntriples")
    triples = read_ntriples(tmp_path / "g.nt")
    paper, schema = f"{BASE}paper/doi%3A10.1%2Fa", f"{BASE}schema/"
    assert (paper, f"{schema}title", ODD, None) in triples
    assert (paper, f"{schema}year", "2001", f"{XSD}integer") in triples
    assert (paper, f"{RDF}type", f"{schema}Paper", "iri") in triples
    graphene = f"{BASE}material/name%3Agraphene"
    assert (f"{BASE}paper/doi%3A10.1%2Fc", f"{schema}MENTIONS", graphene, "iri") in triples
    gap = f"{BASE}property/band%20gap"
    assert (gap, f"{schema}synonyms", 'e "g"', None) in triples
    assert (f"{BASE}property/zT", f"{schema}upper", "INF", f"{XSD}double") in triples
    statement = next(s for s, p, o, _ in triples if p == f"{schema}count" and o == "2")
    assert (statement, f"{RDF}subject", paper, "iri") in triples
    assert (statement, f"{RDF}predicate", f"{schema}MENTIONS", "iri") in triples
    assert (statement, f"{schema}spans", "[0, 4, 9, 13]", f"{RDF}JSON") in triples
    assert not any(p == f"{RDF}predicate" and o == f"{schema}HAS" for _, p, o, _ in triples)


def test_a_base_of_ones_own(store: FolderStore, tmp_path: Path) -> None:
    export_graph(store, tmp_path / "g.nt", format="ntriples", base="urn:x:")
    assert "<urn:x:material/PbTe> <urn:x:schema/formula> " in (tmp_path / "g.nt").read_text()
    for base in ("no base", "https://x.org", "https://x.org/ y/", "https://x.org/<"):
        with pytest.raises(UsageError, match="is no base"):
            export_graph(store, tmp_path / "other.nt", format="ntriples", base=base)


def test_jsonld_is_json_with_a_context(store: FolderStore, tmp_path: Path) -> None:
    export_graph(store, tmp_path / "g.jsonld", format="jsonld")
    data = json.loads((tmp_path / "g.jsonld").read_text(encoding="utf-8"))
    found = {one["@id"]: one for one in data["@graph"] if one.get("@type") == "Material"}
    assert found["material/PbTe"]["names"] == ["PbTe", "TePb"]
    assert data["@context"]["@base"] == BASE
    assert {"@id": "material/Si", "HAS": "quantity/q3"} in data["@graph"]


# rdflib's own reader of JSON-LD uses what rdflib says not to use.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_both_kinds_of_rdf_say_the_same(store: FolderStore, tmp_path: Path) -> None:
    rdflib = pytest.importorskip("rdflib")
    export_graph(store, tmp_path / "g.nt", format="ntriples")
    export_graph(store, tmp_path / "g.jsonld", format="jsonld")
    first = rdflib.Graph().parse(tmp_path / "g.nt", format="nt")
    second = rdflib.Graph().parse(tmp_path / "g.jsonld", format="json-ld")
    assert {tuple(map(plain_term, t)) for t in first} == {tuple(map(plain_term, t)) for t in second}


@pytest.mark.parametrize("format", get_args(ExportFormat))
def test_an_empty_graph_can_be_written(tmp_path: Path, format: ExportFormat) -> None:
    store = FolderStore(
        GraphFolder(tmp_path / "nothing"), GraphInfo("load", SCHEMA_VERSION, "2020-01-01")
    )
    report = export_graph(store, tmp_path / "out", format=format)
    assert (report.nodes, report.edges) == (0, 0)
    if format == "graphml":
        assert len(nx.read_graphml(tmp_path / "out")) == 0
    elif format in ("node-link", "jsonld"):
        assert json.loads((tmp_path / "out").read_text())
    elif format == "ntriples":
        assert (tmp_path / "out").read_text() == ""


@pytest.mark.parametrize("format", get_args(ExportFormat))
def test_the_same_graph_gives_the_same_bytes(
    store: FolderStore, tmp_path: Path, format: ExportFormat
) -> None:
    for name in ("first", "second"):
        export_graph(store, tmp_path / name, format=format)
    assert content(tmp_path / "first") == content(tmp_path / "second")


def test_a_real_store_gives_the_same(store: FolderStore, tmp_path: Path) -> None:
    folder = GraphFolder(tmp_path / "tables")
    nothing = GraphFolder(tmp_path / "nothing")
    opened = open_store(f"ladybug:{tmp_path / 'graph'}")
    try:
        opened.apply(
            GraphChanges(folder, nothing, nothing), GraphInfo("load", SCHEMA_VERSION, "2020-01-01")
        )
        export_graph(opened, tmp_path / "theirs", format="csv")
    finally:
        opened.close()
    export_graph(store, tmp_path / "ours", format="csv")
    assert content(tmp_path / "theirs") == content(tmp_path / "ours")


# Targets.


@pytest.mark.parametrize("format", ["graphml", "csv"])
def test_what_is_there_is_replaced_only_when_asked(
    store: FolderStore, tmp_path: Path, format: ExportFormat
) -> None:
    target = tmp_path / "out"
    export_graph(store, target, format=format, labels=["Element"])
    before = content(target)
    with pytest.raises(InputError, match="is there already"):
        export_graph(store, target, format=format)
    assert content(target) == before
    export_graph(store, target, format=format, overwrite=True)
    assert content(target) != before
    assert not list(tmp_path.glob(".*.tmp"))


def test_no_folder_is_replaced_that_is_no_export(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(InputError, match="no folder of an earlier export"):
        export_graph(store, tmp_path / "mine", format="csv", overwrite=True)
    with pytest.raises(InputError, match="is no file"):
        export_graph(store, tmp_path / "mine", format="graphml", overwrite=True)
    assert (tmp_path / "mine" / "thesis.tex").exists()


@pytest.mark.parametrize("format", get_args(ExportFormat))
@pytest.mark.parametrize("allowed", [None, is_free])
def test_what_fails_leaves_nothing(
    store: FolderStore,
    tmp_path: Path,
    format: ExportFormat,
    allowed: Callable[[str | None], bool] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = store.batches

    def failing(table: GraphTable) -> Iterator[pa.RecordBatch]:
        yield from batches(table)
        if table.name == "Claim":
            raise GraphError("the server went away")

    monkeypatch.setattr(store, "batches", failing)
    with pytest.raises(GraphError, match="went away"):
        export_graph(store, tmp_path / "out", format=format, allowed=allowed)
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]


def test_a_target_that_cannot_be_written(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        export_graph(store, tmp_path / "file" / "out", format="csv")


def test_graphs_that_are_not_there(tmp_path: Path) -> None:
    folder = GraphFolder(tmp_path / "nothing")
    with pytest.raises(NotFoundError, match="no graph yet"):
        export_graph(FolderStore(folder, None), tmp_path / "out", format="csv")
    half = FolderStore(folder, GraphInfo("load", SCHEMA_VERSION, "2020-01-01", pending="other"))
    with pytest.raises(GraphError, match="a load is not complete"):
        export_graph(half, tmp_path / "out", format="csv")


def test_formats_and_labels_that_are_not_there(store: FolderStore, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format of graphs: 'gexf'"):
        export_graph(store, tmp_path / "out", format="gexf")  # type: ignore[arg-type]
    for labels in (["Materials"], []):
        with pytest.raises(UsageError, match="no such label"):
            export_graph(store, tmp_path / "out", format="csv", labels=labels)


def test_some_labels_and_the_edges_between_them(store: FolderStore, tmp_path: Path) -> None:
    report = export_graph(store, tmp_path / "o", format="csv", labels=["Material", "Element"])
    between = {"CONTAINS.Material.Element", "DOPED_WITH.Material.Material"}
    between.add("SIMILAR_TO.Material.Material")
    assert set(report.rows) == {"Material", "Element"} | between
    assert report.left_out == {}


def test_progress_counts_all_rows(store: FolderStore, tmp_path: Path) -> None:
    done, totals = [0], list[int | None]()

    def progress(n: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        done[0] += n
        totals.append(total)

    report = export_graph(store, tmp_path / "o", format="ntriples", progress=progress)
    assert done[0] == totals[0] == report.nodes + report.edges


# Licences.


@pytest.fixture
def free(
    store: FolderStore, tmp_path: Path
) -> tuple[dict[str, list[dict[str, Any]]], ExportReport]:
    """Export what is free, and return it by table."""
    report = export_graph(store, tmp_path / "free", format="csv", allowed=is_free)
    return {path.stem: read_csv(path) for path in (tmp_path / "free").iterdir()}, report


Free = tuple[dict[str, list[dict[str, Any]]], ExportReport]


def keys_of(free: Free, name: str) -> list[str]:
    return [one[TABLES[name].keys[0]] for one in free[0].get(name, [])]


def test_papers_and_facts_go_by_their_licences(free: Free) -> None:
    assert keys_of(free, "Paper") == ["doi:10.1/a", "doi:10.1/c"]
    # c5 is free, but its paper is not.
    assert keys_of(free, "Claim") == ["c1", "c3", "c4"]
    # q4 is of one's own and has no licence; q6 was computed from q2, and q7 from q6.
    assert keys_of(free, "Quantity") == ["q1", "q3", "q5"]


def test_what_only_others_mention_goes(free: Free) -> None:
    assert keys_of(free, "Material") == ["PbTe", "Si", "name:graphene"]
    assert keys_of(free, "Property") == ["band gap"]
    assert keys_of(free, "Application") == ["thermoelectric"]
    assert keys_of(free, "Phase") == []
    assert keys_of(free, "Element") == ["Pb", "Si", "Te"]
    assert keys_of(free, "Model") == ["wiedemann-franz"]


def test_no_edge_is_without_an_end(free: Free) -> None:
    tables, _ = free
    for name, edges in tables.items():
        if "." in name:
            _, source, target = name.split(".")
            assert {one["from"] for one in edges} <= {*keys_of(free, source)}
            assert {one["to"] for one in edges} <= {*keys_of(free, target)}


def test_counts_are_of_what_stays(free: Free) -> None:
    tables, _ = free
    (used,) = tables["USED_IN.Material.Application"]
    assert (used["n_papers"], used["first_year"]) == ("2", "2001")
    assert float(used["score"]) == pytest.approx(0.9)
    material = {one["id"]: one for one in tables["Material"]}
    assert (material["PbTe"]["n_papers"], material["PbTe"]["first_year"]) == ("2", "2001")
    assert (material["Si"]["n_papers"], material["Si"]["first_year"]) == ("0", "")
    assert (tables["Property"][0]["n_papers"], tables["Property"][0]["lower"]) == ("1", "0")


def test_spellings_whose_papers_are_not_known_go(free: Free) -> None:
    material = {one["id"]: one for one in free[0]["Material"]}
    assert (material["name:graphene"]["name"], material["Si"]["name"]) == ("graphene", "Si")
    assert {one["names"] for one in material.values()} == {""}


def test_what_vectors_say_goes(free: Free) -> None:
    assert "CANDIDATE_FOR.Material.Application" not in free[0]
    assert "SIMILAR_TO.Material.Material" not in free[0]


def test_what_was_left_out_is_told(free: Free) -> None:
    tables, report = free
    assert report.rows == {name: len(given) for name, given in tables.items()}
    expected = {name: len(given) - len(tables.get(name, [])) for name, given in GRAPH.items()}
    assert report.left_out == {name: n for name, n in expected.items() if n}


def test_nothing_is_free(store: FolderStore, tmp_path: Path) -> None:
    report = export_graph(store, tmp_path / "g.nt", format="ntriples", allowed=lambda _: False)
    assert report.rows == {"Model": 1, "Property": 1}


def test_licence_and_labels(store: FolderStore, tmp_path: Path) -> None:
    report = export_graph(store, tmp_path / "o", format="csv", labels=["Material"], allowed=is_free)
    assert report.rows == {"Material": 3}
    edges = {"DOPED_WITH.Material.Material": 1, "SIMILAR_TO.Material.Material": 1}
    assert report.left_out == {"Material": 1, **edges}


# Documentation.


def test_the_schema_in_rows() -> None:
    rows = schema_rows()
    assert [one.name for one in rows] == [*SCHEMA.node_types, *SCHEMA.edge_types]
    mentions = next(one for one in rows if one.name == "MENTIONS")
    assert mentions.ends.startswith("(Paper) → (Material | Property | ")
    assert mentions.properties == ("count: integer", "spans: integers")


def test_the_schema_in_markdown() -> None:
    text = schema_markdown()
    declared = [one.properties for one in SCHEMA.nodes] + [one.properties for one in SCHEMA.edges]
    for said in (said for properties in declared for said in properties):
        assert f"`{said.name}`" in text
    assert "### `Material`" in text
    assert "| **`id`** | text, key | formula in normal form, or name:… or family:… |" in text
    assert "`(Material) → (Element)`: has in its composition." in text
    columns = {line.count(" | ") for line in text.splitlines() if line.startswith("| ")}
    assert columns == {2}


# Readers.

XSD, RDF = "http://www.w3.org/2001/XMLSchema#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IRI = r'<([A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*)>'
LITERAL = r'"((?:[^\x22\x5C\x0A\x0D]|\\[tbnrf"\'\\]|\\u[0-9A-F]{4})*)"'
TRIPLE = re.compile(rf"{IRI} {IRI} (?:{IRI}|{LITERAL}(?:\^\^{IRI})?) \.")
Triple = tuple[str, str, str, str | None]


def read_ntriples(path: Path) -> set[Triple]:
    """Read N-Triples by the grammar of RDF 1.1: IRIs and literals with types."""
    text = path.read_text(encoding="utf-8")
    return {as_triple(line) for line in text.removesuffix("\n").split("\n")}


def as_triple(line: str) -> Triple:
    match = TRIPLE.fullmatch(line)
    assert match is not None, line
    subject, predicate, iri, literal, type = match.groups()
    if iri is not None:
        return subject, predicate, iri, "iri"
    return subject, predicate, re.sub(r"\\(u[0-9A-F]{4}|.)", unescaped, literal), type


def unescaped(match: re.Match[str]) -> str:
    sign = match.group(1)
    if sign.startswith("u"):
        return chr(int(sign[1:], 16))
    return {"t": "\t", "n": "\n", "r": "\r"}.get(sign, sign)


def plain_term(term: Any) -> tuple[str, ...]:
    """Return an IRI, or a literal by its value: 1e22 and 1.0E22 are one number."""
    datatype = getattr(term, "datatype", None)
    if datatype is None:
        return (str(term),)
    if str(datatype).endswith("#double"):
        return (repr(float(term)), str(datatype))
    if str(datatype).endswith("#JSON"):
        return (json.dumps(json.loads(str(term))), str(datatype))
    return (str(term), str(datatype))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def content(path: Path) -> dict[str, bytes]:
    files = [*path.iterdir()] if path.is_dir() else [path]
    return {file.name if path.is_dir() else "": file.read_bytes() for file in files}


def counted(graph: dict[str, list[dict[str, Any]]]) -> tuple[int, int]:
    nodes = sum(len(given) for name, given in graph.items() if "." not in name)
    return nodes, sum(len(given) for name, given in graph.items() if "." in name)
