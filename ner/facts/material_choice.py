"""Of which material a value is: those of its sentence by pattern and distance, or the main one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from matlore.records import Mention

from ..elements import ELEMENTS, word_set
from ..formulas import normalize_formula
from .main_material import ELECTRODE, Main, is_battery, material_name
from .parts import Value

__all__ = ["MaterialChoice", "Place", "choose_material", "is_molecule", "is_subject"]


@dataclass(frozen=True, slots=True)
class MaterialChoice:
    """A material, by its position in the mentions, and the log-odds of being right."""

    mention: int
    score: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value and its property stand.

    Attributes:
        start: of the value or of the list that it belongs to.
        end: of the value or its list.
        cue_start: of what names the property; `start` where nothing does.
        cue_end: of what names the property.
        sentence_start: where the sentence begins.
        values: of the sentence, as far as they may be of the same property.
        electrode: whether it is the value of a battery's electrode.
    """

    start: int
    end: int
    cue_start: int
    cue_end: int
    sentence_start: int
    values: Sequence[Value]
    electrode: bool = False


_WINDOW = 420
_MAIN_SCORE, _GENERIC, _LEAST = 0.0, 1.0, -1.6
_RECENT = 0.1
_ANAPHOR = re.compile(r"(?:\w+ly, |Moreover, |Furthermore, )?(?:It|it|Its|its|This|this|These)\b")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_AFTER = re.compile(
    r"\s*(?:\)|\([^()]{0,60}\)\s*)?(?:at [^,;]{1,30}? )?,?\s?(?:for|in|of|from|on)\s+"
    r"(?:[^\s,;]+\s+){0,5}$"
)
_GLUED_AFTER = re.compile(r"\s*\(?$")
_OF = re.compile(
    r"\s*(?:\([^()]{0,30}\)\s*)?(?:values? )?(?:of|in|for|on|from)\s+(?:[\w-]+\s+){0,4}$"
)
_ASIDE = re.compile(
    r"[- ]?(?:doping|dopants?|substitut\w+|substrates?\b|ions?\b|atoms?\b|content|vacanc\w+"
    r"|concentration|site|addition|interstitial|counterparts?|tunnel|orbitals?|"
    r"(?:source|drain|metal|ohmic)? ?(?:and drain )?contacts?|source|counter electrode|"
    r"encapsulat\w+|gate\b|dielectric|buffer|[sd] states|bands?\b|layers? as|bonds?\b|-ion|[- ]rich"
    r"|[- ]poor|[- ]free|sublattice|contamination|impurit\w+|binders?|separators?|additives?"
    r"|interphase|SEI\b|[Dd]erived\b|[- ]based (?:electrolyte|catalyst)|electrolytes?)"
)
_ION = re.compile(r"[A-Z][a-z]?\d?[+-]")
_DOPED = re.compile(r"[- ]?(?:co-?)?(?:doped|substituted|alloyed|added|incorporated|intercalated)")
_COMPARED = re.compile(
    r"(?:\bthan|compared (?:to|with)|versus|\bvs\.?(?: Ag/)?|relative to|outperform\w*|unlike"
    r"|similar to|such as|\blike|comparable (?:to|with)|over|conventional|commercial|substrates?"
    r"|grown on|\bon|deposited on(?:to)?|(?:by )?adding(?: [\d.]+ ?[a-z]{2,3}[./ ]?%)?|coated with"
    r"|doped with|covered with|respect to"
    r"|except(?: for)?|apart from|other than|excluding|rather than|that of"
    r"|replac\w+|as in|pristine|bare|instead of|analogous to|exceed\w*"
    r"|substitut\w+ (?:of|with|by|for))"
    r"(?: (?:the|that|those|of|a|an|pure|bulk|pristine|single|crystal\w*|in|for|most|other"
    r"|thick|thin|undoped|all))*\s*$"
)
# `(larger than the mobility of graphene, 3.5 cm2/Vs)`
_THAN = re.compile(
    r"\b(?:than|exceed\w*|to|with)(?: (?:the|that|those|its|usual|most|in|of|for))*"
    r"(?: (?!for\b|and\b|with\b)[\w-]+){0,4} (?:of|in|for)(?: the| bulk| pristine| pure| other)* $"
)
_COMPARES = re.compile(
    r"\b(?:(?:larg|high|low|small|great|wid|narrow|bett)er|more|less|superior"
    r"|compar\w+|close|similar|exceed\w*)\b"
)
# A part of what is spoken of: `Fe-based superconductors`, `Ni foam`, `Co single atoms`.
_ELEMENT_ASIDE = re.compile(
    r"[- ]based\b|[- ](?:single|dual)[- ]atoms?|\s?\((?:I|II|III|IV|V|VI)\)"
    r"|[- ](?:foams?|foils?|mesh|tips?|leads?|pads?|wires?|plates?|batter(?:y|ies)|anodes?)\b"
)
_BY_MEANS = re.compile(r"\b(?:[Uu]sing|employing|via|with|by|between)(?: an?| the)? $")
# `the layered dichalcogenide (TMD) WTe2`: a class, and what is spoken of.
_NAMED_NEXT = re.compile(r",? (?:\([A-Z]\w{1,6}\) )?(?=[A-Z][A-Za-z]{0,8}\d)")
_SUPPORTS = frozenset({"NF", "CC", "CFP", "NiF", "GCE", "FTO", "ITO"})
# Gases and liquids that react or are stored: rarely what a property is of.
_MOLECULES = frozenset(
    normalize_formula(formula) or formula
    for formula in word_set(
        "CO2 H2O N2 O2 H2 CO CH4 NH3 NO NO2 NO3 N2O H2O2 H2S SO2 O3 CH3OH HCOOH"
    )
)
# `in 0.5 M H2SO4`, `with 2 wt% sodium oleate`: what something was put in, or was added.
_SOLUTION = re.compile(
    r"\d ?(?:m?M|N|mol/L|mol L ?\^?[-−]1|(?:wt|mol|vol)\.? ?%(?: of)?)(?: aqueous)? $"
)
_REACTS = re.compile(
    r"[- ](?:\w+[- ])?(?:(?:electro|photo)?(?:reduction|oxidation)|conversion|capture|evolution"
    r"|uptake|hydrogenation|methanation|splitting|adsorption|fixation|sensing|removal|separation|RR\b)"
)
# `than Pt/C (0.83 V)`, `like the semiconductor X with a gap of 0.1 eV`: its own all the same.
_IN_ITS_BRACKET = re.compile(r"[^()\d]{0,12}\((?:[A-Za-z_{},]{1,8} ?[=≈~] ?|about |[~≈] ?)?$")
_WITH_ITS = re.compile(
    r"(?: [\w-]+){0,3} (?:with|having) (?:an? |the |its )?(?:[\w-]+ ){1,4}(?:of|=|is) (?:about )?$"
)
# The other electrode of a cell.
_METALS = frozenset({"Li", "Na", "K", "Zn", "Mg", "Ca", "Al"})
_GENERIC_WORDS = re.compile(
    r"\b(?:th(?:is|ese|e (?:present|resulting|obtained|same)) (?:\w+ )?"
    r"(?:compounds?|materials?|samples?|systems?|films?|alloys?"
    r"|composites?|crystals?|phases?|perovskites?|electrodes?|cathodes?|anodes?|structures?|devices?"
    r"|oxides?|superconductors?|semiconductors?|monolayers?|transistors?|polymers?|cells?))\b",
    re.IGNORECASE,
)


def choose_material(
    text: str,
    place: Place,
    materials: Sequence[tuple[int, Mention]],
    main: Main | None,
    recent: tuple[int, Mention] | None = None,
) -> MaterialChoice | None:
    """Return the material of a value: one of its sentence, or the abstract's main one.

    Args:
        text: the whole text.
        place: where the value stands.
        materials: of the sentence, with their positions in all mentions.
        main: the main material, None for none.
        recent: what the sentences before spoke of last.
    """
    before = [mention for _, mention in materials if mention.end <= place.start]
    scored = []
    for position, mention in materials:
        score = _score(text, place, mention, nearest=bool(before) and mention is before[-1])
        if main and material_name(mention) == main.name:
            score += 0.9 * main.clear
        scored.append(MaterialChoice(position, score))
    if main:
        score = _main_score(text, place, main, any_here=bool(materials))
        scored.append(MaterialChoice(main.mention, score))
    if recent:
        score = _recent_score(text, place, recent[1]) - 0.5 * bool(before)
        scored.append(MaterialChoice(recent[0], score))
    best = max(scored, key=lambda choice: choice.score, default=None)
    return best if best and best.score > _LEAST else None


def _recent_score(text: str, place: Place, mention: Mention) -> float:
    """Return how likely what was spoken of last is meant: `It has a gap of 3 eV`."""
    score = _RECENT + 0.5 * bool(_ANAPHOR.match(text, place.sentence_start))
    return score + 0.5 * (place.electrode and bool(ELECTRODE.match(text, mention.end)))


def is_molecule(mention: Mention) -> bool:
    """Say whether a mention is of a gas or liquid that reacts: `CO2`, `water`."""
    return mention.norm in _MOLECULES


def is_subject(text: str, mention: Mention) -> bool:
    """Say whether a material may be spoken of in the next sentence: no dopant, no substrate."""
    return _aside(text, mention) == 0.0 and mention.norm is not None


def _main_score(text: str, place: Place, main: Main, *, any_here: bool) -> float:
    """Return how likely the main material is meant where the sentence does not name it."""
    score = _MAIN_SCORE + 1.2 * (main.clear - 0.5)
    if _GENERIC_WORDS.search(text, place.sentence_start, place.start):
        score += _GENERIC
    return score if any_here else score + 0.6


def _score(text: str, place: Place, mention: Mention, *, nearest: bool) -> float:
    """Return how well a material of the sentence fits a value, as log-odds."""
    score = _aside(text, mention)
    between = text[mention.end : place.start] if place.start - mention.end < 80 else ""
    if between and _IN_ITS_BRACKET.match(between):
        score = max(score, -0.6) + 1.0
    elif score <= -1.6 and between and _WITH_ITS.match(between):
        score += 1.8
    if is_battery(text, mention):
        score -= 1.5
    elif place.electrode and ELECTRODE.match(text, mention.end):
        score += -0.5 if mention.norm in _METALS else 0.6
    if mention.norm is None:
        score -= 0.6
    if mention.start >= place.end:
        return score + _after(text, place, mention)
    if mention.end <= place.start:
        return score + _before(text, place, mention, 0.4 if nearest else 0.9)
    return -9.0


def _aside(text: str, mention: Mention) -> float:
    """Return the penalty of a material that is a dopant, a substrate or compared with."""
    penalty = 0.0
    if _DOPED.match(text, mention.end):
        penalty -= 1.8 if mention.text in ELEMENTS or len(mention.text) < 4 else 0.6
    elif _ASIDE.match(text, mention.end):
        penalty -= 1.6
    before = text[max(0, mention.start - 60) : mention.start]
    if _COMPARED.search(before) or (_COMPARES.search(before) and _THAN.search(before)):
        penalty -= 1.8
    if (mention.norm or mention.text) in ELEMENTS:
        # `W-AOS` is no tungsten.
        penalty -= 1.5 if re.match(r"-[A-Z][A-Za-z]", text[mention.end : mention.end + 3]) else 0.5
        penalty -= 1.4 * bool(_ELEMENT_ASIDE.match(text, mention.end))
        penalty -= 0.7 * bool(_BY_MEANS.search(before))
    elif is_molecule(mention):
        penalty -= 2.5 if _REACTS.match(text, mention.end) else 1.0
    elif mention.text in _SUPPORTS or _SOLUTION.search(before):
        penalty -= 2.5
    elif (mention.norm or "").startswith("name:") and _NAMED_NEXT.match(text, mention.end):
        penalty -= 0.8
    elif _ION.fullmatch(mention.text):
        penalty -= 1.6
    return penalty


def _after(text: str, place: Place, mention: Mention) -> float:
    """Score a material behind the value: `1.2 eV for GeSe2`."""
    if mention.start - place.end > 160:
        return -9.0
    between = text[place.end : mention.start]
    crossed = sum(place.end <= v.start and v.end <= mention.start for v in place.values)
    if place.cue_start >= place.end and mention.start >= place.cue_end:
        between = text[place.cue_end : mention.start]
    if _COMPARES.search(between):
        return -1.5
    score = 1.9 if _AFTER.match(between) else (0.9 if _GLUED_AFTER.match(between) else -0.5)
    return score - 0.12 * _words(between) - 1.6 * crossed - 0.9 * ("," in between or ";" in between)


def _before(text: str, place: Place, mention: Mention, crossing: float) -> float:
    """Score a material before the value: the subject, or `gap of ZnO is 3.3 eV`.

    Args:
        text: the whole text.
        place: of the value.
        mention: of the material.
        crossing: the cost of each value of the same property between them; of words that
            part clauses, a bit less.
    """
    if place.start - mention.end > _WINDOW:
        return -9.0
    crossed = sum(mention.end <= v.start and v.end <= place.start for v in place.values)
    if place.cue_end <= mention.start:
        of = _OF.match(text[place.cue_end : mention.start])
        return (1.9 if of else 0.7) - 0.05 * _words(text[mention.end : place.start]) - crossed
    between = text[mention.end : min(place.cue_start, place.start)]
    broken = len(
        re.findall(r"[;:]|, (?:while|whereas|but|and|which)\b|\bwhile\b|\bwhereas\b", between)
    )
    return 1.2 - 0.035 * _words(between) - (crossing - 0.2) * broken - crossing * crossed


@lru_cache(maxsize=4096)
def _words(between: str) -> int:
    return len(_WORD.findall(between))
