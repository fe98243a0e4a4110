"""Options that the commands of `matlore predict` share."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["MaterialsArgument", "PredictorsOption", "SourceOption"]

MaterialsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FORMULA|CIF",
        help="Formulas, and files of crystal structures (CIF, POSCAR).",
        show_default=False,
    ),
]

SourceOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="A file with more: a formula a line (.txt, or - for standard input), a table with a"
        " column `formula` (.csv, .tsv, .jsonl) and, if you like, `temperature`; or a folder of"
        " CIF files.",
        show_default=False,
    ),
]

PredictorsOption = Annotated[
    Path | None,
    typer.Option(
        "--predictors",
        metavar="FOLDER",
        help="Predictors that stand for those of the home and those that ship.",
        show_default=False,
    ),
]
