"""Worked examples of models: does each come out, for every variable that it is solved for?"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ner.formulas import composition

from .base import FORMULA, Composition, Example, Solution, Variable

if TYPE_CHECKING:
    from .library import Library

__all__ = ["ExampleResult", "check_examples"]


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What a model gave for one variable of a worked example.

    Attributes:
        model: its name.
        example: its number, from 1.
        variable: what was solved for.
        expected: its value in the example, in the model's unit.
        found: the nearest of the solutions; None where there is none.
        problem: what is wrong; empty where nothing is.
    """

    model: str
    example: int
    variable: str
    expected: float
    found: float | None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether it came out."""
        return not self.problem


def check_examples(library: "Library", models: Iterable[str] | None = None) -> list[ExampleResult]:
    """Return what comes out of the worked examples, for each model and variable.

    Args:
        library: with the models.
        models: names of those to check; None for all.
    """
    wanted = None if models is None else set(models)
    return [
        result
        for solution in library.solutions()
        if wanted is None or solution.model.name in wanted
        for result in _results(solution)
    ]


def _results(solution: Solution) -> Iterator[ExampleResult]:
    for number, example in enumerate(solution.model.examples, start=1):
        expected = float(example.values[solution.target.name])
        found = _nearest(solution, example, expected)
        yield ExampleResult(
            model=solution.model.name,
            example=number,
            variable=solution.target.name,
            expected=expected,
            found=found,
            problem=_problem(solution, example, expected, found),
        )


def _nearest(solution: Solution, example: Example, expected: float) -> float | None:
    """Return the solution that is nearest to what is expected."""
    values = _numbers(solution.inputs, example.values)
    roots = solution.roots(values, _composition(solution, example))[:, 0]
    real = roots[np.isfinite(roots)]
    return float(real[np.argmin(np.abs(real - expected))]) if len(real) else None


def _problem(solution: Solution, example: Example, expected: float, found: float | None) -> str:
    if found is None:
        return "no solution"
    if not math.isclose(found, expected, rel_tol=example.tolerance, abs_tol=1e-300):
        difference = f" ({found / expected - 1:+.2%})" if expected else ""
        return f"{found:.6g} instead of {expected:.6g}{difference}"
    broken = solution.broken(_numbers(solution.model.variables.values(), example.values))
    for constraint, fails in broken.items():
        if fails.any():
            return f"breaks the constraint {constraint}"
    return ""


def _numbers(
    variables: Iterable[Variable], values: Mapping[str, float | str]
) -> dict[str, NDArray[np.float64]]:
    """Return the values of variables as arrays of one, without that of a formula."""
    return {
        one.name: np.array([float(values[one.name])])
        for one in variables
        if one.stands_for != FORMULA
    }


def _composition(solution: Solution, example: Example) -> Composition | None:
    for one in solution.inputs:
        if one.stands_for == FORMULA:
            return composition(str(example.values[one.name]))
    return None
