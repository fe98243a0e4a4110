"""What an encoder of texts is."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from matlore.progress import Progress, no_progress

if TYPE_CHECKING:
    import numpy as np

__all__ = ["ENCODERS", "TextEncoder", "load_encoder"]

ENCODERS = ("transformer", "static")
"""The encoders that ship with matlore."""


class TextEncoder(Protocol):
    """Turns texts into vectors whose cosine says how near their meanings are.

    The same text gets the same vector whatever texts stand beside it.
    """

    @property
    def id(self) -> str:
        """Changes when anything changes that may change the vectors."""

    @property
    def size(self) -> int:
        """Number of components of a vector."""

    def encode(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> "np.ndarray[Any, Any]":
        """Return (texts, size) float32: vectors of length one.

        Args:
            texts: of any length and script; what is longer than the encoder reads is cut. A
                text in which it knows nothing gets the vector of an unknown word.
            progress: told of texts.
        """


def load_encoder(name: str | Path = "transformer", *, threads: int | None = None) -> TextEncoder:
    """Load an encoder.

    Args:
        name: one of `ENCODERS`, or the folder or Hugging Face id of a sentence-transformers
            model with ONNX weights.
        threads: of the processor; None for all cores.

    Raises:
        ArtifactError: there is none, it is damaged, or it is no encoder.
    """
    if name == "static":
        from .static import StaticEncoder

        return StaticEncoder.load()
    if name == "transformer":
        from .transformer import TransformerEncoder

        return TransformerEncoder.load(threads=threads)
    from .foreign import load_foreign_encoder

    return load_foreign_encoder(name, threads=threads)
