"""Random weights of a tiny BERT."""

from typing import Any

import numpy as np

__all__ = ["bert_weights"]


def bert_weights(
    *, pieces: int, types: int, window: int, size: int, layers: int, seed: int = 0
) -> dict[str, Any]:
    """Return random weights of a BERT, by the names of a `state_dict()` that calls it `bert`."""
    generator = np.random.default_rng(seed)

    def matrix(*shape: int) -> Any:
        return generator.normal(scale=0.3, size=shape).astype(np.float32)

    weights = {
        "bert.embeddings.word_embeddings.weight": matrix(pieces, size),
        "bert.embeddings.position_embeddings.weight": matrix(window, size),
        "bert.embeddings.token_type_embeddings.weight": matrix(types, size),
        "bert.embeddings.LayerNorm.weight": np.ones(size, np.float32),
        "bert.embeddings.LayerNorm.bias": np.zeros(size, np.float32),
    }
    for k in range(layers):
        name = f"bert.encoder.layer.{k}"
        inner = {
            "attention.self.query": (size, size),
            "attention.self.key": (size, size),
            "attention.self.value": (size, size),
            "attention.output.dense": (size, size),
            "intermediate.dense": (2 * size, size),
            "output.dense": (size, 2 * size),
        }
        for part, shape in inner.items():
            weights[f"{name}.{part}.weight"] = matrix(*shape)
            weights[f"{name}.{part}.bias"] = matrix(shape[0])
        for part in ("attention.output", "output"):
            weights[f"{name}.{part}.LayerNorm.weight"] = np.ones(size, np.float32)
            weights[f"{name}.{part}.LayerNorm.bias"] = np.zeros(size, np.float32)
    return weights
