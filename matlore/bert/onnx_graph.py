"""A BERT as an ONNX graph, in float32 or int8 (extra `train`: onnx).

The graph is written node by node from the weights, with onnxruntime's fused operators, so
that nothing depends on an exporter's version and torch is not needed. In int8 each weight
matrix has one scale a column (a row, for embeddings), symmetric. Weights use seven bits of
eight: processors without VNNI add pairs of products in 16 bits, which eight would overflow.
Activations are quantised to fixed ranges, measured once on texts of the training
(`matlore.bert.running.measure_ranges`): ranges found anew in each batch would let a text's
results depend on the texts beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import onnx

__all__ = ["BertShape", "GraphWriter", "Head", "Ranges", "build_graph"]

Ranges = Mapping[str, tuple[float, float]]
"""Lowest and highest value of each tensor that goes into a matrix, by the tensor's name."""

_CONTRIB = "com.microsoft"
_OPSET = 17
_LIMIT = 63
_EMBEDDING_LIMIT = 127


@dataclass(frozen=True, slots=True)
class BertShape:
    """What the graph has to know of a BERT beside its weights."""

    layers: int
    heads: int
    epsilon: float


Head = Callable[["GraphWriter", str], tuple[str, list[str | int]]]
"""Adds what comes after the last layer to a graph, given the name of that layer's output,
(rows, pieces, size); returns the name of the output and its dimensions."""


def build_graph(
    weights: "Mapping[str, np.ndarray[Any, Any]]",
    shape: BertShape,
    head: Head,
    *,
    ranges: Ranges | None = None,
    watch: bool = False,
) -> "onnx.ModelProto":
    """Return the graph of a BERT and what comes after it.

    Args:
        weights: float32 by the names of a `state_dict()` whose BERT is `bert`.
        shape: of the BERT.
        head: what comes after it.
        ranges: of activations, for int8; None for float32.
        watch: whether what goes into each matrix is an output too, to measure `ranges`.

    Returns:
        A model with inputs `input_ids`, `attention_mask`, `token_type_ids`, (rows, pieces)
        int64, and the output of `head`, float32.
    """
    from onnx import TensorProto, checker, helper

    graph = GraphWriter(weights, ranges)
    graph.add("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    hidden = _embeddings(graph, shape)
    for k in range(shape.layers):
        hidden = _layer(graph, hidden, f"bert.encoder.layer.{k}", shape)
    output, dimensions = head(graph, hidden)
    rows = ["rows", "pieces"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, rows)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, dimensions)]
    if watch:
        outputs += [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [*rows, None])
            for name in graph.multiplied
        ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "bert", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)],
        producer_name="matlore",
        ir_version=8,
    )
    checker.check_model(model)
    return model


class GraphWriter:
    """Nodes and constants, as they are added."""

    def __init__(
        self, weights: "Mapping[str, np.ndarray[Any, Any]]", ranges: Ranges | None
    ) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.multiplied: dict[str, str] = {}
        self._weights = weights
        self._ranges = ranges

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Append a node and return its output."""
        from onnx import helper

        domain = attributes.pop("domain", "")
        self.nodes.append(
            helper.make_node(operator, inputs, [output], domain=domain, name=output, **attributes)
        )
        return output

    def constant(self, name: str, value: "np.ndarray[Any, Any]") -> str:
        """Add a constant and return its name."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str) -> str:
        """Add a weight as it is and return its name."""
        return self.constant(name, self._weights[name])

    def linear(self, hidden: str, name: str, output: str) -> str:
        """Multiply by a layer's matrix and add its bias."""
        matrix = self._weights[f"{name}.weight"].T.copy()
        bias = self.constant(f"{output}.bias", self._weights[f"{name}.bias"])
        if self._ranges is None:
            self.multiplied.setdefault(hidden, hidden)
            product = self.constant(f"{output}.weight", matrix)
            self.add("MatMul", [hidden, product], f"{output}.product")
            return self.add("Add", [f"{output}.product", bias], output)
        quantised, scale = _quantise(matrix, axis=0, limit=_LIMIT)
        inputs = [
            self._quantised(hidden),
            self.constant(f"{output}.weight", quantised),
            f"{hidden}.scale",
            self.constant(f"{output}.scale", scale.ravel()),
            f"{hidden}.zero",
            "",
            bias,
        ]
        return self.add("MatMulIntegerToFloat", inputs, output, domain=_CONTRIB)

    def _quantised(self, hidden: str) -> str:
        """Return an activation in uint8, quantised once however many matrices it meets."""
        import numpy as np

        assert self._ranges is not None
        if hidden not in self.multiplied:
            low, high = self._ranges[hidden]
            low, high = min(low, 0.0), max(high, 0.0)
            step = (high - low) / 255 or 1.0
            scale = self.constant(f"{hidden}.scale", np.array(step, np.float32))
            zero = self.constant(f"{hidden}.zero", np.array(round(-low / step), np.uint8))
            self.add("QuantizeLinear", [hidden, scale, zero], f"{hidden}.uint8")
            self.multiplied[hidden] = f"{hidden}.uint8"
        return self.multiplied[hidden]

    def lookup(self, ids: str, name: str, output: str) -> str:
        """Return rows of an embedding."""
        matrix = self._weights[f"{name}.weight"]
        if self._ranges is None:
            return self.add("Gather", [self.constant(f"{output}.rows", matrix), ids], output)
        from onnx import TensorProto

        quantised, scale = _quantise(matrix, axis=1, limit=_EMBEDDING_LIMIT)
        self.add("Gather", [self.constant(f"{output}.rows", quantised), ids], f"{output}.int8")
        self.add("Cast", [f"{output}.int8"], f"{output}.float", to=TensorProto.FLOAT)
        self.add("Gather", [self.constant(f"{output}.scales", scale), ids], f"{output}.scale")
        return self.add("Mul", [f"{output}.float", f"{output}.scale"], output)


def _quantise(
    matrix: "np.ndarray[Any, Any]", *, axis: int, limit: int
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Return a matrix in int8, and the scales (float32) of its rows or columns."""
    import numpy as np

    scale = np.abs(matrix).max(axis=axis, keepdims=True).astype(np.float32) / limit
    scale[scale == 0] = 1
    return np.clip(np.round(matrix / scale), -limit, limit).astype(np.int8), scale


def _embeddings(graph: GraphWriter, shape: BertShape) -> str:
    """Add pieces, positions and shapes of words up."""
    import numpy as np

    name = "bert.embeddings"
    graph.add("Shape", ["input_ids"], "length", start=1, end=2)
    zero, one = (graph.constant(n, np.array(v)) for n, v in (("zero", 0), ("one", 1)))
    graph.add("Squeeze", ["length"], "length.scalar")
    graph.add("Range", [zero, "length.scalar", one], "positions")
    parts = [
        graph.lookup("input_ids", f"{name}.word_embeddings", "pieces.embedded"),
        graph.lookup("positions", f"{name}.position_embeddings", "positions.embedded"),
        graph.lookup("token_type_ids", f"{name}.token_type_embeddings", "shapes.embedded"),
    ]
    graph.add("Add", parts[:2], "embedded.two")
    graph.add("Add", ["embedded.two", parts[2]], "embedded.sum")
    gain, shift = (graph.weight(f"{name}.LayerNorm.{part}") for part in ("weight", "bias"))
    inputs = ["embedded.sum", gain, shift]
    return graph.add("LayerNormalization", inputs, "embedded", axis=-1, epsilon=shape.epsilon)


def _layer(graph: GraphWriter, hidden: str, name: str, shape: BertShape) -> str:
    """Add one layer: attention, then two linear layers, each with what went in added."""
    queries, keys, values = (
        graph.linear(hidden, f"{name}.attention.self.{part}", f"{name}.{part}")
        for part in ("query", "key", "value")
    )
    graph.add(
        "MultiHeadAttention",
        [queries, keys, values, "", "mask"],
        f"{name}.attended",
        domain=_CONTRIB,
        num_heads=shape.heads,
    )
    graph.linear(f"{name}.attended", f"{name}.attention.output.dense", f"{name}.mixed")
    middle = _added(graph, f"{name}.mixed", hidden, f"{name}.attention.output", shape)
    graph.linear(middle, f"{name}.intermediate.dense", f"{name}.wide")
    graph.add("Gelu", [f"{name}.wide"], f"{name}.bent", domain=_CONTRIB)
    graph.linear(f"{name}.bent", f"{name}.output.dense", f"{name}.narrow")
    return _added(graph, f"{name}.narrow", middle, f"{name}.output", shape)


def _added(graph: GraphWriter, hidden: str, before: str, name: str, shape: BertShape) -> str:
    """Add what went in and normalise."""
    inputs = [hidden, before, *(graph.weight(f"{name}.LayerNorm.{p}") for p in ("weight", "bias"))]
    return graph.add(
        "SkipLayerNormalization", inputs, f"{name}.sum", domain=_CONTRIB, epsilon=shape.epsilon
    )
