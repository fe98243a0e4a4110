"""Predictors in folders."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import zstandard
from small_predictors import TREES, gap_predictor, metal_predictor

from graph.predictors import featurizers
from graph.predictors.base import Sample
from graph.predictors.compositions import make_sample, read_formula
from graph.predictors.predictor import PropertyPredictor
from graph.predictors.predictor_content import read_training, training_bytes
from graph.predictors.predictor_files import (
    load_predictor,
    load_predictors,
    read_card,
    read_recipe,
    save_predictor,
)
from graph.predictors.training_rows import Training
from matlore.errors import ArtifactError

SAMPLES = [read_formula(text) for text in ("CaO", "Pb2Te", "CuO", "Ca0.3Sr0.7O")]


@pytest.fixture(scope="module")
def gap() -> PropertyPredictor:
    return gap_predictor()


@pytest.fixture(scope="module")
def kept(gap: PropertyPredictor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predictors") / "deep" / "gap"
    save_predictor(gap, folder)
    return folder


@pytest.fixture
def saved(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "gap"))


def test_what_was_saved_predicts_the_same(gap: PropertyPredictor, saved: Path) -> None:
    loaded = load_predictor(saved)
    before = gap.predict(SAMPLES, explain=3, neighbours=3)
    assert loaded.predict(SAMPLES, explain=3, neighbours=3) == before
    assert loaded.version == gap.version
    assert loaded.recipe == gap.recipe
    assert loaded.weights == gap.weights
    assert loaded.training.residuals.tolist() == gap.training.residuals.tolist()
    assert loaded.training.groups.tolist() == gap.training.groups.tolist()


def test_a_classifier_comes_back_too(tmp_path: Path) -> None:
    metal = metal_predictor()
    save_predictor(metal, tmp_path / "metal")
    loaded = load_predictor(tmp_path / "metal")
    assert loaded.predict(SAMPLES, explain=2) == metal.predict(SAMPLES, explain=2)
    assert loaded.calibration.platt == metal.calibration.platt


def test_the_same_predictor_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    again, loaded = tmp_path / "again", tmp_path / "loaded"
    save_predictor(gap_predictor(), again)
    save_predictor(load_predictor(saved), loaded)
    for path in saved.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()
        assert (loaded / path.name).read_bytes() == path.read_bytes()
    names = {"card.json", "member-0.txt.zst", "member-1.safetensors", "training.json.zst"}
    assert {path.name for path in loaded.iterdir()} == names


def test_the_card_is_read_alone(saved: Path, gap: PropertyPredictor) -> None:
    for path in saved.iterdir():
        if path.name != "card.json":
            path.unlink()
    card = read_card(saved)
    assert card["name"] == "gap"
    assert card["version"] == gap.version
    assert (card["rows"], card["materials"]) == (480, 240)
    assert card["licence"] == "made up"
    assert read_recipe(saved) == gap.recipe


def test_settings_of_any_mapping_are_kept(gap: PropertyPredictor, tmp_path: Path) -> None:
    settings = MappingProxyType({"trees": 30, "objective": "l1"})
    member = replace(gap.recipe.members[0], settings=settings, choices=(settings,))
    recipe = replace(gap.recipe, members=(member, gap.recipe.members[1]), unit="Å")
    save_predictor(replace(gap, recipe=recipe), tmp_path / "gap")
    assert read_recipe(tmp_path / "gap") == recipe


def test_what_is_told_cannot_hide_what_is_so(gap: PropertyPredictor, tmp_path: Path) -> None:
    save_predictor(replace(gap, card={"version": "7", "note": "x"}), tmp_path / "gap")
    card = read_card(tmp_path / "gap")
    assert card["version"] == gap.version
    assert card["note"] == "x"


def test_a_predictor_takes_the_place_of_another(saved: Path, gap: PropertyPredictor) -> None:
    (saved / "member-7.txt.zst").write_bytes(b"of an older one")
    save_predictor(replace(gap, weights=(1.0, 0.0)), saved)
    assert load_predictor(saved).weights == (1.0, 0.0)
    assert not (saved / "member-7.txt.zst").exists()
    assert [path.name for path in saved.parent.iterdir() if path.name.startswith(".")] == []


def test_a_folder_of_something_else_is_left_alone(gap: PropertyPredictor, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ArtifactError, match="holds something else than a predictor"):
        save_predictor(gap, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"
    with pytest.raises(ArtifactError, match="holds something else"):
        save_predictor(gap, tmp_path / "thesis.tex")
    with pytest.raises(ArtifactError, match="cannot be written"):
        save_predictor(gap, tmp_path / "thesis.tex" / "gap")


@pytest.mark.parametrize("name", ["member-0.txt.zst", "member-1.safetensors", "training.json.zst"])
def test_a_damaged_or_missing_file_is_told(saved: Path, name: str) -> None:
    path = saved / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match=rf"gap: {name} .*matlore predict train"):
        load_predictor(saved)
    path.write_bytes(bytes(data[:10]))
    with pytest.raises(ArtifactError, match=f"{name} is"):
        load_predictor(saved)
    path.unlink()
    with pytest.raises(ArtifactError, match=f"{name} is missing or damaged"):
        load_predictor(saved)


def test_other_content_of_the_right_form_is_told(saved: Path) -> None:
    data = zstandard.ZstdCompressor().compress(b"tree\nversion=v4\nend of trees\n")
    (saved / "member-0.txt.zst").write_bytes(data)
    with pytest.raises(ArtifactError, match=r"not what the card says \(sha256\)"):
        load_predictor(saved)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "damaged"),
        ("[]", "not the card of a predictor"),
        ('{"kind": "a paper"}', "not the card of a predictor"),
        ('{"kind": "matlore predictor", "format": 2}', "update matlore"),
        ('{"kind": "matlore predictor", "format": 1}', "lacks 'recipe'"),
    ],
)
def test_a_damaged_foreign_or_newer_card_is_told(saved: Path, text: str, words: str) -> None:
    (saved / "card.json").write_text(text)
    with pytest.raises(ArtifactError, match=words):
        load_predictor(saved)


@pytest.mark.parametrize("key", ["weights", "calibration", "featurizers", "sha256", "recipe"])
def test_a_card_that_lacks_something_is_told(saved: Path, key: str) -> None:
    card = json.loads((saved / "card.json").read_text())
    for broken in ({k: v for k, v in card.items() if k != key}, {**card, key: 7}):
        (saved / "card.json").write_text(json.dumps(broken))
        with pytest.raises(ArtifactError, match="train it again"):
            load_predictor(saved)


def test_no_predictor_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no predictor there"):
        load_predictor(tmp_path / "nowhere")


def test_changed_descriptors_are_told(saved: Path) -> None:
    card = json.loads((saved / "card.json").read_text())
    card["featurizers"]["fractions"] = "0"
    (saved / "card.json").write_text(json.dumps(card))
    now = featurizers.get_featurizer("fractions").version
    with pytest.raises(ArtifactError, match=f"version 0 of .* fractions, which are now {now}"):
        load_predictor(saved)


def test_descriptors_that_are_no_more_are_told(saved: Path) -> None:
    card = json.loads((saved / "card.json").read_text())
    card["featurizers"]["phlogiston"] = "1"
    (saved / "card.json").write_text(json.dumps(card))
    with pytest.raises(ArtifactError, match="phlogiston"):
        load_predictor(saved)


def test_a_folder_of_predictors(saved: Path) -> None:
    (saved.parent / "notes").mkdir()
    broken = saved.parent / "broken"
    broken.mkdir()
    (broken / "card.json").write_text("{")
    found = load_predictors(saved.parent)
    assert list(found) == ["broken", "gap"]
    assert len(found) == 2
    assert found["gap"] is found["gap"]
    with pytest.raises(ArtifactError):
        found["broken"]
    assert dict(load_predictors(saved / "nothing")) == {}


def test_training_rows_keep_what_decides() -> None:
    samples = (
        read_formula("Bi0.5Sb1.5Te3"),
        replace(read_formula("CaTiO3"), space_group=221, cell_atoms=5),
        make_sample("steel", {"Fe": 0.6208, "C": 0.000953, "Mn": 0.378247}),
        read_formula("O2"),
        Sample("cell", "NaCl", {"Na": 0.5, "Cl": 0.5}, 8.0),
    )
    rows = tuple(samples[row] for row in (0, 1, 0, 2, 3, 4))
    values = np.array([1.0, 0.1 + 0.2, 1e-300, 123456789.0, -0.0, 2.5e17])
    training = Training(
        rows, np.arange(6.0)[:, None], values, values / 7.0, np.array([3, 1, 3, 4, 5, 9])
    )
    predictor = gap_predictor()
    calibration = replace(predictor.calibration, difficulties=np.full(6, 0.25))
    data = training_bytes(training, calibration)
    again, difficulties = read_training(data)
    for old, new in zip(rows, again.samples, strict=True):
        assert dict(new.fractions) == dict(old.fractions)
        assert (new.formula, new.atoms) == (old.formula, old.atoms)
        assert (new.space_group, new.cell_atoms) == (old.space_group, old.cell_atoms)
    assert again.samples[0] is again.samples[2]
    assert again.values.tolist() == values.tolist()
    assert again.residuals.tolist() == (values / 7.0).tolist()
    assert again.conditions.tolist() == training.conditions.tolist()
    assert again.groups.tolist() == training.groups.tolist()
    assert difficulties.tolist() == [0.25] * 6
    assert training_bytes(again, calibration) == data


@pytest.mark.parametrize(
    "change",
    [
        {"values": [1.0]},
        {"rows": [99]},
        {"samples": ["not a formula!"]},
        {"samples": [7]},
        {"difficulties": [0.1]},
        {"groups": "abc"},
    ],
)
def test_damaged_training_rows_are_told(change: dict[str, object]) -> None:
    predictor = gap_predictor()
    facts = json.loads(training_bytes(predictor.training, predictor.calibration))
    with pytest.raises(ArtifactError, match="training rows of a predictor are damaged"):
        read_training(json.dumps({**facts, **change}).encode())


def test_a_recipe_that_learns_from_structures_keeps_the_support(
    gap: PropertyPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = featurizers.get_featurizer

    class Structural:
        needs = "structure"

        def __getattr__(self, name: str) -> object:
            return getattr(real("fractions"), name)

    def get(name: str) -> object:
        return Structural() if name == "fractions" else real(name)

    monkeypatch.setattr(featurizers, "get_featurizer", get)
    save_predictor(gap, tmp_path / "gap")
    plain = 4 * (240 * 2 + 3 * len(featurizers.column_names(TREES.descriptors)))
    assert (tmp_path / "gap" / "member-1.safetensors").stat().st_size > 10 * plain
    found = load_predictor(tmp_path / "gap").predict(SAMPLES)
    assert [p.value for p in found] == [p.value for p in gap.predict(SAMPLES)]
