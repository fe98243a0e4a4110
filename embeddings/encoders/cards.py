"""The card of an encoder: what it is, what it was trained on, what it measured."""

import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from matlore.bert.files import check_file, write_whole
from matlore.errors import ArtifactError

__all__ = ["CARD", "ENCODERS_FOLDER", "EncoderCard", "load_card", "save_card"]

ENCODERS_FOLDER = Path(str(files("matlore"))) / "starter" / "encoders"
"""The encoders that ship with matlore, a folder each."""

CARD = "card.json"
REMEDY = "install matlore again, or name another encoder with `--encoder`"


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What an encoder is.

    Attributes:
        id: its kind and the beginning of a hash over its files.
        kind: `transformer` or `static`.
        sha256: of each file, by its name.
        size: components of a vector.
        longest: pieces of a text that are read, marks included.
        trained: date, ISO 8601.
        data: what it was trained on, with sources and licences.
        settings: of the training.
        metrics: what was measured, with the test set.
        command: the commands that made it.
        license: of the weights.
    """

    id: str
    kind: str
    sha256: dict[str, str]
    size: int
    longest: int
    trained: str
    data: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    command: str | None = None
    license: str | None = None


def save_card(card: EncoderCard, folder: Path) -> None:
    """Write a card into the folder of its encoder."""
    text = json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n"
    write_whole(folder / CARD, text.encode())


def load_card(folder: Path, kind: str) -> EncoderCard:
    """Read the card of an encoder, and check its files against it.

    Raises:
        ArtifactError: the card or a file is missing or damaged, or it is of another kind.
    """
    path = folder / CARD
    try:
        card = EncoderCard(**json.loads(path.read_text(encoding="utf-8")))
        hashes = {str(name): str(digest) for name, digest in card.sha256.items()}
        fits = card.kind == kind and int(card.size) > 0 and int(card.longest) > 0
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path}: not the card of an encoder ({error}); {REMEDY}") from error
    if not fits:
        raise ArtifactError(f"{path}: not the card of a {kind} encoder; {REMEDY}")
    for name, digest in hashes.items():
        check_file(folder / name, digest, remedy=REMEDY)
    return card
