"""Weights of a token classifier of others, and what runs them: onnxruntime or torch."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.bert.running import open_session
from matlore.errors import ArtifactError

from .foreign_files import PICKLED

if TYPE_CHECKING:
    import numpy as np

__all__ = ["TRANSITIONS", "Run", "find_weights", "load_runner", "load_transitions"]

Run = Callable[["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"], "np.ndarray[Any, Any]"]
"""Takes pieces and mask, both (rows, longest) int64; gives (rows, longest, labels) float32."""

_ONNX = ("model.onnx", "onnx/model.onnx")
_SAFETENSORS = "model.safetensors"
TRANSITIONS = "crf.safetensors"
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def find_weights(folder: Path) -> Path:
    """Return the file of weights that will be run, ONNX before safetensors.

    Raises:
        ArtifactError: there is none, or only pickled ones.
    """
    for name in (*_ONNX, _SAFETENSORS):
        if (folder / name).is_file():
            return folder / name
    if (folder / PICKLED).is_file():
        raise ArtifactError(
            f"{folder / PICKLED}: weights in Python's pickle format, which could run any program "
            f"when opened; `matlore ner export {folder} --out FOLDER` rewrites them safely, then "
            "name that folder"
        )
    raise ArtifactError(
        f"{folder}: no weights ({_ONNX[0]} or {_SAFETENSORS}); if the model is offered as "
        f"{PICKLED} only, run `matlore ner export MODEL --out FOLDER` and name that folder"
    )


def load_runner(weights: Path, *, threads: int | None) -> Run:
    """Load weights.

    Args:
        weights: a file of `find_weights`.
        threads: how many threads may compute; None for all cores.

    Raises:
        ArtifactError: the file is damaged or of another kind of model.
    """
    if weights.suffix == ".onnx":
        return _onnx_runner(weights, threads)
    return _torch_runner(weights.parent, threads)


def _onnx_runner(path: Path, threads: int | None) -> Run:
    session = open_session(path, threads=threads)
    kinds = {
        node.name: "int32" if "int32" in node.type else "int64" for node in session.get_inputs()
    }
    _check_inputs(path, set(kinds))
    outputs = [node.name for node in session.get_outputs()]
    output = "logits" if "logits" in outputs else outputs[0]

    def run(pieces: "np.ndarray[Any, Any]", mask: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        given = dict(zip(_INPUTS, (pieces, mask, pieces * 0), strict=True))
        scores = session.run(
            [output], {name: given[name].astype(kind) for name, kind in kinds.items()}
        )[0]
        return scores.astype("float32")  # type: ignore[no-any-return]

    return run


def _check_inputs(path: Path, names: set[str]) -> None:
    if _INPUTS[0] not in names or not names <= set(_INPUTS):
        raise ArtifactError(
            f"{path}: takes {', '.join(sorted(names))}; a token classifier takes "
            f"{', '.join(_INPUTS)}"
        )


def _torch_runner(folder: Path, threads: int | None) -> Run:
    try:
        import torch
        from transformers import AutoModelForTokenClassification
    except ImportError as error:
        raise ArtifactError(
            f"{folder}: {_SAFETENSORS} takes torch (`pip install 'matlore[train]'`); without it, "
            f"`matlore ner export {folder} --out FOLDER` on a machine that has torch makes an "
            "ONNX file"
        ) from error
    if threads:
        torch.set_num_threads(threads)
    try:
        model, report = AutoModelForTokenClassification.from_pretrained(
            str(folder), use_safetensors=True, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # transformers and safetensors raise many kinds
        raise ArtifactError(f"{folder}: transformers cannot load it ({error})") from error
    check_missing(folder, report["missing_keys"])
    model.eval()

    def run(pieces: "np.ndarray[Any, Any]", mask: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        with torch.inference_mode():
            scores = model(torch.from_numpy(pieces), attention_mask=torch.from_numpy(mask)).logits
        return scores.float().numpy()  # type: ignore[no-any-return]

    return run


def check_missing(folder: Path, missing: Any) -> None:
    """Refuse weights that lack some of the model's: what is missing would be random.

    Raises:
        ArtifactError: weights are missing.
    """
    names = sorted(str(name) for name in missing)
    if names:
        raise ArtifactError(
            f"{folder}: the weights lack {', '.join(names[:3])}: a base model without a head that "
            "tags words; name a model fine-tuned for named entities, or fine-tune this one with "
            f"`matlore ner train --base {folder}`"
        )


def load_transitions(folder: Path) -> "np.ndarray[Any, Any] | None":
    """Return (2 + labels, labels) float32 of a CRF, or None where the model has none.

    Row 0 scores a label at the start of a sentence, row 1 at its end, row `2 + k` after `k`.

    Raises:
        ArtifactError: the file is damaged.
    """
    path = folder / TRANSITIONS
    if not path.is_file():
        return None
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        parts = load_file(path)
        rows = np.stack([parts["start"], parts["end"], *parts["transitions"]])
    except (SafetensorError, KeyError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); get the model anew") from error
    return rows.astype(np.float32)


def save_transitions(
    folder: Path,
    *,
    start: "np.ndarray[Any, Any]",
    end: "np.ndarray[Any, Any]",
    transitions: "np.ndarray[Any, Any]",
) -> None:
    """Write what `load_transitions` reads."""
    from safetensors.numpy import save_file

    parts = {"start": start, "end": end, "transitions": transitions}
    save_file({name: part.copy() for name, part in parts.items()}, folder / TRANSITIONS)
