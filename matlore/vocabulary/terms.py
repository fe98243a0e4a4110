"""Canonical names of properties, methods, phases and applications, with what texts write.

The words are in files beside this module, each with its format described at its top.
"""

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from matlore.errors import InputError

from .applications import Application, load_applications
from .entries import check_owners, entry_strings, folded, named_entry, read_entries

__all__ = ["Kind", "MethodKind", "Term", "find_term", "load_terms", "read_terms"]

Kind = Literal["property", "application", "method", "phase"]
MethodKind = Literal["synthesis", "characterisation"]

_METHOD_KINDS: tuple[MethodKind, ...] = ("synthesis", "characterisation")
_FILES = {
    "property": ("properties.yaml", "properties"),
    "method": ("methods.yaml", "methods"),
    "phase": ("phases.yaml", "phases"),
}
_KEYS = {
    "property": ("name", "synonyms", "unit", "symbol", "lower", "upper"),
    "method": ("name", "kind", "synonyms"),
    "phase": ("name", "synonyms", "symbol"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """What the field calls one thing.

    Attributes:
        name: the canonical name: lower case, singular, American spelling.
        synonyms: what else texts write for it; plurals are made by rule, so only irregular
            ones are listed. One with a capital letter is an acronym or a symbol and stands
            for the term only as it is written; case and hyphens make no difference in others.
        kind: `property`, `application`, `method` or `phase`.
        unit: of a property with values: a unit that pint can parse, `1` for a plain number;
            None for what has no values (`microstructure`) and for other kinds.
        symbol: how it is usually printed (`kappa`, `Fm-3m`); not unique, so not for look-up.
        lower: no value in `unit` is physically below it; None where there is no limit.
        upper: no value known or to be expected in `unit` is above it; None for no limit.
        method_kind: `synthesis` or `characterisation` for a method, else None.
    """

    name: str
    synonyms: tuple[str, ...]
    kind: Kind
    unit: str | None = None
    symbol: str | None = None
    lower: float | None = None
    upper: float | None = None
    method_kind: MethodKind | None = None


@lru_cache(maxsize=4)
def load_terms(kind: str) -> Mapping[str, Term]:
    """Return matlore's terms of a kind by canonical name, in the order of the file.

    Raises:
        ValueError: there is no such kind.
    """
    if kind == "application":
        return MappingProxyType({a.name: _of_application(a) for a in load_applications().values()})
    if kind not in _FILES:
        known = ", ".join((*_FILES, "application"))
        raise ValueError(f"there are no terms of the kind {kind!r} (known: {known})")
    return MappingProxyType(read_terms(Path(__file__).with_name(_FILES[kind][0]), kind))


def read_terms(path: Path, kind: str) -> dict[str, Term]:
    """Read a vocabulary of properties, methods or phases (format: see the top of the files).

    Raises:
        InputError: the file is missing, is not YAML or breaks the format; the message names
            the entry and what is wrong with it.
    """
    what = _FILES[kind][1]
    entries = read_entries(path, what)
    found = [_term(entry, f"{path}: entry {k}", kind) for k, entry in enumerate(entries, start=1)]
    check_owners(((t.name, map(_key, (t.name, *t.synonyms))) for t in found), path)
    return {term.name: term for term in found}


def find_term(text: str, kind: str) -> Term | None:
    """Return the term of a kind that a text writes by its name or a synonym, or None.

    A text is tried as it is written and then without regard to case, hyphens, dashes, accents
    and the blank that some tokenizers put before `'s`. Plurals are left to the caller.

    Raises:
        ValueError: there is no such kind.
    """
    spellings = _spellings(kind)
    plain = _plain(text)
    return spellings.get(plain) or spellings.get(folded(plain))


@lru_cache(maxsize=4)
def _spellings(kind: str) -> Mapping[str, Term]:
    """Return the terms of a kind by the keys of their names and synonyms."""
    terms = load_terms(kind).values()
    return {_key(spelling): term for term in terms for spelling in (term.name, *term.synonyms)}


def _key(spelling: str) -> str:
    """Return what a name or synonym has in common with other spellings of it.

    That of an acronym or a symbol is itself: `Al` is not `al`.
    """
    plain = _plain(spelling)
    return folded(plain) if plain == plain.lower() else plain


def _plain(text: str) -> str:
    """Return a text without accents, typographic apostrophes and doubled blanks."""
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(letters.replace("\u2019", "'").replace(" '", "'").split())


def _of_application(application: Application) -> Term:
    """Return an application as a term; only aliases in capitals keep them."""
    aliases = (a if a.isupper() else a.lower() for a in application.aliases)
    return Term(application.name, tuple(dict.fromkeys(aliases)), "application")


def _term(entry: object, place: str, kind: str) -> Term:
    """Check one entry of a file and return it typed."""
    name, fields = named_entry(entry, place, _KEYS[kind])
    place = f"{place} ({name})"
    synonyms = entry_strings(fields, "synonyms", place) if "synonyms" in fields else ()
    _check_spellings((name, *synonyms), place)
    unit = _string(fields, "unit", place)
    lower, upper = _bounds(fields, unit, place)
    return Term(
        name=name,
        synonyms=synonyms,
        kind=cast(Kind, kind),
        unit=unit,
        symbol=_string(fields, "symbol", place),
        lower=lower,
        upper=upper,
        method_kind=_method_kind(fields, place) if kind == "method" else None,
    )


def _check_spellings(spellings: tuple[str, ...], place: str) -> None:
    """Refuse a synonym that says nothing new, such as another hyphen."""
    seen: dict[str, str] = {}
    for spelling in spellings:
        first = seen.setdefault(_key(spelling), spelling)
        if first is not spelling:
            raise InputError(f"{place}: the synonym {spelling!r} is the same as {first!r}")


def _string(entry: Mapping[object, object], key: str, place: str) -> str | None:
    """Return a string of an entry, or None where it has none."""
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value != value.strip() or not value:
        raise InputError(f"{place}: {key} must be a string (write it in quotes): {value!r}")
    return value


def _bounds(
    entry: Mapping[object, object], unit: str | None, place: str
) -> tuple[float | None, float | None]:
    """Return the least and the greatest value of an entry."""
    lower, upper = (_number(entry, key, place) for key in ("lower", "upper"))
    if unit is None and not (lower is None and upper is None):
        raise InputError(f"{place}: bounds need a unit; write '1' for a plain number")
    if lower is not None and upper is not None and lower >= upper:
        raise InputError(f"{place}: lower ({lower:g}) must be less than upper ({upper:g})")
    return lower, upper


def _number(entry: Mapping[object, object], key: str, place: str) -> float | None:
    """Return a number of an entry, or None where it has none."""
    value = entry.get(key)
    if value is None:
        return None
    # YAML reads 1e9 as a string, and true as a bool, which Python takes for a number.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{place}: {key} must be a number such as 3 or 1.0e+9: {value!r}")
    return float(value)


def _method_kind(entry: Mapping[object, object], place: str) -> MethodKind:
    """Return what a method is for."""
    for method_kind in _METHOD_KINDS:
        if entry.get("kind") == method_kind:
            return method_kind
    raise InputError(f"{place}: kind must be {' or '.join(_METHOD_KINDS)}: {entry.get('kind')!r}")
