"""Pairs of materials with properties and methods, which no data set labels.

What may be a property or a method at all is a matter of the vocabulary and of words; a pair's
score comes from how much the text is about the material (a model trained on
`relations_general`: which materials annotators wrote records of) and from where the two stand.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from matlore.records import ClaimType, Label
from matlore.vocabulary import load_terms

from .document import Document
from .linear import LinearModel
from .relation_features import Pair, Stage, pairs_with
from .relation_scores import DIRECT, Head, chance, evidence, heads_of
from .relation_things import MOST_SPANS, Thing

__all__ = ["ruled", "tagged"]

_TYPES: dict[Label, ClaimType] = {
    "PRO": "HAS_PROPERTY",
    "SMT": "MADE_BY",
    "CMT": "MEASURED_BY",
}
_KINDS: dict[Label, Literal["property", "method"]] = {
    "PRO": "property",
    "SMT": "method",
    "CMT": "method",
}
_LEAST = 0.3
_KNOWN = 0.5
_SURE = 0.75
_MOST_NEARER = 3
_REACH = 99
_MOST_TERMS = 150  # the rest is dropped; in 1,500 abstracts none had over 42
# Symbols, and words that are no thing to have or to do.
_NO_TERM = re.compile(r".{1,2}|arxiv|phase|x-ray|van der waals|absorption|neutron|optical", re.I)
_NO_SYNTHESIS = re.compile(
    r"dop(?:ed|ing)|reaction\b|\bcooling|^heating|warming|polari[sz]ed|layer$|insulator|cycling"
)
# What is done to a material, or happens to it, more often than it makes one.
_TREATMENT = re.compile(
    r"oxidation|hydrolysis|electrolysis|leaching|aging|discharge|irradiation|surface mod"
    r"|lithiation|^melting|^reduction|degradation|corrosion|hydrogenation|stripping|quench|deform"
    r"|curing|treatment|^alloying|substitution|nitrid|^coating|^implant|doping|rolling|cleav"
)
_SYNTHESIS = re.compile(
    r"synthes|deposit|growth|grown|epitax|method|process|sputter|anneal|sinter|milling|coating"
    r"|casting|polymeri[sz]ation|ablation|lithograph|etching|implant|exfoliat|printing|assembl"
)
_MEASUREMENT = re.compile(
    r"spectr|scop|scatter|diffract|measure|calculation|theory|simulation|metry|analysis|imaging"
    r"|tomograph|first.principles|ab.initio|approximation|functional|\bdynamics|photoemission"
)


def ruled(stage: Stage, about: LinearModel) -> list[tuple[ClaimType, Pair, float]]:
    """Return the pairs with properties and methods that are not unlikely.

    Args:
        stage: of a text.
        about: says if a text is about a material, by its features alone.
    """
    terms = [
        (term, fit)
        for term in tagged(stage.layout.document)
        if (fit := _fit_of(term.label, term.key)) is not None
    ]
    if not terms:
        return []
    del terms[_MOST_TERMS:]
    chances = [about.probabilities(stage.traits(k))["True"] for k in range(len(stage.things))]
    heads = heads_of(stage, chances)
    return [
        (_TYPES[term.label], pair, score)
        for term, fit in terms
        for pair, score in _judged(term, fit, heads, stage)
    ]


def _judged(
    term: Thing, fit: float, heads: Sequence[Head | None], stage: Stage
) -> list[tuple[Pair, float]]:
    """Return the pairs of a term that are worth their place, with their probabilities."""
    pairs = pairs_with(stage, term)
    reach = 0 if term.label == "PRO" and fit < _KNOWN else _REACH
    found = []
    for pair in pairs:
        head = heads[pair.rank]
        if head is None or pair.nearer > _MOST_NEARER or pair.sentences > reach:
            continue
        if _names_method(pair):
            continue
        said = evidence(pair, pairs, head, fit, stage)
        if (score := chance(term.label, said)) >= _LEAST:
            found.append((pair, score, bool(said[DIRECT])))
    best = max((score for _, score, _ in found), default=0.0)
    return [
        (pair, score)
        for pair, score, direct in found
        if _is_worth(pair, score, best, fit >= _KNOWN, direct=direct)
    ]


def _names_method(pair: Pair) -> bool:
    """Say whether what reads as a material is part of a method's name: `DFT+U calculations`."""
    (start, end), (first, last) = pair.one, pair.other
    return pair.tail.label == "CMT" and first <= start and end <= last


def _is_worth(pair: Pair, score: float, best: float, known: bool, *, direct: bool) -> bool:
    """Say whether a pair adds to what a graph knows.

    An abstract names a dozen properties and half a dozen materials, and most of the pairs are
    somehow true. A term that the vocabulary lacks is a node of its own, of little use to
    others: with its best material alone, and a property only where the text is plain.
    """
    if score >= best:
        plain = pair.sentences == 0 and (direct or score >= _SURE)
        return known or plain or pair.tail.label != "PRO"
    return known and (pair.sentences == 0 or score >= _SURE)


@lru_cache(maxsize=65536)
def _fit_of(label: Label, norm: str) -> float | None:
    """Return how well a norm fits its label; None for what cannot be in a relation."""
    if _NO_TERM.fullmatch(norm) or (label == "SMT" and _NO_SYNTHESIS.search(norm)):
        return None
    term = load_terms(_KINDS[label]).get(norm)
    if label == "PRO":
        return 0.6 if term else -0.6
    wanted = "synthesis" if label == "SMT" else "characterisation"
    if label == "SMT" and _TREATMENT.search(norm):
        return -0.6
    if term:
        return 0.6 if term.method_kind == wanted else None
    cue = _SYNTHESIS if label == "SMT" else _MEASUREMENT
    return 0.1 if cue.search(norm) else -1.2


def tagged(document: Document) -> list[Thing]:
    """Return the properties and methods that the tagger found, each with all its mentions."""
    found: dict[tuple[Label, str], list[tuple[int, int]]] = {}
    for mention in document.mentions:
        if mention.label in _TYPES and mention.norm:
            spans = found.setdefault((mention.label, mention.norm), [])
            spans.append((mention.start, mention.end))
    return [Thing(key, label, tuple(spans[:MOST_SPANS])) for (label, key), spans in found.items()]
