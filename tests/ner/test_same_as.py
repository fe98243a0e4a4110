"""Names of one thing."""

import time

import pytest

from matlore.records import Mention, Paper
from ner.facts.document import Document
from ner.facts.same_as import find_same


def _document(text: str, *materials: tuple[str, str | None]) -> Document:
    paper = Paper(
        id="p", ids=("p",), title="", abstract=text, text=text, text_sha="s", cleaner_version="1"
    )
    found = []
    for surface, norm in materials:
        start = -1
        while (start := text.find(surface, start + 1)) >= 0:
            end = start + len(surface)
            found.append(Mention("p", "s", start, end, "MAT", surface, norm, 0.9, "tagger"))
    return Document(paper, sorted(found, key=lambda one: one.start))


def _same(document: Document) -> set[tuple[str, str]]:
    at = document.mentions
    return {(at[one.head].text, at[one.tail].text) for one in find_same(document)}


@pytest.mark.parametrize(
    ("text", "materials"),
    [
        ("We grew bismuth telluride (Bi2Te3).", ("bismuth telluride", "Bi2Te3")),
        ("Films of Bi2Te3 (BT) were grown.", ("Bi2Te3", "BT")),
        ("Here LSMO = La0.7Sr0.3MnO3 was used.", ("LSMO", "La0.7Sr0.3MnO3")),
        ("Lead zirconate titanate (PZT) is used.", ("Lead zirconate titanate", "PZT")),
    ],
)
def test_two_names_of_one_thing(text: str, materials: tuple[str, str]) -> None:
    document = _document(text, *((name, None) for name in materials))
    assert _same(document) == {materials}


@pytest.mark.parametrize(
    ("text", "materials"),
    [
        ("Films on silicon (SiO2) were grown.", ("silicon", "SiO2")),
        ("LaMO3 (M = Fe, Co) was made.", ("LaMO3", "M", "Fe")),
        ("We compare zinc oxide (TiO2 in the appendix).", ("zinc oxide", "TiO2")),
        ("A carbon coating (Fe2O3) was made.", ("carbon", "Fe2O3")),
    ],
)
def test_two_things_in_a_row(text: str, materials: tuple[str, ...]) -> None:
    assert _same(_document(text, *((name, None) for name in materials))) == set()


def test_short_form_is_the_formula_in_the_whole_text() -> None:
    document = _document(
        "LSMO = La0.7Sr0.3MnO3 was used. LSMO is a ferromagnet.",
        ("LSMO", "name:LSMO"),
        ("La0.7Sr0.3MnO3", "Sr3La7Mn10O30"),
    )
    (relation,) = find_same(document)
    assert 0.5 < relation.score < 1
    assert {one.norm for one in document.mentions} == {"Sr3La7Mn10O30"}


def test_form_that_the_tagger_left_out_is_added() -> None:
    document = _document("Bismuth ferrite (BFO) is multiferroic.", ("Bismuth ferrite", "BiFeO3"))
    assert _same(document) == {("Bismuth ferrite", "BFO")}
    assert document.mentions[-1].source == "relation"


@pytest.mark.parametrize("text", ["(" * 100_000, "Fe (Fe) " * 12_000, "= " * 50_000])
def test_hostile_text_takes_no_more_than_a_moment(text: str) -> None:
    start = time.perf_counter()
    find_same(_document(text))
    assert time.perf_counter() - start < 5


def test_capitals_that_are_a_formula_by_chance_are_what_the_text_defines() -> None:
    document = _document(
        "Black phosphorus (BP) is layered. We exfoliate Black phosphorus.",
        ("Black phosphorus", "name:black phosphorus"),
    )
    assert _same(document) == {("Black phosphorus", "BP")}
    assert {one.norm for one in document.mentions} == {"name:black phosphorus"}
