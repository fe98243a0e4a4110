"""`matlore backtest`: would the ranking of a past year have found what was reported later?"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from matlore.errors import UsageError

from .options import FormatOption, HomeOption, home_path, threads
from .output import Format, emit, note
from .progress import progress_bar

__all__ = ["register"]

_CUTOFF_COLUMNS = (
    "cutoff",
    "candidates",
    "positives",
    "studied",
    "average_precision",
    "prevalence",
    "auc",
    "auc_low",
    "auc_high",
    "frequency_auc",
)


def register(app: typer.Typer) -> None:
    """Add the command `matlore backtest`."""
    app.command("backtest")(_backtest)


def _backtest(
    application: Annotated[
        str, typer.Option("--application", metavar="NAME", help="For what to rank.")
    ],
    first: Annotated[
        int | None, typer.Option("--from", metavar="YEAR", help="The first cutoff year.")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--to", metavar="YEAR", help="The last cutoff year.")
    ] = None,
    step: Annotated[int, typer.Option("--step", min=1, help="Years between cutoffs.")] = 2,
    cutoffs: Annotated[
        str | None,
        typer.Option("--cutoffs", metavar="YEARS", help="Cutoff years, such as 2009,2011,2013."),
    ] = None,
    follow: Annotated[
        str | None,
        typer.Option("--follow", metavar="YEARS", help="Years to report [default: every year]."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many materials to pick.")] = 50,
    like: Annotated[
        Path | None,
        typer.Option(
            "--like",
            metavar="PATH",
            help="Train with the settings of these vectors [default: mat2vec's].",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option("--epochs", min=1, help="Epochs of training, instead of the settings'."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, help="Threads of training [default: all cores].", show_default=False
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw a PNG, SVG or PDF file.")
    ] = None,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Rank as of past years, and count how many of the first materials were reported later."""
    from matlore.pipeline.evaluate import backtest_home, cutoff_years, training_settings

    years = cutoff_years(first=first, last=last, step=step, years=_years("--cutoffs", cutoffs))
    with progress_bar("backtest") as progress:
        record = backtest_home(
            home_path(home),
            application=application,
            cutoffs=years,
            follow=_years("--follow", follow),
            top=top,
            settings=training_settings(like=like, epochs=epochs),
            plot=plot,
            workers=threads(workers),
            progress=progress,
        )
    _print(record, format)


def _years(option: str, text: str | None) -> list[int]:
    """Read a list of years such as `2009,2011`.

    Raises:
        UsageError: it is something else.
    """
    if text is None:
        return []
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(f"{option} {text!r}: write years such as 2009,2011,2013")
    return [int(part) for part in parts]


def _print(record: dict[str, Any], format: Format) -> None:
    """Print the record: two tables, or the rows, or JSON as it is."""
    if format is not Format.TABLE:
        emit(record, rows=None if format is Format.JSON else "rows", format=format)
        return
    title = (
        f"{record['application']}: of the first {record['top']} not yet studied at the cutoff,"
        " reported until the year (95% intervals)"
    )
    emit({"rows": list(_readable(record["rows"]))}, rows="rows", format=format, title=title)
    title = "all candidates, against what was reported until the last year"
    emit(record, rows="cutoffs", format=format, title=title, columns=_CUTOFF_COLUMNS)
    if record["thin_years"]:
        years = ", ".join(map(str, record["thin_years"]))
        note(f"The corpus holds few papers of {years}: little can be found in these years.")
    if record["plot"] is not None:
        note(f"Drawn: {record['plot']}")


def _readable(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, object]]:
    """Return the rows as a table for people: a value and its interval in one cell."""
    for row in rows:
        yield {
            "cutoff": row["cutoff"],
            "year": f"{row['year']}{' (thin)' if row['thin'] else ''}",
            "hits": f"{row['hits']} of {row['picks']}",
            "rate": _share(row["rate"], row["low"], row["high"]),
            "random": _hits(row, "random"),
            "ratio": row["ratio"],
            "p": row["random_p"],
            "matched": _hits(row, "matched"),
            "matched ratio": row["matched_ratio"],
            "matched p": row["matched_p"],
            "most frequent": row["frequent"],
            "candidates": row["candidates"],
            "positives": row["positives"],
        }


def _share(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return ""
    return f"{value:.0%} ({low:.0%} to {high:.0%})"


def _hits(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    return f"{row[name]:.1f} ({row[name + '_low']:.0f} to {row[name + '_high']:.0f})"
