"""What moved a prediction, in words."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_predictors import KERNEL, TREES, gap_predictor, metal_predictor

from graph.predictors.base import Recipe
from graph.predictors.compositions import read_formula
from graph.predictors.drivers import effect_text, find_drivers
from graph.predictors.featurizers import column_names, describe
from graph.predictors.predictor import PropertyPredictor


@pytest.fixture(scope="module")
def gap() -> PropertyPredictor:
    return gap_predictor()


@pytest.fixture(scope="module")
def metal() -> PropertyPredictor:
    return metal_predictor()


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{"name": "x", "property": "x", "unit": "eV", "members": (TREES,), **changes})


@pytest.mark.parametrize(
    ("changes", "effect", "scaled", "text"),
    [
        ({}, 0.412, 1.0, "raises it by 0.41 eV"),
        ({}, -0.412, 1.0, "lowers it by 0.41 eV"),
        ({"unit": "1"}, 0.05, 1.0, "raises it by 0.05"),
        ({"unit": "MPa"}, 1234.0, 1.0, "raises it by 1200 MPa"),
        ({"scale": "log10"}, 0.11394, 2.0, "times 1.3"),
        ({"scale": "log10"}, -1.0, 2.0, "times 0.1"),
        # d(s**2)/ds = 2 s = 6; d(e**s - 1)/ds = e**0 = 1; d(sinh s)/ds = cosh 0 = 1.
        ({"scale": "sqrt"}, 0.1, 3.0, "raises it by 0.6 eV"),
        ({"scale": "log1p"}, -0.2, 0.0, "lowers it by 0.2 eV"),
        ({"scale": "asinh"}, 0.2, 0.0, "raises it by 0.2 eV"),
        (
            {"task": "classification", "classes": ("nonmetal", "metal")},
            np.log(1.5),
            0.5,
            "odds of metal times 1.5",
        ),
    ],
)
def test_effects_in_words(changes: dict[str, Any], effect: float, scaled: float, text: str) -> None:
    assert effect_text(recipe(**changes), effect, scaled) == text


def test_the_law_is_found(gap: PropertyPredictor) -> None:
    oxide, telluride = gap.predict(
        [read_formula("CaO"), read_formula("CaI")], explain=3, neighbours=0
    )
    assert oxide.drivers[0].name == "fraction of O"
    assert oxide.drivers[0].value == pytest.approx(0.5)
    assert oxide.drivers[0].effect > 1.0
    assert oxide.drivers[0].text.startswith("raises it by ")
    assert telluride.drivers[0].effect < 0.0
    assert len(oxide.drivers) == 3
    sizes = [abs(driver.effect) for driver in oxide.drivers]
    assert sizes == sorted(sizes, reverse=True)


def test_all_effects_add_up_to_the_trees(gap: PropertyPredictor) -> None:
    sample = read_formula("SnSe")
    (found,) = gap.predict([sample], explain=1000)
    features = np.hstack([describe([sample], TREES.descriptors), [[300.0]]])
    start = gap.members[0].contributions(features)[0, -1]  # type: ignore[attr-defined]
    assert start + sum(driver.effect for driver in found.drivers) == pytest.approx(
        gap.members[0].predict(features)[0], abs=1e-6
    )


def test_conditions_have_their_own_name(gap: PropertyPredictor) -> None:
    hot, cold = gap.predict([read_formula("SnSe")] * 2, np.array([[600.0], [300.0]]), explain=1000)
    (at_600,) = [driver for driver in hot.drivers if driver.name == "temperature"]
    (at_300,) = [driver for driver in cold.drivers if driver.name == "temperature"]
    assert (at_600.value, at_600.unit) == (600.0, "K")
    assert at_600.effect < 0.0 < at_300.effect


def test_classes_are_told_by_odds(metal: PropertyPredictor) -> None:
    (found,) = metal.predict([read_formula("CdTe")], explain=2)
    assert found.drivers[0].name == "fraction of Te"
    assert found.drivers[0].text.startswith("odds of metal times ")
    platt = metal.calibration.platt
    assert platt is not None
    features = describe([read_formula("CdTe")], TREES.descriptors)
    place = column_names(TREES.descriptors).index("fraction of Te")
    raw = metal.members[0].contributions(features)[0, place]  # type: ignore[attr-defined]
    assert found.drivers[0].effect == pytest.approx(platt.slope * raw)


def test_a_kernel_machine_alone_tells_by_leaving_out(gap: PropertyPredictor) -> None:
    kernel = gap.members[1]
    sample = read_formula("CaO")
    features = np.hstack([describe([sample], KERNEL.descriptors), [[300.0]]])
    columns = {
        name: (column_names([name]), ("1",) * len(column_names([name])))
        for name in KERNEL.descriptors
    }
    (found,) = find_drivers(
        replace(gap.recipe, members=(KERNEL,)),
        [(kernel, 1.0, features)],
        columns,
        kernel.predict(features),
        count=1,
    )
    assert found[0].name == "fraction of O"
    without = features.copy()
    place = [*column_names(KERNEL.descriptors), "temperature"].index("fraction of O")
    without[0, place] = kernel.center[place]  # type: ignore[attr-defined]
    expected = kernel.predict(features)[0] - kernel.predict(without)[0]
    assert found[0].effect == pytest.approx(expected, rel=1e-6)


def test_what_had_no_effect_is_no_driver(gap: PropertyPredictor) -> None:
    (found,) = gap.predict([read_formula("CaO")], explain=1000)
    names = {driver.name for driver in found.drivers}
    assert "fraction of Fe" not in names
    assert all(driver.effect != 0.0 for driver in found.drivers)
