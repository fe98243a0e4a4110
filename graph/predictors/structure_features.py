"""Descriptors of structure: which there are, and what they have in common.

All take the primitive cell that `structures.structure_sample` made, which does not depend on the
cell that was given. Those that average over atoms (`rdf`, `prdf`, `acsf`, `soap`, `bonds`) would
be the same for any other cell of the crystal too; the eigenvalues of `coulomb`, `sine` and
`ewald` would not, for a matrix of twice as many atoms has twice as many. None depends on the
origin, nor on the order or the orientation of the atoms.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matlore.errors import InputError

from .base import Featurizer, Needs, Sample

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = ["StructureFeaturizer", "structure_featurizers"]

Floats = NDArray[np.float64]
_DECIMALS = 7


@dataclass(frozen=True)
class StructureFeaturizer:
    """A featurizer of structures; see `Featurizer` for what it promises.

    Attributes:
        row: the descriptors of a crystal, shape (len(names),).
        needs: always the structure.
    """

    name: str
    version: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    citations: tuple[str, ...]
    row: "Callable[[Structure], Floats]"
    needs: Needs = "structure"

    def featurize(self, samples: Sequence[Sample]) -> Floats:
        """Return the descriptors, float64 of shape (n, len(names)).

        Raises:
            InputError: a sample has no structure, an element has no data, or the extra
                `structures` is not installed.
        """
        from .structures import without_warnings

        rows = []
        for sample in samples:
            if sample.structure is None:
                raise InputError(
                    f"{sample.name}: its structure is not known, which {self.name!r} needs; give a"
                    " CIF or POSCAR, or predict from its composition alone"
                )
            with without_warnings(sample.name):
                rows.append(self._row(sample.structure, sample.name))
        return np.array(rows, dtype=np.float64).reshape(len(samples), len(self.names))

    def _row(self, structure: "Structure", name: str) -> Floats:
        try:
            # So that rounding, which differs with the cell that was given, parts no rows. The sum
            # makes 0 of -0.
            return self.row(structure).round(_DECIMALS) + 0.0
        except InputError as error:
            raise InputError(f"{name}: {error}") from error


def structure_featurizers() -> Mapping[str, Callable[[], Featurizer]]:
    """Return the featurizers of structures by name; nothing heavy is imported before a call."""
    return _FEATURIZERS


def _coulomb() -> StructureFeaturizer:
    from .structure_matrices import coulomb_featurizer

    return coulomb_featurizer()


def _sine() -> StructureFeaturizer:
    from .structure_matrices import sine_featurizer

    return sine_featurizer()


def _ewald() -> StructureFeaturizer:
    from .structure_matrices import ewald_featurizer

    return ewald_featurizer()


def _rdf() -> StructureFeaturizer:
    from .structure_density import rdf_featurizer

    return rdf_featurizer()


def _prdf() -> StructureFeaturizer:
    from .structure_density import prdf_featurizer

    return prdf_featurizer()


def _acsf() -> StructureFeaturizer:
    from .structure_environments import acsf_featurizer

    return acsf_featurizer()


def _soap() -> StructureFeaturizer:
    from .structure_environments import soap_featurizer

    return soap_featurizer()


def _bonds() -> StructureFeaturizer:
    from .structure_bonds import bonds_featurizer

    return bonds_featurizer()


_FEATURIZERS: Mapping[str, Callable[[], Featurizer]] = MappingProxyType(
    {
        "coulomb": _coulomb,
        "sine": _sine,
        "ewald": _ewald,
        "rdf": _rdf,
        "prdf": _prdf,
        "acsf": _acsf,
        "soap": _soap,
        "bonds": _bonds,
    }
)
