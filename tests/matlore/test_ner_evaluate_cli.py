"""`matlore ner evaluate`, as it is called, with a tagger of patterns."""

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.cli import main
from matlore.home import Home
from ner.annotations import sentence_sha
from ner.labels import Span

Capture = pytest.CaptureFixture[str]
CONLL = """\
SnTe B-MAT
films I-MAT
conduct O

a O
Seebeck B-PRO
coefficient I-PRO
of O
SnTe B-MAT

nothing O
"""
ROWS = [
    {"id": "2406.00001", "title": "Growth of SnTe", "abstract": "We grow SnTe. It conducts."},
    {"id": "2406.00002", "title": "Films", "abstract": "We sputter tin. Sn2Te is hard to grow."},
    {"id": "2406.00003", "title": "Theory", "abstract": "Nothing is named here."},
]
# paper, sentence, its mentions by their text
ANNOTATED = [
    ("2406.00001", "We grow SnTe.", [("SnTe", "MAT")]),
    ("2406.00002", "We sputter tin.", [("sputter", "SMT"), ("tin", "MAT")]),
]


class Tagger:
    """Finds formulas of tin, and `Seebeck` if it is the better one."""

    def __init__(self, version: str) -> None:
        self.version = version

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[Span(*m.span(), "MAT", 0.5) for m in re.finditer("Sn2?Te", t)] for t in texts]

    def tag_words(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        known = {"SnTe": "B-MAT"}
        if self.version == "better":
            known |= {"Seebeck": "B-PRO", "coefficient": "I-PRO"}
        return [[known.get(word, "O") for word in words] for words in sentences]


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(model: Any = None, *, threads: int | None = None) -> Tagger:
        return Tagger(model or "shipped")

    monkeypatch.setattr("ner.tagger.load_tagger", load)


@pytest.fixture
def conll(tmp_path: Path) -> str:
    path = tmp_path / "dev.txt"
    path.write_text(CONLL, encoding="utf-8")
    return str(path)


@pytest.fixture
def rows(tmp_path: Path) -> str:
    path = tmp_path / "papers" / "rows.jsonl"
    path.parent.mkdir()
    lines = ["{broken", *map(json.dumps, ROWS), json.dumps(["no", "object"])]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def annotations(tmp_path: Path) -> str:
    return _annotate(tmp_path / "annotations.tsv")


def _annotate(path: Path, annotated: Sequence[Any] = ANNOTATED) -> str:
    texts = {row["id"]: f"{row['title']}\n{row['abstract']}" for row in ROWS}
    lines = ["# no text is kept here"]
    for id, sentence, mentions in annotated:
        start = texts[id].index(sentence)
        found = [(texts[id].index(text, start), text, label) for text, label in mentions]
        marks = " ".join(f"{at}:{at + len(text)}:{label}" for at, text, label in found)
        columns = [f"arxiv:{id}", start, start + len(sentence), sentence_sha(sentence), marks]
        lines.append("\t".join(map(str, columns)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def _json(capsys: Capture) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


# Tagged words


def test_the_json_is_what_other_programs_rely_on(conll: str, capsys: Capture) -> None:
    assert main(["ner", "evaluate", conll, "--format", "json"]) == 0
    report = _json(capsys)
    assert report["model"] == "shipped"
    assert report["micro"] == {"precision": 0.5, "recall": 0.3333, "f1": 0.4}
    assert report["macro_f1"] == 0.25
    assert report["per_label"]["MAT"] == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "support": 2,
    }
    assert len(report["per_label"]) == 7
    assert report["sentences_per_second"] > 0
    assert (report["sentences"], report["mentions"]) == (3, 3)
    assert report["confusion"] == {"MAT": {"boundary": 1, "right": 1}, "PRO": {"(missed)": 1}}


def test_the_table_has_labels_then_all_then_their_mean(conll: str, capsys: Capture) -> None:
    assert main(["ner", "evaluate", conll]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["label", "precision", "recall", "f1", "support"]
    assert lines[1].split() == ["MAT", "0.5000", "0.5000", "0.5000", "2"]
    assert lines[8].split() == ["micro", "0.5000", "0.3333", "0.4000", "3"]
    assert lines[9].split() == ["macro", "0.2500"]
    assert re.match(
        r"shipped: micro F1 0\.4000 \(95% interval 0\.\d{4} to 0\.\d{4}\), macro F1 0\.2500; "
        r"3 mentions in 3 sentences, [\d,]+ sentences a second$",
        lines[11],
    )


def test_csv_has_plain_numbers(conll: str, capsys: Capture) -> None:
    assert main(["ner", "evaluate", conll, "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["label,precision,recall,f1,support", "MAT,0.5,0.5,0.5,2"]
    assert lines[-2:] == ["micro,0.5,0.3333,0.4,3", "macro,,,0.25,"]


def test_several_files_count_together(conll: str, capsys: Capture) -> None:
    assert main(["ner", "evaluate", conll, conll, "--format", "json"]) == 0
    report = _json(capsys)
    assert (report["sentences"], report["mentions"], report["micro"]["f1"]) == (6, 6, 0.4)


def test_the_confusions_are_shown_on_demand(conll: str, capsys: Capture) -> None:
    assert main(["ner", "evaluate", conll]) == 0
    assert "What was found" not in capsys.readouterr().out
    assert main(["ner", "evaluate", conll, "--confusion"]) == 0
    table = capsys.readouterr().out.partition("What was found for each gold label\n")[2]
    header, mat, pro = (line.split() for line in table.splitlines())
    assert header == ["gold", "right", "boundary", "(missed)"]
    assert (mat, pro) == (["MAT", "1", "1"], ["PRO", "1"])


def test_two_models_are_compared(conll: str, capsys: Capture) -> None:
    command = ["ner", "evaluate", conll, "--model", "better", "--against", "plain"]
    assert main([*command, "--format", "json"]) == 0
    report = _json(capsys)
    assert (report["model"], report["against"]["model"]) == ("better", "plain")
    assert report["micro"]["f1"] == 0.6667
    difference = report["comparison"]["difference"]
    assert difference == pytest.approx(0.6667 - 0.4)
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[-4:] == ["f1", "of", "the", "other"]
    assert lines[4].split() == ["PRO", "1.0000", "1.0000", "1.0000", "1", "0.0000"]
    assert lines[-2].startswith("against plain: micro F1 0.4000")
    assert lines[-1].startswith("difference of micro F1 +0.2667 (95% interval ")


def test_empty_tags_are_read_as_none_with_a_warning(
    tmp_path: Path, capsys: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "dev.txt"
    path.write_text("SnTe \nfilms\n\nSnTe B-MAT\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert main(["ner", "evaluate", str(path), "--format", "json"]) == 0
    assert _json(capsys)["mentions"] == 1
    assert "2 lines without a tag" in caplog.text


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 2, "name files of tagged words"),
        (["dev.txt", "--annotations", "annotations.tsv"], 2, "or one of --annotations"),
        (["dev.txt", "--texts", "papers"], 2, "name that file too"),
        (["nowhere.txt"], 1, "nowhere.txt: cannot be read"),
        (["papers"], 1, "papers: cannot be read"),
        (["wrong.txt"], 1, "unknown tag 'B-XYZ'"),
        (["empty.txt"], 1, "no tagged sentence"),
        (["latin.txt"], 1, "not UTF-8"),
        (["--annotations", "nowhere.tsv"], 1, "nowhere.tsv"),
        (["--annotations", "empty.txt"], 2, "no annotated sentence"),
        (["--annotations", "annotations.tsv"], 1, "no matlore home"),
        (["--annotations", "annotations.tsv", "--texts", "nowhere"], 1, "no such file"),
        (["--annotations", "annotations.tsv", "--texts", "other.jsonl"], 1, "not among the texts"),
    ],
)
def test_what_makes_no_sense_is_refused(
    options: list[str],
    code: int,
    said: str,
    conll: str,
    rows: str,
    annotations: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    (tmp_path / "wrong.txt").write_text("SnTe B-XYZ\n")
    (tmp_path / "empty.txt").write_text("\n\n")
    (tmp_path / "latin.txt").write_bytes(b"\xb5m O\n")
    (tmp_path / "other.jsonl").write_text(json.dumps(ROWS[2]))
    monkeypatch.chdir(tmp_path)
    assert main(["ner", "evaluate", *options]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


# Annotated sentences


@pytest.mark.parametrize("whole_folder", [True, False])
def test_annotated_sentences_are_found_in_files(
    whole_folder: bool, annotations: str, rows: str, capsys: Capture
) -> None:
    texts = str(Path(rows).parent) if whole_folder else rows
    command = ["ner", "evaluate", "--annotations", annotations, "--texts", texts]
    assert main([*command, "--format", "json"]) == 0
    report = _json(capsys)
    # what is found in other sentences of the papers counts neither way
    assert report["micro"] == {"precision": 1.0, "recall": 0.3333, "f1": 0.5}
    assert (report["sentences"], report["mentions"]) == (2, 3)
    assert report["confusion"] == {"MAT": {"(missed)": 1, "right": 1}, "SMT": {"(missed)": 1}}


def test_annotated_sentences_are_found_in_the_home(
    annotations: str, rows: str, tmp_path: Path, capsys: Capture
) -> None:
    home = tmp_path / "data"
    ingest_files(Home.open(home, create=True), find_files([Path(rows)])[0])
    command = ["ner", "evaluate", "--annotations", annotations, "--home", str(home)]
    assert main([*command, "--format", "json"]) == 0
    assert _json(capsys)["micro"]["recall"] == 0.3333


def test_a_mention_that_leaves_its_sentence_is_wrong(
    annotations: str, rows: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def tag(self: Tagger, texts: Sequence[str]) -> list[list[Span]]:
        return [[Span(0, len(text), "MAT")] for text in texts]

    monkeypatch.setattr(Tagger, "tag", tag)
    command = ["ner", "evaluate", "--annotations", annotations, "--texts", rows]
    assert main([*command, "--format", "json"]) == 0
    report = _json(capsys)
    assert report["micro"]["f1"] == 0
    assert report["confusion"]["MAT"] == {"boundary": 2}


def test_a_text_that_has_changed_is_refused(
    annotations: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "rows.jsonl"
    changed = {**ROWS[0], "title": "The growth of SnTe"}
    path.write_text("\n".join(map(json.dumps, [changed, *ROWS[1:]])))
    assert main(["ner", "evaluate", "--annotations", annotations, "--texts", str(path)]) == 1
    assert "no longer the one annotated" in capsys.readouterr().err


def test_the_shipped_annotations_find_their_papers(
    repository: Path, shared_data: Path, tmp_path: Path, capsys: Capture
) -> None:
    source = repository / "tests" / "data" / "ner_annotations.tsv"
    lines = source.read_text(encoding="utf-8").splitlines()
    of_journals = [line for line in lines if line.startswith("doi:")]
    path = tmp_path / "some.tsv"
    path.write_text("\n".join(of_journals), encoding="utf-8")
    texts = str(shared_data / "corpus" / "journals.jsonl.gz")
    command = ["ner", "evaluate", "--annotations", str(path), "--texts", texts]
    assert main([*command, "--format", "json"]) == 0
    report = _json(capsys)
    assert report["sentences"] == len(of_journals) > 30
    assert report["mentions"] == sum(len(line.split("\t")[4].split()) for line in of_journals)
