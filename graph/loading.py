"""Load tables into a store: what changed only, and again where a load was killed.

What each store holds is kept as a folder of tables beside the home's graph, named by the load
(`graph.tables`); a store says which load it has. So the next load compares files, and asks the
store for its rows only where the files are gone.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from matlore.bert.files import write_whole
from matlore.errors import GraphError, NotFoundError
from matlore.progress import Progress, no_progress

from .changes import compare_graphs
from .schema import SCHEMA_VERSION
from .stores.base import GraphInfo, GraphStore
from .tables import GraphFolder, GraphTable, graph_tables

__all__ = ["LoadReport", "load_graph", "load_id", "stored_tables"]

_HOME = "home"
_DONE = "complete.json"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes:
        load: its id.
        unchanged: the store had it already, and nothing was done.
        resumed: a load that was killed before was gone on with.
        added: rows that are new, by table.
        changed: rows whose properties changed, by table.
        removed: rows that went, by table.
    """

    load: str
    unchanged: bool
    resumed: bool
    added: Mapping[str, int]
    changed: Mapping[str, int]
    removed: Mapping[str, int]


def load_id(inputs: Mapping[str, str]) -> str:
    """Return the id of a load: a hash of what it is made from and of the schema's version."""
    text = json.dumps([SCHEMA_VERSION, dict(inputs)], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:20]


def load_graph(
    store: GraphStore,
    inputs: Mapping[str, str],
    make: Callable[[Path], object],
    folder: Path,
    *,
    replace: bool = False,
    progress: Progress = no_progress,
) -> LoadReport:
    """Make a store hold what the inputs give.

    Args:
        store: any; what its schema has not is left alone.
        inputs: hashes and versions of all that the tables depend on; `home` names the data home.
        make: makes the tables, a `GraphFolder` at the path that it is given.
        folder: where tables of loads are kept, one folder a load.
        replace: first remove what is there, whoever loaded it.
        progress: told of each step.

    Raises:
        GraphError: the store cannot be used, or was loaded from another home.
        GraphBusyError: another process is writing to it.
    """
    info = store.info()
    load = load_id(inputs)
    if not replace:
        _check_home(info, inputs, store)
    if info is not None and (replace or info.schema_version != SCHEMA_VERSION):
        store.clear()
        info = None
    if info is not None and info.load == load and info.pending is None:
        return LoadReport(load, True, False, {}, {}, {})
    with _kept(folder, store.address, load, info) as work:
        new = _tables(folder, load, make)
        old = _held(store, info, load, folder, work, progress)
        changes = compare_graphs(old, new, work / "changes", progress=progress)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        store.apply(changes, GraphInfo(load, SCHEMA_VERSION, made, inputs), progress=progress)
        resumed = info is not None and info.pending is not None
        parts = (changes.added, changes.changed, changes.removed)
        return LoadReport(load, False, resumed, *(part.counts() for part in parts))


@contextmanager
def stored_tables(
    store: GraphStore, folder: Path, *, progress: Progress = no_progress
) -> Iterator[tuple[GraphInfo, GraphFolder]]:
    """Give the tables that were loaded into a store last.

    Args:
        store: any.
        folder: where tables of loads are kept; where these are not, the store is read.
        progress: told of tables that are read.

    Raises:
        NotFoundError: nothing was loaded.
        GraphError: the store cannot be used, or is half loaded.
    """
    info = store.info()
    if info is None or not info.load:
        raise NotFoundError(f"{store.address}: no graph yet; load one with `matlore graph load`")
    if info.pending is not None:
        raise GraphError(f"{store.address} is half loaded: `matlore graph load` completes it")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="work-", dir=folder) as work:
        yield info, _known(store, info.load, folder, Path(work), progress)


def _check_home(info: GraphInfo | None, inputs: Mapping[str, str], store: GraphStore) -> None:
    """Refuse to overwrite the graph of another home: two homes would undo each other's loads."""
    if info is None or not info.load or info.inputs.get(_HOME) == inputs.get(_HOME):
        return
    raise GraphError(
        f"the graph in {store.address} was loaded from another data home; name another store with"
        " --store, or replace what is there with `matlore graph load --replace`"
    )


def _tables(folder: Path, load: str, make: Callable[[Path], object]) -> GraphFolder:
    """Return the tables of a load; those that a killed load had made already are used again."""
    made = folder / load
    if not (made / _DONE).is_file():
        shutil.rmtree(made, ignore_errors=True)
        make(made)
        (made / _DONE).write_text("{}\n", encoding="utf-8")
    return GraphFolder(made)


def _held(
    store: GraphStore,
    info: GraphInfo | None,
    load: str,
    folder: Path,
    work: Path,
    progress: Progress,
) -> list[GraphFolder]:
    """Return the tables that the store holds, or may hold rows of."""
    if info is None:
        return []
    nothing = [] if info.pending in (None, load) else [GraphFolder(work / "nothing")]
    held = [_known(store, info.load, folder, work, progress)] if info.load else nothing
    # A store goes on with the very changes that it began with, of which it knows how many it did.
    if info.pending is not None and info.pending != load:
        held.append(_known(store, info.pending, folder, work, progress))
    return held


def _known(
    store: GraphStore, load: str, folder: Path, work: Path, progress: Progress
) -> GraphFolder:
    """Return the tables of a load that a store has: kept ones, or else read out of the store."""
    if (folder / load / _DONE).is_file():
        return GraphFolder(folder / load)
    read = GraphFolder(work / "read")
    if read.path.is_dir():
        return read
    read.path.mkdir(parents=True)
    tables = graph_tables()
    progress(0, total=len(tables), text="reading the graph")
    for table in tables:
        _read(store, table, read)
        progress(1)
    return read


def _read(store: GraphStore, table: GraphTable, into: GraphFolder) -> None:
    import pyarrow as pa

    batches: list[pa.RecordBatch] = list(store.batches(table))
    if sum(batch.num_rows for batch in batches):
        into.write(table, pa.Table.from_batches(batches))


@contextmanager
def _kept(folder: Path, address: str, load: str, info: GraphInfo | None) -> Iterator[Path]:
    """Give a folder to work in; afterwards keep the tables of the loads that stores have.

    While the load is made, the tables of both loads are kept: `loads.json` names them first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    noted = folder / "loads.json"
    loads = _read_loads(noted)
    before = [] if info is None else [info.load, *([info.pending] if info.pending else [])]
    _write_loads(noted, {**loads, address: sorted({*before, load})})
    work = folder / f"work-{os.getpid()}"
    try:
        _sweep(folder, noted)
        work.mkdir()
        yield work
        _write_loads(noted, {**loads, address: [load]})
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _sweep(folder, noted)


def _read_loads(path: Path) -> dict[str, list[str]]:
    try:
        loads = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loads if isinstance(loads, dict) else {}


def _write_loads(path: Path, loads: Mapping[str, list[str]]) -> None:
    write_whole(path, (json.dumps(dict(sorted(loads.items())), indent=1) + "\n").encode())


def _sweep(folder: Path, noted: Path) -> None:
    """Remove the tables of loads that no store has, and what killed loads left."""
    wanted = {load for loads in _read_loads(noted).values() for load in loads}
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in wanted:
            shutil.rmtree(entry, ignore_errors=True)
