"""Tokens of scientific text, and the vocabulary tokens that word vectors are trained on.

`tokenize` cuts text into tokens that keep their offsets; formulas, numbers, crystal planes
and words such as `n-type` stay whole. `training_tokens` maps each token to its vocabulary
form, after mat2vec's processing (Tshitoyan et al., Nature 571, 95, 2019): formulas become
their normal form, numbers one token, words fold case; what improves on it is said in the
comments.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from .elements import ELEMENT_NAMES, ELEMENTS, word_set
from .formulas import formula_family, is_formula_word, normalize_formula, parse_formula

__all__ = [
    "NUMBER",
    "TOKENS_VERSION",
    "Token",
    "folded_tokens",
    "spelled_tokens",
    "tokenize",
    "training_tokens",
]

TOKENS_VERSION = "2"
"""Changes when the same text may give other tokens: what was made from the old is redone."""

NUMBER = "<nUm>"
"""The vocabulary token of every number that is no crystal plane or direction."""


class Token(NamedTuple):
    """A token: `text == source[start:end]`, `end` excluded."""

    text: str
    start: int
    end: int


class _Piece(NamedTuple):
    """A token of one chunk, with its vocabulary form (None: not part of the vocabulary)."""

    start: int
    end: int
    word: str | None


_CHUNK = re.compile(r"\S+")
_PLANE = re.compile(r"[(\[{<〈⟨](?:[-−–]?\d[,.]?){3,4}[)\]}>〉⟩]")
_NUMBER = re.compile(
    r"(?:\d+(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+\-−]?\d+(?![A-Za-z]))?"
    r"(?:[×x·*]10)?(?:(?<=10)\^[({]?[+\-−–]?\d+(?:\.\d+)?[)}]?)?|\.\d+"
)
_WORD = re.compile(r"[^\W_]+(?:['’`´][^\W_]+)*")
_EXPONENT = re.compile(r"\^[({]?[+\-−–]?\d+(?:[./]\d+)?[)}]?")
_LONGEST_FORMULA = 120
_FORMULA_RUN = re.compile(r"[(\[{]*[A-Z0-9][\w.()\[\]{}/,+\-−–±·•∙⋅□^]*")
_BOUNDARY = re.compile(r"(?<=[\w)\]}+\-−–])(?![^\W_])")
_ION = re.compile(r"([A-Z][a-z]?)(\d?[+]{1,2}|\d[-−–])$")
_HYPHENS = "-\u2010\u2011"
_HYPHENATED = re.compile(r"[^\W\d_]-[a-z]{3,}")

# A number glued to one of these is a number and a unit; units also keep their case.
UNITS = word_set(
    "K mK eV meV keV MeV GeV TeV Ry Ha J kJ mJ cal kcal Hz kHz MHz GHz THz Pa kPa MPa GPa TPa "
    "bar kbar Mbar atm Torr T mT kT Oe kOe G kG mOe emu A mA μA µA nA kA V mV μV µV kV W mW μW "
    "µW kW MW Ω mΩ μΩ µΩ kΩ MΩ S mS F mF μF µF nF pF C mC μC µC nC pC N mN nN m cm mm μm µm nm "
    "pm fm km Å s ms μs µs ns ps fs min h g mg μg µg kg mol mmol M mM L mL ml ppm ppb rpm at wt "
    "vol nM kV kW mAh Ah Wh kWh dB deg °C °"
)

# Symbols that are English words or common letters: elements only in the company below.
_AMBIGUOUS = word_set("In As No At He Be Am I")
_ELEMENT_COMPANY = re.compile(
    r"-(?:doped|doping|dopants?|rich|poor|free|based|substituted|substitution|terminated|"
    r"codoped|alloyed|alloying|containing|induced|site|sites|vacanc|deficient|excess|atoms?)"
)
_CACHE_LIMIT = 400_000
_cache: dict[str, tuple[_Piece, ...]] = {}


def tokenize(text: str) -> list[Token]:
    """Cut text into tokens that keep their offsets.

    Args:
        text: any text; best cleaned by `ingest.clean.clean_text`.

    Returns:
        Tokens in order, not overlapping; together they hold every character of the text
        that is not white space.
    """
    spans = ((o + piece.start, o + piece.end) for o, pieces in _chunks(text) for piece in pieces)
    return [Token(text[start:end], start, end) for start, end in spans]


def training_tokens(text: str) -> list[str]:
    """Return the vocabulary tokens of a text, in order.

    Words are lower-cased unless they hold capitals inside (`DFT`, `pH`); element symbols
    and units keep their case; formulas are their normal form, those with free variables
    their family (`family:La-Mn-O-Sr`); numbers are `NUMBER` except in crystal planes and
    directions (`(111)`); ions keep their charge (`Eu3+`); accents are stripped. Hyphens
    between words are dropped, so that `high-temperature` and `high temperature` are one.
    """
    return [piece.word for _, pieces in _chunks(text) for piece in pieces if piece.word is not None]


def spelled_tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield the vocabulary tokens of a text with their spelling: (`BiSb3Te6`, `Bi0.5Sb1.5Te3`)."""
    for offset, pieces in _chunks(text):
        for start, end, word in pieces:
            if word is not None:
                yield word, text[offset + start : offset + end]


def folded_tokens(text: str) -> Iterator[tuple[Token, str | None]]:
    """Yield each token with its vocabulary form; None for a hyphen between words."""
    for offset, pieces in _chunks(text):
        for start, end, word in pieces:
            yield Token(text[offset + start : offset + end], offset + start, offset + end), word


def _chunks(text: str) -> Iterator[tuple[int, tuple[_Piece, ...]]]:
    """Yield the offset and the pieces of each chunk between blanks.

    Chunks follow Zipf's law, so a cache of analysed chunks does most of the work.
    """
    for match in _CHUNK.finditer(text):
        chunk = match.group()
        pieces = _cache.get(chunk)
        if pieces is None:
            pieces = tuple(_pieces(chunk))
            if len(_cache) >= _CACHE_LIMIT:
                _cache.clear()
            if len(chunk) < 100:
                _cache[chunk] = pieces
        yield match.start(), pieces


def _pieces(chunk: str) -> Iterator[_Piece]:
    """Cut one chunk without blanks into pieces, longest sensible match first."""
    i = 0
    while i < len(chunk):
        piece = (
            _plane(chunk, i)
            or _formula(chunk, i)
            or _hyphenated(chunk, i)
            or _number(chunk, i)
            or _word(chunk, i)
            or _symbol(chunk, i)
        )
        yield piece
        i = piece.end


def _plane(chunk: str, i: int) -> _Piece | None:
    """Match a crystal plane or direction in Miller or Miller-Bravais indices."""
    match = _PLANE.match(chunk, i)
    if match is None:
        return None
    plane = _plain_minus(match.group())
    indices = [int(index) for index in re.findall(r"-?\d", plane)]
    if len(indices) == 4:
        h, k, third, _ = indices
        # The third of four indices is redundant: (0001) is a plane, (2015) a year.
        if third not in (-(h + k), abs(h + k)):
            return None
    return _Piece(i, match.end(), plane)


def _formula(chunk: str, i: int) -> _Piece | None:
    """Match the longest formula or ion that starts at `i` and ends at a boundary."""
    if i and chunk[i - 1].isalnum():
        return None
    match = _FORMULA_RUN.match(chunk, i, i + _LONGEST_FORMULA)
    if match is None:
        return None
    ends = [m.start() for m in _BOUNDARY.finditer(chunk, i + 1, match.end())]
    if match.end() == len(chunk) or not chunk[match.end()].isalnum():
        ends.append(match.end())
    for end in reversed(ends[-24:]):
        word = _formula_word(chunk[i:end].rstrip(".,"), chunk, end)
        if word is not None:
            return _Piece(i, i + len(chunk[i:end].rstrip(".,")), word)
    return None


def _formula_word(text: str, chunk: str, end: int) -> str | None:
    """Return the vocabulary form of a formula, family or ion; None where it is none."""
    if not text or text.isdigit() or _wrapped(text):
        return None
    if ion := _ION.fullmatch(text):
        return _plain_minus(text) if ion.group(1) in ELEMENTS else None
    if text in ELEMENTS:
        return _element(text, chunk, end)
    if not is_formula_word(text):
        return None
    parsed = parse_formula(text)
    if parsed is None:
        return None
    if len(parsed.amounts) == 1:
        key = normalize_formula(text)
        return key if key == text else None
    return normalize_formula(text) or formula_family(text)


def _element(symbol: str, chunk: str, end: int) -> str | None:
    """Return an element symbol, unless it is more likely a word."""
    if symbol in _AMBIGUOUS and not _ELEMENT_COMPANY.match(chunk, end):
        return None
    if len(symbol) == 1 and chunk[end : end + 1] == "." and len(chunk) == end + 1:
        return None
    return symbol


def _wrapped(text: str) -> bool:
    """Tell whether brackets enclose the whole text: they are punctuation then."""
    if text[0] not in "([{":
        return False
    depth = 0
    for i, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return i == len(text) - 1
    return True


def _hyphenated(chunk: str, i: int) -> _Piece | None:
    """Match a letter joined to a word, as in `n-type`, `d-wave`, `X-ray`."""
    if i and chunk[i - 1].isalnum():
        return None
    match = _HYPHENATED.match(chunk, i)
    if match is None or (match.end() < len(chunk) and chunk[match.end()].isalnum()):
        return None
    text = match.group()
    if text[0] in ELEMENTS and _ELEMENT_COMPANY.match(text, 1):
        return None
    return _Piece(i, match.end(), "x-ray" + text[5:] if text.startswith("X-ray") else text)


def _number(chunk: str, i: int) -> _Piece | None:
    """Match a number, also one glued to a unit (`300K`), but not `2D` or `4f`."""
    match = _NUMBER.match(chunk, i)
    if match is None or (i and chunk[i - 1].isalpha()):
        return None
    end = match.end()
    if end < len(chunk) and chunk[end].isalpha():
        glued = _WORD.match(chunk, end)
        if glued is None or glued.group() not in UNITS:
            return None
    return _Piece(i, end, NUMBER)


def _word(chunk: str, i: int) -> _Piece | None:
    match = _WORD.match(chunk, i)
    return _Piece(i, match.end(), _fold(match.group())) if match else None


def _symbol(chunk: str, i: int) -> _Piece:
    """Return a single character that is no letter or digit, or an exponent."""
    if exponent := _EXPONENT.match(chunk, i):
        return _Piece(i, exponent.end(), _plain_minus(exponent.group()))
    inside = 0 < i < len(chunk) - 1 and chunk[i - 1].isalnum() and chunk[i + 1].isalnum()
    return _Piece(i, i + 1, None if chunk[i] in _HYPHENS and inside else chunk[i])


def _plain_minus(text: str) -> str:
    """Return the text with a hyphen for each minus sign and dash."""
    return text.replace("−", "-").replace("–", "-")


def _fold(word: str) -> str:
    """Fold the case of a word as mat2vec does, and strip its accents."""
    if len(word) > 1 and not word.isascii():
        decomposed = unicodedata.normalize("NFD", word)
        word = "".join(c for c in decomposed if not unicodedata.combining(c))
    if word in UNITS or (word in ELEMENTS and word not in _AMBIGUOUS):
        return word
    if len(word) == 1 or word[1:].islower() or word.lower() in ELEMENT_NAMES:
        return word.lower()
    return word
