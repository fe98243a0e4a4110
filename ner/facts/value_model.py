"""The trained part of finding values: which numbers are quantities, and where they end.

Trained on MeasEval (Harper et al., SemEval-2021 Task 8), whose annotators marked quantities
with their modifiers and units in articles of ten sciences.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from .cards import FACTS_FOLDER
from .linear import Feature, SequenceModel, train_sequence
from .value_candidates import Candidate, find_candidates
from .value_features import windows

__all__ = ["Span", "fit_values", "shipped_model", "tag_candidates"]

_MODEL = FACTS_FOLDER / "values.json.zst"
"""The model that ships with matlore."""

_BEGIN, _INSIDE, _OUTSIDE = "B", "I", "O"
Span = tuple[int, int]


@lru_cache(maxsize=1)
def shipped_model() -> SequenceModel:
    """Return the model that ships with matlore."""
    return SequenceModel.load(_MODEL)


def tag_candidates(
    text: str, candidates: Sequence[Candidate], model: SequenceModel
) -> tuple[list[Span], list[float]]:
    """Return for each candidate its span as the model sees it, and how likely it is a quantity."""
    tagged: list[Span] = []
    inside: list[tuple[int, int, float]] = []
    for window in windows(text, candidates):
        labels = model.tag(window.rows)
        last = _OUTSIDE
        for (start, end), (label, p) in zip(window.spans, labels, strict=True):
            inside.append((start, end, 1 - p if label == _OUTSIDE else p))
            if label == _BEGIN or (label == _INSIDE and last == _OUTSIDE):
                tagged.append((start, end))
            elif label == _INSIDE:
                tagged[-1] = (tagged[-1][0], end)
            last = label
    return _spans(candidates, tagged), _likely(candidates, inside)


def _spans(candidates: Sequence[Candidate], tagged: Sequence[Span]) -> list[Span]:
    """Return the spans of candidates; those in one tagged span share it out."""
    spans: list[Span] = []
    at, owner = 0, -1
    for found in candidates:
        item = found.item
        while at < len(tagged) and tagged[at][1] <= item.start:
            at += 1
        if at == len(tagged) or tagged[at][0] >= item.number_end:
            spans.append((found.start, found.end))
            continue
        start, end = min(tagged[at][0], found.start), found.end
        if item.whole or item.words:  # only counts take words along: `13 passages`
            end = max(tagged[at][1], item.end)
        if at == owner:
            start = found.start
            spans[-1] = (spans[-1][0], candidates[len(spans) - 1].end)
        owner = at
        spans.append((start, end))
    return spans


def _likely(
    candidates: Sequence[Candidate], inside: Sequence[tuple[int, int, float]]
) -> list[float]:
    """Return for each candidate the best probability among the tokens of its number."""
    likely: list[float] = []
    at = 0
    for found in candidates:
        while at < len(inside) and inside[at][1] <= found.item.start:
            at += 1
        best, k = 0.0, at
        while k < len(inside) and inside[k][0] < found.item.number_end:
            best = max(best, inside[k][2])
            k += 1
        likely.append(round(best, 3))
    return likely


def fit_values(texts: Iterable[tuple[str, Sequence[Span]]]) -> SequenceModel:
    """Train the model on texts with the spans of their quantities."""
    rows: list[list[list[Feature]]] = []
    labels: list[list[str]] = []
    for text, spans in texts:
        for window in windows(text, find_candidates(text)):
            rows.append(window.rows)
            labels.append(_labels(window.spans, spans))
    return train_sequence(rows, labels)


def _labels(tokens: Sequence[Span], spans: Sequence[Span]) -> list[str]:
    """Return the label of each token, by the spans that hold it."""
    labels = []
    before = -1
    for start, end in tokens:
        holding = next((k for k, (a, b) in enumerate(spans) if a < end and start < b), -1)
        labels.append(_OUTSIDE if holding < 0 else _INSIDE if holding == before else _BEGIN)
        before = holding
    return labels
