"""The card of an index: what it holds, and what its files must be."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from matlore.bert.files import file_sha256, write_whole
from matlore.errors import ArtifactError

__all__ = ["CARD", "INDEX_FORMAT", "REMEDY", "IndexCard", "load_card", "save_card"]

CARD = "card.json"
INDEX_FORMAT = 1
REMEDY = "build it anew with `matlore index build --replace`"


@dataclass(frozen=True, slots=True)
class IndexCard:
    """What an index is.

    Attributes:
        encoder: id of the encoder of its vectors.
        size: components of a vector.
        rows: texts that can be found.
        total_rows: rows of the vector file, those of deleted texts among them.
        kind: `flat`, `ivf` or `ivf-pq`.
        built: when it was finished, ISO 8601.
        files: by name, the bytes and the sha256 of what must not change; a file may be longer
            while it is being added to.
        settings: of the FAISS index: lists, probes, candidates, recall that was measured.
        format: of the folder.
    """

    encoder: str
    size: int
    rows: int
    total_rows: int
    kind: str
    built: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    format: int = INDEX_FORMAT


def save_card(card: IndexCard, folder: Path) -> None:
    """Write a card, durably and whole."""
    text = json.dumps(asdict(card), indent=1) + "\n"
    write_whole(folder / CARD, text.encode(), durable=True)


def load_card(folder: Path) -> IndexCard:
    """Read the card of an index.

    Raises:
        ArtifactError: there is none, or it is damaged or of another format.
    """
    path = folder / CARD
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw.get("format") != INDEX_FORMAT:
            raise ArtifactError(f"{path}: an index of another version of matlore; {REMEDY}")
        card = IndexCard(**raw)
        numbers: tuple[Any, ...] = (card.size, card.rows, card.total_rows)
        fits = all(isinstance(number, int) and number >= 0 for number in numbers)
        entries = [(int(e["bytes"]), str(e["sha256"])) for e in card.files.values()]
        fits = fits and len(entries) < 10 and card.kind in ("flat", "ivf", "ivf-pq")
    except FileNotFoundError:
        raise ArtifactError(
            f"{folder}: no index, or one whose build was not finished; `matlore index build`"
        ) from None
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ArtifactError(f"{path}: not the card of an index ({error}); {REMEDY}") from error
    if not (fits and card.size):
        raise ArtifactError(f"{path}: not the card of an index; {REMEDY}")
    return card


def file_entry(path: Path) -> dict[str, Any]:
    """Return the bytes and the sha256 of a file, for a card."""
    return {"bytes": path.stat().st_size, "sha256": file_sha256(path)}


def check_files(card: IndexCard, folder: Path, *, hashes: bool) -> None:
    """Compare the files of an index with its card.

    Args:
        card: of the index.
        folder: where they are.
        hashes: whether sha256 is compared too; else only the length.

    Raises:
        ArtifactError: a file is missing, too short or another one.
    """
    for name, entry in card.files.items():
        path, length = folder / name, int(entry["bytes"])
        try:
            found = path.stat().st_size
            same = not hashes or _beginning_sha256(path, length) == entry["sha256"]
        except OSError as error:
            raise ArtifactError(f"{path}: cannot be read ({error}); {REMEDY}") from error
        if found < length:
            raise ArtifactError(
                f"{path}: {found} bytes of {length}, the file is truncated; {REMEDY}"
            )
        if not same:
            raise ArtifactError(f"{path}: sha256 differs from the index's card; {REMEDY}")


def _beginning_sha256(path: Path, length: int) -> str:
    """Return the sha256 of the first bytes of a file."""
    from hashlib import sha256

    digest = sha256()
    with path.open("rb") as file:
        while length > 0 and (block := file.read(min(length, 1 << 20))):
            digest.update(block)
            length -= len(block)
    return digest.hexdigest()
