"""Derived values among the tables of a graph: added while they hold, and taken out again."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fake_derivation import add_derivations, fake_library
from graph_samples import TABLES, information, write_graph

from graph.derived_rows import model_tables
from graph.derived_store import DerivedStore
from graph.derived_tables import add_derived, base_rows, fingerprints, without_derived
from graph.derived_work import Material
from graph.export_filter import keep_licensed
from graph.schema import SCHEMA
from graph.stores import GraphChanges, GraphStore
from graph.tables import GraphFolder, GraphTable, graph_tables

pytest_plugins = ("neo4j_fixtures", "store_fixtures")

Rows = dict[str, list[dict[str, Any]]]

LIBRARY = fake_library()
MODELS = model_tables(LIBRARY.models.values(), mean="weighted mean", version="engine 1")
FREE, CLOSED = "CC0-1.0", "all rights reserved"
_VALUES = (
    # id, material, property, value, paper, licence
    ("q1", "PbTe", "band gap", 0.3, "p1", FREE),
    ("q2", "PbTe", "band gap", 0.4, "p2", CLOSED),
    ("q3", "SnTe", "band gap", 0.2, "p1", FREE),
    ("q4", "SnTe", "refractive index", 2.0, None, FREE),
    ("q5", "GeTe", "band gap", 0.6, "p2", CLOSED),
    ("q6", "name:steel", "band gap", 0.5, None, None),
)
_OTHERS: Rows = {
    "Paper": [
        {"id": "p1", "year": 2001, "license": FREE},
        {"id": "p2", "year": 2002, "license": CLOSED},
    ],
    "Property": [
        {"name": "band gap", "unit": "eV", "in_vocabulary": True},
        {"name": "formula mass", "unit": "g/mol", "in_vocabulary": False},
        {"name": "refractive index", "unit": "1", "in_vocabulary": True},
    ],
    "Model": [{"name": "forest", "kind": "regressor"}],
    "MENTIONS.Paper.Material": [{"from": "p2", "to": "GeTe", "count": 1}],
}


def _tables(values: Sequence[tuple[Any, ...]] = _VALUES, **changed: Any) -> Rows:
    """Return a graph with some reported values, and one that a regressor predicted."""
    made: Rows = {name: list(rows) for name, rows in _OTHERS.items()}
    made["Material"] = [{"id": key, "name": key} for key in sorted({one[1] for one in values})]
    made["Quantity"] = [
        {"id": id, "value": value, "unit": "eV", "kind": "reported", "comparator": "=",
         "conditions": ["temperature = 300 K"], "temperature": 300.0, "source": paper or "notebook",
         "license": license, "score": 0.9, **changed.get(id, {})}
        for id, _, _, value, paper, license in values
    ]  # fmt: skip
    made["Quantity"].append({"id": "r1", "value": 1.0, "kind": "predicted", "license": FREE})
    made["HAS.Material.Quantity"] = [{"from": one[1], "to": one[0]} for one in values]
    made["OF.Quantity.Property"] = [{"from": one[0], "to": one[2]} for one in values]
    made["REPORTED_IN.Quantity.Paper"] = [
        {"from": one[0], "to": one[4], "spans": [0, 1]} for one in values if one[4]
    ]
    made["BY.Quantity.Model"] = [{"from": "r1", "to": "forest"}]
    made["USES.Quantity.Quantity"] = [{"from": "r1", "to": values[0][0], "weight": 1.0}]
    made["NEEDS.Model.Property"] = [{"from": "forest", "to": "band gap"}]
    return made


def _derive(store: DerivedStore, base: GraphFolder, only: Sequence[str] = ()) -> None:
    prints = fingerprints(base)
    materials = [
        Material(key, rows, prints[key])
        for key, rows in base_rows(base, lambda key: not only or key in only)
    ]
    draft = store.draft()
    add_derivations(draft, materials, LIBRARY)
    draft.commit(MODELS, "1")


def _rows(folder: GraphFolder, name: str) -> list[dict[str, Any]]:
    path = folder.file(TABLES[name])
    return pq.read_table(path).to_pylist() if path.is_file() else []


def _bytes(folder: GraphFolder) -> dict[str, bytes]:
    return {table.name: folder.file(table).read_bytes() for table in folder.tables()}


def _all(folder: GraphFolder) -> Rows:
    return {table.name: _rows(folder, table.name) for table in folder.tables()}


@pytest.fixture
def base(tmp_path: Path) -> GraphFolder:
    return write_graph(tmp_path / "base", _tables())


@pytest.fixture
def derived(tmp_path: Path, base: GraphFolder) -> DerivedStore:
    store = DerivedStore(tmp_path / "derived")
    _derive(store, base)
    return store


@pytest.fixture
def full(base: GraphFolder, derived: DerivedStore, tmp_path: Path) -> GraphFolder:
    return add_derived(base, derived, tmp_path / "full")


def _of(folder: GraphFolder, material: str) -> set[tuple[str, str]]:
    """Return properties and kinds of the values of a material."""
    kinds = {one["id"]: one["kind"] for one in _rows(folder, "Quantity")}
    properties = {one["from"]: one["to"] for one in _rows(folder, "OF.Quantity.Property")}
    return {
        (properties[one["to"]], kinds[one["to"]])
        for one in _rows(folder, "HAS.Material.Quantity")
        if one["from"] == material
    }


# Fingerprints.


@pytest.mark.parametrize(
    "change",
    [
        {"value": 0.31}, {"value": None}, {"value_max": 0.5}, {"std": 0.01}, {"comparator": "~"},
        {"unit": "meV"}, {"conditions": []}, {"conditions": ["temperature = 300 K", "x = 1"]},
        {"modality": "computed"}, {"score": 0.8}, {"score": None}, {"source": "p2"},
        {"license": None}, {"temperature": None}, {"kind": "predicted"},
    ],
)  # fmt: skip
def test_what_a_value_says_changes_its_materials_fingerprint(
    base: GraphFolder, tmp_path: Path, change: dict[str, Any]
) -> None:
    before = fingerprints(base)
    other = fingerprints(write_graph(tmp_path / "other", _tables(q3=change)))
    assert {key for key in before if before[key] != other[key]} == {"SnTe"}


@pytest.mark.parametrize(
    "values",
    [
        _VALUES[:2] + _VALUES[3:],
        (*_VALUES, ("q9", "SnTe", "band gap", 0.2, "p2", FREE)),
        (*_VALUES[:2], ("q3", "SnTe", "refractive index", 0.2, "p1", FREE), *_VALUES[3:]),
    ],
)
def test_values_that_come_and_go_change_it(
    base: GraphFolder, tmp_path: Path, values: Sequence[tuple[Any, ...]]
) -> None:
    before = fingerprints(base)
    other = fingerprints(write_graph(tmp_path / "other", _tables(values)))
    assert {key for key in before if before[key] != other.get(key)} == {"SnTe"}


def test_order_conflicts_and_derived_values_do_not(
    base: GraphFolder, full: GraphFolder, tmp_path: Path
) -> None:
    tables = _tables()
    for rows in tables.values():
        random.Random(1).shuffle(rows)
    shuffled = write_graph(tmp_path / "shuffled", tables)
    assert fingerprints(base) == fingerprints(shuffled) == fingerprints(full)
    assert len(fingerprints(base)) == 4


def test_an_empty_graph_has_none(tmp_path: Path) -> None:
    nothing = GraphFolder(tmp_path / "nothing")
    assert fingerprints(nothing) == {}
    assert [*base_rows(nothing, lambda _: True)] == []


def test_rows_come_by_material_whatever_the_batches(base: GraphFolder, full: GraphFolder) -> None:
    rows = [*base_rows(base, lambda _: True)]
    assert [(key, [one["id"] for one in some]) for key, some in rows] == [
        ("GeTe", ["q5"]),
        ("PbTe", ["q1", "q2"]),
        ("SnTe", ["q3", "q4"]),
        ("name:steel", ["q6"]),
    ]
    assert rows[0][1][0]["property"] == "band gap"
    said = [[{**one, "conflict": None} for one in some] for _, some in rows]
    for size in (1, 2, 3):
        again = [*base_rows(full, lambda _: True, size=size)]
        assert [[{**one, "conflict": None} for one in some] for _, some in again] == said
    assert [key for key, _ in base_rows(base, {"SnTe"}.__contains__, size=1)] == ["SnTe"]


# Added.


def test_values_get_their_nodes_and_edges(full: GraphFolder) -> None:
    assert _of(full, "PbTe") == {
        ("band gap", "reported"), ("band gap", "aggregate"),
        ("refractive index", "derived"), ("formula mass", "derived"),
    }  # fmt: skip
    assert ("formula mass", "derived") not in _of(full, "name:steel")
    made = [one for one in _rows(full, "Quantity") if one["kind"] in ("aggregate", "derived")]
    assert {one["license"] for one in made} == {one["text_sha"] for one in made} == {None}
    ids = {one["id"] for one in made}
    by = {one["from"]: one["to"] for one in _rows(full, "BY.Quantity.Model")}
    assert by.keys() == ids | {"r1"}
    uses = _rows(full, "USES.Quantity.Quantity")
    assert {one["to"] for one in uses} == {"q1", "q2", "q3", "q5", "q6"}
    assert {one["from"] for one in _rows(full, "REPORTED_IN.Quantity.Paper")}.isdisjoint(ids)
    assert {one["name"] for one in _rows(full, "Model")} == {
        *("forest", "moss relation", "mass of a formula", "weighted mean")
    }
    assert len(_rows(full, "NEEDS.Model.Property")) == 2
    assert len(_rows(full, "GIVES.Model.Property")) == 3


def test_a_conflict_is_told_by_an_edge_and_on_both(full: GraphFolder) -> None:
    (edge,) = _rows(full, "DISAGREES.Quantity.Quantity")
    assert edge["to"] == "q4"
    assert edge["difference"] == pytest.approx((95 / 0.2) ** 0.25 / 2 - 1)
    at_odds = {one["id"]: one["conflict"] for one in _rows(full, "Quantity") if one["conflict"]}
    assert at_odds == {edge["from"]: True, "q4": True}
    assert {one["conflict"] for one in _rows(full, "Quantity")} == {True, None}


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
    base: GraphFolder, full: GraphFolder, tmp_path: Path
) -> None:
    bare = without_derived(full, tmp_path / "bare")
    assert _all(bare) == {name: _sorted(name, rows) for name, rows in _all(base).items()}
    assert _bytes(without_derived(bare, tmp_path / "again")) == _bytes(bare)


def _sorted(name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [row[key] for key in TABLES[name].keys])


def test_added_again_and_in_place_the_same_to_the_byte(
    base: GraphFolder, derived: DerivedStore, full: GraphFolder, tmp_path: Path
) -> None:
    bare = without_derived(full, tmp_path / "bare")
    again = add_derived(bare, derived, tmp_path / "again")
    assert _bytes(again) == _bytes(full)
    before = _bytes(base)
    bare.file(TABLES["Paper"]).unlink()
    in_place = add_derived(bare, derived, bare.path)
    assert {**_bytes(in_place), "Paper": before["Paper"]} == _bytes(full)
    assert not [*bare.path.glob(".*")]
    assert _bytes(base) == before


def test_nothing_derived_adds_nothing(base: GraphFolder, tmp_path: Path) -> None:
    full = add_derived(base, DerivedStore(tmp_path / "none"), tmp_path / "full")
    assert _all(full) == {name: _sorted(name, rows) for name, rows in _all(base).items()}


# Stale.


def test_what_was_derived_from_other_values_is_left_out(
    derived: DerivedStore, tmp_path: Path
) -> None:
    changed = write_graph(tmp_path / "changed", _tables(q3={"value": 0.25}))
    full = add_derived(changed, derived, tmp_path / "full")
    assert _of(full, "SnTe") == {("band gap", "reported"), ("refractive index", "reported")}
    assert ("formula mass", "derived") in _of(full, "PbTe")
    assert _rows(full, "DISAGREES.Quantity.Quantity") == []
    assert {one["conflict"] for one in _rows(full, "Quantity")} == {None}
    _derive(derived, changed, ["SnTe"])
    again = add_derived(changed, derived, tmp_path / "again")
    assert ("formula mass", "derived") in _of(again, "SnTe")
    assert len(_rows(again, "DISAGREES.Quantity.Quantity")) == 1


def test_a_material_that_is_gone_takes_its_derived_values_along(
    derived: DerivedStore, tmp_path: Path
) -> None:
    fewer = write_graph(tmp_path / "fewer", _tables(_VALUES[:4]))
    full = add_derived(fewer, derived, tmp_path / "full")
    assert _of(full, "GeTe") == set()
    assert {one["from"] for one in _rows(full, "HAS.Material.Quantity")} == {"PbTe", "SnTe"}


def test_a_property_that_is_no_more_takes_all_of_a_material_along(
    derived: DerivedStore, tmp_path: Path
) -> None:
    tables = _tables()
    tables["Property"] = [one for one in tables["Property"] if one["name"] != "formula mass"]
    full = add_derived(write_graph(tmp_path / "less", tables), derived, tmp_path / "full")
    assert _of(full, "PbTe") == {("band gap", "reported")}
    assert ("refractive index", "derived") in _of(full, "name:steel")
    assert "formula mass" not in {one["to"] for one in _rows(full, "GIVES.Model.Property")}


# In the stores.


@pytest.fixture
def holding(full: GraphFolder, store: GraphStore, tmp_path: Path) -> GraphStore:
    nothing = GraphFolder(tmp_path / "nothing")
    store.apply(GraphChanges(full, nothing, nothing), information())
    return store


def test_a_query_goes_from_a_derived_value_to_its_papers(holding: GraphStore) -> None:
    found = holding.run(
        "MATCH (m:Material {id: 'PbTe'})-[:HAS]->(d:Quantity {kind: 'derived'})"
        "-[u:USES]->(q:Quantity)-[:REPORTED_IN]->(p:Paper), (d)-[:BY]->(b:Model)"
        " RETURN b.name, u.variable, q.value, p.id ORDER BY p.id"
    )
    assert found.rows == [("moss relation", "E", 0.3, "p1"), ("moss relation", "E", 0.4, "p2")]


def test_a_query_finds_what_disagrees(holding: GraphStore) -> None:
    found = holding.run(
        "MATCH (m:Material)-[:HAS]->(d:Quantity)-[c:DISAGREES]->(q:Quantity)"
        " WHERE d.conflict AND q.conflict AND c.difference > 0.5 RETURN m.id, q.value"
    )
    assert found.rows == [("SnTe", 2.0)]
    all_at_odds = holding.run("MATCH (q:Quantity) WHERE q.conflict RETURN count(q)")
    assert all_at_odds.rows == [(2,)]


def test_a_query_finds_models_by_what_they_give(holding: GraphStore) -> None:
    found = holding.run(
        "MATCH (m:Model)-[g:GIVES]->(:Property {name: 'band gap'}) RETURN m.name, g.direct"
    )
    assert found.rows == [("moss relation", False)]


def test_what_a_store_gives_back_is_what_it_was_given(
    holding: GraphStore, full: GraphFolder
) -> None:
    for table in full.tables():
        rows = [row for batch in holding.batches(table) for row in batch.to_pylist()]
        assert _sorted(table.name, rows) == _rows(full, table.name), table.name


# By licence.


class _Whole(GraphFolder):
    """A folder as something to export: all tables, those without rows too."""

    def tables(self) -> tuple[GraphTable, ...]:  # type: ignore[override]
        return graph_tables()


def _export(full: GraphFolder, folder: Path) -> GraphFolder:
    folder.mkdir()
    return keep_licensed(_Whole(full.path), folder, lambda license: license == FREE)


def test_what_follows_from_what_may_be_passed_on_may_be(full: GraphFolder, tmp_path: Path) -> None:
    kept = _export(full, tmp_path / "export")
    assert _of(kept, "SnTe") == _of(full, "SnTe")
    assert len(_rows(kept, "DISAGREES.Quantity.Quantity")) == 1
    # Of the two gaps of PbTe one is not free, and so is their mean not.
    assert _of(kept, "PbTe") == _of(full, "PbTe") - {("band gap", "aggregate")}
    pairs = {(one["from"], one["to"]) for one in _rows(kept, "USES.Quantity.Quantity")}
    assert {to for _, to in pairs} == {"q1", "q3"}
    # Nothing that is free says that there is GeTe: not even its formula mass may.
    assert _of(kept, "GeTe") == set()
    assert {one["id"] for one in _rows(kept, "Material")} == {"PbTe", "SnTe"}


def test_no_conflict_is_told_of_where_one_side_may_not_be_passed_on(
    derived: DerivedStore, tmp_path: Path
) -> None:
    values = [_closed(one) for one in _VALUES]
    base = write_graph(tmp_path / "closed", _tables(values))
    _derive(derived, base)
    kept = _export(add_derived(base, derived, tmp_path / "full2"), tmp_path / "export")
    assert _rows(kept, "DISAGREES.Quantity.Quantity") == []
    assert {one["conflict"] for one in _rows(kept, "Quantity")} == {None}
    assert ("refractive index", "derived") in _of(kept, "SnTe")


def _closed(value: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*value[:5], CLOSED) if value[0] == "q4" else value
