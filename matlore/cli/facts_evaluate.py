"""`matlore facts evaluate`: how well facts are found, against what others annotated."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .facts_options import HELP, DopingOption, GeneralOption, ValuesOption
from .ner_options import AnnotatedTextsOption, ThreadsOption
from .options import FormatOption, HomeOption, home_path, sub_app
from .output import Format, emit
from .progress import progress_bar

__all__ = ["register"]

_MEASURES = ("precision", "recall", "f1", "exact")


def register(app: typer.Typer) -> None:
    """Add the command to the group `matlore facts`."""
    sub_app(app, "facts", HELP).command("evaluate")(_evaluate)


def _evaluate(
    doping: DopingOption = None,
    general: GeneralOption = None,
    values: ValuesOption = None,
    units: Annotated[
        Path | None,
        typer.Option(
            "--units",
            metavar="FOLDER",
            help="Units of grobid-quantities: exact lists of prefix, base and power.",
        ),
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(
            "--annotations",
            metavar="FILE",
            help="Annotated quantities of papers: triples of material, property and value.",
        ),
    ] = None,
    texts: AnnotatedTextsOption = None,
    threads: ThreadsOption = None,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Measure the extraction of facts: dopings, relations, values, units, whole quantities.

    Models are trained anew on four fifths of the abstracts (articles) and measured on the
    last, five times over; this needs `pip install matlore[train]`. Annotated papers are read by
    the models that ship.
    """
    from matlore.pipeline.facts_evaluate import evaluate_facts

    with progress_bar("loading the models") as progress:
        report = evaluate_facts(
            home_path(home),
            doping=doping,
            general=general,
            values=values,
            units=units,
            annotations=annotations,
            texts=texts or (),
            threads=threads,
            progress=progress,
        )
    if format is Format.JSON:
        emit(report, format=format)
    else:
        emit({"rows": [*_rows(report)]}, rows="rows", format=format)


def _rows(report: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield a row for every set of figures, however deep it lies."""
    figures = {
        name: report[name] for name in _MEASURES if isinstance(report.get(name), int | float)
    }
    if figures:
        numbers = {name: f"{figures[name]:.4f}" for name in _MEASURES if name in figures}
        yield {"measured": " / ".join(path), **dict.fromkeys(_MEASURES), **numbers}
    for name, inner in report.items():
        if isinstance(inner, Mapping):
            yield from _rows(inner, (*path, str(name)))
