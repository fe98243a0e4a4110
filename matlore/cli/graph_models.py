"""`matlore graph models`: the equations that connect properties, and whether they are right."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from matlore.errors import UsageError

from .options import FormatOption, HomeOption, home_path
from .output import Format, emit, note
from .running import FAILED

__all__ = ["register_models"]

_MODEL_COLUMNS = ("name", "category", "equation", "gives", "needs", "error")
_FAILED_COLUMNS = ("model", "example", "variable", "problem")
_LISTS = ("references", "variables", "examples")  # of one model, as tables below it


def register_models(group: typer.Typer) -> None:
    """Add the command to the group `matlore graph`."""
    group.command("models")(_models)


def _models(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Models (with --symbols: properties) to show in full [default: a line of each].",
            show_default=False,
        ),
    ] = None,
    symbols: Annotated[
        bool, typer.Option("--symbols", help="Show the properties that models connect instead.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Run the worked examples, those of your own files in HOME/propnet included; exit 1"
            " if one does not come out.",
        ),
    ] = False,
    category: Annotated[
        str | None,
        typer.Option(
            "--category",
            metavar="NAME",
            help="Only these: transport, thermal, electronic, optical, magnetic …",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """List the models that `graph derive` uses, show what one says, or check them."""
    from matlore.pipeline.graph_models import check_models, show_models, show_symbols

    if check and symbols:
        raise UsageError("--check runs the examples of models: leave out --symbols")
    place, chosen = home_path(home), names or ()
    if check:
        _report(check_models(place, names=chosen, category=category), format)
    elif symbols:
        found = show_symbols(place, names=chosen, category=category)
        _show(found, "symbols", format, in_full=bool(names))
    else:
        found = show_models(place, names=chosen, category=category)
        _show(found, "models", format, in_full=bool(names))


def _show(found: Mapping[str, Any], rows: str, format: Format, *, in_full: bool) -> None:
    """Print a table of all, or all about a few."""
    if format is not Format.TABLE or not in_full:
        columns = _MODEL_COLUMNS if rows == "models" and not in_full else None
        emit(found, rows=rows, format=format, columns=columns)
        return
    for number, one in enumerate(found[rows]):
        if number:
            typer.echo()
        plain = {key: value for key, value in one.items() if key not in _LISTS and value != ""}
        emit(plain, format=format)
        for key in (key for key in _LISTS if one.get(key)):
            typer.echo()
            emit(one, rows=key, format=format, title=key.capitalize())


def _report(found: Mapping[str, Any], format: Format) -> None:
    """Print what the examples gave: of the table the failures only."""
    if format is Format.TABLE:
        emit({key: found[key] for key in ("models", "examples", "values", "failed")}, format=format)
        failed = [one for one in found["results"] if not one["ok"]]
        if failed:
            typer.echo()
            emit({"failed": failed}, rows="failed", format=format, columns=_FAILED_COLUMNS)
    else:
        emit(found, rows="results", format=format)
    if found["failed"]:
        note(f"{found['failed']} of {found['values']} values do not come out")
        raise typer.Exit(FAILED)
