"""The properties that matter beside candidates: reported, derived and predicted."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from stub_predictors import KELVIN, FakePredictor, FakePredictors, fake_recipe

from graph.predictors.application_properties import (
    LEAST_DESIRABILITY,
    WantedProperty,
    application_properties,
    load_application_properties,
    overall_desirability,
    read_application_properties,
)
from graph.predictors.recipes import load_recipes
from graph.propnet.library import load_library
from ingest.store import PaperStore
from matlore.errors import InputError, UsageError
from matlore.home import Home
from matlore.pipeline.recommend_known import derived_values, reported_values
from matlore.pipeline.recommend_predictions import predicted_values, with_solar_limits
from matlore.pipeline.recommend_properties import candidate_properties, what_matters
from matlore.pipeline.recommend_values import CandidateValue, value_row
from matlore.records import Condition, Paper, Provenance, Quantity, text_hash
from matlore.units import same_dimension
from matlore.vocabulary import load_applications, load_terms
from ner.fact_shards import Block
from ner.fact_store import FactWriter, claims_to_batch, quantities_to_batch

GAP = WantedProperty("band gap", "eV", (0.0, 0.5, math.inf, math.inf))
INF = math.inf


# What matters.


def test_each_application_has_known_properties_in_fitting_units() -> None:
    terms, symbols = load_terms("property"), load_library().symbols
    found = load_application_properties()
    assert set(found) <= set(load_applications())
    assert len(found) >= 8
    for application, one in found.items():
        assert one.about, application
        assert one.reference, application
        assert any(wanted.corners for wanted in one.properties), application
        for wanted in one.properties:
            term = terms.get(wanted.name)
            unit = symbols[wanted.name].unit if term is None else term.unit or "1"
            assert same_dimension(wanted.unit, unit), (application, wanted.name)


def test_units_are_those_of_the_predictors() -> None:
    units = {one.property: one.unit for one in load_recipes().values()}
    for application, one in load_application_properties().items():
        for wanted in one.properties:
            if wanted.name in units:
                assert same_dimension(wanted.unit, units[wanted.name]), (application, wanted)


@pytest.mark.parametrize(
    ("corners", "log", "value", "expected"),
    [
        ((0, 2, INF, INF), False, 0.5, 0.25),
        ((0, 2, INF, INF), False, 9.0, 1.0),
        ((0, 2, INF, INF), False, -9.0, LEAST_DESIRABILITY),
        ((-INF, -INF, 1, 10), True, 10**0.5, 0.5),  # halfway in the logarithm
        ((-INF, -INF, 1, 10), True, 0.0, 1.0),
        ((1e-9, 1e-5, INF, INF), True, 0.0, LEAST_DESIRABILITY),
        ((1, 2, 3, 5), False, 4.0, 0.5),
        ((1, 2, 3, 5), False, 2.5, 1.0),
        ((0, 0, 1, 2), False, -1.0, LEAST_DESIRABILITY),
        ((0, 2, INF, INF), False, math.nan, None),
        ((), False, 1.0, None),
    ],
)
def test_desirability(
    corners: tuple[float, ...], log: bool, value: float, expected: float | None
) -> None:
    found = WantedProperty("x", "1", corners, log=log).desirability(value)
    assert found == (None if expected is None else pytest.approx(expected))


def test_only_the_magnitude_of_a_seebeck_coefficient_counts() -> None:
    seebeck = WantedProperty("seebeck coefficient", "uV/K", (0, 200, INF, INF), magnitude=True)
    assert seebeck.desirability(-100) == pytest.approx(0.5)


def test_the_overall_desirability_is_a_weighted_geometric_mean() -> None:
    wanted = [
        WantedProperty(name, "1", (0, 1, INF, INF), weight=w) for name, w in (("a", 2), ("b", 1))
    ]
    assert overall_desirability(wanted, {"a": 0.25, "b": 1.0}, {}) == pytest.approx(0.25 ** (2 / 3))
    assert overall_desirability(wanted, {"a": 0.5}, {"b": 0.5}) == pytest.approx(0.5)
    assert overall_desirability(wanted, {"a": 0.5}, {}) == pytest.approx(0.5)
    assert overall_desirability(wanted, {"a": None}, {"a": 0.5, "b": 0.5}) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {application: a}", "list its properties"),
        ("- {properties: [1]}", "name the application"),
        ("- {application: a, properties: [{name: x, unit: eV, ramp: [1, 1]}]}", "must differ"),
        ("- {application: a, properties: [{name: x, unit: eV, ramp: [1, 1e-5]}]}", "1.0e-5"),
        ("- {application: a, properties: [{name: x, unit: eV, range: [1, 3, 2, 4]}]}", "rise"),
        ("- {application: a, properties: [{name: x, unit: 1}]}", "the unit as text"),
        ("- {application: a, properties: [{name: x, unit: eV, wrong: 1}]}", "'wrong'"),
        (
            "- {application: a, properties: [{name: x, unit: eV, scale: log, ramp: [0, 1]}]}",
            "above 0",
        ),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "wanted.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_application_properties(path)


def test_unknown_applications_are_refused_only_where_they_must_be_known() -> None:
    assert what_matters("desalination") is None
    with pytest.raises(UsageError, match=r"--rank fused: .*'desalination'.*thermoelectric"):
        what_matters("desalination", required="--rank fused")


# Reported and derived values.

PAPERS = (("arxiv:0901.0001", 2009), ("arxiv:2101.0002", 2021), ("arxiv:2201.0003", 2022))


def _quantity(paper: str, value: float, **fields: Any) -> Quantity:
    said: dict[str, Any] = {"material": "PbTe", "property": "band gap", "unit": "eV", "score": 0.8}
    origin = Provenance("f-1", paper_id=paper, text_sha=text_hash(paper), spans=((0, 4),))
    return Quantity(value=value, provenance=origin, **(said | fields))


FACTS = {
    PAPERS[0][0]: [_quantity(PAPERS[0][0], 310.0, unit="meV")],
    PAPERS[1][0]: [
        _quantity(PAPERS[1][0], 0.33),
        _quantity(PAPERS[1][0], 0.1, material="SnTe", modality="computed"),
        _quantity(PAPERS[1][0], 9.0, material="GaAs", modality="denied"),
    ],
    PAPERS[2][0]: [
        _quantity(
            PAPERS[2][0],
            0.18,
            material="SnTe",
            conditions=(Condition("temperature", 300.0, None, "K"),),
        ),
        _quantity(PAPERS[2][0], 2.0, unit="kg", material="InAs"),
    ],
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with three papers and their facts."""
    path = tmp_path / "a home"
    with Home.open(path, create=True).writer() as writer:
        store = PaperStore(writer)
        for id, year in PAPERS:
            store.put(
                Paper(
                    id=id,
                    ids=(id,),
                    title=id,
                    abstract="",
                    text=id,
                    text_sha=text_hash(id),
                    cleaner_version="test",
                    year=year,
                )
            )
        store.commit(job="test", cursors={})
        facts = FactWriter(writer)
        for id, found in FACTS.items():
            blocks = [Block(id, text_hash(id), "f-1@m", len(found))]
            none = [Block(id, text_hash(id), "f-1@m", 0)]
            facts.add(blocks, quantities_to_batch(found), none, claims_to_batch([]))
        facts.commit()
    return path


def test_papers_are_put_together_in_the_unit_that_is_wanted(home: Path) -> None:
    found = reported_values(home, ["PbTe", "SnTe", "GaAs", "InAs"], [GAP])
    (lead,) = found["PbTe"]
    assert lead.value == pytest.approx(0.32)
    assert (lead.unit, lead.kind, lead.sources) == ("eV", "reported", 2)
    assert (lead.lower, lead.upper) == pytest.approx((0.31, 0.33))
    assert set(lead.papers) == {PAPERS[0][0], PAPERS[1][0]}
    assert not found.get("GaAs"), "what a paper denies is no value"
    assert not found.get("InAs"), "a mass is no band gap"


def test_what_was_observed_comes_before_what_was_computed(home: Path) -> None:
    (tin,) = reported_values(home, ["SnTe"], [GAP])["SnTe"]
    assert (tin.value, tin.modality, tin.conditions) == (0.18, "observed", ("temperature = 300 K",))
    assert (tin.lower, tin.upper) == (None, None), "one number alone is no interval"


def test_papers_after_the_year_are_not_read(home: Path) -> None:
    found = reported_values(home, ["PbTe", "SnTe"], [GAP], until=2010)
    assert [one.value for one in found["PbTe"]] == pytest.approx([0.31])
    assert "SnTe" not in found


def test_only_what_was_derived_in_the_home_is_derived(home: Path) -> None:
    assert derived_values(home, ["PbTe"], [GAP]) == {}
    assert derived_values(home / "nowhere", ["PbTe"], [GAP]) == {}


def test_derived_values_are_means_first_with_90_percent_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from graph.derived_store import derived_schemas
    from matlore.pipeline import recommend_known

    common = {"material": "PbTe", "property": "band gap", "unit": "eV", "conditions": []}
    tin = {**common, "material": "SnTe", "kind": "derived"}
    rows = [
        {**common, "id": "1", "model": "m", "value": 9.0, "std": 0.01, "kind": "derived"},
        {**common, "id": "2", "model": "w", "value": 0.3, "std": 0.1, "kind": "aggregate"},
        {**tin, "id": "3", "model": "m", "value": 0.2, "std": None},
        {**tin, "id": "4", "model": "n", "value": 0.1, "std": 0.1},
    ]
    path = tmp_path / "quantities.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=derived_schemas()["quantities"]), path)
    Home.open(tmp_path / "a home", create=True)
    monkeypatch.setattr(recommend_known, "_derived_file", lambda _: path)
    found = derived_values(tmp_path / "a home", ["PbTe", "SnTe"], [GAP])
    (lead,) = found["PbTe"]
    assert (lead.value, lead.kind, lead.model) == (0.3, "derived", "mean of several")
    assert (lead.lower, lead.upper) == pytest.approx((0.3 - 0.1645, 0.3 + 0.1645))
    assert found["SnTe"][0].model == "n", "a value with an uncertainty comes first"


# Predictions.


def _zt(values: dict[str, float], **more: Any) -> FakePredictor:
    recipe = fake_recipe(
        "figure-of-merit", "thermoelectric figure of merit", "1", conditions=(KELVIN,)
    )
    return FakePredictor(recipe, values, **more)


def _gaps(values: dict[str, float], name: str = "band-gap", **more: Any) -> FakePredictor:
    return FakePredictor(fake_recipe(name, "band gap", "eV"), values, **more)


def test_predictions_are_made_at_the_conditions_of_the_application() -> None:
    matters = application_properties("thermoelectric")
    assert matters is not None
    predictors = FakePredictors(_zt({"PbTe": 1.2}, learned=["PbTe"]), _gaps({"PbTe": 0.3}))
    found = predicted_values(predictors, ["PbTe"], matters)["PbTe"]
    assert [(one.property, one.value) for one in found] == [
        ("thermoelectric figure of merit", 1.2),
        ("band gap", 0.3),
    ]
    assert [one.conditions for one in found] == [("temperature = 600 K",), ()]
    assert [one.learned for one in found] == [True, False]
    assert (found[0].lower, found[0].upper) == pytest.approx((1.1, 1.3))
    assert found[0].model == "figure-of-merit 0123456789ab"


def test_only_predictors_of_wanted_properties_are_loaded() -> None:
    matters = application_properties("photovoltaic")
    assert matters is not None
    structure = FakePredictor(fake_recipe("gap-s", "band gap", "eV", needs="structure"), {})
    predictors = FakePredictors(_zt({}), structure, _gaps({"GaAs": 1.4}))
    predicted_values(predictors, ["GaAs"], matters)
    assert predictors.loaded == {"band-gap"}


def test_the_users_own_predictor_comes_first() -> None:
    matters = application_properties("photovoltaic")
    assert matters is not None
    own = _gaps({"GaAs": 1.5}, name="my-gap")
    predictors = FakePredictors(_gaps({"GaAs": 1.4}), own, own=["my-gap"])
    assert predicted_values(predictors, ["GaAs"], matters)["GaAs"][0].value == 1.5


@pytest.mark.parametrize("bad", [["Fr2O"], ["La1-xSrxMnO3", "name:graphene", ""]])
def test_a_material_that_cannot_be_predicted_stops_no_other(bad: Sequence[str]) -> None:
    matters = application_properties("photovoltaic")
    assert matters is not None
    predictors = FakePredictors(_gaps({"GaAs": 1.4, "Si": 1.1, "CdTe": 1.5}))
    found = predicted_values(predictors, ["GaAs", *bad, "Si", "CdTe"], matters)
    assert {formula for formula, values in found.items() if values} == {"GaAs", "Si", "CdTe"}


def test_a_probability_has_no_interval() -> None:
    matters = application_properties("superconductor")
    assert matters is not None
    recipe = fake_recipe(
        "metallicity", "metallicity", "1", task="classification", classes=("nonmetal", "metal")
    )
    found = predicted_values(FakePredictors(FakePredictor(recipe, {"Nb": 0.9})), ["Nb"], matters)
    (one,) = found["Nb"]
    assert (one.value, one.lower, one.upper) == (0.9, None, None)


# The limit of Shockley and Queisser.


def _limits(gap: CandidateValue) -> list[CandidateValue]:
    matters = application_properties("photovoltaic")
    assert matters is not None
    found = with_solar_limits({"X": [gap]}, matters.properties)["X"]
    return [one for one in found if one.property == "shockley-queisser limit"]


def test_the_limit_is_that_of_the_literature() -> None:
    # Ruehle, Solar Energy 130, 139 (2016): 33.7 % at 1.34 eV.
    (one,) = _limits(CandidateValue("band gap", "reported", 1.34, "eV", papers=("p",)))
    assert one.value == pytest.approx(33.7, abs=0.1)
    assert (one.kind, one.papers, one.lower) == ("derived", ("p",), None)


def test_the_interval_is_over_that_of_the_gap() -> None:
    gap = CandidateValue(
        "band gap", "predicted", 0.9, "eV", lower=0.5, upper=1.6, in_domain=False, model="g 1"
    )
    (one,) = _limits(gap)
    assert one.upper is not None
    assert one.lower is not None
    assert one.upper == pytest.approx(33.7, abs=0.1), "the best gap lies inside"
    assert one.lower < one.value < one.upper
    assert (one.kind, one.in_domain) == ("predicted", False)
    assert one.model == "shockley-queisser limit of g 1"


@pytest.mark.parametrize(("gap", "most"), [(0.0, 10.0), (9.0, 0.01)])
def test_gaps_outside_the_sunlight_say_so(gap: float, most: float) -> None:
    (one,) = _limits(CandidateValue("band gap", "reported", gap, "eV"))
    assert 0 <= one.value < most
    assert "counts as its end" in one.doubts[0]


# All together.


def test_values_stand_in_order_and_say_where_they_are_from(home: Path) -> None:
    predictors = FakePredictors(_zt({"PbTe": 1.23456}, outside=["PbTe"]), _gaps({"PbTe": 0.3}))
    found = candidate_properties(home, ["PbTe"], "thermoelectric", predictors=predictors)
    row = found.row("PbTe")
    assert isinstance(row["properties"], list)
    assert [(one["property"], one["kind"]) for one in row["properties"]] == [
        ("thermoelectric figure of merit", "predicted"),
        ("band gap", "reported"),
        ("band gap", "predicted"),
    ]
    zt = row["properties"][0]
    assert (zt["value"], zt["in_domain"]) == (1.235, False)
    assert zt["doubts"] == ["unlike the training data"]
    assert row["properties"][1]["papers"]
    assert row["elements"]["scarcest"] == "Te"  # type: ignore[index]
    assert found.notes == ()


def test_years_and_predictions_are_told_apart(home: Path) -> None:
    predictors = FakePredictors(_gaps({"PbTe": 0.3}))
    found = candidate_properties(
        home, ["PbTe"], "thermoelectric", until=2010, predictors=predictors
    )
    assert "know no years" in found.notes[0]
    none = candidate_properties(home, ["PbTe"], "thermoelectric", predictors=FakePredictors())
    assert "no predictors of thermoelectric figure of merit" in none.notes[0]
    unknown = candidate_properties(home, ["PbTe"], "magnon", predictors=predictors)
    assert unknown.values == {}
    assert "'magnon' is not laid down" in unknown.notes[0]


def test_rows_tell_the_kinds_apart() -> None:
    reported = value_row(
        CandidateValue("a", "reported", 1.0, "1", papers=tuple("abcdefg"), sources=7)
    )
    assert (reported["papers"], reported["sources"]) == (list("abcde"), 7)
    assert "model" not in reported
    predicted = value_row(CandidateValue("a", "predicted", 1.0, "1", model="m 1", in_domain=True))
    assert (predicted["model"], predicted["in_domain"]) == ("m 1", True)
    assert "papers" not in predicted
