"""A trained network that is broken is refused with a sentence; torch is not needed."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_tagger import HEADS, LAYERS, PIECES, random_weights

from matlore.bert.wordpieces import wordpiece_tokenizer
from matlore.errors import ArtifactError, InputError
from matlore.pipeline.ner_train import export_network
from ner.conll import TaggedSentence, write_conll
from ner.tagger import load_tagger

pytest.importorskip("onnx", reason="pip install 'matlore[train]'")
safetensors = pytest.importorskip("safetensors.numpy", reason="pip install 'matlore[train]'")

CONFIG = {"num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "layer_norm_eps": 1e-12}


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A folder as `matlore ner train` leaves it, with random weights."""
    folder = tmp_path / "network"
    folder.mkdir()
    safetensors.save_file(random_weights(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "training.json").write_text("{}")
    wordpiece_tokenizer(PIECES).save(str(folder / "tokenizer.json"))
    write_conll(folder / "sample.conll", [TaggedSentence(("films",), ("B-DSC",))])
    return folder


@pytest.mark.parametrize("int8", [True, False])
def test_a_network_becomes_a_tagger(int8: bool, network: Path, tmp_path: Path) -> None:
    made = export_network(network, tmp_path / "tagger", int8=int8)
    assert load_tagger(tmp_path / "tagger").version == made["model"]


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ([], "no trained network"),
        ({**CONFIG, "num_hidden_layers": None}, "no trained network"),
        ({**CONFIG, "num_hidden_layers": 5}, r"no bert\.encoder\.layer\.4"),
        ({**CONFIG, "num_attention_heads": 3}, "columns for 3 heads"),
        ({**CONFIG, "num_attention_heads": 0}, "columns for 0 heads"),
    ],
)
def test_a_configuration_of_another_network_is_refused(
    config: Any, problem: str, network: Path, tmp_path: Path
) -> None:
    (network / "config.json").write_text(json.dumps(config))
    with pytest.raises(ArtifactError, match=problem):
        export_network(network, tmp_path / "tagger")


def test_a_tokenizer_of_another_network_is_refused(network: Path, tmp_path: Path) -> None:
    more = [*PIECES, *(f"word{k}" for k in range(9))]
    wordpiece_tokenizer(more).save(str(network / "tokenizer.json"))
    with pytest.raises(ArtifactError, match=rf"has {len(PIECES)} rows, not {len(more)}"):
        export_network(network, tmp_path / "tagger")


def test_a_broken_record_is_refused(network: Path, tmp_path: Path) -> None:
    (network / "training.json").write_text("{")
    with pytest.raises(ArtifactError, match=r"training\.json: cannot be read"):
        export_network(network, tmp_path / "tagger")


def test_a_file_where_the_tagger_should_go_is_refused(network: Path, tmp_path: Path) -> None:
    (tmp_path / "tagger").write_text("")
    with pytest.raises(InputError, match="name a folder"):
        export_network(network, tmp_path / "tagger")
