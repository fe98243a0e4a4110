"""Tokens with their offsets, and the vocabulary form of each."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner.tokens import NUMBER, spelled_tokens, tokenize, training_tokens


def _texts(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("n-type Bi2Te3-based alloys.", ["n-type", "Bi2Te3", "-", "based", "alloys", "."]),
        ("La1-xSrxMnO3/SrTiO3(001)", ["La1-xSrxMnO3", "/", "SrTiO3", "(001)"]),
        ("(Bi,Sb)2Te3, (SnTe)", ["(Bi,Sb)2Te3", ",", "(", "SnTe", ")"]),
        ("at 300K, 5meV", ["at", "300", "K", ",", "5", "meV"]),
        ("1.2×10^-3 S cm^-1", ["1.2×10^-3", "S", "cm", "^-1"]),
        ("2.4-2.7 eV; 10,000; 1e-5", ["2.4", "-", "2.7", "eV", ";", "10,000", ";", "1e-5"]),
        ("2D 2H-MoS2 4f", ["2D", "2H", "-", "MoS2", "4f"]),
        ("x-ray, d-wave, X-ray", ["x-ray", ",", "d-wave", ",", "X-ray"]),
        ("In-doped GeTe", ["In", "-", "doped", "GeTe"]),
        ("YBa2Cu3O7-δ; CuSO4·5H2O", ["YBa2Cu3O7-δ", ";", "CuSO4·5H2O"]),
        ("Fe(III) Eu3+-doped", ["Fe", "(", "III", ")", "Eu3+", "-", "doped"]),
        ("", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert _texts(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The Seebeck of Te3Bi2", ["the", "seebeck", "of", "Bi2Te3"]),
        ("In a sample of In, As usual", ["in", "a", "sample", "of", "in", ",", "as", "usual"]),
        ("As-grown In-doped SnTe", ["as", "grown", "In", "doped", "SnTe"]),
        ("zT of 1.5 at 300 K", ["zT", "of", NUMBER, "at", NUMBER, "K"]),
        ("Si(111), [110], (0001), (2015)", ["Si", "(111)", ",", "[110]", ",", "(0001)"]),
        ("La1-xSrxMnO3", ["family:La-Mn-O-Sr"]),
        ("DFT and BCS by Schrödinger", ["DFT", "and", "BCS", "by", "schrodinger"]),
        ("NCs, CNTs of BN and GeV", ["NCs", ",", "CNTs", "of", "BN", "and", "GeV"]),
        ("High-temperature", ["high", "temperature"]),
        ("Silicon and Si", ["silicon", "and", "Si"]),
        ("Eu3+", ["Eu3+"]),
    ],
)
def test_vocabulary_forms(text: str, tokens: list[str]) -> None:
    assert training_tokens(text)[: len(tokens)] == tokens


def test_a_year_in_brackets_is_no_plane() -> None:
    assert training_tokens("(2015)") == ["(", NUMBER, ")"]
    assert training_tokens("(10-10)") == ["(10-10)"]


def test_spellings_go_with_vocabulary_forms() -> None:
    text = "the Bi0.5Sb1.5Te3 sample"
    assert list(spelled_tokens(text)) == [
        ("the", "the"),
        ("BiSb3Te6", "Bi0.5Sb1.5Te3"),
        ("sample", "sample"),
    ]


@given(
    st.text(max_size=200)
    | st.text(alphabet="BiTeSbO0123456789.,()[]{}/-+^:x δ·KeV<>−–", max_size=60)
)
def test_offsets_hold_and_no_character_is_lost(text: str) -> None:
    tokens = tokenize(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(a.end <= b.start for a, b in pairwise(tokens))
    assert "".join(token.text for token in tokens) == "".join(text.split())
    assert not any(any(c.isspace() for c in word) or not word for word in training_tokens(text))


def test_a_long_text_without_blanks_is_survived() -> None:
    text = "BiTe(" * 20000
    assert "".join(_texts(text)) == text


def test_no_blank_inside_tokens_of_real_abstracts(shared_data: Path) -> None:
    import gzip

    file = shared_data / "corpus" / "abstracts-2024.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["abstract"] for line, _ in zip(lines, range(300), strict=False)]
    for text in texts:
        assert "".join(_texts(text)) == "".join(text.split())
