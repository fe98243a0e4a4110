"""`matlore ingest file` and `matlore corpus …`, as they are called."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from matlore.cli import main
from matlore.errors import InputError, UsageError
from matlore.home import Home
from matlore.pipeline.corpus import corpus_stats, default_workers, ingest_paths

ROWS = [
    {
        "id": f"2401.{n:05}",
        "doi": "10.1000/1" if n == 1 else None,
        "title": f"Growth number {n} of Bi$_2$Te$_3$",
        "summary": f"We grow it for the {n}th time.",
        "year": 2020 + n % 2,
        "categories": ["cond-mat.mtrl-sci"] + ["physics.app-ph"] * (n == 2),
        "source": "test",
        "license": "CC0-1.0",
    }
    for n in range(3)
]


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
def home(papers: Path, tmp_path: Path) -> str:
    path = tmp_path / "data"
    ingest_paths(path, [papers])
    return str(path)


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return dict(json.loads(capsys.readouterr().out))


def test_ingest_file(papers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = str(tmp_path / "new")
    assert main(["ingest", "file", str(papers), "--home", home, "--format", "json"]) == 0
    report = _json(capsys)
    assert (report["rows"], report["added"], report["quarantine"]) == (3, 3, None)
    assert main(["ingest", "file", str(papers), "--home", home, "--format", "json"]) == 0
    assert _json(capsys)["files_done_before"] == 1


def test_bad_rows_end_in_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{broken\n{"title": "fine"}\n')
    home = ["--home", str(tmp_path / "new")]
    assert main(["ingest", "file", str(path), *home, "--format", "json"]) == 3
    printed = capsys.readouterr()
    assert json.loads(printed.out)["added"] == 1
    assert "1 bad rows: see" in printed.err
    assert main(["ingest", "file", str(path), "--stop-at-error", "--home", f"{home[1]}2"]) == 1
    assert "p.jsonl:1: broken JSON" in capsys.readouterr().err


def test_columns_are_mapped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.csv"
    path.write_text("heading,body\nCrystals,We grow them.\n")
    command = ["ingest", "file", str(path), "--home", str(tmp_path / "new"), "--format", "json"]
    assert main([*command, "--map", "title=heading", "--map", "abstract=body"]) == 0
    assert _json(capsys)["added"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.csv"], 1, "no such file"),
        (["{papers}", "--map", "colour=red"], 2, "FIELD=COLUMN"),
        (["{papers}", "--input-format", "docx"], 2, "choose from"),
        ([], 2, "PATH"),
    ],
)
def test_wrong_calls(
    arguments: list[str],
    code: int,
    message: str,
    papers: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ingest", "file", *(a.format(papers=papers) for a in arguments)]) == code
    assert message in capsys.readouterr().err


def test_a_folder_without_papers_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no files of a known type"):
        ingest_paths(tmp_path / "new", [tmp_path / "empty"])
    assert not (tmp_path / "new").exists()


def test_a_wrong_mapping_makes_no_home(papers: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        ingest_paths(tmp_path / "new", [papers], mapping=["x"])
    assert not (tmp_path / "new").exists()


def test_corpus_stats(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "stats", "--home", home, "--format", "json"]) == 0
    stats = _json(capsys)
    assert stats.pop("bytes")
    assert stats == {
        "papers": 3,
        "years": {"2020": 2, "2021": 1},
        "sources": {"test": 3},
        "licenses": {"CC0-1.0": 3},
        "categories": {"cond-mat.mtrl-sci": 3, "physics.app-ph": 1},
        "languages": {"en": 3},
        "n_categories": 2,
        "n_with_doi": 1,
        "n_with_abstract": 3,
        "n_without_year": 0,
        "n_retracted": 0,
        "n_merged": 0,
        "merged_by": {},
        "n_shards": 1,
    }
    assert main(["corpus", "stats", "--home", home]) == 0
    assert "2020 to 2021" in capsys.readouterr().out


def test_stats_of_an_empty_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Home.open(tmp_path / "new", create=True)
    assert corpus_stats(tmp_path / "new")["papers"] == 0
    assert main(["corpus", "stats", "--home", str(tmp_path / "new")]) == 0
    assert "papers" in capsys.readouterr().out


def test_corpus_show(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "show", "doi:10.1000/1", "--home", home, "--format", "json"]) == 0
    paper = _json(capsys)
    assert paper["id"] == "arxiv:2401.00001"
    assert paper["text"] == "Growth number 1 of Bi2Te3\nWe grow it for the 1th time."
    assert main(["corpus", "show", "2401.99999", "--home", home]) == 1
    assert "no paper arxiv:2401.99999" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_corpus_export(home: str, tmp_path: Path, format: str) -> None:
    out = tmp_path / f"out.{format}"
    assert main(["corpus", "export", "--out", str(out), "--format", format, "--home", home]) == 0
    if format == "jsonl":
        rows = [json.loads(line) for line in out.read_text().splitlines()]
    elif format == "csv":
        rows = list(csv.DictReader(out.read_text().splitlines()))
    else:
        rows = pq.read_table(out).to_pylist()
    assert [row["id"] for row in rows] == [f"arxiv:2401.{n:05}" for n in range(3)]
    assert [path.name for path in tmp_path.glob(".*.tmp")] == []


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_what_is_exported_can_be_taken_in_again(home: str, tmp_path: Path, format: str) -> None:
    out = tmp_path / f"out.{format}"
    assert main(["corpus", "export", "--out", str(out), "--format", format, "--home", home]) == 0
    assert ingest_paths(tmp_path / "again", [out])["papers"] == 3
    report = ingest_paths(Path(home), [out])
    assert (report["unchanged"], report["papers"]) == (3, 3)


def test_an_export_to_nowhere_is_an_error(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "export", "--out", "/nowhere/at/all.jsonl", "--home", home]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_corpus_verify(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["corpus", "verify", "--home", home, "--format", "json"]
    assert main(command) == 0
    whole = {"shards": 1, "rows": 3, "fact_shards": 0, "fact_rows": 0, "problems": []}
    assert _json(capsys) == whole
    (shard,) = Home.open(Path(home)).shards("corpus")
    shard.path.write_bytes(shard.path.read_bytes() + b"x")
    assert main(command) == 1
    problem = {"shard": shard.name, "problem": "its sha256 has changed"}
    assert _json(capsys)["problems"] == [problem]
    shard.path.unlink()
    assert main(command) == 1
    assert _json(capsys)["problems"] == [{"shard": shard.name, "problem": "missing"}]


@pytest.mark.parametrize(
    "command", [["stats"], ["show", "x"], ["export", "--out", "x"], ["verify"]]
)
def test_no_home_is_an_error_that_says_what_to_do(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpus", *command, "--home", str(tmp_path / "nowhere")]) == 1
    assert "matlore ingest file PATH" in capsys.readouterr().err


def test_there_is_at_least_one_worker() -> None:
    assert 1 <= default_workers() <= 8
