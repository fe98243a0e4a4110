"""F1 is seqeval's, and the rest says where the errors are."""

import warnings
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matlore.errors import ArtifactError, InputError
from ner.conll import TaggedSentence
from ner.evaluation import Score, compare, evaluate_spans, evaluate_words, micro_f1
from ner.labels import LABELS, TAGS, Span, spans_of

tag_rows = st.lists(st.sampled_from(TAGS), min_size=1, max_size=8)
pairs = st.lists(
    tag_rows.flatmap(
        lambda row: st.tuples(
            st.just(row), st.lists(st.sampled_from(TAGS), min_size=len(row), max_size=len(row))
        )
    ),
    min_size=1,
    max_size=5,
)


class FixedTagger:
    """Says what it is told to."""

    version = "fixed"

    def __init__(self, tags: list[list[str]]) -> None:
        self._tags = tags

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[] for _ in texts]

    def tag_words(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        return self._tags


@settings(deadline=None)
@given(pairs)
def test_scores_are_those_of_seqeval(rows: list[tuple[list[str], list[str]]]) -> None:
    from seqeval.metrics import classification_report, f1_score

    gold, found = [row[0] for row in rows], [row[1] for row in rows]
    report = evaluate_spans([list(spans_of(r)) for r in gold], [list(spans_of(r)) for r in found])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert report.micro.f1 == pytest.approx(f1_score(gold, found, zero_division=0))
        assert micro_f1(gold, found) == pytest.approx(report.micro.f1)
        if not any(tag != "O" for row in gold for tag in row):
            return
        expected = classification_report(gold, found, output_dict=True, zero_division=0)
    assert report.micro.precision == pytest.approx(expected["micro avg"]["precision"])
    assert report.micro.recall == pytest.approx(expected["micro avg"]["recall"])
    assert report.macro_f1 == pytest.approx(expected["macro avg"]["f1-score"])
    assert report.macro["precision"] == pytest.approx(expected["macro avg"]["precision"])
    assert report.macro["recall"] == pytest.approx(expected["macro avg"]["recall"])
    present = {label for label, score in report.per_label.items() if score.gold or score.found}
    assert present == {*expected} & {*LABELS}
    for label in present:
        score = report.per_label[label]
        assert score.f1 == pytest.approx(expected[label]["f1-score"])
        assert score.precision == pytest.approx(expected[label]["precision"])
        assert score.recall == pytest.approx(expected[label]["recall"])
        assert score.gold == expected[label]["support"]


def test_report_by_words() -> None:
    gold = [TaggedSentence(("a", "b"), ("B-MAT", "I-MAT")), TaggedSentence(("c",), ("B-PRO",))]
    report = evaluate_words(FixedTagger([["B-MAT", "I-MAT"], ["O"]]), gold).as_dict()
    assert report["micro"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667}
    assert report["per_label"]["PRO"]["f1"] == 0
    assert report["confusion"] == {"MAT": {"right": 1}, "PRO": {"(missed)": 1}}
    assert report["sentences"] == 2
    assert report["sentences_per_second"] > 0


def test_confusion_tells_boundaries_from_labels() -> None:
    gold = [[Span(0, 2, "MAT"), Span(3, 4, "PRO"), Span(5, 6, "CMT")]]
    found = [[Span(0, 1, "MAT"), Span(3, 4, "APL"), Span(8, 9, "DSC")]]
    assert evaluate_spans(gold, found).confusion == {
        "MAT": {"boundary": 1},
        "PRO": {"APL": 1},
        "CMT": {"(missed)": 1},
        "(spurious)": {"DSC": 1},
    }


def test_a_found_mention_stands_in_one_place() -> None:
    gold = [[Span(0, 4, "MAT"), Span(4, 6, "MAT"), Span(6, 9, "PRO")]]
    found = [[Span(0, 2, "MAT"), Span(2, 4, "MAT"), Span(4, 9, "PRO")]]
    assert evaluate_spans(gold, found).confusion == {
        "MAT": {"(missed)": 1, "boundary": 1},
        "PRO": {"boundary": 1},
        "(spurious)": {"MAT": 1},
    }


def test_what_is_right_goes_before_a_longer_overlap() -> None:
    gold = [[Span(0, 2, "MAT"), Span(2, 9, "MAT")]]
    found = [[Span(2, 9, "MAT")]]
    assert evaluate_spans(gold, found).confusion == {"MAT": {"(missed)": 1, "right": 1}}


@settings(deadline=None)
@given(pairs)
def test_confusions_add_up(rows: list[tuple[list[str], list[str]]]) -> None:
    gold = [list(spans_of(row[0])) for row in rows]
    found = [list(reversed([*spans_of(row[1])])) for row in rows]  # in any order
    report = evaluate_spans(gold, found)
    for label, score in report.per_label.items():
        row = report.confusion.get(label, {})
        assert sum(row.values()) == score.gold
        assert row.get("right", 0) == score.right
        same = row.get("right", 0) + row.get("boundary", 0)
        others = (counts.get(label, 0) for counts in report.confusion.values())
        assert same + sum(others) == score.found


def test_a_mention_found_twice_counts_once() -> None:
    span = Span(0, 1, "MAT", 0.5)
    assert evaluate_spans([[span]], [[span, span._replace(score=0.9)]]).micro == Score(1, 1, 1)


def test_a_long_document_takes_no_long_time() -> None:
    spans = [Span(3 * k, 3 * k + 2, "MAT") for k in range(50_000)]
    report = evaluate_spans([spans], [spans])
    assert report.confusion == {"MAT": {"right": 50_000}}
    assert report.interval == (1.0, 1.0)


def test_drawing_in_blocks_keeps_the_interval_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    gold = [[Span(0, 1, "MAT")] for _ in range(100)]
    found = [[Span(0, 1, "MAT")] if k % 2 else [] for k in range(100)]
    whole = evaluate_spans(gold, found).interval
    monkeypatch.setattr("ner.evaluation._DRAWN_AT_ONCE", 700)  # 7 resamples, 2000 is no multiple
    parts = evaluate_spans(gold, found).interval
    assert parts == pytest.approx(whole, abs=0.02)


def test_interval_holds_the_score_and_repeats() -> None:
    gold = [[Span(0, 1, "MAT")] for _ in range(40)]
    found = [[Span(0, 1, "MAT")] if k % 4 else [] for k in range(40)]
    report = evaluate_spans(gold, found)
    assert report.interval[0] < report.micro.f1 < report.interval[1]
    assert evaluate_spans(gold, found).interval == report.interval


def test_comparison_is_paired() -> None:
    gold = [[Span(0, 1, "MAT")] for _ in range(60)]
    worse = [[Span(0, 1, "MAT")] if k % 3 else [] for k in range(60)]
    better = compare(gold, worse, gold)
    assert better["difference"] > 0
    assert better["p"] == 0
    assert better["interval_95"][0] > 0
    assert compare(gold, worse, worse) == {"difference": 0.0, "interval_95": [0.0, 0.0], "p": 1.0}


def test_nothing_to_evaluate_on_is_an_error() -> None:
    with pytest.raises(InputError, match="0 sentences"):
        evaluate_words(FixedTagger([]), [])
    with pytest.raises(InputError, match="1 sentences with gold mentions, 2"):
        evaluate_spans([[]], [[], []])
    with pytest.raises(InputError):
        compare([[]], [[]], [[], []])


@pytest.mark.parametrize("tags", [[["O"]], [["O", "O", "O"]], []])
def test_a_tagger_that_loses_words_is_an_error(tags: list[list[str]]) -> None:
    with pytest.raises(ArtifactError, match="fixed: it gives other than one tag a word"):
        evaluate_words(FixedTagger(tags), [TaggedSentence(("a", "b"), ("O", "O"))])


def test_sentences_without_mentions_score_nothing() -> None:
    report = evaluate_spans([[], []], [[], []]).as_dict()
    assert report["micro"] == report["macro"] == {"precision": 0, "recall": 0, "f1": 0}
    assert report["interval_95"] == [0, 0]
    assert report["confusion"] == {}
    assert report["sentences_per_second"] is None
