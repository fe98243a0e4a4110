"""Rows of WordPieces for sentences of words, in windows and batches, and the way back.

A row is `[CLS]`, the pieces of each word (`ner.model_words.piece_text`), `[SEP]`; its token
types are the shapes of the words. A word's score is the mean of those of its pieces. A
sentence longer than the model's window is read in windows that overlap; of each word that
window counts in which it stands farther from the edge.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from matlore.bert.wordpieces import CLS, PAD, SEP, UNKNOWN

from .model_words import piece_text, shape

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer

__all__ = [
    "Batch",
    "EncodedWord",
    "Window",
    "WordEncoder",
    "batch_of",
    "batches",
    "windows",
    "word_scores",
]

LONGEST_WORD = 16
"""Pieces of a word beyond these are not read."""

_CACHE_LIMIT = 100_000


class EncodedWord(NamedTuple):
    """The numbers of a word's pieces (at least one), and its shape."""

    pieces: tuple[int, ...]
    shape: int


class WordEncoder:
    """Turns words into pieces; words follow Zipf's law, so a cache does most of the work."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._tokenizer = tokenizer
        self._cache: dict[str, EncodedWord] = {}
        self.cls, self.sep, self.pad = (self.number(name) for name in (CLS, SEP, PAD))

    @property
    def size(self) -> int:
        """Number of pieces of the vocabulary."""
        return self._tokenizer.get_vocab_size()

    def number(self, piece: str) -> int:
        """Return the number of a piece of the vocabulary; 0 where it has none."""
        return self._tokenizer.token_to_id(piece) or 0

    def encode(self, words: Sequence[str]) -> list[EncodedWord]:
        """Return the pieces of words in their model form."""
        cache = self._cache
        return [cache.get(word) or self._remember(word) for word in words]

    def _remember(self, word: str) -> EncodedWord:
        text = piece_text(word[:200]).encode(errors="replace").decode()  # lone surrogates
        pieces = self._tokenizer.encode(text, add_special_tokens=False).ids[:LONGEST_WORD]
        encoded = EncodedWord(tuple(pieces) or (self.number(UNKNOWN),), shape(word))
        if len(self._cache) >= _CACHE_LIMIT:
            self._cache.clear()
        self._cache[word] = encoded
        return encoded


class Window(NamedTuple):
    """Words `[start, end)` of a sentence, read together; `[first, last)` of them count."""

    sentence: int
    start: int
    end: int
    first: int
    last: int


def windows(sentences: Sequence[Sequence[EncodedWord]], size: int) -> Iterator[Window]:
    """Yield the windows of sentences that have words, each of at most `size` pieces, in order.

    Windows of one sentence overlap by about half; together their `[first, last)` hold every
    word once.
    """
    for number, words in enumerate(sentences):
        lengths = [len(word.pieces) for word in words]
        if lengths and sum(lengths) <= size:
            yield Window(number, 0, len(words), 0, len(words))
        elif lengths:
            yield from _split(number, lengths, size)


def _split(number: int, lengths: Sequence[int], size: int) -> Iterator[Window]:
    start = first = 0
    while True:
        end = _reach(lengths, start, size)
        if end <= first:  # long words: no room for an overlap
            start, end = first, _reach(lengths, first, size)
        if end == len(lengths):
            yield Window(number, start, end, first, end)
            return
        following = max(start + 1, _reach(lengths, start, size // 2))
        last = max(first + 1, (following + end) // 2)
        yield Window(number, start, end, first, last)
        start, first = min(following, last), last


def _reach(lengths: Sequence[int], start: int, size: int) -> int:
    """Return the end of the longest stretch from `start` that fits, of one word at least."""
    total, end = 0, start
    while end < len(lengths) and (end == start or total + lengths[end] <= size):
        total += lengths[end]
        end += 1
    return end


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows of similar length as arrays.

    Attributes:
        windows: what is in the rows.
        pieces, mask, shapes: (windows, longest) int64.
        flat: (all pieces,) positions of the words' pieces in a flattened `pieces`.
        starts: (all words,) where each word begins in `flat`.
        counts: (all words,) number of pieces of each word.
    """

    windows: tuple[Window, ...]
    pieces: "np.ndarray[Any, Any]"
    mask: "np.ndarray[Any, Any]"
    shapes: "np.ndarray[Any, Any]"
    flat: "np.ndarray[Any, Any]"
    starts: "np.ndarray[Any, Any]"
    counts: "np.ndarray[Any, Any]"

    def inputs(self) -> "dict[str, np.ndarray[Any, Any]]":
        """Return the arrays by the names of the graph's inputs (`matlore.bert.onnx_graph`)."""
        return {
            "input_ids": self.pieces,
            "attention_mask": self.mask,
            "token_type_ids": self.shapes,
        }


def batches(
    sentences: Sequence[Sequence[EncodedWord]],
    encoder: WordEncoder,
    *,
    size: int,
    max_pieces: int,
    multiple: int = 1,
) -> Iterator[Batch]:
    """Yield the windows of sentences in batches of similar length, the longest first.

    Args:
        sentences: encoded words.
        encoder: what encoded them.
        size: pieces of a window.
        max_pieces: pieces of a batch with its padding.
        multiple: see `batch_of`.
    """
    rows = sorted(windows(sentences, size), key=lambda w: -_width(sentences, w))
    row: list[Window] = []
    widest = 0
    for window in rows:
        width = _width(sentences, window) + 2
        if row and max(widest, width) * (len(row) + 1) > max_pieces:
            yield _batch(sentences, row, encoder, multiple=multiple)
            row, widest = [], 0
        row.append(window)
        widest = max(widest, width)
    if row:
        yield _batch(sentences, row, encoder, multiple=multiple)


def _width(sentences: Sequence[Sequence[EncodedWord]], window: Window) -> int:
    return sum(len(w.pieces) for w in sentences[window.sentence][window.start : window.end])


def batch_of(
    sentences: Sequence[Sequence[EncodedWord]], encoder: WordEncoder, *, multiple: int = 1
) -> Batch:
    """Return sentences, each short enough for one row, as one batch in their order.

    Args:
        sentences: encoded words.
        encoder: what encoded them.
        multiple: rows are as wide as a multiple of this; few shapes of arrays make
            training's steps quick.
    """
    rows = [Window(k, 0, len(words), 0, len(words)) for k, words in enumerate(sentences)]
    return _batch(sentences, rows, encoder, multiple=multiple)


def _batch(
    sentences: Sequence[Sequence[EncodedWord]],
    rows: Sequence[Window],
    encoder: WordEncoder,
    *,
    multiple: int = 1,
) -> Batch:
    import numpy as np

    width = max(_width(sentences, window) for window in rows) + 2
    width = -(-width // multiple) * multiple
    pieces = np.full((len(rows), width), encoder.pad, dtype=np.int64)
    shapes = np.zeros_like(pieces)
    mask = np.zeros_like(pieces)
    counts: list[int] = []
    flat: list[np.ndarray[Any, Any]] = []
    for number, window in enumerate(rows):
        words = sentences[window.sentence][window.start : window.end]
        ids = [piece for word in words for piece in word.pieces]
        lengths = [len(word.pieces) for word in words]
        end = len(ids) + 1
        pieces[number, : end + 1] = [encoder.cls, *ids, encoder.sep]
        shapes[number, 1:end] = np.repeat([word.shape for word in words], lengths)
        mask[number, : end + 1] = 1
        counts += lengths
        flat.append(np.arange(number * width + 1, number * width + end))
    lengths_of_all = np.array(counts, dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths_of_all)[:-1]]).astype(np.int64)
    return Batch(tuple(rows), pieces, mask, shapes, np.concatenate(flat), starts, lengths_of_all)


def word_scores(scores: "np.ndarray[Any, Any]", batch: Batch) -> "np.ndarray[Any, Any]":
    """Return (all words of the batch, tags): the mean of the scores of each word's pieces.

    Args:
        scores: (windows, longest, tags) of the pieces.
        batch: what was scored.
    """
    import numpy as np

    flat = scores.reshape(-1, scores.shape[-1])[batch.flat]
    total = np.add.reduceat(flat, batch.starts, axis=0)
    mean: np.ndarray[Any, Any] = total / batch.counts[:, None]
    return mean
