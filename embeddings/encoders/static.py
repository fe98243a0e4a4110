"""The static encoder: a vector a WordPiece, a text is their mean.

As in model2vec or the static models of sentence-transformers, but trained for titles and
abstracts from the start (`embeddings.encoders.contrastive`): a vector's length is what the
piece is worth. It reads thousands of abstracts a second.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matlore.bert.wordpieces import load_tokenizer
from matlore.progress import Progress, no_progress

from .cards import ENCODERS_FOLDER, REMEDY, EncoderCard, load_card
from .texts import text_pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["VECTORS", "StaticEncoder", "pack_static"]

VECTORS = "vectors.safetensors"
_CHUNK = 2048
_LIMIT = 127


class StaticEncoder:
    """An encoder of ours, from its folder."""

    def __init__(
        self, card: EncoderCard, vectors: NDArray[np.float32], tokenizer: "Tokenizer"
    ) -> None:
        self.card = card
        self.id, self.size = card.id, card.size
        self._vectors = vectors
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path | None = None) -> "StaticEncoder":
        """Open an encoder.

        Args:
            folder: None for the one that ships with matlore.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        from matlore.errors import ArtifactError

        folder = folder or ENCODERS_FOLDER / "static"
        card = load_card(folder, "static")
        try:
            arrays = load_file(folder / VECTORS)
            vectors = arrays["vectors"].astype(np.float32) * arrays["scales"][:, None]
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ArtifactError(
                f"{folder / VECTORS}: no vectors can be read from it ({error}); {REMEDY}"
            ) from error
        tokenizer = load_tokenizer(folder)
        if vectors.shape != (tokenizer.get_vocab_size(), card.size):
            raise ArtifactError(f"{folder}: its files do not belong together; {REMEDY}")
        return cls(card, vectors, tokenizer)

    def encode(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """Return (texts, size) float32 (see `TextEncoder.encode`)."""
        found = np.empty((len(texts), self.size), np.float32)
        for start in range(0, len(texts), _CHUNK):
            chunk = texts[start : start + _CHUNK]
            rows = text_pieces(chunk, self._tokenizer, self.card.longest)
            found[start : start + len(chunk)] = self._means(rows)
            progress(len(chunk))
        return found

    def _means(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the means of the vectors of rows of pieces, length one."""
        from scipy.sparse import csr_array

        lengths = np.array([len(row) for row in rows])
        flat = np.concatenate([np.asarray(row, np.int32) for row in rows])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        counts = csr_array(
            (np.ones(len(flat), np.float32), flat, starts),
            shape=(len(rows), len(self._vectors)),
        )
        sums: NDArray[np.float32] = counts @ self._vectors
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        return (sums / np.where(norms > 0, norms, 1)).astype(np.float32)


def pack_static(vectors: NDArray[np.float32]) -> dict[str, NDArray[np.float32] | NDArray[np.int8]]:
    """Return vectors in int8, and the scale (float32) of each."""
    scales = (np.abs(vectors).max(axis=1) / _LIMIT).astype(np.float32)
    scales[scales == 0] = 1
    return {"vectors": np.round(vectors / scales[:, None]).astype(np.int8), "scales": scales}
