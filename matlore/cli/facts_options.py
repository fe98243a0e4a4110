"""Options that the commands of `matlore facts` share."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["HELP", "DopingOption", "GeneralOption", "ValuesOption"]

HELP = "Find what papers say of materials, and show it."

DopingOption = Annotated[
    Path | None,
    typer.Option(
        "--doping", metavar="FILE", help="Hosts and dopants of abstracts (NERRE's doping set)."
    ),
]
GeneralOption = Annotated[
    Path | None,
    typer.Option(
        "--general",
        metavar="FILE",
        help="Records of formulas, applications and phases of abstracts (NERRE's general set).",
    ),
]
ValuesOption = Annotated[
    Path | None,
    typer.Option(
        "--values", metavar="FOLDER", help="Quantities in text: MeasEval's, with train and trial."
    ),
]
