"""CIFs to crystals by pymatgen, after the checks that it does not make.

pymatgen takes the first of several blocks, leaves out rows that it cannot read, and takes a wrong
occupancy for 1; here each is told by the name of the atom's site, and refused.
"""

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from math import cos, prod, radians
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError

from .structures import FULL, MOST_ATOMS, one_line

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = ["parse_cif"]

_BLOCK = re.compile(r"data_(\S*)", re.IGNORECASE)
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?:\(\d+\))?")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_AXES = ("x", "y", "z")
_FLAT = 1e-9
"""Squared volume of a cell with vectors of length 1 below which it counts as flat."""
_SAME_PLACE = 2e-3
"""Fraction of a cell within which two images of an atom are the same atom: coordinates such as
1/3 are often written with three digits."""


def parse_cif(text: str, name: str) -> "Structure":
    """Return the crystal of a CIF with one block of atoms.

    Args:
        text: of the file.
        name: messages begin with it.

    Raises:
        InputError: there are two blocks or none, or what it says is no crystal.
    """
    blocks = [block for block in _blocks(text) if _has_atoms(block[1])]
    if not blocks:
        raise InputError(
            f"{name}: no atoms in this CIF (no `_atom_site_fract_x`); give one with their places"
        )
    if len(blocks) > 1:
        names = ", ".join(f"data_{title}" for title, _ in blocks[:5])
        raise InputError(
            f"{name}: {len(blocks)} crystals in one CIF ({names}); save each block as a file"
        )
    return _crystal(blocks[0][1], name)


def _blocks(text: str) -> list[tuple[str, str]]:
    """Return name and text of the data blocks; a line in a text field is no heading."""
    blocks: list[tuple[str, list[str]]] = []
    in_text = False
    for line in text.split("\n"):
        if line.startswith(";"):
            in_text = not in_text
        elif in_text:
            # Nothing of it is needed, and pymatgen would take it for a heading.
            continue
        heading = _BLOCK.match(line.lstrip())
        if heading:
            blocks.append((heading[1], []))
        elif not blocks:
            blocks.append(("", []))
        # pymatgen needs a name.
        blocks[-1][1].append("data_crystal" if heading else line)
    return [(title, "\n".join(lines)) for title, lines in blocks]


def _has_atoms(block: str) -> bool:
    return "_atom_site_fract_x" in block.lower() or "_atom_site_cartn_x" in block.lower()


def _crystal(block: str, name: str) -> "Structure":
    from pymatgen.io.cif import CifParser

    try:
        parser = CifParser(
            StringIO(block), occupancy_tolerance=1.0 + 1e-3, site_tolerance=_SAME_PLACE
        )
        (data,) = parser.as_dict().values()
    except (ValueError, KeyError, IndexError, AssertionError, ArithmeticError) as error:
        raise InputError(f"{name}: a CIF that cannot be read ({one_line(error)})") from error
    _check_cell(data, name)
    _check_sites(data, name)
    try:
        (crystal,) = parser.parse_structures(primitive=False, on_error="raise")
    except (ValueError, LookupError, TypeError, ArithmeticError, NotImplementedError) as error:
        raise InputError(_why(error, name)) from error
    _check_elements(data, crystal, name)
    return crystal


def _check_cell(data: Mapping[str, Any], name: str) -> None:
    for tag in (*(f"_cell_length_{k}" for k in "abc"), *_angles()):
        found = data.get(tag)
        value = _number(found)
        if value is None:
            raise InputError(f"{name}: {tag} is {found or 'missing'}; give a number")
        if value <= 0 or (tag in _angles() and value >= 180):
            raise InputError(f"{name}: {tag} is {value:g}, so the cell has no volume; correct it")
    cosines = [cos(radians(_number(data[tag]) or 0)) for tag in _angles()]
    if 1 - sum(one**2 for one in cosines) + 2 * prod(cosines) < _FLAT:
        angles = ", ".join(str(data[tag]) for tag in _angles())
        raise InputError(f"{name}: the angles {angles} make no cell with a volume; correct them")


def _angles() -> tuple[str, ...]:
    return tuple(f"_cell_angle_{k}" for k in ("alpha", "beta", "gamma"))


def _check_sites(data: Mapping[str, Any], name: str) -> None:
    """Refuse sites without a place, without an element, or not full."""
    labels = data.get("_atom_site_label") or data.get("_atom_site_type_symbol")
    columns = [data.get(f"_atom_site_fract_{axis}") for axis in _AXES]
    if not isinstance(labels, list) or not all(isinstance(one, list) for one in columns):
        raise InputError(
            f"{name}: the loop of atoms lacks a label or a fractional coordinate; it has"
            " _atom_site_label, _atom_site_fract_x, _y and _z"
        )
    if len(labels) > MOST_ATOMS:
        raise InputError(
            f"{name}: {len(labels):,} atoms, more than {MOST_ATOMS:,}; give a smaller cell of the"
            " crystal, or predict from its formula"
        )
    for row, label in enumerate(labels):
        for axis, column in zip(_AXES, columns, strict=True):
            if column is None or _number(column[row]) is None:
                raise InputError(
                    f"{name}: the site {label} has no place (_atom_site_fract_{axis} is"
                    f" {column[row] if column else 'missing'}); give all coordinates"
                )
        _check_occupancy(data, row, str(label), name)


def _check_occupancy(data: Mapping[str, Any], row: int, label: str, name: str) -> None:
    column = data.get("_atom_site_occupancy")
    if not isinstance(column, list) or column[row] in ("?", "."):
        return
    occupancy = _number(column[row])
    if occupancy is None or not 0 <= occupancy <= 1.001:
        raise InputError(
            f"{name}: the site {label} has the occupancy {column[row]}; it is between 0 and 1"
        )
    if occupancy == 0:
        raise InputError(f"{name}: the site {label} has the occupancy 0; take it out of the file")
    if occupancy < FULL:
        raise InputError(
            f"{name}: the site {label} is occupied to {occupancy:g} only, and descriptors of"
            f" structure need to know which atom is where; {_formula(data)}"
        )


def _formula(data: Mapping[str, Any]) -> str:
    """Say how the composition of a partially occupied crystal can be predicted."""
    found = str(data.get("_chemical_formula_sum") or "").replace(" ", "").strip("'\"")
    given = f"its formula, {found}," if found and found != "?" else "its formula"
    return f"predict from {given} instead"


def _check_elements(data: Mapping[str, Any], crystal: "Structure", name: str) -> None:
    """Refuse a crystal that lacks an element of its own formula, most often hydrogen."""
    formula = str(data.get("_chemical_formula_sum") or "")
    said = {"H" if s == "D" else s for s in _SYMBOL.findall(formula)}
    found = {"H" if e.symbol == "D" else e.symbol for e in crystal.composition.elements}
    lost = sorted(said - found)
    if lost and found <= said:
        raise InputError(
            f"{name}: its formula is {' '.join(formula.split())}, but no place is given for"
            f" {' and '.join(lost)}; add the atoms, or predict from the formula"
        )


def _why(error: BaseException, name: str) -> str:
    text = one_line(error)
    if "ccupanc" in text:
        return (
            f"{name}: two atoms share one place, or their occupancies sum to more than 1; give each"
            " atom of the asymmetric unit once"
        )
    return f"{name}: a CIF that cannot be read ({text})"


def _number(value: Sequence[str] | str | None) -> float | None:
    found = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(found[1]) if found else None
