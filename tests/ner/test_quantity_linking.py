"""Tests of linking values to properties and materials."""

import time
from collections.abc import Sequence

import pytest

from matlore.records import Label, Mention, Paper, text_hash
from matlore.units import convert
from ner.facts.document import Document
from ner.facts.linking import link_quantities
from ner.facts.main_material import find_main
from ner.facts.parts import FoundQuantity, Value
from ner.facts.property_cues import describe, find_cues, fitting_name
from ner.facts.respectively import deal, runs

Named = tuple[str, Label, str]


def document(text: str, *named: Named) -> Document:
    """Return a text with mentions: each (words, label, norm) wherever it stands."""
    paper = Paper("p", ("p",), "", "", text, text_hash(text), "1")
    mentions = []
    for words, label, norm in named:
        start = text.find(words)
        assert start >= 0
        while start >= 0:
            end = start + len(words)
            mentions.append(Mention("p", paper.text_sha, start, end, label, words, norm, 0.9))
            start = text.find(words, end)
    return Document(paper, sorted(mentions, key=lambda mention: mention.start))


def values(text: str, *written: tuple[str, float, str]) -> list[Value]:
    """Return values that stand in a text, in order: each (words, number, unit)."""
    found, end = [], 0
    for words, number, unit in written:
        start = text.index(words, end)
        end = start + len(words)
        found.append(Value(start, end, number, unit))
    return found


def linked(
    text: str, named: Sequence[Named], written: Sequence[tuple[str, float, str]]
) -> list[tuple[str | None, str | None, float]]:
    """Return (material's words, property, number) of each quantity."""
    doc = document(text, *named)
    found = link_quantities(doc, values(text, *written))
    return [(material(doc, item), item.property_name, item.value.value) for item in found]


def material(doc: Document, item: FoundQuantity) -> str | None:
    return None if item.material is None else doc.mentions[item.material].text


ZNO: Named = ("ZnO", "MAT", "ZnO")
GAP: Named = ("band gap", "PRO", "band gap")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("The band gap of ZnO is 3.3 eV.", ("3.3 eV", 3.3, "eV")),
        ("ZnO has a band gap of 3.3 eV.", ("3.3 eV", 3.3, "eV")),
        ("ZnO shows a 3.3 eV band gap.", ("3.3 eV", 3.3, "eV")),
        ("Films of ZnO (band gap 3.3 eV) are clear.", ("3.3 eV", 3.3, "eV")),
        ("The band gap reaches 3.3 eV for ZnO.", ("3.3 eV", 3.3, "eV")),
    ],
)
def test_value_goes_to_property_and_material(text: str, written: tuple[str, float, str]) -> None:
    assert linked(text, [ZNO, GAP], [written]) == [("ZnO", "band gap", 3.3)]


def test_dimension_decides_between_properties() -> None:
    text = "MgB2 with a band gap has Tc and an upper critical field of 39 K and 16 T."
    named: list[Named] = [
        ("MgB2", "MAT", "MgB2"), GAP,
        ("upper critical field", "PRO", "upper critical field"),
    ]  # fmt: skip
    found = linked(text, named, [("39 K", 39, "K"), ("16 T", 16, "T")])
    assert found == [
        ("MgB2", "superconducting critical temperature", 39),
        ("MgB2", "upper critical field", 16),
    ]


def test_band_gap_in_kelvin_is_none() -> None:
    assert linked("ZnO has a band gap of 300 K.", [ZNO, GAP], [("300 K", 300, "K")]) == [
        (None, None, 300)
    ]


def test_band_gap_beyond_bounds_is_none() -> None:
    found = linked("ZnO has a band gap of 3300 eV.", [ZNO, GAP], [("3300 eV", 3300, "eV")])
    assert found == [(None, None, 3300)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The superconductor X1 has a Tc of 30 K.", "superconducting critical temperature"),
        ("The ferromagnet X1 has a Tc of 30 K.", "curie temperature"),
        ("Ferroelectric X1 has a Tc of 30 K.", "ferroelectric curie temperature"),
        ("In X1 we find TN = 30 K.", "neel temperature"),
        ("X1 orders antiferromagnetically at 30 K.", "neel temperature"),
        ("Superconductivity in X1 sets in at 30 K.", "superconducting critical temperature"),
    ],
)
def test_ambiguous_temperatures(text: str, name: str) -> None:
    assert linked(text, [("X1", "MAT", "X1")], [("30 K", 30, "K")]) == [("X1", name, 30)]


def test_text_defines_its_symbols() -> None:
    text = "The thermopower (α) of LaCoO3 was measured. At 300 K, α is 600 μV/K."
    named: list[Named] = [
        ("LaCoO3", "MAT", "CoLaO3"),
        ("thermopower", "PRO", "seebeck coefficient"),
    ]
    found = linked(text, named, [("300 K", 300, "K"), ("600 μV/K", 600, "μV/K")])
    assert found == [("LaCoO3", "seebeck coefficient", 600)]


def test_unit_tells_the_property() -> None:
    text = "Cathodes of LiFePO4 with high capacity were made.\nLiFePO4 cells deliver 160 mAh/g."
    found = linked(text, [("LiFePO4", "MAT", "FeLiO4P")], [("160 mAh/g", 160, "mAh/g")])
    assert found == [("LiFePO4", "specific capacity", 160)]


@pytest.mark.parametrize(
    "text",
    [
        "The band gap of ZnO increases by 0.3 eV.",
        "A shift of 0.3 eV of the band gap of ZnO was seen.",
        "The band gap of ZnO is 0.3 eV larger than that of TiO2.",
        "ZnO shows a band gap bowing of 0.3 eV.",
    ],
)
def test_differences_are_refused(text: str) -> None:
    found = linked(text, [ZNO, GAP], [("0.3 eV", 0.3, "eV")])
    assert found == [(None, None, 0.3)]


def test_main_material_stands_in_for_a_sentence_without_one() -> None:
    text = "Zinc oxide films of ZnO\nWe grew films on glass. The band gap is 3.3 eV."
    named = [("Zinc oxide", "MAT", "ZnO"), ZNO, GAP]
    doc = document(text, *named)
    (found,) = link_quantities(doc, values(text, ("3.3 eV", 3.3, "eV")))
    main = find_main(doc)
    assert main is not None
    assert found.material == main.mention == 0


def test_no_material_is_made_up() -> None:
    found = linked("The band gap is 3.3 eV.", [GAP], [("3.3 eV", 3.3, "eV")])
    assert found == [(None, "band gap", 3.3)]


def test_two_equal_materials_have_no_main_one() -> None:
    doc = document("ZnO and TiO2\nBoth were made.", ZNO, ("TiO2", "MAT", "O2Ti"))
    doc.mentions = [m for m in doc.mentions if m.start < 12]
    assert find_main(doc) is None


def test_respectively_is_resolved_in_order() -> None:
    text = "The band gap of ZnO and TiO2 is 3.3 and 3.0 eV, respectively."
    named = [ZNO, ("TiO2", "MAT", "O2Ti"), GAP]
    found = linked(text, named, [("3.3", 3.3, "eV"), ("3.0 eV", 3.0, "eV")])
    assert found == [("ZnO", "band gap", 3.3), ("TiO2", "band gap", 3.0)]


def test_values_with_their_own_materials() -> None:
    text = "Band gaps are 2.48 eV for GeS2 and 1.23 eV for GeSe2."
    named: list[Named] = [
        ("GeS2", "MAT", "GeS2"), ("GeSe2", "MAT", "GeSe2"), ("Band gaps", "PRO", "band gap"),
    ]  # fmt: skip
    found = linked(text, named, [("2.48 eV", 2.48, "eV"), ("1.23 eV", 1.23, "eV")])
    assert found == [("GeS2", "band gap", 2.48), ("GeSe2", "band gap", 1.23)]


def test_properties_dealt_out() -> None:
    text = "For EuX2 TN and TC are 5 and 10 K, respectively."
    found = linked(text, [("EuX2", "MAT", "EuX2")], [("5", 5, "K"), ("10 K", 10, "K")])
    assert found[0][1] == "neel temperature"


def test_condition_is_no_quantity_of_its_own() -> None:
    text = "PbTe has a thermal conductivity of 2 W/(m K) at 300 K."
    doc = document(text, ("PbTe", "MAT", "PbTe"))
    (found,) = link_quantities(doc, values(text, ("2 W/(m K)", 2, "W/(m K)"), ("300 K", 300, "K")))
    assert found.property_name == "thermal conductivity"
    assert [(c.name, c.value, c.unit) for c in found.conditions] == [("temperature", 300, "K")]
    assert found.property is not None
    added = doc.mentions[found.property]
    assert (added.text, added.source) == ("thermal conductivity", "relation")


def test_substrate_is_passed_over() -> None:
    text = "NbN films on GaAs have a critical temperature of 12 K. NbN superconducts."
    named: list[Named] = [("NbN", "MAT", "NbN"), ("GaAs", "MAT", "AsGa")]
    assert linked(text, named, [("12 K", 12, "K")])[0][0] == "NbN"


def test_figure_of_merit_needs_thermoelectrics() -> None:
    text = "The figure of merit of the sensor of ZnO is 2.8."
    assert linked(text, [ZNO], [("2.8", 2.8, "1")])[0][1] is None


@pytest.mark.parametrize("unit", ["W/mK", "W/(mK)", "W mK^-1"])
def test_metres_and_kelvins_run_together(unit: str) -> None:
    text = f"PbTe has a thermal conductivity of 2 {unit}."
    doc = document(text, ("PbTe", "MAT", "PbTe"))
    (found,) = link_quantities(doc, values(text, (f"2 {unit}", 2, unit)))
    assert found.property_name == "thermal conductivity"
    assert convert(2, found.value.unit, "W/(m*K)") == 2


def test_scores_are_probabilities() -> None:
    text = "ZnO has a band gap of 3.3 eV."
    (found,) = link_quantities(document(text, ZNO, GAP), values(text, ("3.3 eV", 3.3, "eV")))
    assert 0.7 < found.score <= 1


def test_fitting_name_follows_the_unit() -> None:
    text = "The capacity is high."
    (cue,) = find_cues(text, 0, len(text), [], describe(text, []))
    assert fitting_name(cue, Value(0, 1, 160.0, "mAh/g")) == "specific capacity"
    assert fitting_name(cue, Value(0, 1, 2.0, "mAh/cm^2")) == "areal capacity"
    assert fitting_name(cue, Value(0, 1, 2.0, "eV")) is None


def test_runs_and_deal() -> None:
    text = "a, b and c but d"
    spans = [(0, 1), (3, 4), (9, 10), (15, 16)]
    assert runs(text, spans) == [[0, 1, 2], [3]]
    assert deal([7, 8], [[1, 2, 3], [4, 5]]) == [4, 5]
    assert deal([7], [[1]]) is None


def test_hostile_text_takes_no_square() -> None:
    text = "Tc = 5 K of ZnO, " * 6000
    doc = document(text[: 17 * 400], ZNO)
    doc.text = text
    many = [Value(17 * k + 5, 17 * k + 8, 5.0, "K") for k in range(6000)]
    started = time.perf_counter()
    assert len(link_quantities(doc, many)) == 6000
    assert time.perf_counter() - started < 3


def test_no_values_no_work() -> None:
    assert link_quantities(document("ZnO.", ZNO), []) == []


CAPACITY: Named = ("capacity", "PRO", "specific capacity")


@pytest.mark.parametrize(
    ("text", "tagged", "wanted"),
    [
        ("The Si@C anode has a capacity of 900 mAh/g.", "Si", "Si@C"),
        ("Li||NCM811 cells have a capacity of 900 mAh/g.", "NCM811", "NCM811"),
        ("Zn||MnO2 cells have a capacity of 900 mAh/g.", "Zn", "MnO2"),
        ("The A-LRMO cathode has a capacity of 900 mAh/g.", "Zn", "A-LRMO"),
        ("Ti/TiOx has a capacity of 900 mAh/g.", "TiOx", "Ti/TiOx"),
    ],
)
def test_materials_that_the_tagger_misses(text: str, tagged: str, wanted: str) -> None:
    named: list[Named] = [CAPACITY]
    if tagged in text:
        named.append((tagged, "MAT", tagged))
    doc = document(text, *named)
    (found,) = link_quantities(doc, values(text, ("900 mAh/g", 900, "mAh/g")))
    assert found.material is not None
    mention = doc.mentions[found.material]
    assert mention.text == wanted
    assert mention.norm
    assert mention.source == "relation" or mention.text == tagged


def test_name_of_a_battery_is_no_electrode() -> None:
    text = "Cells of SPAN\nThe Li-S battery has a capacity of 900 mAh/g with a SPAN cathode."
    named: list[Named] = [("Li-S", "MAT", "family:Li-S"), ("SPAN", "MAT", "name:SPAN"), CAPACITY]
    assert linked(text, named, [("900 mAh/g", 900, "mAh/g")])[0][0] == "SPAN"


def test_list_of_the_sentence_before() -> None:
    text = "We grew GeS2 and GeSe2. Their band gaps are 2.48 and 1.23 eV, respectively."
    named: list[Named] = [("GeS2", "MAT", "GeS2"), ("GeSe2", "MAT", "GeSe2")]
    found = linked(text, named, [("2.48", 2.48, "eV"), ("1.23 eV", 1.23, "eV")])
    assert found == [("GeS2", "band gap", 2.48), ("GeSe2", "band gap", 1.23)]


def test_it_is_what_was_spoken_of_last() -> None:
    text = "ZnO and TiO2\nFirst ZnO was grown. Later TiO2 was. It has a band gap of 3.0 eV."
    named: list[Named] = [ZNO, ("TiO2", "MAT", "O2Ti"), GAP]
    assert linked(text, named, [("3.0 eV", 3.0, "eV")]) == [("TiO2", "band gap", 3.0)]


def test_material_compared_with_keeps_its_own_value() -> None:
    text = "ZnO has a band gap of 3.3 eV (larger than the gap of bulk TiO2, 3.0 eV)."
    found = linked(text, [ZNO, ("TiO2", "MAT", "O2Ti"), GAP], [("3.3 eV", 3.3, "eV")])
    assert found == [("ZnO", "band gap", 3.3)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("MoS2 was cycled at a limited capacity of 1000 mAh/g.", ("1000 mAh/g", 1000, "mAh/g")),
        ("MoS2 shows no superconductivity down to 2 K.", ("down to 2 K", 2, "K")),
        ("The spin Seebeck coefficient of MoS2 is 3 μV/K.", ("3 μV/K", 3, "μV/K")),
    ],
)
def test_what_is_set_or_absent_is_no_value(text: str, written: tuple[str, float, str]) -> None:
    assert linked(text, [("MoS2", "MAT", "MoS2")], [written])[0][1] is None


def test_rate_before_a_value_makes_it_no_condition() -> None:
    text = "MoS2 has a capacity of 900 mAh/g at 1 C and 700 mAh/g at 2 C."
    written = [("900 mAh/g", 900.0, "mAh/g"), ("1 C", 1.0, "C"), ("700 mAh/g", 700.0, "mAh/g")]
    doc = document(text, ("MoS2", "MAT", "MoS2"), CAPACITY)
    found = link_quantities(doc, values(text, *written, ("2 C", 2, "C")))
    assert [(item.value.value, item.conditions[0].value) for item in found] == [(900, 1), (700, 2)]


def test_phase_beside_the_material_is_a_condition() -> None:
    text = "Anatase TiO2 has a band gap of 3.2 eV."
    doc = document(text, ("Anatase", "SPL", "anatase"), ("TiO2", "MAT", "O2Ti"), GAP)
    (found,) = link_quantities(doc, values(text, ("3.2 eV", 3.2, "eV")))
    assert [(c.name, c.value) for c in found.conditions] == [("phase", "anatase")]


@pytest.mark.parametrize("piece", ["A@", "A-", "Li||", "A/B ", "(", "Ab1 film "])
def test_hostile_names_take_no_square(piece: str) -> None:
    text = "Si has a gap of 1 eV " + piece * (100_000 // len(piece))
    started = time.perf_counter()
    link_quantities(document(text[:40], ("Si", "MAT", "Si")), [])
    doc = document(text[:40], ("Si", "MAT", "Si"))
    doc.text = text
    link_quantities(doc, [Value(16, 20, 1.0, "eV")])
    assert time.perf_counter() - started < 3
