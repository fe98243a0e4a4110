import numpy as np
import pytest
from scipy import stats

from embeddings import statistics
from embeddings.statistics import Estimate


@pytest.mark.parametrize("tied", [False, True])
def test_spearman_agrees_with_scipy(tied: bool) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    y = x + rng.normal(size=200)
    if tied:
        x, y = np.round(x), np.round(y)

    expected = stats.spearmanr(x, y).statistic

    assert statistics.spearman(x, y) == pytest.approx(expected, abs=1e-12)


def test_spearman_of_too_few_or_constant_items_is_none() -> None:
    assert statistics.spearman([], []) is None
    assert statistics.spearman([1.0], [2.0]) is None
    assert statistics.spearman([1.0, 1.0], [1.0, 2.0]) is None
    assert statistics.spearman_with_interval([], []) == Estimate(None, None, None, 0)


def test_bootstrap_of_spearman_ranks_each_resample_anew() -> None:
    """The ranks made from multiplicities are those that sorting each resample gives."""
    rng = np.random.default_rng(2)
    x, y = np.round(rng.normal(size=40), 1), np.round(rng.normal(size=40), 1)
    drawn = rng.integers(40, size=(50, 40))
    weights = np.array([np.bincount(row, minlength=40) for row in drawn], dtype=np.float64)

    quick = statistics._weighted_spearman(x, y, weights)

    slow = [stats.spearmanr(x[row], y[row]).statistic for row in drawn]
    assert quick == pytest.approx(slow, abs=1e-12)


def test_spearman_interval_covers_and_is_a_function_of_the_seed() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    y = x + 2 * rng.normal(size=300)

    found = statistics.spearman_with_interval(x, y, seed=5)

    assert found == statistics.spearman_with_interval(x, y, seed=5)
    assert found != statistics.spearman_with_interval(x, y, seed=6)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    # Fisher's interval of a normal sample, widened for ranks (Bonett and Wright 2000).
    half = 1.96 * np.sqrt((1 + found.value**2 / 2) / 297)
    assert found.low == pytest.approx(np.tanh(np.arctanh(found.value) - half), abs=0.03)
    assert found.high == pytest.approx(np.tanh(np.arctanh(found.value) + half), abs=0.03)


def test_perfect_order_has_no_spread() -> None:
    found = statistics.spearman_with_interval(range(30), range(30))

    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_mean_interval_is_near_the_normal_one() -> None:
    values = np.random.default_rng(4).normal(10, 2, size=400)

    found = statistics.mean_with_interval(values)

    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * 0.1, abs=0.02)
    assert found.high == pytest.approx(values.mean() + 1.96 * 0.1, abs=0.02)
    assert statistics.mean_with_interval([]) == Estimate(None, None, None, 0)
    assert statistics.mean_with_interval([3.0]) == Estimate(3.0, None, None, 1)


def test_random_mean_narrows_with_the_size_drawn() -> None:
    values = np.arange(100)

    few, many = statistics.random_mean(values, 5), statistics.random_mean(values, 80)

    assert few.value == many.value == 49.5
    assert few.low is not None
    assert many.low is not None
    assert few.low < many.low < 49.5
    assert statistics.random_mean(values, 100) == Estimate(49.5, None, None, 100)
    assert statistics.random_mean([], 3) == Estimate(None, None, None, 0)


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (7, 20), (20, 20), (43, 50), (1, 1)])
def test_share_intervals_agree_with_scipy(hits: int, n: int) -> None:
    test = stats.binomtest(hits, n)
    score = test.proportion_ci(method="wilson")

    wilson = statistics.wilson(hits, n)

    assert (wilson.low, wilson.high) == pytest.approx((score.low, score.high), abs=1e-12)
    assert wilson.value == hits / n


def test_share_of_nothing_has_no_value() -> None:
    assert statistics.wilson(0, 0) == Estimate(None, None, None, 0)


def test_distribution_of_one_stratum_is_hypergeometric() -> None:
    law = statistics.count_distribution([(500, 60, 50)])

    reference = stats.hypergeom(500, 60, 50)
    assert law == pytest.approx(reference.pmf(np.arange(51)), abs=1e-12)
    found = statistics.distribution_interval(law)
    assert found.value == pytest.approx(6)
    assert (found.low, found.high) == reference.interval(0.95)
    assert statistics.tail_probability(law, 10) == pytest.approx(reference.sf(9))
    assert statistics.tail_probability(law, 0) == pytest.approx(1)


def test_distribution_of_strata_agrees_with_simulation() -> None:
    strata = [(30, 10, 8), (100, 5, 20), (40, 40, 3), (10, 0, 2)]
    rng = np.random.default_rng(5)
    drawn = sum(rng.hypergeometric(k, n - k, picks, size=200_000) for n, k, picks in strata)

    law = statistics.count_distribution(strata)

    assert law @ np.arange(len(law)) == pytest.approx(8 * 10 / 30 + 20 * 5 / 100 + 3)
    shares = np.bincount(drawn, minlength=len(law)) / 200_000
    assert law == pytest.approx(shares, abs=0.005)


def test_strata_that_cannot_be_picked_from_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot pick 5 of 3"):
        statistics.count_distribution([(3, 1, 5)])


def test_average_precision_by_hand() -> None:
    assert statistics.average_precision([True, False, True, False]) == pytest.approx(
        (1 + 2 / 3) / 2
    )
    assert statistics.average_precision([False, False]) is None
    assert statistics.average_precision([]) is None


def test_auc_is_that_of_mann_and_whitney() -> None:
    rng = np.random.default_rng(6)
    positive = rng.random(200) < 0.3
    scores = np.round(rng.normal(size=200) + positive, 1)

    found = statistics.auc(scores, positive)

    u = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
    assert found.value == pytest.approx(u / (positive.sum() * (~positive).sum()))
    assert found.n == positive.sum()


def test_delong_interval_agrees_with_the_bootstrap() -> None:
    rng = np.random.default_rng(7)
    positive = np.arange(400) < 120
    scores = rng.normal(size=400) + 0.8 * positive

    found = statistics.auc(scores, positive)

    draws = []
    for _ in range(500):
        pick = rng.integers(400, size=400)
        draws.append(statistics.auc(scores[pick], positive[pick]).value)
    low, high = np.percentile(np.array(draws, dtype=np.float64), [2.5, 97.5])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.012)


def test_auc_needs_both_kinds() -> None:
    assert statistics.auc([1.0, 2.0], [True, True]) == Estimate(None, None, None, 2)
    assert statistics.auc([], []) == Estimate(None, None, None, 0)
    assert statistics.auc([1.0, 2.0], [False, True]) == Estimate(1.0, None, None, 1)


def test_partial_correlation_takes_out_what_both_share() -> None:
    rng = np.random.default_rng(8)
    shared = rng.normal(size=2000)
    x, y = shared + rng.normal(size=2000), shared + rng.normal(size=2000)

    plain = statistics.spearman_with_interval(x, y, resamples=100)
    partial = statistics.partial_spearman_with_interval(x, y, shared, resamples=100)

    assert plain.value is not None
    assert plain.value > 0.4
    assert partial.low is not None
    assert partial.high is not None
    assert partial.low < 0 < partial.high
    ranks = [stats.rankdata(side) for side in (x, y, shared)]
    slopes = [np.polynomial.Polynomial.fit(ranks[2], side, 1)(ranks[2]) for side in ranks[:2]]
    rest = [side - line for side, line in zip(ranks[:2], slopes, strict=True)]
    assert partial.value == pytest.approx(np.corrcoef(rest[0], rest[1])[0, 1], abs=1e-9)


def test_partial_correlation_given_one_of_the_sides_is_undefined() -> None:
    x = np.arange(10)

    found = statistics.partial_spearman_with_interval(x, x[::-1] % 7, x)

    assert found == Estimate(None, None, None, 10)
