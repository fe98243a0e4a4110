"""Descriptors kept on disk by the content of what they describe.

One file a featurizer and version: safetensors with the keys and the rows, oldest first, and in
its metadata a hash of both. It is written whole and renamed, so a reader sees the old or the new
one; of two writers at once the last one wins, and what the other had added is computed again. A
damaged file is as good as none.
"""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .base import Featurizer, Sample

__all__ = ["FeatureCache", "content_key"]

Floats = NDArray[np.float64]
_KEY_BYTES = 16
_FORMAT = "1"


@dataclass(frozen=True)
class FeatureCache:
    """A folder of descriptors.

    Attributes:
        folder: made where it is missing.
        max_bytes: of the rows of one featurizer; the oldest go first.
    """

    folder: Path
    max_bytes: int = 128 * 2**20

    def featurize(self, featurizer: Featurizer, samples: Sequence[Sample]) -> Floats:
        """Return the descriptors of samples, computing those alone that are not kept.

        Args:
            featurizer: its name and version decide which file is used.
            samples: to describe.

        Raises:
            InputError: a sample lacks what the featurizer needs; nothing is kept then.
        """
        keys = [content_key(sample) for sample in samples]
        kept = self._read(featurizer)
        new = {key: sample for key, sample in zip(keys, samples, strict=True) if key not in kept}
        if new:
            rows = np.asarray(featurizer.featurize(list(new.values())), dtype=np.float64)
            # Another writer may have added rows meanwhile.
            kept = {**self._read(featurizer), **dict(zip(new, rows, strict=True))}
            self._write(featurizer, kept)
        found = [kept[key] for key in keys]
        return np.array(found).reshape(len(samples), len(featurizer.names))

    def path(self, featurizer: Featurizer) -> Path:
        """Return the file in which a featurizer's rows are kept."""
        name = re.sub(r"[^\w.-]", "_", f"{featurizer.name}-{featurizer.version}")
        return self.folder / f"{name}.safetensors"

    def _read(self, featurizer: Featurizer) -> dict[bytes, Floats]:
        """Return the rows that are kept, by key; none where the file is missing or damaged."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path(featurizer), framework="numpy") as file:
                metadata = file.metadata() or {}
                keys, rows = file.get_tensor("keys"), file.get_tensor("rows")
        except (OSError, SafetensorError, ValueError):
            return {}
        shaped = keys.ndim == rows.ndim == 2 and len(keys) == len(rows)
        if not shaped or rows.shape[1] != len(featurizer.names):
            return {}
        if metadata != _metadata(keys, rows):
            return {}
        return {key.tobytes(): row for key, row in zip(keys, rows, strict=True)}

    def _write(self, featurizer: Featurizer, kept: Mapping[bytes, Floats]) -> None:
        """Write the newest rows that there is room for; a full disk costs the cache only."""
        from safetensors.numpy import save

        room = max(1, self.max_bytes // (_KEY_BYTES + 8 * len(featurizer.names)))
        newest = list(kept.items())[-room:]
        keys = np.frombuffer(b"".join(key for key, _ in newest), dtype=np.uint8)
        keys = keys.reshape(len(newest), _KEY_BYTES)
        rows = np.array([row for _, row in newest], dtype=np.float64)
        data = save({"keys": keys, "rows": rows}, metadata=_metadata(keys, rows))
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(self.path(featurizer), data)


def content_key(sample: Sample) -> bytes:
    """Return a hash of all of a sample that a featurizer may look at: not of its name."""
    digest = sha256()
    for symbol, fraction in sorted(sample.fractions.items()):
        digest.update(f"{symbol} {fraction!r};".encode())
    digest.update(f"{sample.atoms!r} {sample.space_group} {sample.cell_atoms};".encode())
    structure = sample.structure
    if structure is not None:
        digest.update(np.ascontiguousarray(structure.lattice.matrix, dtype="<f8").tobytes())
        digest.update(np.ascontiguousarray(structure.frac_coords, dtype="<f8").tobytes())
        digest.update(" ".join(site.species_string for site in structure).encode())
    return digest.digest()[:_KEY_BYTES]


def _metadata(keys: NDArray[np.uint8], rows: Floats) -> dict[str, str]:
    digest = sha256(keys.tobytes())
    digest.update(rows.tobytes())
    return {"format": _FORMAT, "sha256": digest.hexdigest()}


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole, then put it in the place of the old one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
