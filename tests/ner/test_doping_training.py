"""Reading, training and scoring of dopings, on sentences of our own."""

import json
from pathlib import Path

import pytest

from matlore.errors import ArtifactError, InputError
from ner.facts.doping_model import DopingModel, load_doping_model
from ner.facts.doping_tokens import doping_tokens
from ner.facts.doping_training import (
    DopingSentence,
    Prediction,
    cross_validate_doping,
    gold_labels,
    predict_doping,
    read_doping,
    score_dopings,
    train_doping,
)

_HOSTS = ("ZnO", "TiO2", "SnO2", "GaN", "CeO2", "BaTiO3")
_DOPANTS = ("Mn", "Al", "Nb", "Eu", "Fe", "La")


def _row(text: str, host: str, dopant: str, *, relevant: bool = True) -> dict[str, object]:
    linked = bool(host and dopant)
    return {
        "sentence_text": text,
        "basemats": {"b0": host} if host else {},
        "dopants": {"d0": dopant} if dopant else {},
        "dopants2basemats": {"d0": ["b0"]} if linked else {},
        "relevant": relevant,
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a file of thirty small abstracts."""
    abstracts = []
    for k in range(30):
        host, dopant = _HOSTS[k % 6], _DOPANTS[(k // 5) % 6]
        rows = [
            _row(f"We made {dopant}-doped {host} films.", host, dopant),
            _row(f"Then {host} was doped with {dopant}.", host, dopant),
            _row("The films are thin.", "", "", relevant=False),
        ]
        abstracts.append({"doi": str(k), "doping_sentences": rows})
    path = tmp_path / "train.json"
    path.write_text(json.dumps(abstracts), encoding="utf-8")
    return path


def test_read(data: Path) -> None:
    first = read_doping(data)[0]
    assert first[0] == DopingSentence(
        "We made Mn-doped ZnO films.", True, ("ZnO",), ("Mn",), (("ZnO", "Mn"),)
    )
    assert not first[2].relevant


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', '[{"doping_sentences": [{}]}]'])
def test_read_refuses(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="relations_doping"):
        read_doping(path)


def test_gold_labels() -> None:
    sentence = DopingSentence("Al-doped tin oxide and tin", True, ("tin oxide", "tin"), ("Al",), ())
    tokens = doping_tokens(sentence.text, 0, len(sentence.text))
    assert gold_labels(sentence, tokens) == ["B-D", "O", "O", "B-H", "I-H", "O", "B-H"]


def test_score_counts_pairs_of_words() -> None:
    gold = [
        DopingSentence("", True, ("a b",), ("x",), (("a b", "x"),)),
        DopingSentence("", False, (), (), ()),
        DopingSentence("", True, ("c",), ("y",), (("c", "y"),)),
    ]
    found = [
        Prediction(("a",), ("x",), (("a", "x"),)),
        Prediction(("d",), ("z",), (("d", "z"),)),
        Prediction(("c",), ("y",), (("c", "y"),)),
    ]
    scores = score_dopings([gold], [found])
    assert scores["all_relevant"]["precision"] == 1.0
    assert scores["all_relevant"]["recall"] == pytest.approx(2 / 3)
    assert scores["all_sentences"]["precision"] == pytest.approx(2 / 3)
    assert scores["as_published"]["recall"] == pytest.approx(1 / 2)
    assert scores["hosts"]["gold"] == 3


def test_cross_validation(data: Path) -> None:
    pytest.importorskip("pycrfsuite")
    pytest.importorskip("sklearn")
    scores = cross_validate_doping(data)
    assert scores["all_relevant"]["f1"] > 0.9
    assert cross_validate_doping(data) == scores


def test_model_round_trip(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("pycrfsuite")
    pytest.importorskip("sklearn")
    model = train_doping(data)
    path = tmp_path / "facts" / "doping.json.zst"
    model.save(path)
    sentence = read_doping(data)[0][0]
    again = load_doping_model(path)
    assert predict_doping(again, sentence) == predict_doping(model, sentence)
    assert predict_doping(model, sentence).links == (("ZnO", "Mn"),)
    assert DopingModel.from_json(model.to_json()).to_json() == model.to_json()


def test_model_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ArtifactError, match="another kind"):
        load_doping_model(path)
