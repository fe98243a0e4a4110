"""Folds: which rows are trained on, and which are tested on.

Rows of one group (a composition, a paper, or what is joined by either) never stand on both sides
of a split; a random split of rows would test on what was learned.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError, UsageError

from .base import Frame, Recipe

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "MATBENCH_SEED",
    "Split",
    "grouped_splits",
    "joined_groups",
    "matbench_splits",
    "random_splits",
    "splits_of",
]

MATBENCH_SEED = 18012019
"""With which Matbench v0.1 draws its folds (Dunn et al., npj Comput. Mater. 6, 138, 2020)."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows to train on and rows to test on.

    Attributes:
        train: row numbers, increasing.
        test: row numbers, increasing; none of them in `train`.
    """

    train: "np.ndarray"
    test: "np.ndarray"


def joined_groups(columns: Sequence[Sequence[Hashable]]) -> "np.ndarray":
    """Return the group of each row: rows that share a value of any column are of one group.

    These are the connected components of the rows. None and "" join nothing.

    Args:
        columns: each with one value a row.

    Returns:
        (n,) integers from 0, numbered in the order in which groups appear.
    """
    import numpy as np

    parents = list(range(len(columns[0])))
    for column in columns:
        first: dict[Hashable, int] = {}
        for row, value in enumerate(column):
            if value is None or value == "":
                continue
            _join(parents, first.setdefault(value, row), row)
    numbers: dict[int, int] = {}
    found = [numbers.setdefault(_root(parents, row), len(numbers)) for row in range(len(parents))]
    return np.array(found, dtype=np.int64)


def grouped_splits(
    groups: "np.ndarray", folds: int, *, seed: int = 0, classes: "np.ndarray | None" = None
) -> list[Split]:
    """Split groups into folds of about as many rows each.

    The largest groups are placed first, each in the fold that is emptiest; equal ones in an order
    drawn by the seed.

    Args:
        groups: (n,) integers.
        folds: how many.
        seed: of the order.
        classes: (n,) of 0 and 1, for folds that are balanced in both.

    Raises:
        InputError: there are fewer groups than folds.
    """
    import numpy as np

    names, of_row = np.unique(groups, return_inverse=True)
    if len(names) < folds:
        raise InputError(
            f"{len(names)} groups of rows cannot be split into {folds} folds; give more materials,"
            " or fewer folds with --folds"
        )
    labels = np.zeros(len(groups), dtype=np.int64) if classes is None else classes.astype(np.int64)
    counts = np.zeros((len(names), int(labels.max(initial=0)) + 1))
    np.add.at(counts, (of_row, labels), 1)
    fold_of = _placed(counts, folds, np.random.default_rng(seed))[of_row]
    return [Split(np.flatnonzero(fold_of != k), np.flatnonzero(fold_of == k)) for k in range(folds)]


def random_splits(rows: int, folds: int, *, seed: int) -> list[Split]:
    """Split rows as scikit-learn's shuffled `KFold` does.

    Raises:
        UsageError: scikit-learn is not installed.
    """
    import numpy as np

    folder = _model_selection().KFold(n_splits=folds, shuffle=True, random_state=seed)
    return [Split(train, test) for train, test in folder.split(np.zeros((rows, 1)))]


def matbench_splits(recipe: Recipe, values: "np.ndarray", *, folds: int = 5) -> list[Split]:
    """Return the official folds of a Matbench v0.1 task, for its rows in the order of the file.

    Args:
        recipe: whose task says whether folds are stratified.
        values: (n,) of all rows; 0 and 1 for a classification.
        folds: 5 are the official ones.

    Raises:
        UsageError: scikit-learn is not installed.
    """
    if recipe.task == "regression":
        return random_splits(len(values), folds, seed=MATBENCH_SEED)
    folder = _model_selection().StratifiedKFold(
        n_splits=folds, shuffle=True, random_state=MATBENCH_SEED
    )
    return [Split(train, test) for train, test in folder.split(values, values)]


def splits_of(frame: Frame, recipe: Recipe, folds: int, *, seed: int | None = None) -> list[Split]:
    """Return grouped splits of a frame, balanced in both classes for a classification.

    Args:
        frame: what is split.
        recipe: whose task and seed count.
        folds: how many.
        seed: another than the recipe's.

    Raises:
        InputError: there are fewer groups than folds.
    """
    classes = frame.values if recipe.task == "classification" else None
    return grouped_splits(
        frame.groups, folds, seed=recipe.seed if seed is None else seed, classes=classes
    )


def _placed(counts: "np.ndarray", folds: int, rng: "np.random.Generator") -> "np.ndarray":
    """Return the fold of each group, given its rows of each class."""
    import numpy as np

    order = rng.permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    filled = np.zeros((folds, counts.shape[1]))
    fold_of = np.zeros(len(counts), dtype=np.int64)
    for group in order:
        # The sum of squares grows least where the classes of this group are rarest.
        cost = (filled * shares[group]).sum(axis=1)
        fold = int(np.lexsort((np.arange(folds), filled.sum(axis=1), cost))[0])
        fold_of[group] = fold
        filled[fold] += shares[group]
    return fold_of


def _root(parents: list[int], row: int) -> int:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


def _join(parents: list[int], first: int, second: int) -> None:
    """Put two rows into one component, whose root is its earliest row."""
    low, high = sorted((_root(parents, first), _root(parents, second)))
    parents[high] = low


def _model_selection() -> Any:
    try:
        from sklearn import model_selection
    except ImportError as error:
        raise UsageError(
            "random folds need scikit-learn; install it with: pip install 'matlore[train]'"
        ) from error
    return model_selection
