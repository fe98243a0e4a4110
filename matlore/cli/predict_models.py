"""`matlore predict models`: the predictors at hand, and what their cards say."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from .options import FormatOption, HomeOption, home_path
from .output import Format, emit, note
from .predict_options import PredictorsOption

__all__ = ["register_models", "score_lines"]

_COLUMNS = ("name", "property", "unit", "needs", "conditions", "rows", "scores", "source", "from")


def register_models(group: typer.Typer) -> None:
    """Add the command to the group `matlore predict`."""
    group.command("models")(_models)


def _models(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Predictors, or properties, whose cards to show [default: a line of each].",
            show_default=False,
        ),
    ] = None,
    predictors: PredictorsOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """List the predictors at hand: what they were trained on, and how well they predict."""
    from matlore.pipeline.predict_models import show_predictors

    found = show_predictors(home_path(home), folder=predictors, names=names or ())
    if format is not Format.TABLE:
        emit(found, rows="predictors", format=format)
    elif names:
        _print_cards(found["cards"])
    elif found["predictors"]:
        lines = [_line(row) for row in found["predictors"]]
        emit({"rows": lines}, rows="rows", format=format, columns=_COLUMNS)
    if not found["predictors"]:
        note("there are no predictors; make one with `matlore predict train CSV --property NAME`")
    for row in found["predictors"]:
        if "error" in row:
            note(f"{row['name']}: {row['error']}")


def _line(row: Mapping[str, Any]) -> dict[str, object]:
    return {**row, "scores": ", ".join(score_lines(row.get("scores") or {}))}


def score_lines(scores: Mapping[str, Any]) -> list[str]:
    """Return the scores that say most, for people: `MAE 0.36`, `coverage 90 %`."""
    shown = {
        "mae": "MAE {:.3g}",
        "r2": "R2 {:.2f}",
        "balanced_accuracy": "balanced accuracy {:.2f}",
        "roc_auc": "ROC AUC {:.2f}",
        "coverage": "coverage {:.0%}",
    }
    return [text.format(scores[key]) for key, text in shown.items() if scores.get(key) is not None]


def _print_cards(cards: Mapping[str, Mapping[str, Any]]) -> None:
    for number, (name, card) in enumerate(cards.items()):
        if number:
            typer.echo()
        emit({"name": name, **_summary(card)}, format=Format.TABLE)
        scores = card.get("scores") or card.get("out_of_fold") or {}
        plain = {key: value for key, value in scores.items() if not isinstance(value, list | dict)}
        if plain:
            typer.echo()
            emit(plain, format=Format.TABLE, title="Scores")


def _summary(card: Mapping[str, Any]) -> dict[str, object]:
    """Return what of a card is for people; the rest is in JSON."""
    recipe = card["recipe"]
    told = {key: recipe.get(key) for key in ("about", "property", "unit", "classes", "needs")}
    told["conditions"] = [
        f"{one['name']} (usually {one['default']:g} {one['unit']})" for one in recipe["conditions"]
    ]
    told["members"] = [
        f"{weight:.2f} {member['kind']} on {' + '.join(member['descriptors'])}"
        for weight, member in zip(card["weights"], recipe["members"], strict=True)
    ]
    told |= {key: card.get(key) for key in ("rows", "materials", "groups")}
    told |= {key: recipe.get(key) for key in ("source", "reference")}
    told |= {key: card.get(key) for key in ("license", "trained", "command", "version")}
    if card.get("data"):
        told["data"] = card["data"]["file"]
    return {key: value for key, value in told.items() if value not in (None, "", [])}
