"""`matlore graph predict`: what predictors say of the materials of a graph."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import FormatOption, HomeOption, home_path
from .output import Format, emit, note
from .progress import progress_bar
from .running import PARTLY_DONE
from .store_options import StoreOption, store_and_login

__all__ = ["register_predict"]

_COLUMNS = ("name", "property", "predicted", "gone", "materials", "without", "values", "in_domain")


def register_predict(group: typer.Typer) -> None:
    """Add the command to the group `matlore graph`."""
    group.command("predict")(_predict)


def _predict(
    properties: Annotated[
        list[str] | None,
        typer.Option(
            "--property",
            "-p",
            metavar="NAME",
            help="Only predictors of this property, or of this name; may be repeated. Values of"
            " others stay as they are [default: all that take a composition].",
            show_default=False,
        ),
    ] = None,
    temperatures: Annotated[
        list[float] | None,
        typer.Option(
            "--temperature",
            metavar="K",
            help="Predict at this temperature what depends on it; may be repeated [default: as"
            " last time, else 300, 600 and 900].",
            show_default=False,
        ),
    ] = None,
    min_papers: Annotated[
        int | None,
        typer.Option(
            "--min-papers",
            min=0,
            metavar="N",
            help="Leave out materials that fewer papers name, unless a value of them is reported"
            " [default: as last time, else 0].",
            show_default=False,
        ),
    ] = None,
    only_in_domain: Annotated[
        bool | None,
        typer.Option(
            "--only-in-domain/--all-materials",
            help="Leave out, or keep, values of materials that are unlike the training data"
            " [default: as last time, else keep, marked].",
            show_default=False,
        ),
    ] = None,
    level: Annotated[
        float | None,
        typer.Option(
            "--level",
            metavar="SHARE",
            help="How often intervals shall hold the true value [default: as last time, else 0.9].",
            show_default=False,
        ),
    ] = None,
    predictors: Annotated[
        Path | None,
        typer.Option(
            "--predictors",
            metavar="FOLDER",
            help="More predictors, over those that ship and those of the home. Their values go"
            " with the next run that does not name it.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what there is to do.")
    ] = False,
    store: StoreOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Predict properties of the graph's materials, and put them into it beside what is reported.

    Only what is new is computed: materials, and predictors of another version. A run that is
    killed loses little: the same command goes on from there.
    """
    from matlore.pipeline.graph_predict import PredictChoices, predict_home_graph

    choices = PredictChoices(
        None if temperatures is None else tuple(temperatures), min_papers, level, only_in_domain
    )
    address, login = store_and_login(store, home)
    with progress_bar("predicting") as progress:
        report = predict_home_graph(
            home_path(home),
            store=address,
            login=login,
            properties=properties or (),
            choices=choices,
            folder=predictors,
            dry_run=dry_run,
            progress=progress,
        )
    _show(report, format, dry_run=dry_run)


def _show(report: Mapping[str, Any], format: Format, *, dry_run: bool) -> None:
    """Print what a run did; exit 3 where some predictors failed."""
    emit(report, rows="models", format=format, columns=_COLUMNS)
    if format is Format.TABLE:
        for line in _lines(report, dry_run=dry_run):
            note(line)
    for error in report["errors"]:
        note(error)
    if report["failed"]:
        note(f"{report['failed']} predictors failed; their values are left as they were")
        raise typer.Exit(PARTLY_DONE)


def _lines(report: Mapping[str, Any], *, dry_run: bool) -> list[str]:
    values = sum(row["values"] for row in report["models"])
    predicted = sum(row["predicted"] for row in report["models"])
    done = "to be predicted" if dry_run else "predicted now"
    lines = [f"{report['materials']:,} materials with a formula; {predicted:,} times {done}"]
    if not report["models"]:
        lines.append("no predictors; make one with `matlore predict train CSV --property NAME`")
    if report["forgotten"]:
        lines.append(f"no longer there, with their values: {', '.join(report['forgotten'])}")
    if not dry_run:
        lines.append(f"{values:,} values in {report['store']}, {report['seconds']} s")
    return lines
