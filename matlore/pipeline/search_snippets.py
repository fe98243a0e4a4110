"""The part of an abstract that answers a query best, verbatim, and what in it matches."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["LONGEST_SNIPPET", "QueryMarks", "Snippet", "best_snippet", "marked"]

LONGEST_SNIPPET = 320
_BEFORE = 60  # characters shown before the first match of a sentence that must be cut

Span = tuple[int, int]


class Snippet(NamedTuple):
    """A part of a text: where it stands, and the spans in it that match, from its start."""

    start: int
    end: int
    marks: tuple[Span, ...]


class QueryMarks:
    """Finds what of a query stands in texts: its words by their stems, and names as they are."""

    def __init__(self, query: str, names: Iterable[str] = ()) -> None:
        """Prepare for many texts.

        Args:
            query: as it was asked.
            names: other spellings of what the query names; in capitals only as they are.
        """
        self._query = query
        listed = sorted({name for name in names if name.strip()}, key=lambda name: -len(name))
        small = [name for name in listed if name == name.lower()]
        capital = [name for name in listed if name != name.lower()]
        self._patterns = [
            re.compile(rf"(?<![\w-])(?:{'|'.join(map(_pattern, some))})s?(?!\w)", flags)
            for some, flags in ((small, re.IGNORECASE), (capital, re.NOFLAG))
            if some
        ]

    def spans(self, text: str) -> list[Span]:
        """Return the places that match, sorted and disjoint."""
        from embeddings.full_text import matching_spans

        named = [match.span() for pattern in self._patterns for match in pattern.finditer(text)]
        return matching_spans(text, self._query, named)


def _pattern(name: str) -> str:
    """Return a pattern of a name whose words may be parted by blanks or hyphens."""
    return r"[\s-]+".join(re.escape(part) for part in re.split(r"[\s-]+", name) if part)


def best_snippet(
    text: str, start: int, spans: Sequence[Span], *, longest: int = LONGEST_SNIPPET
) -> Snippet:
    """Return the sentence, or two, of a text with most matches.

    Args:
        text: of a paper.
        start: where the abstract begins; the title is shown beside the snippet anyway.
        spans: what matches, sorted and disjoint.
        longest: characters.
    """
    from ner.sentences import split_sentences

    sentences = [(a, b) for a, b in split_sentences(text) if a >= start]
    if not sentences:
        return Snippet(min(start, len(text)), min(start, len(text)), ())
    scores = [_score(text, spans, a, b) for a, b in sentences]
    best = max(range(len(sentences)), key=lambda k: (scores[k], -k))
    first, last = _widened(sentences, scores, best, longest)
    first, last = _shortened(text, first, last, spans, longest)
    return marked(first, last, spans)


def marked(start: int, end: int, spans: Iterable[Span]) -> Snippet:
    """Return a part of a text with the spans that lie in it."""
    inside = tuple((a - start, b - start) for a, b in spans if start <= a and b <= end)
    return Snippet(start, end, inside)


def _score(text: str, spans: Sequence[Span], start: int, end: int) -> float:
    """Return how many different words match in a sentence; a little for each more."""
    words = [text[a:b].lower() for a, b in spans if start <= a and b <= end]
    return len(set(words)) + 0.1 * len(words)


def _widened(sentences: Sequence[Span], scores: Sequence[float], best: int, longest: int) -> Span:
    """Return the best sentence with the better of its neighbours, where there is room."""
    first, end = sentences[best]
    pairs = [
        (scores[other], -other, min(first, sentences[other][0]), max(end, sentences[other][1]))
        for other in (best + 1, best - 1)
        if 0 <= other < len(sentences)
    ]
    fitting = [pair for pair in pairs if pair[3] - pair[2] <= longest]
    if not fitting or max(fitting)[0] == 0 < scores[best]:
        return first, end
    _, _, first, end = max(fitting)
    return first, end


def _shortened(text: str, start: int, end: int, spans: Sequence[Span], longest: int) -> Span:
    """Cut a part that is too long at blanks, around where its matches begin."""
    if end - start <= longest:
        return start, end
    first = start
    inside = [a for a, b in spans if start <= a and b <= end]
    if inside and inside[0] - start > _BEFORE * 2:
        blank = text.find(" ", inside[0] - _BEFORE, inside[0])
        first = blank + 1 if blank >= 0 else inside[0]
    last = min(end, first + longest)
    blank = text.rfind(" ", first + 1, last + 1) if last < end else -1
    return first, blank if blank > first else last
