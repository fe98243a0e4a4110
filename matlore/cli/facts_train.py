"""`matlore facts train`: the small models that find facts, from annotated data."""

from pathlib import Path
from typing import Annotated

import typer

from .facts_options import HELP, DopingOption, GeneralOption, ValuesOption
from .ner_options import ThreadsOption
from .options import FormatOption, command_line, sub_app
from .output import Format, emit
from .progress import progress_bar

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the group `matlore facts`."""
    sub_app(app, "facts", HELP).command("train")(_train)


def _train(
    doping: DopingOption = None,
    general: GeneralOption = None,
    values: ValuesOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Where the models go [default: into the package].",
            show_default=False,
        ),
    ] = None,
    threads: ThreadsOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Train the models of dopings, relations and values, as far as there is data for them.

    Each is measured by 5-fold cross-validation first, and the figures go into the card beside
    the models. This needs `pip install matlore[train]`, but neither torch nor a GPU.
    """
    from matlore.pipeline.facts_train import train_facts

    with progress_bar("reading") as progress:
        report = train_facts(
            out,
            doping=doping,
            general=general,
            values=values,
            threads=threads,
            command=command_line(),
            progress=progress,
        )
    if format is Format.JSON:
        emit(report, format=format)
    else:
        rows = [
            {"model": name, "kilobytes": one["kilobytes"], "path": one["path"]}
            for name, one in report.items()
        ]
        emit({"rows": rows}, rows="rows", format=format)
