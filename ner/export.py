"""A trained network written as a tagger that runs without torch (extra `train`: onnx).

A trained network is a folder with `model.safetensors` (by the names of
`TaggerNetwork.state_dict()`), `config.json` of its BERT, `tokenizer.json` and
`training.json`; `export_tagger` makes of it the folder that `ner.tagger` opens.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.bert.files import file_sha256, write_whole
from matlore.bert.running import measure_ranges as measure_graph
from matlore.bert.wordpieces import load_tokenizer
from matlore.errors import ArtifactError

from .card import MODEL, TOKENIZER, TaggerCard, save_card, tagger_id
from .encoding import Batch, WordEncoder, batches
from .labels import TAGS, transition_mask
from .model_words import SHAPES, WORDS_VERSION
from .onnx_graph import BertShape, Ranges, build_graph

if TYPE_CHECKING:
    import numpy as np

__all__ = ["export_tagger", "measure_ranges"]

Weights = Mapping[str, "np.ndarray[Any, Any]"]
_TRANSITIONS = "transitions"


def export_tagger(
    network: Path,
    folder: Path,
    *,
    sample: Sequence[Sequence[str]],
    card: Mapping[str, Any],
    int8: bool = True,
) -> TaggerCard:
    """Write a trained network as a tagger.

    Args:
        network: its folder.
        folder: where the tagger goes; made where it does not exist.
        sample: sentences of words in their model form, a few hundred, on which the ranges
            of activations are measured.
        card: fields of `TaggerCard` that are not found out here.
        int8: whether to quantise; float32 is four times as large and slower.

    Raises:
        ArtifactError: the network cannot be read.
    """
    weights, shape = _read(network)
    tokenizer = load_tokenizer(network)
    if problem := _problem(weights, shape, pieces=tokenizer.get_vocab_size()):
        raise ArtifactError(
            f"{network}: its files do not belong together ({problem}); make them anew with"
            " `matlore ner train`"
        )
    window = len(weights["bert.embeddings.position_embeddings.weight"])
    ranges = None
    if int8:
        encoder = WordEncoder(tokenizer)
        encoded = [encoder.encode(words) for words in sample]
        rows = batches(encoded, encoder, size=window - 2, max_pieces=2048)
        ranges = measure_ranges(weights, shape, rows)
    graph = build_graph(weights, shape, ranges=ranges)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / MODEL, graph.SerializeToString())
    write_whole(folder / TOKENIZER, tokenizer.to_str().encode())
    hashes = {name: file_sha256(folder / name) for name in (MODEL, TOKENIZER)}
    transitions = _transitions(weights)
    made = TaggerCard(
        id=tagger_id(hashes, transitions),
        sha256=hashes,
        tags=list(TAGS),
        shapes=list(SHAPES),
        words_version=WORDS_VERSION,
        window=window,
        transitions=transitions,
        **card,
    )
    save_card(made, folder)
    return made


def measure_ranges(weights: Weights, shape: BertShape, rows: Iterable[Batch]) -> Ranges:
    """Return the ranges of the activations that go into matrices, by running float32."""
    graph = build_graph(weights, shape, watch=True)
    return measure_graph(graph, (batch.inputs() for batch in rows))


def _read(network: Path) -> tuple[dict[str, Any], BertShape]:
    """Return the weights in float32, and the shape, of a trained network."""
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config = json.loads((network / "config.json").read_text(encoding="utf-8"))
        weights = load_file(network / "model.safetensors")
        shape = BertShape(
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            epsilon=float(config["layer_norm_eps"]),
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ArtifactError(
            f"{network}: no trained network can be read from it ({error}); make one with"
            " `matlore ner train`"
        ) from error
    return {name: np.asarray(value, np.float32) for name, value in weights.items()}, shape


def _problem(weights: Weights, shape: BertShape, *, pieces: int) -> str | None:
    """Say what of a network does not fit its configuration, its tokenizer or matlore."""
    rows = {
        "bert.embeddings.word_embeddings": pieces,
        "bert.embeddings.token_type_embeddings": len(SHAPES),
        "bert.embeddings.position_embeddings": 1,
        "classifier": len(TAGS),
    }
    last = f"bert.encoder.layer.{shape.layers - 1}.output.dense"
    for name in (*rows, last):
        if f"{name}.weight" not in weights:
            return f"no {name}"
        if (found := len(weights[f"{name}.weight"])) < rows.get(name, 1):
            return f"{name} has {found} rows, not {rows[name]}"
    size = weights["classifier.weight"].shape[1]
    fits = shape.heads > 0 and size % shape.heads == 0
    return None if fits else f"{size} columns for {shape.heads} heads"


def _transitions(weights: Weights) -> list[list[float]]:
    """Return the scores of transitions, rounded, those that IOB2 forbids 0."""
    if _TRANSITIONS not in weights:
        return []
    allowed = weights[_TRANSITIONS] * (transition_mask() == 0)
    return [[round(float(value), 4) for value in row] for row in allowed]
