"""Mentions out of a home, of files and of a text, with a tagger that needs no model."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fake_facts import PatternTagger

from ingest.corpus import Corpus
from ingest.jobs import ingest_files
from ingest.quarantine import BadRow
from ingest.sources.files import find_files
from matlore.errors import HomeBusyError, HomeError, InputError, UsageError
from matlore.home import Home
from matlore.pipeline import ner_extract
from matlore.pipeline.corpus import compact_corpus, remove_paper, repair_corpus, verify_corpus
from matlore.pipeline.ner_extract import extract_home, extract_text, extract_texts, mention_counts
from matlore.records import text_hash
from ner.labels import Span
from ner.mention_store import Mentions

ROWS = [
    {"id": f"2406.{n:05}", "title": f"Films of Sn{n}Te", "abstract": f"We grow Sn{n}Te{n} twice."}
    for n in range(2, 8)
]


class Linker:
    """Names everything alike."""

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        return ["SnTe" for _ in spans]


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> PatternTagger:
    tagger = PatternTagger("poison")
    monkeypatch.setattr(ner_extract, "load_extractor", lambda *_, **__: (tagger, Linker()))
    return tagger


def _ingest(home: Path, rows: Sequence[dict[str, Any]]) -> None:
    path = home.with_suffix(".jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    files, _ = find_files([path])
    ingest_files(Home.open(home, create=True), files, shard_rows=4)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    _ingest(tmp_path / "data", ROWS)
    return tmp_path / "data"


def _mentioned(home: Path) -> list[tuple[str, str]]:
    return sorted((one.paper_id, one.text) for one in Mentions(Home.open(home)))


# The corpus


def test_a_home_is_extracted_once(home: Path) -> None:
    report = extract_home(home)
    assert (report["papers"], report["mentions"], report["labels"]["MAT"]) == (6, 12, 12)
    assert (report["failed"], report["quarantine"]) == (0, None)
    assert report["model"].startswith("pattern-1")
    papers = {paper.id: paper for paper in Corpus(Home.open(home))}
    for mention in Mentions(Home.open(home)):
        paper = papers[mention.paper_id]
        assert mention.text_sha == paper.text_sha
        assert paper.text[mention.start : mention.end] == mention.text
        assert (mention.norm, mention.score, mention.source) == ("SnTe", 0.5, "tagger")
    again = extract_home(home)
    assert (again["papers"], again["unchanged"]) == (0, 6)
    assert mention_counts(home)["mentions"] == 12


def test_a_changed_paper_is_read_again(home: Path) -> None:
    extract_home(home)
    _ingest(home, [{**ROWS[0], "abstract": "We grow Sn9Te9 once."}])
    assert ("arxiv:2406.00002", "Sn2Te2") not in _mentioned(home)
    assert extract_home(home)["papers"] == 1
    mentioned = [text for id, text in _mentioned(home) if id == "arxiv:2406.00002"]
    assert mentioned == ["Sn2Te", "Sn9Te9"]


def test_another_model_reads_all_again(home: Path, loaded: PatternTagger) -> None:
    extract_home(home)
    before = _mentioned(home)
    loaded.version = "pattern-2"
    assert extract_home(home, limit=4)["remaining"] == 2
    assert extract_home(home)["papers"] == 2
    assert _mentioned(home) == before


def test_what_is_of_little_relevance_is_left_out(home: Path) -> None:
    off_topic = "The Hawking radiation of black holes and the entropy of galaxies in cosmology."
    _ingest(home, [{"id": "2406.00098", "title": "Black holes", "abstract": off_topic}])
    *_, dark = Corpus(Home.open(home))
    assert dark.relevance is not None
    assert dark.relevance < 0.2
    report = extract_home(home, min_relevance=0.2)
    assert (report["papers"], report["skipped"], report["remaining"]) == (6, 1, 0)
    assert extract_home(home)["papers"] == 1


def test_a_text_that_fails_goes_to_quarantine(home: Path) -> None:
    _ingest(home, [{"id": "2406.00099", "title": "A poison", "abstract": "of SnTe"}])
    report = extract_home(home)
    assert (report["papers"], report["failed"]) == (6, 1)
    lines = Path(report["quarantine"]).read_text().splitlines()
    (row,) = map(json.loads, lines)
    assert row["file"].startswith("papers-")
    assert "a tensor of the wrong shape" in row["reason"]
    raw = {"id": "arxiv:2406.00099", "title": "A poison", "abstract": "of SnTe"}
    assert json.loads(row["raw"]) == raw
    assert extract_home(home)["failed"] == 1


def test_a_quarantine_file_can_be_read_as_papers(home: Path, loaded: PatternTagger) -> None:
    _ingest(home, [{"id": "2406.00099", "title": "A poison", "abstract": "of SnTe"}])
    path = Path(extract_home(home)["quarantine"])
    loaded.tag = lambda texts: [[] for _ in texts]  # type: ignore[method-assign]
    (found,) = extract_texts([path])
    assert found["id"] == "arxiv:2406.00099"
    assert found["text_sha"] == text_hash("A poison\nof SnTe")


def test_a_busy_or_missing_home_is_an_error(home: Path, tmp_path: Path) -> None:
    with Home.open(home).writer(), pytest.raises(HomeBusyError):
        extract_home(home)
    with pytest.raises(HomeError, match="no matlore home"):
        extract_home(tmp_path / "nowhere")


def test_a_removed_paper_takes_its_mentions_along(home: Path) -> None:
    extract_home(home)
    remove_paper(home, "2406.00003")
    assert not [id for id, _ in _mentioned(home) if id == "arxiv:2406.00003"]
    assert len(_mentioned(home)) == 10
    with Home.open(home).connect() as connection:
        assert connection.execute("SELECT count(*) FROM extracted").fetchone() == (5,)


def test_a_compaction_of_the_corpus_keeps_the_mentions(home: Path) -> None:
    extract_home(home, limit=2)
    extract_home(home)
    before = _mentioned(home)
    compact_corpus(home)
    assert _mentioned(home) == before
    assert extract_home(home)["unchanged"] == 6
    assert verify_corpus(home)["problems"] == []


def test_damaged_facts_are_found_dropped_and_extracted_again(home: Path) -> None:
    extract_home(home)
    before = _mentioned(home)
    folder = Home.open(home).folder("facts")
    (shard,) = folder.iterdir()
    shard.write_bytes(b"no parquet")
    (folder / "stray.parquet").write_bytes(b"x")
    assert verify_corpus(home)["problems"] == [
        {"shard": "stray.parquet", "problem": "is not in the manifest"},
        {"shard": shard.name, "problem": "its sha256 has changed"},
    ]
    report = repair_corpus(home)
    assert (report["removed"], report["n_unread"], report["n_lost"]) == (["stray.parquet"], 6, 0)
    assert report["remaining"] == []
    assert _mentioned(home) == []
    assert extract_home(home)["papers"] == 6
    assert _mentioned(home) == before
    assert verify_corpus(home)["problems"] == []


def test_mentions_that_point_nowhere_are_found_and_read_again(home: Path) -> None:
    extract_home(home)
    with Home.open(home).writer() as writer:
        sql = "UPDATE extracted SET first_row = 11 WHERE id = 'arxiv:2406.00002'"
        writer.connection.execute(sql)
        writer.commit()
    problem = "the mentions or facts of 1 papers point to rows that no shard has"
    assert verify_corpus(home)["problems"] == [{"shard": "", "problem": problem}]
    assert repair_corpus(home)["n_unread"] == 1
    assert extract_home(home)["papers"] == 1
    assert len(_mentioned(home)) == 12


def test_the_shards_are_parquet_for_others(home: Path) -> None:
    extract_home(home)
    (shard,) = Home.open(home).shards("facts")
    table = pq.read_table(shard.path)
    assert table.num_rows == 12
    assert set(table.column("model").to_pylist()) == {extract_home(home)["model"]}


# Files


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_rows_need_only_id_and_abstract(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path / name, [{"id": "x:1", "abstract": "We heat SnTe."}])
    assert [*extract_texts([path])] == [
        {
            "id": "x:1",
            "text_sha": text_hash("\nWe heat SnTe."),
            "mentions": [
                {
                    "label": "MAT",
                    "start": 9,
                    "end": 13,
                    "text": "SnTe",
                    "norm": "SnTe",
                    "score": 0.5,
                    "source": "tagger",
                }
            ],
        }
    ]


def test_a_row_has_the_text_that_the_corpus_has(home: Path, tmp_path: Path) -> None:
    found = [*extract_texts([_write(tmp_path / "rows.jsonl", ROWS)], with_text=True)]
    for one, paper in zip(found, Corpus(Home.open(home)), strict=True):
        assert (one["text"], one["text_sha"]) == (paper.text, paper.text_sha)
        assert f"arxiv:{one['id']}" == paper.id


def test_a_row_keeps_the_id_that_it_has(tmp_path: Path) -> None:
    ids: list[object] = ["row 7", "2406.00001", "doi:10.1000/X", 8, None, " "]
    rows = [{"id": id, "abstract": f"SnTe no. {n}"} for n, id in enumerate(ids)]
    found = [one["id"] for one in extract_texts([_write(tmp_path / "rows.jsonl", rows)])]
    assert found[:4] == ["row 7", "2406.00001", "doi:10.1000/X", "8"]
    assert all(id.startswith("hash:") for id in found[4:])


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = _write(tmp_path / "rows.json", [{"id": "x:1", "body": "We heat SnTe."}])
    (found,) = extract_texts([path], mapping=["abstract=body"])
    assert [one["text"] for one in found["mentions"]] == ["SnTe"]
    with pytest.raises(UsageError):
        extract_texts([path], mapping=["abstract"])


def test_a_text_file_is_one_document(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("\ufeffWe heat SnTe,\nthen Sn2Te3.", encoding="utf-8")
    (found,) = extract_texts([path], with_text=True)
    assert found["id"] == str(path)
    assert [one["text"] for one in found["mentions"]] == ["SnTe", "Sn2Te3"]
    for one in found["mentions"]:
        assert found["text"][one["start"] : one["end"]] == one["text"]


def test_folders_are_searched(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("SnTe")
    (tmp_path / "b.docx").write_text("SnTe")
    _write(tmp_path / "c.jsonl", ROWS[:2])
    assert len([*extract_texts([tmp_path])]) == 3


def test_bad_rows_are_passed_on_and_the_others_kept(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [
        json.dumps({"id": "x:1", "abstract": "SnTe"}),
        "{broken",
        json.dumps({"id": "x:2", "abstract": ""}),
        json.dumps({"id": "x:3", "abstract": "poison"}),
        json.dumps({"id": "x:4", "abstract": "Sn2Te"}),
    ]
    path.write_text("\n".join(rows))
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\xfa")
    bad: list[BadRow] = []
    found = [*extract_texts([path, tmp_path / "bad.txt"], reject=bad.append)]
    assert [one["id"] for one in found] == ["x:1", "x:4"]
    assert [row.line for row in bad] == [2, 3, 1, 1]
    assert [row.reason.split(":")[0] for row in bad] == [
        "broken JSON",
        "no text",
        "RuntimeError",
        "cannot be read",
    ]
    with pytest.raises(InputError, match="broken JSON"):
        [*extract_texts([path])]


def test_paths_that_are_none_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        extract_texts([tmp_path / "nothing.jsonl"])
    with pytest.raises(InputError, match="no such file"):
        extract_texts([tmp_path / "nothing.txt"])
    with pytest.raises(UsageError, match="choose from"):
        extract_texts([tmp_path], input_format="docx")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no files"):
        extract_texts([tmp_path / "empty"])


def test_many_files_are_read_as_they_come(tmp_path: Path) -> None:
    rows = [{"id": f"x:{n}", "abstract": f"Sn{n}Te"} for n in range(1_000)]
    told: list[int] = []

    def progress(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        told.append(done)

    found = extract_texts([_write(tmp_path / "rows.jsonl", rows)], progress=progress)
    assert next(found)["id"] == "x:0"
    assert told == []
    assert len([*found]) == 999
    assert sum(told) == 1_000


# A text


@pytest.mark.parametrize(
    ("text", "clean", "mentioned"),
    [
        ("We heat SnTe.", "We heat SnTe.", ["SnTe"]),
        ("We heat Sn$_2$Te.", "We heat Sn2Te.", ["Sn2Te"]),
        ("", "", []),
        ("a\ud800b SnTe", "ab SnTe", ["SnTe"]),
        ("\x00\x07 SnTe", "SnTe", ["SnTe"]),
        ("x" * 1_000_000, "x" * 1_000_000, []),
    ],
)
def test_a_text_is_cleaned_and_extracted(text: str, clean: str, mentioned: list[str]) -> None:
    found = extract_text(text)
    assert found["text"] == clean
    assert found["text_sha"] == text_hash(clean)
    assert [one["text"] for one in found["mentions"]] == mentioned
    assert list(found) == ["id", "text_sha", "text", "mentions"]


def test_a_text_that_fails_is_an_error() -> None:
    with pytest.raises(InputError, match=r"wrong shape.*--model"):
        extract_text("poison")
