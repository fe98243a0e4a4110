"""Members fitted to numbers: gradient boosting, extremely randomised trees, kernel ridge.

With the same rows, settings and seed the same member comes out, on any number of threads.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matlore.errors import InputError

from .base import MemberRecipe, Scale, Task
from .hurdle import HurdleMember
from .members import (
    BoostingMember,
    ForestMember,
    KernelMember,
    Member,
    import_lightgbm,
    laplacian,
    standardised,
)
from .recipe_checks import SETTINGS
from .scales import from_scale

__all__ = ["fit_member", "full_settings", "kernel_choices"]

_PAIRS = 1000
"""Rows whose distances give the median; more change its third digit."""
_LEAST_OF_PART = 10
_PARTS = 2
_OBJECTIVES: Mapping[str, str] = {"l2": "regression", "l1": "regression_l1", "huber": "huber"}


def full_settings(recipe: MemberRecipe) -> dict[str, Any]:
    """Return all settings of a member: those of its recipe over those of its kind."""
    return {**SETTINGS[recipe.kind], **recipe.settings}


def fit_member(
    recipe: MemberRecipe,
    features: np.ndarray,
    target: np.ndarray,
    *,
    task: Task = "regression",
    scale: Scale = "linear",
    seed: int = 0,
    threads: int = 1,
) -> "Member | HurdleMember":
    """Fit a member.

    Args:
        recipe: its kind and settings; choices do not count here.
        features: (n, d); NaN where a number is not defined.
        target: (n,), on the recipe's scale; 0 and 1 for classes.
        task: what is learned.
        scale: that the target is on; it counts for `hurdle`, which asks what is zero.
        seed: of the rows and columns that trees see.
        threads: at once.

    Raises:
        InputError: features and target do not fit together, or the kernel cannot be solved.
    """
    if len(features) != len(target) or not len(target):
        raise InputError(f"{len(features)} rows of descriptors for {len(target)} values")
    if recipe.kind == "kernel":
        return _fit_kernel(recipe, features, target)
    if recipe.kind == "hurdle":
        values = from_scale(target, scale)
        return _fit_hurdle(recipe, features, values, scale, seed=seed, threads=threads)
    return _fit_trees(recipe, features, target, task=task, seed=seed, threads=threads)


def kernel_choices(
    recipes: Sequence[MemberRecipe],
    features: np.ndarray,
    target: np.ndarray,
    others: np.ndarray,
) -> list[np.ndarray]:
    """Return what kernels with different settings predict, with all distances computed once.

    Args:
        recipes: of kernels, with the same descriptors.
        features: (n, d) to learn from.
        target: (n,) to learn.
        others: (m, d) to predict.

    Returns:
        for each recipe (m,).

    Raises:
        InputError: a kernel cannot be solved.
    """
    center, spread = _moments(features)
    rows = standardised(features, center, spread)
    tests = standardised(others, center, spread)
    median, offset = _median_distance(rows), float(np.mean(target))
    # exp(-distance) of width 1, of which a width w is the power 1 / w.
    inner, outer = laplacian(rows, rows, median), laplacian(tests, rows, median)
    found = []
    for recipe in recipes:
        settings = full_settings(recipe)
        power = 1 / settings["width"]
        dual = _solved(inner**power, target - offset, settings["alpha"])
        found.append(outer**power @ dual.astype(np.float32).astype(np.float64) + offset)
    return found


def _fit_kernel(recipe: MemberRecipe, features: np.ndarray, target: np.ndarray) -> KernelMember:
    """Fit kernel ridge regression: (K + alpha) c = target - mean."""
    settings = full_settings(recipe)
    center, spread = _moments(features)
    rows = standardised(features, center, spread)
    scale = settings["width"] * _median_distance(rows)
    offset = float(np.mean(target))
    dual = _solved(laplacian(rows, rows, scale), target - offset, settings["alpha"])
    return KernelMember(recipe, center, spread, rows, dual.astype(np.float32), offset, scale)


def _solved(kernel: np.ndarray, target: np.ndarray, alpha: float) -> np.ndarray:
    """Return the dual coefficients; the kernel is overwritten."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    kernel[np.diag_indices_from(kernel)] += alpha
    try:
        factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError as error:
        raise InputError(
            f"the kernel with alpha {alpha:g} cannot be solved: rows are too alike; raise alpha"
        ) from error
    return np.asarray(cho_solve(factor, target, check_finite=False))


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column, over the rows where it is defined."""
    defined = np.isfinite(features)
    count = np.maximum(defined.sum(axis=0), 1)
    center = np.where(defined, features, 0.0).sum(axis=0) / count
    square = np.where(defined, features - center, 0.0) ** 2
    spread = np.sqrt(square.sum(axis=0) / count)
    # Of a constant column only rounding is left, which must not be blown up to 1.
    spread[spread <= 1e-9 * np.maximum(np.abs(center), 1e-30)] = 0.0
    return center, spread


def _median_distance(rows: np.ndarray) -> float:
    """Return the median L1 distance of rows, of evenly chosen ones where they are many."""
    from scipy.spatial.distance import pdist

    step = max(1, len(rows) // _PAIRS)
    distances = pdist(rows[::step].astype(np.float64), "cityblock")
    positive = distances[distances > 0]
    return float(np.median(positive)) if len(positive) else 1.0


def _fit_trees(
    recipe: MemberRecipe,
    features: np.ndarray,
    target: np.ndarray,
    *,
    task: Task,
    seed: int,
    threads: int,
) -> BoostingMember | ForestMember:
    lightgbm = import_lightgbm()
    settings = full_settings(recipe)
    common = _common_parameters(settings, target, task=task, seed=seed, threads=threads)
    of_kind = _forest(settings) if recipe.kind == "forest" else _boosting(settings)
    data = lightgbm.Dataset(
        np.asarray(features, dtype=np.float32), target, params=common, free_raw_data=True
    )
    booster = lightgbm.train({**common, **of_kind}, data, num_boost_round=int(settings["trees"]))
    made = ForestMember if recipe.kind == "forest" else BoostingMember
    return made.from_booster(recipe, booster)


def _fit_hurdle(
    recipe: MemberRecipe,
    features: np.ndarray,
    values: np.ndarray,
    scale: Scale,
    *,
    seed: int,
    threads: int,
) -> HurdleMember:
    """Fit whether values are above zero, and the logarithm of those that are.

    The spread of the logarithm is that of rows left out by turns, for trees fit the rows that
    they see too well.

    Raises:
        InputError: fewer than 10 values are zero, or fewer than 10 above it.
    """
    above = values > 0.0
    if min(above.sum(), (~above).sum()) < _LEAST_OF_PART:
        raise InputError(
            f"{int((~above).sum())} of {len(values)} values are zero; a hurdle needs"
            f" {_LEAST_OF_PART} or more that are, and as many that are not: use boosting"
        )
    rows, amounts = features[above], np.log(values[above])
    whether = _fit_trees(
        recipe,
        features,
        above.astype(np.float64),
        task="classification",
        seed=seed,
        threads=threads,
    )
    amount = _fit_trees(recipe, rows, amounts, task="regression", seed=seed, threads=threads)
    part = np.random.default_rng(seed).permutation(len(rows)) % _PARTS
    errors = np.empty(len(rows))
    for left_out in range(_PARTS):
        known, test = part != left_out, part == left_out
        member = _fit_trees(
            recipe, rows[known], amounts[known], task="regression", seed=seed, threads=threads
        )
        errors[test] = amounts[test] - member.predict(rows[test])
    return HurdleMember(recipe, whether, amount, float(f"{errors.std():.5g}"), scale)


def _common_parameters(
    settings: Mapping[str, Any], target: np.ndarray, *, task: Task, seed: int, threads: int
) -> dict[str, Any]:
    """Return parameters of LightGBM that boosting and forests share."""
    objective = "binary"
    if task == "regression":
        objective = _OBJECTIVES[settings.get("objective", "l2")]
    return {
        "objective": objective,
        # Errors beyond a standard deviation of the target count linearly.
        "alpha": max(float(np.std(target)), 1e-12),
        "num_leaves": max(2, int(settings["leaves"])),
        "min_data_in_leaf": int(settings["min_rows"]),
        "max_bin": max(2, int(settings["bins"])),
        "bagging_fraction": settings["row_share"],
        "bagging_freq": 1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        "num_threads": threads,
        "verbosity": -1,
    }


def _boosting(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "boosting": "gbdt",
        "learning_rate": settings["learning_rate"],
        "feature_fraction": settings["column_share"],
        "lambda_l2": settings["l2"],
    }


def _forest(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "boosting": "rf",
        "extra_trees": True,
        "feature_fraction_bynode": settings["column_share"],
        # LightGBM refuses a forest whose trees all see all rows.
        "bagging_fraction": min(settings["row_share"], 0.99),
    }
