"""Facts of one paper made to agree: scores of relations in the light of the others."""

from dataclasses import replace

import pytest

from matlore.records import Label, Mention, Paper, text_hash
from ner.facts.coherence import coherent, name_properties
from ner.facts.document import Document
from ner.facts.parts import FoundQuantity, Relation, Value

TEXT = "Na-doped SnSe was sintered. Its zT is 2, more than that of PbTe."
NAMES: list[tuple[str, Label, str]] = [
    ("Na", "MAT", "Na"),
    ("SnSe", "MAT", "SnSe"),
    ("sintered", "SMT", "sintering"),
    ("zT", "PRO", "thermoelectric figure of merit"),
    ("PbTe", "MAT", "PbTe"),
]
NA, SNSE, SINTERED, ZT, PBTE = range(len(NAMES))
VALUE = Value(TEXT.index("2,"), TEXT.index("2,") + 1, 2.0, "1")
DOPING = Relation("DOPED_WITH", SNSE, NA, score=0.9)


@pytest.fixture
def document() -> Document:
    sha = text_hash(TEXT)
    mentions = [
        Mention("made-up:1", sha, TEXT.index(text), TEXT.index(text) + len(text), label, text, norm)
        for text, label, norm in NAMES
    ]
    return Document(Paper("made-up:1", (), "", TEXT, TEXT, sha, "1"), mentions)


def _scores(document: Document, *relations: Relation, of: int | None = SNSE) -> dict[object, float]:
    quantity = FoundQuantity(VALUE, of, ZT, "thermoelectric figure of merit", score=0.8)
    found = coherent(document, relations, [quantity])
    return {(one.type, one.head, one.tail): round(one.score, 3) for one in found}


def test_a_value_says_that_its_material_has_the_property(document: Document) -> None:
    assert _scores(document) == {("HAS_PROPERTY", SNSE, ZT): 0.8}


def test_a_value_makes_a_known_pair_surer_but_never_less_sure(document: Document) -> None:
    for before, after in ((0.3, 0.8), (0.95, 0.95)):
        pair = Relation("HAS_PROPERTY", SNSE, ZT, score=before)
        assert _scores(document, pair) == {("HAS_PROPERTY", SNSE, ZT): after}


def test_a_property_with_a_value_of_one_material_is_less_surely_anothers(
    document: Document,
) -> None:
    other = Relation("HAS_PROPERTY", PBTE, ZT, score=0.6)
    assert _scores(document, other)["HAS_PROPERTY", PBTE, ZT] == 0.3
    assert _scores(document, other, of=None) == {("HAS_PROPERTY", PBTE, ZT): 0.6}


def test_what_is_made_is_the_host_not_its_dopant(document: Document) -> None:
    made = [Relation("MADE_BY", one, SINTERED, score=0.6) for one in (NA, SNSE)]
    scores = _scores(document, DOPING, *made, of=None)
    assert scores == {
        ("DOPED_WITH", SNSE, NA): 0.9,
        ("MADE_BY", NA, SINTERED): 0.18,
        ("MADE_BY", SNSE, SINTERED): 0.6,
    }


@pytest.mark.parametrize(
    ("norm", "relevance", "score"),
    [
        ("name:gradient flow", 0.1, 0.24),
        ("name:gradient flow", 0.9, 0.6),
        ("name:gradient flow", None, 0.6),
        ("name:graphene", 0.1, 0.6),
        ("SnSe", 0.1, 0.6),
    ],
)
def test_an_unknown_name_in_a_paper_of_little_relevance_is_doubted(
    document: Document, norm: str, relevance: float | None, score: float
) -> None:
    document.paper = replace(document.paper, relevance=relevance)
    document.mentions[SNSE] = replace(document.mentions[SNSE], norm=norm)
    made = Relation("MADE_BY", SNSE, SINTERED, score=0.6)
    assert _scores(document, made, of=None)["MADE_BY", SNSE, SINTERED] == score


def test_an_unsure_dopant_changes_nothing(document: Document) -> None:
    made = Relation("MADE_BY", NA, SINTERED, score=0.6)
    unsure = Relation("DOPED_WITH", SNSE, NA, score=0.4)
    assert _scores(document, unsure, made, of=None)["MADE_BY", NA, SINTERED] == 0.6


@pytest.mark.parametrize(
    ("names", "norm"),
    [
        (["curie temperature"], "curie temperature"),
        (["curie temperature", "neel temperature"], "Tc"),
    ],
)
def test_values_tell_which_property_a_symbol_is(names: list[str], norm: str) -> None:
    text = "Its Tc is 5 K. This Tc is high."
    sha = text_hash(text)
    places = [text.index("Tc"), text.rindex("Tc")]
    mentions = [Mention("made-up:1", sha, k, k + 2, "PRO", "Tc", "Tc") for k in places]
    document = Document(Paper("made-up:1", (), "", text, text, sha, "1"), mentions)
    value = Value(text.index("5 K"), text.index("5 K") + 3, 5.0, "K")
    quantities = [FoundQuantity(value, None, 0, name, score=0.9) for name in names]
    name_properties(document, quantities)
    assert [mention.norm for mention in document.mentions] == [norm, norm]


def test_a_property_of_the_vocabulary_keeps_its_name(document: Document) -> None:
    quantity = FoundQuantity(VALUE, SNSE, ZT, "figure of merit", score=0.9)
    name_properties(document, [quantity])
    assert document.mentions[ZT].norm == "thermoelectric figure of merit"
