"""A trained predictor: values, intervals, domain and neighbours together."""

import time
from dataclasses import replace

import numpy as np
import pytest
from small_predictors import (
    TREES,
    fit_trees,
    formulas,
    gap_predictor,
    law,
    metal_predictor,
    training_of,
)

from graph.predictors.base import MemberRecipe, Recipe
from graph.predictors.compositions import read_formula
from graph.predictors.featurizers import describe
from graph.predictors.predictor import PropertyPredictor, make_predictor
from graph.predictors.training_rows import Training
from matlore.errors import InputError, UsageError


@pytest.fixture(scope="module")
def gap() -> PropertyPredictor:
    return gap_predictor()


@pytest.fixture(scope="module")
def metal() -> PropertyPredictor:
    return metal_predictor()


def test_a_prediction_says_all(gap: PropertyPredictor) -> None:
    (found,) = gap.predict([read_formula("Ca1O1")], neighbours=2)
    assert (found.name, found.formula, found.property) == ("Ca1O1", "CaO", "band gap")
    # law: 6 - 2 * 0.5 = 5 at 0 K, less 0.3 at 300 K.
    assert found.value == pytest.approx(4.7, abs=0.2)
    assert found.lower < found.value < found.upper
    assert (found.unit, found.level) == ("eV", 0.9)
    assert found.conditions == {"temperature": 300.0}
    assert found.in_domain
    assert found.doubts == ()
    assert found.drivers == ()
    assert found.classes == ()
    assert found.model == f"gap {gap.version}"


def test_the_prediction_is_the_weighted_mean_of_the_members(gap: PropertyPredictor) -> None:
    sample = read_formula("CaS")
    parts = [
        member.predict(np.hstack([describe([sample], member.recipe.descriptors), [[300.0]]]))[0]
        for member in gap.members
    ]
    (found,) = gap.predict([sample])
    assert found.value == pytest.approx(0.75 * parts[0] + 0.25 * parts[1], rel=1e-12)
    assert gap.weights == (0.75, 0.25)


def test_the_interval_is_as_wide_as_the_residuals_say(gap: PropertyPredictor) -> None:
    # Residuals are normal with deviation 0.1, so 90 % lie within 1.645 * 0.1.
    samples = [read_formula(formula) for formula in formulas()]
    widths = [p.upper - p.lower for p in gap.predict(samples) if p.lower > 0.0]
    assert np.mean(widths) / 2 == pytest.approx(0.1645, rel=0.15)


def test_intervals_grow_with_the_level_and_are_cut(gap: PropertyPredictor) -> None:
    sample = read_formula("Pb2I")
    found = [gap.predict([sample], level=level)[0] for level in (0.5, 0.9, 0.99)]
    widths = [prediction.upper - prediction.lower for prediction in found]
    assert widths == sorted(widths)
    bounded = replace(gap, recipe=replace(gap.recipe, lower=3.0, upper=3.2))
    (cut,) = bounded.predict([sample])
    assert (cut.lower, cut.value) == (3.0, 3.0)
    assert cut.lower <= cut.upper <= 3.2


def test_the_way_back_from_a_scale_keeps_the_order() -> None:
    samples = [read_formula(formula) for formula in formulas()]
    values = 10.0 ** np.array([law(sample) for sample in samples])
    member = fit_trees(describe(samples, TREES.descriptors), np.log10(values))
    recipe = Recipe("x", "conductivity", "S/cm", (TREES,), scale="log10", lower=0.0)
    found = make_predictor(recipe, [member], [1.0], training_of(samples, values), {}).predict(
        samples
    )
    assert all(0.0 < p.lower < p.value < p.upper for p in found)
    ratios = [p.upper / p.value - p.value / p.lower for p in found]
    assert ratios == pytest.approx([0.0] * len(ratios), abs=1e-9)


def test_doubts_are_told(gap: PropertyPredictor) -> None:
    copper, hot = gap.predict(
        [read_formula("CuO"), read_formula("CaO")], np.array([[300.0], [2000.0]])
    )
    assert not copper.in_domain
    assert "no training material contains Cu" in copper.doubts
    assert hot.doubts == ("temperature 2000 K is above the training range 300 to 600 K",)


def test_neighbours_are_the_nearest_at_the_nearest_conditions(gap: PropertyPredictor) -> None:
    sample = read_formula("CaO")
    cold, hot = gap.predict([sample] * 2, np.array([[300.0], [700.0]]), neighbours=15)
    assert len(cold.neighbours) == 15
    assert cold.neighbours[0].formula == "CaO"
    assert cold.neighbours[0].distance == pytest.approx(0.0, abs=1e-9)
    assert cold.neighbours[0].value == pytest.approx(law(sample) - 0.3)
    assert hot.neighbours[0].value == pytest.approx(law(sample) - 0.6)
    distances = [neighbour.distance for neighbour in cold.neighbours]
    assert distances == sorted(distances)


def test_more_neighbours_change_no_interval(gap: PropertyPredictor) -> None:
    samples = [read_formula("CaO"), read_formula("CuO")]
    few, many = gap.predict(samples), gap.predict(samples, neighbours=30)
    assert [(p.lower, p.upper) for p in few] == [(p.lower, p.upper) for p in many]


def test_a_sample_has_the_same_prediction_in_any_batch(gap: PropertyPredictor) -> None:
    samples = [read_formula(formula) for formula in [*formulas(), "CuO", "FeSi2"]]
    at = np.linspace(250.0, 900.0, len(samples))[:, None]
    together = gap.predict(samples, at, explain=2, neighbours=2)
    alone = [
        gap.predict([samples[row]], at[row : row + 1], explain=2, neighbours=2)[0]
        for row in (0, 17, 128, 241)
    ]
    assert alone == [together[row] for row in (0, 17, 128, 241)]
    assert gap.predict(samples[::-1], at[::-1], explain=2, neighbours=2) == together[::-1]


def test_nothing_to_predict_is_fine(gap: PropertyPredictor) -> None:
    assert gap.predict([]) == []


def test_classes(metal: PropertyPredictor) -> None:
    telluride, oxide = metal.predict([read_formula("ZnTe"), read_formula("ZnO")])
    assert telluride.value > 0.7
    assert oxide.value < 0.3
    assert telluride.classes == ("metal",)
    assert (telluride.lower, telluride.upper) == (1.0, 1.0)
    assert oxide.classes == ("nonmetal",)
    assert (oxide.lower, oxide.upper) == (0.0, 0.0)
    (sure,) = metal.predict([read_formula("ZnTe")], level=0.999)
    assert sure.classes == ("nonmetal", "metal")
    assert (sure.lower, sure.upper) == (0.0, 1.0)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 1.5, float("nan")])
def test_a_level_that_is_none_is_refused(gap: PropertyPredictor, level: float) -> None:
    with pytest.raises(UsageError, match="level must lie between 0 and 1"):
        gap.predict([read_formula("CaO")], level=level)


def test_a_level_out_of_reach_is_refused(gap: PropertyPredictor) -> None:
    with pytest.raises(UsageError, match=r"480 rows, too few .* 0\.9999; give 0\.9979 or less"):
        gap.predict([read_formula("CaO")], level=0.9999)


def test_the_highest_level_that_a_refusal_names_is_taken(gap: PropertyPredictor) -> None:
    (found,) = gap.predict([read_formula("CaO")], level=0.9979)
    assert np.isfinite(found.upper)


def test_conditions_of_another_shape_are_refused(gap: PropertyPredictor) -> None:
    with pytest.raises(UsageError, match=r"takes temperature .* shape \(1, 1\), not \(1, 2\)"):
        gap.predict([read_formula("CaO")], np.array([[300.0, 1.0]]))
    with pytest.raises(UsageError, match="not a finite number"):
        gap.predict([read_formula("CaO")], np.array([[np.nan]]))
    with pytest.raises(UsageError, match="counts"):
        gap.predict([read_formula("CaO")], explain=-1)


def test_the_version_is_of_the_content(gap: PropertyPredictor) -> None:
    assert gap_predictor().version == gap.version
    assert len(gap.version) == 12
    assert replace(gap, weights=(0.5, 0.5)).version != gap.version
    told = replace(gap, recipe=replace(gap.recipe, about="in other words"), card={"date": "today"})
    assert told.version == gap.version
    changed = replace(gap.training, values=gap.training.values + 0.1)
    assert replace(gap, training=changed).version != gap.version


def rows_of(gap: PropertyPredictor, count: int) -> Training:
    training = gap.training
    return Training(
        training.samples[:count],
        training.conditions[:count],
        training.values[:count],
        training.residuals[:count],
        training.groups[:count],
    )


def test_too_few_rows_are_refused(gap: PropertyPredictor) -> None:
    with pytest.raises(InputError, match="8 rows are too few for intervals of 90 %"):
        make_predictor(gap.recipe, gap.members, gap.weights, rows_of(gap, 8), {})
    made = make_predictor(gap.recipe, gap.members, (3.0, 1.0), rows_of(gap, 9), {})
    assert made.weights == (0.75, 0.25)
    assert np.isfinite(made.predict([read_formula("CaO")])[0].upper)


def test_numbers_that_make_no_sense_are_refused(gap: PropertyPredictor) -> None:
    training = gap.training
    for weights in ((1.0,), (1.0, -0.1), (0.0, 0.0), (float("nan"), 1.0)):
        with pytest.raises(InputError, match="weights"):
            make_predictor(gap.recipe, gap.members, weights, training, {})
    broken = replace(training, residuals=np.full(480, np.nan))
    with pytest.raises(InputError, match="not a finite number"):
        make_predictor(gap.recipe, gap.members, gap.weights, broken, {})
    short = replace(training, values=training.values[:-1])
    with pytest.raises(InputError, match="do not fit one another"):
        make_predictor(gap.recipe, gap.members, gap.weights, short, {})


def test_one_class_alone_is_refused(metal: PropertyPredictor) -> None:
    rows = replace(metal.training, values=np.zeros(len(metal.training)))
    with pytest.raises(InputError, match="all rows are of one class"):
        make_predictor(metal.recipe, metal.members, [1.0], rows, {})
    rows = replace(metal.training, values=np.full(len(metal.training), 2.0))
    with pytest.raises(InputError, match="classes must be 0 and 1"):
        make_predictor(metal.recipe, metal.members, [1.0], rows, {})


def test_a_member_without_weight_is_not_asked(gap: PropertyPredictor) -> None:
    class Silent:
        recipe = MemberRecipe("boosting", ("structures of the future",))

        def predict(self, features: np.ndarray) -> np.ndarray:
            raise AssertionError

        def to_bytes(self) -> bytes:
            return b""

    members = (gap.members[0], Silent())
    alone = replace(gap, members=members, weights=(1.0, 0.0))
    alone.__dict__["version"] = "0"
    assert alone.predict([read_formula("CaO")])[0].value > 0.0


def test_each_member_gives_a_probability(metal: PropertyPredictor) -> None:
    class Sure:
        recipe = TREES

        def predict(self, features: np.ndarray) -> np.ndarray:
            return np.full(len(features), 7.0)

        def to_bytes(self) -> bytes:
            return b""

    mixed = replace(metal, members=(*metal.members, Sure()), weights=(0.5, 0.5))
    mixed.__dict__["version"] = "0"
    sample = read_formula("ZnO")
    raw = 0.5 * metal.members[0].predict(describe([sample], TREES.descriptors)) + 0.5 * 1.0
    assert metal.calibration.platt is not None
    expected = metal.calibration.platt.probability(raw)[0]
    assert mixed.predict([sample])[0].value == pytest.approx(expected, rel=1e-12)


def test_a_thousand_predictions_are_quick(gap: PropertyPredictor) -> None:
    samples = [read_formula(f"Ca{n}O{m}") for n in range(1, 33) for m in range(1, 33)]
    start = time.perf_counter()
    gap.predict(samples)
    assert time.perf_counter() - start < 5.0
