"""The predictors at hand: those that ship, those of a home, and those of a folder."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.predictors.predictor_folders import PredictorFolders
from matlore.errors import ArtifactError, NotFoundError, UsageError
from matlore.vocabulary import find_term, load_terms

if TYPE_CHECKING:
    from graph.predictors.base import Recipe, Sample

__all__ = [
    "ALL",
    "PREDICTORS",
    "STARTER_PREDICTORS",
    "Predictors",
    "choose_predictor",
    "find_predictors",
    "home_predictors",
    "property_name",
    "show_predictors",
]

ALL = "all"
"""What stands for every property."""
PREDICTORS = "predictors"
"""The folder of a home with predictors of its own."""
STARTER_PREDICTORS = Path(str(files("matlore"))) / "starter" / PREDICTORS
"""The predictors that ship with matlore."""

_CARD = "card.json"
_RICHNESS = ("composition", "symmetry", "structure")
_SOURCES = ("starter", "home", "folder")


class Predictors(PredictorFolders):
    """Predictors of several places by name."""

    def __init__(self, folders: Mapping[str, Path], sources: Mapping[str, str]) -> None:
        super().__init__(folders)
        self._sources = dict(sources)

    def source(self, name: str) -> str:
        """Return where a predictor is from: `starter`, `home` or `folder`."""
        return self._sources[name]


def home_predictors(home_path: Path, folder: Path | None = None) -> Predictors:
    """Return the predictors at hand by name.

    One of the home stands for one of the same name that ships, one of `folder` for both.

    Args:
        home_path: the data home; it need not exist.
        folder: with folders of predictors, or the folder of one.

    Raises:
        NotFoundError: no predictor is in `folder`.
    """
    folders: dict[str, Path] = {}
    sources: dict[str, str] = {}
    places = (STARTER_PREDICTORS, home_path / PREDICTORS, folder)
    for source, place in zip(_SOURCES, places, strict=True):
        found = {} if place is None else _inside(place)
        if place is folder and folder is not None and not found:
            raise NotFoundError(
                f"--predictors {folder}: no predictor in it; make one with"
                f" `matlore predict train CSV … --out {folder}`"
            )
        folders |= found
        sources |= dict.fromkeys(found, source)
    return Predictors(folders, sources)


def _inside(place: Path) -> dict[str, Path]:
    """Return the folders of predictors in a folder, or the folder itself if it is one."""
    if (place / _CARD).is_file():
        return {place.absolute().name: place}
    if not place.is_dir():
        return {}
    found = (one for one in place.iterdir() if (one / _CARD).is_file())
    return {one.name: one for one in found if not one.name.startswith(".")}


def property_name(text: str) -> str:
    """Return the vocabulary's name of a property, or the text as such names are written."""
    spaced = text.replace("_", " ").strip()
    for spelling in (text.strip(), spaced):
        term = find_term(spelling, "property")
        if term is not None:
            return term.name
    return " ".join(spaced.lower().split())


def find_predictors(predictors: Predictors, text: str) -> list[str]:
    """Return the names of the predictors of a property, or of the predictor of a name.

    Args:
        predictors: those at hand.
        text: a property by name, synonym or symbol (`band_gap`, `zT`), a predictor
            (`bulk-modulus-symmetry`), or `all`.

    Raises:
        UsageError: there is none; the message names those there are.
    """
    recipes = _readable(predictors)
    if text == ALL and recipes:
        return list(recipes)
    wanted, plain = property_name(text), _plain(text)
    found = (
        [name for name, one in recipes.items() if wanted == one.property]
        or [name for name, one in recipes.items() if plain == _plain(one.property)]
        or [name for name in recipes if plain == _plain(name)]
        or _by_symbol(recipes, text)
    )
    if not found:
        raise UsageError(_unknown(recipes, text))
    return found


def _readable(predictors: Predictors) -> "dict[str, Recipe]":
    """Return the recipes by name; a damaged predictor must not stop the others."""
    recipes, error = {}, None
    for name in predictors:
        try:
            recipes[name] = predictors.recipe(name)
        except ArtifactError as problem:
            error = problem
    if not recipes and error is not None:
        raise error
    return recipes


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().casefold()


def _by_symbol(recipes: "Mapping[str, Recipe]", text: str) -> list[str]:
    """Return the predictors of the property with a symbol, or with a synonym in other case."""
    terms = load_terms("property")
    plain = _plain(text)
    for fold in (str, _plain):
        wanted = text if fold is str else plain
        found = []
        for name, recipe in recipes.items():
            term = terms.get(recipe.property)
            spellings = () if term is None else (term.symbol or "", *term.synonyms)
            if any(fold(one) == wanted for one in spellings):
                found.append(name)
        if len({recipes[name].property for name in found}) == 1:
            return found
    return []


def _unknown(recipes: "Mapping[str, Recipe]", text: str) -> str:
    if not recipes:
        return "there are no predictors; make one with `matlore predict train CSV --property NAME`"
    names = sorted({recipe.property for recipe in recipes.values()})
    close = get_close_matches(_plain(text), names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return (
        f"--property {text!r}: {hint}there are predictors of {', '.join(names)};"
        " `matlore predict models` lists them"
    )


def choose_predictor(predictors: Predictors, names: Sequence[str], sample: "Sample") -> str | None:
    """Return which of several predictors of a property to use for a material.

    The user's own come before those that ship; then those that use more of what is known of it.

    Returns:
        None where each needs more than is known.
    """
    known = 0
    if sample.space_group is not None and sample.cell_atoms is not None:
        known = 1
    if sample.structure is not None:
        known = 2
    ranked = [
        (_SOURCES.index(predictors.source(name)), needed, name)
        for name in names
        if (needed := _RICHNESS.index(predictors.recipe(name).needs)) <= known
    ]
    return max(ranked)[2] if ranked else None


def show_predictors(
    home_path: Path, *, folder: Path | None = None, names: Sequence[str] = ()
) -> dict[str, Any]:
    """List the predictors at hand with what their cards say.

    Args:
        home_path: the data home; it need not exist.
        folder: of more predictors.
        names: predictors, or properties; none for all.

    Returns:
        `predictors`: a row each; with `names` also `cards`, the cards in full by name.

    Raises:
        UsageError: no such predictor.
        NotFoundError: no predictor is in `folder`.
    """
    predictors = home_predictors(home_path, folder)
    found = list(predictors)
    if names:
        found = list(
            dict.fromkeys(one for name in names for one in find_predictors(predictors, name))
        )
    rows = [_row(predictors, name) for name in found]
    said: dict[str, Any] = {"predictors": rows}
    if names:
        said["cards"] = {name: dict(predictors.card(name)) for name in found}
    return said


def _row(predictors: Predictors, name: str) -> dict[str, Any]:
    """Return a predictor as a line of the list; a damaged one with its error."""
    source = predictors.source(name)
    try:
        recipe, card = predictors.recipe(name), predictors.card(name)
    except ArtifactError as error:
        return {"name": name, "from": source, "error": str(error)}
    scores = card.get("scores") or card.get("out_of_fold") or {}
    return {
        "name": name,
        "property": recipe.property,
        "unit": recipe.unit,
        "task": recipe.task,
        "needs": recipe.needs,
        "conditions": [one.name for one in recipe.conditions],
        "rows": card.get("rows"),
        "scores": scores,
        "source": recipe.source,
        "reference": recipe.reference,
        "license": card.get("license"),
        "version": card.get("version"),
        "from": source,
        "about": recipe.about,
    }
