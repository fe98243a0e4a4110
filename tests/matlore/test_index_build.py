"""The indexes of a home: made, made again, changed, interrupted, damaged."""

import errno
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fake_encoder import FakeEncoder
from fake_facts import PatternFinder, PatternTagger, SpellingLinker

from embeddings.encoders import base
from embeddings.index import SearchIndex, read_known
from ingest.corpus import Corpus
from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.errors import ArtifactError, HomeBusyError, HomeError, NotFoundError, UsageError
from matlore.home import Home, lock_folder
from matlore.pipeline import facts_extract, index_build, index_nodes, index_update, ner_extract
from matlore.pipeline.corpus import remove_paper
from matlore.pipeline.facts_extract import extract_home_facts
from matlore.pipeline.graph_load import load_home_graph
from matlore.pipeline.index_build import IndexOptions, build_home_index, plan_home_index
from matlore.pipeline.index_nodes import node_place
from matlore.pipeline.index_record import index_folder, read_record
from matlore.pipeline.index_sentences import sentence_place
from matlore.pipeline.index_sources import CorpusPapers, sample_papers
from matlore.pipeline.index_stats import index_encoder, index_stats, stale_papers, verify_index
from matlore.pipeline.ner_extract import extract_home

ROWS = [
    {
        "id": f"2406.{n:05}",
        "title": f"Gap of Sn{n}Te",
        "abstract": f"We grew many crystals. Sn{n}Te has {n}.5 eV.",
        "year": 2000 + n,
    }
    for n in (3, 5, 7)
]
IDS = [f"arxiv:{row['id']}" for row in ROWS]


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no model be loaded; return the names of the encoders that were asked for."""
    for module in (ner_extract, facts_extract):
        monkeypatch.setattr(
            module, "load_extractor", lambda *_, **__: (PatternTagger(), SpellingLinker())
        )
    monkeypatch.setattr(facts_extract, "load_finder", PatternFinder)
    asked: list[str] = []

    def load(name: str, **_: Any) -> FakeEncoder:
        asked.append(name)
        return FakeEncoder("fake-other" if name == "static" else "fake-32")

    monkeypatch.setattr(base, "load_encoder", load)
    return asked


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    _ingest(path, ROWS)
    return path


def _ingest(home: Path, rows: Sequence[dict[str, Any]]) -> None:
    path = home.with_suffix(".jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    files, _ = find_files([path])
    ingest_files(Home.open(home, create=True), files)


def _read(home: Path) -> None:
    extract_home(home)
    extract_home_facts(home)


def _build(home: Path, **options: Any) -> dict[str, dict[str, Any]]:
    report = build_home_index(home, IndexOptions(**options))
    return {row["collection"]: row for row in report["indexes"]}


def _counts(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row[name] for name in ("added", "changed", "deleted", "unchanged"))


def _keys(home: Path, collection: str = "papers") -> set[str]:
    return set(read_known(index_folder(home, collection)))


def test_a_home_without_papers_gets_the_sample(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    report = build_home_index(home)
    assert report["corpus"] == "sample"
    assert _keys(home) == {paper.id for paper in sample_papers()}
    assert any("sample corpus" in note for note in report["notes"])
    assert stale_papers(home) == 0
    assert build_home_index(home)["indexes"][0]["unchanged"] == 150

    _ingest(home, ROWS)
    assert stale_papers(home) == 153
    assert _counts(_build(home)["papers"]) == (3, 0, 150, 0)
    assert _keys(home) == set(IDS)


def test_what_is_indexed_is_left_alone(home: Path) -> None:
    assert _counts(_build(home)["papers"]) == (3, 0, 0, 0)
    assert _counts(_build(home)["papers"]) == (0, 0, 0, 3)
    assert stale_papers(home) == 0


def test_only_what_changed_is_encoded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _build(home)
    _ingest(home, [{"id": "2406.00009", "title": "Gap of PbTe", "abstract": "PbTe has 0.3 eV."}])
    remove_paper(home, IDS[0])
    assert stale_papers(home) == 2
    plan = plan_home_index(home)
    assert _counts(plan["indexes"][0]) == (1, 0, 1, 2)
    read: list[str] = []
    encode = FakeEncoder.encode

    def noted(self: FakeEncoder, texts: Sequence[str], **_: Any) -> Any:
        read.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(FakeEncoder, "encode", noted)
    assert _counts(_build(home)["papers"]) == (1, 0, 1, 2)
    assert read == ["Gap of PbTe\nPbTe has 0.3 eV."]
    assert _keys(home) == {*IDS[1:], "arxiv:2406.00009"}
    assert stale_papers(home) == 0


def test_a_stale_count_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matlore.pipeline import index_stats as module

    _build(home)
    remove_paper(home, IDS[0])
    assert stale_papers(home) == 1
    module._counted.cache_clear()
    monkeypatch.setattr(module, "_count", lambda *_: pytest.fail("counted again"))
    assert stale_papers(home) == 1


def test_facts_alone_make_no_paper_stale(home: Path) -> None:
    _build(home)
    _read(home)
    assert stale_papers(home) == 0


def test_materials_come_from_mentions_or_else_from_the_text(home: Path) -> None:
    def materials() -> dict[str, tuple[str, ...]]:
        source = CorpusPapers(Home.open(home))
        return {id: texts[0].materials for id, texts in source.texts(source.stamps().keys())}

    assert materials()[IDS[0]] == ("Sn3Te",)
    before = dict(CorpusPapers(Home.open(home)).stamps())
    _read(home)
    assert materials()[IDS[0]] == ("Sn3Te",)
    after = CorpusPapers(Home.open(home)).stamps()
    assert all(before[id] != after[id] for id in IDS)  # found by other means: indexed anew
    _build(home)
    assert _counts(_build(home)["papers"]) == (0, 0, 0, 3)


def test_what_filters_ask_for_is_part_of_a_stamp(home: Path) -> None:
    texts = dict(CorpusPapers(Home.open(home)).texts(IDS))
    assert [texts[id][0].year for id in IDS] == [2003, 2005, 2007]
    assert texts[IDS[0]][0].title == "Gap of Sn3Te"


def test_sentences_are_those_that_state_facts(home: Path) -> None:
    report = build_home_index(home)
    assert [row["collection"] for row in report["indexes"]] == ["papers"]
    assert any("facts extract" in note for note in report["notes"])
    _read(home)
    row = _build(home)["sentences"]
    assert (row["documents"], row["rows"]) == (3, 3)
    said = {}
    for key in _keys(home, "sentences"):
        paper, start, end = sentence_place(key)
        said[paper] = Corpus(Home.open(home)).get(paper).text[start:end]
    assert said == {id: f"Sn{n}Te has {n}.5 eV." for id, n in zip(IDS, (3, 5, 7), strict=True)}
    assert _counts(_build(home)["sentences"]) == (0, 0, 0, 3)
    remove_paper(home, IDS[0])
    assert _counts(_build(home)["sentences"]) == (0, 0, 1, 2)


def test_sentences_that_moved_replace_the_old_ones(home: Path) -> None:
    _read(home)
    _build(home)
    longer = {**ROWS[0], "abstract": "We grew a great many crystals. Sn3Te has 4.5 eV."}
    remove_paper(home, IDS[0])
    folder = index_folder(home, "sentences")
    before = {key for key in read_known(folder) if key.startswith(IDS[0])}
    other = {**longer, "id": "2406.00004"}
    _ingest(home, [other])
    _read(home)
    _build(home)
    after = _keys(home, "sentences")
    assert not before & after
    assert sum(key.startswith("arxiv:2406.00004#") for key in after) == 1


def test_facts_that_are_gone_leave_no_sentences(home: Path) -> None:
    _read(home)
    _build(home)
    for id in IDS:
        remove_paper(home, id)
    report = {row["collection"]: row for row in build_home_index(home)["indexes"]}
    assert _counts(report["sentences"]) == (0, 0, 3, 0)
    assert report["papers"]["rows"] == 150
    assert verify_index(home)["ok"]
    with SearchIndex.open(index_folder(home, "sentences")) as index:
        assert index.full_text("Sn3Te", 5) == []
    build_home_index(home, IndexOptions(replace=True))
    assert index_folder(home, "papers").is_dir()


def test_an_index_to_replace_goes_where_there_is_nothing_to_make_it_from(home: Path) -> None:
    _read(home)
    load_home_graph(home, with_vectors=False)
    _build(home)
    shutil.rmtree(home / "graph")
    _build(home)
    assert index_folder(home, "nodes").is_dir()
    _build(home, replace=True)
    assert not index_folder(home, "nodes").exists()


def test_sentences_can_be_left_out(home: Path) -> None:
    _read(home)
    assert set(_build(home, without=("sentences",))) == {"papers"}


def test_nodes_come_from_the_graph(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert any("graph load" in note for note in build_home_index(home)["notes"])
    _read(home)
    load_home_graph(home, with_vectors=False)
    row = _build(home)["nodes"]
    keys = _keys(home, "nodes")
    assert row["rows"] == len(keys)
    assert {"Material:Sn3Te", "Material:Sn5Te", "Property:band gap"} <= keys
    assert node_place("Material:name:graphene") == ("Material", "name:graphene")
    assert _build(home)["nodes"]["unchanged"] == row["rows"]
    with SearchIndex.open(index_folder(home, "nodes")) as index:
        allowed = index.allowed(sources=("Material",))
        found = index.full_text("Sn3Te", 5, materials=("Sn3Te",), allowed=allowed)
    assert [hit.key for hit in found][:1] == ["Material:Sn3Te"]

    monkeypatch.setattr(index_nodes, "_ALL_BELOW", 2)
    report = build_home_index(home, IndexOptions(replace=True))
    assert any("3 materials" in note for note in report["notes"])
    assert not any(key.startswith("Material:") for key in _keys(home, "nodes"))


def test_a_build_that_was_killed_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_update, "_BLOCK", 1)
    encode, calls = FakeEncoder.encode, []

    def interrupted(self: FakeEncoder, texts: Sequence[str], **_: Any) -> Any:
        calls.append(list(texts))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return encode(self, texts)

    monkeypatch.setattr(FakeEncoder, "encode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _build(home)
    assert len(_keys(home)) == 2
    assert index_encoder(home) == "transformer"
    assert _counts(_build(home)["papers"]) == (1, 0, 0, 2)
    assert len(_keys(home)) == 3
    assert stale_papers(home) == 0


def test_two_builds_at_once_are_refused(home: Path) -> None:
    (home / "index").mkdir()
    with lock_folder(home / "index"), pytest.raises(HomeBusyError, match="being written"):
        _build(home)


def test_a_full_disk_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FakeEncoder, "encode", full)
    with pytest.raises(HomeError, match="make room"):
        _build(home)


def test_the_encoder_is_that_of_the_indexes(
    home: Path, fakes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _build(home)
    monkeypatch.setattr(index_build, "_MOST_BY_TRANSFORMER", 2)
    assert plan_home_index(home)["encoder"] == "transformer"
    with pytest.raises(UsageError, match="--replace"):
        _build(home, encoder="static")
    report = build_home_index(home, IndexOptions(replace=True))
    assert report["encoder"] == "static"
    assert "more than 2" in report["why"]
    assert fakes == ["transformer", "static"]
    assert index_encoder(home) == "static"
    with SearchIndex.open(index_folder(home, "papers")) as index:
        assert index.card.encoder == "fake-other"


def test_indexes_of_two_encoders_are_refused(home: Path) -> None:
    _read(home)
    _build(home)
    with pytest.raises(UsageError, match="papers"):
        _build(home, encoder="static", collections=("sentences",), replace=True)


def test_an_unknown_collection_is_refused() -> None:
    with pytest.raises(UsageError, match="papers, sentences, nodes"):
        IndexOptions(collections=("books",))


def test_a_damaged_record_is_told_and_replaced(home: Path) -> None:
    _build(home)
    (home / "index" / "build.json").write_text("{")
    with pytest.raises(ArtifactError, match="--replace"):
        _build(home)
    _build(home, replace=True)
    assert read_record(home).indexes["papers"].documents == 3


def test_stats_tell_what_there_is(home: Path) -> None:
    with pytest.raises(NotFoundError, match="matlore index build"):
        index_stats(home)
    _read(home)
    load_home_graph(home, with_vectors=False)
    _build(home)
    stats = index_stats(home)
    assert stats["encoder"] == "transformer"
    rows = {row["collection"]: row for row in stats["indexes"]}
    assert (rows["papers"]["rows"], rows["papers"]["size"]) == (3, FakeEncoder().size)
    assert [row["stale"] for row in stats["indexes"]] == [0, 0, 0]
    remove_paper(home, IDS[0])
    assert [row["stale"] for row in index_stats(home)["indexes"]] == [1, 1, 0]
    load_home_graph(home, with_vectors=False)
    assert index_stats(home)["indexes"][2]["stale"] > 0


def test_damage_is_found(home: Path) -> None:
    _build(home)
    assert verify_index(home)["ok"]
    files = [path for path in index_folder(home, "papers").iterdir() if "vector" in path.name]
    largest = max(files, key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-8])
    report = verify_index(home)
    assert not report["ok"]
    assert report["checks"][0]["problem"]
