"""Token classifiers of others: ONNX without torch, safetensors and pickles with it."""

import itertools
import json
import pickle
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matlore.errors import ArtifactError
from ner.foreign import ForeignEncoder, ForeignTagger, load_foreign
from ner.foreign_convert import convert_foreign
from ner.foreign_files import read_config, read_tokenizer
from ner.foreign_labels import MATSCIBERT_LABELS, iob2, read_scheme
from ner.foreign_weights import save_transitions
from ner.labels import TAGS, Span

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] pbte films show low thermal conductivity . bi2te3 un ##do ##ped "
    "is grown"
).split()
LABEL_OF_WORD = {
    "pbte": "B-MAT",
    "bi2te3": "B-MAT",
    "films": "B-DSC",
    "thermal": "B-PRO",
    "conductivity": "I-PRO",
    "un": "B-DSC",
    # what is not the first piece of its word must not matter
    "##do": "B-APL",
    "##ped": "B-SMT",
}
TEXT = "PbTe films show low thermal conductivity.\nUndoped Bi2Te3 is grown"
FOUND = ["PbTe MAT", "films DSC", "thermal conductivity PRO", "Undoped DSC", "Bi2Te3 MAT"]


def _write_config(folder: Path, names: Sequence[str], **more: Any) -> None:
    config = {
        "model_type": "bert",
        "architectures": ["BertForTokenClassification"],
        "id2label": {str(i): name for i, name in enumerate(names)},
        "max_position_embeddings": 16,
        **more,
    }
    (folder / "config.json").write_text(json.dumps(config))


def _write_tokenizer(folder: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    from matlore.bert.wordpieces import wordpiece_tokenizer

    tokenizer = wordpiece_tokenizer(WORDS)
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def _scores(names: Sequence[str], chosen: dict[str, str]) -> np.ndarray[Any, Any]:
    """Return (pieces, labels): five for the label of each piece, zero else."""
    table = np.zeros((len(WORDS), len(names)), dtype=np.float32)
    for i, word in enumerate(WORDS):
        table[i, names.index(chosen.get(word, "O"))] = 5
    return table


def _write_onnx(path: Path, table: np.ndarray[Any, Any], *, token_types: bool = False) -> None:
    """Write a network that looks the scores of each piece up in a table."""
    onnx = pytest.importorskip("onnx", reason="pip install onnx")
    from onnx import TensorProto, helper, numpy_helper

    inputs = ["input_ids", "attention_mask", *(["token_type_ids"] if token_types else [])]
    values = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "n"]) for n in inputs]
    score = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", "n", table.shape[1]])
    look_up = helper.make_node("Gather", ["table", "input_ids"], ["logits"], axis=0)
    graph = helper.make_graph(
        [look_up], "table", values, [score], [numpy_helper.from_array(table, "table")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.parent.mkdir(exist_ok=True)
    onnx.save(model, str(path))


def _write_model(
    folder: Path,
    names: Sequence[str] = TAGS,
    chosen: dict[str, str] | None = None,
    *,
    onnx: str = "model.onnx",
    **config: Any,
) -> Path:
    folder.mkdir(exist_ok=True)
    _write_config(folder, names, **config)
    _write_tokenizer(folder)
    _write_onnx(folder / onnx, _scores(names, chosen or LABEL_OF_WORD))
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return _write_model(tmp_path / "model")


def _mentions(tagger: ForeignTagger, text: str) -> list[str]:
    return [f"{text[s.start : s.end]} {s.label}" for s in tagger.tag([text])[0]]


# --- ONNX -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["model.onnx", "onnx/model.onnx"])
def test_mentions_have_offsets_into_the_raw_text(tmp_path: Path, place: str) -> None:
    tagger = load_foreign(_write_model(tmp_path / "m", onnx=place), threads=1)
    assert _mentions(tagger, TEXT) == FOUND
    score = tagger.tag([TEXT])[0][0].score
    # softmax of 5 against fourteen zeros
    assert score == pytest.approx(np.exp(5) / (np.exp(5) + 14), abs=1e-4)


def test_tag_words_gives_a_tag_a_word(model: Path) -> None:
    tags = load_foreign(model).tag_words([["undoped", "PbTe"], [], ["thermal", "conductivity"]])
    assert tags == [["B-DSC", "B-MAT"], [], ["B-PRO", "I-PRO"]]


def test_order_of_texts_does_not_matter(model: Path) -> None:
    tagger = load_foreign(model)
    texts = [TEXT, "", "PbTe", "films show low thermal conductivity " * 3, " \n "]
    together = tagger.tag(texts)
    assert together == [tagger.tag([text])[0] for text in texts]
    assert together[1] == together[4] == []


def test_sentence_longer_than_the_window_loses_and_doubles_nothing(model: Path) -> None:
    text = "PbTe films show low thermal conductivity " * 50
    spans = load_foreign(model).tag([text])[0]
    assert [span.label for span in spans] == ["MAT", "DSC", "PRO"] * 50
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


def test_word_of_more_pieces_than_the_window_holds(model: Path) -> None:
    config = read_config(model)
    encoder = ForeignEncoder(read_tokenizer(model), pad=0, longest_row=config.longest_row)
    scheme = read_scheme(TAGS)
    widths: list[int] = []

    def run(pieces: np.ndarray[Any, Any], mask: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        widths.append(pieces.shape[1])
        scores: np.ndarray[Any, Any] = _scores(TAGS, LABEL_OF_WORD)[pieces]
        return scores

    assert scheme is not None
    tagger = ForeignTagger(run, encoder, config, scheme)
    assert tagger.tag_words([["PbTe", "un" + "do" * 40, "films"]]) == [["B-MAT", "B-DSC", "B-DSC"]]
    assert max(widths) == config.longest_row == 16


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "PbTe\x00\x01\u200b films", "материалы 材料 \ud800", "\ufeff", "\x07 \x08"],
    ids=["1 MB without a blank", "control", "scripts", "mark", "nothing to read"],
)
def test_odd_texts(model: Path, text: str) -> None:
    for span in load_foreign(model).tag([text])[0]:
        assert 0 <= span.start < span.end <= len(text)


def test_word_that_the_model_cannot_read_does_not_cut_a_mention(model: Path) -> None:
    tags = load_foreign(model).tag_words([["\x07", "thermal", "\x07", "conductivity", "\x07"]])
    assert tags == [["O", "B-PRO", "I-PRO", "I-PRO", "O"]]


def test_bioes_scheme_with_labels_left_out(tmp_path: Path) -> None:
    names = ["O", "S-MATERIAL", "S-VALUE", "B-PROPERTY", "E-PROPERTY"]
    chosen = {
        "pbte": "S-MATERIAL",
        "low": "S-VALUE",
        "thermal": "B-PROPERTY",
        "conductivity": "E-PROPERTY",
    }
    folder = _write_model(tmp_path / "m", names, chosen)
    with pytest.warns(UserWarning, match="without counterpart, left out: VALUE"):
        tagger = load_foreign(folder)
    assert _mentions(tagger, TEXT) == ["PbTe MAT", "thermal conductivity PRO"]


def test_crf_is_used_where_the_model_has_one(model: Path) -> None:
    n = len(TAGS)
    transitions = np.zeros((n, n), np.float32)
    transitions[TAGS.index("B-MAT"), TAGS.index("B-DSC")] = -100
    end = np.zeros(n, np.float32)
    end[TAGS.index("B-MAT")] = -100
    before = load_foreign(model)
    save_transitions(model, start=np.zeros(n, np.float32), end=end, transitions=transitions)
    after = load_foreign(model)
    words = [["low", "pbte", "films", "show"], ["show", "pbte"]]
    assert before.tag_words(words) == [["O", "B-MAT", "B-DSC", "O"], ["O", "B-MAT"]]
    assert after.tag_words(words) != before.tag_words(words)
    assert after.tag_words(words)[1] == ["O", "O"]
    assert after.version != before.version


def test_crf_columns_follow_the_models_order(tmp_path: Path) -> None:
    folder = _write_model(tmp_path / "m", MATSCIBERT_LABELS)
    n = len(TAGS)
    zeros = np.zeros((n, n), np.float32)
    save_transitions(folder, start=zeros[0], end=zeros[0], transitions=zeros)
    assert _mentions(load_foreign(folder), TEXT) == FOUND


def test_normalised_words_when_the_config_says_so(tmp_path: Path) -> None:
    folder = _write_model(tmp_path / "m", matlore={"normalise": True})
    # Bi2Te3 reads as itself; the sentence's words keep their raw offsets
    assert "Bi2Te3 MAT" in _mentions(load_foreign(folder), TEXT)
    assert load_foreign(folder).version != load_foreign(folder, normalise=False).version


def test_version_changes_with_the_weights(model: Path) -> None:
    before = load_foreign(model).version
    assert before == load_foreign(model).version
    _write_onnx(model / "model.onnx", _scores(TAGS, {"pbte": "B-PRO"}))
    assert load_foreign(model).version != before


def test_token_types_are_given_where_asked_for(model: Path) -> None:
    # an input that the graph does not use is fed all the same
    _write_onnx(model / "model.onnx", _scores(TAGS, LABEL_OF_WORD), token_types=True)
    assert _mentions(load_foreign(model), TEXT) == FOUND


# --- what is refused ----------------------------------------------------------------------


def _damage(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _pickled_only(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({}))


def _as_base(folder: Path) -> None:
    _write_config(folder, ["LABEL_0", "LABEL_1"], architectures=["BertForMaskedLM"])


def _other_table(folder: Path) -> None:
    _write_onnx(folder / "model.onnx", np.zeros((len(WORDS), 3), np.float32))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_remove("config.json"), "no config.json"),
        (_damage("config.json", b"{"), "config.json: cannot be read"),
        (_damage("config.json", b"[1]"), "holds no JSON object"),
        (_damage("config.json", b'{"id2label": {"0": "O", "7": "B-MAT"}}'), "have gaps"),
        (_remove("tokenizer.json"), "no tokenizer"),
        (_damage("tokenizer.json", b"{}"), "tokenizer.json: no tokenizer can be read"),
        (_remove("model.onnx"), "no weights"),
        (_damage("model.onnx", b"broken"), "model.onnx: onnxruntime cannot load it"),
        (_damage("crf.safetensors", b"broken"), "crf.safetensors: cannot be read"),
        (_pickled_only, "pickle format.*matlore ner export"),
        (_as_base, "BertForMaskedLM, which has no head"),
        (lambda f: _write_config(f, ["LABEL_0", "LABEL_1"]), "labels have no names"),
        (lambda f: _write_config(f, []), "labels have no names"),
        (lambda f: _write_config(f, ["O", "B-PER"]), "none of its labels is known.*PER"),
    ],
)
def test_unusable_folders(model: Path, spoil: Callable[[Path], object], message: str) -> None:
    spoil(model)
    with pytest.raises(ArtifactError, match=message) as caught:
        load_foreign(model)
    assert str(model) in str(caught.value)


def test_weights_of_another_config_are_refused_when_run(model: Path) -> None:
    _other_table(model)
    with pytest.raises(ArtifactError, match="do not belong together"):
        load_foreign(model).tag(["PbTe"])


def test_neither_folder_nor_hub_id(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no such folder"):
        load_foreign(tmp_path / "absent")


def test_model_that_the_hub_does_not_give(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked: list[tuple[str, Any]] = []

    def offline(name: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((name, revision))
        assert not any("bin" in pattern for pattern in allow_patterns)
        raise OSError("no network\nlong story")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(ArtifactError, match=r"some/model@v1: .*did not give it \(no network\)"):
        load_foreign("some/model@v1")
    assert asked == [("some/model", "v1")]


def test_model_of_the_hub(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, **_: str(model))
    assert _mentions(load_foreign("some/model"), TEXT) == FOUND


def test_offline_hub_is_one_sentence() -> None:
    # the fixture of all tests sets HF_HUB_OFFLINE, and the cache is empty
    with pytest.raises(ArtifactError, match=r"no-such-organisation/no-such-model"):
        load_foreign("no-such-organisation/no-such-model")


# --- torch ----------------------------------------------------------------------------------

_NEEDS_TORCH = "takes torch: pip install 'matlore[train]'"


def _bert(folder: Path, *, head: bool = True) -> Any:
    """Write a tiny random BERT as safetensors, and return it."""
    pytest.importorskip("torch", reason=_NEEDS_TORCH)
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertForTokenClassification

    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
        id2label=dict(enumerate(MATSCIBERT_LABELS)),
        initializer_range=1.0,
    )
    network: Any = (BertForTokenClassification if head else BertForMaskedLM)(config)
    network.eval().save_pretrained(folder)
    _write_tokenizer(folder)
    return network


def _tags(tagger: ForeignTagger) -> list[Span]:
    return tagger.tag([TEXT * 3])[0]


def test_safetensors_and_its_conversion_agree(tmp_path: Path) -> None:
    _bert(tmp_path / "a")
    expected = _tags(load_foreign(tmp_path / "a"))
    converted = load_foreign(convert_foreign(tmp_path / "a", tmp_path / "b"))
    assert expected
    assert [s[:3] for s in _tags(converted)] == [s[:3] for s in expected]
    assert [s.score for s in _tags(converted)] == pytest.approx(
        [s.score for s in expected], abs=1e-3
    )


def test_tags_are_those_of_the_first_pieces_as_transformers_sees_them(tmp_path: Path) -> None:
    network = _bert(tmp_path / "a")
    import torch
    import transformers

    words = "undoped PbTe films show low thermal conductivity .".split()
    fast: Any = transformers.PreTrainedTokenizerFast
    tokenizer = fast(tokenizer_file=str(tmp_path / "a" / "tokenizer.json"))
    encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    pieces = encoded.word_ids()
    with torch.no_grad():
        best = network(encoded.input_ids, attention_mask=encoded.attention_mask).logits[0].argmax(1)
    scheme = read_scheme(MATSCIBERT_LABELS)
    assert scheme is not None
    expected = iob2([scheme.tags[best[pieces.index(i)]] for i in range(len(words))])
    assert load_foreign(tmp_path / "a").tag_words([words]) == [expected]
    assert len(set(expected)) > 2


def test_pickled_weights_in_a_wrapper_with_crf(tmp_path: Path) -> None:
    network = _bert(tmp_path / "a")
    import torch

    expected = load_foreign(tmp_path / "a").tag_words([["thermal", "conductivity"]])
    state = {f"encoder.{name}": part for name, part in network.state_dict().items()}
    start = torch.full((len(TAGS),), -1e3)
    start[MATSCIBERT_LABELS.index("B-SMT")] = 0
    state |= {"crf.start_transitions": start, "crf.end_transitions": start * 0}
    state["crf.transitions"] = torch.zeros(len(TAGS), len(TAGS))
    (tmp_path / "a" / "model.safetensors").unlink()
    torch.save(state, tmp_path / "a" / "pytorch_model.bin")
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    del config["id2label"], config["label2id"]
    (tmp_path / "a" / "config.json").write_text(json.dumps(config))
    folder = convert_foreign(tmp_path / "a", tmp_path / "b", labels=MATSCIBERT_LABELS)
    with_crf = load_foreign(folder).tag_words([["thermal", "conductivity"]])
    assert with_crf[0][0] == "B-SMT"
    (folder / "crf.safetensors").unlink()
    assert load_foreign(folder).tag_words([["thermal", "conductivity"]]) == expected


def test_base_model_is_not_converted(tmp_path: Path) -> None:
    _bert(tmp_path / "a", head=False)
    with pytest.raises(ArtifactError, match="lack classifier"):
        convert_foreign(tmp_path / "a", tmp_path / "b")


def test_safetensors_without_a_head_are_refused(tmp_path: Path) -> None:
    _bert(tmp_path / "a", head=False)
    _write_config(
        tmp_path / "a",
        TAGS,
        **{"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2},
        vocab_size=len(WORDS),
        intermediate_size=16,
    )
    with pytest.raises(ArtifactError, match="lack classifier"):
        load_foreign(tmp_path / "a")


def test_pickle_that_runs_something_is_not_opened(tmp_path: Path) -> None:
    _bert(tmp_path / "a")
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (marker,)

    (tmp_path / "a" / "model.safetensors").unlink()
    (tmp_path / "a" / "pytorch_model.bin").write_bytes(pickle.dumps({"a": Evil()}))
    with pytest.raises(ArtifactError, match="holds more than weights"):
        convert_foreign(tmp_path / "a", tmp_path / "b")
    assert not marker.exists()
    assert not (tmp_path / "b").exists()


def test_without_torch_safetensors_say_what_to_install(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    (model / "model.onnx").rename(model / "model.safetensors")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ArtifactError, match=r"pip install 'matlore\[train\]'"):
        load_foreign(model)
    with pytest.raises(ArtifactError, match=r"pip install 'matlore\[train\]'"):
        convert_foreign(model, model / "out")


def test_byte_level_pieces_begin_as_after_a_blank(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE({"a": 0, "\u0120": 1, "\u0120a": 2}, [("\u0120", "a")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode(["a"], is_pretokenized=True).ids == [0]
    assert read_tokenizer(tmp_path).encode(["a"], is_pretokenized=True).ids == [2]


def test_tokenizer_that_frames_no_row_is_refused(model: Path) -> None:
    settings = json.loads((model / "tokenizer.json").read_text())
    settings["post_processor"] = None
    (model / "tokenizer.json").write_text(json.dumps(settings))
    with pytest.raises(ArtifactError, match="begin and end with one special piece"):
        load_foreign(model)


@pytest.mark.parametrize(
    ("config", "longest"),
    [
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "bert", "max_position_embeddings": 128}, 128),
        ({"model_type": "longformer", "max_position_embeddings": 4096}, 512),
        ({"model_type": "deberta"}, 16),
    ],
)
def test_longest_row(tmp_path: Path, config: dict[str, Any], longest: int) -> None:
    _write_config(tmp_path, TAGS, **config)
    assert read_config(tmp_path).longest_row == longest


def test_bare_vocabulary_makes_a_tokenizer(model: Path) -> None:
    (model / "tokenizer.json").unlink()
    (model / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    with warnings.catch_warnings():
        assert _mentions(load_foreign(model), TEXT) == FOUND
