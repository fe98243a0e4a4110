"""The card of a tagger: what it was trained on, what it measured, and how to run it."""

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any

from matlore.bert.files import check_file, write_whole
from matlore.errors import ArtifactError

from .labels import TAGS
from .model_words import SHAPES, WORDS_VERSION

__all__ = ["NER_FOLDER", "TaggerCard", "load_card", "save_card", "tagger_id"]

NER_FOLDER = Path(str(files("matlore"))) / "starter" / "ner"
"""The tagger that ships with matlore."""

CARD, MODEL, TOKENIZER = "card.json", "model.onnx", "tokenizer.json"
_MARKS = 2
_REMEDY = "export the tagger again with `matlore ner export` or install matlore again"


@dataclass(frozen=True, slots=True)
class TaggerCard:
    """What a tagger is.

    Attributes:
        id: `ner-` and the beginning of a hash over the files and the transitions.
        sha256: of each file, by its name.
        tags: column `k` of the scores belongs to `tags[k]`.
        shapes: what BERT's token types stand for.
        words_version: `ner.model_words.WORDS_VERSION` at training.
        window: pieces of a row, `[CLS]` and `[SEP]` among them.
        transitions: (1 + tags) rows of scores for a tag after another, the first row for a
            sentence's beginning; empty where the network has none.
        trained: date, ISO 8601.
        data: what it was trained on, with sources and licences.
        settings: of the training.
        versions: of the libraries that made it.
        metrics: what was measured, with the test set.
        command: the commands that made it.
        license: of the weights.
    """

    id: str
    sha256: dict[str, str]
    tags: list[str]
    shapes: list[str]
    words_version: str
    window: int
    transitions: list[list[float]]
    trained: str
    data: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    command: str | None = None
    license: str | None = None


def tagger_id(hashes: dict[str, str], transitions: list[list[float]]) -> str:
    """Return a tagger's id: it changes with whatever changes its tags."""
    stuff = json.dumps([hashes, transitions, WORDS_VERSION], sort_keys=True)
    return f"ner-{sha256(stuff.encode()).hexdigest()[:10]}"


def save_card(card: TaggerCard, folder: Path) -> None:
    """Write a card into the folder of its model."""
    text = json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n"
    write_whole(folder / CARD, text.encode())


def load_card(folder: Path) -> TaggerCard:
    """Read the card of a tagger, and check its files against it.

    Raises:
        ArtifactError: the card or a file is missing or damaged, or it was trained for
            another version of matlore's words, tags or shapes.
    """
    path = folder / CARD
    try:
        card = TaggerCard(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ArtifactError(
            f"{path}: not the card of a tagger ({error}); train one with `matlore ner train`"
            " or install matlore again"
        ) from error
    if problem := _problem(card):
        raise ArtifactError(
            f"{path}: not the card of a tagger ({problem}); export the tagger again with"
            " `matlore ner export` or install matlore again"
        )
    for name in (MODEL, TOKENIZER):
        check_file(folder / name, card.sha256[name], remedy=_REMEDY)
    expected = (list(TAGS), list(SHAPES), WORDS_VERSION)
    if (card.tags, card.shapes, card.words_version) != expected:
        raise ArtifactError(
            f"{path}: the tagger was trained for another version of matlore; train it again"
            " with `matlore ner train`"
        )
    return card


def _problem(card: TaggerCard) -> str | None:
    """Say what of the fields that the tagger goes by is not as it must be."""
    found: dict[str, Any] = asdict(card)
    hashes, window, rows = found["sha256"], found["window"], found["transitions"]
    if not isinstance(found["id"], str):
        return "id: no text"
    if not isinstance(hashes, dict) or not {MODEL, TOKENIZER} <= hashes.keys():
        return f"sha256: not those of {MODEL} and {TOKENIZER}"
    if not isinstance(window, int) or window <= _MARKS:
        return f"window: {window!r} is no number of pieces"
    if not isinstance(rows, list) or len(rows) not in (0, 1 + len(TAGS)):
        return f"transitions: not {1 + len(TAGS)} rows"
    if not all(isinstance(row, list) and len(row) == len(TAGS) for row in rows):
        return f"transitions: not {len(TAGS)} columns"
    if not all(isinstance(score, int | float) and isfinite(score) for row in rows for score in row):
        return "transitions: not all are numbers"
    return None
