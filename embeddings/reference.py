"""The reference list: formulas with computed power factors and known thermoelectrics.

The file is that of Tshitoyan et al., Nature 571, 95 (2019): a JSON object of formula to
`[raw spellings, known, power factors]`; the first power factor is at 600 K and 1e20/cm3.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from matlore.errors import InputError
from ner.formulas import normalize_formula

__all__ = ["REFERENCE_FILE", "ReferenceMaterial", "load_reference", "part_of"]

REFERENCE_FILE = "TE_data_used_in_paper.json"

_NEXT = "name the folder that holds the list with `matlore embeddings evaluate --ranking DIR`"


@dataclass(frozen=True, slots=True)
class ReferenceMaterial:
    """A formula of the reference list.

    Attributes:
        formula: its key, `ner.formulas.normalize_formula` of the formula as listed.
        listed: the formula as listed.
        known: whether the list flags it as a known thermoelectric.
        power_factor: computed power factor at 600 K and 1e20/cm3, in uW/(cm K^2).
    """

    formula: str
    listed: str
    known: bool
    power_factor: float | None


def load_reference(folder: Path) -> tuple[ReferenceMaterial, ...]:
    """Read the reference list of a folder.

    Several listed formulas may have one key; the first of them stands for all. Formulas
    without a key are left out.

    Raises:
        InputError: the file is missing, broken, or not of this kind.
    """
    path = folder / REFERENCE_FILE if folder.is_dir() else folder
    found: dict[str, ReferenceMaterial] = {}
    for listed, entry in _read_entries(path):
        formula = normalize_formula(listed)
        if formula is None or formula in found:
            continue
        found[formula] = _reference_material(path, formula, listed, entry)
    if not found:
        raise InputError(f"{path}: lists no formula; {_NEXT}")
    return tuple(found.values())


def part_of(formula: str) -> Literal["dev", "test"]:
    """Return the half of the list to which a formula key belongs: by its hash alone."""
    return "dev" if sha256(formula.encode()).digest()[0] & 1 else "test"


def _read_entries(path: Path) -> Iterator[tuple[str, object]]:
    """Read the list's (formula, entry) pairs."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file; {_NEXT}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; {_NEXT}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not JSON: {error}; {_NEXT}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: not an object of formulas; {_NEXT}")
    yield from content.items()


def _reference_material(path: Path, formula: str, listed: str, entry: object) -> ReferenceMaterial:
    """Read `[raw spellings, known, power factors or null]`."""
    match entry:
        case [_, bool(known), None]:
            return ReferenceMaterial(formula, listed, known, None)
        case [_, bool(known), [first, *_]]:
            return ReferenceMaterial(formula, listed, known, _power_factor(path, listed, first))
    raise InputError(
        f"{path}: {listed}: expected [spellings, known, power factors or null]; {_NEXT}"
    )


def _power_factor(path: Path, listed: str, value: object) -> float | None:
    """Return a power factor; None for null and NaN."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{path}: {listed}: power factor {value!r} is not a number; {_NEXT}")
    return float(value) if math.isfinite(value) else None
