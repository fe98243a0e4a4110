"""Under which conditions a value holds: temperature, pressure, doping, direction and others."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from matlore.records import Condition, Mention
from matlore.units import convert, fits
from matlore.vocabulary import load_terms

from .parts import Value

__all__ = ["FoundCondition", "find_conditions", "is_condition", "phase_of"]


@dataclass(frozen=True, slots=True)
class FoundCondition:
    """A condition and the characters that say it."""

    start: int
    end: int
    condition: Condition


# Units of conditions, the name that they give, and the unit that it is kept in.
_KINDS = (
    ("temperature", "K", "K"),
    ("pressure", "GPa", "GPa"),
    ("magnetic field", "T", "T"),
    ("frequency", "Hz", "Hz"),
    ("carrier concentration", "1/cm**3", "1/cm**3"),
    ("current density", "mA/cm**2", "mA/cm**2"),
    ("current density", "mA/g", "mA/g"),
    ("wavelength", "nm", "nm"),
    ("electric field", "kV/cm", "kV/cm"),
)
_UNIT_RATE = re.compile(r"C$")
# What introduces a condition, right before its value.
_INTRODUCED = re.compile(
    r"(?:\b(?:[Aa]t|@|[Nn]ear|around|[Uu]nder|[Bb]elow|above|beyond|until|down to|up to|for T|over"
    r"|close to|between|in the range|from|to|within|and|or|[Ii]n|for|with|of|,|;|\()"
    r"(?: (?:a|an|the|about|around|approximately|temperatures?|pressures?|fields?|magnetic|"
    r"applied|room|high|low|ambient|rate|current|density|densities|frequency|frequencies|of|range"
    r"|both|just|nearly|only|hydrostatic|T|P|H|B|carrier|hole|electron|doping|concentration"
    r"|levels?|sheet|wavelength|charge|discharge|specific)\b)*\s*"
    r"(?:\b[THPBnp]\s*=?\s*)?(?:[~≈=∼]\s*)?|@\s*|\b[THPBnpf]\s*[=~≈]\s*)$"
)
# A sentence that begins with a condition, its preposition part of the value.
_AHEAD = re.compile(r"(?:Above|Below|Near|Around|At|Under|Beyond|Between|Up to|Down to)\b")
_WEAK = re.compile(r"(?:\b(?:[Ii]n|for|with|of|from|to|and|or)|[,;(])\s*$")
_NAMED_BEFORE = re.compile(
    r"\b(temperatures?|pressures?|fields?|frequenc(?:y|ies)|concentrations?|densit(?:y|ies)|rates?)"
    r" (?:of|from|between|range of|range from|above|below|near|around|is|was) ?[~≈]?$"
)
_ROOM = re.compile(
    r"\b(?:room|ambient)[- ]temperature\b|\bRT\b(?=[ ,.)])|\bat ambient conditions", re.IGNORECASE
)
_LEVEL = re.compile(
    r"(?<![A-Za-z0-9])([xyzδ])\s*(?:=|≈|~|≃)\s*(\d*\.?\d+)(?:\s*(?:-|–|to)\s*(\d*\.?\d+))?(?![\d.]*\s*%)"
)
_DIRECTION = re.compile(
    r"\b(?:(?:along|parallel to|perpendicular to) (?:the )?(?:crystallographic )?"
    r"((?:\[[\d ,\-−–]{3,9}\]|[abcxyz]|zigzag|armchair|axial|radial)(?:[- ](?:axis|direction))?)"
    r"(?![A-Za-z])"
    r"|((?:in|out[- ]of|cross|through)-plane|c-axis|ab-plane|(?:zigzag|armchair) direction))"
)
# `along the zigzag and armchair directions`: of the one and the other value of a list.
_WAY = r"(?:zigzag|armchair|[abcxyz](?![a-z])|in-plane|out-of-plane)"
_DIRECTIONS = re.compile(
    rf"(?<![\w-])({_WAY}-?)(?:,? and )(?:the )?({_WAY})-? ?(?:-axis|axis|axes|directions?)\b"
)
_CARRIERS = re.compile(r"(?<![A-Za-z])([np])[ -]type\b")
_THICK = re.compile(
    r"(?<![\d.])(\d{1,4}(?:\.\d{1,3})?)[- ]?(nm|[μµ]m|Å)[- ]thick(?:ness)?\b"
    r"|\bthickness(?:es)? (?:of |is |was |= ?)?(?:about |around |~ ?)?"
    r"(\d{1,4}(?:\.\d{1,3})?) ?(nm|[μµ]m|Å)"
)
# `was annealed at 900 K and has a gap of 1 eV`: how it was made is not where it was measured.
_PROCESS = re.compile(
    r"\b(?:anneal(?:ed|ing)|sinter(?:ed|ing)|grown|growth|deposit(?:ed|ion)|heat(?:ed|[- ]treat\w*)"
    r"|calcin(?:ed|ation)|press(?:ed|ing)|synthesi[sz]ed|synthesis|prepared|fir(?:ed|ing)|quenched"
    r"|dried|treated|cured|pyroly[sz]ed|pyrolysis|carboni[sz](?:ed|ation)|crystalli[sz]ed)"
    r"(?: [^\s.;,]+){0,5} $"
)
_LENGTH = re.compile(r"[- ](?:thick|wide|long|deep|diameter|channel|gate|film|layer|particles?)")
_PHASE_GAP = re.compile(
    r"[ -]?\(?(?:phase |structured? |polytype )?(?:of )?(?:the )?(?:bulk |thin |single )?"
)
_PHASE_BEHIND = re.compile(
    r",? ?\(|,? (?:crystalli[sz]ing |crystalli[sz]es )?(?:in|with) (?:its |the |an? )?"
)
_MOST = 60
_MOST_PAIRS = 8


def find_conditions(
    text: str, start: int, end: int, values: Sequence[Value]
) -> list[FoundCondition]:
    """Return the conditions that a sentence states, in the order of the text.

    Args:
        text: the whole text.
        start: of the sentence.
        end: of the sentence.
        values: those of its values that are conditions.
    """
    found = [item for value in values[:_MOST] if (item := _of_value(text, value))]
    found += _worded(text, start, end)
    return sorted(found, key=lambda item: item.start)


def phase_of(text: str, material: Mention, phases: Iterable[Mention]) -> Condition | None:
    """Return the phase that stands beside a material: `anatase TiO2`, `TiO2 (anatase)`.

    Args:
        text: the whole text.
        material: the mention of the material.
        phases: mentions of phases; those that the vocabulary does not know are passed over.
    """
    for phase in phases:
        if phase.norm is None or phase.norm not in load_terms("phase"):
            continue
        before = 0 <= material.start - phase.end < 30
        behind = 0 <= phase.start - material.end < 24
        if (before and _PHASE_GAP.fullmatch(text, phase.end, material.start)) or (
            behind and _PHASE_BEHIND.fullmatch(text, material.end, phase.start)
        ):
            return Condition("phase", phase.norm)
    return None


def _of_value(text: str, value: Value) -> FoundCondition | None:
    """Return the condition that a value is."""
    if _UNIT_RATE.fullmatch(value.unit):
        condition = Condition("rate", value.value, value.value_max, "C")
        return FoundCondition(value.start, value.end, condition)
    kind = _kind(value.unit)
    if kind is None:
        return None
    name, unit = kind
    if name == "wavelength" and _LENGTH.match(text, value.end):
        return None
    if name == "temperature" and _PROCESS.search(text, max(0, value.start - 80), value.start):
        return None
    most = None if value.value_max is None else _converted(value.value_max, value.unit, unit)
    least = _converted(value.value, value.unit, unit)
    return FoundCondition(value.start, value.end, Condition(name, least, most, unit))


def _converted(number: float, unit: str, wanted: str) -> float:
    return float(f"{convert(number, unit, wanted):.6g}")


@lru_cache(maxsize=4096)
def _kind(unit: str) -> tuple[str, str] | None:
    """Return the name of the condition that a unit is of, with the unit that it is kept in."""
    if unit in ("1", "%"):
        return None
    return next(((name, kept) for name, asked, kept in _KINDS if fits(unit, asked)), None)


def is_condition(text: str, value: Value) -> bool:
    """Say whether a value stands where conditions stand: `at 300 K`, `under 2 GPa`.

    Whether it is the value of a property after all (`a transition at 91 K`) is not seen here.
    """
    if _UNIT_RATE.fullmatch(value.unit):
        return True
    kind = _kind(value.unit)
    if kind is None:
        return False
    before = text[max(0, value.start - 60) : value.start]
    if _AHEAD.match(text, value.start) and (not before or before.endswith((". ", "\n"))):
        return True
    named = _NAMED_BEFORE.search(before)
    if named and named.group(1)[:5] in kind[0]:
        return True
    if text[value.start : value.start + 1] in "<>~≈" and re.search(r"\bat $", before):
        return True
    return bool(_INTRODUCED.search(before)) and not _WEAK.search(before)


def _worded(text: str, start: int, end: int) -> Iterator[FoundCondition]:
    """Yield the conditions that need no unit."""
    for match in _ROOM.finditer(text, start, end):
        yield FoundCondition(*match.span(), Condition("temperature", 300.0, None, "K"))
    for match in _LEVEL.finditer(text, start, end):
        most = float(match.group(3)) if match.group(3) else None
        condition = Condition("doping", float(match.group(2)), most, match.group(1))
        yield FoundCondition(*match.span(), condition)
    pairs = []
    if "directions" in text or "axes" in text or "axis" in text:
        pairs = list(islice(_DIRECTIONS.finditer(text, start, end), _MOST_PAIRS))
    for pair in pairs:
        for side in (1, 2):
            way = pair.group(side).rstrip("-")
            way = f"{way} direction" if way in ("zigzag", "armchair") else way
            yield FoundCondition(*pair.span(side), Condition("direction", way))
    for match in _DIRECTION.finditer(text, start, end):
        if any(match.start() < pair.end() and pair.start() < match.end() for pair in pairs):
            continue
        words = " ".join((match.group(1) or match.group(2)).replace("-axis", " axis").split())
        yield FoundCondition(*match.span(), Condition("direction", words))
    if "thick" in text:
        for match in _THICK.finditer(text, start, end):
            number, unit = match.group(1) or match.group(3), match.group(2) or match.group(4)
            condition = Condition("thickness", _converted(float(number), unit, "nm"), None, "nm")
            yield FoundCondition(*match.span(), condition)
    for match in _CARRIERS.finditer(text, start, end):
        yield FoundCondition(*match.span(), Condition("polarisation", f"{match.group(1)}-type"))
