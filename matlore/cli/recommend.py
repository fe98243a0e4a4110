"""`matlore recommend`: which materials to try for an application."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from matlore.errors import UsageError

from .options import FormatOption, HomeOption, home_path
from .output import Format, emit, note
from .progress import progress_bar

__all__ = ["register"]

_COLUMNS = ("rank", "formula", "score", "known", "papers", "together", "since")
_EXPLAINED = ("connecting_words", "papers_that_connect")


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
            progress=progress,
        )
    if format is Format.TABLE:
        _print_table(result, explain=explain)
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


def _print_table(result: Mapping[str, Any], *, explain: bool) -> None:
    """Print the table for people, the quoted sentences below it, and what was not counted."""
    candidates = result["candidates"]
    name, until = result["application"], result["trained_until"]
    trained = "" if until is None else f", trained until {until}"
    emit(
        {"rows": [_line(candidate) for candidate in candidates]},
        rows="rows",
        format=Format.TABLE,
        title=f"Candidates for {name} (vectors {result['vectors']}{trained})",
        columns=_COLUMNS + _EXPLAINED if explain else _COLUMNS,
    )
    if explain:
        _print_evidence(candidates)
    if not candidates:
        note("no material of these vectors passes the filters")
    elif candidates[0]["known"] is None:
        note(
            f"whether a material is known for {name!r} was not counted: no corpus at hand"
            " (`matlore ingest` reads one in)"
        )


def _line(candidate: Mapping[str, Any]) -> dict[str, object]:
    """Return a candidate as a line of the table."""
    known = candidate["known"]
    return {
        "rank": candidate["rank"],
        "formula": candidate["display"] or candidate["formula"],
        "score": f"{candidate['score']:.3f}",
        "known": "not counted" if known is None else known,
        "papers": candidate["n_papers"],
        "together": candidate["n_application_papers"],
        "since": _year(candidate["first_application_year"]),
        "connecting_words": [_plain(item["word"]) for item in candidate.get("words", ())],
        "papers_that_connect": candidate.get("papers", ()),
    }


def _year(year: int | None) -> str | None:
    return None if year is None else str(year)


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _print_evidence(candidates: Sequence[Mapping[str, Any]]) -> None:
    """Print since when each is named with the application, and the best sentence."""
    for candidate in candidates:
        typer.echo()
        told = candidate["history"] or "not counted with the application"
        typer.echo(f"{candidate['rank']}. {candidate['display']}: {told}")
        for item in candidate["sentences"][:1]:
            typer.echo(f"   “{item['sentence'].strip()}” ({item['paper']})")
