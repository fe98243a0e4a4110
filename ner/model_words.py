"""The words that the tagger reads: text normalised as Matscholar's training data is.

Matscholar's sentences (Weston et al., J. Chem. Inf. Model. 59, 3692, 2019) went through
mat2vec's processing: formulas in alphabetical order, numbers as `<nUm>`, words in lower
case unless they are symbols or acronyms, hyphens apart but for prefixes. `model_words`
does the same to raw text and keeps the offsets; what the tagger says of a word is then
said of its characters.

The tagger reads each word as WordPieces of `piece_text` (for a formula: its elements) and,
as BERT's token type, the word's `shape`: its WordPieces have no case, the shape has.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from .elements import ELEMENTS
from .formulas import alphabetical, formula_family, is_formula_word, normalize_formula
from .tokens import NUMBER, folded_tokens

__all__ = ["SHAPES", "WORDS_VERSION", "ModelWord", "model_words", "piece_text", "shape"]

WORDS_VERSION = "1"
"""Changes when the same text may give other words: a model must be trained on the new ones."""

SHAPES = (
    "word",
    "capitalised",
    "capitals",
    "mixed case",
    "formula",
    "element",
    "number",
    "punctuation",
    "with digits",
    "hyphenated",
)
"""What a word looks like; a shape's position is BERT's token type."""

# Prefixes that Matscholar's tokeniser leaves joined to what follows.
_PREFIXES = frozenset(
    "as co non micro nano sub post ultra cross pre semi ex in multi un anti re de inter intra "
    "super infra quasi pseudo mono tri bio macro hyper iso".split()
)
_GREEK = dict(zip("αβγδεζηθκλμνπρστφχψω", "abgdezithklmnprstphcpo", strict=False))
_LETTER_PREFIX = re.compile(r"[a-z]'{0,2}")
_UNIT_EXPONENT = re.compile(r"\^?[{(]?([-+−–]?\d+)[})]?")
_UNITS = frozenset("m cm mm nm s g mol K V W Pa J L h".split())
_HYPHEN = "-"
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_VARIABLE = re.compile(r"(?<![a-z])[xyzδ](?![a-z])")
_FORMULA_INSIDE = re.compile(r"(?:[a-z]'{0,2}-|nano-|\d+-?)?([A-Z(\[].*)")
_PLANE = re.compile(r"[(\[{<〈⟨][-−–\d,.]+[)\]}>〉⟩]")
_ION = re.compile(r"([A-Z][a-z]?|[a-z]{2})(?:\d?\+{1,2}|\d[-−–])")
_LONGEST = 8


class ModelWord(NamedTuple):
    """A word as the tagger reads it, and where it stands in the text."""

    form: str
    start: int
    end: int


def model_words(text: str) -> list[ModelWord]:
    """Cut a text into words as Matscholar's, with the offsets of what they stand for."""
    words: list[ModelWord] = []
    for token, folded in folded_tokens(text):
        word = ModelWord(_form(token.text, folded), token.start, token.end)
        if len(words) > 1 and words[-1].end == word.start and words[-1].form == _HYPHEN:
            _join_prefix(words, word)
        elif words and words[-1].end == word.start and words[-1].form in _UNITS:
            _join_exponent(words, word)
        else:
            words.append(word)
    return words


def _join_prefix(words: list[ModelWord], word: ModelWord) -> None:
    """Append a word after a hyphen, in one with a prefix before it (`as-grown`, `α-Fe2O3`)."""
    prefix, hyphen = words[-2], words[-1]
    if prefix.end == hyphen.start and _is_prefix(prefix.form, word.form):
        words[-2:] = [ModelWord(f"{prefix.form}-{word.form}", prefix.start, word.end)]
    else:
        words.append(word)


def _is_prefix(before: str, after: str) -> bool:
    if before in _PREFIXES:
        return after[0].isalpha()
    return bool(_LETTER_PREFIX.fullmatch(before)) and (after in ELEMENTS or _is_compound(after))


def _join_exponent(words: list[ModelWord], word: ModelWord) -> None:
    """Append a word after a unit, in one with it if it is an exponent (`cm-3`)."""
    match = _UNIT_EXPONENT.fullmatch(word.form)
    if match and word.form[0] in "^-−–":
        exponent = match.group(1).replace("−", "-").replace("–", "-")
        words[-1] = ModelWord(words[-1].form + exponent, words[-1].start, word.end)
    else:
        words.append(word)


@lru_cache(maxsize=50_000)
def _form(text: str, folded: str | None) -> str:
    """Return Matscholar's form of a token, given its vocabulary form."""
    if folded is None:
        return _HYPHEN
    if folded == NUMBER or _PLANE.fullmatch(text):
        return NUMBER
    if len(text) == 1:
        return _GREEK.get(text, text)
    if _is_compound(text):
        return alphabetical(text) or text
    return text if folded.startswith("family:") or _ION.fullmatch(text) else folded


@lru_cache(maxsize=50_000)
def shape(form: str) -> int:
    """Return what a word looks like: a position in `SHAPES`."""
    return SHAPES.index(_shape(form))


def _shape(form: str) -> str:
    if form == NUMBER:
        return "number"
    if not any(c.isalpha() for c in form):
        return "number" if any(c.isdigit() for c in form) else "punctuation"
    if form in ELEMENTS or _ion(form):
        return "element"
    if _formula_in(form):
        return "formula"
    if any(c.isdigit() for c in form):
        return "with digits"
    if "-" in form:
        return "hyphenated"
    if form == form.lower():
        return "word"
    if form.rstrip("s").isupper():
        return "capitals"
    return "capitalised" if form[1:] == form[1:].lower() else "mixed case"


@lru_cache(maxsize=50_000)
def piece_text(form: str) -> str:
    """Return the text whose WordPieces stand for a word.

    A formula is spelled by its elements, in their order and without amounts, at most eight:
    amounts say nothing about labels and would make long rows of pieces.
    """
    if form == NUMBER:
        return "number"
    if ion := _ion(form):
        return ion
    formula = _formula_in(form)
    if formula is None:
        return unicodedata.normalize("NFKC", form)
    symbols = [symbol for symbol in _SYMBOL.findall(formula) if symbol in ELEMENTS]
    return " ".join([*symbols[:_LONGEST], *_VARIABLE.findall(formula)[:1]])


def _ion(form: str) -> str | None:
    """Return the element of an ion, also in lower case as in Matscholar's (`cu2+`)."""
    match = _ION.fullmatch(form)
    symbol = match.group(1).capitalize() if match else ""
    return symbol if symbol in ELEMENTS else None


def _formula_in(form: str) -> str | None:
    """Return the formula of a word: all of it, or what follows `a-`, `nano-` or a mass."""
    match = _FORMULA_INSIDE.fullmatch(form)
    return match.group(1) if match and _is_compound(match.group(1)) else None


@lru_cache(maxsize=50_000)
def _is_compound(text: str) -> bool:
    """Tell whether a word is the formula of two elements or more, or of a cluster (`C60`)."""
    if not is_formula_word(text):
        return False
    key = normalize_formula(text) or formula_family(text)
    return key is not None and key not in ELEMENTS
