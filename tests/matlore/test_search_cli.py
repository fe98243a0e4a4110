"""`matlore search`: what it prints, where, and how it ends."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import rispy
from search_homes import fake_encoders, searched_home

from matlore.cli import main
from matlore.pipeline.corpus import remove_paper

QUERY = "band gap of CdTe"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        fake_encoders(patch)
        return searched_home(tmp_path_factory.mktemp("built"))


@pytest.fixture(autouse=True)
def home(built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_encoders(monkeypatch)
    monkeypatch.setenv("MATLORE_HOME", str(built))
    return built


def _search(*words: str | Path) -> int:
    return main(["search", *map(str, words)])


def _json(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    assert _search(*words, "--format", "json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_papers_are_told_under_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert _search(QUERY, "--top", "1") == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "  1  A band gap for cells",
        "     2014  arxiv:2401.00002",
        "     Thin films of CdTe were made by sputtering. The band gap of CdTe is 1.45 eV,"
        " which suits solar cells.",
        "",
    ]
    assert printed.err == ""


def test_why_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert _search(QUERY, "--top", "1", "--explain") == 0
    why = capsys.readouterr().out.splitlines()[3]
    assert why.startswith("     text rank 1 | dense rank 1 | graph rank 1 | similarity 0.")
    assert why.endswith("facts: CdTe: band gap 1.45 eV")


def test_a_retracted_paper_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert _search("GaN glows blue", "--top", "1") == 0
    assert "2018  arxiv:2401.00004  RETRACTED" in capsys.readouterr().out


def test_json_has_the_fields_of_the_design(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _json(capsys, QUERY)
    assert answer["query"] == QUERY
    first = answer["hits"][0]
    assert list(first)[:6] == ["rank", "id", "title", "year", "score", "snippet"]
    shown = [first["snippet"][start:end] for start, end in first["marks"]]
    assert "CdTe" in " ".join(shown)


def test_rows_of_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert _search(QUERY, "--top", "2", "--format", "jsonl") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["rank"] for line in lines] == [1, 2]
    assert _search(QUERY, "--top", "2", "--format", "csv") == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert rows[0]["id"] == "arxiv:2401.00002"


def test_references_go_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "found.ris"
    assert _search(QUERY, "--top", "2", "--format", "ris", "--out", file) == 0
    assert capsys.readouterr().out == ""
    first, second = rispy.loads(file.read_text(encoding="utf-8"))
    assert first["title"] == "A band gap for cells"
    assert second["id"].startswith("arxiv:")
    assert _search(QUERY, "--top", "1", "--format", "csl-json", "--out", file) == 0
    assert json.loads(file.read_text(encoding="utf-8"))[0]["id"] == "arxiv:2401.00002"
    assert _search(QUERY, "--top", "1", "--format", "bibtex") == 0
    assert "eprint = {2401.00002}" in capsys.readouterr().out


def test_filters_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _json(
        capsys, "films", "--property", "band gap 1.0:1.6 eV", "--elements", "Cd,Te",
        "--material", "CdTe", "--application", "solar cells", "--method", "sputtering",
        "--year", "2010:", "--source", "notes", "--license", "cc0",
    )  # fmt: skip
    assert answer["n_allowed"] == 1
    assert len(answer["passing"]) == 8
    assert [hit["id"] for hit in answer["hits"]] == ["arxiv:2401.00002"]


def test_filters_that_leave_nothing_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert _search("films", "--year", "1900", "--license", "mine") == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no paper passes the filters (year 1900:1900: 0; license mine" in printed.err
    assert "cc-by" in printed.err


def test_nothing_found_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert _search("qwertyuiop", "--mode", "text", "--format", "json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["hits"] == []
    assert "nothing found" in printed.err
    assert _search("qwertyuiop") == 0
    assert "no paper has a word of the query" in capsys.readouterr().err


def test_a_long_query_is_cut_and_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _search("films " * 17_000, "--top", "1") == 0
    assert "102,000 characters; the first 20,000 are read" in capsys.readouterr().err


def test_papers_like_one(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _json(capsys, "--like", "arxiv:2401.00001")
    assert "arxiv:2401.00001" not in [hit["id"] for hit in answer["hits"]]
    assert _search("--like", "arxiv:2401.00077") == 1
    assert "near it are arxiv:2401.00001" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["x"], "one letter"),
        ([""], "the query is empty"),
        ([], "--like ID"),
        (["films", "--mode", "magic"], "use fusion, text, dense, graph"),
        (["films", "--year", "20:10"], "--year"),
        (["films", "--nodes", "--kind", "book"], "material, property, application"),
        (["films", "--nodes", "--format", "ris"], "nodes are no references"),
        (["films", "--out", "/"], "it is a folder"),
        (["films", "--out", "nowhere/at/all.txt"], "there is no folder"),
        (["films", "--encoder", "static"], "fake-32, not by fake-other"),
    ],
)
def test_wrong_words_are_told(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _search(*words) == 2
    assert told in capsys.readouterr().err


def test_without_an_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _search("films", "--home", tmp_path / "none") == 1
    assert "matlore index build" in capsys.readouterr().err


def test_a_changed_corpus_and_a_missing_graph_are_told(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied = Path(shutil.copytree(built, tmp_path / "copied"))
    shutil.rmtree(copied / "graph")
    remove_paper(copied, "arxiv:2401.00003")
    assert _search(QUERY, "--home", copied, "--explain") == 0
    printed = capsys.readouterr()
    assert "A band gap for cells" in printed.out
    assert "does not know 1 papers as they are now" in printed.err
    assert "without facts" in printed.err


def test_nodes_of_the_graph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "nodes.json"
    assert _search("band gap", "--nodes", "--format", "json", "--out", file) == 0
    assert json.loads(file.read_text())["hits"][0]["key"] == "band gap"
    answer = _json(capsys, "cells that make power", "--kind", "application")
    assert {hit["label"] for hit in answer["hits"]} == {"Application"}
