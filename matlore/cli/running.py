"""Run a command line: turn errors into messages on stderr and into exit codes."""

import logging
import sys
import traceback
from collections.abc import Sequence

import typer

from matlore.errors import MatloreError

from .output import LOGGER

__all__ = ["FAILED", "INTERRUPTED", "PARTLY_DONE", "run", "set_verbosity"]

FAILED = 1
PARTLY_DONE = 3
INTERRUPTED = 130


def set_verbosity(*, verbose: bool, quiet: bool) -> None:
    """Set how much is said on stderr: all that is logged, the usual, or errors only."""
    LOGGER.setLevel(logging.INFO if verbose else logging.ERROR if quiet else logging.WARNING)
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")


def run(app: typer.Typer, arguments: Sequence[str], *, name: str) -> int:
    """Run an application and return its exit code.

    Args:
        app: the application.
        arguments: the command line without the program's name.
        name: the program's name, for usage messages.

    Returns:
        0 done, 1 failed, 2 wrong usage, 3 partly done (see the quarantine), 130 interrupted.
    """
    try:
        app(list(arguments), prog_name=name)
    except MatloreError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return _interrupted()
    except SystemExit as stop:
        return _interrupted() if stop.code == INTERRUPTED else _code(stop)
    except Exception as error:
        _explain(error)
        return FAILED
    return 0


def _code(stop: SystemExit) -> int:
    """Return the exit code that a `SystemExit` stands for."""
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    _complain(stop.code)
    return FAILED


def _interrupted() -> int:
    print("Interrupted.", file=sys.stderr)
    return INTERRUPTED


def _complain(message: str) -> None:
    print(f"Error: {message}", file=sys.stderr)


def _explain(error: Exception) -> None:
    """Say in one line what went wrong unexpectedly, and how to see more."""
    if LOGGER.isEnabledFor(logging.INFO) or _debugging():
        traceback.print_exception(error)
    _complain(
        f"unexpected {type(error).__name__}: {error} "
        "(a fault of matlore; `matlore --verbose …` or MATLORE_DEBUG=1 shows where)"
    )


def _debugging() -> bool:
    """Say whether the settings ask for tracebacks."""
    from matlore.config import load_settings

    try:
        return load_settings().debug
    except MatloreError:
        return False
