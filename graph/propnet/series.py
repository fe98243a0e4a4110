"""A property's values over temperature, with what they came from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .base import Use

__all__ = ["NO_PAPER", "SEVERAL", "Series", "State", "close_to", "tolerance_at"]

State = tuple[tuple[str, str], ...]
Values = NDArray[np.float64]

NO_PAPER = ""
"""The source of what follows from the formula alone."""
SEVERAL = None
"""The source of what follows from several."""

_CLOSEST, _FARTHEST, _SHARE = 0.2, 5.0, 0.02
_GAP = 100.0


@dataclass(frozen=True, slots=True)
class Series:
    """Values of a property of one material in one state, sorted by temperature.

    Attributes:
        symbol: the property.
        state: all conditions but the temperature.
        temperatures: (n,) in K; None for one value (n = 1) that holds at any temperature, or at
            one that is not known.
        unspecified: whether the value depends on a temperature that is not known.
        values: (n,) in the symbol's unit.
        parts: the uncertainty, by where it comes from: (n,) signed standard deviations. Those of
            one origin add up with their signs, others by squares.
        stated: (n,) the part of the variance that somebody stated, or that sources show by
            disagreeing: not of rounding.
        ids: n of quantities.
        scores: (n,).
        sources: n: the only paper behind a value, `NO_PAPER` or `SEVERAL`.
        computed: whether a calculation went in.
        depth: 0 for reported values.
        ancestors: the properties that it was derived from, itself not among them.
        models: by which it was derived.
        measured: the properties whose reported values went in.
    """

    symbol: str
    state: State
    temperatures: Values | None
    values: Values
    parts: dict[str, Values]
    stated: Values
    ids: Sequence[str]
    scores: Values
    sources: Sequence[str | None]
    unspecified: bool = False
    computed: bool = False
    depth: int = 0
    ancestors: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    measured: frozenset[str] = frozenset()
    uses: Sequence[tuple[Use, ...]] = field(default=())

    def __len__(self) -> int:
        return len(self.values)

    def std(self) -> Values:
        """Return one standard deviation, (n,)."""
        return np.sqrt(sum((part**2 for part in self.parts.values()), np.zeros(len(self))))

    def take(self, rows: NDArray[np.intp]) -> "Series":
        """Return some of the values."""
        return replace(
            self,
            temperatures=None if self.temperatures is None else self.temperatures[rows],
            values=self.values[rows],
            parts={origin: part[rows] for origin, part in self.parts.items()},
            stated=self.stated[rows],
            ids=[self.ids[row] for row in rows],
            scores=self.scores[rows],
            sources=[self.sources[row] for row in rows],
            uses=[self.uses[row] for row in rows] if self.uses else (),
        )

    def places(self, grid: Values) -> tuple[NDArray[np.intp], NDArray[np.intp], Values]:
        """Return between which two values each temperature is, and how far from the first.

        Args:
            grid: (m,) in K.

        Returns:
            Two rows and a share of the second, (m,) each; the share is NaN where there is no
            value: beyond the ends, or in a gap of more than 100 K. A value within the tolerance
            is taken as it is.
        """
        if self.temperatures is None:
            zeros = np.zeros(len(grid), np.intp)
            return zeros, zeros, np.zeros(len(grid))
        own = self.temperatures
        after = np.clip(np.searchsorted(own, grid), 0, len(own) - 1)
        before = np.clip(after - 1, 0, len(own) - 1)
        nearest = np.where(abs(own[after] - grid) < abs(own[before] - grid), after, before)
        exact = abs(own[nearest] - grid) <= tolerance_at(grid)
        gap = own[after] - own[before]
        inside = (own[before] <= grid) & (grid <= own[after]) & (gap > 0) & (gap <= _GAP)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(inside, (grid - own[before]) / gap, np.nan)
        first = np.where(exact, nearest, before)
        return first, np.where(exact, nearest, after), np.where(exact, 0.0, share)


def tolerance_at(temperatures: Values) -> Values:
    """Return how far from a temperature, in K, a value still counts as one at it."""
    return np.clip(_SHARE * temperatures, _CLOSEST, _FARTHEST)


def close_to(own: Values | None, others: Values | None) -> NDArray[np.bool_]:
    """Tell which temperatures are among others, within the tolerance; None is like None only."""
    if own is None or others is None:
        return np.full(1 if own is None else len(own), own is None and others is None)
    if not len(others):
        return np.zeros(len(own), bool)
    distance = abs(own[:, None] - others[None, :]).min(axis=1)
    found: NDArray[np.bool_] = distance <= tolerance_at(own)
    return found
