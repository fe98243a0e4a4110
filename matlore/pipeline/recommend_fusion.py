"""Candidates ranked by what papers, predictions and known values say together.

Three rankings of the same candidates: that of the literature, as word vectors see it; that of the
properties predicted from the composition; and that of the properties reported in papers or
derived from them. The last two go by the desirability of Derringer and Suich
(`graph.predictors.application_properties`); the three are made one by reciprocal rank fusion
(`embeddings.rank_fusion`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Literal

from .recommend_values import CandidateValue, Values

if TYPE_CHECKING:
    from graph.predictors.application_properties import WantedProperty

__all__ = ["FORMULA", "RANKINGS", "FusedRank", "desirabilities", "fuse_candidates"]

Source = Literal["prediction", "derivation"]
RANKINGS: Final = ("literature", "prediction", "derivation")
FORMULA: Final = (
    "fused score = sum of 1 / (60 + rank) over the rankings; a candidate that one does not hold"
    " counts there as its middle; prediction and derivation rank by the weighted geometric mean of"
    " the desirabilities of their properties"
)
_KINDS: Mapping[Source, Sequence[str]] = {
    "prediction": ("predicted",),
    "derivation": ("reported", "derived"),  # the first that is known counts
}


@dataclass(frozen=True, slots=True)
class FusedRank:
    """Where the rankings see a candidate.

    Attributes:
        formula: the candidate.
        score: the sum of its reciprocal ranks.
        ranks: by the name of the ranking, from 1 among the candidates; None where it is not in
            the ranking.
        desirability: by the name of the ranking; None likewise.
    """

    formula: str
    score: float
    ranks: Mapping[str, int | None]
    desirability: Mapping[str, float | None]


def fuse_candidates(
    formulas: Sequence[str], values: Values, wanted: Sequence["WantedProperty"]
) -> list[FusedRank]:
    """Rank candidates by literature, prediction and derivation together.

    Args:
        formulas: the candidates, as the literature ranks them: the best first.
        values: what is known of them.
        wanted: the properties that matter.

    Returns:
        All candidates, the best first; of equal ones that which the literature ranks higher.
    """
    from embeddings.rank_fusion import fuse_ranks, shared_ranks

    scores: dict[str, dict[str, float | None]] = {
        source: desirabilities(formulas, values, wanted, source) for source in _KINDS
    }
    ranks = {source: shared_ranks(found) for source, found in scores.items()}
    ranks["literature"] = {formula: place for place, formula in enumerate(formulas, start=1)}
    fused = fuse_ranks(ranks.values(), formulas)
    order = sorted(formulas, key=lambda one: (-fused[one], ranks["literature"][one]))
    return [
        FusedRank(
            formula,
            fused[formula],
            {name: ranks[name].get(formula) for name in RANKINGS},
            {source: found[formula] for source, found in scores.items()},
        )
        for formula in order
    ]


def desirabilities(
    formulas: Collection[str], values: Values, wanted: Sequence["WantedProperty"], source: Source
) -> dict[str, float | None]:
    """Return how desirable the properties of candidates are.

    Predictions outside the domain of their model do not count. A property of which nothing is
    known counts as the median of those candidates of which something is: else a candidate would
    gain by what is not known of it.

    Returns:
        By formula; None where no property counts.
    """
    from graph.predictors.application_properties import overall_desirability

    found = {one: _by_property(values.get(one, ()), wanted, source) for one in formulas}
    missing = {}
    for one in wanted:
        known = [d for by in found.values() if (d := by.get(one.name)) is not None]
        if known:
            missing[one.name] = median(known)
    return {formula: overall_desirability(wanted, by, missing) for formula, by in found.items()}


def _by_property(
    values: Sequence[CandidateValue], wanted: Sequence["WantedProperty"], source: Source
) -> dict[str, float | None]:
    """Return the desirabilities of one candidate by property."""
    found: dict[str, float | None] = {}
    for one in wanted:
        about = [v for v in values if v.property == one.name and v.kind in _KINDS[source]]
        about = [v for v in about if v.kind != "predicted" or v.in_domain]
        about.sort(key=lambda v: _KINDS[source].index(v.kind))
        if about:
            found[one.name] = one.desirability(about[0].value)
    return found
