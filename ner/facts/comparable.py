"""Which quantities were found under comparable conditions: one label for each such group.

Words (phase, direction) must be the same; numbers may differ by a tolerance, temperatures by
5 % and at least 1 K, others by 10 %. What is about room temperature is 300 K. A quantity without
a condition is comparable with those without, not with all: its paper may state it elsewhere.
A direction or phase that one paper alone states does not set its value apart from the others.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import median

from matlore.errors import InputError
from matlore.records import Condition, Quantity
from matlore.vocabulary import load_terms

__all__ = ["comparable_conditions", "converted", "rounded"]

Plain = dict[str, tuple[float, str] | str]

_ROOM = (288.0, 305.0)
_ROOM_WORDS = frozenset(["room temperature", "rt", "ambient temperature"])
_NO_CONDITION = frozenset(["ambient pressure", "atmospheric pressure", "ambient conditions"])
_TOLERANCES = {"temperature": (0.05, 1.0)}
_TOLERANCE = (0.10, 0.0)
_KELVIN = "K"
_NOT_OF_KELVIN = frozenset(["temperature", "direction"])
_SOFT = frozenset(["direction", "phase"])
_AXIS = re.compile(r"([abcxyz])(?:[ -]?(?:axis|direction))?")
_DIRECTION = re.compile(r"[ -](?:axis|direction)$")


def comparable_conditions(
    quantities: Sequence[Quantity], property: str
) -> list[tuple[Condition, ...]]:
    """Return for each quantity the conditions of the group that it belongs to, sorted by name.

    Args:
        quantities: of one material and property.
        property: where it is a temperature itself, temperatures and directions are no condition.
    """
    term = load_terms("property").get(property)
    ignored = _NOT_OF_KELVIN if term is not None and term.unit == _KELVIN else frozenset[str]()
    plain = [_plain(one.conditions, ignored) for one in quantities]
    plain = _without_rare_words(plain, [one.provenance.paper_id for one in quantities])
    labels = _labels(plain)
    return [
        tuple(
            Condition(name, said)
            if isinstance(said, str)
            else Condition(name, labels[name, said[1]][said[0]], None, said[1])
            for name, said in sorted(one.items())
        )
        for one in plain
    ]


def _without_rare_words(plain: Sequence[Plain], papers: Sequence[str | None]) -> list[Plain]:
    """Drop words that one paper alone says, where others give the value without them.

    Not where that paper tells several of them apart, such as two directions.
    """
    saying: defaultdict[tuple[str, object], set[str | None]] = defaultdict(set)
    told: defaultdict[tuple[str, str | None], set[object]] = defaultdict(set)
    for one, paper in zip(plain, papers, strict=True):
        for name in _SOFT & one.keys():
            saying[name, one[name]].add(paper)
            told[name, paper].add(one[name])
    without = {_key(one) for one in plain if not _SOFT & one.keys()}
    found = []
    for one, paper in zip(plain, papers, strict=True):
        soft = _SOFT & one.keys()
        rare = all(len(saying[n, one[n]]) == 1 and len(told[n, paper]) == 1 for n in soft)
        less = {name: said for name, said in one.items() if name not in soft}
        found.append(less if soft and rare and _key(less) in without else one)
    return found


def _key(plain: Plain) -> frozenset[tuple[str, object]]:
    """Return what makes conditions equal; numbers count by their unit: these are near enough."""
    return frozenset(
        (name, said if isinstance(said, str) else said[1]) for name, said in plain.items()
    )


@lru_cache(maxsize=65536)
def converted(value: float, unit: str, wanted: str) -> float | None:
    """Return a value in another unit, or None where it measures something else."""
    if unit == wanted:
        return value
    from matlore.units import convert, fits

    if not fits(unit, wanted):
        return None
    try:
        return convert(value, unit, wanted)
    except InputError:  # alike, such as magnetisations by mass and by volume, but not convertible
        return None


def _plain(conditions: Iterable[Condition], ignored: frozenset[str]) -> Plain:
    """Return conditions by name: words in lower case, or a number and its unit."""
    found: Plain = {}
    for one in conditions:
        if one.name in ignored or one.name in found:
            continue
        said = (
            _worded(one.name, one.value) if isinstance(one.value, str) else _number(one, one.value)
        )
        if said is not None:
            found[one.name] = said
    return found


def _worded(name: str, value: str) -> tuple[float, str] | str | None:
    word = " ".join(value.lower().replace("-", " ").split())
    if word in _NO_CONDITION:
        return None
    if word in _ROOM_WORDS:
        return 300.0, _KELVIN
    return _direction(value.lower()) if name == "direction" else value.lower()


def _direction(value: str) -> str:
    """Return `c axis` for `c`, `c-direction` and the like, `zigzag` for `zigzag direction`."""
    axis = _AXIS.fullmatch(value)
    return f"{axis[1]} axis" if axis else _DIRECTION.sub("", value)


def _number(condition: Condition, value: float) -> tuple[float, str]:
    """Return the middle of a condition; temperatures in kelvin, what is no pressure as it is."""
    unit = condition.unit or "1"
    most = condition.value_max
    middle = value if most is None else (value + most) / 2
    if condition.name == "temperature" and unit != _KELVIN:
        kelvin = converted(middle, unit, _KELVIN)
        middle, unit = (middle, unit) if kelvin is None else (kelvin, _KELVIN)
    if condition.name == "temperature" and unit == _KELVIN and _ROOM[0] <= middle <= _ROOM[1]:
        middle = 300.0
    return middle, unit


def _labels(plain: Iterable[Plain]) -> Mapping[tuple[str, str], Mapping[float, float]]:
    """Return by condition and unit what each number is taken for: the middle of its like."""
    numbers: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for one in plain:
        for name, said in one.items():
            if not isinstance(said, str):
                numbers[name, said[1]].append(said[0])
    return {
        key: _alike(values, *_TOLERANCES.get(key[0], _TOLERANCE)) for key, values in numbers.items()
    }


def _alike(values: Iterable[float], relative: float, least: float) -> dict[float, float]:
    """Return each number's group, begun by its lowest, so that chains do not run together."""
    groups: list[list[float]] = []
    for value in sorted(values):
        limit = max(least, relative * abs(groups[-1][0])) if groups else 0.0
        if groups and value - groups[-1][0] <= limit:
            groups[-1].append(value)
        else:
            groups.append([value])
    return {value: rounded(median(group)) for group in groups for value in group}


def rounded(value: float) -> float:
    """Return a value with the digits that are kept of what is put together."""
    return float(f"{value:.6g}")
