"""Descriptors of compositions: statistics of the elements' numbers, norms, shares of orbitals.

They follow L. Ward et al., npj Comput. Mater. 2, 16028 (2016), but where their citations say
otherwise.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .base import Needs, Sample
from .composition_arrays import STATISTICS, Compositions, pack, statistics
from .composition_valence import VALENCE_COLUMNS, valence_columns
from .element_tables import SYMBOLS, ElementTable, load_element_numbers, load_table

__all__ = ["COMPOSITION_FEATURIZERS", "CompositionFeaturizer", "pooled_featurizer"]

Floats = NDArray[np.float64]
Column = tuple[str, str]
"""Name and unit."""
_WARD = "L. Ward et al., npj Comput. Mater. 2, 16028 (2016)"
_STATISTIC_NAMES = {
    "mean": "mean {}",
    "mean deviation": "mean deviation of {}",
    "maximum": "maximum {}",
    "minimum": "minimum {}",
    "range": "range of {}",
    "mode": "{} of the most abundant elements",
}
_NORMS = (2, 3, 5, 7, 10)
_ORBITALS = "spdf"


@dataclass(frozen=True)
class CompositionFeaturizer:
    """A featurizer of compositions; see `Featurizer` for what it promises.

    Attributes:
        compute: takes the samples and their packed compositions.
    """

    name: str
    version: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    citations: tuple[str, ...]
    compute: Callable[[Sequence[Sample], Compositions], Floats]
    needs: Needs = "composition"

    def featurize(self, samples: Sequence[Sample]) -> Floats:
        """Return the descriptors of samples, float64 of shape (n, d).

        Raises:
            InputError: a sample has an element without data.
        """
        return self.compute(samples, pack(samples))


def _make(
    name: str,
    version: str,
    columns: Iterable[Column],
    citations: tuple[str, ...],
    compute: Callable[[Sequence[Sample], Compositions], Floats],
) -> CompositionFeaturizer:
    names, units = zip(*columns, strict=True)
    return CompositionFeaturizer(name, version, names, units, citations, compute)


def _statistics_of(name: str, table: ElementTable, kinds: Sequence[str]) -> CompositionFeaturizer:
    """Return the featurizer of some statistics of each column of a table."""
    which = [STATISTICS.index(kind) for kind in kinds]

    def compute(_: Sequence[Sample], packed: Compositions) -> Floats:
        found = statistics(packed, table.values)[..., which]
        return found.reshape(len(packed), len(table.names) * len(which))

    columns = [
        (_STATISTIC_NAMES[kind].format(column), unit)
        for column, unit in zip(table.names, table.units, strict=True)
        for kind in kinds
    ]
    citations = tuple(dict.fromkeys((table.citation, _WARD)))
    return _make(name, f"1.{table.version}", columns, citations, compute)


def pooled_featurizer(name: str) -> CompositionFeaturizer:
    """Return the featurizer of mean and deviation of the elements' vectors in a table.

    Args:
        name: of the table: `mat2vec`, `skipatom`.

    Raises:
        UsageError: there is no such table.
    """
    table = load_table(name)

    def compute(_: Sequence[Sample], packed: Compositions) -> Floats:
        mean = packed.mean(table.values)
        square = np.zeros_like(mean)
        for rows, elements, fractions in packed.places():
            square[rows] += fractions[:, None] * (table.values[elements] - mean[rows]) ** 2
        return np.hstack([mean, np.sqrt(square)])

    kinds = ("mean {}", "deviation of {}")
    columns = [
        (kind.format(column), unit)
        for kind in kinds
        for column, unit in zip(table.names, table.units, strict=True)
    ]
    return _make(name, f"1.{table.version}", columns, (table.citation,), compute)


def _magpie() -> CompositionFeaturizer:
    return _statistics_of("magpie", load_table("magpie"), STATISTICS)


def _oliynyk() -> CompositionFeaturizer:
    return _statistics_of("oliynyk", load_table("oliynyk"), STATISTICS)


def _composition() -> CompositionFeaturizer:
    return _statistics_of("composition", load_table("magpie"), STATISTICS[:2])


def _elements() -> CompositionFeaturizer:
    return _statistics_of("elements", load_element_numbers(), STATISTICS)


def _fractions() -> CompositionFeaturizer:
    def compute(_: Sequence[Sample], packed: Compositions) -> Floats:
        return packed.mean(np.eye(len(SYMBOLS)))

    return _make("fractions", "1", [(f"fraction of {s}", "1") for s in SYMBOLS], (), compute)


def _stoichiometry() -> CompositionFeaturizer:
    def compute(samples: Sequence[Sample], packed: Compositions) -> Floats:
        norms = [_norm(packed, order) for order in _NORMS]
        atoms = np.array([sample.atoms for sample in samples], dtype=np.float64)
        largest = packed.fractions.max(axis=1, initial=0.0)
        columns = [packed.counts, *norms, np.log10(atoms), np.log10(atoms * largest)]
        return np.column_stack(columns).astype(np.float64)

    columns = [
        ("number of elements", "1"),
        *((f"{order}-norm of the fractions", "1") for order in _NORMS),
        ("log10 of the atoms of the formula", "1"),
        ("log10 of the largest amount in the formula", "1"),
    ]
    return _make("stoichiometry", "1", columns, (_WARD,), compute)


def _norm(packed: Compositions, order: int) -> Floats:
    total = np.zeros(len(packed))
    for rows, _, fractions in packed.places():
        total[rows] += fractions**order
    return np.power(total, 1 / order)


def _orbitals() -> CompositionFeaturizer:
    table = load_table("magpie")
    electrons = np.column_stack([table.column(f"number of {o} valence electrons") for o in "spdf"])

    def compute(_: Sequence[Sample], packed: Compositions) -> Floats:
        mean = packed.mean(electrons)
        return np.hstack([mean, mean / mean.sum(axis=1, keepdims=True)])

    columns = [
        *((f"mean number of {o} valence electrons", "1") for o in _ORBITALS),
        *((f"share of {o} electrons in the valence electrons", "1") for o in _ORBITALS),
    ]
    return _make("orbitals", f"1.{table.version}", columns, (_WARD,), compute)


def _valence() -> CompositionFeaturizer:
    version = f"1.{load_element_numbers().version}"
    citations = (_WARD, "L. Pauling, The Nature of the Chemical Bond, 3rd ed. (1960)")
    return _make("valence", version, VALENCE_COLUMNS, citations, valence_columns)


COMPOSITION_FEATURIZERS: dict[str, Callable[[], CompositionFeaturizer]] = {
    "magpie": _magpie,
    "oliynyk": _oliynyk,
    "mat2vec": lambda: pooled_featurizer("mat2vec"),
    "vectors": lambda: pooled_featurizer("vectors"),
    "elements": _elements,
    "fractions": _fractions,
    "stoichiometry": _stoichiometry,
    "orbitals": _orbitals,
    "valence": _valence,
    "composition": _composition,
}
"""Makers of the featurizers, by name."""
