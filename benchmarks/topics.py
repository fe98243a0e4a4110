"""Topic relevance: how good are the ten papers that each method puts first?

    python benchmarks/topics.py find WORK --home static=HOME --home transformer=HOME
    python benchmarks/topics.py pool WORK --corpus HOME
    python benchmarks/topics.py score WORK

`find` asks the queries of tests/data/search_topics.tsv by every method and keeps the ids in WORK;
each home has an index of the whole corpus by the encoder before its `=`. `pool` writes the first
ten papers of every method that are not judged yet to WORK/pool.jsonl: shuffled, without saying
which method found them, with title and abstract to read. A judge writes grades from 0 to 3 to
tests/data/search_topics_judged.tsv. `score` prints nDCG@10 with intervals over the
queries, and the paired differences to full text alone.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from embeddings.retrieval_measures import mean_of_sets, ndcg, paired_difference
from embeddings.statistics import Estimate
from ingest.corpus import Corpus
from matlore.errors import GraphError
from matlore.home import Home
from matlore.pipeline.search_types import Mode

__all__: list[str] = []

DATA = Path(__file__).parents[1] / "tests" / "data"
TOPICS, JUDGED = DATA / "search_topics.tsv", DATA / "search_topics_judged.tsv"
MODES: tuple[Mode, ...] = ("text", "dense", "graph", "fusion")
DEPTH = 10
SEED = 20261126
BASE = "text"

Lists = dict[str, dict[str, list[str]]]
"""By method and query id: papers, best first."""


class Topic(NamedTuple):
    """A query, and what counts as an answer."""

    id: str
    query: str
    criterion: str


def read_topics(path: Path = TOPICS) -> list[Topic]:
    return [Topic(*cells) for cells in _rows(path)]


def read_judged(path: Path = JUDGED) -> dict[str, dict[str, int]]:
    """Return by query id the grades of papers."""
    found: dict[str, dict[str, int]] = {}
    for query, paper, grade in _rows(path) if path.is_file() else []:
        found.setdefault(query, {})[paper] = int(grade)
    return found


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def pool(
    lists: Mapping[str, Mapping[str, Sequence[str]]],
    judged: Mapping[str, Mapping[str, int]],
    *,
    depth: int = DEPTH,
    seed: int = SEED,
) -> dict[str, list[str]]:
    """Return by query the papers that some method puts first and nobody judged, shuffled."""
    found: dict[str, set[str]] = {}
    for by_query in lists.values():
        for query, ids in by_query.items():
            found.setdefault(query, set()).update(ids[:depth])
    pooled = {}
    for query in sorted(found):
        pooled[query] = sorted(found[query].difference(judged.get(query, {})))
        Random(f"{seed}:{query}").shuffle(pooled[query])
    return pooled


def find(work: Path, homes: Mapping[str, Path]) -> None:
    """Ask every query by every method of each home."""
    lists: Lists = {}
    for number, (encoder, home) in enumerate(homes.items()):
        for mode in MODES:
            if number and mode in ("text", "graph"):
                continue  # the same whatever the encoder
            method = f"{mode} {encoder}" if mode in ("dense", "fusion") else mode
            try:
                lists[method] = _ask(home, mode)
            except GraphError as error:
                print(f"{method}: left out, {error}")
                continue
            print(f"{method}: {sum(map(len, lists[method].values()))} papers", flush=True)
    work.mkdir(parents=True, exist_ok=True)
    (work / "topic-lists.json").write_text(json.dumps(lists), encoding="utf-8")


def _ask(home: Path, mode: Mode) -> dict[str, list[str]]:
    from matlore.pipeline.search import Searcher

    with Searcher(home) as searcher:
        return {
            topic.id: [
                hit.id
                for hit in searcher.search(topic.query, mode=mode, top=DEPTH, details=False).hits
            ]
            for topic in read_topics()
        }


def load_lists(work: Path) -> Lists:
    lists: Lists = json.loads((work / "topic-lists.json").read_text(encoding="utf-8"))
    return lists


def write_pool(work: Path, home: Path) -> None:
    """Write what is to be judged, and say how much it is."""
    corpus, topics = Corpus(Home.open(home)), {topic.id: topic for topic in read_topics()}
    written = 0
    with (work / "pool.jsonl").open("w", encoding="utf-8") as file:
        for query, ids in pool(load_lists(work), read_judged()).items():
            for id in ids:
                text = corpus.get(id).text
                row = {"query": query, "paper": id, "asked": topics[query].query, "text": text}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                written += 1
    print(f"{work / 'pool.jsonl'}: {written} papers to judge")


def score(work: Path) -> None:
    """Print nDCG@10 of each method."""
    lists, judged = load_lists(work), read_judged()
    missing = pool(lists, judged)
    if any(missing.values()):
        print(f"{sum(map(len, missing.values()))} papers are not judged: they count as 0")
    values = {method: _values(by_query, judged) for method, by_query in lists.items()}
    print("| method | nDCG@10 | minus full text | queries better, worse |\n|---|---|---|---|")
    for method, found in values.items():
        difference = paired_difference(found, values[BASE])
        pairs = list(zip(found, values[BASE], strict=True))
        better, worse = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
        cells = (_cell(mean_of_sets([found])), _cell(difference, sign="+"), f"{better}, {worse}")
        print(f"| {method} | {' | '.join(cells)} |")
    print("\n| query | " + " | ".join(values) + " |\n|---" + "|---" * len(values) + "|")
    for n, query in enumerate(_scored(judged)):
        print(f"| {query} | {' | '.join(f'{found[n]:.2f}' for found in values.values())} |")


def _scored(judged: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the queries that have an answer at all."""
    return [topic.id for topic in read_topics() if any(judged.get(topic.id, {}).values())]


def _values(
    by_query: Mapping[str, Sequence[str]], judged: Mapping[str, Mapping[str, int]]
) -> list[float]:
    return [ndcg(by_query[query], judged[query]) or 0.0 for query in _scored(judged)]


def _cell(found: Estimate, *, sign: str = "") -> str:
    if found.value is None or found.low is None or found.high is None:
        return "-"
    return f"{found.value:{sign}.3f} ({found.low:{sign}.3f} to {found.high:{sign}.3f})"


def _named_paths(pairs: Iterable[str]) -> dict[str, Path]:
    return {name: Path(path) for name, _, path in (pair.partition("=") for pair in pairs)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("find", "pool", "score"))
    parser.add_argument("work", type=Path)
    parser.add_argument("--home", action="append", default=[], help="ENCODER=HOME (find)")
    parser.add_argument("--corpus", type=Path, help="a home with the papers (pool)")
    options = parser.parse_args()
    if options.what == "find":
        find(options.work, _named_paths(options.home))
    elif options.what == "pool":
        if options.corpus is None:
            parser.error("pool reads the papers of --corpus HOME")
        write_pool(options.work, options.corpus)
    else:
        score(options.work)


if __name__ == "__main__":
    main()
