"""Small and half-dead shards merged, with the manifest always true."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest.compaction import ShardRewriter, compact
from ingest.corpus import Corpus, RowReader
from ingest.rows import paper_from_row
from ingest.store import PaperStore
from matlore.errors import ArtifactError
from matlore.home import Home, HomeWriter
from matlore.records import Paper


def _paper(number: int, abstract: str = "It is grown from the melt.") -> Paper:
    row = {"id": f"2402.{number:05}", "title": f"Sample number {number}", "abstract": abstract}
    return paper_from_row(row)


def _put(writer: HomeWriter, *papers: Paper) -> None:
    store = PaperStore(writer)
    for paper in papers:
        store.put(paper)
    store.commit(job="test", cursors={})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


@pytest.fixture
def writer(home: Home) -> Iterator[HomeWriter]:
    with home.writer() as writer:
        yield writer


def _files(home: Home) -> list[str]:
    return sorted(path.name for path in home.folder("corpus").iterdir())


def test_small_shards_become_one(home: Home, writer: HomeWriter) -> None:
    for number in range(5):
        _put(writer, _paper(2 * number), _paper(2 * number + 1))
    before = list(Corpus(home))
    report = compact(writer, shard_rows=100)
    assert (report.shards_before, report.shards_after, report.shards_rewritten) == (5, 1, 5)
    assert (report.rows_moved, report.rows_dropped) == (10, 0)
    assert report.bytes_freed > 0
    assert list(Corpus(home)) == before
    assert [Corpus(home).get(paper.id) for paper in before] == before
    assert _files(home) == ["papers-000006.parquet"]


def test_full_shards_are_filled_and_no_more(home: Home, writer: HomeWriter) -> None:
    for number in range(8):
        _put(writer, _paper(number))
    assert compact(writer, shard_rows=5).shards_after == 2
    assert [shard.rows for shard in home.shards("corpus")] == [5, 3]
    assert [paper.id for paper in Corpus(home)] == [_paper(n).id for n in range(8)]


def test_a_second_compaction_does_nothing(home: Home, writer: HomeWriter) -> None:
    for number in range(3):
        _put(writer, _paper(number))
    compact(writer, shard_rows=100)
    files = _files(home)
    report = compact(writer, shard_rows=100)
    assert (report.shards_before, report.shards_after, report.rows_moved) == (1, 1, 0)
    assert _files(home) == files


def test_dead_rows_go(home: Home, writer: HomeWriter) -> None:
    _put(writer, *map(_paper, range(5)))
    _put(writer, *(_paper(n, "It is sintered instead, in air.") for n in range(4)))
    before = sorted(Corpus(home), key=lambda paper: paper.id)
    report = compact(writer, shard_rows=10)
    assert (report.rows_moved, report.rows_dropped) == (1, 4)
    assert sorted(Corpus(home), key=lambda paper: paper.id) == before
    assert sum(len(batch) for batch in Corpus(home).batches()) == 5
    assert not writer.connection.execute("SELECT * FROM tombstones").fetchall()


def test_late_identifiers_stay(home: Home, writer: HomeWriter) -> None:
    _put(writer, _paper(0), _paper(1))
    _put(writer, replace(_paper(0), ids=("arxiv:2402.00000", "doi:10.1000/late")), _paper(2))
    compact(writer, shard_rows=100)
    assert Corpus(home).get("doi:10.1000/late").id == "arxiv:2402.00000"


def _twin(number: int) -> Paper:
    row = {
        "id": f"pmid:{number}",
        "arxiv": f"2402.{number:05}",
        "title": f"Sample number {number}, as printed",
        "abstract": "It is grown from the melt, in a sealed tube.",
        "venue": "Journal of Samples",
    }
    return paper_from_row(row)


def test_rows_of_records_move_and_stay_hidden(home: Home, writer: HomeWriter) -> None:
    _put(writer, _paper(0), _paper(1))
    _put(writer, _twin(1), _paper(2))
    before = sorted(Corpus(home), key=lambda paper: paper.id)
    assert len(before) == 3
    compact(writer, shard_rows=100)
    assert sorted(Corpus(home), key=lambda paper: paper.id) == before
    (shard,) = home.shards("corpus")
    rows = writer.connection.execute("SELECT id, shard, row, text_sha FROM records").fetchall()
    assert {id for id, *_ in rows} == {"arxiv:2402.00001", "pmid:1"}
    assert {number for _, number, *_ in rows} == {shard.number}
    reader = RowReader(home)
    with home.connect() as connection:
        found = {reader.read(connection, number, row).text_sha for _, number, row, _ in rows}
    reader.close()
    assert found == {sha for *_, sha in rows}


def test_lost_records_are_forgotten(home: Home, writer: HomeWriter) -> None:
    _put(writer, _paper(0), _paper(1))
    _put(writer, _twin(1), _paper(2))
    with ShardRewriter(writer) as rewriter:
        rewriter.choose(home.shards("corpus")[:1])
        assert rewriter.lost_papers() == ["arxiv:2402.00000"]
        assert rewriter.lost_records() == ["arxiv:2402.00001"]
        rewriter.commit()
    assert len(list(Corpus(home))) == len(Corpus(home)) == 2
    _put(writer, _paper(0), _paper(1))
    assert sorted(paper.id for paper in Corpus(home)) == [f"arxiv:2402.0000{n}" for n in range(3)]
    (count,) = writer.connection.execute("SELECT count(*) FROM records").fetchone()
    assert count == 2


def test_a_number_is_never_used_again(home: Home, writer: HomeWriter) -> None:
    _put(writer, _paper(0))
    writer.connection.execute("DELETE FROM papers")
    writer.connection.execute("DELETE FROM aliases")
    writer.bury("corpus", 1, 0, id="arxiv:2402.00000", reason="test")
    writer.commit()
    compact(writer, shard_rows=100)
    assert [(shard.number, shard.rows) for shard in home.shards("corpus")] == [(2, 0)]
    assert list(Corpus(home)) == []
    _put(writer, _paper(7))
    assert [shard.number for shard in home.shards("corpus")] == [2, 3]


def test_a_reader_that_has_opened_a_file_reads_on(home: Home, writer: HomeWriter) -> None:
    _put(writer, _paper(0), _paper(1))
    _put(writer, _paper(2))
    with pq.ParquetFile(home.shards("corpus")[0].path) as file:
        compact(writer, shard_rows=100)
        assert file.read().num_rows == 2


def test_what_dies_before_the_commit_has_changed_nothing(home: Home) -> None:
    with home.writer() as writer:
        _put(writer, _paper(0))
        _put(writer, _paper(1))
    before, files = list(Corpus(home)), _files(home)
    with home.writer() as writer, ShardRewriter(writer) as rewriter:
        rewriter.choose(home.shards("corpus"))
        table = pq.read_table(home.shards("corpus")[0].path)
        rewriter.take(1, [0], table.to_batches()[0], 0)
    assert list(Corpus(home)) == before
    assert _files(home) == files


def test_old_files_left_by_a_kill_are_swept(home: Home) -> None:
    with home.writer() as writer:
        _put(writer, _paper(0))
        _put(writer, _paper(1))
        old = home.shards("corpus")[0].path
        content = old.read_bytes()
        compact(writer, shard_rows=100)
    old.write_bytes(content)
    with home.writer():
        assert _files(home) == ["papers-000003.parquet"]
    assert len(list(Corpus(home))) == 2


def test_a_damaged_shard_stops_it_before_anything_changes(home: Home) -> None:
    with home.writer() as writer:
        _put(writer, _paper(0))
        _put(writer, _paper(1))
    home.shards("corpus")[1].path.write_bytes(b"no parquet")
    with home.writer() as writer, pytest.raises(ArtifactError, match="corpus verify"):
        compact(writer, shard_rows=100)
    assert [shard.number for shard in home.shards("corpus")] == [1, 2]
    assert len(_files(home)) == 2
