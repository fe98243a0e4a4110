"""`matlore embeddings train` and `similar`."""

from pathlib import Path
from typing import Annotated

import typer

from .options import FormatOption, HomeOption, command_line, home_path, sub_app, threads
from .output import Format, emit, note
from .progress import progress_bar

__all__ = ["HELP", "register"]

HELP = "Train word vectors, evaluate them, and look at neighbours."


def register(app: typer.Typer) -> None:
    """Add the commands to the group `matlore embeddings`."""
    group = sub_app(app, "embeddings", HELP)
    group.command("train")(train)
    group.command("similar")(similar)


def train(
    until: Annotated[
        int | None,
        typer.Option(metavar="YEAR", help="Use only papers of this year or earlier."),
    ] = None,
    dimension: Annotated[int, typer.Option(min=2, help="Components of a vector.")] = 200,
    window: Annotated[int, typer.Option(min=1, help="Words on each side.")] = 8,
    negative: Annotated[int, typer.Option(min=1, help="Negative samples.")] = 15,
    sample: Annotated[
        float, typer.Option(min=0, help="Threshold of down-sampling of frequent words.")
    ] = 1e-4,
    alpha: Annotated[float, typer.Option(min=0, help="Learning rate at the start.")] = 0.01,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the corpus.")] = 30,
    min_count: Annotated[
        int, typer.Option(min=1, help="Occurrences below which a word is dropped.")
    ] = 5,
    phrase_passes: Annotated[
        int, typer.Option(min=0, help="Passes of phrase learning; 0 for no phrases.")
    ] = 2,
    every_paper: Annotated[
        bool,
        typer.Option(
            "--every-paper/--materials-papers",
            help="Train on every paper, or on those that name a compound by its formula.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the initial vectors.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads [default: all cores].", show_default=False)
    ] = None,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Train word vectors on the corpus of the home (defaults: mat2vec's settings).

    Ctrl-C or a kill keeps the last finished epoch; the same command goes on from there.
    With --workers 1 the same corpus and seed give the same vectors again.
    """
    from matlore.pipeline.vectors import new_settings, train_home_vectors

    settings = new_settings(
        dimension=dimension,
        window=window,
        negative=negative,
        sample=sample,
        alpha=alpha,
        epochs=epochs,
        min_count=min_count,
        phrase_passes=phrase_passes,
        select="all" if every_paper else "materials",
        seed=seed,
    )
    with progress_bar("staging") as progress:
        loaded = train_home_vectors(
            home_path(home),
            settings=settings,
            until=until,
            workers=threads(workers),
            progress=progress,
            command=command_line(),
        )
    card = loaded.vectors.card
    note(f"vectors {card.id} in {loaded.path}")
    record = {
        "vectors": card.id,
        "path": str(loaded.path),
        "words": len(loaded.vectors),
        "dimension": card.dimension,
        "trained_until": card.trained_until,
        "epochs": epochs,
        **{key: card.corpus.get(key) for key in ("papers", "tokens", "years")},
    }
    emit(record, format=format, title="Word vectors")


def similar(
    term: Annotated[str, typer.Argument(help="A word, phrase or formula.")],
    top: Annotated[int, typer.Option(min=1, help="How many neighbours.")] = 10,
    vectors: Annotated[
        Path | None,
        typer.Option(help="A folder of vectors or a word2vec file.", show_default=False),
    ] = None,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List the terms whose surroundings are most like those of TERM."""
    from matlore.pipeline.vectors import similar_terms

    record = similar_terms(home_path(home), term, top=top, vectors=vectors)
    emit(record, rows="neighbours", format=format, title=f"Terms like {record['term']}")
