"""`matlore ner evaluate`: precision, recall and F1 of a tagger."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .ner_options import HELP, AnnotatedTextsOption, ModelOption, ThreadsOption
from .options import FormatOption, HomeOption, command_line, home_path, sub_app
from .output import Format, emit
from .progress import progress_bar

__all__ = ["register"]

_MEASURES = ("precision", "recall", "f1")
_FIRST_OUTCOMES = ("right", "boundary", "(missed)")


def register(app: typer.Typer) -> None:
    """Add the command to the group `matlore ner`."""
    sub_app(app, "ner", HELP).command("evaluate")(_evaluate)


def _evaluate(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="Tagged sentences, one word and its tag a line, as Matscholar's (CoNLL).",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="FOLDER|ID",
            help="Another model: adds its figures and the interval of the difference.",
        ),
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(
            "--annotations",
            metavar="FILE",
            help="Instead, annotated sentences of raw abstracts: offsets and labels by paper id.",
        ),
    ] = None,
    texts: AnnotatedTextsOption = None,
    confusion: Annotated[
        bool, typer.Option("--confusion", help="Add a table of what was found instead.")
    ] = False,
    record: Annotated[
        str | None,
        typer.Option(
            "--record",
            metavar="NAME",
            help="Write the figures into the card of the model under this name.",
            show_default=False,
        ),
    ] = None,
    threads: ThreadsOption = None,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Measure a tagger: F1 of whole mentions, as seqeval counts them, by label, with speed.

    The interval is a bootstrap over sentences. JSON always holds the confusions.
    """
    from matlore.pipeline.ner_evaluate import evaluate_tagger, record_metrics

    with progress_bar("loading the model") as progress:
        report = evaluate_tagger(
            home_path(home),
            files=files or (),
            annotations=annotations,
            texts=texts or (),
            model=model,
            against=against,
            threads=threads,
            progress=progress,
        )
    if record is not None:
        record_metrics(model, record, report, command=command_line())
    if format is Format.JSON:
        emit(report, format=format)
    elif format is Format.TABLE:
        _print_table(report, confusion=confusion)
    else:
        emit({"rows": list(_rows(report))}, rows="rows", format=format)


def _rows(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the figures of each label, then those over all mentions, then the labels' mean."""
    for label, scores in report["per_label"].items():
        yield {"label": label, **scores}
    yield {"label": "micro", **report["micro"], "support": report["mentions"]}
    yield {"label": "macro", "f1": report["macro_f1"]}


def _print_table(report: Mapping[str, Any], *, confusion: bool) -> None:
    other = report.get("against")
    rows = [_readable(row) for row in _rows(report)]
    if other is not None:
        for row, scores in zip(rows, _rows(other), strict=True):
            row["f1 of the other"] = f"{scores['f1']:.4f}"
    emit({"rows": rows}, rows="rows", format=Format.TABLE)
    typer.echo()
    typer.echo(_sentence(report))
    if other is not None:
        typer.echo(f"against {_sentence(other)}")
        typer.echo(_difference(report["comparison"]))
    if confusion:
        typer.echo("\nWhat was found for each gold label")
        _print_confusion(report["confusion"])


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with figures of equal length."""
    figures = {name: f"{row[name]:.4f}" for name in _MEASURES if name in row}
    return {"label": row["label"], **figures, "support": row.get("support")}


def _sentence(report: Mapping[str, Any]) -> str:
    speed = report["sentences_per_second"]
    rate = "" if speed is None else f", {speed:,.0f} sentences a second"
    return (
        f"{report['model']}: micro F1 {report['micro']['f1']:.4f}"
        f" ({_interval(report['interval_95'])}), macro F1 {report['macro_f1']:.4f};"
        f" {report['mentions']:,} mentions in {report['sentences']:,} sentences{rate}"
    )


def _difference(comparison: Mapping[str, Any]) -> str:
    return (
        f"difference of micro F1 {comparison['difference']:+.4f}"
        f" ({_interval(comparison['interval_95'], sign='+')}),"
        f" not better in {comparison['p']:.1%} of the resamples"
    )


def _interval(bounds: tuple[float, float], *, sign: str = "") -> str:
    low, high = bounds
    return f"95% interval {low:{sign}.4f} to {high:{sign}.4f}"


def _print_confusion(confusion: Mapping[str, Mapping[str, int]]) -> None:
    found = dict.fromkeys(_FIRST_OUTCOMES)
    found.update(dict.fromkeys(sorted({name for row in confusion.values() for name in row})))
    rows = [{"gold": gold, **row} for gold, row in confusion.items()]
    emit({"rows": rows}, rows="rows", format=Format.TABLE, columns=("gold", *found))
