"""Models solved for their variables, against numbers worked out another way."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
import uncertainties
from uncertainties import umath

import graph.propnet.functions
from graph.propnet.base import Composition, Model, Solution, Variable
from graph.propnet.equations import solutions
from graph.propnet.expressions import CONSTANTS, names

_LN2 = float(np.log(2))


def _model(equation: str, solve_for: str, constraints: Sequence[str] = ()) -> Model:
    left = equation.partition("=")[0].strip()
    variables = {
        name: Variable(name, name, "1") for name in sorted(names(equation) - set(CONSTANTS))
    }
    return Model(
        "m",
        "",
        "",
        variables,
        left,
        (solve_for,),
        equation=equation,
        constraints=tuple(constraints),
    )


def _solved(
    equation: str,
    solve_for: str,
    bounds: tuple[float | None, float | None] = (None, None),
) -> Solution:
    (found,) = solutions(_model(equation, solve_for), {solve_for: bounds})
    return found


def _roots(solution: Solution, **values: float) -> list[float]:
    found = solution.roots({name: np.array([value]) for name, value in values.items()})
    assert found.shape[1] == 1
    return [float(root) for root in found[:, 0] if not np.isnan(root)]


@pytest.mark.parametrize(
    ("equation", "solve_for", "values", "roots"),
    [
        ("y = a * x + b", "y", {"a": 2, "x": 3, "b": 1}, [7]),
        ("y = a * x + b", "x", {"a": 2, "y": 7, "b": 1}, [3]),
        ("y = a * x + b", "x", {"a": 0, "y": 7, "b": 1}, []),
        ("y = 1 / x", "x", {"y": 4}, [0.25]),
        ("y = 1 / x", "x", {"y": 0}, []),
        ("y = x**2", "x", {"y": 9}, [-3, 3]),
        ("y = x**2", "x", {"y": 0}, [0]),
        ("y = x**2", "x", {"y": -1}, []),
        ("y = (x - 2)**2", "x", {"y": 1}, [1, 3]),
        ("y = x**3", "x", {"y": -8}, [-2]),
        ("y = sqrt(x)", "x", {"y": 3}, [9]),
        ("y = sqrt(x)", "x", {"y": -3}, []),
        ("y = x**(2/3)", "x", {"y": 4}, [8]),
        ("y = a * x**1.5", "x", {"a": 2, "y": 16}, [4]),
        ("y = exp(-a / x)", "x", {"a": 2, "y": np.exp(-1)}, [2]),
        ("y = log(x)", "x", {"y": 2}, [np.exp(2)]),
        ("y = (x**2 - 1) / (x**2 + 2)", "x", {"y": 0.5}, [-2, 2]),
        ("y = 9 * x * b / (3 * x + b)", "x", {"y": 9, "b": 4}, [4]),
        ("y = Abs(x)", "x", {"y": 2}, [-2, 2]),
        ("y = k_B * x", "x", {"y": 1.380649e-23}, [1]),
        ("y = sqrt(x) - 1 / x", "y", {"x": -1}, []),
        ("y = log(x)", "y", {"x": 0}, []),
    ],
)
def test_all_real_roots_are_found(
    equation: str, solve_for: str, values: dict[str, float], roots: list[float]
) -> None:
    assert _roots(_solved(equation, solve_for), **values) == pytest.approx(roots, rel=1e-9)


@pytest.mark.parametrize(
    ("equation", "values", "bounds", "roots"),
    [
        ("y = x * exp(x)", {"y": np.e}, (0, 10), [1.0]),
        ("y = 1.5 + exp(-Abs(x) / 116)", {"y": 2.0}, (0, 1000), [-116 * _LN2, 116 * _LN2]),
        ("y = x / (exp(x) - 1)", {"y": 0.5819767068693265}, (0.001, 50), [1.0]),
        ("y = tan(x) - x", {"y": 0.0}, (1.0, 4.6), [4.493409457909064]),
        ("y = x**5 - x", {"y": 0.0}, (-2, 2), [-1.0, 0.0, 1.0]),
        ("y = x + log(x)", {"y": 1.0}, (0, None), [1.0]),
        ("y = x + log(x)", {"y": 1.0}, (2, 3), []),
        ("y = 1 / (x - 1) + 0 * sin(x) + x * 0", {"y": 2.0}, (0, 3), [1.5]),
    ],
)  # fmt: skip
def test_what_has_no_closed_form_is_searched_for_between_bounds(
    equation: str, values: dict[str, float], bounds: tuple[float, float], roots: list[float]
) -> None:
    found = _roots(_solved(equation, "x", bounds), **values)
    assert found == pytest.approx(roots, rel=1e-9, abs=1e-12)


def test_many_sets_are_solved_at_once_and_what_has_no_value_is_nan() -> None:
    solution = _solved("y = x**2 + b", "x")
    found = solution.roots({"y": np.array([5.0, 0.0, np.nan]), "b": np.array([1.0, 1.0, 1.0])})
    assert found.shape == (2, 3)
    assert found[:, 0].tolist() == [-2.0, 2.0]
    assert np.isnan(found[:, 1:]).all()


def test_which_way_a_model_was_written_is_known() -> None:
    assert _solved("y = a * x", "y").direct
    assert not _solved("y = a * x", "x").direct
    assert {one.name for one in _solved("y = a * x", "x").inputs} == {"a", "y"}


def test_constraints_are_told_and_what_is_missing_breaks_none() -> None:
    (solution,) = solutions(_model("y = a * x", "y", ["a > 0", "0 < x <= 1"]))
    values = {"a": [1.0, -1.0, 1.0], "x": [0.5, 0.5, np.nan], "y": [0.5, -0.5, np.nan]}
    found = solution.broken({name: np.array(value) for name, value in values.items()})
    assert {text: where.tolist() for text, where in found.items()} == {
        "a > 0": [False, True, False],
        "0 < x <= 1": [False, False, False],
    }


@pytest.mark.parametrize("solve_for", ["y", "a", "x"])
def test_slopes_are_those_of_the_uncertainties_package(solve_for: str) -> None:
    values = {"a": 1.7, "x": 0.4, "y": 1.7 * np.exp(0.4) / (1 + 0.4)}
    solution = _solved("y = a * exp(x) / (1 + x)", solve_for, (0.1, 10))
    inputs = {name: np.array([value]) for name, value in values.items() if name != solve_for}
    slopes = solution.derivatives(inputs, np.array([values[solve_for]]))
    a, x = uncertainties.ufloat(1.7, 0.01), uncertainties.ufloat(0.4, 0.01)
    y = a * umath.exp(x) / (1 + x)
    by = {"a": y.derivatives[a], "x": y.derivatives[x]}
    expected = {
        "y": by,
        "a": {"x": -by["x"] / by["a"], "y": 1 / by["a"]},
        "x": {"a": -by["a"] / by["x"], "y": 1 / by["x"]},
    }[solve_for]
    assert {name: float(slope[0]) for name, slope in slopes.items()} == pytest.approx(expected)


def test_functions_are_models_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def weight(formula: Composition, x: np.ndarray) -> np.ndarray:
        return float(sum(formula.values())) * x**2

    monkeypatch.setattr(graph.propnet.functions, "FUNCTIONS", {"weight": weight})
    variables = {
        "y": Variable("y", "y", "1"),
        "x": Variable("x", "x", "1"),
        "f": Variable("formula", "formula", ""),
    }
    variables["formula"] = variables.pop("f")
    model = Model("m", "", "", variables, "y", ("y",), function="weight")
    (solution,) = solutions(model)
    composition = {"Pb": Fraction(1), "Te": Fraction(1)}
    values = {"x": np.array([3.0, 4.0])}
    assert solution.roots(values, composition).tolist() == [[18.0, 32.0]]
    slopes = solution.derivatives(values, np.array([18.0, 32.0]), composition)
    assert slopes["x"] == pytest.approx([12.0, 16.0], rel=1e-6)
