"""BERT under onnxruntime: opening a graph, and measuring what its int8 needs."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError

from .onnx_graph import Ranges

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from onnxruntime import InferenceSession

__all__ = ["measure_ranges", "open_session"]


def open_session(path: Path, *, threads: int | None = None) -> "InferenceSession":
    """Open an ONNX model for the processor.

    Args:
        path: of the `.onnx` file.
        threads: None for all cores.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base of their own
        raise ArtifactError(
            f"{path}: onnxruntime cannot load it ({str(error).splitlines()[0]}); export the"
            " model again with `matlore ner export`"
        ) from error


def measure_ranges(
    graph: "onnx.ModelProto", batches: "Iterable[Mapping[str, np.ndarray[Any, Any]]]"
) -> Ranges:
    """Return the ranges of the activations that go into matrices, by running float32.

    Padding is left out: what the network makes of it means nothing.

    Args:
        graph: built with `watch`; its first output is the head's.
        batches: inputs by their names.
    """
    from onnxruntime import InferenceSession

    session = InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()][1:]
    ranges: dict[str, tuple[float, float]] = {}
    for batch in batches:
        inside = batch["attention_mask"].astype(bool)
        for name, values in zip(names, session.run(names, dict(batch)), strict=True):
            low, high = ranges.get(name, (0.0, 0.0))
            kept = values[inside]
            ranges[name] = (min(low, float(kept.min())), max(high, float(kept.max())))
    return ranges
