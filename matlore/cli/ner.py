"""`matlore ner extract`: mentions out of a text, of files, of the corpus."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

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
from .ner_options import (
    HELP,
    DocumentsArgument,
    FoundFormatOption,
    HtmlOption,
    LimitOption,
    ModelOption,
    StopOption,
    TextOption,
    ThreadsOption,
    WithTextOption,
    on_disk,
    typed_text,
)
from .options import (
    HomeOption,
    InputFormatOption,
    MappingOption,
    RelevanceOption,
    home_path,
    sub_app,
)
from .output import Format, emit, note
from .progress import progress_bar

__all__ = ["COLUMNS", "CSV_COLUMNS", "register"]

_DRAWN_PAPERS = 200
COLUMNS = ("label", "text", "norm", "score")
CSV_COLUMNS = ("paper", "label", "start", "end", "text", "norm", "score", "source")


def register(app: typer.Typer) -> None:
    """Add the command to the group `matlore ner`."""
    sub_app(app, "ner", HELP).command("extract")(_extract)


def _extract(
    paths: DocumentsArgument = None,
    text: TextOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    limit: LimitOption = None,
    min_relevance: RelevanceOption = 0.0,
    mapping: MappingOption = None,
    input_format: InputFormatOption = None,
    with_text: WithTextOption = False,
    stop_at_error: StopOption = False,
    html: HtmlOption = None,
    format: FoundFormatOption = None,
    home: HomeOption = None,
) -> None:
    """Extract the mentions of a text, of files, or of the papers of the home not read yet.

    Of files comes one object a paper (id, mentions), as they are read; --format table and csv
    give one line a mention. Mentions of the home's papers are kept there: see `matlore ner
    show` and `stats`; an interrupted run goes on where it stopped. Offsets point into the
    cleaned text. What cannot be read is told and left out, and the exit code is 3.
    """
    _check_kinds(paths, text, limit=limit, min_relevance=min_relevance)
    if html is not None:
        _check_html(html, corpus=text is None and not paths)
    if text is not None:
        _extract_text(typed_text(text), model, threads, html, format or Format.TABLE)
    elif paths:
        files = _Files(mapping or (), input_format, stop_at_error, limit, with_text, html)
        with on_disk(paths) as found:
            files.extract(found, model, threads, format or Format.JSONL)
    else:
        from matlore.pipeline.ner_extract import extract_home

        with progress_bar("loading the model") as progress:
            report = extract_home(
                home_path(home),
                model=model,
                limit=limit,
                min_relevance=min_relevance,
                threads=threads,
                progress=progress,
            )
        emit(report, format=format or Format.TABLE)
        end_report(report, "matlore ner extract")


def _check_kinds(
    paths: Sequence[Path] | None, text: str | None, *, limit: int | None, min_relevance: float
) -> None:
    """Raise where options make no sense with what is to be read."""
    check_text(paths, text, limit=limit)
    if min_relevance and (paths or text is not None):
        raise UsageError(
            "--min-relevance is for the corpus of a home: leave it out, or take the files in "
            "with `matlore ingest file` first"
        )


def _check_html(html: Path, *, corpus: bool) -> None:
    from matlore.pipeline.ner import check_picture

    if corpus:
        raise UsageError(
            "--html draws --text and files, not a whole corpus: extract without it, then "
            "`matlore ner show ID --html FILE` draws a paper"
        )
    check_picture(html)


def _extract_text(
    text: str, model: str | None, threads: int | None, html: Path | None, format: Format
) -> None:
    from matlore.pipeline.ner import draw_mentions
    from matlore.pipeline.ner_extract import extract_text

    found = extract_text(text, model=model, threads=threads)
    _print_papers([found], format, columns=COLUMNS, whole=True)
    if html is not None:
        draw_mentions(html, [found], title="Mentions")
        note(f"picture: {html}")


class _Files:
    """The extraction of files: what is printed as it comes, what is told at the end."""

    def __init__(
        self,
        mapping: Sequence[str],
        input_format: str | None,
        stop_at_error: bool,
        limit: int | None,
        with_text: bool,
        html: Path | None,
    ) -> None:
        self._mapping = mapping
        self._input_format = input_format
        self._stop_at_error = stop_at_error
        self._limit = limit
        self._with_text = with_text
        self._html = html
        self._drawn: list[dict[str, Any]] = []

    def extract(
        self, paths: Sequence[Path], model: str | None, threads: int | None, format: Format
    ) -> None:
        """Extract, print, draw; exit 3 where rows could not be read."""
        from matlore.pipeline.ner_extract import extract_texts

        bad = BadRows()
        with bar_below_output() as progress:
            found = extract_texts(
                paths,
                model=model,
                mapping=self._mapping,
                input_format=self._input_format,
                with_text=self._with_text or self._html is not None,
                threads=threads,
                reject=None if self._stop_at_error else bad.reject,
                progress=progress,
            )
            papers = map(self._kept, islice(found, self._limit))
            _print_papers(papers, format, columns=("paper", *COLUMNS))
        self._draw()
        bad.finish()

    def _kept(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return what is printed of a paper; note what is drawn of it."""
        if self._html is not None and len(self._drawn) < _DRAWN_PAPERS:
            self._drawn.append(found)
        return {k: v for k, v in found.items() if k != "text" or self._with_text}

    def _draw(self) -> None:
        from matlore.pipeline.ner import draw_mentions

        if self._html is not None:
            draw_mentions(self._html, self._drawn, title="Mentions")
            note(f"picture: {self._html} (of the first {len(self._drawn)} papers)")


def _print_papers(
    papers: Iterable[dict[str, Any]],
    format: Format,
    *,
    columns: Sequence[str],
    whole: bool = False,
) -> None:
    """Print papers: objects as they come in JSONL, else a line a mention, or one JSON.

    Args:
        papers: what was extracted.
        format: how.
        columns: of the table.
        whole: whether JSON is the one paper itself.
    """
    if emit_objects(papers, format, whole=whole):
        return
    rows = [{"paper": one["id"], **mention} for one in papers for mention in one["mentions"]]
    if format is Format.TABLE:
        rows = readable(rows)
    shown = columns if format is Format.TABLE else CSV_COLUMNS
    emit({"rows": rows}, rows="rows", format=format, columns=shown)
    if not rows:
        note("no mentions found")
