"""`matlore facts extract`: relations and quantities out of a text, of files, of the corpus."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from matlore.errors import UsageError

from .extracting import (
    BadRows,
    bar_below_output,
    check_text,
    emit_objects,
    end_report,
    readable,
)
from .facts_options import HELP
from .ner_options import (
    DocumentsArgument,
    FoundFormatOption,
    LimitOption,
    ModelOption,
    StopOption,
    TextOption,
    ThreadsOption,
    WithTextOption,
    on_disk,
    typed_text,
)
from .options import HomeOption, InputFormatOption, MappingOption, home_path, sub_app
from .options import threads as cores
from .output import Format, emit, note
from .progress import progress_bar

__all__ = ["register"]


_SHOWN_PROPERTIES = 12
_RELATION_COLUMNS = ("material", "type", "object", "modality", "score")
_QUANTITY_COLUMNS = ("material", "property", "value", "conditions", "modality", "score")
_CSV_COLUMNS = (
    *("paper", "type", "material", "object", "comparator", "value", "value_max", "std", "unit"),
    *("si_value", "si_unit", "conditions", "modality", "score", "start", "end"),
)


def register(app: typer.Typer) -> None:
    """Add the group `matlore facts` with the command."""
    sub_app(app, "facts", HELP).command("extract")(_extract)


def _extract(
    paths: DocumentsArgument = None,
    text: TextOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            metavar="N",
            help="Processes that read the corpus [default: one a core].",
            show_default=False,
        ),
    ] = None,
    limit: LimitOption = None,
    min_score: Annotated[
        float,
        typer.Option(
            "--min-score",
            min=0.0,
            max=1.0,
            metavar="SCORE",
            help="Leave out facts that are less sure; the home keeps all, with their scores.",
        ),
    ] = 0.0,
    mapping: MappingOption = None,
    input_format: InputFormatOption = None,
    with_text: WithTextOption = False,
    stop_at_error: StopOption = False,
    format: FoundFormatOption = None,
    home: HomeOption = None,
) -> None:
    """Extract quantities and relations of a text, of files, or of the home's papers not read yet.

    Of the home are read the papers whose mentions are known (`matlore ner extract`); their
    facts are kept there, and an interrupted run goes on where it stopped. Of files comes one
    object a paper (id, mentions, relations, quantities); relations and quantities name
    materials and properties by their position in the mentions, and offsets point into the
    cleaned text. --format csv gives one line a fact. What cannot be read is told and left
    out, and the exit code is 3.
    """
    corpus = text is None and not paths
    _check_kinds(paths, text, limit=limit, workers=workers)
    if corpus:
        _check_corpus(model, threads, min_score)
        _extract_home(home_path(home), limit, cores(workers), format or Format.TABLE)
    elif text is not None:
        _extract_text(typed_text(text), model, threads, min_score, format or Format.TABLE)
    else:
        options: dict[str, Any] = {"model": model, "threads": threads, "min_score": min_score}
        options |= {"mapping": mapping or (), "input_format": input_format, "with_text": with_text}
        with on_disk(paths or ()) as found:
            _extract_files(
                found,
                options,
                stop_at_error=stop_at_error,
                limit=limit,
                format=format or Format.JSONL,
            )


def _check_kinds(
    paths: Sequence[Path] | None, text: str | None, *, limit: int | None, workers: int | None
) -> None:
    """Raise where options make no sense with what is to be read."""
    check_text(paths, text, limit=limit)
    if workers is not None and (paths or text is not None):
        raise UsageError("--workers is for the corpus of a home; of files, --threads tag")


def _check_corpus(model: str | None, threads: int | None, min_score: float) -> None:
    """Raise where options are given that the corpus has no use for."""
    if model is not None or threads is not None:
        raise UsageError(
            "the mentions of the corpus are found by `matlore ner extract`: give --model and "
            "--threads there"
        )
    if min_score:
        raise UsageError("the home keeps facts of every score: choose when they are read")


def _extract_home(home: Path, limit: int | None, workers: int, format: Format) -> None:
    from matlore.pipeline.facts_extract import extract_home_facts

    with progress_bar("loading the models") as progress:
        report = extract_home_facts(home, limit=limit, workers=workers, progress=progress)
    if format is Format.TABLE:
        report["properties"] = _commonest(report["properties"])
    emit(report, format=format)
    if report["waiting"]:
        note(f"{report['waiting']} papers wait for their mentions: `matlore ner extract`")
    end_report(report, "matlore facts extract")


def _commonest(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the first of counts, which begin with the largest, and how many others there are."""
    shown = dict(islice(counts.items(), _SHOWN_PROPERTIES))
    others = len(counts) - len(shown)
    return shown | ({"other properties": others} if others else {})


def _extract_text(
    text: str, model: str | None, threads: int | None, min_score: float, format: Format
) -> None:
    from matlore.pipeline.facts_extract import extract_text_facts

    found = extract_text_facts(text, model=model, min_score=min_score, threads=threads)
    _print_papers([found], format, whole=True)


def _extract_files(
    paths: Sequence[Path],
    options: Mapping[str, Any],
    *,
    stop_at_error: bool,
    limit: int | None,
    format: Format,
) -> None:
    """Extract and print, as papers come; exit 3 where rows could not be read."""
    from matlore.pipeline.facts_extract import extract_texts_facts

    bad = BadRows()
    with bar_below_output() as progress:
        reject = None if stop_at_error else bad.reject
        found = extract_texts_facts(paths, **options, reject=reject, progress=progress)
        _print_papers(islice(found, limit), format)
    bad.finish()


# What is printed


def _print_papers(papers: Iterable[dict[str, Any]], format: Format, *, whole: bool = False) -> None:
    """Print papers: objects as they come in JSONL, one JSON, or a line a fact.

    Args:
        papers: what was extracted.
        format: how.
        whole: whether JSON is the one paper itself, and tables need not name it.
    """
    if emit_objects(papers, format, whole=whole):
        return
    if format is Format.CSV:
        rows = [row for one in papers for row in (*_relation_rows(one), *_quantity_rows(one))]
        emit({"rows": rows}, rows="rows", format=format, columns=_CSV_COLUMNS)
    else:
        _print_tables(papers, () if whole else ("paper",))


def _print_tables(papers: Iterable[dict[str, Any]], first: Sequence[str]) -> None:
    """Print a table of the relations, the surest first, and one of the quantities.

    Values of nothing that is known are left to the other formats.
    """
    relations: list[dict[str, Any]] = []
    quantities: list[dict[str, Any]] = []
    for paper in papers:
        relations += sorted(_relation_rows(paper), key=lambda row: -row["score"])
        quantities += (_written(row) for row in _quantity_rows(paper) if row["object"])
    for title, rows, columns in (
        ("Relations", relations, _RELATION_COLUMNS),
        ("Quantities", quantities, _QUANTITY_COLUMNS),
    ):
        if rows:
            typer.echo(f"\n{title}" if rows is quantities and relations else title)
            shown = {"rows": readable(rows)}
            emit(shown, rows="rows", format=Format.TABLE, columns=(*first, *columns))
        else:
            note(f"no {title.lower()} found")


def _relation_rows(paper: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    mentions = paper["mentions"]
    for one in paper["relations"]:
        head, tail = mentions[one["head"]], mentions[one["tail"]]
        yield {
            "paper": paper["id"],
            "type": one["type"],
            "material": _name(head),
            "object": _name(tail),
            "modality": one["modality"],
            "score": one["score"],
            "start": min(head["start"], tail["start"]),
            "end": max(head["end"], tail["end"]),
        }


def _quantity_rows(paper: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in paper["quantities"]:
        material = one["material"]
        named = one["property"]
        mention = None if named is None else paper["mentions"][named]
        yield {
            **one,
            "paper": paper["id"],
            "type": "QUANTITY",
            "material": None if material is None else _name(paper["mentions"][material]),
            "object": one["property_name"] or (None if mention is None else _name(mention)),
            "conditions": [_condition(condition) for condition in one["conditions"]],
        }


def _name(mention: Mapping[str, Any]) -> str:
    return str(mention["norm"] or mention["text"])


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a quantity's line for people: the value with its unit."""
    return {**row, "property": row["object"], "value": _amount(row)}


def _amount(one: Mapping[str, Any]) -> str:
    """Write a value, such as `> 2.4 to 2.7 eV` or `5 ± 1 K`."""
    sign = "" if one.get("comparator", "=") == "=" else f"{one['comparator']} "
    end = "" if one["value_max"] is None else f" to {one['value_max']:g}"
    deviation = f" ± {one['std']:g}" if one.get("std") is not None else ""
    unit = "" if one["unit"] in (None, "1") else f" {one['unit']}"
    return f"{sign}{one['value']:g}{end}{deviation}{unit}"


def _condition(condition: Mapping[str, Any]) -> str:
    value = condition["value"]
    return f"{condition['name']} {value if isinstance(value, str) else _amount(condition)}"
