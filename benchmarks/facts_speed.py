"""Speed of fact extraction from papers whose mentions are known.

    python benchmarks/facts_speed.py HOME [--papers 4000] [--workers 2] [--seed 0] [--profile 200]

HOME is a data home whose papers have mentions (`matlore ner extract`); it is only read. Papers
are drawn by seed and copied, with their mentions, into homes of their own; on each the whole
job runs: reading shards, finding facts, writing and merging shards, the start of processes
and the loading of their models included, which weighs less the more papers there are. Beside
the extractor with the workers asked for, the same run times it with one worker, which does all
in one process, and a finder that finds nothing, which is the job's own cost. Then a profile
of one process says what share of the time each part takes.
"""

import argparse
import cProfile
import os
import pstats
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ingest.store import PaperStore
from matlore.errors import MatloreError
from matlore.home import Home
from matlore.pipeline.documents import read_shard
from matlore.records import Mention, Paper
from ner.fact_jobs import FactsReport, find_facts
from ner.facts.extraction import FactFinder, Finder, extract_facts
from ner.facts.parts import PaperFacts
from ner.job_parts import PlacedPaper
from ner.mention_store import Mentions, MentionWriter

__all__: list[str] = []

_MODEL = "copied"


@dataclass
class Nothing:
    """Finds nothing: what is timed with it is the job itself."""

    version: str = "nothing-1"

    def find(self, paper: Paper, mentions: Sequence[Mention]) -> PaperFacts:
        """Return the mentions alone."""
        return PaperFacts(tuple(mentions), (), ())


class Figure(NamedTuple):
    """What one run gave, with the processor time of all its processes."""

    report: FactsReport
    seconds: float
    processor: float


def main() -> None:
    """Time all and print a table."""
    options = _options()
    try:
        papers = _draw(Home.open(options.home), options.papers, random.Random(options.seed))
    except MatloreError as error:
        sys.exit(str(error))
    if not papers:
        sys.exit(f"{options.home}: no paper has mentions: `matlore ner extract` first")
    found = sum(len(mentions) for _, mentions in papers)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"{len(papers)} papers, {found} mentions; {os.cpu_count()} cores; load before {load:.2f}")
    print("\n| finder | workers | papers/s | ms of a core a paper | quantities | claims | failed |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    cases: list[tuple[str, FactFinder, int]] = [("nothing", Nothing(), 1)]
    cases += [("nothing", Nothing(), options.workers), ("ours", Finder(), 1)]
    cases.append(("ours", Finder(), options.workers))
    for name, finder, workers in cases:
        figure = _time(papers, finder, workers)
        report, done = figure.report, len(papers)
        print(
            f"| {name} | {workers} | {done / figure.seconds:,.0f} "
            f"| {1000 * figure.processor / done:.2f} "
            f"| {report.quantities} | {report.claims} | {report.failed} |",
            flush=True,
        )
    _print_shares(papers[: options.profile])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("home", type=Path, metavar="HOME")
    parser.add_argument("--papers", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--profile", type=int, default=200, help="papers of the profile")
    return parser.parse_args()


def _draw(home: Home, size: int, random: random.Random) -> list[tuple[Paper, list[Mention]]]:
    """Return papers of a home with their mentions."""
    from ingest.corpus import Corpus

    query = (
        "SELECT m.id FROM extracted m JOIN papers p ON p.id = m.id AND p.text_sha = m.text_sha "
        "WHERE m.kind = 'mentions' ORDER BY m.id"
    )
    with home.connect() as connection:
        ids = [id for (id,) in connection.execute(query)]
    drawn = set(random.sample(ids, min(size, len(ids))))
    mentions: dict[str, list[Mention]] = {id: [] for id in drawn}
    for mention in _of_papers(home, drawn):
        mentions[mention.paper_id].append(mention)
    return [(paper, mentions[paper.id]) for paper in Corpus(home) if paper.id in drawn]


def _of_papers(home: Home, ids: set[str]) -> Iterator[Mention]:
    """Yield the mentions of some papers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ner.mention_store import mentions_from_batch

    wanted = pa.array(sorted(ids))
    for batch in Mentions(home).batches():
        yield from mentions_from_batch(batch.filter(pc.is_in(batch.column("paper_id"), wanted)))


def _time(
    papers: Sequence[tuple[Paper, list[Mention]]], finder: FactFinder, workers: int
) -> Figure:
    """Run the job over papers, in a home made for it."""
    with tempfile.TemporaryDirectory(prefix="matlore-") as folder:
        home = Home.open(Path(folder, "home"), create=True)
        with home.writer() as writer:
            store = PaperStore(writer)
            for paper, _ in papers:
                store.put(paper)
            store.commit(job="", cursors={})
            tagged = MentionWriter(writer, model=_MODEL)
            for start in range(0, len(papers), 500):
                chunk = papers[start : start + 500]
                tagged.add({(paper.id, paper.text_sha): found for paper, found in chunk})
            tagged.commit()
        used = _processor()
        started = time.perf_counter()
        report = find_facts(home, read_shard, finder, reject=_tell, workers=workers)
        return Figure(report, time.perf_counter() - started, _processor() - used)


def _processor() -> float:
    """Return the processor time of this process and of those that it waited for."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _tell(placed: PlacedPaper, reason: str) -> None:
    print(f"{placed.paper.id}: {reason}", file=sys.stderr)


def _print_shares(papers: Sequence[tuple[Paper, list[Mention]]]) -> None:
    """Print which functions of the parts take the time, of one process that is warm."""
    profile = cProfile.Profile()
    for paper, mentions in papers:  # the models are loaded by now, and caches filled
        profile.enable()
        extract_facts(paper, mentions)
        profile.disable()
    stats = pstats.Stats(profile)
    total: float = stats.total_tt  # type: ignore[attr-defined]
    print(f"\nprofile of {len(papers)} papers, warm: {1000 * total / len(papers):.2f} ms each")
    print("\n| part | share with all that it calls |")
    print("|---|---:|")
    for name, share in _parts(stats, total):
        print(f"| {name} | {share:.0%} |")


def _parts(stats: pstats.Stats, total: float) -> list[tuple[str, float]]:
    """Return the parts that extraction calls, with their shares, the largest first."""
    names = {"find_values", "link_quantities", "find_dopings", "find_relations", "find_same"}
    names |= {"modality_of", "tokenize", "split_sentences", "find_acronyms", "tag", "probabilities"}
    shares = {
        name: times[3] / total
        for (_, _, name), times in stats.stats.items()  # type: ignore[attr-defined]
        if name in names
    }
    return sorted(shares.items(), key=lambda item: -item[1])


if __name__ == "__main__":
    main()
