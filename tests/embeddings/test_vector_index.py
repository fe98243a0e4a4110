"""Nearest vectors, without an index around them: exact comparison, lists, filters, damage."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fake_encoder import FakeEncoder
from numpy.typing import NDArray

from embeddings.index import IndexedText, IndexWriter, SearchIndex, vector_index
from embeddings.index.vector_file import VECTORS
from embeddings.index.vector_index import (
    Lists,
    ListSettings,
    build_lists,
    choose_kind,
    nearest,
)
from matlore.errors import ArtifactError, UsageError

SIZE = 24


@pytest.fixture(autouse=True)
def few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose probes by fewer queries, to be quick; compare few rows one by one."""
    monkeypatch.setattr(vector_index, "_SAMPLE", 25)
    monkeypatch.setattr(vector_index, "_EXHAUSTIVE", 100)


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float16]:
    draw = np.random.default_rng(3)
    centres = draw.normal(size=(40, SIZE))
    found = centres[draw.integers(40, size=4_000)] + draw.normal(size=(4_000, SIZE)) * 0.6
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float16)


@pytest.fixture(scope="module")
def lists(vectors: NDArray[np.float16]) -> Lists:
    return build_lists(vectors, np.arange(len(vectors)), "ivf")


def exact(
    vectors: NDArray[np.float16],
    query: NDArray[np.float32],
    rows: NDArray[np.int64] | None,
    top: int,
) -> NDArray[np.int64]:
    cosines = vectors.astype(np.float32) @ query
    allowed = np.arange(len(vectors)) if rows is None else rows
    return allowed[np.argsort(-cosines[allowed], kind="stable")][:top]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (0, "flat"),
        (49_999, "flat"),
        (50_000, "ivf"),
        (1_999_999, "ivf"),
        (2_000_000, "ivf-pq"),
        (5_000_000, "ivf-pq"),
    ],
)
def test_the_kind_follows_the_number_of_rows(rows: int, kind: str) -> None:
    assert choose_kind(rows) == kind


def test_a_kind_may_be_asked_for_but_lists_of_a_few_rows_make_no_sense() -> None:
    assert choose_kind(10_000, "ivf-pq") == "ivf-pq"
    assert choose_kind(9_000_000, "flat") == "flat"
    assert choose_kind(999, "ivf") == "flat"
    with pytest.raises(UsageError, match="flat, ivf, ivf-pq"):
        choose_kind(10, "hnsw")


def test_comparing_all_is_exact_across_blocks(
    vectors: NDArray[np.float16], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_index, "_AT_ONCE", 700 * SIZE)
    query = vectors[11].astype(np.float32)
    for rows in (None, np.arange(0, 4_000, 3), np.array([7]), np.zeros(0, np.int64)):
        found, cosines = nearest(vectors, query, rows, 12)
        assert found.tolist() == exact(vectors, query, rows, 12).tolist()
        assert all(first >= second for first, second in pairwise(cosines))
    assert nearest(vectors, query, None, 9_000)[0].shape == (4_000,)


def test_texts_that_are_the_same_come_in_the_order_of_their_rows() -> None:
    same = np.tile(np.eye(1, SIZE, dtype=np.float16), (5_000, 1))
    same[9] *= 2
    found, _ = nearest(same, same[0].astype(np.float32), None, 5)
    assert found.tolist() == [9, 0, 1, 2, 3]


@pytest.mark.parametrize("kind", ["ivf", "ivf-pq"])
def test_lists_find_the_true_nearest_and_their_true_cosines(
    vectors: NDArray[np.float16], kind: str
) -> None:
    lists = build_lists(vectors, np.arange(len(vectors)), kind)
    assert lists.settings.recall >= 0.97
    shares = []
    for row in range(0, 4_000, 40):
        query = vectors[row].astype(np.float32)
        found, cosines = lists.search(vectors, query, None, 10)
        np.testing.assert_allclose(cosines, vectors[found].astype(np.float32) @ query, atol=1e-5)
        shares.append(len(np.intersect1d(found, exact(vectors, query, None, 10))) / 10)
    assert np.mean(shares) >= 0.97


def test_a_filter_finds_as_many_as_pass_however_few_lists_hold_them(
    vectors: NDArray[np.float16], lists: Lists
) -> None:
    query = vectors[0].astype(np.float32)
    far = np.argsort(vectors.astype(np.float32) @ query)[:150]  # in lists that are not looked at
    allowed = np.zeros(len(vectors), np.bool_)
    allowed[far] = True
    for top in (10, 150, 400):
        found, _ = lists.search(vectors, query, allowed, top)
        assert found.tolist() == exact(vectors, query, np.sort(far), top).tolist()
    nothing, _ = lists.search(vectors, query, np.zeros(len(vectors), np.bool_), 10)
    assert not len(nothing)


def test_rows_are_taken_out_and_put_in(vectors: NDArray[np.float16]) -> None:
    half = np.arange(0, 4_000, 2)
    lists = build_lists(vectors, half, "ivf")
    assert lists.index.ntotal == 2_000
    lists.remove(half[:500])
    lists.add(vectors, np.arange(1, 1_000, 2), lambda *_, **__: None)
    allowed = np.ones(4_000, np.bool_)
    allowed[half[:500]] = False
    allowed[1_001::2] = False
    for row in (0, 1, 2_000):
        query = vectors[row].astype(np.float32)
        found, _ = lists.search(vectors, query, allowed, 10)
        assert (row in found) == bool(allowed[row])
        assert allowed[found].all()


def test_rows_that_are_gone_do_not_make_a_search_wider(
    vectors: NDArray[np.float16], lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = []
    wanted = Lists._candidates

    def watched(self: Lists, query: object, allowed: object, share: float, top: int) -> object:
        shares.append(share)
        return wanted(self, query, allowed, share, top)  # type: ignore[arg-type]

    monkeypatch.setattr(Lists, "_candidates", watched)
    padded = np.concatenate([vectors, vectors])  # the second half is deleted and in no list
    allowed = np.arange(8_000) < 4_000
    lists.search(padded, vectors[0].astype(np.float32), allowed, 10)
    allowed[::2] = False
    lists.search(padded, vectors[0].astype(np.float32), allowed, 10)
    assert shares == [1.0, 0.5]


def test_a_file_of_lists_is_read_back_mapped_or_not(
    vectors: NDArray[np.float16], lists: Lists, tmp_path: Path
) -> None:
    path = tmp_path / "lists.faiss"
    lists.save(path)
    query = vectors[5].astype(np.float32)
    wanted = lists.search(vectors, query, None, 10)[0].tolist()
    for mapped in (True, False):
        again = Lists.load(path, lists.settings, mapped=mapped)
        assert again.search(vectors, query, None, 10)[0].tolist() == wanted


@pytest.mark.parametrize("data", [b"", b"IwSq", b"no index at all" * 20])
def test_a_file_that_is_no_index_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "lists.faiss"
    path.write_bytes(data)
    with pytest.raises(ArtifactError, match=r"lists\.faiss.*matlore index build"):
        Lists.load(path, ListSettings(1, 1, 1, 1.0))


def test_a_writer_does_not_vouch_for_vectors_that_were_changed(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    with IndexWriter.open(tmp_path, encoder) as writer:
        writer.add([IndexedText("a", "1", "", "copper"), IndexedText("b", "1", "", "zinc")])
        writer.finish()
    path = tmp_path / VECTORS
    data = bytearray(path.read_bytes())
    data[1] ^= 0x7F
    path.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match="sha256 differs"):
        IndexWriter.open(tmp_path, encoder)
    with IndexWriter.open(tmp_path, encoder, replace=True) as writer:
        writer.add([IndexedText("a", "1", "", "copper")])
        writer.finish()
    with SearchIndex.open(tmp_path) as index:
        assert index.dense(encoder.encode(["copper"])[0], 1)[0].score == pytest.approx(1, abs=1e-3)
