"""The files of a token classifier of others: where they are, its config, its tokenizer."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from matlore.bert.hub import find_model
from matlore.bert.wordpieces import load_tokenizer
from matlore.errors import ArtifactError

from .foreign_labels import Scheme, names_of, read_scheme

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["CONFIG", "PICKLED", "ModelConfig", "find_folder", "read_config", "read_tokenizer"]

CONFIG = "config.json"
PICKLED = "pytorch_model.bin"
_CONFIG_FILES = (CONFIG, "tokenizer*.json", "special_tokens_map.json", "added_tokens.json")
_VOCABULARY_FILES = ("vocab.txt", "vocab.json", "merges.txt", "*.model")
_WEIGHT_FILES = ("*model.onnx", "*model.onnx_data", "model.safetensors", "crf.safetensors")
_CLASSIFIER = "ForTokenClassification"
_LONGEST_ROW = 512


class ModelConfig(NamedTuple):
    """What `config.json` says of a token classifier.

    Attributes:
        scheme: what its outputs mean; None where they have no names.
        n_labels: number of outputs.
        longest_row: pieces of a row, special ones among them.
        pad: number of the padding piece.
        normalise: whether it reads words normalised as Matscholar's.
    """

    scheme: Scheme | None
    n_labels: int
    longest_row: int
    pad: int
    normalise: bool


def find_folder(model: str | Path, *, pickled: bool = False) -> Path:
    """Return the folder of a model, downloaded where `model` is a Hugging Face id.

    Args:
        model: a folder, or `organisation/name`, best with `@revision`.
        pickled: also download pickled weights, to convert them.

    Raises:
        ArtifactError: there is neither such a folder nor such a model on the hub.
    """
    patterns = [*_CONFIG_FILES, *_VOCABULARY_FILES, *_WEIGHT_FILES]
    return find_model(model, [*patterns, PICKLED] if pickled else patterns)


def read_config(folder: Path) -> ModelConfig:
    """Read `config.json` of a token classifier.

    Raises:
        ArtifactError: it is missing or damaged, or belongs to another kind of model.
    """
    raw = read_raw_config(folder)
    architectures = [str(name) for name in raw.get("architectures") or ()]
    if architectures and not any(_CLASSIFIER in name for name in architectures):
        raise ArtifactError(
            f"{folder}: a {architectures[0]}, which has no head that tags words (a base model); "
            "name a model fine-tuned for named entities, or fine-tune this one with "
            f"`matlore ner train --base {folder}`"
        )
    try:
        names = names_of(raw.get("id2label") or {})
        return ModelConfig(
            scheme=read_scheme(names) if names else None,
            n_labels=len(names),
            longest_row=_longest_row(raw),
            pad=int(raw.get("pad_token_id") or 0),
            normalise=bool((raw.get("matlore") or {}).get("normalise", False)),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{folder / CONFIG}: cannot be understood ({error})") from error


def read_raw_config(folder: Path) -> dict[str, Any]:
    """Return `config.json` as it is.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    path = folder / CONFIG
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(
            f"{folder}: no {CONFIG}, so not a model's folder; name one that Hugging Face's "
            "`save_pretrained` or `matlore ner export` wrote"
        ) from None
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); get the model anew") from error
    if not isinstance(raw, dict):
        raise ArtifactError(f"{path}: holds no JSON object; get the model anew")
    return raw


def _longest_row(raw: dict[str, Any]) -> int:
    """Return how many pieces a row may have; RoBERTa counts positions from after the padding."""
    positions = int(raw.get("max_position_embeddings") or _LONGEST_ROW)
    if "roberta" in str(raw.get("model_type", "")):
        positions -= int(raw.get("pad_token_id") or 0) + 1
    if positions < 3:
        raise ValueError(f"a row of {positions} pieces holds no word")
    return min(positions, _LONGEST_ROW)


def read_tokenizer(folder: Path) -> "Tokenizer":
    """Read a model's tokenizer, set up for words that are already apart.

    Raises:
        ArtifactError: there is none, or it is damaged.
    """
    if (folder / "tokenizer.json").is_file():
        return _with_prefix_space(load_tokenizer(folder))
    if not any(path for pattern in _VOCABULARY_FILES for path in folder.glob(pattern)):
        raise ArtifactError(
            f"{folder}: no tokenizer (tokenizer.json or vocab.txt); copy it from the model that "
            "this one was fine-tuned from"
        )
    return _with_prefix_space(_slow_tokenizer(folder))


def _slow_tokenizer(folder: Path) -> "Tokenizer":
    """Make a tokenizer from a bare vocabulary, by the rules of the model's kind."""
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ArtifactError(
            f"{folder}: a bare vocabulary; making its tokenizer takes transformers "
            "(`pip install 'matlore[train]'`)"
        ) from error
    try:
        made = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        tokenizer: Tokenizer = made.backend_tokenizer
    except Exception as error:  # the libraries raise what they like for a damaged file
        raise ArtifactError(
            f"{folder}: its tokenizer cannot be read ({error}); get the model anew"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _with_prefix_space(tokenizer: "Tokenizer") -> "Tokenizer":
    """Let byte-level pieces of each word begin as after a blank, as in running text."""
    from tokenizers import Tokenizer

    settings = json.loads(tokenizer.to_str())
    steps = settings.get("pre_tokenizer") or {}
    changed = False
    for step in steps.get("pretokenizers", [steps]):
        if step.get("add_prefix_space") is False:
            step["add_prefix_space"] = changed = True
    return Tokenizer.from_str(json.dumps(settings)) if changed else tokenizer
