"""From a recipe and rows to a predictor: settings and weights chosen, members fitted to all rows.

The numbers that say how wrong a predictor is (its residuals, from which intervals come) are of
rows that were left out, group by group. The settings and the few weights are chosen on the same
left-out rows, which makes these residuals a little small; `evaluation` tests the whole, with the
choices made anew in each fold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from matlore.errors import InputError
from matlore.progress import Progress, no_progress

from .base import Frame, MemberRecipe, Recipe
from .featurizers import describe
from .fitting import fit_member
from .hurdle import HurdleMember
from .members import Member
from .scales import bounded, formula_share, from_scale, to_scale
from .scores import class_scores, regression_scores
from .splits import Split, splits_of
from .training_rows import Training, distinct_samples
from .tuning import Tuned, fits_needed, loss_of, member_weights, mixed, tune_member

if TYPE_CHECKING:
    from .feature_cache import FeatureCache
    from .predictor import PropertyPredictor

__all__ = ["Described", "Fit", "describe_frame", "fit_recipe", "train"]

FOLDS = 5
_LEAST_OF_CLASS = 5


@dataclass(frozen=True, eq=False)
class Described:
    """The descriptors of a frame's rows, computed once for all members and folds.

    Attributes:
        blocks: by featurizer, one row a distinct sample.
        which: (n,) the sample of each row.
        conditions: (n, c).
    """

    blocks: Mapping[str, np.ndarray]
    which: np.ndarray
    conditions: np.ndarray

    def features(self, member: MemberRecipe) -> np.ndarray:
        """Return (n, d): the columns of a member's descriptors, then the conditions."""
        columns = [self.blocks[name][self.which] for name in member.descriptors]
        return np.hstack([*columns, self.conditions])

    def take(self, rows: np.ndarray) -> "Described":
        """Return some of the rows."""
        return Described(self.blocks, self.which[rows], self.conditions[rows])


@dataclass(frozen=True, eq=False)
class Fit:
    """What training found, before it is a predictor.

    Attributes:
        recipe: with the settings that were chosen, and only the members that weigh something.
        members: fitted to all rows.
        weights: of the members.
        out_of_fold: (n,) on the recipe's scale, of the weighted mean.
        tuned: of all members of the recipe that was given, with all losses.
        folds: in which rows were left out.
        expected: (n,) errors that two-part members expected of rows that they had not seen; None
            where there are no such members.
    """

    recipe: Recipe
    members: tuple[Member | HurdleMember, ...]
    weights: tuple[float, ...]
    out_of_fold: np.ndarray
    tuned: tuple[Tuned, ...]
    folds: int
    expected: np.ndarray | None = None


def describe_frame(
    frame: Frame,
    recipe: Recipe,
    *,
    cache: "FeatureCache | None" = None,
    progress: Progress = no_progress,
) -> Described:
    """Describe the rows of a frame with all featurizers that a recipe's members take.

    Raises:
        InputError: a sample lacks what a featurizer needs.
    """
    names = dict.fromkeys(name for member in recipe.members for name in member.descriptors)
    samples, which = distinct_samples(frame.samples)
    progress(0, total=len(names), text="describing materials")
    blocks = {}
    for name in names:
        blocks[name] = describe(samples, [name], cache=cache)
        progress()
    return Described(blocks, which, frame.conditions)


def train(
    recipe: Recipe,
    frame: Frame,
    *,
    folds: int = FOLDS,
    threads: int = 1,
    card: Mapping[str, Any] | None = None,
    described: Described | None = None,
    cache: "FeatureCache | None" = None,
    progress: Progress = no_progress,
) -> "PropertyPredictor":
    """Train a predictor. The same recipe and rows give the same predictor, to the byte.

    Args:
        recipe: what to train.
        frame: rows to learn from.
        folds: in which groups are left out in turn.
        threads: at once.
        card: more to say of the predictor: source, command, date.
        described: the frame's descriptors, where they are known.
        cache: of descriptors of structures.
        progress: counts fits.

    Raises:
        InputError: the rows are too few or of one class, or do not fit the recipe.
    """
    from .predictor import make_predictor

    described = described or describe_frame(frame, recipe, cache=cache, progress=progress)
    fit = fit_recipe(recipe, frame, described, folds=folds, threads=threads, progress=progress)
    scaled = to_scale(frame.values, recipe.scale)
    classes = recipe.task == "classification"
    training = Training(
        frame.samples,
        frame.conditions,
        frame.values,
        fit.out_of_fold if classes else scaled - fit.out_of_fold,
        frame.groups,
        fit.expected,
    )
    told = {**_card(recipe, frame, fit), **(card or {})}
    return make_predictor(fit.recipe, fit.members, fit.weights, training, told, cache=cache)


def fit_recipe(
    recipe: Recipe,
    frame: Frame,
    described: Described,
    *,
    folds: int = FOLDS,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Fit:
    """Choose the settings and weights of a recipe's members, and fit them to all rows.

    Args:
        recipe: what to train.
        frame: rows to learn from.
        described: their descriptors.
        folds: in which groups are left out in turn; fewer where there are fewer groups.
        threads: at once.
        progress: counts fits.

    Raises:
        InputError: the rows are too few or of one class, or do not fit the recipe.
    """
    _check(recipe, frame)
    share = formula_share(recipe, frame.samples)
    target = to_scale(frame.values, recipe.scale) - share
    splits = splits_of(frame, recipe, min(folds, len(np.unique(frame.groups))))
    total = sum(fits_needed(member, splits) + 1 for member in recipe.members)
    progress(0, total=total, text=f"training {recipe.name}")
    tuned = _tuned(recipe, described, target, splits, threads=threads, progress=progress)
    out_of_fold = np.array([member.out_of_fold for member in tuned])
    weights = member_weights(out_of_fold, target, recipe.task)
    kept = [place for place, weight in enumerate(weights) if weight > 0]
    progress(len(tuned) - len(kept))
    members = []
    for place in kept:
        features = described.features(tuned[place].member)
        members.append(
            fit_member(
                tuned[place].member,
                features,
                target,
                task=recipe.task,
                scale=recipe.scale,
                seed=recipe.seed + place,
                threads=threads,
            )
        )
        progress()
    return Fit(
        replace(recipe, members=tuple(tuned[place].member for place in kept)),
        tuple(members),
        tuple(weights[place] for place in kept),
        mixed(out_of_fold, weights, recipe.task) + share,
        tuple(tuned),
        len(splits),
        _expected(tuned, weights),
    )


def _expected(tuned: Sequence[Tuned], weights: Sequence[float]) -> np.ndarray | None:
    """Return the weighted mean of the errors that two-part members expect of rows left out."""
    told = [
        (one.expected, weight)
        for one, weight in zip(tuned, weights, strict=True)
        if one.expected is not None and weight > 0
    ]
    if not told:
        return None
    return np.average([errors for errors, _ in told], axis=0, weights=[w for _, w in told])


def _tuned(
    recipe: Recipe,
    described: Described,
    target: np.ndarray,
    splits: Sequence[Split],
    *,
    threads: int,
    progress: Progress,
) -> list[Tuned]:
    return [
        tune_member(
            member,
            described.features(member),
            target,
            splits,
            task=recipe.task,
            scale=recipe.scale,
            seed=recipe.seed + place,
            threads=threads,
            progress=progress,
        )
        for place, member in enumerate(recipe.members)
    ]


def _check(recipe: Recipe, frame: Frame) -> None:
    """Refuse rows from which nothing can be learned."""
    if frame.conditions.shape[1] != len(recipe.conditions):
        raise InputError(
            f"{recipe.name}: {frame.conditions.shape[1]} conditions a row, but the recipe has"
            f" {len(recipe.conditions)}"
        )
    if not np.isfinite(frame.values).all() or not np.isfinite(frame.conditions).all():
        raise InputError(f"{recipe.name}: a value or a condition is not finite; leave the row out")
    groups = len(np.unique(frame.groups))
    if groups < 2:
        raise InputError(
            f"{recipe.name}: all {len(frame)} rows are one group (one material, or joined by"
            " their groups), so none can be left out; give more materials"
        )
    if recipe.task == "regression":
        if np.ptp(frame.values) == 0:
            raise InputError(f"{recipe.name}: all values are the same; there is nothing to learn")
        return
    for label, name in enumerate(recipe.classes or ()):
        found = len(np.unique(frame.groups[frame.values == label]))
        if found < _LEAST_OF_CLASS:
            raise InputError(
                f"{recipe.name}: {found} groups of the class {name!r};"
                f" give {_LEAST_OF_CLASS} or more of each class"
            )


def _card(recipe: Recipe, frame: Frame, fit: Fit) -> dict[str, Any]:
    """Return what is told of the training, in plain numbers."""
    return {
        "rows": len(frame),
        "materials": len({sample.formula for sample in frame.samples}),
        "groups": len(np.unique(frame.groups)),
        "folds": fit.folds,
        "out_of_fold": _scores(recipe, frame, fit.out_of_fold),
        "tuning": [_told(recipe, frame, member) for member in fit.tuned],
    }


def _scores(recipe: Recipe, frame: Frame, out_of_fold: np.ndarray) -> dict[str, float]:
    """Return scores of what was predicted where rows were left out, in the recipe's unit."""
    if recipe.task == "classification":
        found = asdict(class_scores(frame.values, out_of_fold))
    else:
        predicted = bounded(from_scale(out_of_fold, recipe.scale), recipe.lower, recipe.upper)
        found = asdict(regression_scores(frame.values, predicted))
    return {name: float(f"{number:.6g}") for name, number in found.items() if name != "rows"}


def _told(recipe: Recipe, frame: Frame, tuned: Tuned) -> dict[str, Any]:
    target = to_scale(frame.values, recipe.scale) - formula_share(recipe, frame.samples)
    return {
        "kind": tuned.member.kind,
        "descriptors": list(tuned.member.descriptors),
        "loss": float(f"{loss_of(target, tuned.out_of_fold, recipe.task):.6g}"),
        "choices": [
            {**settings, "loss": float(f"{loss:.6g}")}
            for settings, loss in zip(tuned.choices, tuned.losses, strict=True)
        ],
    }
