"""`matlore index`: make, describe and check the indexes that searches ask."""

from typing import Annotated, Any

import typer

from .options import FormatOption, HomeOption, home_path, sub_app, threads
from .output import Format, emit, note
from .progress import progress_bar
from .running import FAILED
from .store_options import StoreOption, store_and_login

__all__ = ["EncoderOption", "register"]

EncoderOption = Annotated[
    str,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help="transformer (finds best), static (a hundred times faster), or the folder or"
        " Hugging Face id of a sentence-transformers model with ONNX weights; auto is that of the"
        " indexes there are, else transformer for up to 50,000 papers and static for more.",
    ),
]

_PLAN = ("collection", "added", "changed", "deleted", "unchanged")
_DONE = ("collection", "rows", *_PLAN[1:], "kind", "seconds", "encoded_per_second")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = sub_app(app, "index", "Make, describe and check the indexes that searches ask.")
    group.command("build")(_build)
    group.command("stats")(_stats)
    group.command("verify")(_verify)


def _build(
    encoder: EncoderOption = "auto",
    collections: Annotated[
        list[str] | None,
        typer.Option(
            "--collection",
            metavar="NAME",
            help="Only this index: papers, sentences (those that state facts) or nodes (of the"
            " graph); may be repeated [default: all that there is something for].",
            show_default=False,
        ),
    ] = None,
    no_sentences: Annotated[
        bool, typer.Option("--no-sentences", help="Leave out the index of sentences.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Begin anew: needed for another encoder."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what there is to do.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            metavar="N",
            help="Threads of the encoder [default: one a core].",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Bring the indexes up to date: papers, sentences that state facts, nodes of the graph.

    Only what is new or has changed is read. Ctrl-C or a kill loses nothing that was done: the
    same command goes on from there. Without papers in the home the sample corpus is indexed.
    """
    from matlore.pipeline.index_build import IndexOptions, build_home_index, plan_home_index

    address, login = store_and_login(store, home)
    options = IndexOptions(
        encoder=encoder,
        collections=tuple(collections) if collections else None,
        without=("sentences",) if no_sentences else (),
        replace=replace,
        workers=threads(workers),
        store=address,
        login=login,
    )
    if dry_run:
        report = plan_home_index(home_path(home), options)
    else:
        with progress_bar("index") as progress:
            report = build_home_index(home_path(home), options, progress=progress)
    note(f"encoder {report['encoder']}: {report['why']}")
    for text in report["notes"]:
        note(text)
    emit(report, rows="indexes", format=format, columns=_PLAN if dry_run else _DONE)


def _stats(format: FormatOption = Format.TABLE, home: HomeOption = None) -> None:
    """Show the indexes: how large, of which encoder, when made, and how much is stale."""
    from matlore.pipeline.index_stats import index_stats

    stats = index_stats(home_path(home))
    emit(stats, rows="indexes", format=format)
    if any(row["stale"] for row in stats["indexes"]):
        note("what is stale is brought up to date by `matlore index build`")


def _verify(format: FormatOption = Format.TABLE, home: HomeOption = None) -> None:
    """Check the indexes against the hashes in their cards; exit 1 if one is damaged."""
    from matlore.pipeline.index_stats import verify_index

    report: dict[str, Any] = verify_index(home_path(home))
    emit(report, rows="checks", format=format)
    if not report["ok"]:
        note("a damaged index is made anew by `matlore index build --replace`")
        raise typer.Exit(FAILED)
