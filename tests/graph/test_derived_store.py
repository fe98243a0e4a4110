"""What was derived is kept whole: changed by materials, and never half."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fake_derivation import FakeWork, add_derivations, fake_library

from graph.derived_rows import model_tables
from graph.derived_store import DerivedStore
from graph.derived_work import Material, derive_materials
from graph.propnet.engine import DeriveOptions
from matlore.errors import ArtifactError

LIBRARY = fake_library()
MODELS = model_tables(LIBRARY.models.values(), mean="weighted mean", version="engine 1")


def _gap(id: str, value: float, source: str = "p") -> dict[str, Any]:
    return {"id": id, "property": "band gap", "value": value, "source": source}


def _material(key: str, *gaps: float, fingerprint: str = "f") -> Material:
    rows = [_gap(f"{key}/{n}", value) for n, value in enumerate(gaps)]
    return Material(key, rows, fingerprint)


def _rows(store: DerivedStore, table: str) -> list[dict[str, Any]]:
    path = store.file(table)
    assert path is not None
    return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]


def _keep(store: DerivedStore, *materials: Material, gone: tuple[str, ...] = ()) -> None:
    draft = store.draft()
    add_derivations(draft, materials, LIBRARY)
    draft.commit(MODELS, "1", gone)


@pytest.fixture
def store(tmp_path: Path) -> DerivedStore:
    return DerivedStore(tmp_path / "derived")


def test_nothing_is_there_before_the_first(store: DerivedStore) -> None:
    assert store.card() is None
    assert store.stamp() is None
    assert store.file("quantities") is None
    assert store.materials() == {}
    assert store.counts()["quantities"] == 0


def test_rows_are_those_of_the_derivation(store: DerivedStore) -> None:
    _keep(store, _material("PbTe", 0.3, 0.4))
    quantities = {(one["property"], one["kind"]): one for one in _rows(store, "quantities")}
    mean = quantities["band gap", "aggregate"]
    assert (mean["value"], mean["unit"], mean["model"]) == (0.35, "eV", "weighted mean")
    assert mean["si_value"] == pytest.approx(0.35 * 1.602176634e-19)
    assert quantities["formula mass", "derived"]["license"] is None
    index = [one for one in _rows(store, "quantities") if one["model"] == "moss relation"]
    assert [one["version"] for one in index] == ["engine 1, model 1"] * 2
    assert {one["source"] for one in index} == {"p"}
    uses = [(one["from"], one["variable"], one["weight"]) for one in _rows(store, "uses")]
    assert uses.count((mean["id"], None, 0.5)) == 2
    assert {use[1:] for use in uses if use[0] == index[0]["id"]} == {("E", 1.0)}


def test_models_say_what_they_need_and_give(store: DerivedStore) -> None:
    _keep(store)
    models = {one["name"]: one for one in _rows(store, "models")}
    assert {name: one["kind"] for name, one in models.items()} == {
        "moss relation": "equation",
        "mass of a formula": "function",
        "weighted mean": "aggregation",
    }
    assert models["moss relation"]["reference"].endswith("doi:10.1002/pssb.2221310202")
    assert _rows(store, "needs") == [{"from": "moss relation", "to": "band gap", "variable": "E"}]
    gives = [tuple(one.values()) for one in _rows(store, "gives")]
    assert gives == [
        ("mass of a formula", "formula mass", "M", True),
        ("moss relation", "band gap", "E", False),
        ("moss relation", "refractive index", "n", True),
    ]


def test_only_materials_that_were_derived_anew_change(store: DerivedStore) -> None:
    _keep(store, _material("PbTe", 0.3), _material("SnTe", 0.2))
    before = [one for one in _rows(store, "quantities") if one["material"] == "SnTe"]
    _keep(store, _material("PbTe", 0.3, 0.5, fingerprint="g"))
    after = _rows(store, "quantities")
    assert [one for one in after if one["material"] == "SnTe"] == before
    assert sum(one["material"] == "PbTe" for one in after) == 4
    assert {key: one.fingerprint for key, one in store.materials().items()} == {
        "PbTe": "g",
        "SnTe": "f",
    }


def test_materials_that_are_gone_go(store: DerivedStore) -> None:
    _keep(store, _material("PbTe", 0.3), _material("SnTe", 0.2))
    _keep(store, gone=("PbTe",))
    assert {one["material"] for one in _rows(store, "quantities")} == {"SnTe"}
    assert [*store.materials()] == ["SnTe"]


def test_the_stamp_is_of_what_is_there_and_not_of_how_it_came(tmp_path: Path) -> None:
    first, second = DerivedStore(tmp_path / "a"), DerivedStore(tmp_path / "b")
    _keep(first, _material("PbTe", 0.3), _material("SnTe", 0.2))
    _keep(second, _material("SnTe", 0.9))
    _keep(second, _material("SnTe", 0.2))
    _keep(second, _material("PbTe", 0.3))
    assert first.stamp() == second.stamp()
    _keep(second, _material("PbTe", 0.31))
    assert first.stamp() != second.stamp()


def test_what_was_not_committed_counts_nowhere_and_goes(store: DerivedStore) -> None:
    _keep(store, _material("PbTe", 0.3))
    stamp = store.stamp()
    add_derivations(store.draft(), [_material("PbTe", 0.9), _material("SnTe", 0.2)], LIBRARY)
    assert store.stamp() == stamp
    assert {one["material"] for one in _rows(store, "quantities")} == {"PbTe"}
    store.draft()
    assert sum(entry.is_dir() for entry in store.path.iterdir()) == 2  # the state, this draft


def test_a_commit_that_dies_before_the_card_leaves_the_old_state(
    store: DerivedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep(store, _material("PbTe", 0.3))
    stamp, rows = store.stamp(), _rows(store, "quantities")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("graph.derived_store.write_whole", die)
        with pytest.raises(KeyboardInterrupt):
            _keep(store, _material("PbTe", 0.9))
    assert (store.stamp(), _rows(store, "quantities")) == (stamp, rows)
    _keep(store, _material("PbTe", 0.9))
    assert store.stamp() != stamp


def test_a_model_that_is_no_more_stays_with_its_values(store: DerivedStore) -> None:
    _keep(store, _material("PbTe", 0.3), _material("SnTe", 0.2))
    fewer = fake_library("2", without="moss relation")
    models = model_tables(fewer.models.values(), mean="weighted mean", version="engine 1")
    draft = store.draft()
    add_derivations(draft, [_material("PbTe", 0.3)], fewer)
    draft.commit(models, "2")
    assert "moss relation" in {one["name"] for one in _rows(store, "models")}
    draft = store.draft()
    add_derivations(draft, [_material("SnTe", 0.2)], fewer)
    draft.commit(models, "2")
    assert "moss relation" not in {one["name"] for one in _rows(store, "models")}
    assert "moss relation" not in {one["from"] for one in _rows(store, "needs")}


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": 99}'])
def test_a_damaged_card_says_what_to_do(store: DerivedStore, text: str) -> None:
    _keep(store, _material("PbTe", 0.3))
    (store.path / "card.json").write_text(text)
    with pytest.raises(ArtifactError, match="matlore graph derive"):
        store.card()


def test_a_damaged_file_is_not_read(store: DerivedStore) -> None:
    _keep(store, _material("PbTe", 0.3))
    path = store.file("quantities")
    assert path is not None
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ArtifactError, match="damaged"):
        store.file("quantities")
    path.unlink()
    with pytest.raises(ArtifactError, match="cannot be read"):
        store.counts()


def test_counts(store: DerivedStore) -> None:
    _keep(store, _material("PbTe", 0.3, 0.4, 0.0), _material("name:steel", 13.0))
    counts = store.counts()
    assert counts["failed"] == 1
    assert counts["errors"] == ["name:steel: failed: RuntimeError: an unlucky number"]
    assert counts["rejections"] == {"no gap": 1}
    assert (counts["quantities"], counts["aggregates"], counts["with_values"]) == (3, 1, 1)


def test_several_processes_give_what_one_gives() -> None:
    work = FakeWork(LIBRARY, DeriveOptions())  # type: ignore[arg-type]
    materials = [_material(f"Sn{n}Te", 0.1 * n) for n in range(2, 240)]
    one = [*derive_materials(materials, work, workers=1)]
    two = [*derive_materials(materials, work, workers=2)]
    assert len(one) == 3
    assert one == two
