"""Eigenvalues of the matrices of electrostatic repulsion between the atoms of a primitive cell.

The matrices differ in how they take that a crystal repeats:

- `coulomb` (Rupp et al., Phys. Rev. Lett. 108, 058301 (2012), for molecules): Z_i Z_j / d, where d
  is the distance to the nearest image of the other atom.
- `sine` (Faber et al., Int. J. Quantum Chem. 115, 1094 (2015), their eq. 24): the distance is
  |B sum_k e_k sin**2(pi f_k)|, with the fractional coordinates f of the difference and the cell B.
  It repeats as the crystal does, but depends on the choice of the vectors of the cell, which is why
  the cell is the standard one.
- `ewald` (the same paper, part 3.1): the whole electrostatic energy of the two sublattices in a
  neutralising background, summed by Ewald's method in dscribe.

The diagonal of the first two is Z**2.4 / 2, a fit to the energies of free atoms. The units are
hartree. The eigenvalues are sorted by magnitude; of a cell with fewer atoms the last are 0, of one
with more the smallest are left out, though the moments are of all.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .structure_features import StructureFeaturizer

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = [
    "EIGENVALUES",
    "coulomb_featurizer",
    "coulomb_matrix",
    "ewald_featurizer",
    "ewald_matrix",
    "sine_featurizer",
    "sine_matrix",
    "spectrum",
]

Floats = NDArray[np.float64]

EIGENVALUES = 32
"""How many of them are kept."""
_BOHR = 0.529177210903
"""A; CODATA 2018."""
_MOMENTS = ("mean", "standard deviation", "maximum", "minimum")
_RUPP = "Rupp et al., Phys. Rev. Lett. 108, 058301 (2012)"
_FABER = "Faber et al., Int. J. Quantum Chem. 115, 1094 (2015)"
_DSCRIBE = "Himanen et al., Comput. Phys. Commun. 247, 106949 (2020)"
_EWALD_ACCURACY = 1e-5


def coulomb_featurizer() -> StructureFeaturizer:
    """Return the featurizer `coulomb`."""
    return _featurizer("coulomb", "Coulomb", coulomb_matrix, (_RUPP,))


def sine_featurizer() -> StructureFeaturizer:
    """Return the featurizer `sine`."""
    return _featurizer("sine", "sine", sine_matrix, (_FABER,))


def ewald_featurizer() -> StructureFeaturizer:
    """Return the featurizer `ewald`."""
    return _featurizer("ewald", "Ewald", ewald_matrix, (_FABER, _DSCRIBE))


def _featurizer(
    name: str, title: str, matrix: "Callable[[Structure], Floats]", citations: tuple[str, ...]
) -> StructureFeaturizer:
    kept = (f"eigenvalue {k} of the {title} matrix" for k in range(1, EIGENVALUES + 1))
    moments = (f"{moment} of the eigenvalues of the {title} matrix" for moment in _MOMENTS)
    return StructureFeaturizer(
        name=name,
        version="1",
        names=(*kept, *moments),
        units=("hartree",) * (EIGENVALUES + len(_MOMENTS)),
        citations=citations,
        row=lambda structure: spectrum(matrix(structure)),
    )


def spectrum(matrix: Floats) -> Floats:
    """Return the largest eigenvalues by magnitude, then mean, deviation, maximum, minimum of all.

    Args:
        matrix: symmetric, shape (n, n), n at least 1.

    Returns:
        shape (36,).
    """
    values = np.linalg.eigvalsh(matrix)
    # Of two that differ in rounding only, the positive one is first.
    order = np.lexsort((-values, -np.abs(values).round(9)))
    kept = values[order][:EIGENVALUES]
    moments = [values.mean(), values.std(), values.max(), values.min()]
    return np.concatenate([np.pad(kept, (0, EIGENVALUES - len(kept))), moments])


def coulomb_matrix(structure: "Structure") -> Floats:
    """Return Z_i Z_j / d_ij with the distance to the nearest image, in hartree."""
    places = structure.frac_coords
    return _repulsion(structure, structure.lattice.get_all_distances(places, places))


def sine_matrix(structure: "Structure") -> Floats:
    """Return Z_i Z_j over the sine distance, in hartree."""
    places = structure.frac_coords
    waves = np.sin(np.pi * (places[:, None] - places[None, :])) ** 2
    return _repulsion(structure, np.linalg.norm(waves @ structure.lattice.matrix, axis=2))


def _repulsion(structure: "Structure", distances: Floats) -> Floats:
    """Return Z_i Z_j over distances in A, with Z_i**2.4 / 2 on the diagonal."""
    charges = np.array([site.specie.Z for site in structure], dtype=np.float64)
    apart = distances / _BOHR
    np.fill_diagonal(apart, 1.0)
    matrix = np.outer(charges, charges) / apart
    np.fill_diagonal(matrix, charges**2.4 / 2)
    return matrix


def ewald_matrix(structure: "Structure") -> Floats:
    """Return the Ewald sum matrix by dscribe, in hartree."""
    from dscribe.descriptors import EwaldSumMatrix

    from .structure_environments import make_atoms

    descriptor = EwaldSumMatrix(n_atoms_max=len(structure), permutation="none")
    atoms = make_atoms(structure, [site.specie.Z for site in structure])
    flat = descriptor.create(atoms, accuracy=_EWALD_ACCURACY)
    size = len(structure)
    matrix = np.asarray(flat, dtype=np.float64).reshape(size, size) * _BOHR
    return (matrix + matrix.T) / 2
