"""How `matlore predict train` shall train: a recipe, with what the options say over it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import UsageError

from .predict_models import property_name

if TYPE_CHECKING:
    from graph.predictors.base import Condition, Frame, Needs, Recipe
    from graph.predictors.recipes import Columns

__all__ = ["TrainOptions", "recipe_of", "with_defaults"]

_CONDITION = re.compile(r"\s*(?P<name>[^=]+?)\s*=\s*(?P<column>.+?)\s*(?:\[(?P<unit>[^\]]*)\])?\s*")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_NEEDS = ("composition", "symmetry", "structure")
_ROOM = 300.0
_KNOWN_UNITS = {"temperature": "K", "pressure": "GPa"}
_SYMMETRY = "symmetry"


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """How a predictor is trained; None or empty for what the recipe or the table says.

    Attributes:
        property: what the values are.
        unit: of the values.
        recipe: name of one that ships, or a YAML file.
        formula: column of formulas.
        structure: column of CIF texts or of names of structure files.
        target: column of the values.
        conditions: each `name=column[unit]`.
        groups: columns whose values keep rows together.
        descriptors: of all members.
        classes: names of the classes 0 and 1, for a classification.
        scale: on which members learn.
        name: of the predictor.
        license: of the data.
        folds: of the cross-validation.
        scores: whether to measure by nested cross-validation.
        seed: of all that is drawn.
        threads: of the training; None for all cores.
    """

    property: str | None = None
    unit: str | None = None
    recipe: str | None = None
    formula: str | None = None
    structure: str | None = None
    target: str | None = None
    conditions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    descriptors: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    scale: str | None = None
    name: str | None = None
    license: str | None = None
    folds: int = 5
    scores: bool = True
    seed: int | None = None
    threads: int | None = None


def recipe_of(options: TrainOptions, data: Path) -> "tuple[Recipe, Columns]":
    """Return the recipe that options and a file make together, and the columns to read."""
    from graph.predictors.recipes import Columns, find_recipe

    conditions = dict(_condition(text) for text in options.conditions)
    columns = Columns()
    if options.recipe is not None:
        file = find_recipe(options.recipe)
        recipe, columns = file.recipe, _present(file.columns, data)
    else:
        recipe = _new_recipe(options)
    given = {condition.name: condition for _, condition in conditions.values()}
    if given:
        kept = [one for one in recipe.conditions if one.name not in given]
        recipe = replace(recipe, conditions=(*kept, *given.values()))
    columns = replace(
        columns,
        formula=options.formula or columns.formula,
        structure=options.structure or columns.structure,
        value=options.target or columns.value,
        conditions={**columns.conditions, **{name: one[0] for name, one in conditions.items()}},
        groups=options.groups or columns.groups,
    )
    return _changed(recipe, options), columns


def _new_recipe(options: TrainOptions) -> "Recipe":
    from graph.predictors.recipes import default_recipe

    if options.property is None:
        raise UsageError("say what the values are with --property NAME, or give a --recipe")
    changes: dict[str, Any] = {}
    if options.classes:
        changes = {"task": "classification", "classes": list(options.classes)}
    if options.scale is not None:
        changes |= {"scale": options.scale}
        if options.scale in ("log10", "log1p", "sqrt"):
            changes |= {"lower": 0}
    unit = options.unit or ("1" if options.classes else None)
    name = property_name(options.property)
    return default_recipe(name, unit, name=_plain_name(options.name), **changes)


def _changed(recipe: "Recipe", options: TrainOptions) -> "Recipe":
    """Return a recipe with what options say over it, and with what its descriptors need."""
    changes: dict[str, Any] = {}
    if options.recipe is not None:
        changes |= _over_recipe(recipe, options)
    if options.seed is not None:
        changes["seed"] = options.seed
    names = options.descriptors
    if not names and options.structure is not None and recipe.needs == "composition":
        names = (*_all_descriptors(recipe), _SYMMETRY)
    if names:
        _check_descriptors(names)
        changes["members"] = tuple(replace(one, descriptors=names) for one in recipe.members)
    changed = replace(recipe, **changes)
    needs = max((_needs(name) for name in _all_descriptors(changed)), key=_NEEDS.index)
    return replace(changed, needs=max((needs, recipe.needs), key=_NEEDS.index))


def _over_recipe(recipe: "Recipe", options: TrainOptions) -> dict[str, Any]:
    """Return what options change of a recipe that was given.

    Raises:
        UsageError: what only a new recipe, or another file, can say.
    """
    if options.classes or options.scale is not None:
        raise UsageError("--classes and --scale are said by the recipe: leave them out")
    changes: dict[str, Any] = {}
    if options.property is not None and property_name(options.property) != recipe.property:
        raise UsageError(
            f"--recipe {options.recipe} is for {recipe.property}, not {options.property!r}:"
            " leave out one of them"
        )
    if options.unit is not None and options.unit != recipe.unit:
        raise UsageError(f"--recipe {options.recipe} is for values in {recipe.unit}; convert them")
    if options.name is not None:
        changes["name"] = _plain_name(options.name)
    return changes


def _plain_name(name: str | None) -> str | None:
    """Return the name of a predictor, which is that of a folder.

    Raises:
        UsageError: it can be none.
    """
    if name is None:
        return None
    if not _NAME.fullmatch(name):
        raise UsageError(f"--name {name!r}: write lower case, digits and hyphens, as in my-gaps")
    return name


def _present(columns: "Columns", data: Path) -> "Columns":
    """Return columns that a recipe names as far as the table has them; the others are found."""
    from graph.predictors.dataset_files import read_table
    from graph.predictors.recipes import Columns

    there = set(read_table(data).columns)
    formula, structure, value, space_group = (
        name if name in there else None
        for name in (columns.formula, columns.structure, columns.value, columns.space_group)
    )
    # A table of one's own holds values as they are.
    kept = columns if value is not None else Columns()
    return replace(
        kept,
        formula=formula,
        structure=structure,
        value=value,
        space_group=space_group,
        conditions={name: one for name, one in columns.conditions.items() if one in there},
        groups=tuple(name for name in columns.groups if name in there),
    )


def _all_descriptors(recipe: "Recipe") -> tuple[str, ...]:
    names = (name for member in recipe.members for name in member.descriptors)
    return tuple(dict.fromkeys(names))


def _check_descriptors(names: Sequence[str]) -> None:
    """Refuse names of descriptors that there are none of, before any row is read."""
    for name in names:
        _needs(name)


def _needs(name: str) -> "Needs":
    from graph.predictors.featurizers import get_featurizer

    return get_featurizer(name).needs


def _condition(text: str) -> "tuple[str, tuple[str, Condition]]":
    """Return name, column and condition of `temperature=T[K]`.

    Raises:
        UsageError: it cannot be read.
    """
    from graph.predictors.base import Condition
    from matlore.units import parse_unit

    match = _CONDITION.fullmatch(text)
    if match is None:
        raise UsageError(f"--condition {text!r}: write NAME=COLUMN[UNIT], such as temperature=T[K]")
    name = match["name"].strip().lower()
    unit = match["unit"] or _KNOWN_UNITS.get(name, "1")
    if parse_unit(unit) is None:
        raise UsageError(f"--condition {text!r}: {unit!r} is no unit; write K, GPa, 1 …")
    return name, (match["column"], Condition(name, unit, _ROOM if unit == "K" else float("nan")))


def with_defaults(recipe: "Recipe", frame: "Frame") -> "Recipe":
    """Give conditions a usual value inside what was measured: 300 K if it is, else the median."""
    import numpy as np

    conditions = []
    for column, one in enumerate(recipe.conditions):
        values = frame.conditions[:, column]
        inside = values.min() <= one.default <= values.max()
        middle = float(f"{np.median(values):.3g}")
        conditions.append(one if inside else replace(one, default=middle))
    return replace(recipe, conditions=tuple(conditions))
