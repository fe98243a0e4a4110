"""Equations and comparisons read from text, safely: nothing in them is ever run as Python.

A text is cut into tokens of a short list, read by Python's own grammar, and turned into a sympy
expression node by node. What is not on the list is refused. Sympy simplifies as it goes, so that
`sqrt(x)**2` is `x`, also where `x` is negative.
"""

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from types import MappingProxyType
from typing import Any

import sympy
from scipy import constants

from matlore.errors import InputError

from .real_functions import cube_root, larger, smaller

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "comparisons",
    "names",
    "parse_comparison",
    "parse_equation",
]

CONSTANTS: Mapping[str, float] = MappingProxyType(
    {
        "pi": constants.pi,
        "k_B": constants.k,
        "e_0": constants.e,
        "h_P": constants.h,
        "hbar": constants.hbar,
        "m_e": constants.m_e,
        "m_u": constants.m_u,
        "N_A": constants.N_A,
        "c_0": constants.c,
        "eps_0": constants.epsilon_0,
        "mu_0": constants.mu_0,
        "mu_B": constants.physical_constants["Bohr magneton"][0],
        "R_gas": constants.R,
        "F_const": constants.physical_constants["Faraday constant"][0],
        "Phi_0": constants.physical_constants["mag. flux quantum"][0],
    }
)
"""By name, in SI units; `e_0` is the elementary charge, `F_const` Faraday's constant."""


FUNCTIONS: Mapping[str, Callable[..., sympy.Expr]] = MappingProxyType(
    {
        "sqrt": sympy.sqrt,
        "cbrt": cube_root,
        "exp": sympy.exp,
        "log": sympy.log,
        "sin": sympy.sin,
        "cos": sympy.cos,
        "tan": sympy.tan,
        "asin": sympy.asin,
        "acos": sympy.acos,
        "atan": sympy.atan,
        "sinh": sympy.sinh,
        "cosh": sympy.cosh,
        "tanh": sympy.tanh,
        "coth": sympy.coth,
        "Abs": sympy.Abs,
        "Min": lambda *parts: reduce(smaller, parts),
        "Max": lambda *parts: reduce(larger, parts),
    }
)
"""By name; `log` is the natural logarithm."""

_LONGEST = 2_000
_DEEPEST = 100
_MOST_NESTED = 50
_GREATEST_EXPONENT = 64
_MOST_ARGUMENTS = 10
_EXACT = 2**53
_SHOWN = 40

_TOKEN = re.compile(
    r"\s+"
    r"|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])"
    r"|[A-Za-z]\w*"
    r"|\*\*|<=|>=|[-+*/(),<>=]",
    re.ASCII,
)
_OPERATIONS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_RELATIONS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@lru_cache(maxsize=4096)
def parse_equation(text: str) -> tuple[sympy.Expr, sympy.Expr]:
    """Return both sides of an equation.

    Raises:
        InputError: it is no equation, or has something that no equation may have.
    """
    _check_tokens(text)
    if text.count("=") != 1 or "<" in text or ">" in text:
        raise InputError(f"not an equation, left = right: {_shown(text)}")
    left, _, right = text.partition("=")
    return _converted(_tree(left)), _converted(_tree(right))


def parse_comparison(text: str) -> sympy.Basic:
    """Return a comparison, or several joined by `And` for `a < b < c`.

    Raises:
        InputError: it is none, or has something that none may have.
    """
    return sympy.And(
        *(sympy.Rel(left, right, relation) for left, relation, right in comparisons(text))
    )


@lru_cache(maxsize=4096)
def comparisons(text: str) -> tuple[tuple[sympy.Expr, str, sympy.Expr], ...]:
    """Return the comparisons that a text makes: left, `<`, `<=`, `>` or `>=`, and right.

    Raises:
        InputError: it makes none, or has something that none may have.
    """
    tree = _tree(text)
    if not isinstance(tree, ast.Compare):
        raise InputError(f"not a comparison such as kappa > 0: {_shown(text)}")
    relations = [_RELATIONS.get(type(one)) for one in tree.ops]
    if None in relations:
        raise InputError(f"compares by something else than < <= > >=: {_shown(text)}")
    sides = [_converted(one) for one in (tree.left, *tree.comparators)]
    return tuple(
        (left, str(relation), right)
        for left, relation, right in zip(sides, relations, sides[1:], strict=False)
    )


def names(text: str) -> set[str]:
    """Return the variables that an equation, comparison or expression mentions.

    Constants and functions are none.

    Raises:
        InputError: it has something that none of them may have.
    """
    _check_tokens(text)
    found: set[str] = set()
    for part in re.split(r"[<>]=?|=", text):
        tree = _tree(part)
        _converted(tree)
        called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        found |= {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and id(node) not in called
        }
    return found - set(CONSTANTS)


# Text to tree.


def _shown(text: str) -> str:
    """Quote a text, the beginning of a long one."""
    text = " ".join(text.split())
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _check_tokens(text: str) -> None:
    if len(text) > _LONGEST:
        raise InputError(f"longer than {_LONGEST:,} characters: {_shown(text)}")
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise InputError(f"cannot read {_shown(text[place:])} in {_shown(text)}")
        place = found.end()


def _tree(text: str) -> ast.expr:
    _check_tokens(text)
    flat = " ".join(text.split())
    if not flat:
        raise InputError("there is nothing to read on one side")
    try:
        tree = ast.parse(flat, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise InputError(f"cannot be read: {_shown(text)}") from error
    _check_depth(tree, flat)
    return tree


def _check_depth(tree: ast.expr, text: str) -> None:
    """Refuse what is nested deeply; a long sum is so for Python, but not for sympy."""
    waiting = [(tree, 0, 0)]
    while waiting:
        node, depth, nested = waiting.pop()
        if depth >= _DEEPEST or nested >= _MOST_NESTED:
            raise InputError(f"nested too deeply, more than {_MOST_NESTED}: {_shown(text)}")
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                goes_on = isinstance(node, ast.BinOp) and child is node.left
                waiting.append((child, depth + 1, nested + (not goes_on)))


# Tree to expression.


def _converted(tree: ast.expr) -> sympy.Expr:
    try:
        found = _convert(tree)
    except RecursionError as error:
        raise InputError(f"nested too deeply: {_shown(ast.unparse(tree))}") from error
    except (ArithmeticError, TypeError, ValueError) as error:  # sympy has many ways to refuse
        raise InputError(f"cannot be read: {_shown(ast.unparse(tree))}") from error
    if found.has(sympy.I, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        raise InputError(f"is never a real number: {_shown(ast.unparse(tree))}")
    return found


def _convert(node: ast.expr) -> sympy.Expr:
    """Turn a node into an expression, numbers worked out."""
    match node:
        case ast.Constant():
            return _number(node)
        case ast.Name():
            return _name(node.id)
        case ast.UnaryOp(op=ast.USub()):
            return _finished(-_convert(node.operand), node)
        case ast.UnaryOp(op=ast.UAdd()):
            return _convert(node.operand)
        case ast.BinOp() if type(node.op) in _OPERATIONS:
            return _finished(_operation(node), node)
        case ast.Call(func=ast.Name()):
            return _finished(_call(node), node)
    raise InputError(f"cannot read {_shown(ast.unparse(node))} here")


def _number(node: ast.Constant) -> sympy.Expr:
    if type(node.value) not in (int, float):  # not bool, which is a kind of int
        raise InputError(f"cannot read {_shown(ast.unparse(node))} here")
    return _value(node.value, node)


def _value(value: Any, node: ast.expr) -> sympy.Expr:
    """Return a number: exact where it is whole, or a fraction of no great numbers."""
    if isinstance(value, sympy.Rational) and max(abs(value.p), value.q) < _EXACT:
        return value
    try:
        number = float(value)
    except (TypeError, OverflowError) as error:
        what = "is too large" if isinstance(error, OverflowError) else "is no real number"
        raise InputError(f"{_shown(ast.unparse(node))} {what}") from error
    if not abs(number) < float("inf"):
        raise InputError(f"{_shown(ast.unparse(node))} is no finite number")
    whole = number.is_integer() and abs(number) < _EXACT
    return sympy.Integer(int(number)) if whole else sympy.Float(number)


def _name(name: str) -> sympy.Expr:
    if name in FUNCTIONS:
        raise InputError(f"{name} is a function: it needs an argument in parentheses")
    if name in CONSTANTS:
        return sympy.Float(CONSTANTS[name])
    return sympy.Symbol(name, real=True)


def _operation(node: ast.BinOp) -> sympy.Expr:
    left, right = _convert(node.left), _convert(node.right)
    match node.op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            if right == 0:
                raise InputError(f"divides by zero: {_shown(ast.unparse(node))}")
            return left / right
    return _power(left, right, node)


def _power(base: sympy.Expr, exponent: sympy.Expr, node: ast.expr) -> sympy.Expr:
    """Return a power; sympy would work out any whole power of a whole number, so none is huge."""
    if not exponent.is_number:
        return base**exponent
    if base.is_number:
        try:
            raised = float(base) ** float(exponent)
        except (OverflowError, ZeroDivisionError) as error:
            raise InputError(f"{_shown(ast.unparse(node))} is no finite number") from error
        exact = exponent.is_Integer and isinstance(raised, float) and abs(raised) < _EXACT
        return base**exponent if exact and abs(raised) >= 1 / _EXACT else raised
    within = [abs(one.exp) for one in base.atoms(sympy.Pow) if one.exp.is_number]
    if abs(exponent) * max([1, *within]) > _GREATEST_EXPONENT:
        raise InputError(
            f"raises to more than the power {_GREATEST_EXPONENT}: {_shown(ast.unparse(node))}"
        )
    return base ** _fraction(exponent)


def _fraction(exponent: sympy.Expr) -> sympy.Expr:
    """Return 0.5 as 1/2, which sympy can do more with; 0.137 as it is."""
    twelfths = 12 * float(exponent)
    return sympy.Rational(int(twelfths), 12) if twelfths.is_integer() else exponent


def _call(node: ast.Call) -> sympy.Expr:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS:
        raise InputError(f"no function is called {name!r} (functions: {', '.join(FUNCTIONS)})")
    if node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
        raise InputError(f"{name} takes plain arguments only: {_shown(ast.unparse(node))}")
    several = name in ("Min", "Max")
    least, most = (2, _MOST_ARGUMENTS) if several else (1, 1)
    if not least <= len(node.args) <= most:
        wanted = f"{least} to {most}" if several else "one"
        raise InputError(
            f"wrong number of arguments: {name} takes {wanted}: {_shown(ast.unparse(node))}"
        )
    return FUNCTIONS[name](*(_convert(one) for one in node.args))


def _finished(found: Any, node: ast.expr) -> sympy.Expr:
    """Work out what has no variables, so that nothing grows in sympy's exact arithmetic."""
    if not isinstance(found, sympy.Basic) or not found.free_symbols:
        return _value(found, node)
    return found
