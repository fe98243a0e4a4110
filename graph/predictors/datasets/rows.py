"""Rows of a table to samples, conditions and values, or the reason why not."""

import re
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

from matlore.errors import InputError
from ner.formulas import parse_formula

from ..base import Recipe, Sample
from ..dataset_files import Cell, Row
from ..recipes import Columns

__all__ = ["BadRowError", "Entry", "RowReader"]

_CENSORED = re.compile(r"\s*[<>≤≥]=?\s*")
_SYMBOL = re.compile(r"[A-Z][a-z]?(?![a-z\d.])")
_YES = frozenset({"1", "1.0", "true", "yes"})
_NO = frozenset({"0", "0.0", "false", "no"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that was read."""

    sample: Sample
    conditions: tuple[float, ...]
    value: float
    groups: tuple[str, ...]
    censored: bool


class BadRowError(Exception):
    """A row to leave out: for what reason, and what of it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class RowReader:
    """Reads rows; samples that are the same become one object."""

    def __init__(self, recipe: Recipe, columns: Columns, folder: Path) -> None:
        self.recipe = recipe
        self.columns = columns
        self.folder = folder
        self._read: dict[tuple[str, ...], Sample | BadRowError] = {}
        self._same: dict[object, Sample] = {}
        self._value = _class_value if recipe.task == "classification" else _number_value

    def read(self, row: Row) -> Entry:
        """Return what a row says.

        Raises:
            BadRowError: it cannot be used.
        """
        columns = self.columns
        value, censored = self._value(row.cells.get(columns.value or ""), self.recipe, columns)
        conditions = tuple(
            _finite(row.cells.get(columns.conditions[c.name]), c.name)
            for c in self.recipe.conditions
        )
        sample = self._sample(row)
        groups = tuple(_group(row.cells.get(name), name, columns) for name in columns.groups)
        return Entry(sample, conditions, value, groups, censored)

    def _sample(self, row: Row) -> Sample:
        """Return the sample of a row, the same object for the same material."""
        columns = self.columns
        key = tuple(
            str(row.cells.get(name, "") or "").strip() if name else ""
            for name in (columns.formula, columns.structure, columns.space_group)
        )
        if key not in self._read:
            try:
                self._read[key] = self._shared(self._material(*key))
            except InputError as error:
                self._read[key] = BadRowError("no material that can be described", str(error))
            except BadRowError as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, BadRowError):
            raise found
        return found

    def _material(self, formula: str, structure: str, space_group: str) -> Sample:
        if self.columns.structure:
            if not structure:
                raise BadRowError("no structure", "its cell of structures is empty")
            return _check_elements(_structure(structure, self.folder))
        if not formula:
            raise BadRowError("no formula", "its cell of formulas is empty")
        sample = _check_elements(_formula(formula))
        return _with_symmetry(sample, formula, space_group, self.columns, self.recipe)

    def _shared(self, sample: Sample) -> Sample:
        """Return the first sample that was like this one in all that descriptors see."""
        if sample.structure is not None:
            return sample
        fractions = tuple(sorted(sample.fractions.items()))
        key = (sample.formula, fractions, sample.space_group, sample.cell_atoms)
        return self._same.setdefault(key, sample)


def _formula(text: str) -> Sample:
    """Read a cell of formulas, where `HI` and `CoN` can be nothing else."""
    from ..compositions import read_formula

    try:
        return read_formula(text)
    except InputError:
        spelt = _SYMBOL.sub(lambda match: f"{match.group()}1", "".join(text.split()))
        try:
            return read_formula(spelt)
        except InputError:
            pass
        raise


def _structure(cell: str, folder: Path) -> Sample:
    """Read a CIF, or the file that a cell names."""
    from ..structures import read_structure, structure_from_text

    if "\n" in cell:
        return structure_from_text(cell, "structure")
    return read_structure(folder / cell)


def _check_elements(sample: Sample) -> Sample:
    from ..element_tables import known_elements

    if unknown := [symbol for symbol in sample.fractions if symbol not in known_elements()]:
        raise BadRowError(f"no data for {unknown[0]}", f"{sample.name}: no data for {unknown[0]}")
    return sample


def _with_symmetry(
    sample: Sample, formula: str, space_group: str, columns: Columns, recipe: Recipe
) -> Sample:
    """Add the number of the space group and the atoms of the cell, where a recipe needs them."""
    if recipe.needs != "symmetry":
        return sample
    number = int(_finite(space_group, "space group"))
    if not 1 <= number <= 230:
        raise BadRowError("no space group", f"{number} is no number of a space group")
    parsed = parse_formula("".join(formula.split())) if columns.whole_cell else None
    atoms = sum(float(a) for a in parsed.amounts.values() if a) if parsed else None
    return replace(sample, space_group=number, cell_atoms=round(atoms) if atoms else None)


def _number_value(cell: Cell, recipe: Recipe, columns: Columns) -> tuple[float, bool]:
    """Return the value of a cell in the recipe's unit, and whether it is a limit."""
    text = str("" if cell is None else cell)
    plain = _CENSORED.sub("", text, count=1)
    value = _finite(plain, "value")
    try:
        held = {"value": lambda v: v, "log10": lambda v: 10.0**v, "sqrt": lambda v: v * v}
        value = held[columns.holds](value) * columns.factor
    except OverflowError:
        value = float("inf")
    zero_fits = recipe.scale != "log10"
    low = recipe.lower if recipe.lower is not None else float("-inf")
    high = recipe.upper if recipe.upper is not None else float("inf")
    if not low <= value <= high or not isfinite(value) or (value == 0 and not zero_fits):
        raise BadRowError(
            "values that cannot be",
            f"the value {text.strip()} is outside what {recipe.property} can be",
        )
    return value, plain != text


def _class_value(cell: Cell, recipe: Recipe, columns: Columns) -> tuple[float, bool]:
    """Return 0 or 1 for a cell of classes."""
    text = str("" if cell is None else cell).strip().lower()
    names = [name.lower() for name in recipe.classes or ()]
    if text in names:
        return float(names.index(text)), False
    if text in _YES or text in _NO:
        return float(text in _YES), False
    shown = " or ".join(recipe.classes or ())
    if not text:
        raise BadRowError("no class", "its class is empty")
    raise BadRowError("no class", f"{text!r} is no class; write {shown}, 0 or 1")


def _finite(cell: Cell, what: str) -> float:
    text = str("" if cell is None else cell).strip().replace("−", "-")
    if not text:
        raise BadRowError(f"no {what}", f"its {what} is empty")
    try:
        number = float(text)
    except ValueError:
        raise BadRowError(f"no {what}", f"its {what} {text!r} is no number") from None
    if not isfinite(number):
        raise BadRowError(f"no {what}", f"its {what} is {text}")
    return number


def _group(cell: Cell, name: str, columns: Columns) -> str:
    """Return what a row shares with others; a formula counts by its key, which all rows share."""
    if name in (columns.formula, columns.structure):
        return ""
    return str("" if cell is None else cell).strip().lower()
