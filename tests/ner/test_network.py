"""The network in torch, and the same as an ONNX graph."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_tagger import HEADS, LAYERS, PIECES, SIZE, WINDOW, random_weights

from matlore.bert.wordpieces import wordpiece_tokenizer
from ner.encoding import Batch, WordEncoder, batch_of, word_scores
from ner.export import measure_ranges
from ner.labels import TAGS, transition_mask
from ner.onnx_graph import BertShape, build_graph

torch = pytest.importorskip("torch", reason="torch is missing: pip install 'matlore[train]'")

SENTENCES = [["O2Ti", "thin", "films", "(", "<nUm>", ")"], ["XRD"], ["as-grown", "films"]]
SHAPE = BertShape(LAYERS, HEADS, 1e-12)


def _network() -> Any:
    from transformers import BertConfig, BertModel

    from ner.model_words import SHAPES
    from ner.network import TaggerNetwork

    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=SIZE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=2 * SIZE,
        max_position_embeddings=WINDOW,
        type_vocab_size=len(SHAPES),
        attn_implementation="eager",
    )
    network = TaggerNetwork(BertModel(config, add_pooling_layer=False))
    state = {name: torch.from_numpy(value) for name, value in random_weights().items()}
    network.load_state_dict(state, strict=False)
    return network.eval()


@pytest.fixture(scope="module")
def batch() -> Batch:
    encoder = WordEncoder(wordpiece_tokenizer(PIECES))
    return batch_of([encoder.encode(words) for words in SENTENCES], encoder)


def _run(graph: Any, batch: Batch) -> Any:
    from onnxruntime import InferenceSession

    session = InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(
        ["logits"],
        {
            "input_ids": batch.pieces,
            "attention_mask": batch.mask,
            "token_type_ids": batch.shapes,
        },
    )[0]


def test_graph_computes_what_the_network_does(batch: Batch) -> None:
    with torch.no_grad():
        expected = _network().word_scores(batch).numpy()
    found = word_scores(_run(build_graph(random_weights(), SHAPE), batch), batch)
    rows = np.concatenate([expected[k, : len(words)] for k, words in enumerate(SENTENCES)])
    np.testing.assert_allclose(found, rows, atol=1e-4)


def test_int8_graph_is_near(batch: Batch) -> None:
    full = _run(build_graph(random_weights(), SHAPE), batch)
    ranges = measure_ranges(random_weights(), SHAPE, [batch])
    small = _run(build_graph(random_weights(), SHAPE, ranges=ranges), batch)
    inside = batch.mask.astype(bool)
    error = np.abs(small - full)[inside].max()
    assert 0 < error < 0.15 * np.abs(full[inside]).max()


def test_int8_scores_do_not_depend_on_the_neighbours(batch: Batch) -> None:
    encoder = WordEncoder(wordpiece_tokenizer(PIECES))
    ranges = measure_ranges(random_weights(), SHAPE, [batch])
    graph = build_graph(random_weights(), SHAPE, ranges=ranges)
    together = word_scores(_run(graph, batch), batch)
    done = 0
    for words in SENTENCES:
        alone = batch_of([encoder.encode(words)], encoder)
        np.testing.assert_allclose(
            word_scores(_run(graph, alone), alone), together[done : done + len(words)], atol=1e-5
        )
        done += len(words)


def test_crf_loss_is_the_likelihood_over_all_valid_tag_rows() -> None:
    from ner.network import crf_loss

    generator = np.random.default_rng(3)
    scores = generator.normal(size=(1, 3, len(TAGS))).astype(np.float32)
    steps = generator.normal(size=(1 + len(TAGS), len(TAGS))).astype(np.float32)
    allowed = steps + transition_mask()

    def score(tags: tuple[int, ...]) -> float:
        before = (0, *(tag + 1 for tag in tags[:-1]))
        return float(
            sum(
                scores[0, i, t] + allowed[b, t]
                for i, (b, t) in enumerate(zip(before, tags, strict=True))
            )
        )

    every = np.logaddexp.reduce([score(tags) for tags in product(range(len(TAGS)), repeat=3)])
    gold = (1, 2, 0)
    loss = crf_loss(
        torch.from_numpy(scores),
        torch.from_numpy(steps),
        torch.tensor([gold]),
        torch.tensor([3]),
    )
    assert float(loss) == pytest.approx((every - score(gold)) / 3, abs=1e-4)


def test_padding_does_not_change_the_loss() -> None:
    from ner.network import crf_loss

    scores = torch.randn(2, 4, len(TAGS), generator=torch.Generator().manual_seed(1))
    steps = torch.zeros(1 + len(TAGS), len(TAGS))
    tags = torch.tensor([[0, 1, 2, 0], [5, 0, 0, 0]])
    together = crf_loss(scores, steps, tags, torch.tensor([4, 1]))
    first = crf_loss(scores[:1], steps, tags[:1], torch.tensor([4]))
    second = crf_loss(scores[1:, :1], steps, tags[1:, :1], torch.tensor([1]))
    assert float(together) == pytest.approx(float(first * 4 + second) / 5, rel=1e-5)


def test_a_base_gets_new_pieces_shapes_and_fewer_positions(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    from ner.network import LONGEST_ROW, load_base

    old = wordpiece_tokenizer(PIECES)
    old.save(str(tmp_path / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=SIZE,
        num_hidden_layers=1,
        num_attention_heads=HEADS,
        intermediate_size=SIZE,
        max_position_embeddings=LONGEST_ROW + 50,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    new = wordpiece_tokenizer([*PIECES[:5], "abc", "films"])
    before = BertModel.from_pretrained(tmp_path).embeddings
    after = load_base(tmp_path, new)
    pieces = before.word_embeddings.weight
    made_of = [PIECES.index("a"), PIECES.index("##b"), PIECES.index("##c")]
    embeddings = after.embeddings
    assert torch.allclose(embeddings.word_embeddings.weight[5], pieces[made_of].mean(dim=0))
    assert torch.equal(embeddings.word_embeddings.weight[6], pieces[PIECES.index("films")])
    assert torch.equal(
        embeddings.token_type_embeddings.weight[4], before.token_type_embeddings.weight[0]
    )
    assert embeddings.position_embeddings.num_embeddings == LONGEST_ROW
    assert after.config.vocab_size == 7
