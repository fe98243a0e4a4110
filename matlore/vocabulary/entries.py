"""Checks that all vocabulary files share: each is a YAML list of entries with a name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from matlore.errors import InputError

__all__ = [
    "check_owners",
    "entry_strings",
    "folded",
    "named_entry",
    "read_entries",
    "read_yaml",
]

# Hyphens, dashes and the minus sign, which texts use for one another in compound words.
_JOINTS = re.compile(r"[-_\u2010-\u2015\u2212]")


def folded(text: str) -> str:
    """Return a name without case, hyphens, underscores and doubled blanks."""
    return " ".join(_JOINTS.sub(" ", text).lower().split())


def read_yaml(path: Path) -> object:
    """Return what a YAML file holds.

    Raises:
        InputError: the file is missing or is not YAML.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error


def read_entries(path: Path, what: str) -> list[object]:
    """Return the entries of a YAML file.

    Args:
        path: the file.
        what: what it lists, for the message.

    Raises:
        InputError: the file is missing, is not YAML, or is not a list with entries.
    """
    entries = read_yaml(path)
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: must be a list of {what}")
    return entries


def named_entry(
    entry: object, place: str, keys: Sequence[str]
) -> tuple[str, Mapping[object, object]]:
    """Return the checked name of an entry, and the entry, which has no keys but those known.

    Raises:
        InputError: the entry is no mapping, its name is not in canonical form, or it has
            another key.
    """
    if not isinstance(entry, dict):
        raise InputError(f"{place}: must be a mapping with the keys {', '.join(keys)}")
    name = entry.get("name")
    if not isinstance(name, str) or not name or name != _canonical(name):
        raise InputError(f"{place}: name must be lower case, words apart by one space: {name!r}")
    if unknown := sorted(set(map(str, entry)) - set(keys)):
        raise InputError(f"{place} ({name}): unknown key {unknown[0]!r} (known: {', '.join(keys)})")
    return name, entry


def entry_strings(entry: Mapping[object, object], key: str, place: str) -> tuple[str, ...]:
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


def check_owners(spellings: Iterable[tuple[str, Iterable[str]]], path: Path) -> None:
    """Check that no spelling stands for two entries.

    Args:
        spellings: for each entry its name and all that stands for it, the name included.
        path: the file, for the message.

    Raises:
        InputError: two entries have one name, or share a spelling.
    """
    owners: dict[str, tuple[int, str]] = {}
    for number, (name, forms) in enumerate(spellings):
        for form in sorted(set(forms)):
            owner, owner_name = owners.setdefault(form, (number, name))
            if owner != number:
                raise InputError(
                    f"{path}: {form!r} names two entries, {owner_name!r} and {name!r};"
                    " leave it with one of them"
                )


def _canonical(name: str) -> str:
    """Return a canonical name as it must be written (hyphens are allowed)."""
    return " ".join(name.lower().replace("_", " ").split())
