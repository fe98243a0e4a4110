"""Facts of many papers put together: means, spreads, groups and disagreements."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matlore.records import Claim, Condition, Provenance, Quantity
from ner.facts.agreement import Reading, Tolerance, conflict, outliers, summarise
from ner.facts.claim_consolidation import consolidate_claims, is_telling
from ner.facts.consolidation import consolidate_quantities
from ner.facts.of_material import material_counts
from ner.facts.ranking import in_turn

ROOM = (Condition("temperature", 300.0, None, "K"),)
LOOSE = Tolerance(0.1)


def quantity(paper: str, value: float, **fields: Any) -> Quantity:
    """Return a band gap of PbTe as a paper reports it."""
    start = fields.pop("start", 10)
    said: dict[str, Any] = {"material": "PbTe", "property": "band gap", "unit": "eV", "score": 0.8}
    spans = ((start, start + 7), (2, 6))
    origin = Provenance("facts-1", paper_id=paper, text_sha="sha", spans=spans)
    return Quantity(value=value, provenance=origin, **(said | fields))


def claim(paper: str, object: str = "thermoelectric", **fields: Any) -> Claim:
    """Return a claim about PbTe."""
    said: dict[str, Any] = {"type": "USED_IN", "subject": "PbTe", "score": 0.5}
    origin = Provenance("facts-1", paper_id=paper, text_sha="sha", spans=((0, 4), (9, 12)))
    return Claim(object=object, provenance=origin, **(said | fields))


def reading(value: float, paper: str = "", stated: float = 0.0, score: float = 1.0) -> Reading:
    paper = paper or f"arxiv:{value}"
    return Reading(paper, value, value, value, stated, "=", score, f"id {paper}", 0)


def test_papers_are_averaged_and_counted() -> None:
    years = {"a": 2009, "b": 2021, "c": None}
    found = consolidate_quantities(
        [quantity("a", 0.30), quantity("b", 0.32), quantity("c", 0.31)], years
    )
    assert len(found) == 1
    summary = found[0]
    assert summary.quantity.value == pytest.approx(0.31)
    assert summary.quantity.std == pytest.approx(0.01)
    assert summary.quantity.kind == "aggregate"
    assert summary.quantity.provenance.model == "aggregate"
    assert len(summary.quantity.provenance.input_ids) == 3
    assert (summary.first_year, summary.last_year) == (2009, 2021)
    assert (summary.minimum, summary.maximum) == (0.30, 0.32)
    assert summary.disagreement is None


def test_a_paper_counts_once() -> None:
    twice = [quantity("a", 0.30, start=5), quantity("a", 0.30, start=500), quantity("b", 0.32)]
    summary = consolidate_quantities(twice)[0]
    assert summary.papers == ("a", "b")
    assert summary.n_values == 3
    assert summary.quantity.value == pytest.approx(0.31)


def test_of_a_papers_values_the_surest_counts() -> None:
    summary = consolidate_quantities([quantity("a", 0.9, score=0.3), quantity("a", 0.3)])[0]
    assert summary.quantity.value == 0.3


def test_units_are_converted() -> None:
    summary = consolidate_quantities([quantity("a", 0.30), quantity("b", 320.0, unit="meV")])[0]
    assert summary.quantity.unit == "eV"
    assert summary.quantity.value == pytest.approx(0.31)
    assert summary.quantity.si_value == pytest.approx(0.31 * 1.602176634e-19)


def test_a_value_in_a_unit_of_something_else_is_left_out() -> None:
    found = consolidate_quantities([quantity("a", 0.3), quantity("b", 300.0, unit="K")])
    assert [summary.papers for summary in found] == [("a",)]


def test_degrees_celsius_keep_their_uncertainty() -> None:
    one = quantity("a", 200.0, std=5.0, unit="°C", property="curie temperature")
    summary = consolidate_quantities([one])[0]
    assert summary.quantity.value == pytest.approx(473.15)
    assert summary.quantity.std == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("conditions", "groups"),
    [
        ([ROOM, ROOM], 1),
        ([ROOM, (Condition("temperature", 295.0, None, "K"),)], 1),
        ([ROOM, (Condition("temperature", "room temperature"),)], 1),
        ([ROOM, (Condition("temperature", 4.2, None, "K"),)], 2),
        ([ROOM, ()], 2),
        ([(Condition("phase", "cubic"),), (Condition("phase", "Cubic"),)], 1),
        ([(Condition("phase", "cubic"),), (Condition("phase", "tetragonal"),)], 2),
        ([(Condition("pressure", 10.0, None, "GPa"),), (Condition("pressure", 2.0, None, "GPa"),)],
         2),
        ([(Condition("pressure", 10.0, None, "GPa"),),
          (Condition("pressure", 10.5, None, "GPa"),)], 1),
    ],
)  # fmt: skip
def test_conditions_must_be_comparable(
    conditions: list[tuple[Condition, ...]], groups: int
) -> None:
    values = [quantity(f"p{k}", 0.3, conditions=one) for k, one in enumerate(conditions)]
    assert len(consolidate_quantities(values)) == groups


def test_the_temperature_of_a_temperature_is_no_condition() -> None:
    given_at = {"unit": "K", "property": "curie temperature", "conditions": ROOM}
    found = consolidate_quantities(
        [quantity("a", 300.0, **given_at), quantity("b", 301.0, **given_at | {"conditions": ()})]
    )
    assert len(found) == 1


def test_a_chain_of_temperatures_is_no_group() -> None:
    values = [
        quantity(f"p{t}", 0.3, conditions=(Condition("temperature", float(t), None, "K"),))
        for t in range(310, 900, 5)
    ]
    assert len(consolidate_quantities(values)) > 10


def test_what_differs_beyond_its_uncertainty_is_flagged_with_its_papers() -> None:
    found = consolidate_quantities(
        [quantity("a", 0.19, conditions=ROOM), quantity("b", 0.31, conditions=ROOM)]
    )[0]
    assert found.disagreement is not None
    assert (found.disagreement.first.paper, found.disagreement.second.paper) == ("a", "b")
    assert found.disagreement.first.value == 0.19


def test_large_stated_uncertainties_agree() -> None:
    both = [quantity("a", 0.19, std=0.1), quantity("b", 0.31, std=0.1)]
    assert consolidate_quantities(both)[0].disagreement is None


def test_small_stated_uncertainties_disagree() -> None:
    both = [quantity("a", 0.300, std=0.001), quantity("b", 0.310, std=0.001)]
    assert consolidate_quantities(both)[0].disagreement is not None


def test_one_paper_does_not_disagree_with_itself() -> None:
    assert consolidate_quantities([quantity("a", 0.1), quantity("a", 0.9)])[0].disagreement is None


def test_ranges_that_overlap_agree_and_count_by_their_middle() -> None:
    found = consolidate_quantities([quantity("a", 0.2, value_max=0.4), quantity("b", 0.36)])[0]
    assert found.disagreement is None
    assert (found.minimum, found.maximum) == (0.2, 0.4)
    assert 0.3 < found.quantity.value < 0.36


def test_bounds_are_not_averaged_but_may_disagree() -> None:
    values = [quantity("a", 0.30), quantity("b", 0.31), quantity("c", 0.1, comparator="<")]
    found = consolidate_quantities(values)[0]
    assert found.quantity.value == pytest.approx(0.305, abs=1e-3)
    assert [bound.paper for bound in found.bounds] == ["c"]
    assert found.disagreement is not None
    assert {found.disagreement.first.paper, found.disagreement.second.paper} >= {"c"}


def test_a_bound_that_holds_is_no_disagreement() -> None:
    values = [quantity("a", 0.30), quantity("c", 0.5, comparator="<")]
    assert consolidate_quantities(values)[0].disagreement is None


def test_bounds_alone_give_the_tightest() -> None:
    found = consolidate_quantities(
        [quantity("a", 0.5, comparator="<"), quantity("b", 0.4, comparator="<")]
    )[0]
    assert (found.quantity.comparator, found.quantity.value) == ("<", 0.4)
    assert found.minimum is None
    assert found.papers == ("a", "b")


def test_outliers_are_left_out_and_named() -> None:
    values = [quantity(f"p{k}", 0.3 + k / 1000) for k in range(6)] + [quantity("wrong", 300.0)]
    found = consolidate_quantities(values)[0]
    assert found.quantity.value == pytest.approx(0.3025, abs=1e-3)
    assert [outlier.paper for outlier in found.outliers] == ["wrong"]
    assert found.maximum == pytest.approx(0.305)
    assert found.disagreement is None


def test_computed_values_stay_apart_and_denied_ones_out() -> None:
    found = consolidate_quantities(
        [
            quantity("a", 0.3),
            quantity("b", 0.2, modality="computed"),
            quantity("c", 0.9, modality="denied"),
        ]
    )
    assert {one.quantity.modality: one.papers for one in found} == {
        "observed": ("a",),
        "computed": ("b",),
    }


def test_more_papers_and_agreement_come_first() -> None:
    many = [quantity(f"p{k}", 1.0, property="lattice parameter", unit="Å") for k in range(3)]
    found = consolidate_quantities([quantity("a", 0.3), *many])
    assert [one.quantity.property for one in found] == ["lattice parameter", "band gap"]


def test_an_unknown_property_keeps_its_unit() -> None:
    found = consolidate_quantities([quantity("a", 3.0, property="gloss", unit="GU")])
    assert found[0].quantity.unit == "GU"


def test_unlinked_quantities_are_left_out() -> None:
    assert consolidate_quantities([quantity("a", 1.0, property=None)]) == []


def test_properties_over_decades_are_averaged_by_their_logarithm() -> None:
    values = [reading(1.0), reading(100.0)]
    found = summarise(values, Tolerance(0.3, decades=True))
    assert found.mean == pytest.approx(10.0)
    assert summarise(values, LOOSE).mean == pytest.approx(50.5)


def test_a_precise_paper_weighs_more_than_a_vague_one() -> None:
    found = summarise([reading(1.0, stated=0.01), reading(2.0, stated=1.0)], LOOSE)
    assert found.mean < 1.1


def test_a_sure_fact_weighs_more_than_a_doubtful_one() -> None:
    assert summarise([reading(1.0), reading(1.1, score=0.1)], LOOSE).mean < 1.02


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no values"):
        summarise([], LOOSE)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
def test_a_mean_lies_between_its_values(values: Sequence[float]) -> None:
    readings = [reading(value, f"p{k}") for k, value in enumerate(values)]
    mean, spread = summarise(readings, LOOSE)
    assert min(values) - 1e-6 <= mean <= max(values) + 1e-6
    assert math.isfinite(spread)
    assert len(outliers(readings, LOOSE)) < max(2, len(values))


def test_ten_thousand_values_are_compared_in_time() -> None:
    readings = [reading(float(k), f"p{k}") for k in range(1, 10_001)]
    found = conflict(readings, LOOSE)
    assert found is not None
    assert (found[0].value, found[1].value) == (1.0, 10_000.0)


def test_claims_are_counted_by_paper() -> None:
    found = consolidate_claims(
        [claim("a", score=0.5), claim("a", score=0.6), claim("b"), claim("c", "laser")],
        {"a": 2001, "b": 2010},
    )
    assert [one.object for one in found] == ["thermoelectric", "laser"]
    assert found[0].papers == ("a", "b")
    assert (found[0].first_year, found[0].last_year) == (2001, 2010)
    assert found[0].score == pytest.approx(0.8)
    assert found[1].first_year is None


def test_a_denied_claim_is_disputed() -> None:
    found = consolidate_claims([claim("a"), claim("b", modality="denied"), claim("c")])[0]
    assert found.papers == ("a", "c")
    assert found.denied_by == ("b",)
    assert found.modalities == {"observed": 2, "denied": 1}
    assert found.support == pytest.approx(1.0 * 2 / 3)


def test_scores_never_reach_certainty() -> None:
    found = consolidate_claims([claim(f"p{k}", score=0.9) for k in range(50)])[0]
    assert found.score == 0.99


class Batches:
    """Facts held in lists."""

    def __init__(self, quantities: list[Quantity], claims: list[Claim]) -> None:
        from ner.fact_store import claims_to_batch, quantities_to_batch

        self._quantities, self._claims = quantities_to_batch(quantities), claims_to_batch(claims)

    def quantity_batches(self, columns: Sequence[str] | None = None) -> Any:
        batch = self._quantities
        yield batch if columns is None else batch.select(list(columns))

    def claim_batches(self, columns: Sequence[str] | None = None) -> Any:
        batch = self._claims
        yield batch if columns is None else batch.select(list(columns))


def test_facts_are_counted_by_material() -> None:
    values = [quantity("a", 1.0), quantity("b", 2.0, material="SnSe"), quantity("c", 3.0)]
    values.append(quantity("d", 4.0, material=None))
    claims = [claim("a"), claim("b", subject="MgB2")]
    facts = Batches(values, claims)
    assert material_counts(facts) == {"PbTe": 3, "SnSe": 1, "MgB2": 1}


def test_most_papers_that_agree_are_the_typical_value() -> None:
    values = [8.0, 8.2, 8.5, 8.6, 37.0, 65.0, 100.0]
    members = [
        quantity(f"p{at}", value, property="superconducting critical temperature", unit="K")
        for at, value in enumerate(values)
    ]
    (one,) = consolidate_quantities(members)
    assert one.n_agreeing == 4
    assert one.typical == pytest.approx(8.35)
    assert one.support == pytest.approx(4 * 0.8 * 4 / 7)


def test_what_more_papers_study_comes_first() -> None:
    members = [quantity("a", 0.3), quantity("b", 5.0, property="hardness", unit="GPa", score=0.9)]
    found = consolidate_quantities(members, None, {"band gap": 7})
    assert [one.quantity.property for one in found] == ["band gap", "hardness"]
    found = consolidate_quantities(members)
    assert [one.quantity.property for one in found] == ["hardness", "band gap"]


def test_a_direction_of_one_paper_is_no_group_of_its_own() -> None:
    along = (Condition("direction", "c-direction"),)
    across = (Condition("direction", "a"),)
    mixed = [quantity("a", 0.3), quantity("b", 0.31, conditions=along)]
    assert [len(one.papers) for one in consolidate_quantities(mixed)] == [2]
    apart = [*mixed, quantity("b", 0.5, conditions=across)]
    assert len(consolidate_quantities(apart)) == 3
    (alone,) = consolidate_quantities(mixed[1:])
    assert alone.quantity.conditions == (Condition("direction", "c axis"),)


def test_tc_is_what_the_material_has() -> None:
    said = [claim("a", "Tc", type="HAS_PROPERTY"), claim("b", "Tc", type="HAS_PROPERTY")]
    assert [one.object for one in consolidate_claims(said)] == ["Tc"]
    said.append(claim("c", "ferromagnetism", type="HAS_PROPERTY"))
    assert {one.object for one in consolidate_claims(said)} == {
        "curie temperature",
        "ferromagnetism",
    }


def test_what_says_little_comes_last() -> None:
    said = [claim(f"{at}", "band gap", type="HAS_PROPERTY") for at in range(5)]
    said += [claim("a", "semiconductivity", type="HAS_PROPERTY")]
    assert [one.object for one in consolidate_claims(said)] == ["semiconductivity", "band gap"]
    assert is_telling("USED_IN", "band gap")
    assert not is_telling("HAS_PROPERTY", "optical property")


def test_groups_take_turns() -> None:
    items = [("a", 9.0), ("a", 8.0), ("b", 5.0), ("a", 7.0), ("b", 1.0), ("c", 0.0)]
    ordered = in_turn(items, lambda one: one[0], lambda one: one[1])
    assert [name for name, _ in ordered] == ["a", "b", "a", "a", "b", "c"]
    assert sorted(ordered) == sorted(items)
    assert in_turn([], str, float) == []


def test_a_wide_range_does_not_make_all_agree() -> None:
    fields = {"property": "hardness", "unit": "GPa"}
    members = [quantity(f"p{at}", 10.0 + at * 20, **fields) for at in range(4)]
    members.append(quantity("wide", 5.0, value_max=80.0, **fields))
    (one,) = consolidate_quantities(members)
    assert one.n_agreeing < 5
