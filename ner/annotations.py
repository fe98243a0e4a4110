"""Sentences annotated by hand, kept as offsets and labels without their texts."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from matlore.errors import InputError
from matlore.records import Label

from .labels import LABELS, Span

__all__ = ["AnnotatedSentence", "annotation_ids", "read_annotations", "sentence_sha"]

_COLUMNS = 5
_LABELS: dict[str, Label] = {label: label for label in LABELS}
_REDRAW = "draw and annotate it again, or leave its line out"


class AnnotatedSentence(NamedTuple):
    """A sentence of a paper and the mentions in it.

    `start` and `end`, and the offsets of `spans`, are characters of the paper's `text`,
    ends excluded; `text` is the sentence alone. Spans are in order and do not overlap.
    """

    paper_id: str
    start: int
    end: int
    text: str
    spans: tuple[Span, ...]


class _Row(NamedTuple):
    """A line as it stands in the file, its numbers read and its mentions checked."""

    line: int
    paper_id: str
    start: int
    end: int
    sha: str
    spans: tuple[Span, ...]


def read_annotations(path: str | Path, texts: Mapping[str, str]) -> list[AnnotatedSentence]:
    """Return the annotated sentences of a file, each with its text.

    Args:
        path: lines of paper id, start, end, first digits of the sentence's sha256 and
            mentions as `start:end:LABEL` separated by blanks; tabs between the columns;
            empty lines and those that begin with `#` are skipped.
        texts: paper id to the paper's `text`.

    Raises:
        InputError: the file or a line cannot be read, its paper has no text, or the text
            is no longer the one that was annotated; the message names the paper.
    """
    return [_sentence(path, row, texts) for row in _rows(Path(path))]


def annotation_ids(path: str | Path) -> list[str]:
    """Return the ids of the papers of a file of annotations, in its order.

    Raises:
        InputError: the file or a line cannot be read.
    """
    return [row.paper_id for row in _rows(Path(path))]


def sentence_sha(sentence: str) -> str:
    """Return the first 12 digits of the sha256 of a sentence, as the files hold it."""
    return sha256(sentence.encode()).hexdigest()[:12]


def _rows(path: Path) -> Iterator[_Row]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}: name a file of annotations in UTF-8") from error
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            yield _row(path, number, line.split("\t"))


def _row(path: Path, line: int, columns: list[str]) -> _Row:
    if len(columns) != _COLUMNS:
        raise InputError(
            f"{path}, line {line}: {len(columns)} columns instead of {_COLUMNS}: write paper id,"
            " start, end, sha and mentions with tabs between"
        )
    paper_id, first, last, sha, mentions = columns
    try:
        start, end = int(first), int(last)
        spans = tuple(map(_span, mentions.split()))
    except ValueError as error:
        raise InputError(
            f"{path}, line {line} ({paper_id}): {error}: write offsets as numbers, mentions as"
            f" start:end:LABEL with a label of {', '.join(LABELS)}"
        ) from error
    _check_order(path, line, paper_id, start, end, spans)
    return _Row(line, paper_id, start, end, sha, spans)


def _span(text: str) -> Span:
    start, end, label = text.split(":")
    if label not in _LABELS:
        raise ValueError(f"unknown label {label!r}")
    return Span(int(start), int(end), _LABELS[label])


def _check_order(
    path: Path, line: int, paper_id: str, start: int, end: int, spans: tuple[Span, ...]
) -> None:
    """Raise unless sentence and mentions are not empty, in order and inside."""
    inside = 0 <= start < end and all(start <= s.start < s.end <= end for s in spans)
    if not inside or any(a.end > b.start for a, b in pairwise(spans)):
        raise InputError(
            f"{path}, line {line} ({paper_id}): the mentions are not inside the sentence, or"
            " not one behind the other: correct their offsets"
        )


def _sentence(path: str | Path, row: _Row, texts: Mapping[str, str]) -> AnnotatedSentence:
    text = texts.get(row.paper_id)
    where = f"{path}, line {row.line}"
    if text is None:
        raise InputError(
            f"{where}: paper {row.paper_id} is not among the texts: ingest the corpus that it"
            " comes from (`matlore ingest file`)"
        )
    sentence = text[row.start : row.end]
    if sentence_sha(sentence) != row.sha:
        raise InputError(
            f"{where}: the text of paper {row.paper_id} is no longer the one annotated (other"
            f" characters at {row.start}:{row.end}): {_REDRAW}"
        )
    return AnnotatedSentence(row.paper_id, row.start, row.end, sentence, row.spans)
