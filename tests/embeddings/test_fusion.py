"""Reciprocal rank fusion against sums made by hand."""

import pytest

from embeddings.fusion import FusionWeights, ScoreWeights, add_scores, fuse

LISTS = {"text": ["a", "b", "c"], "dense": ["c", "a", "d"]}


def test_scores_are_sums_of_reciprocal_ranks() -> None:
    found = dict(fuse(LISTS, FusionWeights(60)))
    assert found["a"] == pytest.approx(1 / 61 + 1 / 62)
    assert found["c"] == pytest.approx(1 / 63 + 1 / 61)
    assert found["d"] == pytest.approx(1 / 63)
    assert [key for key, _ in fuse(LISTS, FusionWeights(60))] == ["a", "c", "b", "d"]


def test_weights_turn_the_order() -> None:
    heavy = FusionWeights(60, {"dense": 3.0})
    assert [key for key, _ in fuse(LISTS, heavy, top=2)] == ["c", "a"]


def test_ties_are_in_the_order_of_keys_and_doubles_count_once() -> None:
    assert fuse({"x": ["b", "b"], "y": ["a"]}, FusionWeights(1)) == [("a", 0.5), ("b", 0.5)]
    assert fuse({}, FusionWeights()) == []


SCORES = {"text": {"a": 10.0, "b": 5.0}, "graph": {"c": 4.0}}


def test_scores_are_divided_by_the_best_and_added() -> None:
    weights = ScoreWeights(0.5, {"graph": 0.1})
    found = dict(add_scores(SCORES, {"a": 0.2, "d": 0.8}, weights, complete=["graph"]))
    assert found["a"] == pytest.approx(1.0 + 0.1)
    assert found["b"] == pytest.approx(0.5)  # no cosine
    assert found["c"] == pytest.approx(0.5 + 0.1)  # in full text as good as the last at most
    assert found["d"] == pytest.approx(0.5 + 0.4)


def test_without_words_the_cosines_decide() -> None:
    found = add_scores({"text": {}}, {"a": 0.1, "b": 0.3, "c": 0.3}, ScoreWeights())
    assert [key for key, _ in found] == ["b", "c", "a"]
    assert add_scores({}, {}, ScoreWeights()) == []
