"""Where the unit behind a number ends, in running text.

A string is a candidate up to a blank, then up to the blanks behind it as long as the next word
carries on a unit (`W m^-1 K^-1`, `mΩ cm`, `μB per Mn atom`), and up to marks within a word
(`nm-thick`, `K)`). The longest candidate that reads as a unit wins, unless it is more likely
something else: an element (`2 N atoms`), a polytype (`4 H-SiC`), a word (`5 at room
temperature`), a formula (`2 VN`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from .grammar import UnitExpression, parse_unit
from .symbols import COUNTS, bases

__all__ = ["unit_at"]

_WINDOW = 72  # characters looked at, so that a text without blanks costs little

_WORD = re.compile(r"\S+")
_START = re.compile(r"[^\W\d_]|[%‰°º˚◦∘′″$€£℃℉/(√•Å^]|1/")
_MINUS = "−–‐‑-"
# What carries a unit on behind a blank: a factor with a sign in its power, a slash, a dot, a
# power alone, or what the word before leaves open.
_SIGNED = re.compile(
    rf"\(?[^\W\d_²³]{{1,9}}[._]?[a-z\d]{{0,3}}\)?(?:\^?\s?[{{(]?[{_MINUS}]\d|\^\d|⁻|[²³](?!\w))"
)
_LINK = re.compile(
    rf"[/·•∙⋅*×]|\^?[{{(]?[{_MINUS}]\d[)}}]?(?![\d.]*\d)|⁻[¹²³]"
    rf"|[23](?=\s\(?[^\W\d_]{{1,4}}\s?\^?[{{(]?[{_MINUS}]\d)"
)
_OPEN_END = re.compile(r"(?:[/·•∙⋅*]|(?<![\w)])per|(?<=[a-zA-ZΩÅ])[−])$")
_OPENED = re.compile(r"\((?![^()]*\))")
_CUT = re.compile(r"[^\w%‰°º˚◦∘′″$€£℃℉√^{}·⋅²³⁻¹]|·(?=[^\w(√]|$)|(?<=\w)\.(?=\s|$|[A-Z])")
_CLOSERS = ".,;:!?)]}'’\"”"
_AHEAD = re.compile(r"(?:°|º|˚|◦|∘|[dD]eg\.?|DEG|[dD]egrees?)$")
_FRACTIONS = re.compile(r"(?:at|wt|mol|vol|mass|weight|atomic|mole|volume|per)\.?-?$")
# A power that a blank sets apart (`mg/cm 2`), if no other value begins with it.
_AREA = re.compile(r"/[cmnkμµ]?m$")
_POWER_APART = re.compile(
    r"[23](?=[.,;:)\]]*$|[.,;:)\]]+\s|\s(?!min\b|days?\b|hours?\b|times\b|months?\b)[a-z]{2,})"
)
# Words that follow another unit without a mark: `mΩ cm`, `electron volts`.
_SHORT = re.compile(
    r"(?:[kmcμµn]?m(?:\^?[{(]?(?:1/2|0\.5)[)}]?)?|h|hrs?|s|K[24]?|C|g|L|Oe|T|mol|√m|f\.u\.?"
    r"|units?|cells?|atoms?|meters?|volts?|hours?|years?|magnetons?|ohms?)(?![\w^])"
)

# Pairs of factors without powers: others are two things that happen to stand side by side.
_PAIRS = frozenset(
    {
        *((energy, "h") for energy in ("W", "A", "V")), *(("Ω", unit) for unit in ("m", "Ah")),
        ("N", "m"), ("Pa", "s"), ("V", "s"), ("T", "m"), ("Pa", "m"), ("W", "s"), ("J", "s"),
        ("C", "m"), ("V", "cm"), ("Hz", "m"), ("dyn", "m"), ("A", "m"), ("Pa", "L"),
        ("S", "m"), ("m", "K"), ("V", "A"), ("J", "m"), ("T", "s"), ("Torr", "L"), ("kgf", "m"),
    }
)  # fmt: skip
_SIDE_BY_SIDE = frozenset(
    {
        *((energy, "h") for energy in ("W", "A")), ("Ω", "m"), ("N", "m"), ("Pa", "s"), ("V", "s"),
        ("T", "m"), ("m", "K"), ("g", "K"), ("mol", "K"), ("Hz", "m"), ("V", "m"), ("Pa", "m"),
        ("W", "s"), ("u", "c"), ("m", "Oe"),
    }
)  # fmt: skip

# Spellings that are words, symbols or labels more often than units where nothing follows them.
_RISKY = frozenset(
    """a as at am in us c d e k l u y b P R U H B t ha kn kt mi gal oz mo wk cell cells site sites
    count counts atom atoms ion ions electron electrons photon photons molecule molecules
    particle particles grain grains proton protons neutron neutrons vacancy vacancies defect
    defects formula formulas square squares sq dec spin spins mag dex bp IU UI M_⊙ ' " ′ ″ ′′ ''
    at. in. deg. rev revs u.c. f.u. fu uc u.c f.u unit-cell electron-charge pc cc as. au me pH
    a0 Eh E_h Gs gm sec. y. Cal Hr h_P R_gas Ang ang""".split()
)
_ELEMENTS = frozenset("H B C N O F P S K V Y I W U".split())
_NOUNS = re.compile(
    r"[\s-]\s?(?:NMR|(?:dop|vacanc|substit|impurit|interstit)\w*|(?:atom|ion|site|adatom|orbital|"
    r"content|concentration|isotope|nucle\w|precursor|source)s?\b)"
)
_ABBREVIATED = re.compile(r"(?:[fF]\.\s?[uU]|u\.\s?c)\.$")
_UNDER_ONE = re.compile(
    r"/\s?(?:\(|(?:[kcmnμµ]?m|Å|s|h|min|hour|day|year|yr|kWh|mol|K|m?eV|m?[gL]|V ?s|Vs)(?![^\W\d])"
    r"|(?:atom|f\.?u|unit|cell|site|ion))"
)
_HYPHENED = re.compile(r"([^\W\d]+)\s?[-–−](\d+)\s?([^\W\d]*)(?![.\d])")
# Letters that stand together with no sign of a power behind them: `mAh`, `Vs`, but also words.
_RUN = re.compile(rf"[^\W\d_]{{2,}}(?!\^?\s?[{{(]?[⁻{_MINUS}]\s?[\d¹²³⁴])(?![^\W\d_])")
_SIZES = re.compile(
    r"-(?:thick|wide|long|deep|high|tall|large|range|scale|sized?|class|step|diameter|radius|"
    r"period|pulse|anneal|aged|treat|field|bias|gap|gate|plateau|level|resolution|order|spaced|"
    r"per|node|channel|barrier|and|to|or|film|layer|rate|day|cycle|light|laser|excitation)"
)
_POLYTYPES = re.compile(r"[-′']?\s?(?:phase|polytype|polymorph|structure|-?Ta[SX]|\()")


def unit_at(text: str, position: int) -> int | None:
    """Return the end of the unit that begins at a position, or None if none does.

    The position is behind a number and the blank that may follow it.
    """
    if not _START.match(text, position):
        return None
    window = text[position : position + _WINDOW]
    before = text[max(position - 7, 0) : position]
    length = _length(window, before)
    return None if length is None else position + length


@lru_cache(maxsize=2048)
def _length(window: str, before: str) -> int | None:
    """Return the length of the unit that a window begins with."""
    for end in _ends(window):
        expression = parse_unit(window[:end])
        if expression is None or not expression.factors:
            continue
        if _plausible(expression, window, end, before):
            return end
    return None


def _ends(window: str) -> Iterator[int]:
    """Yield where a unit may end, the longest candidate first."""
    words = [word.span() for word in _WORD.finditer(window)]
    last = 0
    while last + 1 < len(words) and last < 6 and _carries_on(window, words, last):
        last += 1
    seen = set[int]()
    for number in range(last, -1, -1):
        start, end = words[number]
        for stop in (*_stops(window, start, end), *_percents(window, number, words)):
            if stop not in seen and stop:
                seen.add(stop)
                yield stop


def _stops(window: str, start: int, end: int) -> list[int]:
    """Return the ends within one word: without its last marks, then before each mark."""
    closed = end
    while closed > start and window[closed - 1] in _CLOSERS and not _needed(window, closed):
        closed -= 1
    cuts = [found.start() for found in _CUT.finditer(window, start, closed)]
    whole = [end] if _ABBREVIATED.search(window[:end]) else []
    return [*whole, closed, *(cut for cut in reversed(cuts[:6]) if cut > start)]


def _needed(window: str, closed: int) -> bool:
    """Tell whether a closing mark has its opening one in the unit, as in `W/(m K)`."""
    opener = {")": "(", "]": "[", "}": "{"}.get(window[closed - 1])
    return opener is not None and window.count(opener, 0, closed) >= window.count(
        window[closed - 1], 0, closed
    )


def _percents(window: str, number: int, words: list[tuple[int, int]]) -> list[int]:
    """Return the end behind a sign of per cent that a blank sets apart."""
    if number + 1 < len(words) and window[words[number + 1][0]] == "%":
        return [words[number + 1][0] + 1]
    return []


def _carries_on(window: str, words: list[tuple[int, int]], number: int) -> bool:
    """Tell whether the next word may belong to the same unit."""
    (start, end), (following, stop) = words[number], words[number + 1]
    word, after = window[start:end], window[following:stop]
    linked = _SIGNED.match(after) or _LINK.match(window, following)
    if word[-1] in ",;:)]" and not linked:
        return False
    if _OPENED.search(window[:end]) or _OPEN_END.search(word):
        return True
    if linked or after == "per":
        return True
    if _AHEAD.search(word):
        return after[:1] in "CFKck"
    if _AREA.search(word) and _POWER_APART.match(window, following):
        return True
    if _FRACTIONS.search(word) and after.startswith(("%", "percent", "cent")):
        return True
    return _SHORT.match(after) is not None


def _plausible(expression: UnitExpression, window: str, end: int, before: str) -> bool:
    """Tell whether a reading is likely to be a unit in this place."""
    text, after = window[:end], window[end:]
    if after[:1].isalnum() or after[:1] in ("_", "^", "+") or _broken(text, after):
        return False
    if len(expression.factors) == 1 and not expression.powers:
        return _alone(text, after, before)
    if expression.factors[0].unit in COUNTS or text.startswith(("a ", "in ", "as ", "c ")):
        return False
    if _is_range(text, after) or _is_odd(expression, text):
        return False
    return _signed_or_paired(expression, text)


def _is_odd(expression: UnitExpression, text: str) -> bool:
    """Tell whether a reading has what only formulas and words have: runs, henries, `/T1`."""
    if any(factor.unit in ("H", "B") and not factor.prefix for factor in expression.factors):
        return True
    if expression.factors[0].unit == "e" and expression.factors[0].power > 2:
        return True
    if text[0] in "%(" and not re.match(r"%(?:/| per )|\([^()]+\)\s?\^?[{(]?[-−–⁻]", text):
        return True
    if text[0] == "/" and not _UNDER_ONE.match(text):
        return True
    return any(
        _is_word(run[0]) and not (run[0] == "Km" and text[run.start() - 1] == "/")  # `W/Km`
        for run in _RUN.finditer(text)
    )


@lru_cache(maxsize=2048)
def _is_word(run: str) -> bool:
    """Tell whether letters read as several units that are never written together."""
    found = parse_unit(run)
    if found is None or len(found.factors) < 2:
        return False
    units = [factor.unit for factor in found.factors]
    return not all(pair in _SIDE_BY_SIDE for pair in pairwise(units))


def _is_range(text: str, after: str) -> bool:
    """Tell whether what looks like a power ends a range: `5 K-10 K`."""
    found = _HYPHENED.match(text)
    if found is None:
        return False
    return int(found[2]) > 4 or (found[3] or after.lstrip()).startswith(found[1][-1])


def _broken(text: str, after: str) -> bool:
    """Tell whether a word goes on behind the reading in a way that no unit does."""
    if after[:1] == "-" and after[1:2].isalpha():
        return len(text) == 1 and not _SIZES.match(after)
    if after[:1] == "/" and after[1:2].isupper():
        return len(text) == 1
    return after[:1] in "([{" and after != "" and len(text) == 1 and text.isalpha()


def _alone(text: str, after: str, before: str) -> bool:
    """Tell whether a spelling by itself is a unit here."""
    if text in _RISKY:
        return False
    if text in _ELEMENTS and _NOUNS.match(after):
        return False
    if text in ("D", "d", "s", "p", "f") and re.search(r"(?:^|[^\d.])\d\s?$", before):
        return text == "s" and before.endswith(" ")
    glued = before[-1:].isdigit()
    if text in ("T", "M", "R") and glued and _POLYTYPES.match(after):
        return False
    return not (glued and len(text) == 1 and _is_label(text, before, after))


def _is_label(text: str, before: str, after: str) -> bool:
    """Tell whether a letter glued to a number names something: `Fm-3m`, `19F`, `AM 1.5G`."""
    if text in ("F", "N", "S", "O") or re.search(r"[A-Za-z]-\d+$", before):
        return True
    if text == "m":
        return re.search(r"(?<!\d)[-−\u0305/]\s?\d{1,3}$", before) is not None
    if text == "G":
        return re.search(r"(?:1\.5|(?<![\d.])\d|-\d\d)$", before) is not None
    return text == "s" and (re.search(r"\d\d0$", before) is not None and after[:3] != " at")


def _signed_or_paired(expression: UnitExpression, text: str) -> bool:
    """Tell whether several factors, or one with a power, are joined as those of units are."""
    if any(mark == "/" or mark[:1] in "−–‐‑-⁻" for mark in expression.powers) or " per " in text:
        return True
    first = expression.factors[0]
    if len(expression.factors) == 1:
        lengths = first.unit in ("m", "Å", "a_0", "in", "ft")
        return lengths and (bool(first.prefix) or first.power in (2, 3))
    units = [factor.unit for factor in expression.factors]
    pairs = pairwise(units)
    glued = text.isalpha()
    allowed = _SIDE_BY_SIDE if glued else _PAIRS
    return all(pair in allowed for pair in pairs) and all(unit in bases() for unit in units)
