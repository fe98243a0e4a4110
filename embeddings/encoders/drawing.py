"""Drawing what encoders are trained on: queries and the abstracts that they should find."""

from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from .pairs import TrainingPapers

__all__ = ["ContrastiveSettings", "PairDrawing", "Pieces", "batches_ahead"]

Pieces = NDArray[np.uint16]
_TITLE, _OTHER_TITLE, _SENTENCE = 0.4, 0.12, 0.25  # shares of queries; the rest: a few words
_AHEAD = 3


@dataclass(frozen=True, slots=True)
class ContrastiveSettings:
    """How an encoder is trained.

    Attributes:
        batch: pairs of a batch.
        steps: batches; None for as many as go into `seconds`.
        seconds: of training, where `steps` is None.
        rate: the highest learning rate; it rises for a twentieth, then falls to 0.
        temperature: cosines are divided by it.
        longest: pieces of an abstract that are read.
        longest_query: pieces of a query.
        groups: clusters that a batch of similar papers is drawn from; 0 for no such batches.
        dropped: share of an abstract's pieces that is left out, others each time: a static
            encoder does not learn abstracts by heart then.
        seed: of everything that is drawn.
    """

    batch: int = 2048
    steps: int | None = None
    seconds: float = 420.0
    rate: float = 3e-4
    temperature: float = 0.04
    longest: int = 200
    longest_query: int = 48
    groups: int = 8
    dropped: float = 0.0
    seed: int = 0


class PairDrawing:
    """Draws pairs of a query and the abstract that it should find."""

    def __init__(
        self,
        papers: TrainingPapers,
        settings: ContrastiveSettings,
        groups: "list[NDArray[np.int64]] | None",
    ) -> None:
        self._papers, self._settings, self._groups = papers, settings, groups
        vocabulary = papers.vocabulary
        self._inner = np.array([piece.startswith("##") for piece in vocabulary])
        self._digits = np.array([any(c.isdigit() for c in piece) for piece in vocabulary])
        counts = np.bincount(papers.pieces, minlength=len(vocabulary))
        self._rare = 1 / np.sqrt(1 + counts)

    def batch(self, number: int) -> tuple[list[Pieces], list[Pieces]]:
        """Return the queries and the abstracts of a batch."""
        draw = np.random.default_rng((self._settings.seed, number))
        chosen = self._chosen(draw, number)
        pairs = [self._pair(int(paper), draw) for paper in chosen]
        return [query for query, _ in pairs], [self._parted(one, draw) for _, one in pairs]

    def _parted(self, pieces: Pieces, draw: np.random.Generator) -> Pieces:
        """Leave out a share of the pieces."""
        if not self._settings.dropped:
            return pieces
        kept = pieces[draw.random(len(pieces)) >= self._settings.dropped]
        return kept if len(kept) else pieces

    def _chosen(self, draw: np.random.Generator, number: int) -> NDArray[np.int64]:
        size = min(self._settings.batch, len(self._papers))
        if self._groups is None or number % 2 == 0:
            return draw.choice(len(self._papers), size, replace=False)
        some = draw.choice(
            len(self._groups), min(self._settings.groups, len(self._groups)), replace=False
        )
        near = np.concatenate([self._groups[k] for k in some])
        chosen = draw.permutation(near)[:size]
        if len(chosen) < size:
            others = draw.choice(len(self._papers), size - len(chosen), replace=False)
            chosen = np.unique(np.concatenate([chosen, others]))
        return chosen

    def _pair(self, paper: int, draw: np.random.Generator) -> tuple[Pieces, Pieces]:
        papers, limit = self._papers, self._settings.longest
        kind = draw.random()
        title = papers.title(paper)
        abstract = papers.abstract(paper, limit)
        if kind < _TITLE:
            return self._query(title), abstract
        if kind < _TITLE + _OTHER_TITLE:
            others = papers.other_titles(paper)
            return self._query(others[0] if others else title), abstract
        whole = np.concatenate([title, abstract])[:limit] if draw.random() < 0.5 else abstract
        if kind < _TITLE + _OTHER_TITLE + _SENTENCE and papers.n_sentences(paper):
            sentence = papers.sentence(paper, int(draw.integers(papers.n_sentences(paper))))
            return self._query(self._thinned(sentence, draw)), whole
        source = np.concatenate([title, abstract[:100]])
        return self._query(self._few_words(source, draw)), whole

    def _query(self, pieces: Pieces) -> Pieces:
        return pieces[: self._settings.longest_query]

    def _of_words(self, pieces: Pieces) -> tuple[NDArray[np.int64], int]:
        """Return the number of each piece's word, and how many words there are."""
        words = np.maximum(np.cumsum(~self._inner[pieces]) - 1, 0)
        return words, int(words[-1]) + 1 if len(words) else 0

    def _thinned(self, pieces: Pieces, draw: np.random.Generator) -> Pieces:
        """Drop words with digits, formulas mostly, and every third of the others."""
        words, number = self._of_words(pieces)
        kept = draw.random(number) < 2 / 3
        kept[words[self._digits[pieces]]] = False
        return pieces[kept[words]] if kept.any() else pieces

    def _few_words(self, pieces: Pieces, draw: np.random.Generator) -> Pieces:
        """Keep two to six words, rather the rare ones, as somebody would type them."""
        words, number = self._of_words(pieces)
        rare = np.zeros(number)
        np.maximum.at(rare, words, self._rare[pieces])
        # The largest of E/w draw without replacement in proportion to w.
        order = np.argsort(draw.exponential(size=number) / np.maximum(rare, 1e-12))
        kept = np.zeros(number, bool)
        kept[order[: int(draw.integers(2, 7))]] = True
        return pieces[kept[words]]


def batches_ahead(
    drawing: PairDrawing, workers: int
) -> Generator[tuple[list[Pieces], list[Pieces]], None, None]:
    """Yield batches without end, the next ones drawn by other processes meanwhile.

    The same batches come whatever the number of workers. The processes are forked, so that
    the papers need not be copied, and compute nothing on a GPU.
    """
    with ProcessPoolExecutor(
        workers, mp_context=get_context("fork"), initializer=_begin, initargs=(drawing,)
    ) as pool:
        waiting = [pool.submit(_draw, number) for number in range(_AHEAD * workers)]
        number = len(waiting)
        try:
            while True:
                yield waiting.pop(0).result()
                waiting.append(pool.submit(_draw, number))
                number += 1
        finally:
            pool.shutdown(cancel_futures=True)


_drawing: PairDrawing | None = None


def _begin(drawing: PairDrawing) -> None:
    global _drawing
    _drawing = drawing


def _draw(number: int) -> tuple[list[Pieces], list[Pieces]]:
    assert _drawing is not None
    return _drawing.batch(number)
