"""The tokens of a sentence that speaks of doping, each with its class."""

import re
from functools import lru_cache
from typing import NamedTuple

from ..elements import ELEMENT_NAMES, ELEMENTS
from ..formulas import is_formula_key
from ..tokens import folded_tokens

__all__ = ["COMPOUNDS", "LINKS", "PARTS", "DopingToken", "doping_tokens", "is_doping", "may_dope"]

_CUES = ("substitut", "incorporat", "-containing", "activated", "implanted", "alloyed")
_DOP = re.compile(r"dop(?!ami|ach|ler|pler)")
_COLON = re.compile(
    r":(?:(?<=[\w)\]+]:)|(?<=[\w)\]+] :)) ?(?:e-|\d*\.?\d* ?(?:mol|at|wt)?\.?%? ?[a-z])"
)
_LONGEST = 3000
_MAX_TOKENS = 220
_DOPING = re.compile(
    r"(?:co|mono|tri|bi|self|hyper|multi|double)?-?(dop)(?:ed|ing|ants?|e|es|ings)"
)
_UNDOPED = re.compile(r"(?:un|non|in)-?doped")
_OTHER_CUES = re.compile(
    r"(substitut|incorporat|introduc|contain|alloy|activat|implant|sensitiz|add(?=ed|ition|ing$)"
    r"|replac|concentration|content|host|matri|impurit)"
)
_ION = re.compile(r"[A-Z][a-z]?(?:\d?[+−–-]{1,2}|\^.*)")
_LISTS = re.compile(r"[/,\-–]")
_PIECE = re.compile(r"[/,\-–]|[^/,\-–]+(?:[+−]|\d-)?")
_AMOUNT = re.compile(r"\d*\.?\d+([A-Z][a-z]?)(?:\d[+−–-])?")
_VERB = re.compile(r"[a-z]+(?:ed|ly|izes?|ates?)")
_ACRONYM = re.compile(r"[A-Z][A-Za-z0-9]*[A-Z0-9]s?")
_GROUPS = frozenset(
    "lanthanide lanthanides lanthanoid rare-earth earth alkali alkaline transition metal halogen"
    " ln re tm samaria yttria gadolinia ceria magnesia alumina calcia erbia".split()
)
LINKS = frozenset("with by of in into to for and or on at , / : - – − ( ) [ ] = % . ;".split())
_SHAPES = frozenset(
    "film thin-film thinfilm nanoparticle particle nanocrystal nanowire nanotube nanorod nanosheet"
    " nanoribbon nanofiber nanostructure microstructure nanopowder powder ceramic crystal"
    " monocrystal"
    " layer multilayer monolayer bilayer substrate sample specimen bulk composite nanocomposite"
    " coating material compound surface wafer fiber fibre electrode matrix system phase cluster"
    " membrane foil pellet epilayer device lattice phosphor glass alloy sphere microsphere aerogel"
    " waveguide laser hybrid catalyst photocatalyst photoanode photocathode superlattice array"
    " heterojunction heterostructure structure electrolyte semiconductor superconductor region site"
    " dot quantum-dot ncs nws nts qds ion atom element metal cation anion oxide".split()
)
_STOP = frozenset(
    "the a an this these those that which we it they its their our is are was were be been being"
    " has have had can could may might will would should shows show showed as from than then when"
    " where while if both such using via through under over after before between within without"
    " during upon due because not no only also however but into onto per among against about more"
    " most less very respectively i.e e.g etc whose what who there here thus therefore since"
    " although well were did does do on exhibit exhibits exhibiting reveal reveals display"
    " displays possess possesses present presents demonstrate demonstrates indicate indicates lead"
    " leads increase increases decrease decreases improve improves enhance enhances result results"
    " play plays affect affects become becomes remain remains grow grown shown made had having led"
    " give gives provide provides cause causes allow allows suggest suggests confirm confirms"
    " consist consists contain contains containing using based induce induces residing follow"
    " follows following include includes including aboard like".split()
)


_LIKE_DOPING = frozenset(["~substitut", "~incorporat", "~contain", "~activat", "~alloy"])

COMPOUNDS = frozenset(["FAM", "FORM", "ACR"])
"""Classes of compounds."""

PARTS = COMPOUNDS | {"EL", "ELN", "ION", "AMT", "GRP"}
"""Classes of what may be a host or a dopant by itself."""


class DopingToken(NamedTuple):
    """A token of a sentence, with offsets into the whole text and its class."""

    text: str
    start: int
    end: int
    kind: str


def may_dope(sentence: str) -> bool:
    """Say whether a sentence holds a sign of doping at all: most do not, and cost nothing."""
    if len(sentence) >= _LONGEST:
        return False
    lower = sentence.lower()
    if "dop" in lower and _DOP.search(lower):
        return True
    return any(cue in lower for cue in _CUES) or (":" in lower and bool(_COLON.search(lower)))


def doping_tokens(text: str, start: int, end: int) -> list[DopingToken]:
    """Return the tokens of a stretch of a text; very long ones are cut off."""
    found = []
    for token, word in folded_tokens(text[start:end]):
        kind = _kind(token.text, word)
        for a, b, part in _split(token.text, kind):
            found.append(
                DopingToken(token.text[a:b], start + token.start + a, start + token.start + b, part)
            )
        if len(found) == _MAX_TOKENS:
            break
    return found


@lru_cache(maxsize=65536)
def _split(text: str, kind: str) -> list[tuple[int, int, str]]:
    """Cut a token such as `Er3+/Yb3+` or `Mg,Fe` that lists elements or compounds."""
    pieces = [*_PIECE.finditer(text)] if kind in ("FAM", "FORM") and _LISTS.search(text) else []
    parts = [piece.group() for piece in pieces]
    elements = all(p in ELEMENTS or _ION.fullmatch(p) or not p[0].isalnum() for p in parts)
    if len(parts) < 2 or not (elements or "/" in parts) or "(" in text:
        return [(0, len(text), kind)]
    if "/" not in parts and "," not in parts and not text.endswith(("-", "–")):
        return [(0, len(text), kind)]
    return [(p.start(), p.end(), _kind(p.group(), p.group())) for p in pieces]


@lru_cache(maxsize=65536)
def _kind(text: str, word: str | None) -> str:
    """Return the class of a token."""
    lower = text.lower()
    if lower in LINKS:
        return lower
    if _DOPING.fullmatch(lower):
        return "DOP" + lower[lower.index("dop") + 3 :].rstrip("s")
    if _UNDOPED.fullmatch(lower):
        return "UNDOPED"
    if text in ELEMENTS:
        return "EL"
    if lower in ELEMENT_NAMES:
        return "ELN"
    if _ION.fullmatch(text):
        return "ION"
    return _kind_of_word(text, lower, word)


def _kind_of_word(text: str, lower: str, word: str | None) -> str:
    """Return the class of a token that is no element, link or word of doping."""
    if word is not None and word.startswith("family:"):
        return "FAM"
    if (amount := _AMOUNT.fullmatch(text)) and amount.group(1) in ELEMENTS:
        return "AMT"
    if word is not None and is_formula_key(word):
        return "FORM"
    if lower in _GROUPS:
        return "GRP"
    if cue := _OTHER_CUES.match(lower):
        return "~" + cue.group(1)
    if text[0].isdigit():
        return "NUM"
    if _ACRONYM.fullmatch(text):
        return "ACR"
    if not text[0].isalnum():
        return "SYM"
    if lower in _STOP:
        return "STOP"
    if lower in _SHAPES or lower.removesuffix("s") in _SHAPES:
        return "SHP"
    if _VERB.fullmatch(text):
        return "VB"
    return "Cap" if text[0].isupper() else "W"


def is_doping(kind: str) -> bool:
    """Say whether a class is one of words of doping, or of words that may stand for it."""
    return kind.startswith("DOP") or kind in _LIKE_DOPING
