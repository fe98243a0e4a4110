"""What every store of the graph must do with the tables that it is given."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from graph_samples import (
    ODD_NAMES,
    SAMPLE,
    TABLES,
    StorePlace,
    Tables,
    changes,
    counts_of,
    every_table,
    information,
    sorted_rows,
)

from graph.stores import GraphStore
from graph.tables import arrow_schema
from matlore.errors import GraphError

pytest_plugins = ("neo4j_fixtures", "store_fixtures")


def contents(store: GraphStore) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables that have any."""
    rows = {name: _rows(store, name) for name in TABLES}
    return {name: found for name, found in rows.items() if found}


def _rows(store: GraphStore, name: str) -> list[dict[str, Any]]:
    batches = list(store.batches(TABLES[name]))
    schema = arrow_schema(TABLES[name])
    for batch in batches:
        assert batch.schema.equals(schema), f"{name}: {batch.schema} instead of {schema}"
    rows: list[dict[str, Any]] = pa.Table.from_batches(batches, schema=schema).to_pylist()
    return rows


def expected(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    return {name: sorted_rows(tables, name) for name in TABLES if tables.get(name)}


def holds(store: GraphStore, tables: Tables) -> None:
    """Assert that a store holds these tables and nothing else."""
    assert contents(store) == expected(tables)
    assert store.counts() == counts_of(tables)


def keys_of(name: str, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: row[key] for key in TABLES[name].keys} for row in rows]


def test_nothing_is_in_an_empty_store(store: GraphStore) -> None:
    assert store.info() is None
    with pytest.raises(GraphError):
        store.counts()
    with pytest.raises(GraphError):
        list(store.batches(TABLES["Paper"]))


def test_to_clear_an_empty_store_does_nothing(store: GraphStore) -> None:
    store.clear()
    assert store.info() is None


def test_a_store_says_where_it_is_without_secrets(store: GraphStore) -> None:
    assert store.dialect in ("ladybug", "neo4j")
    assert store.address.startswith(("ladybug:", "bolt", "neo4j"))
    assert "@" not in store.address


def test_a_load_is_counted_by_label_and_type_in_the_order_of_the_schema(
    store: GraphStore, tmp_path: Path
) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    assert list(store.counts().items()) == list(counts_of(SAMPLE).items())


def test_the_note_of_a_load_comes_back(store: GraphStore, store_place: StorePlace,
                                       tmp_path: Path) -> None:  # fmt: skip
    info = information("load'\"`-1", home="ü {x: 1}", facts="a\nb", empty="")
    store.apply(changes(tmp_path, added=SAMPLE), info)
    assert store.info() == info
    assert store_place().info() == info


def test_all_types_of_values_odd_names_and_nulls_come_back(
    store: GraphStore, tmp_path: Path
) -> None:
    tables = every_table()
    store.apply(changes(tmp_path, added=tables), information())
    holds(store, tables)


def test_a_graph_of_nodes_alone_and_one_without_rows(store: GraphStore, tmp_path: Path) -> None:
    store.apply(changes(tmp_path), information("nothing"))
    holds(store, {})
    papers = {"Paper": SAMPLE["Paper"]}
    store.apply(changes(tmp_path, added=papers), information("papers"))
    holds(store, papers)


def test_the_same_changes_twice_do_no_harm(store: GraphStore, tmp_path: Path) -> None:
    all_new = changes(tmp_path, added=SAMPLE)
    store.apply(all_new, information())
    store.apply(all_new, information())
    holds(store, SAMPLE)


def test_rows_are_changed(store: GraphStore, tmp_path: Path) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    changed: dict[str, list[dict[str, Any]]] = {
        "Paper": [{"id": "doi:10.1/a", "title": "On PbTe, 2", "year": 1900, "retracted": True}],
        "Material": [{"id": "name:graphene", "names": ["a'b", "c"]}, {"id": "SnTe", "names": []}],
        "MENTIONS.Paper.Material": [
            {"from": "doi:10.1/a", "to": "PbTe"},
            {"from": "doi:10.1/b", "to": "SnTe", "count": 5, "spans": [1, 2]},
        ],
        "MENTIONS.Paper.Phase": [{"from": "doi:10.1/a", "to": "sensor", "count": 9}],
        "IN.Claim.Paper": [{"from": "c1", "to": "doi:10.1/a", "spans": [7, 9]}],
        "SIMILAR_TO.Material.Material": [{"from": "SnTe", "to": "SnTe", "vectors": "v1"}],
    }
    store.apply(changes(tmp_path, changed=changed), information("load-2"))
    holds(store, merged(SAMPLE, changed))
    assert store.info() == information("load-2")


def merged(tables: Tables, rows: Tables) -> Tables:
    """Return tables with rows put in the place of those of the same keys, or added."""
    result: dict[str, Any] = dict(tables)
    for name, new in rows.items():
        keys = [tuple(key.values()) for key in keys_of(name, list(new))]
        result[name] = [*without(tables, name, keys), *new]
    return result


def without(tables: Tables, name: str, keys: list[tuple[Any, ...]]) -> list[Mapping[str, Any]]:
    """Return the rows of a table but those of some keys."""
    return [
        row
        for row in tables.get(name, ())
        if tuple(row[key] for key in TABLES[name].keys) not in keys
    ]


def test_all_types_of_values_are_changed_to_others_and_to_null(
    store: GraphStore, tmp_path: Path
) -> None:
    tables = every_table()
    store.apply(changes(tmp_path, added=tables), information())
    rotated = {name: _rotated(name, list(rows)) for name, rows in tables.items()}
    store.apply(changes(tmp_path, changed=rotated), information("load-2"))
    holds(store, rotated)
    bare = {name: keys_of(name, list(rows)) for name, rows in tables.items()}
    store.apply(changes(tmp_path, changed=bare), information("load-3"))
    holds(store, bare)


def _rotated(name: str, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give each row the properties of the next."""
    following = [*rows[1:], rows[0]]
    keys = keys_of(name, rows)
    return [{**row, **key} for row, key in zip(following, keys, strict=True)]


def test_edges_are_removed_and_their_ends_stay(store: GraphStore, tmp_path: Path) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    removed: Tables = {
        "MENTIONS.Paper.Phase": [{"from": "doi:10.1/a", "to": "sensor"}],
        "SIMILAR_TO.Material.Material": [{"from": "PbTe", "to": "SnTe"}],
        "IN.Claim.Paper": [{"from": "c1", "to": "doi:10.1/a"}],
    }
    left = {
        name: without(SAMPLE, name, [tuple(row.values()) for row in rows])
        for name, rows in removed.items()
    }
    store.apply(changes(tmp_path, removed=removed), information("load-2"))
    holds(store, {**SAMPLE, **left})


def test_a_removed_node_takes_its_edges_with_it(store: GraphStore, tmp_path: Path) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    store.apply(changes(tmp_path, removed={"Phase": [{"name": "sensor"}]}), information("load-2"))
    gone = ("Phase", "MENTIONS.Paper.Phase", "OBJECT.Claim.Phase")
    holds(store, {name: rows for name, rows in SAMPLE.items() if name not in gone})


def test_nodes_and_their_edges_are_removed_together(store: GraphStore, tmp_path: Path) -> None:
    tables = every_table()
    store.apply(changes(tmp_path, added=tables), information())
    bare = {name: keys_of(name, list(rows)) for name, rows in tables.items()}
    store.apply(changes(tmp_path, removed=bare), information("load-2"))
    holds(store, {})
    store.apply(changes(tmp_path, added=tables), information("load-3"))
    holds(store, tables)


def test_rows_that_are_gone_already_are_removed_in_peace(store: GraphStore, tmp_path: Path) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    removed = {
        "Paper": [{"id": "doi:10.1/never"}],
        "MENTIONS.Paper.Material": [
            {"from": "doi:10.1/c", "to": "PbTe"},
            {"from": "doi:10.1/never", "to": "nothing"},
        ],
    }
    store.apply(changes(tmp_path, removed=removed), information("load-2"))
    holds(store, SAMPLE)


def test_one_load_adds_changes_and_removes(store: GraphStore, tmp_path: Path) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    added: Tables = {
        "Paper": [{"id": "doi:10.1/d", "year": 2024}],
        "MENTIONS.Paper.Material": [
            {"from": "doi:10.1/d", "to": "PbTe", "count": 1},
            {"from": "doi:10.1/d", "to": "name:graphene", "count": 2},
            {"from": "doi:10.1/a", "to": "SnTe", "count": 3},
        ],
        "MENTIONS.Paper.Method": [{"from": "doi:10.1/d", "to": "XRD", "count": 1}],
        "Method": [{"name": "XRD", "kind": "characterisation"}],
    }
    changed = {"Material": [{"id": "PbTe", "name": "PbTe", "n_papers": 3}]}
    removed = {
        "Paper": [{"id": "doi:10.1/b"}],
        "MENTIONS.Paper.Material": [
            {"from": "doi:10.1/b", "to": "PbTe"},
            {"from": "doi:10.1/b", "to": "SnTe"},
        ],
    }
    step = changes(tmp_path, added=added, changed=changed, removed=removed)
    after = dict(merged(merged(SAMPLE, added), changed))
    after["Paper"] = without(after, "Paper", [("doi:10.1/b",)])
    gone = [("doi:10.1/b", "PbTe"), ("doi:10.1/b", "SnTe")]
    after["MENTIONS.Paper.Material"] = without(after, "MENTIONS.Paper.Material", gone)
    store.apply(step, information("load-2"))
    holds(store, after)
    store.apply(step, information("load-2"))
    holds(store, after)


def test_rows_to_add_that_are_there_in_part_are_added_once(
    store: GraphStore, tmp_path: Path
) -> None:
    """So a load goes on that was killed half way."""
    nodes = {name: rows for name, rows in SAMPLE.items() if "." not in name}
    edges = {name: rows for name, rows in SAMPLE.items() if "." in name}
    halves = {**nodes, **{name: rows[::2] for name, rows in edges.items()}}
    store.apply(changes(tmp_path, added=halves), information())
    store.apply(changes(tmp_path, added=SAMPLE), information())
    holds(store, SAMPLE)


def test_rows_to_add_that_are_there_with_other_properties_get_the_new_ones(
    store: GraphStore, tmp_path: Path
) -> None:
    """After a kill it is not certain which properties a row has: it is among those to add."""
    bare = {name: keys_of(name, list(rows)) for name, rows in SAMPLE.items()}
    store.apply(changes(tmp_path, added=bare), information())
    store.apply(changes(tmp_path, added=SAMPLE), information("load-2"))
    holds(store, SAMPLE)
    store.apply(changes(tmp_path, added=bare), information("load-3"))
    holds(store, bare)


def test_a_node_that_was_removed_comes_back_without_its_edges(
    store: GraphStore, tmp_path: Path
) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    phase = SAMPLE["Phase"]
    store.apply(changes(tmp_path, removed={"Phase": phase}), information("load-2"))
    store.apply(changes(tmp_path, added={"Phase": phase}), information("load-3"))
    gone = ("MENTIONS.Paper.Phase", "OBJECT.Claim.Phase")
    holds(store, {name: rows for name, rows in SAMPLE.items() if name not in gone})


def test_more_rows_than_go_in_one_batch(store: GraphStore, tmp_path: Path) -> None:
    size = 11_000
    ids = [f"p{number:05d}" for number in range(size)]
    tables: Tables = {
        "Paper": [{"id": id, "year": number} for number, id in enumerate(ids)],
        "Material": [{"id": "PbTe"}],
        "MENTIONS.Paper.Material": [
            {"from": id, "to": "PbTe", "count": number} for number, id in enumerate(ids)
        ],
    }
    store.apply(changes(tmp_path, added=tables), information())
    assert store.counts() == counts_of(tables)
    assert contents(store) == expected(tables)
    gone = {name: tables[name][: size - 3] for name in ("Paper", "MENTIONS.Paper.Material")}
    store.apply(changes(tmp_path, removed=gone), information("load-2"))
    holds(store, {**tables, **{name: tables[name][size - 3 :] for name in gone}})


def test_names_are_values_never_query_text(store: GraphStore, tmp_path: Path) -> None:
    tables: Tables = {
        "Material": [{"id": name, "name": name, "names": [name]} for name in ODD_NAMES],
        "Application": [{"name": name} for name in ODD_NAMES],
        "USED_IN.Material.Application": [
            {"from": name, "to": name, "n_papers": 1} for name in ODD_NAMES
        ],
    }
    store.apply(changes(tmp_path, added=tables), information())
    query = (
        "MATCH (m:Material {id: $id})-[e:USED_IN]->(a:Application {name: $id}) "
        "WHERE m.name = $id AND $id IN m.names RETURN m.id, m.name, a.name"
    )
    for name in ODD_NAMES:
        assert store.run(query, {"id": name}).rows == [(name, name, name)]
    holds(store, tables)


def test_a_cleared_store_is_empty_and_can_be_loaded_again(
    store: GraphStore, store_place: StorePlace, tmp_path: Path
) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    store.clear()
    assert store.info() is None
    assert store_place().info() is None
    with pytest.raises(GraphError):
        store.counts()
    papers = {"Paper": SAMPLE["Paper"]}
    store.apply(changes(tmp_path, added=papers), information())
    holds(store, papers)


def test_who_opens_the_store_next_sees_the_load(
    store: GraphStore, store_place: StorePlace, tmp_path: Path
) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    store.close()
    store.close()
    other = store_place()
    holds(other, SAMPLE)


def test_a_reader_goes_on_while_another_loads(
    store: GraphStore, store_place: StorePlace, tmp_path: Path
) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    reader = store_place()
    query = "MATCH (p:Paper) RETURN p.id ORDER BY p.id"
    before = reader.run(query).rows
    assert len(before) == 3
    more = changes(tmp_path, added={"Paper": [{"id": "doi:10.1/x"}]})
    store.apply(more, information("load-2"))
    assert reader.run(query).rows in (before, [*before, ("doi:10.1/x",)])
    assert store.run(query).rows == [*before, ("doi:10.1/x",)]
    assert store_place().run(query).rows == [*before, ("doi:10.1/x",)]


def test_a_load_that_fails_half_way_is_made_good_by_the_next(
    store: GraphStore, tmp_path: Path
) -> None:
    store.apply(changes(tmp_path, added=SAMPLE), information())
    added: Tables = {
        "Paper": [{"id": "doi:10.1/x"}],
        "SIMILAR_TO.Material.Material": [{"from": "PbTe", "to": "name:graphene"}] * 2000,
    }
    broken = changes(tmp_path, added=added)
    _spoil(broken.added.file(TABLES["SIMILAR_TO.Material.Material"]))
    with pytest.raises((GraphError, pa.ArrowException, OSError)):
        store.apply(broken, information("load-2"))
    found = store.info()
    assert found is not None
    assert (found.load, found.pending) in (("load-1", None), ("load-1", "load-2"))
    if found.pending is None:
        holds(store, SAMPLE)
    whole = {name: rows[:1] for name, rows in added.items()}
    store.apply(changes(tmp_path, added=whole), information("load-2"))
    holds(store, merged(SAMPLE, whole))
    assert store.info() == information("load-2")


def _spoil(path: Path) -> None:
    """Spoil the pages of a Parquet file, but not what it says about itself at its end."""
    data = bytearray(path.read_bytes())
    data[4:120] = bytes(116)
    path.write_bytes(bytes(data))
