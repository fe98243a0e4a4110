"""Tests of faults that values stored from the whole corpus had, each in words of our own."""

import time
from dataclasses import replace

import pytest

from matlore.records import Condition, Label, Mention, Paper, text_hash
from ner.facts.document import Document
from ner.facts.linking import link_quantities
from ner.facts.parts import FoundQuantity, Value
from ner.facts.property_units import fits_term
from ner.facts.value_plausibility import plausibility
from ner.facts.values import find_values

Named = tuple[str, Label, str]


def linked(text: str, *named: Named) -> tuple[Document, list[FoundQuantity]]:
    """Return what is found in a text whose mentions are given: each wherever it stands."""
    paper = Paper("p", ("p",), "", "", text, text_hash(text), "1")
    mentions = []
    for words, label, norm in named:
        start = text.find(words)
        assert start >= 0
        while start >= 0:
            end = start + len(words)
            mentions.append(Mention("p", paper.text_sha, start, end, label, words, norm, 0.9))
            start = text.find(words, end)
    document = Document(paper, sorted(mentions, key=lambda mention: mention.start))
    return document, link_quantities(document, find_values(text))


def facts(text: str, *named: Named) -> list[tuple[str | None, str, float]]:
    """Return (material, property, number) of the values that have a property."""
    document, found = linked(text, *named)
    return [
        (
            None if one.material is None else document.mentions[one.material].text,
            one.property_name,
            one.value.value,
        )
        for one in found
        if one.property_name
    ]


def score(text: str, *named: Named) -> float:
    (found,) = [one for one in linked(text, *named)[1] if one.property_name]
    return found.score


GAP: Named = ("band gap", "PRO", "band gap")
ZNO: Named = ("ZnO", "MAT", "ZnO")
PT: Named = ("Pt/C", "MAT", "name:Pt/C")
FE: Named = ("Fe", "MAT", "Fe")
CO2: Named = ("CO2", "MAT", "CO2")
EFFICIENCY: Named = ("Faradaic efficiency", "PRO", "faradaic efficiency")


def test_value_in_the_bracket_of_what_is_compared() -> None:
    half: Named = ("half-wave potential", "PRO", "half-wave potential")
    text = "ZnO has a higher half-wave potential of 0.91 V than Pt/C (0.85 V)."
    assert facts(text, ZNO, PT, half) == [
        ("ZnO", "half-wave potential", 0.91),
        ("Pt/C", "half-wave potential", 0.85),
    ]


def test_directions_before_a_list_of_values_are_dealt_out_and_a_stack_is_no_list() -> None:
    named: list[Named] = [
        ("thermal conductivities", "PRO", "thermal conductivity"),
        ("PbSe", "MAT", "PbSe"),
        ("PbTe", "MAT", "PbTe"),
    ]
    text = (
        "We compute stacks of PbSe/PbTe. The thermal conductivities along the x and y directions "
        "are 0.4 and 0.3 W/(m K), respectively."
    )
    _, (first, second) = linked(text, *named)
    assert [one.conditions[0].value for one in (first, second)] == ["x", "y"]
    assert first.material == second.material


def test_an_acronym_of_a_compound_is_one_also_where_it_is_taken_for_an_application() -> None:
    zt: Named = ("ZT", "PRO", "thermoelectric figure of merit")
    text = "PbTe and TAGS are studied. Doping enables TAGS to reach a ZT of 2.1 at 700 K."
    tags: Named = ("TAGS", "MAT", "family:Ag-Ge-Sb-Te")
    document, _ = linked(text, ("PbTe", "MAT", "PbTe"), tags, zt)
    second = text.rindex("TAGS")
    place = next(k for k, one in enumerate(document.mentions) if one.start == second)
    mentions = [*document.mentions]
    mentions[place] = replace(mentions[place], label="APL", norm="TAGS")
    again = Document(document.paper, mentions)
    (fact,) = [one for one in link_quantities(again, find_values(text)) if one.property_name]
    assert fact.material is not None
    assert again.mentions[fact.material].start == second


def test_compared_material_with_a_gap_of_its_own() -> None:
    cds: Named = ("CdS", "MAT", "CdS")
    text = "ZnO is more similar to the semiconductor CdS with a band gap of 2.4 eV than to metals."
    assert facts(text, ZNO, cds, GAP) == [("CdS", "band gap", 2.4)]


def test_all_but_one_material() -> None:
    text = "ZnO films\nThe band gap is larger than 2 eV in all oxides except CdO."
    (fact,) = facts(text, ZNO, GAP, ("CdO", "MAT", "CdO"))
    assert fact[0] != "CdO"


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("Fe-based superconductors reach a Tc of 55 K.", FE),
        ("The Faradaic efficiency of CO2 reduction is 91%.", CO2),
    ],
)
def test_parts_and_gases_are_doubtful(text: str, doubtful: Named) -> None:
    named = (doubtful, EFFICIENCY) if "Faradaic" in text else (doubtful,)
    assert score(text, *named) < 0.5


@pytest.mark.parametrize(
    ("text", "aside"),
    [
        ("CuO has a Tafel slope of 44 mV/dec in 0.5 M H2SO4.", "H2SO4"),
        ("CuO/NF has a Tafel slope of 44 mV/dec.", "NF"),
        ("With 2 wt% NaCl the Tafel slope of CuO is 44 mV/dec.", "NaCl"),
    ],
)
def test_solutions_supports_and_additives(text: str, aside: str) -> None:
    slope: Named = ("Tafel slope", "PRO", "tafel slope")
    (fact,) = facts(text, ("CuO", "MAT", "CuO"), (aside, "MAT", aside), slope)
    assert fact[0] in ("CuO", "CuO/NF")


def test_metal_of_a_contact_is_no_subject() -> None:
    text = (
        "WSe2 transistors\nUsing Pd contacts we observed a hole mobility of 140 cm2/Vs in WSe2"
        " of a few layers."
    )
    named: tuple[Named, ...] = (
        ("WSe2", "MAT", "WSe2"),
        ("Pd", "MAT", "Pd"),
        ("mobility", "PRO", "mobility"),
    )
    assert facts(text, *named)[0][0] == "WSe2"


def test_name_of_a_property_is_no_material() -> None:
    named: tuple[Named, ...] = (("FE", "MAT", "name:faradaic efficiency"), EFFICIENCY)
    (fact,) = facts("The Faradaic efficiency FE rises to 80% at last.", *named)
    assert fact[0] is None


def test_class_before_a_formula() -> None:
    named: list[Named] = [
        ("layered telluride", "MAT", "name:layered telluride"),
        ("WTe2", "MAT", "WTe2"),
    ]
    (fact,) = facts("The layered telluride WTe2 has a band gap of 0.7 eV.", *named, GAP)
    assert fact[0] == "WTe2"


def test_list_of_which_one_material_is_known() -> None:
    text = "Band gaps of 1.9 and 1.4 eV were found for ZnO and its twin, respectively."
    alone = "A band gap of 1.9 eV was found for ZnO."
    gaps: Named = ("Band gaps", "PRO", "band gap")
    _, found = linked(text, ZNO, gaps)
    assert max(one.score for one in found) < score(alone, ZNO, GAP)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In VO2 the transition temperature is 341 K.", "phase transition temperature"),
        ("The magnet VO2 orders at Tc = 12 K.", "magnetic transition temperature"),
        ("The magnet VO2 is ferromagnetic with Tc = 12 K.", "curie temperature"),
        (
            "The cuprate VO2 is superconducting with Tc = 12 K.",
            "superconducting critical temperature",
        ),
    ],
)
def test_transitions_of_texts_without_an_order(text: str, expected: str) -> None:
    (fact,) = facts(text, ("VO2", "MAT", "VO2"))
    assert fact[1] == expected


def test_transition_of_vortices_is_no_superconducting_one() -> None:
    text = "In superconducting ZnO films the BKT transition temperature is 1.2 K."
    assert facts(text, ZNO) == []


def test_width_of_a_transition() -> None:
    text = "ZnO is superconducting with Tc = 9 K and a transition width of 0.3 K."
    assert [fact[2] for fact in facts(text, ZNO)] == [9]


def test_opening_of_a_gap() -> None:
    assert facts("In ZnO a band gap opening of 0.3 eV appears.", ZNO, GAP) == [
        ("ZnO", "band gap", 0.3)
    ]
    assert facts("The band gap shift of 0.3 eV in ZnO is small.", ZNO, GAP) == []


def test_second_figure_of_merit() -> None:
    text = "We reach a zT of 0.40 in n-type and 0.55 in p-type PbTe."
    found = facts(text, ("PbTe", "MAT", "PbTe"))
    assert [(fact[1], fact[2]) for fact in found] == [
        ("thermoelectric figure of merit", 0.40),
        ("thermoelectric figure of merit", 0.55),
    ]


def test_property_before_a_value_that_the_vocabulary_does_not_fit() -> None:
    named: tuple[Named, ...] = (
        ("remanence", "PRO", "remanent magnetization"),
        ("coercivity", "PRO", "coercivity"),
    )
    found = facts("ZnO has a remanence of 388 mT and a coercivity of 0.92 T.", ZNO, *named)
    assert ("ZnO", "coercivity", 388.0) not in found


@pytest.mark.parametrize(
    "text",
    [
        "ZnO shows a band edge at 0.9 eV binding energy.",
        "A gate voltage of 50 V was applied to ZnO.",
        "The upper critical field of ZnO was measured in pulsed magnetic fields up to 60 T.",
        "The superconducting ZnO was measured by transport down to 0.6 K.",
    ],
)
def test_what_is_set_is_no_value_found(text: str) -> None:
    named: list[Named] = [
        (words, "PRO", words)
        for words in ("binding energy", "voltage", "upper critical field")
        if words in text
    ]
    assert facts(text, ZNO, *named) == []


def conditions(text: str, *named: Named) -> list[tuple[Condition, ...]]:
    return [one.conditions for one in linked(text, *named)[1] if one.property_name]


def test_no_temperature_of_a_temperature() -> None:
    text = "At 300 K we look at ZnO. After heating at 900 K its Curie temperature is 12 K."
    assert conditions(text, ZNO, ("Curie temperature", "PRO", "curie temperature")) == [()]


def test_condition_of_another_value() -> None:
    text = "ZnO needs 210 mV at 10 mA/cm^2 and has a Tafel slope of 56 mV/dec."
    assert conditions(text, ZNO, ("Tafel slope", "PRO", "tafel slope")) == [()]


def test_two_directions_for_two_values() -> None:
    text = "The band gap of ZnO is 1.1 and 1.3 eV along the zigzag and armchair directions."
    assert conditions(text, ZNO, GAP) == [
        (Condition("direction", "zigzag direction"),),
        (Condition("direction", "armchair direction"),),
    ]


def test_thickness_is_no_wavelength() -> None:
    text = "A band gap of 2 eV was found for ZnO at 205 nm thickness."
    assert all(one.name != "wavelength" for one in conditions(text, ZNO, GAP)[0])


@pytest.mark.parametrize(
    ("name", "unit", "number"),
    [
        ("capacity retention", "wt%", 80.0),
        ("efficiency", "ppm", 80.0),
        ("band gap", "meV/%", 80.0),
        ("magnetic moment", "Oe", 80.0),
    ],
)
def test_units_of_the_right_dimension_but_another_thing(
    name: str, unit: str, number: float
) -> None:
    assert not fits_term(name, unit, number)


@pytest.mark.parametrize(
    ("name", "number", "unit", "plausible"),
    [
        ("superconducting critical temperature", 39.0, "K", True),
        ("superconducting critical temperature", 450.0, "K", False),
        ("thermoelectric figure of merit", 7.4, "1", False),
        ("half-wave potential", 54.0, "mV", False),
        ("carrier concentration", 4.1, "cm^-3", False),
        ("lattice parameter", 4e9, "Å", True),
    ],
)
def test_plausible_values(name: str, number: float, unit: str, plausible: bool) -> None:
    assert (plausibility(name, Value(0, 5, number, unit)) == 1) is plausible


def test_implausible_values_are_kept_with_a_lower_score() -> None:
    likely, unlikely = (
        score(f"The superconducting Tc of ZnO is {kelvin} K.", ZNO) for kelvin in (40, 400)
    )
    assert 0 < unlikely < likely


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("a density of 1018 cm-3 of holes", 1e18, "cm-3"),
        ("a density of 1018 kg", 1018, "kg"),
        ("a capacity of 799 mAh g c -1 was reached", 799, "mAh g-1"),
        ("growth at 530 C gives the best layers", 530, "°C"),
        ("charged at 200 C rate", 200, "C"),
    ],
)
def test_lost_signs_of_units(text: str, number: float, unit: str) -> None:
    (found,) = find_values(text)
    assert (found.value, found.unit) == (number, unit)


def test_two_temperatures_side_by_side() -> None:
    assert 77300 not in [value.value for value in find_values("a gap of 2 eV at 77 300 K is seen")]


@pytest.mark.parametrize(
    "text",
    [
        "Tc of 5 K : " * 8000,
        "along x and y and " * 5000 + "2 eV directions",
        "band gap of 2 eV, without, in the literature, " * 2000,
    ],
)
def test_hostile_texts_take_no_square(text: str) -> None:
    begun = time.process_time()
    linked(text)
    assert time.process_time() - begun < 5
