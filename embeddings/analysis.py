"""Terms of a text for the full-text index: the same for documents and for queries.

Words fold case, accents, Greek letters (`α` is `alpha`), British spelling and endings; hyphens
part words (`thin-film` is `thin film`); stop words are dropped. A formula is one term, its
normal form (`Te3Bi2` is `Bi2Te3`), and also a key of a material.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ner.formulas import ELEMENTS, FAMILY, is_formula_key
from ner.tokens import folded_tokens

from .spelling import fold_word

__all__ = ["STOP_WORDS", "AnalysedText", "Word", "analyse", "analysed_words"]

STOP_WORDS = frozenset(
    "a an and are as at be been being but by can could did do does for from had has have how if "
    "in into is it its may might no nor not of on or our s such t than that the their them then "
    "there these they this those through thus to was we were what when where which while who why "
    "will with within would you your us i he she his her".split()
)
"""Words that say nothing in any text."""

_CHUNK = re.compile(r"\S+")
_EASTERN = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"  # written without blanks
_MARKS = r"\u0300-\u036f"
_WORD = re.compile(
    rf"\d+(?:[.,]\d+)+(?![^\W_])|[{_EASTERN}]|(?:(?![{_EASTERN}])[^\W_][{_MARKS}]*)+"
)
_POSSESSIVE = re.compile(r"['’]s\b")
_PLAIN = re.compile(r"[(\[\"']*[A-Z]?[a-z]{2,}(?:-[a-z]+)*[)\]\"',.;:]*")  # never a formula
_MARKED = re.compile(f"[{_MARKS}]")
_LONGEST_CHUNK = 200
_CACHED_CHUNKS = 131_072


class Word(NamedTuple):
    """A word of a text that counts.

    Attributes:
        term: what it is in the index, without blanks.
        key: of the material, where the word is a formula.
        start: first character; `end` is excluded.
    """

    term: str
    key: str | None
    start: int
    end: int


class AnalysedText(NamedTuple):
    """A text as the index takes it: its terms joined by blanks, and keys of its formulas."""

    terms: str
    keys: frozenset[str]


class _Chunk(NamedTuple):
    terms: str
    keys: tuple[str, ...]


_chunks: dict[str, _Chunk] = {}
_older: dict[str, _Chunk] = {}


def analysed_words(text: str) -> Iterator[Word]:
    """Yield the words of a text that count, with their places."""
    for match in _CHUNK.finditer(text):
        offset = match.start()
        for term, key, start, end in _chunk_words(match.group()):
            yield Word(term, key, offset + start, offset + end)


def analyse(text: str) -> AnalysedText:
    """Return the terms of a text and the keys of its formulas, without places: fast."""
    terms: list[str] = []
    keys: set[str] = set()
    for chunk in text.split():
        found = _chunks.get(chunk) or _chunk(chunk)
        if found.terms:
            terms.append(found.terms)
            if found.keys:
                keys.update(found.keys)
    return AnalysedText(" ".join(terms), frozenset(keys))


def _chunk(chunk: str) -> _Chunk:
    """Analyse a chunk and keep it: they follow Zipf's law, so few are new.

    When the cache is full, it becomes the older one: what is met again is taken over.
    """
    found = _older.get(chunk)
    if found is None:
        words = _words(chunk)
        keys = tuple(word.key for word in words if word.key)
        found = _Chunk(" ".join(word.term for word in words), keys)
    if len(_chunks) >= _CACHED_CHUNKS:
        _older.clear()
        _older.update(_chunks)
        _chunks.clear()
    if len(chunk) <= _LONGEST_CHUNK:
        _chunks[chunk] = found
    return found


def _chunk_words(chunk: str) -> tuple[Word, ...]:
    return _kept_words(chunk) if len(chunk) <= _LONGEST_CHUNK else _words(chunk)


def _words(chunk: str) -> tuple[Word, ...]:
    """Return the words of a chunk without blanks; formulas only where one may be."""
    if _PLAIN.fullmatch(chunk) or len(chunk) > _LONGEST_CHUNK or _MARKED.search(chunk):
        return tuple(_plain_words(chunk, 0))
    return tuple(_chemical_words(chunk))


_kept_words = lru_cache(maxsize=32_768)(_words)


def _chemical_words(chunk: str) -> Iterator[Word]:
    for token, folded in folded_tokens(chunk):
        if folded is None:
            continue
        if folded.startswith(FAMILY) or is_formula_key(folded):
            yield Word(folded, folded, token.start, token.end)
            continue
        element = folded if folded in ELEMENTS and len(folded) > 1 else None  # K is a unit too
        if element and element.lower() in STOP_WORDS:  # `In-doped`
            yield Word(element, element, token.start, token.end)
        else:
            yield from _plain_words(token.text, token.start, element)


def _plain_words(text: str, offset: int, key: str | None = None) -> Iterator[Word]:
    if "'" in text or "’" in text:
        text = _POSSESSIVE.sub("  ", text)
    for match in _WORD.finditer(text):
        term = fold_word(match.group().replace(",", ""))
        if term and term not in STOP_WORDS:
            yield Word(term, key, offset + match.start(), offset + match.end())
