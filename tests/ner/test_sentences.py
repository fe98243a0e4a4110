"""Sentences keep their offsets and lose nothing."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ner.sentences import split_sentences


def _split(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def test_title_and_sentences() -> None:
    text = "Tin selenide\nSnSe was grown. It has a zT of 2.6 at 923 K. ZnO is not studied."
    assert _split(text) == [
        "Tin selenide",
        "SnSe was grown.",
        "It has a zT of 2.6 at 923 K.",
        "ZnO is not studied.",
    ]


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert (
        len(_split("As shown by J. Smith et al. Later work, e.g. Ref. 5, agrees vs. Fig. 2.")) == 1
    )


def test_greek_and_brackets_may_begin_a_sentence() -> None:
    text = "It was annealed (in air). α-Fe2O3 forms. (111) planes grow."
    assert _split(text) == ["It was annealed (in air).", "α-Fe2O3 forms.", "(111) planes grow."]


def test_a_megabyte_of_blanks_is_read_once() -> None:
    blanks = " \t" * 500_000
    assert split_sentences(f"TiO2{blanks}films{blanks}\n {blanks}grow") == [
        (0, len(blanks) + 9),
        (3 * len(blanks) + 11, 3 * len(blanks) + 15),
    ]


def test_a_megabyte_without_a_blank_is_one_sentence() -> None:
    text = "a.B" * 350_000
    assert split_sentences(text) == [(0, len(text))]


def test_nothing_gives_nothing() -> None:
    assert split_sentences("") == []
    assert split_sentences(" \n\t ") == []


@given(st.text(alphabet='aA. \n?!(é1"', max_size=60))
def test_no_character_is_lost(text: str) -> None:
    spans = split_sentences(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)
    assert all(x[1] <= y[0] for x, y in pairwise(spans))
