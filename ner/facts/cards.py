"""The card of the small models that find facts: one file for all models of a folder."""

import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from matlore.errors import ArtifactError

__all__ = ["FACTS_FOLDER", "MODELS_CARD", "ModelCard", "add_card", "check_sha256", "load_cards"]

FACTS_FOLDER = Path(str(files("matlore"))) / "starter" / "facts"
"""The models and facts that ship with matlore."""

MODELS_CARD = "models.card.json"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model is.

    Attributes:
        sha256: of its file.
        trained: date, ISO 8601.
        data: what it was trained on, with source, licence and size.
        metrics: what was measured, with how.
        versions: of the libraries that made it.
        command: that made it.
        license: of the weights.
    """

    sha256: str
    trained: str
    data: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    command: str | None = None
    license: str | None = None


def load_cards(folder: Path) -> dict[str, ModelCard]:
    """Return the cards of the models of a folder, by file name; none where it has no card.

    Raises:
        ArtifactError: the card cannot be read.
    """
    path = folder / MODELS_CARD
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {name: ModelCard(**card) for name, card in data.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ArtifactError(
            f"{path}: not the card of models of facts ({error}); install matlore again, or train"
            " them with `matlore facts train`"
        ) from error


def add_card(folder: Path, name: str, card: ModelCard) -> None:
    """Write a model's card beside those of the folder's other models."""
    cards = {key: asdict(value) for key, value in (load_cards(folder) | {name: card}).items()}
    text = json.dumps(dict(sorted(cards.items())), indent=2, ensure_ascii=False)
    (folder / MODELS_CARD).write_text(text + "\n", encoding="utf-8")


def check_sha256(path: Path, digest: str) -> None:
    """Raise where the card of a model's folder says that its file was another one.

    Raises:
        ArtifactError: the file is damaged, or has been replaced without its card.
    """
    card = load_cards(path.parent).get(path.name)
    if card is not None and card.sha256 != digest:
        raise ArtifactError(
            f"{path}: sha256 differs from its card, the file is damaged; install matlore again, or"
            " train it with `matlore facts train`"
        )
