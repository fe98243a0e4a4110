"""The queries of the cookbook on a loaded graph, warm: milliseconds each, and their median.

    python benchmarks/cookbook_speed.py FOLDER [--stores ladybug,neo4j] [--runs 5]

FOLDER is one that `benchmarks/graph_load.py --folder` left. Each query runs once, and then so
many times; printed is the median of these, with the rows. The rows of both stores are compared.
"""

import argparse
import math
import statistics
import time
from pathlib import Path

from graph_load import started_store

from graph.cookbook import load_cookbook
from graph.cypher import to_ladybug
from graph.stores import GraphStore, QueryLimits
from matlore.errors import QueryTimeoutError

__all__: list[str] = []

_LIMITS = QueryLimits(rows=10_000, seconds=20.0)
Answers = dict[str, list[tuple[object, ...]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stores", default="ladybug,neo4j")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    answers: dict[str, Answers] = {}
    for kind in options.stores.split(","):
        with started_store(kind, options.folder) as store:
            answers[kind] = measure(store, options.runs)
    kinds = list(answers)
    if len(kinds) == 2:
        first, second = answers[kinds[0]], answers[kinds[1]]
        other = [name for name in first if not same(first[name], second[name])]
        print(f"same rows on both: {len(first) - len(other)} of {len(first)} {other}")


def measure(store: GraphStore, runs: int) -> Answers:
    answers: Answers = {}
    times: dict[str, float] = {}
    for name, entry in load_cookbook().items():
        query = to_ladybug(entry.query) if store.dialect == "ladybug" else entry.query
        try:
            found = store.run(query, entry.parameters, limits=_LIMITS)
        except QueryTimeoutError:
            print(f"{store.dialect:8} {name:32} stopped after {_LIMITS.seconds:g} s")
            answers[name], times[name] = [], math.inf
            continue
        taken = []
        for _ in range(runs):
            started = time.perf_counter()
            found = store.run(query, entry.parameters, limits=_LIMITS)
            taken.append(1000 * (time.perf_counter() - started))
        answers[name], times[name] = found.rows, statistics.median(taken)
        print(f"{store.dialect:8} {name:32} {len(found.rows):5} rows {times[name]:8.1f} ms")
    worst = max(times, key=lambda name: times[name])
    print(
        f"{store.dialect}: median of {len(times)} queries {statistics.median(times.values()):.1f}"
        f" ms, slowest {times[worst]:.0f} ms ({worst})"
    )
    return answers


def same(first: object, second: object) -> bool:
    """Tell whether two answers are the same, numbers to nine digits: sums have their order."""
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) and isinstance(second, float | int):
        return math.isclose(first, second, rel_tol=1e-9)
    return first == second


if __name__ == "__main__":
    main()
