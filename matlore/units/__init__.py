"""Units of measurement as the field writes them: read, print, compare and convert them."""

from .conversion import convert, normalise_unit, to_si
from .dimensions import fits, measure, same_dimension
from .grammar import Factor, UnitExpression, parse_unit
from .running import unit_at

__all__ = [
    "UNITS_VERSION",
    "Factor",
    "UnitExpression",
    "convert",
    "fits",
    "measure",
    "normalise_unit",
    "parse_unit",
    "same_dimension",
    "to_si",
    "unit_at",
]

UNITS_VERSION = "2"
"""Changes when units are read otherwise than before."""
