"""One paper, once: merged from several sources, shown, split, removed, retracted."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ingest.compaction import compact
from ingest.corpus import Corpus
from ingest.rows import paper_from_row
from ingest.store import PaperStore
from matlore.errors import NotFoundError, UsageError
from matlore.home import Home
from matlore.records import Paper

ABSTRACT = (
    "Crystals of the ternary chalcogenide were grown by vapour transport, and their thermal "
    "conductivity was measured from 2 K to 300 K. It stays below one watt per metre and kelvin, "
    "which we trace to soft optical modes that hybridise with heat carrying acoustic phonons."
)
PREPRINT = {
    "id": "arxiv:2401.00001",
    "title": "Soft modes and low thermal conductivity of AgBiSe$_2$ crystals",
    "abstract": ABSTRACT,
    "authors": ["Maria Example", "Jo Bloggs"],
    "year": 2024,
    "source": "arXiv",
    "license": "CC0-1.0",
}
JOURNAL = {
    "id": "doi:10.1000/agbise2",
    "title": "SOFT MODES AND LOW THERMAL CONDUCTIVITY OF AgBiSe2 CRYSTALS",
    "abstract": f"<jats:p>{ABSTRACT}</jats:p> © 2025 American Physical Society",
    "authors": ["Example, M.", "Bloggs, J."],
    "year": 2025,
    "journal": "Journal of Examples",
    "source": "Crossref",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


def _do(home: Home, action: Callable[[PaperStore], object]) -> object:
    with home.writer() as writer:
        store = PaperStore(writer)
        result = action(store)
        store.commit(job="test", cursors={})
    return result


def _put(home: Home, *rows: Mapping[str, object]) -> list[str]:
    return [
        str(_do(home, lambda store, row=row: store.put(paper_from_row(row))))  # type: ignore[misc]
        for row in rows
    ]


def _papers(home: Home) -> list[Paper]:
    return sorted(Corpus(home), key=lambda paper: paper.id)


def test_a_preprint_and_its_journal_version_are_one_paper(home: Home) -> None:
    assert _put(home, PREPRINT, JOURNAL) == ["added", "merged"]
    (paper,) = _papers(home)
    assert paper.id == "arxiv:2401.00001"
    assert paper.ids == ("arxiv:2401.00001", "doi:10.1000/agbise2")
    assert (paper.venue, paper.doi, paper.year) == ("Journal of Examples", "10.1000/agbise2", 2024)
    assert (paper.source, paper.license) == ("arXiv", "CC0-1.0")
    assert Corpus(home).get("10.1000/agbise2") == paper
    shown = Corpus(home).records(paper.id)
    assert [(one["id"], one["how"]) for one in shown] == [
        ("arxiv:2401.00001", "first"),
        ("doi:10.1000/agbise2", "title"),
    ]


def test_the_same_records_again_change_nothing(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    before = _papers(home)
    assert _put(home, PREPRINT, JOURNAL) == ["unchanged", "unchanged"]
    assert _papers(home) == before


def test_the_id_is_that_of_the_first_seen_whatever_comes_later(home: Home) -> None:
    assert _put(home, JOURNAL, PREPRINT) == ["added", "merged"]
    assert [paper.id for paper in _papers(home)] == ["doi:10.1000/agbise2"]
    assert Corpus(home).get("arxiv:2401.00001").id == "doi:10.1000/agbise2"


def test_the_fullest_text_counts_with_its_licence(home: Home) -> None:
    bare = {**JOURNAL, "abstract": "", "license": "none given"}
    assert _put(home, bare, PREPRINT) == ["added", "merged"]
    (paper,) = _papers(home)
    assert paper.abstract == ABSTRACT
    assert (paper.source, paper.license) == ("arXiv", "CC0-1.0")
    assert paper.id == "doi:10.1000/agbise2"


def test_a_correction_of_a_record_changes_text_and_hash(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    before = _papers(home)[0]
    corrected = {**PREPRINT, "abstract": ABSTRACT.replace("one watt", "half a watt")}
    assert _put(home, corrected) == ["updated"]
    (paper,) = _papers(home)
    assert "half a watt" in paper.text
    assert paper.text_sha != before.text_sha
    assert paper.ids == before.ids


def test_a_retraction_of_any_record_is_the_papers_and_another_text(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    before = _papers(home)[0]
    assert _put(home, {**JOURNAL, "retracted": True}) == ["updated"]
    (paper,) = _papers(home)
    assert paper.retracted
    assert paper.text.startswith("RETRACTED: ")
    assert paper.text_sha != before.text_sha


def test_a_split_gives_both_back_and_keeps_them_apart(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    papers = _do(home, lambda store: store.split("10.1000/agbise2"))
    assert papers == ["arxiv:2401.00001", "doi:10.1000/agbise2"]
    preprint, journal = _papers(home)
    assert (preprint.venue, journal.venue) == (None, "Journal of Examples")
    assert Corpus(home).get("10.1000/agbise2").id == "doi:10.1000/agbise2"
    assert _put(home, PREPRINT, JOURNAL) == ["unchanged", "unchanged"]
    assert len(_papers(home)) == 2


def test_there_is_nothing_to_split_where_nothing_was_merged(home: Home) -> None:
    _put(home, PREPRINT)
    with pytest.raises(UsageError, match="one record only"):
        _do(home, lambda store: store.split("2401.00001"))
    with pytest.raises(NotFoundError, match=r"2401\.00009"):
        _do(home, lambda store: store.split("arxiv:2401.00009"))


def test_one_record_of_three_can_be_split_off(home: Home) -> None:
    third = {**JOURNAL, "id": "openalex:W1", "title": JOURNAL["title"], "journal": None}
    assert _put(home, PREPRINT, JOURNAL, third) == ["added", "merged", "merged"]
    papers = _do(home, lambda store: store.split("openalex:W1"))
    assert papers == ["arxiv:2401.00001", "openalex:W1"]
    assert len(_papers(home)) == 2
    assert Corpus(home).get("2401.00001").venue == "Journal of Examples"


def test_a_removed_paper_stays_away(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    assert _do(home, lambda store: store.remove("2401.00001")) == "arxiv:2401.00001"
    assert _papers(home) == []
    assert _put(home, PREPRINT, JOURNAL) == ["refused", "refused"]
    elsewhere = {**PREPRINT, "id": "openalex:W7"}
    assert _put(home, elsewhere) == ["refused"]


def test_a_record_that_its_source_deleted_leaves_the_others(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    assert _do(home, lambda store: store.delete("doi:10.1000/agbise2")) == "deleted"
    (paper,) = _papers(home)
    assert paper.venue is None
    assert _do(home, lambda store: store.delete(paper.id)) == "deleted"
    assert _papers(home) == []
    assert _put(home, PREPRINT) == ["added"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Soft modes and low thermal conductivity of AgSbSe$_2$ crystals"},
        {"title": "Comment on “Soft modes and low thermal conductivity of AgBiSe2 crystals”"},
        {"authors": ["Somebody Else"]},
        {"year": 2010},
        {"id": "arxiv:2401.00002"},
    ],
)
def test_what_only_looks_alike_is_another_paper(home: Home, change: dict[str, object]) -> None:
    other = {**JOURNAL, "abstract": f"Large {ABSTRACT}", **change}
    assert _put(home, PREPRINT, other) == ["added", "added"]


def test_a_home_of_an_older_format_is_brought_up_to_date(home: Home) -> None:
    _put(home, PREPRINT)
    with home.writer() as writer:
        for table in ("records", "fingerprints", "bands", "removed", "apart"):
            writer.connection.execute(f"DROP TABLE {table}")
        writer.connection.execute("DELETE FROM cursors WHERE job = 'duplicates'")
        writer.commit()
    assert Corpus(home).records("arxiv:2401.00001") == []
    assert _put(home, JOURNAL) == ["merged"]
    assert len(_papers(home)) == 1


def test_a_merge_survives_in_the_rows_of_the_shards(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    (paper,) = _papers(home)
    assert dataclasses.replace(paper) == Corpus(home).get(paper.id)
    rows = sum(shard.rows for shard in home.shards("corpus"))
    assert rows == 3  # both records, and the paper that they make


def test_a_record_that_names_another_by_its_doi_can_be_split_from_it(home: Home) -> None:
    assert _put(home, {**PREPRINT, "doi": "10.1000/agbise2"}, JOURNAL) == ["added", "merged"]
    assert _do(home, lambda store: store.split("2401.00001")) == [PREPRINT["id"], JOURNAL["id"]]
    assert [paper.ids for paper in _papers(home)] == [(PREPRINT["id"],), (JOURNAL["id"],)]
    again = _put(home, {**PREPRINT, "doi": "10.1000/agbise2"}, JOURNAL)
    assert again == ["unchanged", "unchanged"]


def test_a_bridge_does_not_join_what_was_split(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    _do(home, lambda store: store.split("2401.00001"))
    bridge = {"id": "pmid:5", "ids": {"DOI": JOURNAL["id"], "ArXiv": PREPRINT["id"]}, "title": "x"}
    _put(home, bridge, PREPRINT, JOURNAL)
    assert [paper.id for paper in _papers(home)] == ["arxiv:2401.00001", "doi:10.1000/agbise2"]


def test_removing_one_paper_keeps_another_with_its_doi(home: Home) -> None:
    other: dict[str, object] = {
        "id": "arxiv:2402.00002",
        "doi": "10.1000/agbise2",
        "title": "Another part of the same proceedings",
        "abstract": "Here the glass transition of sugar is looked at by neutrons, and found.",
    }
    assert _put(home, {**PREPRINT, "doi": "10.1000/agbise2"}, other) == ["added", "added"]
    _do(home, lambda store: store.remove("2401.00001"))
    assert _put(home, other, other) == ["merged", "unchanged"]  # the DOI is free now
    assert _put(home, {**other, "id": "arxiv:2402.00003", "title": "A third"}) == ["added"]


def test_removing_one_editorial_keeps_the_others(home: Home) -> None:
    editorials: list[dict[str, object]] = [
        {"id": f"doi:10.1000/e{n}", "title": "Editorial"} for n in range(3)
    ]
    _put(home, *editorials[:2])
    _do(home, lambda store: store.remove("doi:10.1000/e0"))
    assert _put(home, *editorials) == ["refused", "unchanged", "added"]


def test_a_removed_paper_does_not_return_as_another_source_has_it(home: Home) -> None:
    _put(home, PREPRINT)
    _do(home, lambda store: store.remove("2401.00001"))
    assert _put(home, JOURNAL) == ["refused"]


def test_a_retraction_without_an_abstract_counts(home: Home) -> None:
    bare = {**JOURNAL, "abstract": ""}
    assert _put(home, bare, {**bare, "retracted": True}) == ["added", "updated"]
    assert _papers(home)[0].retracted


def test_a_paper_keeps_its_id_when_its_first_record_is_withdrawn(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL)
    _do(home, lambda store: store.delete("arxiv:2401.00001"))
    (paper,) = _papers(home)
    assert (paper.id, paper.venue) == ("arxiv:2401.00001", "Journal of Examples")
    assert _put(home, JOURNAL) == ["unchanged"]
    assert Corpus(home).get("10.1000/agbise2") == paper


def test_identifiers_that_came_late_survive_a_split(home: Home) -> None:
    _put(home, PREPRINT, JOURNAL, {**PREPRINT, "ids": {"pmid": "9"}})
    _do(home, lambda store: store.split("2401.00001"))
    assert Corpus(home).get("pmid:9").id == "arxiv:2401.00001"


def test_a_reader_goes_on_through_a_compaction(home: Home) -> None:
    _put(home, PREPRINT, {"id": "pmid:1", "title": "Two"}, {"id": "pmid:2", "title": "Three"})
    papers = iter(Corpus(home))
    assert next(papers).id == "arxiv:2401.00001"
    with home.writer() as writer:
        compact(writer)
    assert [paper.id for paper in papers] == ["pmid:1", "pmid:2"]
    assert len(home.shards("corpus")) == 1
