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

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 60


class _ExportFormat(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    BIBTEX = "bibtex"
    DATASET = "dataset"


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = sub_app(app, "corpus", "See, check and export the papers of a data home.")
    group.command("stats")(_stats)
    group.command("show")(_show)
    group.command("export")(_export)
    group.command("verify")(_verify)
    group.command("compact")(_compact)


def _stats(
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw papers per year: a .png or .svg file."),
    ] = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Count the papers by year, source, license, category and language."""
    from matlore.pipeline.corpus import corpus_stats, plot_years

    if plot is not None:
        plot_years(home_path(home), plot)
    stats = corpus_stats(home_path(home))
    emit(stats if format is Format.JSON else _summary(stats, format), format=format)


def _summary(stats: dict[str, Any], format: Format) -> dict[str, object]:
    """Return statistics on one line each, in a table with a small chart of the years."""
    years = list(stats["years"])
    lines: dict[str, object] = {}
    for name, value in stats.items():
        lines[name] = _line(value) if isinstance(value, dict) else value
        if name == "years":
            lines[name] = f"{years[0]} to {years[-1]}" if years else None
            if years and format is Format.TABLE:
                lines["papers_per_year"] = _sparkline(value)
    return lines


def _sparkline(years: dict[str, int]) -> str:
    """Return a bar a year, for the latest years; a year without papers is a gap."""
    last = max(map(int, years))
    first = max(min(map(int, years)), last - _MOST_BARS + 1)
    counts = [years.get(str(year), 0) for year in range(first, last + 1)]
    step = max(counts) / len(_BARS)
    bars = "".join(_BARS[min(int(n / step), len(_BARS) - 1)] if n else " " for n in counts)
    return f"{first} {bars} {last}, at most {max(counts):,}"


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
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The file, or folder, to write.")
    ],
    format: Annotated[
        _ExportFormat,
        typer.Option("--format", help="The format; `dataset` is a folder for `datasets`."),
    ] = _ExportFormat.JSONL,
    licenses: Annotated[
        list[str] | None,
        typer.Option(
            "--license",
            metavar="PATTERN",
            help="Only papers with this licence: CC0, CC-BY, `CC-*`, or `redistributable` for "
            "CC0, CC-BY, CC-BY-SA, MIT and public domain. May be repeated.",
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write all papers, or those under some licences, to one file."""
    from matlore.pipeline.corpus import export_corpus

    with progress_bar("papers") as progress:
        report = export_corpus(
            home_path(home),
            out,
            format=format.value,
            licenses=licenses or (),
            progress=progress,
        )
    note(f"{report.papers} papers in {out}")
    if licenses:
        note(
            f"{report.without_license} papers without a licence and {report.other_license} "
            "under other licences are left out"
        )


def _verify(
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Remove leftovers; keep what can be read of damaged shards, forget the rest.",
        ),
    ] = False,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Check that the shards on disk are those of the manifest; exit 1 if not."""
    from matlore.pipeline.corpus import repair_corpus, verify_corpus

    with progress_bar("shards") as progress:
        check = repair_corpus if repair else verify_corpus
        report = check(home_path(home), progress=progress)
    emit(report, format=format)
    if report.get("n_lost") or report.get("n_lost_records"):
        note(
            f"{report['n_lost']} papers and {report['n_lost_records']} merged records are lost: "
            "ingest their files again, and harvest again"
        )
    if report["remaining" if repair else "problems"]:
        raise typer.Exit(FAILED)


def _compact(format: FormatOption = Format.TABLE, home: HomeOption = None) -> None:
    """Merge small shards, and those with many replaced rows, into full ones."""
    from matlore.pipeline.corpus import compact_corpus

    emit(compact_corpus(home_path(home)), format=format)
