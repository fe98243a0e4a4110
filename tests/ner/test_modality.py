"""Tests of what a text claims by a statement."""

import pytest

from matlore.records import Modality, Paper, text_hash
from ner.facts.document import Document
from ner.facts.modality import modality_of


def modality(text: str, words: str) -> Modality:
    paper = Paper("p", ("p",), "", "", text, text_hash(text), "1")
    start = text.index(words)
    return modality_of(Document(paper, []), start, start + len(words))


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("No superconductivity was observed in X down to 2 K.", "superconductivity", "denied"),
        ("Superconductivity was not observed in X.", "Superconductivity", "denied"),
        ("The absence of a band gap is clear.", "band gap", "denied"),
        ("X does not show a transition.", "transition", "denied"),
        ("The samples show a gap of 2 eV.", "2 eV", "observed"),
        ("We predict a gap of 2 eV for X.", "2 eV", "computed"),
        ("DFT yields a gap of 2 eV.", "2 eV", "computed"),
        ("We measured 2 eV, in agreement with calculations.", "2 eV", "observed"),
        ("The computed gap of 2 eV agrees with experiment.", "2 eV", "computed"),
        ("A gap of 2 eV has been reported for X.", "2 eV", "attributed"),
        ("In previous reports the gap was 2 eV.", "2 eV", "attributed"),
        ("We have measured a gap of 2 eV, larger than previously reported.", "2 eV", "observed"),
        ("The gap of no less than 2 eV was measured.", "2 eV", "observed"),
        ("X is no metal, but Y has a gap of 2 eV.", "2 eV", "observed"),
        ("Cells without a coating have a gap of 2 eV.", "2 eV", "observed"),
        ("NO was sensed at a gap of 2 eV.", "2 eV", "observed"),
        ("Theory fails to explain the gap of 2 eV.", "2 eV", "observed"),
        ("There is no change of the gap up to 2 K.", "2 K", "observed"),
        ("A gap of 2 eV cannot be ruled out.", "2 eV", "observed"),
        ("X is not superconducting above 2 K.", "above 2 K", "denied"),
        ("A gap of 2 eV has been achieved.", "2 eV", "observed"),
        ("A gap of 2 eV has already been measured.", "2 eV", "attributed"),
        ("X is known to have a gap of 2 eV.", "2 eV", "attributed"),
        ("X reaches 2 eV, surpassing most previously reported oxides.", "2 eV", "observed"),
        ("Beside the well-known one we have observed a gap of 2 eV.", "2 eV", "observed"),
        ("The gap of 2 eV calculated from absorption is wide.", "2 eV", "observed"),
        ("The predicted gap of 2 eV agrees well with experimental data.", "2 eV", "computed"),
        ("The computed gap is close to the experimental value of 2 eV.", "2 eV", "observed"),
        ("The catalyst, as computations help to explain, has 50 mV/dec.", "50", "observed"),
    ],
)
def test_clauses(text: str, words: str, expected: Modality) -> None:
    assert modality(text, words) == expected


def test_whole_abstract_of_computation() -> None:
    text = (
        "First-principles study of X\nWe use density functional theory to look at X."
        " The band gap is 2 eV. Simulations of phonons show that X is stable."
    )
    assert modality(text, "2 eV") == "computed"


def test_hostile_clause_takes_no_square() -> None:
    text = "no not never without " * 5000 + "2 eV"
    assert modality(text, "2 eV") in ("denied", "observed")
