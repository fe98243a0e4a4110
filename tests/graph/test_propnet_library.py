"""The library that ships: its models come out as their references say, its symbols are in order."""

import copy
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from graph.propnet.base import FORMULA, TEMPERATURE, Variable
from graph.propnet.definitions import unit_factor
from graph.propnet.examples import ExampleResult, check_examples
from graph.propnet.library import load_library
from graph.propnet.reference_page import library_markdown
from matlore.errors import InputError
from matlore.vocabulary import load_terms

LIBRARY = load_library()
CATEGORIES = set(
    "transport thermal electronic optical magnetic dielectric piezoelectric mechanical structural"
    " superconducting solar electrochemical composition".split()
)


@lru_cache(maxsize=1)
def _results() -> dict[str, list[ExampleResult]]:
    found: dict[str, list[ExampleResult]] = {}
    for one in check_examples(LIBRARY):
        found.setdefault(one.model, []).append(one)
    return found


@pytest.mark.parametrize("name", LIBRARY.models)
def test_the_examples_of_a_model_come_out(name: str) -> None:
    model = LIBRARY.models[name]
    results = _results()[name]
    assert len(results) == len(model.examples) * len(model.solve_for)
    assert [f"{one.example} {one.variable}: {one.problem}" for one in results if not one.ok] == []


@pytest.mark.parametrize("name", LIBRARY.models)
def test_the_examples_of_a_model_are_within_the_bounds_of_its_symbols(name: str) -> None:
    model = LIBRARY.models[name]
    outside = []
    for example in model.examples:
        for variable in model.variables.values():
            if variable.stands_for == FORMULA:
                continue
            low, high = LIBRARY.bounds(variable)
            value = float(example.values[variable.name])
            if not (low is None or low <= value) or not (high is None or value <= high):
                outside.append((variable.name, value, low, high))
    assert not outside


@pytest.mark.parametrize("name", LIBRARY.models)
def test_a_model_says_where_it_is_from(name: str) -> None:
    model = LIBRARY.models[name]
    assert model.references
    assert model.category in CATEGORIES
    assert model.about.endswith(".")
    assert all(example.source for example in model.examples)
    assert all(re.search(r"\d", one.text) for one in model.references)  # a year, an edition


def test_there_are_enough_symbols_and_models() -> None:
    assert len(LIBRARY.described) >= 170
    assert len(LIBRARY.models) >= 80
    connected = {v.stands_for for m in LIBRARY.models.values() for v in m.variables.values()}
    connected -= {TEMPERATURE, FORMULA}
    assert len(connected) >= 120
    assert connected <= LIBRARY.described


def test_each_property_with_values_is_a_symbol() -> None:
    with_values = {one.name for one in load_terms("property").values() if one.unit is not None}
    assert with_values <= set(LIBRARY.symbols)
    assert with_values == {one.name for one in LIBRARY.symbols.values() if one.in_vocabulary}


def test_symbols_are_in_order() -> None:
    for symbol in LIBRARY.symbols.values():
        assert unit_factor(symbol.unit, symbol.unit) == 1
        if symbol.lower is not None and symbol.upper is not None:
            assert symbol.lower < symbol.upper, symbol.name
        if symbol.name in LIBRARY.described:
            assert symbol.category in CATEGORIES, symbol.name
        assert all(other in LIBRARY.symbols for other in symbol.instead.values())


def test_every_symbol_can_be_drawn() -> None:
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    for symbol in LIBRARY.symbols.values():
        assert symbol.latex.count("{") == symbol.latex.count("}")
        assert parser.parse(f"${symbol.latex}$").width > 0, symbol.name


def test_symbols_of_one_category_are_told_apart_by_how_they_are_printed() -> None:
    printed: dict[tuple[str, str], str] = {}
    for name in LIBRARY.described:
        symbol = LIBRARY.symbols[name]
        first = printed.setdefault((symbol.category, symbol.latex), name)
        assert first == name, f"{first} and {name} are both {symbol.latex}"


def test_every_new_symbol_is_used() -> None:
    used = {v.stands_for for m in LIBRARY.models.values() for v in m.variables.values()}
    meant = {name for one in LIBRARY.symbols.values() for name in one.instead.values()}
    new = {one.name for one in LIBRARY.symbols.values() if not one.in_vocabulary}
    assert new <= used | meant


def test_no_two_models_are_the_same() -> None:
    seen: dict[object, str] = {}
    for model in LIBRARY.models.values():
        ends = frozenset(one.stands_for for one in model.variables.values())
        gives = model.variables[model.output].stands_for
        what = (ends, gives, model.equation and re.sub(r"[A-Za-z_]\w*|\s", "", model.equation))
        first = seen.setdefault(what, model.name)
        assert first == model.name, f"{first} and {model.name}"


def test_what_conditions_matter() -> None:
    symbols = LIBRARY.symbols
    assert not symbols["density"].depends_on("temperature")
    assert symbols["density"].depends_on("pressure")
    assert symbols["electrical conductivity"].depends_on("temperature")
    assert symbols["lattice parameter"].depends_on("direction")
    assert not symbols["molecular weight"].depends_on("phase")
    assert symbols["haze"].depends_on("temperature")  # has no entry
    assert symbols["heat capacity"].instead == {"J/(kg*K)": "specific heat"}


def test_a_property_without_an_entry_is_printed_by_the_vocabularys_symbol() -> None:
    assert LIBRARY.symbols["isomer shift"].latex == r"\delta"
    assert LIBRARY.symbols["electric field gradient"].latex == "V_{zz}"
    assert LIBRARY.symbols["haze"].latex == r"\mathrm{haze}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Band-Gap", "band gap"),
        ("energy gap", "band gap"),
        ("zT", "thermoelectric figure of merit"),
        ("superhardness", None),
        ("gibberish", None),
        ("temperature", None),
    ],
)
def test_a_symbol_is_found_by_what_texts_call_it(text: str, name: str | None) -> None:
    found = LIBRARY.find_symbol(text)
    assert (found and found.name) == name


def test_every_symbol_is_found_by_its_name() -> None:
    for name, symbol in LIBRARY.symbols.items():
        assert LIBRARY.find_symbol(name) is symbol


@pytest.mark.parametrize(
    ("unit", "to", "factor"),
    [
        ("uV/K", "V/K", 1e-6),
        ("percent", "1", 0.01),
        ("1/cm**3", "1/m**3", 1e6),
        ("Oe", "T", 1e-4),
        ("eV", "kJ/mol", 96.4853321),
        ("THz", "meV", 4.13566770),
        ("K", "K", 1.0),
    ],
)
def test_units_are_converted_by_one_factor(unit: str, to: str, factor: float) -> None:
    assert unit_factor(unit, to) == pytest.approx(factor, rel=1e-7)


@pytest.mark.parametrize(
    ("unit", "to"),
    [("nm", "eV"), ("K", "degC"), ("A*m**2/kg", "A/m"), ("eV", "K"), ("1/cm**2", "1/cm**3")],
)
def test_units_of_other_things_are_refused(unit: str, to: str) -> None:
    with pytest.raises(InputError):
        unit_factor(unit, to)


def test_scales_and_bounds_are_those_of_the_models_unit() -> None:
    seebeck = Variable("S", "seebeck coefficient", "V/K")
    assert LIBRARY.scale(seebeck) == pytest.approx(1e-6)
    assert LIBRARY.bounds(seebeck) == pytest.approx((-0.1, 0.1))
    assert LIBRARY.bounds(Variable("T", TEMPERATURE, "K")) == (0.0, None)
    assert LIBRARY.scale(Variable("T", TEMPERATURE, "K")) == 1


def test_each_model_is_solved_for_what_it_says() -> None:
    solved = [(one.model.name, one.target.name) for one in LIBRARY.solutions()]
    assert solved == [(m.name, name) for m in LIBRARY.models.values() for name in m.solve_for]
    assert LIBRARY.solutions() is LIBRARY.solutions()


def test_a_wrong_example_is_found() -> None:
    model = next(one for one in LIBRARY.models.values() if one.equation)
    example = model.examples[0]
    doubled = 2 * float(example.values[model.output]) + 1
    wrong = replace(example, values={**example.values, model.output: doubled})
    library = replace(LIBRARY, models={model.name: replace(model, examples=(wrong,))})
    first = check_examples(library)[0]
    assert not first.ok
    assert "instead of" in first.problem


def test_what_is_compiled_does_not_travel_to_another_process() -> None:
    assert LIBRARY.solutions()
    other = copy.copy(LIBRARY)
    assert other == LIBRARY
    assert "_solutions" not in vars(other)


def test_the_page_says_what_the_library_says(repository: Path) -> None:
    page = (repository / "docs" / "propnet.md").read_text(encoding="utf-8")
    assert page == library_markdown(LIBRARY)


def test_examples_are_numbers_that_can_be() -> None:
    for model in LIBRARY.models.values():
        for example in model.examples:
            numbers = [one for one in example.values.values() if not isinstance(one, str)]
            assert np.isfinite(numbers).all()
            assert 0 < example.tolerance <= 0.3
