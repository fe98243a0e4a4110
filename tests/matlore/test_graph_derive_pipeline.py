"""What follows from a home's values, in its graph: derived, kept, stale, and derived anew."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_derivation import FakeLibrary, fake_derive, fake_library
from fake_encoder import FakeEncoder
from fake_facts import PatternFinder, PatternTagger, SpellingLinker

from embeddings.encoders import base
from graph.propnet import engine
from graph.propnet.base import Symbol
from graph.propnet.engine import DeriveOptions
from graph.stores import open_store
from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.errors import ArtifactError, GraphError, HomeBusyError, NotFoundError
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
from matlore.pipeline.facts_extract import extract_home_facts
from matlore.pipeline.graph_derive import derive_home_graph, derive_is_current
from matlore.pipeline.graph_inputs import gather_inputs
from matlore.pipeline.graph_load import graph_is_current, load_home_graph
from matlore.pipeline.ner_extract import extract_home
from matlore.records import Mention, Paper
from ner.facts.parts import PaperFacts

ROWS = [
    {"id": "2406.00003", "title": "Gap of Sn3Te", "abstract": "Sn3Te has 3.5 eV."},
    {"id": "2406.00004", "title": "Gap of Sn3Te again", "abstract": "Sn3Te has 3.9 eV."},
    {"id": "2406.00005", "title": "Gap of Sn5Te", "abstract": "Sn5Te has 5.5 eV."},
]
_KEY = f"arxiv:{ROWS[0]['id']}"
OWN = """material,property,value,unit,source
Sn5Te,refractive index,1.0,1,notebook 7
GeTe,formula weight,200.2,g/mol,notebook 7
"""


class _GapFinder(PatternFinder):
    """Finds band gaps by the vocabulary's name."""

    def find(self, paper: Paper, mentions: Sequence[Mention]) -> PaperFacts:
        found = super().find(paper, mentions)
        gaps = tuple(replace(one, property_name="band gap") for one in found.quantities)
        return replace(found, quantities=gaps)


class _Engine:
    """Counts the materials that are derived from."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.library: FakeLibrary = fake_library()
        self.dies_at: str | None = None

    def __call__(self, material: str, *rest: Any) -> Any:
        if material == self.dies_at:
            raise KeyboardInterrupt
        self.calls.append(material)
        return fake_derive(material, *rest)

    def told(self) -> list[str]:
        """Return what was derived since this was asked last."""
        calls, self.calls = self.calls, []
        return calls


def _with_patterns(patch: pytest.MonkeyPatch, told: _Engine) -> None:
    """Put small models in the place of those that ship, and an engine that is counted."""
    for module in (ner_extract, facts_extract):
        patch.setattr(
            module, "load_extractor", lambda *_, **__: (PatternTagger(), SpellingLinker())
        )
    patch.setattr(facts_extract, "load_finder", _GapFinder)
    for pipeline in (graph_load, graph_derive):
        patch.setattr(pipeline, "home_library", lambda _: told.library)
    patch.setattr(engine, "derive", told)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> _Engine:
    found = _Engine()
    _with_patterns(monkeypatch, found)
    return found


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a graph, which each test copies."""
    folder = tmp_path_factory.mktemp("loaded")
    table = folder / "own.csv"
    table.write_text(OWN)
    with pytest.MonkeyPatch.context() as patch:
        _with_patterns(patch, _Engine())
        _ingest(folder / "home", ROWS)
        assert _load(folder / "home", quantities=[table])["quantities"]["new"] == 2
    return folder / "home"


@pytest.fixture
def home(loaded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(loaded, tmp_path / "home"))


def _ingest(home: Path, rows: Sequence[dict[str, Any]]) -> None:
    path = home.with_suffix(".jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    files, _ = find_files([path])
    ingest_files(Home.open(home, create=True), files)
    extract_home(home)
    extract_home_facts(home)


def _load(home: Path, **options: Any) -> dict[str, Any]:
    return load_home_graph(home, with_vectors=False, facts="home", **options)


def _derive(home: Path, **options: Any) -> dict[str, Any]:
    return derive_home_graph(home, workers=1, **options)


def _rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    store = open_store(f"ladybug:{home / 'graph'}")
    try:
        return store.run(query).rows
    finally:
        store.close()


VALUES = (
    "MATCH (m:Material)-[:HAS]->(q:Quantity)-[:OF]->(p:Property)"
    " WHERE q.kind IN ['derived', 'aggregate'] RETURN m.id, p.name, q.kind"
    " ORDER BY m.id, p.name, q.kind"
)
ALL = [
    ("GeTe", "formula mass", "derived"),
    ("Sn3Te", "band gap", "aggregate"),
    ("Sn3Te", "formula mass", "derived"),
    ("Sn3Te", "refractive index", "derived"),
    ("Sn3Te", "refractive index", "derived"),
    ("Sn5Te", "formula mass", "derived"),
    ("Sn5Te", "refractive index", "derived"),
]


def test_what_follows_lands_in_the_graph(home: Path, told: _Engine) -> None:
    report = _derive(home)
    assert told.told() == ["GeTe", "Sn3Te", "Sn5Te"]
    assert _rows(home, VALUES) == ALL
    wanted = {
        **{"materials": 3, "derived": 3, "unchanged": 0, "with_values": 3, "quantities": 6},
        **{"aggregates": 1, "conflicts": 1, "cut_off": 0, "failed": 0, "rejections": {}},
    }
    assert {name: report[name] for name in wanted} == wanted
    assert report["added"]["Quantity"] == 7
    assert report["changed"] == {"Quantity": 1}  # that the own value is at odds
    assert report["removed"] == {}


def test_from_derived_values_to_their_papers(home: Path) -> None:
    _derive(home)
    assert _rows(
        home,
        "MATCH (:Material {id: 'Sn3Te'})-[:HAS]->(q:Quantity {kind: 'aggregate'})"
        "-[u:USES]->(r:Quantity)-[:REPORTED_IN]->(p:Paper) RETURN p.id, u.weight ORDER BY p.id",
    ) == [("arxiv:2406.00003", 0.5), ("arxiv:2406.00004", 0.5)]
    assert _rows(
        home,
        "MATCH (d:Quantity)-[c:DISAGREES]->(r:Quantity) WHERE r.conflict"
        " RETURN d.conflict, r.source, c.difference > 1.0",
    ) == [(True, "notebook 7", True)]


def test_again_nothing_is_left_to_do(home: Path, told: _Engine) -> None:
    first = _derive(home)
    told.told()
    assert derive_is_current(home) is None
    again = _derive(home)
    assert told.told() == []
    assert (again["derived"], again["unchanged"]) == (0, 3)
    assert (again["load"], again["added"], again["changed"]) == (first["load"], {}, {})
    assert _load(home)["unchanged"]
    assert _rows(home, VALUES) == ALL


def test_a_retracted_paper_takes_along_what_followed_from_it(home: Path, told: _Engine) -> None:
    _derive(home)
    told.told()
    _ingest(home, [{**ROWS[0], "retracted": True}])
    report = _load(home)
    assert report["removed"]["Quantity"] == 5  # what it reported, and all of Sn3Te
    assert [row for row in _rows(home, VALUES) if row[0] == "Sn3Te"] == []
    assert [row for row in _rows(home, VALUES) if row[0] == "Sn5Te"] == ALL[-2:]
    assert derive_is_current(home) == 1
    report = _derive(home)
    assert told.told() == ["Sn3Te"]
    assert (report["derived"], report["unchanged"]) == (1, 2)
    assert [row for row in _rows(home, VALUES) if row[0] == "Sn3Te"] == [ALL[2], ALL[3]]
    assert _load(home)["unchanged"]


def test_a_changed_fact_is_derived_from_anew(home: Path, told: _Engine) -> None:
    _derive(home)
    told.told()
    _ingest(home, [{**ROWS[2], "abstract": "Sn5Te has 9.5 eV."}])
    _load(home)
    assert [row for row in _rows(home, VALUES) if row[0] == "Sn5Te"] == []
    assert _rows(home, "MATCH (q:Quantity) WHERE q.conflict RETURN count(q)") == [(0,)]
    _derive(home)
    assert told.told() == ["Sn5Te"]
    assert _rows(home, VALUES) == ALL


def test_a_new_fact_leaves_other_materials_alone(home: Path, told: _Engine) -> None:
    _derive(home)
    told.told()
    _ingest(home, [{"id": "2407.1", "title": "Gap of Sn2Te3", "abstract": "Sn2Te3 has 1.5 eV."}])
    report = _load(home)
    assert (report["added"]["Quantity"], report["removed"]) == (1, {})
    report = _derive(home)
    assert told.told() == ["Sn2Te3"]
    assert report["added"]["Quantity"] == 2
    assert (report["changed"], report["removed"]) == ({}, {})


def test_own_values_of_new_properties_come_in_and_go(home: Path, told: _Engine) -> None:
    query = "MATCH (q:Quantity {kind: 'reported'})-[:OF]->(p:Property {name: 'formula mass'})"
    assert _rows(home, f"{query} RETURN q.value, p.unit, p.in_vocabulary, p.synonyms") == [
        (200.2, "g/mol", False, ["formula weight"])
    ]
    _derive(home)
    told.told()
    _load(home, forget=["notebook 7"])
    assert {row[0] for row in _rows(home, VALUES)} == {"Sn3Te"}
    report = _derive(home)
    assert told.told() == ["Sn5Te"]
    assert (report["materials"], report["conflicts"]) == (2, 0)


def test_other_models_and_options_derive_all_anew(home: Path, told: _Engine) -> None:
    _derive(home)
    told.told()
    told.library = fake_library("2", without="moss relation")
    assert derive_is_current(home) == 3
    report = _derive(home)
    assert len(told.told()) == 3
    assert (report["quantities"], report["conflicts"]) == (3, 0)
    assert _rows(home, "MATCH (m:Model) RETURN m.name, m.version ORDER BY m.name") == [
        ("mass of a formula", "2"),
        ("weighted mean", "engine 1"),
    ]
    _derive(home, options=DeriveOptions(max_depth=2))
    assert len(told.told()) == 3
    _derive(home, options=DeriveOptions(max_depth=2))
    assert told.told() == []


def test_a_property_that_the_graph_has_not_is_to_be_loaded_first(home: Path, told: _Engine) -> None:
    _derive(home)
    sheen = Symbol("sheen", "lm", "S", "optical", in_vocabulary=False)
    symbols = {**told.library.symbols, "sheen": sheen}
    told.library = replace(told.library, symbols=symbols, version="with sheen")
    for run in (_derive, derive_is_current):
        with pytest.raises(GraphError, match="matlore graph load"):
            run(home)
    assert _load(home)["added"] == {"Property": 1}
    assert _derive(home)["derived"] == 3
    assert _rows(home, VALUES) == ALL


def test_a_material_that_was_cut_off_gets_more_time(
    home: Path, told: _Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hasty(material: str, *rest: Any) -> Any:
        found = told(material, *rest)
        object.__setattr__(found, "cut_off", "after 1 s" if material == "GeTe" else None)
        return found

    monkeypatch.setattr(engine, "derive", hasty)
    assert _derive(home, options=DeriveOptions(seconds=1.0))["cut_off"] == 1
    told.told()
    assert _derive(home, options=DeriveOptions(seconds=1.0))["derived"] == 0
    assert _derive(home, options=DeriveOptions(seconds=2.0))["derived"] == 1
    assert told.told() == ["GeTe"]


def test_a_material_with_an_error_does_not_end_the_run(home: Path) -> None:
    _ingest(home, [{"id": "2407.2", "title": "Gap of SnTe", "abstract": "SnTe has 13.0 eV."}])
    _load(home)
    report = _derive(home)
    assert (report["derived"], report["failed"]) == (4, 1)
    assert report["errors"] == ["SnTe: failed: RuntimeError: an unlucky number"]
    assert _rows(home, VALUES) == ALL


def test_a_run_that_is_killed_leaves_the_graph_and_is_gone_on_with(
    home: Path, told: _Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.derived_work._MOST_MATERIALS", 1)
    monkeypatch.setattr(graph_derive, "_COMMIT_SECONDS", 0.0)
    told.dies_at = "Sn5Te"
    with pytest.raises(KeyboardInterrupt):
        _derive(home)
    assert told.told() == ["GeTe", "Sn3Te"]
    assert _rows(home, VALUES) == []
    told.dies_at = None
    assert derive_is_current(home) == 1
    _derive(home)
    assert told.told() == ["Sn5Te"]
    assert _rows(home, VALUES) == ALL


def test_what_a_killed_run_kept_comes_with_the_next_load(
    home: Path, told: _Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("graph.loading.load_graph", die)
        with pytest.raises(KeyboardInterrupt):
            _derive(home)
    assert derive_is_current(home) == 0
    assert not _load(home)["unchanged"]
    assert _rows(home, VALUES) == ALL
    assert derive_is_current(home) is None


def test_tables_that_are_gone_are_read_out_of_the_graph(home: Path, told: _Engine) -> None:
    _derive(home)
    told.told()
    for path in (home / "graph" / "tables").glob("*/*"):
        path.unlink()
    assert derive_is_current(home) is None
    told.library = fake_library("2")
    _derive(home)
    assert len(told.told()) == 3
    assert _rows(home, VALUES) == ALL


def test_a_graph_of_an_older_schema_is_cleared_and_loaded_anew(home: Path) -> None:
    _derive(home)
    path = home / "graph" / "graph.json"
    text = path.read_text()
    assert '"schema_version": 3' in text
    path.write_text(text.replace('"schema_version": 3', '"schema_version": 2'))
    with pytest.raises(GraphError, match="matlore graph load"):
        _derive(home)
    assert not _load(home)["unchanged"]
    assert _rows(home, VALUES) == ALL


def test_without_a_graph_there_is_nothing_to_derive_from(tmp_path: Path) -> None:
    Home.open(tmp_path / "empty", create=True)
    with pytest.raises(NotFoundError, match="matlore graph load"):
        _derive(tmp_path / "empty")


def test_the_graph_of_another_home_is_left_alone(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    Home.open(other, create=True)
    text = (other / "home.json").read_text()
    (other / "home.json").write_text(text.replace("+00:00", "+01:00"))
    with pytest.raises(GraphError, match="another data home"):
        derive_home_graph(other, store=f"ladybug:{home / 'graph'}")


def test_one_at_a_time(home: Path) -> None:
    with Home.open(home).writer(), pytest.raises(HomeBusyError):
        _derive(home)


def test_what_is_damaged_is_named_with_the_remedy(home: Path) -> None:
    _derive(home)
    card = home / "graph" / "derived" / "card.json"
    card.write_text("{")
    for run in (_derive, _load):
        with pytest.raises(ArtifactError, match="remove its folder"):
            run(home)


def test_progress_is_told_of_each_material(home: Path) -> None:
    done: list[int] = []
    totals: list[int | None] = []

    def progress(n: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        if text == "deriving":
            totals.append(total)
        done.append(n if totals and totals[-1] == 3 and text is None and total is None else 0)

    _derive(home, progress=progress)
    assert totals == [3]
    assert sum(done) >= 3


@pytest.fixture
def built(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def gathered(home_path: Path, **options: Any) -> Any:
        return gather_inputs(home_path, **{**options, "with_vectors": False})

    monkeypatch.setattr(build, "_FEWEST", 10)
    monkeypatch.setattr(predict_models, "STARTER_PREDICTORS", home / "none")
    monkeypatch.setattr(graph_load, "gather_inputs", gathered)
    monkeypatch.setattr(base, "load_encoder", lambda *_, **__: FakeEncoder())
    return home


def test_a_build_derives_between_graph_and_index(built: Path, told: _Engine) -> None:
    options = BuildOptions(workers=1)
    steps: list[tuple[str, bool]] = []

    def note(step: BuildStep, report: dict[str, Any] | None) -> None:
        steps.append((step.name, report is not None))

    plan = plan_build(built, options)
    assert [(step.name, step.state) for step in plan][3:5] == [
        ("graph", "up to date"),
        ("derive", "to do"),
    ]
    run_build(built, options, done=note)
    assert steps[3:] == [("graph", False), ("derive", True), ("predict", False), ("index", True)]
    assert _rows(built, VALUES) == ALL
    assert graph_is_current(built)
    assert [step.state for step in plan_build(built, options)][3:] == [
        *("up to date", "up to date", "skipped", "up to date")
    ]
    told.library = fake_library("2")
    plan = plan_build(built, options)
    assert [step.state for step in plan][3:] == [*("up to date", "to do", "skipped", "up to date")]
    assert plan[4].why.startswith("3 materials")
