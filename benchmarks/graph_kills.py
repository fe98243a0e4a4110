"""`matlore graph load` killed at random instants, against an undisturbed load.

    python benchmarks/graph_kills.py HOME [--stores ladybug,neo4j] [--kills 20] [--seed 0]

Loads the graph of a home (only read) into a store, undisturbed; and into another of the same kind
with a process that gets SIGKILL after a random time and is started again, so many times, and once
more at the end. One kill in four hits a first load, the others a change: candidates and similar
materials come and go. Then compares what the two hold, row by row.
"""

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from graph_load import password_of, started_store

from graph.loading import load_graph
from graph.staging import build_tables
from graph.stores import GraphStore, Login, open_store
from graph.tables import graph_tables
from matlore.pipeline.graph_inputs import gather_inputs

__all__: list[str] = []

_CLEARED = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--stores", default="ladybug,neo4j")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        address, password, tables, vectors = options.work
        work(options.home, address, password, Path(tables), with_vectors=vectors == "yes")
        return
    for kind in options.stores.split(","):
        with tempfile.TemporaryDirectory() as folder:
            compare(options.home, kind, Path(folder), options.kills, random.Random(options.seed))


def compare(home: Path, kind: str, folder: Path, kills: int, rng: random.Random) -> None:
    digests = {}
    for name in ("calm", "killed"):
        with started_store(kind, folder / name) as store:
            password = password_of(folder / name) or ""
            run = Run(home, store, password, folder / name / "tables")
            if name == "calm":
                seconds = run.load(vectors=True), run.load(vectors=False)
            else:
                report = run.disturbed(kills, seconds, rng)
            digests[name] = digest(store)
    shown = f"{seconds[0]:.1f} s and {seconds[1]:.1f} s undisturbed; {report}"
    same = digests["calm"] == digests["killed"]
    print(f"{kind}: {shown}; rows {digests['calm'][0]:,}; the same rows: {same}")


class Run:
    """Loads of one store in processes of their own."""

    def __init__(self, home: Path, store: GraphStore, password: str, tables: Path) -> None:
        self._store = store
        self._command = [sys.executable, __file__, str(home), "--work", store.address, password]
        self._tables = tables

    def load(self, *, vectors: bool, kill_after: float | None = None) -> float:
        """Return how many seconds a load took, negative if it was killed."""
        started = time.perf_counter()
        words = [str(self._tables), "yes" if vectors else "no"]
        child = subprocess.Popen([*self._command, *words])
        try:
            code = child.wait(kill_after)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return started - time.perf_counter()
        if code:
            raise SystemExit(f"the load failed: {code}")
        return time.perf_counter() - started

    def disturbed(self, kills: int, seconds: tuple[float, float], rng: random.Random) -> str:
        at_work = half = 0
        for number in range(kills):
            if number % _CLEARED == 0:  # so that first loads are hit as well
                self._store.clear()
            vectors = number % 2 == 0  # so that there is something to do each time
            pause = rng.uniform(0.2, seconds[0] if number % _CLEARED == 0 else seconds[1])
            at_work += self.load(vectors=vectors, kill_after=pause) < 0
            half += self._is_pending()
        self.load(vectors=False)
        return f"{kills} kills, {at_work} while at work, {half} left the store half changed"

    def _is_pending(self) -> bool:
        info = self._store.info()
        return info is not None and info.pending is not None


def digest(store: GraphStore) -> tuple[int, str]:
    """Return how many rows a store holds, and a hash of them."""
    whole, count = hashlib.sha256(), 0
    for table in graph_tables():
        for batch in store.batches(table):
            count += batch.num_rows
            whole.update(repr((table.name, batch.to_pylist())).encode())
    return count, whole.hexdigest()


def work(home: Path, address: str, password: str, tables: Path, *, with_vectors: bool) -> None:
    """Load the graph of a home."""
    inputs = gather_inputs(home, facts=None, vectors=None, with_vectors=with_vectors)
    store = open_store(address, login=Login(password=password or None))
    stamps = {"home": "benchmark", **inputs.stamps()}
    load_graph(store, stamps, lambda folder: build_tables(inputs, folder), tables)
    store.close()


if __name__ == "__main__":
    main()
