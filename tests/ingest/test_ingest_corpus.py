"""The corpus on disk, and what becomes of papers that come twice."""

import dataclasses
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.corpus import KIND, Corpus
from ingest.ids import content_id
from ingest.store import PaperStore
from matlore.errors import ArtifactError, NotFoundError
from matlore.home import Home
from matlore.records import Paper, text_hash

LONG = "We grow single crystals of it from the melt, and measure what they do below ten kelvin."
LONG += " Above it they do nothing."


def paper(*ids: str, title: str = "Crystals", abstract: str = LONG, **values: object) -> Paper:
    """Return a paper made by hand."""
    text = f"{title}\n{abstract}"
    ids = ids or (content_id(text),)
    made = Paper(
        id=ids[0],
        ids=ids,
        title=title,
        abstract=abstract,
        text=text,
        text_sha=text_hash(text),
        cleaner_version="1",
        doi=next((one[4:] for one in ids if one.startswith("doi:")), None),
    )
    return dataclasses.replace(made, **values)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


def put(home: Home, papers: Iterable[Paper], *, shard_rows: int = 1000) -> list[str]:
    """Put papers into a corpus, each commit a shard; return what became of each."""
    outcomes = []
    with home.writer() as writer:
        store = PaperStore(writer, shard_rows=shard_rows)
        for one in papers:
            outcomes.append(str(store.put(one)))
            if store.is_full:
                store.commit(job="test", cursors={})
        store.commit(job="test", cursors={})
    return outcomes


def test_papers_come_back_as_they_were(home: Home) -> None:
    full = paper(
        "arxiv:2401.00001",
        "doi:10.1000/1",
        year=2024,
        date=date(2024, 1, 2),
        venue="J. Tests",
        authors=("A. Doe", "B. Roe"),
        url="u",
        source="s",
        license="CC0-1.0",
        categories=("cond-mat",),
        relevance=0.5,
        retracted=True,
    )
    bare = paper("doi:10.1000/2", title="Others")
    assert put(home, [full, bare]) == ["added", "added"]
    corpus = Corpus(home)
    assert list(corpus) == [full, bare]
    assert list(corpus) == [full, bare]
    assert len(corpus) == 2


def test_the_shards_are_read_by_datasets(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    papers = [paper(f"arxiv:2401.{n:05}", title=f"Paper {n}", year=2024) for n in range(5)]
    put(home, papers, shard_rows=2)
    files = [str(path) for path in Corpus(home).files()]
    assert len(files) == 3
    cache = str(home.path / "cache")
    table = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
    assert table["id"][:] == [one.id for one in papers]
    assert table[0]["ids"] == list(papers[0].ids)
    assert set(table.column_names) == {field.name for field in dataclasses.fields(Paper)}


def test_batches_have_the_columns_asked_for(home: Home) -> None:
    put(home, [paper(f"arxiv:2401.{n:05}", title=f"P {n}", year=n) for n in range(5)], shard_rows=2)
    batches = list(Corpus(home).batches(columns=("year", "id")))
    assert [batch.schema.names for batch in batches] == [["year", "id"]] * 3
    assert [year for batch in batches for year in batch["year"].to_pylist()] == [0, 1, 2, 3, 4]


def test_a_paper_is_found_by_any_identifier(home: Home) -> None:
    one = paper("arxiv:cond-mat/0601001", "doi:10.1000/1")
    put(home, [paper("arxiv:2401.00002", title="Other"), one])
    corpus = Corpus(home)
    for id in ("cond-mat/0601001v2", "https://doi.org/10.1000/1", "arXiv:cond-mat/0601001"):
        assert corpus.get(id) == one
    with pytest.raises(NotFoundError, match="matlore corpus stats"):
        corpus.get("10.1000/404")


def test_the_same_paper_again_changes_nothing(home: Home) -> None:
    papers = [paper("arxiv:2401.00001"), paper("doi:10.1000/2", title="B"), paper(title="C")]
    put(home, papers)
    assert put(home, papers) == ["unchanged"] * 3
    assert len(home.shards(KIND)) == 1


def test_the_same_text_under_another_identifier_is_merged(home: Home) -> None:
    first, again = paper("arxiv:2401.00001"), paper("arxiv:2401.00009", "doi:10.1000/1")
    assert put(home, [first, again]) == ["added", "merged"]
    found = Corpus(home).get("10.1000/1")
    assert found.id == "arxiv:2401.00001"
    assert set(found.ids) == {"arxiv:2401.00001", "arxiv:2401.00009", "doi:10.1000/1"}
    assert found.doi == "10.1000/1"
    assert list(Corpus(home)) == [found]
    assert put(home, [again]) == ["unchanged"]


def test_short_texts_are_no_proof_that_papers_are_one(home: Home) -> None:
    editorials = [paper(f"doi:10.1000/{n}", title="Editorial", abstract="") for n in range(3)]
    assert put(home, editorials) == ["added"] * 3


def test_a_journal_record_of_a_preprint_is_merged_and_the_text_stays(home: Home) -> None:
    preprint = paper("arxiv:2401.00001", "doi:10.1000/1")
    journal = paper("doi:10.1000/1", title="Crystals, revised")
    assert put(home, [preprint, journal, journal]) == ["added", "merged", "unchanged"]
    assert Corpus(home).get("10.1000/1") == preprint


def test_two_arxiv_papers_with_one_doi_are_two_works(home: Home) -> None:
    first = paper("arxiv:0705.00001", "doi:10.1000/1", title="Cylinders. I")
    second = paper("arxiv:0705.00002", "doi:10.1000/1", title="Cylinders. II")
    assert put(home, [first, second]) == ["added", "added"]
    assert Corpus(home).get("10.1000/1").id == first.id
    assert Corpus(home).get(second.id).ids == (second.id,)
    assert put(home, [first, second]) == ["unchanged", "unchanged"]


@pytest.mark.parametrize("shard_rows", [1, 1000])
def test_a_changed_text_replaces_the_row_and_the_id_stays(home: Home, shard_rows: int) -> None:
    old = paper("arxiv:2401.00001", title="Old")
    new = paper("arxiv:2401.00001", "doi:10.1000/1", title="New")
    other = paper("arxiv:2401.00002", title="Other")
    assert put(home, [old, other, new], shard_rows=shard_rows) == ["added", "added", "updated"]
    assert list(Corpus(home)) == [other, new]
    assert Corpus(home).get("10.1000/1") == new
    assert [b["id"].to_pylist() for b in Corpus(home).batches(["id"])] == (
        [[other.id], [new.id]] if shard_rows == 1 else [[other.id, new.id]]
    )
    with home.connect() as connection:
        (reason,) = connection.execute("SELECT reason FROM tombstones").fetchone()
    assert reason == "updated"


def test_an_update_keeps_identifiers_that_came_later(home: Home) -> None:
    first, again = paper("arxiv:2401.00001"), paper("arxiv:2401.00009")
    put(home, [first, again, paper("arxiv:2401.00001", title="New")])
    assert Corpus(home).get("2401.00009").title == "New"
    assert put(home, [again]) == ["unchanged"]


def test_a_record_with_more_fields_replaces_a_poorer_one(home: Home) -> None:
    poor = paper("arxiv:2401.00001")
    rich = paper("arxiv:2401.00001", year=2024, authors=("A. Doe",))
    assert put(home, [poor, rich, poor]) == ["added", "updated", "unchanged"]
    assert list(Corpus(home)) == [rich]


def test_a_record_that_names_two_papers_joins_them(home: Home) -> None:
    preprint = paper("arxiv:2401.00001", title="Preprint")
    journal = paper("doi:10.1000/1", title="Journal paper", abstract="We say it otherwise.")
    both = paper("arxiv:2401.00001", "doi:10.1000/1", title="Preprint")
    assert put(home, [preprint, journal]) == ["added", "added"]
    assert put(home, [both]) in (["merged"], ["updated"])
    (left,) = Corpus(home)
    assert left.id == preprint.id
    assert Corpus(home).get("10.1000/1") == left
    with home.connect() as connection:
        rows = connection.execute("SELECT id, reason FROM tombstones").fetchall()
    assert (journal.id, f"merged into {preprint.id}") in rows


def test_a_missing_shard_is_an_error_that_says_what_to_do(home: Home) -> None:
    put(home, [paper("arxiv:2401.00001")])
    Corpus(home).files()[0].unlink()
    with pytest.raises(ArtifactError, match="matlore corpus verify"):
        list(Corpus(home))


def test_an_unregistered_shard_is_not_read(home: Home) -> None:
    put(home, [paper("arxiv:2401.00001")])
    stray = home.folder(KIND) / "papers-000009.parquet"
    stray.write_bytes(Corpus(home).files()[0].read_bytes())
    assert len(list(Corpus(home))) == 1


IDS = st.lists(
    st.sampled_from(["arxiv:1", "arxiv:2", "doi:10.1/1", "doi:10.1/2", "pmid:1"]),
    unique=True,
    max_size=3,
)
PAPERS = st.lists(
    st.builds(lambda ids, title: paper(*ids, title=title), IDS, st.sampled_from("ABC")), max_size=8
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20
)
@given(papers=PAPERS, shard_rows=st.sampled_from([1, 3, 100]))
def test_whatever_comes_the_corpus_is_consistent(
    tmp_path_factory: pytest.TempPathFactory, papers: list[Paper], shard_rows: int
) -> None:
    home = Home.open(tmp_path_factory.mktemp("h") / "data", create=True)
    put(home, papers, shard_rows=shard_rows)
    corpus = Corpus(home)
    living = list(corpus)
    assert len(living) == len(corpus) == len({one.id for one in living})
    owners = [alias for one in living for alias in one.ids]
    assert len(owners) == len(set(owners))
    for one in living:
        assert all(corpus.get(alias).id == one.id for alias in one.ids)
    for one in papers:
        assert corpus.get(one.id).text in {other.text for other in papers}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=10
)
@given(papers=st.lists(st.builds(lambda n: paper(f"arxiv:{n}", title=f"P{n}"), st.integers(0, 5))))
def test_twice_is_once(tmp_path_factory: pytest.TempPathFactory, papers: list[Paper]) -> None:
    home = Home.open(tmp_path_factory.mktemp("h") / "data", create=True)
    put(home, papers)
    before = list(Corpus(home))
    assert put(home, papers) == ["unchanged"] * len(papers)
    assert list(Corpus(home)) == before


def test_a_record_without_abstract_replaces_no_text(home: Home) -> None:
    whole = paper("arxiv:2401.00001", year=2024)
    bare = paper("arxiv:2401.00001", abstract="", year=2024, venue="Nature", authors=("A. Doe",))
    assert put(home, [whole, bare]) == ["added", "unchanged"]
    assert list(Corpus(home)) == [whole]


def test_a_retraction_is_news(home: Home) -> None:
    standing = paper("arxiv:2401.00001", year=2024)
    assert put(home, [standing, dataclasses.replace(standing, retracted=True)]) == [
        "added",
        "updated",
    ]
    assert Corpus(home).get("2401.00001").retracted


def test_a_reader_does_not_lose_what_is_updated_meanwhile(home: Home) -> None:
    put(home, [paper("arxiv:2401.00001")])
    put(home, [paper("arxiv:2401.00002", title="Old")])
    reading = iter(Corpus(home))
    seen = [next(reading).id]
    put(home, [paper("arxiv:2401.00002", title="New")])
    assert [*seen, *(one.id for one in reading)] == ["arxiv:2401.00001", "arxiv:2401.00002"]
