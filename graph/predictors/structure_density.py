"""Radial distribution functions: how far apart the atoms of a crystal are.

g(r) is the number of atoms in a shell at distance r, over that of a gas as dense. Each distance
counts as a Gaussian, not in one bin, so that rounding moves no atom to another column.

The partial functions (Schuett et al., Phys. Rev. B 89, 205118 (2014)) tell pairs of elements
apart. So that crystals of all elements have the same columns, the elements are taken together in
five parts of the periodic table; and so that a rare element's atoms do not count more than
others, each partial function is over the number of all atoms: they sum to g(r) (of unlike parts
both directions are in one column). A part that is absent gives 0.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .structure_features import StructureFeaturizer

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = [
    "PARTS",
    "pair_function",
    "part_of",
    "prdf_featurizer",
    "rdf_featurizer",
]

Floats = NDArray[np.float64]

_SCHUTT = "Schuett et al., Phys. Rev. B 89, 205118 (2014)"
PARTS = ("s-block metals", "d-block metals", "f-block metals", "p-block metals", "nonmetals")
"""Parts of the periodic table. The p-block metals include the metalloids B, Si, Ge, As, Sb, Te;
hydrogen and selenium are nonmetals."""
_NONMETALS = frozenset("H He C N O F Ne P S Cl Ar Se Br Kr I Xe At Rn".split())
_PAIRS = tuple((a, b) for a in range(len(PARTS)) for b in range(a, len(PARTS)))
_REACH = 4.0
"""How many widths of the Gaussian count."""
_RDF_GRID = (0.6, 10.0, 48)
_RDF_WIDTH = 0.1
_PRDF_GRID = (1.0, 8.0, 15)
_PRDF_WIDTH = 0.25


def rdf_featurizer() -> StructureFeaturizer:
    """Return the featurizer `rdf`: g(r) from 0.6 to 10 A in steps of 0.2 A."""
    grid = np.linspace(*_RDF_GRID)
    return StructureFeaturizer(
        name="rdf",
        version="1",
        names=tuple(f"radial distribution function at {r:.1f} A" for r in grid),
        units=("1",) * len(grid),
        citations=(_SCHUTT,),
        row=lambda structure: pair_function(structure, grid, _RDF_WIDTH),
    )


def prdf_featurizer() -> StructureFeaturizer:
    """Return the featurizer `prdf`: 15 partial functions from 1 to 8 A in steps of 0.5 A."""
    grid = np.linspace(*_PRDF_GRID)
    names = [
        f"radial distribution function of {PARTS[a]} and {PARTS[b]} at {r:.1f} A"
        for a, b in _PAIRS
        for r in grid
    ]
    return StructureFeaturizer(
        name="prdf",
        version="1",
        names=tuple(names),
        units=("1",) * len(names),
        citations=(_SCHUTT,),
        row=lambda structure: _partial_functions(structure, grid),
    )


def part_of(symbol: str) -> int:
    """Return the part of the periodic table that an element is in, as a place in `PARTS`."""
    from ..propnet.elements import load_elements

    if symbol in _NONMETALS:
        return 4
    element = load_elements()[symbol]
    if element.group is None:
        return 2
    if element.group <= 2:
        return 0
    return 1 if element.group <= 12 else 3


def pair_function(structure: "Structure", grid: Floats, width: float) -> Floats:
    """Return g(r).

    Args:
        structure: any cell of the crystal.
        grid: distances r in A, rising, shape (k,).
        width: standard deviation of the Gaussian, in A.

    Returns:
        shape (k,).
    """
    _, _, _, distances = structure.get_neighbor_list(float(grid[-1] + _REACH * width))
    return _smear(distances, grid, width) / _gas(structure, grid)


def _partial_functions(structure: "Structure", grid: Floats) -> Floats:
    """Return the partial functions one after the other, shape (15 k,)."""
    reach = float(grid[-1] + _REACH * _PRDF_WIDTH)
    centres, others, _, distances = structure.get_neighbor_list(reach)
    parts = np.array([part_of(site.specie.symbol) for site in structure])
    low = np.minimum(parts[centres], parts[others])
    high = np.maximum(parts[centres], parts[others])
    gas = _gas(structure, grid)
    found = [
        _smear(distances[(low == a) & (high == b)], grid, _PRDF_WIDTH) / gas for a, b in _PAIRS
    ]
    return np.concatenate(found)


def _smear(distances: Floats, grid: Floats, width: float) -> Floats:
    """Return the sum of Gaussians at the distances, per A, shape (k,)."""
    # Sorted, so that the sum is the same whatever the order of the atoms.
    gaps = (grid[:, None] - np.sort(distances)[None, :]) / width
    total: Floats = np.exp(-0.5 * gaps**2).sum(axis=1) / (width * np.sqrt(2 * np.pi))
    return total


def _gas(structure: "Structure", grid: Floats) -> Floats:
    """Return the pairs per A that a gas as dense would have at each distance."""
    density = len(structure) / structure.volume
    return np.asarray(len(structure) * density * 4 * np.pi * grid**2)
