"""What stands beside ranked candidates: properties, elements, and where each ranking sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matlore.records import Candidate
from matlore.vocabulary import Application

from .recommend_fusion import FORMULA, RANKINGS, fuse_candidates
from .recommend_properties import candidate_properties, what_matters

if TYPE_CHECKING:
    from .recommend_fusion import FusedRank
    from .recommend_predictions import PredictorsAtHand
    from .recommend_properties import CandidateProperties

__all__ = ["Beside", "what_matters", "with_properties"]

_SCORE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Beside:
    """What is added to the result: to its head, and to the rows of candidates."""

    head: Mapping[str, object] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def with_properties(
    candidates: list[Candidate],
    application: Application,
    home: Path,
    *,
    top: int,
    fused: bool,
    until: int | None,
    predictors: "PredictorsAtHand | None",
) -> tuple[list[Candidate], Beside]:
    """Return candidates, ranked anew where rankings are fused, and what is known of them.

    Args:
        candidates: as the literature ranks them.
        application: for which they are ranked.
        home: whose facts, derived values and predictors are used; it need not exist.
        top: how many are left where rankings are fused.
        fused: whether they are.
        until: only papers up to this year.
        predictors: those to use; None for those of the home and of matlore.
    """
    formulas = [candidate.formula for candidate in candidates]
    known = candidate_properties(
        home, formulas, application.name, until=until, predictors=predictors
    )
    head: dict[str, object] = {"wanted": known.wanted(), "notes": list(known.notes)}
    ranks: dict[str, FusedRank] = {}
    if fused:
        candidates, ranks, about = _fused(candidates, known, top)
        head |= {"ranking": about}
    rows = {one.formula: known.row(one.formula) | _ranks(ranks, one) for one in candidates}
    return candidates, Beside(head, rows)


def _fused(
    candidates: list[Candidate], known: "CandidateProperties", top: int
) -> "tuple[list[Candidate], dict[str, FusedRank], dict[str, Any]]":
    """Return the first candidates of all rankings together, their ranks, and what was fused."""
    wanted = () if known.matters is None else known.matters.properties
    found = fuse_candidates([one.formula for one in candidates], known.values, wanted)
    ranked = {name: sum(one.ranks[name] is not None for one in found) for name in RANKINGS}
    by_formula = {one.formula: one for one in candidates}
    first = [replace(by_formula[one.formula], rank=n) for n, one in enumerate(found[:top], 1)]
    return first, {one.formula: one for one in found[:top]}, {"about": FORMULA, "ranked": ranked}


def _ranks(ranks: "Mapping[str, FusedRank]", candidate: Candidate) -> dict[str, object]:
    """Return where the rankings see a candidate, if any were fused."""
    one = ranks.get(candidate.formula)
    if one is None:
        return {}
    desirability = {
        name: None if value is None else round(value, _SCORE_DIGITS)
        for name, value in one.desirability.items()
    }
    return {
        "ranks": dict(one.ranks),
        "fused_score": round(one.score, _SCORE_DIGITS),
        "desirability": desirability,
    }
