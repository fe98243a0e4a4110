"""A load that is killed is completed by the next one, on both stores."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from random_graphs import held_rows, random_facts, wanted_rows

from graph.stores import GraphStore, Login, open_store

if TYPE_CHECKING:
    from neo4j_fixtures import TestServer

pytest_plugins = ("neo4j_fixtures",)

_SCRIPT = Path(__file__).with_name("killed_load.py")
_PATHS = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
_SEED = 7


class _Killed:
    """A store whose loads run in processes of their own."""

    def __init__(self, address: str, login: Login, folder: Path) -> None:
        self._address, self._login, self._folder = address, login, folder

    def load(self, papers: int, *, calls: int = 0) -> int:
        """Load the facts of so many papers; with `calls`, be killed. Return the exit code."""
        words: Sequence[object] = (self._folder / "tables", _SEED, papers, calls)
        command = [sys.executable, str(_SCRIPT), self._address, self._login.password or ""]
        environment = {"PYTHONPATH": ":".join(_PATHS)}
        done = subprocess.run([*command, *map(str, words)], env=environment, check=False)
        return done.returncode

    def open(self) -> GraphStore:
        return open_store(self._address, login=self._login)


@pytest.fixture(params=["ladybug", "neo4j"])
def killed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[_Killed]:
    if request.param == "ladybug":
        yield _Killed(f"ladybug:{tmp_path / 'graph'}", Login(), tmp_path)
        return
    server: TestServer = request.getfixturevalue("neo4j_server")
    server.wipe()
    yield _Killed(server.address, server.login, tmp_path)


def _holds(killed: _Killed, papers: int) -> bool:
    store = killed.open()
    try:
        return held_rows(store) == wanted_rows(random_facts(random.Random(_SEED), papers))
    finally:
        store.close()


@pytest.mark.parametrize("calls", [45, 60])
def test_a_killed_load_is_completed_by_the_next(killed: _Killed, calls: int) -> None:
    assert killed.load(20, calls=calls) == -signal.SIGKILL
    assert killed.load(20) == 0
    assert _holds(killed, 20)


def test_a_killed_change_is_overtaken_by_another(killed: _Killed) -> None:
    assert killed.load(20) == 0
    assert killed.load(12, calls=110) == -signal.SIGKILL
    assert killed.load(5) == 0
    assert _holds(killed, 5)
