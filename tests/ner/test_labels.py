"""Tags, spans, and the best valid tags."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner.labels import LABELS, TAGS, Span, best_tags, marginals, spans_of, transition_mask

tag_rows = st.lists(st.sampled_from(TAGS), max_size=12)


def _is_valid(tags: list[str]) -> bool:
    before = ["O", *tags]
    return all(tag[0] != "I" or prior[2:] == tag[2:] for prior, tag in zip(before, tags))  # noqa: B905


def test_tags_are_matscholars_seven_labels_in_iob2() -> None:
    assert LABELS == ("MAT", "SPL", "DSC", "PRO", "APL", "SMT", "CMT")
    assert len(TAGS) == 15
    assert TAGS[:3] == ("O", "B-MAT", "I-MAT")


def test_spans_of_valid_tags() -> None:
    tags = ["B-MAT", "I-MAT", "B-MAT", "O", "B-PRO", "B-DSC"]
    assert [span[:3] for span in spans_of(tags)] == [
        (0, 2, "MAT"),
        (2, 3, "MAT"),
        (4, 5, "PRO"),
        (5, 6, "DSC"),
    ]


def test_stray_inside_tag_begins_a_mention_as_in_seqeval() -> None:
    assert list(spans_of(["O", "I-PRO", "I-PRO"])) == [Span(1, 3, "PRO")]
    assert list(spans_of(["B-PRO", "I-MAT"])) == [Span(0, 1, "PRO"), Span(1, 2, "MAT")]


@settings(deadline=None)  # the first call imports seqeval
@given(tag_rows)
def test_spans_are_those_of_seqeval(tags: list[str]) -> None:
    from seqeval.metrics.sequence_labeling import get_entities

    expected = [(start, end + 1, label) for label, start, end in get_entities(tags)]
    assert [(span.start, span.end, span.label) for span in spans_of(tags)] == expected


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 7), min_size=1, max_size=4))
def test_best_tags_are_always_valid_and_the_best(seed: int, lengths: list[int]) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(len(lengths), max(lengths), len(TAGS))).astype(np.float32)
    rows = best_tags(scores, lengths)
    for row, length, score in zip(rows, lengths, scores, strict=True):
        names = [TAGS[tag] for tag in row]
        assert len(row) == length
        assert _is_valid(names)
        greedy = score[:length].argmax(axis=1).tolist()
        if _is_valid([TAGS[tag] for tag in greedy]):
            assert row == greedy


def test_transitions_count() -> None:
    scores = np.zeros((1, 2, len(TAGS)), np.float32)
    scores[0, 0, TAGS.index("B-PRO")] = 1
    scores[0, 1, TAGS.index("B-PRO")] = 0.5
    steps = np.zeros((1 + len(TAGS), len(TAGS)), np.float32)
    assert [TAGS[k] for k in best_tags(scores, [2], steps)[0]] == ["B-PRO", "B-PRO"]
    steps[1 + TAGS.index("B-PRO"), TAGS.index("I-PRO")] = 2
    assert [TAGS[k] for k in best_tags(scores, [2], steps)[0]] == ["B-PRO", "I-PRO"]


def test_batch_gives_what_each_sentence_gives() -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(5, 9, len(TAGS))).astype(np.float32)
    lengths = [9, 3, 1, 0, 6]
    together = best_tags(scores, lengths)
    alone = [best_tags(scores[k : k + 1, :n], [n])[0] for k, n in enumerate(lengths)]
    assert together == alone


def test_inside_may_not_begin_a_sentence() -> None:
    mask = transition_mask()
    assert mask[0, TAGS.index("I-MAT")] < -1000
    assert mask[1 + TAGS.index("B-MAT"), TAGS.index("I-MAT")] == 0
    assert mask[1 + TAGS.index("B-PRO"), TAGS.index("I-MAT")] < -1000
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = 1


def test_marginals_are_the_sums_over_all_valid_rows() -> None:
    generator = np.random.default_rng(5)
    scores = generator.normal(size=(2, 3, len(TAGS))).astype(np.float32)
    steps = generator.normal(size=(1 + len(TAGS), len(TAGS))).astype(np.float32)
    lengths = [3, 2]
    found = marginals(scores, lengths, steps)
    allowed = steps + transition_mask()
    for k, length in enumerate(lengths):
        weights: dict[tuple[int, ...], float] = {}
        for tags in product(range(len(TAGS)), repeat=length):
            rows = (0, *(tag + 1 for tag in tags[:-1]))
            taken = enumerate(zip(rows, tags, strict=True))
            total = sum(scores[k, i, tag] + allowed[row, tag] for i, (row, tag) in taken)
            weights[tags] = float(np.exp(total))
        everything = sum(weights.values())
        for i in range(length):
            for tag in (0, 1, 2, 7):
                share = sum(w for tags, w in weights.items() if tags[i] == tag) / everything
                assert found[k, i, tag] == pytest.approx(share, abs=1e-4)


def test_scores_that_only_a_forbidden_row_fits_give_probabilities() -> None:
    scores = np.zeros((1, 3, len(TAGS)), np.float32)
    scores[..., TAGS.index("I-MAT")] = 500  # e^-500 for all others is 0 in 32 bits
    found = marginals(scores, [3])
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=2), 1, rtol=1e-5)
