"""Values in running text."""

import time

import pytest

from ner.facts.parts import Value
from ner.facts.value_candidates import MOST_NUMBERS
from ner.facts.values import find_values


def _one(text: str) -> Value:
    (value,) = find_values(text)
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a gap of 2.4-2.7 eV", (2.4, 2.7, None, "eV", "=")),
        ("from 2 to 5 K", (2, 5, None, "K", "=")),
        ("from 300 K down to 40 K", (40, 300, None, "K", "=")),
        ("300 K-500 K", (300, 500, None, "K", "=")),
        ("between 1 and 2 GPa", (1, 2, None, "GPa", "=")),
        ("for 0.1 ≤ x ≤ 0.5", (0.1, 0.5, None, "1", "=")),
        ("reaches (5.8 ± 0.2) × 10^-3 S cm−1", (5.8e-3, None, 2e-4, "S cm−1", "=")),
        ("is 2.2±0.5×10^-10 erg/cm", (2.2e-10, None, 5e-11, "erg/cm", "=")),
        ("5 K ± 1 K", (5, None, 1, "K", "=")),
        ("a = 1.234(5) Å", (1.234, None, 0.005, "Å", "=")),
        ("(2-5) × 10^3 W/m", (2e3, 5e3, None, "W/m", "=")),
        ("2-5 × 10^3 W/m", (2e3, 5e3, None, "W/m", "=")),
        ("a zT as high as 1.5", (1.5, None, None, "1", "=")),
        ("below 10 K", (10, None, None, "K", "<")),
        ("up to about 16,000 cm^2 V^-1 s^-1", (16000, None, None, "cm^2 V^-1 s^-1", "<")),
        ("more than 90%", (90, None, None, "%", ">")),
        ("300 K or more", (300, None, None, "K", ">")),
        ("Tc ~ 40 K", (40, None, None, "K", "~")),
        ("x ≥3 T", (3, None, None, "T", ">")),
        ("10^18–10^20 cm^-3", (1e18, 1e20, None, "cm^-3", "=")),
        ("T_c=39 K", (39, None, None, "K", "=")),
        ("a 39-K superconductor", (39, None, None, "K", "=")),
        ("at −40 °C", (-40, None, None, "°C", "=")),
        ("annealed for two hours", (2, None, None, "hours", "=")),
        ("sub-100 nm pores", (100, None, None, "nm", "<")),
        ("cycled at 2C, it lasts", (2, None, None, "C", "=")),
        ("held at 300K", (300, None, None, "K", "=")),
    ],
)
def test_values_are_read(
    text: str, expected: tuple[float, float | None, float | None, str, str]
) -> None:
    value = _one(text)
    found = (value.value, value.value_max, value.std, value.unit, value.comparator)
    assert found == expected
    assert value.group is None
    assert 0 <= value.score <= 1


@pytest.mark.parametrize(
    "text",
    [
        "as shown before [12]",
        "as shown before [3,4]",
        "in 2010 it was found",
        "see Fig. 3",
        "Figs. 3 and 5 show it",
        "Table 2 lists them",
        "sample 2 was better",
        "on the (110) plane",
        "along [001]",
        "the space group 62",
        "release 1.2.3",
        "version 2.1",
        "10^-",
        "a 13C NMR spectrum",
        "doi 10.1016/j.example",
        "2D layers",
        "3d orbitals",
        "n-type PbTe",
        "larger by two orders of magnitude",
        "YBa2Cu3O7",
        "SrCu2(BO3)2",
        "the wave vector (0.5, 0.5, 0)",
        "Phys. Rev. B 65, 123 (2002)",
        'the "122" compounds',
        "9,10-anthraquinone",
        "two-dimensional",
        "",
        "no number at all",
    ],
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    assert find_values(text) == []


@pytest.mark.parametrize("text", ["5 and 10 K, respectively", "5 K and 10 K", "5 K, 10 K"])
def test_a_list_shares_unit_and_group(text: str) -> None:
    first, second = find_values(text)
    assert (first.value, first.unit, second.value, second.unit) == (5, "K", 10, "K")
    assert first.group == second.group == 0
    assert first.end <= second.start


def test_lists_are_numbered() -> None:
    values = find_values("at 5, 10 and 20 K the films of 3 and 4 nm were measured")
    assert [(v.value, v.unit, v.group) for v in values] == [
        (5, "K", 0),
        (10, "K", 0),
        (20, "K", 0),
        (3, "nm", 1),
        (4, "nm", 1),
    ]


def test_respectively_joins_different_units() -> None:
    first, second = find_values("of 100 nm and 1.2 V, respectively")
    assert (first.unit, second.unit) == ("nm", "V")
    assert first.group == second.group == 0
    first, second = find_values("of 100 nm and 1.2 V")
    assert (first.group, second.group) == (None, None)


def test_a_variable_keeps_its_own_unit() -> None:
    assert [v.unit for v in find_values("for x = 0.1, 300 K")] == ["1", "K"]


def test_a_detached_power_is_no_range() -> None:
    assert _one("a current of 1 A cm -2").value_max is None


def test_counts_score_low() -> None:
    assert _one("we made two samples of it").score < 0.5
    assert _one("we made two samples of it").unit == "samples"


def test_span_holds_comparator_and_unit() -> None:
    text = "It is superconducting below about 38.5 K."
    value = _one(text)
    assert text[value.start : value.end] == "below about 38.5 K"


@pytest.mark.parametrize(
    "text",
    ["(5 K", "[5 K", "5 ± K", "5 - ", "± 3", "1,2,", "0.1 < x <", "between 5", "^5", "5 ×10^"],
)
def test_bad_input_does_no_harm(text: str) -> None:
    for value in find_values(text):
        assert 0 <= value.start < value.end <= len(text)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("a capacity of 13 076 mAh g^-1", 13076, "mAh g^-1"),
        ("a capacity of 13\u2009076 mAh g^-1", 13076, "mAh g^-1"),
        ("it lasts 10 000 cycles", 10000, "cycles"),
        ("a slope of -0,4 mV/K", -0.4, "mV/K"),
        ("a gap of 1,25 eV", 1.25, "eV"),
        ("up to 4800 W/Km in diamond", 4800, "W/Km"),
        ("a shift of - 12 K", -12, "K"),
        ("a density of 2 X107 cm^-3", 2e7, "cm^-3"),
        ("about 200 microOhm cm", 200, "microOhm cm"),
        ("a loading of 3 mg/cm 2 of Pt", 3, "mg/cm 2"),
        ("annealed at 900 C in air", 900, "°C"),
        ("the cell was cycled at 20 C", 20, "C"),
        ("some 50 frobs", 50, "frobs"),
    ],
)
def test_numbers_and_units_of_sloppy_texts(text: str, value: float, unit: str) -> None:
    found = _one(text)
    assert (found.value, found.unit) == (value, unit)


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("from ~0.6 W m^-1 K^-1 to ~0.3 W m^-1 K^-1", 0.3, 0.6, "W m^-1 K^-1"),
        ("ions of 5 keV-30 MeV", 0.005, 30, "MeV"),
        ("from 2 K down to 50 mK", 50, 2000, "mK"),
    ],
)
def test_ends_of_a_range_may_have_units_of_their_own(
    text: str, low: float, high: float, unit: str
) -> None:
    found = _one(text)
    assert (found.value, found.value_max, found.unit) == (low, high, unit)


@pytest.mark.parametrize("text", ["x = 5 300 K", "sample 2 300 K", "0.5 300 K", "5 K 300 K"])
def test_numbers_side_by_side_are_not_one(text: str) -> None:
    assert find_values(text)[-1].value == 300


def test_an_unknown_unit_scores_low() -> None:
    assert _one("some 50 frobs").score < _one("some 50 K").score


_HOSTILE = [
    "1 ",
    "1-",
    "(1",
    "[1,",
    "1±",
    "1×10",
    "5 K, ",
    "two ",
    "\n5",
    "1.1.1.",
    "10^-",
    "±",
    "(",
]


@pytest.mark.parametrize("piece", _HOSTILE)
def test_hostile_input_is_read_in_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    assert len(find_values(text)) <= MOST_NUMBERS
    assert time.process_time() - start < 3  # a square of the length would take minutes
