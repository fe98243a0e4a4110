"""Models solved for one of their variables: all real roots, derivatives, broken constraints.

Where an equation has a closed form for a variable, that is used, and each root is put into the
equation; else roots are searched within the bounds of the variable. All is done for arrays, and
nothing is compiled before it is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import sympy
from numpy.typing import NDArray

from matlore.errors import InputError

from .base import FORMULA, Composition, Model, Solution, Variable
from .compiling import Compiled, compile_expressions
from .equation_forms import EquationForm, equation_form, finite, symbols_of
from .expressions import comparisons
from .root_search import grid_within

__all__ = [
    "EquationSolution",
    "FunctionSolution",
    "solutions",
    "solve",
    "solve_function",
]

Values = NDArray[np.float64]
Bounds = tuple[float | None, float | None]

_UNBOUNDED: Bounds = (None, None)
_STEP = 1e-5
_STEP_AT_ZERO = 1e-8
_ZERO = np.zeros(1)


def solutions(model: Model, bounds: Mapping[str, Bounds] | None = None) -> tuple[Solution, ...]:
    """Return a model solved for each variable that it may be solved for.

    Args:
        model: an equation or a function.
        bounds: by variable, in the model's units; what is not there is not bounded.
    """
    bounds = bounds or {}
    if model.equation is None:
        return (solve_function(model),)
    return tuple(solve(model, target, bounds.get(target, _UNBOUNDED)) for target in model.solve_for)


def solve(model: Model, target: str, bounds: Bounds = _UNBOUNDED) -> Solution:
    """Return an equation solved for a variable.

    Args:
        model: with an equation.
        target: the variable.
        bounds: of the variable, in the model's unit. Roots are searched within them; those of a
            closed form are all given, so that a caller can tell why none may stand.

    Raises:
        InputError: the model has no such variable, or no equation.
    """
    if model.equation is None:
        raise InputError(f"model {model.name!r} has no equation: it is a function")
    return EquationSolution(model, _variable(model, target), model.inputs(target), bounds)


def solve_function(model: Model) -> Solution:
    """Return a model that is a function, which gives its output only.

    Raises:
        InputError: the model is none, or there is no such function.
    """
    from .functions import FUNCTIONS

    function = FUNCTIONS.get(model.function or "")
    if function is None:
        raise InputError(f"model {model.name!r}: there is no function {model.function!r}")
    target = _variable(model, model.output)
    return FunctionSolution(model, target, model.inputs(model.output), function)


def _variable(model: Model, name: str) -> Variable:
    if name not in model.variables:
        known = ", ".join(model.variables)
        raise InputError(f"model {model.name!r} has no variable {name!r} (variables: {known})")
    return model.variables[name]


@dataclass(eq=False)
class _Solved:
    """What both kinds of models have in common.

    Attributes:
        model: the model.
        target: the variable that it is solved for.
        inputs: the others.
        direct: whether the target is the model's output.
    """

    model: Model
    target: Variable
    inputs: tuple[Variable, ...]
    direct: bool = field(init=False)

    def __post_init__(self) -> None:
        self.direct = self.target.name == self.model.output

    @cached_property
    def _numeric(self) -> tuple[str, ...]:
        """The inputs that are numbers."""
        return tuple(one.name for one in self.inputs if one.stands_for != FORMULA)

    def broken(self, values: Mapping[str, Values]) -> dict[str, NDArray[np.bool_]]:
        """Return where constraints do not hold, by their texts; a NaN breaks none."""
        if not self.model.constraints:
            return {}
        every = tuple(values)
        given = _arrays(values, every)
        like = np.broadcast_shapes((1,), *(one.shape for one in given))
        function, relations = _constraints(self.model.constraints, every)
        with np.errstate(all="ignore"):
            sides = iter(function(*given))
            found = {}
            for text, some in relations:
                fails = np.zeros(like, bool)
                for relation in some:
                    fails |= _OPPOSITE[relation](next(sides), next(sides))
                found[text] = fails
        return found


_OPPOSITE: Mapping[str, Callable[..., NDArray[np.bool_]]] = {
    "<": np.greater_equal,
    "<=": np.greater,
    ">": np.less_equal,
    ">=": np.less,
}


@lru_cache(maxsize=4096)
def _constraints(
    texts: tuple[str, ...], names: tuple[str, ...]
) -> tuple[Compiled, list[tuple[str, list[str]]]]:
    """Return what gives both sides of all comparisons, and the relations by constraint."""
    sides: list[sympy.Expr] = []
    relations = []
    for text in texts:
        parts = comparisons(text)
        sides += [side for left, _, right in parts for side in (left, right)]
        relations.append((text, [relation for _, relation, _ in parts]))
    _check_known(set().union(*(one.free_symbols for one in sides)), names, "constraints")
    return compile_expressions(sides, symbols_of(names)), relations


def _check_known(symbols: set[sympy.Symbol], names: Sequence[str], what: str) -> None:
    if unknown := {str(one) for one in symbols} - set(names):
        raise InputError(f"{what}: there is no value for {sorted(unknown)[0]}")


@dataclass(eq=False)
class EquationSolution(_Solved):
    """An equation solved for a variable.

    Attributes:
        bounds: of the variable, in the model's unit.
    """

    bounds: Bounds = _UNBOUNDED

    @cached_property
    def _form(self) -> EquationForm:
        try:
            return equation_form(str(self.model.equation), self.target.name, self._numeric)
        except InputError as error:
            raise InputError(f"model {self.model.name!r}: {error}") from error

    @cached_property
    def _grid(self) -> Values:
        return grid_within(*self.bounds)

    def roots(self, values: Mapping[str, Values], composition: Composition | None = None) -> Values:
        """Return all real solutions, (k, n), sorted, the NaNs last."""
        given = _arrays(values, self._numeric)
        with np.errstate(all="ignore"):
            total = sum(given, _ZERO)  # is finite where all are
            found = self._roots(given, total.shape)
            if np.isfinite(total).all() and np.isfinite(found).all():
                return found
            good = np.logical_and.reduce([np.isfinite(one) for one in given])
            return np.where(good & np.isfinite(found), found, np.nan)

    def _roots(self, given: list[Values], shape: tuple[int, ...]) -> Values:
        form = self._form
        if form.explicit is not None:
            found = np.asarray(form.explicit(*given)[0])
            return np.array(np.broadcast_to(found, shape))[np.newaxis]
        if form.candidates is not None:
            return form.closed(given, shape)
        return form.searched(given, shape, self._grid)

    def derivatives(
        self,
        values: Mapping[str, Values],
        root: Values,
        composition: Composition | None = None,
    ) -> dict[str, Values]:
        """Return how a solution changes with each input, (n,), exactly; NaN where it is not told.

        Args:
            values: of the inputs, (n,) each.
            root: the solution, (n,).
            composition: is not looked at.
        """
        given = _arrays(values, self._numeric)
        compiled, implicit = self._form.slopes
        with np.errstate(all="ignore"):
            by_target, *by_inputs = compiled(*given, root)
            if implicit:
                by_inputs = [-np.asarray(one) / by_target for one in by_inputs]
            shape = np.shape(root)
            return {
                name: finite(one if np.shape(one) == shape else np.full(shape, one))
                for name, one in zip(self._numeric, by_inputs, strict=True)
            }


@dataclass(eq=False)
class FunctionSolution(_Solved):
    """A function, which gives its output only.

    Attributes:
        function: takes its variables by name.
    """

    function: Callable[..., Values]

    def roots(self, values: Mapping[str, Values], composition: Composition | None = None) -> Values:
        """Return the only solution, (1, n)."""
        given = dict(zip(self._numeric, _arrays(values, self._numeric), strict=True))
        shape = np.broadcast_shapes((1,), *(one.shape for one in given.values()))
        with np.errstate(all="ignore"):
            return self._values(given, composition, shape)[np.newaxis]

    def _values(
        self,
        given: Mapping[str, Values],
        composition: Composition | None,
        shape: tuple[int, ...],
    ) -> Values:
        formulas = [one.name for one in self.inputs if one.stands_for == FORMULA]
        if formulas and composition is None:
            return np.full(shape, np.nan)
        found = self.function(**given, **dict.fromkeys(formulas, composition))
        good = np.logical_and.reduce([np.isfinite(one) for one in given.values()], initial=True)
        return np.where(good & np.isfinite(found), found, np.full(shape, np.nan))

    def derivatives(
        self,
        values: Mapping[str, Values],
        root: Values,
        composition: Composition | None = None,
    ) -> dict[str, Values]:
        """Return how it changes with each input, (n,), by central differences.

        Args:
            values: of the inputs, (n,) each.
            root: the solution, (n,), is not looked at.
            composition: for a function that takes one.
        """
        given = dict(zip(self._numeric, _arrays(values, self._numeric), strict=True))
        shape = np.shape(root)
        found = {}
        with np.errstate(all="ignore"):
            for name, value in given.items():
                step = np.where(value == 0, _STEP_AT_ZERO, _STEP * np.abs(value))
                up, down = value + step, value - step
                above = self._values({**given, name: up}, composition, shape)
                below = self._values({**given, name: down}, composition, shape)
                found[name] = finite((above - below) / (up - down))
        return found


def _arrays(values: Mapping[str, Values], names: Sequence[str]) -> list[Values]:
    return [np.asarray(values[name], dtype=np.float64) for name in names]
