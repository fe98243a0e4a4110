"""Materials by name: trivial and mineral names, acronyms, polymers, alloys, carbon.

The format is described at the top of `materials.yaml`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from matlore.errors import InputError

from .entries import read_yaml

__all__ = ["MATERIALS_FILE", "NamedMaterial", "load_materials", "read_materials"]

MATERIALS_FILE = Path(__file__).with_name("materials.yaml")
_SECTIONS = ("compounds", "polymers", "named")

Kind = Literal["compound", "polymer", "named"]


@dataclass(frozen=True, slots=True)
class NamedMaterial:
    """A material that is known by names.

    Attributes:
        name: the formula of a compound, as it is written there; else the canonical name.
        kind: where it stands in the file.
        synonyms: the other names.
        formula: the formula of a compound, or of a polymer's repeat unit; else None.
    """

    name: str
    kind: Kind
    synonyms: tuple[str, ...]
    formula: str | None = None


@lru_cache(maxsize=1)
def load_materials() -> tuple[NamedMaterial, ...]:
    """Return matlore's named materials in the order of the file."""
    return tuple(read_materials(MATERIALS_FILE))


def read_materials(path: Path) -> list[NamedMaterial]:
    """Read a vocabulary of materials.

    Raises:
        InputError: the file is missing, is not YAML or breaks the format; the message names
            the entry and what is wrong with it.
    """
    sections = read_yaml(path)
    if not isinstance(sections, dict) or sorted(sections) != sorted(_SECTIONS):
        raise InputError(f"{path}: must be a mapping with the keys {', '.join(_SECTIONS)}")
    found = [*_compounds(sections, path), *_polymers(sections, path), *_named(sections, path)]
    _check_names(found, path)
    return found


def _section(sections: Mapping[str, object], key: str, path: Path) -> Mapping[object, object]:
    section = sections[key]
    if not isinstance(section, dict) or not section:
        raise InputError(f"{path}: {key} must be a mapping with at least one entry")
    return MappingProxyType(section)


def _compounds(sections: Mapping[str, object], path: Path) -> Iterator[NamedMaterial]:
    for formula, names in _section(sections, "compounds", path).items():
        place = f"{path}: compounds: {formula}"
        yield NamedMaterial(str(formula), "compound", _names(names, place), str(formula))


def _polymers(sections: Mapping[str, object], path: Path) -> Iterator[NamedMaterial]:
    for name, entry in _section(sections, "polymers", path).items():
        place = f"{path}: polymers: {name}"
        if not isinstance(entry, dict) or sorted(entry) != ["names", "unit"]:
            raise InputError(f"{place}: must be a mapping with the keys unit and names")
        names = _names(entry["names"], place)
        yield NamedMaterial(str(name), "polymer", names, str(entry["unit"]))


def _named(sections: Mapping[str, object], path: Path) -> Iterator[NamedMaterial]:
    for name, names in _section(sections, "named", path).items():
        yield NamedMaterial(str(name), "named", _names(names, f"{path}: named: {name}"))


def _names(value: object, place: str) -> tuple[str, ...]:
    """Return a list of different, trimmed names; it may be empty."""
    if not isinstance(value, list):
        raise InputError(f"{place}: the names must be a list")
    for name in value:
        if not isinstance(name, str) or not name or name != " ".join(name.split()):
            raise InputError(f"{place}: {name!r} is not a trimmed string")
    return tuple(value)


def _check_names(found: list[NamedMaterial], path: Path) -> None:
    """Check that no name is written twice."""
    owners: dict[str, str] = {}
    for material in found:
        names = material.synonyms if material.kind == "compound" else (
            material.name, *material.synonyms
        )  # fmt: skip
        for name in names:
            if name in owners:
                raise InputError(
                    f"{path}: {name!r} names two entries, {owners[name]!r} and {material.name!r}"
                )
            owners[name] = material.name
