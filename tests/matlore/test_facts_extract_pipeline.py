"""Facts out of a home, of files and of a text, with finders that need no model."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fake_facts import PatternFinder, PatternTagger, SpellingLinker

from ingest.jobs import ingest_files
from ingest.quarantine import BadRow
from ingest.sources.files import find_files
from matlore.errors import HomeBusyError, HomeError, InputError, NotFoundError, UsageError
from matlore.home import Home
from matlore.pipeline import facts_extract, ner_extract
from matlore.pipeline.corpus import compact_corpus, remove_paper, repair_corpus, verify_corpus
from matlore.pipeline.facts_extract import (
    extract_home_facts,
    extract_text_facts,
    extract_texts_facts,
)
from matlore.pipeline.ner_extract import extract_home
from ner.fact_store import Facts

ROWS = [
    {"id": f"2406.{n:05}", "title": f"Gap of Sn{n}Te", "abstract": f"Sn{n}Te{n} has {n}.5 eV."}
    for n in range(2, 8)
]


@pytest.fixture(autouse=True)
def finder(monkeypatch: pytest.MonkeyPatch) -> PatternFinder:
    tagger, finder = PatternTagger(), PatternFinder()
    for module in (ner_extract, facts_extract):
        monkeypatch.setattr(module, "load_extractor", lambda *_, **__: (tagger, SpellingLinker()))
    monkeypatch.setattr(facts_extract, "load_finder", lambda: finder)
    return finder


def _ingest(home: Path, rows: Sequence[dict[str, Any]]) -> None:
    path = home.with_suffix(".jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    files, _ = find_files([path])
    ingest_files(Home.open(home, create=True), files, shard_rows=4)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with papers and their mentions."""
    _ingest(tmp_path / "data", ROWS)
    extract_home(tmp_path / "data")
    return tmp_path / "data"


def _values(home: Path) -> list[float]:
    return sorted(one.value for one in Facts(Home.open(home)).quantities())


# The corpus


def test_a_home_is_read_once(home: Path) -> None:
    report = extract_home_facts(home)
    assert (report["papers"], report["quantities"], report["claims"]) == (6, 6, 6)
    assert (report["failed"], report["waiting"], report["quarantine"]) == (0, 0, None)
    assert _values(home) == [n + 0.5 for n in range(2, 8)]
    claim, *_ = Facts(Home.open(home)).claims()
    assert (claim.subject, claim.object) == ("Sn2Te", "Sn2Te2")
    assert extract_home_facts(home)["unchanged"] == 6
    assert Facts(Home.open(home)).counts()["pending"] == 0


def test_without_mentions_the_command_that_makes_them_is_named(tmp_path: Path) -> None:
    _ingest(tmp_path / "new", ROWS)
    with pytest.raises(NotFoundError, match="`matlore ner extract` first"):
        extract_home_facts(tmp_path / "new")
    extract_home(tmp_path / "new", limit=2)
    report = extract_home_facts(tmp_path / "new")
    assert (report["papers"], report["waiting"]) == (2, 4)


def test_a_home_without_papers_is_no_error(tmp_path: Path) -> None:
    Home.open(tmp_path / "empty", create=True)
    assert extract_home_facts(tmp_path / "empty")["papers"] == 0


def test_a_changed_paper_is_read_again(home: Path) -> None:
    extract_home_facts(home)
    _ingest(home, [{**ROWS[0], "abstract": "Sn2Te2 has 9.5 eV."}])
    assert 2.5 not in _values(home)
    assert extract_home_facts(home)["waiting"] == 1
    extract_home(home)
    assert extract_home_facts(home)["papers"] == 1
    assert 9.5 in _values(home)


def test_a_paper_that_fails_goes_to_quarantine(home: Path, finder: PatternFinder) -> None:
    _ingest(home, [{"id": "2406.00099", "title": "A poison", "abstract": "of SnTe"}])
    extract_home(home)
    report = extract_home_facts(home)
    assert (report["papers"], report["failed"]) == (6, 1)
    path = Path(report["quarantine"])
    assert path.name.startswith("facts-")
    (row,) = map(json.loads, path.read_text().splitlines())
    assert "a number of the wrong kind" in row["reason"]
    finder.bad = "no such word"
    (found,) = extract_texts_facts([path])
    assert found["id"] == "arxiv:2406.00099"


def test_a_busy_or_missing_home_is_an_error(home: Path, tmp_path: Path) -> None:
    with Home.open(home).writer(), pytest.raises(HomeBusyError):
        extract_home_facts(home)
    with pytest.raises(HomeError, match="no matlore home"):
        extract_home_facts(tmp_path / "nowhere")


def test_a_removed_paper_takes_its_facts_along(home: Path) -> None:
    extract_home_facts(home)
    remove_paper(home, "2406.00003")
    assert 3.5 not in _values(home)
    with Home.open(home).connect() as connection:
        assert connection.execute("SELECT count(*) FROM extracted").fetchone() == (15,)


def test_a_compaction_of_the_corpus_keeps_the_facts(home: Path) -> None:
    extract_home_facts(home)
    compact_corpus(home)
    assert _values(home) == [n + 0.5 for n in range(2, 8)]
    assert extract_home_facts(home)["unchanged"] == 6
    assert verify_corpus(home)["problems"] == []


@pytest.mark.parametrize("kind", ["quantities", "claims"])
def test_damaged_facts_are_dropped_and_extracted_again(home: Path, kind: str) -> None:
    extract_home_facts(home)
    (shard,) = Home.open(home).folder("facts").glob(f"{kind}-*")
    shard.write_bytes(b"no parquet")
    problem = {"shard": shard.name, "problem": "its sha256 has changed"}
    assert verify_corpus(home)["problems"] == [problem]
    report = repair_corpus(home)
    assert (report["n_unread"], report["remaining"]) == (6, [])
    assert extract_home_facts(home)["papers"] == 6
    assert _values(home) == [n + 0.5 for n in range(2, 8)]
    assert verify_corpus(home)["problems"] == []


# Texts and files


def test_a_text_has_mentions_relations_and_quantities() -> None:
    found = extract_text_facts("Sn2Te in SnTe has a gap of 0.3 eV.")
    assert [*found] == ["id", "text_sha", "text", "mentions", "relations", "quantities"]
    assert [one["text"] for one in found["mentions"]] == ["Sn2Te", "SnTe"]
    (relation,) = found["relations"]
    assert (relation["type"], relation["head"], relation["tail"]) == ("DOPED_WITH", 0, 1)
    (quantity,) = found["quantities"]
    assert (quantity["material"], quantity["property"]) == (0, None)
    assert (quantity["value"], quantity["unit"], quantity["si_unit"]) == (0.3, "eV", "J")
    assert found["text"][quantity["start"] : quantity["end"]] == "0.3 eV"


def test_a_score_can_be_asked_for() -> None:
    found = extract_text_facts("Sn2Te in SnTe has a gap of 0.3 eV.", min_score=0.6)
    assert (len(found["relations"]), len(found["quantities"])) == (1, 0)
    found = extract_text_facts("Sn2Te in SnTe has a gap of 0.3 eV.", min_score=0.8)
    assert (found["relations"], found["quantities"], len(found["mentions"])) == ([], [], 2)


@pytest.mark.parametrize("word", ["poison", "venom"])
def test_a_text_that_cannot_be_read_is_an_error(word: str) -> None:
    with pytest.raises(InputError, match="could not be read"):
        extract_text_facts(f"a {word} text")


def test_files_are_read_in_their_order(tmp_path: Path) -> None:
    papers = tmp_path / "papers.jsonl"
    papers.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (tmp_path / "note.txt").write_text("SnTe has 0.3 eV.")
    found = [*extract_texts_facts([papers, tmp_path / "note.txt"])]
    assert [one["id"] for one in found] == [
        *(row["id"] for row in ROWS),
        str(tmp_path / "note.txt"),
    ]
    assert [len(one["quantities"]) for one in found] == [1] * 7
    assert "text" not in found[0]
    (noted,) = extract_texts_facts([tmp_path / "note.txt"], with_text=True)
    assert noted["text"] == "SnTe has 0.3 eV."


def test_bad_rows_are_told_or_end_it(tmp_path: Path) -> None:
    papers = tmp_path / "papers.jsonl"
    rows = [ROWS[0], {"id": "x", "title": "", "abstract": "a poison"}, ROWS[1]]
    rows.append({"id": "y", "title": "", "abstract": "a venom"})
    papers.write_text("not json\n" + "".join(json.dumps(row) + "\n" for row in rows))
    rejected: list[BadRow] = []
    found = [*extract_texts_facts([papers], reject=rejected.append)]
    assert [one["id"] for one in found] == ["2406.00002", "2406.00003"]
    assert [row.file for row in rejected] == [str(papers), "x", "y"]
    with pytest.raises(InputError, match="broken JSON"):
        [*extract_texts_facts([papers])]


def test_wrong_arguments_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        extract_texts_facts([tmp_path / "nowhere.jsonl"])
    (tmp_path / "a.txt").write_text("SnTe")
    with pytest.raises(UsageError, match="no input format"):
        extract_texts_facts([tmp_path / "a.txt"], input_format="pdf")
    with pytest.raises(UsageError):
        extract_texts_facts([tmp_path / "a.txt"], mapping=["abstract"])
