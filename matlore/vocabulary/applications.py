"""What materials are used for, and how texts say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from matlore.errors import InputError

from .entries import check_owners, entry_strings, folded, named_entry, read_entries

__all__ = ["Application", "find_application", "load_applications", "read_applications"]

APPLICATIONS_FILE = Path(__file__).with_name("applications.yaml")
_KEYS = ("name", "query", "words", "aliases", "typed")


@dataclass(frozen=True, slots=True)
class Application:
    """What materials are used for, and how texts say so.

    Attributes:
        name: the canonical name, such as `battery cathode`.
        query: terms of a word-vector vocabulary that stand for it, the best first.
        words: words and phrases by which a title or abstract says that it is about it.
        aliases: what else it is called.
        typed: what a user may type for it, though in a text it may mean another thing.
    """

    name: str
    query: tuple[str, ...]
    words: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def load_applications() -> Mapping[str, Application]:
    """Return matlore's applications by canonical name, in the order of the file."""
    return MappingProxyType(read_applications(APPLICATIONS_FILE))


def read_applications(path: Path) -> dict[str, Application]:
    """Read an application vocabulary (format: see the top of `applications.yaml`).

    Raises:
        InputError: the file is missing, is not YAML or breaks the format; the message
            names the entry and what is wrong with it.
    """
    entries = read_entries(path, "applications")
    found = [_application(entry, f"{path}: entry {k}") for k, entry in enumerate(entries, start=1)]
    check_owners(((a.name, _spellings(a)) for a in found), path)
    return {application.name: application for application in found}


def find_application(text: str, applications: Mapping[str, Application]) -> Application | None:
    """Return the application that a user means by what was typed, or None.

    Case and the difference between blank, `-` and `_` are ignored; an alias in capitals
    (`TE`) must be typed in capitals, because `Te` is tellurium.
    """
    wanted = {" ".join(text.split()), folded(text)}
    for application in applications.values():
        if wanted & _spellings(application):
            return application
    return None


def _spellings(application: Application) -> set[str]:
    """Return what a user may type for an application, folded unless in capitals."""
    names = (application.name, *application.aliases, *application.typed)
    return {name if name.isupper() else folded(name) for name in names}


def _application(entry: object, place: str) -> Application:
    """Check one entry of the file and return it typed."""
    name, fields = named_entry(entry, place, _KEYS)
    place = f"{place} ({name})"
    query = entry_strings(fields, "query", place)
    if wrong := [term for term in query if " " in term or "-" in term]:
        raise InputError(f"{place}: the words of a query term are joined by '_': {wrong[0]!r}")
    words = entry_strings(fields, "words", place)
    aliases, typed = (
        entry_strings(fields, key, place) if key in fields else () for key in ("aliases", "typed")
    )
    return Application(name=name, query=query, words=words, aliases=aliases, typed=typed)
