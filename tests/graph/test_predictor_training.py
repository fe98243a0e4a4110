from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.predictors.base import Condition, Frame, MemberRecipe, Recipe
from graph.predictors.compositions import read_formula
from graph.predictors.datasets import frame_of
from graph.predictors.evaluation import evaluate, label_threshold
from graph.predictors.predictor_files import save_predictor
from graph.predictors.scores import ClassScores, RegressionScores
from graph.predictors.splits import splits_of
from graph.predictors.training import describe_frame, fit_recipe, train
from matlore.errors import InputError

CATIONS = "Li Na K Rb Mg Ca Sr Ba Sc Y Ti Zr V Nb Cr Mn Fe Co Ni Cu Zn Ga Al In Sn Pb".split()
ANIONS = {"O": 4.0, "S": 2.5, "Se": 2.0, "Te": 1.2}
TREES = {"trees": 25, "leaves": 6, "min_rows": 3, "learning_rate": 0.2, "column_share": 0.5}
BOOSTING = MemberRecipe("boosting", ("magpie",), TREES)
KERNEL = MemberRecipe("kernel", ("magpie", "stoichiometry"), {}, ({"width": 0.5}, {"width": 2.0}))
GAP = Recipe("gap", "band gap", "eV", (BOOSTING, KERNEL), lower=0.0, seed=3)
METAL = replace(
    GAP, name="metal", property="metallicity", unit="1", task="classification", lower=None,
    classes=("nonmetal", "metal"),
)  # fmt: skip
HEAT = replace(
    GAP, name="heat", property="heat capacity", unit="J/(mol*K)", scale="log10",
    conditions=(Condition("temperature", "K", 300.0),),
)  # fmt: skip


def frame(*, noise: float = 0.2) -> Frame:
    """104 binaries whose value is set by the anion, and noise."""
    rng = np.random.default_rng(0)
    pairs = [(cation, anion) for cation in CATIONS for anion in ANIONS]
    samples = [read_formula(cation + anion) for cation, anion in pairs]
    values = [ANIONS[anion] + rng.normal(0, noise) for _, anion in pairs]
    return frame_of(samples, [max(value, 0.01) for value in values])


def heated() -> Frame:
    """Values of 40 binaries at three temperatures, of papers that measured five materials each."""
    samples = [read_formula(c + a) for c in CATIONS[:10] for a in ANIONS for _ in range(3)]
    temperatures = [(300.0 * (1 + k % 3),) for k in range(120)]
    values = [
        20 * sample.atoms * (1 + t / 3000) * (1 + 0.1 * (k % 7))
        for k, (sample, (t,)) in enumerate(zip(samples, temperatures, strict=True))
    ]
    papers = [(str(k // 15),) for k in range(120)]
    return frame_of(samples, values, conditions=temperatures, groups=papers)


def test_a_predictor_is_trained_and_predicts() -> None:
    predictor = train(GAP, frame(), card={"command": "made by a test"})
    assert sum(predictor.weights) == pytest.approx(1.0)
    assert predictor.card["command"] == "made by a test"
    assert predictor.card["rows"] == 104
    assert predictor.card["out_of_fold"]["r2"] > 0.8
    assert [len(told["choices"]) for told in predictor.card["tuning"]] == [1, 2]
    tests = [read_formula(text) for text in ("BeO", "CdTe")]
    oxide, telluride = predictor.predict(tests)
    assert oxide.value > 3 > 2 > telluride.value
    assert all(member.choices == () for member in predictor.recipe.members)


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "again"):
        save_predictor(train(GAP, frame()), tmp_path / name)
    first, again = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("first", "again")
    )
    assert first == again
    assert first


def test_residuals_are_of_rows_that_were_left_out() -> None:
    """Noise alone cannot be predicted, so the residuals are as large as the noise."""
    rng = np.random.default_rng(1)
    noise = replace(frame(), values=rng.normal(5, 1, 104))
    predictor = train(replace(GAP, lower=None), noise)
    assert np.abs(predictor.training.residuals).mean() > 0.7


def test_no_group_helps_to_predict_itself() -> None:
    """Each material stands twice; seen once, the kernel would know the other exactly."""
    single = frame(noise=1.0)
    rows = np.repeat(np.arange(104), 2)
    kernel = replace(GAP, members=(replace(KERNEL, choices=(), settings={"alpha": 1e-6}),))
    doubled = single.take(rows)
    fit = fit_recipe(kernel, doubled, describe_frame(doubled, kernel))
    assert np.abs(fit.out_of_fold - doubled.values).mean() > 0.5
    leaky = replace(doubled, groups=np.arange(208))
    fit = fit_recipe(kernel, leaky, describe_frame(leaky, kernel))
    assert np.abs(fit.out_of_fold - doubled.values).mean() < 0.4


def test_conditions_and_scales() -> None:
    predictor = train(HEAT, heated())
    assert predictor.training.residuals.shape == (120,)
    warm = predictor.predict([read_formula("NaO")] * 2, np.array([[300.0], [900.0]]))
    assert 0 < warm[0].value < warm[1].value


def test_classes() -> None:
    truth = frame()
    truth = replace(truth, values=(truth.values < 2.2).astype(float))
    predictor = train(METAL, truth)
    assert 0 <= predictor.training.residuals.min() <= predictor.training.residuals.max() <= 1
    assert predictor.card["out_of_fold"]["balanced_accuracy"] > 0.8
    assert 0 < label_threshold(predictor) < 1


def test_members_that_weigh_nothing_are_left_out() -> None:
    """A forest of one tree with two leaves does not help a good kernel."""
    stump = MemberRecipe("boosting", ("fractions",), {**TREES, "trees": 1, "leaves": 2})
    predictor = train(replace(GAP, members=(stump, KERNEL)), frame(noise=0.01))
    assert len(predictor.members) == len(predictor.recipe.members) == 1
    assert len(predictor.card["tuning"]) == 2


@pytest.mark.parametrize(
    ("recipe", "bad", "message"),
    [
        (GAP, replace(frame(), values=np.full(104, 2.0)), "all values are the same"),
        (GAP, replace(frame(), values=np.full(104, np.nan)), "not finite"),
        (GAP, replace(frame(), groups=np.zeros(104, dtype=int)), "are one group"),
        (HEAT, frame(), "0 conditions a row"),
        (METAL, replace(frame(), values=np.zeros(104)), "0 groups of the class 'metal'"),
    ],
)
def test_rows_from_which_nothing_is_learned(recipe: Recipe, bad: Frame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        train(recipe, bad)


def test_fewer_groups_than_folds() -> None:
    three = replace(frame(), groups=np.arange(104) % 3)
    assert train(GAP, three).card["folds"] == 3


def test_progress_reaches_its_total() -> None:
    done, totals = [0], [0]

    def count(step: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        if total is not None:
            totals.append(total)
            done.append(0)
        done[-1] += step

    train(GAP, frame(), progress=count)
    assert done[-1] == totals[-1] == 5 * (1 + 2) + 2


def test_nested_evaluation() -> None:
    rows = frame()
    found = evaluate(GAP, rows, splits_of(rows, GAP, 3, seed=9), folds=3)
    assert isinstance(found.pooled, RegressionScores)
    assert found.pooled.rows == 104
    assert found.pooled.r2 > 0.7
    assert found.intervals.low < 0.9 < found.intervals.high
    assert 0.5 < found.intervals.in_domain <= 1
    assert len(found.folds) == 3
    assert len(found.worst) == 5


def test_evaluation_of_classes() -> None:
    rows = frame()
    rows = replace(rows, values=(rows.values < 2.2).astype(float))
    found = evaluate(METAL, rows, splits_of(rows, METAL, 2), folds=3)
    assert isinstance(found.pooled, ClassScores)
    assert found.pooled.roc_auc > 0.8
    assert found.folds[0].at_threshold is not None
    assert 1 <= found.intervals.mean_width <= 2


def test_what_is_learned_of_atoms_holds_for_the_formula_as_written() -> None:
    """Dulong and Petit's law from binaries: a formula of twice the atoms has twice the value."""
    samples = [read_formula(c + a + n) for c in CATIONS[:15] for a in ANIONS for n in ("", "2")]
    values = [25.0 * sample.atoms for sample in samples]
    recipe = replace(HEAT, conditions=(), members=(BOOSTING,), per_atom=True)
    predictor = train(recipe, frame_of(samples, values))
    once, twice, half = predictor.predict(
        [read_formula(text) for text in ("Hg3Cl4", "Hg6Cl8", "Hg1.5Cl2")]
    )
    assert once.value == pytest.approx(7 * 25, rel=1e-3)
    assert twice.value == pytest.approx(2 * once.value)
    assert half.upper == pytest.approx(once.upper / 2)
    assert predictor.card["out_of_fold"]["mae"] < 0.1
    (odd,) = predictor.predict([read_formula("Fe947O1000")])
    assert not odd.in_domain
    assert any("1947 atoms" in doubt for doubt in odd.doubts)
