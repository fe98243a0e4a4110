"""Predicted values among the tables of a graph: beside all others, and never one of them."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fake_derivation import add_derivations, fake_library
from fake_predictors import CLASSES, GAP, MERIT, FakePredictor, keep_predictions
from graph_samples import TABLES, information, write_graph

from graph.derived_rows import model_tables
from graph.derived_store import DerivedStore
from graph.derived_tables import add_derived, base_rows, fingerprints, without_derived
from graph.derived_work import Material
from graph.export_filter import keep_licensed
from graph.predicted_rows import PredictOptions
from graph.predicted_store import PredictedStore
from graph.predicted_tables import (
    add_predicted,
    formula_materials,
    names_of_models,
    without_predicted,
)
from graph.schema import SCHEMA
from graph.stores import GraphChanges, GraphStore
from graph.tables import GraphFolder, GraphTable, graph_tables

pytest_plugins = ("neo4j_fixtures", "store_fixtures")

Rows = dict[str, list[dict[str, Any]]]

FREE, CLOSED = "CC0-1.0", "all rights reserved"
LIBRARY = fake_library()
KEYS = ["GeTe", "HgTe", "PbTe", "SnTe"]
_VALUES = (
    ("q1", "PbTe", "band gap", 0.3, "p1", FREE),
    ("q2", "PbTe", "band gap", 0.4, "p2", CLOSED),
    ("q3", "name:steel", "band gap", 0.5, None, FREE),
)
_GRAPH: Rows = {
    "Paper": [
        {"id": "p1", "year": 2001, "license": FREE},
        {"id": "p2", "year": 2002, "license": CLOSED},
    ],
    "Material": [
        *({"id": key, "formula": key, "name": key, "n_papers": n} for n, key in enumerate(KEYS)),
        {"id": "family:Ba-O-Sr-Ti", "name": "BST", "n_papers": 9},
        {"id": "name:steel", "name": "steel", "n_papers": 9},
    ],
    "Property": [
        {"name": "band gap", "unit": "eV", "in_vocabulary": True, "n_papers": 2},
        {"name": "formula mass", "unit": "g/mol", "in_vocabulary": False, "n_papers": 0},
        {"name": "refractive index", "unit": "1", "in_vocabulary": True, "n_papers": 0},
        {"name": MERIT.property, "unit": "1", "in_vocabulary": True, "n_papers": 0},
    ],
    "Quantity": [
        {"id": id, "value": value, "unit": "eV", "kind": "reported", "license": license}
        for id, _, _, value, _, license in _VALUES
    ],
    "HAS.Material.Quantity": [{"from": one[1], "to": one[0]} for one in _VALUES],
    "OF.Quantity.Property": [{"from": one[0], "to": one[2]} for one in _VALUES],
    "REPORTED_IN.Quantity.Paper": [{"from": one[0], "to": one[4]} for one in _VALUES if one[4]],
    "MENTIONS.Paper.Material": [{"from": "p1", "to": "SnTe"}, {"from": "p2", "to": "GeTe"}],
}


def _rows(folder: GraphFolder, name: str) -> list[dict[str, Any]]:
    path = folder.file(TABLES[name])
    return pq.read_table(path).to_pylist() if path.is_file() else []


def _all(folder: GraphFolder) -> Rows:
    return {name: _rows(folder, name) for name in TABLES if _rows(folder, name)}


def _bytes(folder: GraphFolder) -> dict[str, bytes]:
    return {table.name: folder.file(table).read_bytes() for table in folder.tables()}


def _derived(base: GraphFolder, folder: Path) -> DerivedStore:
    store, prints = DerivedStore(folder), fingerprints(base)
    draft = store.draft()
    some = [Material(key, rows, prints[key]) for key, rows in base_rows(base, lambda _: True)]
    add_derivations(draft, some, LIBRARY)
    models = model_tables(LIBRARY.models.values(), mean="weighted mean", version="1")
    draft.commit(models, "1")
    return store


@pytest.fixture
def base(tmp_path: Path) -> GraphFolder:
    return write_graph(tmp_path / "base", _GRAPH)


@pytest.fixture
def predicted(tmp_path: Path) -> PredictedStore:
    store = PredictedStore(tmp_path / "predicted")
    keep_predictions(store, FakePredictor(GAP, lambda *_: 5.0), KEYS)
    options = PredictOptions(temperatures=(300.0, 600.0))
    keep_predictions(store, FakePredictor(MERIT, version="7", license=None), KEYS[2:], options)
    keep_predictions(store, FakePredictor(CLASSES, lambda *_: 0.25), ["PbTe", "gone"])
    return store


@pytest.fixture
def full(base: GraphFolder, predicted: PredictedStore, tmp_path: Path) -> GraphFolder:
    return add_predicted(base, predicted, tmp_path / "full")


def _predictions(folder: GraphFolder) -> set[tuple[str, str, str]]:
    """Return material, property and model of all values of kind predicted."""
    ids = {one["id"] for one in _rows(folder, "Quantity") if one["kind"] == "predicted"}
    of = {one["from"]: one["to"] for one in _rows(folder, "OF.Quantity.Property")}
    by = {one["from"]: one["to"] for one in _rows(folder, "BY.Quantity.Model")}
    has = [one for one in _rows(folder, "HAS.Material.Quantity") if one["to"] in ids]
    assert {one["to"] for one in has} == ids
    return {(one["from"], of[one["to"]], by[one["to"]]) for one in has}


def test_which_materials_have_a_formula(base: GraphFolder, full: GraphFolder) -> None:
    assert formula_materials(base) == KEYS
    # Of PbTe two papers speak, and it has reported values; predicted ones do not count.
    assert formula_materials(full, 3) == ["PbTe", "SnTe"]
    assert formula_materials(full, 9) == ["PbTe"]
    assert formula_materials(GraphFolder(base.path / "nothing")) == []


def test_values_get_their_nodes_and_edges(full: GraphFolder) -> None:
    assert _predictions(full) == {
        *((key, "band gap", "gap") for key in KEYS),
        *((key, MERIT.property, "merit") for key in KEYS[2:]),
        ("PbTe", "shininess", "classes"),
    }
    made = [one for one in _rows(full, "Quantity") if one["kind"] == "predicted"]
    assert len(made) == 4 + 2 * 2 + 1
    assert {(one["unit"], one["license"]) for one in made} == {("eV", FREE), ("1", FREE),
                                                              ("1", None)}  # fmt: skip
    assert {one["in_domain"] for one in made if "5." in str(one["value"])} == {True, False}
    models = {one["name"]: one for one in _rows(full, "Model")}
    assert {one["kind"] for one in models.values()} == {"regressor"}
    assert (models["merit"]["version"], models["gap"]["reference"]) == (
        "7",
        "Doe; data: A table; CC0.",
    )
    gives = [(one["from"], one["to"], one["direct"]) for one in _rows(full, "GIVES.Model.Property")]
    assert gives == [
        ("classes", "shininess", True),
        ("gap", "band gap", True),
        ("merit", MERIT.property, True),
    ]


def test_a_property_that_nothing_else_has_comes_with_its_model(full: GraphFolder) -> None:
    (new,) = [one for one in _rows(full, "Property") if one["name"] == "shininess"]
    assert (new["unit"], new["in_vocabulary"], new["n_papers"]) == ("1", False, None)
    assert len(_rows(full, "Property")) == 5


def test_edges_end_at_nodes_and_all_is_sorted(full: GraphFolder) -> None:
    keys = {node.label: {row[node.key] for row in _rows(full, node.label)} for node in SCHEMA.nodes}
    for edge, source, target in SCHEMA.edge_tables():
        rows = _rows(full, f"{edge.type}.{source}.{target}")
        assert {row["from"] for row in rows} <= keys[source], edge.type
        assert {row["to"] for row in rows} <= keys[target], edge.type
    for table in graph_tables():
        found = [tuple(row[key] for key in table.keys) for row in _rows(full, table.name)]
        assert found == sorted(set(found)), table.name


def test_taken_out_again_all_is_as_it_was(
    base: GraphFolder, full: GraphFolder, predicted: PredictedStore, tmp_path: Path
) -> None:
    before = _bytes(base)
    bare = without_predicted(full, tmp_path / "bare")
    assert {name: sorted(map(str, rows)) for name, rows in _all(bare).items()} == {
        name: sorted(map(str, rows)) for name, rows in _all(base).items()
    }
    assert _bytes(add_predicted(bare, predicted, bare.path)) == _bytes(full)
    assert _bytes(base) == before


def test_nothing_predicted_adds_nothing(base: GraphFolder, tmp_path: Path) -> None:
    full = add_predicted(base, PredictedStore(tmp_path / "none"), tmp_path / "full")
    assert len(_rows(full, "Quantity")) == 3
    assert _rows(full, "Model") == []


def test_a_model_that_is_no_more_takes_all_of_it_along(
    base: GraphFolder, predicted: PredictedStore, tmp_path: Path
) -> None:
    predicted.forget(["classes", "gap"])
    full = add_predicted(base, predicted, tmp_path / "full")
    assert {model for _, _, model in _predictions(full)} == {"merit"}
    assert "shininess" not in {one["name"] for one in _rows(full, "Property")}


# Beside what is derived.


def test_nothing_is_derived_from_predictions(
    base: GraphFolder, full: GraphFolder, tmp_path: Path
) -> None:
    assert fingerprints(full) == fingerprints(base)
    read = [(key, [one["id"] for one in rows]) for key, rows in base_rows(full, lambda _: True)]
    assert read == [("PbTe", ["q1", "q2"]), ("name:steel", ["q3"])]


def test_what_is_derived_and_what_is_predicted_come_and_go_in_any_order(
    base: GraphFolder, full: GraphFolder, predicted: PredictedStore, tmp_path: Path
) -> None:
    derived = _derived(base, tmp_path / "derived")
    first = add_predicted(add_derived(base, derived, tmp_path / "d"), predicted, tmp_path / "dp")
    second = add_derived(full, derived, tmp_path / "pd")
    assert _bytes(first) == _bytes(second)
    assert _bytes(without_derived(first, tmp_path / "p")) == _bytes(full)
    bare = without_predicted(first, tmp_path / "bare")
    assert _bytes(bare) == _bytes(without_predicted(bare, tmp_path / "again"))
    assert _all(bare) == _all(GraphFolder(tmp_path / "d"))
    assert names_of_models(first) == {"moss relation", "mass of a formula", "weighted mean"}
    at_odds = {one["id"] for one in _rows(first, "Quantity") if one["conflict"]}
    made = {one["id"] for one in _rows(first, "Quantity") if one["kind"] == "predicted"}
    assert not at_odds & made
    ends = {one[end] for one in _rows(first, "USES.Quantity.Quantity") for end in ("from", "to")}
    assert not ends & made


# In the stores.


def test_a_query_finds_what_is_predicted_and_by_what(
    full: GraphFolder, store: GraphStore, tmp_path: Path
) -> None:
    nothing = GraphFolder(tmp_path / "nothing")
    store.apply(GraphChanges(full, nothing, nothing), information())
    found = store.run(
        "MATCH (m:Material)-[:HAS]->(q:Quantity {kind: 'predicted'})-[:BY]->"
        "(b:Model {kind: 'regressor'})-[:GIVES]->(:Property {name: 'band gap'})"
        " WHERE q.lower < 5.0 AND q.upper > 5.0 AND q.level = 0.9"
        " RETURN m.id, q.in_domain, b.version ORDER BY m.id"
    )
    assert found.rows == [(key, key != "HgTe", "1") for key in KEYS]
    for table in full.tables():
        rows = [row for batch in store.batches(table) for row in batch.to_pylist()]
        kept = sorted(rows, key=lambda row: [row[key] for key in table.keys])
        assert kept == _rows(full, table.name), table.name


# By licence.


class _Whole(GraphFolder):
    """A folder as something to export: all tables, those without rows too."""

    def tables(self) -> tuple[GraphTable, ...]:  # type: ignore[override]
        return graph_tables()


def test_predictions_are_passed_on_by_the_licence_of_what_was_learned_from(
    full: GraphFolder, tmp_path: Path
) -> None:
    (tmp_path / "export").mkdir()
    kept = keep_licensed(_Whole(full.path), tmp_path / "export", lambda license: license == FREE)
    # Only a closed paper names GeTe, and none HgTe: that they are in the graph is not told.
    assert _predictions(kept) == {
        ("PbTe", "band gap", "gap"),
        ("PbTe", "shininess", "classes"),
        ("SnTe", "band gap", "gap"),
    }
    assert {one["id"] for one in _rows(kept, "Material")} == {"PbTe", "SnTe", "name:steel"}
