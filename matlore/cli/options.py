"""Options that many commands share, and the sub-commands that several modules fill."""

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import Format

if TYPE_CHECKING:
    from matlore.pipeline.harvest import Services

__all__ = [
    "FormatOption",
    "HomeOption",
    "InputFormatOption",
    "MappingOption",
    "RelevanceOption",
    "command_line",
    "home_path",
    "services",
    "sub_app",
    "threads",
]

_FOLDERS = re.compile(r"^(--[\w-]+=)?.*/(?=.)")

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="PATH",
        help="The data home [default: MATLORE_HOME, else the user's data folder].",
        show_default=False,
    ),
]

FormatOption = Annotated[
    Format,
    typer.Option("--format", help="How to print the result.", case_sensitive=False),
]

RelevanceOption = Annotated[
    float,
    typer.Option(
        "--min-relevance",
        min=0.0,
        max=1.0,
        metavar="SCORE",
        help="Leave out papers that are less likely about inorganic materials.",
    ),
]

MappingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        help="Which column of files holds a field, such as abstract=summary; may be repeated.",
    ),
]

InputFormatOption = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        metavar="NAME",
        help="jsonl, csv, tsv, parquet, bibtex or ris [default: by the file's name].",
        show_default=False,
    ),
]


def services() -> "Services":
    """Return what the settings say about the services that papers come from."""
    from matlore.config import load_settings
    from matlore.pipeline.harvest import Services

    settings = load_settings()
    return Services(contact=settings.contact, openalex_key=settings.openalex_key)


def home_path(home: Path | None) -> Path:
    """Return the data home: the value of `--home`, else what the settings say.

    Raises:
        InputError: the settings file cannot be read.
        UsageError: a setting has a wrong value.
    """
    from matlore.config import load_settings

    return load_settings(home=home).home


def command_line() -> str:
    """Return the command that is running, for the card of what it makes.

    Of paths only the last part is kept: a card travels, and the folders of the machine
    that made it say nothing elsewhere.
    """
    return shlex.join(["matlore", *(_FOLDERS.sub(r"\1", word) for word in sys.argv[1:])])


def threads(workers: int | None) -> int:
    """Return the value of `--workers`, else as many threads as there are cores."""
    return workers or os.cpu_count() or 1


def sub_app(app: typer.Typer, name: str, help: str) -> typer.Typer:
    """Return the group of commands `matlore NAME …`, made where it does not exist yet.

    Several modules may add to one group; the help of the first one to ask is shown.

    Args:
        app: the application that is being assembled.
        name: name of the group, such as `corpus`.
        help: one sentence on what the group's commands do.
    """
    for group in app.registered_groups:
        if group.name == name and group.typer_instance is not None:
            return group.typer_instance
    made = typer.Typer(
        help=help,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.add_typer(made, name=name)
    return made
