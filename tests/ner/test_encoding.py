"""Rows of pieces, windows and the way back to words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_tagger import PIECES

from matlore.bert.wordpieces import wordpiece_tokenizer
from ner.encoding import WordEncoder, batch_of, batches, windows, word_scores

ENCODER = WordEncoder(wordpiece_tokenizer(PIECES))
sentence = st.lists(st.sampled_from(["films", "abc", "O2Ti", "(", "<nUm>", "x" * 20]), max_size=40)


def test_rows_have_the_shapes_of_words() -> None:
    batch = batch_of([ENCODER.encode(["films", "ab"])], ENCODER)
    known = {piece: k for k, piece in enumerate(PIECES)}
    pieces = ["[CLS]", "films", "a", "##b", "[SEP]"]
    assert batch.pieces.tolist() == [[known[piece] for piece in pieces]]
    assert batch.counts.tolist() == [1, 2]
    (formula,) = ENCODER.encode(["O2Ti"])
    assert formula.shape != ENCODER.encode(["films"])[0].shape


def test_words_get_the_mean_of_their_pieces() -> None:
    batch = batch_of([ENCODER.encode(["films", "ab"]), ENCODER.encode(["a"])], ENCODER)
    scores = np.arange(batch.pieces.size, dtype=np.float32).reshape(*batch.pieces.shape, 1)
    assert word_scores(scores, batch)[:, 0].tolist() == [1, 2.5, 6]


def test_long_words_are_cut_and_unreadable_ones_known_as_such() -> None:
    long, strange, nothing = ENCODER.encode(["x" * 80, "語", "\x00"])
    assert len(long.pieces) == 16
    assert strange.pieces == nothing.pieces == (ENCODER.number("[UNK]"),)


@given(st.lists(sentence, max_size=4), st.integers(18, 40))
def test_windows_hold_every_word_once(sentences: list[list[str]], size: int) -> None:
    encoded = [ENCODER.encode(words) for words in sentences]
    seen: list[list[int]] = [[] for _ in sentences]
    for window in windows(encoded, size):
        words = encoded[window.sentence][window.start : window.end]
        assert sum(len(word.pieces) for word in words) <= size
        assert window.start <= window.first < window.last <= window.end
        seen[window.sentence] += range(window.first, window.last)
    assert seen == [list(range(len(words))) for words in sentences]


@given(st.lists(sentence, max_size=8), st.integers(1, 400))
def test_batches_hold_every_window_within_their_size(
    sentences: list[list[str]], max_pieces: int
) -> None:
    encoded = [ENCODER.encode(words) for words in sentences]
    made = list(batches(encoded, ENCODER, size=30, max_pieces=max_pieces))
    found = sorted(window for batch in made for window in batch.windows)
    assert found == sorted(windows(encoded, 30))
    assert all(b.pieces.size <= max_pieces or len(b.windows) == 1 for b in made)


@pytest.mark.parametrize("multiple", [1, 8, 16])
def test_widths_are_multiples(multiple: int) -> None:
    batch = batch_of([ENCODER.encode(["films"] * 9)], ENCODER, multiple=multiple)
    assert batch.pieces.shape[1] % multiple == 0
    assert batch.mask.sum() == 11
