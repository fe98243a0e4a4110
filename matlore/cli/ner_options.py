"""What the commands that read texts share: options, and input that comes on stdin."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from matlore.errors import InputError

from .output import Format

__all__ = [
    "HELP",
    "AnnotatedTextsOption",
    "DocumentsArgument",
    "FoundFormatOption",
    "HtmlOption",
    "LimitOption",
    "ModelOption",
    "StopOption",
    "TextOption",
    "ThreadsOption",
    "WithTextOption",
    "on_disk",
    "typed_text",
]

HELP = "Find materials, properties, applications and methods in text."

_STDIN = "-"

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="FOLDER|ID",
        help="A folder or Hugging Face id of a token classifier [default: the one that ships].",
        show_default=False,
    ),
]

ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        metavar="N",
        help="Threads of the tagger [default: one a core].",
        show_default=False,
    ),
]

HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Draw the mentions to an HTML page."),
]

DocumentsArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH",
        help="Files of papers or of plain text (.txt), or folders of them; `-` for papers on "
        "stdin [default: the corpus of the home].",
        show_default=False,
    ),
]

TextOption = Annotated[
    str | None,
    typer.Option("--text", metavar="TEXT", help="One text instead; `-` takes it from stdin."),
]

LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, metavar="N", help="Stop after so many papers.")
]

WithTextOption = Annotated[
    bool, typer.Option("--with-text", help="Add the cleaned text that offsets point into.")
]

StopOption = Annotated[
    bool, typer.Option("--stop-at-error", help="Fail at the first bad row of a file.")
]

FoundFormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="How to print the result [default: jsonl for files, else table].",
        case_sensitive=False,
        show_default=False,
    ),
]

AnnotatedTextsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--texts",
        metavar="PATH",
        help="Files or folders with the annotated papers [default: the home]; may be repeated.",
        show_default=False,
    ),
]


def typed_text(text: str) -> str:
    """Return the text of `--text`, from stdin where it is `-`."""
    if text != _STDIN:
        return text
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"stdin is not in UTF-8 ({error}): convert it, as with iconv") from error


@contextmanager
def on_disk(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield paths with a file in place of `-`: the readers open a file more than once."""
    if Path(_STDIN) not in paths:
        yield [*paths]
        return
    with tempfile.TemporaryDirectory(prefix="matlore-") as folder:
        spooled = Path(folder, "stdin")
        with spooled.open("wb") as stream:
            shutil.copyfileobj(sys.stdin.buffer, stream)
        yield [spooled if path == Path(_STDIN) else path for path in paths]
