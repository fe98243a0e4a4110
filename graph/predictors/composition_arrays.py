"""Compositions of many samples as arrays, and statistics over their elements.

Sums run over the elements in the order of their atomic numbers, one element after the other, so
that a sample's row does not depend on the samples beside it, nor on how its formula was written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matlore.errors import InputError

from .base import Sample
from .element_tables import known_elements, position_of

__all__ = ["STATISTICS", "Compositions", "pack", "statistics"]

Floats = NDArray[np.float64]

STATISTICS = ("mean", "mean deviation", "maximum", "minimum", "range", "mode")
"""After Ward et al., npj Comput. Mater. 2, 16028 (2016): over the elements, weighted by their
fractions. The mode is the mean over the elements with the largest fraction."""


@dataclass(frozen=True)
class Compositions:
    """Elements and fractions of samples, in rows padded with fraction 0.

    Attributes:
        elements: shape (n, k): rows of the element tables, in rising order.
        fractions: shape (n, k).
        counts: shape (n,): how many elements each sample has.
    """

    elements: NDArray[np.int64]
    fractions: Floats
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.counts)

    def places(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Floats]]:
        """Yield for the first, second … element: which samples have it, which it is, how much."""
        for place in range(self.elements.shape[1]):
            rows = np.flatnonzero(self.counts > place)
            yield rows, self.elements[rows, place], self.fractions[rows, place]

    def mean(self, values: Floats) -> Floats:
        """Return the mean of numbers of the elements, shape (n, d).

        Args:
            values: shape (number of elements, d).
        """
        total = np.zeros((len(self), values.shape[1]))
        for rows, elements, fractions in self.places():
            total[rows] += fractions[:, None] * values[elements]
        return total


def pack(samples: Sequence[Sample]) -> Compositions:
    """Return the compositions of samples as arrays.

    Raises:
        InputError: a sample has an element without data.
    """
    position, known = position_of(), known_elements()
    width = max((len(sample.fractions) for sample in samples), default=0)
    elements = np.zeros((len(samples), width), dtype=np.int64)
    fractions = np.zeros((len(samples), width))
    counts = np.array([len(sample.fractions) for sample in samples], dtype=np.int64)
    for row, sample in enumerate(samples):
        if not known.issuperset(sample.fractions):
            unknown = next(symbol for symbol in sample.fractions if symbol not in known)
            raise InputError(
                f"{sample.name}: no data for {unknown}; predict for formulas without it"
            )
        places = sorted((position[s], fraction) for s, fraction in sample.fractions.items())
        elements[row, : len(places)] = [place for place, _ in places]
        fractions[row, : len(places)] = [fraction for _, fraction in places]
    return Compositions(elements, fractions, counts)


def statistics(packed: Compositions, values: Floats) -> Floats:
    """Return the statistics of each column of a table, shape (n, d, 6), as `STATISTICS`."""
    mean = packed.mean(values)
    found = np.zeros((*mean.shape, len(STATISTICS)))
    found[..., 0] = mean
    highest, lowest = np.full_like(mean, -np.inf), np.full_like(mean, np.inf)
    for rows, elements, fractions in packed.places():
        numbers = values[elements]
        found[rows, :, 1] += fractions[:, None] * np.abs(numbers - mean[rows])
        highest[rows] = np.maximum(highest[rows], numbers)
        lowest[rows] = np.minimum(lowest[rows], numbers)
    found[..., 2], found[..., 3], found[..., 4] = highest, lowest, highest - lowest
    found[..., 5] = _main_elements(packed).mean(values)
    return found


def _main_elements(packed: Compositions) -> Compositions:
    """Return compositions of the elements with the largest fraction alone, in equal parts."""
    largest = packed.fractions.max(axis=1, initial=0.0, keepdims=True)
    # Fractions that were equal as written differ in their last digits at most.
    main = (packed.fractions >= largest * (1 - 1e-9)) & (packed.fractions > 0)
    share = main / np.maximum(main.sum(axis=1, keepdims=True), 1)
    return Compositions(packed.elements, share, packed.counts)
