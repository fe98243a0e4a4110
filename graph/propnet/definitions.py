"""Symbols and models made of the entries of library files, checked against one another.

What is wrong with an entry is said in an `InputError`, without the file and the entry's name,
which the caller knows.
"""

import hashlib
import inspect
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

from matlore.errors import InputError
from matlore.units import convert, fits, measure, same_dimension
from matlore.vocabulary import Term, find_term, load_terms

from .base import FORMULA, TEMPERATURE, Example, Model, Reference, Symbol, Variable
from .expressions import CONSTANTS, FUNCTIONS, names, parse_comparison, parse_equation
from .model_files import ExampleEntry, ModelEntry, SymbolEntry

__all__ = [
    "check_instead",
    "make_model",
    "make_symbol",
    "unit_factor",
    "vocabulary_symbols",
]

KELVIN = "K"
_OTHER = "other"  # the category of a property that no file has an entry for
_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi"
    " psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split()
)


def vocabulary_symbols() -> dict[str, Symbol]:
    """Return a symbol for each property with values that matlore's vocabulary has, by name."""
    return {
        term.name: _of_term(term, latex=_latex_of(term), category=_OTHER)
        for term in load_terms("property").values()
        if term.unit is not None
    }


def make_symbol(entry: SymbolEntry) -> Symbol:
    """Return a symbol as an entry has it.

    Raises:
        InputError: it changes a property of the vocabulary, or cannot be one itself.
    """
    term = load_terms("property").get(entry.name)
    made = _new_symbol(entry) if term is None else _known_symbol(entry, term)
    return replace(
        made,
        ignores=frozenset(entry.ignores),
        negligible=entry.negligible,
        instead=dict(entry.instead),
    )


def check_instead(symbol: Symbol, symbols: Mapping[str, Symbol]) -> None:
    """Check that values in other units are values of properties that there are.

    Raises:
        InputError: a unit or a property is unknown, or they do not go together.
    """
    for unit, name in symbol.instead.items():
        place = f"instead {unit}"
        if measure(unit) is None:
            raise InputError(f"{place}: is no unit that matlore knows; write it as in W/(m K)")
        if same_dimension(unit, symbol.unit):
            raise InputError(f"{place}: measures what the property's own unit does")
        other = symbols.get(name)
        if other is None:
            raise InputError(f"{place}: {_unknown(name)}")
        if not same_dimension(unit, other.unit):
            raise InputError(f"{place}: is no unit of {name!r}, which is in {other.unit}")


def make_model(entry: ModelEntry, symbols: Mapping[str, Symbol]) -> Model:
    """Return a model as an entry has it.

    Raises:
        InputError: something in it is unknown, contradicts something else, or is left out.
    """
    variables = _variables(entry, symbols)
    output = _function(entry) if entry.function else _equation(entry)
    if not variables[output].is_property:
        raise InputError(f"output {output}: must be a property, not {variables[output].stands_for}")
    for constraint in entry.constraints:
        _check_constraint(constraint, variables)
    made = Model(
        name=entry.name,
        about=entry.about,
        category=entry.category,
        variables=variables,
        output=output,
        solve_for=_solve_for(entry, variables, output),
        equation=entry.equation,
        function=entry.function,
        constraints=tuple(entry.constraints),
        assumptions=entry.assumptions,
        relative_error=entry.relative_error,
        references=tuple(Reference(one.text, one.doi) for one in entry.references),
        examples=tuple(
            _example(one, number, variables) for number, one in enumerate(entry.examples, start=1)
        ),
    )
    return replace(made, version=_version(made))


def unit_factor(unit: str, to: str) -> float:
    """Return what a value in a unit is multiplied by to have it in another.

    Raises:
        InputError: they measure different things, or one has a zero of its own.
    """
    for one in (unit, to):
        measured = measure(one)
        if measured is None:
            raise InputError(f"{one!r} is no unit that matlore knows; write it as in W/(m K)")
        if measured.offset:
            raise InputError(f"{one!r} has a zero of its own; use K")
    if not fits(to, unit):
        raise InputError(f"{to!r} does not measure what {unit!r} does")
    factor = convert(1.0, unit, to)
    if abs(convert(2.0, unit, to) / factor - 2.0) > 1e-9:
        raise InputError(f"{to!r} is not proportional to {unit!r}")
    return factor


# Symbols.


def _known_symbol(entry: SymbolEntry, term: Term) -> Symbol:
    """Return a property of the vocabulary with what an entry adds."""
    if term.unit is None:
        raise InputError("has no values in matlore's vocabulary; a symbol needs values")
    again = ("unit", "lower", "upper", "synonyms")
    if given := [key for key in again if key in entry.model_fields_set]:
        raise InputError(
            f"{given[0]}: is that of matlore's vocabulary, which has this property"
            f" (unit {term.unit}); leave it out"
        )
    return _of_term(term, latex=entry.latex, category=entry.category)


def _of_term(term: Term, *, latex: str, category: str) -> Symbol:
    assert term.unit is not None
    return Symbol(
        name=term.name,
        unit=term.unit,
        latex=latex,
        category=category,
        lower=term.lower,
        upper=term.upper,
        synonyms=term.synonyms,
    )


def _new_symbol(entry: SymbolEntry) -> Symbol:
    """Return a property that the vocabulary does not have."""
    if entry.name in (TEMPERATURE, FORMULA):
        raise InputError(f"{entry.name!r} is what variables may stand for besides properties")
    for spelling in (entry.name, *entry.synonyms):
        if owner := find_term(spelling, "property"):
            hint = "use that name" if owner.unit else "it has no values there; say something else"
            raise InputError(
                f"{spelling!r} is what matlore's vocabulary calls {owner.name!r}: {hint}"
            )
    if entry.unit is None:
        raise InputError("unit: is missing; write '1' for a plain number")
    try:
        unit_factor(entry.unit, entry.unit)
    except InputError as error:
        raise InputError(f"unit: {error}") from error
    if entry.lower is not None and entry.upper is not None and entry.lower >= entry.upper:
        raise InputError(f"lower ({entry.lower:g}) must be less than upper ({entry.upper:g})")
    return Symbol(
        name=entry.name,
        unit=entry.unit,
        latex=entry.latex,
        category=entry.category,
        lower=entry.lower,
        upper=entry.upper,
        synonyms=tuple(entry.synonyms),
        in_vocabulary=False,
    )


def _latex_of(term: Term) -> str:
    r"""Return how a property of the vocabulary is printed: `\Theta_{D}` for `Theta_D`."""
    if term.symbol is None:
        words = term.name.replace(" ", r"\ ").replace("-", r"\mathrm{-}").replace("'", "’")
        return rf"\mathrm{{{words}}}"
    return r"\ ".join(_latex_word(word) for word in term.symbol.split())


def _latex_word(word: str) -> str:
    base, mark, index = re.fullmatch(r"([^_^]*)([_^]?)(.*)", word, re.DOTALL).groups()  # type: ignore[union-attr]
    parts = re.split(r"([A-Za-z]+)", base.replace("*", "^{*}"))
    printed = "".join(rf"\{part}" if part in _GREEK else part for part in parts)
    return f"{printed}{mark}{{{index}}}" if mark else printed


# Models.


def _variables(entry: ModelEntry, symbols: Mapping[str, Symbol]) -> dict[str, Variable]:
    """Return the variables of a model with their units."""
    found: dict[str, Variable] = {}
    owners: dict[str, str] = {}
    for name, given in entry.variables.items():
        place = f"variables {name}"
        if name in CONSTANTS or name in FUNCTIONS:
            what = "constant" if name in CONSTANTS else "function"
            raise InputError(f"{place}: {name} is a {what}; call the variable something else")
        if first := owners.get(given.property):
            raise InputError(
                f"{place}: {first} stands for {given.property!r} too: a model must not give what"
                " it needs"
            )
        owners[given.property] = name
        try:
            unit = _unit_of(given.property, given.unit, symbols, is_function=bool(entry.function))
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
        found[name] = Variable(name, given.property, unit)
    return found


def _unit_of(
    stands_for: str, unit: str | None, symbols: Mapping[str, Symbol], *, is_function: bool
) -> str:
    """Return the unit of a variable, that of its property where none is given."""
    if stands_for == FORMULA:
        if not is_function:
            raise InputError("an equation cannot take a formula; only a function can")
        if unit is not None:
            raise InputError("a formula has no unit; leave it out")
        return ""
    if stands_for == TEMPERATURE:
        if unit not in (None, KELVIN):
            raise InputError(f"temperature is in K, not in {unit!r}")
        return KELVIN
    if stands_for not in symbols:
        raise InputError(_unknown(stands_for))
    own = symbols[stands_for].unit
    if unit is None:
        return own
    unit_factor(own, unit)
    return unit


def _unknown(name: str) -> str:
    """Return that there is no such property, and which may be meant."""
    term = find_term(name, "property")
    if term is not None and term.name != name:
        return f"no property is called {name!r}: use {term.name!r}"
    if term is not None:
        return f"{name!r} has no values in matlore's vocabulary"
    return (
        f"there is no property {name!r}: `matlore graph models --symbols` lists them; a new one"
        " needs an entry under `symbols`"
    )


def _equation(entry: ModelEntry) -> str:
    """Check an equation and return the variable that it gives."""
    if entry.equation is None:
        raise InputError("equation: is missing; a model has an equation or a function")
    try:
        left, _ = parse_equation(entry.equation)
        used = names(entry.equation)
    except InputError as error:
        raise InputError(f"equation: {error}") from error
    _check_names(used, entry.variables, "equation")
    if unused := sorted(set(entry.variables) - used):
        raise InputError(f"variables {unused[0]}: is not in the equation; leave it out")
    output = entry.equation.partition("=")[0].strip()
    if str(left) != output or output not in entry.variables:
        raise InputError(f"equation: must have one variable alone on its left, not {output!r}")
    if entry.output not in (None, output):
        raise InputError(f"output: is what is on the left of the equation: {output}")
    if output in names(entry.equation.partition("=")[2]):
        raise InputError(
            f"equation: {output} is on both sides: a model must not give what it needs"
        )
    return output


def _function(entry: ModelEntry) -> str:
    """Check a function and return the variable that it gives."""
    from .functions import FUNCTIONS as KNOWN

    if entry.equation is not None:
        raise InputError("function: a model has an equation or a function, not both")
    if entry.output not in entry.variables:
        raise InputError("output: must be the variable that the function gives")
    known = KNOWN.get(str(entry.function))
    if known is None:
        raise InputError(
            f"function: there is no {entry.function!r} (known: {', '.join(sorted(KNOWN))})"
        )
    wanted = set(inspect.signature(known, follow_wrapped=False).parameters)
    given = set(entry.variables) - {entry.output}
    if wanted != given:
        listed = ", ".join(sorted(wanted))
        raise InputError(
            f"function: {entry.function} takes {listed}, not {', '.join(sorted(given))}"
        )
    return str(entry.output)


def _check_constraint(text: str, variables: Mapping[str, Variable]) -> None:
    try:
        parse_comparison(text)
        used = names(text)
    except InputError as error:
        raise InputError(f"constraints {text!r}: {error}") from error
    numeric = {name for name, one in variables.items() if one.stands_for != FORMULA}
    _check_names(used, numeric, f"constraints {text!r}")


def _check_names(used: Iterable[str], variables: Iterable[str], place: str) -> None:
    """Check that all that an expression mentions is a variable or a constant."""
    if unknown := sorted(set(used) - set(variables) - set(CONSTANTS)):
        raise InputError(
            f"{place}: {unknown[0]} is neither a variable nor a constant"
            f" (constants: {', '.join(CONSTANTS)})"
        )


def _solve_for(
    entry: ModelEntry, variables: Mapping[str, Variable], output: str
) -> tuple[str, ...]:
    """Return what a model may be solved for, the output first."""
    properties = [name for name, one in variables.items() if one.is_property]
    wanted = entry.solve_for or ([output] if entry.function else properties)
    for name in wanted:
        if name not in variables:
            raise InputError(f"solve_for: {name!r} is no variable of the model")
        if name not in properties:
            raise InputError(f"solve_for: {name} is no property and cannot be derived")
        if entry.function and name != output:
            raise InputError(f"solve_for: a function gives its output alone, not {name}")
    return tuple(sorted(dict.fromkeys(wanted), key=lambda name: name != output))


def _example(entry: ExampleEntry, number: int, variables: Mapping[str, Variable]) -> Example:
    """Return a worked example with a value of the right kind for each variable."""
    place = f"examples {number}"
    if missing := [name for name in variables if name not in entry.values]:
        raise InputError(f"{place}: has no value of {missing[0]}")
    if unknown := [name for name in entry.values if name not in variables]:
        raise InputError(f"{place}: {unknown[0]!r} is no variable of the model")
    for name, value in entry.values.items():
        is_text = isinstance(value, str)
        if is_text != (variables[name].stands_for == FORMULA):
            wanted = "a number such as 3 or 1.0e+9" if is_text else "a formula, in quotes"
            raise InputError(f"{place}: {name} must be {wanted}: {value!r}")
        if variables[name].stands_for == TEMPERATURE and float(value) < 0:
            raise InputError(f"{place}: {name} is below absolute zero: {value:g} K")
    return Example(dict(entry.values), entry.tolerance, entry.source)


def _version(model: Model) -> str:
    text = json.dumps(asdict(model), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
