"""Numbers and equations as they are shown: sensible digits, and values put in for variables."""

import math
import re
from collections.abc import Mapping

__all__ = ["plain_number", "put_in", "with_std", "with_unit"]

_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")  # not the e of 1.0e-8
_DIGITS = 4
_LEAST, _MOST = 1e-3, 1e5  # numbers beyond are written with an exponent
_TWO_DIGITS_BELOW = 3.0  # 0.25 keeps both digits, 0.43 becomes 0.4
_NO_CERTAINTY = 1e-6


def plain_number(value: float, digits: int = _DIGITS) -> str:
    """Return a number with a few digits, without zeros at its end: `0.00022` is `2.2e-4`."""
    if not math.isfinite(value):
        return str(value)
    if value and not _LEAST <= abs(value) < _MOST:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{_short(mantissa)}e{int(exponent)}"
    decimals = digits - 1 - (math.floor(math.log10(abs(value))) if value else 0)
    return _short(f"{value:.{max(decimals, 0)}f}")


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_std(value: float, std: float | None) -> str:
    """Return a value with its standard deviation, rounded to what that leaves certain.

    The deviation has one digit, or two where the first is 1 or 2. There is none for a value
    whose deviation is not known, or too small to matter.
    """
    if not std or not math.isfinite(std) or not math.isfinite(value):
        return plain_number(value)
    if std < _NO_CERTAINTY * abs(value):
        return plain_number(value)
    largest = max(abs(value), std)
    power = 0 if _LEAST <= largest < _MOST else math.floor(math.log10(largest))
    shown, spread = value / 10.0**power, std / 10.0**power
    exponent = math.floor(math.log10(spread))
    decimals = (1 if spread / 10.0**exponent < _TWO_DIGITS_BELOW else 0) - exponent
    shown, spread = round(shown, decimals), round(spread, decimals)
    text = f"{shown:.{max(decimals, 0)}f} ± {spread:.{max(decimals, 0)}f}"
    return f"({text})e{power}" if power else text


def with_unit(text: str, unit: str) -> str:
    """Return a number with its unit; `1` is none."""
    if unit in ("", "1"):
        return text
    return f"({text}) {unit}" if "±" in text and not text.startswith("(") else f"{text} {unit}"


def put_in(expression: str, values: Mapping[str, str]) -> str:
    """Return an expression with numbers in the place of names; other names stay.

    Args:
        expression: with the operators + - * / **, parentheses and functions.
        values: numbers as they are to be shown, by name.
    """

    def number(match: re.Match[str]) -> str:
        text = values.get(match.group())
        if text is None:
            return match.group()
        raised = expression[match.end() :].lstrip().startswith("**")
        return f"({text})" if text.startswith("-") or (raised and "e" in text) else text

    return _NAME.sub(number, expression)
