"""A tiny tagger with random weights, made without torch."""

from pathlib import Path
from typing import Any

import numpy as np

from ner.card import MODEL, TOKENIZER, TaggerCard, save_card, tagger_id
from ner.labels import TAGS
from ner.model_words import SHAPES, WORDS_VERSION
from ner.onnx_graph import BertShape, build_graph
from ner.wordpieces import SPECIAL, wordpiece_tokenizer

SIZE, LAYERS, HEADS, WINDOW = 16, 2, 2, 32
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = (*SPECIAL, *LETTERS, *"()-/.,", *(f"##{c}" for c in LETTERS), "films", "number")


def random_weights(seed: int = 0, *, size: int = SIZE, layers: int = LAYERS) -> dict[str, Any]:
    """Return random weights by the names of `TaggerNetwork.state_dict()`."""
    generator = np.random.default_rng(seed)

    def matrix(*shape: int) -> Any:
        return generator.normal(scale=0.3, size=shape).astype(np.float32)

    weights = {
        "bert.embeddings.word_embeddings.weight": matrix(len(PIECES), size),
        "bert.embeddings.position_embeddings.weight": matrix(WINDOW, size),
        "bert.embeddings.token_type_embeddings.weight": matrix(len(SHAPES), size),
        "bert.embeddings.LayerNorm.weight": np.ones(size, np.float32),
        "bert.embeddings.LayerNorm.bias": np.zeros(size, np.float32),
        "classifier.weight": matrix(len(TAGS), size),
        "classifier.bias": matrix(len(TAGS)),
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


def make_tiny_tagger(folder: Path, *, seed: int = 0) -> Path:
    """Write a tagger with random weights into a folder."""
    from hashlib import sha256

    folder.mkdir(parents=True, exist_ok=True)
    graph = build_graph(random_weights(seed), BertShape(LAYERS, HEADS, 1e-12))
    (folder / MODEL).write_bytes(graph.SerializeToString())
    wordpiece_tokenizer(PIECES).save(str(folder / TOKENIZER))
    hashes = {name: sha256((folder / name).read_bytes()).hexdigest() for name in (MODEL, TOKENIZER)}
    card = TaggerCard(
        id=tagger_id(hashes, []),
        sha256=hashes,
        tags=list(TAGS),
        shapes=list(SHAPES),
        words_version=WORDS_VERSION,
        window=WINDOW,
        transitions=[],
        trained="2026-11-25",
    )
    save_card(card, folder)
    return folder
