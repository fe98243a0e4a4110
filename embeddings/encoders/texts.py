"""Texts as rows of WordPieces, sorted by length and put together into batches."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matlore.bert.wordpieces import CLS, PAD, SEP, UNKNOWN

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["RowBatch", "batch_rows", "text_pieces"]

_LONGEST_TEXT = 20_000
_LONGEST_WORD = 100


class RowBatch(NamedTuple):
    """Texts of similar length: their numbers, and (texts, longest) int64 arrays."""

    numbers: list[int]
    pieces: NDArray[np.int64]
    mask: NDArray[np.int64]

    def inputs(self) -> dict[str, NDArray[np.int64]]:
        """Return the arrays by the names of a BERT's inputs."""
        return {
            "input_ids": self.pieces,
            "attention_mask": self.mask,
            "token_type_ids": np.zeros_like(self.pieces),
        }


def text_pieces(texts: Sequence[str], tokenizer: "Tokenizer", longest: int) -> list[list[int]]:
    """Return the numbers of the first pieces of each text, without marks, at least one.

    Args:
        texts: any; the first 20,000 characters are looked at.
        tokenizer: of the vocabulary.
        longest: pieces of a text.
    """
    unknown = tokenizer.token_to_id(UNKNOWN) or 0
    cut = [_encodable(text[:_LONGEST_TEXT]) for text in texts]
    found = tokenizer.encode_batch_fast(cut, add_special_tokens=False)
    return [encoding.ids[:longest] or [unknown] for encoding in found]


def _encodable(text: str) -> str:
    """Replace lone surrogates, which the tokenizer does not take."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def batch_rows(
    rows: Sequence[Sequence[int]], tokenizer: "Tokenizer", *, max_pieces: int
) -> Iterator[RowBatch]:
    """Yield texts with their marks in batches of similar length, the longest first.

    Args:
        rows: pieces of each text.
        tokenizer: of the vocabulary.
        max_pieces: pieces of a batch, padding included.
    """
    marks = tuple(tokenizer.token_to_id(mark) or 0 for mark in (CLS, SEP, PAD))
    order = sorted(range(len(rows)), key=lambda k: -len(rows[k]))
    start = 0
    while start < len(order):
        width = len(rows[order[start]]) + 2
        end = min(len(order), start + max(1, max_pieces // width))
        yield _batch(order[start:end], rows, marks, width)
        start = end


def _batch(
    numbers: list[int], rows: Sequence[Sequence[int]], marks: Sequence[int], width: int
) -> RowBatch:
    cls, sep, pad = marks
    pieces = np.full((len(numbers), width), pad, np.int64)
    mask = np.zeros_like(pieces)
    for row, number in enumerate(numbers):
        end = len(rows[number]) + 1
        pieces[row, 0], pieces[row, end] = cls, sep
        pieces[row, 1:end] = rows[number]
        mask[row, : end + 1] = 1
    return RowBatch(numbers, pieces, mask)
