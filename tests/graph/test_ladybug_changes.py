"""Both ways in which changes get into an embedded graph: in place, and by rebuilding it."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from graph_samples import SAMPLE, TABLES, Tables, changes, every_table, information, sorted_rows

from graph.stores import ladybug_store
from graph.stores.ladybug_database import PoolFullError
from graph.stores.ladybug_store import LadybugStore
from graph.tables import EdgeTable, arrow_schema
from matlore.errors import GraphBusyError, GraphError

Row = Mapping[str, Any]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LadybugStore]:
    """Yield a store that holds a row or more in every table."""
    opened = LadybugStore(tmp_path / "graph")
    opened.apply(changes(tmp_path, added=every_table()), information())
    yield opened
    opened.close()


@pytest.fixture(params=["in place", "rebuilt"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make all changes go one way, however many they are."""
    most = -1 if request.param == "rebuilt" else 10**9
    monkeypatch.setattr(ladybug_store, "_MOST_CHANGES", most)
    return str(request.param)


def contents(store: LadybugStore) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for name, table in TABLES.items():
        schema = arrow_schema(table)
        rows = pa.Table.from_batches(list(store.batches(table)), schema=schema).to_pylist()
        found.update({name: rows} if rows else {})
    return found


def expected(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    return {name: sorted_rows(tables, name) for name in TABLES if tables.get(name)}


def key_of(name: str, row: Row) -> tuple[str, ...]:
    return tuple(row[key] for key in TABLES[name].keys)


def random_changes(tables: Tables, seed: int) -> tuple[dict[str, dict[str, list[Row]]], Tables]:
    """Make up changes of all kinds; return them, and what a graph holds after them."""
    draw = random.Random(seed)
    parts: dict[str, dict[str, list[Row]]] = {"added": {}, "changed": {}, "removed": {}}
    after: dict[str, dict[tuple[str, ...], Row]] = {}
    for name in TABLES:  # nodes come first
        rows = {key_of(name, row): row for row in tables.get(name, ())}
        removed = draw.sample(sorted(rows), len(rows) // 4)
        there = {key: row for key, row in rows.items() if key not in removed}
        added = [_new_row(name, there, after, draw) for _ in range(4)]
        changed = _swapped(name, there, draw)
        put = [row for row in (*changed, *added) if row is not None]
        after[name] = _with_ends(name, {**there, **{key_of(name, row): row for row in put}}, after)
        parts["removed"][name] = [rows[key] for key in removed]
        parts["changed"][name] = [row for row in changed if key_of(name, row) in after[name]]
        parts["added"][name] = [
            row for row in {key_of(name, row): row for row in added if row is not None}.values()
            if key_of(name, row) not in there
        ]  # fmt: skip
    return parts, {name: list(rows.values()) for name, rows in after.items()}


def _new_row(
    name: str,
    there: Mapping[tuple[str, ...], Row],
    after: Mapping[str, Mapping[tuple[str, ...], Row]],
    draw: random.Random,
) -> Row | None:
    table = TABLES[name]
    if not isinstance(table, EdgeTable):
        key = f"new {draw.randrange(10**6)}"
        return {**draw.choice(list(there.values())), table.type.key: key}
    source, target = (draw.choice(list(after[label]))[0] for label in (table.source, table.target))
    if (source, target) in there:
        return None
    return {**draw.choice(list(there.values())), "from": source, "to": target}


def _swapped(name: str, there: Mapping[tuple[str, ...], Row], draw: random.Random) -> list[Row]:
    """Give some rows the properties of others."""
    keys = draw.sample(sorted(there), len(there) // 3)
    names = TABLES[name].keys
    turned = zip(keys, [*keys[1:], *keys[:1]], strict=True)
    return [{**there[other], **dict(zip(names, key, strict=True))} for key, other in turned]


def _with_ends(
    name: str,
    rows: dict[tuple[str, ...], Row],
    after: Mapping[str, Mapping[tuple[str, ...], Row]],
) -> dict[tuple[str, ...], Row]:
    """Return the rows whose ends are there, if they have ends."""
    table = TABLES[name]
    if not isinstance(table, EdgeTable):
        return rows
    return {
        (source, target): row
        for (source, target), row in rows.items()
        if (source,) in after[table.source] and (target,) in after[table.target]
    }


@pytest.mark.parametrize("seed", range(3))
def test_random_changes_give_the_same_graph_either_way(
    store: LadybugStore, way: str, tmp_path: Path, seed: int
) -> None:
    parts, after = random_changes(every_table(), seed)
    step = changes(tmp_path, **parts)
    store.apply(step, information(f"{way}-2"))
    assert contents(store) == expected(after)
    store.apply(step, information(f"{way}-3"))
    assert contents(store) == expected(after)


@pytest.mark.usefixtures("way")
def test_edges_without_their_ends_are_refused(store: LadybugStore, tmp_path: Path) -> None:
    before = contents(store)
    step = changes(tmp_path, added={"HAS.Material.Quantity": [{"from": "PbTe", "to": "nothing"}]})
    with pytest.raises(GraphError, match="as it was"):
        store.apply(step, information("load-2"))
    assert contents(store) == before
    assert store.info() == information()


def test_a_rebuilt_graph_is_no_larger(
    store: LadybugStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes in place leave gaps in the file; so many of them that it is dear are never made."""
    monkeypatch.setattr(ladybug_store, "_MOST_CHANGES", -1)
    sizes = []
    for number in range(3):
        store.apply(changes(tmp_path, changed=every_table()), information(f"load-{number}"))
        sizes.append(sum(path.stat().st_size for path in (tmp_path / "graph").glob("graph-*")))
    assert sizes[2] <= sizes[0]


def test_changes_to_a_graph_that_was_replaced_since_are_refused(
    store: LadybugStore, tmp_path: Path
) -> None:
    other = LadybugStore(tmp_path / "graph")
    assert store.info() == other.info() == information()
    other.apply(changes(tmp_path, added=SAMPLE), information("other"))
    other.close()
    with pytest.raises(GraphBusyError, match="meanwhile"):
        store.apply(changes(tmp_path, removed=SAMPLE), information("load-2"))
    assert store.info() == information("other")
    store.apply(changes(tmp_path, removed=SAMPLE), information("load-2"))
    assert store.info() == information("load-2")


def test_nodes_are_copied_in_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two, LadybugDB 0.22 came to wait for ever while it built the index of keys."""
    import ladybug

    threads, copies = [0], []
    set_threads = ladybug.Connection.set_max_threads_for_exec
    execute = ladybug.Connection.execute

    def noted(connection: ladybug.Connection, number: int) -> None:
        threads.append(number)
        set_threads(connection, number)

    def watched(connection: ladybug.Connection, query: str, *rest: Any) -> Any:
        if query.startswith("COPY"):
            copies.append((query.split("`")[1], threads[-1]))
        return execute(connection, query, *rest)

    monkeypatch.setattr(ladybug.Connection, "set_max_threads_for_exec", noted)
    monkeypatch.setattr(ladybug.Connection, "execute", watched)
    store = LadybugStore(tmp_path / "graph")
    store.apply(changes(tmp_path, added=SAMPLE), information())
    store.close()
    assert ("Paper", 1) in copies
    assert ("MENTIONS", 0) in copies


def test_changes_that_do_not_fit_into_memory_are_made_by_rebuilding(
    store: LadybugStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise PoolFullError("the buffer pool is full")

    monkeypatch.setattr(ladybug_store, "change_tables", full)
    parts, after = random_changes(every_table(), 7)
    store.apply(changes(tmp_path, **parts), information("load-2"))
    assert contents(store) == expected(after)
    assert len(list((tmp_path / "graph").glob("graph-*"))) == 1
