"""Equations are read, never run."""

import math

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from graph.propnet.expressions import CONSTANTS, names, parse_comparison, parse_equation
from matlore.errors import InputError


@pytest.mark.parametrize(
    "text",
    [
        "y = __import__('os').system('true')",
        "y = x.real",
        "y = x[0]",
        "y = [x for x in (1, 2)]",
        "y = (lambda: 1)()",
        "y = 'text'",
        "y = f'{x}'",
        "y = x if x > 0 else 1",
        "y = x and z",
        "y = not x",
        "y = eval(x)",
        "y = open(x)",
        "y = exec(x)",
        "y = sqrt(x, evaluate=1)",
        "y = sqrt(*x)",
        "y = sqrt()",
        "y = sqrt(x, z)",
        "y = Min(x)",
        "y = _x",
        "y = __builtins__",
        "y = 9**9**9",
        "y = x**1000",
        "y = 1e999",
        "y = 1j * x",
        "y = True",
        "y = None",
        "y = x // 2",
        "y = x % 2",
        "y = x @ z",
        "y = x << 2",
        "y = ~x",
        "y = (z := 3)",
        "y = {x}",
        "y = x, z",
        "y = await x",
        "y == x",
        "y",
        "y = ",
        "= x",
        "y = x = z",
        "y = x; import os",
        "y = " + "(" * 300 + "x" + ")" * 300,
        "y = " + "-" * 200 + "x",
        "y = " + " + ".join(["x"] * 1000),
        "y = x\n+ 1) * (2",
        "y = sympy.sqrt(x)",
        "y = x()",
        "y = \x00",
    ],
)
def test_what_is_no_equation_is_refused_and_never_run(text: str) -> None:
    with pytest.raises(InputError):
        parse_equation(text)


@pytest.mark.parametrize(
    "text", ["x", "x = 1", "x == 1", "x != 1", "x in y", "x is y", "x > open(y)", "x > 0 and y > 0"]
)
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_comparison(text)


def test_names_may_be_those_of_sympys_objects() -> None:
    assert names("E = S * N + I * Q * beta") == {"E", "S", "N", "I", "Q", "beta"}
    left, right = parse_equation("S = I**2")
    assert left == sympy.Symbol("S", real=True)
    assert right == sympy.Symbol("I", real=True) ** 2
    assert names("0 < kappa <= x") == {"kappa", "x"}


def test_constants_are_those_of_codata() -> None:
    assert CONSTANTS["k_B"] == 1.380649e-23
    assert CONSTANTS["e_0"] == 1.602176634e-19
    assert CONSTANTS["F_const"] == pytest.approx(96485.33212)
    assert CONSTANTS["Phi_0"] == pytest.approx(2.067833848e-15)
    assert names("y = pi * k_B * T") - set(CONSTANTS) == {"y", "T"}
    assert CONSTANTS["N_A"] * CONSTANTS["k_B"] == pytest.approx(CONSTANTS["R_gas"], rel=1e-12)


def _texts(depth: int = 3) -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["x", "y", "2", "0.5", "3.25", "pi"])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(" ".join).map("({})".format),
            inner.map(lambda one: f"sqrt(1 + {one}**2)"),
            inner.map(lambda one: f"sin({one})"),
            inner.map(lambda one: f"(-{one})"),
        ),
        max_leaves=2**depth,
    )  # fmt: skip


@given(_texts(), st.floats(0.1, 3), st.floats(0.1, 3))
def test_an_expression_has_the_value_that_it_says(text: str, x: float, y: float) -> None:
    try:
        expected = eval(text, {"sqrt": math.sqrt, "sin": math.sin, "pi": math.pi, "x": x, "y": y})
    except ZeroDivisionError:
        return
    _, right = parse_equation(f"z = {text}")
    found = sympy.lambdify(
        [sympy.Symbol("x", real=True), sympy.Symbol("y", real=True)], right, modules="numpy"
    )
    with np.errstate(all="ignore"):
        value = complex(found(x, y))
    if math.isfinite(abs(value)) and abs(expected) < 1e6:
        assert value.real == pytest.approx(expected, rel=1e-6, abs=1e-6)
