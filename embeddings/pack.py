"""Vectors cut to a size that can be shipped: int8, the words that matter most kept."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matlore.errors import UsageError
from ner.formulas import ELEMENTS, FAMILY, is_formula_key

from .vectors import WordVectors

__all__ = ["pack_vectors"]

_SCALE_BYTES = 4
_WORD_BYTES = 20  # spelling, count, position


def pack_vectors(
    vectors: WordVectors, *, max_bytes: int, output_words: int = 14_000
) -> WordVectors:
    """Return the part of `vectors` that fits into `max_bytes` when saved quantized.

    All formulas, families and elements stay, with their output vectors; the commonest
    `output_words` of the other words keep theirs; then the commonest words fill the room.

    Args:
        vectors: as trained.
        max_bytes: size of the file at most.
        output_words: words besides materials that keep their output vector.

    Raises:
        UsageError: not even the materials fit.
    """
    material = np.array([_is_material(word) for word in vectors.words])
    others = np.flatnonzero(~material)
    row = vectors.card.dimension + _SCALE_BYTES
    fixed = int(material.sum()) * (2 * row + _WORD_BYTES) + output_words * row
    room = (max_bytes - fixed) // (row + _WORD_BYTES)
    if room < 0:
        raise UsageError(
            f"the materials' vectors alone need {fixed / 1e6:.1f} MB; allow more with"
            " --max-megabytes"
        )
    kept = np.sort(np.concatenate([np.flatnonzero(material), others[:room]]))
    with_output = np.sort(np.concatenate([np.flatnonzero(material), others[:output_words]]))
    return _part(vectors, kept, np.intersect1d(with_output, kept))


def _part(
    vectors: WordVectors, kept: NDArray[np.int64], with_output: NDArray[np.int64]
) -> WordVectors:
    """Return the words at the positions `kept`, output vectors for those of `with_output`."""
    rows = [row for i in with_output if (row := vectors.output_row(vectors.words[i])) is not None]
    words = tuple(vectors.words[i] for i in kept)
    return replace(
        vectors,
        words=words,
        counts=vectors.counts[kept],
        input=vectors.input[kept],
        output=vectors.output[rows],
        output_ids=np.searchsorted(kept, vectors.output_ids[rows]).astype(np.int64),
        display={word: vectors.display[word] for word in words if word in vectors.display},
    )


def _is_material(word: str) -> bool:
    return word in ELEMENTS or word.startswith(FAMILY) or is_formula_key(word)
