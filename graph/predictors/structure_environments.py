"""Surroundings of the atoms by dscribe: symmetry functions and smooth overlap of densities.

Both are made for a fixed set of elements, one block of columns for each. So that crystals of all
elements have the same columns, the atoms of a crystal are taken as two sorts: those whose element
is more electronegative than the mean of the crystal (`anions`, though nothing is said of charges)
and the others (`cations`; all atoms of an element). This keeps what matters most of the chemistry,
which atoms attract the electrons, in compounds as in alloys; what the elements are is left to the
descriptors of composition, with which these are meant to be taken.

Of each column the mean and the standard deviation over all atoms are taken, so crystals of all
sizes have the same columns too. A sort that is absent gives 0.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matlore.errors import InputError

from .structure_features import StructureFeaturizer

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure

__all__ = [
    "acsf_featurizer",
    "electronegativities",
    "make_atoms",
    "soap_featurizer",
    "sorts_of",
]

Floats = NDArray[np.float64]

_BEHLER = "Behler, J. Chem. Phys. 134, 074106 (2011)"
_BARTOK = "Bartok et al., Phys. Rev. B 87, 184115 (2013)"
_DSCRIBE = "Himanen et al., Comput. Phys. Commun. 247, 106949 (2020)"
_SORTS = ("cations", "anions")
_PAIRS = ((0, 0), (0, 1), (1, 1))
# dscribe tells sorts by atomic numbers; which ones these are plays no other role.
_NUMBERS = (11, 17)

_ACSF_CUTOFF = 6.0
_G2 = ((0.05, 0.0), *((1.0, centre) for centre in (2.0, 2.5, 3.0, 3.5, 4.0, 5.0)))
"""Eta in 1/A**2 and centre in A."""
_G4 = ((0.01, 1.0, 1.0), (0.01, 1.0, -1.0), (0.01, 4.0, 1.0), (0.01, 4.0, -1.0))
"""Eta in 1/A**2, zeta, lambda."""
_SOAP_CUTOFF = 5.0
_RADIAL = 4
_ANGULAR = 4
_SOAP_WIDTH = 0.5


def make_atoms(structure: "Structure", numbers: Sequence[int]) -> "Atoms":
    """Return the crystal as dscribe takes it, with atomic numbers of choice."""
    from ase import Atoms

    return Atoms(
        numbers=list(numbers),
        cell=structure.lattice.matrix,
        scaled_positions=structure.frac_coords,
        pbc=True,
    )


def electronegativities(structure: "Structure") -> Floats:
    """Return the electronegativity of each atom on Pauling's scale, from the Magpie table.

    Raises:
        InputError: an element has no data.
    """
    from .element_tables import known_elements, load_table, position_of

    symbols = [site.specie.symbol for site in structure]
    unknown = sorted(set(symbols) - known_elements())
    if unknown:
        raise InputError(f"no data for {unknown[0]}; no descriptor of bonds knows this element")
    column = load_table("magpie").column("electronegativity")
    return np.array([column[position_of()[symbol]] for symbol in symbols])


def sorts_of(structure: "Structure") -> NDArray[np.int64]:
    """Return for each atom whether it is more electronegative than the mean: 1, else 0.

    Raises:
        InputError: an element has no data.
    """
    found = electronegativities(structure)
    # The mean of equal numbers may differ from them by rounding.
    return np.asarray(found > found.mean() + 1e-9, dtype=np.int64)


def _atoms_of_sorts(structure: "Structure") -> "Atoms":
    return make_atoms(structure, [_NUMBERS[sort] for sort in sorts_of(structure)])


def _over_atoms(rows: Any) -> Floats:
    """Return mean and standard deviation over the atoms, shape (2 d,)."""
    found = np.asarray(rows, dtype=np.float64)
    return np.concatenate([found.mean(axis=0), found.std(axis=0)])


def _both(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{moment} of {name}" for moment in ("mean", "deviation") for name in names)


def _featurizer(
    name: str, columns: Sequence[str], citation: str, descriptor: Callable[[], Any]
) -> StructureFeaturizer:
    """Return the moments over the atoms of a descriptor of dscribe."""
    names = _both(columns)
    return StructureFeaturizer(
        name=name,
        version="1",
        names=names,
        units=("1",) * len(names),
        citations=(citation, _DSCRIBE),
        row=lambda structure: _over_atoms(descriptor().create(_atoms_of_sorts(structure))),
    )


# Symmetry functions.


def acsf_featurizer() -> StructureFeaturizer:
    """Return the featurizer `acsf`: Behler's G1, G2 and G4 within 6 A."""
    return _featurizer("acsf", _acsf_names(), _BEHLER, _acsf)


@lru_cache(maxsize=1)
def _acsf() -> Any:
    from dscribe.descriptors import ACSF

    return ACSF(
        r_cut=_ACSF_CUTOFF,
        g2_params=[list(one) for one in _G2],
        g4_params=[list(one) for one in _G4],
        species=list(_NUMBERS),
        periodic=True,
    )


def _acsf_names() -> list[str]:
    """Return the names of dscribe's columns in their order: by sort, then by pair of sorts."""
    names = []
    for sort in _SORTS:
        names.append(f"{sort} within {_ACSF_CUTOFF:g} A (G1)")
        for eta, centre in _G2:
            names.append(f"{sort} at {centre:g} A (G2, eta {eta:g})")
    for a, b in _PAIRS:
        for _, zeta, sign in _G4:
            angle = "narrow" if sign > 0 else "wide"
            pair = f"{_SORTS[a]} and {_SORTS[b]}"
            names.append(f"{angle} angles to {pair} (G4, zeta {zeta:g})")
    return names


# Smooth overlap of atomic positions.


def soap_featurizer() -> StructureFeaturizer:
    """Return the featurizer `soap`: power spectra with 4 radial functions, l to 4, within 5 A."""
    return _featurizer("soap", _soap_names(), _BARTOK, _soap)


@lru_cache(maxsize=1)
def _soap() -> Any:
    from dscribe.descriptors import SOAP

    return SOAP(
        r_cut=_SOAP_CUTOFF,
        n_max=_RADIAL,
        l_max=_ANGULAR,
        sigma=_SOAP_WIDTH,
        species=list(_NUMBERS),
        periodic=True,
    )


def _soap_names() -> list[str]:
    """Return the names of dscribe's columns in their order: by pair, l, n, n'."""
    return [
        f"overlap of {_SORTS[a]} (n={n}) and {_SORTS[b]} (n={other}), l={angular}"
        for a, b in _PAIRS
        for angular in range(_ANGULAR + 1)
        for n in range(1, _RADIAL + 1)
        for other in range(n if a == b else 1, _RADIAL + 1)
    ]
