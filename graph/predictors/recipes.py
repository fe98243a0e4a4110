"""Recipes of predictors: YAML files, checked, with the columns of the data that they are for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from matlore.errors import InputError, NotFoundError, UsageError
from matlore.units import parse_unit, same_dimension
from matlore.vocabulary import find_term
from matlore.vocabulary.entries import read_yaml

from .base import Condition, MemberRecipe, Needs, Recipe, Scale, Task
from .recipe_checks import (
    SETTINGS,
    boolean,
    check_keys,
    listed,
    mapping,
    number,
    one_of,
    optional_number,
    settings,
    text,
)

__all__ = [
    "RECIPES_FOLDER",
    "Columns",
    "RecipeFile",
    "default_recipe",
    "find_recipe",
    "load_recipe_files",
    "load_recipes",
    "read_recipe",
]

RECIPES_FOLDER = Path(__file__).parent / "recipes"

Holds = Literal["value", "log10", "sqrt"]
"""What a column of values holds: the value in the recipe's unit, its log10, or its root."""

_DEFAULT_DESCRIPTORS = ("magpie", "oliynyk", "stoichiometry", "fractions")
_KERNEL_DESCRIPTORS = ("magpie", "oliynyk", "stoichiometry")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table of data holds what a recipe needs.

    Attributes:
        formula: column of formulas; None to look for one by its name.
        structure: column of CIF texts, or of names of CIF and POSCAR files.
        value: column of what is predicted; None to look for the property's name.
        conditions: column of each condition, by its name.
        groups: columns; rows that share a value of any are one group. Empty: one material, one
            group. The formula column counts by composition, not by spelling.
        space_group: column of the number of the space group.
        whole_cell: whether the formulas give all atoms of the primitive cell (`K6 S6`).
        holds: what the column of values holds.
        factor: times a number of the column is the value in the recipe's unit.
    """

    formula: str | None = None
    structure: str | None = None
    value: str | None = None
    conditions: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    space_group: str | None = None
    whole_cell: bool = False
    holds: Holds = "value"
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A recipe, and the data set that it was written for.

    Attributes:
        recipe: how the predictor is trained.
        columns: of its data set.
        file: of its data set, below a folder of data sets; empty where none is named.
        matbench: name of the Matbench v0.1 task, where it is one.
    """

    recipe: Recipe
    columns: Columns = field(default_factory=Columns)
    file: str = ""
    matbench: str = ""


def load_recipes() -> Mapping[str, Recipe]:
    """Return the recipes that ship, by name."""
    return MappingProxyType({name: file.recipe for name, file in load_recipe_files().items()})


@lru_cache(maxsize=1)
def load_recipe_files() -> Mapping[str, RecipeFile]:
    """Return the recipes that ship with the columns of their data sets, by name."""
    found = [read_recipe(path) for path in sorted(RECIPES_FOLDER.glob("*.yaml"))]
    return MappingProxyType({file.recipe.name: file for file in found})


def find_recipe(name: str) -> RecipeFile:
    """Return a recipe that ships by its name, or one from a file.

    Args:
        name: `band-gap`, or the path of a YAML file.

    Raises:
        NotFoundError: no recipe of this name ships, and there is no such file.
        InputError: the file is no recipe.
    """
    known = load_recipe_files()
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix.lower() in {".yaml", ".yml"} or path.is_file():
        return read_recipe(path)
    raise NotFoundError(
        f"no recipe is named {name!r}; give one of {', '.join(known)}, or a YAML file"
    )


def read_recipe(path: Path) -> RecipeFile:
    """Read and check a recipe.

    Raises:
        InputError: the file is missing or breaks the format; the message names file and key.
    """
    content = read_yaml(path)
    data = mapping(content, f"{path}: a recipe")
    known = {*(f.name for f in fields(Recipe)), "dataset"}
    check_keys(data, known, str(path))
    plain = {key: value for key, value in data.items() if key != "dataset"}
    for key in ("name", "property", "unit", "members"):
        if key not in plain:
            raise InputError(f"{path}: the key {key!r} is missing")
    recipe = _recipe(plain, str(path))
    dataset = mapping(data.get("dataset", {}), f"{path}: dataset")
    return _with_dataset(recipe, dataset, f"{path}: dataset")


def default_recipe(
    property_name: str, unit: str | None = None, *, name: str | None = None, **changes: Any
) -> Recipe:
    """Return the recipe of a property for which none was written.

    Its members are gradient boosting, extremely randomised trees and a kernel, on descriptors of
    the composition.

    Args:
        property_name: in the vocabulary, by any of its spellings, or a new one in lower case.
        unit: of its values; None for the vocabulary's.
        name: of the predictor; None for the property's with hyphens.
        changes: other fields of `Recipe`.

    Raises:
        UsageError: the property is new and has no unit, or a unit is of another dimension.
    """
    term = find_term(property_name, "property")
    found = term.name if term else property_name
    unit = unit or (term.unit if term else None)
    if unit is None:
        raise UsageError(
            f"the vocabulary has no unit for {property_name!r}; give one with --unit (1 for none)"
        )
    plain: dict[str, Any] = {
        "name": name or found.replace(" ", "-"),
        "property": found,
        "unit": unit,
        "about": f"{found} of a material from its composition",
        "members": [
            {"kind": "boosting", "descriptors": list(_DEFAULT_DESCRIPTORS)},
            {"kind": "forest", "descriptors": list(_DEFAULT_DESCRIPTORS)},
            {"kind": "kernel", "descriptors": list(_KERNEL_DESCRIPTORS)},
        ],
    }
    try:
        return _recipe({**plain, **changes}, "the recipe")
    except InputError as error:
        raise UsageError(str(error)) from error


def _recipe(data: Mapping[str, Any], place: str) -> Recipe:
    """Check the fields of a recipe, and make it."""
    made: dict[str, Any] = {}
    for key in ("name", "property", "unit", "about", "source", "reference"):
        made[key] = text(data.get(key, ""), f"{place}: {key}")
    made["task"] = one_of(data.get("task", "regression"), get_args(Task), f"{place}: task")
    made["scale"] = one_of(data.get("scale", "linear"), get_args(Scale), f"{place}: scale")
    needs = get_args(Needs)
    made["needs"] = one_of(data.get("needs", "composition"), needs, f"{place}: needs")
    made["classes"] = _classes(data.get("classes"), made["task"], f"{place}: classes")
    for key in ("lower", "upper"):
        made[key] = optional_number(data.get(key), f"{place}: {key}")
    made["per_atom"] = boolean(data.get("per_atom", False), f"{place}: per_atom")
    made["seed"] = int(number(data.get("seed", 0), f"{place}: seed"))
    made["conditions"] = tuple(
        _condition(entry, f"{place}: condition {k}")
        for k, entry in enumerate(listed(data.get("conditions", []), f"{place}: conditions"), 1)
    )
    members = listed(data["members"], f"{place}: members")
    made["members"] = tuple(
        _member(entry, f"{place}: member {k}") for k, entry in enumerate(members, 1)
    )
    if "domain" in data:
        made["domain"] = _descriptors(data["domain"], f"{place}: domain")
    recipe = Recipe(**made)
    _check_recipe(recipe, place)
    return recipe


def _check_recipe(recipe: Recipe, place: str) -> None:
    """Check what fields of a recipe say of one another."""
    if not recipe.members:
        raise InputError(f"{place}: members is empty; list at least one")
    if not recipe.name or recipe.name != recipe.name.lower() or " " in recipe.name:
        raise InputError(f"{place}: name must be lower case with hyphens, not {recipe.name!r}")
    if recipe.lower is not None and recipe.upper is not None and recipe.lower >= recipe.upper:
        raise InputError(f"{place}: lower must be less than upper")
    if recipe.scale in ("log10", "log1p", "sqrt") and (recipe.lower is None or recipe.lower < 0):
        raise InputError(f"{place}: the scale {recipe.scale} needs lower, which must be 0 or more")
    if recipe.task == "classification" and recipe.scale != "linear":
        raise InputError(f"{place}: classes have no scale; leave scale out")
    if recipe.per_atom and recipe.scale != "log10":
        raise InputError(f"{place}: per_atom needs the scale log10")
    _check_property(recipe, place)


def _check_property(recipe: Recipe, place: str) -> None:
    """Check that a property is one of the vocabulary with a fitting unit, or a new one."""
    if parse_unit(recipe.unit) is None:
        raise InputError(f"{place}: unit: {recipe.unit!r} is no unit; write it such as W/(m*K)")
    term = find_term(recipe.property, "property")
    if term is None:
        if recipe.property != " ".join(recipe.property.lower().split()) or not recipe.property:
            raise InputError(
                f"{place}: property: {recipe.property!r} is not in the vocabulary; a new one is"
                " written in lower case with single blanks"
            )
        return
    if term.name != recipe.property:
        raise InputError(f"{place}: property: write {term.name!r} for {recipe.property!r}")
    if term.unit and not same_dimension(term.unit, recipe.unit):
        raise InputError(
            f"{place}: unit: {recipe.unit!r} does not measure {term.name}, whose unit is"
            f" {term.unit!r}"
        )


def _member(entry: object, place: str) -> MemberRecipe:
    data = mapping(entry, place)
    check_keys(data, {f.name for f in fields(MemberRecipe)}, place)
    kind = one_of(data.get("kind"), tuple(SETTINGS), f"{place}: kind")
    descriptors = _descriptors(data.get("descriptors", []), f"{place}: descriptors")
    chosen = settings(data.get("settings", {}), kind, f"{place}: settings")
    choices = listed(data.get("choices", []), f"{place}: choices")
    return MemberRecipe(
        cast(Any, kind),
        descriptors,
        chosen,
        tuple(settings(c, kind, f"{place}: choice {k}") for k, c in enumerate(choices, 1)),
    )


def _descriptors(value: object, place: str) -> tuple[str, ...]:
    """Check names of featurizers."""
    from .featurizers import featurizer_names

    names = tuple(text(name, place) for name in listed(value, place))
    known = featurizer_names()
    if not names:
        raise InputError(f"{place}: list at least one of {', '.join(known)}")
    for name in names:
        if name not in known:
            raise InputError(f"{place}: unknown descriptors {name!r} (known: {', '.join(known)})")
    if len(set(names)) < len(names):
        raise InputError(f"{place}: lists descriptors twice")
    return names


def _condition(entry: object, place: str) -> Condition:
    data = mapping(entry, place)
    check_keys(data, {f.name for f in fields(Condition)}, place)
    unit = text(data.get("unit", ""), f"{place}: unit")
    if parse_unit(unit) is None:
        raise InputError(f"{place}: unit: {unit!r} is no unit")
    default = number(data.get("default"), f"{place}: default")
    return Condition(text(data.get("name", ""), f"{place}: name"), unit, default)


def _classes(value: object, task: str, place: str) -> tuple[str, str] | None:
    if task == "regression":
        if value is not None:
            raise InputError(f"{place}: only a classification has classes; set its task")
        return None
    names = [text(name, place) for name in listed(value or [], place)]
    if len(names) != 2 or names[0] == names[1] or not all(names):
        raise InputError(f"{place}: a classification needs the names of two classes")
    return names[0], names[1]


def _with_dataset(recipe: Recipe, data: Mapping[str, Any], place: str) -> RecipeFile:
    """Read the section `dataset` of a recipe."""
    check_keys(data, {*(f.name for f in fields(Columns)), "file", "matbench"}, place)
    made: dict[str, Any] = {}
    for key in ("formula", "structure", "value", "space_group"):
        made[key] = text(data[key], f"{place}: {key}") if key in data else None
    conditions = mapping(data.get("conditions", {}), f"{place}: conditions")
    check_keys(conditions, {c.name for c in recipe.conditions}, f"{place}: conditions")
    made["conditions"] = {k: text(v, f"{place}: {k}") for k, v in conditions.items()}
    groups = listed(data.get("groups", []), f"{place}: groups")
    made["groups"] = tuple(text(name, f"{place}: groups") for name in groups)
    made["whole_cell"] = boolean(data.get("whole_cell", False), f"{place}: whole_cell")
    made["holds"] = one_of(data.get("holds", "value"), get_args(Holds), f"{place}: holds")
    made["factor"] = number(data.get("factor", 1.0), f"{place}: factor")
    names = {k: text(data.get(k, ""), f"{place}: {k}") for k in ("file", "matbench")}
    return RecipeFile(recipe, Columns(**made), **names)
