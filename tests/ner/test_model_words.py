"""Raw text becomes the words of Matscholar's training data, with offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner.model_words import SHAPES, model_words, piece_text, shape


def _forms(text: str) -> list[str]:
    return [word.form for word in model_words(text)]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("TiO2/Si", ["O2Ti", "/", "Si"]),
        ("ZnO nanowires", ["OZn", "nanowires"]),
        ("at 300 K", ["at", "<nUm>", "K"]),
        ("5 × 10^18 cm^-3", ["<nUm>", "×", "<nUm>", "cm-3"]),
        ("as-grown films", ["as-grown", "films"]),
        ("self-propagating", ["self", "-", "propagating"]),
        ("N-doped", ["N", "-", "doped"]),
        ("α-Fe2O3", ["a-Fe2O3"]),
        ("X-ray diffraction (XRD)", ["x-ray", "diffraction", "(", "XRD", ")"]),
        ("Silicon on Si(111)", ["silicon", "on", "Si", "<nUm>"]),
        ("La1-xSrxMnO3", ["La1-xSrxMnO3"]),
        ("GaAs", ["AsGa"]),
        ("In this work", ["in", "this", "work"]),
        ("", []),
    ],
)
def test_words_are_matscholars(text: str, forms: list[str]) -> None:
    assert _forms(text) == forms


def test_offsets_are_those_of_the_raw_text() -> None:
    text = "As-grown α-Fe2O3 at 5 cm^-2"
    spelled = {word.form: text[word.start : word.end] for word in model_words(text)}
    assert spelled["as-grown"] == "As-grown"
    assert spelled["a-Fe2O3"] == "α-Fe2O3"
    assert spelled["cm-2"] == "cm^-2"


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("films", "word"),
        ("Torr", "capitalised"),
        ("XRD", "capitals"),
        ("CNTs", "capitals"),
        ("pH", "mixed case"),
        ("O2Ti", "formula"),
        ("a-Fe2O3", "formula"),
        ("La1-xSrxMnO3", "formula"),
        ("Si", "element"),
        ("cu2+", "element"),
        ("<nUm>", "number"),
        ("(", "punctuation"),
        ("d33", "with digits"),
        ("as-grown", "hyphenated"),
    ],
)
def test_shapes(form: str, name: str) -> None:
    assert SHAPES[shape(form)] == name


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("Fe4NiO8Zn", "Fe Ni O Zn"),
        ("a-Fe2O3", "Fe O"),
        ("La1-xSrxMnO3", "La Sr Mn O x"),
        ("<nUm>", "number"),
        ("cu2+", "Cu"),
        ("films", "films"),
    ],
)
def test_a_formula_is_spelled_by_its_elements(form: str, text: str) -> None:
    assert piece_text(form) == text


def test_long_formulas_are_cut() -> None:
    assert len(piece_text("Al10BCr10Mn10Mo10N10Ni10Zr10VWTaNb").split()) == 8


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "A1" * 500_000, "-" * 200_000, "\x00\x07 \x1b[0m"]
)
def test_text_that_is_none_does_no_harm(text: str) -> None:
    words = model_words(text)
    assert sum(word.end - word.start for word in words) == len("".join(text.split()))


@given(st.text(max_size=80))
def test_words_cover_the_text_in_order(text: str) -> None:
    words = model_words(text)
    assert "".join(text[w.start : w.end] for w in words) == "".join(text.split())
    assert all(w.form and " " not in w.form for w in words)
    assert all(piece_text(w.form) is not None and 0 <= shape(w.form) < len(SHAPES) for w in words)
