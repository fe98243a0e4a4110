import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold

from graph.predictors.base import Recipe
from graph.predictors.splits import (
    MATBENCH_SEED,
    Split,
    grouped_splits,
    joined_groups,
    matbench_splits,
    random_splits,
)
from matlore.errors import InputError

REGRESSION = Recipe("a", "band gap", "eV", ())
CLASSES = Recipe("a", "metallicity", "1", (), task="classification", classes=("a", "b"))


def check(splits: list[Split], rows: int) -> None:
    """Each row is tested once, and never on both sides."""
    tested = np.concatenate([split.test for split in splits])
    assert sorted(tested.tolist()) == list(range(rows))
    for split in splits:
        assert not set(split.train.tolist()) & set(split.test.tolist())
        assert len(split.train) + len(split.test) == rows


def test_rows_are_joined_by_any_column() -> None:
    formulas = ["PbTe", "PbTe", "SnTe", "GeTe", "Bi2Te3", "CoSb3"]
    papers = ["a", "b", "b", "c", "c", ""]
    assert joined_groups([formulas, papers]).tolist() == [0, 0, 0, 1, 1, 2]


def test_empty_cells_join_nothing() -> None:
    assert joined_groups([["a", "b", "c"], ["", "", None]]).tolist() == [0, 1, 2]


def test_a_chain_is_one_group() -> None:
    """Row k shares with k - 1 one column and with k + 1 the other."""
    first = [k // 2 for k in range(101)]
    second = [(k + 1) // 2 for k in range(101)]
    assert set(joined_groups([first, second]).tolist()) == {0}


def test_no_group_is_on_both_sides() -> None:
    groups = np.random.default_rng(1).integers(0, 40, 300)
    splits = grouped_splits(groups, 5, seed=3)
    check(splits, 300)
    for split in splits:
        assert not set(groups[split.train]) & set(groups[split.test])


def test_folds_have_about_as_many_rows() -> None:
    """Groups of 50, 30, 20 and 100 single rows fit into four folds of 50."""
    groups = np.concatenate([np.zeros(50), np.ones(30), np.full(20, 2), np.arange(3, 103)])
    sizes = [len(split.test) for split in grouped_splits(groups.astype(int), 4)]
    assert sizes == [50, 50, 50, 50]


def test_folds_are_balanced_in_classes() -> None:
    classes = np.array([1] * 20 + [0] * 80)
    splits = grouped_splits(np.arange(100), 5, classes=classes)
    assert [int(classes[split.test].sum()) for split in splits] == [4] * 5
    assert [len(split.test) for split in splits] == [20] * 5


def test_folds_depend_on_the_seed_alone() -> None:
    groups = np.arange(50) // 2
    first, again = grouped_splits(groups, 5, seed=1), grouped_splits(groups, 5, seed=1)
    other = grouped_splits(groups, 5, seed=2)
    assert all((a.test == b.test).all() for a, b in zip(first, again, strict=True))
    assert any(a.test.tolist() != b.test.tolist() for a, b in zip(first, other, strict=True))


def test_too_few_groups() -> None:
    with pytest.raises(InputError, match="3 groups"):
        grouped_splits(np.array([0, 0, 1, 1, 2]), 5)


def test_matbench_folds_are_those_of_scikit_learn() -> None:
    values = np.arange(103) % 2
    kfold = KFold(5, shuffle=True, random_state=MATBENCH_SEED)
    stratified = StratifiedKFold(5, shuffle=True, random_state=MATBENCH_SEED)
    for recipe, expected in (
        (REGRESSION, kfold.split(values)),
        (CLASSES, stratified.split(values, values)),
    ):
        splits = matbench_splits(recipe, values)
        check(splits, 103)
        for split, (train, test) in zip(splits, expected, strict=True):
            assert split.train.tolist() == train.tolist()
            assert split.test.tolist() == test.tolist()


def test_random_splits_cover_all_rows() -> None:
    check(random_splits(17, 4, seed=0), 17)
