"""What only the embedded store does: its folder, its swaps, and what comes between."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graph_samples import SAMPLE, Tables, changes, counts_of, information

from graph.stores import GraphStore, QueryLimits, Rows
from graph.stores.ladybug_store import LadybugStore
from matlore.errors import GraphBusyError, GraphError, QueryError
from matlore.home import lock_folder

COUNT = "MATCH (p:Paper) RETURN count(p) AS n"
NEVER_ENDS = (
    "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b "
    "WITH a, b WHERE a + b < 0 RETURN count(a) AS n"
)
MORE: Tables = {
    "Paper": [{"id": f"doi:10.1/more-{number}", "year": number} for number in range(2000)],
    "MENTIONS.Paper.Material": [
        {"from": f"doi:10.1/more-{number}", "to": "PbTe", "count": 1} for number in range(2000)
    ],
}
# Runs in a process of its own: loads `MORE`, and does something at the n-th report of progress.
LOADS = """
import os, resource, signal, sys
from pathlib import Path
from graph_samples import changes, information
from test_ladybug_store import MORE
from graph.stores.ladybug_store import LadybugStore
from matlore.errors import GraphError
folder, work, at, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
calls = 0
def progress(*_, **__):
    global calls
    calls += 1
    if calls == at:
        os.kill(os.getpid(), signal.SIGKILL)
step = changes(work, added=MORE)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
store = LadybugStore(folder)
try:
    store.apply(step, information("load-2"), progress=progress)
except GraphError as error:
    sys.exit(f"GraphError: {error}")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a graph that holds `SAMPLE`; its name must be quoted right."""
    path = tmp_path / 'it\'s a "ü" graph'
    store = LadybugStore(path)
    store.apply(changes(tmp_path, added=SAMPLE), information())
    store.close()
    return path


def ask(store: GraphStore, query: str = COUNT) -> Any:
    """Return the only value of an answer."""
    return store.run(query).rows[0][0]


def fresh(folder: Path, query: str = COUNT) -> Any:
    """Ask a store that is opened for it."""
    store = LadybugStore(folder)
    try:
        return ask(store, query)
    finally:
        store.close()


def started(repository: Path, script: str, *arguments: object) -> "subprocess.Popen[str]":
    """Start a script that can import the tests' helpers."""
    places = (repository, repository / "tests" / "graph")
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files(folder: Path) -> set[str]:
    """Return the kinds of files in a folder, and how many databases there are."""
    names = [path.name for path in folder.iterdir()]
    databases = [name for name in names if name.startswith("graph-")]
    return {name for name in names if name not in databases} | {f"{len(databases)} databases"}


CLEAN = {".lock", "graph.json", "1 databases"}


def test_a_load_leaves_one_database_and_no_log(folder: Path, tmp_path: Path) -> None:
    assert files(folder) == CLEAN
    store = LadybugStore(folder)
    store.apply(changes(tmp_path, added=MORE), information("load-2"))
    store.run("CREATE (p:Paper {id: 'doi:10.1/x'})", write=True)
    assert ask(store) == 2004
    store.close()
    assert files(folder) == CLEAN


def test_a_reader_in_another_process_keeps_its_graph(
    folder: Path, tmp_path: Path, repository: Path
) -> None:
    script = (
        "import sys; from pathlib import Path; from test_ladybug_store import ask\n"
        "from graph.stores.ladybug_store import LadybugStore\n"
        "store = LadybugStore(Path(sys.argv[1]))\n"
        "print(ask(store), flush=True); input(); print(ask(store)); store.close()"
    )
    with started(repository, script, folder) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "3\n"
        writer = LadybugStore(folder)
        writer.apply(changes(tmp_path, added=MORE), information("load-2"))
        assert ask(writer) == 2003
        writer.close()
        out, err = reader.communicate("\n", timeout=60)
    assert (out, reader.returncode) == ("3\n", 0), err
    assert fresh(folder) == 2003


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_killed_load_leaves_the_old_graph_and_can_be_made_again(
    folder: Path, tmp_path: Path, repository: Path, at: int
) -> None:
    with started(repository, LOADS, folder, tmp_path, at, 0) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, err
    store = LadybugStore(folder)
    assert store.info() == information()
    assert store.counts() == counts_of(SAMPLE)
    store.apply(changes(tmp_path, added=MORE), information("load-2"))
    assert ask(store) == 2003
    store.close()
    assert files(folder) == CLEAN


def test_a_full_disk_leaves_the_old_graph(folder: Path, tmp_path: Path, repository: Path) -> None:
    """Files may not grow past a limit: the same error path as that of a full disk."""
    (database,) = folder.glob("graph-*")
    limit = database.stat().st_size + 4096
    with started(repository, LOADS, folder, tmp_path, 0, limit) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert err.startswith("GraphError: "), err
    assert fresh(folder, "MATCH (p:Paper) RETURN count(p) AS n") == 3
    assert files(folder) == CLEAN


def test_one_writer_at_a_time(folder: Path, tmp_path: Path) -> None:
    store = LadybugStore(folder)
    with lock_folder(folder):
        with pytest.raises(GraphBusyError, match="it's a"):
            store.apply(changes(tmp_path, added=MORE), information("load-2"))
        with pytest.raises(GraphBusyError):
            store.run("MATCH (p:Paper) DETACH DELETE p", write=True)
        with pytest.raises(GraphBusyError):
            store.clear()
        assert ask(store) == 3
    store.apply(changes(tmp_path, added=MORE), information("load-2"))
    assert ask(store) == 2003
    store.close()


@pytest.mark.parametrize("what", ["empty", "random", "short", "gone"])
def test_a_damaged_database_is_named_and_can_be_loaded_anew(
    folder: Path, tmp_path: Path, what: str
) -> None:
    (database,) = folder.glob("graph-*")
    whole = database.read_bytes()
    damaged = {
        "empty": b"",
        "random": bytes(number * 37 % 256 for number in range(100_000)),
        "short": whole[: len(whole) // 3],
        "gone": b"",
    }
    database.write_bytes(damaged[what])
    if what == "gone":
        database.unlink()
    store = LadybugStore(folder)
    with pytest.raises(GraphError, match="matlore graph load"):
        store.run(COUNT)
    with pytest.raises(GraphError, match="matlore graph load"):
        store.apply(changes(tmp_path, added=MORE), information("load-2"))
    store.clear()
    store.apply(changes(tmp_path, added=SAMPLE), information())
    assert ask(store) == 3
    store.close()
    assert files(folder) == CLEAN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 1}',
        '{"format": 99, "database": "x", "info": {}}',
        '{"format": 1, "database": "x", "info": {"unknown": 1}}',
        '{"format": 1, "database": "../../x", "info": []}',
        "\x00\x01",
    ],
)
def test_a_damaged_pointer_is_an_error(folder: Path, text: str) -> None:
    (folder / "graph.json").write_text(text, encoding="utf-8")
    store = LadybugStore(folder)
    with pytest.raises(GraphError, match=r"graph\.json"):
        store.info()
    with pytest.raises(GraphError, match=r"graph\.json"):
        store.run(COUNT)


def test_a_graph_of_another_schema_is_made_anew(folder: Path, tmp_path: Path) -> None:
    pointer = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
    pointer["info"]["schema_version"] = 0
    (folder / "graph.json").write_text(json.dumps(pointer), encoding="utf-8")
    store = LadybugStore(folder)
    info = store.info()
    assert info is not None
    assert info.schema_version == 0
    with pytest.raises(GraphError, match="matlore graph load"):
        store.run(COUNT)
    papers = {"Paper": SAMPLE["Paper"][:1]}
    store.apply(changes(tmp_path, added=papers), information("load-2"))
    assert store.counts() == counts_of(papers)
    assert store.info() == information("load-2")
    store.close()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    store = LadybugStore(tmp_path / "file" / "graph")
    with pytest.raises(GraphError):
        store.apply(changes(tmp_path, added=SAMPLE), information())
    with pytest.raises(GraphError):
        store.run(COUNT)


def test_of_several_statements_none_is_run(folder: Path, tmp_path: Path) -> None:
    """Ladybug itself runs them all, before anybody can refuse its answers."""
    out = tmp_path / "out.csv"
    store = LadybugStore(folder)
    for write in (False, True):
        with pytest.raises(QueryError):
            store.run(f"RETURN 1; COPY (MATCH (p:Paper) RETURN p.id) TO '{out}'", write=write)
        assert not out.exists()
    store.close()


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, 2**70, [1, "a"], "\ud800", {"a": object()}, [object()]]
)
def test_parameters_that_the_store_does_not_know_are_errors(folder: Path, value: object) -> None:
    store = LadybugStore(folder)
    with pytest.raises(QueryError):
        store.run("RETURN $value AS x", {"value": value})
    assert ask(store) == 3
    store.close()


@pytest.fixture
def heeded_ctrl_c() -> Iterator[None]:
    """Heed Ctrl-C, which shells let programs in the background ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded_ctrl_c")
def test_ctrl_c_stops_a_query_and_the_store_works_on(folder: Path) -> None:
    store = LadybugStore(folder)
    assert ask(store) == 3
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    begun = time.monotonic()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            store.run(NEVER_ENDS, limits=QueryLimits(seconds=20))
    finally:
        timer.join()
    assert time.monotonic() - begun < 10
    assert ask(store) == 3
    store.close()


def test_answers_that_only_ladybug_gives_are_plain(folder: Path) -> None:
    store = LadybugStore(folder)
    query = (
        "MATCH (p:Paper {id: 'doi:10.1/a'}) RETURN id(p) AS id, interval('2 days') AS i, "
        "timestamp('2020-01-01 10:00:00') AS t, CAST('3.14' AS DECIMAL(5, 2)) AS d, "
        "map(['a'], [1]) AS m, sum(1) AS s"
    )
    answer: Rows = store.run(query)
    assert answer.rows == [("0:0", "2 days, 0:00:00", "2020-01-01T10:00:00", 3.14, {"a": 1}, 1)]
    store.close()
