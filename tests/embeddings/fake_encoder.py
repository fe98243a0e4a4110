"""An encoder that needs no model: words hashed into a few components."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from matlore.progress import Progress, no_progress

SIZE = 32


class FakeEncoder:
    """Every word has a direction of its own; a text is the sum of those of its words."""

    def __init__(self, id: str = "fake-32", size: int = SIZE) -> None:
        self.id = id
        self.size = size
        self.encoded = 0

    def encode(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        found = np.zeros((len(texts), self.size), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split() or ["?"]:
                found[row] += self._direction(word)
        self.encoded += len(texts)
        progress(len(texts))
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        normal: NDArray[np.float32] = (found / lengths).astype(np.float32)
        return normal

    def _direction(self, word: str) -> NDArray[np.float32]:
        generator = np.random.default_rng(crc32(word.strip(".,;").encode()))
        return generator.normal(size=self.size).astype(np.float32)
