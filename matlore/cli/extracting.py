"""What the commands that extract from files share: bars, bad rows, objects, endings."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import typer

from matlore.errors import UsageError
from matlore.progress import Progress, no_progress

from .output import Format, emit, note
from .progress import progress_bar
from .running import PARTLY_DONE

__all__ = ["BadRows", "bar_below_output", "check_text", "emit_objects", "end_report", "readable"]

_SHOWN_BAD_ROWS = 10
_LONGEST_CELL = 120


class BadRows:
    """The rows of files that could not be read: the first are told, all are counted."""

    def __init__(self) -> None:
        self._count = 0

    def reject(self, row: Any) -> None:
        """Take a row that is no paper, or a paper that failed."""
        self._count += 1
        if self._count <= _SHOWN_BAD_ROWS:
            note(f"{row.file}:{row.line}: {row.reason}")

    def finish(self) -> None:
        """Say how many there were; exit 3 where there were any."""
        if self._count:
            note(f"{self._count} papers could not be read")
            raise typer.Exit(PARTLY_DONE)


@contextmanager
def bar_below_output() -> Iterator[Progress]:
    """Draw a progress bar while results are printed, unless both would go to the terminal."""
    stdout = sys.stdout
    # A bar takes stdout over, to be drawn beneath what is printed: to stderr.
    bar = nullcontext(no_progress) if stdout.isatty() else progress_bar("papers")
    with bar as progress, redirect_stdout(stdout):
        yield progress


def check_text(paths: Sequence[Path] | None, text: str | None, *, limit: int | None) -> None:
    """Raise where options make no sense with one text.

    Raises:
        UsageError: files, or a limit, are given with it.
    """
    if text is not None and paths:
        raise UsageError("give either --text or files, not both")
    if text is not None and limit is not None:
        raise UsageError("--limit is for files and for the corpus; --text is one text")


def emit_objects(papers: Iterable[dict[str, Any]], format: Format, *, whole: bool) -> bool:
    """Print papers as objects, in JSONL as they come; False for a format that has rows.

    Args:
        papers: what was extracted.
        format: how.
        whole: whether JSON is the one paper itself.
    """
    if format is Format.JSONL:
        for paper in papers:
            emit(paper, format=format)
    elif format is Format.JSON:
        found = [*papers]
        emit(found[0] if whole else {"papers": found}, format=format)
    else:
        return False
    return True


def readable(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows for a table: what is no word of any language is cut.

    A text without a blank can be one mention of thousands of characters.
    """
    return [
        {
            name: f"{value[:_LONGEST_CELL]}…" if _too_long(value) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def _too_long(value: object) -> bool:
    return isinstance(value, str) and len(value) > _LONGEST_CELL


def end_report(report: Mapping[str, Any], command: str) -> None:
    """Say what a job over the corpus has left; exit 3 where papers failed."""
    if report["remaining"]:
        note(f"{report['remaining']} papers are left: `{command}` goes on")
    if report["failed"]:
        note(f"{report['failed']} papers could not be read: see {report['quarantine']}")
        raise typer.Exit(PARTLY_DONE)
