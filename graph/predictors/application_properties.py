"""Which properties decide whether a material suits an application, and how well a value does.

The desirability of a value goes from 0 to 1 along a ramp, those of several properties are put
together by their geometric mean: G. Derringer and R. Suich, J. Qual. Technol. 12, 214 (1980).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from matlore.errors import InputError
from matlore.vocabulary.entries import read_entries

__all__ = [
    "LEAST_DESIRABILITY",
    "ApplicationProperties",
    "WantedProperty",
    "application_properties",
    "load_application_properties",
    "overall_desirability",
    "read_application_properties",
]

_FILE = Path(__file__).with_name("application_properties.yaml")
_KEYS = {"application", "conditions", "properties", "about", "reference"}
_PROPERTY_KEYS = {"name", "unit", "ramp", "range", "scale", "sign", "weight"}

LEAST_DESIRABILITY: Final = 0.01
"""Of a value that is no good: with 0, one such would hide all that the others say."""


@dataclass(frozen=True, slots=True)
class WantedProperty:
    """A property that matters for an application.

    Attributes:
        name: as in the vocabulary, or of a model or predictor.
        unit: of `corners`.
        corners: the desirability is 0 up to the first, 1 between the second and the third, and 0
            from the fourth on; infinite where one side is open. Empty: it does not count.
        log: whether it is linear in the logarithm between them.
        magnitude: whether only the magnitude counts.
        weight: in the mean.
    """

    name: str
    unit: str
    corners: tuple[float, ...] = ()
    log: bool = False
    magnitude: bool = False
    weight: float = 1.0

    def desirability(self, value: float) -> float | None:
        """Return how well a value suits, from `LEAST_DESIRABILITY` to 1.

        Args:
            value: in `unit`.

        Returns:
            None where the property does not count, or the value is not finite.
        """
        if not self.corners or not math.isfinite(value):
            return None
        value = abs(value) if self.magnitude else value
        x, (low, start, end, high) = self._scaled(value), map(self._scaled, self.corners)
        below = 1.0 if x >= start else _share(x, low, start)
        above = 1.0 if x <= end else _share(-x, -high, -end)
        return max(LEAST_DESIRABILITY, min(below, above))

    def _scaled(self, value: float) -> float:
        if not self.log or math.isinf(value):
            return value
        return math.log10(value) if value > 0 else -math.inf


def _share(x: float, low: float, start: float) -> float:
    """Return how far a number below `start` is on the way to it; 0 where there is no way."""
    return (x - low) / (start - low) if start > low else 0.0


@dataclass(frozen=True, slots=True)
class ApplicationProperties:
    """The properties that matter for an application.

    Attributes:
        application: its name in the vocabulary.
        properties: the most telling first.
        conditions: at which predictions are made, by name, in the units of the recipes.
        about: why these.
        reference: where the numbers are from.
    """

    application: str
    properties: tuple[WantedProperty, ...]
    conditions: Mapping[str, float] = field(default_factory=dict)
    about: str = ""
    reference: str = ""


def overall_desirability(
    wanted: Sequence[WantedProperty],
    found: Mapping[str, float | None],
    missing: Mapping[str, float],
) -> float | None:
    """Return the weighted geometric mean of desirabilities.

    Args:
        wanted: the properties of the application.
        found: desirabilities by property; None or absent where no value is known.
        missing: what counts in the place of one that is not known, by property. A property
            that is in neither is left out.

    Returns:
        None where no desirability is known.
    """
    if all(found.get(one.name) is None for one in wanted):
        return None
    total = weights = 0.0
    for one in wanted:
        known = found.get(one.name)
        value = missing.get(one.name) if known is None else known
        if one.corners and value is not None:
            total += one.weight * math.log(value)
            weights += one.weight
    return math.exp(total / weights) if weights else None


def application_properties(application: str) -> ApplicationProperties | None:
    """Return what matters for an application, or None where nothing is laid down."""
    return load_application_properties().get(application)


@lru_cache(maxsize=1)
def load_application_properties() -> Mapping[str, ApplicationProperties]:
    """Return what matters for each application, by its name."""
    return MappingProxyType(read_application_properties(_FILE))


def read_application_properties(path: Path) -> dict[str, ApplicationProperties]:
    """Read a file of wanted properties (format: see the top of `application_properties.yaml`).

    Raises:
        InputError: the file is missing, is not YAML or breaks the format; the message names the
            application and what is wrong.
    """
    found: dict[str, ApplicationProperties] = {}
    for number, entry in enumerate(read_entries(path, "applications"), start=1):
        one = _application(entry, f"{path}: entry {number}")
        if one.application in found:
            raise InputError(f"{path}: {one.application!r} has two entries; keep one")
        found[one.application] = one
    return found


def _application(entry: object, place: str) -> ApplicationProperties:
    if not isinstance(entry, dict) or not isinstance(entry.get("application"), str):
        raise InputError(f"{place}: name the application")
    place = f"{place} ({entry['application']})"
    if wrong := sorted(map(str, entry.keys() - _KEYS)):
        raise InputError(f"{place}: {wrong[0]!r} is not one of {', '.join(sorted(_KEYS))}")
    properties = entry.get("properties")
    if not isinstance(properties, list) or not properties:
        raise InputError(f"{place}: list its properties")
    wanted = tuple(_property(one, place) for one in properties)
    names = [one.name for one in wanted]
    if len(set(names)) < len(names):
        raise InputError(f"{place}: lists a property twice")
    return ApplicationProperties(
        application=entry["application"],
        properties=wanted,
        conditions=MappingProxyType(_numbers_by_name(entry.get("conditions", {}), place)),
        about=str(entry.get("about", "")),
        reference=str(entry.get("reference", "")),
    )


def _property(entry: object, place: str) -> WantedProperty:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise InputError(f"{place}: each property needs a name")
    place = f"{place}: {entry['name']}"
    if wrong := sorted(map(str, entry.keys() - _PROPERTY_KEYS)):
        raise InputError(f"{place}: {wrong[0]!r} is not one of {', '.join(sorted(_PROPERTY_KEYS))}")
    if not isinstance(entry.get("unit"), str):
        raise InputError(f"{place}: give the unit as text, such as '1' for none")
    log = entry.get("scale", "linear") == "log"
    (weight,) = _numbers([entry.get("weight", 1)], 1, place)
    if weight <= 0:
        raise InputError(f"{place}: the weight must be above 0")
    return WantedProperty(
        name=entry["name"],
        unit=entry["unit"],
        corners=_corners(entry, log=log, place=place),
        log=log,
        magnitude=entry.get("sign") == "any",
        weight=weight,
    )


def _corners(entry: Mapping[Any, Any], *, log: bool, place: str) -> tuple[float, ...]:
    """Return the four corners of the desirability; none where it does not count."""
    if "ramp" in entry and "range" in entry:
        raise InputError(f"{place}: give a ramp or a range, not both")
    if "range" in entry:
        found = _numbers(entry["range"], 4, place)
    elif "ramp" in entry:
        bad, good = _numbers(entry["ramp"], 2, place)
        if bad == good:
            raise InputError(f"{place}: the ends of the ramp must differ")
        found = (bad, good, math.inf, math.inf) if bad < good else (-math.inf, -math.inf, good, bad)
    else:
        return ()
    if not (found[0] <= found[1] <= found[2] <= found[3]) or found[0] == found[3]:
        raise InputError(f"{place}: the numbers of a range must rise")
    if log and any(one <= 0 for one in found if math.isfinite(one)):
        raise InputError(f"{place}: on a log scale all numbers must be above 0")
    return found


def _numbers(given: object, length: int, place: str) -> tuple[float, ...]:
    if not isinstance(given, list) or len(given) != length:
        raise InputError(f"{place}: give {length} numbers, such as [0.5, 1.5]")
    for one in given:
        if isinstance(one, bool) or not isinstance(one, int | float) or not math.isfinite(one):
            raise InputError(f"{place}: {one!r} is not a number (write 1.0e-5, not 1e-5)")
    return tuple(float(one) for one in given)


def _numbers_by_name(given: object, place: str) -> dict[str, float]:
    if not isinstance(given, dict):
        raise InputError(f"{place}: conditions are names with numbers")
    return {str(name): _numbers([value], 1, place)[0] for name, value in given.items()}
