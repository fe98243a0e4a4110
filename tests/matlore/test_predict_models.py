"""Which predictors there are, what they are called, and which one is used."""

from pathlib import Path

import pytest

from graph.predictors.base import MemberRecipe, Recipe, Sample
from matlore.errors import ArtifactError, NotFoundError, UsageError
from matlore.pipeline.predict_models import (
    PREDICTORS,
    Predictors,
    choose_predictor,
    find_predictors,
    home_predictors,
    property_name,
)

MEMBER = MemberRecipe("boosting", ("magpie",))
PBTE = Sample("PbTe", "PbTe", {"Pb": 0.5, "Te": 0.5}, 2.0)
WITH_SYMMETRY = Sample("a.cif", "PbTe", {"Pb": 0.5, "Te": 0.5}, 2.0, 225, 2)


def recipe(name: str, property: str, needs: str = "composition") -> Recipe:
    return Recipe(name, property, "1", (MEMBER,), needs=needs)  # type: ignore[arg-type]


SHIPPED = {
    "band-gap": recipe("band-gap", "band gap"),
    "figure-of-merit": recipe("figure-of-merit", "thermoelectric figure of merit"),
    "bulk-modulus": recipe("bulk-modulus", "bulk modulus"),
    "bulk-modulus-symmetry": recipe("bulk-modulus-symmetry", "bulk modulus", "symmetry"),
    "glass-forming": recipe("glass-forming", "glass-forming ability"),
}


class Stub(Predictors):
    """Predictors of which there are only recipes."""

    def __init__(self, recipes: dict[str, Recipe | None], own: tuple[str, ...] = ()) -> None:
        sources = {name: "home" if name in own else "starter" for name in recipes}
        super().__init__({name: Path(name) for name in recipes}, sources)
        self._stubs = recipes

    def recipe(self, name: str) -> Recipe:
        found = self._stubs[name]
        if found is None:
            raise ArtifactError(f"{name} is damaged")
        return found


STUB = Stub(dict(SHIPPED))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("band_gap", "band-gap"),
        ("band gap", "band-gap"),
        ("Band-Gap", "band-gap"),
        ("bandgap", "band-gap"),
        ("E_g", "band-gap"),
        ("band-gap", "band-gap"),
        ("zT", "figure-of-merit"),
        ("ZT", "figure-of-merit"),
        ("zt", "figure-of-merit"),
        ("thermoelectric_figure_of_merit", "figure-of-merit"),
        ("figure-of-merit", "figure-of-merit"),
        ("glass-forming ability", "glass-forming"),
        ("glass_forming", "glass-forming"),
    ],
)
def test_a_property_by_any_of_its_names(text: str, name: str) -> None:
    assert find_predictors(STUB, text) == [name]


def test_a_property_may_have_two_predictors() -> None:
    assert find_predictors(STUB, "bulk_modulus") == ["bulk-modulus", "bulk-modulus-symmetry"]
    assert find_predictors(STUB, "bulk-modulus-symmetry") == ["bulk-modulus-symmetry"]


def test_all_are_all() -> None:
    assert find_predictors(STUB, "all") == sorted(SHIPPED)


def test_an_unknown_property_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'band gap'.*bulk modulus"):
        find_predictors(STUB, "band_gab")
    with pytest.raises(UsageError, match="predict train"):
        find_predictors(Stub({}), "band gap")


def test_a_damaged_predictor_does_not_stop_the_others() -> None:
    broken = Stub({**SHIPPED, "another": None})
    assert find_predictors(broken, "band_gap") == ["band-gap"]
    with pytest.raises(ArtifactError, match="damaged"):
        find_predictors(Stub({"another": None}), "band_gap")


def test_the_predictor_that_uses_more_of_what_is_known() -> None:
    names = find_predictors(STUB, "bulk_modulus")
    assert choose_predictor(STUB, names, PBTE) == "bulk-modulus"
    assert choose_predictor(STUB, names, WITH_SYMMETRY) == "bulk-modulus-symmetry"
    assert choose_predictor(STUB, ["bulk-modulus-symmetry"], PBTE) is None


def test_ones_own_predictor_comes_before_those_that_ship() -> None:
    stub = Stub({**SHIPPED, "mine": recipe("mine", "band gap")}, own=("mine",))
    assert choose_predictor(stub, find_predictors(stub, "band_gap"), PBTE) == "mine"


def test_names_of_properties_are_the_vocabularys() -> None:
    assert property_name("bandgap") == "band gap"
    assert property_name("My_New  Property") == "my new property"


# Folders.


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starter pack of two predictors that cannot be read."""
    folder = tmp_path / "starter"
    for name in ("band-gap", "metallicity"):
        (folder / name).mkdir(parents=True)
        (folder / name / "card.json").write_text("{")
    monkeypatch.setattr("matlore.pipeline.predict_models.STARTER_PREDICTORS", folder)
    return folder


def test_a_home_overlays_what_ships(tmp_path: Path, starter: Path) -> None:
    home = tmp_path / "home"
    for name in ("band-gap", "mine", ".draft"):
        (home / PREDICTORS / name).mkdir(parents=True)
        (home / PREDICTORS / name / "card.json").write_text("{")
    (home / PREDICTORS / "empty").mkdir()
    found = home_predictors(home)
    assert {name: found.source(name) for name in found} == {
        "band-gap": "home",
        "metallicity": "starter",
        "mine": "home",
    }


def test_a_folder_overlays_both_and_may_be_one_predictor(tmp_path: Path, starter: Path) -> None:
    found = home_predictors(tmp_path / "none", starter / "band-gap")
    assert (found.source("band-gap"), found.source("metallicity")) == ("folder", "starter")


def test_a_folder_without_predictors_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="--predictors"):
        home_predictors(tmp_path, tmp_path)
