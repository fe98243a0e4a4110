"""The job that finds the facts of a home: each paper once, whatever comes between."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from fake_facts import PatternFinder
from job_papers import Papers, Rejects

from matlore.errors import ArtifactError, HomeBusyError, MatloreError
from matlore.home import Home, HomeWriter
from matlore.records import Mention, text_hash
from ner.fact_jobs import FactsReport, find_facts
from ner.fact_store import Facts
from ner.job_parts import PlacedPaper
from ner.mention_store import MentionWriter


class Tagged(Papers):
    """Papers with their mentions; `S1`, `S2` … are their materials."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.interrupt_at = ""

    def put(self, texts: dict[str, str], *, model: str | None = "tagger-1") -> None:
        """Add papers, or change them, as one more shard; with their mentions."""
        super().put(texts)
        if model is not None:
            self.tag([*texts], model)

    def tag(self, ids: Sequence[str], model: str = "tagger-1") -> None:
        """Make the mentions of papers."""
        with self.home.writer() as writer:
            store = MentionWriter(writer, model=model)
            store.add({(id, text_hash(self.texts[id])): self._mentions(id) for id in ids})
            store.commit()

    def _mentions(self, id: str) -> list[Mention]:
        text, found = self.texts[id], []
        for word in text.split():
            if word[0] == "S" and word[1:].isdigit():
                start = text.index(word)
                end = start + len(word)
                found.append(Mention(id, text_hash(text), start, end, "MAT", word, word))
        return found

    def __call__(
        self, writer: HomeWriter, shard: int, rows: Sequence[int]
    ) -> Iterable[PlacedPaper]:
        for placed in super().__call__(writer, shard, rows):
            if placed.paper.id == self.interrupt_at:
                raise KeyboardInterrupt
            yield placed


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


def _text(n: int) -> str:
    return f"sample S{n} with S{n + 100} has {n}.5 eV"


@pytest.fixture
def papers(home: Home) -> Tagged:
    papers = Tagged(home)
    for shard in range(3):
        papers.put({f"p{n:02}": _text(n) for n in range(4 * shard, 4 * shard + 4)})
    return papers


def _run(
    papers: Tagged,
    finder: PatternFinder | None = None,
    *,
    rejects: Rejects | None = None,
    workers: int = 1,
    limit: int | None = None,
    commit_papers: int = 3,
    chunk_papers: int = 2,
) -> FactsReport:
    return find_facts(
        papers.home,
        papers,
        finder or PatternFinder(),
        reject=rejects if rejects is not None else Rejects(),
        workers=workers,
        limit=limit,
        commit_papers=commit_papers,
        chunk_papers=chunk_papers,
    )


def _values(home: Home) -> list[float]:
    return [one.value - 0.5 for one in Facts(home).quantities()]


def _pairs(home: Home) -> list[tuple[str, str]]:
    return [(one.subject, one.object) for one in Facts(home).claims()]


ALL_PAIRS = [(f"S{n}", f"S{n + 100}") for n in range(12)]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_paper_is_read_once(home: Home, papers: Tagged, workers: int) -> None:
    report = _run(papers, workers=workers)
    assert (report.papers, report.quantities, report.claims) == (12, 12, 12)
    assert (report.unchanged, report.waiting, report.failed, report.remaining) == (0, 0, 0, 0)
    assert (report.types, report.properties) == ({"DOPED_WITH": 12}, {"band_gap": 12})
    assert _values(home) == [*range(12)]
    assert _pairs(home) == ALL_PAIRS
    assert {one.provenance.version for one in Facts(home).claims()} == {"pattern-1@tagger-1"}
    assert len(home.shards("facts")) == 5  # three of mentions, one of each kind of facts


def test_a_second_run_does_nothing(home: Home, papers: Tagged) -> None:
    _run(papers)
    shards = home.shards("facts")
    report = _run(papers, PatternFinder(bad="sample"))
    assert (report.papers, report.failed, report.unchanged) == (0, 0, 12)
    assert home.shards("facts") == shards


def test_papers_without_mentions_wait(home: Home, papers: Tagged) -> None:
    papers.put({"p50": _text(50), "p51": "S51 alone"}, model=None)
    report = _run(papers)
    assert (report.papers, report.waiting) == (12, 2)
    papers.tag(["p51"])
    report = _run(papers)
    assert (report.papers, report.waiting, report.unchanged) == (1, 1, 12)
    assert Facts(home).by_paper("p51") == ([], [])
    assert _run(papers).papers == 0


def test_what_was_changed_is_read_again(home: Home, papers: Tagged) -> None:
    _run(papers)
    papers.put({"p03": "now S30 with S31"}, model=None)
    assert 3 not in _values(home)
    assert (_run(papers).papers, _run(papers).waiting) == (0, 1)
    papers.tag(["p03"])
    assert _run(papers).papers == 1
    assert ("S30", "S31") in _pairs(home)


def test_mentions_of_another_model_make_facts_old(home: Home, papers: Tagged) -> None:
    _run(papers)
    papers.tag(["p01", "p07"], "tagger-2")
    assert Facts(home).counts()["pending"] == 2
    report = _run(papers)
    assert (report.papers, report.unchanged) == (2, 10)
    assert sorted(_values(home)) == [*range(12)]
    models = {"pattern-1@tagger-1": 10, "pattern-1@tagger-2": 2}
    assert Facts(home).counts()["models"] == models


def test_another_version_reads_all_again(home: Home, papers: Tagged) -> None:
    _run(papers)
    report = _run(papers, PatternFinder("pattern-2"))
    assert (report.papers, report.unchanged) == (12, 0)
    assert sorted(_values(home)) == [*range(12)]
    assert sum(s.rows for s in home.shards("facts") if s.name.startswith("claims")) == 12


def test_a_paper_that_lost_one_kind_of_facts_is_read_again(home: Home, papers: Tagged) -> None:
    _run(papers)
    with home.writer() as writer:
        sql = "DELETE FROM extracted WHERE kind = 'claims' AND id = 'p05'"
        writer.connection.execute(sql)
        writer.commit()
    assert _run(papers).papers == 1
    assert sorted(_values(home)) == [*range(12)]
    assert sorted(_pairs(home)) == sorted(ALL_PAIRS)


def test_a_limit_is_gone_on_from(home: Home, papers: Tagged) -> None:
    runs = [_run(papers, limit=5) for _ in range(3)]
    assert [(one.papers, one.remaining) for one in runs] == [(5, 7), (5, 2), (2, 0)]
    assert sorted(_values(home)) == [*range(12)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_text_that_fails_is_rejected_and_tried_again(
    home: Home, papers: Tagged, workers: int
) -> None:
    papers.put({"p20": "poison S20", "p21": _text(21)})
    rejects = Rejects()
    report = _run(papers, rejects=rejects, workers=workers)
    assert rejects == [("p20", "RuntimeError: a number of the wrong kind")]
    assert (report.papers, report.failed, report.remaining) == (13, 1, 0)
    again = _run(papers, PatternFinder(bad="no such word"))
    assert (again.papers, again.failed) == (1, 0)


def test_a_finder_that_fails_on_everything_ends_the_job(papers: Tagged) -> None:
    papers.put({f"q{n}": "sample S1" for n in range(150)})
    rejects = Rejects()
    with pytest.raises(ArtifactError, match="fails on every text"):
        _run(papers, PatternFinder(bad="sample"), rejects=rejects)
    assert len(rejects) == 100


def test_a_worker_that_dies_ends_the_job_and_keeps_what_was_committed(
    home: Home, papers: Tagged
) -> None:
    papers.put({"p20": "deadly S20"})
    with pytest.raises(MatloreError, match="a worker was killed"):
        _run(papers, PatternFinder(deadly="deadly"), workers=2, chunk_papers=1, commit_papers=1)
    kept = len(_values(home))
    assert _run(papers).papers == 13 - kept
    assert sorted(_values(home)) == [*range(12)]


def test_mentions_that_are_not_the_papers_are_refused(home: Home, papers: Tagged) -> None:
    with home.writer() as writer:
        sql = "UPDATE extracted SET first_row = 0 WHERE kind = 'mentions' AND id = 'p02'"
        writer.connection.execute(sql)
        writer.commit()
    with pytest.raises(ArtifactError, match="mentions of p02 are not what the manifest says"):
        _run(papers)


def test_a_corpus_that_is_not_the_manifests_is_refused(papers: Tagged) -> None:
    papers.texts["p05"] = "something else"
    with pytest.raises(ArtifactError, match="matlore corpus verify"):
        _run(papers)


def test_a_second_writer_gets_an_error(papers: Tagged) -> None:
    with papers.home.writer(), pytest.raises(HomeBusyError):
        _run(papers)


def test_progress_is_told_of_all(papers: Tagged) -> None:
    told: list[int] = []
    totals: list[int | None] = []

    def progress(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        told.append(done)
        totals.append(total)

    find_facts(papers.home, papers, PatternFinder(), reject=Rejects(), progress=progress)
    assert (sum(told), totals[0]) == (12, 12)


# Interruptions


@pytest.mark.parametrize(("workers", "commit_papers"), [(1, 1), (2, 1)])
def test_ctrl_c_keeps_the_last_commit(
    home: Home, papers: Tagged, workers: int, commit_papers: int
) -> None:
    papers.interrupt_at = "p10"
    with pytest.raises(KeyboardInterrupt):
        _run(papers, workers=workers, chunk_papers=1, commit_papers=commit_papers)
    kept = len(_values(home))
    assert kept == len(_pairs(home))
    assert kept >= (10 if workers == 1 else 5)
    assert not list(home.folder("facts").glob(".*.tmp"))
    papers.interrupt_at = ""
    again = _run(papers)
    assert (again.papers, again.unchanged) == (12 - kept, kept)
    assert _values(home) == [*range(12)]


def _work_slowly(papers: Tagged) -> None:
    _run(papers, PatternFinder(pause=0.005), commit_papers=1, chunk_papers=1)


def test_killed_at_any_time_nothing_is_lost_and_nothing_twice(home: Home) -> None:
    papers = Tagged(home)
    papers.put({f"p{n:03}": _text(n) for n in range(60)})
    context = multiprocessing.get_context("fork")
    seen = [0]
    for pause in (0.05, 0.15, 0.25):
        process = context.Process(target=_work_slowly, args=(papers,))
        process.start()
        time.sleep(pause)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        seen.append(len(_values(home)))
        assert _values(home) == [*range(seen[-1])]
        assert len(_pairs(home)) == seen[-1]
    assert seen == sorted(seen)
    report = _run(papers)
    assert (report.papers, report.unchanged) == (60 - seen[-1], seen[-1])
    assert _values(home) == [*range(60)]
    registered = {shard.name for shard in home.shards("facts")}
    assert {path.name for path in home.folder("facts").iterdir()} == registered


def test_shards_are_merged_on_the_way(
    home: Home, papers: Tagged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ner.job_parts._MERGE_COMMITS", 2)
    report = _run(papers, commit_papers=1, chunk_papers=1)
    assert report.shards_merged > 12
    assert _values(home) == [*range(12)]
