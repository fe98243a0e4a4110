"""A tiny transformer encoder with random weights, written without torch."""

from pathlib import Path
from typing import Any

import numpy as np
from tiny_bert import bert_weights

from embeddings.encoders.cards import EncoderCard
from embeddings.encoders.export import export_static, export_transformer
from matlore.bert.onnx_graph import BertShape
from matlore.bert.wordpieces import SPECIAL

SIZE, LAYERS, HEADS, WINDOW = 16, 2, 2, 24
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = (*SPECIAL, *LETTERS, *"()-/.,", *(f"##{c}" for c in LETTERS), "films", "of", "thin")
CARD: dict[str, Any] = {"trained": "2026-11-26", "license": "none"}
SAMPLE = ["thin films of pbte", "films (bi2te3) of 5 nm", "x"]


def random_weights(seed: int = 0) -> dict[str, Any]:
    """Return random weights by the names of `TransformerNetwork.state_dict()`."""
    return bert_weights(
        pieces=len(PIECES), types=1, window=WINDOW, size=SIZE, layers=LAYERS, seed=seed
    )


def make_transformer(folder: Path, *, int8: bool = True) -> EncoderCard:
    """Write a tiny transformer into a folder."""
    shape = BertShape(LAYERS, HEADS, 1e-12)
    return export_transformer(
        random_weights(), shape, PIECES, folder, sample=SAMPLE, card=CARD, int8=int8
    )


def make_static(folder: Path) -> EncoderCard:
    """Write a tiny static encoder into a folder."""
    vectors = np.random.default_rng(1).normal(size=(len(PIECES), 8)).astype(np.float32)
    return export_static(vectors, PIECES, folder, card=CARD)
