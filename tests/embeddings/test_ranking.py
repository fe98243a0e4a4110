from collections.abc import Sequence

import numpy as np
import pytest

from embeddings.counts import StudyCounts
from embeddings.ranking import (
    ElementFilter,
    application_vector,
    material_scores,
    rank_materials,
    resolve_application,
)
from embeddings.stage import StagedPaper
from embeddings.vectors import VectorsCard, WordVectors
from matlore.errors import ArtifactError, NotFoundError, UsageError
from matlore.vocabulary import Application, load_applications

THERMOELECTRIC = Application("thermoelectric", ("thermoelectric",), ("thermoelectric",))
# word: (count, input vector, output vector)
WORDS: dict[str, tuple[int, Sequence[float], Sequence[float]]] = {
    "thermoelectric": (90, (3, 0), (0, 1)),
    "thermopower": (80, (0, 2), (0, 1)),
    "seebeck_coefficient": (70, (0, 1), (0, 1)),
    "PbTe": (60, (-1, 0), (4, 1)),
    "SnTe": (50, (-1, 0), (1, 0)),
    "Bi2Te3": (40, (1, 0), (0, -5)),
    "GaAs": (30, (5, 0), (-1, 0)),
    "SnSe": (20, (1, 0), (2, 1)),
    "Te": (20, (1, 0), (1, 0)),
    "DFT": (20, (1, 0), (1, 0)),
    "ZnSb": (4, (1, 0), (2, 1)),
    "MgAgSb": (3, (1, 0), (1, 0)),
}
PAPERS = [
    StagedPaper("arxiv:1", 1999, "thermoelectric PbTe".split()),
    StagedPaper("arxiv:2", 1995, "the structure of PbTe".split()),
    StagedPaper("arxiv:3", 2010, "thermoelectric SnSe".split()),
    StagedPaper("arxiv:4", 2001, "SnTe SnSe".split()),
]


def _vectors(
    words: dict[str, tuple[int, Sequence[float], Sequence[float]]] = WORDS,
    *,
    output_ids: Sequence[int] | None = None,
) -> WordVectors:
    ids = np.array(range(len(words)) if output_ids is None else output_ids, dtype=np.int64)
    rows = list(words.values())
    return WordVectors(
        words=tuple(words),
        counts=np.array([row[0] for row in rows], dtype=np.int64),
        input=np.array([row[1] for row in rows], dtype=np.float32),
        output=np.array([row[2] for row in rows], dtype=np.float32).reshape(-1, 2)[ids],
        output_ids=ids,
        card=VectorsCard("hand-made", 2),
        display={"SnSe": "SeSn"},
    )


@pytest.fixture
def vectors() -> WordVectors:
    return _vectors()


@pytest.fixture
def counts() -> StudyCounts:
    return StudyCounts.count(PAPERS, {"thermoelectric": ("thermoelectric",)})


def test_score_is_the_cosine_of_input_and_output(vectors: WordVectors) -> None:
    scores = {
        c.formula: c.score
        for c in rank_materials(vectors, None, application=THERMOELECTRIC, top=None)
    }
    assert scores["SnTe"] == pytest.approx(1)
    assert scores["PbTe"] == pytest.approx(4 / np.sqrt(17))
    assert scores["Bi2Te3"] == pytest.approx(0)
    assert scores["GaAs"] == pytest.approx(-1)


def test_only_compounds_named_more_than_three_times_are_ranked(vectors: WordVectors) -> None:
    found = rank_materials(vectors, None, application=THERMOELECTRIC, top=None)
    assert [c.formula for c in found] == ["SnTe", "PbTe", "SnSe", "ZnSb", "Bi2Te3", "GaAs"]
    assert [c.rank for c in found] == [1, 2, 3, 4, 5, 6]


def test_equal_scores_come_in_the_order_of_their_formulas(vectors: WordVectors) -> None:
    found = rank_materials(vectors, None, application=THERMOELECTRIC, top=None)
    tied = [c for c in found if c.formula in ("SnSe", "ZnSb")]
    assert tied[0].score == tied[1].score
    assert [c.formula for c in tied] == ["SnSe", "ZnSb"]


def test_words_without_output_vectors_are_not_ranked() -> None:
    found = rank_materials(_vectors(output_ids=[0, 3, 5]), None, application=THERMOELECTRIC)
    assert [c.formula for c in found] == ["PbTe", "Bi2Te3"]


def test_candidates_say_what_is_known(vectors: WordVectors, counts: StudyCounts) -> None:
    found = rank_materials(vectors, counts, application=THERMOELECTRIC)
    by_formula = {c.formula: c for c in found}
    assert by_formula["PbTe"].known is True
    assert by_formula["PbTe"].n_papers == 2
    assert by_formula["PbTe"].n_application_papers == 1
    assert by_formula["PbTe"].first_year == 1995
    assert by_formula["PbTe"].first_application_year == 1999
    assert by_formula["SnTe"].known is False
    assert by_formula["SnTe"].first_application_year is None
    assert by_formula["SnSe"].display == "SeSn"


def test_known_is_null_where_nothing_was_counted(vectors: WordVectors, counts: StudyCounts) -> None:
    other = Application("thermopower", ("thermopower",), ("thermopower",))
    found = rank_materials(vectors, counts, application=other)
    assert {c.known for c in found} == {None}
    assert {c.n_application_papers for c in found} == {None}
    assert next(c for c in found if c.formula == "PbTe").n_papers == 2


def test_novel_drops_the_known(vectors: WordVectors, counts: StudyCounts) -> None:
    found = rank_materials(vectors, counts, application=THERMOELECTRIC, novel=True, top=2)
    assert [(c.rank, c.formula) for c in found] == [(1, "SnTe"), (2, "ZnSb")]


def test_materials_of_few_papers_can_be_left_out(vectors: WordVectors, counts: StudyCounts) -> None:
    everything = rank_materials(vectors, counts, application=THERMOELECTRIC)
    numbers = {c.formula: c.n_papers or 0 for c in everything}
    assert min(numbers.values()) < 2 <= max(numbers.values())
    found = rank_materials(vectors, counts, application=THERMOELECTRIC, min_papers=2)
    assert [c.formula for c in found] == [c.formula for c in everything if numbers[c.formula] > 1]
    assert [c.rank for c in found] == list(range(1, len(found) + 1))
    uncounted = rank_materials(vectors, None, application=THERMOELECTRIC, min_papers=9)
    assert len(uncounted) == len(everything)


def test_novel_at_a_year_forgets_what_came_later(vectors: WordVectors, counts: StudyCounts) -> None:
    found = rank_materials(
        vectors, counts, application=THERMOELECTRIC, novel=True, until=2005, top=2
    )
    assert [c.formula for c in found] == ["SnTe", "SnSe"]
    assert found[1].n_papers == 1
    assert found[1].first_application_year is None


def test_novel_without_counts_is_an_error(vectors: WordVectors) -> None:
    with pytest.raises(NotFoundError, match="--novel cannot be answered"):
        rank_materials(vectors, None, application=THERMOELECTRIC, novel=True)


@pytest.mark.parametrize(
    ("chosen", "formulas"),
    [
        (ElementFilter(contains=frozenset({"Te"})), ["SnTe", "PbTe", "Bi2Te3"]),
        (ElementFilter(contains=frozenset({"Sn", "Te"})), ["SnTe"]),
        (ElementFilter(without=frozenset({"Te", "As"})), ["SnSe", "ZnSb"]),
        (ElementFilter(only=frozenset({"Sn", "Te", "Se"})), ["SnTe", "SnSe"]),
        (ElementFilter(only=frozenset({"Sn", "Te"}), without=frozenset({"Sn"})), []),
    ],
)
def test_materials_are_chosen_by_their_elements(
    vectors: WordVectors, chosen: ElementFilter, formulas: list[str]
) -> None:
    found = rank_materials(vectors, None, application=THERMOELECTRIC, elements=chosen)
    assert [c.formula for c in found] == formulas


def test_what_is_no_element_is_refused() -> None:
    with pytest.raises(UsageError, match="'Xx' is not an element"):
        ElementFilter(without=frozenset({"Pb", "Xx"}))
    with pytest.raises(UsageError, match="'PbTe' is not an element"):
        ElementFilter(contains=frozenset({"PbTe"}))


def test_application_vector_is_the_mean_of_the_terms_that_are_there(vectors: WordVectors) -> None:
    application = Application("x", ("thermoelectric", "absent", "thermopower"), ("x",))
    half = np.sqrt(0.5)
    np.testing.assert_allclose(application_vector(vectors, application), [half, half], rtol=1e-6)


def test_applications_without_any_term_are_an_error(vectors: WordVectors) -> None:
    with pytest.raises(NotFoundError, match="hold none of absent"):
        application_vector(vectors, Application("x", ("absent",), ("x",)))


def test_vectors_without_output_cannot_rank() -> None:
    with pytest.raises(ArtifactError, match="no output vectors"):
        material_scores(_vectors(output_ids=[]), THERMOELECTRIC)


@pytest.mark.parametrize("typed", ["thermoelectric", "TE", "Thermoelectrics"])
def test_applications_of_the_vocabulary_are_resolved(vectors: WordVectors, typed: str) -> None:
    found = resolve_application(typed, vectors, load_applications())
    assert found is load_applications()["thermoelectric"]


@pytest.mark.parametrize(
    "typed", ["Seebeck coefficient", "seebeck_coefficient", "Seebeck-coefficient"]
)
def test_any_other_term_of_the_vectors_stands_for_itself(vectors: WordVectors, typed: str) -> None:
    found = resolve_application(typed, vectors, load_applications())
    assert found.query == ("seebeck_coefficient",)
    assert found.words == ("seebeck coefficient",)


def test_a_material_is_not_a_candidate_for_itself(vectors: WordVectors) -> None:
    application = resolve_application("SnSe", vectors, load_applications())
    formulas = [c.formula for c in rank_materials(vectors, None, application=application)]
    assert "PbTe" in formulas
    assert "SnSe" not in formulas


def test_unknown_applications_name_the_nearest_terms(vectors: WordVectors) -> None:
    with pytest.raises(NotFoundError) as caught:
        resolve_application("thermopowerr", vectors, load_applications())
    assert "nearest terms: thermopower" in str(caught.value)
    assert "battery cathode" in str(caught.value)


def test_known_applications_that_the_vectors_lack_are_an_error(vectors: WordVectors) -> None:
    with pytest.raises(NotFoundError, match="hold none of ferroelectric"):
        resolve_application("ferroelectrics", vectors, load_applications())
