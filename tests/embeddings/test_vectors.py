"""Word vectors on disk and in memory."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings.neighbours import nearest, vocabulary_term
from embeddings.pack import pack_vectors
from embeddings.vectors import VectorsCard, WordVectors, unit_rows
from matlore.errors import ArtifactError, NotFoundError

WORDS = ("thermoelectric", "the", "PbTe", "Bi2Te3", "band_gap", "Te", "family:Bi-Sb-Te")


@pytest.fixture
def vectors() -> WordVectors:
    random = np.random.default_rng(0)
    size, dimension = len(WORDS), 16
    return WordVectors(
        words=WORDS,
        counts=np.arange(100, 100 - size, -1, dtype=np.int64),
        input=random.normal(size=(size, dimension)).astype(np.float32),
        output=random.normal(size=(size, dimension)).astype(np.float32),
        output_ids=np.arange(size, dtype=np.int64),
        card=VectorsCard(id="test", dimension=dimension, trained_until=2011),
        display={"Bi2Te3": "Te3Bi2"},
    )


def test_saved_vectors_come_back(vectors: WordVectors, tmp_path: Path) -> None:
    saved = vectors.save(tmp_path)
    loaded = WordVectors.load(tmp_path)
    assert loaded.words == WORDS
    assert loaded.card == saved.card
    assert loaded.card.sha256
    assert loaded.display == {"Bi2Te3": "Te3Bi2"}
    np.testing.assert_array_equal(loaded.counts, vectors.counts)
    np.testing.assert_array_equal(loaded.input, vectors.input)
    np.testing.assert_array_equal(loaded.output, vectors.output)


def test_quantized_vectors_are_close_and_small(vectors: WordVectors, tmp_path: Path) -> None:
    vectors.save(tmp_path / "full")
    vectors.save(tmp_path / "int8", quantize=True)
    loaded = WordVectors.load(tmp_path / "int8")
    cosines = (unit_rows(loaded.input) * unit_rows(vectors.input)).sum(axis=1)
    assert cosines.min() > 0.999


def test_a_changed_file_is_refused(vectors: WordVectors, tmp_path: Path) -> None:
    vectors.save(tmp_path)
    file = tmp_path / "vectors.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match="sha256 differs"):
        WordVectors.load(tmp_path)


@pytest.mark.parametrize("content", ["", "{", '{"id": "x"}', '{"id": "x", "wrong": 1}', "[]"])
def test_a_broken_card_is_refused(vectors: WordVectors, tmp_path: Path, content: str) -> None:
    vectors.save(tmp_path)
    (tmp_path / "card.json").write_text(content)
    with pytest.raises(ArtifactError, match=r"card\.json"):
        WordVectors.load(tmp_path)


def test_a_newer_format_is_refused(vectors: WordVectors, tmp_path: Path) -> None:
    vectors.save(tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**card, "format": 99}))
    with pytest.raises(ArtifactError, match="upgrade matlore"):
        WordVectors.load(tmp_path)


def test_missing_vectors_name_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="matlore embeddings train"):
        WordVectors.load(tmp_path / "none")


def test_parts_of_different_size_are_refused(vectors: WordVectors) -> None:
    with pytest.raises(ArtifactError, match="differ in number"):
        replace(vectors, counts=vectors.counts[:-1])


def test_word2vec_files_are_read(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    file.write_text("2 3\nPbTe 1 0 0\nheat 0 1 0\n")
    loaded = WordVectors.load(file)
    assert loaded.words == ("PbTe", "heat")
    assert len(loaded.output_ids) == 0
    (tmp_path / "broken.txt").write_text("nothing of the kind")
    with pytest.raises(ArtifactError, match="word2vec format"):
        WordVectors.load(tmp_path / "broken.txt")


def test_unknown_words_name_their_neighbours(vectors: WordVectors) -> None:
    assert vectors.index("PbTe") == 2
    assert "PbTe" in vectors
    assert vectors.count("nothing") == 0
    with pytest.raises(NotFoundError, match="thermoelectric"):
        vectors.index("thermoelectrics")


def test_unit_vectors_have_length_one(vectors: WordVectors) -> None:
    np.testing.assert_allclose(np.linalg.norm(vectors.unit_inputs, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(vectors.unit_input("PbTe"), vectors.unit_inputs[2], rtol=1e-6)
    assert not unit_rows(np.zeros((1, 3), dtype=np.float32)).any()


def test_packing_keeps_materials_and_the_commonest_words(vectors: WordVectors) -> None:
    packed = pack_vectors(vectors, max_bytes=300, output_words=1)
    assert {"PbTe", "Bi2Te3", "Te", "family:Bi-Sb-Te"} <= set(packed.words)
    assert packed.output_row("PbTe") is not None
    assert "band_gap" not in packed
    everything = pack_vectors(vectors, max_bytes=10_000, output_words=1)
    assert everything.words == WORDS
    assert everything.output_row("the") is None
    row = everything.output_row("Bi2Te3")
    assert row is not None
    np.testing.assert_array_equal(everything.output[row], vectors.output[3])


def test_neighbours_are_ordered_and_leave_the_term_out(vectors: WordVectors) -> None:
    found = nearest(vectors, "band gap", top=6)
    assert [n.cosine for n in found] == sorted((n.cosine for n in found), reverse=True)
    assert "band_gap" not in [n.term for n in found]
    assert "Te3Bi2" in [n.term for n in found]
    assert vocabulary_term(vectors, "Te3Bi2") == "Bi2Te3"
    with pytest.raises(NotFoundError):
        nearest(vectors, "")
