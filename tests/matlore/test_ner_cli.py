"""`matlore ner extract`, `show` and `stats`, as they are called, with a tagger of patterns."""

import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.cli import main
from matlore.errors import ArtifactError
from matlore.home import Home
from ner.labels import Span

ROWS = [
    {"id": "2406.00001", "title": "Seebeck of SnTe", "abstract": "We grow SnTe, not SnTe2."},
    {"id": "2406.00002", "title": "Films", "abstract": "Sn2Te has a Seebeck coefficient."},
    {"id": "2406.00003", "title": "Theory", "abstract": "Nothing is named here."},
]
FIRST = "We grow SnTe, its Seebeck coefficient is high."
Capture = pytest.CaptureFixture[str]


class Tagger:
    """Finds tin tellurides and Seebeck coefficients; cannot stand the word `poison`."""

    version = "pattern-1"

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        if any("poison" in text for text in texts):
            raise RuntimeError("a tensor of the wrong shape")
        pattern = re.compile(r"(Sn\d*Te\d*)|Seebeck(?: coefficient)?")
        return [
            [Span(*m.span(), "MAT" if m[1] else "PRO", 0.5) for m in pattern.finditer(text)]
            for text in texts
        ]


class Linker:
    """Names formulas as they are written, and nothing else."""

    version = "1"

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        return [text[s.start : s.end] if s.label == "MAT" else None for s in spans]


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Put the tagger and the linker in place; return what models are asked for."""
    calls: list[tuple[Any, Any]] = []

    def load(model: Any = None, *, threads: int | None = None) -> Tagger:
        calls.append((model, threads))
        return Tagger()

    monkeypatch.setattr("ner.tagger.load_tagger", load)
    monkeypatch.setattr("ner.linking.Linker", Linker)
    return calls


def _write(path: Path, rows: Sequence[Any] = ROWS) -> str:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


def _objects(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with the papers of `ROWS`, which is the one that commands take."""
    home = tmp_path / "data"
    files, _ = find_files([Path(_write(tmp_path / "papers.jsonl"))])
    ingest_files(Home.open(home, create=True), files)
    monkeypatch.setenv("MATLORE_HOME", str(home))
    return home


# A text


def test_a_text_as_json_says_where_its_mentions_are(capsys: Capture) -> None:
    assert main(["ner", "extract", "--text", FIRST, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["text"] == FIRST
    assert found["mentions"][0] == {
        "label": "MAT",
        "start": 8,
        "end": 12,
        "text": "SnTe",
        "norm": "SnTe",
        "score": 0.5,
        "source": "tagger",
    }
    assert [one["text"] for one in found["mentions"]] == ["SnTe", "Seebeck coefficient"]


def test_a_text_is_a_table_unless_asked_otherwise(capsys: Capture) -> None:
    assert main(["ner", "extract", "--text", FIRST]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["label", "text", "norm", "score"]
    assert lines[1].split() == ["MAT", "SnTe", "SnTe", "0.5"]
    assert lines[2].split() == ["PRO", "Seebeck", "coefficient", "0.5"]


@pytest.mark.parametrize("text", ["", "   ", "\x00\x07", "Ωμέγα и кристалл", "x" * 1_000_000])
def test_a_text_without_mentions_is_no_error(text: str, capsys: Capture) -> None:
    assert main(["ner", "extract", "--text", text]) == 0
    captured = capsys.readouterr()
    assert captured.out.split() == ["label", "text", "norm", "score"]
    assert captured.err == "no mentions found\n"


def test_a_table_cuts_what_is_no_word_and_json_does_not(capsys: Capture) -> None:
    text = f"Sn{'1' * 1_000_000}Te"
    assert main(["ner", "extract", "--text", text]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) < 300
    assert main(["ner", "extract", "--text", text, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["mentions"][0]["text"] == text


def test_a_text_that_the_model_cannot_stand_is_an_error(capsys: Capture) -> None:
    assert main(["ner", "extract", "--text", "poison"]) == 1
    assert "wrong shape" in capsys.readouterr().err


def test_a_text_comes_from_stdin(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    _stdin(monkeypatch, "\ufeffSnTe\nof Å".encode())
    assert main(["ner", "extract", "--text", "-", "--format", "jsonl"]) == 0
    (found,) = _objects(capsys)
    assert [one["text"] for one in found["mentions"]] == ["SnTe"]
    _stdin(monkeypatch, b"SnTe \xff\xfe")
    assert main(["ner", "extract", "--text", "-"]) == 1
    assert "not in UTF-8" in capsys.readouterr().err


def test_model_and_threads_reach_the_tagger(asked: list[tuple[Any, Any]]) -> None:
    main(["ner", "extract", "--text", FIRST])
    main(["ner", "extract", "--text", FIRST, "--model", "someone/model", "--threads", "1"])
    assert asked == [(None, None), ("someone/model", 1)]


# Files


@pytest.mark.parametrize("name", ["p.jsonl", "p.jsonl.gz"])
def test_files_give_an_object_a_paper(name: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / name
    _write(path)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert main(["ner", "extract", str(path)]) == 0
    found = _objects(capsys)
    assert [one["id"] for one in found] == [row["id"] for row in ROWS]
    assert [one["text"] for one in found[0]["mentions"]] == ["Seebeck", "SnTe", "SnTe", "SnTe2"]
    assert all("text" not in one for one in found)


def test_the_text_of_offsets_comes_on_demand(tmp_path: Path, capsys: Capture) -> None:
    assert main(["ner", "extract", _write(tmp_path / "p.jsonl"), "--with-text"]) == 0
    for paper in _objects(capsys):
        for one in paper["mentions"]:
            assert paper["text"][one["start"] : one["end"]] == one["text"]


def test_files_as_a_table_have_a_line_a_mention(tmp_path: Path, capsys: Capture) -> None:
    assert main(["ner", "extract", _write(tmp_path / "p.jsonl"), "--format", "table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["paper", "label", "text", "norm", "score"]
    assert [line.split()[0] for line in lines[1:]] == ["2406.00001"] * 4 + ["2406.00002"] * 2


def test_files_as_csv_have_offsets_too(tmp_path: Path, capsys: Capture) -> None:
    assert main(["ner", "extract", _write(tmp_path / "p.jsonl"), "--format", "csv"]) == 0
    rows = [*csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert len(rows) == 6
    assert (rows[0]["paper"], rows[0]["start"], rows[0]["end"]) == ("2406.00001", "0", "7")
    assert (rows[0]["label"], rows[0]["norm"]) == ("PRO", "")


def test_files_as_json_are_one_object(tmp_path: Path, capsys: Capture) -> None:
    assert main(["ner", "extract", _write(tmp_path / "p.jsonl"), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["papers"]) == 3


def test_papers_come_from_stdin(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    rows = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    for data in (rows, gzip.compress(rows)):
        _stdin(monkeypatch, data)
        assert main(["ner", "extract", "-"]) == 0
        assert len(_objects(capsys)) == 3


def test_a_limit_ends_the_reading_of_files(tmp_path: Path, capsys: Capture) -> None:
    assert main(["ner", "extract", _write(tmp_path / "p.jsonl"), "--limit", "2"]) == 0
    assert len(_objects(capsys)) == 2


def test_columns_of_files_can_be_named(tmp_path: Path, capsys: Capture) -> None:
    path = _write(tmp_path / "p.dat", [{"id": "x:1", "body": FIRST}])
    options = ["--map", "abstract=body", "--input-format", "jsonl"]
    assert main(["ner", "extract", path, *options]) == 0
    (found,) = _objects(capsys)
    assert len(found["mentions"]) == 2


def test_bad_rows_are_told_and_the_exit_code_is_3(tmp_path: Path, capsys: Capture) -> None:
    bad = [{"id": f"x:{n}", "abstract": ""} for n in range(11)]
    path = _write(tmp_path / "p.jsonl", [ROWS[0], "{broken", *bad, ROWS[1]])
    assert main(["ner", "extract", path]) == 3
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    said = captured.err.splitlines()
    assert said[0].startswith(f"{path}:2: broken JSON")
    assert sum("no text" in line for line in said) == 9
    assert said[-1] == "12 papers could not be read"


def test_stop_at_error_fails_at_the_first_bad_row(tmp_path: Path, capsys: Capture) -> None:
    path = _write(tmp_path / "p.jsonl", ["{broken", *ROWS])
    assert main(["ner", "extract", path, "--stop-at-error"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "p.jsonl:1: broken JSON" in captured.err


def test_results_stay_on_stdout_beneath_a_progress_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    path = _write(tmp_path / "p.jsonl")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert main(["ner", "extract", path]) == 0
    captured = capsys.readouterr()
    assert [json.loads(line)["id"] for line in captured.out.splitlines()] == [
        row["id"] for row in ROWS
    ]
    assert "2406.00001" not in captured.err
    assert "papers" in captured.err


def test_no_bar_is_drawn_among_results_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    path = _write(tmp_path / "p.jsonl")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["ner", "extract", path]) == 0
    assert capsys.readouterr().err == ""


# The corpus


def test_the_corpus_of_a_home_is_extracted_once(home: Path, capsys: Capture) -> None:
    assert main(["ner", "extract", "--format", "json", "--limit", "2"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert (report["papers"], report["remaining"], report["mentions"]) == (2, 1, 6)
    assert "1 papers are left" in captured.err
    assert main(["ner", "extract", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["papers"], report["unchanged"], report["quarantine"]) == (1, 2, None)
    assert report["model"].startswith("pattern-1")


def test_papers_that_fail_go_to_quarantine_with_exit_code_3(
    home: Path, tmp_path: Path, capsys: Capture
) -> None:
    bad = _write(tmp_path / "bad.jsonl", [{"id": "x:1", "title": "A poison", "abstract": "SnTe"}])
    assert main(["ingest", "file", bad, "--workers", "1"]) == 0
    capsys.readouterr()
    assert main(["ner", "extract", "--format", "json"]) == 3
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert (report["papers"], report["failed"]) == (3, 1)
    assert f"1 papers could not be read: see {report['quarantine']}" in captured.err
    assert len(Path(report["quarantine"]).read_text().splitlines()) == 1


def test_papers_of_little_relevance_can_be_left_out(home: Path, capsys: Capture) -> None:
    assert main(["ner", "extract", "--min-relevance", "1", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["papers"], report["skipped"]) == (0, 3)


def test_without_a_home_there_is_a_sentence(tmp_path: Path, capsys: Capture) -> None:
    for command in (["extract"], ["stats"], ["show", "2406.00001"]):
        assert main(["ner", *command, "--home", str(tmp_path / "nowhere")]) == 1
        assert "no matlore home" in capsys.readouterr().err


# What does not go


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["p.jsonl", "--text", "SnTe"], 2, "either --text or files"),
        (["--text", "SnTe", "--limit", "3"], 2, "--limit is for files"),
        (["--text", "SnTe", "--min-relevance", "0.5"], 2, "--min-relevance is for the corpus"),
        (["p.jsonl", "--min-relevance", "0.5"], 2, "matlore ingest file"),
        (["p.jsonl", "--map", "abstract"], 2, "abstract"),
        (["p.jsonl", "--input-format", "docx"], 2, "choose from"),
        (["nowhere.jsonl"], 1, "no such file"),
        (["folder"], 1, "no files of a known type"),
        (["p.docx"], 1, "of no known type"),
        (["--html", "x.html"], 2, "matlore ner show ID --html"),
        (["p.jsonl", "--html", "nowhere/x.html"], 1, "in a folder that exists"),
        (["p.jsonl", "--html", "folder"], 1, "name a file"),
        (["p.jsonl", "--threads", "0"], 2, "--threads"),
    ],
)
def test_what_makes_no_sense_is_refused(
    options: list[str],
    code: int,
    said: str,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    _write(tmp_path / "p.jsonl")
    _write(tmp_path / "p.docx")
    (tmp_path / "p.docx").write_bytes(b"PK\x03\x04")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["ner", "extract", *options]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


def test_a_folder_that_is_no_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for model in (tmp_path, tmp_path / "nowhere"):
        assert main(["ner", "extract", "--text", FIRST, "--model", str(model)]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith(f"Error: {model}")
        assert "unexpected" not in captured.err


def test_a_model_that_is_broken_ends_the_job(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(self: Tagger, texts: Sequence[str]) -> list[list[Span]]:
        raise ArtifactError("model.onnx: gives nonsense; get it anew")

    monkeypatch.setattr(Tagger, "tag", fail)
    assert main(["ner", "extract"]) == 1
    assert capsys.readouterr().err.endswith("Error: model.onnx: gives nonsense; get it anew\n")


# Pictures


def test_a_picture_of_a_text(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "x.html"
    assert main(["ner", "extract", "--text", FIRST, "--html", str(page)]) == 0
    assert capsys.readouterr().err == f"picture: {page}\n"
    marks = re.findall(r'<mark [^>]*title="([^"]+)">([^<]+)<', page.read_text(encoding="utf-8"))
    assert marks == [("material: SnTe", "SnTe"), ("property", "Seebeck coefficient")]


def test_a_picture_of_files_shows_the_first_papers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("matlore.cli.ner._DRAWN_PAPERS", 2)
    page = tmp_path / "x.html"
    assert main(["ner", "extract", _write(tmp_path / "p.jsonl"), "--html", str(page)]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 3
    assert '"text": "Seebeck of SnTe' not in captured.out
    assert f"picture: {page} (of the first 2 papers)" in captured.err
    drawn = page.read_text(encoding="utf-8")
    assert "2406.00002" in drawn
    assert "2406.00003" not in drawn


def test_a_picture_of_a_paper_of_the_home(home: Path, tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "x.html"
    main(["ner", "extract"])
    assert main(["ner", "show", "2406.00001", "--html", str(page)]) == 0
    assert "Mentions in arxiv:2406.00001" in page.read_text(encoding="utf-8")


def test_pictures_need_spacy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("matlore.pipeline.ner.find_spec", lambda name: None)
    page = tmp_path / "x.html"
    assert main(["ner", "extract", "--text", FIRST, "--html", str(page)]) == 2
    assert "matlore[spacy]" in capsys.readouterr().err


# What a home has


@pytest.mark.parametrize(
    "id", ["2406.00001", "arXiv:2406.00001v2", "https://arxiv.org/abs/2406.00001"]
)
def test_a_paper_is_shown_by_any_identifier(id: str, home: Path, capsys: Capture) -> None:
    main(["ner", "extract"])
    capsys.readouterr()
    assert main(["ner", "show", id, "--format", "json"]) == 0
    paper = json.loads(capsys.readouterr().out)
    assert (paper["id"], paper["title"]) == ("arxiv:2406.00001", "Seebeck of SnTe")
    assert [one["text"] for one in paper["mentions"]] == ["Seebeck", "SnTe", "SnTe", "SnTe2"]
    for one in paper["mentions"]:
        assert paper["text"][one["start"] : one["end"]] == one["text"]


def test_a_paper_is_shown_as_a_table(home: Path, capsys: Capture) -> None:
    main(["ner", "extract"])
    capsys.readouterr()
    assert main(["ner", "show", "2406.00001"]) == 0
    title, header, first, *_ = capsys.readouterr().out.splitlines()
    assert title == "arxiv:2406.00001: Seebeck of SnTe"
    assert header.split() == ["label", "text", "norm", "score"]
    assert first.split() == ["PRO", "Seebeck", "0.5"]
    assert main(["ner", "show", "2406.00001", "--format", "csv"]) == 0
    rows = [*csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert [row["start"] for row in rows] == ["0", "11", "24", "34"]


def test_papers_not_read_and_not_there_are_told_apart(home: Path, capsys: Capture) -> None:
    assert main(["ner", "show", "2406.00001"]) == 1
    assert "has not been read yet: `matlore ner extract`" in capsys.readouterr().err
    assert main(["ner", "show", "2406.99999"]) == 1
    assert "no paper arxiv:2406.99999" in capsys.readouterr().err


def test_stats_count_papers_labels_and_names(home: Path, capsys: Capture) -> None:
    main(["ner", "extract", "--limit", "2"])
    capsys.readouterr()
    assert main(["ner", "stats", "--top", "2", "--format", "json"]) == 0
    stats = json.loads(capsys.readouterr().out)
    assert (stats["papers"], stats["pending"], stats["mentions"]) == (2, 1, 6)
    assert stats["labels"] == {"MAT": 4, "PRO": 2}
    assert stats["linked"] == {"MAT": 4, "PRO": 0}
    assert [*stats["models"].values()] == [2]
    assert stats["norms"] == {
        "MAT": {
            "different": 3,
            "commonest": [
                {"norm": "Sn2Te", "papers": 1, "mentions": 1},
                {"norm": "SnTe", "papers": 1, "mentions": 2},
            ],
        },
        "PRO": {"different": 0, "commonest": []},
    }


def test_stats_as_a_table(home: Path, capsys: Capture) -> None:
    main(["ner", "extract"])
    capsys.readouterr()
    assert main(["ner", "stats"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^pending +0$", out, re.MULTILINE)
    assert re.search(r"^MAT +4 +4 +3$", out, re.MULTILINE)
    assert re.search(r"^MAT +SnTe2 +1 +1$", out, re.MULTILINE)
    assert main(["ner", "stats", "--format", "jsonl"]) == 0
    assert _objects(capsys)[0] == {"label": "MAT", "norm": "Sn2Te", "papers": 1, "mentions": 1}


def test_stats_of_a_home_where_nothing_was_read(home: Path, capsys: Capture) -> None:
    assert main(["ner", "stats"]) == 0
    assert re.search(r"^pending +3$", capsys.readouterr().out, re.MULTILINE)
