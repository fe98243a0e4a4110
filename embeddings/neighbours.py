"""Terms whose surroundings are alike."""

from dataclasses import dataclass

import numpy as np

from ner.tokens import training_tokens

from .vectors import WordVectors

__all__ = ["Neighbour", "nearest", "vocabulary_term"]


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
