"""The files of a full-text index, compared with the checksums at their ends."""

import json
import struct
from pathlib import Path
from zlib import crc32

from matlore.errors import ArtifactError

__all__ = ["check_files"]

_MAGIC = 1337
_BLOCK = 1 << 20


def check_files(folder: Path, remedy: str) -> None:
    """Compare every file of the index's segments with the checksum in its footer.

    tantivy ends each file with `{"crc": …}`, its length and a magic number; it looks only at
    the last when it opens an index.

    Args:
        folder: of the index.
        remedy: what to do, for the message.

    Raises:
        ArtifactError: a file is damaged.
    """
    for path in sorted(folder.glob("[0-9a-f]*.*")):
        if not path.name.startswith(".") and path.suffix not in (".json", ".lock"):
            try:
                sound = _is_sound(path)
            except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
                raise ArtifactError(f"{path}: damaged ({error}); {remedy}") from error
            if not sound:
                raise ArtifactError(f"{path}: its checksum differs; {remedy}")


def _is_sound(path: Path) -> bool:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(size - 8)
        length, magic = struct.unpack("<II", file.read(8))
        if magic != _MAGIC or length > size - 8:
            raise ValueError("truncated")
        file.seek(size - 8 - length)
        expected = int(json.loads(file.read(length))["crc"])
        file.seek(0)
        left, found = size - 8 - length, 0
        while left and (block := file.read(min(left, _BLOCK))):
            found = crc32(block, found)
            left -= len(block)
    return found == expected
