"""`matlore predict describe`: descriptors of materials as a matrix."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from matlore.errors import UsageError
from matlore.progress import no_progress

from .options import FormatOption, HomeOption, home_path
from .output import Format, emit, note
from .predict_options import MaterialsArgument, SourceOption
from .progress import progress_bar
from .running import FAILED, PARTLY_DONE

__all__ = ["register_describe"]

_LIST_COLUMNS = ("name", "columns", "needs", "version", "citations")


def register_describe(group: typer.Typer) -> None:
    """Add the command to the group `matlore predict`."""
    group.command("describe")(_describe)


def _describe(
    materials: MaterialsArgument = None,
    descriptors: Annotated[
        str,
        typer.Option(
            "--descriptors",
            "-d",
            metavar="NAME[,NAME...]",
            help="Which descriptors: magpie, stoichiometry, soap …; --list names them.",
        ),
    ] = "magpie",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the matrix, with names and units, to a .parquet or .csv file.",
            show_default=False,
        ),
    ] = None,
    source: SourceOption = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="List the descriptors there are, with what they need.")
    ] = False,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Compute descriptors of formulas or crystal structures: what predictors learn from.

    One material is shown with a line a descriptor; several are written with --out.
    """
    from matlore.pipeline.predict_describe import describe_materials, list_descriptors

    if list_them:
        emit(list_descriptors(), rows="descriptors", format=format, columns=_LIST_COLUMNS)
        return
    names = [name.strip() for name in descriptors.split(",") if name.strip()]
    if not names:
        raise UsageError("--descriptors: name at least one; --list shows those there are")
    bar = nullcontext(no_progress) if source is None else progress_bar("describing")
    with bar as progress:
        result = describe_materials(
            home_path(home),
            materials or (),
            source=source,
            descriptors=names,
            out=out,
            progress=progress,
        )
    if out is None:
        emit(result, rows="values", format=format)
    else:
        emit({key: result[key] for key in ("rows", "columns", "path")}, format=format)
    for row in result["errors"][:10]:
        note(f"{row['place']}: {row['error']}" if row["place"] else row["error"])
    if result["errors"]:
        note(f"{len(result['errors'])} could not be described")
        raise typer.Exit(PARTLY_DONE if result["rows"] else FAILED)
