"""`matlore predict train`: a predictor of one's own, from a table of measurements."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import FormatOption, HomeOption, command_line, home_path
from .output import Format, emit, note
from .predict_models import score_lines
from .progress import progress_bar

__all__ = ["register_train"]

_SHOWN_REASONS = 10


def register_train(group: typer.Typer) -> None:
    """Add the command to the group `matlore predict`."""
    group.command("train")(_train)


def _train(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="CSV",
            help="A table (.csv, .tsv, .jsonl) with formulas or structures, and values.",
            show_default=False,
        ),
    ],
    property: Annotated[
        str | None,
        typer.Option(
            "--property",
            "-p",
            metavar="NAME",
            help="What the values are: a property of the vocabulary, or a new one.",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit",
            metavar="U",
            help="Of the values: eV, W/(m*K), 1 … [default: the vocabulary's].",
            show_default=False,
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            metavar="NAME|FILE",
            help="How to train: one that ships (band-gap …), or a YAML file [default: boosting,"
            " a forest and a kernel on descriptors of the composition].",
            show_default=False,
        ),
    ] = None,
    formula_column: Annotated[
        str | None,
        typer.Option(
            "--formula-column",
            metavar="C",
            help="Where the formulas are [default: found by its name].",
            show_default=False,
        ),
    ] = None,
    structure_column: Annotated[
        str | None,
        typer.Option(
            "--structure-column",
            metavar="C",
            help="Where CIF texts, or names of CIF or POSCAR files, are.",
            show_default=False,
        ),
    ] = None,
    target_column: Annotated[
        str | None,
        typer.Option(
            "--target-column",
            metavar="C",
            help="Where the values are [default: found by the property's name].",
            show_default=False,
        ),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(
            "--condition",
            metavar="NAME=C[UNIT]",
            help="A number besides the material, such as 'temperature=T[K]'; may be repeated.",
        ),
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            metavar="C,C",
            help="Rows that share a value of these columns are never split between training and"
            " testing [default: rows of one formula].",
            show_default=False,
        ),
    ] = None,
    descriptors: Annotated[
        str | None,
        typer.Option(
            "--descriptors",
            metavar="NAME,NAME",
            help="What to learn from (`matlore predict describe --list`) [default: the recipe's].",
            show_default=False,
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            "--classes",
            metavar="A,B",
            help="The values are two classes, 0 and 1 (or no and yes): their names.",
            show_default=False,
        ),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            "--scale",
            metavar="NAME",
            help="Learn linear, log10, log1p, sqrt or asinh of the values [default: linear].",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="N",
            help="Of the predictor [default: the recipe's, or the property].",
            show_default=False,
        ),
    ] = None,
    license: Annotated[
        str | None,
        typer.Option(
            "--license",
            metavar="TEXT",
            help="Of the data, for the card.",
            show_default=False,
        ),
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", min=2, max=50, metavar="N", help="Of the cross-validation.")
    ] = 5,
    scores: Annotated[
        bool,
        typer.Option(
            "--scores/--no-scores",
            help="Measure it by nested cross-validation first, which takes most of the time.",
        ),
    ] = True,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            min=0,
            metavar="N",
            help="Of all that is drawn [default: the recipe's].",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Put it into a folder of predictors, for --predictors [default: into the home].",
            show_default=False,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            min=1,
            metavar="N",
            help="Threads of the training [default: one a core].",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Train a predictor from a table of measurements, measure it, and keep it in the home.

    `matlore predict FORMULA --property NAME` uses it at once. This needs `pip install
    matlore[train]`.
    """
    from matlore.pipeline.predict_train import TrainOptions, train_predictor

    options = TrainOptions(
        property=property,
        unit=unit,
        recipe=recipe,
        formula=formula_column,
        structure=structure_column,
        target=target_column,
        conditions=tuple(condition or ()),
        groups=_names(group_by),
        descriptors=_names(descriptors),
        classes=_names(classes),
        scale=scale,
        name=name,
        license=license,
        folds=folds,
        scores=scores,
        seed=seed,
        threads=threads,
    )
    with progress_bar("reading") as progress:
        report = train_predictor(
            home_path(home), data, options, out=out, command=command_line(), progress=progress
        )
    if format is Format.TABLE:
        emit(_lines(report), format=format)
    else:
        emit(report, format=format)
    for text in report["left_out"]["examples"][:_SHOWN_REASONS]:
        note(text)


def _names(text: str | None) -> tuple[str, ...]:
    parts = (part.strip() for part in (text or "").split(","))
    return tuple(part for part in parts if part)


def _lines(report: Mapping[str, Any]) -> dict[str, object]:
    """Return a report as a table of two columns."""
    left = report["left_out"]
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in left["reasons"].items())
    return {
        "predictor": report["name"],
        "property": f"{report['property']} ({report['unit']})",
        "rows": f"{report['rows']:,} of {report['materials']:,} materials",
        "left out": f"{left['rows']:,}" + (f": {reasons}" if reasons else ""),
        "weights": ", ".join(f"{kind} {share:.2f}" for kind, share in report["weights"]),
        "scores": ", ".join(score_lines(report["scores"])) or "not measured",
        "path": report["path"],
        "use": f"matlore predict FORMULA --property '{report['property']}'",
        "seconds": report["seconds"],
    }
