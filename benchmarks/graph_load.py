"""The facts of a home loaded into both stores, against row by row `MERGE`, and once more.

    python benchmarks/graph_load.py HOME [--stores ladybug,neo4j] [--merge 2000] [--folder DIR]

Makes the tables of the graph once, loads them into a new store of each kind and into it again,
and prints seconds, rows a second and peak memory; then writes some thousand rows one by one with
`MERGE` by one open connection, as a script without bulk loading would. The home is
only read. Neo4j is started by `tests/neo4j/neo4j_server.py` (Java and Maven). With `--folder` the
stores stay there, for `benchmarks/cookbook_speed.py`.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.loading import LoadReport, load_graph
from graph.staging import build_tables
from graph.stores import GraphStore, Login, open_store
from graph.tables import EdgeTable, GraphFolder, NodeTable, graph_tables
from matlore.pipeline.graph_inputs import gather_inputs

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "neo4j"))

__all__: list[str] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--stores", default="ladybug,neo4j")
    parser.add_argument("--merge", type=int, default=2000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        measure(options.home, folder, options.stores.split(","), options.merge)


def measure(home: Path, folder: Path, kinds: list[str], merged: int) -> None:
    inputs = gather_inputs(home, facts=None, vectors=None, with_vectors=True)
    stamps = {"home": "benchmark", **inputs.stamps()}
    seconds: list[float] = []

    def make(path: Path) -> None:
        started = time.perf_counter()
        build_tables(inputs, path)
        seconds.append(time.perf_counter() - started)

    for kind in kinds:
        with started_store(kind, folder) as store:
            store.clear()
            report, first = timed_load(store, stamps, make, folder / "tables")
            rows = sum(report.added.values())
            staged = seconds[0]
            applied = first - (staged if kind == kinds[0] else 0.0)
            again = timed_load(store, stamps, make, folder / "tables")[1]
            print(
                f"{kind}: {rows:,} rows; tables {staged:.0f} s, store {applied:.0f} s"
                f" ({rows / applied:,.0f} rows/s), together {staged + applied:.0f} s;"
                f" the same again {again:.2f} s; peak {peak():,.0f} MB"
            )
            tables = GraphFolder(folder / "tables" / report.load)
            if merged:
                compare(kind, store, folder, tables, merged, rows / applied)
    shutil.rmtree(folder / "tables")


def timed_load(
    store: GraphStore, stamps: dict[str, str], make: object, folder: Path
) -> tuple[LoadReport, float]:
    started = time.perf_counter()
    report = load_graph(store, stamps, make, folder)  # type: ignore[arg-type]
    return report, time.perf_counter() - started


def compare(
    kind: str, store: GraphStore, folder: Path, tables: GraphFolder, count: int, bulk: float
) -> None:
    """Write rows one by one into the loaded graph, where the keys are indexed."""
    edge = next(one for one in graph_tables() if one.name == "MENTIONS.Paper.Material")
    assert isinstance(edge, EdgeTable)
    rows = next(tables.batches(edge, size=count)).to_pylist()
    keys = {one.type.label: one.type.key for one in graph_tables() if isinstance(one, NodeTable)}
    query = (
        f"MATCH (a:`{edge.source}` {{`{keys[edge.source]}`: $from}}),"
        f" (b:`{edge.target}` {{`{keys[edge.target]}`: $to}})"
        f" MERGE (a)-[r:`{edge.type.type}`]->(b) SET r.count = $count, r.spans = $spans"
    )
    with writer(kind, store, folder) as write:
        started, done = time.perf_counter(), 0
        while done < len(rows) and time.perf_counter() - started < 60:
            write(query, rows[done])
            done += 1
        rate = done / (time.perf_counter() - started)
    print(f"{kind}: MERGE row by row {rate:,.0f} rows/s ({done} rows): bulk is {bulk / rate:,.0f}x")


@contextmanager
def writer(kind: str, store: GraphStore, folder: Path) -> Iterator[Callable[..., object]]:
    """Give what writes one row in a transaction of its own, by one open connection."""
    if kind == "ladybug":
        import ladybug

        (path,) = (folder / "ladybug").glob("graph-*.lbug")
        copied = folder / "merged.lbug"
        shutil.copyfile(path, copied)
        with ladybug.Database(copied) as database, ladybug.Connection(database) as connection:
            yield connection.execute
        copied.unlink()
        return
    from neo4j import GraphDatabase

    with (
        GraphDatabase.driver(store.address, auth=("neo4j", password_of(folder) or "")) as driver,
        driver.session() as session,
    ):
        yield lambda query, row: session.run(query, row).consume()


def password_of(folder: Path) -> str | None:
    """Return the password of the server that `started_store` made in a folder."""
    from neo4j_server import Neo4jServer

    return Neo4jServer(folder / "neo4j").password if (folder / "neo4j").is_dir() else None


@contextmanager
def started_store(kind: str, folder: Path) -> Iterator[GraphStore]:
    """Open a store of a kind in a folder."""
    if kind == "ladybug":
        store = open_store(f"ladybug:{folder / 'ladybug'}")
        try:
            yield store
        finally:
            store.close()
        return
    from neo4j_server import Neo4jServer

    server = Neo4jServer(folder / "neo4j", heap="3g", pagecache="2g")
    server.start()
    store = open_store(server.address, login=Login(password=server.password))
    try:
        yield store
    finally:
        store.close()
        server.stop()


def peak() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
