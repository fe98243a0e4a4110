"""Random facts, and a graph that they are loaded into piece by piece."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fact_lists import FactLists, Row, claim_row, mention_row, paper_row, quantity_row

from graph.loading import load_graph
from graph.staging import build_tables
from graph.stores import GraphStore
from graph.tables import graph_tables

__all__ = ["held_rows", "load_facts", "random_facts", "random_history", "wanted_rows"]

_MATERIALS = ("PbTe", "SnTe", "Bi2Te3", "name:graphene", "family:La-Mn-O-Sr", "C60", "it's `x`")
_OBJECTS = {
    "USED_IN": ("thermoelectric", "sensor"),
    "DOPED_WITH": ("Na", "PbTe"),
    "MADE_BY": ("annealing", "sputtering"),
    "MEASURED_BY": ("annealing", "x-ray diffraction"),
    "HAS_PHASE": ("cubic", "sensor"),
    "HAS_PROPERTY": ("band gap", 'zT "quoted"'),
    "SAME_AS": ("name:TE",),
}
_LABELS = {"MAT": _MATERIALS, "PRO": ("band gap",), "APL": ("sensor",), "SMT": ("annealing",)}


def random_facts(rng: random.Random, papers: int = 6) -> FactLists:
    """Return papers with a few facts each; some are retracted."""
    ids = [f"doi:10.1/{k}" for k in range(papers)]
    rows = [
        paper_row(id, rng.choice([None, 1999, 2005, 2020]), retracted=rng.random() < 0.15)
        for id in ids
    ]
    mentions: list[Row] = []
    for label, names in _LABELS.items():
        for _ in range(papers):
            start = rng.randrange(50)
            mentions.append(mention_row(rng.choice(ids), start, label, rng.choice(names)))
    claims = [_claim(rng, f"c{k}", rng.choice(ids)) for k in range(3 * papers)]
    quantities = [
        quantity_row(
            f"q{k}",
            rng.choice([*ids, None]),
            rng.choice([0.1, 0.25, 3.0]),
            material=rng.choice([*_MATERIALS, None]),
        )
        for k in range(papers)
    ]
    return FactLists(rows, mentions, quantities, claims, size=rng.choice([1, 3, 1000]))


def _claim(rng: random.Random, id: str, paper: str) -> Row:
    type = rng.choice(list(_OBJECTS))
    modality = rng.choice(["observed", "observed", "denied"])
    score = rng.choice([None, 0.25, 0.5, 0.9])
    subject, thing = rng.choice(_MATERIALS), rng.choice(_OBJECTS[type])
    return claim_row(id, paper, type, subject, thing, modality=modality, score=score)


def random_history(rng: random.Random, facts: FactLists, steps: int = 3) -> list[FactLists]:
    """Return states of a home on its way to `facts`: pieces of them, in any order, some twice."""
    states = [_part(rng, facts) for _ in range(steps)]
    return [*states, rng.choice(states), _shuffled(rng, facts, twice=True)]


def _part(rng: random.Random, facts: FactLists) -> FactLists:
    share = rng.random()
    parts = _shuffled(rng, facts, twice=False)

    def kept(rows: Sequence[Row]) -> list[Row]:
        return [row for row in rows if rng.random() < share]

    papers = [{**row, "year": 1990} if rng.random() < 0.2 else row for row in kept(parts.papers_)]
    rest = (kept(parts.mentions_), kept(parts.quantities_), kept(parts.claims_))
    return FactLists(papers, *rest, size=parts.size)


def _shuffled(rng: random.Random, facts: FactLists, *, twice: bool) -> FactLists:
    """Return the same facts in another order, cut otherwise, and some of them twice."""

    def mixed(rows: Sequence[Row]) -> list[Row]:
        again = [row for row in rows if twice and rng.random() < 0.3]
        return rng.sample([*rows, *again], len(rows) + len(again))

    return FactLists(
        mixed(facts.papers_),
        mixed(facts.mentions_),
        mixed(facts.quantities_),
        mixed(facts.claims_),
        size=rng.choice([1, 2, 1000]),
    )


def load_facts(store: GraphStore, facts: FactLists, name: str, folder: Path) -> None:
    """Load facts into a store, as a load of this name."""
    stamps = {"home": "test", "facts": name}
    load_graph(store, stamps, lambda path: build_tables(facts, path), folder)


def held_rows(store: GraphStore) -> dict[str, list[Row]]:
    """Return all rows of a store by table."""
    found = {
        table.name: [row for batch in store.batches(table) for row in batch.to_pylist()]
        for table in graph_tables()
    }
    return {name: rows for name, rows in found.items() if rows}


def wanted_rows(facts: FactLists) -> dict[str, list[Row]]:
    """Return all rows that a store must hold of facts."""
    from graph.tables import GraphFolder

    with tempfile.TemporaryDirectory() as folder:
        build_tables(facts, Path(folder))
        tables = GraphFolder(Path(folder))
        return {
            table.name: [row for batch in tables.batches(table) for row in batch.to_pylist()]
            for table in tables.tables()
        }
