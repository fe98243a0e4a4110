"""Staging, phrases and training on a small made-up corpus."""

import random
from pathlib import Path

import numpy as np
import pytest

from embeddings.phrases import PhraseModel
from embeddings.stage import Stage, build_stage
from embeddings.training import TrainingSettings, train_vectors, vectors_id
from embeddings.vectors import WordVectors
from matlore.errors import ArtifactError, InputError

SMALL = TrainingSettings(
    dimension=12,
    window=4,
    negative=5,
    epochs=4,
    alpha=0.05,
    min_count=2,
    phrase_min_count=5,
    phrase_threshold=0.08,
)
_HOT = ["PbTe", "Bi2Te3", "Bi0.5Sb1.5Te3"]
_COLD = ["MgB2", "YBa2Cu3O7-δ", "NbSe2"]


def _papers(n: int = 300) -> list[tuple[str, int | None, str]]:
    """Return papers on two topics that share no material."""
    dice = random.Random(5)
    papers: list[tuple[str, int | None, str]] = []
    for k in range(n):
        materials, topic = (_HOT, "figure of merit") if k % 2 else (_COLD, "critical temperature")
        noise = " ".join(dice.choice(["grown", "films", "pure", "measured"]) for _ in range(4))
        material = dice.choice(materials)
        text = f"The {topic} of {material} in {noise}.\nHigh {topic} in {material} of {k}."
        papers.append((f"doi:10.1/{k}", 2000 + k % 10, text))
    return [*papers, ("doi:10.1/no-year", None, "Theory of everything, figure of merit.")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("stage")
    return build_stage(_papers(), folder, fingerprint="abc", workers=1)


def test_the_stage_is_restartable_and_knows_its_papers(stage: Stage) -> None:
    first, second = list(stage), list(stage)
    assert first == second
    assert len(stage) == len(first) == 301
    assert first[1].id == "doi:10.1/1"
    assert first[1].year == 2001
    assert first[1].n_materials == 2
    assert first[-1].year is None
    assert first[-1].n_materials == 0
    assert stage.spellings() == {"BiSb3Te6": "Bi0.5Sb1.5Te3", "Ba2YCu3O7": "YBa2Cu3O7-δ"}


def test_an_unfinished_stage_is_no_stage(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="matlore embeddings train"):
        Stage(tmp_path)
    (tmp_path / "stage.json").write_text('{"version": "0"}')
    with pytest.raises(ArtifactError, match="another version"):
        Stage(tmp_path)


def test_phrases_join_words_but_never_formulas_or_numbers(stage: Stage, tmp_path: Path) -> None:
    sentences = [paper.tokens for paper in stage]
    phrases = PhraseModel.learn(sentences, min_count=5, threshold=0.08)
    joined = phrases.apply(["high", "figure", "of", "merit", "in", "PbTe", "films", "of", "<nUm>"])
    assert "figure_of_merit" in "".join(joined)
    assert {"PbTe", "<nUm>"} <= set(joined)
    phrases.save(tmp_path / "phrases.json")
    assert PhraseModel.load(tmp_path / "phrases.json").apply(sentences[0]) == phrases.apply(
        sentences[0]
    )
    (tmp_path / "phrases.json").write_text("{")
    with pytest.raises(ArtifactError, match="no readable phrases"):
        PhraseModel.load(tmp_path / "phrases.json")


def test_phrases_refuse_a_generator() -> None:
    with pytest.raises(TypeError, match="not a generator"):
        PhraseModel.learn(tokens for tokens in [["a", "b"]])


def test_training_learns_which_material_goes_with_which_topic(stage: Stage, tmp_path: Path) -> None:
    settings = TrainingSettings(**{**SMALL.__dict__, "epochs": 30})
    vectors = train_vectors(stage, tmp_path, settings=settings, workers=1)
    topic = next(word for word in vectors.words if "figure_of_merit" in word)
    scores = vectors.unit_outputs @ vectors.unit_input(topic)
    of = {vectors.words[i]: float(scores[k]) for k, i in enumerate(vectors.output_ids)}
    assert min(of["PbTe"], of["Bi2Te3"], of["BiSb3Te6"]) > max(of["MgB2"], of["NbSe2"])
    assert vectors.card.corpus["papers"] == 300
    assert vectors.card.corpus["years"] == [2000, 2009]
    assert not (tmp_path / "work").exists()


def test_a_cutoff_keeps_later_papers_out(stage: Stage, tmp_path: Path) -> None:
    vectors = train_vectors(stage, tmp_path, settings=SMALL, until=2003, workers=1)
    assert vectors.card.trained_until == 2003
    assert vectors.card.corpus["papers"] == 120
    assert vectors.card.corpus["years"] == [2000, 2003]
    assert vectors_id(stage, SMALL, 2003) == vectors.card.id != vectors_id(stage, SMALL, None)


def test_a_stopped_run_goes_on_and_ends_the_same(stage: Stage, tmp_path: Path) -> None:
    whole = train_vectors(stage, tmp_path / "whole", settings=SMALL, workers=1)
    epochs: list[int] = []

    def stop(epoch: int) -> None:
        epochs.append(epoch)
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_vectors(stage, tmp_path / "cut", settings=SMALL, workers=1, on_epoch=stop)
    resumed = train_vectors(
        stage, tmp_path / "cut", settings=SMALL, workers=1, on_epoch=epochs.append
    )
    assert epochs == [1, 2, 3, 4]
    assert resumed.words == whole.words
    assert resumed.card.id == whole.card.id
    cosines = (resumed.unit_inputs * whole.unit_inputs).sum(axis=1)
    assert np.median(cosines) > 0.9


def test_the_same_seed_gives_the_same_vectors_with_one_worker(stage: Stage, tmp_path: Path) -> None:
    first = train_vectors(stage, tmp_path / "a", settings=SMALL, workers=1)
    second = train_vectors(stage, tmp_path / "b", settings=SMALL, workers=1)
    np.testing.assert_array_equal(first.input, second.input)


def test_trained_vectors_are_not_trained_again(stage: Stage, tmp_path: Path) -> None:
    train_vectors(stage, tmp_path, settings=SMALL, workers=1)
    changed = (tmp_path / "vectors.safetensors").stat().st_mtime_ns
    again = train_vectors(stage, tmp_path, settings=SMALL, workers=1)
    assert (tmp_path / "vectors.safetensors").stat().st_mtime_ns == changed
    assert again.words == WordVectors.load(tmp_path).words


def test_too_few_words_are_said_so(stage: Stage, tmp_path: Path) -> None:
    settings = TrainingSettings(**{**SMALL.__dict__, "min_count": 10_000})
    with pytest.raises(InputError, match="--min-count"):
        train_vectors(stage, tmp_path, settings=settings, workers=1)
