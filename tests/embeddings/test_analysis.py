"""Terms of texts: one for all spellings of a word, formulas whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.analysis import STOP_WORDS, analyse, analysed_words
from embeddings.spelling import LONGEST_TERM, fold_word


@pytest.mark.parametrize(
    "spellings",
    [
        "thin-film thin film",
        "aluminium aluminum",
        "sulphide sulfides Sulphides",
        "caesium cesium",
        "colour color colours",
        "behaviour behavior",
        "fibre fibers",
        "centred centered",
        "modelling modeling modelled",
        "crystallise crystallised crystallizing",
        "ionisation ionization",
        "analyse analyses analysis analyzed",
        "synthesis synthesised syntheses",
        "catalogue catalog",
        "artefacts artifact",
        "ageing aging",
        "grey gray",
        "CNT CNTs",
        "Schrödinger Schrodinger schro\u0308dinger",
        "résumé resume",
        "α alpha Α",
        "µm μm um",
        "Heusler’s Heusler's Heusler",
        "ＭｏＳ mos",
        "1,000 1000",
        "Ørsted orsted",
    ],
)
def test_spellings_of_a_word_are_one_term(spellings: str) -> None:
    found = {analyse(spelling).terms for spelling in spellings.split(" ")}
    if spellings.startswith("thin"):
        assert analyse("thin-film").terms == analyse("thin film").terms
    else:
        assert len(found) == 1
        assert "" not in found


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Bi2Te3", "Bi2Te3"),
        ("Te3Bi2", "Bi2Te3"),
        ("(Bi2Te3),", "Bi2Te3"),
        ("Bi2Te3-based", "Bi2Te3"),
        ("PbTe/Ag2Te", "PbTe"),
        ("Bi0.5Sb1.5Te3", "BiSb3Te6"),
        ("La1-xSrxMnO3", "family:La-Mn-O-Sr"),
        ("Pb-doped", "Pb"),
        ("In-doped", "In"),
    ],
)
def test_a_formula_is_a_key(text: str, key: str) -> None:
    assert key in analyse(text).keys


@pytest.mark.parametrize("text", ["lead", "In this", "300 K", "at 5 C", "NaN", "CNTs", "no", "As"])
def test_words_and_units_are_no_keys(text: str) -> None:
    assert not analyse(text).keys


def test_the_metal_is_not_the_word() -> None:
    assert analyse("in").terms == ""
    assert analyse("In-doped").terms.split()[0] == "In"


def test_a_compound_keeps_its_case() -> None:
    assert analyse("CO2 evolves").terms.split()[0] == "CO2"
    assert analyse("CoO").terms != analyse("COO").terms


def test_other_scripts() -> None:
    assert analyse("Оксид ЦИНКА").terms == "оксид цинка"
    assert analyse("热电材料").terms == "热 电 材 料"
    assert analyse("أكسيد").terms


def test_places_of_words() -> None:
    text = "  The α-phase of Te3Bi2, (annealed) Schro\u0308dinger’s films."
    words = [text[word.start : word.end] for word in analysed_words(text)]
    assert words == ["α", "phase", "Te3Bi2", "annealed", "Schro\u0308dinger", "films"]


def test_long_chunks_are_cut() -> None:
    terms = analyse("x" * 5000 + " " + "Bi2Te3/" * 2000).terms.split()
    assert max(map(len, terms)) <= LONGEST_TERM


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_any_text_gives_the_same_terms_with_and_without_places(text: str) -> None:
    words = list(analysed_words(text))
    assert " ".join(word.term for word in words) == analyse(text).terms
    assert frozenset(word.key for word in words if word.key) == analyse(text).keys
    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert all(not set(word.term) & set(" \t\n") for word in words)
    assert not {word.term for word in words} & STOP_WORDS


@settings(max_examples=50)
@given(st.text(st.characters(categories=["L", "N", "M"]), max_size=100))
def test_a_term_has_no_blanks_and_a_limit(word: str) -> None:
    term = fold_word(word)
    assert len(term) <= LONGEST_TERM
    assert not any(letter.isspace() for letter in term)
