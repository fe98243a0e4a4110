"""The library of symbols and models: what `matlore graph models` shows and checks."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from matlore.errors import NotFoundError, UsageError

from .graph_plan import home_library

if TYPE_CHECKING:
    from graph.propnet.base import Model, Symbol
    from graph.propnet.library import Library

__all__ = ["check_models", "show_models", "show_symbols"]

_T = TypeVar("_T", "Model", "Symbol")


def show_models(
    home: Path, *, names: Sequence[str] = (), category: str | None = None
) -> dict[str, Any]:
    """Return the models of a home's library.

    Args:
        home: the data home; it need not exist.
        names: which to show in full; none for a line of each.
        category: of the models; None for all.

    Returns:
        `models`: a list; and the `version` of the library.

    Raises:
        NotFoundError: there is no such model.
        UsageError: there is no such category.
    """
    library = home_library(home)
    chosen = _chosen(library, names, category)
    show = _model_details if names else _model_row
    return {"version": library.version, "models": [show(one, library) for one in chosen]}


def show_symbols(
    home: Path, *, names: Sequence[str] = (), category: str | None = None
) -> dict[str, Any]:
    """Return the symbols of a home's library, as `show_models` returns its models."""
    library = home_library(home)
    if names:
        symbols = [_symbol_named(library, name) for name in names]
    else:
        symbols = [library.symbols[name] for name in library.symbols if name in library.described]
    symbols = _of_category(symbols, category)
    show = _symbol_details if names else _symbol_row
    return {"version": library.version, "symbols": [show(one, library) for one in symbols]}


def check_models(
    home: Path, *, names: Sequence[str] = (), category: str | None = None
) -> dict[str, Any]:
    """Run the worked examples of models, the user's own included.

    Returns:
        Counts of `models`, `examples` and `values`, how many values `failed`, and `results`: for
        each variable of each example what was expected and found.

    Raises:
        NotFoundError: there is no such model.
        UsageError: there is no such category.
    """
    from graph.propnet.examples import check_examples

    library = home_library(home)
    chosen = [one.name for one in _chosen(library, names, category)]
    results = check_examples(library, chosen)
    return {
        "models": len(chosen),
        "examples": len({(one.model, one.example) for one in results}),
        "values": len(results),
        "failed": sum(not one.ok for one in results),
        "results": [
            {
                "model": one.model,
                "example": one.example,
                "variable": one.variable,
                "expected": one.expected,
                "found": one.found,
                "ok": one.ok,
                "problem": one.problem,
            }
            for one in results
        ],
    }


def _chosen(library: "Library", names: Sequence[str], category: str | None) -> list["Model"]:
    models = [_model_named(library, name) for name in names] or list(library.models.values())
    return _of_category(models, category)


def _of_category(items: Sequence[_T], category: str | None) -> list[_T]:
    """Return what is of a category.

    Raises:
        UsageError: nothing is.
    """
    if category is None:
        return list(items)
    wanted = " ".join(category.lower().split())
    found = [one for one in items if one.category == wanted]
    if not found:
        known = ", ".join(sorted({one.category for one in items}))
        raise UsageError(f"nothing is of the category {category!r} (known: {known})")
    return found


def _model_named(library: "Library", name: str) -> "Model":
    from matlore.vocabulary.entries import folded

    by_name = {folded(one): model for one, model in library.models.items()}
    if folded(name) in by_name:
        return by_name[folded(name)]
    raise NotFoundError(
        f"no model is called {name!r}{_or_similar(name, by_name)}; `matlore graph models` lists all"
    )


def _symbol_named(library: "Library", name: str) -> "Symbol":
    symbol = library.find_symbol(name)
    if symbol is None:
        similar = _or_similar(name, library.symbols)
        raise NotFoundError(
            f"no property is called {name!r}{similar}; `matlore graph models --symbols` lists all"
        )
    return symbol


def _or_similar(name: str, known: Iterable[str]) -> str:
    """Return ` (similar: a, b)`, or nothing where nothing is."""
    similar = get_close_matches(name.lower(), list(known), n=3)
    return f" (similar: {', '.join(similar)})" if similar else ""


def _what(model: "Model") -> str:
    return model.equation or f"function {model.function}"


def _model_row(model: "Model", library: "Library") -> dict[str, Any]:
    solved = [model.variables[name].stands_for for name in model.solve_for]
    return {
        "name": model.name,
        "category": model.category,
        "equation": _what(model),
        "gives": solved,
        "needs": [v.stands_for for v in model.variables.values() if v.stands_for not in solved],
        "error": model.relative_error,
        "own": model.name in library.own,
    }


def _model_details(model: "Model", library: "Library") -> dict[str, Any]:
    variables = [
        {"variable": one.name, "stands_for": one.stands_for, "unit": one.unit}
        for one in model.variables.values()
    ]
    return {
        "name": model.name,
        "about": model.about,
        "category": model.category,
        "equation": _what(model),
        "solve_for": model.solve_for,
        "constraints": model.constraints,
        "assumptions": model.assumptions,
        "relative_error": model.relative_error,
        "own": model.name in library.own,
        "version": model.version,
        "references": [{"text": one.text, "doi": one.doi} for one in model.references],
        "variables": variables,
        "examples": [
            {"values": dict(one.values), "tolerance": one.tolerance, "source": one.source}
            for one in model.examples
        ],
    }


def _symbol_row(symbol: "Symbol", library: "Library") -> dict[str, Any]:
    return {
        "name": symbol.name,
        "category": symbol.category,
        "latex": symbol.latex,
        "unit": symbol.unit,
        "lower": symbol.lower,
        "upper": symbol.upper,
        "ignores": sorted(symbol.ignores),
    }


def _symbol_details(symbol: "Symbol", library: "Library") -> dict[str, Any]:
    """Return all about a symbol, and which models give and need it."""
    gives: list[str] = []
    needs: list[str] = []
    for model in library.models.values():
        places = [v.name for v in model.variables.values() if v.stands_for == symbol.name]
        if places:
            (gives if places[0] in model.solve_for else needs).append(model.name)
    return _symbol_row(symbol, library) | {
        "negligible": symbol.negligible,
        "instead": dict(symbol.instead),
        "synonyms": symbol.synonyms,
        "in_vocabulary": symbol.in_vocabulary,
        "given_by": gives,
        "needed_by": needs,
    }
