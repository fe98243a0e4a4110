"""Facts in words that a materials scientist reads: `band gap 0.31 ± 0.02 eV (300 K)`."""

import re
from collections.abc import Iterable, Mapping
from math import floor, isfinite, log10
from typing import Any

from matlore.records import Condition
from matlore.units import normalise_unit

__all__ = ["condition_text", "plain_unit", "quantity_text", "relation_text", "value_text"]

_DENIED = {
    "USED_IN": "not used as",
    "DOPED_WITH": "not doped with",
    "MADE_BY": "not made by",
    "MEASURED_BY": "not measured by",
    "HAS_PHASE": "no phase",
    "HAS_PROPERTY": "no",
    "SAME_AS": "not the same as",
}
_RELATIONS = {
    "USED_IN": "used as",
    "DOPED_WITH": "doped with",
    "MADE_BY": "made by",
    "MEASURED_BY": "measured by",
    "HAS_PHASE": "has phase",
    "HAS_PROPERTY": "shows",
    "SAME_AS": "same as",
}
# A bound may have been reached (`up to 300 K`) or not (`below 300 K`).
_COMPARED = {"<": "up to", ">": "over", "~": "about"}
_PRECISE = 4
_WIDE = 0.2
_LARGE = 1e5
_MOST_CONDITIONS = 3
_ROUNDED = 100.0
_FOR = re.compile(
    r"(?:battery|cell|reaction|evolution|reduction|oxidation|production|splitting|device"
    r"|generation|storage|conversion|hydrogenation|of CO2|photovoltaic|catalytic)$",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"\b(?:curie|debye|n[eé]el|seebeck|hall|fermi|dirac|weyl|raman|rashba|young's|faradaic"
    r"|tafel|coulombic|x-ray|urbach|poisson's|kondo|boltzmann|monte carlo|gr[uü]neisen"
    r"|schottky|zeeman|josephson|stark|kerr|faraday|gw|burgers|rietveld|m[oö]ssbauer)\b"
)


def plain_unit(unit: str) -> str:
    """Return a unit as it is printed: `W m^-1 K^-1`, `%`; nothing for a plain number."""
    return "" if unit == "1" else normalise_unit(unit) or unit


def value_text(value: float, std: float | None = None) -> str:
    """Return a number, with its spread as far as that is known: `0.31 ± 0.02`."""
    if not std or not isfinite(std):
        return _number(f"{value:.{_PRECISE}g}" if abs(value) < _LARGE else f"{value:.3e}")
    size = floor(log10(std))
    digits = 1 - size if f"{std:e}"[0] == "1" else -size
    if digits > 6 or abs(value) >= _LARGE:
        return f"{_number(f'{value:.3g}')} ± {_number(f'{std:.2g}')}"
    shown, spread = round(value, digits), round(std, digits)
    places = max(digits, 0)
    return f"{shown:.{places}f} ± {spread:.{places}f}"


def _number(text: str) -> str:
    """Return `1.200e+20` as `1.2e20`."""
    text = re.sub(r"\.?0+(?=e)", "", text) if "." in text else text
    return re.sub(r"e\+?(-?)0*(?=\d)", r"e\1", text)


def condition_text(conditions: Iterable[Condition]) -> str:
    """Return conditions, three at most, as they are printed: `300 K, c axis, x = 0.2`."""
    return ", ".join([*map(_condition, conditions)][:_MOST_CONDITIONS])


def _condition(condition: Condition) -> str:
    if isinstance(condition.value, str):
        return condition.value
    value, unit = condition.value, condition.unit or "1"
    if condition.name == "temperature" and abs(value) >= _ROUNDED:
        value = round(value)  # 473.15 K was 200 °C
    number = value_text(value)
    if condition.name == "doping" and len(unit) == 1 and unit.isalpha():
        return f"{unit} = {number}"
    text = _joined(number, plain_unit(unit))
    return text if unit != "1" else f"{condition.name} {text}"


def _joined(number: str, unit: str) -> str:
    return f"{number}{unit}" if unit == "°" else f"{number} {unit}".rstrip()


def quantity_text(row: Mapping[str, Any], conditions: Iterable[Condition]) -> str:
    """Return a consolidated quantity in words.

    Args:
        row: `property`, `value`, `std`, `comparator`, `unit`, `modality`, `n_papers`,
            `first_year`, `last_year`, `minimum`, `typical`, `maximum`,
            `n_agreeing`.
        conditions: of the quantity.
    """
    value = _joined(_numbers(row), plain_unit(row["unit"]))
    said = ", ".join(filter(None, [condition_text(conditions), _modality(row["modality"])]))
    told = f" ({said})" if said else ""
    some = row["n_papers"] > 2 and row["comparator"] == "=" and _is_wide(row)
    share = f"{row['n_agreeing']} of " if some else ""
    return f"{_cased(row['property'])} {value}{told}, {share}{_papers(row)}"


def _numbers(row: Mapping[str, Any]) -> str:
    """Return `0.31 ± 0.02`, or `2 to 73`, `about 9 (3.5 to 65)` where the spread says little."""
    low, high, value, std = row["minimum"], row["maximum"], row["value"], row["std"]
    if row["comparator"] != "=":
        return f"{_COMPARED[row['comparator']]} {value_text(value)}"
    if low == high or not _is_wide(row):
        return value_text(value, std)
    ends = f"{value_text(low)} to {value_text(high)}"
    if row["n_papers"] < 3:
        return ends
    return f"about {value_text(float(format(row['typical'], '.3g')))} ({ends})"


def relation_text(row: Mapping[str, Any]) -> str:
    """Return a consolidated claim in words.

    Args:
        row: `type`, `object`, `n_papers`, `first_year`, `last_year`, `denied_by`.
    """
    from ner.facts.claim_consolidation import is_telling

    type, thing = row["type"], _cased(str(row["object"]).removeprefix("name:"))
    if not row["n_papers"]:
        return f"{_DENIED[type]} {thing}: denied in {_papers(row)}"
    said = _RELATIONS[type]
    if type == "USED_IN" and _FOR.search(thing):
        said = "used for"
    elif not is_telling(type, str(row["object"])):
        said = "studied for"
    return f"{said} {thing}, {_papers(row)}"


def _is_wide(row: Mapping[str, Any]) -> bool:
    """Tell whether a mean and its spread say less than the ends: also of one paper's range."""
    if row["n_papers"] == 1 or row["minimum"] is None:
        return row["minimum"] is not None
    return bool((row["std"] or 0.0) > _WIDE * abs(row["value"]))


def _cased(name: str) -> str:
    """Return a name with the capital letters that names of people and of methods have."""
    return _NAMES.sub(_capitals, name)


def _capitals(match: re.Match[str]) -> str:
    return "GW" if match[0] == "gw" else " ".join(map(str.capitalize, match[0].split()))


def _modality(modality: str) -> str:
    return {"computed": "computed", "attributed": "as cited"}.get(modality, "")


def _papers(row: Mapping[str, Any]) -> str:
    """Return `7 papers 2009-2021`."""
    count = row["n_papers"] or len(row.get("denied_by", ()))
    first, last = row["first_year"], row["last_year"]
    years = "" if first is None else f" {first}" if first == last else f" {first}-{last}"
    return f"{count} {'paper' if count == 1 else 'papers'}{years}"
