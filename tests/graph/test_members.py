"""Trained members: trees, their compact text, and kernel machines."""

import builtins
from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import laplacian_kernel

from graph.predictors.base import MemberRecipe
from graph.predictors.members import (
    BoostingMember,
    ForestMember,
    KernelMember,
    TreeMember,
    import_lightgbm,
    laplacian,
    member_from_bytes,
    standardised,
)
from graph.predictors.tree_text import averages, compact_trees, objective
from matlore.errors import ArtifactError

TREES = MemberRecipe("boosting", ("magpie",))
FOREST = MemberRecipe("forest", ("magpie",))
KERNEL = MemberRecipe("kernel", ("magpie",))
FOREST_SETTINGS = {
    "boosting": "rf",
    "extra_trees": True,
    "bagging_freq": 1,
    "bagging_fraction": 0.6,
}


def data(rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    features = rng.normal(size=(rows, 6))
    return features, features[:, 0] + features[:, 1] ** 2 + 0.1 * rng.normal(size=rows)


def booster(target: np.ndarray, features: np.ndarray, **settings: Any) -> lightgbm.Booster:
    given = {"objective": "regression", "verbose": -1, "num_threads": 1, "deterministic": True}
    return lightgbm.train({**given, **settings}, lightgbm.Dataset(features, target), 40)


CASES = [
    (TREES, {}, False),
    (TREES, {"objective": "binary"}, True),
    (FOREST, FOREST_SETTINGS, False),
    (FOREST, {**FOREST_SETTINGS, "objective": "binary"}, True),
]


@pytest.mark.parametrize(("recipe", "settings", "classes"), CASES)
def test_compact_trees_predict_what_the_whole_model_does(
    recipe: MemberRecipe, settings: dict[str, Any], classes: bool
) -> None:
    features, target = data()
    target = (target > 0.8).astype(float) if classes else target
    whole = booster(target, features, **settings)
    member = (ForestMember if recipe is FOREST else BoostingMember).from_booster(recipe, whole)
    fresh = np.random.default_rng(1).normal(size=(300, 6))
    assert member.predict(fresh) == pytest.approx(whole.predict(fresh), rel=1e-3, abs=1e-3)
    assert len(member.text) < 0.6 * len(whole.model_to_string())
    contributions = np.asarray(whole.predict(fresh, pred_contrib=True))
    if recipe is FOREST:
        contributions = contributions / 40
    assert member.contributions(fresh) == pytest.approx(contributions, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("recipe", "settings", "classes"), CASES)
def test_contributions_add_up(
    recipe: MemberRecipe, settings: dict[str, Any], classes: bool
) -> None:
    features, target = data()
    target = (target > 0.8).astype(float) if classes else target
    member = TreeMember.from_booster(recipe, booster(target, features, **settings))
    total = member.contributions(features).sum(axis=1)
    assert member.in_odds is classes
    predicted = 1.0 / (1.0 + np.exp(-total)) if classes else total
    assert member.predict(features) == pytest.approx(predicted, rel=1e-6, abs=1e-9)


def test_the_head_of_a_model_tells_what_it_is() -> None:
    features, target = data()
    forest = compact_trees(booster(target, features, **FOREST_SETTINGS).model_to_string())
    assert averages(forest)
    assert objective(forest) == "regression"
    boosting = compact_trees(
        booster((target > 0).astype(float), features, objective="binary").model_to_string()
    )
    assert not averages(boosting)
    assert objective(boosting) == "binary"


def test_compact_trees_are_so_already() -> None:
    features, target = data()
    once = compact_trees(booster(target, features).model_to_string())
    assert compact_trees(once) == once
    assert "parameters" not in once


def test_a_tree_of_one_leaf_is_kept() -> None:
    features, _ = data()
    whole = booster(np.full(len(features), 2.5), features, boost_from_average=True)
    member = BoostingMember.from_booster(TREES, whole)
    assert member.predict(features[:3]) == pytest.approx([2.5] * 3)
    assert member.contributions(features[:3])[:, :-1] == pytest.approx(np.zeros((3, 6)))


def test_linear_trees_are_refused() -> None:
    features, target = data()
    whole = booster(target, features, linear_tree=True)
    with pytest.raises(ArtifactError, match="linear_tree"):
        BoostingMember.from_booster(TREES, whole)


def test_trees_take_what_is_not_defined() -> None:
    features, target = data()
    features[::3, 2] = np.nan
    member = BoostingMember.from_booster(TREES, booster(target, features))
    assert np.isfinite(member.predict(np.full((2, 6), np.nan))).all()


def test_trees_come_back_from_bytes_and_stand_alone_in_a_batch() -> None:
    features, target = data()
    member = BoostingMember.from_booster(TREES, booster(target, features))
    again = member_from_bytes(TREES, member.to_bytes())
    assert isinstance(again, BoostingMember)
    assert again.predict(features).tolist() == member.predict(features).tolist()
    assert member.predict(features[5:6])[0] == member.predict(features)[5]
    assert member.predict(features[:0]).shape == (0,)
    assert member.contributions(features[:0]).shape == (0, 7)


@pytest.mark.parametrize("damaged", [b"", b"tree\nrubbish", b"\xff\xfe", b"tree\nend of trees\n"])
def test_damaged_trees_are_refused(damaged: bytes) -> None:
    with pytest.raises(ArtifactError, match="damaged"):
        member_from_bytes(TREES, damaged)


def test_text_that_is_no_model_is_not_compacted() -> None:
    with pytest.raises(ArtifactError, match="no text of a LightGBM model"):
        compact_trees("tree\nnum_class=1\n")


def test_a_missing_openmp_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def fail(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(ArtifactError, match="apt install libgomp1"):
        import_lightgbm()


def kernel_member(rows: int = 150) -> tuple[KernelMember, np.ndarray, np.ndarray]:
    features, target = data(rows)
    center, spread = features.mean(axis=0), features.std(axis=0)
    support = standardised(features, center, spread)
    kernel = laplacian(support, support, 8.0) + 0.05 * np.eye(rows)
    dual = np.linalg.solve(kernel, target - target.mean()).astype(np.float32)
    member = KernelMember(KERNEL, center, spread, support, dual, float(target.mean()), 8.0)
    return member, features, target


def test_the_kernel_machine_agrees_with_scikit_learn() -> None:
    member, _, target = kernel_member()
    fresh = np.random.default_rng(2).normal(size=(40, 6))
    model = KernelRidge(alpha=0.05, kernel="laplacian", gamma=1.0 / 8.0)
    model.fit(member.support.astype(float), target - target.mean())
    rows = standardised(fresh, member.center, member.spread).astype(float)
    expected = model.predict(rows) + target.mean()
    assert member.predict(fresh) == pytest.approx(expected, abs=1e-4)
    assert laplacian(rows, rows, 8.0) == pytest.approx(laplacian_kernel(rows, gamma=1 / 8))


def test_the_kernel_machine_comes_back_from_bytes() -> None:
    member, features, _ = kernel_member()
    again = member_from_bytes(KERNEL, member.to_bytes(), features)
    assert again.predict(features).tolist() == member.predict(features).tolist()
    alone = member_from_bytes(KERNEL, member.to_bytes(support=True))
    assert alone.predict(features).tolist() == member.predict(features).tolist()
    assert len(member.to_bytes()) < len(member.to_bytes(support=True)) / 2
    assert member.to_bytes() == again.to_bytes()


def test_the_kernel_machine_gives_a_row_the_same_in_any_company() -> None:
    member, features, _ = kernel_member()
    together = member.predict(np.tile(features, (4, 1)))
    assert [member.predict(row[None])[0] for row in features[:20]] == together[:20].tolist()
    assert together[:150].tolist() == together[450:].tolist()


def test_materials_at_many_conditions_are_measured_once() -> None:
    rng = np.random.default_rng(6)
    materials = np.hstack([rng.normal(size=(30, 5)), np.ones((30, 1))])
    rows = np.hstack([np.repeat(materials, 7, axis=0), np.tile(np.arange(7.0), 30)[:, None]])
    center, spread = rows.mean(axis=0), rows.std(axis=0)
    support = standardised(rows, center, spread)
    dual = rng.normal(size=210).astype(np.float32)
    member = KernelMember(KERNEL, center, spread, support, dual, 1.5, 6.0)
    fresh = np.hstack([rng.normal(size=(600, 5)), np.zeros((600, 1)), rng.normal(size=(600, 1))])
    fresh[300:, :6] = fresh[:300, :6]
    kernel = laplacian(standardised(fresh, center, spread), support, 6.0)
    found = member.predict(fresh)
    assert found == pytest.approx(kernel @ dual + 1.5, rel=1e-9, abs=1e-9)
    assert [member.predict(row[None])[0] for row in fresh[250:320]] == found[250:320].tolist()


def test_what_is_not_defined_becomes_the_mean() -> None:
    member, features, _ = kernel_member()
    unknown = features[:1].copy()
    unknown[0, 3] = np.nan
    mean = features[:1].copy()
    mean[0, 3] = member.center[3]
    assert member.predict(unknown)[0] == pytest.approx(member.predict(mean)[0])


def test_standardised_features_are_cut_and_constant_ones_left_out() -> None:
    found = standardised(
        np.array([[100.0, 7.0], [-1.0, 9.0]]), np.array([0.0, 7.0]), np.array([1.0, 0.0])
    )
    assert found.dtype == np.float32
    assert found.tolist() == [[4.0, 0.0], [-1.0, 0.0]]


def test_a_kernel_machine_refuses_other_rows_and_damage() -> None:
    member, features, _ = kernel_member()
    data = member.to_bytes()
    with pytest.raises(ArtifactError, match="learned from 150 rows and 6 columns"):
        member_from_bytes(KERNEL, data, features[:-1])
    with pytest.raises(ArtifactError, match="lacks its support"):
        member_from_bytes(KERNEL, data)
    with pytest.raises(ArtifactError, match="damaged"):
        member_from_bytes(KERNEL, data[:100], features)


def test_a_member_of_a_newer_kind_is_refused() -> None:
    recipe = MemberRecipe("oracle", ("magpie",))  # type: ignore[arg-type]
    with pytest.raises(ArtifactError, match="'oracle'"):
        member_from_bytes(recipe, b"")
