"""Terms whose surroundings are alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ner.formulas import is_formula_key
from ner.tokens import training_tokens

from .ranking import MIN_COUNT
from .vectors import WordVectors

__all__ = ["Neighbour", "material_neighbours", "nearest", "vocabulary_term"]

_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A term near another: its cosine, and how often the training corpus names it."""

    term: str
    cosine: float
    count: int


def vocabulary_term(vectors: WordVectors, text: str) -> str:
    """Return the term of the vocabulary that `text` means: a formula's key, a phrase.

    Raises:
        NotFoundError: there is none; the message names terms spelled alike.
    """
    phrase = "_".join(training_tokens(text)) or text
    term = next((t for t in (text, phrase, text.replace(" ", "_")) if t in vectors), phrase)
    return vectors.words[vectors.index(term)]


def nearest(vectors: WordVectors, text: str, *, top: int = 10) -> list[Neighbour]:
    """Return the `top` terms with the largest cosine of input vectors, nearest first.

    Raises:
        NotFoundError: `text` is not in the vocabulary.
    """
    term = vocabulary_term(vectors, text)
    cosines = vectors.unit_inputs @ vectors.unit_input(term)
    cosines[vectors.index(term)] = -2.0
    best = np.argsort(-cosines, kind="stable")[:top]
    return [
        Neighbour(
            vectors.display.get(vectors.words[i], vectors.words[i]),
            float(cosines[i]),
            int(vectors.counts[i]),
        )
        for i in best.tolist()
    ]


def material_neighbours(
    vectors: WordVectors, *, top: int = 10, min_count: int = MIN_COUNT
) -> Iterator[tuple[str, str, float]]:
    """Yield for each compound of the vocabulary the compounds that are used alike.

    Args:
        vectors: word vectors; input vectors are compared, as in `nearest`.
        top: how many a compound, by falling cosine; equal ones in the order of the vocabulary.
        min_count: only compounds that occur at least so often in the training corpus.

    Yields:
        (compound, neighbour, cosine), compounds in the order of the vocabulary.
    """
    counted = bool(vectors.counts.any())  # files without counts hold zeros
    rows = [
        row
        for row, word in enumerate(vectors.words)
        if is_formula_key(word) and (not counted or vectors.counts[row] >= min_count)
    ]
    units = vectors.unit_inputs[rows]
    for start in range(0, len(rows), _BLOCK):
        cosines = units[start : start + _BLOCK] @ units.T
        for offset, line in enumerate(cosines):
            line[start + offset] = -2.0
            best = np.argsort(-line, kind="stable")[: min(top, len(rows) - 1)]
            for other in best.tolist():
                word = vectors.words[rows[start + offset]]
                yield word, vectors.words[rows[other]], float(line[other])
