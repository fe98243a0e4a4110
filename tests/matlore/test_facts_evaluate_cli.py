"""`matlore facts train` and `evaluate`, as they are called, on small data of our own."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from matlore.cli import main
from ner.facts.cards import MODELS_CARD, load_cards
from ner.facts.doping_model import load_doping_model

Capture = pytest.CaptureFixture[str]
PAIRS = [("Na", "PbTe"), ("Al", "ZnO"), ("Er", "Y2O3"), ("Mn", "ZnS"), ("Nb", "SrTiO3")] * 2
UNITS = """\
<units xmlns="http://www.tei-c.org/ns/1.0">
  <unit><prefix>m</prefix><base>V</base></unit>
  <unit><base>K</base></unit>
</units>
"""
ROW = {"id": "2406.00001", "title": "Thermopower of PbTe", "abstract": "PbTe has a gap of 0.31 eV."}
TEXT = f"{ROW['title']}\n{ROW['abstract']}"


@pytest.fixture(scope="module")
def doping(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of ten abstracts of one sentence, as NERRE's are written."""
    path = tmp_path_factory.mktemp("doping") / "train.json"
    path.write_text(json.dumps([_abstract(*pair) for pair in PAIRS]), encoding="utf-8")
    return path


def _abstract(dopant: str, host: str) -> dict[str, Any]:
    text = f"We grew {dopant}-doped {host} films and measured them."
    sentence = {"sentence_text": text, "relevant": True, "results": {}, "doping_modifiers": []}
    sentence |= {"basemats": {"b0": host}, "dopants": {"d0": dopant}}
    sentence["dopants2basemats"] = {"d0": ["b0"]}
    return {"doi": "10.1/made-up", "text": text, "title": "", "doping_sentences": [sentence]}


def _json(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def test_dopings_are_cross_validated(doping: Path, capsys: Capture) -> None:
    assert main(["facts", "evaluate", "--doping", str(doping), "--format", "json"]) == 0
    scores = _json(capsys)["doping"]["all_relevant"]
    assert scores["gold"] == len(PAIRS)
    assert scores["f1"] > 0.8


def test_a_trained_model_is_written_with_its_card(
    doping: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "models"
    command = ["facts", "train", "--doping", str(doping), "--out", str(out), "--format", "json"]
    assert main(command) == 0
    report = _json(capsys)["doping"]
    path = Path(report["path"])
    card = load_cards(out)[path.name]
    assert card.sha256 == sha256(path.read_bytes()).hexdigest()
    assert card.metrics == report["metrics"]
    assert card.command is not None
    load_doping_model(path)


def test_a_model_that_is_not_its_cards_is_refused(
    doping: Path, tmp_path: Path, capsys: Capture
) -> None:
    from matlore.errors import ArtifactError

    out = tmp_path / "models"
    assert main(["facts", "train", "--doping", str(doping), "--out", str(out)]) == 0
    card = out / MODELS_CARD
    digest = load_cards(out)["doping.json.zst"].sha256
    card.write_text(card.read_text("utf-8").replace(digest, "0" * 64), encoding="utf-8")
    with pytest.raises(ArtifactError, match="sha256 differs"):
        load_doping_model(out / "doping.json.zst")


def test_units_are_scored(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "made-up.xml").write_text(UNITS, encoding="utf-8")
    assert main(["facts", "evaluate", "--units", str(tmp_path), "--format", "json"]) == 0
    assert _json(capsys)["units"]["all"]["exact"] == 1
    assert main(["facts", "evaluate", "--units", str(tmp_path)]) == 0
    assert "units / all" in capsys.readouterr().out


def test_annotated_papers_are_read_with_the_shipped_models(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "papers.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    value, material = TEXT.index("0.31 eV"), TEXT.index("PbTe")
    columns = ["arxiv:2406.00001", sha256(TEXT.encode()).hexdigest()[:12], "band gap"]
    columns += [f"{value}:{value + 7}", "0.31", "-", "-", "=", "eV"]
    columns += [f"{material}:{material + 4}", "-"]
    (tmp_path / "gold.tsv").write_text("\t".join(columns) + "\n", encoding="utf-8")
    options = ["--annotations", str(tmp_path / "gold.tsv")]
    options += ["--texts", str(tmp_path / "papers.jsonl")]
    assert main(["facts", "evaluate", *options, "--format", "json"]) == 0
    scores = _json(capsys)["annotations"]["thresholds"]["0.5"]
    assert (scores["precision"], scores["recall"]) == (1, 1)
    assert main(["facts", "evaluate", *options]) == 0
    assert "annotations / thresholds / 0.5" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["evaluate"], "nothing to measure on"),
        (["train"], "nothing to train on"),
        (["evaluate", "--texts", "x.jsonl"], "--annotations"),
    ],
)
def test_nothing_to_do_is_wrong_usage(
    arguments: list[str], complaint: str, capsys: Capture
) -> None:
    assert main(["facts", *arguments]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--doping", "--general"])
def test_data_that_is_none_is_told(option: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "bad.json").write_text('{"a": ', encoding="utf-8")
    for command in ("train", "evaluate"):
        out = ["--out", str(tmp_path)] if command == "train" else []
        assert main(["facts", command, option, str(tmp_path / "bad.json"), *out]) == 1
        assert "bad.json" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "text"), [("--doping", "[]"), ("--general", "")])
def test_too_little_data_is_told(option: str, text: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "few.json").write_text(text, encoding="utf-8")
    for command in ("train", "evaluate"):
        out = ["--out", str(tmp_path)] if command == "train" else []
        assert main(["facts", command, option, str(tmp_path / "few.json"), *out]) == 1
        said = capsys.readouterr().err
        assert "few.json: too little to learn from" in said
        assert "whole data set" in said


def test_values_of_one_paragraph_are_too_few(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "train" / "text").mkdir(parents=True)
    (tmp_path / "train" / "text" / "S1.txt").write_text("A value of 5 K.", encoding="utf-8")
    assert main(["facts", "evaluate", "--values", str(tmp_path)]) == 1
    assert "too little to learn from" in capsys.readouterr().err


def test_annotations_of_no_paper_are_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "gold.tsv").write_text("", encoding="utf-8")
    assert main(["facts", "evaluate", "--annotations", str(tmp_path / "gold.tsv")]) == 1
    assert "no annotated paper" in capsys.readouterr().err


def test_a_file_in_place_of_the_folder_for_models(
    doping: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "models").touch()
    command = ["facts", "train", "--doping", str(doping), "--out", str(tmp_path / "models")]
    assert main(command) == 1
    assert "choose another `--out`" in capsys.readouterr().err
