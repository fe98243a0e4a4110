"""The command line `matlore`, and its short form `recommend`.

Importing this module imports Typer and the standard library, nothing heavy: command
modules import what they need inside their functions, so that `matlore --help` is quick.
"""

import importlib
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated

import typer

from .running import run, set_verbosity

__all__ = ["app", "main", "recommend_main"]

# Each of these modules defines `register(app)`; commands are listed in this order.
_COMMAND_MODULES = (
    "ingest",
    "harvest",
    "corpus",
    "merges",
    "ner",
    "ner_show",
    "ner_train",
    "ner_evaluate",
    "facts",
    "facts_show",
    "facts_train",
    "facts_evaluate",
    "embeddings",
    "evaluate",
    "recommend",
    "predict",
    "backtest",
    "graph",
    "index",
    "build",
    "cypher",
    "encoder",
    "search",
    "review",
    "starter",
    "relevance",
)

app = typer.Typer(
    name="matlore",
    help="Read the materials-science literature and rank candidate materials, with evidence.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from matlore import __version__

        typer.echo(f"matlore {__version__}")
        raise typer.Exit()


@app.callback()
def _global_options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Say more on stderr, with tracebacks."),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Say nothing on stderr but errors."),
    ] = False,
) -> None:
    set_verbosity(verbose=verbose, quiet=quiet)


def _register_commands() -> None:
    """Let each command module add its commands."""
    for name in _COMMAND_MODULES:
        importlib.import_module(f".{name}", __name__).register(app)


_register_commands()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `matlore …` and return its exit code (see `run`)."""
    if isinstance(sys.stdout, TextIOWrapper):  # results are UTF-8, whatever the locale
        sys.stdout.reconfigure(encoding="utf-8")
    return run(app, sys.argv[1:] if arguments is None else arguments, name="matlore")


def recommend_main(arguments: Sequence[str] | None = None) -> int:
    """Run `recommend …`, short for `matlore recommend …`."""
    given = sys.argv[1:] if arguments is None else arguments
    return main(["recommend", *given])
