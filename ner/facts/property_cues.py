"""What names a property near a value: mentions of the tagger, symbols and turns of phrase.

A cue carries the vocabulary's names that it may stand for, the likelier first; which one it is
the unit of a value tells (`Tc` of 39 K, `capacity` in mAh/g). A cue without names is a property
that the vocabulary does not know: it keeps a value from going to a neighbor.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from matlore.records import Mention
from matlore.vocabulary import find_term

from .parts import Value
from .property_units import fits_term, reading, unit_for

__all__ = ["Context", "Cue", "describe", "find_cues", "fitting_name", "implied_name", "unit_for"]


class Cue(NamedTuple):
    """Characters that name a property.

    Attributes:
        names: canonical names to try, in this order; none for an unknown property.
        mention: position of the tagger's mention, None for a cue found here.
        trust: added to the score of a link; symbols of one letter have less.
    """

    start: int
    end: int
    names: tuple[str, ...]
    mention: int | None = None
    trust: float = 0.0


@dataclass(frozen=True, slots=True)
class Context:
    """What a whole text says about ambiguous symbols.

    Attributes:
        orders: names that `Tc` may stand for, the likelier first.
        transitions: names that `transition temperature` may stand for.
        symbols: properties of the symbols that the text defines: `thermopower (α)`.
        words: the text in lower case.
    """

    orders: tuple[str, ...]
    transitions: tuple[str, ...]
    symbols: dict[str, str]
    words: str


_SUPER, _CURIE, _FERRO, _NEEL = (
    "superconducting critical temperature",
    "curie temperature",
    "ferroelectric curie temperature",
    "neel temperature",
)
_MAGNETIC = "magnetic transition temperature"
_PHASE = "phase transition temperature"
# What tells of a superconductor although the word is missing.
_PAIRED = (
    "high-tc", "high tc", "high-t_c", "meissner", "cooper pair", "vortex", "vortices", "mgb2",
    "josephson", "upper crit", "cu3o6", "cu3o7", "cu2o8", "bi-22", "bscco", "ybco", "tconset",
    "tczero", "zero resist", "zero-resist",
)  # fmt: skip
_ORDERS = (
    (_SUPER, re.compile(r"supercond|\bpnictide|\bcuprate")),
    (_CURIE, re.compile(r"(?<!anti)ferr[io]magnet|curie|spintronic|magnetocaloric")),
    (_FERRO, re.compile(r"ferroelectric|piezoelectric")),
    (_NEEL, re.compile(r"antiferromagnet|n[ée]el\b")),
)
_GAP, _ZT, _SEEBECK, _KAPPA, _MOBILITY = (
    "band gap",
    "thermoelectric figure of merit",
    "seebeck coefficient",
    "thermal conductivity",
    "carrier mobility",
)
_CAPACITIES = ("specific capacity", "volumetric capacity", "areal capacity")
# Names that one word may stand for: the unit tells.
_SIBLINGS = {
    "specific capacity": (*_CAPACITIES, "adsorption capacity"),
    "theoretical capacity": ("theoretical capacity", *_CAPACITIES),
    "electrical conductivity": ("electrical conductivity", _KAPPA),
    "figure of merit": (_ZT,),
    "thermoelectric property": (_ZT,),
    "magnetic field strength": (),
    "strain": (),
    "capacitance": ("capacitance", "specific capacitance", "areal capacitance"),
    "critical field": ("critical field", "upper critical field"),
    "phase transition temperature": (_SUPER, _CURIE, _NEEL, "phase transition temperature"),
    "coercivity": ("coercivity", "coercive electric field"),
    "leakage current": ("leakage current", "current density"),
    "formation energy": ("formation energy", "enthalpy of formation"),
    "homo-lumo gap": ("homo-lumo gap",),
}
_PATTERNS = {
    "tc": r"\bT_?\{?[cC]\}?(?:s\b|(?=zero|onset|max|mid|high)|(?![A-Za-z0-9]))"
    r"(?:[_^ ]?[({]?(?:onset|zero|mid|max|high|low)\b[)}]?)?",
    "tn": r"\bT_?\{?N\}?[12]?(?![A-Za-z])|\bN[ée]el (?:temperature|point|transition)s?",
    "curie": r"\bCurie (?:temperature|point|transition)s?",
    "critical": r"\b(?:critical|transition|ordering) temperatures?(?: of superconductivity)?",
    "gap": r"\b(?:[Bb]and[- ]?)?[Gg]ap(?:s|width)?\b(?: (?:energy|energies|values?|width))?"
    r"|\bE_?\{?[gG]\}?(?![A-Za-z0-9])|\b[Bb]andgap(?:s|width)?\b(?: energy| energies)?",
    "zt": r"\b[zZ]\.?T(?:_?\{?(?:max|avg|ave|peak)\}?|s)?(?![A-Za-z])"
    r"|\b[Ff]igures?[- ]of[- ]merits?",
    "seebeck": r"\b[Ss]eebeck(?: coefficients?| values?)?\b|\b[Tt]hermopowers?\b"
    r"|\b[Tt]hermoelectric powers?\b(?! factor)|\bS(?:_?(?:xx|max|\{max\}))?(?= ?[=≈~])",
    "kappa": r"\b[Tt]hermal conductivit(?:y|ies)\b|[κ𝜅](?:_?\{?[A-Za-z]{1,4}\}?)?(?!\w)"
    r"|\bkappa\w{0,4}\b|\bk_?\{?(?:L|l|lat|tot|latt|e)?\}?(?= ?[=≈~])|\bλ(?= ?[=≈~])",
    "capacity": r"\b[Cc]apacit(?:y|ies)\b(?! (?:retention|fad|loss|decay|degrad|drop))",
    "mobility": r"\b[Mm]obilit(?:y|ies)\b|\b[μµ]_?\{?(?:FE|H|e|h|n|p|eff|sat|Hall)?\}?(?= ?[=≈~])",
    "super": r"\b[Ss]uperconduct(?:ivity|ing(?: transitions?)?|ors?|s)\b"
    r"|\bresistive transitions?\b|\bcritical temperatures? \(onset\)",
    "ferro": r"\b[Ff]err[io]magneti(?:c|sm|cally)(?: long-range)?"
    r"(?: orders?| ordering| phase transitions?| transitions?)*\b",
    "antiferro": r"\b[Aa]ntiferromagneti(?:c|sm|cally)(?: long-range)?"
    r"(?: orders?| ordering| phase transitions?| transitions?)*\b|\bAFM (?:order\w*|transition)",
    "magnetic": r"\b(?:long[- ]range )?[Mm]agnetic(?:ally)? (?:order(?:s|ing|ed)?|transitions?)\b"
    r"|\borders? magnetically\b",
    "over": r"\b[Oo]verpotentials?\b",
    "ferroel": r"\b[Ff]erroelectric(?:ity)?(?: phase)? transitions?\b",
}
_CUES = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS.items()))
_NAMES: dict[str, tuple[str, ...]] = {
    "tn": (_NEEL,),
    "curie": (_CURIE,),
    "gap": (_GAP,),
    "zt": (_ZT,),
    "seebeck": (_SEEBECK,),
    "kappa": (_KAPPA,),
    "capacity": (*_CAPACITIES, "adsorption capacity"),
    "mobility": (_MOBILITY,),
    "super": (_SUPER,),
    "ferro": (_CURIE,),
    "antiferro": (_NEEL,),
    "magnetic": (_MAGNETIC,),
    "ferroel": (_FERRO,),
    "over": ("overpotential",),
}
_TRUST = {"super": -0.6, "ferro": -0.9, "antiferro": -0.7, "magnetic": -0.5, "ferroel": -0.3}
# What makes another property of the words behind it.
_BARRED = {
    _GAP: re.compile(
        r"(?:superconducting|spin|wave|pseudo|photonic|phononic|phonon|pairing|acoustic|magnon"
        r"|excitation|hybridi[sz]ation|vdW|Waals|Landau[- ]level|air|nano|tunnel\w*|Kondo|mini"
        r"|interlayer|mobility|rotational|sub|density|CDW|SDW|Haldane|triplet|singlet|green"
        r"|anisotropy|BCS|nodal|isotropic|s-wave|zero-energy|many-body"
        r"|crossover|minigap|proximity|induced)[- ]?(?:energy )?$",
        re.IGNORECASE,
    ),
    _SEEBECK: re.compile(r"\b(?:spin|magnon|valley)(?:-dependent)?[- ]$", re.IGNORECASE),
    _ZT: re.compile(
        r"\b(?:quality|optical|unipolar|Baliga'?s?|device|sensing|saved|plasmonic|Johnson\w*"
        r"|power|magnet\w*|transparent|conduct\w*|switching|detection|nonlinear)[- ]$",
        re.IGNORECASE,
    ),
    _SUPER: re.compile(
        r"\b(?:glass|structural|martensitic|insulator|metal|spin|reorientation|Verwey|CDW|wave"
        r"|melting|phase|smectic|nematic|order|disorder|crystalli[sz]ation|ductile|brittle|charge|BKT|KT"
        r"|Thouless|percolation|superfluid|condensation|condensate|liquid)"
        r"[- ](?:to[- ]\w+ )?(?:phase )?$",
        re.IGNORECASE,
    ),
    _MOBILITY: re.compile(r"\b(?:ion|ionic|boundary|dislocation|wall|proton)[- ]$", re.IGNORECASE),
}
_FALSE_HEADS = frozenset(
    """superconducting photonic spin phononic pseudo magnon valley ion ionic boundary wall optical
    unipolar device quality sensing power-saved nernst planar anomalous minimum glass""".split()
)
_FAR = 10**9
_NOT_GAP = re.compile(r"\bgaps? (?:between (?:the )?(?:electrode|layer|plate)|size|distance)")
_BOWING = re.compile(
    r"[- ](?:bowing|engineering|openings?(?! (?:of|as|up to)\b)|shifts?"
    r"|reductions?|changes?|differences?|variations?"
    r"|narrowing|widening|retention|fad\w+|decay|loss\w*|renormali[sz]ation|factor|splitting"
    r"|enhancement|improvement|increase|decrease|anisotropy|ratio|limit|tun\w+)\b"
)
_DEFINED = re.compile(r" ?\(([A-Za-zα-ωΑ-Ωµ][\w*,^{}]{0,7})\)")


def describe(text: str, mentions: Sequence[Mention]) -> Context:
    """Return what a text says about the symbols in it."""
    words = text.lower()
    counts = [(len(pattern.findall(words)), name) for name, pattern in _ORDERS]
    transitions = [name for count, name in sorted(counts, key=lambda c: -c[0]) if count]
    orders = [name for name in transitions if name != _NEEL]
    return Context(
        orders=(*orders, _NEEL) if orders else _unknown_order(words),
        transitions=tuple(transitions) or (_SUPER if _is_paired(words) else _PHASE,),
        symbols=_symbols(text, mentions),
        words=words,
    )


def _unknown_order(words: str) -> tuple[str, ...]:
    """Return what `Tc` may be in a text that speaks of no order."""
    if _is_paired(words):
        return (_SUPER, _CURIE)
    return (_MAGNETIC if "magnet" in words else _PHASE,)


def _is_paired(words: str) -> bool:
    return any(told in words for told in _PAIRED)


def _symbols(text: str, mentions: Sequence[Mention]) -> dict[str, str]:
    """Return the symbols that stand in brackets behind a property."""
    symbols: dict[str, str] = {}
    for mention in mentions:
        if mention.label != "PRO":
            continue
        if match := _DEFINED.match(text, mention.end):
            names = _term_names(mention.norm, mention.text)
            if names and (names != (_ZT,) or "thermoelectric" in text):
                symbols.setdefault(match.group(1), names[0])
    return symbols


def find_cues(
    text: str, start: int, end: int, properties: Iterable[tuple[int, Mention]], context: Context
) -> list[Cue]:
    """Return what names a property between two offsets, in the order of the text.

    Args:
        text: the whole text.
        start: where to begin.
        end: where to stop.
        properties: the positions and mentions with the label PRO there.
        context: of the whole text.
    """
    found = [_mention_cue(text, position, mention, context) for position, mention in properties]
    taken = sorted((cue.start, cue.end) for cue in found if cue.names)
    found += [cue for cue in _own_cues(text, start, end, context) if not _inside(cue, taken)]
    found.sort(key=lambda cue: (cue.start, -cue.end))
    return found


def _inside(cue: Cue, taken: Sequence[tuple[int, int]]) -> bool:
    # Mentions hardly overlap, so only those that begin shortly before need a look.
    last = bisect_right(taken, (cue.start, _FAR))
    return any(cue.end <= end for _, end in taken[max(0, last - 3) : last])


def _mention_cue(text: str, position: int, mention: Mention, context: Context) -> Cue:
    """Return the cue of a mention, which may be of an unknown property."""
    names = _mention_names(mention, context)
    if names and (_BOWING.match(text, mention.end) or _barred(text, mention.start, names[0])):
        names = ()
    match = _CUES.fullmatch(mention.text)
    trust = _TRUST.get(match.lastgroup or "", 0.0) if match else 0.0
    return Cue(mention.start, mention.end, names, position, trust)


def _barred(text: str, start: int, name: str) -> bool:
    """Say whether the word before makes another property: `spin gap`."""
    pattern = _BARRED.get(_SUPER if name in (_CURIE, _FERRO) else name)
    return bool(pattern and pattern.search(text, max(0, start - 24), start))


def _mention_names(mention: Mention, context: Context) -> tuple[str, ...]:
    """Return the names that a mention may stand for."""
    if mention.text in context.symbols:
        return (context.symbols[mention.text],)
    match = _CUES.fullmatch(mention.text)
    if match and match.lastgroup in ("tc", "critical"):
        return _kind_names(match.lastgroup, mention.text, context)
    if match and match.lastgroup in ("gap", "zt"):
        return _kind_names(match.lastgroup, mention.text, context)
    if names := _term_names(mention.norm, mention.text):
        if names == (_ZT,) and not _is_thermoelectric(context):
            return ()
        if names[0] == _SUPER and names == _SIBLINGS["phase transition temperature"]:
            return (*context.transitions, "phase transition temperature")
        return names
    return _kind_names(match.lastgroup or "", mention.text, context) if match else ()


def _kind_names(kind: str, text: str, context: Context) -> tuple[str, ...]:
    """Return the names that a symbol or phrase of one kind stands for in a text."""
    if kind in ("tc", "critical"):
        return context.orders if kind == "tc" else context.transitions
    if kind == "gap" and text.startswith("gap") and context.orders[0] == _SUPER:
        return ("superconducting gap",) if "supercond" in context.words else (_GAP,)
    if kind == "zt" and "igure" in text and not _is_thermoelectric(context):
        return ()
    return _NAMES[kind]


def _is_thermoelectric(context: Context) -> bool:
    return any(word in context.words for word in ("thermoelectric", "seebeck", "thermopower"))


@lru_cache(maxsize=16384)
def _term_names(norm: str | None, text: str) -> tuple[str, ...]:
    """Return the names of terms with a unit that a norm, or the end of it, stands for."""
    words = (norm or text).lower().split()
    for skipped in range(min(len(words), 4)):
        if skipped and words[skipped - 1] in _FALSE_HEADS:
            return ()
        term = find_term(" ".join(words[skipped:]), "property")
        if term is None:
            continue
        if term.name in _SIBLINGS:
            return _SIBLINGS[term.name]
        return (term.name,) if term.unit else ()
    return ()


def _own_cues(text: str, start: int, end: int, context: Context) -> Iterator[Cue]:
    """Yield symbols and turns of phrase that name a property."""
    for match in _CUES.finditer(text, start, end):
        kind = match.lastgroup or ""
        names = _kind_names(kind, match.group(), context)
        if match.group() in context.symbols:
            names = (context.symbols[match.group()],)
        aside = _BOWING.match(text, match.end()) or _NOT_GAP.match(text, match.start())
        checked = names and kind not in _TRUST
        if not aside and not (checked and _barred(text, match.start(), names[0])):
            yield Cue(match.start(), match.end(), names, None, _TRUST.get(kind, 0.0))
    if context.symbols:
        yield from _defined_cues(text, start, end, context.symbols)


def _defined_cues(text: str, start: int, end: int, symbols: dict[str, str]) -> Iterator[Cue]:
    """Yield the symbols that the text itself defines."""
    for match in _symbol_pattern(tuple(sorted(symbols, key=len, reverse=True)[:40])).finditer(
        text, start, end
    ):
        yield Cue(match.start(), match.end(), (symbols[match.group()],))


@lru_cache(maxsize=256)
def _symbol_pattern(symbols: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, symbols))})(?![\w-])")


def fitting_name(cue: Cue, value: Value) -> str | None:
    """Return the first name of a cue that a value may be of, by dimension and bounds."""
    for name in cue.names:
        if fits_term(name, value.unit, value.value):
            return name
    return None


_IMPLIED = (
    (_SEEBECK, "uV/K", ("seebeck", "thermopower", "thermoelectric power")),
    (_MOBILITY, "cm**2/(V*s)", ("mobilit",)),
    (_KAPPA, "W/(m*K)", ("thermal conduct", "heat conduct", "thermal transport")),
    ("specific capacity", "mA*h/g", ("capacit", "batter", "cell", "anode", "cathode", "electrode")),
)


def implied_name(value: Value, context: Context) -> str | None:
    """Return the property that a unit tells by itself, where the text speaks of it at all."""
    for name, unit, words in _IMPLIED:
        if reading(value.unit, unit) and fits_term(name, value.unit, value.value):
            return name if any(word in context.words for word in words) else None
    return None
