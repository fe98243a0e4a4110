"""How library code tells its caller how far it is: one small protocol, no bars.

Functions that may take long accept `progress: Progress = no_progress` and call it as
items get done. What is shown, and where, is the caller's business: the command line
draws a bar (`matlore.cli.progress`), a test counts, a notebook may ignore it.
"""

from typing import Protocol

__all__ = ["Progress", "no_progress"]


class Progress(Protocol):
    """Takes note of work that is done.

    `progress()` says that one more item is done, `progress(500)` that 500 are,
    `progress(0, total=9000, text="reading")` begins a new count, with a total and a label.
    """

    def __call__(
        self, done: int = 1, /, *, total: int | None = None, text: str | None = None
    ) -> None:
        """Note progress.

        Args:
            done: items done since the last call; 0 to change only total or label.
            total: how many items there are in all; the count begins anew.
            text: what is being done now; replaces the label.
        """


def no_progress(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
    """Ignore progress: the default of every function that reports it."""
