"""Lemmas: plurals, British spellings, hyphens, case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner.lemmas import lemma, lemma_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("microstructures", "microstructure"),
        ("analyses", "analysis"),
        ("Mössbauer spectra", "mossbauer spectrum"),
        ("elastic moduli", "elastic modulus"),
        ("refractive indices", "refractive index"),
        ("superlattices", "superlattice"),
        ("lithium - ion batteries", "lithium-ion battery"),
        ("glasses", "glass"),
        ("gases", "gas"),
        ("dies", "die"),
        ("phases", "phase"),
        ("losses", "loss"),
        ("densities of states", "density of states"),
        ("ferroelectrics", "ferroelectric"),
        ("mechanics", "mechanics"),
        ("species", "species"),
        ("porous", "porous"),
        ("catalysis", "catalysis"),
        ("X-ray diffraction", "x-ray diffraction"),
        ("Thin Films", "thin film"),
        ("nano-particles", "nanoparticle"),
        ("non-linear", "non-linear"),
        ("sol – gel", "sol-gel"),
        ("Young’s modulus", "young modulus"),
        ("young 's modulus", "young modulus"),
        ("the band gaps", "band gap"),
        ("colour", "color"),
        ("behaviours", "behavior"),
        ("sulphides", "sulfide"),
        ("polysulphide", "polysulfide"),
        ("aluminium", "aluminum"),
        ("nanofibres", "nanofiber"),
        ("characterisation", "characterization"),
        ("polarised", "polarized"),
        ("vaporising", "vaporizing"),
        ("electrolysers", "electrolyzer"),
        ("analysed", "analyzed"),
        ("modelling", "modeling"),
        ("TBCs", "TBC"),
        ("XRD", "XRD"),
        ("I-V characteristics", "I-V characteristic"),
        ("α-Fe", "α-Fe"),
    ],
)
def test_lemma(text: str, expected: str) -> None:
    assert lemma(text) == expected


@pytest.mark.parametrize(
    "word",
    "noise rise raised rising precise exercise surprise otherwise supervised promising".split(),
)
def test_what_is_no_british_spelling_stays(word: str) -> None:
    assert lemma(word) == word


@pytest.mark.parametrize(
    "spellings",
    [
        ("sol-gel", "sol gel", "solgel", "Sol–Gel"),
        ("band gap", "bandgap", "band-gap", "Band gaps", "the band gaps"),
        ("Mössbauer spectroscopy", "mossbauer spectroscopy"),
        ("Young's modulus", "young’s moduli", "Young modulus"),
        ("grain sizes", "grain-size"),
    ],
)
def test_spellings_of_one_term_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len({lemma_key(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), [("PL", "pl"), ("Tc", "TC"), ("mass", "mast")])
def test_different_terms_have_different_keys(one: str, other: str) -> None:
    assert lemma_key(one) != lemma_key(other)


@pytest.mark.parametrize("text", ["", " ", "-", "–", "...", "'s"])
def test_no_word_no_lemma(text: str) -> None:
    assert lemma(text) == ""


@given(st.text(max_size=40))
def test_a_lemma_is_trimmed_and_short(text: str) -> None:
    assert lemma(text) == lemma(text).strip()
    assert "  " not in lemma(text)


_WORDS = "thin film grain boundary density state spectrum phase glass gas lens index".split()


@given(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=4))
def test_a_lemma_of_a_lemma_is_itself(words: list[str]) -> None:
    text = " ".join(words)
    assert lemma(lemma(text)) == lemma(text) == text


@pytest.mark.parametrize("piece", ["a", "-", "a-", "'", " -", "s'"])
def test_a_megabyte_is_cut(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert len(lemma(text)) <= 200
    assert len(lemma_key(text)) <= 200
