"""`matlore encoder`: train the encoders of texts on a corpus of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from .options import FormatOption, HomeOption, command_line, home_path, sub_app, threads
from .output import Format, emit
from .progress import progress_bar

__all__ = ["register"]

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="What `prepare` wrote.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = sub_app(app, "encoder", "Train encoders of texts on a corpus of one's own.")
    group.command("prepare")(_prepare)
    group.command("train")(_train)
    group.command("export")(_export)


def _prepare(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the training set goes.")],
    base: Annotated[
        Path,
        typer.Option(
            "--base",
            metavar="FOLDER",
            help="A sentence-transformers BERT, such as all-MiniLM-L6-v2: config.json,"
            " model.safetensors, tokenizer.json.",
        ),
    ],
    papers: Annotated[
        int | None,
        typer.Option("--papers", min=1, metavar="N", help="Train on so many [default: all]."),
    ] = None,
    vocabulary: Annotated[
        int, typer.Option("--vocabulary", min=1000, max=65_000, metavar="N", help="Its pieces.")
    ] = 11_000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of everything that is drawn.")
    ] = 5,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Turn the papers of a home into what encoders are trained on: titles, sentences, abstracts.

    One paper in 25 is held back, for choices and for tests.
    """
    from matlore.pipeline.encoder_train import prepare_encoder

    with progress_bar("encoder prepare") as progress:
        record = prepare_encoder(
            home_path(home),
            base,
            out,
            papers=papers,
            vocabulary=vocabulary,
            whole_words=vocabulary * 17 // 22,
            seed=seed,
            progress=progress,
        )
    emit(record, format=format)


def _train(
    folder: _Folder,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds", min=1.0, metavar="S", help="Train the transformer so long, whatever fits."
        ),
    ] = 3600.0,
    static_seconds: Annotated[
        float, typer.Option("--static-seconds", min=1.0, metavar="S", help="The static one.")
    ] = 600.0,
    batch: Annotated[
        int, typer.Option("--batch", min=2, metavar="N", help="Pairs of a batch.")
    ] = 2048,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="N", help="Processes that draw pairs.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Train both encoders, on a GPU where there is one (needs the extra `train`)."""
    from matlore.pipeline.encoder_train import train_encoder

    with progress_bar("encoder train") as progress:
        record = train_encoder(
            folder,
            static={
                "batch": 2 * batch,
                "seconds": static_seconds,
                "longest": 256,
                "dropped": 0.5,
            },
            transformer={"batch": batch, "seconds": seconds},
            workers=threads(workers),
            progress=progress,
        )
    emit({**record, "command": command_line()}, format=format)


def _export(
    folder: _Folder,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FOLDER", help="Gets the folders static and transformer."),
    ],
    format: FormatOption = Format.TABLE,
) -> None:
    """Write trained encoders as what runs without torch (needs the extra `train`)."""
    from matlore.pipeline.encoder_train import export_encoder

    cards = export_encoder(folder, out, card={"command": command_line()})
    emit({"encoders": [{"id": card.id, "size": card.size} for card in cards]}, format=format)
