from dataclasses import dataclass, field
from typing import Any

import pytest

from graph.propnet.base import Symbol
from graph.propnet.readings import read_values

TRANSPORT = Symbol("thermal conductivity", "W/(m*K)", "\\kappa", "thermal", 0, 20_000)
IGNORED = frozenset({"temperature", "direction"})
INSTEAD = {"J/(kg*K)": "specific heat"}
SYMBOLS = {
    one.name: one
    for one in (
        TRANSPORT,
        Symbol("density", "g/cm**3", "r", "structural", 0, 50, ignores=IGNORED),
        Symbol("heat capacity", "J/(mol*K)", "C_p", "thermal", 0, 1e5, instead=INSTEAD),
        Symbol("specific heat", "J/(kg*K)", "c_p", "thermal", 0, 5e4),
        Symbol("band gap", "eV", "E_g", "electronic", 0, 20),
    )
}


@dataclass(frozen=True)
class _Library:
    symbols: dict[str, Symbol] = field(default_factory=lambda: SYMBOLS)


def _row(**fields: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "q1", "property": "thermal conductivity", "value": 2.5, "value_max": None,
        "std": None, "comparator": "=", "unit": "W/(m K)", "conditions": [], "temperature": None,
        "modality": "observed", "score": 0.9, "source": "arxiv:1",
    }  # fmt: skip
    return {**row, **fields}


def _read(**fields: Any) -> Any:
    known, refused = read_values([_row(**fields)], _Library())
    return known[0] if known else refused[0] if refused else None


def test_values_are_in_the_unit_of_the_symbol() -> None:
    one = _read(value=250.0, unit="mW m^-1 K^-1", std=10.0)
    assert one.value == pytest.approx(0.25)
    assert one.std == pytest.approx(0.01)
    assert one.rounding == pytest.approx(1e-3 / 12**0.5)


@pytest.mark.parametrize(
    ("value", "digit"),
    [(0.63, 0.01), (110.0, 1.0), (3500.0, 1.0), (2.5e-4, 1e-5), (17766.0, 1.0), (0.0, 1.0)],
)
def test_the_last_digit_of_a_value_says_how_sure_it_is_at_least(value: float, digit: float) -> None:
    assert _read(value=value).rounding == pytest.approx(digit / 12**0.5)


def test_numbers_of_a_million_and_more_are_written_with_powers_of_ten() -> None:
    one = _read(property="density", value=1.9e9, unit="g/m^3")
    assert one.reason == "outside the property's bounds"
    assert _read(value=1.9e7, unit="uW/(m K)").rounding == pytest.approx(1e6 / 1e6 / 12**0.5)


def test_a_range_is_its_middle_and_what_is_evenly_spread_in_it() -> None:
    one = _read(value=1.0, value_max=2.0)
    assert one.value == 1.5
    assert one.std == pytest.approx(1 / 12**0.5)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"unit": "S/m"}, "a unit of another dimension"),
        ({"unit": None}, "a unit of another dimension"),
        ({"unit": "1"}, "a unit of another dimension"),
        ({"value": float("nan")}, "no number"),
        ({"value": None}, "no number"),
        ({"value": 1.0, "value_max": float("inf")}, "no number"),
        ({"value": -2.0}, "outside the property's bounds"),
        ({"value": 3e4}, "outside the property's bounds"),
        ({"temperature": -5.0}, "a temperature below absolute zero"),
        ({"temperature": float("nan")}, "a temperature below absolute zero"),
        ({"property": "band gap", "unit": "nm"}, "a unit of another dimension"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(fields: dict[str, Any], reason: str) -> None:
    assert _read(**fields).reason == reason


@pytest.mark.parametrize(
    "fields",
    [
        {"comparator": "<"},
        {"comparator": ">"},
        {"modality": "denied"},
        {"score": 0.3},
        {"property": "microstructure"},
    ],
)
def test_limits_and_what_is_not_sure_are_left_out(fields: dict[str, Any]) -> None:
    assert _read(**fields) is None


def test_a_value_of_ones_own_has_no_score_and_counts_fully() -> None:
    assert _read(score=None).score == 1.0


def test_a_unit_tells_which_of_two_properties_is_meant() -> None:
    one = _read(property="heat capacity", value=385.0, unit="J/(kg K)")
    assert one.symbol == "specific heat"
    assert one.value == 385.0


def test_conditions_that_the_property_ignores_are_left_out() -> None:
    conditions = ["direction = c axis", "pressure = 5 GPa", "temperature = 300 K"]
    one = _read(
        property="density", value=5.0, unit="g/cm^3", conditions=conditions, temperature=300.0
    )
    assert one.temperature is None
    assert one.state == (("pressure", "5e+09 Pa"),)


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("direction = c axis", "c"),
        ("direction = c-direction", "c"),
        ("direction = [001] direction", "[001]"),
        ("direction = cross-plane", "out-of-plane"),
        ("direction = ab-plane", "in-plane"),
        ("pressure = 2500 MPa", "2.5e+09 Pa"),
        ("pressure = 1–2 GPa", "1e+09–2e+09 Pa"),
        ("doping = 0.05", "0.05"),
        ("phase = Rock Salt", "rock salt"),
        ("temperature = 300–400 K", "300–400 K"),
    ],
)
def test_conditions_have_one_spelling(text: str, spelling: str) -> None:
    assert _read(conditions=[text]).state == ((text.partition(" = ")[0], spelling),)
