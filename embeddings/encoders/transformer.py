"""The small transformer: BERT of six layers, int8, under onnxruntime.

The weights of all-MiniLM-L6-v2 (Wang et al., arXiv:2002.10957; Reimers and Gurevych, EMNLP
2019) with a vocabulary cut to what science uses, trained further on titles and abstracts
(`embeddings.encoders.contrastive`). A text is the mean over its pieces. torch is not needed.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matlore.bert.running import open_session
from matlore.bert.wordpieces import load_tokenizer
from matlore.progress import Progress, no_progress

from .cards import ENCODERS_FOLDER, EncoderCard, load_card
from .texts import RowBatch, batch_rows, text_pieces

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

__all__ = ["MODEL", "OUTPUT", "TransformerEncoder"]

MODEL, OUTPUT = "model.onnx", "text"
_MAX_PIECES = 4096
_CHUNK = 512


class TransformerEncoder:
    """An encoder of ours, from its folder."""

    def __init__(
        self,
        card: EncoderCard,
        session: "InferenceSession",
        tokenizer: "Tokenizer",
        *,
        threads: int,
    ) -> None:
        self.card = card
        self.id, self.size = card.id, card.size
        self._session = session
        self._tokenizer = tokenizer
        self._threads = threads

    @classmethod
    def load(
        cls, folder: Path | None = None, *, threads: int | None = None
    ) -> "TransformerEncoder":
        """Open an encoder.

        Args:
            folder: None for the one that ships with matlore.
            threads: None for all cores.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        folder = folder or ENCODERS_FOLDER / "transformer"
        card = load_card(folder, "transformer")
        # One thread a run and several runs at once: quicker than several threads a run.
        session = open_session(folder / MODEL, threads=1)
        return cls(card, session, load_tokenizer(folder), threads=threads or os.cpu_count() or 1)

    def encode(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """Return (texts, size) float32 (see `TextEncoder.encode`)."""
        found = np.empty((len(texts), self.size), np.float32)
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(texts), _CHUNK):
                chunk = texts[start : start + _CHUNK]
                rows = text_pieces(chunk, self._tokenizer, self.card.longest - 2)
                batches = list(batch_rows(rows, self._tokenizer, max_pieces=_MAX_PIECES))
                for batch, vectors in zip(batches, pool.map(self._run, batches), strict=True):
                    found[[start + number for number in batch.numbers]] = vectors
                progress(len(chunk))
        return found

    def _run(self, batch: RowBatch) -> Any:
        return self._session.run([OUTPUT], batch.inputs())[0]
