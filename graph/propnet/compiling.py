"""Sympy expressions turned into numpy functions.

Not with `sympy.lambdify`: this keeps all digits of numbers, works out each part that occurs
several times once, takes scalars in `Max`, and compiles in a tenth of the time. The source is
made of numbered variables, numbers and the functions listed here; no text of a file goes in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from .real_functions import absolute, cube_root, larger, sign, smaller, step

__all__ = ["Compiled", "compile_expressions", "derivative"]

Values = NDArray[np.float64]
Compiled = Callable[..., tuple[Any, ...]]
"""Takes (n,) for each name, gives for each expression (n,), or a number where it has no variables.

It warns as numpy does; callers that do not want it set `numpy.errstate`.
"""


_CALLS: Mapping[type[sympy.Basic], str] = MappingProxyType(
    {
        sympy.exp: "exp",
        sympy.log: "log",
        sympy.sin: "sin",
        sympy.cos: "cos",
        sympy.tan: "tan",
        sympy.asin: "arcsin",
        sympy.acos: "arccos",
        sympy.atan: "arctan",
        sympy.sinh: "sinh",
        sympy.cosh: "cosh",
        sympy.tanh: "tanh",
        sympy.asinh: "arcsinh",
        sympy.acosh: "arccosh",
        sympy.atanh: "arctanh",
        sympy.Abs: "absolute",
        absolute: "absolute",
        sympy.sign: "sign",
        sign: "sign",
        cube_root: "cbrt",
        larger: "maximum",
        smaller: "minimum",
        step: "step",
    }
)
_NUMPY = {name: getattr(np, name) for name in {*_CALLS.values(), "sqrt"} - {"step"}}
_GLOBALS: Mapping[str, Any] = MappingProxyType(
    {**_NUMPY, "nan": np.float64("nan"), "step": lambda x: np.heaviside(x, 0.5)}
)


def derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Return the derivative, that of an absolute value at zero being zero."""
    return expression.replace(sympy.Abs, absolute).diff(symbol)


def compile_expressions(
    expressions: Iterable[sympy.Expr], names: Sequence[sympy.Symbol]
) -> Compiled:
    """Return a function that takes the variables in order and gives all expressions."""
    source = _Source(names)
    results = [source.add(one) for one in expressions]
    arguments = ", ".join(f"v{place}" for place in range(len(names)))
    lines = [*source.lines, f"return ({''.join(f'{one}, ' for one in results)})"]
    body = "\n    ".join(lines)
    space = {**_GLOBALS, "__builtins__": {}}
    exec(f"def compiled({arguments}):\n    {body}\n", space)
    made: Compiled = space["compiled"]
    return made


class _Source:
    """Lines of Python, one for each part of expressions, and what each part is called."""

    def __init__(self, names: Sequence[sympy.Symbol]) -> None:
        self.lines: list[str] = []
        self._known: dict[sympy.Basic, str] = {
            symbol: f"v{place}" for place, symbol in enumerate(names)
        }
        self._written: dict[str, str] = {}

    def add(self, part: sympy.Basic) -> str:
        """Return what holds the value of a part."""
        if part not in self._known:
            self._known[part] = (
                self._number(part) if part.is_number else self._held(self._text(part))
            )
        return self._known[part]

    @staticmethod
    def _number(part: sympy.Basic) -> str:
        try:
            number = float(part)
        except (TypeError, OverflowError):  # complex, or too large
            return "nan"
        return f"({number!r})" if abs(number) < float("inf") else "nan"

    def _held(self, text: str) -> str:
        """Return what holds the value of a line, written once."""
        if text not in self._written:
            self._written[text] = f"t{len(self.lines)}"
            self.lines.append(f"{self._written[text]} = {text}")
        return self._written[text]

    def _text(self, part: sympy.Basic) -> str:
        if part.is_Add:
            return self._sum(part)
        if part.is_Mul:
            return self._product(part)
        if part.is_Pow:
            return self._power(part.base, part.exp)
        inner = [self.add(one) for one in part.args]
        if isinstance(part, sympy.coth):
            return f"1.0 / {self._held(f'tanh({inner[0]})')}"
        name = _CALLS.get(type(part))
        return "nan" if name is None else f"{name}({', '.join(inner)})"

    def _sum(self, part: sympy.Add) -> str:
        text = ""
        for one in sorted(part.args, key=_is_negative):
            negative = _is_negative(one)
            text += f" {'-' if negative else '+'} {self.add(-one if negative else one)}"
        return text.removeprefix(" + ").strip()

    def _product(self, part: sympy.Mul) -> str:
        above, below = [], []
        for one in part.args:
            if one.is_Pow and _is_negative(one.exp):
                below.append(self.add(1 / one))
            elif one != -1:
                above.append(self.add(one))
        sign = "-" if -1 in part.args else ""
        top = sign + (" * ".join(above) or "1.0")
        if not below:
            return top
        bottom = below[0] if len(below) == 1 else self._held(" * ".join(below))
        return f"{top} / {bottom}"

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> str:
        if _is_negative(exponent):
            return f"1.0 / {self.add(base**-exponent)}"
        inside = self.add(base)
        if exponent == sympy.Rational(1, 2):
            return f"sqrt({inside})"
        if exponent in (2, 3):
            return " * ".join([inside] * int(exponent))
        return f"{inside} ** {self.add(exponent)}"


def _is_negative(part: sympy.Expr) -> bool:
    """Return whether it has a minus before it."""
    return bool(part.as_coeff_Mul()[0].is_negative)
