"""The encoders under onnxruntime and numpy: unit vectors, the same for a text whatever is near."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_encoders import HEADS, LAYERS, PIECES, SIZE, WINDOW, make_static, make_transformer

from embeddings.encoders.base import TextEncoder, load_encoder
from embeddings.encoders.foreign import load_foreign_encoder
from embeddings.encoders.static import StaticEncoder
from embeddings.encoders.transformer import TransformerEncoder
from matlore.errors import ArtifactError

TEXTS = ["Thin films of PbTe", "", "films " * 500, "日本語", "\ud800 broken", "of"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoders")
    make_transformer(folder / "transformer")
    make_transformer(folder / "float", int8=False)
    make_static(folder / "static")
    return folder


@pytest.fixture(scope="module", params=["transformer", "static"])
def encoder(request: pytest.FixtureRequest, folder: Path) -> TextEncoder:
    if request.param == "static":
        return StaticEncoder.load(folder / "static")
    return TransformerEncoder.load(folder / "transformer", threads=2)


def test_vectors_have_length_one_whatever_the_text(encoder: TextEncoder) -> None:
    found = encoder.encode(TEXTS)
    assert found.shape == (len(TEXTS), encoder.size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_a_text_gets_the_same_vector_whatever_is_beside_it(encoder: TextEncoder) -> None:
    together = encoder.encode(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], vector, atol=1e-4)
    assert encoder.encode([]).shape == (0, encoder.size)


def test_order_of_words_counts_for_the_transformer_only(folder: Path) -> None:
    texts = ["thin films", "films thin"]
    static = StaticEncoder.load(folder / "static").encode(texts)
    moving = TransformerEncoder.load(folder / "float").encode(texts)
    np.testing.assert_allclose(static[0], static[1], atol=1e-6)
    assert float(moving[0] @ moving[1]) < 0.999


def test_a_static_vector_is_the_mean_of_its_pieces(folder: Path) -> None:
    from safetensors.numpy import load_file

    arrays = load_file(folder / "static" / "vectors.safetensors")
    vectors = arrays["vectors"].astype(np.float32) * arrays["scales"][:, None]
    rows = [PIECES.index(piece) for piece in ("thin", "films", "films")]
    mean = vectors[rows].mean(axis=0)
    found = StaticEncoder.load(folder / "static").encode(["Thin films films"])[0]
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-5)


def test_int8_is_near_float32(folder: Path) -> None:
    texts = ["thin films of pbte", "bi2te3 (5 nm)", "of"]
    full = TransformerEncoder.load(folder / "float").encode(texts)
    small = TransformerEncoder.load(folder / "transformer").encode(texts)
    cosines = (full * small).sum(axis=1)
    assert (cosines > 0.97).all()
    assert not np.array_equal(full, small)


def test_the_graph_computes_what_torch_does(folder: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is missing: pip install 'matlore[train]'")
    from tiny_encoders import random_weights
    from transformers import BertConfig, BertModel

    from embeddings.encoders.contrastive import TransformerNetwork

    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=SIZE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=2 * SIZE,
        max_position_embeddings=WINDOW,
        type_vocab_size=1,
        attn_implementation="eager",
    )
    network = TransformerNetwork(BertModel(config, add_pooling_layer=False), cls=2, sep=3).eval()
    state = {name: torch.from_numpy(value) for name, value in random_weights().items()}
    network.load_state_dict(state, strict=False)
    rows = [np.array([PIECES.index("thin"), PIECES.index("films")], np.uint16)]
    with torch.no_grad():
        expected = network(rows).numpy()
    found = TransformerEncoder.load(folder / "float").encode(["thin films"])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_those_that_ship_know_what_is_alike() -> None:
    texts = [
        "Seebeck coefficient of bismuth telluride",
        "thermopower of Bi2Te3",
        "spin waves in yttrium iron garnet",
    ]
    for name in ("static", "transformer"):
        found = load_encoder(name).encode(texts)
        assert float(found[0] @ found[1]) > float(found[0] @ found[2]) + 0.1


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("card.json", b"{", "not the card"),
        ("card.json", b'{"kind": "x"}', "not the card"),
        ("card.json", None, "not the card"),
        ("model.onnx", b"no graph", "sha256 differs"),
        ("model.onnx", None, "cannot be read"),
        ("tokenizer.json", b"{}", "sha256 differs"),
    ],
)
def test_damage_is_told(
    folder: Path, tmp_path: Path, name: str, change: bytes | None, message: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder / "transformer", copy)
    if change is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(change)
    with pytest.raises(ArtifactError, match=message):
        TransformerEncoder.load(copy)


def test_one_kind_is_not_taken_for_the_other(folder: Path) -> None:
    with pytest.raises(ArtifactError, match="not the card of a static encoder"):
        StaticEncoder.load(folder / "transformer")


# Encoders of others


def make_foreign(folder: Path, tmp_path: Path, **pooling: bool) -> Path:
    """Write a sentence-transformers folder whose ONNX model gives the pieces' hidden states."""
    from tiny_encoders import random_weights

    from matlore.bert.onnx_graph import BertShape, build_graph
    from matlore.bert.wordpieces import wordpiece_tokenizer

    def head(graph: Any, hidden: str) -> tuple[str, list[str | int]]:
        return graph.add("Identity", [hidden], "last_hidden_state"), ["rows", "pieces", SIZE]

    target = tmp_path / "foreign"
    (target / "onnx").mkdir(parents=True)
    (target / "1_Pooling").mkdir()
    graph = build_graph(random_weights(), BertShape(LAYERS, HEADS, 1e-12), head)
    (target / "onnx" / "model.onnx").write_bytes(graph.SerializeToString())
    tokenizer = wordpiece_tokenizer(PIECES)
    from tokenizers.processors import TemplateProcessing

    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(target / "tokenizer.json"))
    files: dict[str, object] = {
        "modules.json": [{"type": "sentence_transformers.models.Transformer"}],
        "1_Pooling/config.json": pooling or {"pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": WINDOW},
    }
    for name, content in files.items():
        (target / name).write_text(json.dumps(content))
    return target


def test_a_sentence_transformers_folder_gives_the_same_vectors(
    folder: Path, tmp_path: Path
) -> None:
    foreign = load_foreign_encoder(make_foreign(folder, tmp_path))
    ours = TransformerEncoder.load(folder / "float")
    texts = ["thin films of pbte", "films " * 500, "of"]
    assert foreign.size == SIZE
    np.testing.assert_allclose(foreign.encode(texts), ours.encode(texts), atol=1e-4)
    assert foreign.encode(["", "日本語"]).shape == (2, SIZE)


def test_pooling_by_the_first_piece_differs(folder: Path, tmp_path: Path) -> None:
    foreign = load_encoder(make_foreign(folder, tmp_path, pooling_mode_cls_token=True))
    ours = TransformerEncoder.load(folder / "float")
    assert not np.allclose(foreign.encode(["thin films"]), ours.encode(["thin films"]), atol=1e-2)


def test_what_cannot_be_followed_is_told(folder: Path, tmp_path: Path) -> None:
    target = make_foreign(folder, tmp_path)
    (target / "modules.json").write_text(json.dumps([{"type": "x.models.Dense"}]))
    with pytest.raises(ArtifactError, match="Dense is not supported"):
        load_foreign_encoder(target)
    (target / "modules.json").write_text("{")
    with pytest.raises(ArtifactError, match="cannot be read"):
        load_foreign_encoder(target)
    (target / "onnx" / "model.onnx").unlink()
    with pytest.raises(ArtifactError, match="no ONNX weights"):
        load_foreign_encoder(target)
    with pytest.raises(ArtifactError, match="no such folder"):
        load_encoder(tmp_path / "nothing" / "there")
