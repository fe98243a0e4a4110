"""What a text claims by a statement: seen, computed, said by others, or denied."""

import re
from functools import lru_cache

from matlore.records import Modality

from .document import Document

__all__ = ["MODALITY_VERSION", "modality_of"]

MODALITY_VERSION = "3"
"""Changes when a text may be taken to claim something else."""

# Where another statement begins within a sentence.
_CLAUSES = re.compile(
    r"(?:;|:(?![^()]{0,60}\)))\s|,\s(?:but|while|whereas|although|though|whilst|however|in contrast"
    r"|unlike|yet)\b"
    r"|\s(?:but|whereas|although)\s"
)
# Denials that reach the words behind them, and those that reach what is before.
_FORWARD = re.compile(
    r"\b(?:(?-i:no|No)(?! (?:more|less|longer|doubt|matter|significant|later|fewer|other|change"
    r"|higher|lower|larger|smaller|better|further)\b)"
    r"|absence of|lack of|without|devoid of|free of|neither|nor|never"
    r"|(?:do|does|did|could|can) ?not (?:show|exhibit|display|possess|have|become|undergo|reveal"
    r"|support|order|superconduct|host|observe|find|detect)|cannot|fail(?:s|ed)? to"
    r"|(?:is|are|was|were) not (?:an? )?(?!only|just|yet|limited|sensitive|significantly))\b",
    re.IGNORECASE,
)
_BACKWARD = re.compile(
    r"\b(?:(?:is|are|was|were|has been|have been|could|can)(?: not| ?not be| never)(?: been)?"
    r" (?:observed|found|detected|seen|present|achieved|evident|confirmed|visible|realized|formed)"
    r"|is absent|are absent|was absent|disappears? completely"
    r"|(?<!not be )(?<!not )(?:ruled out|excluded))\b",
    re.IGNORECASE,
)
_REACH = 70
# What is denied is another thing than the one that the value is of: a change, an explanation.
_NOT_ITSELF = re.compile(
    r"^(?:\w+ )?(?:negligible|surprising|affect|chang|explain|describ|reproduc|account|captur)"
    r"|\b(?:variation|change|deviation|feature|anomal(?:y|ies)|difference|dependence|degradation"
    r"|decay|loss|influence|effect|drop|decrease|increase)s?\b"
)
_BESIDE = re.compile(r"(?:without|free of|devoid of|neither)$", re.IGNORECASE)
_NUMBER = re.compile(r"[<>~≈≤≥]?\s?[\d.]")
_COMPUTED = re.compile(
    r"\b(?:(?:DFT|LDA|GGA|LSDA|PBE\w*|HSE\w*|GW|G0W0\w*|BSE|DMFT|CALPHAD|ML|TB-mBJ|mBJ|BoltzTraP)\b"
    r"|first[- ]principles?|ab[- ]initio|[Cc]alculat\w+\b"
    r"(?! (?:directly )?(?:from|based on|on the basis|per))"
    r"|[Pp]redict(?!able)\w*"
    r"|[Ss]imulat\w+"
    r"|[Tt]heoretical\w*\b(?! (?:value|capacit|limit|maximum|specific|density|energy dens))"
    r"|[Cc]omput(?<!uantum comput)(?<!omorphic comput)(?:ed|ation\w*|e|es|ing)\b"
    r"|[Dd]ensity[- ]functional"
    r"|Monte[- ]Carlo|[Mm]olecular dynamics|[Tt]ight[- ]binding|Eliashberg|McMillan"
    r"|hypothetical"
    r"|[Nn]umerical\w*|Green'?s function|Boltzmann transport"
    r"|(?:force|neural)[- ](?:field|network)s?|we (?:model|propose)\b)"
)
_MEASURED = re.compile(
    r"\b(?:[Mm]easur\w+|[Ee]xperiment\w*|[Ss]ynthesi[sz]ed?|[Ff]abricated|[Gg]rown|[Dd]eposited"
    r"|[Aa]nnealed|[Ss]intered|[Pp]repared|[Oo]bserv(?:ed|ation\w*)|[Dd]iffraction|XRD|[Ss]amples?"
    r"|[Ss]ynthesis|transistors?|specimens?|cycles|cycling|assembled"
    r"|delivers?|electroly(?:tes?|zers?)|KOH|RHE|as-(?:prepared|synthesi[sz]ed|fabricated)"
    r"|retention|mV(?:[ /·]| per )?dec(?:ade)?|mW ?cm|Tafel|[Ff]aradaic|Coulombic|wafers?"
    r"|electrocatalysts?|data (?:show|reveal|indicate|suggest)|susceptibility|specific[- ]heat"
    r"|thermoreflectance|[Vv]apou?r deposition|validate|neutron|microscopy|spectroscopy"
    r"|devices? (?:show|exhibit)\w*)\b"
)
_AGREEMENT = re.compile(
    r"(?:agree\w*(?: \w+){0,2} with|match\w*|reproduc\w*|(?:guided|inspired|supported) by"
    r"|in (?:\w+ ){0,2}(?:agreement|accord\w*|consisten\w+|contrast) (?:with|to)"
    r"|compar\w+ (?:to|with)|consistent with|than|close to|consistently with|contrary to|unlike"
    r"|comparable to|confirm\w*|explain\w*"
    r"|similar to)"
    r"(?: (?:the|that|those|of|our|recent|both|most|previous|earlier|prior|available))* ?$"
)
_ATTRIBUTED = re.compile(
    r"\b(?:ha(?:s|ve|d)(?: also)* been (?:\w+ly )?(?:reported|claimed|proposed|suggested)"
    r"|ha(?:s|ve|d)(?: also)* (?:recently|already|previously|so far|long|widely)(?: also)* been"
    r"|ha(?:s|ve|d) been (?:recently|already|previously|widely) \w+ed"
    r"|(?:is|are|was|were) reported to|(?:known|said|believed) to"
    r"|previous(?:ly)?(?= (?:\w+ ){0,2}(?:report|stud|work|measure|"
    r"observ|found|shown|known|publish|value|data|result|theor|experi))|earlier (?:report|work|stud"
    r"|measure|result)\w*|[Rr]efs?\. ?\[?\d|\bet al\b|in the literature|literature (?:value|data)s?"
    r"|well[- ]known(?! [\w-]+ (?:equation|model|theory|law|formula|relation|method)s?)"
    r"|recently (?:reported|discovered|been|observed|found|shown|synthesi[sz]ed|achieved|attained"
    r"|predicted|characteri[sz]ed (?:as|to be))"
    r"|(?:experimentally|previously|recently) reported|reported (?:by|previously|earlier"
    r"|recently|elsewhere)|obtained by [A-Z]\w+ et|have recently reached)"
)
# `4 V, higher than most that were reported before`: what is reported is the other one.
_OUTDONE = re.compile(
    r"\b(?:than|surpass\w*|outperform\w*|superior to|compar\w+|exceed\w*|among|unlike|beyond"
    r"|highest|lowest|largest|best|record|most)\b"
)
_APART = 40
_EXPERIMENTAL = re.compile(
    r"\b[Ee]xperimental(?:ly)?(?: \w+){0,3}?(?: values?| results?| data| one| gap)?"
    r"(?: \(| of| is)? ?[~≈]?$"
)
_OURS = re.compile(
    r"\b(?:we|[Hh]ere|[Hh]erein|[Ii]n th(?:is|e present) (?:work|paper|study|letter)|our)\b"
    r"|\bWe\b|\bOur\b"
)


def modality_of(document: Document, start: int, end: int) -> Modality:
    """Return what the clause around a span claims by it.

    Args:
        document: whose text is looked at.
        start: of the span of the statement; its sentence is looked at, no other.
        end: of the span.

    Returns:
        `denied`, `computed`, `attributed`, or else `observed`: in doubt, in this order.
    """
    first, last = document.sentences[document.sentence_at(start)]
    sentence = document.text[first:last]
    span_start, span_end = start - first, min(end, last) - first
    left, right = _clause(sentence, span_start, span_end)
    clause = sentence[left:right]
    if _denied(clause, span_start - left, span_end - left):
        return "denied"
    if _attributed(clause, span_start - left, span_end - left):
        return "attributed"
    return "computed" if _computed(document.text, clause, span_start - left) else "observed"


def _clause(sentence: str, start: int, end: int) -> tuple[int, int]:
    """Return the offsets of the part of a sentence that a span stands in."""
    left, right = 0, len(sentence)
    for cut_start, _ in _cuts(sentence):
        if cut_start < start:
            left = cut_start
        elif cut_start >= end:
            right = cut_start
            break
    return left, right


@lru_cache(maxsize=512)
def _cuts(sentence: str) -> tuple[tuple[int, int], ...]:
    return tuple(match.span() for match in _CLAUSES.finditer(sentence))


@lru_cache(maxsize=512)
def _spans(pattern: re.Pattern[str], text: str) -> tuple[tuple[int, int], ...]:
    """Return where a pattern matches in a text, which is asked about many times."""
    return tuple(match.span() for match in pattern.finditer(text))


def _denied(clause: str, start: int, end: int) -> bool:
    """Say whether a denial reaches a span: from shortly before it, or from behind it."""
    for _, cue_end in _spans(_FORWARD, clause):
        between = clause[cue_end:start].strip() if cue_end <= start else "," * 9
        if start - cue_end > _REACH or "," in between or _NOT_ITSELF.search(between):
            continue
        # `cells without additives reach 2 V`: this denies no more than what is next to it.
        most = 3 if _BESIDE.search(clause, max(0, cue_end - 12), cue_end) else 6
        if between.count(" ") < most and not (most == 3 and _NUMBER.match(clause, start)):
            return True
    return any(
        0 <= cue_start - end <= _REACH and "," not in clause[end:cue_start]
        for cue_start, _ in _spans(_BACKWARD, clause)
    )


def _attributed(clause: str, start: int, end: int) -> bool:
    """Say whether a clause reports what others found, and not as a mere comparison."""
    for cue_start, cue_end in _spans(_ATTRIBUTED, clause):
        if end <= cue_start and _OUTDONE.search(clause, max(end, cue_start - 160), cue_start):
            continue
        compared = _AGREEMENT.search(clause, max(0, cue_start - 70), cue_start)
        # `more than reported before, 3 eV was reached`: but not `than the reported 3 eV`.
        if compared and (start < cue_start or start - cue_end > _APART):
            continue
        if _OURS.search(clause, max(0, cue_start - 200), cue_start):
            continue
        if cue_end < start and _OURS.search(clause, max(cue_end, start - 200), start):
            continue
        return True
    return False


def _computed(text: str, clause: str, start: int) -> bool:
    """Say whether the nearest cue of a clause, or else the whole text, is of computation."""
    if "xperimental" in clause and _EXPERIMENTAL.search(clause, max(0, start - 50), start):
        return False
    computed, measured = (_nearest(pattern, clause, start) for pattern in (_COMPUTED, _MEASURED))
    if computed is not None and (measured is None or computed <= measured):
        return True
    return measured is None and _is_computational(text)


def _nearest(pattern: re.Pattern[str], clause: str, start: int) -> int | None:
    """Return how far the nearest cue is that is no comparison (`agrees with experiment`)."""
    distances = [
        abs(cue_start - start)
        for cue_start, _ in _spans(pattern, clause)
        if not _AGREEMENT.search(clause, max(0, cue_start - 70), cue_start)
    ]
    return min(distances, default=None)


@lru_cache(maxsize=256)
def _is_computational(text: str) -> bool:
    """Say whether a whole abstract is about computations only."""
    computed = len(_spans(_COMPUTED, text))
    measured = sum(
        not _AGREEMENT.search(text, max(0, start - 70), start)
        for start, _ in _spans(_MEASURED, text)
    )
    titled = any(start < text.find("\n") for start, _ in _spans(_COMPUTED, text))
    return (computed >= 2 or titled) and computed > 2 * measured
