"""What encoders are trained on, and a few steps of training."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from embeddings.encoders.drawing import ContrastiveSettings, PairDrawing
from embeddings.encoders.pairs import TrainingPapers, TrainingText, encode_papers
from embeddings.encoders.synonyms import other_words
from matlore.bert.wordpieces import SPECIAL
from matlore.errors import ArtifactError

WORDS = [f"w{chr(97 + k)}" for k in range(26)]
VOCABULARY = [*SPECIAL, *WORDS, "5", ".", "a", "##b"]


def papers(number: int = 40) -> TrainingPapers:
    """Return papers each about three words of its own."""
    draw = Random(0)
    texts = []
    for _ in range(number):
        own = draw.sample(WORDS, 3)
        sentences = [" ".join(draw.choices(own, k=6)) + " 5" for _ in range(3)]
        texts.append(TrainingText(" ".join(own), [" ".join(reversed(own))], sentences))
    return encode_papers(texts, VOCABULARY)


def spelled(pieces: "np.ndarray[tuple[int, ...], np.dtype[np.uint16]]") -> str:
    return " ".join(VOCABULARY[k] for k in pieces)


def test_papers_come_back_as_they_went_in(tmp_path: Path) -> None:
    texts = [
        TrainingText("wa wb", ["wb wa"], ["wa wc", "wd"]),
        TrainingText("ab", [], []),
        TrainingText("wz", ["wy", "wx"], ["we"]),
    ]
    encode_papers(texts, VOCABULARY).save(tmp_path / "papers.npz")
    found = TrainingPapers.load(tmp_path / "papers.npz")
    assert len(found) == 3
    assert spelled(found.title(0)) == "wa wb"
    assert spelled(found.title(1)) == "a ##b"
    assert spelled(found.abstract(0, 99)) == "wa wc wd"
    assert spelled(found.abstract(0, 2)) == "wa wc"
    assert spelled(found.sentence(0, 1)) == "wd"
    assert [found.n_sentences(k) for k in range(3)] == [2, 0, 1]
    assert [spelled(one) for one in found.other_titles(2)] == ["wy", "wx"]
    assert found.other_titles(1) == []
    (tmp_path / "papers.npz").write_bytes(b"nothing")
    with pytest.raises(ArtifactError, match="encoder prepare"):
        TrainingPapers.load(tmp_path / "papers.npz")


def test_pairs_are_drawn_from_one_paper_and_alike_each_time() -> None:
    found = papers()
    drawing = PairDrawing(found, ContrastiveSettings(batch=16, seed=3), None)
    queries, abstracts = drawing.batch(4)
    again, _ = drawing.batch(4)
    assert [spelled(q) for q in queries] == [spelled(q) for q in again]
    assert len(queries) == len(abstracts) == 16
    for query, abstract in zip(queries, abstracts, strict=True):
        assert set(spelled(query).split()) & set(spelled(abstract).split())
        assert len(query) > 0


def test_batches_of_similar_papers_come_from_few_groups() -> None:
    found = papers()
    groups = [np.arange(k, k + 10) for k in range(0, 40, 10)]
    settings = ContrastiveSettings(batch=8, groups=1)
    drawing = PairDrawing(found, settings, groups)
    titles = {spelled(found.title(k)): k // 10 for k in range(40)}
    queries, _ = drawing.batch(1)
    owners = {titles[spelled(q)] for q in queries if spelled(q) in titles}
    assert len(owners) == 1


def test_a_share_of_the_pieces_is_left_out() -> None:
    found = papers()
    _, whole = PairDrawing(found, ContrastiveSettings(batch=20, seed=1), None).batch(0)
    settings = ContrastiveSettings(batch=20, seed=1, dropped=0.5)
    _, parted = PairDrawing(found, settings, None).batch(0)
    assert 0.3 < sum(map(len, parted)) / sum(map(len, whole)) < 0.7
    assert all(len(one) for one in parted)


def test_terms_are_replaced_by_other_words_for_them() -> None:
    found = other_words("X-ray diffraction of titania", Random(2))
    assert found is not None
    assert "titania" not in found
    assert other_words("nothing of the kind", Random(2)) is None


def test_training_brings_queries_to_their_abstracts() -> None:
    torch = pytest.importorskip("torch", reason="torch is missing: pip install 'matlore[train]'")
    from embeddings.encoders.contrastive import (
        StaticNetwork,
        encode_abstracts,
        find_groups,
        known_item_mrr,
        train_contrastive,
    )

    torch.manual_seed(0)
    found = papers()
    network = StaticNetwork(len(VOCABULARY), 16)
    nothing = torch.zeros(0, 16)
    before = known_item_mrr(network, found, nothing, longest=50)
    settings = ContrastiveSettings(batch=20, steps=60, rate=0.05, longest=50, groups=2)
    groups = find_groups(encode_abstracts(network, found, 50), 4)
    assert sorted(k for group in groups for k in group.tolist()) <= list(range(40))
    record = train_contrastive(network, found, settings, groups=groups, workers=1)
    after = known_item_mrr(network, found, nothing, longest=50)
    assert after > before
    assert after > 0.8
    assert record["steps"] == 60
    json.dumps(record)
