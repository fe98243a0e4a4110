"""The scales on which predictors learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.predictors.base import Scale
from graph.predictors.scales import bounded, from_scale, slope, to_scale
from matlore.errors import InputError

SCALES: list[Scale] = ["linear", "log10", "log1p", "sqrt", "asinh"]


@pytest.mark.parametrize("scale", SCALES)
@given(value=st.floats(1e-6, 1e6))
def test_there_and_back(scale: Scale, value: float) -> None:
    back = from_scale(to_scale(np.array([value]), scale), scale)
    assert back[0] == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("scale", SCALES)
def test_order_is_kept(scale: Scale) -> None:
    values = np.linspace(-3.0, 3.0, 50)
    assert (np.diff(from_scale(values, scale)) >= 0.0).all()


@pytest.mark.parametrize("scale", SCALES)
def test_the_slope_is_that_of_the_way_back(scale: Scale) -> None:
    at = np.array([0.3, 1.0, 2.5])
    step = 1e-6
    measured = (from_scale(at + step, scale) - from_scale(at - step, scale)) / (2 * step)
    assert slope(at, scale) == pytest.approx(measured, rel=1e-6)


def test_known_values() -> None:
    assert to_scale(np.array([1000.0]), "log10")[0] == pytest.approx(3.0)
    assert to_scale(np.array([math.e - 1]), "log1p")[0] == pytest.approx(1.0)
    assert from_scale(np.array([-0.5]), "sqrt")[0] == 0.0


def test_what_is_too_large_is_infinite() -> None:
    assert from_scale(np.array([400.0, np.inf]), "log10").tolist() == [math.inf, math.inf]
    assert from_scale(np.array([-np.inf]), "log10").tolist() == [0.0]


@pytest.mark.parametrize(
    ("scale", "value"), [("log10", 0.0), ("log10", -1.0), ("log1p", -1.0), ("sqrt", -0.1)]
)
def test_a_value_without_place_is_refused(scale: Scale, value: float) -> None:
    with pytest.raises(InputError, match=f"row 1 has no place on the {scale} scale"):
        to_scale(np.array([1.0, value]), scale)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="value nan in row 2"):
        to_scale(np.array([1.0, 2.0, np.nan]), "linear")


def test_bounds_cut() -> None:
    values = np.array([-1.0, 0.5, np.inf])
    assert bounded(values, 0.0, 1.0).tolist() == [0.0, 0.5, 1.0]
    assert bounded(values, 0.0, None).tolist() == [0.0, 0.5, np.inf]
    assert bounded(values, None, None) is values
