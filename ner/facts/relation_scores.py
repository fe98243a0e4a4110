"""How likely a pair with a property or a method is, from what the text shows of it.

No data set labels such pairs. The weights are a logistic regression on 442 pairs of abstracts
of the corpus that were drawn at random, in one sentence or not, and judged by hand. Their
logarithms of odds are summed from a few things that a reader would name too.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from math import log
from typing import NamedTuple

from matlore.records import Label

from .linear import log_odds, logistic
from .relation_features import Pair, Stage

__all__ = ["DIRECT", "FEATURES", "Head", "chance", "evidence", "heads_of"]

FEATURES = (
    "bias", "odds", "behind", "element", "next", "far", "nearer", "crossed", "words", "direct",
    "aside", "part", "fit", "title", "cue",
)  # fmt: skip
"""What `evidence` says, in this order."""
DIRECT = FEATURES.index("direct")
"""Where it says that the words between join the two."""

# The penalty made the weight of "aside" for methods of synthesis too small: of 21 such pairs,
# said to be right in 0.30, 0.24 were, and of those from 0.3 on (0.51) only 0.30.
_WEIGHTS: dict[Label, tuple[float, ...]] = {
    "PRO": (
        0.69,
        0.15,
        -0.23,
        -1.19,
        0.50,
        0.19,
        -0.40,
        -0.23,
        0.15,
        1.13,
        -1.32,
        -0.24,
        0.42,
        -0.33,
        0.43,
    ),
    "SMT": (
        0.01,
        0.03,
        -0.29,
        -0.54,
        0.11,
        -0.41,
        -0.15,
        -0.19,
        0.08,
        0.68,
        -1.60,
        -0.51,
        1.09,
        -0.57,
        -0.01,
    ),
    "CMT": (
        0.64,
        0.06,
        -0.42,
        -0.41,
        0.18,
        0.21,
        -0.02,
        -0.17,
        0.37,
        0.69,
        -0.68,
        -0.17,
        0.46,
        0.05,
        0.26,
    ),
}
_MOST_ODDS = 4.0
_SINGLE = re.compile(r"[A-Z][a-z]?\d*")
# Units, groups, bonds and words that look like formulas, but are nothing that has a property.
_NO_MATERIAL = re.compile(
    r"[kMGT](?:Pa|Hz|W|V|bar)\b.*|[AKVW]/\S*|[cm]m\^?-\d.*|.*Σ.*|(?:S?[OU]|Sp|Z)\(\d\).*|SO|SU"
    r"|([A-Z][a-z]?)-(?:[A-Z][a-z]?-)?\1|V[A-Z][a-z]?|V_?O|[A-Z]{1,4}20\d\d-.*"
    r"|kohn-sham|dft|gpus?|in[- ]situ|ex[- ]situ|[A-Z]\d{1,2}g?|ev\b.*|[HTPVI]-[HTPVI]",
)
_DIRECT_BACK = re.compile(r"\W*(?:[\w-]+\W+){0,2}?(?:of|in|for)\W+(?:[\w-]+\W+){0,3}?")
_DIRECT_AHEAD = re.compile(
    r"(?:'s)?\W*(?:[\w-]+\W+){0,2}?|.{0,60}\b(?:shows?|showed|exhibit\w*|ha[sd]|have|having|with"
    r"|possess\w*|display\w*|demonstrat\w+|deliver\w*|achiev\w+|yield\w*|undergo\w*|becomes?|is"
    r"|are|was|were|by|using|via|through)\b.{0,60}",
    re.DOTALL,
)
_ASIDE_BEFORE = re.compile(
    r"\b(?:than|unlike|compared (?:to|with)|similar to|instead of|such as|(?:deposited|grown|from"
    r"|onto|on|supported)(?: an?| the)?|commercial|versus|vs\.?)(?: [\w.()-]+){0,2} ?$"
)
_ASIDE_AFTER = re.compile(
    r"\W{0,2}(?:\(?\d{3}\)?\W)?(?:substrates?|targets?|electrodes?|contacts?|counterparts?|ions?"
    r"|atoms?|sites?|moments?|impurit\w+|powders? as|precursors?|foils?|wafers?|plates?|buffer"
    r"|solvent|flux|rich|doped|doping|type|free|based|derived|adatoms?|vacanc\w+"
    r"|anvils?|magnets?|tips?|lasers?)\b"
)
_JOINT = "/@|"
_CUES: dict[Label, re.Pattern[str]] = {
    "SMT": re.compile(
        r"\b(?:synthesi[sz]\w+|prepar\w+|grow\w*|fabricat\w+|deposit\w+|obtain\w*|made|produc\w+"
        r"|formed|created|exfoliated|manufactur\w+|processed|assembled|by|via)\b"
    ),
    "CMT": re.compile(
        r"\b(?:measure\w*|characteri[sz]\w+|stud(?:y|ied|ies)|investigat\w+|analy[sz]\w+|examin\w+"
        r"|probed?|observ\w+|perform\w*|carried out|employ\w*|us(?:ed?|ing)|calculat\w+|by)\b"
    ),
    "PRO": re.compile(
        r"\b(?:shows?|exhibit\w*|measur\w+|stud(?:y|ied)|investigat\w+|calculat\w+|observ\w+|report"
        r"|demonstrat\w+|predict\w*|find|found|reveal\w*|our|its|their)\b",
        re.IGNORECASE,
    ),
}
_LOOK = 40
_LONGEST_JOINT = 300
_MOST_DASHES = 12
_VERB_REACH = 60


class Head(NamedTuple):
    """What the score of every pair of a material needs.

    Attributes:
        odds: logarithm, that the text is about it.
        behind: what it lacks to the material that the text is most about.
        element: it is an element, and the text has compounds.
    """

    odds: float
    behind: float
    element: bool


def heads_of(stage: Stage, chances: Sequence[float]) -> list[Head | None]:
    """Return the materials of a text as heads, None for what is no material."""
    odds = [min(max(log_odds(one), -_MOST_ODDS), _MOST_ODDS) for one in chances]
    text = stage.layout.document.text
    best = max(odds, default=0.0)
    single = [_SINGLE.fullmatch(thing.formula or "") is not None for thing in stage.things]
    compounds = not all(single)
    return [
        None
        if _NO_MATERIAL.fullmatch(text[slice(*thing.spans[0])])
        else Head(odd, best - odd, one and compounds)
        for thing, odd, one in zip(stage.things, odds, single, strict=True)
    ]


def evidence(
    pair: Pair, rivals: Sequence[Pair], head: Head, fit: float, stage: Stage
) -> tuple[float, ...]:
    """Return what speaks for and against a pair, as `FEATURES` names it.

    Args:
        pair: to be judged.
        rivals: all pairs of its tail.
        head: its material.
        fit: how well the term suits its label.
        stage: of the text.
    """
    text, title = stage.layout.document.text, stage.layout.title_end
    same = pair.sentences == 0
    crossed = _crossed(pair, rivals) if same and pair.nearer else 0
    (start, end), low = pair.one, pair.other[0]
    aside = pair.apart or _is_aside(text[max(start - _LOOK, 0) : start], text[end : end + _LOOK])
    return (
        1.0,
        head.odds,
        min(head.behind, _MOST_ODDS),
        float(head.element),
        float(pair.sentences == 1),
        float(pair.sentences > 1),
        float(min(pair.nearer, 3)),
        float(min(crossed, 3)),
        log(1 + min(pair.words, 40)) if same else 0.0,
        float(same and not crossed and _is_direct(pair, text)),
        float(aside),
        float(text[end : end + 1] in _JOINT or text[start - 1 : start] in _JOINT),
        fit,
        float(pair.one[0] < title and pair.other[0] < title),
        float(_is_cued(pair.tail.label, text[max(low - _VERB_REACH, 0) : low])),
    )


def chance(label: Label, values: Sequence[float]) -> float:
    """Return the probability that evidence amounts to."""
    total = sum(weight * value for weight, value in zip(_WEIGHTS[label], values, strict=True))
    return logistic(total)


@lru_cache(maxsize=4096)
def _is_aside(before: str, after: str) -> bool:
    """Say whether a material is what another one is compared to, made on, or a part of it."""
    return _ASIDE_BEFORE.search(before) is not None or _ASIDE_AFTER.match(after) is not None


@lru_cache(maxsize=4096)
def _is_cued(label: Label, before: str) -> bool:
    """Say whether a verb before a term says what is done."""
    return _CUES[label].search(before) is not None


def _crossed(pair: Pair, rivals: Sequence[Pair]) -> int:
    """Return how many other materials stand between the two of a pair."""
    low, high = sorted((pair.one, pair.other))
    return sum(low[1] <= rival.one[0] < high[0] for rival in rivals)


def _is_direct(pair: Pair, text: str) -> bool:
    """Say whether the words between join the two: `band gap of X`, `X shows a band gap`."""
    if pair.words > 14:
        return False
    low, high = sorted((pair.one, pair.other))
    # Each dash may be a word's or between words: the patterns would try all ways of many.
    if high[0] - low[1] > _LONGEST_JOINT or text.count("-", low[1], high[0]) > _MOST_DASHES:
        return False
    if pair.one[0] < pair.other[0]:
        return _DIRECT_AHEAD.fullmatch(text, pair.one[1], pair.other[0]) is not None
    return _DIRECT_BACK.fullmatch(text, pair.other[1], pair.one[0]) is not None
