"""Candidates ranked by literature, prediction and derivation together."""

from math import inf, sqrt
from typing import Any

import pytest

from graph.predictors.application_properties import LEAST_DESIRABILITY, WantedProperty
from matlore.pipeline.recommend_fusion import desirabilities, fuse_candidates
from matlore.pipeline.recommend_values import CandidateValue

ZT = WantedProperty("zT", "1", (0, 1, inf, inf))
GAP = WantedProperty("gap", "eV", (0, 1, inf, inf))
SHOWN = WantedProperty("shown", "1")


def _value(kind: Any, value: float, name: str = "zT", **more: Any) -> CandidateValue:
    more = {"in_domain": True} | more if kind == "predicted" else more
    return CandidateValue(name, kind, value, "1", **more)


def test_ranks_are_added_as_reciprocals() -> None:
    values = {
        "A": [_value("predicted", 0.2), _value("reported", 0.9)],
        "B": [_value("predicted", 0.8)],
        "C": [_value("predicted", 0.5), _value("derived", 0.3)],
    }
    found = {one.formula: one for one in fuse_candidates("ABC", values, [ZT])}
    assert found["A"].ranks == {"literature": 1, "prediction": 3, "derivation": 1}
    assert found["B"].ranks == {"literature": 2, "prediction": 1, "derivation": None}
    assert found["C"].ranks == {"literature": 3, "prediction": 2, "derivation": 2}
    assert found["A"].score == pytest.approx(1 / 61 + 1 / 63 + 1 / 61)
    # Of B nothing is derived: it counts as the middle of the ranks 1 and 2.
    assert found["B"].score == pytest.approx(1 / 62 + 1 / 61 + 1 / 61.5)
    assert found["A"].desirability == {"prediction": pytest.approx(0.2), "derivation": 0.9}
    assert list(found) == sorted(found, key=lambda one: -found[one].score)


def test_without_values_the_order_stays_that_of_the_literature() -> None:
    found = fuse_candidates(["B", "A", "C"], {}, [ZT])
    assert [one.formula for one in found] == ["B", "A", "C"]
    assert {one.ranks["prediction"] for one in found} == {None}
    assert found[0].score == pytest.approx(1 / 61)


def test_a_bad_value_never_helps() -> None:
    others = {"B": [_value("reported", 0.6)], "C": [_value("reported", 1.0)]}
    bad = {one.formula: one.score for one in fuse_candidates(
        "ABC", {**others, "A": [_value("reported", 0.0)]}, [ZT])}  # fmt: skip
    none = {one.formula: one.score for one in fuse_candidates("ABC", others, [ZT])}
    assert bad["A"] < none["A"]


def test_equal_desirabilities_share_a_rank() -> None:
    values = {one: [_value("predicted", 5.0)] for one in "AB"} | {"C": [_value("predicted", 0.1)]}
    ranks = [one.ranks["prediction"] for one in fuse_candidates("ABC", values, [ZT])]
    assert ranks == [1, 1, 3]


def test_predictions_outside_the_domain_do_not_count() -> None:
    values = {"A": [_value("predicted", 0.9, in_domain=False)], "B": [_value("predicted", 0.1)]}
    found = desirabilities("AB", values, [ZT], "prediction")
    assert found == {"A": None, "B": pytest.approx(0.1)}


def test_what_is_reported_counts_before_what_is_derived() -> None:
    values = {"A": [_value("derived", 0.9), _value("reported", 0.4)]}
    assert desirabilities("A", values, [ZT], "derivation") == {"A": pytest.approx(0.4)}
    assert desirabilities("A", values, [ZT], "prediction") == {"A": None}


def test_an_unknown_property_counts_as_the_median_of_the_known() -> None:
    values = {
        "A": [_value("predicted", 0.5)],
        "B": [_value("predicted", 0.5), _value("predicted", 0.2, "gap")],
        "C": [_value("predicted", 0.5), _value("predicted", 0.4, "gap")],
        "D": [_value("predicted", 0.5), _value("predicted", 0.8, "gap")],
    }
    found = desirabilities("ABCD", values, [ZT, GAP, SHOWN], "prediction")
    assert found["A"] == pytest.approx(sqrt(0.5 * 0.4))
    assert found["D"] == pytest.approx(sqrt(0.5 * 0.8))


def test_what_is_only_shown_gives_no_rank() -> None:
    values = {"A": [_value("predicted", 0.5, "shown")]}
    assert desirabilities("A", values, [SHOWN], "prediction") == {"A": None}


def test_the_worst_value_still_leaves_the_others_a_say() -> None:
    values = {
        "A": [_value("predicted", 0.0), _value("predicted", 1.0, "gap")],
        "B": [_value("predicted", 0.0), _value("predicted", 0.1, "gap")],
    }
    found = desirabilities("AB", values, [ZT, GAP], "prediction")
    assert found["A"] == pytest.approx(sqrt(LEAST_DESIRABILITY))
    assert found["B"] == pytest.approx(sqrt(LEAST_DESIRABILITY * 0.1))
