"""Vectors by FAISS at several sizes: build, search, recall against exact, disk and memory.

    python benchmarks/vector_index.py VECTORS.npy|INDEX_FOLDER WORK [--sizes 50000 250000 ...]

Real vectors are those of a built index (`vectors.f16`, read only) or of a `.npy` file, of length
one; 500 of them, drawn at random, are held out as queries, with a little noise. A size that needs
more than the rest gets made vectors behind them: each lies between a real vector and one of
its eight nearest (a place drawn evenly along the line), plus Gaussian noise half as long as the
two are apart, so that crowded regions stay crowded and directions stay those of real texts.
The table tells how near the nearest vectors are, to compare sizes.

Per size the kind that `choose_kind` picks is built in a process of its own and searched in
another (top 10, one query at a time, warm, after 20 that do not count), so that each peak of
memory is its own; `files` in a peak are pages of mapped files, which the system may drop. Recall
is against comparing all allowed vectors. `mixed` queries lie between five others each, as short
texts lie between papers: they are the harder ones. Filters: a tenth and a thousandth of the rows
at random, and the tenth nearest to one text (a filter that goes with the meaning is the hardest).
"""

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.index.card import load_card
from embeddings.index.vector_file import VECTORS, append_vectors, map_vectors
from embeddings.index.vector_index import (
    Lists,
    ListSettings,
    build_lists,
    choose_kind,
    nearest,
)

__all__: list[str] = []

Floats = NDArray[np.float32]
SIZES = (50_000, 250_000, 1_000_000, 2_000_000, 5_000_000)
QUERIES = 500
WARM_UP = 20
NEIGHBOURS = 8
TOP = 10
BLOCK = 50_000
SEED = 20261126
LISTS = "lists.faiss"
NOISE = 0.2  # length of what is added to queries
MIXED = 5
FILTERS = ("all", "all, mixed", "10 %", "0.1 %", "10 % of one topic")


def load_real(path: Path) -> NDArray[Any]:
    """Return the vectors of a `.npy` file or of an index."""
    if path.suffix == ".npy":
        found: NDArray[Any] = np.load(path, mmap_mode="r")
        return found
    card = load_card(path)
    return map_vectors(path, card.total_rows, card.size)


def unit(vectors: NDArray[Any]) -> Floats:
    """Return vectors of length one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)


def noise(draw: np.random.Generator, shape: tuple[int, int], length: Any) -> Floats:
    """Return Gaussian noise of about the given length, one for all rows or one each."""
    found = draw.standard_normal(shape, dtype=np.float32) / np.float32(shape[1] ** 0.5)
    return np.asarray(found * np.asarray(length, np.float32))


def split_real(real: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the vectors to be indexed, shuffled, and queries from the others."""
    draw = np.random.default_rng(SEED)
    order = draw.permutation(len(real))
    held = np.asarray(real[np.sort(order[:QUERIES])], np.float32)
    queries = unit(held + noise(draw, held.shape, NOISE))
    return np.asarray(real, np.float32)[order[QUERIES:]], queries


def mixed(queries: Floats) -> Floats:
    """Return queries between five others each: short texts lie so."""
    draw = np.random.default_rng(SEED)
    return unit(sum((queries[draw.permutation(len(queries))] for _ in range(MIXED)), queries * 0))


def near_ones(base: Floats, work: Path) -> NDArray[np.int64]:
    """Return the nearest other vectors of each, found by coarse lists; kept in WORK."""
    import faiss

    kept = work / "neighbours.npy"
    if kept.is_file():
        found: NDArray[np.int64] = np.load(kept)
        if len(found) == len(base):
            return found
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(base.shape[1]), base.shape[1], 512, faiss.METRIC_INNER_PRODUCT
    )
    index.train(base[:25_000])
    index.add(base)
    index.nprobe = 4
    found = np.asarray(index.search(base, NEIGHBOURS + 1)[1][:, 1:])
    np.save(kept, found)
    return found


def write_vectors(folder: Path, base: Floats, near: NDArray[np.int64], number: int) -> None:
    """Write as many vectors as wanted: real ones, then made ones."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    draw = np.random.default_rng([SEED, number])
    done = min(number, len(base))
    append_vectors(folder, base[:done], rows=0)
    while done < number:
        some = draw.integers(len(base), size=min(BLOCK, number - done))
        others = near[some, draw.integers(NEIGHBOURS, size=len(some))]
        first, second = base[some], base[np.where(others < 0, some, others)]
        apart = np.linalg.norm(first - second, axis=1, keepdims=True)
        place = draw.random((len(some), 1), dtype=np.float32)
        made = first + place * (second - first) + noise(draw, first.shape, apart / 2)
        append_vectors(folder, unit(made), rows=done)
        done += len(some)


def masks(vectors: NDArray[np.float16]) -> dict[str, NDArray[np.bool_] | None]:
    """Return the filters."""
    draw = np.random.default_rng(SEED)
    rows = len(vectors)
    topic = np.asarray(vectors[7], np.float32)
    cosines = np.concatenate(
        [vectors[k : k + BLOCK].astype(np.float32) @ topic for k in range(0, rows, BLOCK)]
    )
    return {
        "all": None,
        "all, mixed": None,
        "10 %": draw.random(rows) < 0.1,
        "0.1 %": draw.random(rows) < 0.001,
        "10 % of one topic": cosines >= np.quantile(cosines, 0.9),
    }


def truth(
    vectors: NDArray[np.float16], mask: NDArray[np.bool_] | None, queries: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """Return the true nearest allowed rows of all queries and their cosines."""
    rows = np.arange(len(vectors)) if mask is None else np.flatnonzero(mask)
    best = np.zeros((len(queries), 0), np.float32)
    found = np.zeros((len(queries), 0), np.int64)
    for start in range(0, len(rows), BLOCK):
        some = rows[start : start + BLOCK]
        cosines = queries @ vectors[some].astype(np.float32).T
        places = np.argpartition(-cosines, min(TOP, cosines.shape[1]) - 1, axis=1)[:, :TOP]
        best = np.concatenate([best, np.take_along_axis(cosines, places, 1)], axis=1)
        found = np.concatenate([found, some[places]], axis=1)
    order = np.argsort(-best, axis=1)[:, :TOP]
    return np.take_along_axis(found, order, 1), np.take_along_axis(best, order, 1)


class Memory:
    """The peak of a process, in bytes: all that is resident, and without mapped files."""

    def __init__(self) -> None:
        self.own = self.all = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            text = Path("/proc/self/status").read_text()
            sizes = {
                name: 1024 * int(value.split()[0])
                for name, _, value in (line.partition(":") for line in text.splitlines())
                if name in ("VmHWM", "RssAnon")
            }
            self.own, self.all = max(self.own, sizes["RssAnon"]), sizes["VmHWM"]


def build(folder: Path, rows: int, size: int) -> dict[str, Any]:
    """Build the lists of a folder; what the process took."""
    kind = choose_kind(rows)
    vectors = map_vectors(folder, rows, size)
    start = time.perf_counter()
    settings: dict[str, Any] = {}
    with Memory() as memory:
        if kind != "flat":
            lists = build_lists(vectors, np.arange(rows), kind)
            lists.save(folder / LISTS)
            settings = lists.settings._asdict()
        seconds = time.perf_counter() - start
        time.sleep(0.1)
    return {
        "kind": kind, "seconds": seconds, "settings": settings,
        "own": memory.own, "peak": memory.all,
    }  # fmt: skip


def search(folder: Path, rows: int, size: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Time the queries of a folder under each filter, and compare with the truth."""
    vectors = map_vectors(folder, rows, size)
    kept = np.load(folder / "asked.npz")
    start = time.perf_counter()
    lists = Lists.load(folder / LISTS, ListSettings(**settings)) if settings else None
    opening = time.perf_counter() - start
    results = {}
    with Memory() as memory:
        for name in FILTERS:
            mask = kept.get(f"mask {name}")
            queries = kept["mixed" if "mixed" in name else "queries"]
            results[name] = _timed(vectors, lists, queries, mask, kept[f"true {name}"])
    return {"filters": results, "own": memory.own, "peak": memory.all, "opening": opening}


def _timed(
    vectors: NDArray[np.float16],
    lists: Lists | None,
    queries: Floats,
    mask: NDArray[np.bool_] | None,
    true: NDArray[np.int64],
) -> dict[str, float]:
    seconds, shares = [], []
    for query, right in zip(queries, true, strict=True):
        start = time.perf_counter()
        if lists is None:
            passing = None if mask is None else np.flatnonzero(mask)
            found, _ = nearest(vectors, query, passing, TOP)
        else:
            found, _ = lists.search(vectors, query, mask, TOP)
        seconds.append(time.perf_counter() - start)
        shares.append(len(np.intersect1d(found, right)) / len(right))
    warm = 1000 * np.array(seconds[WARM_UP:])
    p50, p95 = np.quantile(warm, (0.5, 0.95))
    return {"p50": float(p50), "p95": float(p95), "recall": float(np.mean(shares))}


def in_child(task: str, folder: Path, *rest: object) -> dict[str, Any]:
    """Run a task of this file in a process of its own."""
    command = [sys.executable, __file__, "--task", task, str(folder), *map(str, rest)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(
    folder: Path, base: Floats, near: NDArray[np.int64], queries: Floats, number: int
) -> list[str]:
    """Return the lines of the tables for one size."""
    write_vectors(folder, base, near, number)
    size = base.shape[1]
    vectors = map_vectors(folder, number, size)
    kept: dict[str, Any] = {"queries": queries, "mixed": mixed(queries)}
    nearness = 0.0
    for name, mask in masks(vectors).items():
        asked = kept["mixed" if "mixed" in name else "queries"]
        kept[f"true {name}"], cosines = truth(vectors, mask, asked)
        if name == "all":
            nearness = float(np.median(cosines[:, 0]))
        if mask is not None:
            kept[f"mask {name}"] = mask
    np.savez(folder / "asked.npz", **kept)
    built = in_child("build", folder, number, size)
    searched = in_child("search", folder, number, size, json.dumps(built["settings"]))
    disk = sum((folder / n).stat().st_size for n in (VECTORS, LISTS) if (folder / n).exists())
    settings = built["settings"]
    chosen = "-".join(str(settings.get(n, "")) for n in ("lists", "probes", "candidates"))
    shown = [f"{one['p50']:.1f} / {one['p95']:.1f} | {one['recall']:.3f}"
             for one in searched["filters"].values()]  # fmt: skip
    gigabytes = [built["own"], built["peak"], searched["own"], searched["peak"]]
    memory = " | ".join(f"{value / 1e9:.2f}" for value in gigabytes)
    return [
        f"| {number:,} | {built['kind']} {chosen.strip('-')} | {built['seconds']:.0f}"
        f" | {disk / 1e9:.2f} | {memory} | {searched['opening']:.2f} | {nearness:.3f} |",
        f"| {number:,} | {' | '.join(shown)} |",
    ]


HEADERS = (
    "| vectors | kind lists-probes-candidates | build s | disk GB | build: own GB | with files"
    " | search: own GB | with files | open s | cosine of nearest |\n" + "|---" * 10 + "|",
    "| vectors | " + " | ".join(f"{name}: p50 / p95 ms | recall@10" for name in FILTERS)
    + " |\n" + "|---" * 11 + "|",
)  # fmt: skip


def run(path: Path, work: Path, sizes: Sequence[int], *, keep: bool) -> None:
    """Measure all sizes and print the tables."""
    work.mkdir(parents=True, exist_ok=True)
    base, queries = split_real(load_real(path))
    near = near_ones(base, work) if max(sizes) > len(base) else np.zeros((0, NEIGHBOURS), np.int64)
    print(f"{len(base):,} real vectors of {base.shape[1]}, {len(queries)} queries\n")
    tables: list[list[str]] = [[], []]
    for number in sizes:
        folder = work / f"size-{number}"
        for table, line in zip(tables, measure(folder, base, near, queries, number), strict=True):
            table.append(line)
            print(line, file=sys.stderr, flush=True)
        if not keep:
            shutil.rmtree(folder)
    for header, table in zip(HEADERS, tables, strict=True):
        print("\n".join([header, *table]) + "\n")


def main() -> None:
    """Run the command line, or one task of it."""
    if sys.argv[1:2] == ["--task"]:
        task, folder, rows, size = sys.argv[2], Path(sys.argv[3]), *map(int, sys.argv[4:6])
        if task == "build":
            print(json.dumps(build(folder, rows, size)))
        else:
            print(json.dumps(search(folder, rows, size, json.loads(sys.argv[6]))))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("vectors", type=Path, metavar="VECTORS.npy|INDEX_FOLDER")
    parser.add_argument("work", type=Path, metavar="WORK")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--keep", action="store_true", help="leave the files in WORK")
    options = parser.parse_args()
    run(options.vectors, options.work, options.sizes, keep=options.keep)


if __name__ == "__main__":
    main()
