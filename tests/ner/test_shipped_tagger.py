"""The tagger that ships: small, whole, and as good as its card and the README say."""

from pathlib import Path

import pytest

from ner.card import NER_FOLDER, TaggerCard, load_card
from ner.conll import read_conll
from ner.evaluation import evaluate_words
from ner.tagger import OnnxTagger, load_tagger

TEXT = "Anatase TiO2 films were grown on SrTiO3 by pulsed laser deposition (PLD)."


@pytest.fixture(scope="module")
def card() -> TaggerCard:
    return load_card(NER_FOLDER)


@pytest.fixture(scope="module")
def tagger() -> OnnxTagger:
    return OnnxTagger(NER_FOLDER)


def test_it_is_small() -> None:
    assert sum(file.stat().st_size for file in NER_FOLDER.iterdir()) <= 16e6


def test_it_is_the_default_and_finds_what_it_should() -> None:
    (spans,) = load_tagger().tag([TEXT])
    found = {(TEXT[span.start : span.end], span.label) for span in spans}
    assert {("TiO2", "MAT"), ("films", "DSC"), ("SrTiO3", "MAT")} <= found
    assert {("pulsed laser deposition", "SMT"), ("PLD", "SMT")} <= found


def test_its_card_says_what_it_was_made_of(card: TaggerCard) -> None:
    assert "Matscholar" in str(card.data)
    assert "licence is not stated" in str(card.data)
    assert "Apache-2.0" in str(card.data)
    assert card.command
    assert card.metrics["dev"]["micro"]["f1"] >= 0.84


def test_dev_f1_is_that_of_the_card(
    shared_data: Path, tagger: OnnxTagger, card: TaggerCard
) -> None:
    report = evaluate_words(tagger, read_conll(shared_data / "ner_matscholar" / "dev.txt"))
    said = card.metrics["dev"]
    # Float32 parts of the network may round otherwise on another processor.
    assert report.micro.f1 == pytest.approx(said["micro"]["f1"], abs=0.003)
    assert report.macro_f1 == pytest.approx(said["macro_f1"], abs=0.01)


def test_raw_f1_is_that_of_the_card(shared_data: Path, repository: Path, card: TaggerCard) -> None:
    from matlore.pipeline.ner_evaluate import evaluate_tagger

    report = evaluate_tagger(
        repository / "no-home",
        annotations=repository / "tests" / "data" / "ner_annotations.tsv",
        texts=[shared_data / "corpus"],
    )
    assert report["micro"]["f1"] == pytest.approx(card.metrics["raw"]["micro"]["f1"], abs=0.005)


def test_readme_says_what_the_card_says(repository: Path, card: TaggerCard) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    for test in ("dev", "raw"):
        assert f"{100 * card.metrics[test]['micro']['f1']:.1f}" in readme
