"""Hostile texts, poles, plateaus, spurious branches, slopes: what is hard for equations."""

import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import lambertw
from uncertainties import ufloat, umath

from graph.propnet.base import FORMULA, Model, Solution, Variable
from graph.propnet.closed_forms import candidates
from graph.propnet.compiling import compile_expressions
from graph.propnet.equations import solutions, solve, solve_function
from graph.propnet.expressions import CONSTANTS, names, parse_equation
from graph.propnet.library import load_library
from matlore.errors import InputError

Values = NDArray[np.float64]


def make_model(equation: str, *solve_for: str, constraints: tuple[str, ...] = ()) -> Model:
    output = equation.partition("=")[0].strip()
    variables = {name: Variable(name, name, "1") for name in sorted(names(equation))}
    return Model(
        name="m",
        about="",
        category="",
        variables=variables,
        output=output,
        solve_for=solve_for or (output,),
        equation=equation,
        constraints=constraints,
    )


def roots(
    equation: str,
    target: str,
    bounds: tuple[float | None, float | None] = (None, None),
    **values: float,
) -> list[float]:
    solution = solve(make_model(equation), target, bounds)
    found = solution.roots({name: np.array([value]) for name, value in values.items()})
    assert not np.isinf(found).any()
    kept = [float(root) for root in found[:, 0] if not np.isnan(root)]
    assert kept == sorted(kept)
    return kept


# Texts.


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("y = x.__class__.__bases__", ".__class__"),
        ("y = ().__class__", ".__class__"),
        ("y = x + 0x10", "0x10"),
        ("y = x + 1_000", "1_000"),
        ("y = 1if x else z", "1if"),
        ("y = x + 'rm'", "'rm'"),
        ("y = ℯ + x", "ℯ"),
        ("y = x + _private", "_private"),
        ("y = lambda x", "lambda"),
        ("y = print(x)", "print"),
        ("y = x(2)", "'x'"),
        ("y = sqrt", "sqrt is a function"),
        ("y = Max(x)", "Max takes 2 to 10"),
        ("y = exp(x, z)", "exp takes one"),
        ("y = sqrt(*x)", "*x"),
        ("y = 2**99999", "2 ** 99999"),
        ("y = ((2*x)**60)**60", "** 60"),
        ("y = exp(exp(exp(9)))", "exp(exp(9))"),
        ("y = 1" + "0" * 400, "is too large"),
        ("y = sqrt(-2) + x", "sqrt(-2)"),
        ("y = (-8)**(1/3)", "no real number"),
        ("y = log(0)", "log(0)"),
        ("y = x / (2 - 2)", "divides by zero"),
        ("y = x / (z - z)", "divides by zero"),
        ("y = sqrt(-x**2)", "never a real number"),
        ("y <= x", "not an equation"),
        ("y = sin(" * 150 + "x" + ")" * 150, "equation"),
        ("y = " + "1 + (" * 120 + "x" + ")" * 120, "too deeply"),
        ("y = x" + " " * 3000, "2,000 characters"),
    ],
)
def test_a_hostile_text_is_refused_at_once_and_quoted(text: str, piece: str) -> None:
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        parse_equation(text)
    assert piece in str(caught.value)
    assert len(str(caught.value)) < 300
    assert time.perf_counter() - start < 1


def test_a_long_nested_text_takes_no_long_time() -> None:
    start = time.perf_counter()
    for opened in ("sin(", "Abs(x + ", "1 / (1 + ", "exp(1 - ", "Max(2, x + "):
        text = opened * 20 + "x" + ")" * 20
        assert roots(f"y = {text}", "y", x=0.3)
        solve(make_model(f"y = {text}"), "y").derivatives({"x": np.array([0.3])}, np.array([1.0]))
    assert time.perf_counter() - start < 10


_UNARY: Mapping[str, Callable[[Values], Values]] = {
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "coth": lambda x: np.cosh(x) / np.sinh(x),
    "Abs": np.abs,
    "-": np.negative,
}
_BINARY: Mapping[str, Callable[[Values, Values], Values]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "Min": np.minimum,
    "Max": np.maximum,
}
_POINTS = {"x": np.array([0.3, 1.7, -0.8]), "z": np.array([2.1, 0.4, -1.3])}
Tree = tuple[Any, ...]  # an operation and what it is done to, or a leaf alone


def _trees() -> st.SearchStrategy[Tree]:
    leaves = st.sampled_from([("x",), ("z",), ("2",), ("0.37",), ("1.5e1",), ("k_B",), ("pi",)])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(sorted(_UNARY)), inner),
            st.tuples(st.sampled_from(sorted(_BINARY)), inner, inner),
        ),
        max_leaves=8,
    )


def _text(tree: Tree) -> str:
    match tree:
        case (leaf,):
            return str(leaf)
        case (name, one):
            return f"{name}({_text(one)})"
        case (("Min" | "Max") as name, one, two):
            return f"{name}({_text(one)}, {_text(two)})"
    return f"({_text(tree[1])}) {tree[0]} ({_text(tree[2])})"


def _evaluated(tree: Tree) -> tuple[Values, NDArray[np.bool_]]:
    """Return values, and where all on the way to them is finite and of sensible size."""
    if len(tree) == 1:
        number = CONSTANTS.get(tree[0])
        if tree[0] not in _POINTS:
            number = float(tree[0]) if number is None else number
        value = _POINTS[tree[0]] if number is None else np.full(3, number)
        return value, np.ones(3, bool)
    parts = [_evaluated(one) for one in tree[1:]]
    table = _UNARY if len(parts) == 1 else _BINARY
    value = table[tree[0]](*(one for one, _ in parts))
    size = np.abs(value)
    fine = (size < 1e4) & ((size > 1e-4) | (value == CONSTANTS["k_B"]))
    return value, np.logical_and.reduce([fine, *(one for _, one in parts)])


def _read(text: str) -> tuple[str, sympy.Expr]:
    try:
        return "", parse_equation(f"y = {text}")[1]
    except InputError as error:
        return str(error), sympy.nan


@settings(max_examples=150)
@given(_trees())
def test_a_text_has_the_value_that_numpy_gives_it(tree: Tree) -> None:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        expected, fine = _evaluated(tree)
        refused, right = _read(_text(tree))
        assert not refused or not fine.all() or "power" in refused  # never real, or too high
        if refused:
            return
        symbols = sorted(right.free_symbols, key=str)
        (found,) = compile_expressions([right], symbols)(*(_POINTS[str(one)] for one in symbols))
    found = np.broadcast_to(found, 3)
    assert found[fine] == pytest.approx(expected[fine], rel=1e-6, abs=1e-9)


# Roots.


def test_a_branch_that_does_not_solve_the_equation_is_no_root() -> None:
    assert roots("y = sqrt(x)", "x", y=-2) == []
    assert roots("y = x + sqrt(x)", "x", y=6) == pytest.approx([4])  # not 9
    assert roots("y = Abs(x) * a", "x", y=-1, a=1) == []
    assert roots("y = asin(x)", "x", y=2) == []
    assert roots("y = Abs(x)**3 + x**2", "x", y=2) == pytest.approx([-1, 1])


def test_quadratic_equations_keep_their_digits() -> None:
    small, large = roots("y = x**2 + b * x", "x", y=-1, b=-1e9)
    assert (small, large) == pytest.approx((1e-9, 1e9), rel=1e-14)
    assert roots("y = a * x**2 + x", "x", a=0, y=3) == [3]
    assert roots("T = 200 * n / (n**2 + 1)", "n", T=100) == pytest.approx([1])
    assert roots("y = x**2 + b * x", "x", y=0, b=0) == [0]


def test_powers_are_brought_together() -> None:
    equation = "HV = 0.92 * (G/K)**1.137 * G**0.708"
    assert solve(make_model(equation), "G")._form.candidates  # type: ignore[attr-defined]
    hardness = 0.92 * 0.5**1.137 * 80**0.708
    assert roots(equation, "G", HV=hardness, K=160) == pytest.approx([80])
    assert roots("y = x**4 - 5 * x**2", "x", y=-4) == pytest.approx([-2, -1, 1, 2])


def test_no_equation_takes_long_to_solve() -> None:
    for text in (
        "y = ((x + a)**5 + (x + b)**5) / ((x - a)**7 + x)",
        "y = sin(x)**2 * exp(x) + log(x + a)**3 / cosh(x)",
        "y = (a*x + b)**(1/3) + (b*x + a)**(1/5) + x**0.377",
        "y = " + " + ".join(f"a{n} / (x + b{n})" for n in range(15)),
    ):
        model = make_model(text)
        start = time.perf_counter()
        left, right = parse_equation(text)
        candidates(left, right, next(one for one in right.free_symbols if str(one) == "x"))
        solve(model, "x", (0.1, 10)).roots({one.name: np.ones(2) for one in model.inputs("x")})
        assert time.perf_counter() - start < 3


def test_what_diverges_or_is_not_known_gives_nan() -> None:
    solution = solve(make_model("y = a / x"), "y")
    values = {"a": np.array([1, 1, np.nan, np.inf, 0]), "x": np.array([0, np.inf, 1, 1, 0.0])}
    assert np.isnan(solution.roots(values)).all()
    assert roots("y = exp(x)", "y", x=1e4) == []
    assert roots("y = (x - x) * a + 2 + 0 * b", "y", x=1, a=1, b=1) == [2]


@pytest.mark.parametrize("y", [1.0, 0.2, -0.1, -0.35])
def test_lamberts_function_is_found(y: float) -> None:
    expected = [lambertw(y, 0).real] if y > 0 else sorted(lambertw(y, k).real for k in (0, -1))
    assert roots("y = x * exp(x)", "x", y=y) == pytest.approx(expected, rel=1e-12)


def test_underflow_and_rounding_are_no_roots() -> None:
    assert roots("y = x * exp(x)", "x", y=0) == [0]  # and not all large negative numbers
    assert roots("y = coth(x) - 1/x", "x", y=0) == []  # 0/0 at its only zero
    assert roots("y = coth(x) - 1/x", "x", y=0.5) == pytest.approx([1.796755984723713])


def test_a_pole_is_no_root() -> None:
    assert roots("y = tan(x) + x**3", "x", (1, 2), y=10) == pytest.approx([1.4303563793509666])
    assert roots("y = 1 / (x - 1) + exp(-x)", "x", (0.5, 1.5), y=0) == []


def test_a_step_and_an_angle_lost_in_rounding_are_no_roots() -> None:
    assert roots("y = Abs(x) / x + 0 * exp(x)", "x", (-2, 2), y=0) == []
    assert min(np.abs(roots("y = sin(1.5 / x)", "x", (-20, 20), y=0.3))) > 1e-12
    assert roots("y = Max(2**x, acos(sin(x)))", "x", (-20, 20), y=3.25) == pytest.approx(
        [np.log2(3.25)]
    )


def test_the_larger_of_two_that_need_not_be_real_has_a_value() -> None:
    assert roots("y = Max(2, sqrt(z), log(-x))", "y", x=-np.exp(3), z=4) == pytest.approx([3])
    assert roots("y = Max(2, sqrt(z), log(-x))", "y", x=1, z=4) == []


def test_a_search_of_nothing_finds_nothing() -> None:
    solution = solve(make_model("y = x * exp(x) + a"), "x")
    assert solution.roots({"y": np.array([np.nan, 1]), "a": np.array([1, np.nan])}).shape == (1, 2)
    assert solution.roots({"y": np.zeros(0), "a": np.zeros(0)}).shape == (1, 0)
    assert solve(make_model("y = a * x"), "x").roots(
        {"y": np.zeros(0), "a": np.zeros(0)}
    ).shape == (1, 0)


def test_roots_that_nearly_meet_are_both_found_and_one_that_is_touched() -> None:
    peak = np.exp(-1)
    assert len(roots("y = x * exp(-x)", "x", (0, 10), y=peak * (1 - 1e-9))) == 2
    assert roots("y = x * exp(-x)", "x", (0, 10), y=peak) == pytest.approx([1], rel=1e-7)
    assert roots("y = x * exp(-x)", "x", (0, 10), y=peak * (1 + 1e-9)) == []


def test_planck_and_bose_functions_of_many_sets_at_once() -> None:
    x = np.geomspace(0.01, 2.5, 700)
    solution = solve(make_model("y = x**3 / (exp(x) - 1)"), "x", (1e-3, 50))
    found = solution.roots({"y": x**3 / np.expm1(x)})
    assert found.shape == (2, 700)  # one on either side of Wien's maximum
    assert found[0] == pytest.approx(x, rel=1e-9)
    nothing = solution.roots({"y": np.array([1.5, np.nan])})
    assert nothing.shape == (1, 2)
    assert np.isnan(nothing).all()


def test_the_lorenz_number_is_undone() -> None:
    equation = "L = (1.5 + exp(-Abs(S) / 116)) * 1.0e-8"
    assert roots(equation, "S", L=2e-8) == pytest.approx([-80.4050729, 80.4050729])
    assert roots(equation, "S", L=1.4e-8) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3, unique=True))
def test_all_roots_of_a_cubic_are_found(wanted: list[float]) -> None:
    a, b, c = sorted(round(one, 3) for one in wanted)
    if min(b - a, c - b) < 0.2:  # closer ones may be missed, as the module says
        return
    found = roots("y = (x - a) * (x - b) * (x - c) + x * 0", "x", (-6, 6), y=0, a=a, b=b, c=c)
    assert found == pytest.approx([a, b, c], rel=1e-6, abs=1e-9)


def test_a_closed_form_gives_roots_beyond_the_bounds_too() -> None:
    assert roots("y = x**2", "x", (0, None), y=4) == [-2, 2]
    assert roots("y = a * x", "x", (3, None), y=4, a=2) == [2]


# Slopes.


def test_slopes_of_all_models_are_those_of_central_differences() -> None:
    checked = 0
    for solution in load_library().solutions():
        if solution.model.equation is None:
            continue
        values = solution.model.examples[0].values
        given = {one.name: np.array([float(values[one.name])]) for one in solution.inputs}
        found = solution.roots(given)[:, 0]
        root = found[[np.nanargmin(np.abs(found - float(values[solution.target.name])))]]
        slopes = solution.derivatives(given, root)
        for name in given:
            if given[name][0] and np.isfinite(slopes[name][0]):
                expected, scale = _difference(solution, given, name, root)
                near = pytest.approx(expected, rel=1e-5, abs=1e-9 * scale)
                assert slopes[name][0] == near, (solution.model.name, solution.target.name, name)
                checked += 1
    assert checked > 100


def _difference(
    solution: Solution, given: dict[str, Values], name: str, root: Values
) -> tuple[float, float]:
    """Return the slope by central differences, and its natural size."""
    step = 1e-5 * np.abs(given[name])
    ends = []
    for sign in (1, -1):
        found = solution.roots({**given, name: given[name] + sign * step})[:, 0]
        ends.append(found[np.nanargmin(np.abs(found - root))])
    return float((ends[0] - ends[1]) / (2 * step[0])), float(abs(root[0] / given[name][0]))


def test_uncertainty_goes_through_a_root_as_uncertainties_does_it() -> None:
    # n from R = ((n - 1)/(n + 1))², which has n = (1 + sqrt R)/(1 - sqrt R)
    solution = solve(make_model("R = ((n - 1) / (n + 1))**2"), "n")
    reflectance = ufloat(0.3, 0.01)
    index = (1 + umath.sqrt(reflectance)) / (1 - umath.sqrt(reflectance))
    slopes = solution.derivatives({"R": np.array([0.3])}, np.array([index.n]))
    assert slopes["R"][0] == pytest.approx(index.derivatives[reflectance])


def test_slopes_have_a_shape_and_no_infinity() -> None:
    solution = solve(make_model("y = sqrt(x) + 2 * a"), "y")
    slopes = solution.derivatives({"x": np.array([0, 4.0]), "a": np.ones(2)}, np.ones(2))
    assert slopes["a"].tolist() == [2, 2]
    assert np.isnan(slopes["x"][0])
    assert slopes["x"][1] == 0.25
    at_a_turn = solve(make_model("y = x**2"), "x").derivatives({"y": np.zeros(1)}, np.zeros(1))
    assert np.isnan(at_a_turn["y"]).all()
    absolute = solve(make_model("y = Abs(log(x)) + Max(x, 2) + cbrt(x)"), "y")
    slope = absolute.derivatives({"x": np.array([0.5])}, np.ones(1))["x"]
    assert slope == pytest.approx(-2 + 0.5 ** (-2 / 3) / 3)


# Constraints, functions, mistakes.


def test_constraints_may_have_constants_and_infinite_sides() -> None:
    model = make_model("y = K * M", constraints=("K > 0.2 * mu_0 * M**2", "1 / M < 5"))
    (solution,) = solutions(model)
    values = {"K": np.array([1.0, 0.0, np.nan]), "M": np.array([1.0, 1e6, 0.0]), "y": np.ones(3)}
    broken = solution.broken(values)
    assert broken["K > 0.2 * mu_0 * M**2"].tolist() == [False, True, False]
    assert broken["1 / M < 5"].tolist() == [False, False, True]
    assert solution.broken({"K": np.ones(2), "M": np.ones(2), "y": np.ones(2)}).keys() == {
        *model.constraints
    }


def test_functions_without_a_value_give_nan() -> None:
    variables = {
        "M": Variable("M", "molar mass", "g/mol"),
        "formula": Variable("formula", FORMULA, ""),
    }
    model = Model("mass", "", "", variables, "M", ("M",), function="molar_mass")
    solution = solve_function(model)
    assert np.isnan(solution.roots({})).all()
    assert solution.roots({}, {"Xx": 1}).shape == (1, 1)  # type: ignore[dict-item]
    assert solution.derivatives({}, np.ones(1), {}) == {}


def test_mistakes_are_told_with_the_model() -> None:
    model = make_model("y = a * x")
    with pytest.raises(InputError, match="'m' has no variable 'q'"):
        solve(model, "q")
    with pytest.raises(InputError, match="no function"):
        solve_function(model)
    cancelled = solve(make_model("y = a + x - x"), "x")
    with pytest.raises(InputError, match="cancels"):
        cancelled.roots({"y": np.ones(1), "a": np.ones(1)})
