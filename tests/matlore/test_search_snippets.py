"""The part of an abstract that answers a query, verbatim."""

import pytest

from matlore.pipeline.search_snippets import QueryMarks, Snippet, best_snippet, marked

TITLE = "Heat in slices"
TEXT = (
    f"{TITLE}\nWe cut thin slices of a grey crystal. The Seebeck coefficient of Bi2Te3 rises"
    " with doping. Nothing else was seen in that year."
)
START = len(TITLE) + 1


def _snippet(text: str, start: int, query: str, longest: int = 320) -> Snippet:
    return best_snippet(text, start, QueryMarks(query).spans(text), longest=longest)


def _shown(text: str, snippet: Snippet) -> tuple[str, list[str]]:
    shown = text[snippet.start : snippet.end]
    return shown, [shown[a:b] for a, b in snippet.marks]


def test_the_sentence_with_most_matches_is_shown() -> None:
    shown, marks = _shown(TEXT, _snippet(TEXT, START, "Seebeck coefficient doping", 60))
    assert shown == "The Seebeck coefficient of Bi2Te3 rises with doping."
    assert {"Seebeck", "doping"} <= {word for mark in marks for word in mark.split()}


def test_a_neighbour_that_matches_is_shown_where_there_is_room() -> None:
    query = "Seebeck coefficient in slices"
    shown, _ = _shown(TEXT, _snippet(TEXT, START, query))
    assert shown.startswith("We cut")
    assert shown.endswith("with doping.")
    assert _shown(TEXT, _snippet(TEXT, START, query, 60))[0].startswith("The Seebeck")


def test_without_a_match_the_beginning_is_shown() -> None:
    shown, marks = _shown(TEXT, _snippet(TEXT, START, "perovskite", 50))
    assert shown.startswith("We cut")
    assert marks == []


@pytest.mark.parametrize("text", [f"{TITLE}\n", TITLE, "\n", ""])
def test_a_paper_without_an_abstract_has_an_empty_snippet(text: str) -> None:
    snippet = _snippet(text, len(text.partition("\n")[0]) + 1, "heat")
    assert _shown(text, snippet) == ("", [])
    assert snippet.end <= len(text)


@pytest.mark.parametrize("words_before", [0, 30, 100, 300])
def test_a_long_sentence_is_cut_at_blanks_around_its_match(words_before: int) -> None:
    text = "T\n" + "word " * words_before + "telluride " + "more " * 200 + "end."
    shown, marks = _shown(text, _snippet(text, 2, "telluride", 160))
    assert len(shown) <= 160
    assert marks == ["telluride"]
    assert set(shown.split()) <= {"word", "telluride", "more"}


def test_a_long_text_without_blanks_is_cut_anyway() -> None:
    text = "T\n" + "x" * 5_000
    assert 0 < len(_shown(text, _snippet(text, 2, "telluride", 100))[0]) <= 100


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["band gap"], ["Band gaps", "band-gap"]),
        (["TE"], ["TE"]),
        (["a.c+"], []),
        (["gap", "band gap"], ["Band gaps", "band-gap"]),
        (["", " "], []),
        (["(", "[x]", "\\"], []),
        ([], []),
    ],
)
def test_names_are_whole_words(names: list[str], found: list[str]) -> None:
    text = "Band gaps and a band-gap, stopgap TE te aXc"
    assert [text[a:b] for a, b in QueryMarks("perovskite", names).spans(text)] == found


def test_names_are_marked_beside_the_words_of_the_query() -> None:
    text = "T\nBismuth telluride and Bi2Te3 are one."
    spans = QueryMarks("Bi2Te3", ["bismuth telluride"]).spans(text)
    assert [text[a:b] for a, b in spans] == ["Bismuth telluride", "Bi2Te3"]


@pytest.mark.parametrize("query", ["", '"()[]:^~*', "- + && ||", "теплота", "\x00"])
def test_a_query_without_words_marks_nothing(query: str) -> None:
    assert QueryMarks(query).spans(TEXT) == []


def test_marks_are_sorted_disjoint_and_inside() -> None:
    spans = QueryMarks("Bi2Te3 Seebeck coefficients", ["Seebeck coefficient"]).spans(TEXT)
    snippet = best_snippet(TEXT, START, spans)
    ends = [0, *(place for mark in snippet.marks for place in mark)]
    assert snippet.marks
    assert ends == sorted(ends)
    assert ends[-1] <= snippet.end - snippet.start


def test_only_marks_inside_a_part_are_kept() -> None:
    assert marked(5, 10, [(0, 4), (4, 6), (6, 8), (9, 12)]) == Snippet(5, 10, ((1, 3),))
