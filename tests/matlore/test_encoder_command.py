"""`matlore encoder`: from papers and a tiny base model to encoders that run."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from search_homes import ingest_papers
from tiny_encoders import HEADS, LAYERS, PIECES, SIZE, random_weights

from embeddings.encoders.pairs import TrainingPapers
from embeddings.encoders.static import StaticEncoder
from embeddings.encoders.transformer import TransformerEncoder
from matlore.bert.wordpieces import wordpiece_tokenizer
from matlore.cli import main
from matlore.pipeline.encoder_train import known_item_bucket

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT as sentence-transformers saves it."""
    from safetensors.numpy import save_file

    folder = tmp_path_factory.mktemp("base")
    weights: dict[str, Any] = {
        name.removeprefix("bert."): value for name, value in random_weights().items()
    }
    save_file({**weights, "pooler.dense.weight": np.eye(SIZE, dtype=np.float32)},
              str(folder / "model.safetensors"))  # fmt: skip
    config = {
        "model_type": "bert",
        "vocab_size": len(PIECES),
        "hidden_size": SIZE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": 2 * SIZE,
        "max_position_embeddings": 24,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(config))
    wordpiece_tokenizer(PIECES).save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("papers") / "home"
    words = ["films", "wires", "heat", "light", "spin", "iron", "tin", "zinc", "oxide", "glass"]
    papers = [
        {
            "id": f"2301.{k:05d}",
            "title": f"{words[k % 10]} and {words[k % 7]} of {words[k % 3]}",
            "abstract": " ".join(
                f"Here {words[(k + j) % 10]} meets {words[(k * j) % 10]} in sample {k}."
                for j in range(12)
            ),
            "year": 2020,
        }
        for k in range(90)
    ]
    ingest_papers(path, papers)
    return path


def test_encoders_are_trained_and_run_without_torch(
    base: Path, home: Path, tmp_path: Path, capsys: Capture
) -> None:
    pytest.importorskip("torch", reason="torch is missing: pip install 'matlore[train]'")
    pytest.importorskip("onnx", reason="onnx is missing: pip install 'matlore[train]'")
    folder, out = tmp_path / "prepared", tmp_path / "encoders"
    prepare = ["encoder", "prepare", str(folder), "--base", str(base), "--home", str(home)]
    assert main([*prepare, "--vocabulary", "1000", "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    held = [known_item_bucket(f"arxiv:2301.{k:05d}") for k in range(90)]
    assert record["papers"] == sum(bucket > 1 for bucket in held)
    assert record["dev"] == sum(bucket == 1 for bucket in held)
    train = ["encoder", "train", str(folder), "--batch", "8", "--workers", "1"]
    assert main([*train, "--seconds", "1", "--static-seconds", "1", "--format", "json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["transformer"]["steps"] > 0
    assert trained["static"]["steps"] > 0
    assert main(["encoder", "export", str(folder), "--out", str(out)]) == 0
    for encoder in (
        StaticEncoder.load(out / "static"),
        TransformerEncoder.load(out / "transformer"),
    ):
        found = encoder.encode(["heat of tin", "glass"])
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        assert encoder.card.settings["steps"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prepare", "out", "--base", "nothing"], "tokenizer"),
        (["prepare", "out", "--base", "broken"], "no BERT can be read"),
        (["train", "nothing"], "encoder prepare"),
        (["export", "nothing", "--out", "out"], "encoder prepare"),
    ],
)
def test_a_folder_that_is_not_what_it_must_be_is_told(
    base: Path,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    arguments: list[str],
    message: str,
) -> None:
    if arguments[0] != "prepare":
        pytest.importorskip("torch", reason="torch is missing: pip install 'matlore[train]'")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing").mkdir()
    (tmp_path / "broken").mkdir()
    shutil.copy(base / "tokenizer.json", "broken")
    shutil.copy(base / "config.json", "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"nothing")
    given = [*arguments, "--home", str(home)] if arguments[0] == "prepare" else arguments
    assert main(["encoder", *given]) == 1
    assert message in capsys.readouterr().err


def test_a_home_without_papers_is_told(base: Path, tmp_path: Path, capsys: Capture) -> None:
    from matlore.home import Home

    Home.open(tmp_path / "empty", create=True)
    arguments = ["encoder", "prepare", str(tmp_path / "out"), "--base", str(base)]
    assert main([*arguments, "--home", str(tmp_path / "empty")]) == 1
    assert "matlore ingest" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_fewer_papers_can_be_taken_and_are_the_same_each_time(
    base: Path, home: Path, tmp_path: Path, capsys: Capture
) -> None:
    made = []
    for name in ("one", "two"):
        arguments = ["encoder", "prepare", str(tmp_path / name), "--base", str(base)]
        assert main([*arguments, "--home", str(home), "--papers", "20", "--format", "json"]) == 0
        record = json.loads(capsys.readouterr().out)
        assert record["papers"] == 20
        papers = TrainingPapers.load(tmp_path / name / "papers.npz")
        made.append([papers.title(k).tolist() for k in range(len(papers))])
    assert made[0] == made[1]
    assert len(made[0]) == 20


def test_what_training_needs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["encoder", "train", str(tmp_path)]) == 2
    assert "matlore[train]" in capsys.readouterr().err
