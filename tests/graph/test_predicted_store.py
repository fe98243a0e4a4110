"""What was predicted is kept by models: added to, replaced as a whole, and never half."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fake_predictors import CLASSES, GAP, MERIT, FakePredictor, keep_predictions, rows_of

from graph.predicted_rows import OUTSIDE, PredictOptions
from graph.predicted_store import PredictedStore, predicted_schemas
from graph.schema import SCHEMA
from matlore.errors import ArtifactError

COOL_AND_HOT = PredictOptions(temperatures=(600.0, 300.0))


@pytest.fixture
def store(tmp_path: Path) -> PredictedStore:
    return PredictedStore(tmp_path / "predicted")


def _rows(store: PredictedStore, name: str) -> list[dict[str, Any]]:
    path = store.file(store.card().models[name], "quantities")
    return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]


def _files(store: PredictedStore) -> int:
    return len([*store.path.glob("*.parquet")])


# Rows.


def test_a_row_says_what_the_prediction_says() -> None:
    model, rows = rows_of(FakePredictor(GAP, lambda *_: 1.23456789, "v7"), ["PbTe"])
    (row,) = rows.quantities.to_pylist()
    wanted = {
        **{"material": "PbTe", "model": "gap", "value": 1.23457, "unit": "eV", "comparator": "="},
        **{"lower": 1.13457, "upper": 1.33457, "level": 0.9, "in_domain": True},
        **{"kind": "predicted", "modality": "computed", "version": "v7", "score": None},
        **{"conditions": [], "temperature": None, "source": None, "std": None},
    }
    assert {name: row[name] for name in wanted} == wanted
    assert row["si_value"] == pytest.approx(1.23457 * 1.602176634e-19)
    assert (model.property_name, model.about, model.license) == ("band gap", "Gaps.", "CC0-1.0")
    assert model.reference == "Doe; data: A table; CC0."


def test_each_temperature_is_a_value_with_an_id_of_its_own() -> None:
    merit = FakePredictor(MERIT, lambda _, at: at["temperature"] / 1000)
    _, rows = rows_of(merit, ["PbTe", "SnTe"], COOL_AND_HOT)
    said = [(one["material"], one["temperature"], one["value"], one["conditions"])
            for one in rows.quantities.to_pylist()]  # fmt: skip
    assert said[:2] == [
        ("PbTe", 300.0, 0.3, ["temperature = 300 K"]),
        ("PbTe", 600.0, 0.6, ["temperature = 600 K"]),
    ]
    assert len({one["id"] for one in rows.quantities.to_pylist()}) == 4
    _, again = rows_of(FakePredictor(MERIT, lambda *_: 9.0, "2"), ["PbTe"])
    assert again.quantities["id"][0] == rows.quantities["id"][0]  # no version, no value


def test_without_temperatures_the_predictors_own() -> None:
    _, rows = rows_of(FakePredictor(MERIT), ["PbTe"])
    assert rows.quantities["temperature"].to_pylist() == [300.0]
    _, rows = rows_of(FakePredictor(GAP), ["PbTe"], COOL_AND_HOT)
    assert rows.quantities["temperature"].to_pylist() == [None]


def test_what_cannot_be_predicted_is_noted_and_stops_nothing() -> None:
    keys = ["PbTe", "ThO2", "Al0", "SnTe", "Th", "HgTe"]
    _, rows = rows_of(FakePredictor(GAP), keys)
    notes = {one["material"]: one["note"] for one in rows.materials.to_pylist()}
    assert notes.keys() == set(keys)
    assert notes["ThO2"] == "ThO2: no data for Th"
    assert "all amounts are zero" in notes["Al0"]
    found = {one["material"]: one["in_domain"] for one in rows.quantities.to_pylist()}
    assert found == {"PbTe": True, "SnTe": True, "HgTe": False}
    _, rows = rows_of(FakePredictor(GAP), keys, PredictOptions(only_in_domain=True))
    assert set(rows.quantities["material"].to_pylist()) == {"PbTe", "SnTe"}
    notes = {one["material"]: one["note"] for one in rows.materials.to_pylist()}
    assert (notes["HgTe"], notes["PbTe"]) == (OUTSIDE, None)


def test_a_classification_says_of_what_it_is_the_probability() -> None:
    model, _ = rows_of(FakePredictor(CLASSES), [])
    assert model.about == (
        "Lustre. The value is the probability of shiny; lower and upper are the ends of the set of"
        " classes, 0 for dull and 1 for shiny."
    )


def test_settings_tell_predictions_apart() -> None:
    every = [
        PredictOptions(),
        PredictOptions(temperatures=(300.0, 600.0)),
        PredictOptions(level=0.5),
        PredictOptions(only_in_domain=True),
    ]
    assert len({one.stamp(MERIT) for one in every}) == 4
    assert len({one.stamp(GAP) for one in every}) == 3  # gaps have no temperature
    assert COOL_AND_HOT.stamp(MERIT) == every[1].stamp(MERIT)


# The store.


def test_nothing_is_there_before_the_first(store: PredictedStore) -> None:
    assert (store.stamp(), store.card().models, store.card().choices) == (None, {}, {})


def test_the_columns_are_those_of_the_graph() -> None:
    columns = {one.name for one in SCHEMA.node_types["Quantity"].properties}
    kept = set(predicted_schemas()["quantities"].names)
    assert kept - columns == {"material", "model"}
    assert columns - kept == {"conflict", "license"}


def test_rows_of_new_materials_come_to_those_that_are_kept(store: PredictedStore) -> None:
    gap = FakePredictor(GAP)
    keep_predictions(store, gap, ["SnTe", "ThO2"])
    keep_predictions(store, FakePredictor(MERIT), ["PbTe"])
    model = keep_predictions(store, gap, ["PbTe"])
    assert [one["material"] for one in _rows(store, "gap")] == ["PbTe", "SnTe"]
    assert store.counts(model) == {"materials": 3, "without": 1, "values": 2, "in_domain": 2}
    assert store.notes(model) == {"PbTe": None, "SnTe": None, "ThO2": "ThO2: no data for Th"}
    assert sorted(store.card().models) == ["gap", "merit"]
    assert _files(store) == 4


def test_materials_that_are_gone_go(store: PredictedStore) -> None:
    model = keep_predictions(store, FakePredictor(GAP), ["PbTe", "SnTe"])
    model = store.change(model, gone={"PbTe", "GeTe"})
    assert store.notes(model) == {"SnTe": None}
    assert [one["material"] for one in _rows(store, "gap")] == ["SnTe"]


@pytest.mark.parametrize("changed", [{"version": "2"}, {"options": PredictOptions(level=0.5)}])
def test_another_version_or_other_settings_replace_all(
    store: PredictedStore, changed: dict[str, Any]
) -> None:
    keep_predictions(store, FakePredictor(GAP), ["PbTe", "SnTe"])
    options = changed.pop("options", None)
    keep_predictions(store, FakePredictor(GAP, **changed), ["SnTe"], options)
    (row,) = _rows(store, "gap")
    assert (row["material"], row["level"]) == ("SnTe", 0.5 if options else 0.9)


def test_the_stamp_is_of_what_comes_into_a_graph(tmp_path: Path) -> None:
    first, second = PredictedStore(tmp_path / "a"), PredictedStore(tmp_path / "b")
    keep_predictions(first, FakePredictor(GAP), ["PbTe", "SnTe"])
    for key in ("SnTe", "PbTe"):
        keep_predictions(second, FakePredictor(GAP), [key])
    assert first.stamp() == second.stamp()
    second.choose({"level": 0.9})
    assert first.stamp() == second.stamp()
    model = first.card().models["gap"]
    first.change(replace(model, about="Other words."))
    assert first.stamp() != second.stamp()
    second.forget(["gap"])
    assert second.stamp() is None
    assert _files(second) == 0
    assert second.card().choices == {"level": 0.9}


def test_a_commit_that_dies_before_the_card_leaves_the_old_state(
    store: PredictedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_predictions(store, FakePredictor(GAP), ["PbTe"])
    stamp, rows = store.stamp(), _rows(store, "gap")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("graph.predicted_store.write_whole", die)
        with pytest.raises(KeyboardInterrupt):
            keep_predictions(store, FakePredictor(GAP, version="2"), ["SnTe"])
    assert (store.stamp(), _rows(store, "gap")) == (stamp, rows)
    keep_predictions(store, FakePredictor(GAP), ["SnTe"])
    assert _files(store) == 2


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"format": 9}', '{"format": 1, "choices": {}, "models": {"a": {}}}']
)
def test_a_damaged_card_says_what_to_do(store: PredictedStore, text: str) -> None:
    keep_predictions(store, FakePredictor(GAP), ["PbTe"])
    (store.path / "card.json").write_text(text)
    with pytest.raises(ArtifactError, match="matlore graph predict"):
        store.card()


def test_a_damaged_file_is_not_read(store: PredictedStore) -> None:
    model = keep_predictions(store, FakePredictor(GAP), ["PbTe"])
    path = store.file(model, "materials")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ArtifactError, match=r"damaged|is not"):
        store.notes(model)
    path.unlink()
    with pytest.raises(ArtifactError, match="cannot be read"):
        store.counts(model)
    with pytest.raises(ArtifactError, match="damaged"):
        store.file(replace(model, files={"quantities": "x"}), "materials")
