"""Progress bars of the command line: on stderr, so that stdout stays machine-readable."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from matlore.progress import Progress, no_progress

from .output import LOGGER, note

__all__ = ["progress_bar"]

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress_bar(label: str, *, total: int | None = None) -> Iterator[Progress]:
    """Show progress while the block runs.

    A bar on a terminal; elsewhere (a log file, a pipe) a plain line every ten seconds and
    one at the end; nothing with `--quiet`, nor while nothing is reported.

    Args:
        label: what is being done, such as `reading papers`.
        total: number of items, where known; may be set later through the `Progress`.

    Yields:
        The `Progress` to hand to library code.
    """
    if not LOGGER.isEnabledFor(logging.WARNING):
        yield no_progress
    elif sys.stderr.isatty():
        with _bar(label, total) as progress:
            yield progress
    else:
        lines = _Lines(label, total)
        yield lines
        lines.finish()


@contextmanager
def _bar(label: str, total: int | None) -> Iterator[Progress]:
    """Draw a rich bar on stderr."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:,.0f}/s")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(escape(label), total=total, visible=False)

        def advance(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
            description = None if text is None else escape(text)
            if total is not None:
                bars.reset(task, total=total)
            bars.update(task, advance=done, description=description, visible=True)

        yield advance


class _Lines:
    """Progress as plain lines, for a stderr that is no terminal."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._called = False
        self._started = self._shown = time.monotonic()

    def __call__(
        self, done: int = 1, /, *, total: int | None = None, text: str | None = None
    ) -> None:
        self._called = True
        if total is not None:
            self._done, self._total = 0, total
        self._done += done
        self._label = text if text is not None else self._label
        if time.monotonic() - self._shown >= _SECONDS_BETWEEN_LINES:
            self._shown = time.monotonic()
            self._show()

    def finish(self) -> None:
        """Show the last line, with the time that it took, if there was anything to do."""
        if self._called:
            seconds = time.monotonic() - self._started
            rate = f", {self._done / seconds:,.0f}/s" if seconds >= 1 else ""
            self._show(f" in {seconds:.1f} s{rate}")

    def _show(self, ending: str = "") -> None:
        of_total = "" if self._total is None else f" of {self._total:,}"
        note(f"{self._label}: {self._done:,}{of_total}{ending}")
