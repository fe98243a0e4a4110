"""Dopings in sentences of our own: patterns, keys, mentions, and hostile text."""

import time
from pathlib import Path

import pytest

from matlore.errors import ArtifactError
from matlore.records import Mention, Paper, text_hash
from ner.facts.document import Document
from ner.facts.doping import dopant_key, find_dopings
from ner.facts.doping_model import load_doping_model, spans_of
from ner.facts.doping_rules import find_hints
from ner.facts.doping_tokens import doping_tokens, may_dope


def _document(text: str, *materials: tuple[str, str]) -> Document:
    """Return a document whose tagger found some materials: pairs of text and norm."""
    paper = Paper("a", ("a",), "", text, text, text_hash(text), "1")
    mentions = []
    for written, norm in materials:
        start = text.index(written)
        mentions.append(
            Mention(
                paper_id=paper.id, text_sha=paper.text_sha, start=start,
                end=start + len(written), label="MAT", text=written, norm=norm, score=1.0,
                source="tagger",
            )
        )  # fmt: skip
    return Document(paper, mentions)


def _dopings(text: str) -> set[tuple[str | None, str | None]]:
    document = _document(text)
    found = find_dopings(document)
    assert all(relation.type == "DOPED_WITH" for relation in found)
    assert all(0 <= relation.score <= 1 for relation in found)
    return {(document.mentions[r.head].norm, document.mentions[r.tail].norm) for r in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We grew Mn-doped ZnO films by sputtering.", {("ZnO", "Mn")}),
        ("The lifetime of YAG:Ce3+ ceramics was measured.", {("Y3Al5O12", "Ce")}),
        ("Crystals of V2O3 doped with 1.1% Cr were studied.", {("V2O3", "Cr")}),
        ("Er3+/Yb3+ codoped NaYF4 nanocrystals emit green light.",
         {("NaYF4", "Er"), ("NaYF4", "Yb")}),
        ("Ca-, Sr- and Ba-doped LaErO3 conducts protons.",
         {("LaErO3", "Ca"), ("LaErO3", "Sr"), ("LaErO3", "Ba")}),
        ("Nb doping of SrTiO3 raises its conductivity.", {("SrTiO3", "Nb")}),
    ],
)  # fmt: skip
def test_find_dopings(text: str, expected: set[tuple[str, str]]) -> None:
    assert _dopings(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Undoped ZnO films were grown on sapphire.",
        "Hole doping of the cuprate plane suppresses magnetism.",
        "The n-type doping of Si was studied.",
        "The ratio Fe:Cr = 2 gave the best catalyst.",
        "Dopamine was detected on a ZnO electrode.",
        "The doped films were annealed.",
        "",
    ],
)
def test_no_doping(text: str) -> None:
    assert _dopings(text) == set()


def test_mention_of_the_tagger_is_kept() -> None:
    document = _document("We grew Mn-doped ZnO films.", ("Mn-doped ZnO", "ZnO"))
    (relation,) = find_dopings(document)
    assert relation.head == 0
    assert document.mentions[relation.tail].text == "Mn"
    assert document.mentions[relation.tail].source == "relation"


def test_again_adds_nothing() -> None:
    document = _document("We grew Mn-doped ZnO films.")
    first = find_dopings(document)
    count = len(document.mentions)
    assert find_dopings(document) == first
    assert len(document.mentions) == count


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Er3+", "Er"), ("erbium", "Er"), ("trivalent erbium", "Er"), ("Erx", "Er"),
        ("0.07Eu3+", "Eu"), ("Mn(II)", "Mn"), ("europium ions", "Eu"), ("MgO", "MgO"),
        ("electron", None), ("hole", None), ("", None), ("rare earth", None),
    ],
)  # fmt: skip
def test_dopant_key(text: str, key: str | None) -> None:
    assert dopant_key(text) == key


@pytest.mark.parametrize(
    ("text", "host", "dopants"),
    [
        ("Dy:Er:YAG fibres", "YAG", ["Dy", "Er"]),
        ("LiNbO3:Mg,Fe crystals", "LiNbO3", ["Mg", "Fe"]),
        ("doping ZnO with Al", "ZnO", ["Al"]),
        ("doping of lanthanum in ceria", "ceria", ["lanthanum"]),
        (
            "nitrogen (N) and nickel (Ni) doped diamond",
            "diamond",
            ["nitrogen", "N", "nickel", "Ni"],
        ),
        ("silicon lightly doped with copper", "silicon", ["copper"]),
        ("Co-doping of La and P in CaFe2As2", "CaFe2As2", ["La", "P"]),
    ],
)
def test_hints(text: str, host: str, dopants: list[str]) -> None:
    tokens = doping_tokens(text, 0, len(text))
    hint = next(hint for hint in find_hints(tokens) if hint.is_certain)
    assert [tokens[k].text for k in hint.host] == [host]
    assert [tokens[k].text for k in hint.dopants] == dopants


def test_tokens_keep_offsets() -> None:
    text = "Here Yb3+/Er3+-codoped GdVO4, Mn-doped."
    tokens = doping_tokens(text, 5, len(text))
    assert [token.text for token in tokens[:5]] == ["Yb3+", "/", "Er3+", "-", "codoped"]
    assert all(text[token.start : token.end] == token.text for token in tokens)


def test_spans_of() -> None:
    spans = spans_of(["I-H", "I-H", "O", "B-D", "B-D"], [0.9, 0.8, 1.0, 0.7, 0.6])
    assert [(s.kind, s.first, s.last, s.score) for s in spans] == [
        ("H", 0, 1, 0.8), ("D", 3, 3, 0.7), ("D", 4, 4, 0.6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "doped " * 16_000, "Mn-doped ZnO:" * 8_000, "(" * 50_000 + "doped" + ")" * 50_000,
        "1" * 100_000 + " doped", "Al:" * 33_000, "Mn, " * 25_000 + "doped ZnO",
        "Mn-doped ZnO. " * 700,
    ],
)  # fmt: skip
def test_hostile_text_is_quick(text: str) -> None:
    load_doping_model()
    start = time.perf_counter()
    find_dopings(_document(text))
    assert time.perf_counter() - start < 4


def test_gate() -> None:
    assert may_dope("Nd:YAG")
    assert may_dope("co-doped")
    assert not may_dope("Dopamine and Doppler shifts")


def test_missing_model(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="doping"):
        load_doping_model(tmp_path / "doping.json.zst")


@pytest.mark.parametrize(
    "piece", ["a-doped b-doped ", "ZnO:Mn ", "Mn-doped ZnO films. ", "doped(("]
)
def test_hostile_input_is_read_in_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    sha = text_hash(text)
    paper = Paper("h", ("h",), "", text, text, sha, "1")
    mentions = [
        Mention("h", sha, at, at + 3, "MAT", text[at : at + 3], "ZnO", 0.9)
        for at in range(0, len(text) - 3, 5)
    ]
    begin = time.process_time()
    find_dopings(Document(paper, mentions))
    assert time.process_time() - begin < 3  # a square of the length would take minutes


def test_a_spin_and_the_word_no_are_no_dopants() -> None:
    text = "The chain SrCuO2 doped with 1% S=1 Ni-impurities was studied. No doping of ZnO helped."
    assert not {dopant for _, dopant in _dopings(text)} & {"S", "No"}
