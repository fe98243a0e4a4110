"""Whether values of several papers agree, and what they say together.

Every value has a standard uncertainty: what its paper states (`±`; a range of half-width `a`
counts as `a/√3`, JCGM 100:2008, 4.3.7), and on top of it how far sound measurements of such a
property differ between papers, `TOLERANCES`. Properties that span decades (conductivities, carrier
concentrations) are compared by their logarithm.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import exp, inf, log, sqrt
from statistics import median
from typing import NamedTuple

from matlore.vocabulary import load_terms

__all__ = [
    "Reading",
    "Summary",
    "Tolerance",
    "conflict",
    "conflict_with_bound",
    "largest_agreement",
    "outliers",
    "summarise",
    "tolerance_of",
]

_COVERAGE = 2.0
"""Two values differ when they do by more standard uncertainties than this (about 95 %)."""

_LEAST_FOR_OUTLIERS = 5
_MODIFIED_Z = 3.5
_MAD_TO_STD = 1.4826
_FAR = 3.0  # tolerances: nothing nearer to the median is an outlier, however small the MAD
_MOST_COMPARED = 64
_MOST_CENTRES = 32


class Tolerance(NamedTuple):
    """How far sound values of a property differ between papers.

    Attributes:
        relative: a standard deviation, as a share of the value.
        decades: whether values are compared by their logarithm.
    """

    relative: float
    decades: bool = False


DEFAULT = Tolerance(0.10)
TOLERANCES = {
    "K": Tolerance(0.05),
    "angstrom": Tolerance(0.005),
    "angstrom**3": Tolerance(0.01),
    "eV": Tolerance(0.07),
    "meV": Tolerance(0.15),
    "GPa": Tolerance(0.10),
    "percent": Tolerance(0.15),
    "%": Tolerance(0.15),
    "W/(m*K)": Tolerance(0.20),
    "uV/K": Tolerance(0.15),
    "mA*h/g": Tolerance(0.15),
    "F/g": Tolerance(0.20),
    "S/cm": Tolerance(0.30, decades=True),
    "S/m": Tolerance(0.30, decades=True),
    "S": Tolerance(0.30, decades=True),
    "ohm": Tolerance(0.30, decades=True),
    "ohm*m": Tolerance(0.30, decades=True),
    "cm**2/(V*s)": Tolerance(0.30, decades=True),
    "cm**2/s": Tolerance(0.30, decades=True),
    "1/cm**3": Tolerance(0.30, decades=True),
    "A/cm**2": Tolerance(0.30, decades=True),
    "s": Tolerance(0.30, decades=True),
}
"""By the unit of the property in the vocabulary: our judgement of the usual scatter."""


class Reading(NamedTuple):
    """What one paper says of a property under comparable conditions, in the common unit.

    Attributes:
        value: the middle of a range.
        low: the lower end of a range, else the value.
        high: the upper end of a range, else the value.
        stated: the standard uncertainty that the paper states; 0 for none.
        comparator: `<` and `>` make it a bound.
        fact: id of the fact.
        start: where in the text the value stands.
    """

    paper: str
    value: float
    low: float
    high: float
    stated: float
    comparator: str
    score: float
    fact: str
    start: int


class Summary(NamedTuple):
    """A weighted mean with the spread of the values around it."""

    mean: float
    spread: float


def tolerance_of(property: str) -> Tolerance:
    """Return how far sound values of a property differ, by its unit in the vocabulary."""
    term = load_terms("property").get(property)
    return TOLERANCES.get(term.unit or "", DEFAULT) if term else DEFAULT


def summarise(readings: Sequence[Reading], tolerance: Tolerance) -> Summary:
    """Return the weighted mean of values and their spread.

    With x the value (its logarithm where decades count), s the score of the fact, σ the stated
    uncertainty and τ the tolerance at the median, the weights are w = s / (σ² + τ²): inverse
    variances with a component between papers, as in a random-effects mean (DerSimonian and
    Laird, Control. Clin. Trials 7 (1986) 177), times how likely the fact was read rightly (here
    in units of τ²). The mean is Σwx/Σw. The spread is the standard deviation *of the values*,
    not of their mean: √(Σw(x − mean)² / (Σw − Σw²/Σw)), unbiased for such weights; of a single
    value it is what its paper states.

    Raises:
        ValueError: there is no value.
    """
    if not readings:
        raise ValueError("no values to summarise")
    decades = tolerance.decades and all(one.value > 0 for one in readings)
    values = [log(one.value) if decades else one.value for one in readings]
    errors = [one.stated / (one.value if decades else 1.0) for one in readings]
    between = tolerance.relative * (1.0 if decades else _scale(values))
    weights = [
        max(one.score, 1e-3) / (min(error / between, 1e100) ** 2 + 1.0)
        for one, error in zip(readings, errors, strict=True)
    ]
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, values, strict=True)) / total
    spread = errors[0] if len(values) == 1 else _spread(values, weights, mean)
    if decades:
        return Summary(exp(mean), exp(mean) * spread)
    return Summary(mean, spread)


def _spread(values: Sequence[float], weights: Sequence[float], mean: float) -> float:
    total = sum(weights)
    freedom = total - sum(w * w for w in weights) / total
    squares = sum(w * (x - mean) ** 2 for w, x in zip(weights, values, strict=True))
    return sqrt(squares / freedom) if freedom > 0 else 0.0


def _scale(values: Sequence[float]) -> float:
    """Return the size of values that a relative tolerance refers to; never nought."""
    return max(abs(median(values)), 1e-6 * max(map(abs, values)), 1e-150)


def outliers(readings: Sequence[Reading], tolerance: Tolerance) -> list[int]:
    """Return the positions of values that are far from the others: misread, most likely.

    Those whose modified z-score |x − median| / (1.4826 MAD) is above 3.5 (Iglewicz and
    Hoaglin 1993), and that are three tolerances off. Fewer than five values have none.
    """
    if len(readings) < _LEAST_FOR_OUTLIERS:
        return []
    decades = tolerance.decades and all(one.value > 0 for one in readings)
    values = [log(one.value) if decades else one.value for one in readings]
    middle = median(values)
    deviation = median(abs(x - middle) for x in values) * _MAD_TO_STD
    least = _FAR * tolerance.relative * (1.0 if decades else _scale(values))
    limit = max(_MODIFIED_Z * deviation, least)
    return [position for position, x in enumerate(values) if abs(x - middle) > limit]


def largest_agreement(readings: Sequence[Reading], tolerance: Tolerance) -> list[Reading]:
    """Return those that agree with the value which most papers agree with.

    Of two such values with the one nearer to the median. Of many values not each is tried.
    """
    ordered = sorted(readings, key=lambda one: (one.value, one.paper))
    step = 1 + len(ordered) // _MOST_CENTRES
    middle, best = (len(ordered) - 1) // 2, list[Reading]()
    centres = sorted(range(0, len(ordered), step), key=lambda at: abs(at - middle))
    for at in centres:
        value = ordered[at].value
        centre = ordered[at]._replace(low=value, high=value, stated=0.0)  # no range agrees with all
        near = [one for one in ordered if _distance(one, centre, tolerance) <= _COVERAGE]
        best = near if len(near) > len(best) else best
    return best


def _error(reading: Reading, tolerance: Tolerance) -> float:
    """Return the standard uncertainty of a value: as stated, else the tolerance."""
    return reading.stated if reading.stated > 0 else tolerance.relative * abs(reading.value)


def _distance(first: Reading, second: Reading, tolerance: Tolerance) -> float:
    """Return how many joint standard uncertainties lie between two values, ranges as such."""
    lower, upper = (first, second) if first.value <= second.value else (second, first)
    gap = upper.low - lower.high
    if gap <= 0:
        return 0.0
    joint = sqrt(_error(first, tolerance) ** 2 + _error(second, tolerance) ** 2)
    if tolerance.decades and lower.high > 0 and not (first.stated or second.stated):
        gap, joint = log(upper.low / lower.high), tolerance.relative * sqrt(2)
    return gap / joint if joint > 0 else inf


def conflict(
    readings: Sequence[Reading], tolerance: Tolerance
) -> tuple[Reading, Reading, float] | None:
    """Return the two values that differ most beyond their uncertainties, or None.

    Of many values only the lowest and the highest are compared with each other.

    Returns:
        the lower and the higher one, and how many joint standard uncertainties are between.
    """
    ordered = sorted(readings, key=lambda one: (one.value, one.paper))
    if len(ordered) > 2 * _MOST_COMPARED:
        ordered = ordered[:_MOST_COMPARED] + ordered[-_MOST_COMPARED:]
    best: tuple[Reading, Reading, float] | None = None
    for position, lower in enumerate(ordered):
        for upper in ordered[position + 1 :]:
            distance = _distance(lower, upper, tolerance)
            if lower.paper != upper.paper and distance > (best[2] if best else _COVERAGE):
                best = (lower, upper, distance)
    return best


def conflict_with_bound(
    readings: Sequence[Reading], bounds: Sequence[Reading], tolerance: Tolerance
) -> tuple[Reading, Reading, float] | None:
    """Return a value and another paper's bound (`< 10 K`) that exclude each other, or None."""
    ordered = sorted(readings, key=lambda one: one.value)
    places = [one.value for one in ordered]
    for bound in bounds:
        if bound.comparator == "<":
            beyond = ordered[bisect_right(places, bound.high) :][::-1]
        else:
            beyond = ordered[: bisect_left(places, bound.low)]
        for one in beyond[:_MOST_COMPARED]:
            distance = _distance(one, bound, tolerance)
            if one.paper != bound.paper and distance > _COVERAGE:
                return one, bound, distance
    return None
