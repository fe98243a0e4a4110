import math

import numpy as np
import pytest

from embeddings.retrieval_measures import (
    first_rank,
    mean_of_sets,
    ndcg,
    paired_difference,
    recall_values,
    reciprocal_values,
)
from embeddings.statistics import Estimate


def test_rank_counts_from_one_and_is_none_where_it_is_not() -> None:
    assert first_rank(["a", "b"], "a") == 1
    assert first_rank(["a", "b"], "b") == 2
    assert first_rank(["a", "b"], "c") is None
    assert first_rank([], "c") is None


def test_reciprocal_rank_and_recall_end_at_k() -> None:
    ranks = [1, 2, 10, 11, None]

    assert reciprocal_values(ranks).tolist() == [1, 0.5, 0.1, 0, 0]
    assert recall_values(ranks).tolist() == [1, 1, 1, 0, 0]
    assert recall_values(ranks, k=1).tolist() == [1, 0, 0, 0, 0]


def test_ndcg_by_hand() -> None:
    """Grades 3, 0, 2 in this order, of 3, 2, 1: the gains 7, 3, 1 at the discounts of 1 to 3."""
    gained = 7 / math.log2(2) + 3 / math.log2(4)
    best = 7 / math.log2(2) + 3 / math.log2(3) + 1 / math.log2(4)

    found = ndcg(["a", "unjudged", "b"], {"a": 3, "b": 2, "c": 1})

    assert found == pytest.approx(gained / best)


def test_ndcg_of_the_best_order_is_one_and_of_nothing_found_zero() -> None:
    grades = {"a": 3, "b": 2, "c": 0}
    assert ndcg(["a", "b", "c"], grades) == pytest.approx(1)
    assert ndcg([], grades) == 0
    assert ndcg(["c"], grades) == 0


def test_ndcg_counts_only_the_first_k_on_both_sides() -> None:
    grades = {name: 1 for name in "abcdefghijkl"}
    assert ndcg(list("abcdefghij"), grades) == pytest.approx(1)
    assert ndcg(["x", "a"], grades, k=1) == 0


def test_ndcg_without_a_relevant_paper_is_none() -> None:
    assert ndcg(["a"], {"a": 0}) is None
    assert ndcg(["a"], {}) is None


def test_paired_difference_is_tight_where_both_move_together() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(200)

    found = paired_difference(base + 0.1, base)

    assert found.value == pytest.approx(0.1)
    assert found.low == pytest.approx(0.1)
    assert found.high == pytest.approx(0.1)


def test_paired_difference_refuses_other_queries() -> None:
    with pytest.raises(ValueError, match="2 values cannot be paired with 1"):
        paired_difference([1.0, 2.0], [1.0])


def test_mean_of_sets_counts_each_set_once() -> None:
    found = mean_of_sets([[1.0] * 10, [0.0] * 1000, []])

    assert found == Estimate(0.5, 0.5, 0.5, 1010)


def test_interval_of_sets_covers_and_narrows() -> None:
    rng = np.random.default_rng(1)
    few, many = ([rng.random(n) for _ in range(3)] for n in (30, 3000))

    wide, narrow = mean_of_sets(few), mean_of_sets(many)

    assert wide.low is not None
    assert wide.high is not None
    assert narrow.low is not None
    assert narrow.high is not None
    assert wide.low < 0.5 < wide.high
    assert narrow.high - narrow.low < (wide.high - wide.low) / 5


def test_mean_of_no_sets_is_unknown() -> None:
    assert mean_of_sets([[], []]) == Estimate(None, None, None, 0)
