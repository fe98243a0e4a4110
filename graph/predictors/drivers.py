"""What moved a prediction, told so that a chemist can read it.

Effects are SHAP values (Lundberg et al., Nature Machine Intelligence 2, 56, 2020) of the members
that are trees, averaged with their weights in the predictor. A kernel machine has no such exact
values, so its part is left untold where there are trees: the effects say what moved the trees away
from the mean of the training data. A predictor of kernel machines alone tells by how much its
prediction changes where one descriptor is put to its mean in the training data.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from .base import Driver, MemberRecipe, Recipe
from .calibration import log_odds
from .members import ExplainedMember, KernelMember, Member
from .scales import slope

__all__ = ["Columns", "effect_text", "find_drivers"]

_LEAST_ODDS: Final = 1e-3
Columns = Mapping[str, tuple[Sequence[str], Sequence[str]]]
"""By the name of a featurizer, the names and the units of its columns."""


def find_drivers(
    recipe: Recipe,
    members: Sequence[tuple[Member, float, np.ndarray]],
    columns: Columns,
    scaled: np.ndarray,
    *,
    count: int,
    steepness: float = 1.0,
) -> list[tuple[Driver, ...]]:
    """Return what moved predictions, the strongest first.

    Args:
        recipe: of the predictor.
        members: each with its weight, above 0, and its features (n, d).
        columns: of all featurizers that the members take.
        scaled: (n,) predictions on the recipe's scale; for classes raw probabilities.
        count: of drivers a prediction.
        steepness: of the calibration, by which log-odds are multiplied.
    """
    trees = [part for part in members if isinstance(part[0], ExplainedMember)]
    told = trees or members
    total = sum(weight for _, weight, _ in told)
    labels: dict[tuple[str, str], int] = {}
    effects = np.zeros((len(scaled), sum(part[2].shape[1] for part in told)))
    values = np.full_like(effects, np.nan)
    for member, weight, features in told:
        # Tables of elements share columns, such as melting temperatures: one name, one effect.
        places = [
            labels.setdefault(label, len(labels))
            for label in _labels(member.recipe, recipe, columns)
        ]
        found = _effects(member, recipe, features) * steepness
        np.add.at(effects.T, places, found.T * (weight / total))
        values[:, places] = features
    return [
        _strongest(recipe, list(labels), effects[row], values[row], float(scaled[row]), count)
        for row in range(len(scaled))
    ]


def effect_text(recipe: Recipe, effect: float, scaled: float) -> str:
    """Return an effect in words: `raises it by 0.4 eV`, `times 1.3`.

    Args:
        recipe: of the predictor.
        effect: on the recipe's scale; of log-odds for classes.
        scaled: the prediction; on scales whose steps are neither sums nor factors, the effect is
            told as it is near the prediction.
    """
    if recipe.task == "classification":
        name = recipe.classes[1] if recipe.classes else "class 1"
        return f"odds of {name} times {_digits(np.exp(np.clip(effect, -30.0, 30.0)))}"
    if recipe.scale == "log10":
        return f"times {_digits(10.0 ** np.clip(effect, -30.0, 30.0))}"
    step = effect * float(slope(np.array(scaled), recipe.scale))
    unit = "" if recipe.unit == "1" else f" {recipe.unit}"
    return f"{'raises' if step >= 0.0 else 'lowers'} it by {_digits(abs(step))}{unit}"


def _digits(number: float) -> str:
    """Return a number with two significant digits, as people write it; near 1 with three."""
    rounded = float(f"{number:.{3 if 0.95 < number < 1.095 else 2}g}")
    return f"{rounded:.0f}" if 100.0 <= rounded < 1e5 else f"{rounded:g}"


def _labels(member: MemberRecipe, recipe: Recipe, columns: Columns) -> list[tuple[str, str]]:
    """Return names and units of the columns of a member's features; conditions come last."""
    found = [label for name in member.descriptors for label in zip(*columns[name], strict=True)]
    return found + [(condition.name, condition.unit) for condition in recipe.conditions]


def _effects(member: Member, recipe: Recipe, features: np.ndarray) -> np.ndarray:
    """Return (n, d) effects of features, on the recipe's scale or of log-odds."""
    if not isinstance(member, ExplainedMember):
        return _without_each(member, recipe, features)
    found = member.contributions(features)[:, :-1]
    if recipe.task == "regression" or member.in_odds:
        return found
    chance = np.clip(member.predict(features), _LEAST_ODDS, 1.0 - _LEAST_ODDS)
    return np.asarray(found / (chance * (1.0 - chance))[:, None])


def _without_each(member: Member, recipe: Recipe, features: np.ndarray) -> np.ndarray:
    """Return by how much predictions fall where one feature is put to its training mean."""
    center = member.center if isinstance(member, KernelMember) else np.zeros(features.shape[1])
    effects = np.zeros(features.shape)
    for row, one in enumerate(features):
        changed = np.repeat(one[None, :], len(one) + 1, axis=0)
        np.fill_diagonal(changed, center)
        found = member.predict(changed)
        if recipe.task == "classification":
            found = log_odds(found)
        effects[row] = found[-1] - found[:-1]
    return effects


def _strongest(
    recipe: Recipe,
    labels: Sequence[tuple[str, str]],
    effects: np.ndarray,
    values: np.ndarray,
    scaled: float,
    count: int,
) -> tuple[Driver, ...]:
    """Return the drivers of one prediction; what had no effect is none."""
    order = np.argsort(-np.abs(effects[: len(labels)]), kind="stable")[:count]
    return tuple(
        Driver(
            name=labels[place][0],
            value=float(values[place]),
            unit=labels[place][1],
            effect=float(effects[place]),
            text=effect_text(recipe, float(effects[place]), scaled),
        )
        for place in order
        if effects[place] != 0.0
    )
