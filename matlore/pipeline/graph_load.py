"""What `matlore graph load` and `matlore graph stats` do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from matlore.errors import NotFoundError, UsageError
from matlore.progress import Progress, no_progress

from .graph_inputs import FactsFrom, GatheredInputs, gather_inputs
from .graph_plan import home_library

if TYPE_CHECKING:
    from graph.derived_store import DerivedStore
    from graph.measured import MeasuredStore
    from graph.predicted_store import PredictedStore
    from graph.propnet.base import Symbol
    from graph.propnet.library import Library
    from graph.stores import GraphStore, Login
    from matlore.home import Home

__all__ = [
    "DERIVED",
    "PREDICTED",
    "SYMBOLS",
    "TABLES",
    "derived_store",
    "facts_choice",
    "graph_is_current",
    "graph_schema",
    "graph_stats",
    "home_identity",
    "load_home_graph",
    "new_symbols",
    "predicted_store",
    "store_address",
    "symbols_stamp",
]

TABLES = "tables"
"""The folder, in the graph's, with the tables of loads."""
DERIVED = "derived"
"""The folder, in the graph's, with what was derived; what a load calls its hash."""
PREDICTED = "predicted"
"""The folder, in the graph's, with what was predicted; what a load calls its hash."""
SYMBOLS = "symbols"
"""What a load calls the hash of the properties that the vocabulary has not."""


def store_address(home_path: Path, store: str | None) -> str:
    """Return the address of a store: the one that is named, or the one in the home."""
    return store or f"ladybug:{home_path / 'graph'}"


def facts_choice(text: str | None) -> FactsFrom | None:
    """Return whose facts a user means.

    Raises:
        UsageError: it is none of them.
    """
    for known in get_args(FactsFrom):
        if text == known:
            return cast(FactsFrom, known)
    if text is None:
        return None
    raise UsageError(f"--facts {text}: use home, starter or both")


def graph_schema() -> list[dict[str, Any]]:
    """Return the schema in words, a row for each label and each type of edges."""
    from graph.documentation import schema_rows

    return [asdict(row) for row in schema_rows()]


def load_home_graph(
    home_path: Path,
    *,
    store: str | None = None,
    login: "Login | None" = None,
    quantities: Sequence[Path] = (),
    forget: Sequence[str] = (),
    facts: FactsFrom | None = None,
    vectors: Path | None = None,
    with_vectors: bool = True,
    replace: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Bring the graph of a home up to date.

    Args:
        home_path: the data home; it is made where it is missing.
        store: the address of the store; None for the one in the home.
        login: for a server.
        quantities: CSV files of the user's own values, which are kept in the home.
        forget: sources of own values that are to be forgotten.
        facts: whose; None for the home's where it has any, else the starter pack's.
        vectors: a folder or file of word vectors; None for the home's, else the starter's.
        with_vectors: whether there are to be candidates and similar materials.
        replace: first remove what is in the store.
        progress: told of each step.

    What was derived comes along, but of materials whose values changed since; what was predicted
    does, but of materials that are gone.

    Returns:
        `store`, `load`, `unchanged`, `resumed`; `added`, `changed` and `removed` rows by table;
        `odd_materials`: the first few keys that are no formulas, names or families;
        `quantities` of one's own: how many were `read`, `new`, `forgotten`, `failed`; `warnings`,
        `reasons` of failures, and the `quarantine` file with the rows that failed, or null.

    Raises:
        HomeBusyError: another process is writing to the home.
        GraphError: the store cannot be used.
        NotFoundError, ArtifactError, InputError: see `gather_inputs` and `graph.measured`.
    """
    from graph.loading import load_graph
    from graph.stores import open_store
    from matlore.home import Home

    home = Home.open(home_path, create=True)
    with home.writer():
        symbols = new_symbols(home_library(home_path))
        own = _own_values(home, quantities, forget, symbols)
        inputs = gather_inputs(home_path, facts=facts, vectors=vectors, with_vectors=with_vectors)
        opened = open_store(store_address(home_path, store), login=login)
        odd: list[str] = []
        try:
            report = load_graph(
                opened,
                _stamps(home, inputs, symbols),
                lambda folder: odd.extend(_make_tables(home, inputs, symbols, folder, progress)),
                home.folder("graph") / TABLES,
                replace=replace,
                progress=progress,
            )
            return {
                "store": opened.address,
                "load": report.load,
                "unchanged": report.unchanged,
                "resumed": report.resumed,
                "added": dict(report.added),
                "changed": dict(report.changed),
                "removed": dict(report.removed),
                "odd_materials": odd,
                "quantities": own,
            }
        finally:
            opened.close()


def graph_is_current(
    home_path: Path, *, store: str | None = None, login: "Login | None" = None
) -> bool:
    """Tell whether a load would find nothing to do.

    Raises:
        HomeError: there is no such home.
        GraphError: the store cannot be used.
    """
    from graph.loading import load_id
    from graph.stores import open_store
    from matlore.home import Home

    inputs = gather_inputs(home_path, facts=None, vectors=None, with_vectors=True)
    load = load_id(_stamps(Home.open(home_path), inputs, new_symbols(home_library(home_path))))
    opened = open_store(store_address(home_path, store), login=login)
    try:
        info = opened.info()
        return info is not None and info.load == load and info.pending is None
    finally:
        opened.close()


def graph_stats(
    home_path: Path, *, store: str | None = None, login: "Login | None" = None
) -> dict[str, Any]:
    """Count what is in a graph, quantities by kind too, and say from what it was loaded.

    Raises:
        NotFoundError: nothing was loaded.
        GraphError: the store cannot be used.
    """
    from graph.stores import open_store

    opened = open_store(store_address(home_path, store), login=login)
    try:
        return _stats(opened)
    finally:
        opened.close()


def _stats(store: "GraphStore") -> dict[str, Any]:
    from graph.schema import SCHEMA

    info = store.info()
    if info is None:
        raise NotFoundError(f"{store.address}: no graph yet; load one with `matlore graph load`")
    counts = store.counts()
    kinds = store.run("MATCH (q:Quantity) RETURN q.kind, count(q)").rows
    return {
        "store": store.address,
        "load": info.load,
        "pending": info.pending,
        "made": info.made,
        "inputs": dict(info.inputs),
        "nodes": {one.label: counts.get(one.label, 0) for one in SCHEMA.nodes},
        "edges": {one.type: counts.get(one.type, 0) for one in SCHEMA.edges},
        "quantities": {kind: n for kind, n in sorted(kinds, key=str) if kind is not None},
    }


def home_identity(home: "Home") -> str:
    """Return what tells a home from others: when it was made."""
    text = (home.path / "home.json").read_text(encoding="utf-8")
    return str(json.loads(text)["created"])


def derived_store(home: "Home") -> "DerivedStore":
    """Return what was derived in a home."""
    from graph.derived_store import DerivedStore

    return DerivedStore(home.folder("graph") / DERIVED)


def predicted_store(home: "Home") -> "PredictedStore":
    """Return what was predicted in a home."""
    from graph.predicted_store import PredictedStore

    return PredictedStore(home.folder("graph") / PREDICTED)


def _stamps(home: "Home", inputs: GatheredInputs, symbols: "Sequence[Symbol]") -> dict[str, str]:
    """Return hashes and versions of all that a load is made from."""
    stamps = {"home": home_identity(home), **inputs.stamps(), SYMBOLS: symbols_stamp(symbols)}
    computed = {
        DERIVED: derived_store(home).stamp(),
        PREDICTED: predicted_store(home).stamp(),
    }
    return stamps | {name: stamp for name, stamp in computed.items() if stamp is not None}


def _make_tables(
    home: "Home",
    inputs: GatheredInputs,
    symbols: "Sequence[Symbol]",
    folder: Path,
    progress: Progress,
) -> Sequence[str]:
    """Make the tables of a load; return the first few keys of materials that are odd."""
    from graph.derived_tables import add_derived
    from graph.predicted_tables import add_predicted
    from graph.staging import build_tables
    from graph.tables import GraphFolder

    report = build_tables(inputs, folder, symbols=symbols, progress=progress)
    derived = derived_store(home)
    if derived.card() is not None:
        progress(0, text="adding what was derived")
        add_derived(GraphFolder(folder), derived, folder)
    predicted = predicted_store(home)
    if predicted.card().models:
        progress(0, text="adding what was predicted")
        add_predicted(GraphFolder(folder), predicted, folder)
    return report.odd_examples


def new_symbols(library: "Library") -> "list[Symbol]":
    """Return the properties that models connect and that the vocabulary has not."""
    return [symbol for symbol in library.symbols.values() if not symbol.in_vocabulary]


def symbols_stamp(symbols: "Sequence[Symbol]") -> str:
    """Return a hash of all that a graph says of properties which the vocabulary has not."""
    said = [(one.name, one.unit, one.latex, one.lower, one.upper, one.synonyms) for one in symbols]
    return sha256(repr(sorted(said, key=lambda one: one[0])).encode()).hexdigest()[:16]


def _own_values(
    home: "Home", files: Sequence[Path], forget: Sequence[str], symbols: "Sequence[Symbol]"
) -> dict[str, Any]:
    """Take in the user's own values, all files or none; rows that are bad go to the quarantine."""
    from graph.measured import MeasuredStore, read_measured
    from ingest.quarantine import BadRow, Quarantine

    store = MeasuredStore(home.folder("graph") / "measured.parquet")
    known = store.sources()
    tables = [(path, read_measured(path, material=_material, symbols=symbols)) for path in files]
    quarantine = Quarantine(home, "quantities")
    forgotten = sum(_forget(store, source, known) for source in forget)
    for path, table in tables:
        for bad in table.bad:
            quarantine.add(BadRow(str(path), bad.line, bad.reason, bad.raw))
    quarantine.flush()
    return {
        "read": sum(table.read for _, table in tables),
        "new": store.add([value for _, table in tables for value in table.values]),
        "forgotten": forgotten,
        "warnings": [warning for _, table in tables for warning in table.warnings],
        "failed": quarantine.count,
        "reasons": [
            f"{path}, line {bad.line}: {bad.reason}" for path, table in tables for bad in table.bad
        ],
        "quarantine": str(quarantine.path) if quarantine.count else None,
    }


def _material(name: str) -> str | None:
    """Return the key of a material by what a user calls it."""
    from graph.measured import resolve_material
    from ner.names import material_key

    return resolve_material(name) or material_key(name)


def _forget(store: "MeasuredStore", source: str, known: Mapping[str, int]) -> int:
    gone = store.remove(source)
    if not gone:
        sources = ", ".join(known) or "none"
        raise NotFoundError(f"no values of your own from the source {source!r} (there: {sources})")
    return gone
