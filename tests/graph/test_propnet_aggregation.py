import numpy as np
import pytest

from graph.propnet.aggregation import temperature_groups, weighted_mean
from graph.propnet.base import KnownValue, Symbol
from graph.propnet.combining import Point, merge_paths, merge_points
from graph.propnet.series import Series, close_to, tolerance_at

SYMBOLS = {
    "thermal conductivity": Symbol("thermal conductivity", "W/(m*K)", "\\kappa", "thermal", 0),
    "density": Symbol("density", "g/cm**3", "\\rho", "structural", 0, ignores=frozenset({"all"})),
}


def _point(value: float, source: str, **fields: object) -> Point:
    name = str(fields.pop("symbol", "thermal conductivity"))
    known = KnownValue(f"{source} {value}", name, value, source=source, **fields)  # type: ignore[arg-type]
    return Point(known, measured=frozenset({name}))


def test_the_mean_of_equally_good_values_is_the_plain_one_and_the_spread_that_of_a_sample() -> None:
    mean = weighted_mean([1.0, 2.0, 3.0], [0.1, 0.1, 0.1])
    assert mean.value == pytest.approx(2.0)
    assert mean.spread == pytest.approx(1.0)
    assert mean.weights == pytest.approx([1 / 3] * 3)


def test_the_surer_value_weighs_more_where_values_agree() -> None:
    mean = weighted_mean([10.0, 11.0], [0.5, 2.0])
    assert mean.weights == pytest.approx([16 / 17, 1 / 17], rel=1e-6)
    assert 10.0 < mean.value < 10.5


def test_where_values_differ_by_far_more_than_they_say_all_weigh_alike() -> None:
    mean = weighted_mean([1.0, 5.0, 9.0], [0.001, 0.1, 0.001])
    assert mean.weights == pytest.approx([1 / 3] * 3, rel=0.01)


def test_a_value_far_from_the_others_does_not_count() -> None:
    mean = weighted_mean([2.0, 2.1, 1.9, 2.05, 200.0], [0.01] * 5)
    assert mean.weights[4] == 0
    assert mean.value == pytest.approx(2.01, abs=0.05)


def test_one_among_many_that_say_the_same_is_far_from_them() -> None:
    assert weighted_mean([5.0] * 19 + [6.0], [0.0] * 20).weights[19] == 0
    assert weighted_mean([5.0] * 20, [0.0] * 20).spread == 0


def test_over_decades_values_are_compared_by_their_logarithms() -> None:
    mean = weighted_mean([1e3, 1e4, 1e5, 3e4, 3e3], [0.0] * 5)
    assert (mean.weights > 0).all()


def test_temperatures_within_the_tolerance_are_one() -> None:
    own = np.array([300.0, 900.0, 303.0, 2.0, 4.2, 310.0])
    groups = temperature_groups(own, tolerance_at(own))
    assert [group.tolist() for group in groups] == [[3], [4], [0, 2], [5], [1]]


def test_each_source_counts_once() -> None:
    points = [_point(1.0, "a", temperature=300.0) for _ in range(9)]
    points += [_point(3.0, "b", temperature=300.0)]
    ((series,), (mean,)) = merge_points(points, SYMBOLS)
    assert mean.value == pytest.approx(2.0, rel=1e-3)
    assert sum(use.weight for use in mean.uses) == pytest.approx(1.0, abs=1e-4)
    assert series.ids == [mean.id]
    assert mean.source is None


def test_calculated_values_do_not_count_beside_measured_ones() -> None:
    points = [_point(1.0, "a", modality="computed"), _point(3.0, "b"), _point(3.2, "c")]
    _, (mean,) = merge_points(points, SYMBOLS)
    weights = {use.id: use.weight for use in mean.uses}
    assert weights["a 1.0"] == 0
    assert mean.value == pytest.approx(3.1)
    assert mean.modality == "observed"


def test_a_single_value_stays_as_it_is_with_the_uncertainty_of_its_last_digit() -> None:
    ((series,), means) = merge_points([_point(1.5, "a", rounding=0.03)], SYMBOLS)
    assert means == []
    assert series.ids == ["a 1.5"]
    assert series.unspecified
    assert series.std() == pytest.approx([0.03])
    assert series.stated == pytest.approx([0.0])


def test_values_at_a_known_and_at_no_temperature_are_two_series_and_states_are_apart() -> None:
    along = (("direction", "c"),)
    points = [
        _point(1.0, "a", temperature=300.0),
        _point(0.5, "a", temperature=900.0),
        _point(2.0, "b"),
        _point(4.0, "a", temperature=300.0, state=along),
    ]
    series, means = merge_points(points, SYMBOLS)
    assert means == []
    found = {(one.state, one.temperatures is None): one.values.tolist() for one in series}
    assert found == {((), True): [2.0], ((), False): [1.0, 0.5], (along, False): [4.0]}


def test_the_order_of_values_makes_no_difference() -> None:
    random = np.random.default_rng(3)
    points = [
        _point(round(float(v), 3), f"s{k % 5}", temperature=float(t))
        for k, (v, t) in enumerate(
            zip(random.normal(2, 0.1, 60), random.choice([300, 400, 700], 60), strict=True)
        )
    ]
    _, first = merge_points(points, SYMBOLS)
    _, second = merge_points(points[::-1], SYMBOLS)
    assert {one.id for one in first} == {one.id for one in second}
    for one, other in zip(first, second, strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-12)


def _series(
    values: list[float],
    temperatures: list[float] | None,
    name: str = "thermal conductivity",
    origin: str = "x",
) -> Series:
    n = len(values)
    return Series(
        symbol=name,
        state=(),
        temperatures=None if temperatures is None else np.array(temperatures),
        values=np.array(values),
        parts={origin: np.full(n, 0.1)},
        stated=np.zeros(n),
        ids=[f"{origin}{row}" for row in range(n)],
        scores=np.ones(n),
        sources=["p"] * n,
    )


def test_a_curve_gives_values_between_its_points_but_not_beyond_nor_across_a_gap() -> None:
    curve = _series([1.0, 2.0, 9.0], [300.0, 400.0, 800.0])
    first, second, share = curve.places(
        np.array([250.0, 298.0, 300.0, 350.0, 402.0, 600.0, 803.0, 900.0])
    )
    assert np.isnan(share[[0, 5, 7]]).all()
    assert first[[1, 2]].tolist() == second[[1, 2]].tolist() == [0, 0]
    assert (first[3], second[3], share[3]) == (0, 1, 0.5)
    assert first[4] == second[4] == 1
    assert first[6] == second[6] == 2


def test_no_temperature_is_close_to_no_temperature_only() -> None:
    some = np.array([300.0, 500.0])
    assert close_to(None, None).tolist() == [True]
    assert close_to(None, some).tolist() == [False]
    assert close_to(some, None).tolist() == [False, False]
    assert close_to(some, np.array([304.0])).tolist() == [True, False]


def test_paths_that_meet_are_one_value_and_others_stay() -> None:
    merged, means = merge_paths(
        [_series([1.0, 2.0], [300.0, 400.0], origin="a"), _series([1.2], [300.0], origin="b")],
        SYMBOLS["thermal conductivity"],
    )
    assert merged.temperatures is not None
    assert merged.temperatures.tolist() == [300.0, 400.0]
    assert merged.values == pytest.approx([1.1, 2.0])
    (mean,) = means
    assert merged.ids == [mean.id, "a1"]
    assert [use.id for use in mean.uses] == ["a0", "b0"]
    assert mean.temperature == 300.0
    assert merged.std()[0] == pytest.approx(mean.std)


def test_what_does_not_depend_on_temperature_has_one_value() -> None:
    merged, (mean,) = merge_paths(
        [_series([5.0, 5.2], [300.0, 400.0], "density")], SYMBOLS["density"]
    )
    assert merged.temperatures is None
    assert merged.values == pytest.approx([5.1])
    assert mean.temperature is None
