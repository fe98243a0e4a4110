"""`matlore starter build` and `facts`."""

from pathlib import Path
from typing import Annotated

import typer

from .options import FormatOption, HomeOption, command_line, home_path, sub_app
from .output import Format, emit, note
from .progress import progress_bar

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `matlore starter`."""
    group = sub_app(app, "starter", "Make the starter pack that ships with matlore.")
    group.command("build")(build)
    group.command("facts")(facts)


def build(
    vectors: Annotated[
        Path | None,
        typer.Option(
            help="A folder of vectors [default: the newest of the home].", show_default=False
        ),
    ] = None,
    ranking: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the reference list; its measures go into the card.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the pack goes [default: into the package].", show_default=False),
    ] = None,
    max_megabytes: Annotated[float, typer.Option(min=0.1, help="Size of the pack at most.")] = 18.0,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Cut the vectors of a home to the size of the starter pack, in int8, with a card."""
    from matlore.pipeline.starter import build_starter
    from matlore.pipeline.vectors import STARTER_VECTORS

    record = build_starter(
        home_path(home),
        vectors=vectors,
        ranking=ranking,
        out=out or STARTER_VECTORS,
        max_megabytes=max_megabytes,
        command=command_line(),
    )
    emit(record, format=format, title="Starter pack")


def facts(
    out: Annotated[
        Path | None,
        typer.Option(help="Where the facts go [default: into the package].", show_default=False),
    ] = None,
    max_megabytes: Annotated[
        float, typer.Option(min=0.01, help="Size of all in that folder at most.")
    ] = 8.0,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Pack the facts of a home to the size of the starter pack: numbers and names, no text."""
    from matlore.pipeline.starter_facts import build_starter_facts

    with progress_bar("reading facts") as progress:
        record = build_starter_facts(
            home_path(home),
            out=out,
            max_megabytes=max_megabytes,
            command=command_line(),
            progress=progress,
        )
    emit(record, format=format, title="Starter facts")
    if record["papers_pending"]:
        note(f"{record['papers_pending']} papers are not read yet: `matlore facts extract`")
