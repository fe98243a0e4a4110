"""Rewrites a token classifier of others as ONNX, so that it runs without torch or pickle.

This is the one place where pickled weights are read, by torch's restricted reader
(`weights_only=True`), which makes tensors and nothing else. Takes torch and transformers
(extra `train`).
"""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matlore.errors import ArtifactError

from .foreign_files import CONFIG, PICKLED, find_folder, read_raw_config, read_tokenizer
from .foreign_weights import check_missing, save_transitions

__all__ = ["convert_foreign"]

_SAFETENSORS = "model.safetensors"
_ONNX = "model.onnx"
_OPSET = 17
# Names of wrappers around the classifier: MatSciBERT keeps it as `encoder` beside a CRF.
_WRAPPERS = ("encoder.", "model.")
_OLD_NAMES = (("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias"))
_CRF_PARTS = ("start_transitions", "end_transitions", "transitions")


def convert_foreign(
    model: str | Path,
    out: str | Path,
    *,
    labels: Sequence[str] | None = None,
    normalise: bool = False,
) -> Path:
    """Write a token classifier as a folder that `ner.foreign.load_foreign` takes.

    Args:
        model: a folder or Hugging Face id with `config.json`, a tokenizer, and
            `model.safetensors` or `pytorch_model.bin`.
        out: the folder to write: `model.onnx`, `tokenizer.json`, `config.json`, and
            `crf.safetensors` where the model has a CRF.
        labels: names of its outputs by number, where its config lacks them (for
            MatSciBERT's NER checkpoint `ner.foreign_labels.MATSCIBERT_LABELS`).
        normalise: whether it was trained on Matscholar's normalised words.

    Returns:
        The folder written.

    Raises:
        ArtifactError: the model is missing, damaged, or has no head that tags words.
    """
    folder = find_folder(model, pickled=True)
    raw = read_raw_config(folder)
    if labels is not None:
        raw |= _names(labels)
    tokenizer = read_tokenizer(folder)
    state = _read_state(folder)
    network = _network(folder, raw, state)
    target = Path(out)
    target.mkdir(parents=True, exist_ok=True)
    _write_onnx(network, target / _ONNX)
    _write_crf(state, target)
    tokenizer.save(str(target / "tokenizer.json"))
    raw["architectures"] = [type(network).__name__]
    raw["matlore"] = {"normalise": normalise}
    # Last, because a folder without it is refused: what was cut short is never taken for whole.
    (target / CONFIG).write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")
    return target


def _names(labels: Sequence[str]) -> dict[str, Any]:
    """Return what a config says of the names of its outputs."""
    numbers = {name: number for number, name in enumerate(labels)}
    return {"id2label": {str(n): name for n, name in enumerate(labels)}, "label2id": numbers}


def _read_state(folder: Path) -> dict[str, Any]:
    """Return the tensors of a model by name."""
    torch = _torch(folder)
    if (folder / _SAFETENSORS).is_file():
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(folder / _SAFETENSORS)
        except SafetensorError as error:
            raise ArtifactError(f"{folder / _SAFETENSORS}: damaged ({error})") from error
    path = folder / PICKLED
    if not path.is_file():
        raise ArtifactError(f"{folder}: neither {_SAFETENSORS} nor {PICKLED} to convert")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle, zip and torch each have their own
        raise ArtifactError(
            f"{path}: holds more than weights, or is damaged; it is not opened "
            f"({str(error).split(chr(10), 1)[0]})"
        ) from error
    if not isinstance(state, dict) or not all(torch.is_tensor(part) for part in state.values()):
        raise ArtifactError(f"{path}: holds no tensors by name; is it a checkpoint of a trainer?")
    return state


def _torch(folder: Path) -> Any:
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise ArtifactError(
            f"{folder}: converting takes torch and transformers: `pip install 'matlore[train]'`"
        ) from error
    return torch


def _network(folder: Path, raw: dict[str, Any], state: dict[str, Any]) -> Any:
    """Build the classifier and fill it; every one of its weights must be there."""
    from transformers import AutoConfig, AutoModelForTokenClassification

    kind = raw.get("model_type")
    if not kind:
        raise ArtifactError(f"{folder / CONFIG}: names no model_type")
    try:
        settings = {name: value for name, value in raw.items() if name != "model_type"}
        config = AutoConfig.for_model(kind, **settings)
        config.return_dict = False  # the exporter takes a tuple of outputs
        auto: Any = AutoModelForTokenClassification  # its methods have no types
        network = auto.from_config(config, attn_implementation="eager")
        report = network.load_state_dict(_renamed(state, network.state_dict()), strict=False)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"{folder}: weights and {CONFIG} do not belong together ({error}); a config without "
            "id2label needs the names of the labels"
        ) from error
    check_missing(folder, [n for n in report.missing_keys if not n.endswith("position_ids")])
    return network.eval()


def _renamed(state: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return tensors under the names that transformers gives them today."""
    found = {}
    for name, part in state.items():
        for old, new in _OLD_NAMES:
            name = name.replace(old, new)
        for wrapper in _WRAPPERS:
            if name not in wanted and name.removeprefix(wrapper) in wanted:
                name = name.removeprefix(wrapper)
        found[name] = part
    return found


def _write_onnx(network: Any, path: Path) -> None:
    """Write a classifier as ONNX, with rows and pieces of any number."""
    import torch

    pieces = torch.ones((2, 5), dtype=torch.int64)
    free = {0: "rows", 1: "pieces"}
    names = ["input_ids", "attention_mask"]
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter warns of shapes that it takes for fixed; a test compares the numbers.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (pieces, pieces),
            str(path),
            input_names=names,
            output_names=["logits"],
            dynamic_axes=dict.fromkeys([*names, "logits"], free),
            opset_version=_OPSET,
            dynamo=False,
        )


def _write_crf(state: dict[str, Any], folder: Path) -> None:
    """Write the transitions of a CRF (pytorch-crf's three tensors), if there are any."""
    parts = {
        part: tensor
        for name, tensor in state.items()
        for part in _CRF_PARTS
        if name == f"crf.{part}"
    }
    if len(parts) == len(_CRF_PARTS):
        start, end, transitions = (parts[part].float().numpy() for part in _CRF_PARTS)
        save_transitions(folder, start=start, end=end, transitions=transitions)
