"""Tests of the conditions under which a value holds."""

import pytest

from matlore.records import Condition
from ner.facts.conditions import find_conditions, is_condition
from ner.facts.parts import Value


def value(text: str, words: str, number: float, unit: str) -> Value:
    start = text.index(words)
    return Value(start, start + len(words), number, unit)


@pytest.mark.parametrize(
    ("text", "words", "number", "unit"),
    [
        ("gap of 1 eV at 300 K", "300 K", 300, "K"),
        ("gap of 1 eV at a temperature of 300 K", "300 K", 300, "K"),
        ("gap of 1 eV (T = 300 K)", "300 K", 300, "K"),
        ("Tc of 39 K under 2 GPa", "2 GPa", 2, "GPa"),
        ("160 mAh/g at a current density of 100 mA/g", "100 mA/g", 100, "mA/g"),
        ("160 mAh/g at 1 C", "1 C", 1, "C"),
    ],
)
def test_values_after_prepositions(text: str, words: str, number: float, unit: str) -> None:
    assert is_condition(text, value(text, words, number, unit))


@pytest.mark.parametrize(
    ("text", "words", "number", "unit"),
    [
        ("Tc is 39 K", "39 K", 39, "K"),
        ("gap of 1 eV", "1 eV", 1, "eV"),
        ("Tc of 39 K", "39 K", 39, "K"),
    ],
)
def test_values_that_are_none(text: str, words: str, number: float, unit: str) -> None:
    assert not is_condition(text, value(text, words, number, unit))


def test_celsius_becomes_kelvin() -> None:
    text = "2 S/cm at 25 °C"
    (found,) = find_conditions(text, 0, len(text), [value(text, "25 °C", 25, "°C")])
    assert found.condition == Condition("temperature", 298.15, None, "K")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("2 eV at room temperature", Condition("temperature", 300.0, None, "K")),
        ("2 eV for x = 0.3", Condition("doping", 0.3, None, "x")),
        ("2 eV for x = 0.1-0.3", Condition("doping", 0.1, 0.3, "x")),
        ("2 eV along the c axis", Condition("direction", "c axis")),
        ("2 eV along [100]", Condition("direction", "[100]")),
        ("the in-plane value is 2", Condition("direction", "in-plane")),
        ("2 in n-type PbTe", Condition("polarisation", "n-type")),
        ("2 eV in 5 nm thick films", Condition("thickness", 5.0, None, "nm")),
        ("2 eV at a thickness of 2 μm", Condition("thickness", 2000.0, None, "nm")),
    ],
)
def test_conditions_in_words(text: str, condition: Condition) -> None:
    (found,) = find_conditions(text, 0, len(text), [])
    assert found.condition == condition


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        ("it was annealed in air at 900 K and its gap is 1 eV", False),
        ("made by hot pressing at 900 K", False),
        ("ceramics sintered at 900 K", False),
        ("a zT of 1 is obtained at 900 K", True),
        ("under pressure its gap is 1 eV at 900 K", True),
        ("annealed films have, at 900 K, a gap of 1 eV", True),
    ],
)
def test_how_it_was_made_is_not_where_it_was_measured(text: str, measured: bool) -> None:
    found = find_conditions(text, 0, len(text), [value(text, "900 K", 900, "K")])
    assert [one.condition.value for one in found] == ([900] if measured else [])
