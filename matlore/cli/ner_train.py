"""`matlore ner pretrain`, `train` and `export`."""

from pathlib import Path
from typing import Annotated

import typer

from .ner_options import HELP
from .options import FormatOption, HomeOption, RelevanceOption, command_line, home_path, sub_app
from .output import Format, emit
from .progress import progress_bar

__all__ = ["register"]

BaseOption = Annotated[
    Path,
    typer.Option(
        "--base",
        metavar="FOLDER",
        help="Where to begin: a BERT's config.json, model.safetensors and tokenizer.json.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="FOLDER",
        help="Where the result goes; interrupted, the same command goes on there.",
        show_default=False,
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of all that is drawn.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `matlore ner`."""
    group = sub_app(app, "ner", HELP)
    group.command("pretrain")(_pretrain)
    group.command("train")(_train)
    group.command("export")(_export)


def _pretrain(
    base: BaseOption,
    out: OutOption,
    passes: Annotated[
        float, typer.Option(min=0.001, help="Times that the texts are read; parts count.")
    ] = 0.75,
    vocabulary: Annotated[
        int, typer.Option(min=1000, help="Pieces of the vocabulary that is made.")
    ] = 11_200,
    whole_words: Annotated[
        int, typer.Option(min=0, help="How many of the commonest words stay in one piece.")
    ] = 8_000,
    min_relevance: RelevanceOption = 0.5,
    seed: SeedOption = 0,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Teach a base model the words of the home's materials papers (extra `train`)."""
    from matlore.pipeline.ner_train import pretrain_on_home

    with progress_bar("reading papers") as progress:
        record = pretrain_on_home(
            home_path(home),
            base,
            out,
            min_relevance=min_relevance,
            vocabulary=vocabulary,
            whole_words=whole_words,
            passes=passes,
            seed=seed,
            progress=progress,
        )
    shown = {key: record[key] for key in ("papers", "vocabulary", "pieces", "seconds")}
    shown = {"path": str(out), **shown, "loss": record["losses"][-1][1]}
    emit(shown, format=format, title="Base model")


def _train(
    gold: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Tagged sentences: a word, a blank and an IOB2 tag a line.",
            show_default=False,
        ),
    ],
    base: BaseOption,
    out: OutOption,
    dev: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Tagged sentences to select epochs by [default: a tenth of FILE].",
            show_default=False,
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option(min=1, help="Trainings with different seeds; their weights' mean counts.")
    ] = 3,
    silver: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="First let two other trainings tag N sentences of the texts of the base.",
        ),
    ] = 0,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over FILE, at most.", show_default=False),
    ] = None,
    all_epochs: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Let the trainings that count read also what was held back, for N epochs.",
        ),
    ] = 0,
    seed: SeedOption = 0,
    format: FormatOption = Format.TABLE,
) -> None:
    """Train a tagger on tagged sentences (extra `train`)."""
    from matlore.pipeline.ner_train import train_on_files

    with progress_bar("training") as progress:
        record = train_on_files(
            gold,
            base,
            out,
            dev=dev,
            runs=runs,
            silver=silver,
            epochs=epochs,
            all_epochs=all_epochs,
            seed=seed,
            command=command_line(),
            progress=progress,
        )
    steps = record.pop("steps")
    shown = {key: record[key] for key in ("held_out_f1", "chosen")}
    best = {name: step["best_f1"] for name, step in steps.items()}
    emit({"path": str(out), **shown, "steps": best}, format=format, title="Tagger's network")


def _export(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="What `matlore ner train` made, or a token classifier of others.",
            show_default=False,
        ),
    ],
    out: OutOption,
    sample: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Tagged sentences to measure the ranges of int8 on [default: from training].",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="TAGS",
            help="Tags of the outputs of a model of others whose config lacks them, in order, apart"
            " by commas; or `matscibert`.",
            show_default=False,
        ),
    ] = None,
    notes: Annotated[
        list[str] | None,
        typer.Option(
            "--note",
            metavar="TEXT",
            help="Goes into the card, such as source and licence of the data; may be repeated.",
            show_default=False,
        ),
    ] = None,
    license: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Licence of the weights.", show_default=False),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8/--float", help="Weights in int8, or as they are.")
    ] = True,
    format: FormatOption = Format.TABLE,
) -> None:
    """Write a trained network as a tagger that runs without torch (extra `train`)."""
    from matlore.pipeline.ner_train import export_network

    record = export_network(
        model,
        out,
        sample=sample,
        int8=int8,
        labels=labels,
        notes=notes or (),
        license=license,
        command=command_line(),
    )
    emit(record, format=format, title="Tagger")
