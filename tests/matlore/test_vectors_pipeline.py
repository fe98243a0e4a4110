"""Training in a home, finding its vectors, and the starter pack, through the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

import ingest
from matlore.cli import main
from matlore.cli.options import command_line
from matlore.errors import InputError, NotFoundError
from matlore.home import Home, lock_folder
from matlore.pipeline.vectors import (
    STARTER_VECTORS,
    corpus_fingerprint,
    ensure_counts,
    ensure_stage,
    resolve_vectors,
)

SAMPLE = Path(ingest.__file__).parent / "sample"
TINY = ("--dimension", "8", "--epochs", "2", "--min-count", "2", "--alpha", "0.05")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "home"
    assert main(["ingest", "file", str(SAMPLE), "--home", str(path)]) == 0
    for extra in ((), ("--until", "2011")):
        assert main(["embeddings", "train", *TINY, *extra, "--home", str(path)]) == 0
    return path


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*arguments, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_newest_vectors_of_the_home_are_used(home: Path) -> None:
    loaded = resolve_vectors(home)
    assert loaded.path.parent == home / "vectors"
    assert loaded.vectors.card.trained_until is None
    assert loaded.vectors.card.dimension == 8
    assert loaded.counts is not None
    assert loaded.counts.papers == 150
    assert loaded.papers is not None
    assert loaded.papers.of("SnSe", "thermoelectric")
    assert loaded.stage is not None
    assert len(loaded.stage) == 150


def test_a_cutoff_is_met_by_vectors_of_that_year_alone(home: Path) -> None:
    loaded = resolve_vectors(home, before=2011)
    assert loaded.vectors.card.trained_until == 2011
    assert loaded.vectors.card.corpus["years"][1] == 2011
    with pytest.raises(NotFoundError, match="embeddings train --until 2013"):
        resolve_vectors(home, before=2013)
    with pytest.raises(NotFoundError, match="embeddings train --until 2013"):
        resolve_vectors(home, vectors=loaded.path, before=2013)


def test_without_a_home_the_starter_pack_is_used(tmp_path: Path) -> None:
    loaded = resolve_vectors(tmp_path / "none")
    assert "PbTe" in loaded.vectors
    assert loaded.vectors.card.metrics
    assert loaded.vectors.card.corpus["licenses"]
    assert loaded.counts is not None
    assert loaded.papers is not None
    assert loaded.stage is None


def test_training_again_finds_the_work_done(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = resolve_vectors(home)
    changed = (first.path / "vectors.safetensors").stat().st_mtime_ns
    found = _json(capsys, "embeddings", "train", *TINY, "--home", str(home))
    assert found["vectors"] == first.vectors.card.id
    assert (first.path / "vectors.safetensors").stat().st_mtime_ns == changed


def test_a_changed_corpus_is_staged_anew(tmp_path: Path) -> None:
    path = tmp_path / "home"
    assert main(["ingest", "file", str(SAMPLE / "part1.jsonl"), "--home", str(path)]) == 0
    home = Home.open(path)
    before = corpus_fingerprint(home)
    assert len(ensure_stage(home)) == 75
    assert ensure_counts(path).papers == 75
    assert main(["ingest", "file", str(SAMPLE / "part2.jsonl"), "--home", str(path)]) == 0
    assert corpus_fingerprint(home) != before
    assert len(ensure_stage(home)) == 150
    assert ensure_counts(path).papers == 150


def test_an_empty_corpus_cannot_be_staged(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home", create=True)
    with pytest.raises(InputError, match="matlore ingest file"):
        ensure_stage(home)


def test_neighbours_are_printed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(capsys, "embeddings", "similar", "SnSe", "--top", "3", "--home", str(home))
    assert [row["rank"] for row in found["neighbours"]] == [1, 2, 3]
    assert main(["embeddings", "similar", "unobtainium", "--home", str(home)]) == 1
    assert "not in the vocabulary" in capsys.readouterr().err


def test_the_starter_pack_is_built_from_a_home(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pack"
    arguments = ("--home", str(home), "--out", str(out), "--max-megabytes", "1")
    found = _json(capsys, "starter", "build", *arguments)
    assert found["megabytes"] < 1
    packed = resolve_vectors(tmp_path / "none", vectors=out)
    assert packed.vectors.card.corpus["licenses"] == {"CC0-1.0": 150}
    assert packed.vectors.words == resolve_vectors(home).vectors.words
    assert packed.counts is not None
    ranked = _json(capsys, "recommend", "--application", "thermoelectric", "--vectors", str(out))
    assert ranked["vectors"] == packed.vectors.card.id


def test_the_starter_pack_needs_counts(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare"
    resolve_vectors(home).vectors.save(bare)
    arguments = ["starter", "build", "--home", str(home), "--vectors", str(bare)]
    assert main([*arguments, "--out", str(tmp_path / "pack")]) == 1
    assert "no counts beside" in capsys.readouterr().err


def test_a_starter_pack_replaces_nothing_but_a_pack(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    assert main(["starter", "build", "--home", str(home), "--out", str(tmp_path)]) == 2
    assert "thesis.tex" in capsys.readouterr().err
    assert (tmp_path / "thesis.tex").exists()


def test_the_command_on_a_card_names_no_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["matlore", "embeddings", "train", "--home", "/home/ada/corpus", "--out=/tmp/a/b/"]
    monkeypatch.setattr("sys.argv", words)
    assert command_line() == "matlore embeddings train --home corpus --out=b/"


def test_two_trainings_in_one_home_are_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock_folder(home / "vectors"):
        assert main(["embeddings", "train", *TINY, "--home", str(home)]) == 1
    assert "is being written by process" in capsys.readouterr().err


def test_a_damaged_card_does_not_hide_the_other_vectors(home: Path) -> None:
    damaged = home / "vectors" / "w2v-damaged"
    damaged.mkdir()
    (damaged / "card.json").write_text("{")
    try:
        assert resolve_vectors(home).vectors.card.dimension == 8
    finally:
        (damaged / "card.json").unlink()
        damaged.rmdir()


def test_a_term_outside_the_vocabulary_is_counted_in_the_corpus_that_was_counted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The counts that ship are never mixed with counts of another corpus."""
    own = _json(capsys, "recommend", "--application", "film", "--home", str(home))
    assert own["counted_papers"] == 150
    starter = str(STARTER_VECTORS)
    mixed = _json(
        capsys, "recommend", "--application", "film", "--home", str(home), "--vectors", starter
    )
    assert mixed["counted_papers"] == 150
