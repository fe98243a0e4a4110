"""The page about symbols and models: `python -m graph.propnet.reference_page > docs/propnet.md`."""

import sys
from collections.abc import Iterable, Sequence

from .base import Model, Reference, Symbol
from .library import Library, load_library

__all__ = ["library_markdown"]

_HEAD = """# Symbols and models

What `matlore graph derive` knows: the properties (symbols) and the equations and functions (models)
that connect them, as the files in `graph/propnet/models/` declare them; made by
`python -m graph.propnet.reference_page > docs/propnet.md`. Files of your own in `HOME/propnet/` add
to them; the format is described at the top of `graph/propnet/models/symbols.yaml`, and
`matlore graph models` lists all, yours included.
"""
_MODELS = """**Gives** is what a model may be solved for, the left side of its equation first; each
of these needs all the others, and what is under **Needs**. **Error** is one standard deviation of
the model itself, relative; none for definitions and identities. Equations hold for plain numbers in
the units that `matlore graph models NAME` shows.
"""
_SYMBOLS = """A value outside its **bounds** is not believed. **Ignores** are the conditions that
make no other value of a property, beyond its usual uncertainty: values are used together where all
others are the same.
"""


def library_markdown(library: Library) -> str:
    """Return the page: tables of models and of symbols by category, with a newline at the end."""
    symbols = [one for name, one in library.symbols.items() if name in library.described]
    others = len(library.symbols) - len(symbols)
    lines = [_HEAD, f"## Models ({len(library.models)})", "", _MODELS]
    for category in _categories(library.models.values()):
        models = [one for one in library.models.values() if one.category == category]
        lines += [f"### {category.capitalize()}", "", *_table(_MODEL_HEAD, map(_row, models)), ""]
    lines += [f"## Symbols ({len(symbols)})", "", _SYMBOLS]
    if others:
        lines += [
            f"The other {others} properties with values of matlore's vocabulary ignore nothing.",
            "",
        ]
    for category in _categories(symbols):
        rows = [_symbol_row(one) for one in symbols if one.category == category]
        lines += [f"### {category.capitalize()} properties", "", *_table(_SYMBOL_HEAD, rows), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


_MODEL_HEAD = ("Model", "Equation", "Gives", "Needs", "Error", "Reference")
_SYMBOL_HEAD = ("Property", "Symbol", "Unit", "Bounds", "Ignores")


def _categories(items: Iterable[Model | Symbol]) -> list[str]:
    return sorted({one.category for one in items})


def _row(model: Model) -> tuple[str, ...]:
    solved = [model.variables[name].stands_for for name in model.solve_for]
    needed = [one.stands_for for one in model.variables.values() if one.stands_for not in solved]
    what = f"`{model.equation}`" if model.equation else f"function `{model.function}`"
    error = f"{model.relative_error:.0%}" if model.relative_error else ""
    references = "; ".join(map(_reference, model.references))
    return (model.name, what, ", ".join(solved), ", ".join(needed), error, references)


def _reference(reference: Reference) -> str:
    if reference.doi is None:
        return reference.text
    return f"[{reference.text}](https://doi.org/{_in_link(reference.doi)})"


def _in_link(doi: str) -> str:
    """Return a DOI without what would end a link: parentheses and angle brackets."""
    return "".join(f"%{ord(sign):02X}" if sign in "()<>" else sign for sign in doi)


def _symbol_row(symbol: Symbol) -> tuple[str, ...]:
    name = symbol.name if symbol.in_vocabulary else f"{symbol.name} (new)"
    unit = "" if symbol.unit == "1" else f"`{symbol.unit}`"
    return (name, f"`{symbol.latex}`", unit, _bounds(symbol), ", ".join(sorted(symbol.ignores)))


def _bounds(symbol: Symbol) -> str:
    low, high = symbol.lower, symbol.upper
    if low is None and high is None:
        return ""
    if high is None:
        return f"≥ {low:g}"
    return f"≤ {high:g}" if low is None else f"{low:g} to {high:g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; a bar in a cell would end it."""
    lines = [head, ("---",) * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    sys.stdout.write(library_markdown(load_library()))
