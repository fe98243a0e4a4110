"""How good a tagger is: precision, recall and F1 of whole mentions, as seqeval counts them.

A mention counts as found where start, end and label are right (CoNLL-2003). The interval is
a percentile bootstrap over sentences; the comparison of two taggers is the paired bootstrap
(Koehn, EMNLP 2004).
"""

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, InputError
from matlore.records import Label

from .conll import TaggedSentence
from .labels import LABELS, Span, spans_of

if TYPE_CHECKING:
    import numpy as np

    from .tagger import Tagger

__all__ = ["NerReport", "Score", "compare", "evaluate_spans", "evaluate_words", "micro_f1"]

RESAMPLES = 2000
RIGHT, BOUNDARY, MISSED, SPURIOUS = "right", "boundary", "(missed)", "(spurious)"
_SEED = 0
_DRAWN_AT_ONCE = 4_000_000
_NUMBER = {label: number for number, label in enumerate(LABELS)}

Spans = Sequence[Sequence[Span]]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of mentions: right, found, and in the gold."""

    right: int
    found: int
    gold: int

    @property
    def precision(self) -> float:
        """Share of the found mentions that are right; 0 where none was found."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold mentions that were found; 0 where there are none."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.found + self.gold
        return 2 * self.right / total if total else 0.0

    def as_dict(self) -> dict[str, float]:
        """Return precision, recall, F1 and the number of gold mentions."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "support": self.gold,
        }


@dataclass(frozen=True, slots=True)
class NerReport:
    """What an evaluation found.

    Attributes:
        micro: over all mentions.
        per_label: of each label.
        interval: 95% of the bootstrap's micro F1.
        confusion: for each label of the gold what was found in its mentions' places: the
            same label with the same boundaries (`right`) or others (`boundary`), another
            label, or nothing (`(missed)`); for `(spurious)` what was found in no mention's
            place. A found mention stands in the place of one gold mention at most, so a
            label's row adds up to its gold mentions and all that was found is counted once.
        sentences: how many.
        seconds: that tagging took.
    """

    micro: Score
    per_label: dict[Label, Score]
    interval: tuple[float, float]
    confusion: dict[str, dict[str, int]]
    sentences: int
    seconds: float | None = None

    @property
    def macro(self) -> dict[str, float]:
        """Mean precision, recall and F1 of the labels that are in the gold or were found."""
        present = [score for score in self.per_label.values() if score.gold or score.found]
        return {
            "precision": _mean(score.precision for score in present),
            "recall": _mean(score.recall for score in present),
            "f1": _mean(score.f1 for score in present),
        }

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels that are in the gold or were found."""
        return self.macro["f1"]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as `matlore ner evaluate` prints it."""
        speed = self.sentences / self.seconds if self.seconds else None
        return {
            "micro": {k: v for k, v in self.micro.as_dict().items() if k != "support"},
            "macro": {name: round(value, 4) for name, value in self.macro.items()},
            "macro_f1": round(self.macro_f1, 4),
            "per_label": {label: score.as_dict() for label, score in self.per_label.items()},
            "interval_95": [round(bound, 4) for bound in self.interval],
            "mentions": self.micro.gold,
            "sentences": self.sentences,
            "sentences_per_second": None if speed is None else round(speed, 1),
            "confusion": self.confusion,
        }


def evaluate_words(tagger: "Tagger", sentences: Sequence[TaggedSentence]) -> NerReport:
    """Tag the words of sentences and compare with their tags.

    Raises:
        ArtifactError: the tagger gives other than one tag a word.
        InputError: there is no sentence.
    """
    begun = time.perf_counter()
    tags = tagger.tag_words([sentence.words for sentence in sentences])
    seconds = time.perf_counter() - begun
    if [len(row) for row in tags] != [len(sentence.words) for sentence in sentences]:
        raise ArtifactError(f"{tagger.version}: it gives other than one tag a word; name another")
    gold = [list(spans_of(sentence.tags)) for sentence in sentences]
    return evaluate_spans(gold, [list(spans_of(row)) for row in tags], seconds=seconds)


def evaluate_spans(gold: Spans, found: Spans, *, seconds: float | None = None) -> NerReport:
    """Compare mentions with those of the gold, sentence by sentence.

    Args:
        gold: for each sentence its mentions.
        found: likewise, disjoint.
        seconds: that finding them took.

    Raises:
        InputError: there is no sentence, or not as many in both.
    """
    counts = _counts(gold, found)
    return NerReport(
        micro=_score(counts.sum(axis=(0, 1))),
        per_label={label: _score(counts[:, k].sum(axis=0)) for k, label in enumerate(LABELS)},
        interval=_interval(_resampled(counts.sum(axis=1))),
        confusion=_confusion(gold, found),
        sentences=len(counts),
        seconds=seconds,
    )


def micro_f1(gold: Iterable[Sequence[str]], found: Iterable[Sequence[str]]) -> float:
    """Return the micro F1 of rows of tags.

    Raises:
        InputError: there is no row, or not as many in both.
    """
    rows = ([list(spans_of(row)) for row in tags] for tags in (gold, found))
    return _score(_counts(*rows).sum(axis=(0, 1))).f1


def compare(gold: Spans, first: Spans, second: Spans) -> dict[str, Any]:
    """Compare two taggers on the same sentences by a paired bootstrap.

    Returns:
        `difference` of micro F1 (second minus first), its `interval_95`, and `p`, the share
        of resamples in which the second is not better.

    Raises:
        InputError: there is no sentence, or not as many everywhere.
    """
    import numpy as np

    one, two = (_counts(gold, found).sum(axis=1) for found in (first, second))
    # Both draw the same sentences: that makes it paired.
    differences = _resampled(two) - _resampled(one)
    difference = _score(two.sum(axis=0)).f1 - _score(one.sum(axis=0)).f1
    low, high = _interval(differences)
    return {
        "difference": round(difference, 4),
        "interval_95": [round(low, 4), round(high, 4)],
        "p": round(float(np.mean(differences <= 0)), 4),
    }


def _mean(values: Iterable[float]) -> float:
    return fmean(found) if (found := list(values)) else 0.0


# Counts and their bootstrap


def _counts(gold: Spans, found: Spans) -> "np.ndarray[Any, Any]":
    """Return (sentences, labels, 3) int64: mentions that are right, found, and in the gold."""
    import numpy as np

    if not gold or len(gold) != len(found):
        raise InputError(
            f"{len(gold)} sentences with gold mentions, {len(found)} with found ones: as many"
            " are needed, and one at least"
        )
    counts = np.zeros((len(gold), len(LABELS), 3), dtype=np.int64)
    for row, (in_gold, in_found) in enumerate(zip(gold, found, strict=True)):
        wanted, given = {span[:3] for span in in_gold}, {span[:3] for span in in_found}
        for column, mentions in enumerate((wanted & given, given, wanted)):
            for _, _, label in mentions:
                counts[row, _NUMBER[label], column] += 1
    return counts


def _score(counts: "np.ndarray[Any, Any]") -> Score:
    return Score(*map(int, counts))


def _resampled(counts: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return (RESAMPLES,) micro F1 of sentences drawn with replacement, always the same.

    Args:
        counts: (sentences, 3), right, found and gold.
    """
    import numpy as np

    generator = np.random.default_rng(_SEED)
    n = len(counts)
    scores: list[np.ndarray[Any, Any]] = []
    for size in _blocks(max(1, _DRAWN_AT_ONCE // n)):
        draws = generator.integers(0, n, (size, n))
        right, found, gold = (counts[:, k][draws].sum(axis=1) for k in range(3))
        scores.append(2 * right / np.maximum(found + gold, 1))
    return np.concatenate(scores)


def _blocks(size: int) -> Iterator[int]:
    """Yield parts of `RESAMPLES` that are small enough for the memory."""
    for done in range(0, RESAMPLES, size):
        yield min(size, RESAMPLES - done)


def _interval(values: "np.ndarray[Any, Any]") -> tuple[float, float]:
    import numpy as np

    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


# Confusions


def _confusion(gold: Spans, found: Spans) -> dict[str, dict[str, int]]:
    """Count what was found in the place of each gold mention, and what in no place."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in (*LABELS, SPURIOUS)}
    for wanted, given in zip(gold, found, strict=True):
        pairs = _paired(wanted, given)
        for k, span in enumerate(wanted):
            other = given[pairs[k]] if k in pairs else None
            counts[span.label][_outcome(span, other)] += 1
        for k in {*range(len(given))} - {*pairs.values()}:
            counts[SPURIOUS][given[k].label] += 1
    return {name: dict(sorted(row.items())) for name, row in counts.items() if row}


def _outcome(span: Span, other: Span | None) -> str:
    if other is None:
        return MISSED
    if other.label != span.label:
        return other.label
    return RIGHT if other[:2] == span[:2] else BOUNDARY


def _paired(wanted: Sequence[Span], given: Sequence[Span]) -> dict[int, int]:
    """Pair mentions that overlap, each with one at most, by their positions.

    What is right comes first, then the same label, then whatever overlaps most.
    """
    ranked = sorted(
        _overlaps(wanted, given),
        key=lambda pair: _likeness(wanted[pair[0]], given[pair[1]]),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for one, other in ranked:
        if one not in pairs and other not in taken:
            pairs[one] = other
            taken.add(other)
    return pairs


def _overlaps(wanted: Sequence[Span], given: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the positions of mentions that overlap; those of `given` are disjoint."""
    order = sorted(range(len(given)), key=lambda k: given[k][:2])
    ends = [given[k].end for k in order]
    for one, span in enumerate(wanted):
        at = bisect_right(ends, span.start)
        while at < len(order) and given[order[at]].start < span.end:
            yield one, order[at]
            at += 1


def _likeness(one: Span, other: Span) -> tuple[bool, bool, int]:
    """Return what is greater for mentions that are more alike."""
    overlap = min(one.end, other.end) - max(one.start, other.start)
    return one[:3] == other[:3], one.label == other.label, overlap
