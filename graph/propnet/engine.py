"""What follows for a material from its values: models applied until nothing new follows.

First within each source: what one paper measured on its samples belongs together, and shows
whether its own numbers agree. Then over all sources, with one value for each property, state and
temperature, so that values of different papers meet only where none gives all that is needed.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ner.formulas import composition as amounts_of

from .base import Composition, Derivation, KnownValue, Rejection
from .combining import Point, merge_points
from .readings import MIN_SCORE
from .rounds import Found, Rounds
from .series import Series

if TYPE_CHECKING:
    from .library import Library

__all__ = ["ENGINE_VERSION", "DeriveOptions", "derive"]

ENGINE_VERSION = "1"
"""Changes when the same values and models give other values than before."""


@dataclass(frozen=True, slots=True)
class DeriveOptions:
    """How far derivation goes.

    Attributes:
        max_depth: models one after the other.
        max_relative_uncertainty: values with a greater standard deviation than this share of
            them are rejected.
        seconds: for one material.
        min_score: of reported values.
        tolerance: a derived and a reported value differ by less than this share of the latter
            without disagreeing.
        max_values: for one material.
    """

    max_depth: int = 4
    max_relative_uncertainty: float = 1.0
    seconds: float = 60.0
    min_score: float = MIN_SCORE
    tolerance: float = 0.1
    max_values: int = 500_000

    def stamp(self) -> str:
        """Return all that makes other values, as a text."""
        kept = (self.max_depth, self.max_relative_uncertainty, self.min_score, self.tolerance)
        return f"engine {ENGINE_VERSION} {' '.join(map(repr, kept))}"


_DEFAULT = DeriveOptions()


def derive(
    material: str,
    values: Sequence[KnownValue],
    library: "Library",
    options: DeriveOptions = _DEFAULT,
) -> Derivation:
    """Return all that follows for a material.

    Args:
        material: its key; of a formula in normal form the composition goes in too.
        values: what is known, as `read_values` gives it.
        library: symbols and models.
        options: how far to go.

    Returns:
        The values that were made: means of several sources, and what models give; in a fixed
        order.
    """
    composition = _composition(material)
    deadline = time.monotonic() + options.seconds
    rounds = Rounds(material, library, options, composition, deadline)
    base = rounds.from_formula()
    found = Found()
    found.add(base.made.values())
    points = [Point(value, measured=frozenset({value.symbol})) for value in values]
    within = _within_sources(rounds, points, base.series, found)
    series, means = merge_points([*points, *within], library.symbols)
    found.add(means)
    rounds.run(series, base.series, found, one_source=False)
    return Derivation(
        material=material,
        values=list(found.made.values()),
        rejections=_rejections(found, base),
        conflicts=list(found.conflicts.values()),
        cut_off=rounds.cut_off,
    )


def _composition(material: str) -> Composition | None:
    """Return the atoms of each element in a formula; None for what is none."""
    found: dict[str, Fraction] = {} if ":" in material else amounts_of(material)
    return found or None


def _within_sources(
    rounds: Rounds, points: Sequence[Point], base: Sequence[Series], found: Found
) -> list[Point]:
    """Derive from the values of each source alone.

    Returns:
        What follows from two or more properties of one source, as values of that source: a paper
        that gives S, σ and κ gives zT. What follows from one property alone follows from the
        mean of all sources as well.
    """
    by_source: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_source[point.known.source].append(point)
    kept: list[Point] = []
    for source in sorted(by_source):
        own = by_source[source]
        if len({point.known.symbol for point in own}) < 2:
            continue
        series, means = merge_points(own, rounds.library.symbols, one_source=True)
        inner = Found()
        inner.add(means)
        made = rounds.run(series, base, inner, one_source=True)
        joint = [one for one in made if len(one.measured) > 1]
        found.take(inner, wanted=[id for one in joint for id in one.ids])
        kept += [point for one in joint for point in _points(one, source)]
    return kept


def _points(series: Series, source: str) -> list[Point]:
    std = series.std()
    known = [
        KnownValue(
            id=series.ids[row],
            symbol=series.symbol,
            value=float(series.values[row]),
            std=float(std[row]) or None,
            temperature=None if series.temperatures is None else float(series.temperatures[row]),
            state=series.state,
            source=source,
            score=float(series.scores[row]),
            modality="computed" if series.computed else "observed",
        )
        for row in range(len(series))
    ]
    origin = (series.depth, series.ancestors, series.models, series.measured)
    return [Point(one, *origin) for one in known]


def _rejections(found: Found, base: Found) -> list[Rejection]:
    every = [*base.rejections.values(), *found.rejections.values()]
    return sorted(every, key=lambda one: (-one.count, one.what, one.symbol, one.reason))
