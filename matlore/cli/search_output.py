"""How found papers are printed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from matlore.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from matlore.pipeline.search_types import SearchHit

__all__ = [
    "SearchFormat",
    "check_out",
    "echo",
    "is_references",
    "print_hits",
    "printed_to",
]

_MOST_WORDS = 10
_INDENT = 5


class SearchFormat(StrEnum):
    """How the papers found are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"


def is_references(format: SearchFormat) -> bool:
    """Tell whether a format is one of reference managers."""
    return format in (SearchFormat.BIBTEX, SearchFormat.RIS, SearchFormat.CSL_JSON)


def check_out(path: Path | None) -> None:
    """Refuse a file that cannot be written, before anything is searched.

    Raises:
        UsageError: it is a folder, or its folder is missing.
    """
    if path is not None and path.is_dir():
        raise UsageError(f"--out {path}: it is a folder; name a file")
    if path is not None and not path.absolute().parent.is_dir():
        raise UsageError(f"--out {path}: there is no folder {path.absolute().parent}")


@contextmanager
def printed_to(path: Path | None) -> Iterator[None]:
    """Let what is printed go into a file, whole; None: to standard output as ever.

    Raises:
        UsageError: it cannot be written.
    """
    if path is None:
        yield
        return
    with redirect_stdout(StringIO()) as printed:
        yield
    text = printed.getvalue().encode("utf-8", "replace")
    try:
        path.write_bytes(text)
    except OSError as error:
        raise UsageError(f"--out {path}: cannot be written ({error.strerror})") from error


def print_hits(hits: "Sequence[SearchHit]", *, explain: bool) -> None:
    """Print papers one under the other, what matches in bold on a terminal.

    Elsewhere lines are as long as they are: what is cut cannot be searched.
    """
    from rich.console import Console
    from rich.padding import Padding

    console = Console(highlight=False)
    for hit in hits:
        head, *rest = _lines(hit, explain=explain)
        if console.is_terminal:
            console.print(head)
            for line in rest:
                console.print(Padding(line, (0, 0, 0, _INDENT)))
        else:
            echo("\n".join([head.plain, *(" " * _INDENT + line.plain for line in rest)]))
        echo("")


def _lines(hit: "SearchHit", *, explain: bool) -> "list[Text]":
    """Return title, year and id, the snippet and, if asked, what found it."""
    from rich.text import Text

    year = hit.year if hit.year is not None else "no year"
    retracted = "  RETRACTED" if hit.retracted else ""
    lines = [
        Text(f"{hit.rank:>{_INDENT - 2}}  {hit.title}", style="bold"),
        Text(f"{year}  {hit.id}{retracted}", style="dim"),
    ]
    if hit.snippet:
        lines.append(_marked(hit))
    if explain:
        lines.append(Text(_why(hit), style="dim"))
    return lines


def _marked(hit: "SearchHit") -> "Text":
    from rich.text import Text

    text = Text(hit.snippet)
    for start, end in hit.marks:
        text.stylize("bold cyan", start, end)
    return text


def _why(hit: "SearchHit") -> str:
    """Return in one line what found a paper."""
    why = hit.why
    parts = [f"{name} rank {rank}" for name, rank in why.ranks.items()]
    if why.similarity is not None:
        parts.append(f"similarity {why.similarity:.2f}")
    if why.terms:
        parts.append(f"words: {', '.join(why.terms[:_MOST_WORDS])}")
    if why.facts:
        parts.append(f"facts: {'; '.join(why.facts)}")
    return " | ".join(parts)


def echo(text: str) -> None:
    """Print a text as it is, on a line of its own."""
    typer.echo(text, nl=not text.endswith("\n"))
