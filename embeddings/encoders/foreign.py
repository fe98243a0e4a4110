"""Encoders of others: sentence-transformers models with ONNX weights.

What the folder says is followed: how a text's pieces are pooled, how many are read, and what
is put before each text (prompts). The vectors are brought to length one whatever it says.
"""

import json
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matlore.bert.files import file_sha256
from matlore.bert.hub import find_model
from matlore.bert.running import open_session
from matlore.bert.wordpieces import load_tokenizer
from matlore.errors import ArtifactError
from matlore.progress import Progress, no_progress

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

__all__ = ["ForeignEncoder", "load_foreign_encoder"]

_PATTERNS = ("*.json", "*/config.json", "onnx/model.onnx", "onnx/model.onnx_data", "model.onnx")
_WEIGHTS = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_POOLINGS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
}
_LONGEST_TEXT = 20_000
_BATCH = 32
_MOST_PIECES = 512


class _Settings(NamedTuple):
    pooling: str
    longest: int
    prompt: str


def load_foreign_encoder(name: str | Path, *, threads: int | None = None) -> "ForeignEncoder":
    """Load a sentence-transformers model.

    Args:
        name: its folder, or its Hugging Face id, best with `@revision`.
        threads: None for all cores.

    Raises:
        ArtifactError: there is none, or it has no ONNX weights, or is none of this kind.
    """
    folder = find_model(name, _PATTERNS)
    weights = next((folder / path for path in _WEIGHTS if (folder / path).is_file()), None)
    if weights is None:
        raise ArtifactError(
            f"{folder}: no ONNX weights ({' or '.join(_WEIGHTS)}); sentence-transformers writes"
            " them with `SentenceTransformer(NAME, backend='onnx').save_pretrained(FOLDER)`"
        )
    settings = _read_settings(folder)
    session = open_session(weights, threads=threads or os.cpu_count() or 1)
    digest = sha256(f"{file_sha256(weights)} {settings}".encode()).hexdigest()[:10]
    return ForeignEncoder(f"{folder.name}-{digest}", session, load_tokenizer(folder), settings)


class ForeignEncoder:
    """A sentence-transformers model under onnxruntime."""

    def __init__(
        self,
        id: str,
        session: "InferenceSession",
        tokenizer: "Tokenizer",
        settings: _Settings,
    ) -> None:
        self.id = id
        self._session = session
        self._tokenizer = tokenizer
        self._settings = settings
        self._tokenizer.enable_truncation(settings.longest)
        inputs = {node.name for node in session.get_inputs()}
        if not {"input_ids", "attention_mask"} <= inputs or not inputs <= set(_INPUTS):
            raise ArtifactError(
                f"{id}: takes {', '.join(sorted(inputs))}; an encoder takes {', '.join(_INPUTS)}"
            )
        self._inputs = inputs
        self._outputs = [node.name for node in session.get_outputs()]
        self.size = int(self._vectors(["a"]).shape[1])

    def encode(
        self, texts: Sequence[str], *, progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """Return (texts, size) float32 (see `TextEncoder.encode`)."""
        found = np.empty((len(texts), self.size), np.float32)
        order = sorted(range(len(texts)), key=lambda k: -len(texts[k]))
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
            found[some] = self._vectors([texts[k] for k in some])
            progress(len(some))
        return found

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        prompt = self._settings.prompt
        cut = [(prompt + t[:_LONGEST_TEXT]).encode(errors="replace").decode() for t in texts]
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch(cut)]
        width = max(1, max(len(row) for row in rows))
        pieces = np.zeros((len(rows), width), np.int64)
        mask = np.zeros_like(pieces)
        for number, row in enumerate(rows):
            pieces[number, : len(row)] = row
            mask[number, : max(1, len(row))] = 1
        given = dict(zip(_INPUTS, (pieces, mask, np.zeros_like(pieces)), strict=True))
        inputs = {name: given[name] for name in self._inputs}
        return _length_one(self._pooled(self._session.run(None, inputs), mask))

    def _pooled(self, outputs: Sequence[Any], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        named = dict(zip(self._outputs, outputs, strict=True))
        if "sentence_embedding" in named:
            return np.asarray(named["sentence_embedding"], np.float32)
        hidden = np.asarray(named.get("last_hidden_state", outputs[0]), np.float32)
        if hidden.ndim == 2:
            return hidden
        if self._settings.pooling == "cls":
            return hidden[:, 0]
        inside = mask[:, :, None]
        if self._settings.pooling == "max":
            largest: NDArray[np.float32] = np.where(inside > 0, hidden, -np.inf).max(axis=1)
            return largest
        mean: NDArray[np.float32] = (hidden * inside).sum(axis=1) / inside.sum(axis=1)
        return mean


def _length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)


def _read_settings(folder: Path) -> _Settings:
    """Read how a model pools, how many pieces it reads, and its prompt.

    Raises:
        ArtifactError: a file is damaged, or it asks for what is not done here.
    """
    modules = _read_json(folder / "modules.json", [])
    kinds = [str(m.get("type", "")).rsplit(".", 1)[-1] for m in modules if isinstance(m, dict)]
    if odd := [kind for kind in kinds if kind not in ("Transformer", "Pooling", "Normalize")]:
        raise ArtifactError(f"{folder}: its module {odd[0]} is not supported; name another encoder")
    pooling = _read_json(folder / "1_Pooling" / "config.json", {})
    asked = [mode for mode, is_set in pooling.items() if mode in _POOLINGS and is_set is True]
    if len(asked) > 1:
        raise ArtifactError(f"{folder}: pools in {len(asked)} ways at once; name another encoder")
    bert = _read_json(folder / "sentence_bert_config.json", {})
    longest = int(bert.get("max_seq_length") or _MOST_PIECES)
    prompts = _read_json(folder / "config_sentence_transformers.json", {})
    name = prompts.get("default_prompt_name")
    prompt = str((prompts.get("prompts") or {}).get(name) or "") if name else ""
    return _Settings(_POOLINGS[asked[0]] if asked else "mean", min(longest, _MOST_PIECES), prompt)


def _read_json(path: Path, missing: Any) -> Any:
    """Return what a file holds, or `missing` where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return missing
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); get the model anew") from error
    if not isinstance(found, type(missing)):
        raise ArtifactError(f"{path}: not what such a file holds; get the model anew")
    return found
