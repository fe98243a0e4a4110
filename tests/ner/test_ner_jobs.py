"""The job that reads a home's papers: each once, whatever comes between."""

import multiprocessing
import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from job_papers import Papers, Rejects

from matlore.errors import ArtifactError, HomeBusyError
from matlore.home import Home
from ner.jobs import ExtractionReport, extract_corpus
from ner.labels import Span
from ner.mention_store import Mentions


class Tagger:
    """Finds numbered samples; may fail, be slow, or be interrupted at a word."""

    def __init__(self, version: str = "pattern-1", *, bad: str = "poison") -> None:
        self.version = version
        self.bad = bad
        self.texts: list[str] = []
        self.on_text: Callable[[str], None] = lambda _: None

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        if any(self.bad in text for text in texts):
            raise RuntimeError("a tensor of the wrong shape")
        for text in texts:
            self.on_text(text)
        self.texts += texts
        return [[Span(*m.span(), "MAT") for m in re.finditer(r"S\d+", t)] for t in texts]


class Linker:
    """Names a sample by its number."""

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        return [text[span.start + 1 : span.end] for span in spans]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


@pytest.fixture
def papers(home: Home) -> Papers:
    papers = Papers(home)
    for shard in range(3):
        papers.put({f"p{n:02}": f"sample S{n}" for n in range(4 * shard, 4 * shard + 4)})
    return papers


def _run(
    papers: Papers,
    tagger: Tagger | None = None,
    *,
    rejects: Rejects | None = None,
    limit: int | None = None,
    commit_papers: int = 3,
    chunk_papers: int = 2,
) -> ExtractionReport:
    return extract_corpus(
        papers.home,
        papers,
        tagger or Tagger(),
        Linker(),
        reject=rejects if rejects is not None else Rejects(),
        limit=limit,
        commit_papers=commit_papers,
        chunk_papers=chunk_papers,
    )


def _norms(home: Home) -> list[int]:
    return [int(mention.norm or -1) for mention in Mentions(home)]


def test_every_paper_is_read_once(home: Home, papers: Papers) -> None:
    report = _run(papers)
    assert (report.papers, report.mentions, report.unchanged) == (12, 12, 0)
    assert (report.failed, report.skipped, report.remaining) == (0, 0, 0)
    assert report.labels == {"MAT": 12, **dict.fromkeys(("SPL", "DSC", "PRO", "APL"), 0)} | {
        "SMT": 0,
        "CMT": 0,
    }
    assert _norms(home) == list(range(12))
    assert papers.shards_read == [1, 2, 3]
    assert len(home.shards("facts")) == 1


def test_a_second_run_does_nothing(home: Home, papers: Papers) -> None:
    _run(papers)
    shards = home.shards("facts")
    tagger = Tagger()
    papers.shards_read.clear()
    report = _run(papers, tagger)
    assert (report.papers, report.unchanged, report.mentions) == (0, 12, 0)
    assert (tagger.texts, papers.shards_read) == ([], [])
    assert home.shards("facts") == shards


def test_only_what_is_new_or_changed_is_read(home: Home, papers: Papers) -> None:
    _run(papers)
    papers.put({"p03": "now of sample S30 and S31", "p99": "sample S99"})
    tagger = Tagger()
    report = _run(papers, tagger)
    assert sorted(tagger.texts) == ["now of sample S30 and S31", "sample S99"]
    assert (report.papers, report.unchanged) == (2, 11)
    assert sorted(_norms(home)) == sorted([*range(3), *range(4, 12), 30, 31, 99])
    assert [mention.norm for mention in Mentions(home).by_paper("p03")] == ["30", "31"]


def test_papers_without_mentions_are_not_read_again(home: Home, papers: Papers) -> None:
    papers.put({"p50": "nothing in here"})
    _run(papers)
    tagger = Tagger()
    _run(papers, tagger)
    assert tagger.texts == []
    assert Mentions(home).by_paper("p50") == []


def test_another_version_reads_all_again(home: Home, papers: Papers) -> None:
    first = _run(papers)
    second = _run(papers, Tagger("pattern-2"))
    assert (second.papers, second.unchanged) == (12, 0)
    assert first.model != second.model
    assert sorted(_norms(home)) == list(range(12))
    assert Mentions(home).counts()["models"] == {second.model: 12}
    assert sum(shard.rows for shard in home.shards("facts")) == 12


def test_removed_papers_take_their_mentions_along(home: Home, papers: Papers) -> None:
    _run(papers)
    papers.remove("p04")
    assert _norms(home) == [n for n in range(12) if n != 4]
    _run(papers)
    with home.connect() as connection:
        query = "SELECT count(*) FROM extracted WHERE id = 'p04'"
        assert connection.execute(query).fetchone() == (0,)


def test_a_limit_is_gone_on_from(home: Home, papers: Papers) -> None:
    counts = []
    for _ in range(3):
        report = _run(papers, limit=5)
        counts.append((report.papers, report.unchanged, report.remaining))
    assert counts == [(5, 0, 7), (5, 5, 2), (2, 10, 0)]
    assert sorted(_norms(home)) == list(range(12))
    assert _run(papers, limit=0).papers == 0


def test_what_the_reader_leaves_out_is_counted(home: Home, papers: Papers) -> None:
    papers.left_out = {"p02", "p09"}
    report = _run(papers)
    assert (report.papers, report.skipped, report.remaining) == (10, 2, 0)
    papers.left_out = set()
    assert _run(papers).papers == 2
    assert sorted(_norms(home)) == list(range(12))


def test_a_text_that_fails_is_rejected_and_tried_again(home: Home, papers: Papers) -> None:
    papers.put({"p20": "poison S20", "p21": "sample S21"})
    rejects = Rejects()
    report = _run(papers, rejects=rejects)
    assert rejects == [("p20", "RuntimeError: a tensor of the wrong shape")]
    assert (report.papers, report.failed, report.remaining) == (13, 1, 0)
    assert _norms(home) == [*range(12), 21]
    again = _run(papers, Tagger(bad="no such word"))
    assert (again.papers, again.failed) == (1, 0)
    assert sorted(_norms(home)) == [*range(12), 20, 21]


def test_a_model_that_fails_on_everything_ends_the_job(home: Home, papers: Papers) -> None:
    papers.put({f"q{n}": "sample S1" for n in range(150)})
    rejects = Rejects()
    with pytest.raises(ArtifactError, match=r"fails on every text.*--model"):
        _run(papers, Tagger(bad="sample"), rejects=rejects)
    assert len(rejects) == 100


def test_a_corpus_that_is_not_the_manifests_is_refused(papers: Papers) -> None:
    papers.texts["p05"] = "something else"
    with pytest.raises(ArtifactError, match="matlore corpus verify"):
        _run(papers)


def test_a_second_writer_gets_an_error(papers: Papers) -> None:
    with papers.home.writer(), pytest.raises(HomeBusyError):
        _run(papers)


def test_progress_is_told_of_all(papers: Papers) -> None:
    told: list[int] = []
    totals: list[int | None] = []

    def progress(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        told.append(done)
        totals.append(total)

    papers.left_out = {"p02"}
    extract_corpus(papers.home, papers, Tagger(), Linker(), reject=Rejects(), progress=progress)
    assert (sum(told), totals[0]) == (12, 12)


# Interruptions


def _interrupt_at(word: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text.endswith(word):
            raise KeyboardInterrupt

    return check


@pytest.mark.parametrize(("word", "kept"), [("S0", 0), ("S3", 0), ("S5", 4), ("S11", 8)])
def test_ctrl_c_keeps_the_last_commit(home: Home, papers: Papers, word: str, kept: int) -> None:
    tagger = Tagger()
    tagger.on_text = _interrupt_at(word)
    with pytest.raises(KeyboardInterrupt):
        _run(papers, tagger)
    assert _norms(home) == list(range(kept))
    assert not list(home.folder("facts").glob(".*.tmp"))
    again = _run(papers)
    assert (again.papers, again.unchanged) == (12 - kept, kept)
    assert _norms(home) == list(range(12))


def _work_slowly(papers: Papers) -> None:
    tagger = Tagger()
    tagger.on_text = lambda _: time.sleep(0.005)
    _run(papers, tagger, commit_papers=1, chunk_papers=1)


def test_killed_at_any_time_nothing_is_lost_and_nothing_twice(home: Home) -> None:
    papers = Papers(home)
    papers.put({f"p{n:03}": f"sample S{n}" for n in range(80)})
    context = multiprocessing.get_context("fork")
    seen = [0]
    for pause in (0.05, 0.12, 0.2):
        process = context.Process(target=_work_slowly, args=(papers,))
        process.start()
        time.sleep(pause)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        seen.append(len(_norms(home)))
        assert _norms(home) == list(range(seen[-1]))
    assert seen == sorted(seen)
    report = _run(papers)
    assert (report.papers, report.unchanged) == (80 - seen[-1], seen[-1])
    assert _norms(home) == list(range(80))
    registered = {shard.name for shard in home.shards("facts")}
    assert {path.name for path in home.folder("facts").iterdir()} == registered


def test_shards_are_merged_on_the_way(
    home: Home, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ner.job_parts._MERGE_COMMITS", 2)
    most = 0

    def count(_: str) -> None:
        nonlocal most
        most = max(most, len(home.shards("facts")))

    tagger = Tagger()
    tagger.on_text = count
    report = _run(papers, tagger, commit_papers=1, chunk_papers=1)
    assert most <= 3
    assert report.shards_merged > 6
    assert _norms(home) == list(range(12))


def test_shards_that_killed_jobs_left_are_merged_soon(
    home: Home, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagger = Tagger()
    tagger.on_text = _interrupt_at("S9")
    with pytest.raises(KeyboardInterrupt):
        _run(papers, tagger, commit_papers=1, chunk_papers=1)
    assert len(home.shards("facts")) == 9
    monkeypatch.setattr("ner.job_parts._MERGE_COMMITS", 10)
    tagger.on_text = _interrupt_at("S11")
    with pytest.raises(KeyboardInterrupt):
        _run(papers, tagger, commit_papers=1, chunk_papers=1)
    assert len(home.shards("facts")) == 2
    assert _norms(home) == list(range(11))
