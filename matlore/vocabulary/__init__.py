"""What the field calls things, once for all of matlore: applications so far.

The words themselves are in files beside this module, each with its format described at
its top.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from matlore.errors import InputError

__all__ = [
    "Application",
    "find_application",
    "load_applications",
    "load_stop_words",
    "read_applications",
]

APPLICATIONS_FILE = Path(__file__).with_name("applications.yaml")
STOP_WORDS_FILE = Path(__file__).with_name("stop_words.txt")
_KEYS = ("name", "query", "words", "aliases")


@dataclass(frozen=True, slots=True)
class Application:
    """What materials are used for, and how texts say so.

    Attributes:
        name: the canonical name, such as `battery cathode`.
        query: terms of a word-vector vocabulary that stand for it, the best first.
        words: words and phrases by which a title or abstract says that it is about it.
        aliases: what else a user may type for the name.
    """

    name: str
    query: tuple[str, ...]
    words: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def load_applications() -> Mapping[str, Application]:
    """Return matlore's applications by canonical name, in the order of the file."""
    return MappingProxyType(read_applications(APPLICATIONS_FILE))


@lru_cache(maxsize=1)
def load_stop_words() -> frozenset[str]:
    """Return the words, in lower case, that an abstract on any subject may hold."""
    lines = STOP_WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def read_applications(path: Path) -> dict[str, Application]:
    """Read an application vocabulary (format: see the top of `applications.yaml`).

    Raises:
        InputError: the file is missing, is not YAML or breaks the format; the message
            names the entry and what is wrong with it.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: must be a list of applications")
    found = [_application(entry, f"{path}: entry {k}") for k, entry in enumerate(entries, start=1)]
    _check_names(found, path)
    return {application.name: application for application in found}


def find_application(text: str, applications: Mapping[str, Application]) -> Application | None:
    """Return the application that a user means by a name or an alias, or None.

    Case and the difference between blank, `-` and `_` are ignored; an alias in capitals
    (`TE`) must be typed in capitals, because `Te` is tellurium.
    """
    wanted = {" ".join(text.split()), _folded(text)}
    for application in applications.values():
        if wanted & _spellings(application):
            return application
    return None


def _folded(text: str) -> str:
    """Return a name without case, hyphens, underscores and doubled blanks."""
    return " ".join(re.sub(r"[-_]", " ", text).lower().split())


def _spellings(application: Application) -> set[str]:
    """Return what a user may type for an application, folded unless in capitals."""
    names = (application.name, *application.aliases)
    return {name if name.isupper() else _folded(name) for name in names}


def _application(entry: object, place: str) -> Application:
    """Check one entry of the file and return it typed."""
    if not isinstance(entry, dict):
        raise InputError(f"{place}: must be a mapping with the keys {', '.join(_KEYS)}")
    name = entry.get("name")
    if not isinstance(name, str) or not name or name != _folded_name(name):
        raise InputError(f"{place}: name must be lower case, words apart by one space: {name!r}")
    place = f"{place} ({name})"
    if unknown := sorted(set(map(str, entry)) - set(_KEYS)):
        raise InputError(f"{place}: unknown key {unknown[0]!r} (known: {', '.join(_KEYS)})")
    query = _strings(entry, "query", place)
    if wrong := [term for term in query if " " in term or "-" in term]:
        raise InputError(f"{place}: the words of a query term are joined by '_': {wrong[0]!r}")
    words = _strings(entry, "words", place)
    aliases = _strings(entry, "aliases", place) if "aliases" in entry else ()
    return Application(name=name, query=query, words=words, aliases=aliases)


def _folded_name(name: str) -> str:
    """Return a canonical name as it must be written (hyphens are allowed)."""
    return " ".join(name.lower().replace("_", " ").split())


def _strings(entry: Mapping[object, object], key: str, place: str) -> tuple[str, ...]:
    """Return a list of different, non-empty strings of an entry."""
    values = entry.get(key)
    if not isinstance(values, list) or not values:
        raise InputError(f"{place}: {key} must be a list with at least one string")
    for value in values:
        if not isinstance(value, str) or value != " ".join(value.split()) or not value:
            raise InputError(f"{place}: {key} holds {value!r}, which is not a trimmed string")
    if repeated := sorted({value for value in values if values.count(value) > 1}):
        raise InputError(f"{place}: {key} holds {repeated[0]!r} twice")
    return tuple(values)


def _check_names(found: Sequence[Application], path: Path) -> None:
    """Check that no name or alias stands for two applications."""
    owners: dict[str, Application] = {}
    for application in found:
        for spelling in sorted(_spellings(application)):
            owner = owners.setdefault(spelling, application)
            if owner is not application:
                raise InputError(
                    f"{path}: {spelling!r} names two entries,"
                    f" {owner.name!r} and {application.name!r}"
                )
