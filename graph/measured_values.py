"""The rows of a user's table of measured values, checked one by one.

What is wrong with a row is said in a `RowError`, whose text is what the user reads.
"""

import builtins
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, get_args

from matlore.errors import InputError
from matlore.records import Comparator, Condition, Modality, fact_id
from matlore.units import convert, fits, parse_unit, to_si
from matlore.vocabulary import Term, find_term, load_terms
from matlore.vocabulary.entries import folded
from matlore.vocabulary.materials import load_materials
from ner.formulas import FAMILY, formula_family, normalize_formula

if TYPE_CHECKING:
    from .propnet.base import Symbol

__all__ = [
    "CONDITION",
    "OPTIONAL",
    "REQUIRED",
    "MeasuredValue",
    "RowError",
    "read_row",
    "resolve_material",
    "source_key",
]

REQUIRED = ("material", "property", "value", "unit", "source")
OPTIONAL = (
    *("value_max", "std", "comparator", "temperature", "temperature_unit"),
    *("pressure", "pressure_unit", "license", "modality"),
)
CONDITION = "condition:"
"""Prefix of the columns of further conditions."""

_NAME = "name:"
_FAMILY_KEY = re.compile(rf"{FAMILY}[A-Z][a-z]?(?:-[A-Z][a-z]?)+")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_COMPARATORS = {"": "=", "≤": "<", "<=": "<", "≥": ">", ">=": ">", "≈": "~", "∼": "~"}
_MINUS = str.maketrans("−–", "--")


class RowError(ValueError):
    """A row that says nothing that could be kept; the message is its reason."""


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """A value that the user measured or read somewhere; names and units as in `Quantity`.

    Attributes:
        source: where it is from: `doi:…`, a notebook, a file.
        warning: what is strange about it; it is kept.
    """

    material: str
    property: str
    value: float
    unit: str
    source: str
    value_max: float | None = None
    std: float | None = None
    comparator: str = "="
    si_value: float | None = None
    si_unit: str | None = None
    conditions: tuple[Condition, ...] = ()
    license: str | None = None
    modality: str = "observed"
    warning: str | None = None

    @builtins.property  # `property` is a field here
    def id(self) -> str:
        """The fact's id; neither licence nor modality makes a value another one."""
        numbers = (self.value, self.value_max, self.std)
        said = [None if number is None else repr(number) for number in numbers]
        conditions = [
            part if part is None or isinstance(part, str) else repr(part)
            for one in self.conditions
            for part in (one.name, one.value, one.value_max, one.unit)
        ]
        what = ("measured", self.source, self.material, self.property)
        return fact_id(*what, *said, self.comparator, self.unit, *conditions)


def read_row(
    cells: Mapping[str, str],
    material: Callable[[str], str | None] | None = None,
    symbols: Sequence["Symbol"] = (),
) -> MeasuredValue:
    """Return what a row says.

    Args:
        cells: by column; those that are missing or empty say nothing.
        material: returns the key of a material by its name; None for `resolve_material`.
        symbols: properties beside those of the vocabulary.

    Raises:
        RowError: a cell is missing, or is none of what can be in its column.
    """
    missing = [name for name in REQUIRED if not cells.get(name, "").strip()]
    if missing:
        raise RowError(f"no {' and no '.join(missing)}")
    row = {name: cell.strip() for name, cell in cells.items()}
    key = (material or resolve_material)(row["material"])
    if key is None:
        raise RowError(
            f"{row['material']!r} is no formula and no material that is known by name; write"
            f" {_NAME}{row['material']} to keep it as a name"
        )
    term = _property(row["property"], symbols)
    value, value_max, std = _values(row)
    si = to_si(value, _unit(row["unit"], term))
    return MeasuredValue(
        material=key,
        property=term.name,
        value=value,
        unit=row["unit"],
        source=source_key(row["source"]),
        value_max=value_max,
        std=std,
        comparator=_comparator(row.get("comparator", "")),
        si_value=si[0] if si else None,
        si_unit=si[1] if si else None,
        conditions=tuple(sorted(_conditions(row), key=lambda one: one.name)),
        license=row.get("license") or None,
        modality=_modality(row.get("modality", "")),
        warning=_check_bounds(term, row["unit"], value, value_max),
    )


def source_key(text: str) -> str:
    """Return a source in one spelling: a DOI is `doi:` and lower case, others are as written."""
    found = _DOI.fullmatch(text.strip())
    return f"doi:{found.group(1).lower()}" if found else " ".join(text.split())


# Materials and properties.


def resolve_material(text: str) -> str | None:
    """Return the key of a material: by the vocabulary, as a formula, or kept as `name:…`."""
    text = " ".join(text.split())
    if text.startswith(_NAME):
        name = text.removeprefix(_NAME).strip()
        return (_material_names().get(name) or f"{_NAME}{name}") if name else None
    if text.startswith(FAMILY):
        return text if _FAMILY_KEY.fullmatch(text) else None
    names = _material_names()
    return (
        names.get(text)
        or normalize_formula(text)
        or formula_family(text)
        or names.get(text.lower())
    )


@lru_cache(maxsize=1)
def _material_names() -> Mapping[str, str]:
    """Return the keys of the vocabulary's materials by their names."""
    names: dict[str, str] = {}
    for entry in load_materials():
        compound = entry.kind == "compound"
        formula = entry.formula if compound else None
        key = f"{_NAME}{entry.name}"
        if formula:
            key = normalize_formula(formula) or formula_family(formula) or key
        for name in entry.synonyms if compound else (entry.name, *entry.synonyms):
            names.setdefault(name, key)
    return names


def _property(text: str, symbols: Sequence["Symbol"] = ()) -> "Term | Symbol":
    spaced = text.replace("_", " ")
    term = find_term(text, "property") or find_term(spaced, "property") or _by_symbol(text)
    if term is None and (new := _new_property(text, symbols)):
        return new
    if term is None:
        known = [*load_terms("property"), *(one.name for one in symbols)]
        near = get_close_matches(spaced.lower(), known, n=3, cutoff=0.7)
        hint = f": did you mean {' or '.join(near)}?" if near else ""
        raise RowError(f"{text!r} is no property that is known{hint}")
    if term.unit is None:
        raise RowError(f"{term.name!r} has no values")
    return term


def _new_property(text: str, symbols: Sequence["Symbol"]) -> "Symbol | None":
    """Return the property that is not of the vocabulary by one of its names."""
    name = folded(text)
    found = (one for one in symbols if name in map(folded, (one.name, *one.synonyms)))
    return next(found, None)


def _by_symbol(symbol: str) -> Term | None:
    """Return the property with a symbol, if there is one only."""
    terms = load_terms("property").values()
    found = [term for term in terms if term.symbol == symbol and term.unit is not None]
    if len(found) > 1:
        names = ", ".join(term.name for term in found)
        raise RowError(f"{symbol!r} is the symbol of several properties ({names}): write the name")
    return found[0] if found else None


# Values.


def _values(row: Mapping[str, str]) -> tuple[float, float | None, float | None]:
    value = _number(row["value"], "value")
    value_max, std = (
        _number(row[name], name) if row.get(name) else None for name in ("value_max", "std")
    )
    if value_max is not None and value_max < value:
        raise RowError(f"value_max ({value_max:g}) is less than value ({value:g})")
    if std is not None and std < 0:
        raise RowError(f"std ({std:g}) is less than zero")
    return value, value_max, std


def _number(text: str, column: str) -> float:
    """Return a number; a decimal comma is refused, for `1,500` is two numbers to two readers."""
    plain = text.translate(_MINUS)
    if not _NUMBER.fullmatch(plain):
        hint = ": write a decimal point, and no separators" if "," in text else ""
        raise RowError(f"{column} {text!r} is no number{hint}")
    number = float(plain)
    if not math.isfinite(number):
        raise RowError(f"{column} {text!r} is too large")
    return number


def _unit(unit: str, term: "Term | Symbol") -> str:
    """Return the unit, if values of a property can be in it."""
    if parse_unit(unit) is None:
        raise RowError(f"{unit!r} is no unit that is known; write it as in W/(m K), or 1 for none")
    wanted = term.unit or "1"
    if not fits(unit, wanted):
        raise RowError(f"{unit!r} is no unit of {term.name}, which is measured in {wanted}")
    return unit


def _check_bounds(
    term: "Term | Symbol", unit: str, value: float, value_max: float | None
) -> str | None:
    """Return a warning for a value above what is to be expected.

    Raises:
        RowError: it is below what is possible.
    """
    assert term.unit is not None
    try:
        low = convert(value, unit, term.unit)
        high = low if value_max is None else convert(value_max, unit, term.unit)
    except InputError:  # alike, but not to be converted, such as by mass and by volume
        return None
    if term.lower is not None and low < term.lower:
        raise RowError(
            f"{term.name} {low:g} {term.unit} is below {term.lower:g}, the least that is possible"
        )
    if term.upper is not None and high > term.upper:
        return f"{term.name} {high:g} {term.unit} is above {term.upper:g}, which is not expected"
    return None


def _comparator(text: str) -> str:
    comparator = _COMPARATORS.get(text, text)
    if comparator not in get_args(Comparator):
        raise RowError(f"{text!r} is no comparator (=, <, > or ~)")
    return comparator


def _modality(text: str) -> str:
    known = get_args(Modality)
    if text and text.lower() not in known:
        raise RowError(f"{text!r} is no modality ({', '.join(known)})")
    return text.lower() or "observed"


# Conditions.


def _conditions(row: Mapping[str, str]) -> Iterator[Condition]:
    """Yield the conditions of a row, in the units in which they are written."""
    if row.get("temperature"):
        yield _measured(row, "temperature", row.get("temperature_unit") or "K", "K")
    if row.get("pressure"):
        if not row.get("pressure_unit"):
            raise RowError("a pressure, but no pressure_unit")
        yield _measured(row, "pressure", row["pressure_unit"], "Pa")
    for column, cell in row.items():
        if column.startswith(CONDITION) and cell:
            yield _condition(column.removeprefix(CONDITION), cell)


def _measured(row: Mapping[str, str], name: str, unit: str, base: str) -> Condition:
    """Return a temperature or a pressure."""
    value = _number(row[name], name)
    try:
        least = convert(value, unit, base)
    except InputError:
        raise RowError(f"{unit!r} is no unit of a {name}") from None
    if least < 0 and name == "temperature":
        raise RowError(f"temperature {value:g} {unit} is below absolute zero")
    return Condition(name, value, None, unit)


def _condition(name: str, cell: str) -> Condition:
    """Return a number with its unit (`5 T`), a number alone, or words."""
    number = _NUMBER.match(cell.translate(_MINUS))
    if number is None or not math.isfinite(float(number.group())):
        return Condition(name, cell)
    unit = cell[number.end() :].strip()
    if not unit:
        return Condition(name, float(number.group()), None, "1")
    if cell[number.end()].isdigit() or parse_unit(unit) is None:
        return Condition(name, cell)
    return Condition(name, float(number.group()), None, unit)
