"""Two-part models of values of which many are exactly zero, such as the gaps of metals.

One part says whether a value is above zero, the other how large it then is (Cragg, Econometrica
39, 829, 1971). The prediction is the median of the mixture, for which the mean absolute error is
least: zero where that is more likely than not, otherwise the quantile of the second part that is
the median of both together.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from matlore.errors import ArtifactError

from .base import MemberRecipe, Scale
from .members import TreeMember
from .scales import to_scale

__all__ = ["HurdleMember"]

_LEAST: Final = 1e-9
_PARTS: Final = ("whether", "amount")
_QUANTILES: Final = 40


@dataclass(frozen=True, eq=False)
class HurdleMember:
    """Boosted trees twice: whether a value is above zero, and how large it is then.

    Attributes:
        recipe: by which it was made.
        whether: gives the probability that the value is above zero.
        amount: gives the natural logarithm of the value, were it above zero.
        spread: standard deviation of that logarithm around what `amount` gives.
        scale: on which `predict` answers, the recipe's.
    """

    recipe: MemberRecipe
    whether: TreeMember
    amount: TreeMember
    spread: float
    scale: Scale

    @classmethod
    def from_bytes(cls, recipe: MemberRecipe, data: bytes) -> "HurdleMember":
        """Read what `to_bytes` wrote.

        Raises:
            ArtifactError: the bytes are no such member.
        """
        try:
            stored: dict[str, Any] = json.loads(data)
            texts = [stored[name].encode("ascii") for name in _PARTS]
            spread, scale = float(stored["spread"]), stored["scale"]
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ArtifactError(f"the two parts of a predictor are damaged ({error})") from error
        whether, amount = (TreeMember.from_bytes(recipe, text) for text in texts)
        return cls(recipe, whether, amount, spread, scale)

    def to_bytes(self) -> bytes:
        """Return both parts as JSON."""
        stored = {"whether": self.whether.text, "amount": self.amount.text}
        return json.dumps({**stored, "spread": self.spread, "scale": self.scale}).encode("ascii")

    @property
    def in_odds(self) -> bool:
        """Tell that it adds up values, not log-odds."""
        return False

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return (n,): the medians, on the recipe's scale."""
        return to_scale(self._medians(features), self.scale)

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """Return (n, d + 1): what each feature adds; the last column is where they start from.

        They sum to the prediction. Where the value is above zero they are the SHAP values of the
        logarithm times the logarithmic mean of the value and its start, so that they add up; where
        it is zero, those of the log-odds, in proportion.
        """
        found = np.zeros((len(features), features.shape[1] + 1))
        if len(features) == 0:
            return found
        medians = self._medians(features)
        values = to_scale(medians, self.scale)
        logarithms = self.amount.contributions(features)
        starts = to_scale(np.exp(logarithms[:, -1]), self.scale)
        above = medians > 0.0
        parts = np.where(
            above[:, None], logarithms[:, :-1], self.whether.contributions(features)[:, :-1]
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(np.maximum(values, _LEAST) / np.maximum(starts, _LEAST))
            mean = np.where(np.abs(ratio) < _LEAST, starts, (values - starts) / ratio)
        odds = np.maximum(np.abs(parts).sum(axis=1), _LEAST)
        found[:, :-1] = parts * np.where(above, mean, starts / odds)[:, None]
        found[:, -1] = values - found[:, :-1].sum(axis=1)
        return found

    def expected_error(self, features: np.ndarray) -> np.ndarray:
        """Return (n,): the mean distance of the mixture from its median, on the recipe's scale.

        It is large where a value may as well be zero as not, though the median is one of them.
        """
        levels = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        values = to_scale(self._quantiles(features, np.append(levels, 0.5)), self.scale)
        return np.asarray(np.abs(values[:, :-1] - values[:, -1:]).mean(axis=1))

    def _medians(self, features: np.ndarray) -> np.ndarray:
        """Return (n,): the medians of the mixture, in the recipe's unit."""
        return np.asarray(self._quantiles(features, np.array([0.5]))[:, 0])

    def _quantiles(self, features: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return (n, k): quantiles of the mixture at levels (k,), in the recipe's unit."""
        from scipy.special import ndtri

        chance = np.clip(self.whether.predict(features), _LEAST, 1.0)[:, None]
        below = (levels - (1.0 - chance)) / chance
        shift = ndtri(np.clip(below, _LEAST, 1.0 - _LEAST))
        values = np.exp(self.amount.predict(features)[:, None] + self.spread * shift)
        return np.where(below > 0.0, values, 0.0)
