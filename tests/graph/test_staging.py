"""The tables of the graph, made of small inputs whose graph is known."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from graph.inputs import candidate_schema, mention_schema, paper_schema, similarity_schema
from graph.measured import measured_schema
from graph.propnet.base import Symbol
from graph.staging import StagingReport, build_tables
from graph.tables import EdgeTable, GraphFolder, arrow_schema, graph_tables
from matlore.units import convert
from matlore.vocabulary import load_terms
from ner.fact_store import claim_schema

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Inputs:
    """Rows of all kinds, given in batches of `piece` rows."""

    paper_rows: Sequence[Row] = ()
    mention_rows: Sequence[Row] = ()
    quantity_rows: Sequence[Row] = ()
    claim_rows: Sequence[Row] = ()
    candidate_rows: Sequence[Row] = ()
    similarity_rows: Sequence[Row] = ()
    piece: int = field(default=1000)

    def _batches(self, rows: Sequence[Row], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(rows), self.piece):
            some = [dict(row) for row in rows[start : start + self.piece]]
            yield pa.RecordBatch.from_pylist(some, schema=schema)

    def papers(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.paper_rows, paper_schema())

    def mentions(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.mention_rows, mention_schema())

    def quantities(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.quantity_rows, measured_schema())

    def claims(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.claim_rows, claim_schema())

    def candidates(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.candidate_rows, candidate_schema())

    def similarities(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.similarity_rows, similarity_schema())


def paper(id: str, year: int | None = 2000, **more: Any) -> Row:
    return {"id": id, "year": year, "retracted": False, **more}


def mention(paper_id: str, start: int, label: str, norm: str | None, text: str = "x") -> Row:
    return {
        **{"paper_id": paper_id, "start": start, "end": start + len(text)},
        **{"label": label, "text": text, "norm": norm},
    }


def spans(*pairs: tuple[int, int]) -> list[dict[str, int]]:
    return [{"start": start, "end": end} for start, end in pairs]


def claim(id: str, paper_id: str, type: str, subject: Any, object: Any, **more: Any) -> Row:
    return {
        **{"id": id, "paper_id": paper_id, "type": type, "subject": subject, "object": object},
        **{"modality": "observed", "score": 0.8, "spans": spans((0, 4), (10, 14)), **more},
    }


def quantity(id: str, paper_id: str | None, **more: Any) -> Row:
    return {
        **{"id": id, "paper_id": paper_id, "material": "PbTe", "property": "band gap"},
        **{"value": 0.3, "unit": "eV", "conditions": [], "spans": spans((20, 26), (0, 4), (6, 14))},
        **more,
    }


class Graph:
    """What was made, as rows."""

    def __init__(self, folder: Path, report: StagingReport) -> None:
        self.folder, self.report = GraphFolder(folder), report

    def rows(self, name: str) -> list[dict[str, Any]]:
        table = next(one for one in graph_tables() if one.name == name)
        return [row for batch in self.folder.batches(table) for row in batch.to_pylist()]

    def node(self, label: str, key: str) -> dict[str, Any]:
        (found,) = [row for row in self.rows(label) if next(iter(row.values())) == key]
        return found

    def pairs(self, name: str) -> list[tuple[str, str]]:
        return [(row["from"], row["to"]) for row in self.rows(name)]


def make(folder: Path, **rows: Any) -> Graph:
    return Graph(folder, build_tables(Inputs(**rows), folder))


# -- papers


def test_nothing_gives_only_properties_with_values(tmp_path: Path) -> None:
    graph = make(tmp_path)
    assert set(graph.report.rows) == {"Property"}
    expected = sorted(t.name for t in load_terms("property").values() if t.unit is not None)
    assert [row["name"] for row in graph.rows("Property")] == expected
    assert {row["n_papers"] for row in graph.rows("Property")} == {0}
    assert [path.name for path in tmp_path.iterdir()] == ["Property.parquet"]


def test_properties_that_only_models_have_are_there_too(tmp_path: Path) -> None:
    symbols = [
        Symbol("sheen", "lm", "S_h", "optical", 0.0, 9.0, synonyms=("gloss",), in_vocabulary=False),
        Symbol("band gap", "J", "wrong", "electronic"),
    ]
    inputs = Inputs(
        paper_rows=[paper("p")], mention_rows=[mention("p", 0, "PRO", "sheen", "sheen")]
    )
    graph = Graph(tmp_path, build_tables(inputs, tmp_path, symbols=symbols))
    assert graph.node("Property", "sheen") == {
        **{"name": "sheen", "unit": "lm", "symbol": "S_h", "lower": 0.0, "upper": 9.0},
        **{"synonyms": ["gloss"], "in_vocabulary": False, "n_papers": 1, "first_year": 2000},
    }
    gap = graph.node("Property", "band gap")
    assert (gap["unit"], gap["in_vocabulary"]) == ("eV", True)


def test_retracted_paper_stays_but_says_nothing(tmp_path: Path) -> None:
    graph = make(
        tmp_path,
        paper_rows=[paper("p", retracted=True), paper("q")],
        mention_rows=[mention("p", 0, "MAT", "PbTe", "PbTe")],
        claim_rows=[claim("c", "p", "MADE_BY", "PbTe", "annealing")],
        quantity_rows=[quantity("v", "p")],
    )
    assert [(row["id"], row["retracted"]) for row in graph.rows("Paper")] == [
        ("p", True),
        ("q", False),
    ]
    assert set(graph.report.rows) == {"Paper", "Property"}
    assert (graph.report.skipped, graph.report.papers_without_facts) == (2, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_row_that_says_retracted_is_enough(tmp_path: Path, order: tuple[int, int]) -> None:
    rows = [paper("p", title="a"), paper("p", title="b", retracted=True)]
    graph = make(tmp_path, paper_rows=[rows[k] for k in order])
    assert [(row["title"], row["retracted"]) for row in graph.rows("Paper")] == [("b", True)]


def test_facts_of_unknown_papers_count_nowhere(tmp_path: Path) -> None:
    graph = make(
        tmp_path,
        mention_rows=[mention("no", 0, "MAT", "PbTe", "PbTe")],
        claim_rows=[claim("c", "no", "MADE_BY", "PbTe", "annealing")],
        quantity_rows=[quantity("v", "no")],
    )
    assert set(graph.report.rows) == {"Property"}
    assert graph.report.skipped == 2


def test_null_of_retracted_is_false(tmp_path: Path) -> None:
    graph = make(tmp_path, paper_rows=[paper("p", retracted=None)])
    assert graph.node("Paper", "p")["retracted"] is False


# -- named things and mentions


def test_mentions_are_counted_with_their_spans(tmp_path: Path) -> None:
    rows = [
        *(mention("p", at, "PRO", "band gap", "band gap") for at in (30, 5, 30)),
        mention("p", 60, "PRO", None),
        mention("q", 1, "PRO", "band gap", "gap"),
        mention("q", 9, "APL", "thermoelectric"),
        mention("q", 12, "SPL", "rocksalt"),
        mention("q", 15, "DSC", "thin film"),
    ]
    graph = make(tmp_path, paper_rows=[paper("p", 2011), paper("q", 2009)], mention_rows=rows)
    assert graph.rows("MENTIONS.Paper.Property") == [
        {"from": "p", "to": "band gap", "count": 2, "spans": [5, 13, 30, 38]},
        {"from": "q", "to": "band gap", "count": 1, "spans": [1, 4]},
    ]
    found, term = graph.node("Property", "band gap"), load_terms("property")["band gap"]
    assert (found["n_papers"], found["first_year"]) == (2, 2009)
    assert (found["unit"], found["symbol"]) == (term.unit, term.symbol)
    assert (found["lower"], found["upper"]) == (term.lower, term.upper)
    assert (found["synonyms"], found["in_vocabulary"]) == (list(term.synonyms), True)
    assert graph.node("Descriptor", "thin film")["in_vocabulary"] is False
    assert graph.pairs("MENTIONS.Paper.Phase") == [("q", "rocksalt")]
    assert graph.pairs("MENTIONS.Paper.Application") == [("q", "thermoelectric")]


def test_year_that_is_not_known_is_ignored(tmp_path: Path) -> None:
    papers = [paper("p", None), paper("q", 2014), paper("r", None)]
    rows = [mention(one, 0, "SPL", "A") for one in "pq"] + [mention("r", 0, "SPL", "B")]
    graph = make(tmp_path, paper_rows=papers, mention_rows=rows)
    first = {row["name"]: (row["n_papers"], row["first_year"]) for row in graph.rows("Phase")}
    assert first == {"A": (2, 2014), "B": (1, None)}


def test_facts_are_mentions_too(tmp_path: Path) -> None:
    graph = make(
        tmp_path,
        paper_rows=[paper("p")],
        claim_rows=[claim("c", "p", "USED_IN", "PbTe", "thermoelectric")],
        quantity_rows=[quantity("v", "p", spans=spans((50, 55), (0, 4), (40, 48)))],
    )
    assert graph.rows("MENTIONS.Paper.Material") == [
        {"from": "p", "to": "PbTe", "count": 1, "spans": [0, 4]}
    ]
    assert graph.rows("MENTIONS.Paper.Application")[0]["spans"] == [10, 14]
    assert graph.rows("MENTIONS.Paper.Property")[0]["spans"] == [40, 48]


def test_span_that_a_mention_covers_is_no_second_mention(tmp_path: Path) -> None:
    graph = make(
        tmp_path,
        paper_rows=[paper("p")],
        mention_rows=[mention("p", 0, "MAT", "PbTe", "PbTe films")],
        claim_rows=[
            claim("c", "p", "HAS_PHASE", "PbTe", "cubic"),
            claim("d", "p", "HAS_PHASE", "PbTe", "cubic", spans=spans((8, 12), (10, 14))),
        ],
    )
    (found,) = graph.rows("MENTIONS.Paper.Material")
    assert (found["count"], found["spans"]) == (2, [0, 10, 8, 12])


def test_spans_of_a_quantity_without_a_material_or_a_property_mention(tmp_path: Path) -> None:
    two = spans((20, 26), (0, 4))
    rows = [
        quantity("a", "p", material=None, spans=two),  # value, property
        quantity("b", "q", spans=two),  # value, material: the property is not named
    ]
    graph = make(tmp_path, paper_rows=[paper("p"), paper("q")], quantity_rows=rows)
    assert graph.pairs("MENTIONS.Paper.Property") == [("p", "band gap")]
    assert graph.pairs("MENTIONS.Paper.Material") == [("q", "PbTe")]
    assert graph.node("Property", "band gap")["n_papers"] == 2


def test_kind_of_a_method(tmp_path: Path) -> None:
    known = next(t for t in load_terms("method").values() if t.method_kind == "synthesis")
    rows = [
        mention("p", 0, "CMT", known.name),
        mention("p", 1, "SMT", "zz even"),
        mention("p", 2, "CMT", "zz even"),
        mention("p", 3, "CMT", "zz made"),
    ]
    said = [
        claim(id, "p", type, "PbTe", "zz made")
        for id, type in (("c", "MADE_BY"), ("d", "MADE_BY"), ("e", "MEASURED_BY"))
    ]
    graph = make(tmp_path, paper_rows=[paper("p")], mention_rows=rows, claim_rows=said)
    kinds = {row["name"]: row["kind"] for row in graph.rows("Method")}
    assert kinds == {
        known.name: "synthesis",
        "zz even": "characterisation",
        "zz made": "characterisation",
    }


# -- materials


def test_names_of_a_material(tmp_path: Path) -> None:
    spelled = ["lead telluride"] * 2 + ["PbTe"] * 2 + ["TePb"] + ["Blei"] * 3
    rows = [mention("p", 20 * k, "MAT", "PbTe", text) for k, text in enumerate(spelled)]
    rows += [mention("p", 900 + k, "MAT", "name:ink", f"ink{k:02}") for k in range(12)]
    graph = make(tmp_path, paper_rows=[paper("p")], mention_rows=rows)
    found = graph.node("Material", "PbTe")
    assert (found["name"], found["formula"]) == ("Blei", "PbTe")
    assert found["names"] == ["Blei", "PbTe", "lead telluride", "TePb"]
    assert graph.node("Material", "name:ink")["names"] == [f"ink{k:02}" for k in range(10)]


@pytest.mark.parametrize(
    ("id", "formula", "name", "fractions"),
    [
        ("Bi2Te3", "Bi2Te3", "Bi2Te3", {"Bi": 0.4, "Te": 0.6}),
        ("As", "As", "As", {"As": 1.0}),
        ("C60", "C60", "C60", {"C": 1.0}),
        ("name:graphène", None, "graphène", {}),
        ("name:PbTe", None, "PbTe", {}),
        ("family:La-Mn-O", None, "La-Mn-O", {"La": None, "Mn": None, "O": None}),
        ("family:PbTe-La-", None, "PbTe-La-", {"La": None}),
        ("Te3Bi2", None, "Te3Bi2", {}),
        ("no formula", None, "no formula", {}),
        ("ZnO:Al", None, "ZnO:Al", {}),
        ("x' OR 1=1 --", None, "x' OR 1=1 --", {}),
        ("name:", None, "", {}),
    ],
)
def test_form_of_a_material(
    tmp_path: Path, id: str, formula: str | None, name: str, fractions: dict[str, float | None]
) -> None:
    said = claim("c", "p", "HAS_PHASE", id, "cubic")
    graph = make(tmp_path, paper_rows=[paper("p")], claim_rows=[said])
    found = graph.node("Material", id)
    assert (found["formula"], found["name"], found["names"]) == (formula, name, None)
    contents = {row["to"]: row["fraction"] for row in graph.rows("CONTAINS.Material.Element")}
    assert contents == fractions
    assert [row["symbol"] for row in graph.rows("Element")] == sorted(fractions)
    odd = formula is None and (":" not in id or id in ("ZnO:Al", "name:"))
    assert graph.report.odd_examples == ((id,) if odd else ())
    assert graph.report.odd_materials == odd


# -- claims and quantities


def test_claims_and_their_edges(tmp_path: Path) -> None:
    objects = {
        "USED_IN": ("Application", "thermoelectric"),
        "DOPED_WITH": ("Material", "Na"),
        "SAME_AS": ("Material", "name:lead telluride"),
        "MADE_BY": ("Method", "annealing"),
        "MEASURED_BY": ("Method", "Hall effect"),
        "HAS_PHASE": ("Phase", "rocksalt"),
        "HAS_PROPERTY": ("Property", "band gap"),
    }
    rows = [claim(type, "p", type, "PbTe", name) for type, (_, name) in objects.items()]
    rows[0] = {**rows[0], "license": "CC0", "version": "1", "text_sha": "s"}
    graph = make(tmp_path, paper_rows=[paper("p", 2001)], claim_rows=rows)
    assert graph.rows("Claim")[-1] == {
        **{"id": "USED_IN", "type": "USED_IN", "modality": "observed", "score": 0.8},
        **{"license": "CC0", "version": "1", "text_sha": "s"},
    }
    assert graph.pairs("SUBJECT.Claim.Material") == [(id, "PbTe") for id in sorted(objects)]
    found = graph.rows("IN.Claim.Paper")
    assert [(row["from"], row["to"]) for row in found] == [(id, "p") for id in sorted(objects)]
    assert found[0]["spans"] == [0, 4, 10, 14]
    for label in {label for label, _ in objects.values()}:
        expected = [(type, name) for type, (of, name) in objects.items() if of == label]
        assert graph.pairs(f"OBJECT.Claim.{label}") == sorted(expected)
    for type, (label, name) in objects.items():
        counted = [] if type == "SAME_AS" else [("PbTe", name)]
        assert graph.pairs(f"{type}.Material.{label}") == counted if counted else True


def test_what_is_the_same_is_a_material_only_with_the_form_of_one(tmp_path: Path) -> None:
    rows = [
        claim("c", "p", "SAME_AS", "PbTe", "lead telluride"),
        claim("d", "p", "SAME_AS", "PbTe", "name:altaite"),
    ]
    graph = make(tmp_path, paper_rows=[paper("p")], claim_rows=rows)
    assert [row["id"] for row in graph.rows("Material")] == ["PbTe", "name:altaite"]
    assert graph.pairs("OBJECT.Claim.Material") == [("d", "name:altaite")]
    assert len(graph.rows("Claim")) == 2
    assert graph.report.odd_materials == 0


def test_claims_that_name_nothing_are_left_out(tmp_path: Path) -> None:
    rows = [
        claim("a", "p", "MADE_BY", None, "annealing"),
        claim("b", "p", "MADE_BY", "PbTe", None),
        claim("c", "p", "MADE_BY", "", "annealing"),
        claim("d", "p", "NO_SUCH", "PbTe", "annealing"),
    ]
    graph = make(tmp_path, paper_rows=[paper("p")], claim_rows=rows)
    assert set(graph.report.rows) == {"Paper", "Property"}
    assert (graph.report.skipped, graph.report.papers_without_facts) == (4, 1)


def test_counted_edges(tmp_path: Path) -> None:
    def said(id: str, paper_id: str, modality: str | None, score: float | None) -> Row:
        more = {"modality": modality, "score": score}
        return claim(id, paper_id, "USED_IN", "PbTe", "thermoelectric", **more)

    rows = [
        said("a", "p", "observed", 0.6),
        said("b", "p", "computed", 0.7),  # the surest of this paper
        said("c", "p", "denied", 0.95),
        said("d", "q", "attributed", None),  # counts as 0.5
        said("e", "r", "denied", 0.9),
        said("f", "s", None, 0.2),
    ]
    papers = [paper("p", 2010), paper("q", 2007), paper("r", 1990), paper("s", None)]
    graph = make(tmp_path, paper_rows=papers, claim_rows=rows)
    assert graph.rows("USED_IN.Material.Application") == [
        {"from": "PbTe", "to": "thermoelectric", "n_papers": 3, "first_year": 2007, "score": 0.88}
    ]
    assert graph.node("Application", "thermoelectric")["n_papers"] == 4


def test_many_papers_are_not_certain(tmp_path: Path) -> None:
    rows = [claim(f"c{k}", f"p{k}", "MADE_BY", "PbTe", "annealing") for k in range(9)]
    graph = make(tmp_path, paper_rows=[paper(f"p{k}") for k in range(9)], claim_rows=rows)
    assert graph.rows("MADE_BY.Material.Method")[0]["score"] == 0.99


def test_what_is_only_denied_has_no_edge(tmp_path: Path) -> None:
    row = claim("c", "p", "HAS_PHASE", "PbTe", "cubic", modality="denied")
    graph = make(tmp_path, paper_rows=[paper("p")], claim_rows=[row])
    assert graph.rows("HAS_PHASE.Material.Phase") == []
    assert graph.pairs("OBJECT.Claim.Phase") == [("c", "cubic")]


def condition(name: str, value: float | None = None, unit: str | None = None, **more: Any) -> Row:
    return {"name": name, "value": value, "text": None, "value_max": None, "unit": unit, **more}


def test_quantity_with_its_edges(tmp_path: Path) -> None:
    conditions = [
        condition("temperature", 27.0, "degC"),
        condition("phase", text="cubic"),
        condition("pressure", 1.5, "GPa"),
        condition("doping", 0.25, "1"),
        condition("field", -1.0, "T", value_max=2.0),
        condition("direction"),
    ]
    row = quantity("v", "p", conditions=conditions, si_value=1.0, score=0.5, modality="computed")
    graph = make(tmp_path, paper_rows=[paper("p")], quantity_rows=[row])
    (found,) = graph.rows("Quantity")
    assert found["conditions"] == [
        *("direction", "doping = 0.25", "field = -1–2 T", "phase = cubic"),
        *("pressure = 1.5 GPa", "temperature = 27 degC"),
    ]
    assert found["temperature"] == pytest.approx(convert(27.0, "degC", "K"))
    assert found["pressure"] == pytest.approx(1.5e9)
    assert (found["source"], found["value"], found["unit"]) == ("p", 0.3, "eV")
    assert graph.pairs("HAS.Material.Quantity") == [("PbTe", "v")]
    assert graph.pairs("OF.Quantity.Property") == [("v", "band gap")]
    assert graph.rows("REPORTED_IN.Quantity.Paper") == [
        {"from": "v", "to": "p", "spans": [20, 26, 0, 4, 6, 14]}
    ]


@pytest.mark.parametrize(
    ("conditions", "texts"),
    [
        (
            [condition("temperature", 300.0, "K", value_max=400.0)],
            ["temperature = 300–400 K"],
        ),
        ([condition("temperature", text="room")], ["temperature = room"]),
        ([condition("temperature", 3.0, "furlong")], ["temperature = 3 furlong"]),
        ([condition("temperature", 3.0, "eggs %")], ["temperature = 3 eggs %"]),
        ([condition("temperature", 300.0)], ["temperature = 300"]),
        (
            [condition("temperature", 300.0, "K"), condition("temperature", 20.0, "K")],
            ["temperature = 20 K", "temperature = 300 K"],
        ),
    ],
)
def test_no_single_temperature(tmp_path: Path, conditions: list[Row], texts: list[str]) -> None:
    graph = make(
        tmp_path,
        paper_rows=[paper("p")],
        quantity_rows=[quantity("v", "p", conditions=conditions)],
    )
    (found,) = graph.rows("Quantity")
    assert (found["temperature"], found["conditions"]) == (None, texts)


def test_values_of_the_user(tmp_path: Path) -> None:
    own = quantity("v", None, source="notebook 7", spans=[], material=None)
    graph = make(tmp_path, quantity_rows=[own])
    assert graph.node("Quantity", "v")["source"] == "notebook 7"
    assert graph.pairs("OF.Quantity.Property") == [("v", "band gap")]
    assert graph.rows("HAS.Material.Quantity") == graph.rows("REPORTED_IN.Quantity.Paper") == []
    assert graph.node("Property", "band gap")["n_papers"] == 0


def test_candidates_and_similar_materials(tmp_path: Path) -> None:
    ranked = {"score": 0.5, "rank": 1, "known": False, "vectors": "v", "trained_until": 2018}
    graph = make(
        tmp_path,
        candidate_rows=[{"material": "PbTe", "application": "thermoelectric", **ranked}],
        similarity_rows=[
            {"material": a, "other": b, "cosine": 0.9, "vectors": "v"}
            for a, b in (("PbTe", "PbSe"), ("PbTe", "PbTe"), (None, "PbTe"))
        ],
    )
    (found,) = graph.rows("CANDIDATE_FOR.Material.Application")
    assert found == {"from": "PbTe", "to": "thermoelectric", **ranked}
    assert graph.pairs("SIMILAR_TO.Material.Material") == [("PbTe", "PbSe")]
    assert [row["id"] for row in graph.rows("Material")] == ["PbSe", "PbTe"]
    found = graph.node("Application", "thermoelectric")
    assert (found["in_vocabulary"], found["n_papers"]) == (True, 0)


# -- whatever comes in


@pytest.mark.parametrize("values", [(0.0, -0.0), (-0.0, 0.0), (2.0, 1.0)])
def test_of_two_facts_with_one_id_always_the_same_stays(
    tmp_path: Path, values: tuple[float, float]
) -> None:
    rows = [quantity("v", "p", value=value) for value in values]
    graph = make(tmp_path, paper_rows=[paper("p")], quantity_rows=rows)
    (found,) = graph.rows("Quantity")
    assert str(found["value"]) == str(min(abs(value) for value in values))


def test_tables_that_were_there_go(tmp_path: Path) -> None:
    make(tmp_path, paper_rows=[paper("p")], mention_rows=[mention("p", 0, "SPL", "cubic")])
    graph = make(tmp_path, paper_rows=[paper("p")])
    assert set(graph.folder.counts()) == {"Paper", "Property"}


def test_folder_with_a_quote_and_little_memory(tmp_path: Path) -> None:
    folder = tmp_path / "l'été"
    report = build_tables(Inputs(paper_rows=[paper("p")]), folder, memory_limit="200MB")
    assert report.rows["Paper"] == 1


def test_progress_is_told_of_each_table(tmp_path: Path) -> None:
    calls: list[tuple[int, int | None]] = []

    def note(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        calls.append((done, total))

    build_tables(Inputs(), tmp_path, progress=note)
    assert sum(done for done, _ in calls) == max(total or 0 for _, total in calls) > 30


IDS = ["p", "q", "r", "péché", "紙"]
MATERIALS = ["PbTe", "Bi2Te3", "name:グラフェン", "family:Bi-Te", "odd one", "Te3Bi2", "As"]
NAMES = ["band gap", "annealing", "cubic", "x\u0301", "thermoelectric"]
_SPANS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 9)).map(lambda s: (s[0], s[0] + s[1])), max_size=3
).map(lambda found: spans(*found))
_SCORES = st.none() | st.floats(0, 1)
PAPERS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(IDS),
        "year": st.none() | st.integers(1990, 2020),
        "title": st.sampled_from(["A", "ß", None]),
        "retracted": st.sampled_from([False, False, False, True, None]),
    }
)
MENTIONS = st.builds(
    mention,
    st.sampled_from(IDS),
    st.integers(0, 9),
    st.sampled_from(["MAT", "PRO", "APL", "SPL", "DSC", "SMT", "CMT"]),
    st.none() | st.sampled_from([*MATERIALS, *NAMES]),
    st.sampled_from(["a", "bb", "é"]),
)
CLAIMS = st.builds(
    lambda id, paper_id, type, subject, object, rest: claim(
        id, paper_id, type, subject, object, **rest
    ),
    st.sampled_from(["c1", "c2", "c3", "c4", "c5"]),
    st.sampled_from(IDS),
    st.sampled_from(["USED_IN", "DOPED_WITH", "MADE_BY", "MEASURED_BY", "HAS_PHASE", "SAME_AS"]),
    st.none() | st.sampled_from(MATERIALS),
    st.sampled_from([*MATERIALS, *NAMES]),
    st.fixed_dictionaries(
        {
            "score": _SCORES,
            "spans": _SPANS,
            "modality": st.sampled_from(["observed", "computed", "denied", None]),
        }
    ),
)
QUANTITIES = st.builds(
    lambda id, paper_id, rest: quantity(id, paper_id, **rest),
    st.sampled_from(["v1", "v2", "v3"]),
    st.none() | st.sampled_from(IDS),
    st.fixed_dictionaries(
        {
            "material": st.none() | st.sampled_from(MATERIALS),
            "property": st.none() | st.sampled_from(NAMES),
            "value": st.floats(-5, 5),
            "spans": _SPANS,
            "conditions": st.lists(
                st.sampled_from([condition("temperature", 3.0, "K"), condition("rate", 1.0, "C")]),
                max_size=2,
            ),
        }
    ),
)
PAIRS = st.fixed_dictionaries(
    {
        "material": st.sampled_from(MATERIALS),
        "other": st.sampled_from(MATERIALS),
        "cosine": st.floats(0, 1),
    }
)
INPUTS = st.builds(
    Inputs,
    st.lists(PAPERS, min_size=1, max_size=6),
    st.lists(MENTIONS, max_size=8),
    st.lists(QUANTITIES, max_size=4),
    st.lists(CLAIMS, max_size=8),
    st.just(()),
    st.lists(PAIRS, max_size=4),
)
KINDS = ("paper_rows", "mention_rows", "quantity_rows", "claim_rows", "similarity_rows")


def stirred(inputs: Inputs, seed: int, piece: int) -> Inputs:
    """Return the same rows in another order, some of them twice, in small pieces."""
    chance = random.Random(seed)
    mixed: dict[str, Any] = {}
    for kind in KINDS:
        rows = list(getattr(inputs, kind))
        rows += chance.sample(rows, len(rows) // 2)
        chance.shuffle(rows)
        mixed[kind] = rows
    return replace(inputs, **mixed, piece=piece)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def ends(folder: Path, label: str, key: str) -> set[str]:
    path = folder / f"{label}.parquet"
    return {*pq.read_table(path, columns=[key])[key].to_pylist()} if path.is_file() else set()


def check(folder: Path) -> None:
    """Assert that tables have their columns, are sorted by unique keys, and edges have ends."""
    graph = GraphFolder(folder)
    keys = {"Paper": "id", "Material": "id", "Element": "symbol", "Quantity": "id", "Claim": "id"}
    for table in graph.tables():
        found = pq.read_table(graph.file(table))
        assert found.schema.equals(arrow_schema(table)), table.name
        rows: Iterable[Any] = zip(*(found[key].to_pylist() for key in table.keys), strict=True)
        rows = [tuple(part.encode() for part in row) for row in rows]
        assert rows == sorted({*rows}), table.name
        if isinstance(table, EdgeTable):
            for column, label in (("from", table.source), ("to", table.target)):
                missing = {*found[column].to_pylist()} - ends(
                    folder, label, keys.get(label, "name")
                )
                assert not missing, (table.name, missing)


@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(INPUTS, st.integers(0, 2**32), st.integers(1, 4))
def test_order_pieces_and_repetition_make_no_difference(
    inputs: Inputs, seed: int, piece: int
) -> None:
    with TemporaryDirectory() as folder:
        first, second = Path(folder, "first"), Path(folder, "second")
        report = build_tables(inputs, first)
        again = build_tables(stirred(inputs, seed, piece), second)
        assert report == again
        assert contents(first) == contents(second)
        check(first)
        counts = GraphFolder(first).counts()
        assert report.rows == counts
