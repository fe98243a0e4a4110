"""`matlore review`: a topic turned into a review that can be checked line by line."""

from pathlib import Path
from typing import Annotated

import typer

from matlore.errors import UsageError

from .options import FormatOption, HomeOption, command_line, home_path
from .output import Format, emit, note
from .progress import progress_bar
from .search_options import (
    ApplicationOption,
    ElementsOption,
    IndexEncoderOption,
    LicenseOption,
    MaterialOption,
    MethodOption,
    PropertyOption,
    SourceOption,
    YearOption,
)
from .store_options import StoreOption, store_and_login

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("review")(_review)


def _review(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="What the review is about.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            help="HTML (.html) or Markdown (.md); beside it go the same as .json and the papers"
            " as .bib.",
        ),
    ],
    top: Annotated[
        int, typer.Option("--top", min=1, max=1000, metavar="N", help="Papers at most.")
    ] = 200,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="JSON|DATE",
            help="Only what is new: papers that an earlier review (its .json) does not have, or"
            " from a date or year on.",
        ),
    ] = None,
    year: YearOption = None,
    material: MaterialOption = None,
    elements: ElementsOption = None,
    property: PropertyOption = None,
    application: ApplicationOption = None,
    method: MethodOption = None,
    source: SourceOption = None,
    license: LicenseOption = None,
    encoder: IndexEncoderOption = None,
    store: StoreOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Write a review of a topic: papers, clusters, values, conflicts, candidates, gaps.

    Extractive: no language model is asked. Every statement carries the ids of its papers, every
    quoted sentence stands verbatim in its paper, and both are checked before anything is written.
    """
    from matlore.pipeline.review import ReviewOptions, make_review
    from matlore.pipeline.review_render import check_target, write_review
    from matlore.pipeline.search_filters import parse_filters

    if not topic.strip():
        raise UsageError("the topic is empty; name what the review is about")
    check_target(out)
    address, login = store_and_login(store, home)
    options = ReviewOptions(
        top=top,
        filters=parse_filters(
            years=year,
            materials=material,
            elements=elements,
            properties=property,
            applications=application,
            methods=method,
            sources=source,
            licenses=license,
        ),
        since=since,
        encoder=encoder,
        store=address,
        login=login,
        command=command_line(),
    )
    with progress_bar("review") as progress:
        review, papers = make_review(home_path(home), topic, options, progress=progress)
    files = write_review(review, papers, out)
    for one in review.notes[1:]:
        note(one)
    emit(
        {
            "topic": review.topic,
            "papers": len(review.references),
            "clusters": len(review.clusters),
            "statements": len(review.statements),
            "values": len(review.values),
            "conflicts": len(review.conflicts),
            "candidates": len(review.candidates),
            "gaps": len(review.gaps),
            "files": [str(path) for path in files],
        },
        format=format,
    )
