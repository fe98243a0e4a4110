import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from graph.predictors.base import MemberRecipe
from graph.predictors.fitting import fit_member
from graph.predictors.hurdle import HurdleMember
from graph.predictors.scales import from_scale, to_scale
from matlore.errors import ArtifactError

RECIPE = MemberRecipe(
    "hurdle", ("magpie",), {"trees": 30, "leaves": 7, "min_rows": 5, "learning_rate": 0.2}
)
ROWS = np.random.default_rng(0).normal(size=(400, 4))
VALUES = np.where(ROWS[:, 0] > 0, np.exp(ROWS[:, 1]), 0.0)


def member(scale: str = "linear") -> HurdleMember:
    made = fit_member(RECIPE, ROWS[:300], to_scale(VALUES[:300], scale), scale=scale)  # type: ignore[arg-type]
    assert isinstance(made, HurdleMember)
    return made


def test_its_parts_make_the_median_of_the_mixture() -> None:
    """By hand: with the chance p of an amount, the median is its quantile (p - 1/2) / p."""
    made = member()
    chance, amount = made.whether.predict(ROWS[300:]), made.amount.predict(ROWS[300:])
    expected = [
        np.exp(norm.ppf((p - 0.5) / p, loc=a, scale=made.spread)) if p > 0.5 else 0.0
        for p, a in zip(chance, amount, strict=True)
    ]
    assert made.predict(ROWS[300:]) == pytest.approx(expected, rel=1e-6)
    assert {0.0} < set(made.predict(ROWS[300:]).tolist())


def test_contributions_add_up_to_the_prediction() -> None:
    for scale in ("linear", "sqrt"):
        made = member(scale)
        parts = made.contributions(ROWS[300:])
        assert parts.shape == (100, 5)
        assert parts.sum(axis=1) == pytest.approx(made.predict(ROWS[300:]), abs=1e-9)


def test_contributions_name_what_decides() -> None:
    made = member()
    values, parts = made.predict(ROWS[300:]), made.contributions(ROWS[300:])
    zero = values == 0.0
    assert (np.abs(parts[zero, :4]).argmax(axis=1) == 0).mean() > 0.9
    large = values > 3.0
    assert (parts[large, :4].argmax(axis=1) == 1).all()
    assert (parts[large, 1] > 0.0).all()


def test_its_scale_is_that_of_the_recipe() -> None:
    made = member("sqrt")
    linear = replace(made, scale="linear")
    back = from_scale(made.predict(ROWS[300:]), "sqrt")
    assert back == pytest.approx(linear.predict(ROWS[300:]))


def test_it_is_read_back_as_it_was_written() -> None:
    made = member("sqrt")
    again = HurdleMember.from_bytes(RECIPE, made.to_bytes())
    assert np.array_equal(again.predict(ROWS[300:]), made.predict(ROWS[300:]))
    assert again.to_bytes() == made.to_bytes()


@pytest.mark.parametrize("change", ["whether", "spread", "all"])
def test_damaged_bytes_are_refused(change: str) -> None:
    stored = json.loads(member().to_bytes())
    stored.pop(change, None)
    data = b"[1" if change == "all" else json.dumps(stored).encode()
    with pytest.raises(ArtifactError, match="damaged"):
        HurdleMember.from_bytes(RECIPE, data)


def test_nothing_is_predicted_of_nothing() -> None:
    made = member()
    assert made.predict(ROWS[:0]).shape == (0,)
    assert made.contributions(ROWS[:0]).shape == (0, 5)
