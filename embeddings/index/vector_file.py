"""Vectors in one file: float16, a row after the other, added to at the end, memory-mapped."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matlore.errors import ArtifactError

from .card import REMEDY

__all__ = ["VECTORS", "append_vectors", "cut_vectors", "map_vectors"]

VECTORS = "vectors.f16"
_BYTES = 2


def map_vectors(folder: Path, rows: int, size: int) -> NDArray[np.float16]:
    """Return (rows, size) float16, memory-mapped.

    Raises:
        ArtifactError: the file is missing or has fewer rows.
    """
    path = folder / VECTORS
    if not rows:
        return np.zeros((0, size), np.float16)
    try:
        return np.memmap(path, np.float16, "r", shape=(rows, size))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"{path}: not {rows} vectors of {size} numbers, the file is truncated or missing"
            f" ({error}); {REMEDY}"
        ) from error


def append_vectors(folder: Path, vectors: NDArray[np.float32], *, rows: int) -> None:
    """Write vectors after the first `rows`, durably.

    Args:
        folder: of the index.
        vectors: (new, size), length one.
        rows: that the file has and that are committed.
    """
    path = folder / VECTORS
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(rows * vectors.shape[1] * _BYTES)
        file.write(np.ascontiguousarray(vectors, dtype=np.float16).tobytes())
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def cut_vectors(folder: Path, *, rows: int, size: int) -> None:
    """Cut off what a kill left behind the committed rows.

    Raises:
        ArtifactError: rows that were committed are missing.
    """
    path = folder / VECTORS
    if not path.exists() and not rows:
        return
    found = path.stat().st_size if path.exists() else 0
    if found < rows * size * _BYTES:
        raise ArtifactError(
            f"{path}: {found // (size * _BYTES)} vectors of {rows}, the file is truncated; {REMEDY}"
        )
    with path.open("r+b") as file:
        file.truncate(rows * size * _BYTES)
