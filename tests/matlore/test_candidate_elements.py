"""What limits the use of elements: abundance, supply, toxicity, price."""

import json
from importlib.resources import files

import pytest

from graph.propnet.elements import load_elements
from matlore.pipeline.candidate_elements import (
    PRICES,
    TOXICITY,
    element_hazards,
    elements_of_candidate,
)


def test_the_scarcest_and_the_riskiest_element_count() -> None:
    found = elements_of_candidate(["Pb", "Te"])
    # CRC Handbook: Te 0.001 mg/kg, Pb 14 mg/kg; Gaultois et al. 2013: HHI of Te 2900, Pb 2700.
    assert (found["scarcest"], found["abundance"]) == ("Te", 0.001)
    assert (found["riskiest"], found["supply_risk"]) == ("Te", 2900)
    assert (found["toxicity"], found["toxic"]) == ("high", ["Pb"])
    assert (found["price"], found["dear"]) == ("medium", ["Te"])
    assert found["unclassed"] == ["Te"]
    assert found["radioactive"] == []


def test_harmless_elements_are_not_blamed() -> None:
    found = elements_of_candidate(["O", "Ti"])
    assert (found["toxicity"], found["toxic"]) == ("low", [])
    assert found["scarcest"] == "Ti"


@pytest.mark.parametrize("symbols", [[], ["Og"]])
def test_of_unknown_elements_nothing_is_said(symbols: list[str]) -> None:
    found = elements_of_candidate(symbols)
    assert found["abundance"] is None
    assert found["supply_risk"] is None
    assert found["toxicity"] is None
    assert found["price"] is None
    assert found["unclassed"] == symbols


def test_radioactive_elements_are_named() -> None:
    assert elements_of_candidate(["U", "O"])["radioactive"] == ["U"]
    assert elements_of_candidate(["Bi", "Te"])["radioactive"] == []


def test_every_element_of_the_table_has_a_row_and_known_classes() -> None:
    hazards = element_hazards()
    assert list(hazards) == list(load_elements())
    assert {one.toxicity for one in hazards.values()} <= {None, *TOXICITY}
    assert {one.price for one in hazards.values()} <= {None, *PRICES}
    for symbol, one in hazards.items():
        assert bool(one.reason) == (one.toxicity in ("medium", "high")), symbol


def test_elements_without_stable_isotopes_are_radioactive() -> None:
    found = {symbol for symbol, one in element_hazards().items() if one.radioactive}
    unstable = {s for s, one in load_elements().items() if one.atomic_number > 83}
    assert found == unstable | {"Tc", "Pm"}


def test_the_card_names_source_and_values_of_each_class() -> None:
    card = json.loads((files("graph.predictors") / "element_hazards.json").read_text("utf-8"))
    assert tuple(card["columns"]["toxicity"]["values"]) == TOXICITY
    assert tuple(card["columns"]["price"]["values"]) == PRICES
    for column in card["columns"].values():
        assert column["source"]
