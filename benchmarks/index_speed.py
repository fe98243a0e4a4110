"""Speed of encoders, of building an index, of queries and of appending, each on its own.

    python benchmarks/index_speed.py encoders HOME [--papers 5000] [--float FOLDER]
    python benchmarks/index_speed.py build HOME WORK [--encoder static] [--papers N]
    python benchmarks/index_speed.py queries HOME [--queries 500]
    python benchmarks/index_speed.py append HOME WORK [--encoder static] [--papers 1000]

`encoders` times both encoders on abstracts with titles, two threads; with `--float` also the
transformer's weights in float32 by sentence-transformers and torch (a folder of that kind with
the same weights; `pip install sentence-transformers` first), and how many titles of papers kept
from training find their paper among all those encoded, in int8 and in float32. `build` copies a
home, or its first papers alone, and indexes it as `matlore index build` does. `queries` asks an
indexed home titles and sentences of papers kept from training, and topics. `append` takes the
last papers out of a copy of an index (so HOME is only read) and brings the copy up to date.
"""

import argparse
import json
import shutil
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from known_item import DEV, draw_queries, interval, read_papers
from numpy.typing import NDArray
from topics import read_topics

from embeddings.encoders.base import ENCODERS, load_encoder
from embeddings.index import IndexWriter
from embeddings.retrieval_measures import mean_of_sets, paired_difference, recall_values
from ingest.corpus import Corpus
from matlore.errors import GraphError
from matlore.home import Home
from matlore.pipeline.encoder_train import known_item_bucket
from matlore.pipeline.search_types import Mode

if TYPE_CHECKING:
    from matlore.pipeline.search import Searcher

__all__: list[str] = []

THREADS = 2
WARM_UP = 64
ROUNDS = 3
Encode = Callable[[list[str]], NDArray[np.float32]]


def time_encoders(home: Path, papers: int, folder: Path | None) -> None:
    """Print papers a second, and what int8 gains and loses."""
    chosen = [one for one in read_papers(home, None) if known_item_bucket(one[0]) == DEV][:papers]
    texts = [f"{title}\n{abstract}" for _, title, abstract in chosen]
    print(f"{len(texts):,} papers, {THREADS} threads\n\n| encoder | papers/s |\n|---|---|")
    coders: dict[str, Encode] = {
        name: load_encoder(name, threads=THREADS).encode for name in reversed(ENCODERS)
    }
    rates, recalls = dict[str, float](), dict[str, NDArray[Any]]()
    if folder is not None:
        coders["torch float32"] = _float_encoder(folder)
    for name, encode in coders.items():
        rates[name] = _rate(encode, texts, rounds=ROUNDS if name == "static" else 1)
        print(f"| {name} | {rates[name]:,.0f} |", flush=True)
        recalls[name] = _title_recall(encode, chosen)
    print("\n| encoder | recall@10 of titles |\n|---|---|")
    for name, found in recalls.items():
        print(f"| {name} | {interval(mean_of_sets([found]))} |")
    if folder is not None:
        lost = paired_difference(recalls["transformer"], recalls["torch float32"])
        print(f"\nint8 is {rates['transformer'] / rates['torch float32']:.2f} times as fast")
        print(f"recall@10, int8 - float32: {interval(lost, sign='+')}")


def _float_encoder(folder: Path) -> Encode:
    import torch

    torch.set_num_threads(THREADS)
    model = import_module("sentence_transformers").SentenceTransformer(str(folder), device="cpu")

    def encode(texts: list[str]) -> NDArray[np.float32]:
        found = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, np.float32)

    return encode


def _rate(encode: Encode, texts: list[str], *, rounds: int) -> float:
    """Return texts a second, the best of some rounds; the first texts warm up."""
    encode(texts[:WARM_UP])
    spent = []
    for _ in range(rounds):
        started = time.perf_counter()
        encode(texts)
        spent.append(time.perf_counter() - started)
    return len(texts) / min(spent)


def _title_recall(encode: Encode, papers: Sequence[tuple[str, str, str]]) -> NDArray[Any]:
    """Return for each title whether its abstract is among the ten nearest of all."""
    abstracts = encode([abstract for _, _, abstract in papers])
    titles = encode([title for _, title, _ in papers])
    ranks: list[int | None] = []
    for start in range(0, len(titles), 512):
        scores = titles[start : start + 512] @ abstracts.T
        own = scores[np.arange(len(scores)), start + np.arange(len(scores))]
        ranks += [int(rank) for rank in (scores > own[:, None]).sum(1) + 1]
    return recall_values(ranks)


def time_build(home: Path, work: Path, encoder: str, papers: int | None) -> None:
    """Index a copy of a home, or its first papers, from nothing."""
    from matlore.pipeline.index_build import IndexOptions, build_home_index

    target = work / "build"
    shutil.rmtree(target, ignore_errors=True)
    if papers is None:
        copy_home(home, target)
        shutil.rmtree(target / "index", ignore_errors=True)
    else:
        first_papers(home, target, work / "papers.jsonl", papers)
    count = len(Corpus(Home.open(target)))
    started = time.perf_counter()
    report = build_home_index(target, IndexOptions(encoder=encoder))
    seconds = time.perf_counter() - started
    print(f"{encoder}: {count:,} papers in {seconds:.1f} s, {count / seconds:,.0f} papers/s")
    for row in report["indexes"]:
        print(json.dumps(row))


def first_papers(home: Path, target: Path, rows: Path, papers: int) -> None:
    """Make a home of the first papers of another."""
    from matlore.pipeline.corpus import ingest_paths

    target.parent.mkdir(parents=True, exist_ok=True)
    with rows.open("w", encoding="utf-8") as file:
        for id, title, abstract in read_papers(home, papers):
            file.write(json.dumps({"id": id, "title": title, "abstract": abstract}) + "\n")
    ingest_paths(target, [rows])


def copy_home(home: Path, target: Path) -> None:
    """Copy a home; shards, which are never changed, as hard links where that is possible."""

    def copy(source: str, destination: str) -> None:
        if source.endswith(".parquet"):
            try:
                Path(destination).hardlink_to(source)
                return
            except OSError:
                pass
        shutil.copy2(source, destination)

    shutil.copytree(home, target, copy_function=copy, ignore=shutil.ignore_patterns(".lock"))


def time_queries(home: Path, queries: int) -> None:
    """Print the median and the 95th percentile of a search, warm."""
    from matlore.pipeline.search import Searcher

    asked = list(_questions(home, queries))
    print(f"{len(asked)} queries\n\n| mode | p50, ms | p95, ms | slowest, ms |\n|---|---|---|---|")
    modes: tuple[Mode, ...] = ("text", "dense", "graph", "fusion")
    with Searcher(home) as searcher:
        for mode in modes:
            try:
                spent = _milliseconds(searcher, mode, asked)
            except GraphError as error:
                print(f"| {mode} | {error} | | |")
                continue
            cuts = statistics.quantiles(spent, n=20)
            print(f"| {mode} | {cuts[9]:.1f} | {cuts[18]:.1f} | {max(spent):.1f} |", flush=True)


def _milliseconds(searcher: "Searcher", mode: Mode, asked: Sequence[str]) -> list[float]:
    """Return how long each query takes; the first ones warm up."""
    spent = []
    for text in [*asked[:WARM_UP], *asked]:
        started = time.perf_counter()
        searcher.search(text, mode=mode)
        spent.append((time.perf_counter() - started) * 1000)
    return spent[-len(asked) :]


def _questions(home: Path, count: int) -> Iterator[str]:
    """Yield topics, titles and thinned sentences, mixed."""
    papers = {
        id: (title, abstract)
        for id, title, abstract in read_papers(home, None)
        if known_item_bucket(id) == DEV
    }
    drawn = draw_queries(papers, {"titles": count // 2, "sentences": count // 2})
    texts = [topic.query for topic in read_topics()]
    texts += [query.text for found in drawn.values() for query in found]
    Random(0).shuffle(texts)
    yield from texts[:count]


def time_append(home: Path, work: Path, encoder: str, papers: int) -> None:
    """Take the last papers out of a copy of an index, add them again, and look for them."""
    from matlore.pipeline.index_build import IndexOptions, build_home_index
    from matlore.pipeline.search import Searcher

    target = work / "append"
    shutil.rmtree(target, ignore_errors=True)
    copy_home(home, target)
    last = deque(read_papers(target, None), maxlen=papers)
    with IndexWriter.open(target / "index" / "papers", load_encoder(encoder)) as writer:
        writer.delete([id for id, _, _ in last])
        writer.finish()
    started = time.perf_counter()
    build_home_index(target, IndexOptions(encoder=encoder, collections=("papers",)))
    seconds = time.perf_counter() - started
    with Searcher(target) as searcher:
        found = [
            any(hit.id == id for hit in searcher.search(title, top=10).hits)
            for id, title, _ in last
        ]
    print(f"{encoder}: {len(last):,} papers appended in {seconds:.1f} s")
    print(f"{sum(found):,} of them are among the first ten that their titles find")
    shutil.rmtree(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="what", required=True)
    for name, papers in (("encoders", 5000), ("build", None), ("append", 1000), ("queries", 500)):
        part = parts.add_parser(name)
        part.add_argument("home", type=Path)
        if name in ("build", "append"):
            part.add_argument("work", type=Path)
            part.add_argument("--encoder", default="static")
        part.add_argument(
            "--queries" if name == "queries" else "--papers", type=int, default=papers, dest="count"
        )
        if name == "encoders":
            part.add_argument("--float", type=Path, help="a sentence-transformers folder")
    options = parser.parse_args()
    if options.what == "encoders":
        time_encoders(options.home, options.count, options.float)
    elif options.what == "queries":
        time_queries(options.home, options.count)
    else:
        run = time_build if options.what == "build" else time_append
        run(options.home, options.work, options.encoder, options.count)


if __name__ == "__main__":
    main()
