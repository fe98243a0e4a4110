"""`matlore corpus remove` and `matlore corpus split`."""

from typing import Annotated

import typer

from .options import FormatOption, HomeOption, home_path, sub_app
from .output import Format, emit

__all__ = ["register"]

_Id = Annotated[str, typer.Argument(metavar="ID", help="Any identifier: DOI, arXiv …")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `matlore corpus`."""
    group = sub_app(app, "corpus", "See, check and export the papers of a data home.")
    group.command("remove")(_remove)
    group.command("split")(_split)


def _remove(id: _Id, format: FormatOption = Format.TABLE, home: HomeOption = None) -> None:
    """Remove a paper for good: later harvests leave it out."""
    from matlore.pipeline.corpus import remove_paper

    emit({"removed": remove_paper(home_path(home), id)}, format=format)


def _split(id: _Id, format: FormatOption = Format.TABLE, home: HomeOption = None) -> None:
    """Undo a merge: make a paper's records papers again, or the one record that ID names.

    `matlore corpus show ID` lists the records. They are not merged again.
    """
    from matlore.pipeline.corpus import split_paper

    emit({"papers": split_paper(home_path(home), id)}, format=format)
