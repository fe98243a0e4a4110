"""Which units and values a property may have: by dimension, and by the vocabulary's bounds."""

import re
from functools import lru_cache

from matlore.errors import InputError
from matlore.units import convert, fits
from matlore.vocabulary import Term, load_terms

__all__ = ["fits_term", "reading", "unit_for"]

_MILLIKELVIN = re.compile(r"/\s?mK\b|\(mK\)|mK(?P<power>\s?\^?\{?[-−]1\}?)")
# A share of an amount, a change for each per cent, the field of a moment.
_SHARE = re.compile(r"^(?:wt|vol|at|mol|mass|weight|atomic|volume)\b.*%|^pp[mbt]$|^‰$")
_OF_AMOUNTS = frozenset(
    """concentration yield conversion purity solid-solubility phase-fraction porosity mass-loss
    oxygen-content water-absorption hydrogen-storage-capacity crystallinity adsorption-capacity
    removal-efficiency solubility selectivity sensitivity lattice-mismatch""".split()
)
_FIELD = re.compile(r"k?Oe|m?T|k?G")


def unit_for(name: str, unit: str) -> str | None:
    """Return how a unit is to be read for a property, None where it does not fit.

    That is the unit as it is but for `W/mK`, which is one of metres and kelvins, not of
    millikelvins, where a thermal conductivity is meant.
    """
    wanted = load_terms("property")[name].unit
    return reading(unit, wanted) if wanted else None


@lru_cache(maxsize=8192)
def reading(unit: str, wanted: str) -> str | None:
    """Return how a unit is to be read where another is wanted, None where it does not fit."""
    # A plain number is no percentage, and 30% is no uptake in mg/g.
    if (unit == "1" and wanted != "1") or (unit == "%" and wanted not in ("%", "percent", "1")):
        return None
    if wanted == "1" and unit not in ("1", "%"):
        return None
    if fits(unit, wanted):
        return unit
    apart = _MILLIKELVIN.sub(_apart, unit) if "mK" in unit else unit
    return apart if apart != unit and fits(apart, wanted) else None


def _apart(match: re.Match[str]) -> str:
    """Return metres and kelvins apart: `/(m K)` for `/mK`, `m^-1 K^-1` for `mK^-1`."""
    power = match.group("power")
    if power:
        return f"m{power} K{power}"
    return "(m K)" if match.group().startswith(("(", "mK")) else "/(m K)"


def _is_share(term: Term) -> bool:
    """Say whether a plain number may be given in percent: a fill factor, no cycle life."""
    return term.name == "selectivity" or (term.upper is not None and term.upper <= 1)


def _is_odd(name: str, unit: str) -> bool:
    """Say whether a unit is none of a property although its dimension is the property's."""
    if "%" in unit and unit not in ("%", "percent") and ("/" in unit or "per " in unit):
        return True
    if _SHARE.match(unit):
        return name.replace(" ", "-") not in _OF_AMOUNTS
    return name == "magnetic moment" and _FIELD.fullmatch(unit) is not None


@lru_cache(maxsize=16384)
def fits_term(name: str, unit: str, value: float) -> bool:
    """Say whether a value may be one of a property: its dimension, then its bounds."""
    term = load_terms("property")[name]
    written = unit_for(name, unit)
    if written is None or term.unit is None or _is_odd(name, unit):
        return False
    if unit == "%" and term.unit == "1" and not _is_share(term):
        return False
    if term.lower is None and term.upper is None:
        return True
    try:
        converted = convert(value, written, term.unit)
    except InputError:  # magnetization by mass, volume or formula unit: bounds say nothing
        return True
    above = term.lower is None or converted >= term.lower
    return above and (term.upper is None or converted <= term.upper)
