"""Reading and scoring of `relations_general`, and training on it."""

import json
from pathlib import Path

import pytest

from matlore.errors import InputError
from matlore.records import Label, Mention, Paper
from ner.facts.general import gold_pairs, read_general, score
from ner.facts.relation_training import cross_validate_general, train_relations

_MATERIALS = ["PbTe", "SnSe", "GeTe", "ZnO", "TiO2", "CeO2", "LiCoO2", "MgB2", "NbN", "GaAs"]
_USES = ["superconductor", "photocatalyst", "cathode", "thermoelectric", "catalyst"]


def _row(number: int) -> dict[str, object]:
    material, use = _MATERIALS[number % 10], _USES[number % 5]
    phase = "cubic" if number % 2 else "hexagonal"
    text = f"{material} as a {use}\nWe studied {phase} {material}, a known {use}, on SiO2."
    record = {
        "acronym": "",
        "applications": [use],
        "name": "",
        "formula": material,
        "structure_or_phase": [phase],
        "description": [""],
    }
    if number % 9 == 0:  # annotators leave things out
        return {"text": text, "records": []}
    return {"text": text, "records": [record]}


def _tagged(row: dict[str, object]) -> tuple[Paper, list[Mention]]:
    text = str(row["text"])
    paper = Paper(
        id="p", ids=("p",), title="", abstract=text, text=text, text_sha="s", cleaner_version="1"
    )
    found = []
    words: list[tuple[str, Label]] = [(name, "MAT") for name in [*_MATERIALS, "SiO2"]]
    for surface, label in [*words, ("cubic", "SPL"), ("hexagonal", "SPL")]:
        start = -1
        while (start := text.find(surface, start + 1)) >= 0:
            end = start + len(surface)
            found.append(Mention("p", "s", start, end, label, surface, surface, 0.9, "tagger"))
    return paper, sorted(found, key=lambda one: one.start)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(_row(k)) + "\n" for k in range(80)))
    return path


def test_pairs_are_sets_of_formula_and_word(tmp_path: Path) -> None:
    records = [
        {"formula": "ZnO", "applications": ["gas sensor", "gas sensor", ""]},
        {"formula": "", "applications": ["sensor"]},
        {"formula": "Fe2−xO3 ", "applications": ["Fe2−xO3 sensor"], "structure_or_phase": None},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "…", "records": records}))
    (abstract,) = read_general(path)
    assert gold_pairs(abstract, "USED_IN") == {
        ("ZnO", "gas"),
        ("ZnO", "sensor"),
        ("Fe2−xO3", "sensor"),
    }
    assert ("Fe2-xO3", "sensor") in gold_pairs(abstract, "USED_IN", fold=True)
    assert gold_pairs(abstract, "HAS_PHASE") == frozenset()


def test_score_counts_over_all_abstracts() -> None:
    found = [frozenset({("a", "b"), ("a", "c")}), frozenset()]
    gold = [frozenset({("a", "b")}), frozenset({("d", "e")})]
    result = score(found, gold)
    assert (result["precision"], result["recall"], result["f1"]) == (0.5, 0.5, 0.5)
    assert score([], [])["f1"] == 0.0


@pytest.mark.parametrize("text", ["{", '{"text": "a"}', '{"text": "a", "records": 1}', "[1]"])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match="not a file of relations_general"):
        read_general(path)


def test_mentions_of_other_abstracts_are_refused(data: Path) -> None:
    with pytest.raises(InputError, match="80 abstracts"):
        train_relations(data, [_tagged(_row(0))])


def test_cross_validation_learns_a_plain_pattern(data: Path) -> None:
    report = cross_validate_general(data, [_tagged(_row(k)) for k in range(80)], folds=2)
    assert report["USED_IN"]["f1"] > 0.7
    assert report["HAS_PHASE"]["f1"] > 0.7
    assert len(report["USED_IN"]["folds"]) == 2
