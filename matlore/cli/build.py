"""`matlore build`: all from a corpus to a graph and indexes, each step only where needed."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .index import EncoderOption
from .ner_options import ModelOption
from .options import FormatOption, HomeOption, RelevanceOption, home_path
from .options import threads as cores
from .output import Format, emit, note
from .progress import progress_bar
from .running import PARTLY_DONE
from .store_options import StoreOption, store_and_login

if TYPE_CHECKING:
    from matlore.pipeline.build import BuildStep

__all__ = ["register"]

_COLUMNS = ("name", "state", "why")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("build")(_build)


def _build(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what there is to do, and why.")
    ] = False,
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain", help="Train word vectors, whether the corpus has grown by 5 % or not."
        ),
    ] = False,
    model: ModelOption = None,
    encoder: EncoderOption = "auto",
    min_relevance: RelevanceOption = 0.0,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            metavar="N",
            help="Processes and threads [default: one a core].",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Bring all up to date with the corpus: mentions, facts, vectors, graph, what follows, indexes.

    What is up to date is left alone. Ctrl-C or a kill loses nothing that was done: the same
    command goes on from there.
    """
    from matlore.pipeline.build import BuildOptions, plan_build, run_build

    address, login = store_and_login(store, home)
    options = BuildOptions(
        model=model,
        encoder=encoder,
        min_relevance=min_relevance,
        retrain=retrain,
        workers=cores(workers),
        store=address,
        login=login,
    )
    if dry_run:
        steps = plan_build(home_path(home), options)
        emit({"steps": steps}, rows="steps", format=format, columns=_COLUMNS)
        return
    with progress_bar("build") as progress:
        report = run_build(home_path(home), options, done=_tell, progress=progress)
    emit(report, rows="steps", format=format, columns=_COLUMNS)
    if report["failed"]:
        note(f"{report['failed']} papers could not be read: see the home's quarantine folder")
        raise typer.Exit(PARTLY_DONE)


def _tell(step: "BuildStep", report: dict[str, Any] | None) -> None:
    """Say on stderr that a step is done."""
    note(f"{step.name}: {'done' if report is not None else step.state} ({step.why})")
