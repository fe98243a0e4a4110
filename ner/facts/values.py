"""Values in running text: numbers with their unit, uncertainty, range and comparator."""

import re
from typing import TYPE_CHECKING

from .parts import Value
from .value_candidates import Candidate, find_candidates
from .value_context import counted_noun
from .value_grammar import Item
from .value_model import shipped_model, tag_candidates

if TYPE_CHECKING:
    from .linear import SequenceModel

__all__ = ["VALUES_VERSION", "find_values"]

VALUES_VERSION = "3"
"""Changes when other values may be found."""


# `one of them` is no quantity at all.
_PRONOUN = 0.1
# A bare `C` near these words is degrees Celsius, unless a battery is spoken of.
_WARM = 20
_HOT = 150  # batteries are never charged as fast
# `1017 cm-3`: ten to a power that has lost its place.
_DENSITY = re.compile(r"(?:/ ?cm|cm ?\^?\{?[-−–]) ?\^?[23]\}?|/cc")
_LOST_POWERS = range(1010, 1025)
_HEATED = re.compile(
    r"temperatur|anneal|heat|sinter|calcin|cool|melt|quench|cur(?:ed|ing)\b|dried|drying|bak(?:ed|ing)"
    r"|pyroly|solidif|therm|oven|furnace|preheat|fired|firing|autoclav|hydrothermal|sputter"
    r"|grown at|deposited at|tempered|glass transition",
    re.IGNORECASE,
)
_BATTERY = re.compile(r"\brate|cycl(?:e|ing)|discharg|charg|capacity|mAh", re.IGNORECASE)
_NEAR = 70


def _is_temperature(text: str, item: Item) -> bool:
    around = text[max(item.start - _NEAR, 0) : item.end + _NEAR]
    if item.value >= _HOT and not _BATTERY.search(around):
        return True
    return bool(_HEATED.search(around)) and not _BATTERY.search(around)


def _value(text: str, found: Candidate, span: tuple[int, int], score: float) -> Value:
    item, unit = found.item, found.item.unit
    if unit == "C" and item.value >= _WARM and _is_temperature(text, item):
        unit = "°C"
    if unit and item.whole and item.value in _LOST_POWERS and _DENSITY.fullmatch(unit):
        item = item._replace(value=10.0 ** (item.value - 1000))
    if unit is None and (item.words or item.whole):
        unit = counted_noun(text, item.end)
    return Value(
        *span,
        item.value,
        unit or "1",
        item.value_max,
        item.std,
        found.comparator,
        found.group,
        score,
    )


def _score(item: Item, likely: float) -> float:
    """Return how likely a number is a quantity.

    The model was trained on prose of other sciences: where a unit stands behind the digits it
    only ranks. A count in words (`two samples`) is rarely what a property is said to be.
    """
    if item.words:
        return round(likely if item.unit else likely / 2, 3)
    return round((1 + likely) / 2 if item.unit else likely, 3)


def find_values(text: str, model: "SequenceModel | None" = None) -> list[Value]:
    """Return the values of a text, in order.

    Args:
        text: of any length.
        model: which scores them and mends their ends; the one that ships unless given.
    """
    candidates = find_candidates(text)
    if all(found.refused for found in candidates):
        return []
    spans, likely = tag_candidates(text, candidates, model or shipped_model())
    return [
        _value(text, found, spans[k], _score(found.item, likely[k]))
        for k, found in enumerate(candidates)
        if not found.refused and not (found.item.words and likely[k] < _PRONOUN)
    ]
