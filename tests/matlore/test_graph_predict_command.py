"""`matlore graph predict`, as it is called: with predictors that are really trained."""

import json
from pathlib import Path
from typing import Any

import pytest
from graph_samples import SAMPLE, changes, information
from tiny_predictors import CONDUCTIVITY, GAP, save_tiny_predictors, tiny_predictor

from graph.predictors.compositions import read_formula
from graph.stores import open_store
from matlore.cli import main
from matlore.home import Home
from matlore.pipeline import graph_predict, predict_models
from matlore.pipeline.graph_load import home_identity

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_predictors(tmp_path_factory.mktemp("trained"), [GAP.name, CONDUCTIVITY.name])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home with a small graph the one that commands take; it has no predictors."""
    path = tmp_path / "home"
    store = open_store(f"ladybug:{path / 'graph'}")
    inputs = {"home": home_identity(Home.open(path, create=True))}
    store.apply(changes(tmp_path, added=SAMPLE), information(**inputs))
    store.close()
    monkeypatch.delenv("MATLORE_STORE", raising=False)
    monkeypatch.setenv("MATLORE_HOME", str(path))
    monkeypatch.setattr(predict_models, "STARTER_PREDICTORS", tmp_path / "none")
    return path


def _predict(*arguments: str) -> int:
    return main(["graph", "predict", *arguments])


def _rows(query: str, capsys: Capture) -> list[dict[str, Any]]:
    assert main(["cypher", query, "--format", "jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_graph_has_what_the_predictors_say(home: Path, trained: Path, capsys: Capture) -> None:
    hot = ("--temperature", "300", "--temperature", "700")
    assert _predict("--predictors", str(trained), *hot) == 0
    said = capsys.readouterr()
    assert "band-gap" in said.out
    assert "2 materials with a formula; 4 times predicted now" in said.err
    found = _rows(
        "MATCH (m:Material {id: 'PbTe'})-[:HAS]->(q:Quantity {kind: 'predicted'})-[:BY]->(b:Model)"
        " RETURN b.name AS model, b.version AS version, q.value AS value, q.lower AS lower,"
        " q.upper AS upper, q.temperature AS t ORDER BY model, t",
        capsys,
    )
    assert [(one["model"], one["t"]) for one in found] == [
        ("band-gap", None),
        ("thermal-conductivity", 300.0),
        ("thermal-conductivity", 700.0),
    ]
    gap = tiny_predictor(GAP.name)
    (own,) = gap.predict([read_formula("PbTe")])
    assert found[0]["version"] == gap.version
    assert [found[0][name] for name in ("value", "lower", "upper")] == pytest.approx(
        [own.value, own.lower, own.upper], rel=1e-5
    )


def test_json_has_all_and_a_dry_run_does_nothing(
    home: Path, trained: Path, capsys: Capture
) -> None:
    where = ("--predictors", str(trained), "--format", "json")
    assert _predict("-p", "band_gap", "--dry-run", *where) == 0
    report = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["predicted"]) for row in report["models"]] == [("band-gap", 2)]
    assert "added" not in report
    assert _predict("-p", "band_gap", "--only-in-domain", "--level", "0.5", *where) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["choices"]["only_in_domain"] is True
    assert report["models"][0]["values"] == report["models"][0]["in_domain"]
    assert _predict() == 0  # the folder is not named: its values go
    assert "no longer there, with their values: band-gap" in capsys.readouterr().err


def test_without_predictors_it_says_how_to_make_one(home: Path, capsys: Capture) -> None:
    assert _predict() == 0
    assert "matlore predict train" in capsys.readouterr().err


def test_a_damaged_predictor_is_told_of_and_the_others_run(
    home: Path, trained: Path, capsys: Capture
) -> None:
    save_tiny_predictors(home / "predictors", [GAP.name])
    broken = home / "predictors" / "broken"
    broken.mkdir()
    (broken / "card.json").write_text("{")
    assert _predict() == 3
    said = capsys.readouterr()
    assert "1 predictors failed" in said.err
    assert "band-gap" in said.out


def test_what_a_run_reports_of_failures_is_printed(
    home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def fake(home: Path, **options: Any) -> dict[str, Any]:
        asked.update(options)
        return {"store": "ladybug:x", "materials": 1, "models": [], "forgotten": [], "failed": 1,
                "errors": ["gap: bad"], "seconds": 0.1, "choices": {}}  # fmt: skip

    monkeypatch.setattr(graph_predict, "predict_home_graph", fake)
    assert _predict("--min-papers", "2", "--all-materials") == 3
    assert "gap: bad" in capsys.readouterr().err
    assert (asked["choices"].min_papers, asked["choices"].only_in_domain) == (2, False)
    assert asked["choices"].temperatures is None


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--temperature", "-1"), 2, "--temperature -1"),
        (("--level", "2"), 2, "--level 2"),
        (("--property", "sheen"), 2, "there are no predictors"),
        (("--predictors", "nowhere"), 1, "no predictor in it"),
    ],
)
def test_wrong_use_is_explained(
    home: Path, capsys: Capture, arguments: tuple[str, ...], code: int, message: str
) -> None:
    assert _predict(*arguments) == code
    assert message in capsys.readouterr().err
