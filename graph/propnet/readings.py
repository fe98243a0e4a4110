"""Quantities of the graph as values that models can take.

What cannot be used is refused with a reason, never bent: a value in a unit of another dimension
is no value of the property, and a limit (`> 5 K`) is none at all.
"""

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from matlore.errors import InputError
from matlore.units import convert, fits, same_dimension, to_si

from .base import TEMPERATURE, KnownValue, Rejection, Symbol

__all__ = ["MIN_SCORE", "read_values"]

MIN_SCORE = 0.5
"""Values that were read with less certainty are not used."""

_HALF_DIGIT = 1 / math.sqrt(12)  # of a value rounded to 1: a uniform distribution (GUM 4.3.7)
_WRITTEN_OUT = 1e6
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_NUMERIC = re.compile(rf"({_NUMBER})(?:–({_NUMBER}))?(?: (\S.*))?", re.IGNORECASE)
_AXIS = re.compile(r"[- ](?:axis|axes|direction)$")
_SAME_DIRECTION = {"cross-plane": "out-of-plane", "through-plane": "out-of-plane"} | {
    "ab-plane": "in-plane",
    "ab plane": "in-plane",
}


class _Symbols(Protocol):
    """A library, as far as symbols go."""

    @property
    def symbols(self) -> Mapping[str, Symbol]: ...


class _Refused(Exception):
    """Why a quantity is not used."""

    def __init__(self, reason: str, example: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.example = example


def read_values(
    rows: Iterable[Mapping[str, Any]], library: _Symbols, *, min_score: float = MIN_SCORE
) -> tuple[list[KnownValue], list[Rejection]]:
    """Return the values that models can take.

    Args:
        rows: of one material: the properties of the node `Quantity`, and `property`.
        library: with the symbols.
        min_score: what has a lower score is left out; what has none is the user's own.

    Returns:
        The values, in the order of the rows, and what was refused; a limit or a property that no
        symbol stands for is left out in silence.
    """
    known, refused = [], []
    for row in rows:
        symbol = library.symbols.get(row["property"] or "")
        if symbol is None or row["comparator"] in ("<", ">") or row["modality"] == "denied":
            continue
        if row["score"] is not None and row["score"] < min_score:
            continue
        try:
            known.append(_read(row, symbol, library))
        except _Refused as error:
            refused.append(Rejection(row["id"], symbol.name, error.reason, error.example))
    return known, refused


def _read(row: Mapping[str, Any], symbol: Symbol, library: _Symbols) -> KnownValue:
    """Return what a row says.

    Raises:
        _Refused: it says nothing that could be used.
    """
    symbol = _meant(row["unit"], symbol, library)
    value, half_range = _middle(row["value"], row["value_max"])
    converted = _convert(value, row["unit"], symbol)
    scale = _scale(row["unit"], symbol, value, converted)
    _check_bounds(converted, symbol)
    std = math.hypot(row["std"] or 0.0, half_range)
    temperature, state = _conditions(row, symbol)
    return KnownValue(
        id=row["id"],
        symbol=symbol.name,
        value=converted,
        std=std * scale if std > 0 else None,
        rounding=_last_digit(value) * _HALF_DIGIT * scale,
        temperature=temperature,
        state=state,
        source=row["source"] or row["id"],
        score=1.0 if row["score"] is None else row["score"],
        modality=row["modality"] or "observed",
    )


def _meant(unit: str | None, symbol: Symbol, library: _Symbols) -> Symbol:
    """Return the property that a value in a unit is one of."""
    if unit is None or not same_dimension(unit, symbol.unit):
        for other, name in symbol.instead.items():
            if unit is not None and name in library.symbols and same_dimension(unit, other):
                return library.symbols[name]
    return symbol


def _middle(low: float | None, high: float | None) -> tuple[float, float]:
    """Return the middle of a range and the standard deviation of what is evenly spread in it."""
    numbers = [low] if high is None else [low, high]
    if any(number is None or not math.isfinite(number) for number in numbers):
        raise _Refused("no number", f"{low} {high or ''}".strip())
    if low is None or high is None:
        return float(numbers[0] or 0.0), 0.0
    return (low + high) / 2, abs(high - low) * _HALF_DIGIT


def _convert(value: float, unit: str | None, symbol: Symbol) -> float:
    if unit is None or not fits(unit, symbol.unit):
        raise _Refused("a unit of another dimension", f"{unit}, not {symbol.unit}")
    try:
        return convert(value, unit, symbol.unit)
    except InputError as error:
        reason = "a unit that says the same of another amount"
        raise _Refused(reason, f"{unit}, not {symbol.unit}") from error


def _scale(unit: str, symbol: Symbol, value: float, converted: float) -> float:
    """Return the size of a unit in that of a symbol, whatever their zeros are."""
    try:
        return abs(convert(1.0, unit, symbol.unit) - convert(0.0, unit, symbol.unit))
    except InputError:  # by a photon's energy, where zero is nothing
        return abs(converted / value)


def _check_bounds(value: float, symbol: Symbol) -> None:
    low = -math.inf if symbol.lower is None else symbol.lower
    high = math.inf if symbol.upper is None else symbol.upper
    if not low <= value <= high:
        raise _Refused("outside the property's bounds", f"{value:.4g} {symbol.unit}")


def _last_digit(value: float) -> float:
    """Return the place of the last digit of a number as it is written shortest: 0.63 has 0.01.

    Zeros at the end of a whole number below a million count as digits, so this is the least it
    can be.
    """
    exponent = int(Decimal(repr(value)).normalize().as_tuple().exponent)
    return 10.0 ** (exponent if abs(value) >= _WRITTEN_OUT else min(exponent, 0))


# Conditions.


def _conditions(
    row: Mapping[str, Any], symbol: Symbol
) -> tuple[float | None, tuple[tuple[str, str], ...]]:
    """Return the temperature and all else that the value of a property depends on."""
    temperature = row["temperature"]
    if temperature is not None and not (math.isfinite(temperature) and temperature >= 0):
        raise _Refused("a temperature below absolute zero", f"{temperature:g} K")
    state = []
    for text in row["conditions"] or ():
        name, _, value = text.partition(" = ")
        if symbol.depends_on(name) and (name != TEMPERATURE or temperature is None):
            state.append((name, _spelling(name, value)))
    return (
        temperature if symbol.depends_on(TEMPERATURE) else None,
        tuple(sorted(dict.fromkeys(state))),
    )


def _spelling(name: str, text: str) -> str:
    """Return a condition's value in one spelling: in SI, to three digits; axes by their names."""
    numeric = _NUMERIC.fullmatch(text)
    if numeric is None:
        folded = " ".join(text.lower().split())
        if name != "direction":
            return folded
        return _SAME_DIRECTION.get(folded, _AXIS.sub("", folded))
    low, high, unit = numeric.groups()
    parts = [to_si(float(number), unit or "1") for number in (low, high) if number]
    if not all(parts):
        return text
    numbers = "–".join(f"{part[0]:.3g}" for part in parts if part)
    return f"{numbers} {parts[0][1] if parts[0] else ''}".removesuffix(" 1")
