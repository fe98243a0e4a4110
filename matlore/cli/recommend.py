"""`matlore recommend`: which materials to try for an application."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from matlore.errors import UsageError

from .options import FormatOption, HomeOption, home_path
from .output import Format, emit, note
from .progress import progress_bar
from .recommend_output import print_candidates

__all__ = ["register"]


class _Rank(StrEnum):
    """By what candidates are ranked."""

    LITERATURE = "literature"
    FUSED = "fused"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("recommend")(_recommend)


def _recommend(
    application: Annotated[
        str,
        typer.Option(
            "--application",
            "-a",
            metavar="NAME",
            help="What the material is for: thermoelectric, 'battery cathode', or any word.",
        ),
    ],
    top: Annotated[int, typer.Option("--top", min=1, help="How many candidates.")] = 20,
    novel: Annotated[
        bool,
        typer.Option("--novel", help="Leave out materials named together with the application."),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Add the words, papers and sentences that connect them."),
    ] = False,
    before: Annotated[
        int | None,
        typer.Option(
            "--before",
            metavar="YEAR",
            help="Use vectors and counts trained until this year.",
            show_default=False,
        ),
    ] = None,
    elements: Annotated[
        str | None,
        typer.Option("--elements", metavar="Bi,Te,…", help="Only these elements are allowed."),
    ] = None,
    without: Annotated[
        str | None,
        typer.Option("--without", metavar="Pb,Cd,…", help="None of these elements."),
    ] = None,
    contains: Annotated[
        str | None,
        typer.Option("--contains", metavar="Te,Se,…", help="All of these elements."),
    ] = None,
    min_papers: Annotated[
        int,
        typer.Option(
            "--min-papers", min=0, metavar="N", help="Leave out materials named in fewer papers."
        ),
    ] = 0,
    vectors: Annotated[
        Path | None,
        typer.Option(
            "--vectors",
            metavar="PATH",
            help="Word vectors [default: the newest of the home, else those that ship].",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the ranking to a PNG or SVG file."),
    ] = None,
    properties: Annotated[
        bool,
        typer.Option(
            "--properties",
            help="Add reported, derived and predicted properties that matter for the"
            " application, and what limits the use of the elements.",
        ),
    ] = False,
    rank: Annotated[
        _Rank,
        typer.Option(
            "--rank",
            help="By the literature, or fused: by literature, predicted and known properties"
            " together (adds --properties).",
        ),
    ] = _Rank.LITERATURE,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Rank materials for an application."""
    from matlore.pipeline.recommend import recommend

    with progress_bar("reading the corpus") as progress:
        result = recommend(
            home_path(home),
            application=application,
            top=top,
            novel=novel,
            explain=explain,
            before=before,
            elements=_symbols(elements),
            without=_symbols(without) or (),
            contains=_symbols(contains) or (),
            min_papers=min_papers,
            vectors=vectors,
            plot=plot,
            properties=properties,
            rank=rank.value,
            progress=progress,
        )
    if format is Format.TABLE:
        print_candidates(result, explain=explain)
    else:
        emit(result, rows="candidates", format=format)
    if plot is not None:
        note(f"plot: {plot}")


def _symbols(text: str | None) -> list[str] | None:
    """Split `Pb, Cd,Tl`; None where the option was not given.

    Raises:
        UsageError: it was given, but names nothing.
    """
    if text is None:
        return None
    symbols = text.replace(",", " ").split()
    if not symbols:
        raise UsageError(f"{text!r} names no element; write them as in Bi,Te,Se")
    return symbols
