"""What follows from values, on small libraries made for each question."""

from collections.abc import Sequence

import numpy as np
import pytest
import uncertainties
from tiny_library import SYMBOLS, TRANSPORT, known, library, model

from graph.propnet.base import Derivation, DerivedValue, KnownValue
from graph.propnet.engine import DeriveOptions, derive
from graph.propnet.library import Library

LIBRARY = library(*TRANSPORT)
ZT = "thermoelectric figure of merit"
RHO, SIGMA = "electrical resistivity", "electrical conductivity"


def _derive(
    values: Sequence[KnownValue], library: Library = LIBRARY, **options: float
) -> Derivation:
    return derive("name:thing", values, library, DeriveOptions(**options))  # type: ignore[arg-type]


def _of(found: Derivation, symbol: str, kind: str = "derived") -> list[DerivedValue]:
    return [one for one in found.values if one.symbol == symbol and one.kind == kind]


def _set(
    temperature: float | None = 300.0, source: str = "paper", **values: float
) -> list[KnownValue]:
    return [known(name, value, temperature, source) for name, value in values.items()]


# What goes together.


def test_the_figure_of_merit_follows_from_what_one_paper_gives() -> None:
    found = _derive(_set(S=220.0, sigma=1e5, kappa=1.5))
    (zt,) = _of(found, ZT)
    assert zt.value == pytest.approx(220e-6**2 * 1e5 * 300 / 1.5)
    assert zt.temperature == 300.0
    assert {use.variable for use in zt.uses} == {"S", "sigma", "kappa"}
    assert zt.source == "paper"
    assert (zt.model, zt.depth, zt.kind) == ("figure of merit", 1, "derived")
    assert found.conflicts == []
    assert found.cut_off is None


def test_300_kelvin_and_900_kelvin_never_meet() -> None:
    values = [*_set(300.0, S=220.0, sigma=1e5), *_set(900.0, kappa=1.5)]
    assert _of(_derive(values), ZT) == []
    nearly = [*_set(300.0, S=220.0, sigma=1e5), *_set(304.0, kappa=1.5)]
    assert len(_of(_derive(nearly), ZT)) == 1


def test_between_two_temperatures_a_curve_has_values() -> None:
    values = [*_set(350.0, S=200.0, sigma=1e5), *_set(300.0, kappa=2.0), *_set(400.0, kappa=1.0)]
    (zt,) = _of(_derive(values), ZT)
    assert zt.value == pytest.approx(200e-6**2 * 1e5 * 350 / 1.5)
    weights = {use.id: use.weight for use in zt.uses if use.variable == "kappa"}
    assert list(weights.values()) == [0.5, 0.5]


def test_a_value_at_no_temperature_meets_none_at_a_known_one() -> None:
    values = [*_set(None, S=220.0), *_set(300.0, sigma=1e5)]
    assert _of(_derive(values), "power factor") == []


def test_values_at_temperatures_not_known_meet_within_a_paper_only() -> None:
    together = _set(None, S=220.0, sigma=1e5)
    (factor,) = _of(_derive(together), "power factor")
    assert factor.temperature is None
    apart = [*_set(None, "a", S=220.0), *_set(None, "b", sigma=1e5)]
    assert _of(_derive(apart), "power factor") == []


def test_directions_and_phases_are_kept_apart() -> None:
    along, across = ((("direction", direction),) for direction in ("c", "in-plane"))
    values = [
        known("S", 200.0, state=along),
        known("sigma", 1e5, state=along),
        known("kappa", 1.0, state=across),
        known("kappa", 2.0, state=along),
    ]
    (zt,) = _of(_derive(values), ZT)
    assert zt.state == along
    assert zt.value == pytest.approx(200e-6**2 * 1e5 * 300 / 2.0)


def test_what_does_not_depend_on_conditions_goes_with_all() -> None:
    cell = model("cell", "V = a**3", {"V": "unit cell volume", "a": "lattice parameter"})
    mix = model(
        "mix", "rho = 1e-3 * sigma / V",
        {"rho": "density", "sigma": SIGMA, "V": "unit cell volume"},
    )  # fmt: skip
    state = (("phase", "cubic"),)
    values = [known("lattice parameter", 2.0), known("sigma", 80.0, state=state)]
    (one,) = _of(_derive(values, library(cell, mix)), "density")
    assert one.value == pytest.approx(0.01)
    assert one.depth == 2


# Several sources.


def test_papers_meet_where_none_gives_all() -> None:
    values = [*_set(300.0, "a", S=200.0, sigma=1e5), *_set(300.0, "b", kappa=1.0)]
    found = _derive(values)
    (zt,) = _of(found, ZT)
    assert zt.source is None
    assert {one.source for one in _of(found, "power factor")} == {"a"}


def test_of_papers_that_give_all_each_has_its_own_and_the_mean_goes_on() -> None:
    values = [*_set(300.0, "a", S=200.0, sigma=1e5, kappa=1.0)]
    values += _set(300.0, "b", S=100.0, sigma=4e5, kappa=2.0)
    found = _derive(values)
    own = {one.source: one.value for one in _of(found, ZT) if one.source}
    assert own == pytest.approx({"a": 1.2, "b": 0.6})
    means = _of(found, ZT, "aggregate")
    assert [mean.value for mean in means] == [pytest.approx(0.9)]
    assert means[0].std == pytest.approx(0.3 * 2**0.5, rel=1e-6)


def test_a_thousand_sources_cost_one_value_to_go_on_with() -> None:
    values = [
        value for k in range(1000) for value in _set(300.0, f"p{k}", rho=1e-5 * (1 + k / 1e5))
    ]
    found = _derive(values)
    (mean,) = _of(found, RHO, "aggregate")
    assert len(mean.uses) == 1000
    assert len(_of(found, SIGMA)) == 1


# Itself, paths, bounds.


def test_nothing_follows_from_itself() -> None:
    found = _derive(_set(S=200.0, sigma=1e5, kappa=1.0))
    by_id = {one.id: one for one in found.values}

    def ancestors(one: DerivedValue) -> set[str]:
        parts = [by_id[use.id] for use in one.uses if use.id in by_id]
        return {part.symbol for part in parts}.union(*map(ancestors, parts)) if parts else set()

    for one in found.values:
        if one.kind == "derived":
            assert one.symbol not in ancestors(one)
    assert _of(found, SIGMA) == []


def test_paths_to_one_value_are_all_kept_and_one_mean_goes_on() -> None:
    first = model("moss", "n = (95 / E)**0.25", {"n": "refractive index", "E": "band gap"})
    second = model("ravindra", "n = 4.084 - 0.62 * E", {"n": "refractive index", "E": "band gap"})
    found = _derive([known("band gap", 1.5)], library(first, second))
    paths = {one.model: one.value for one in _of(found, "refractive index")}
    assert paths == pytest.approx({"moss": (95 / 1.5) ** 0.25, "ravindra": 3.154})
    (mean,) = _of(found, "refractive index", "aggregate")
    assert {use.id for use in mean.uses} == {one.id for one in _of(found, "refractive index")}
    assert min(paths.values()) < mean.value < max(paths.values())


def test_a_model_is_solved_for_what_is_missing() -> None:
    values = _set(300.0, zT=1.2, S=200.0, sigma=1e5)
    (kappa,) = _of(_derive(values), "thermal conductivity")
    assert kappa.value == pytest.approx(1.0)


def test_what_breaks_a_constraint_or_the_bounds_is_rejected_and_says_so() -> None:
    found = _derive(_set(S=200.0, sigma=1e5, kappa=0.0))
    assert _of(found, ZT) == []
    reasons = {(one.what, one.reason) for one in found.rejections}
    assert ("figure of merit", "no real solution") in reasons
    far = _derive(_set(S=2e4, sigma=1e9))
    (rejection,) = [one for one in far.rejections if one.what == "power factor"]
    assert rejection.reason == "outside the property's bounds"
    assert "sigma = 1e+09" in rejection.example
    limited = model(
        "limited", "sigma = 1 / rho", {"sigma": SIGMA, "rho": RHO},
        constraints=["rho < 1"],
    )  # fmt: skip
    broken = _derive(_set(rho=2.0), library(limited))
    assert [(one.reason, one.count) for one in broken.rejections] == [("breaks rho < 1", 1)]


def test_what_is_too_uncertain_is_rejected() -> None:
    values = [known("rho", 1e-5, std=2e-6)]
    assert len(_of(_derive(values), SIGMA)) == 1
    found = _derive(values, max_relative_uncertainty=0.1)
    assert _of(found, SIGMA) == []
    assert [one.reason for one in found.rejections] == ["too uncertain"]


def test_several_roots_are_kept_and_none_goes_on() -> None:
    # E has two roots between the bounds for one n.
    bowl = model(
        "bowl", "n = (E - 2)**2", {"n": "refractive index", "E": "band gap"}, solve_for=("n", "E")
    )
    after = model("after", "rho = E", {"rho": "density", "E": "band gap"})
    found = _derive([known("refractive index", 1.0)], library(bowl, after))
    assert sorted(one.value for one in _of(found, "band gap")) == pytest.approx([1.0, 3.0])
    assert len({one.id for one in found.values}) == 2
    assert _of(found, "density") == []
    (only,) = _of(_derive([known("refractive index", 9.0)], library(bowl, after)), "density")
    assert only.value == pytest.approx(5.0)


def test_depth_and_time_end_it() -> None:
    chain = [
        model("one", "sigma = 1 / rho", {"sigma": SIGMA, "rho": RHO}),
        model("two", "V = sigma", {"V": "unit cell volume", "sigma": SIGMA}),
        model("three", "rho = V / 1e5", {"rho": "density", "V": "unit cell volume"}),
    ]  # fmt: skip
    values = _set(rho=1e-5)
    assert len(_of(_derive(values, library(*chain)), "density")) == 1
    assert _of(_derive(values, library(*chain), max_depth=2), "density") == []
    stopped = _derive(values, library(*chain), seconds=-1.0)
    assert stopped.cut_off == "after -1 s"
    assert stopped.values == []


# Uncertainty.


def test_uncertainty_agrees_with_the_uncertainties_package_where_inputs_share_an_origin() -> None:
    both = [
        *TRANSPORT,
        model(  # of two that depend on one another: sigma twice, once by the power factor
            "ratio", "V = PF * sigma / rho / 1e6",
            {"V": "unit cell volume", "PF": "power factor", "sigma": SIGMA, "rho": RHO},
        ),
    ]  # fmt: skip
    values = [known("S", 200.0, std=4.0), known("rho", 1e-5, std=2e-7)]
    (found,) = _of(_derive(values, library(*both)), "unit cell volume")
    s, rho = uncertainties.ufloat(200e-6, 4e-6), uncertainties.ufloat(1e-5, 2e-7)
    expected = (s**2 / rho) * (1 / rho) / rho / 1e6
    assert found.value == pytest.approx(expected.nominal_value)
    assert found.std == pytest.approx(expected.std_dev, rel=1e-6)


def test_where_a_model_bends_samples_are_drawn() -> None:
    steep = model("steep", "n = exp(6 * E) / 1e3", {"n": "refractive index", "E": "band gap"})
    (one,) = _of(_derive([known("band gap", 1.0, std=0.12)], library(steep)), "refractive index")
    random = np.random.default_rng(0).normal(1.0, 0.12, 200_000)
    low, high = np.percentile(np.exp(6 * random) / 1e3, [15.865, 84.135])
    assert one.std == pytest.approx((high - low) / 2, rel=0.2)
    linear = 0.12 * 6 * np.exp(6) / 1e3
    assert one.std is not None
    assert one.std > 1.05 * linear


def test_a_models_own_error_is_added() -> None:
    rough = model(
        "rough", "n = 4 / E", {"n": "refractive index", "E": "band gap"}, relative_error=0.3
    )
    (one,) = _of(_derive([known("band gap", 2.0, std=0.02)], library(rough)), "refractive index")
    assert one.std == pytest.approx(2.0 * np.hypot(0.3, 0.01), rel=1e-3)


def test_what_is_the_same_for_any_value_is_rejected() -> None:
    gap = model("gap", "n = 1.76 * E", {"n": "refractive index", "E": "band gap"})
    ratio = model(
        "ratio", "rho = n / E", {"rho": "density", "n": "refractive index", "E": "band gap"}
    )
    values = [known("band gap", 1.0, std=0.05)]
    found = _derive(values, library(gap, ratio))
    assert _of(found, "density") == []
    assert [one.reason for one in found.rejections] == ["the same for any value"]
    both = [*values, known("refractive index", 1.8, std=0.05)]
    assert len(_of(_derive(both, library(gap, ratio)), "density")) == 1


# Disagreement.


def test_a_paper_whose_numbers_do_not_agree_is_flagged() -> None:
    values = _set(S=200.0, sigma=1e5, kappa=1.0, zT=1.5)
    found = _derive(values)
    (conflict,) = found.conflicts
    assert conflict.difference == pytest.approx(1.2 / 1.5 - 1)
    assert conflict.reported == next(one.id for one in values if one.symbol == ZT)
    (derived,) = _of(found, ZT)
    assert conflict.derived == derived.id
    assert _derive(_set(S=200.0, sigma=1e5, kappa=1.0, zT=1.12)).conflicts == []


def test_what_is_negligible_is_no_disagreement() -> None:
    assert _derive(_set(S=5.0, sigma=1e5, kappa=1.0, zT=0.001)).conflicts == []


def test_a_stated_uncertainty_excuses_a_difference() -> None:
    values = [*_set(S=200.0, sigma=1e5, kappa=1.0), known("zT", 1.5, std=0.2)]
    assert _derive(values).conflicts == []


def test_each_paper_is_held_against_itself_only() -> None:
    values = [*_set(300.0, "a", S=200.0, sigma=1e5, kappa=1.0, zT=1.2)]
    values += _set(300.0, "b", S=100.0, sigma=1e5, kappa=1.0, zT=0.9)
    found = _derive(values)
    wrong = next(one.id for one in values if one.symbol == ZT and one.source == "b")
    assert {conflict.reported for conflict in found.conflicts} == {wrong}


# All of it.


def test_the_order_of_values_makes_no_difference() -> None:
    random = np.random.default_rng(5)
    values = [
        value
        for k in range(6)
        for t in (300.0, 400.0, 500.0)
        for value in _set(t, f"p{k}", S=200 + random.normal(), sigma=1e5 + k, kappa=1 + 0.01 * k)
    ]
    first, second = _derive(values), _derive(values[::-1])
    assert {one.id for one in first.values} == {one.id for one in second.values}
    by_id = {one.id: one for one in second.values}
    for one in first.values:
        assert one.value == pytest.approx(by_id[one.id].value, rel=1e-9)
    assert len({one.id for one in first.values}) == len(first.values)


def test_every_use_is_a_value_that_is_there() -> None:
    values = [
        value for k in range(4) for t in (300.0, 350.0)
        for value in _set(t, f"p{k}", S=200.0 + k, rho=1e-5, kappa=1.0 + k / 10)
    ]  # fmt: skip
    found = _derive(values)
    there = {one.id for one in values} | {one.id for one in found.values}
    assert {use.id for one in found.values for use in one.uses} <= there


def test_nothing_comes_out_of_nothing() -> None:
    assert _derive([]).values == []
    assert derive("name:thing", [], library()).values == []


def test_a_formula_with_values_that_cannot_be_used_is_no_matter() -> None:
    found = derive("PbTe", _set(S=220.0), LIBRARY)
    assert found.material == "PbTe"
    assert list(SYMBOLS) == list(LIBRARY.symbols)


def test_ten_thousand_values_are_one_at_each_temperature() -> None:
    values = [known("S", 200.0 + k % 7, 300.0, f"p{k % 40}") for k in range(5_000)]
    values += [known("sigma", 1e5 + k, 300.0 + 10 * (k % 10), f"p{k % 40}") for k in range(5_000)]
    found = _derive(values)
    assert found.cut_off is None
    means = [one for one in _of(found, SIGMA, "aggregate") if one.source is None]
    assert sorted(one.temperature or 0.0 for one in means) == [300.0 + 10 * k for k in range(10)]
    (factor,) = [one for one in _of(found, "power factor") if one.source is None]
    assert factor.value == pytest.approx(203e-6**2 * 1.025e5, rel=0.01)
