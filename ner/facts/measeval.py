"""MeasEval's annotated quantities: reading, training, scoring by cross-validation.

Harper et al., SemEval-2021 Task 8: Counts and Measurements. Paragraphs of open-access
articles; paragraphs of one article share the first part of their names, so that folds go by
article. Its evaluation part, which shares articles with the others, is not read.
"""

import csv
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from matlore.errors import InputError

from ..evaluation import Score
from .linear import SequenceModel
from .parts import Value
from .value_model import Span, fit_values
from .values import find_values

__all__ = [
    "Paragraph",
    "cross_validate_values",
    "quantity_spans",
    "read_measeval",
    "score_spans",
    "train_values",
]

FOLDS = 5
_LEAST_SCORE = 0.5
_PARTS = (("train", "text"), ("trial", "txt"))


class Paragraph(NamedTuple):
    """A paragraph and the spans of its quantities.

    Attributes:
        article: that the paragraph is of.
    """

    name: str
    article: str
    text: str
    spans: list[Span]


def read_measeval(folder: Path) -> list[Paragraph]:
    """Return the paragraphs of the train and trial parts, sorted by name.

    Raises:
        InputError: the folder holds no paragraphs, or a table is damaged.
    """
    found = []
    for part, texts in _PARTS:
        for path in sorted((folder / part / texts).glob("*.txt")):
            table = folder / part / "tsv" / f"{path.stem}.tsv"
            text = path.read_bytes().decode("utf-8")
            article = path.stem.rpartition("-")[0]
            spans = _spans(table, text) if table.exists() else []
            found.append(Paragraph(path.stem, article, text, spans))
    if not found:
        raise InputError(f"{folder}: no paragraphs of MeasEval (train/text/*.txt) in it")
    return sorted(found)


def _spans(path: Path, text: str) -> list[Span]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    spans = []
    for row in rows:
        if row["annotType"] != "Quantity":
            continue
        start, end = int(row["startOffset"]), int(row["endOffset"])
        if text[start:end] != row["text"]:
            raise InputError(f"{path}: offsets {start}-{end} do not hold {row['text']!r}")
        spans.append((start, end))
    return sorted(spans)


def train_values(folder: Path) -> SequenceModel:
    """Train the model of `find_values` on all of MeasEval's train and trial parts."""
    return fit_values((paragraph.text, paragraph.spans) for paragraph in read_measeval(folder))


def quantity_spans(text: str, values: Sequence[Value]) -> list[Span]:
    """Return the spans of values as MeasEval counts them: a list of one unit is one span.

    Args:
        text: that the values were found in.
        values: by `find_values`, which halves the score of counts in words.
    """
    spans: dict[tuple[str, int], Span] = {}
    for k, value in enumerate(values):
        words = not any(map(str.isdigit, text[value.start : value.end]))
        if value.score < (_LEAST_SCORE / 2 if words else _LEAST_SCORE):
            continue
        key = ("alone", k) if value.group is None else (value.unit, value.group)
        start, end = spans.get(key, (value.start, value.end))
        spans[key] = (min(start, value.start), max(end, value.end))
    return sorted(set(spans.values()))


def score_spans(gold: Sequence[Span], found: Sequence[Span]) -> tuple[int, int]:
    """Return how many found spans are exact, and how many meet a gold span of their own."""
    exact = len(set(gold) & set(found))
    free = sorted(gold)
    meeting = 0
    for start, end in sorted(found):
        partner = next((span for span in free if span[0] < end and start < span[1]), None)
        if partner is not None:
            free.remove(partner)
            meeting += 1
    return exact, meeting


def fold_of(article: str) -> int:
    """Return the fold of an article, by its name alone."""
    return int(sha256(article.encode()).hexdigest(), 16) % FOLDS


def cross_validate_values(folder: Path) -> dict[str, dict[str, float]]:
    """Return strict and soft precision, recall and F1 of quantity spans, over all folds.

    Strict: the same characters. Soft: any overlap, one to one, as grobid-quantities counts.
    """
    paragraphs = read_measeval(folder)
    exact = meeting = wanted = given = 0
    for fold in range(FOLDS):
        model = fit_values((p.text, p.spans) for p in paragraphs if fold_of(p.article) != fold)
        for paragraph in paragraphs:
            if fold_of(paragraph.article) != fold:
                continue
            found = quantity_spans(paragraph.text, find_values(paragraph.text, model=model))
            e, m = score_spans(paragraph.spans, found)
            exact, meeting = exact + e, meeting + m
            wanted, given = wanted + len(paragraph.spans), given + len(found)
    strict, soft = Score(exact, given, wanted), Score(meeting, given, wanted)
    return {"strict": _rates(strict), "soft": _rates(soft)}


def _rates(score: Score) -> dict[str, float]:
    return {"precision": score.precision, "recall": score.recall, "f1": score.f1}
