"""Cypher: queries that only read are told from others, checked, and translated to Ladybug's."""

from .completion import completions
from .guard import check_reading
from .names import check_names
from .tokens import quote_name, tokenize
from .translation import to_ladybug

__all__ = [
    "check_names",
    "check_reading",
    "completions",
    "quote_name",
    "to_ladybug",
    "tokenize",
]
