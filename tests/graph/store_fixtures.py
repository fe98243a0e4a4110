"""The stores of the contract tests: a test that asks for `store` runs on each of them.

Test modules name this one and `neo4j_fixtures` in `pytest_plugins`: so there is one server for
all of them, and no second `conftest` beside that of all tests, which mypy cannot tell apart.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from graph_samples import SAMPLE, StorePlace, changes, information

from graph.stores import GraphStore, open_store

__all__ = ["loaded", "store", "store_place"]

_STORES = ("ladybug", "neo4j")


@contextmanager
def _place(request: pytest.FixtureRequest, folder: Path) -> Iterator[StorePlace]:
    """Give a function that opens one empty store again and again; close them all at the end."""
    address, login = f"ladybug:{folder / 'graph'}", None
    if request.param == "neo4j":
        server = request.getfixturevalue("neo4j_server")
        address, login = server.address, server.login
        server.wipe()
    with ExitStack() as stack:

        def open_again() -> GraphStore:
            opened = open_store(address, login=login)
            stack.callback(opened.close)
            return opened

        yield open_again


@pytest.fixture(params=_STORES)
def store_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StorePlace]:
    """Yield a function that opens the test's store, which is empty at first, once more."""
    with _place(request, tmp_path) as place:
        yield place


@pytest.fixture
def store(store_place: StorePlace) -> GraphStore:
    """Return an empty store, for tests that write."""
    return store_place()


@pytest.fixture(scope="module", params=_STORES)
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphStore]:
    """Yield a store that holds `SAMPLE`, for the tests of a module that only read."""
    folder = tmp_path_factory.mktemp("loaded")
    with _place(request, folder) as place:
        opened = place()
        opened.apply(changes(folder, added=SAMPLE), information())
        yield opened
