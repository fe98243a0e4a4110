"""CIFs and POSCARs to samples: a clear refusal of what is no crystal with all its atoms known.

The format is told by the content, not by the name of the file. What is kept of a crystal is its
primitive cell in spglib's standard setting (Togo et al., Sci. Technol. Adv. Mater. Meth. 4,
2384822 (2024)), so that descriptors do not depend on the cell that a file happens to have. Atoms
that are off their symmetric places by less than 0.01 A are put there. A database of computed
structures may take 0.1 A, which finds more symmetry in them, but would make BaTiO3 cubic.

A structure that cannot be read, or has no single meaning, is refused: no number is made up for
it. pymatgen's warnings are held back, for what they tell either is refused here or does not
matter.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import InputError
from ner.formulas import ELEMENTS

from ..propnet.elements import load_elements
from .base import Sample
from .compositions import make_sample

if TYPE_CHECKING:
    from pymatgen.core import PeriodicSite, Structure

__all__ = [
    "FULL",
    "MOST_ATOMS",
    "SYMMETRY_TOLERANCE",
    "one_line",
    "read_structure",
    "structure_from_text",
    "structure_sample",
    "without_warnings",
]

SYMMETRY_TOLERANCE = 0.01
"""How far atoms may be from their symmetric places, in A."""
MOST_ATOMS = 1_000
"""In a cell, of which descriptors are made."""
_FARTHEST = 1e6
"""Fractional coordinate from which rounding would move the atom."""
FULL = 0.999
"""Occupancy from which a site counts as full."""
_LARGEST_FILE = 16 * 2**20
_SMALLEST_DISTANCE = 0.5
_SMALLEST_THICKNESS = 1e-3
_ISOTOPES = {"D": "H", "T": "H"}
_NAMELESS = "Elements in POSCAR cannot be determined"
"""How pymatgen's warning begins where it would make up names: H, He, Li."""
_EXTRA = "needs pymatgen and dscribe: `pip install 'matlore[structures]'`"
_CIF = re.compile(r"^\s*data_\S|^\s*_cell_length_a\b", re.IGNORECASE | re.MULTILINE)
_COUNT = re.compile(r"[-+]?\d{1,9}")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?")


def read_structure(source: Path | str) -> Sample:
    """Read a CIF or a POSCAR.

    Args:
        source: a file, or the text of one.

    Raises:
        InputError: it cannot be read, or it is no crystal whose atoms are all known.
    """
    if isinstance(source, str) and "\n" in source:
        return structure_from_text(source, "the structure")
    return structure_from_text(_text_of(Path(source)), str(source))


def structure_from_text(text: str, name: str, *, tolerance: float = SYMMETRY_TOLERANCE) -> Sample:
    """Read the text of a CIF or a POSCAR.

    Args:
        text: of the file.
        name: of the sample; messages begin with it.
        tolerance: how far atoms may be from their symmetric places, in A.

    Raises:
        InputError: it is neither, or it is no crystal whose atoms are all known.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not plain.strip():
        raise InputError(f"{name}: the file is empty; give a CIF or a POSCAR")
    if _CIF.search(plain):
        from .structure_cif import parse_cif

        with without_warnings(name):
            return structure_sample(parse_cif(plain, name), name, tolerance=tolerance)
    _expect_poscar(plain, name)
    with without_warnings(name):
        return structure_sample(_parse_poscar(plain, name), name, tolerance=tolerance)


def structure_sample(
    structure: "Structure", name: str, *, tolerance: float = SYMMETRY_TOLERANCE
) -> Sample:
    """Return the sample of a crystal: its composition, space group and primitive cell.

    Crystals that differ in origin, in the order of their atoms or in the choice of their cell give
    the same sample but for rounding.

    Args:
        structure: any cell of it.
        name: of the sample.
        tolerance: how far atoms may be from their symmetric places, in A.

    Raises:
        InputError: partial occupancy, no atoms, a degenerate cell, atoms on top of one another, or
            an atom that is no element.
    """
    with without_warnings(name):
        plain = _checked(structure, name)
        group, cell = _primitive(plain, tolerance)
    amounts = cell.composition.get_el_amt_dict()
    sample = make_sample(name, amounts)
    return replace(sample, space_group=group, cell_atoms=len(cell), structure=cell)


@contextmanager
def without_warnings(name: str) -> Iterator[None]:
    """Hold back what pymatgen, spglib and dscribe warn of, and say what is missing without them.

    Args:
        name: of the sample that is read or described.

    Raises:
        InputError: one of them is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ModuleNotFoundError as error:
        raise InputError(
            f"{name}: a structure {_EXTRA}; or predict from the formula alone"
        ) from error


# Files.


def _text_of(path: Path) -> str:
    """Return the text of a file, in UTF-8, UTF-16 with a mark, or else Latin-1."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{path}: {reason}; name a CIF or POSCAR file") from error
    if len(data) > _LARGEST_FILE:
        raise InputError(f"{path}: larger than {_LARGEST_FILE // 2**20} MB; give a single crystal")
    # Authors' names in old CIFs are often in Latin-1; what is read of them is ASCII.
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(f"{path}: not a text file; give a CIF or POSCAR as plain text (UTF-8)")


def _expect_poscar(text: str, name: str) -> None:
    """Refuse what has not a scale and three vectors where a POSCAR has them."""
    lines = text.split("\n")
    scale = [_number(word) for word in (lines[1].split() if len(lines) > 1 else [])]
    vectors = [[_number(word) for word in line.split()[:3]] for line in lines[2:5]]
    complete = len(vectors) == 3 and all(len(v) == 3 and None not in v for v in vectors)
    if scale and scale[0] is not None and complete:
        if len([one for one in scale[:3] if one is not None]) == 3:
            raise InputError(
                f"{name}: a POSCAR with three scales; write one, and scale the vectors"
            )
        if scale[0] == 0:
            raise InputError(f"{name}: the scale in line 2 is 0, so the cell has no volume")
        return
    raise InputError(
        f"{name}: neither a CIF (no line `data_…`) nor a POSCAR (its line 2 is a scale, lines 3 to"
        " 5 are the vectors of the cell); convert the file to one of them"
    )


def _number(word: str) -> float | None:
    return float(re.sub("[dD]", "e", word)) if _NUMBER.fullmatch(word) else None


def _parse_poscar(text: str, name: str) -> "Structure":
    from pymatgen.io.vasp import Poscar

    lines = text.split("\n")
    _check_cell([[_number(word) or 0.0 for word in line.split()[:3]] for line in lines[2:5]], name)
    _check_counts(lines, name)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=_NAMELESS)
            return Poscar.from_str(text, read_velocities=False).structure
    except (ValueError, IndexError, KeyError, TypeError, Warning) as error:
        if str(error).startswith(_NAMELESS):
            raise InputError(
                f"{name}: the POSCAR does not name its elements; write their symbols above the"
                " line that says how many atoms of each there are"
            ) from error
        raise InputError(
            f"{name}: a POSCAR that cannot be read ({one_line(error)}); after the vectors come the"
            " symbols, how many atoms of each, `Direct` or `Cartesian`, then a line an atom"
        ) from error


def _check_counts(lines: list[str], name: str) -> None:
    """Refuse counts of atoms that are not followed by as many lines."""
    words = [line.split() for line in lines]
    places = [k for k in range(5, len(words)) if words[k] and all(map(_COUNT.fullmatch, words[k]))]
    if not places:
        raise InputError(
            f"{name}: a POSCAR that does not say how many atoms of each element there are; write"
            " it below their symbols, above `Direct` or `Cartesian`"
        )
    line = places[0]
    counts = [int(word) for word in words[line]]
    if min(counts) < 0 or not sum(counts):
        raise InputError(f"{name}: no atoms by line {line + 1} ({lines[line].strip()}); give some")
    left = max(sum(1 for one in words[line + 1 :] if one) - 1, 0)
    if sum(counts) > left:
        raise InputError(
            f"{name}: {sum(counts):,} atoms by line {line + 1}, but no more than {left:,} lines"
            " of coordinates; give a line an atom"
        )


# Crystals.


def _checked(structure: "Structure", name: str) -> "Structure":
    """Return the crystal with plain elements, or say why it is none."""
    import numpy as np
    from pymatgen.core import Structure

    if not len(structure):
        raise InputError(f"{name}: no atoms in it; give a structure with the places of its atoms")
    if len(structure) > MOST_ATOMS:
        raise InputError(
            f"{name}: {len(structure):,} atoms in the cell, more than {MOST_ATOMS:,}; give a"
            " smaller cell of the crystal, or predict from its formula"
        )
    _check_cell(structure.lattice.matrix.tolist(), name)
    labels = [_label(site, number) for number, site in enumerate(structure, start=1)]
    places = structure.frac_coords
    lost = [k for k, place in enumerate(places) if not np.abs(place).max() < _FARTHEST]
    if lost:
        raise InputError(f"{name}: {labels[lost[0]]} has no place in the cell; correct it")
    mixed = [k for k, site in enumerate(structure) if not _is_full(site)]
    if mixed:
        raise InputError(_partial(structure, labels[mixed[0]], name))
    symbols = [
        _element(site.species.elements[0].symbol, label, name)
        for site, label in zip(structure, labels, strict=True)
    ]
    plain = Structure(structure.lattice, symbols, places % 1.0)
    _check_distances(plain, labels, name)
    return plain


def _is_full(site: "PeriodicSite") -> bool:
    return len(site.species) == 1 and abs(site.species.num_atoms - 1) <= 1 - FULL


def _label(site: "PeriodicSite", number: int) -> str:
    """Return how a file calls an atom, or else its number."""
    if site.label and site.label != site.species_string:
        return str(site.label)
    symbol = site.specie.symbol if site.is_ordered else site.species_string
    return f"atom {number} ({symbol})"


def _check_cell(vectors: list[list[float]], name: str) -> None:
    """Refuse a cell that is flat or not finite, as measured between its faces."""
    import numpy as np

    matrix = np.array(vectors, dtype=np.float64)
    volume = abs(np.linalg.det(matrix)) if np.isfinite(matrix).all() else 0.0
    faces = [np.linalg.norm(np.cross(matrix[k - 2], matrix[k - 1])) for k in range(3)]
    thinnest = min((volume / face if face > 0 else 0.0) for face in faces) if volume else 0.0
    if thinnest < _SMALLEST_THICKNESS:
        raise InputError(
            f"{name}: the cell has no volume (a vector is zero, or the three lie in a plane);"
            " give its lengths in A and its angles in degrees"
        )


def _partial(structure: "Structure", label: str, name: str) -> str:
    whole = structure.composition.element_composition.get_reduced_formula_and_factor()[0]
    return (
        f"{name}: {label} is partially occupied, and descriptors of structure need to know which"
        f" atom is where; predict from the composition instead: {whole}"
    )


def _element(symbol: str, label: str, name: str) -> str:
    """Return the symbol of an element; deuterium and tritium are hydrogen."""
    plain = _ISOTOPES.get(symbol, symbol)
    if plain not in ELEMENTS:
        raise InputError(f"{name}: {label}: {symbol} is no element; name the element of this atom")
    if plain not in load_elements():
        raise InputError(f"{name}: no data for {symbol}; no predictor knows this element")
    return plain


def _check_distances(structure: "Structure", labels: list[str], name: str) -> None:
    """Refuse atoms on top of one another."""
    centres, others, _, distances = structure.get_neighbor_list(_SMALLEST_DISTANCE)
    if not len(distances):
        return
    first = int(distances.argmin())
    one, two = sorted((int(centres[first]), int(others[first])))
    raise InputError(
        f"{name}: {labels[one]} and {labels[two]} are {distances[first]:.2f} A apart, closer than"
        f" {_SMALLEST_DISTANCE:g} A; check the coordinates and the cell"
    )


def _primitive(structure: "Structure", tolerance: float) -> "tuple[int | None, Structure]":
    """Return the number of the space group and the primitive cell in standard setting.

    Where spglib finds no symmetry operations, which is rare, the number is None and the cell is
    the reduced one (Niggli).
    """
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer, SymmetryUndeterminedError

    try:
        analyzer = SpacegroupAnalyzer(structure, symprec=tolerance)
        number, cell = analyzer.get_space_group_number(), analyzer.find_primitive()
    except (SymmetryUndeterminedError, ValueError, TypeError, AttributeError):
        number, cell = None, None
    if cell is None:
        return None, structure.get_reduced_structure()
    return number, cell


def one_line(error: BaseException) -> str:
    """Return what an error says, in one line that is not too long."""
    text = " ".join(str(error).split())
    return text if len(text) <= 120 else f"{text[:119]}…"
