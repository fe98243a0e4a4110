"""The model of relevance: scores, loading, weak labels, training, and how often it is right."""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from ingest.clean import clean_text
from ingest.relevance import (
    FORMULA,
    RELEVANCE_FOLDER,
    RelevanceModel,
    features,
    save_model,
    shipped_model,
)
from ingest.relevance_training import (
    RelevanceSettings,
    measures,
    read_labels,
    train_relevance,
    weak_label,
)
from matlore.errors import ArtifactError, InputError, UsageError

MATERIALS = [
    "Thermal transport in Bi2Te3 films\nWe grew Bi2Te3 thin films by sputtering and measured"
    " their Seebeck coefficient and electrical resistivity between 100 and 400 K.",
    "A nickel-rich layered oxide\nWe synthesized LiNi0.8Mn0.1Co0.1O2 powders, characterized"
    " them by x-ray diffraction and report their capacity and structural stability.",
    "Band structure of monolayer WSe2\nFirst-principles calculations give the band gap, the"
    " effective masses and the phonon dispersion of the crystal.",
]
OTHERS = [
    "Rumours on a social network\nWe study a stochastic model of how opinions spread among"
    " agents and find a phase transition in the mean-field limit.",
    "Black holes and information\nWe compute the entropy of Hawking radiation in a theory of"
    " gravity with extra dimensions.",
    "Vortices in a rotating condensate\nWe solve the Gross-Pitaevskii equation for ultracold"
    " bosonic atoms in a rotating trap.",
    "Bacteria that swim\nThe motility of cells in a viscous fluid is measured and compared"
    " with a hydrodynamic model of flagella.",
]
LEAST_F1 = 0.80


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return the folder of a model of two words."""
    card = {"trained": "2026-01-01"}
    save_model(tmp_path / "small", {FORMULA: 2.0, "galaxy": -2.0}, -0.5, card)
    return tmp_path / "small"


@pytest.mark.parametrize("text", MATERIALS)
def test_materials_are_relevant(text: str) -> None:
    assert shipped_model().score(text) > 0.8


@pytest.mark.parametrize("text", OTHERS)
def test_other_subjects_are_not(text: str) -> None:
    assert shipped_model().score(text) < 0.2


@pytest.mark.parametrize("text", ["", "\n", "zzqx wwvk", "(((", "Bi2Te3 " * 5000, "☃ é ∂"])
def test_any_text_has_a_score_from_0_to_1(text: str) -> None:
    score = shipped_model().score(text)
    assert 0 <= score <= 1
    assert score == round(score, 4)


def test_scores_do_not_depend_on_what_was_scored_before() -> None:
    first = [RelevanceModel.load().score(text) for text in MATERIALS + OTHERS]
    model = RelevanceModel.load()
    again = [model.score(text) for text in reversed(MATERIALS + OTHERS)]
    assert first == again[::-1]


def test_unknown_words_change_nothing(small: Path) -> None:
    model = RelevanceModel.load(small)
    assert model.score("") == model.score("flurb gnarp") == pytest.approx(0.3775)
    assert model.score("PbTe flurb") == model.score("PbTe") == pytest.approx(0.8176)


def test_a_formula_that_nobody_has_named_counts(small: Path) -> None:
    model = RelevanceModel.load(small)
    assert model.score("Eu3Rh7Sb2O") == model.score("(Eu0.1Rh0.9)Sb2,") == model.score("PbTe")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("La1-xSrxMnO3", {FORMULA, "La", "Sr", "Mn", "O"}),
        ("PbTe-based", {FORMULA, "Pb", "Te", "based"}),
        ("(SrTiO3)", {FORMULA, "Sr", "Ti", "O"}),
        ("BCS", {"bcs"}),
        ("In Si,", {"in", "Si"}),
        ("300 Cosine", {"<number>", "cosine"}),
    ],
)
def test_features(text: str, found: set[str]) -> None:
    assert features(text) == found


def test_the_version_is_the_hash_of_the_weights(small: Path, tmp_path: Path) -> None:
    model = RelevanceModel.load(small)
    other = save_model(tmp_path / "other", {FORMULA: 2.5}, -0.5, {"trained": "2026-01-01"})
    assert model.version == f"rel-{model.card.sha256[:10]}" != other.version
    assert len(model) == 2


def test_a_damaged_model_is_refused(small: Path) -> None:
    file = small / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ArtifactError, match="sha256"):
        RelevanceModel.load(small)


@pytest.mark.parametrize("text", ["{", "[]", '{"id": "rel-1"}', '{"unheard": 1}'])
def test_a_foreign_card_is_refused(small: Path, text: str) -> None:
    (small / "card.json").write_text(text, encoding="utf-8")
    with pytest.raises(ArtifactError, match="card"):
        RelevanceModel.load(small)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="matlore starter relevance"):
        RelevanceModel.load(tmp_path)


def test_the_model_that_ships_is_small_and_says_where_it_is_from() -> None:
    assert sum(file.stat().st_size for file in RELEVANCE_FOLDER.iterdir()) < 1_000_000
    card = shipped_model().card
    assert card.data["licenses"]
    assert card.command
    assert card.metrics["labels by hand"]["n"] == 300


@pytest.mark.parametrize(
    ("text", "categories", "label"),
    [
        ("Growth of ZnO\nfilms", ["cond-mat.mtrl-sci"], 1),
        ("Plasticity\nof a model", ["cond-mat.mtrl-sci"], None),
        ("Magnetism of EuO\nat 5 K", ["cond-mat.str-el"], 1),
        ("A chain of spins\nsolved exactly", ["cond-mat.str-el"], 0),
        ("A chain of spins\nas in CuGeO3", ["cond-mat.str-el"], None),
        ("Bosons\nin a trap", ["cond-mat.quant-gas"], 0),
        ("Cells\nthat move", ["cond-mat.soft", "cond-mat.mtrl-sci"], None),
        ("LiFePO4 as a cathode\nof a battery", ["battery"], 1),
        ("An enzyme\nand its kinetics", ["catalyst"], 0),
    ],
)
def test_weak_labels(text: str, categories: list[str], label: int | None) -> None:
    assert weak_label(text, categories) == label


def _row(number: int, text: str, category: str) -> dict[str, Any]:
    id = f"x:{number}"
    return {
        "id": id,
        "ids": [id],
        "text": text,
        "abstract": text,
        "categories": [category],
        "source": "invented",
        "license": "CC0-1.0",
    }


def _rows() -> Iterator[dict[str, Any]]:
    for number in range(40):
        yield _row(2 * number, MATERIALS[number % 3], "cond-mat.mtrl-sci")
        yield _row(2 * number + 1, OTHERS[number % 4], "cond-mat.quant-gas")


def test_training_keeps_what_is_labelled_by_hand_apart(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    labels = {"x:0": 1, "x:1": 0, "x:999": 1}
    settings = RelevanceSettings(min_papers=2)
    model = train_relevance(_rows(), tmp_path, labels=labels, settings=settings, command="c")
    assert RelevanceModel.load(tmp_path).score(MATERIALS[0]) == model.score(MATERIALS[0]) > 0.5
    assert model.score(OTHERS[0]) < 0.5
    assert model.card.data["chosen_from"] == 78
    assert model.card.data["licenses"] == {"CC0-1.0": 78}
    assert model.card.metrics["labels by hand"]["n"] == 2
    assert train_relevance(_rows(), tmp_path, labels=labels, settings=settings).version == (
        model.version
    )


def test_training_needs_papers_of_both_kinds(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(InputError, match="both kinds"):
        train_relevance([_row(1, OTHERS[0], "hep-th")], tmp_path)


def test_training_without_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(UsageError, match=r"matlore\[train\]"):
        train_relevance(_rows(), tmp_path)


def test_measures() -> None:
    found = measures([0.9, 0.8, 0.5, 0.1, 0.2], [1, 0, 1, 1, 0])
    assert (found["precision"], found["recall"], found["f1"]) == (0.6667, 0.6667, 0.6667)
    low, high = found["f1_interval"]
    assert low < found["f1"] < high


def test_labels_are_read(tmp_path: Path) -> None:
    file = tmp_path / "labels.tsv"
    file.write_text("# why\nid\tlabel\nx:1\t1\n\nx:2\t0\n", encoding="utf-8")
    assert read_labels(file) == {"x:1": 1, "x:2": 0}
    file.write_text("x:1\tyes\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        read_labels(file)


def test_the_labels_by_hand_are_met(shared_data: Path, repository: Path) -> None:
    labels = read_labels(repository / "tests" / "data" / "relevance_labels.tsv")
    texts: dict[str, str] = {}
    for path in sorted((shared_data / "corpus").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                if line[8 : line.index('"', 8)] in labels:
                    row = json.loads(line)
                    texts[row["id"]] = f"{clean_text(row['title'])}\n{clean_text(row['abstract'])}"
    assert texts.keys() == labels.keys()
    scores = [shipped_model().score(texts[id]) for id in labels]
    assert measures(scores, list(labels.values()))["f1"] >= LEAST_F1


def test_a_copy_of_the_model_scores_the_same(tmp_path: Path) -> None:
    copy = RelevanceModel.load(Path(copytree(RELEVANCE_FOLDER, tmp_path / "copy")))
    assert copy.score(MATERIALS[0]) == shipped_model().score(MATERIALS[0])
