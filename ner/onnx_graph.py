"""The tagger's network as an ONNX graph, in float32 or int8 (extra `train`: onnx)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matlore.bert.onnx_graph import BertShape, GraphWriter, Ranges
from matlore.bert.onnx_graph import build_graph as build_bert

from .labels import TAGS

if TYPE_CHECKING:
    import numpy as np
    import onnx

__all__ = ["BertShape", "Ranges", "build_graph"]


def build_graph(
    weights: "Mapping[str, np.ndarray[Any, Any]]",
    shape: BertShape,
    *,
    ranges: Ranges | None = None,
    watch: bool = False,
) -> "onnx.ModelProto":
    """Return the graph of a network: a BERT whose output is `logits`, (rows, pieces, tags).

    Args:
        weights: float32 by the names of `TaggerNetwork.state_dict()`.
        shape: of the BERT.
        ranges: of activations, for int8; None for float32.
        watch: whether what goes into each matrix is an output too, to measure `ranges`.
    """
    return build_bert(weights, shape, _tag_scores, ranges=ranges, watch=watch)


def _tag_scores(graph: GraphWriter, hidden: str) -> tuple[str, list[str | int]]:
    return graph.linear(hidden, "classifier", "logits"), ["rows", "pieces", len(TAGS)]
