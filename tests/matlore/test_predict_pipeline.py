"""Predictions of formulas, structures and files, by small predictors that are really trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tiny_predictors import save_tiny_predictors, tiny_predictor

from graph.predictors.compositions import read_formula
from matlore.errors import ArtifactError, InputError, NotFoundError, UsageError
from matlore.pipeline.predict import predict_properties

GAP, KAPPA, METAL = "band gap", "thermal conductivity", "metallicity"


@pytest.fixture(scope="session")
def predictors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_predictors(tmp_path_factory.mktemp("predictors"))


@pytest.fixture(autouse=True)
def only_tiny(predictors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the small predictors stand for those that ship."""
    monkeypatch.setattr("matlore.pipeline.predict_models.STARTER_PREDICTORS", predictors)


def rows_of(*materials: str, **options: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = predict_properties(Path("none"), materials, **options)[
        "predictions"
    ]
    return found


def test_a_prediction_is_that_of_its_predictor() -> None:
    row = rows_of("PbTe", properties=["band_gap"])[0]
    expected = tiny_predictor("band-gap").predict([read_formula("PbTe")])[0]
    assert row["value"] == pytest.approx(expected.value, rel=1e-3)
    assert (row["lower"], row["upper"]) == pytest.approx((expected.lower, expected.upper), rel=1e-2)
    # What was made up: the electronegativity of tellurium times its share.
    assert row["value"] == pytest.approx(2.1 / 2, abs=0.3)
    assert row["lower"] < row["value"] < row["upper"]


def test_it_has_the_keys_that_programs_rely_on() -> None:
    row = rows_of("PbTe", properties=["band_gap"])[0]
    keys = "formula property value unit lower upper level in_domain conditions model drivers"
    assert set(keys.split()) <= set(row)
    assert (row["formula"], row["property"], row["unit"], row["level"]) == ("PbTe", GAP, "eV", 0.9)
    assert row["model"].startswith("band-gap ")


def test_all_properties_are_predicted_in_order() -> None:
    rows = rows_of("PbTe", "SnTe")
    assert [(row["formula"], row["property"]) for row in rows] == [
        (formula, name) for formula in ("PbTe", "SnTe") for name in (GAP, METAL, KAPPA)
    ]


def test_a_property_may_be_named_twice_and_all_ways() -> None:
    assert len(rows_of("PbTe", properties=["band_gap", "E_g", "band-gap"])) == 1


def test_every_temperature_that_is_asked_for() -> None:
    rows = rows_of("PbTe", properties=["kappa"], conditions={"temperature": [300, 500, 900]})
    assert [row["conditions"]["temperature"] for row in rows] == [300, 500, 900]
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)  # as was made up
    assert [row["in_domain"] for row in rows] == [True, True, False]
    assert "900 K" in rows[2]["doubts"][0]


def test_without_a_temperature_it_is_the_usual_one() -> None:
    assert rows_of("PbTe", properties=["kappa"])[0]["conditions"] == {"temperature": 300.0}


def test_a_temperature_that_does_not_matter_is_noted_for_a_named_property() -> None:
    given: dict[str, Any] = {"conditions": {"temperature": [300, 400]}}
    named = predict_properties(Path("none"), ["PbTe"], properties=["band_gap"], **given)
    assert len(named["predictions"]) == 1
    assert "without temperature" in named["notes"][0]
    everything = predict_properties(Path("none"), ["PbTe"], **given)
    assert not everything["notes"]
    assert len(everything["predictions"]) == 1 + 1 + 2


def test_a_condition_that_no_predictor_takes_is_refused() -> None:
    with pytest.raises(UsageError, match=r"pressure: no predictor takes it .these take temp"):
        rows_of("PbTe", conditions={"pressure": [1]})


def test_a_level_changes_the_interval_alone() -> None:
    half, most = (rows_of("PbTe", properties=[GAP], level=level)[0] for level in (0.5, 0.9))
    assert half["value"] == most["value"]
    assert half["upper"] - half["lower"] < most["upper"] - most["lower"]
    with pytest.raises(UsageError, match="--level"):
        rows_of("PbTe", level=1.0)


def test_a_classification_has_a_class() -> None:
    row = rows_of("PbTe", properties=["metallicity"])[0]
    assert row["class"] == "metal"  # gaps below the median are metals, as was made up
    assert row["probability_of"] == "metal"
    assert row["value"] > 0.5
    assert set(row["classes"]) <= {"metal", "nonmetal"}


def test_it_explains_and_names_neighbours_where_asked() -> None:
    row = rows_of("PbTe", properties=[GAP], explain=True, neighbours=2)[0]
    assert 1 <= len(row["drivers"]) <= 6
    assert len(row["neighbours"]) == 2
    assert row["neighbours"][0].formula == "PbTe"
    plain = rows_of("PbTe", properties=[GAP])[0]
    assert (len(plain["drivers"]), len(plain["neighbours"])) == (0, 0)


def test_an_element_unlike_the_training_data_is_outside() -> None:
    row = rows_of("AuTe2", properties=[GAP])[0]
    assert not row["in_domain"]
    assert any("Au" in doubt for doubt in row["doubts"])


# Several, and bad ones.


def test_a_bad_material_never_stops_the_others(tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text("PbTe\nLa1-xSrxMnO3\nFrTe\nTi-6Al-4V\nSnTe\n")
    rows = rows_of(source=str(source), properties=[GAP])
    assert ["error" in row for row in rows] == [False, True, True, True, False]
    assert "Fr" in rows[2]["error"]
    assert [row["place"].rpartition(":")[2] for row in rows] == list("12345")


def test_many_bad_ones_among_many(tmp_path: Path) -> None:
    formulas = ["FrTe" if k % 7 == 3 else f"Pb{k + 1}Te" for k in range(100)]
    source = tmp_path / "in.txt"
    source.write_text("\n".join(formulas))
    rows = rows_of(source=str(source))
    bad = [row for row in rows if "error" in row]
    assert len(bad) == formulas.count("FrTe")
    assert len(rows) - len(bad) == 3 * (100 - len(bad))
    alone = rows_of("Pb9Te", properties=[GAP])[0]
    among = next(row for row in rows if row["name"] == "Pb9Te")
    assert among["value"] == alone["value"]


def test_the_only_material_raises_its_error() -> None:
    with pytest.raises(InputError, match="x"):
        rows_of("La1-xSrxMnO3")
    with pytest.raises(InputError, match="Fr"):
        rows_of("FrTe")


def test_a_table_gives_temperatures_of_its_own(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("formula,temperature\nPbTe,400\nSnTe,\n")
    rows = rows_of(source=str(source), properties=["kappa"], conditions={"temperature": [600.0]})
    assert [row["conditions"]["temperature"] for row in rows] == [400, 600]


def test_the_same_formula_in_other_words_gives_the_same_numbers() -> None:
    one, other = rows_of("Fe2O3", "Fe4O6", properties=[GAP])
    assert one["formula"] == other["formula"]
    assert one["name"] != other["name"]


# Predictors.


def test_a_predictor_of_the_home_stands_for_the_one_that_ships(
    tmp_path: Path, predictors: Path
) -> None:
    from shutil import copytree

    copytree(predictors / "band-gap", tmp_path / "predictors" / "my-gaps")
    found = predict_properties(tmp_path, ["PbTe"], properties=[GAP])["predictions"]
    assert len(found) == 1


def test_a_damaged_predictor_is_told(tmp_path: Path, predictors: Path) -> None:
    from shutil import copytree

    folder = copytree(predictors / "band-gap", tmp_path / "all" / "band-gap")
    (folder / "training.json.zst").write_bytes(b"nothing")
    with pytest.raises(ArtifactError, match="training"):
        rows_of("PbTe", properties=[GAP], folder=tmp_path / "all")


# Plots.


def test_a_plot_without_temperatures_covers_what_was_learned_from(tmp_path: Path) -> None:
    path = tmp_path / "kappa.svg"
    rows = rows_of("PbTe", properties=["kappa"], plot=path)
    at = [row["conditions"]["temperature"] for row in rows]
    assert (at[0], at[-1]) == (300, 700)
    assert len(at) > 10
    assert "temperature (K)" in path.read_text()


def test_a_plot_of_several_materials(tmp_path: Path) -> None:
    path = tmp_path / "gaps.png"
    rows_of("PbTe", "FrTe", "SnTe", properties=[GAP], plot=path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_plot_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no prediction"):
        rows_of("FrTe", "FrSe", properties=[GAP], plot=tmp_path / "a.png")
    with pytest.raises(UsageError, match="ends in"):
        rows_of("PbTe", properties=[GAP], plot=tmp_path / "a.gif")


# Structures.

PBTE = Path(__file__).parents[1] / "data" / "structures" / "PbTe.POSCAR"


@pytest.fixture(scope="session")
def with_symmetry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("symmetry")
    return save_tiny_predictors(folder, ["band-gap", "band-gap-symmetry"])


def test_a_structure_uses_the_predictor_that_knows_more(with_symmetry: Path) -> None:
    pytest.importorskip("pymatgen")
    options: dict[str, Any] = {"properties": [GAP], "folder": with_symmetry}
    formula, structure = rows_of("PbTe", str(PBTE), **options)
    assert formula["model"].startswith("band-gap ")
    assert structure["model"].startswith("band-gap-symmetry ")
    assert (structure["formula"], structure["structure"]) == ("PbTe", "PbTe.POSCAR")
    assert "structure" not in formula


def test_a_formula_is_too_little_for_a_predictor_of_structures(with_symmetry: Path) -> None:
    options: dict[str, Any] = {"properties": ["band-gap-symmetry"], "folder": with_symmetry}
    with pytest.raises(InputError, match="needs a structure; give a CIF"):
        rows_of("PbTe", **options)


def test_a_structure_is_enough_for_a_predictor_of_compositions() -> None:
    pytest.importorskip("pymatgen")
    structure, formula = rows_of(str(PBTE), "PbTe", properties=[GAP])
    assert structure["value"] == formula["value"]


def test_all_properties_of_a_formula_leave_out_those_of_structures(
    tmp_path: Path, predictors: Path
) -> None:
    from shutil import copytree

    save_tiny_predictors(tmp_path / "all", ["band-gap-symmetry"])
    copytree(predictors / "metallicity", tmp_path / "all" / "metallicity")
    found = tmp_path / "all"
    with_starter = predict_properties(Path("none"), ["PbTe"], folder=found)
    assert {row["property"] for row in with_starter["predictions"]} == {GAP, METAL, KAPPA}
    assert not any("error" in row for row in with_starter["predictions"])


def test_a_property_of_structures_alone_is_noted(
    tmp_path: Path, predictors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shutil import copytree

    save_tiny_predictors(tmp_path, ["band-gap-symmetry"])
    copytree(predictors / "metallicity", tmp_path / "metallicity")
    monkeypatch.setattr("matlore.pipeline.predict_models.STARTER_PREDICTORS", tmp_path)
    found = predict_properties(Path("none"), ["PbTe"])
    assert [row["property"] for row in found["predictions"]] == [METAL]
    assert found["notes"] == ["band gap is predicted for structures only"]
