"""Numbers as papers write them."""

import pytest

from ner.facts.numbers import find_numbers, number_at, power_after, word_numbers


def _read(text: str) -> list[tuple[str, float]]:
    return [(text[n.start : n.end], n.value) for n in find_numbers(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        (".05", 0.05),
        ("-0.3", -0.3),
        ("−12", -12.0),
        ("1,200", 1200.0),
        ("30,000.5", 30000.5),
        ("1.2×10^5", 1.2e5),
        ("1.2 x 10^{5}", 1.2e5),
        ("7.8 × 10 -4", 7.8e-4),
        ("1×10−5", 1e-5),
        ("2 x 105", 2e5),
        ("3 × 10 6", 3e6),
        ("5·10^-3", 5e-3),
        ("1.10^20", 1e20),
        ("10^19", 1e19),
        ("10^{19}", 1e19),
        ("10^-3", 1e-3),
        ("10−5", 1e-5),
        ("10-5", 1e-5),
        ("2e8", 2e8),
        ("1.5E-3", 1.5e-3),
    ],
)
def test_numbers_are_read(text: str, value: float) -> None:
    ((written, found),) = _read(text)
    assert written == text
    assert found == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "value"), [("twenty-five", 25.0), ("two thousand", 2000.0), ("a hundred", 100.0)]
)
def test_words_are_read(text: str, value: float) -> None:
    (number,) = word_numbers(f"of {text} nanometres")
    assert (number.start, number.end, number.value) == (3, 3 + len(text), value)


@pytest.mark.parametrize("text", ["1.234(5)", "1.234(0.005)"])
def test_digits_in_doubt_are_an_uncertainty(text: str) -> None:
    (number,) = find_numbers(f"a = {text} Å")
    assert (number.value, number.std) == (1.234, 0.005)


def test_doubt_is_scaled_by_the_power() -> None:
    (number,) = find_numbers("1.17(3) × 10^-5")
    assert (number.value, number.std, number.power) == (1.17e-5, 3e-7, 1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3",
        "10^-",
        "5^",
        "x^2",
        "x_2",
        "TiO2",
        "Bi(2)Se(3)",
        "SrCu2(BO3)2",
        "ZrO2(110)",
        "SU(2)",
        "spin-1/2",
        "3/4",
        "1/T1",
        "MIL-101",
        "10.1016/j.example",
        "10^999",
        "1" * 40,
        "√3",
        "",
        "no number",
    ],
)
def test_what_is_no_number_is_left_out(text: str) -> None:
    assert _read(text) == []


def test_sign_and_dash_are_told_apart() -> None:
    assert _read("2.4-2.7") == [("2.4", 2.4), ("2.7", 2.7)]
    assert _read("from -5 to −10") == [("-5", -5.0), ("−10", -10.0)]
    assert _read("10^18–10^20") == [("10^18", 1e18), ("10^20", 1e20)]


def test_an_area_is_no_power() -> None:
    assert _read("20 x 105 mm")[0] == ("20", 20.0)


def test_number_at_reads_behind_letters() -> None:
    text = "300 K-500 K"
    number = number_at(text, 6)
    assert number is not None
    assert number.value == 500
    assert number_at(text, 4) is None


def test_power_after_a_bracket() -> None:
    assert power_after("(5.8 ± 0.2) × 10^-3 S", 11) == (19, 1e-3)
    assert power_after("(5.8) S", 5) is None


def test_words_that_are_no_numbers() -> None:
    assert [*word_numbers("often tenfold or at once")] == []
