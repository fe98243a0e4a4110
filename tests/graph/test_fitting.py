import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.preprocessing import StandardScaler

from graph.predictors.base import MemberRecipe
from graph.predictors.fitting import fit_member, full_settings, kernel_choices
from graph.predictors.hurdle import HurdleMember
from graph.predictors.members import BoostingMember, ForestMember, KernelMember
from graph.predictors.splits import grouped_splits
from graph.predictors.tuning import loss_of, member_weights, mixed, tune_member
from matlore.errors import InputError

FEW = {"trees": 20, "leaves": 7, "min_rows": 3}
BOOSTING = MemberRecipe("boosting", ("magpie",), {**FEW, "learning_rate": 0.3, "column_share": 1.0})
FOREST = MemberRecipe("forest", ("magpie",), FEW)
KERNEL = MemberRecipe("kernel", ("magpie",), {"width": 1.0, "alpha": 0.1})
HURDLE = MemberRecipe("hurdle", ("magpie",), {**FEW, "learning_rate": 0.3, "column_share": 1.0})


def data(rows: int = 150, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 6))
    return features, 2 * features[:, 0] + np.sin(features[:, 1]) + 10


@pytest.mark.parametrize(
    ("recipe", "made"),
    [(BOOSTING, BoostingMember), (FOREST, ForestMember), (KERNEL, KernelMember)],
)
def test_members_learn(recipe: MemberRecipe, made: type) -> None:
    features, target = data()
    member = fit_member(recipe, features[:100], target[:100])
    assert isinstance(member, made)
    errors = np.abs(member.predict(features[100:]) - target[100:])
    assert errors.mean() < 0.8 * np.abs(target[100:] - target[:100].mean()).mean()


@pytest.mark.parametrize("recipe", [BOOSTING, FOREST, KERNEL, HURDLE])
def test_the_same_rows_and_seed_give_the_same_bytes(recipe: MemberRecipe) -> None:
    features, target = data()
    target = np.maximum(target - 10, 0)
    first, again = (fit_member(recipe, features, target, seed=4).to_bytes() for _ in range(2))
    assert first == again


@pytest.mark.parametrize("recipe", [BOOSTING, FOREST])
def test_another_seed_gives_other_trees(recipe: MemberRecipe) -> None:
    features, target = data()
    first, other = (fit_member(recipe, features, target, seed=s).to_bytes() for s in (1, 2))
    assert first != other


def test_the_kernel_is_that_of_scikit_learn() -> None:
    """Its laplacian kernel is exp(-gamma * sum |x - y|)."""
    features, target = data()
    member = fit_member(KERNEL, features, target)
    assert isinstance(member, KernelMember)
    scaler = StandardScaler().fit(features)
    rows = np.clip(scaler.transform(features), -4, 4)
    ours = KernelRidge(alpha=0.1, kernel="laplacian", gamma=1 / member.scale)
    ours.fit(rows, target - target.mean())
    tests = data(20, seed=5)[0]
    expected = ours.predict(np.clip(scaler.transform(tests), -4, 4)) + target.mean()
    assert member.predict(tests) == pytest.approx(expected, abs=1e-4)


def test_the_width_is_in_median_distances() -> None:
    features, target = data(40)
    rows = np.clip(StandardScaler().fit_transform(features), -4, 4)
    pairs = [np.abs(rows[i] - rows[j]).sum() for i in range(40) for j in range(i)]
    member = fit_member(KERNEL, features, target)
    assert isinstance(member, KernelMember)
    assert member.scale == pytest.approx(np.median(pairs), rel=1e-5)


def test_choices_of_a_kernel_are_what_each_fit_predicts() -> None:
    features, target = data()
    recipes = [
        MemberRecipe("kernel", ("magpie",), {"width": width, "alpha": alpha})
        for width, alpha in ((0.5, 0.01), (1.0, 0.01), (2.0, 1.0))
    ]
    found = kernel_choices(recipes, features[:100], target[:100], features[100:])
    for recipe, predicted in zip(recipes, found, strict=True):
        member = fit_member(recipe, features[:100], target[:100])
        assert predicted == pytest.approx(member.predict(features[100:]), abs=1e-4)


@pytest.mark.parametrize("recipe", [BOOSTING, FOREST, KERNEL])
def test_classes_become_probabilities(recipe: MemberRecipe) -> None:
    features, _ = data()
    truth = (features[:, 0] > 0).astype(float)
    chance = fit_member(recipe, features, truth, task="classification").predict(features)
    assert chance[truth == 1].mean() > 0.6
    assert chance[truth == 0].mean() < 0.4


@pytest.mark.parametrize("recipe", [BOOSTING, FOREST, KERNEL])
def test_undefined_and_constant_descriptors(recipe: MemberRecipe) -> None:
    features, target = data()
    features[::7, 1] = np.nan
    features[:, 2] = 3.0
    features[:, 3] = np.nan
    assert np.isfinite(fit_member(recipe, features, target).predict(features)).all()


@pytest.mark.parametrize("objective", ["l2", "l1", "huber"])
def test_objectives_do_not_depend_on_the_unit(objective: str) -> None:
    features, target = data()
    recipe = MemberRecipe("boosting", ("a",), {**BOOSTING.settings, "objective": objective})
    metres, kilometres = (
        fit_member(recipe, features, target * factor).predict(features) / factor
        for factor in (1.0, 0.001)
    )
    assert metres == pytest.approx(kilometres, abs=0.02)


def test_a_hurdle_gives_zeros_and_amounts() -> None:
    features, _ = data(400)
    values = np.where(features[:, 0] > 0, np.exp(1 + 0.5 * features[:, 1]), 0.0)
    member = fit_member(HURDLE, features[:300], values[:300])
    assert isinstance(member, HurdleMember)
    predicted = member.predict(features[300:])
    assert ((predicted > 0) == (values[300:] > 0)).mean() > 0.95
    assert 0.01 < member.spread < 0.5
    assert np.abs(predicted - values[300:]).mean() < 0.4


def test_a_hurdle_answers_on_the_scale_of_the_target() -> None:
    features, _ = data(200)
    values = np.where(features[:, 0] > 0, np.exp(features[:, 1]), 0.0)
    plain = fit_member(HURDLE, features, values).predict(features)
    rooted = fit_member(HURDLE, features, np.sqrt(values), scale="sqrt").predict(features)
    assert rooted**2 == pytest.approx(plain, rel=1e-3, abs=1e-6)


def test_a_hurdle_needs_zeros() -> None:
    features, target = data()
    with pytest.raises(InputError, match="0 of 150 values are zero"):
        fit_member(HURDLE, features, target)


def test_rows_and_values_must_match() -> None:
    with pytest.raises(InputError, match="3 rows of descriptors for 2 values"):
        fit_member(KERNEL, np.ones((3, 1)), np.ones(2))


def test_settings_of_the_recipe_come_first() -> None:
    assert full_settings(KERNEL) == {"width": 1.0, "alpha": 0.1}
    assert full_settings(MemberRecipe("boosting", ("a",), {"trees": 3}))["leaves"] == 31


def test_the_best_choice_is_taken() -> None:
    features, target = data()
    member = MemberRecipe(
        "kernel", ("a",), {}, ({"alpha": 1000.0}, {"alpha": 0.01, "width": 2.0}, {"alpha": 300.0})
    )
    splits = grouped_splits(np.arange(150), 5)
    tuned = tune_member(member, features, target, splits)
    assert tuned.member.settings == {"alpha": 0.01, "width": 2.0}
    assert tuned.member.choices == ()
    assert tuned.losses[1] == min(tuned.losses)
    assert loss_of(target, tuned.out_of_fold, "regression") == pytest.approx(tuned.losses[1])


def test_rows_are_predicted_by_members_that_had_not_seen_them() -> None:
    """Noise cannot be learned: a member that had seen a row would do better than the mean."""
    rng = np.random.default_rng(1)
    features, target = rng.normal(size=(120, 4)), rng.normal(size=120)
    tuned = tune_member(KERNEL, features, target, grouped_splits(np.arange(120), 5))
    assert np.corrcoef(tuned.out_of_fold, target)[0, 1] < 0.25


def test_weights_of_least_deviations() -> None:
    """Half of each is exact here."""
    rng = np.random.default_rng(0)
    target, error = rng.normal(size=200), rng.normal(size=200)
    rows = np.array([target + error, target - error, rng.normal(size=200)])
    assert member_weights(rows, target, "regression") == pytest.approx((0.5, 0.5, 0.0), abs=1e-3)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_weights_do_not_depend_on_the_unit(unit: float) -> None:
    rng = np.random.default_rng(3)
    target = rng.normal(size=300)
    rows = np.array([target + rng.normal(size=300), target + 0.5 * rng.normal(size=300)])
    assert member_weights(rows * unit, target * unit, "regression") == pytest.approx(
        member_weights(rows, target, "regression"), abs=2e-3
    )


def test_weights_are_the_best_on_a_grid() -> None:
    rng = np.random.default_rng(7)
    truth = (rng.random(300) < 0.5).astype(float)
    rows = np.clip(truth * 0.4 + rng.uniform(0, 0.6, size=(2, 300)), 0.01, 0.99)
    for task, target in (("classification", truth), ("regression", truth + rng.normal(size=300))):
        weights = member_weights(rows, target, task)  # type: ignore[arg-type]
        losses = [
            loss_of(target, mixed(rows, (w, 1 - w), task), task)  # type: ignore[arg-type]
            for w in np.linspace(0, 1, 101)
        ]
        found = loss_of(target, mixed(rows, weights, task), task)  # type: ignore[arg-type]
        assert found <= min(losses) + 1e-4
        assert sum(weights) == pytest.approx(1.0, abs=1e-3)


def test_equal_members_and_one_member() -> None:
    target = np.arange(10.0)
    weights = member_weights(np.array([target + 1, target + 1]), target, "regression")
    assert sum(weights) == pytest.approx(1.0)
    assert member_weights(np.array([target]), target, "regression") == (1.0,)
