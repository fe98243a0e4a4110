"""What predictors say of a home's materials, in its graph: predicted, kept, and replaced."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from fake_derivation import fake_derive, fake_library
from fake_encoder import FakeEncoder
from fake_facts import PatternFinder, PatternTagger, SpellingLinker
from fake_predictors import CLASSES, GAP, MERIT, FakePredictor, FakePredictors

from embeddings.encoders import base
from graph.propnet import engine
from graph.stores import open_store
from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.errors import (
    ArtifactError,
    GraphError,
    HomeBusyError,
    HomeError,
    NotFoundError,
    UsageError,
)
from matlore.home import Home
from matlore.pipeline import (
    facts_extract,
    graph_derive,
    graph_explain,
    graph_load,
    graph_predict,
    graph_predict_plan,
    ner_extract,
)
from matlore.pipeline.build import BuildOptions, plan_build, run_build
from matlore.pipeline.facts_extract import extract_home_facts
from matlore.pipeline.graph_derive import derive_home_graph
from matlore.pipeline.graph_explain import derive_material
from matlore.pipeline.graph_inputs import gather_inputs
from matlore.pipeline.graph_load import graph_is_current, graph_stats, load_home_graph
from matlore.pipeline.graph_predict import (
    PredictChoices,
    has_predictors,
    predict_home_graph,
    predict_is_current,
)
from matlore.pipeline.ner_extract import extract_home

OWN = """material,property,value,unit,source
PbTe,band gap,0.3,eV,notebook 7
SnTe,band gap,0.2,eV,notebook 7
HgTe,band gap,0.1,eV,notebook 7
ThO2,band gap,5.7,eV,notebook 7
"""
USUAL = graph_predict_plan.USUAL_CHOICES
KEYS = ["HgTe", "PbTe", "SnTe", "ThO2"]
PAPER = {"id": "2406.1", "title": "On nothing", "abstract": "Nothing is said."}
VALUES = (
    "MATCH (m:Material)-[:HAS]->(q:Quantity {kind: 'predicted'})-[:BY]->(b:Model)"
    " RETURN m.id, b.name, q.temperature, q.value, q.version ORDER BY m.id, b.name, q.temperature"
)


class _Told:
    """The predictors that a run is given."""

    def __init__(self) -> None:
        self.gap = FakePredictor(GAP)
        self.merit = FakePredictor(MERIT, lambda _, at: at["temperature"])
        self.predictors = FakePredictors(self.gap, self.merit)
        self.folders: list[Path | None] = []

    def __call__(self, _: Path, folder: Path | None = None) -> FakePredictors:
        self.folders.append(folder)
        return self.predictors

    def asked(self) -> dict[str, list[str]]:
        """Return what each was asked since this was called last, if anything."""
        told = {name: one.told() for name, one in self.predictors.items()}
        return {name: asked for name, asked in told.items() if asked}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> _Told:
    found = _Told()
    monkeypatch.setattr(graph_predict, "home_predictors", found)
    one = {**graph_predict_plan.USUAL_CHOICES, "temperatures": []}
    monkeypatch.setattr(graph_predict_plan, "USUAL_CHOICES", one)
    _with_fakes(monkeypatch)
    return found


def _with_fakes(patch: pytest.MonkeyPatch) -> None:
    for pipeline in (graph_load, graph_derive, graph_explain):
        patch.setattr(pipeline, "home_library", lambda _: fake_library())
    patch.setattr(engine, "derive", fake_derive)
    for module in (ner_extract, facts_extract):
        patch.setattr(
            module, "load_extractor", lambda *_, **__: (PatternTagger(), SpellingLinker())
        )
    patch.setattr(facts_extract, "load_finder", PatternFinder)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a graph of four materials, which each test copies."""
    folder = tmp_path_factory.mktemp("loaded")
    paper = folder / "paper.jsonl"
    paper.write_text(json.dumps(PAPER) + "\n")
    files, _ = find_files([paper])
    ingest_files(Home.open(folder / "home", create=True), files)
    with pytest.MonkeyPatch.context() as patch:
        _with_fakes(patch)
        extract_home(folder / "home")
        extract_home_facts(folder / "home")
        _load(folder / "home", OWN)
    return folder / "home"


@pytest.fixture
def home(loaded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(loaded, tmp_path / "home"))


def _load(home: Path, own: str | None = None, **options: Any) -> dict[str, Any]:
    tables = []
    if own is not None:
        tables = [home.with_name("own.csv")]
        tables[0].write_text(own)
    return load_home_graph(home, quantities=tables, with_vectors=False, facts="home", **options)


def _predict(home: Path, choices: PredictChoices | None = None, **options: Any) -> dict[str, Any]:
    return predict_home_graph(home, choices=choices, **options)


def _rows(home: Path, query: str = VALUES) -> list[tuple[Any, ...]]:
    store = open_store(f"ladybug:{home / 'graph'}")
    try:
        return store.run(query).rows
    finally:
        store.close()


def test_predictions_land_in_the_graph(home: Path, told: _Told) -> None:
    report = _predict(home)
    assert told.asked() == {"gap": KEYS[:3], "merit": KEYS[:3]}
    assert _rows(home) == [
        (key, name, kelvin, value, "1")
        for key in KEYS[:3]
        for name, kelvin, value in (("gap", None, 1.0), ("merit", 300.0, 300.0))
    ]
    assert (report["materials"], report["failed"]) == (4, 0)
    wanted = {"predicted": 4, "gone": 0, "materials": 4, "without": 1, "values": 3, "in_domain": 2}
    assert [{name: row[name] for name in wanted} for row in report["models"]] == [wanted] * 2
    assert report["added"]["Quantity"] == 6
    assert (report["changed"], report["removed"]) == ({}, {})
    assert graph_stats(home)["quantities"] == {"predicted": 6, "reported": 4}


def test_again_nothing_is_left_to_do(home: Path, told: _Told) -> None:
    first = _predict(home)
    told.asked()
    assert predict_is_current(home) is None
    again = _predict(home)
    assert told.asked() == {}
    assert (again["load"], again["added"], again["changed"]) == (first["load"], {}, {})
    assert _load(home)["unchanged"]
    assert len(_rows(home)) == 6


def test_only_new_materials_are_predicted(home: Path, told: _Told) -> None:
    _predict(home)
    told.asked()
    report = _load(home, "material,property,value,unit,source\nGeTe,band gap,0.6,eV,notebook 8\n")
    assert report["removed"] == {}
    assert len(_rows(home)) == 6
    assert predict_is_current(home) == 1
    report = _predict(home)
    assert told.asked() == {"gap": ["GeTe"], "merit": ["GeTe"]}
    assert (report["added"]["Quantity"], report["changed"], report["removed"]) == (2, {}, {})


def test_a_material_that_is_gone_takes_its_predictions_along(home: Path, told: _Told) -> None:
    _load(home, "material,property,value,unit,source\nGeTe,band gap,0.6,eV,notebook 8\n")
    _predict(home)
    told.asked()
    report = _load(home, forget=["notebook 8"])
    assert report["removed"]["Quantity"] == 3
    assert predict_is_current(home) == 0
    report = _predict(home)
    assert told.asked() == {}
    assert [row["gone"] for row in report["models"]] == [1, 1]
    assert report["models"][0]["materials"] == 4
    assert (report["added"], report["removed"]) == ({}, {})
    assert predict_is_current(home) is None


def test_a_predictor_of_another_version_replaces_all_its_values(home: Path, told: _Told) -> None:
    _predict(home)
    told.asked()
    told.gap.version, told.gap.law = "2", lambda *_: 9.0
    assert predict_is_current(home) == 4
    report = _predict(home)
    assert told.asked() == {"gap": KEYS[:3]}
    assert {row[1:] for row in _rows(home)} == {
        ("gap", None, 9.0, "2"),
        ("merit", 300.0, 300.0, "1"),
    }
    # The same values with other numbers: their ids say what they are of, not what they say.
    assert report["changed"] == {"Quantity": 3, "Model": 1}
    assert (report["added"], report["removed"]) == ({}, {})


def test_what_a_card_says_anew_is_told_without_predicting(home: Path, told: _Told) -> None:
    _predict(home)
    told.asked()
    told.gap.license = "CC-BY-4.0"
    assert predict_is_current(home) == 0
    report = _predict(home)
    assert told.asked() == {}
    assert report["changed"] == {"Quantity": 3}


def test_a_predictor_that_is_no_more_takes_its_values_along(home: Path, told: _Told) -> None:
    _predict(home)
    del told.predictors["gap"]
    assert predict_is_current(home) == 0
    report = _predict(home)
    assert report["forgotten"] == ["gap"]
    assert report["removed"]["Quantity"] == 3
    assert {row[1] for row in _rows(home)} == {"merit"}
    assert _rows(home, "MATCH (m:Model) RETURN m.name") == [("merit",)]
    told.predictors.clear()
    _predict(home)
    assert _rows(home) == []
    assert not has_predictors(home)
    assert _load(home)["unchanged"]


def test_only_some_properties(home: Path, told: _Told) -> None:
    _predict(home, properties=["thermoelectric figure of merit"])
    assert told.asked() == {"merit": KEYS[:3]}
    told.gap.version = told.merit.version = "2"
    report = _predict(home, properties=["gap"])
    assert told.asked() == {"gap": KEYS[:3]}
    assert {row[1::3] for row in _rows(home)} == {("gap", "2"), ("merit", "1")}
    assert [row["name"] for row in report["models"]] == ["gap"]
    with pytest.raises(UsageError, match="there are predictors of band gap"):
        _predict(home, properties=["sheen"])


def test_a_new_property_comes_with_its_predictor_and_goes(home: Path, told: _Told) -> None:
    query = "MATCH (p:Property {name: 'shininess'}) RETURN p.unit, p.in_vocabulary"
    told.predictors["classes"] = FakePredictor(CLASSES, lambda *_: 0.25)
    _predict(home)
    assert _rows(home, query) == [("1", False)]
    assert _load(home)["unchanged"]
    del told.predictors["classes"]
    _predict(home)
    assert _rows(home, query) == []


# Choices.


def test_the_usual_temperatures_are_three(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_predict_plan, "USUAL_CHOICES", USUAL)
    assert _predict(home)["choices"]["temperatures"] == [300.0, 600.0, 900.0]
    hot = [row[2] for row in _rows(home) if row[:2] == ("PbTe", "merit")]
    assert hot == [300.0, 600.0, 900.0]


def test_choices_are_kept_for_the_next_run(home: Path, told: _Told) -> None:
    report = _predict(home, PredictChoices(temperatures=(600.0, 300.0), only_in_domain=True))
    assert report["choices"] == {
        **{"temperatures": [300.0, 600.0], "min_papers": 0, "level": 0.9, "only_in_domain": True},
    }
    hot = [row[:3] for row in _rows(home) if row[1] == "merit"]
    assert hot == [(key, "merit", t) for key in ("PbTe", "SnTe") for t in (300.0, 600.0)]
    told.asked()
    assert _predict(home)["choices"] == report["choices"]
    assert told.asked() == {}
    _predict(home, PredictChoices(temperatures=()))
    assert told.asked() == {"merit": KEYS[:3]}
    assert {row[2] for row in _rows(home)} == {None, 300.0}
    _predict(home, PredictChoices(level=0.5))
    assert _rows(home, "MATCH (q:Quantity {kind: 'predicted'}) RETURN DISTINCT q.level") == [(0.5,)]


def test_materials_by_how_many_papers_name_them(home: Path, told: _Told) -> None:
    _load(home, "material,property,value,unit,source\nSnSe,band gap,0.9,eV,notebook 9\n")
    assert _predict(home, PredictChoices(min_papers=3))["materials"] == 5  # all have values


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (PredictChoices(temperatures=(0.0,)), "--temperature 0"),
        (PredictChoices(temperatures=(float("nan"),)), "--temperature nan"),
        (PredictChoices(level=1.0), "--level 1"),
        (PredictChoices(level=float("nan")), "--level nan"),
    ],
)
def test_choices_that_make_no_sense(home: Path, choices: PredictChoices, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _predict(home, choices)
    assert not (home / "graph" / "predicted" / "card.json").exists()


def test_a_dry_run_changes_nothing(home: Path, told: _Told) -> None:
    report = _predict(home, PredictChoices(level=0.5), dry_run=True)
    assert told.asked() == {}
    assert [row["predicted"] for row in report["models"]] == [4, 4]
    assert report["models"][0]["values"] == 0
    assert "load" not in report
    assert not (home / "graph" / "predicted" / "card.json").exists()


# Killed, broken, and wrong.


def test_a_run_that_is_killed_leaves_the_graph_and_is_gone_on_with(
    home: Path, told: _Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_predict, "_BATCH", 1)
    monkeypatch.setattr(graph_predict, "_COMMIT_SECONDS", 0.0)
    told.merit.dies_at = "PbTe"
    with pytest.raises(KeyboardInterrupt):
        _predict(home)
    assert told.asked() == {"gap": KEYS[:3], "merit": KEYS[:1]}
    assert _rows(home) == []
    told.merit.dies_at = None
    assert predict_is_current(home) == 3
    _predict(home)
    assert told.asked() == {"merit": KEYS[1:3]}
    assert len(_rows(home)) == 6


def test_what_a_killed_run_kept_comes_with_the_next_load(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("graph.loading.load_graph", die)
        with pytest.raises(KeyboardInterrupt):
            _predict(home)
    assert predict_is_current(home) == 0
    assert not _load(home)["unchanged"]
    assert len(_rows(home)) == 6
    assert predict_is_current(home) is None


def test_tables_that_are_gone_are_read_out_of_the_graph(home: Path, told: _Told) -> None:
    _predict(home)
    for path in (home / "graph" / "tables").glob("*/*"):
        path.unlink()
    assert predict_is_current(home) is None
    told.gap.version = "2"
    _predict(home)
    assert {row[1::3] for row in _rows(home)} == {("gap", "2"), ("merit", "1")}


def _fails(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def test_a_predictor_that_cannot_be_used_stops_no_other(
    home: Path, told: _Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    _predict(home)
    told.gap.version = told.merit.version = "2"
    monkeypatch.setattr(told.gap, "predict", _fails(UsageError("too few rows for level 0.99")))
    report = _predict(home)
    assert (report["failed"], report["errors"]) == (1, ["gap: too few rows for level 0.99"])
    assert {row[1::3] for row in _rows(home)} == {("gap", "1"), ("merit", "2")}


def test_a_predictor_with_a_damaged_card_keeps_its_values(
    home: Path, told: _Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    _predict(home)
    real = told.predictors.card

    def card(name: str) -> Mapping[str, Any]:
        if name == "gap":
            raise ArtifactError("gap/card.json: damaged")
        return cast("Mapping[str, Any]", real(name))

    monkeypatch.setattr(told.predictors, "card", card)
    report = _predict(home)
    assert (report["failed"], report["errors"]) == (1, ["gap/card.json: damaged"])
    assert len(_rows(home)) == 6


def test_a_predictor_may_not_be_named_as_a_model_of_physics(home: Path, told: _Told) -> None:
    derive_home_graph(home, workers=1)
    told.predictors["moss relation"] = told.predictors.pop("gap")
    with pytest.raises(GraphError, match="another name"):
        _predict(home)


def test_without_a_graph_there_is_nothing_to_predict_for(tmp_path: Path) -> None:
    with pytest.raises(HomeError):
        _predict(tmp_path / "no home")
    Home.open(tmp_path / "empty", create=True)
    with pytest.raises(NotFoundError, match="matlore graph load"):
        _predict(tmp_path / "empty")


def test_a_graph_of_an_older_schema_is_loaded_anew_with_its_predictions(home: Path) -> None:
    _predict(home)
    path = home / "graph" / "graph.json"
    path.write_text(path.read_text().replace('"schema_version": 3', '"schema_version": 2'))
    with pytest.raises(GraphError, match="matlore graph load"):
        _predict(home)
    assert not _load(home)["unchanged"]
    assert len(_rows(home)) == 6


def test_one_at_a_time(home: Path) -> None:
    with Home.open(home).writer(), pytest.raises(HomeBusyError):
        _predict(home)


def test_what_is_damaged_is_named_with_the_remedy(home: Path) -> None:
    _predict(home)
    (home / "graph" / "predicted" / "card.json").write_text("{")
    for run in (_predict, _load):
        with pytest.raises(ArtifactError, match="remove its folder"):
            run(home)


# Beside derivation, and in a build.


def test_predictions_are_no_inputs_of_derivation(home: Path, told: _Told) -> None:
    query = (
        "MATCH (m:Material)-[:HAS]->(q:Quantity) WHERE q.kind IN ['derived', 'aggregate']"
        " RETURN q.id, q.value ORDER BY q.id"
    )
    derive_home_graph(home, workers=1)
    before = _rows(home, query)
    _predict(home)
    assert _rows(home, query) == before
    report = derive_home_graph(home, workers=1)
    assert (report["derived"], report["added"]) == (0, {})
    assert len(_rows(home)) == 6
    _load(home, "material,property,value,unit,source\nPbTe,band gap,0.4,eV,notebook 8\n")
    assert derive_home_graph(home, workers=1)["derived"] == 1
    assert len(_rows(home)) == 6
    assert predict_is_current(home) is None
    assert _load(home)["unchanged"]
    assert _rows(home, "MATCH (q:Quantity {kind: 'predicted'}) WHERE q.conflict RETURN q.id") == []
    assert derive_material(home, "PbTe")["reported"] == 2


def test_a_build_predicts_between_derivation_and_index(
    home: Path, told: _Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gathered(home_path: Path, **options: Any) -> Any:
        return gather_inputs(home_path, **{**options, "with_vectors": False})

    monkeypatch.setattr(graph_load, "gather_inputs", gathered)
    monkeypatch.setattr(base, "load_encoder", lambda *_, **__: FakeEncoder())
    options = BuildOptions(workers=1)
    plan = {step.name: step.state for step in plan_build(home, options)}
    assert (plan["derive"], plan["predict"]) == ("to do", "to do")
    run_build(home, options, done=lambda *_: None)
    assert len(_rows(home)) == 6
    assert graph_is_current(home)
    states = {step.name: step.state for step in plan_build(home, options)}
    assert {states[name] for name in ("graph", "derive", "predict", "index")} == {"up to date"}
    told.gap.version = "2"
    step = plan_build(home, options)[5]
    assert (step.name, step.state, step.why) == (
        *("predict", "to do"),
        "4 materials were not predicted",
    )
    told.predictors.clear()
    assert plan_build(home, options)[5].why == "the graph has other values"
