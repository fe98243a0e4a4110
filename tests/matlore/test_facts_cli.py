"""`matlore facts extract`, as it is called, with finders of patterns."""

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fake_facts import PatternFinder

from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.cli import main
from matlore.home import Home
from matlore.pipeline import facts_extract
from ner.labels import Span

ROWS = [
    {"id": "2406.00001", "title": "Gaps", "abstract": "Sn2Te in SnTe has 0.25 eV."},
    {"id": "2406.00002", "title": "Films", "abstract": "SnTe is grown."},
    {"id": "2406.00003", "title": "Theory", "abstract": "Nothing is named here."},
]
TEXT = ROWS[0]["abstract"]
Capture = pytest.CaptureFixture[str]


class Tagger:
    """Finds tin tellurides."""

    version = "pattern-1"

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[Span(*m.span(), "MAT", 0.5) for m in re.finditer(r"Sn\d*Te\d*", t)] for t in texts]


class Linker:
    """Names formulas as they are written."""

    version = "1"

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        return [text[span.start : span.end] for span in spans]


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Put the models in place; return what taggers are asked for."""
    calls: list[tuple[Any, Any]] = []

    def load(model: Any = None, *, threads: int | None = None) -> Tagger:
        calls.append((model, threads))
        return Tagger()

    monkeypatch.setattr("ner.tagger.load_tagger", load)
    monkeypatch.setattr("ner.linking.Linker", Linker)
    monkeypatch.setattr(facts_extract, "load_finder", PatternFinder)
    return calls


def _write(path: Path, rows: Sequence[Any] = ROWS) -> str:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with the papers of `ROWS`, which is the one that commands take."""
    home = tmp_path / "data"
    files, _ = find_files([Path(_write(tmp_path / "papers.jsonl"))])
    ingest_files(Home.open(home, create=True), files)
    monkeypatch.setenv("MATLORE_HOME", str(home))
    return home


# A text


def test_a_text_is_two_tables(capsys: Capture) -> None:
    assert main(["facts", "extract", "--text", TEXT]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["Relations"],
        ["material", "type", "object", "modality", "score"],
        ["Sn2Te", "DOPED_WITH", "SnTe", "observed", "0.75"],
        [],
        ["Quantities"],
        ["material", "property", "value", "conditions", "modality", "score"],
        "Sn2Te band_gap 0.25 eV temperature 300 K, phase cubic observed 0.5".split(),
    ]


def test_a_text_as_json_is_what_other_programs_rely_on(capsys: Capture) -> None:
    assert main(["facts", "extract", "--text", TEXT, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["text"] == TEXT
    assert found["relations"] == [
        {"type": "DOPED_WITH", "head": 0, "tail": 1, "modality": "observed", "score": 0.75}
    ]
    (quantity,) = found["quantities"]
    assert set(quantity) == {
        *("material", "property", "property_name", "value", "value_max", "std", "comparator"),
        *("unit", "si_value", "si_unit", "start", "end", "conditions", "modality", "score"),
    }
    assert TEXT[quantity["start"] : quantity["end"]] == "0.25 eV"


@pytest.mark.parametrize("text", ["", "Nothing is said.", "(" * 10_000, "1" * 100_000])
def test_a_text_without_facts_is_no_error(text: str, capsys: Capture) -> None:
    assert main(["facts", "extract", "--text", text]) == 0
    assert capsys.readouterr() == ("", "no relations found\nno quantities found\n")


def test_a_text_from_stdin(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert main(["facts", "extract", "--text", "-", "--min-score", "0.7"]) == 0
    captured = capsys.readouterr()
    assert "DOPED_WITH" in captured.out
    assert captured.err == "no quantities found\n"


def test_the_model_of_the_mentions_is_chosen(asked: list[tuple[Any, Any]]) -> None:
    arguments = ["facts", "extract", "--text", TEXT, "--model", "mine", "--threads", "3"]
    assert main(arguments) == 0
    assert asked == [("mine", 3)]


def test_a_text_that_cannot_be_read_is_an_error(capsys: Capture) -> None:
    assert main(["facts", "extract", "--text", "poison"]) == 1
    assert "a number of the wrong kind" in capsys.readouterr().err


# Files


def test_files_are_one_object_a_paper(tmp_path: Path, capsys: Capture) -> None:
    path = _write(tmp_path / "papers.jsonl")
    assert main(["facts", "extract", path, "--limit", "2", "--with-text"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in found] == ["2406.00001", "2406.00002"]
    assert [len(one["quantities"]) for one in found] == [1, 0]
    assert found[0]["text"] == f"Gaps\n{TEXT}"


def test_tables_of_files_name_the_papers(tmp_path: Path, capsys: Capture) -> None:
    path = _write(tmp_path / "papers.jsonl")
    assert main(["facts", "extract", path, "--format", "table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:3] == ["paper", "material", "type"]
    assert lines[2].split()[0] == "2406.00001"


def test_csv_has_a_line_a_fact(tmp_path: Path, capsys: Capture) -> None:
    path = _write(tmp_path / "papers.jsonl")
    assert main(["facts", "extract", path, "--format", "csv"]) == 0
    relation, quantity = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (relation["type"], relation["material"], relation["object"]) == (
        *("DOPED_WITH", "Sn2Te"),
        "SnTe",
    )
    assert (quantity["type"], quantity["object"], quantity["value"], quantity["unit"]) == (
        *("QUANTITY", "band_gap", "0.25"),
        "eV",
    )
    assert quantity["conditions"] == "temperature 300 K; phase cubic"
    assert quantity["comparator"] == "="


def test_json_of_files_is_one_object(tmp_path: Path, capsys: Capture) -> None:
    path = _write(tmp_path / "papers.jsonl")
    assert main(["facts", "extract", path, "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["papers"]) == 3


def test_columns_can_be_named(tmp_path: Path, capsys: Capture) -> None:
    path = _write(tmp_path / "rows.jsonl", [{"id": "x", "summary": TEXT}])
    assert main(["facts", "extract", path, "--map", "abstract=summary"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "x"


def test_bad_rows_are_told_and_exit_3(tmp_path: Path, capsys: Capture) -> None:
    path = _write(tmp_path / "papers.jsonl", ["not json", *ROWS])
    assert main(["facts", "extract", path]) == 3
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 3
    assert "papers.jsonl:1: broken JSON" in captured.err
    assert "1 papers could not be read" in captured.err
    assert main(["facts", "extract", path, "--stop-at-error"]) == 1


# The corpus


def test_the_corpus_needs_mentions_first(home: Path, capsys: Capture) -> None:
    assert main(["facts", "extract"]) == 1
    assert "`matlore ner extract` first" in capsys.readouterr().err


def test_the_corpus_is_read_and_then_not_again(home: Path, capsys: Capture) -> None:
    assert main(["ner", "extract", "--limit", "2"]) == 0
    capsys.readouterr()
    arguments = ["facts", "extract", "--workers", "1", "--format", "json"]
    assert main([*arguments, "--limit", "1"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert (report["papers"], report["remaining"], report["waiting"]) == (1, 1, 1)
    assert "1 papers wait for their mentions: `matlore ner extract`" in captured.err
    assert "1 papers are left: `matlore facts extract` goes on" in captured.err
    assert main(["ner", "extract"]) == 0
    capsys.readouterr()
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["papers"] == 2
    assert main(["facts", "extract", "--workers", "1"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:4])
    assert (lines["papers"], lines["unchanged"]) == ("0", "3")


def test_papers_that_fail_exit_3(home: Path, capsys: Capture) -> None:
    files, _ = find_files([Path(_write(home / "cache.jsonl", [_poison()]))])
    ingest_files(Home.open(home), files)
    assert main(["ner", "extract"]) == 0
    assert main(["facts", "extract", "--workers", "1"]) == 3
    assert "1 papers could not be read: see" in capsys.readouterr().err


def _poison() -> dict[str, str]:
    return {"id": "2406.00099", "title": "A poison", "abstract": "of SnTe"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--text", "SnTe", "papers.jsonl"], "not both"),
        (["--text", "SnTe", "--limit", "3"], "--limit is for"),
        (["--text", "SnTe", "--workers", "3"], "--workers is for the corpus"),
        (["papers.jsonl", "--workers", "3"], "--workers is for the corpus"),
        (["--model", "mine"], "give --model and --threads there"),
        (["--threads", "2"], "give --model and --threads there"),
        (["--min-score", "0.5"], "keeps facts of every score"),
        (["--min-score", "7"], "min-score"),
    ],
)
def test_options_that_make_no_sense(arguments: list[str], said: str, capsys: Capture) -> None:
    assert main(["facts", "extract", *arguments]) == 2
    assert said in capsys.readouterr().err
