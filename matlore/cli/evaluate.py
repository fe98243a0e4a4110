"""`matlore embeddings evaluate`: does the ranking agree with what is known otherwise?"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .embeddings import HELP
from .options import FormatOption, HomeOption, home_path, sub_app
from .output import Format, emit
from .progress import progress_bar

__all__ = ["register"]

_METRIC_COLUMNS = (
    "measure",
    "ranking",
    "value",
    "low",
    "high",
    "n",
    "hits",
    "baseline",
    "baseline_low",
    "baseline_high",
    "baseline_n",
    "matched",
    "matched_low",
    "matched_high",
)
_COMPARISON = (
    "Does the fused ranking beat the literature alone? (unseen: no predictor learned from them;"
    " predictors know properties, not papers or years)"
)
_ANALOGY_COLUMNS = ("group", "correct", "asked", "total", "accuracy", "low", "high")


class _Part(StrEnum):
    """Which half of the reference list."""

    DEV = "dev"
    TEST = "test"
    ALL = "all"


def register(app: typer.Typer) -> None:
    """Add the command to `matlore embeddings`."""
    sub_app(app, "embeddings", HELP).command("evaluate")(_evaluate)


def _evaluate(
    ranking: Annotated[
        Path,
        typer.Option(
            "--ranking", metavar="DIR", help="Folder of the reference list and of analogies.txt."
        ),
    ],
    vectors: Annotated[
        Path | None,
        typer.Option(
            "--vectors",
            metavar="PATH",
            help="The vectors [default: the newest of the home, else those of the starter pack].",
            show_default=False,
        ),
    ] = None,
    analogies: Annotated[
        Path | None,
        typer.Option("--analogies", metavar="FILE", help="Analogies, instead of those in DIR."),
    ] = None,
    application: Annotated[
        str, typer.Option("--application", metavar="NAME", help="For what to rank.")
    ] = "thermoelectric",
    part: Annotated[
        _Part,
        typer.Option("--part", help="Half of the list: choose settings on dev, report test."),
    ] = _Part.ALL,
    min_count: Annotated[
        int, typer.Option("--min-count", min=1, help="How often a material must be named.")
    ] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap.")] = 0,
    fused: Annotated[
        bool,
        typer.Option(
            "--fused",
            help="Also measure literature and predicted properties ranked together, and say"
            " whether that ranks better.",
        ),
    ] = False,
    home: HomeOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Measure word vectors: power factors, known thermoelectrics, analogies, with intervals."""
    from matlore.pipeline.evaluate import evaluate_vectors

    with progress_bar("analogies") as progress:
        record = evaluate_vectors(
            home_path(home),
            ranking=ranking,
            analogies=analogies,
            vectors=vectors,
            application=application,
            part=part.value,
            min_count=min_count,
            seed=seed,
            fused=fused,
            progress=progress,
        )
    _print(record, format)


def _print(record: dict[str, Any], format: Format) -> None:
    """Print the record: two tables, or one list of measures, or JSON as it is."""
    if format is Format.JSON:
        emit(record, format=format)
    elif format is Format.TABLE:
        measures = {"rows": list(_readable(record["metrics"]))}
        emit(measures, rows="rows", format=format, title=_title(record))
        if record["comparison"]:
            compared = {"rows": list(_readable_comparison(record["comparison"]))}
            emit(compared, rows="rows", format=format, title=_COMPARISON)
        if record["analogies"]:
            emit(
                record,
                rows="analogies",
                format=format,
                title="analogies (3CosAdd on input vectors)",
                columns=_ANALOGY_COLUMNS,
            )
    else:
        rows = {"rows": [*_measures(record["metrics"]), *_analogy_measures(record["analogies"])]}
        emit(rows, rows="rows", format=format, columns=_METRIC_COLUMNS)


def _title(record: Mapping[str, Any]) -> str:
    known = (
        "not known: no paper of the corpus names both"
        if record["not_known_by"] == "counts"
        else "not known: not flagged in the list"
    )
    rate = record["base_rate"]
    share = "none" if rate is None else f"{100 * rate:.0f}%"
    return (
        f"{record['vectors']}: {record['application']}, {record['part']} of the list"
        f" ({record['n_ranked']} materials named {record['min_count']} times or more,"
        f" {share} of them known, {record['n_computed']} with a power factor; {known})"
    )


def _measures(metrics: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, object]]:
    for metric in metrics:
        yield {"measure": metric["name"], **{name: metric[name] for name in _METRIC_COLUMNS[1:]}}


def _analogy_measures(scores: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, object]]:
    for score in scores:
        yield {
            "measure": f"analogies: {score['group']}",
            "ranking": "input",
            "value": score["accuracy"],
            "low": score["low"],
            "high": score["high"],
            "n": score["asked"],
            "hits": score["correct"],
        }


def _readable(metrics: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, object]]:
    """Return the measures as a table for people: a value and its interval in one cell."""
    for metric in metrics:
        hits = metric["hits"]
        yield {
            "measure": metric["name"],
            "ranking": metric["ranking"],
            "value": metric["value"],
            "95% interval": _interval(metric["low"], metric["high"]),
            "n": metric["n"] if hits is None else f"{hits} of {metric['n']}",
            "chance": metric["baseline"],
            "95% of chance": _interval(metric["baseline_low"], metric["baseline_high"]),
            "equal frequency": metric["matched"],
            "95% of that": _interval(metric["matched_low"], metric["matched_high"]),
        }


def _readable_comparison(found: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, object]]:
    """Return the comparison as a table for people."""
    for one in found:
        yield {
            "measure": one["measure"],
            "materials": one["materials"],
            "n": one["n"],
            "literature": one["first"],
            "fused": one["second"],
            "difference": one["difference"],
            "95% interval": _interval(one["low"], one["high"]),
            "fused is": one["verdict"],
        }


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.3g} to {high:.3g}"
