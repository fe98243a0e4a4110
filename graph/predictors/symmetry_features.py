"""Descriptors of symmetry: the space group, what follows from it, and the size of the cell.

The ranges of space groups are those of the International Tables for Crystallography, vol. A.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matlore.errors import InputError

from .base import Needs, Sample

__all__ = ["SymmetryFeaturizer", "symmetry_featurizer"]

_SYSTEMS = (
    ("triclinic", 2),
    ("monoclinic", 15),
    ("orthorhombic", 74),
    ("tetragonal", 142),
    ("trigonal", 167),
    ("hexagonal", 194),
    ("cubic", 230),
)
"""Crystal systems with their last space groups."""
# Last space group of each point group, the order of the group, whether it has a centre of
# inversion, whether it is polar.
_POINT_GROUPS = (
    (1, 1, False, True),
    (2, 2, True, False),
    (5, 2, False, True),
    (9, 2, False, True),
    (15, 4, True, False),
    (24, 4, False, False),
    (46, 4, False, True),
    (74, 8, True, False),
    (80, 4, False, True),
    (82, 4, False, False),
    (88, 8, True, False),
    (98, 8, False, False),
    (110, 8, False, True),
    (122, 8, False, False),
    (142, 16, True, False),
    (146, 3, False, True),
    (148, 6, True, False),
    (155, 6, False, False),
    (161, 6, False, True),
    (167, 12, True, False),
    (173, 6, False, True),
    (174, 6, False, False),
    (176, 12, True, False),
    (182, 12, False, False),
    (186, 12, False, True),
    (190, 12, False, False),
    (194, 24, True, False),
    (199, 12, False, False),
    (206, 24, True, False),
    (214, 24, False, False),
    (220, 24, False, False),
    (230, 48, True, False),
)


@dataclass(frozen=True)
class SymmetryFeaturizer:
    """The featurizer `symmetry`; see `Featurizer` for what it promises."""

    name: str = "symmetry"
    version: str = "1"
    needs: Needs = "symmetry"
    names: tuple[str, ...] = (
        "space group number",
        *(f"being {system}" for system, _ in _SYSTEMS),
        "log2 of the order of the point group",
        "having a centre of inversion",
        "being polar",
        "log10 of the atoms of the primitive cell",
        "log10 of the formula units of the primitive cell",
    )
    units: tuple[str, ...] = ("1",) * 13
    citations: tuple[str, ...] = ("International Tables for Crystallography, vol. A (2016)",)

    def featurize(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """Return the descriptors, float64 of shape (n, 13).

        Raises:
            InputError: the space group or the atoms of the cell are not known.
        """
        rows = [_row(sample) for sample in samples]
        return np.array(rows, dtype=np.float64).reshape(len(samples), len(self.names))


def symmetry_featurizer() -> SymmetryFeaturizer:
    """Return the featurizer `symmetry`."""
    return SymmetryFeaturizer()


def _row(sample: Sample) -> list[float]:
    if sample.space_group is None or not sample.cell_atoms:
        raise InputError(
            f"{sample.name}: its space group is not known; give a CIF or POSCAR, or predict from"
            " its composition alone"
        )
    if not 1 <= sample.space_group <= 230:
        raise InputError(
            f"{sample.name}: {sample.space_group} is no number of a space group; they are 1 to 230"
        )
    units = sample.cell_atoms / sample.atoms
    sizes = [float(np.log10(sample.cell_atoms)), float(np.log10(units))]
    return [*_of_group(sample.space_group), *sizes]


@lru_cache(maxsize=230)
def _of_group(number: int) -> tuple[float, ...]:
    """Return what follows from the number of a space group."""
    system = next(k for k, (_, last) in enumerate(_SYSTEMS) if number <= last)
    _, order, central, polar = next(group for group in _POINT_GROUPS if number <= group[0])
    one_hot = (float(k == system) for k in range(len(_SYSTEMS)))
    return (float(number), *one_hot, float(np.log2(order)), float(central), float(polar))
