"""What a full-text query asks for: words, quoted phrases, words that must not be there."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from .analysis import Word, analysed_words

__all__ = ["LONGEST_QUERY", "TextQuery", "matching_spans", "parse_query"]

LONGEST_QUERY = 20_000
"""Characters of a query that are read: some ten abstracts."""

_QUOTED = re.compile(r'"([^"]*)"')
_EXCLUDED = re.compile(r"(?<!\S)-(?=[^\W\d_])(\S+)")
_MIXED = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9.]+")


@dataclass(frozen=True, slots=True)
class TextQuery:
    """A query as the index takes it.

    Attributes:
        terms: how often each word is asked for, in the query's order.
        pairs: words that stand beside each other.
        keys: of materials: formulas of the query, and what the caller gave.
        phrases: each a sequence of terms that must stand in this order.
        excluded: sequences of terms that must not be there.
    """

    terms: dict[str, int]
    pairs: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        """Tell whether it asks for anything."""
        return bool(self.terms or self.keys)


def parse_query(text: str, materials: Sequence[str] = (), *, syntax: bool = True) -> TextQuery:
    """Read a query; nothing that a user types is an error.

    Args:
        text: words; a part in double quotes must stand there as it is, a word behind a minus
            (` -word`) must not. All other marks part words.
        materials: keys of materials that are asked for too.
        syntax: whether quotes and minus mean what they say; else they part words.
    """
    text = text[:LONGEST_QUERY]
    phrases: list[tuple[str, ...]] = []
    excluded: list[tuple[str, ...]] = []
    if syntax:
        phrases = [_terms(part) for part in _QUOTED.findall(text)]
        unquoted = _QUOTED.sub(lambda part: " " * len(part.group()), text)
        for match in _EXCLUDED.finditer(unquoted):
            excluded.append(_terms(match.group(1)))
            text = text[: match.start()] + " " * len(match.group()) + text[match.end() :]
    words = list(analysed_words(text))
    return TextQuery(
        terms=dict(Counter(word.term for word in words)),
        pairs=_pairs(words),
        keys=_keys(words, materials),
        phrases=tuple(phrase for phrase in phrases if phrase),
        excluded=tuple(terms for terms in excluded if terms),
    )


def _terms(text: str) -> tuple[str, ...]:
    return tuple(word.term for word in analysed_words(text))


def _pairs(words: Sequence[Word]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of words beside each other, each once."""
    pairs = ((a.term, b.term) for a, b in pairwise(words))
    return tuple(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))


def _keys(words: Sequence[Word], materials: Sequence[str]) -> tuple[str, ...]:
    """Return the keys that are asked for; `bi2te3` may be a formula in small letters."""
    formulas = [word.key for word in words if word.key]
    small = [word.term for word in words if not word.key and _MIXED.fullmatch(word.term)]
    given = [key.encode(errors="replace").decode() for key in materials]
    return tuple(dict.fromkeys([*given, *formulas, *small]))


def matching_spans(
    text: str, query: str, material_spans: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int]]:
    """Return the places of a text where words of a query stand, in order, not overlapping.

    Args:
        text: any.
        query: as `FullTextIndex.search` takes it.
        material_spans: further places to mark, of materials that the query names otherwise.
    """
    asked = _asked(query[:LONGEST_QUERY])
    found = [
        (word.start, word.end)
        for word in analysed_words(text)
        if word.term in asked or (word.key and not asked.isdisjoint((word.key, word.key.lower())))
    ]
    return _merged([*found, *material_spans])


@lru_cache(maxsize=16)
def _asked(query: str) -> frozenset[str]:
    """Return the terms and keys of a query, kept while its hits are marked."""
    asked = parse_query(query)
    return frozenset([*asked.terms, *asked.keys])


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
