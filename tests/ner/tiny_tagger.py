"""A tiny tagger with random weights, made without torch."""

from pathlib import Path
from typing import Any

import numpy as np
from tiny_bert import bert_weights

from matlore.bert.wordpieces import SPECIAL, wordpiece_tokenizer
from ner.card import MODEL, TOKENIZER, TaggerCard, save_card, tagger_id
from ner.labels import TAGS
from ner.model_words import SHAPES, WORDS_VERSION
from ner.onnx_graph import BertShape, build_graph

SIZE, LAYERS, HEADS, WINDOW = 16, 2, 2, 32
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = (*SPECIAL, *LETTERS, *"()-/.,", *(f"##{c}" for c in LETTERS), "films", "number")


def random_weights(seed: int = 0, *, size: int = SIZE, layers: int = LAYERS) -> dict[str, Any]:
    """Return random weights by the names of `TaggerNetwork.state_dict()`."""
    generator = np.random.default_rng(seed + 1_000)
    head = generator.normal(scale=0.3, size=(len(TAGS), size + 1)).astype(np.float32)
    bert = bert_weights(
        pieces=len(PIECES), types=len(SHAPES), window=WINDOW, size=size, layers=layers, seed=seed
    )
    return {
        **bert,
        "classifier.weight": head[:, :size].copy(),
        "classifier.bias": head[:, size].copy(),
    }


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
