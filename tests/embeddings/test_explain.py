import numpy as np
import pytest

from embeddings.explain import connecting_words, explain, history, names_application, sentences
from embeddings.vectors import VectorsCard, WordVectors
from matlore.records import Candidate
from matlore.vocabulary import Application

THERMOELECTRIC = Application(
    "thermoelectric", ("thermoelectric",), ("thermoelectric", "zT", "Peltier cooling")
)
# word: (count, input vector, output vector)
WORDS = {
    "thermoelectric": (900, (1, 0, 0), (1, 1, 0)),
    "thermoelectrics": (900, (0, 1, 0), (1, 0, 0)),
    "thermoelectric_materials": (900, (0, 1, 0), (1, 0, 0)),
    "results": (900, (0, 1, 0), (1, 0, 0)),
    "<nUm>": (900, (0, 1, 0), (1, 0, 0)),
    "of": (900, (0, 1, 0), (1, 0, 0)),
    "PbTe": (500, (1, 0, 0), (0, 1, 0)),
    "Sb": (500, (0, 1, 0), (1, 0, 0)),
    "thermal_conductivity": (400, (0, 1, 0), (1, 0, 0)),
    "lattice_thermal_conductivity": (100, (0, 1, 0), (1, 0, 0.1)),
    "doping": (400, (0, 1, 0.5), (1, 0, 0.5)),
    "dopings": (90, (0, 1, 0.6), (1, 0, 0.6)),
    "magnon": (300, (0, -1, 0), (1, 0, 0)),
    "phonon": (300, (0, 1, 1), (1, 0, 1)),
    "orbital": (300, (0, -1, 0), (-1, 0, 0)),
    "surface": (300, (0, -1, 0), (-1, 0, 0)),
    "vortex": (300, (0, -1, 0), (-1, 0, 0)),
    "spin": (300, (0, 0, 1), (0, 0, 1)),
    "rare": (3, (0, 1, 0), (1, 0, 0)),
}


@pytest.fixture
def vectors() -> WordVectors:
    rows = list(WORDS.values())
    return WordVectors(
        words=tuple(WORDS),
        counts=np.array([row[0] for row in rows], dtype=np.int64),
        input=np.array([row[1] for row in rows], dtype=np.float32),
        output=np.array([row[2] for row in rows], dtype=np.float32),
        output_ids=np.arange(len(rows), dtype=np.int64),
        card=VectorsCard("hand-made", 3),
    )


def _candidate(
    formula: str = "PbTe",
    *,
    n_application_papers: int | None = None,
    first_application_year: int | None = None,
    display: str | None = None,
) -> Candidate:
    return Candidate(
        rank=1,
        formula=formula,
        score=0.5,
        known=None if n_application_papers is None else n_application_papers > 0,
        n_papers=9,
        n_application_papers=n_application_papers,
        first_year=1990,
        first_application_year=first_application_year,
        display=display,
    )


def test_connecting_words_have_the_largest_products(vectors: WordVectors) -> None:
    (found,) = connecting_words(vectors, THERMOELECTRIC, ["PbTe"])
    assert [word for word, _ in found] == ["thermal_conductivity", "doping", "phonon"]
    outputs = [1, 1 / np.hypot(1, 0.1), 1 / np.hypot(1, 0.5), 1 / np.hypot(1, 0.6), np.sqrt(0.5)]
    beside_application = 1 - sum([*outputs, 1, -1, -1, -1, 0]) / 10
    inputs = [1, 1, *outputs[2:]]
    beside_word = 1 - sum([*inputs, -1, -1, -1, -1, 0]) / 10
    assert found[0][1] == pytest.approx(beside_application * beside_word, abs=1e-4)


def test_only_so_many_words_are_given(vectors: WordVectors) -> None:
    (found,) = connecting_words(vectors, THERMOELECTRIC, ["PbTe"], n=1)
    assert len(found) == 1


def test_unknown_materials_have_no_words(vectors: WordVectors) -> None:
    assert connecting_words(vectors, THERMOELECTRIC, ["GaAs"]) == [()]


def test_papers_name_the_material_and_connecting_words(vectors: WordVectors) -> None:
    texts = [
        (
            "arxiv:1",
            2001,
            "PbTe films\nDoping is not all. The thermal conductivity of PbTe is low.",
        ),
        ("arxiv:2", 2002, "SnTe\nDoping lowers the thermal conductivity."),
        ("arxiv:3", 2003, "Growth\nWe grow PbTe."),
        ("arxiv:4", 2004, "PbTe\nThermoelectric doping of PbTe and its thermal-conductivity."),
        ("arxiv:5", 2005, "PbTe1-x\nDoping of 2PbTe3 and APbTe."),
        ("arxiv:6", 2006, "PbTe\nA phonon."),
        ("arxiv:7", 2007, "PbTe\nA phonon here."),
    ]
    (found,) = explain([_candidate()], vectors, THERMOELECTRIC, texts=iter(texts))
    assert found.evidence.papers == ("arxiv:4", "arxiv:1", "arxiv:7")
    assert found.evidence.sentences == (
        ("arxiv:4", "Thermoelectric doping of PbTe and its thermal-conductivity."),
        ("arxiv:1", "The thermal conductivity of PbTe is low."),
        ("arxiv:7", "PbTe"),
    )
    assert found.evidence.words[0][0] == "thermal_conductivity"


def test_papers_after_the_year_are_no_evidence(vectors: WordVectors) -> None:
    texts = [
        ("arxiv:1", 2001, "Doping of PbTe"),
        ("arxiv:2", 2012, "Doping of PbTe"),
        ("arxiv:3", None, "Doping of PbTe"),
    ]
    (found,) = explain([_candidate()], vectors, THERMOELECTRIC, texts=texts, until=2010)
    assert found.evidence.papers == ("arxiv:1",)


def test_materials_are_found_as_they_are_usually_spelled(vectors: WordVectors) -> None:
    candidate = _candidate("BiFeO3", display="FeBiO3")
    (plain,) = explain([candidate], vectors, THERMOELECTRIC, texts=[("a", 2000, "doped FeBiO3")])
    assert plain.evidence.papers == ()  # no word connects it: it is not in the vectors
    (found,) = explain(
        [_candidate("PbTe", display="TePb")],
        vectors,
        THERMOELECTRIC,
        texts=[("a", 2000, "Doping TePb")],
    )
    assert found.evidence.papers == ("a",)


def test_order_of_the_papers_makes_no_difference(vectors: WordVectors) -> None:
    texts = [(f"arxiv:{k}", 2000, "Doping of PbTe") for k in range(9)]
    (forward,) = explain([_candidate()], vectors, THERMOELECTRIC, texts=texts)
    (backward,) = explain([_candidate()], vectors, THERMOELECTRIC, texts=reversed(texts))
    assert forward == backward
    assert forward.evidence.papers == ("arxiv:0", "arxiv:1", "arxiv:2")


@pytest.mark.parametrize(
    ("number", "first", "until", "told"),
    [
        (0, None, 2011, "never named together with thermoelectric until 2011"),
        (0, None, None, "never named together with thermoelectric"),
        (1, 1999, None, "first named together with thermoelectric in 1999 (1 paper)"),
        (12, 1999, 2011, "first named together with thermoelectric in 1999 (12 papers)"),
        (2, None, None, "named together with thermoelectric (2 papers)"),
        (None, None, None, None),
    ],
)
def test_history_in_words(
    number: int | None, first: int | None, until: int | None, told: str | None
) -> None:
    candidate = _candidate(n_application_papers=number, first_application_year=first)
    assert history(candidate, THERMOELECTRIC, until=until) == told


def test_texts_about_an_application_are_told_from_others() -> None:
    says = names_application(THERMOELECTRIC)
    assert says("A Thermoelectric")
    assert says("its zT is")
    assert says("peltier cooling of")
    assert not says("thermoelectricity")
    assert not says("a cooling Peltier")


def test_sentences_are_verbatim_and_survive_abbreviations() -> None:
    text = "A title\nJ. Smith et al. found it, cf. Ref. [2]. Its zT is 1.5 at 300 K. Fig. 2 shows."
    assert sentences(text) == [
        "A title",
        "J. Smith et al. found it, cf. Ref. [2].",
        "Its zT is 1.5 at 300 K.",
        "Fig. 2 shows.",
    ]
    assert all(sentence in text for sentence in sentences(text))


def test_no_sentence_of_nothing() -> None:
    assert sentences("") == []
    assert sentences("\n \n") == []
