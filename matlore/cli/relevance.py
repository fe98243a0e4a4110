"""`matlore starter relevance`."""

from pathlib import Path
from typing import Annotated

import typer

from .options import FormatOption, HomeOption, command_line, home_path, sub_app
from .output import Format, emit
from .progress import progress_bar

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the group `matlore starter`."""
    group = sub_app(app, "starter", "Make the starter pack that ships with matlore.")
    group.command("relevance")(_relevance)


def _relevance(
    labels: Annotated[
        Path | None,
        typer.Option(
            help="Papers labelled by hand (id, tab, 0 or 1): measured on, never trained on.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the model goes [default: into the package].", show_default=False),
    ] = None,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Train the model that tells which papers are about inorganic materials."""
    from matlore.pipeline.relevance import train_home_relevance

    with progress_bar("labelling papers") as progress:
        record = train_home_relevance(
            home_path(home), out=out, labels=labels, command=command_line(), progress=progress
        )
    emit(record, format=format, title="Model of relevance")
