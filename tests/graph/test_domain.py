"""Where a predictor may be trusted."""

from collections import Counter

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from graph.predictors.base import Condition, Sample
from graph.predictors.compositions import read_formula
from graph.predictors.domain import Domain, fit_domain, reach
from graph.predictors.training_rows import Training, distinct_samples

TEMPERATURE = Condition("temperature", "K", 300.0)


def sample(number: int, elements: str = "Fe") -> Sample:
    parts = elements.split()
    return Sample(
        name=f"S{number}",
        formula=f"S{number}",
        fractions={element: 1.0 / len(parts) for element in parts},
        atoms=1.0,
    )


def training(
    samples: list[Sample], groups: list[int] | None = None, temperatures: list[float] | None = None
) -> Training:
    rows = len(samples)
    conditions = np.array(temperatures or [300.0] * rows)[:, None]
    return Training(
        tuple(samples),
        conditions,
        np.zeros(rows),
        np.zeros(rows),
        np.array(groups if groups is not None else range(rows)),
    )


def cloud(rows: int, *, clusters: int | None = None, seed: int = 0) -> tuple[Domain, np.ndarray]:
    features = np.random.default_rng(seed).normal(size=(rows, 3)) * [1.0, 10.0, 0.1] + 5.0
    groups = [row % clusters for row in range(rows)] if clusters else None
    rows_of = training([sample(row) for row in range(rows)], groups)
    return fit_domain(rows_of, features, (TEMPERATURE,)), features


def test_five_percent_of_the_training_materials_lie_beyond_the_end() -> None:
    domain, _ = cloud(400)
    beyond = reach(domain.nearest_others()[0]) > 1.0
    assert beyond.mean() == pytest.approx(0.05, abs=0.005)


def test_distances_agree_with_scikit_learn() -> None:
    domain, features = cloud(300)
    fresh = np.random.default_rng(9).normal(size=(20, 3)) * [1.0, 10.0, 0.1] + 5.0
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    model = NearestNeighbors(n_neighbors=7).fit(scaled)
    expected = model.kneighbors((fresh - features.mean(axis=0)) / features.std(axis=0))
    distances, which = domain.nearest(fresh, 7)
    assert distances * domain.end == pytest.approx(expected[0])
    assert which.tolist() == expected[1].tolist()
    assert reach(distances) * domain.end == pytest.approx(expected[0][:, :5].mean(axis=1))


def test_a_material_is_not_measured_against_its_own_group() -> None:
    features = np.repeat(np.arange(20.0), 2)[:, None]
    rows = training([sample(row) for row in range(40)], [row // 2 for row in range(40)])
    domain = fit_domain(rows, features, (TEMPERATURE,))
    distances, which = domain.nearest_others(1)
    assert (distances > 0.0).all()
    assert (which[:, 0] // 2 != np.arange(40) // 2).all()


def test_materials_that_share_groups_by_steps_are_one_cluster() -> None:
    first, second, third, other = (sample(number) for number in range(4))
    rows = training([first, second, second, third, other], [0, 0, 1, 1, 2])
    clusters = rows.materials.clusters
    assert len(set(clusters[:3].tolist())) == 1
    assert clusters[3] != clusters[0]
    assert rows.materials.rows.tolist() == [0, 1, 1, 2, 3]
    assert rows.materials.mean(np.array([1.0, 2.0, 4.0, 5.0, 6.0])).tolist() == [1.0, 3.0, 5.0, 6.0]


def test_far_samples_are_outside_and_told_how_far() -> None:
    domain, features = cloud(200)
    far = features.mean(axis=0) + 20.0 * features.std(axis=0)
    ratio = float(reach(domain.nearest(far[None])[0])[0])
    assert ratio > 10.0
    doubts = domain.doubts(sample(0), ratio, [300.0])
    assert len(doubts) == 1
    assert doubts[0].startswith("unlike the training data")
    assert f"{ratio:.0f} times" in doubts[0]
    assert domain.doubts(sample(0), 1.0, [300.0]) == ()


def test_elements_that_training_lacks_are_named() -> None:
    samples = [sample(row, "Fe Tm" if row < 2 else "Fe O") for row in range(150)]
    features = np.random.default_rng(0).normal(size=(150, 2))
    domain = fit_domain(training(samples), features, (TEMPERATURE,))
    assert domain.elements == Counter({"Fe": 150, "O": 148, "Tm": 2})
    assert domain.doubts(read_formula("FeTmO3"), 0.5, [300.0]) == (
        "only 2 training materials contain Tm",
    )
    assert domain.doubts(read_formula("CuO"), 0.5, [300.0]) == ("no training material contains Cu",)


def test_in_a_small_set_one_material_with_an_element_is_enough() -> None:
    samples = [sample(row, "Fe Tm" if row < 1 else "Fe O") for row in range(50)]
    domain = fit_domain(training(samples), np.arange(50.0)[:, None], (TEMPERATURE,))
    assert domain.doubts(read_formula("FeTmO3"), 0.5, [300.0]) == ()


@pytest.mark.parametrize(
    ("temperature", "words"),
    [
        (2000.0, "temperature 2000 K is above the training range 200 to 1000 K"),
        (77.5, "temperature 77.5 K is below the training range 200 to 1000 K"),
    ],
)
def test_conditions_outside_the_training_range(temperature: float, words: str) -> None:
    rows = training([sample(0), sample(1), sample(2)], temperatures=[200.0, 500.0, 1000.0])
    domain = fit_domain(rows, np.arange(3.0)[:, None], (TEMPERATURE,))
    assert domain.doubts(sample(0), 0.5, [temperature]) == (words,)
    for inside in (200.0, 1000.0):
        assert domain.doubts(sample(0), 0.5, [inside]) == ()


def test_odd_training_data_still_have_a_domain() -> None:
    alike = fit_domain(
        training([sample(row) for row in range(30)]), np.ones((30, 2)), (TEMPERATURE,)
    )
    assert reach(alike.nearest(np.ones((1, 2)))[0]).tolist() == [0.0]
    single = fit_domain(training([sample(0)] * 30, [0] * 30), np.ones((1, 2)), (TEMPERATURE,))
    assert single.nearest(np.ones((1, 2)))[0].shape == (1, 1)
    one_group = fit_domain(
        training([sample(row) for row in range(30)], [0] * 30),
        np.arange(30.0)[:, None],
        (TEMPERATURE,),
    )
    assert 0.0 < one_group.end < 10.0


def test_what_is_not_defined_counts_as_the_mean() -> None:
    domain, features = cloud(100)
    unknown, mean = features[:1].copy(), features[:1].copy()
    unknown[0, 1], mean[0, 1] = np.nan, features[:, 1].mean()
    assert domain.nearest(unknown)[0] == pytest.approx(domain.nearest(mean)[0])


def test_a_sample_has_the_same_neighbours_in_any_company() -> None:
    domain, _ = cloud(300)
    fresh = np.random.default_rng(4).normal(size=(600, 3)) * [1.0, 10.0, 0.1] + 5.0
    distances, which = domain.nearest(fresh)
    for row in (0, 255, 256, 599):
        alone = domain.nearest(fresh[row : row + 1])
        assert alone[0].tolist() == distances[row : row + 1].tolist()
        assert alone[1].tolist() == which[row : row + 1].tolist()


def test_distinct_samples_are_the_objects() -> None:
    first, second = sample(1), sample(1)
    found, which = distinct_samples([first, second, first])
    assert len(found) == 2
    assert found[0] is first
    assert found[1] is second
    assert which.tolist() == [0, 1, 0]
