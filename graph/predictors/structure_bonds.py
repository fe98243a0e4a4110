"""Bonds of a crystal: how many, how long, at which angles, and between which atoms.

Which atoms are bonded is a matter of degree here: each pair has the weight exp(1 - (d / l)**6),
with l the mean distance to the neighbours of the first atom, weighted in the same way with the
nearest distance in the place of l. The sum of an atom's weights is its effective coordination
number (Hoppe, Z. Kristallogr. 150, 23 (1979)). Unlike counts within a cutoff it does not jump
where an atom is moved a little. Lengths and angles are means with these weights.

Beside it are counts within 1.1 times the nearest distance, which for simple structures are the
coordination numbers of textbooks; and the dimensions in which the network of bonds goes on
without end (as Larsen et al., Phys. Rev. Materials 3, 034003 (2019), sort crystals): 3, or 2 for
layers, 1 for chains, 0 for molecules.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .structure_environments import electronegativities, sorts_of
from .structure_features import StructureFeaturizer

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = ["Bonds", "bonds_featurizer", "find_bonds", "network_dimensions"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_FIRST_RADIUS = 4.0
_DECAY = 1.8
"""Distances over that of the nearest atom beyond which weights are below 1e-9."""
_NEAR = 1.1
_BONDED = 0.5
"""Weight from which two atoms are in one network."""
_SLIGHT = 1e-3
"""Weight below which a neighbour takes no part in angles."""
_OVER_ATOMS = ("mean", "deviation", "minimum", "maximum")
_COLUMNS = (
    *((f"{one} of effective coordination numbers", "1") for one in _OVER_ATOMS),
    *((f"{one} of neighbours within 1.1 times the nearest", "1") for one in _OVER_ATOMS),
    *((f"{one} of bond lengths around an atom", "A") for one in _OVER_ATOMS),
    ("shortest distance between atoms", "A"),
    ("mean distortion of bond lengths", "1"),
    ("mean of bond lengths over sums of covalent radii", "1"),
    ("deviation of bond lengths over sums of covalent radii", "1"),
    ("mean of bond angles", "degree"),
    ("deviation of bond angles", "degree"),
    ("mean difference of electronegativity along bonds", "1"),
    ("deviation of the difference of electronegativity along bonds", "1"),
    ("share of bonds within one element", "1"),
    ("share of bonds between cations", "1"),
    ("share of bonds between anions", "1"),
    ("effective coordination number of cations", "1"),
    ("effective coordination number of anions", "1"),
    ("dimensions of the network of bonds", "1"),
    ("density", "g/cm**3"),
    ("volume per atom", "A**3"),
    ("share of the volume in covalent spheres", "1"),
)


@dataclass(frozen=True)
class Bonds:
    """Neighbours of the atoms of a crystal, with the weights of the bonds to them.

    Attributes:
        atoms: in the cell.
        centres: atom, shape (k,), in rising order.
        others: its neighbour, shape (k,).
        images: cell of the neighbour, shape (k, 3).
        vectors: from the atom to the neighbour, in A, shape (k, 3).
        lengths: of the vectors, shape (k,).
        weights: of the bonds, shape (k,).
        nearest: distance from each atom to the nearest, shape (atoms,).
    """

    atoms: int
    centres: Whole
    others: Whole
    images: Whole
    vectors: Floats
    lengths: Floats
    weights: Floats
    nearest: Floats

    def around(self, values: Floats) -> Floats:
        """Return the sum of the values of each atom's neighbours, shape (atoms,)."""
        total: Floats = np.zeros(self.atoms)
        np.add.at(total, self.centres, values)
        return total

    def mean(self, values: Floats) -> float:
        """Return the mean of values over the bonds by their weights."""
        return float((self.weights * values).sum() / self.weights.sum())

    def deviation(self, values: Floats) -> float:
        """Return the standard deviation of values over the bonds by their weights."""
        return float(np.sqrt(self.mean((values - self.mean(values)) ** 2)))


def bonds_featurizer() -> StructureFeaturizer:
    """Return the featurizer `bonds`."""
    names, units = zip(*_COLUMNS, strict=True)
    return StructureFeaturizer(
        name="bonds",
        version="1",
        names=names,
        units=units,
        citations=(
            "Hoppe, Z. Kristallogr. 150, 23 (1979)",
            "Larsen et al., Phys. Rev. Materials 3, 034003 (2019)",
        ),
        row=_row,
    )


def find_bonds(structure: "Structure") -> Bonds:
    """Return the neighbours of the atoms of a crystal and the weights of the bonds to them."""
    radius = _FIRST_RADIUS
    while True:
        centres, others, images, lengths = structure.get_neighbor_list(radius)
        nearest = np.full(len(structure), np.inf)
        np.minimum.at(nearest, centres, lengths)
        if nearest.max() * _DECAY <= radius:
            break
        # Of atoms without a neighbour it is only known that there is one further away.
        radius = nearest.max() * _DECAY + 1e-6 if np.isfinite(nearest).all() else radius * 2
    weights = _weights(len(structure), centres, lengths, nearest)
    places = structure.cart_coords
    vectors = places[others] + images @ structure.lattice.matrix - places[centres]
    kept = weights > 1e-9
    return Bonds(
        atoms=len(structure),
        centres=centres[kept].astype(np.int64),
        others=others[kept].astype(np.int64),
        images=np.rint(images[kept]).astype(np.int64),
        vectors=vectors[kept],
        lengths=lengths[kept],
        weights=weights[kept],
        nearest=nearest,
    )


def _weights(atoms: int, centres: Whole, lengths: Floats, nearest: Floats) -> Floats:
    first = np.exp(1 - (lengths / nearest[centres]) ** 6)
    total = np.bincount(centres, first, minlength=atoms)
    mean = np.bincount(centres, first * lengths, minlength=atoms) / total
    weights: Floats = np.exp(1 - (lengths / mean[centres]) ** 6)
    return weights


def _row(structure: "Structure") -> Floats:
    bonds = find_bonds(structure)
    found = [
        *_coordination(bonds),
        *_lengths(bonds, _covalent_radii(structure)),
        *_angles(bonds),
        *_polarity(bonds, structure),
        float(network_dimensions(bonds)),
        *_packing(structure),
    ]
    return np.array(found)


def _over_atoms(values: Floats) -> list[float]:
    return [float(one) for one in (values.mean(), values.std(), values.min(), values.max())]


def _coordination(bonds: Bonds) -> list[float]:
    # Distances that symmetry makes equal differ by rounding.
    near = bonds.lengths <= bonds.nearest[bonds.centres] * _NEAR + 1e-6
    counts = bonds.around(near.astype(np.float64))
    return [*_over_atoms(bonds.around(bonds.weights)), *_over_atoms(counts)]


def _lengths(bonds: Bonds, radii: Floats) -> list[float]:
    total = bonds.around(bonds.weights)
    mean = bonds.around(bonds.weights * bonds.lengths) / total
    squares = (bonds.lengths - mean[bonds.centres]) ** 2
    distortion = np.sqrt(bonds.around(bonds.weights * squares) / total) / mean
    relative = bonds.lengths / (radii[bonds.centres] + radii[bonds.others])
    return [
        *_over_atoms(mean),
        float(bonds.nearest.min()),
        float(distortion.mean()),
        bonds.mean(relative),
        bonds.deviation(relative),
    ]


def _angles(bonds: Bonds) -> list[float]:
    """Return mean and deviation of the angles between two bonds of an atom, in degrees.

    An angle weighs as much as its two bonds, multiplied; without two bonds there is none.
    """
    angles, weights = [], []
    for atom in range(bonds.atoms):
        mine = (bonds.centres == atom) & (bonds.weights > _SLIGHT)
        units = bonds.vectors[mine] / bonds.lengths[mine, None]
        one, two = np.triu_indices(len(units), k=1)
        # Unlike the arc cosine this is exact for straight angles too.
        apart = np.linalg.norm(units[one] - units[two], axis=1)
        along = np.linalg.norm(units[one] + units[two], axis=1)
        angles.append(np.degrees(2 * np.arctan2(apart, along)))
        weights.append(bonds.weights[mine][one] * bonds.weights[mine][two])
    angle, weight = np.concatenate(angles), np.concatenate(weights)
    if not len(angle):
        return [np.nan, np.nan]
    mean = (weight * angle).sum() / weight.sum()
    variance = (weight * (angle - mean) ** 2).sum() / weight.sum()
    return [float(mean), float(np.sqrt(variance))]


def _polarity(bonds: Bonds, structure: "Structure") -> list[float]:
    """Return what is bonded to what; NaN for the anions of an element, which has none."""
    scale, sorts = electronegativities(structure), sorts_of(structure)
    difference = np.abs(scale[bonds.centres] - scale[bonds.others])
    numbers = np.array([site.specie.Z for site in structure])
    alike = numbers[bonds.centres] == numbers[bonds.others]
    anions = sorts[bonds.centres] + sorts[bonds.others]
    effective = bonds.around(bonds.weights)
    by_sort = [effective[sorts == k].mean() if (sorts == k).any() else np.nan for k in (0, 1)]
    return [
        bonds.mean(difference),
        bonds.deviation(difference),
        bonds.mean(alike.astype(np.float64)),
        bonds.mean((anions == 0).astype(np.float64)),
        bonds.mean((anions == 2).astype(np.float64)),
        *(float(one) for one in by_sort),
    ]


def _packing(structure: "Structure") -> list[float]:
    spheres = 4 / 3 * np.pi * (_covalent_radii(structure) ** 3).sum()
    volume = structure.volume
    return [float(structure.density), volume / len(structure), float(spheres / volume)]


def _covalent_radii(structure: "Structure") -> Floats:
    """Return the covalent radius of each atom in A, from the Magpie table."""
    from .element_tables import load_table, position_of

    column = load_table("magpie").column("covalent radius") / 100
    return np.array([column[position_of()[site.specie.symbol]] for site in structure])


def network_dimensions(bonds: Bonds) -> int:
    """Return in how many dimensions the bonds go on without end: the most of any network.

    Going from an atom along bonds to its images in other cells, the ways between these cells span
    a line, a plane or the space.
    """
    strong = bonds.weights >= _BONDED
    ways: dict[int, list[tuple[int, Whole]]] = defaultdict(list)
    for one, two, image in zip(
        bonds.centres[strong], bonds.others[strong], bonds.images[strong], strict=True
    ):
        ways[int(one)].append((int(two), image))
        ways[int(two)].append((int(one), -image))
    cells: dict[int, Whole] = {}
    most = 0
    for atom in range(bonds.atoms):
        if atom not in cells:
            most = max(most, _rank_from(atom, ways, cells))
    return most


def _rank_from(
    start: int, ways: dict[int, list[tuple[int, Whole]]], cells: dict[int, Whole]
) -> int:
    """Walk the network of an atom, note the cells of its atoms, and return its dimensions."""
    cells[start] = np.zeros(3, dtype=np.int64)
    loops = {(0, 0, 0)}
    waiting = [start]
    while waiting:
        atom = waiting.pop()
        for other, image in ways[atom]:
            cell = cells[atom] + image
            if other not in cells:
                cells[other] = cell
                waiting.append(other)
            else:
                loops.add(tuple(int(k) for k in cell - cells[other]))  # type: ignore[arg-type]
    return int(np.linalg.matrix_rank(np.array(sorted(loops))))
