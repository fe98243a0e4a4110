"""`matlore index`: what it prints, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest
from fake_encoder import FakeEncoder

from embeddings.encoders import base
from matlore.cli import main
from matlore.pipeline.index_record import index_folder


@pytest.fixture(autouse=True)
def fake_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "load_encoder", lambda *_, **__: FakeEncoder())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def _run(*words: str | Path) -> int:
    return main(["index", *map(str, words)])


def test_a_fresh_machine_gets_an_index_of_the_sample(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("build", "--home", home, "--format", "json") == 0
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert report["corpus"] == "sample"
    assert report["indexes"][0]["rows"] == 150
    assert "sample corpus" in printed.err
    assert "encoder transformer: no more than 50,000 papers" in printed.err


def test_a_dry_run_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("build", "--home", home, "--dry-run", "--format", "json") == 0
    assert _json(capsys)["indexes"][0]["added"] == 150
    assert not home.exists()


def test_stats_and_verify(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("stats", "--home", home) == 1
    assert "matlore index build" in capsys.readouterr().err
    assert _run("build", "--home", home) == 0
    assert "papers" in capsys.readouterr().out
    assert _run("stats", "--home", home, "--format", "json") == 0
    assert _json(capsys)["indexes"][0]["stale"] == 0
    assert _run("verify", "--home", home) == 0
    (index_folder(home, "papers") / "card.json").unlink()
    capsys.readouterr()
    assert _run("verify", "--home", home, "--format", "json") == 1
    assert not _json(capsys)["ok"]


def test_wrong_options_are_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("build", "--home", home, "--collection", "books") == 2
    assert "there are papers, sentences, nodes" in capsys.readouterr().err
    assert _run("build", "--home", home, "--no-sentences", "--collection", "papers") == 0
