"""Claims of many papers about one material put together: what is said of it, and how often.

Claims are grouped by type and object; a paper counts once, by its surest claim. A claim that
some deny is disputed. Support is the sum of the scores of its papers times the share that agrees.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matlore.records import Claim, ClaimType, Modality
from matlore.vocabulary import load_terms

from .consolidation import UNSCORED, Years, noisy_or, year_span
from .ranking import in_turn

__all__ = ["ClaimSummary", "consolidate_claims", "is_telling"]

_GENERAL = re.compile(
    r"(?:propert(?:y|ies)|structure|composition|stability|morphology|disorder|performance"
    r"|diagram|defect|transport|transition|fermi level|density of states|behaviou?r)$"
)
# What a material is doped with says more of it than what it was measured by.
_WEIGHTS: Mapping[ClaimType, float] = {"DOPED_WITH": 2.0, "MEASURED_BY": 0.5}
_LITTLE = 0.1
# What its use as one repeats: that it shows superconductivity is said already.
_QUALITIES = re.compile(
    r"(?:superconduct|semiconduct|insulat)(?:or|ing)$|(?:ferro|di|piezo)electric$|ferroic$|magnet$"
)
_TC = "Tc"
_TC_CUES = {
    "superconducting critical temperature": {
        "superconducting critical temperature",
        "superconductivity",
    },
    "curie temperature": {"curie temperature", "ferromagnetism"},
}


@dataclass(frozen=True, slots=True)
class ClaimSummary:
    """What papers say of a material and another thing.

    Attributes:
        papers: that say so, the surest first.
        modalities: papers by modality, `denied` among them.
        denied_by: papers that deny it; with `papers` besides, the claim is disputed.
        score: that one paper at least was read rightly, as if they erred independently
            (noisy-or: 1 − Π(1 − s)), at most 0.99.
        support: by which facts are ranked.
    """

    type: ClaimType
    subject: str
    object: str
    papers: tuple[str, ...]
    first_year: int | None
    last_year: int | None
    modalities: Mapping[Modality, int]
    denied_by: tuple[str, ...]
    score: float
    support: float


def consolidate_claims(claims: Iterable[Claim], years: Years | None = None) -> list[ClaimSummary]:
    """Return what papers say of a material and other things, the best supported first.

    Types take turns (`ranking.in_turn`), and what says little counts less: see `is_telling`.

    Args:
        claims: of one material.
        years: of the papers.
    """
    grouped: defaultdict[tuple[ClaimType, str, str], list[Claim]] = defaultdict(list)
    held = [one for one in claims if one.provenance.paper_id is not None]
    meant = _meaning_of_tc(held)
    for one in held:
        thing = meant if one.object == _TC else one.object
        grouped[one.type, one.subject, thing].append(one)
    found = [_claim_summary(key, members, years or {}) for key, members in grouped.items()]
    found.sort(key=lambda one: (-_weight(one), one.type, one.object))
    return in_turn(found, lambda one: one.type, _weight)


@lru_cache(maxsize=8192)
def is_telling(type: ClaimType, object: str) -> bool:
    """Tell whether a claim says something of a material, other than what was looked at.

    That it has a band gap or an optical property tells little; that it has superconductivity
    does: neither has that a unit, nor is it a general word.
    """
    if type != "HAS_PROPERTY":
        return True
    term = load_terms("property").get(object)
    return (term is None or term.unit is None) and _GENERAL.search(object) is None


def _weight(one: ClaimSummary) -> float:
    repeated = one.type == "USED_IN" and _QUALITIES.search(one.object)
    telling = is_telling(one.type, one.object) and not repeated
    return one.support * (_WEIGHTS.get(one.type, 1.0) if telling else _LITTLE)


def _meaning_of_tc(claims: Sequence[Claim]) -> str:
    """Return which critical temperature `Tc` is for a material: the one more papers speak of."""
    counts = {meant: sum(one.object in cues for one in claims) for meant, cues in _TC_CUES.items()}
    best = max(counts, key=lambda meant: counts[meant])
    return best if counts[best] else _TC


def _claim_summary(
    key: tuple[ClaimType, str, str], members: Sequence[Claim], years: Years
) -> ClaimSummary:
    best: dict[str, tuple[float, Modality]] = {}
    for one in members:
        paper, score = one.provenance.paper_id or "", UNSCORED if one.score is None else one.score
        if paper not in best or score > best[paper][0]:
            best[paper] = (score, one.modality)
    surest = sorted(best, key=lambda paper: (-best[paper][0], paper))
    papers = tuple(paper for paper in surest if best[paper][1] != "denied")
    denied = tuple(paper for paper in surest if best[paper][1] == "denied")
    first, last = year_span(papers or denied, years)
    scores = [best[paper][0] for paper in papers]
    agreeing = len(papers) / len(surest)
    modalities: defaultdict[Modality, int] = defaultdict(int)
    for _, modality in best.values():
        modalities[modality] += 1
    return ClaimSummary(
        type=key[0],
        subject=key[1],
        object=key[2],
        papers=papers,
        first_year=first,
        last_year=last,
        modalities=dict(sorted(modalities.items())),
        denied_by=denied,
        score=noisy_or(scores),
        support=sum(scores) * agreeing,
    )
