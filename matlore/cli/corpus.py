"""`matlore corpus`: what is in the corpus of a data home."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import FormatOption, HomeOption, home_path, sub_app
from .output import Format, emit, note
from .progress import progress_bar
from .running import FAILED

__all__ = ["register"]

_SUMMARY = ("papers", "years", "sources", "licenses", "categories")


class _ExportFormat(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = sub_app(app, "corpus", "See, check and export the papers of a data home.")
    group.command("stats")(_stats)
    group.command("show")(_show)
    group.command("export")(_export)
    group.command("verify")(_verify)


def _stats(format: FormatOption = Format.TABLE, home: HomeOption = None) -> None:
    """Count the papers by year, source, license and category."""
    from matlore.pipeline.corpus import corpus_stats

    stats = corpus_stats(home_path(home))
    emit(stats if format is Format.JSON else _summary(stats), format=format)


def _summary(stats: dict[str, Any]) -> dict[str, object]:
    """Return statistics on one line each."""
    years = list(stats["years"])
    return {
        **stats,
        "years": f"{years[0]} to {years[-1]}" if years else None,
        **{name: _line(stats[name]) for name in ("sources", "licenses", "categories")},
    }


def _line(counts: dict[str, int], *, most: int = 8) -> str:
    shown = ", ".join(f"{name} {count:,}" for name, count in list(counts.items())[:most])
    return f"{shown}, …" if len(counts) > most else shown


def _show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Any identifier: DOI, arXiv …")],
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Show a paper, found by any of its identifiers."""
    from matlore.pipeline.corpus import show_paper

    emit(show_paper(home_path(home), id), format=format)


def _export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")],
    format: Annotated[
        _ExportFormat, typer.Option("--format", help="The format of the file.")
    ] = _ExportFormat.JSONL,
    home: HomeOption = None,
) -> None:
    """Write all papers to one file."""
    from matlore.pipeline.corpus import export_corpus

    with progress_bar("papers") as progress:
        count = export_corpus(home_path(home), out, format=format.value, progress=progress)
    note(f"{count} papers in {out}")


def _verify(format: FormatOption = Format.TABLE, home: HomeOption = None) -> None:
    """Check that the shards on disk are those of the manifest; exit 1 if not."""
    from matlore.pipeline.corpus import verify_corpus

    with progress_bar("shards") as progress:
        report = verify_corpus(home_path(home), progress=progress)
    emit(report, format=format)
    if report["problems"]:
        raise typer.Exit(FAILED)
