"""`matlore ingest`: papers in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from .options import (
    FormatOption,
    HomeOption,
    InputFormatOption,
    MappingOption,
    RelevanceOption,
    home_path,
    sub_app,
)
from .output import Format, emit, note
from .progress import progress_bar
from .running import PARTLY_DONE

__all__ = ["print_report", "register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = sub_app(app, "ingest", "Take papers in, from files and from services.")
    group.callback()(_ingest)
    group.command("file")(_ingest_file)


def _ingest() -> None:
    """Take papers in, from files and from services."""


def _ingest_file(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Files of papers, or folders of them."),
    ],
    mapping: MappingOption = None,
    input_format: InputFormatOption = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Processes [default: one a core, at most 8]."),
    ] = None,
    stop_at_error: Annotated[
        bool,
        typer.Option("--stop-at-error", help="Fail at the first bad row, without quarantine."),
    ] = False,
    min_relevance: RelevanceOption = 0.0,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Take in papers from JSONL, CSV, TSV, Parquet, BibTeX and RIS files, plain or packed.

    Columns are recognised by their names. Text is cleaned, identifiers are normalised,
    records of one work are merged. Bad rows go to a quarantine file, and the exit code is 3.
    """
    from matlore.pipeline.corpus import default_workers, ingest_paths

    with progress_bar("papers") as progress:
        report = ingest_paths(
            home_path(home),
            paths,
            mapping=mapping or (),
            input_format=input_format,
            workers=workers or default_workers(),
            stop_at_error=stop_at_error,
            min_relevance=min_relevance,
            progress=progress,
        )
    print_report(report, format)


def print_report(report: Mapping[str, object], format: Format) -> None:
    """Print what a job did; exit 3 where rows went to quarantine."""
    emit(report, format=format)
    if report["quarantined"]:
        note(f"{report['quarantined']} bad rows: see {report['quarantine']}")
        raise typer.Exit(PARTLY_DONE)
