"""Which columns of a table hold what a recipe needs: as given, or by their names."""

import re
from collections.abc import Iterable
from dataclasses import replace

from matlore.errors import InputError
from matlore.vocabulary import find_term
from matlore.vocabulary.entries import folded

from ..base import Recipe
from ..dataset_files import Table
from ..recipes import Columns

__all__ = ["resolve_columns"]

_FORMULAS = ("formula", "composition", "material", "compound", "chemical formula", "pretty formula")
_STRUCTURES = ("structure", "cif", "poscar", "cif file", "structure file")
_VALUES = ("target", "value", "y")
_SPACE_GROUPS = ("space group number", "space group #", "spacegroup number", "spg num")
_SHORT = {"temperature": ("T",), "pressure": ("P", "p")}
_UNIT = re.compile(r"\s*[(\[].*[)\]]\s*$")


def resolve_columns(table: Table, recipe: Recipe, columns: Columns) -> Columns:
    """Return columns of which none is left open, but where the recipe needs none.

    Raises:
        InputError: a column is not in the table, or none can be found by its name; the message
            lists those that are there.
    """
    named = [columns.formula, columns.structure, columns.value, columns.space_group]
    for name in [*named, *columns.conditions.values(), *columns.groups]:
        if name is not None and name not in table.columns:
            raise InputError(f"{table.path}: no column {name!r}; {_those(table)}")
    found = _material(table, recipe, columns)
    return replace(
        found,
        value=columns.value or _value(table, recipe),
        conditions={c.name: _condition(table, columns, c.name) for c in recipe.conditions},
    )


def _material(table: Table, recipe: Recipe, columns: Columns) -> Columns:
    """Return columns with that of formulas or structures, and that of space groups."""
    formula, structure = columns.formula, columns.structure
    if structure is None and (recipe.needs == "structure" or formula is None):
        structure = _named(table, _STRUCTURES)
    if formula is None:
        formula = _named(table, _FORMULAS)
    if recipe.needs == "structure" and structure is None:
        raise InputError(
            f"{table.path}: no column of structures; name one with --structure-column"
            f" ({_those(table)})"
        )
    if formula is None and structure is None:
        raise InputError(
            f"{table.path}: no column of formulas or structures; name one with --formula-column"
            f" ({_those(table)})"
        )
    group = columns.space_group
    if recipe.needs == "symmetry" and structure is None and group is None:
        group = _named(table, _SPACE_GROUPS)
        if group is None:
            raise InputError(f"{table.path}: no column of space groups; {_those(table)}")
    return replace(columns, formula=formula, structure=structure, space_group=group)


def _value(table: Table, recipe: Recipe) -> str:
    term = find_term(recipe.property, "property")
    spellings = [recipe.property, recipe.name, *(term.synonyms if term else ())]
    if term and term.symbol:
        spellings.append(term.symbol)
    found = _named(table, spellings) or _named(table, _VALUES)
    if found is None:
        raise InputError(
            f"{table.path}: no column of {recipe.property}; name one with --target-column"
            f" ({_those(table)})"
        )
    return found


def _condition(table: Table, columns: Columns, name: str) -> str:
    given = columns.conditions.get(name) or _named(table, (name, *_SHORT.get(name, ())))
    if given is None:
        raise InputError(
            f"{table.path}: no column of {name}; name one with --condition ({_those(table)})"
        )
    return given


def _named(table: Table, spellings: Iterable[str]) -> str | None:
    """Return the first column that one of the spellings names, with or without a unit."""
    by_name: dict[str, str] = {}
    for column in table.columns:
        by_name.setdefault(folded(column), column)
        by_name.setdefault(folded(_UNIT.sub("", column)), column)
    return next((by_name[folded(s)] for s in spellings if folded(s) in by_name), None)


def _those(table: Table) -> str:
    return f"its columns: {', '.join(table.columns)}"
