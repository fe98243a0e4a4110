"""Texts that say the same in other words: terms of the vocabulary replaced by synonyms."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from random import Random

from matlore.vocabulary import load_terms
from matlore.vocabulary.materials import load_materials

__all__ = ["other_words"]

_KINDS = ("property", "application", "method", "phase")
_SHORTEST = 3


def other_words(text: str, random: Random) -> str | None:
    """Return a text with each term that has synonyms replaced by one of them, drawn at random.

    Terms are matlore's properties, applications, methods, phases and materials; an acronym
    counts only as it is written.

    Returns:
        The new text, or None where nothing could be replaced.
    """
    groups, pattern = _groups(), _pattern()

    def other(match: re.Match[str]) -> str:
        found = match.group()
        group = groups.get(found) or groups.get(found.lower())
        if not group:
            return found
        choices = [word for word in group if word.lower() != found.lower()]
        return random.choice(choices) if choices else found

    replaced = pattern.sub(other, text)
    return replaced if replaced != text else None


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, tuple[str, ...]]:
    """Return for each spelling all spellings of its term; small letters but for acronyms."""
    found: dict[str, tuple[str, ...]] = {}
    for spellings in _spellings():
        words = tuple(dict.fromkeys(word for word in spellings if len(word) >= _SHORTEST))
        if len(words) > 1:
            for word in words:
                found.setdefault(word if _is_symbol(word) else word.lower(), words)
    return found


def _spellings() -> Iterator[tuple[str, ...]]:
    for kind in _KINDS:
        for term in load_terms(kind).values():
            yield (term.name, *term.synonyms)
    for material in load_materials():
        yield (material.name, *material.synonyms)


def _is_symbol(word: str) -> bool:
    """Tell whether a word stands for its term only as it is written: `XRD`, `SiO2`."""
    return word != word.lower()


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    words = sorted(_groups(), key=len, reverse=True)
    symbols = "|".join(re.escape(word) for word in words if _is_symbol(word))
    others = "|".join(re.escape(word) for word in words if not _is_symbol(word))
    return re.compile(rf"(?<![\w-])(?:{symbols}|(?i:{others}))(?![\w-])")
