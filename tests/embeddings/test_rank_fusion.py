"""Reciprocal ranks of incomplete rankings, and whether one ranking beats another."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from embeddings.comparison import compare_rankings
from embeddings.measures import Listed
from embeddings.rank_fusion import fuse_ranks, shared_ranks
from embeddings.reference import ReferenceMaterial


def test_equal_scores_share_the_best_rank() -> None:
    scores = {"a": 1.0, "b": 3.0, "c": 1.0, "d": None, "e": float("nan"), "f": 0.5}
    assert shared_ranks(scores) == {"b": 1, "a": 2, "c": 2, "f": 4}


def test_reciprocal_ranks_are_summed() -> None:
    found = fuse_ranks([{"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 1}], ["a", "b", "c"])
    assert found["a"] == pytest.approx(1 / 61 + 1 / 62)
    assert found["a"] == found["b"]
    assert found["c"] == pytest.approx(1 / 63 + 1 / 61.5), "the middle of the ranks 1 and 2"


def test_an_empty_ranking_says_nothing() -> None:
    assert fuse_ranks([{"a": 1}, {}], ["a"]) == {"a": pytest.approx(1 / 61)}
    assert fuse_ranks([], ["a"]) == {"a": 0.0}


def _listed(n: int = 200) -> Listed:
    """Return materials whose power factor the second ranking knows better than the first."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=n)
    return Listed(
        materials=tuple(ReferenceMaterial(f"m{k}", f"m{k}", k % 3 == 0, 1.0) for k in range(n)),
        named=np.full(n, 9),
        known=np.arange(n) % 3 == 0,
        studied=None,
        power_factor=np.where(np.arange(n) % 5 == 0, np.nan, truth),
        scores={
            "output": truth + rng.normal(scale=3.0, size=n),
            "fused": truth + rng.normal(scale=0.3, size=n),
        },
    )


def test_a_better_ranking_is_called_better() -> None:
    listed = _listed()
    unseen = np.arange(200) < 120
    found = list(compare_rankings(listed, unseen, resamples=200))
    assert [one.materials for one in found] == ["all"] * 3 + ["unseen"] * 3
    first = found[0]
    usable = np.isfinite(listed.power_factor)
    for ranking, value in (("output", first.first), ("fused", first.second)):
        expected = spearmanr(listed.scores[ranking][usable], listed.power_factor[usable])  # type: ignore[index]
        assert value == pytest.approx(expected.statistic)
    assert first.n == 160
    assert first.verdict == "better"
    assert first.low is not None
    assert first.low > 0
    assert found[2].second == pytest.approx(roc_auc_score(listed.known, listed.scores["fused"]))
    assert found[2].verdict == "undecided", "neither ranking knows the flags"


def test_the_comparison_turned_round_is_worse() -> None:
    (first, *_) = compare_rankings(
        _listed(), np.ones(200, bool), first="fused", second="output", resamples=200
    )
    assert first.verdict == "worse"


def test_too_few_materials_decide_nothing() -> None:
    found = list(compare_rankings(_listed(), np.zeros(200, bool), resamples=50))
    assert [one.verdict for one in found[3:]] == ["undecided"] * 3
    assert found[3].first is None
