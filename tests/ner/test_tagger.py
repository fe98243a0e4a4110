"""The tagger, with random weights: what it says is nonsense, how it says it is not."""

import json
import os
import shutil
import signal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matlore.errors import ArtifactError
from ner.card import CARD, MODEL, TOKENIZER
from ner.labels import LABELS, TAGS
from ner.tagger import OnnxTagger, load_tagger


@pytest.fixture(scope="module")
def tagger(tiny_tagger: Path) -> OnnxTagger:
    return OnnxTagger(tiny_tagger, threads=1)


TEXTS = [
    "TiO2 thin films\nAs-grown films (ZnO) were annealed at 300 K. XRD shows rutile.",
    "",
    "Bi2Te3/Sb2Te3 superlattices have low thermal conductivity.",
]


def test_mentions_are_sorted_disjoint_and_stripped(tagger: OnnxTagger) -> None:
    found = tagger.tag(TEXTS)
    assert len(found) == 3
    assert found[1] == []
    assert found[0]
    for text, spans in zip(TEXTS, found, strict=True):
        for span in spans:
            assert text[span.start : span.end] == text[span.start : span.end].strip() != ""
            assert span.label in LABELS
            assert span.score is not None
            assert 0 < span.score <= 1
        assert all(a.end <= b.start for a, b in pairwise(spans))


def test_a_text_is_tagged_alike_alone_and_among_others(tagger: OnnxTagger) -> None:
    together = [[span[:3] for span in spans] for spans in tagger.tag(TEXTS * 3)]
    alone = [[span[:3] for span in tagger.tag([text])[0]] for text in TEXTS]
    assert together == alone * 3


def test_no_mention_crosses_a_sentence(tagger: OnnxTagger) -> None:
    text = "aaa bbb. Ccc ddd.\nEee fff"
    assert not any("\n" in text[s.start : s.end] for s in tagger.tag([text])[0])


def test_words_get_valid_tags(tagger: OnnxTagger) -> None:
    (tags,) = tagger.tag_words([["O2Ti", "thin", "films", "<nUm>"]])
    assert len(tags) == 4
    assert set(tags) <= set(TAGS)
    assert tagger.tag_words([]) == []
    assert tagger.tag_words([[]]) == [[]]


def test_a_sentence_longer_than_the_window_is_tagged_whole(tagger: OnnxTagger) -> None:
    words = ["films", "O2Ti", "abc", "(", "<nUm>", ")"] * 60
    (tags,) = tagger.tag_words([words])
    assert len(tags) == len(words)
    assert len(set(tags)) > 1


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "日本語の要旨。酸化チタン薄膜を作製した。",
        "\x00\x01\x07 TiO2 \x1b[31m",
        "((((((((((" * 2000,
        "🧪" * 300,
        "\ud800 films",
    ],
)
def test_text_that_is_none_is_tagged_all_the_same(tagger: OnnxTagger, text: str) -> None:
    (spans,) = tagger.tag([text])
    assert all(0 <= s.start < s.end <= len(text) for s in spans)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(max_size=40), max_size=3))
def test_any_text_keeps_its_offsets(tiny_tagger: Path, texts: list[str]) -> None:
    found = OnnxTagger(tiny_tagger, threads=1).tag(texts)
    for text, spans in zip(texts, found, strict=True):
        assert all(text[s.start : s.end].strip() == text[s.start : s.end] for s in spans)


def test_version_is_that_of_the_card(tagger: OnnxTagger, tiny_tagger: Path) -> None:
    assert tagger.version == json.loads((tiny_tagger / CARD).read_text())["id"]
    assert load_tagger(tiny_tagger).version == tagger.version


def _copy(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target / "copy"))


def test_damaged_weights_are_refused(tiny_tagger: Path, tmp_path: Path) -> None:
    copy = _copy(tiny_tagger, tmp_path)
    (copy / MODEL).write_bytes((copy / MODEL).read_bytes()[:-10])
    with pytest.raises(ArtifactError, match="sha256 differs"):
        OnnxTagger(copy)


@pytest.mark.parametrize("name", [MODEL, TOKENIZER])
def test_missing_files_are_named(tiny_tagger: Path, tmp_path: Path, name: str) -> None:
    copy = _copy(tiny_tagger, tmp_path)
    (copy / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        OnnxTagger(copy)


def test_weights_that_are_no_model_are_refused(tiny_tagger: Path, tmp_path: Path) -> None:
    from hashlib import sha256

    copy = _copy(tiny_tagger, tmp_path)
    (copy / MODEL).write_bytes(b"no model")
    card = json.loads((copy / CARD).read_text())
    card["sha256"][MODEL] = sha256(b"no model").hexdigest()
    (copy / CARD).write_text(json.dumps(card))
    with pytest.raises(ArtifactError, match="onnxruntime cannot load"):
        OnnxTagger(copy)


def test_a_tagger_for_other_words_is_refused(tiny_tagger: Path, tmp_path: Path) -> None:
    copy = _copy(tiny_tagger, tmp_path)
    card = json.loads((copy / CARD).read_text())
    (copy / CARD).write_text(json.dumps(card | {"words_version": "0"}))
    with pytest.raises(ArtifactError, match="another version"):
        OnnxTagger(copy)
    (copy / CARD).write_text("{}")
    with pytest.raises(ArtifactError, match="not the card of a tagger"):
        OnnxTagger(copy)


def test_scores_do_not_depend_on_the_batch(tiny_tagger: Path) -> None:
    """Quantised activations share one scale a batch: tags may not tip over because of it."""
    small = OnnxTagger(tiny_tagger, threads=1, max_pieces=1)
    words = [["films", "abc"], ["O2Ti", "films", "xyz", "<nUm>"]]
    assert [len(t) for t in small.tag_words(words)] == [2, 4]
    assert np.isfinite([s.score or 0 for s in small.tag(TEXTS)[0]]).all()


def test_chunks_hold_all_in_order_and_never_many_words(
    tagger: OnnxTagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tagger.tag(TEXTS * 3)
    begun: list[list[int]] = []
    begin = OnnxTagger._begin

    def noting(self: OnnxTagger, sentences: list[list[str]]) -> object:
        begun.append([len(words) for words in sentences])
        return begin(self, sentences)

    monkeypatch.setattr(OnnxTagger, "_begin", noting)
    monkeypatch.setattr("ner.tagger._CHUNK_WORDS", 12)
    assert tagger.tag(TEXTS * 3) == whole
    assert len(begun) > 3
    assert all(sum(lengths[:-1]) < 12 for lengths in begun)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 5),
        ("sha256", "0"),
        ("sha256", {}),  # else weights would go unchecked
        ("window", "256"),
        ("window", 2),
        ("transitions", {"O": 1}),
        ("transitions", [[0.0, 0.0]]),
        ("transitions", [[0.0]] * (1 + len(TAGS))),
        ("transitions", [["x"] * len(TAGS)] * (1 + len(TAGS))),
        ("transitions", [[float("nan")] * len(TAGS)] * (1 + len(TAGS))),
    ],
)
def test_a_card_with_a_field_of_another_kind_is_refused(
    field: str, value: object, tiny_tagger: Path, tmp_path: Path
) -> None:
    folder = _copy(tiny_tagger, tmp_path / "tagger")
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, field: value}))
    with pytest.raises(ArtifactError, match=rf"card\.json: not the card of a tagger \({field}"):
        load_tagger(folder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of threads, 3.12
def test_a_forked_process_does_not_wait_for_threads_of_its_parent(tagger: OnnxTagger) -> None:
    tagger.tag(TEXTS)  # its threads run now; a fork has none of them
    child = os.fork()
    if not child:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(10)
        tagger.tag(TEXTS)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_what_was_measured_goes_into_the_card(tiny_tagger: Path, tmp_path: Path) -> None:
    from matlore.pipeline.ner_evaluate import evaluate_tagger, record_metrics

    copy = _copy(tiny_tagger, tmp_path)
    gold = tmp_path / "gold.conll"
    gold.write_text("O2Ti B-MAT\nfilms B-DSC\n\n", encoding="utf-8")
    report = evaluate_tagger(tmp_path / "home", files=[gold], model=str(copy))
    record_metrics(str(copy), "gold", report, command="matlore ner evaluate gold.conll")
    kept = OnnxTagger(copy).card.metrics["gold"]
    assert kept["micro"] == report["micro"]
    assert kept["command"] == "matlore ner evaluate gold.conll"
    assert "sentences_per_second" not in kept
