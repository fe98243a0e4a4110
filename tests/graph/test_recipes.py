from pathlib import Path

import pytest

from graph.predictors.base import Recipe
from graph.predictors.recipe_checks import SETTINGS
from graph.predictors.recipes import (
    Columns,
    default_recipe,
    find_recipe,
    load_recipe_files,
    load_recipes,
    read_recipe,
)
from matlore.errors import InputError, NotFoundError, UsageError
from matlore.vocabulary import find_term

GOOD = """
name: hardness-of-alloys
property: vickers hardness
unit: GPa
scale: log10
lower: 0
conditions:
  - {name: temperature, unit: K, default: 300}
members:
  - kind: boosting
    descriptors: [magpie, fractions]
    settings: {trees: 50}
    choices:
      - {leaves: 7}
      - {leaves: 15, objective: l1}
dataset:
  file: alloys.csv
  formula: alloy
  value: HV
  conditions: {temperature: T(K)}
  groups: [paper]
  factor: 0.00980665
"""


def write(folder: Path, text: str = GOOD, old: str = "", new: str = "") -> Path:
    assert old in text
    path = folder / "recipe.yaml"
    path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return path


def test_recipes_that_ship() -> None:
    recipes = load_recipes()
    assert {"band-gap", "metallicity", "seebeck-coefficient", "figure-of-merit"} < set(recipes)
    for name, recipe in recipes.items():
        assert recipe.name == name
        assert recipe.source, name
        assert recipe.reference, name
        assert recipe.about.endswith("."), name
        assert find_term(recipe.property, "property"), name
        assert load_recipe_files()[name].file, name


def test_recipes_of_one_property_need_different_things() -> None:
    seen: dict[tuple[str, str], str] = {}
    for recipe in load_recipes().values():
        key = (recipe.property, recipe.needs)
        assert seen.setdefault(key, recipe.name) == recipe.name


def test_a_recipe_with_its_data_set(tmp_path: Path) -> None:
    file = read_recipe(write(tmp_path))
    member = file.recipe.members[0]
    assert file.recipe.conditions[0].default == 300
    assert member.descriptors == ("magpie", "fractions")
    assert dict(member.settings) == {"trees": 50}
    assert [dict(choice) for choice in member.choices] == [
        {"leaves": 7},
        {"leaves": 15, "objective": "l1"},
    ]
    assert file.columns == Columns(
        formula="alloy",
        value="HV",
        conditions={"temperature": "T(K)"},
        groups=("paper",),
        factor=0.00980665,
    )
    assert file.file == "alloys.csv"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("scale: log10", "scales: log10", "unknown key 'scales'"),
        ("scale: log10", "scale: ln", "scale must be one of linear, log10"),
        ("lower: 0", "", "needs lower"),
        ("lower: 0", "lower: 3\nupper: 2", "lower must be less than upper"),
        ("unit: GPa", "unit: kg", "'kg' does not measure"),
        ("unit: GPa", "unit: blorps", "no unit"),
        ("property: vickers hardness", "property: My Thing", "lower case"),
        ("[magpie, fractions]", "[magpie, nonsense]", "unknown descriptors 'nonsense'"),
        ("[magpie, fractions]", "[magpie, magpie]", "twice"),
        ("[magpie, fractions]", "[]", "list at least one"),
        ("{trees: 50}", "{tree: 50}", "member 1: settings: unknown key 'tree'"),
        ("{trees: 50}", "{trees: 0}", "must be above 0"),
        ("{trees: 50}", "{trees: 1.5}", "whole number"),
        ("{trees: 50}", "{trees: .inf}", "must be a number"),
        ("{leaves: 7}", "{width: 1}", "choice 1: unknown key 'width'"),
        ("objective: l1", "objective: l3", "one of l2, l1, huber"),
        ("kind: boosting", "kind: magic", "kind must be one of"),
        ("name: hardness-of-alloys", "name: Hardness", "lower case with hyphens"),
        ("name: hardness-of-alloys\n", "", "'name' is missing"),
        ("unit: K,", "unit: blorp,", "condition 1: unit"),
        ("{temperature: T(K)}", "{pressure: p}", "unknown key 'pressure'"),
        ("factor: 0.00980665", "factor: many", "factor must be a number"),
        ("file: alloys.csv", "fil: alloys.csv", "dataset: unknown key 'fil'"),
    ],
)
def test_bad_recipes(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, GOOD, old, new)
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "name: [", "1: 2"])
def test_files_that_are_no_recipes(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"recipe\.yaml"):
        read_recipe(write(tmp_path, text))


def test_classes_are_two_and_only_for_classifications(tmp_path: Path) -> None:
    base = "name: a\nproperty: metallicity\nunit: '1'\nmembers:\n"
    base += "  - {kind: kernel, descriptors: [magpie]}\n"
    with pytest.raises(InputError, match="two classes"):
        read_recipe(write(tmp_path, base + "task: classification\nclasses: [metal]\n"))
    with pytest.raises(InputError, match="only a classification"):
        read_recipe(write(tmp_path, base + "classes: [a, b]\n"))
    good = read_recipe(write(tmp_path, base + "task: classification\nclasses: [a, b]\n"))
    assert good.recipe.classes == ("a", "b")


def test_find_recipe_by_name_and_by_file(tmp_path: Path) -> None:
    assert find_recipe("band-gap").recipe.unit == "eV"
    assert find_recipe(str(write(tmp_path))).recipe.name == "hardness-of-alloys"
    with pytest.raises(NotFoundError, match="band-gap"):
        find_recipe("band-gaps")


def test_default_recipe_of_a_known_property() -> None:
    recipe = default_recipe("bandgap")
    assert (recipe.name, recipe.property, recipe.unit) == ("band-gap", "band gap", "eV")
    assert [member.kind for member in recipe.members] == ["boosting", "forest", "kernel"]


def test_default_recipe_of_a_new_property() -> None:
    recipe = default_recipe("happiness of crystals", "1", scale="log1p", lower=0.0)
    assert isinstance(recipe, Recipe)
    assert recipe.scale == "log1p"
    with pytest.raises(UsageError, match="--unit"):
        default_recipe("happiness of crystals")
    with pytest.raises(UsageError, match="does not measure"):
        default_recipe("band gap", "K")


def test_every_kind_has_settings() -> None:
    assert set(SETTINGS) == {"boosting", "forest", "kernel", "hurdle"}
