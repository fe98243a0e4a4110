"""A home's facts in a graph: loaded, loaded again, changed, taken back, built, with one's own."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fake_derivation import fake_derive, fake_library
from fake_encoder import FakeEncoder
from fake_facts import PatternFinder, PatternTagger, SpellingLinker

from embeddings.encoders import base
from graph.propnet import engine
from graph.stores import open_store
from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.errors import GraphError, NotFoundError
from matlore.home import Home
from matlore.pipeline import (
    build,
    facts_extract,
    graph_derive,
    graph_load,
    ner_extract,
    predict_models,
)
from matlore.pipeline.build import BuildOptions, BuildStep, plan_build, run_build
from matlore.pipeline.corpus import remove_paper
from matlore.pipeline.facts_extract import extract_home_facts
from matlore.pipeline.graph_inputs import gather_inputs
from matlore.pipeline.graph_load import graph_stats, load_home_graph
from matlore.pipeline.index_nodes import LABELS as NODE_LABELS
from matlore.pipeline.index_record import read_record
from matlore.pipeline.ner_extract import extract_home

ROWS = [
    {"id": f"2406.{n:05}", "title": f"Gap of Sn{n}Te", "abstract": f"Sn{n}Te has {n}.5 eV."}
    for n in (3, 5, 7)
]


@pytest.fixture(autouse=True)
def pattern_models(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ner_extract, facts_extract):
        monkeypatch.setattr(
            module, "load_extractor", lambda *_, **__: (PatternTagger(), SpellingLinker())
        )
    monkeypatch.setattr(facts_extract, "load_finder", PatternFinder)
    for pipeline in (graph_load, graph_derive):
        monkeypatch.setattr(pipeline, "home_library", lambda _: fake_library())
    monkeypatch.setattr(engine, "derive", fake_derive)
    monkeypatch.setattr(predict_models, "STARTER_PREDICTORS", Path("none"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    _ingest(path, ROWS)
    return path


def _ingest(home: Path, rows: Sequence[dict[str, Any]]) -> None:
    path = home.with_suffix(".jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    files, _ = find_files([path])
    ingest_files(Home.open(home, create=True), files)


def _read(home: Path) -> None:
    extract_home(home)
    extract_home_facts(home)


def _load(home: Path, **options: Any) -> dict[str, Any]:
    return load_home_graph(home, with_vectors=False, **options)


def _rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    store = open_store(f"ladybug:{home / 'graph'}")
    try:
        return store.run(query).rows
    finally:
        store.close()


GAPS = (
    "MATCH (m:Material)-[:HAS]->(q:Quantity)-[:REPORTED_IN]->(p:Paper)"
    " RETURN m.id, q.value, p.id ORDER BY p.id"
)


def test_a_home_becomes_a_graph(home: Path) -> None:
    _read(home)
    report = _load(home)
    assert not report["unchanged"]
    assert _rows(home, GAPS) == [
        ("Sn3Te", 3.5, "arxiv:2406.00003"),
        ("Sn5Te", 5.5, "arxiv:2406.00005"),
        ("Sn7Te", 7.5, "arxiv:2406.00007"),
    ]
    stats = graph_stats(home)
    assert stats["nodes"]["Paper"] == 3
    assert stats["nodes"]["Quantity"] == 3
    assert stats["edges"]["CONTAINS"] == 6


def test_loaded_twice_is_loaded_once(home: Path) -> None:
    _read(home)
    first = _load(home)
    second = _load(home)
    assert second["unchanged"]
    assert second["load"] == first["load"]
    assert second["added"] == {}


def test_only_what_changed_is_written(home: Path) -> None:
    _read(home)
    _load(home)
    _ingest(home, [{"id": "2407.1", "title": "Gap of Sn2Te3", "abstract": "Sn2Te3 has 1.5 eV."}])
    _read(home)
    report = _load(home)
    assert report["added"]["Paper"] == 1
    assert report["added"]["Quantity"] == 1
    assert report["removed"] == {}
    assert len(_rows(home, GAPS)) == 4


def test_a_changed_paper_replaces_its_facts(home: Path) -> None:
    _read(home)
    _load(home)
    _ingest(home, [{**ROWS[0], "abstract": "Sn3Te has 9.5 eV."}])
    _read(home)
    report = _load(home)
    assert report["added"]["Quantity"] == report["removed"]["Quantity"] == 1
    assert _rows(home, GAPS)[0] == ("Sn3Te", 9.5, "arxiv:2406.00003")


def test_a_removed_paper_takes_its_facts_along(home: Path) -> None:
    _read(home)
    _load(home)
    remove_paper(home, "arxiv:2406.00003")
    report = _load(home)
    assert report["removed"]["Paper"] == 1
    assert [row[0] for row in _rows(home, GAPS)] == ["Sn5Te", "Sn7Te"]
    assert _rows(home, "MATCH (m:Material {id: 'Sn3Te'}) RETURN m.id") == []


def test_a_retracted_paper_stays_without_its_facts(home: Path) -> None:
    _read(home)
    _load(home)
    _ingest(home, [{**ROWS[0], "retracted": True}])
    _read(home)
    _load(home)
    assert [row[0] for row in _rows(home, GAPS)] == ["Sn5Te", "Sn7Te"]
    assert _rows(home, "MATCH (p:Paper) WHERE p.retracted RETURN p.id") == [("arxiv:2406.00003",)]


def test_values_of_ones_own_come_once_and_stay(home: Path, tmp_path: Path) -> None:
    _read(home)
    table = tmp_path / "mine.csv"
    table.write_text(
        "material,property,value,unit,source,temperature\n"
        "SnTe,band gap,0.19,eV,notebook 7,300\n"
        "SnTe,band gap,wide,eV,notebook 7,300\n"
    )
    first = _load(home, quantities=[table])["quantities"]
    assert (first["new"], first["failed"]) == (1, 1)
    assert "wide" in first["reasons"][0]
    assert Path(first["quarantine"]).is_file()
    again = _load(home, quantities=[table])
    assert again["unchanged"]
    assert again["quantities"]["new"] == 0
    _load(home)
    mine = "MATCH (q:Quantity {source: 'notebook 7'}) RETURN q.value, q.temperature"
    assert _rows(home, mine) == [(0.19, 300.0)]
    assert _load(home, forget=["notebook 7"])["quantities"]["forgotten"] == 1
    assert _rows(home, mine) == []
    with pytest.raises(NotFoundError, match="notebook 8"):
        _load(home, forget=["notebook 8"])


def test_a_home_without_facts_gets_those_that_ship_or_says_how_to_find_some(home: Path) -> None:
    with pytest.raises(NotFoundError, match="matlore facts extract"):
        _load(home, facts="home")


def test_the_graph_of_another_home_is_left_alone(home: Path, tmp_path: Path) -> None:
    _read(home)
    _load(home)
    other = tmp_path / "other"
    _ingest(other, ROWS[:1])
    text = (other / "home.json").read_text()
    (other / "home.json").write_text(text.replace("+00:00", "+01:00"))
    _read(other)
    address = f"ladybug:{home / 'graph'}"
    with pytest.raises(GraphError, match="--replace"):
        _load(other, store=address)
    assert len(_rows(home, GAPS)) == 3
    _load(other, store=address, replace=True)
    assert [row[0] for row in _rows(home, GAPS)] == ["Sn3Te"]


def test_a_graph_whose_tables_are_gone_is_read_and_compared(home: Path) -> None:
    _read(home)
    _load(home)
    for path in sorted((home / "graph" / "tables").rglob("*.parquet")):
        path.unlink()
    for path in (home / "graph" / "tables").glob("*/complete.json"):
        path.unlink()
    remove_paper(home, "arxiv:2406.00003")
    report = _load(home)
    assert report["added"] == {}
    assert report["removed"]["Quantity"] == 1


def test_a_build_does_what_is_left_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_FEWEST", 10)
    monkeypatch.setattr(graph_load, "gather_inputs", _without_vectors(gather_inputs))
    monkeypatch.setattr(base, "load_encoder", lambda *_, **__: FakeEncoder())
    options = BuildOptions(workers=1)
    assert [step.state for step in plan_build(home, options)] == [
        *("to do", "to do", "skipped", "to do", "to do", "skipped", "to do")
    ]
    told: list[tuple[str, bool]] = []

    def note(step: BuildStep, report: dict[str, Any] | None) -> None:
        told.append((step.name, report is not None))

    run_build(home, options, done=note)
    assert told == [
        *[("mentions", True), ("facts", True), ("vectors", False)],
        *[("graph", True), ("derive", True), ("predict", False), ("index", True)],
    ]
    assert len(_rows(home, GAPS)) == 3
    assert {name: built.documents for name, built in read_record(home).indexes.items()} == {
        "papers": 3,
        "sentences": 3,
        "nodes": sum(graph_stats(home)["nodes"][label] for label in NODE_LABELS),
    }
    plan = plan_build(home, options)
    assert [step.state for step in plan] == [
        *("up to date", "up to date", "skipped", "up to date", "up to date", "skipped"),
        "up to date",
    ]
    told.clear()
    run_build(home, options, done=note)
    assert not any(done for _, done in told)


def _without_vectors(gather: Any) -> Any:
    def gathered(home_path: Path, **options: Any) -> Any:
        return gather(home_path, **{**options, "with_vectors": False})

    return gathered
