"""Trained encoders written as what runs without torch (extra `train`: onnx)."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matlore.bert.files import file_sha256, write_whole
from matlore.bert.onnx_graph import BertShape, GraphWriter, Ranges, build_graph
from matlore.bert.running import measure_ranges
from matlore.bert.wordpieces import wordpiece_tokenizer

from .cards import EncoderCard, save_card
from .static import VECTORS, pack_static
from .texts import batch_rows, text_pieces
from .transformer import MODEL, OUTPUT

__all__ = ["export_static", "export_transformer", "text_head"]

_TOKENIZER = "tokenizer.json"
_POSITIONS = "bert.embeddings.position_embeddings.weight"
_WORDS = "bert.embeddings.word_embeddings.weight"

Weights = Mapping[str, NDArray[np.float32]]


def export_transformer(
    weights: Weights,
    shape: BertShape,
    vocabulary: Sequence[str],
    folder: Path,
    *,
    sample: Sequence[str],
    card: Mapping[str, Any],
    int8: bool = True,
) -> EncoderCard:
    """Write a transformer.

    Args:
        weights: by the names of `TransformerNetwork.state_dict()`.
        shape: of its BERT.
        vocabulary: its pieces.
        folder: where it goes; made where it does not exist.
        sample: a few hundred texts on which the ranges of activations are measured.
        card: fields of `EncoderCard` that are not found out here.
        int8: whether to quantise.
    """
    tokenizer = wordpiece_tokenizer(vocabulary)
    longest = len(weights[_POSITIONS])
    ranges: Ranges | None = None
    if int8:
        rows = text_pieces(sample, tokenizer, longest - 2)
        batches = batch_rows(rows, tokenizer, max_pieces=2048)
        watched = build_graph(weights, shape, text_head, watch=True)
        ranges = measure_ranges(watched, (batch.inputs() for batch in batches))
    graph = build_graph(weights, shape, text_head, ranges=ranges)
    files = {MODEL: graph.SerializeToString(), _TOKENIZER: tokenizer.to_str().encode()}
    size = weights[_WORDS].shape[1]
    return _write(folder, files, "transformer", size=size, longest=longest, card=card)


def export_static(
    vectors: NDArray[np.float32],
    vocabulary: Sequence[str],
    folder: Path,
    *,
    card: Mapping[str, Any],
    longest: int = 512,
) -> EncoderCard:
    """Write a static encoder.

    Args:
        vectors: (pieces, size).
        vocabulary: its pieces.
        folder: where it goes; made where it does not exist.
        card: fields of `EncoderCard` that are not found out here.
        longest: pieces of a text that are read.
    """
    from safetensors.numpy import save

    tokenizer = wordpiece_tokenizer(vocabulary)
    files = {VECTORS: save(pack_static(vectors)), _TOKENIZER: tokenizer.to_str().encode()}
    return _write(folder, files, "static", size=vectors.shape[1], longest=longest, card=card)


def _write(
    folder: Path,
    files: Mapping[str, bytes],
    kind: str,
    *,
    size: int,
    longest: int,
    card: Mapping[str, Any],
) -> EncoderCard:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_whole(folder / name, data)
    hashes = {name: file_sha256(folder / name) for name in files}
    digest = sha256("".join(sorted(hashes.values())).encode()).hexdigest()
    made = EncoderCard(
        id=f"{kind}-{digest[:10]}", kind=kind, sha256=hashes, size=size, longest=longest, **card
    )
    save_card(made, folder)
    return made


def text_head(graph: GraphWriter, hidden: str) -> tuple[str, list[str | int]]:
    """Add the mean over the pieces of a text, length one (a head of `build_graph`)."""
    from onnx import TensorProto

    axis = graph.constant("pieces.axis", np.array([1], np.int64))
    last = graph.constant("last.axis", np.array([2], np.int64))
    graph.add("Cast", ["attention_mask"], "mask.float", to=TensorProto.FLOAT)
    graph.add("Unsqueeze", ["mask.float", last], "mask.column")
    graph.add("Mul", [hidden, "mask.column"], "hidden.inside")
    graph.add("ReduceSum", ["hidden.inside", axis], "hidden.sum", keepdims=0)
    # The length of the sum is divided out: no need to divide by the number of pieces.
    graph.add("LpNormalization", ["hidden.sum"], OUTPUT, axis=1, p=2)
    return OUTPUT, ["rows", "size"]
