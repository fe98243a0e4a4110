import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from ner.sentences import split_sentences

PAPERS = {
    f"test:{number}": (
        f"Thermal conductivity of sample number {number}",
        f"We grew the crystals number {number} of Bi2Te3 in a furnace and then measured them at"
        f" low temperature for a long time. Short one. The results of run {number} show that the"
        " heat is carried mostly by phonons of long mean free path.",
    )
    for number in range(40)
}


@pytest.fixture(scope="module")
def known_item() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "known_item.py"
    spec = importlib.util.spec_from_file_location("known_item", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_buckets_are_those_that_training_leaves_out(known_item: ModuleType) -> None:
    """The encoders that ship were trained without these; the hash must never change."""
    assert [known_item.bucket(f"test:{n}") for n in range(5)] == BUCKETS


BUCKETS = [5, 22, 46, 49, 12]


@pytest.mark.parametrize(
    ("word", "dropped"),
    [
        ("Bi2Te3", True),
        ("(GaAs),", True),
        ("NaCl", True),
        ("300", True),
        ("Fe3O4-based", True),
        ("In", False),
        ("I", False),
        ("phonons.", False),
        ("DFT", False),
        ("…", False),
        ("()", False),
    ],
)
def test_formulas_and_numbers_are_dropped(known_item: ModuleType, word: str, dropped: bool) -> None:
    assert known_item.is_formula_or_number(word) is dropped


def test_every_third_of_the_other_words_is_dropped(known_item: ModuleType) -> None:
    found = known_item.thinned("one two three GaAs four five six 7 seven eight nine ten eleven")
    assert found == "one two four five seven eight ten eleven"


def test_a_sentence_of_which_little_is_left_is_no_query(known_item: ModuleType) -> None:
    assert known_item.thinned("The gap of GaAs is 1.42 eV.") is None
    assert known_item.thinned("") is None


def test_draws_are_the_same_whatever_the_order_of_papers(known_item: ModuleType) -> None:
    backwards = dict(reversed(PAPERS.items()))
    sizes = {"titles": 5, "sentences": 5, "synonyms": 5}

    drawn = known_item.draw_queries(PAPERS, sizes)

    assert drawn == known_item.draw_queries(backwards, sizes)
    assert [len(asked) for asked in drawn.values()] == [5, 5, 5]
    assert drawn != known_item.draw_queries(PAPERS, sizes, seed=1)


def test_queries_are_made_from_their_papers(known_item: ModuleType) -> None:
    drawn = known_item.draw_queries(PAPERS)

    assert {query.paper for query in drawn["titles"]} == set(PAPERS)
    for paper, text in drawn["titles"]:
        assert text == PAPERS[paper][0]
    for paper, text in drawn["synonyms"]:
        assert text != PAPERS[paper][0]
    for paper, text in drawn["sentences"]:
        abstract = PAPERS[paper][1]
        thinned = {
            known_item.thinned(abstract[start:end]) for start, end in split_sentences(abstract)
        }
        assert text in thinned


def test_rank_is_that_of_the_paper_of_the_query(known_item: ModuleType) -> None:
    queries = [known_item.Query("a", "x"), known_item.Query("b", "y")]
    assert known_item.ranks(queries, [["b", "a"], ["a"]]) == [2, None]
