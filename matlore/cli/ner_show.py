"""`matlore ner show` and `stats`: what a home has of mentions."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from .extracting import readable
from .ner import COLUMNS, CSV_COLUMNS
from .ner_options import HELP, HtmlOption
from .options import FormatOption, HomeOption, home_path, sub_app
from .output import Format, emit, note

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `matlore ner`."""
    group = sub_app(app, "ner", HELP)
    group.command("show")(_show)
    group.command("stats")(_stats)


def _show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Any identifier: DOI, arXiv …")],
    html: HtmlOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Show the mentions of a paper of the home, found by any of its identifiers."""
    from matlore.pipeline.ner import check_picture, draw_mentions, show_mentions

    if html is not None:
        check_picture(html)
    paper = show_mentions(home_path(home), id)
    if format is Format.JSON:
        emit(paper, format=format)
    elif format is Format.TABLE:
        # Not as the table's title, which would be folded to its width.
        typer.echo(f"{paper['id']}: {paper['title']}")
        shown = {"mentions": readable(paper["mentions"])}
        emit(shown, rows="mentions", format=format, columns=COLUMNS)
    else:
        emit(paper, rows="mentions", format=format, columns=CSV_COLUMNS[1:])
    if html is not None:
        draw_mentions(html, [paper], title=f"Mentions in {paper['id']}")
        note(f"picture: {html}")


def _stats(
    top: Annotated[
        int, typer.Option("--top", min=0, metavar="N", help="How many names of each label.")
    ] = 10,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Count the mentions of the home by label, their commonest names, and what is not read."""
    from matlore.pipeline.ner import mention_stats

    stats = mention_stats(home_path(home), top=top)
    if format is Format.JSON:
        emit(stats, format=format)
        return
    labels = {"rows": list(_label_rows(stats))}
    names = {"rows": list(_name_rows(stats))}
    if format is Format.TABLE:
        counts = {name: stats[name] for name in ("papers", "pending", "mentions", "models")}
        emit(counts, format=format)
        for title, table in (("Labels", labels), ("Commonest names", names)):
            if table["rows"]:
                typer.echo(f"\n{title}")
                emit({"rows": readable(table["rows"])}, rows="rows", format=format)
    else:
        emit(names, rows="rows", format=format)


def _label_rows(stats: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    for label, mentions in stats["labels"].items():
        yield {
            "label": label,
            "mentions": mentions,
            "linked": stats["linked"][label],
            "different names": stats["norms"][label]["different"],
        }


def _name_rows(stats: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    for label, found in stats["norms"].items():
        for one in found["commonest"]:
            yield {"label": label, **one}
