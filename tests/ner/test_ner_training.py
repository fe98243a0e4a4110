"""Training, on a tiny base: it learns, goes on where it stopped, and exports what it learned."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_tagger import PIECES

from matlore.bert.wordpieces import wordpiece_tokenizer
from matlore.errors import ArtifactError, InputError, UsageError
from ner.conll import TaggedSentence, read_conll
from ner.encoding import WordEncoder
from ner.labels import TAGS
from ner.staged_words import StagedWords, stage_words

torch = pytest.importorskip("torch", reason="torch is missing: pip install 'matlore[train]'")

torch.set_num_threads(1)

GOLD = [
    TaggedSentence(("O2Ti", "films", "on", "Si"), ("B-MAT", "B-DSC", "O", "B-MAT")),
    TaggedSentence(("the", "OZn", "films"), ("O", "B-MAT", "B-DSC")),
    TaggedSentence(("films", "of", "CdTe", "(", ")"), ("B-DSC", "O", "B-MAT", "O", "O")),
] * 8


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a base model with random weights."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base")
    wordpiece_tokenizer(PIECES).save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def _settings(**changes: Any) -> Any:
    from ner.training import TrainingSettings

    settings = TrainingSettings(epochs=6, sentences=8, rate=5e-3, head_rate=2e-2, average=0.8)
    return replace(settings, **changes)


def test_a_network_learns_its_sentences(base: Path, tmp_path: Path) -> None:
    from ner.training import train_network

    record = train_network(base, GOLD, GOLD[:3], tmp_path, _settings())
    assert record["best_f1"] == 1
    assert record["sentences"] == len(GOLD)
    assert not (tmp_path / "checkpoint.safetensors").exists()
    assert json.loads((tmp_path / "training.json").read_text()) == record


def test_an_interrupted_run_ends_as_one_in_one_go(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from ner.training import train_network

    settings = _settings(epochs=3, patience=9)
    whole = train_network(base, GOLD, GOLD[:3], tmp_path / "whole", settings)

    class Stop(Exception):
        pass

    seen = []

    def stop(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        seen.append(done)
        if sum(seen) > len(GOLD) * 1.5:
            raise Stop

    with pytest.raises(Stop):
        train_network(base, GOLD, GOLD[:3], tmp_path / "parts", settings, progress=stop)
    assert (tmp_path / "parts" / "checkpoint.safetensors").is_file()
    parts = train_network(base, GOLD, GOLD[:3], tmp_path / "parts", settings)
    assert parts["held_out_f1"] == whole["held_out_f1"]
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    assert all(torch.allclose(one[name], two[name], atol=1e-5) for name in one)


def test_a_checkpoint_of_another_run_is_refused(base: Path, tmp_path: Path) -> None:
    from ner.checkpoints import Checkpoint, save_checkpoint
    from ner.training import train_network

    save_checkpoint(Checkpoint({"x": torch.zeros(1)}, {}), tmp_path / "checkpoint.safetensors")
    with pytest.raises(InputError, match="other settings"):
        train_network(base, GOLD, GOLD[:3], tmp_path, _settings())
    (tmp_path / "checkpoint.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ArtifactError, match="damaged"):
        train_network(base, GOLD, GOLD[:3], tmp_path, _settings())


def test_held_out_blocks_are_apart() -> None:
    from ner.training import hold_out

    sentences = [TaggedSentence((str(k),), ("O",)) for k in range(100)]
    kept, held = hold_out(sentences, 0.2)
    assert (len(kept), len(held)) == (80, 20)
    assert not set(kept) & set(held)
    assert hold_out(sentences, 0.2) == (kept, held)
    with pytest.raises(InputError, match="too few"):
        hold_out(sentences[:5], 0.1)


def test_recipe_with_silver_and_mean_exports_a_tagger(base: Path, tmp_path: Path) -> None:
    from ner.export import export_tagger
    from ner.recipe import SAMPLE_FILE, Recipe, train_recipe
    from ner.tagger import OnnxTagger

    text = "Thin ZnO films were grown on Si. CdTe films of 300 nm were made for this study."
    texts = tmp_path / "words.txt"
    stage_words([text] * 6, texts)
    recipe = Recipe(runs=2, silver=4, silver_epochs=1, epochs=1)
    record = train_recipe(base, GOLD, GOLD[:3], tmp_path / "out", recipe, texts=texts)
    assert set(record["steps"]) == {"teacher-0", "teacher-1", "silver", "run-0", "run-1"}
    assert len(read_conll(tmp_path / "out" / "silver.conll")) == 4
    assert train_recipe(base, GOLD, GOLD[:3], tmp_path / "out", recipe, texts=texts) == record
    with pytest.raises(InputError, match="other settings"):
        train_recipe(base, GOLD, GOLD[:3], tmp_path / "out", replace(recipe, seed=5), texts=texts)
    sample = [s.words for s in read_conll(tmp_path / "out" / SAMPLE_FILE)]
    folder = tmp_path / "tagger"
    export_tagger(tmp_path / "out", folder, sample=sample, card={"trained": "2026-11-25"})
    tagger = OnnxTagger(folder, threads=1)
    (tags,) = tagger.tag_words([GOLD[0].words])
    assert len(tags) == 4
    assert set(tags) <= set(TAGS)
    assert tagger.tag([text])


def test_last_runs_may_read_everything(base: Path, tmp_path: Path) -> None:
    from ner.recipe import Recipe, train_recipe

    recipe = Recipe(runs=2, epochs=1, all_epochs=2)
    record = train_recipe(base, GOLD[:20], GOLD[20:], tmp_path / "out", recipe)
    assert record["held_out_f1"] is None
    assert record["chosen"] == "mean of the runs"
    for run in ("run-0", "run-1"):
        assert record["steps"][run]["sentences"] == len(GOLD)
        assert record["steps"][run]["best_epoch"] == 2


def test_silver_needs_texts(base: Path, tmp_path: Path) -> None:
    from ner.recipe import Recipe, train_recipe

    with pytest.raises(UsageError, match="matlore ner pretrain"):
        train_recipe(base, GOLD, GOLD[:3], tmp_path, Recipe(silver=5))


def test_a_folder_without_a_base_is_named(tmp_path: Path, base: Path) -> None:
    from ner.training import train_network

    with pytest.raises(ArtifactError, match=r"tokenizer\.json"):
        train_network(tmp_path, GOLD, GOLD[:3], tmp_path / "out", _settings())
    wordpiece_tokenizer(PIECES).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ArtifactError, match="no base model"):
        train_network(tmp_path, GOLD, GOLD[:3], tmp_path / "out", _settings())


def test_staged_words_are_read_as_written(tmp_path: Path) -> None:
    staged = stage_words(["TiO2 films\nThin films were grown at 300 K.", ""], tmp_path / "w.txt")
    assert list(staged) == [[["thin", "films", "were", "grown", "at", "<nUm>", "K", "."]]]
    assert list(StagedWords(tmp_path / "w.txt")) == list(staged)


def test_pretraining_learns_and_resumes(base: Path, tmp_path: Path) -> None:
    from matlore.bert.wordpieces import load_tokenizer
    from ner.network import load_base
    from ner.pretraining import PretrainingSettings, pack_texts, pretrain

    encoder = WordEncoder(load_tokenizer(base))
    texts = [[["thin", "films", "of", "O2Ti"], ["CdTe", "films", "on", "Si"]]] * 60
    packed = pack_texts(texts, encoder, row=32)
    settings = PretrainingSettings(row=32, rows=10, passes=4, rate=5e-3, save_every=5)

    class Stop(Exception):
        pass

    def run(folder: Path, stop_at: int = 10**9) -> tuple[Any, dict[str, Any]]:
        seen = []

        def watch(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
            seen.append(done)
            if sum(seen) > stop_at:
                raise Stop

        bert = load_base(base)
        return bert, pretrain(bert, packed, encoder, settings, folder=folder, progress=watch)

    bert, record = run(tmp_path / "whole")
    assert record["losses"][-1][1] < record["losses"][0][1]
    with pytest.raises(Stop):
        run(tmp_path / "parts", stop_at=130)
    again, resumed = run(tmp_path / "parts")
    assert resumed["losses"][-1][1] == pytest.approx(record["losses"][-1][1], abs=1e-3)
    one, two = bert.state_dict(), again.state_dict()
    assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)


def test_rows_of_pretraining_hold_whole_sentences(base: Path) -> None:
    from matlore.bert.wordpieces import load_tokenizer
    from ner.pretraining import pack_texts

    encoder = WordEncoder(load_tokenizer(base))
    packed = pack_texts([[["films"] * 5, ["films"] * 4], [["films"] * 40]], encoder, row=12)
    assert packed.rows.tolist() == [[0, 9], [9, 19]]
    with pytest.raises(InputError, match="no texts"):
        _pretrain_on_nothing(encoder, base)


def _pretrain_on_nothing(encoder: WordEncoder, base: Path) -> None:
    from ner.network import load_base
    from ner.pretraining import PretrainingSettings, pack_texts, pretrain

    nothing = pack_texts([], encoder, row=12)
    pretrain(load_base(base), nothing, encoder, PretrainingSettings(), folder=base / "never")


def test_a_sentence_of_many_windows_gets_its_tags_in_order(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matlore.bert.wordpieces import load_tokenizer
    from ner.network import TaggerNetwork, load_base
    from ner.silver import predict

    encoder = WordEncoder(load_tokenizer(base))
    torch.manual_seed(1)
    network = TaggerNetwork(load_base(base))
    # The position decides nothing here, so that every window says the same of the same word.
    network.bert.embeddings.position_embeddings.weight.data.zero_()
    for layer in network.bert.encoder.layer:
        layer.attention.output.dense.weight.data.zero_()
    # Nor do the neighbours: no attention, and no tag that continues another.
    network.classifier.weight.data.mul_(20)
    for number, tag in enumerate(TAGS):
        network.classifier.bias.data[number] = -1000.0 if tag[0] == "I" else 0.0
    words = [str(k % 7) + "abc"[k % 3] for k in range(60)]
    encoded = encoder.encode(words)
    alone = [predict([network], [[word]], encoder)[0][0] for word in encoded]
    monkeypatch.setattr("ner.silver.LONGEST_ROW", 24)
    (together,) = predict([network], [encoded], encoder)
    assert len(set(alone)) > 1
    assert together == alone
