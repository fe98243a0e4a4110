"""Acronyms and the long forms that a text defines for them.

After Schwartz & Hearst (Pacific Symposium on Biocomputing 2003, 451): a short form stands
in brackets behind its long form, or before it. What differs here:

- letters are aligned with words by least cost, not from the right at the first fit: the
  beginning of a word costs nothing, a letter inside a word or a word passed over costs
  (`_alignment`), and what costs too much is no definition;
- words behind the last one that gave a letter are not part of the long form, unless they
  name what it is (`_HEADS`: `Fourier transform infrared spectroscopy (FTIR)`);
- an element's name also gives its symbol (`lead zirconate titanate (PZT)`), a number word
  its digit, `-ate` and `-ite` an oxygen that is not said (`bismuth ferrite (BFO)`);
- a formula gives the initials of its elements (`Pb(Zr,Ti)O3 (PZT)`, `(BFO) BiFeO3`).
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from .elements import ELEMENT_NAMES, word_set
from .formulas import is_formula_word, parse_formula

__all__ = ["Acronym", "find_acronyms"]


class Acronym(NamedTuple):
    """A short form and the long form that its text defines: half-open character offsets."""

    short: str
    long: str
    start: int
    end: int
    long_start: int
    long_end: int


class _Unit(NamedTuple):
    """A word, or a part of a hyphened one, with the letters that may stand for it."""

    start: int
    end: int
    text: str
    initials: str
    passing: float


_HYPHENS = ("-", "‐", "‑", "–")
_MOST_BRACKETS = 5000
_LONGEST_INNER = 150
_LONGEST_WINDOW = 220
_LONGEST_SHORT = 14
_OPENING = re.compile(r"[(\[]")
_SHORT = re.compile(r"[^\W_](?:[^\W_]|[-‐‑–/+&.:@*](?=[^\W_])){1,13}")
_WORD = re.compile(r"[^\W_]+")
_CHUNK = re.compile(r"\S+")
_LEAD = re.compile(
    r"(?:(?:hereafter|henceforth|hereinafter|hence|also|or|i\.e\.|so-called|abbreviated|denoted|"
    r"called|known|termed|referred|to|as|by|the|acronym|abbreviation|in|short|further)[,:]?\s+)+"
)
_QUOTES = " \t\n'\"‘’“”`"
_SENTENCE_END = re.compile(r"[;!?\n]|[.:,](?=\s+[A-Z][a-z]+\s)|\.\s")
_PARENTHESIS = re.compile(r"(?:^|(?<=\s))[(\[][^()\[\]]*[)\]](?=[\s,.;:]|$)")
_ROMAN = re.compile(r"[IVX]+[abc]?")

_STOP = word_set("a an the of and in on for to with by from or at as via into per de & its under")
_NUMBERS = {
    "one": "1", "single": "1", "two": "2", "bi": "2", "di": "2", "double": "2", "three": "3",
    "tri": "3", "triple": "3", "four": "4", "five": "5", "six": "6", "cross": "x", "trans": "x",
    "and": "&", "alpha": "α", "beta": "β", "gamma": "γ", "micro": "µμ", "muon": "µμ", "mu": "µμ",
    "delta": "δ", "omega": "ω", "sigma": "σ", "pi": "π", "theta": "θ",
}  # fmt: skip
# Words behind the last letter that still belong to the long form.
_HEADS = re.compile(
    r"(?:spectr\w+|microscop\w+|diffract\w+|scattering|analys\w+|method|calorimetr\w+|imaging|"
    r"deposition|epitaxy|sintering|effect|material|oxide|alloy|polymer|acid)s?"
)
_FORM = re.compile(
    r"micro|nano|photo|thermo|electro|magneto|opto|piezo|pyro|ferro|ferri|antiferro|anti|hetero|"
    r"homo|poly|mono|tri|tetra|di|bi|multi|super|supra|semi|hyper|inter|intra|infra|ultra|sub|"
    r"trans|cathodo|electro|chemi|radio|spectro|mechano|hydro|solvo|meta|pseudo|per|auto|cryo|"
    r"aero|bio|cyto|ionic|organo|gravi|volta|therm|chrono|dodeca|hexa|octa|fluoro|chloro|vinyl|"
    r"methyl|ethyl|butyl|styrene|phenyl|carbo|amino|oxy|back|wave|net|time|band|data|work"
)
_INSIDE, _NEXT, _AFTER_FORM, _SYMBOL = 0.8, 0.35, 0.2, 0.05
_STOP_START = 0.3
_BUDGET = 0.42


def find_acronyms(text: str) -> list[Acronym]:
    """Return the definitions of acronyms in a text, in the order of their short forms.

    Args:
        text: any text; nothing is found in one without brackets, nor behind its 5,000th:
            that is a table, no prose.
    """
    found: list[Acronym] = []
    for match in islice(_OPENING.finditer(text), _MOST_BRACKETS):
        inner = _inner(text, match.start())
        if inner is not None:
            found.extend(_at_bracket(text, match.start(), *inner))
    return found


def _inner(text: str, opening: int) -> tuple[int, int] | None:
    """Return where the content of a bracket lies, or None where it is not closed soon."""
    depth = 0
    for i in range(opening, min(len(text), opening + _LONGEST_INNER)):
        if text[i] in "([":
            depth += 1
        elif text[i] in ")]":
            depth -= 1
            if not depth:
                return opening + 1, i
    return None


def _at_bracket(text: str, opening: int, start: int, end: int) -> Iterator[Acronym]:
    """Yield what a bracket defines: short forms inside it, or the one before it."""
    found = False
    for low, high in _short_forms(text, start, end):
        span = _long_before(text, opening, text[low:high]) or _formula_after(
            text, end + 1, text[low:high]
        )
        if span is not None:
            found = True
            yield Acronym(text[low:high], text[slice(*span)], low, high, *span)
    if not found:
        yield from _short_before(text, opening, start, end)


def _short_forms(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a bracket's content that look like short forms."""
    for part in re.finditer(r"[^,;=]+", text[start:end]):
        if len(part.group()) > 60:
            continue
        whole = text[start + part.start() : start + part.end()]
        for piece in re.finditer(r"(?:(?! (?:and|or) ).)+", whole, re.S):
            low, high = start + part.start() + piece.start(), start + part.start() + piece.end()
            low, high = _trimmed(text, low, high)
            if lead := _LEAD.match(text, low, high):
                low, high = _trimmed(text, lead.end(), high)
            if _is_short(text[low:high]):
                yield low, high


def _trimmed(text: str, low: int, high: int) -> tuple[int, int]:
    """Return the stretch without blanks and quotes at its ends."""
    while low < high and text[low] in _QUOTES:
        low += 1
    while low < high and text[high - 1] in _QUOTES:
        high -= 1
    return low, high


def _is_short(word: str) -> bool:
    """Say whether a word may be a short form: letters enough, capitals or very short."""
    if not 2 <= len(word) <= _LONGEST_SHORT or not _SHORT.fullmatch(word):
        return False
    letters = sum(c.isalpha() for c in word)
    if not letters or letters < len(word) / 3 or _ROMAN.fullmatch(word):
        return False
    if any(c.isupper() for c in word):
        return True
    return 2 < len(word) < 6 and letters == len(word)


def _letters(short: str) -> str:
    """Return the characters of a short form that a long form must give, in lower case."""
    if len(short) > 2 and short[-1] == "s" and short[-2].isupper():
        short = short[:-1]
    return "".join(c for c in short.lower() if c.isalnum() or c == "&")


def _long_before(text: str, opening: int, short: str) -> tuple[int, int] | None:
    """Return the long form that ends at a bracket with a short form, or None."""
    end = opening
    while end and text[end - 1] in _QUOTES:
        end -= 1
    start = _window_start(text, max(0, end - _LONGEST_WINDOW), end)
    formula = _formula_before(text, start, end, short)
    if formula is not None:
        return formula
    letters = _letters(short)
    units = _units(text, start, end)[-max(2 * len(letters), len(letters) + 5) :]
    return _words_before(text, units, short, letters, end)


def _words_before(
    text: str, units: Sequence[_Unit], short: str, letters: str, end: int
) -> tuple[int, int] | None:
    """Return the words, at the end of the units, that give the letters of a short form."""
    if any(text[unit.start : unit.end] == short for unit in units):
        return None
    best = _best(letters, units, strict=_is_plain(short))
    if best is None and letters[-1] == "o" and any(u.text.endswith(("ate", "ite")) for u in units):
        best = _best(letters[:-1], units, strict=True)
    if best is None:
        return None
    first, last = best
    return _stretch(text, units, first, last, end)


def _best(letters: str, units: Sequence[_Unit], *, strict: bool) -> tuple[int, int] | None:
    """Return the first and last unit of the cheapest alignment, nearest to the end."""
    if len(letters) < 2:
        return None
    n = len(units)
    if n >= len(letters) and all(
        c == unit.text[0] for c, unit in zip(letters, units[n - len(letters) :], strict=True)
    ):
        return n - len(letters), n - 1
    costs = _alignment(letters, units)
    budget = 0.0 if strict else 0.2 + _BUDGET * len(letters)
    choices = [(cost, -first, last) for first, (cost, last) in costs.items() if cost <= budget]
    if not choices:
        return None
    _, first, last = min(choices)
    return -first, last


def _alignment(letters: str, units: Sequence[_Unit]) -> dict[int, tuple[float, int]]:
    """Return, for each unit where a long form may begin, its least cost and its last unit.

    Dynamic programming from the right: `after[j]` is the cheapest way in which the units
    behind the present one give `letters[j:]`.
    """
    m, infinite = len(letters), (1e9, -1)
    after: list[tuple[float, int]] = [infinite] * m + [(0.0, len(units) - 1)]
    starts: dict[int, tuple[float, int]] = {}
    for k in range(len(units) - 1, -1, -1):
        unit = units[k]
        now = [(cost + unit.passing, last) for cost, last in after]
        # Nothing more is asked for: the long form ends before this unit.
        now[m] = (after[m][0] + unit.passing, k - 1)
        for j in range(m):
            for taken, price, initial in _prices(unit, letters[j : j + 5]):
                cost, last = after[j + taken]
                if j == 0 and initial:
                    price += _STOP_START if unit.text in _STOP else 0.0
                    starts[k] = min(starts.get(k, infinite), (cost + price, last))
                if j and cost + price < now[j][0]:
                    now[j] = (cost + price, last)
        now[0] = infinite
        after = now
    return starts


def _prices(unit: _Unit, letters: str) -> Iterator[tuple[int, float, bool]]:
    """Yield how many of the letters a unit may give, at what cost, and if from its initial."""
    word, price, at = unit.text, 0.0, 0
    initial = letters[0] in unit.initials
    if initial:
        price = 0.0 if letters[0] == word[0] else _SYMBOL
    else:
        at = word.find(letters[0], 1)
        if at < 0:
            return
        price = _inside(word, at)
    yield 1, price, initial
    for taken, letter in enumerate(letters[1:], start=2):
        where = at + 1 if word[at + 1 : at + 2] == letter else word.find(letter, at + 1)
        if where < 0:
            return
        price += _NEXT if where == at + 1 else _inside(word, where)
        at = where
        yield taken, price, initial


@lru_cache(maxsize=4096)
def _breaks(word: str) -> frozenset[int]:
    """Return where combining forms of a word end: `photo|luminescence`."""
    return frozenset(match.end() for match in _FORM.finditer(word))


def _inside(word: str, at: int) -> float:
    return _AFTER_FORM if at in _breaks(word) else _INSIDE


def _units(text: str, start: int, end: int) -> list[_Unit]:
    return [_unit(text, match) for match in _WORD.finditer(text, start, end)]


def _unit(text: str, match: re.Match[str]) -> _Unit:
    word, initials, passing = _word(match.group())
    # The second part of a hyphened word may well be silent: `X-ray` gives an X.
    if match.start() and text[match.start() - 1] in "-‐‑–'’" and passing:
        passing = 0.4
    return _Unit(match.start(), match.end(), word, initials, passing)


@lru_cache(maxsize=16384)
def _word(written: str) -> tuple[str, str, float]:
    """Return a word in lower case, the letters that it may begin with, its cost if silent."""
    word = written.lower()
    initials = word[0] + _NUMBERS.get(word, "")
    if word.startswith("ex"):
        initials += "x"
    if symbol := ELEMENT_NAMES.get(word):
        initials += symbol[0].lower()
    passing = 0.05 if word in _STOP else 1.0
    return word, initials, passing


def _is_plain(short: str) -> bool:
    """Say whether a short form lacks what makes one sure: then each word must begin with it."""
    return sum(c.isupper() or c.isdigit() for c in short) < 2


def _stretch(
    text: str, units: Sequence[_Unit], first: int, last: int, limit: int
) -> tuple[int, int]:
    """Return the offsets of a long form: whole hyphened words, its heads, closed brackets."""
    rest = units[last + 1 :]
    if rest and len(rest) < 3 and _HEADS.fullmatch(rest[-1].text):
        last = len(units) - 1
    while first and text[units[first - 1].end : units[first].start] in _HYPHENS:
        first -= 1
    while last + 1 < len(units) and text[units[last].end : units[last + 1].start] in _HYPHENS:
        last += 1
    start, end = units[first].start, units[last].end
    unclosed = text.count("(", start, end) - text.count(")", start, end)
    while unclosed > 0 and end < limit and text[end] in ")]":
        unclosed -= 1
        end += 1
    return start, end


def _window_start(text: str, start: int, end: int) -> int:
    """Return where a long form may begin at the earliest: behind sentences and brackets."""
    for pattern in (_SENTENCE_END, _PARENTHESIS):
        for match in pattern.finditer(text, start, end):
            start = max(start, match.end())
    return start


def _formula_before(text: str, start: int, end: int, short: str) -> tuple[int, int] | None:
    """Return the formula, up to two words before `end`, that a short form stands for."""
    chunks = list(_CHUNK.finditer(text, start, end))[-3:]
    for chunk in reversed(chunks):
        if span := _formula_span(text, chunk.start(), chunk.end(), short):
            return span
    return None


def _formula_after(text: str, start: int, short: str) -> tuple[int, int] | None:
    """Return the formula behind a bracket that a short form stands for."""
    chunk = _CHUNK.search(text, start, start + 80)
    if chunk is None or text[start : chunk.start()].strip(" "):
        return None
    return _formula_span(text, chunk.start(), chunk.end(), short)


def _formula_span(text: str, low: int, high: int, short: str) -> tuple[int, int] | None:
    """Return where a formula stands in a chunk, if the short form gives its elements."""
    high -= len(text[low:high]) - len(text[low:high].rstrip(".,;:"))
    formula = text[low:high]
    if formula == short or not is_formula_word(formula):
        return None
    if is_formula_word(short) and parse_formula(short) is not None:
        return None
    return (low, high) if _gives_elements(formula, short) else None


def _gives_elements(formula: str, short: str) -> bool:
    """Say whether the letters of a short form are, in order, initials of the elements."""
    parsed = parse_formula(formula)
    letters = [c for c in short if c.isupper()]
    if parsed is None or len(parsed.amounts) < 2 or len(letters) < 2:
        return False
    symbols = iter(re.findall(r"[A-Z][a-z]?", formula))
    return all(any(symbol[0] == letter for symbol in symbols) for letter in letters)


def _short_before(text: str, opening: int, start: int, end: int) -> Iterator[Acronym]:
    """Yield the definition `SHORT (long form)`."""
    high = opening
    while high and text[high - 1] in _QUOTES:
        high -= 1
    low = high
    while low and high - low <= _LONGEST_SHORT and not text[low - 1].isspace():
        low -= 1
    low, high = _trimmed(text, low, high)
    short = text[low:high]
    if opening - high > 2 or not _is_short(short) or _is_plain(short):
        return
    span = _long_inside(text, start, end, short)
    if span is not None:
        yield Acronym(short, text[slice(*span)], low, high, *span)


def _long_inside(text: str, start: int, end: int, short: str) -> tuple[int, int] | None:
    """Return the long form with which the content of a bracket begins, or None."""
    stop = re.compile(r"[;,=]").search(text, start, end)
    end = stop.start() if stop and not is_formula_word(text[start:end]) else end
    low, high = _trimmed(text, start, end)
    if span := _formula_span(text, low, high, short):
        return span
    letters = _letters(short)
    units = _units(text, low, high)
    if len(units) < 2 or len(letters) < 2 or len(units) > 2 * len(letters) + 2:
        return None
    cost, last = _alignment(letters, units).get(0, (1e9, -1))
    if cost > 0.2 + _BUDGET * len(letters):
        return None
    return _stretch(text, units, 0, last, high)
