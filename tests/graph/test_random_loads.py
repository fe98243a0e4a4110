"""Random facts in pieces, in any order, twice, with removals: the graph is that of the facts."""

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_graphs import held_rows, load_facts, random_facts, random_history, wanted_rows

from graph.stores import GraphStore, open_store

if TYPE_CHECKING:
    from neo4j_fixtures import TestServer

pytest_plugins = ("neo4j_fixtures",)


def _check(store: GraphStore, seed: int) -> None:
    rng = random.Random(seed)
    facts = random_facts(rng)
    with tempfile.TemporaryDirectory() as folder:
        for number, state in enumerate(random_history(rng, facts)):
            load_facts(store, state, f"{seed} {number}", Path(folder))
        assert held_rows(store) == wanted_rows(facts)


@settings(max_examples=6)
@given(seed=st.integers(0, 10**9))
def test_ladybug_holds_what_the_facts_say(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"ladybug:{folder}")
        try:
            _check(store, seed)
        finally:
            store.close()


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_neo4j_holds_what_the_facts_say(neo4j_server: "TestServer", seed: int) -> None:
    neo4j_server.wipe()
    store = open_store(neo4j_server.address, login=neo4j_server.login)
    try:
        _check(store, seed)
    finally:
        store.close()
