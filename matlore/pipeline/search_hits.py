"""What a search tells of the papers that it found: snippets, and why they were found."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from .index_sentences import sentence_place
from .search_query import expanded_terms
from .search_snippets import QueryMarks, best_snippet, marked
from .search_types import NamedThings, SearchHit, Why

if TYPE_CHECKING:
    import numpy as np

    from .search_texts import PaperText, PaperTexts

__all__ = ["Found", "HitMaker", "bare_hits", "paper_of", "sentence_of"]

_SENTENCE = re.compile(r"#\d+-\d+$")

Ranked = Sequence[tuple[str, float]]
"""Keys of an index with scores, best first."""


@dataclass(slots=True)
class Found:
    """What was found before it is told.

    Attributes:
        lists: by what found: keys and scores, best first.
        facts: of the graph, by the paper's id.
        vector: of the query; None where vectors were not compared.
    """

    lists: dict[str, dict[str, float]] = field(default_factory=dict)
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    vector: "np.ndarray[Any, Any] | None" = None


def paper_of(key: str) -> str:
    """Return the paper's id of a key of an index: a sentence's key ends in `#START-END`."""
    return sentence_place(key)[0] if _SENTENCE.search(key) else key


def sentence_of(key: str) -> tuple[int, int] | None:
    """Return the offsets in a sentence's key; None for a paper's."""
    return sentence_place(key)[1:] if _SENTENCE.search(key) else None


def bare_hits(ranked: Ranked) -> tuple[SearchHit, ...]:
    """Return hits with ranks, ids and scores only: nothing is read."""
    return tuple(SearchHit(k, key, "", None, score, "") for k, (key, score) in enumerate(ranked, 1))


class HitMaker:
    """Makes the hits of one answer."""

    def __init__(
        self,
        papers: "PaperTexts",
        text: str,
        named: NamedThings,
        found: Found,
        similar: Mapping[str, float],
    ) -> None:
        """Prepare.

        Args:
            papers: to be read.
            text: of the query.
            named: by the query.
            found: what the lists have.
            similar: cosines, by key.
        """
        names = [name for spellings in expanded_terms(named).values() for name in spellings]
        self._papers = papers
        self._marks = QueryMarks(text, names)
        self._found = found
        self._similar = similar
        self._ranks = {
            name: {key: k for k, key in enumerate(keys, start=1)}
            for name, keys in found.lists.items()
        }

    def hits(self, ranked: Ranked, top: int) -> tuple[SearchHit, ...]:
        """Return the best hits; those whose papers are gone from the corpus are left out."""
        return tuple(islice(self._hits(ranked, top), top))

    def _hits(self, ranked: Ranked, top: int) -> Iterator[SearchHit]:
        rank = 0
        for start in range(0, len(ranked), top):
            some = ranked[start : start + top]
            papers = self._papers.texts(paper_of(key) for key, _ in some)
            for key, score in some:
                if (paper := papers.get(paper_of(key))) is not None:
                    rank += 1
                    yield self._hit(rank, key, score, paper)

    def _hit(self, rank: int, key: str, score: float, paper: "PaperText") -> SearchHit:
        text = paper.text
        title = text.partition("\n")[0]
        spans = self._marks.spans(text)
        part = sentence_of(key)
        if part is None:
            snippet = best_snippet(text, len(title) + 1, spans)
        else:
            spans = [(a, b) for a, b in spans if part[0] <= a and b <= part[1]]
            snippet = marked(*part, spans)
        return SearchHit(
            rank=rank,
            id=key,
            title=title,
            year=paper.year,
            score=round(score, 6),
            snippet=text[snippet.start : snippet.end],
            marks=snippet.marks,
            retracted=paper.retracted,
            why=self._why(key, [text[a:b] for a, b in spans]),
        )

    def _why(self, key: str, words: Sequence[str]) -> Why:
        terms: dict[str, str] = {}
        for word in words:
            terms.setdefault(word.lower(), word)
        cosine = self._similar.get(key)
        return Why(
            terms=tuple(terms.values()),
            similarity=None if cosine is None else round(cosine, 4),
            facts=self._found.facts.get(paper_of(key), ()),
            ranks={name: places[key] for name, places in self._ranks.items() if key in places},
        )
