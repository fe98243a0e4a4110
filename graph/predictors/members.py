"""Trained members of a predictor: boosted trees, forests and kernel machines.

Each is numbers in, numbers out, gives a row the same number whatever rows stand beside it, and can
be written as bytes and read back, without pickle. How they are trained is in `fitting`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast, runtime_checkable

import numpy as np

from matlore.errors import ArtifactError

from .base import MemberRecipe
from .kernel_member import KernelMember, laplacian, standardised
from .tree_text import averages, compact_trees, objective

if TYPE_CHECKING:
    import lightgbm

__all__ = [
    "BoostingMember",
    "ExplainedMember",
    "ForestMember",
    "KernelMember",
    "Member",
    "TreeMember",
    "import_lightgbm",
    "laplacian",
    "member_from_bytes",
    "standardised",
]


def import_lightgbm() -> Any:
    """Return the module `lightgbm`.

    Raises:
        ArtifactError: its shared library lacks OpenMP's, which comes with the system.
    """
    try:
        import lightgbm
    except OSError as error:
        raise ArtifactError(
            f"LightGBM cannot be loaded ({error}): it needs OpenMP; install it with"
            " `apt install libgomp1` (Linux) or `brew install libomp` (macOS)"
        ) from error
    return lightgbm


@dataclass(frozen=True, eq=False)
class TreeMember:
    """Trees of LightGBM: their sum (`boosting`) or their mean (`forest`).

    Attributes:
        recipe: by which it was made.
        text: the model, as `compact_trees` writes it; the trees are read from this text, so what
            is stored predicts exactly what the member in memory does.
    """

    recipe: MemberRecipe
    text: str

    @classmethod
    def from_booster(cls, recipe: MemberRecipe, booster: "lightgbm.Booster") -> Self:
        """Return a trained booster as a member."""
        return cls(recipe, compact_trees(booster.model_to_string()))

    @classmethod
    def from_bytes(cls, recipe: MemberRecipe, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ArtifactError: it is no model of LightGBM.
        """
        try:
            member = cls(recipe, data.decode("ascii"))
        except UnicodeDecodeError as error:
            raise ArtifactError(f"the trees of a predictor are damaged ({error})") from error
        _ = member.booster
        return member

    def to_bytes(self) -> bytes:
        """Return the text of the model."""
        return self.text.encode("ascii")

    @cached_property
    def booster(self) -> "lightgbm.Booster":
        """Return the trees.

        Raises:
            ArtifactError: the text is no model of LightGBM.
        """
        module = import_lightgbm()
        _check_trees(self.text)
        try:
            return cast("lightgbm.Booster", module.Booster(model_str=self.text))
        except module.basic.LightGBMError as error:
            raise ArtifactError(f"the trees of a predictor are damaged ({error})") from error

    @property
    def in_odds(self) -> bool:
        """Whether the trees add up log-odds, as those trained on two classes do."""
        return objective(self.text) in ("binary", "cross_entropy")

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return (n,): values on the recipe's scale, or probabilities of class 1."""
        if len(features) == 0:
            return np.empty(0)
        return np.asarray(self.booster.predict(features), dtype=np.float64)

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """Return (n, d + 1): SHAP values of the features; the last column is the mean prediction.

        They sum to the prediction, or where `in_odds` holds to the logarithm of its odds
        (Lundberg et al., Nature Machine Intelligence 2, 56, 2020).
        """
        if len(features) == 0:
            return np.empty((0, features.shape[1] + 1))
        found = np.asarray(self.booster.predict(features, pred_contrib=True), dtype=np.float64)
        # LightGBM sums over the trees of a forest also where its prediction is their mean.
        return found / self.booster.num_trees() if averages(self.text) else found


class BoostingMember(TreeMember):
    """Gradient boosting (Ke et al., Advances in Neural Information Processing Systems 30, 2017)."""


class ForestMember(TreeMember):
    """Extremely randomised trees (Geurts, Ernst and Wehenkel, Machine Learning 63, 3, 2006)."""


class Member(Protocol):
    """A trained model that can be stored."""

    @property
    def recipe(self) -> MemberRecipe:
        """By which it was made."""

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return (n,): values on the recipe's scale, or probabilities of class 1."""

    def to_bytes(self) -> bytes:
        """Return what `member_from_bytes` reads."""


@runtime_checkable
class ExplainedMember(Member, Protocol):
    """A member that says what each feature adds to a prediction."""

    @property
    def in_odds(self) -> bool:
        """Whether contributions sum to log-odds, not to the prediction."""

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """Return (n, d + 1): what each feature adds; last, where they start from."""


_TREES: Final[dict[str, type[TreeMember]]] = {"boosting": BoostingMember, "forest": ForestMember}


def member_from_bytes(
    recipe: MemberRecipe, data: bytes, features: np.ndarray | None = None
) -> Member:
    """Read a member of any kind.

    Args:
        recipe: by which it was made.
        data: what its `to_bytes` gave.
        features: of the training rows, for a kernel machine without stored support.

    Raises:
        ArtifactError: the bytes are no such member.
    """
    if recipe.kind in _TREES:
        return _TREES[recipe.kind].from_bytes(recipe, data)
    if recipe.kind == "hurdle":
        from .hurdle import HurdleMember

        return HurdleMember.from_bytes(recipe, data)
    if recipe.kind != "kernel":
        raise ArtifactError(f"a member of kind {recipe.kind!r} cannot be read: update matlore")
    return KernelMember.from_bytes(recipe, data, features)


def _check_trees(text: str) -> None:
    """Refuse what LightGBM would answer with the end of the process."""
    if not text.startswith("tree\n") or not text.rstrip().endswith("end of trees"):
        raise ArtifactError("the trees of a predictor are damaged: they begin or end otherwise")
