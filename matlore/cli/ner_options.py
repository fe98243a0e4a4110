"""What the commands of `matlore ner` share: options, and input that comes on stdin."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from matlore.errors import InputError

__all__ = [
    "HELP",
    "HtmlOption",
    "ModelOption",
    "ThreadsOption",
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
