"""Choices made by cross-validation: settings of each member, and the weights of members.

Everything is chosen on rows that the members which predicted them had not seen, so a predictor is
never judged by what it remembers. A test of the whole (nested cross-validation) leaves its test
rows out of this too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matlore.progress import Progress, no_progress

from .base import MemberRecipe, Scale, Task
from .fitting import fit_member, full_settings, kernel_choices
from .hurdle import HurdleMember
from .scores import log_loss
from .splits import Split

__all__ = [
    "Tuned",
    "fits_needed",
    "loss_of",
    "member_weights",
    "mixed",
    "tune_member",
]

_LEAST_WEIGHT = 0.02
"""A member that weighs less is left out: it costs more time than it helps."""


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """A member whose settings are chosen.

    Attributes:
        member: its recipe with all settings, and no choices left.
        out_of_fold: (n,) predicted where each row was left out, on the recipe's scale.
        losses: mean loss of each choice, in the order of the recipe; one where there is no choice.
        choices: the settings that each of the losses is of.
        expected: (n,) errors that a two-part member expected of each row left out; None for others.
    """

    member: MemberRecipe
    out_of_fold: np.ndarray
    losses: tuple[float, ...]
    choices: tuple[Mapping[str, Any], ...]
    expected: np.ndarray | None = None


def fits_needed(member: MemberRecipe, splits: Sequence[Split]) -> int:
    """Return how many fits tuning a member takes."""
    return max(1, len(member.choices)) * len(splits)


def tune_member(
    member: MemberRecipe,
    features: np.ndarray,
    target: np.ndarray,
    splits: Sequence[Split],
    *,
    task: Task = "regression",
    scale: Scale = "linear",
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Tuned:
    """Choose the settings of a member with the least loss on rows left out.

    The loss is the mean absolute error on the recipe's scale, or the log loss of classes; of equal
    choices the first is taken.

    Args:
        member: with the choices; without any its settings are the only one.
        features: (n, d).
        target: (n,), on the recipe's scale; 0 and 1 for classes.
        splits: that leave each row out once.
        task: what is learned.
        scale: that the target is on.
        seed: of the fits.
        threads: at once.
        progress: counts fits.

    Raises:
        InputError: a member cannot be fitted.
    """
    recipes = [
        replace(member, settings={**member.settings, **choice}, choices=())
        for choice in member.choices or ({},)
    ]
    predicted = np.empty((len(recipes), len(target)))
    expected = np.empty_like(predicted) if member.kind == "hurdle" else None
    for split in splits:
        found = _left_out(
            recipes, features, target, split, task=task, scale=scale, seed=seed, threads=threads
        )
        predicted[:, split.test] = found[0]
        if expected is not None:
            expected[:, split.test] = found[1]
        progress(len(recipes))
    losses = [loss_of(target, row, task) for row in predicted]
    best = int(np.argmin(losses))
    chosen = replace(recipes[best], settings=full_settings(recipes[best]))
    return Tuned(
        chosen,
        predicted[best],
        tuple(losses),
        tuple(dict(choice.settings) for choice in recipes),
        None if expected is None else expected[best],
    )


def loss_of(target: np.ndarray, predicted: np.ndarray, task: Task) -> float:
    """Return the mean absolute error, or for classes the log loss."""
    if task == "classification":
        return log_loss(target, predicted)
    return float(np.mean(np.abs(predicted - target)))


def mixed(out_of_fold: np.ndarray, weights: Sequence[float], task: Task) -> np.ndarray:
    """Return (n,): the weighted mean of members' predictions; probabilities are kept in 0 to 1.

    Args:
        out_of_fold: (m, n) of members.
        weights: (m,), which sum to 1.
        task: what is predicted.
    """
    found = np.asarray(weights) @ _bounded(out_of_fold, task)
    return np.asarray(found)


def member_weights(out_of_fold: np.ndarray, target: np.ndarray, task: Task) -> tuple[float, ...]:
    """Return the weights of members, 0 or more with sum 1, whose mean has the least loss.

    For numbers this is least absolute deviations, solved as a linear program (Charnes, Cooper and
    Ferguson, Management Science 1, 138, 1955); for classes the log loss, which is convex.
    Weights below 0.02 become 0.

    Args:
        out_of_fold: (m, n) of members, on rows that they had not seen.
        target: (n,).
        task: what is predicted.
    """
    if len(out_of_fold) == 1:
        return (1.0,)
    rows = _bounded(out_of_fold, task)
    solve = _least_log_loss if task == "classification" else _least_deviations
    weights = np.clip(solve(rows, target), 0.0, 1.0)
    weights[weights < _LEAST_WEIGHT * weights.sum()] = 0.0
    # Four digits: a solver's last ones differ between machines.
    weights = np.round(weights / weights.sum(), 4)
    weights[int(np.argmax(weights))] += 1.0 - weights.sum()
    return tuple(round(float(weight), 4) for weight in weights)


def _left_out(
    recipes: Sequence[MemberRecipe],
    features: np.ndarray,
    target: np.ndarray,
    split: Split,
    *,
    task: Task,
    scale: Scale,
    seed: int,
    threads: int,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what members that saw the others say of the rows left out.

    Returns:
        (choices, rows left out) predicted; the same of errors that two-part members expect, None
        of others.
    """
    train, known = features[split.train], target[split.train]
    test = features[split.test]
    if recipes[0].kind == "kernel":
        return np.array(kernel_choices(recipes, train, known, test)), None
    predicted, expected = [], []
    for recipe in recipes:
        member = fit_member(
            recipe, train, known, task=task, scale=scale, seed=seed, threads=threads
        )
        predicted.append(member.predict(test))
        if isinstance(member, HurdleMember):
            expected.append(member.expected_error(test))
    return np.array(predicted), np.array(expected) if expected else None


def _bounded(out_of_fold: np.ndarray, task: Task) -> np.ndarray:
    return np.clip(out_of_fold, 0.0, 1.0) if task == "classification" else out_of_fold


def _least_deviations(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the weights of the least mean absolute error, by a linear program.

    Its unknowns are the weights and, of each row, what the mean is too high and too low.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    members, count = rows.shape
    # In units of the target's spread, so that the solver's tolerances fit any unit.
    spread = max(float(np.std(target)), 1e-12)
    identity = eye_array(count)
    costs = np.append(np.zeros(members), np.full(2 * count, 1.0 / count))
    total = csr_array(np.append(np.ones(members), np.zeros(2 * count))[None, :])
    errors = hstack([csr_array(rows.T / spread), -identity, identity])
    equations: Any = vstack([errors, total])
    result = linprog(
        costs,
        A_eq=equations.tocsr(),
        b_eq=np.append(target / spread, 1.0),
        method="highs",
    )
    return _solution(result, members, rows, target)


def _solution(result: Any, members: int, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    if result.x is not None:
        return np.asarray(result.x[:members])
    best = int(np.argmin(np.abs(rows - target).mean(axis=1)))
    return np.asarray(np.eye(members)[best])


def _least_log_loss(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    from scipy.optimize import minimize

    members = len(rows)
    sum_to_one: Any = {"type": "eq", "fun": lambda weights: np.sum(weights) - 1.0}
    slope: Any = _log_loss_slope
    result = minimize(
        _mixed_log_loss,
        np.full(members, 1.0 / members),
        args=(rows, target),
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * members,
        constraints=sum_to_one,
    )
    found = np.asarray(result.x)
    best = int(np.argmin([log_loss(target, row) for row in rows]))
    better = np.isfinite(found).all() and log_loss(target, found @ rows) <= log_loss(
        target, rows[best]
    )
    return found if better else np.eye(members)[best]


def _mixed_log_loss(weights: np.ndarray, rows: np.ndarray, target: np.ndarray) -> float:
    return log_loss(target, weights @ rows)


def _log_loss_slope(weights: np.ndarray, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    chance = np.clip(weights @ rows, 1e-3, 1 - 1e-3)
    slope = (chance - target) / (chance * (1 - chance))
    return np.asarray(rows @ slope / len(target))
