"""Training of taggers: pretraining on the papers of a home, fine-tuning, export."""

import json
import platform
from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from matlore.errors import ArtifactError, InputError, UsageError
from matlore.home import Home
from matlore.progress import Progress, no_progress

__all__ = ["export_network", "need_train_extra", "pretrain_on_home", "train_on_files"]

WORDS_FILE = "words.txt"
RECORD_FILE = "pretraining.json"
_LIBRARIES = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime")
_HELD_OUT = 0.1


def pretrain_on_home(
    home_path: Path,
    base: Path,
    out: Path,
    *,
    min_relevance: float = 0.5,
    vocabulary: int = 11_200,
    whole_words: int = 8_000,
    passes: float = 0.75,
    seed: int = 0,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Make a base model of materials science: a cut vocabulary, then masked-word training.

    Args:
        home_path: whose papers are read.
        base: folder of a BERT: config.json, model.safetensors, tokenizer.json.
        out: where the new base goes; interrupted, the same call goes on there.
        min_relevance: papers below are left out.
        vocabulary: pieces of the cut vocabulary.
        whole_words: how many of the commonest words stay whole.
        passes: times that the texts are read.
        seed: of everything that is drawn.
        progress: told of papers, then of rows.

    Returns:
        What was done: papers, pieces, losses, seconds.

    Raises:
        ArtifactError: `base` is no BERT.
        InputError: the home has no paper to read, or `out` is a file.
        UsageError: torch or transformers is not installed.
    """
    need_train_extra()
    _check_out(out)
    from matlore.bert.wordpieces import cut_vocabulary, load_tokenizer, wordpiece_tokenizer
    from ner.encoding import WordEncoder
    from ner.network import load_base
    from ner.pretraining import PretrainingSettings, pack_texts, pretrain
    from ner.staged_words import StagedWords, count_words, stage_words
    from ner.vocabulary_parts import count_parts

    old = load_tokenizer(base)
    out.mkdir(parents=True, exist_ok=True)
    texts = StagedWords(out / WORDS_FILE)
    if not (out / WORDS_FILE).is_file():
        texts = stage_words(_texts(Home.open(home_path), min_relevance, progress), out / WORDS_FILE)
    parts = count_parts(count_words(texts), old)
    pieces = cut_vocabulary(parts, old, whole=whole_words, size=vocabulary)
    tokenizer = wordpiece_tokenizer(pieces)
    tokenizer.save(str(out / "tokenizer.json"))
    encoder = WordEncoder(tokenizer)
    settings = PretrainingSettings(passes=passes, seed=seed)
    packed = pack_texts(texts, encoder, row=settings.row)
    bert = load_base(base, tokenizer)
    record = {
        "base": base.name,
        "papers": sum(1 for _ in texts),
        "vocabulary": len(pieces),
        **pretrain(bert, packed, encoder, settings, folder=out, progress=progress),
    }
    bert.save_pretrained(out)
    (out / RECORD_FILE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record


def _texts(home: Home, min_relevance: float, progress: Progress) -> Iterator[str]:
    """Yield the texts of the relevant papers of a home."""
    from ingest.corpus import Corpus

    corpus = Corpus(home)
    progress(0, total=len(corpus), text="reading papers")
    for batch in corpus.batches(("text", "relevance")):
        for row in batch.to_pylist():
            if (row["relevance"] or 0.0) >= min_relevance:
                yield row["text"]
        progress(batch.num_rows)


def train_on_files(
    gold: Path,
    base: Path,
    out: Path,
    *,
    dev: Path | None = None,
    runs: int = 3,
    silver: int = 0,
    epochs: int | None = None,
    all_epochs: int = 0,
    seed: int = 0,
    command: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train a tagger's network on tagged sentences.

    Of several runs, with different seeds, the mean of the weights counts ("model soups",
    Wortsman et al., ICML 2022). With silver sentences, teachers trained on the gold first
    tag sentences of the texts that the base was pretrained on; the runs then begin from a
    network trained on these.

    Args:
        gold: tagged sentences, two columns.
        base: what `pretrain_on_home` made, or the folder of any BERT.
        out: where the network goes; interrupted, the same call goes on there.
        dev: sentences to select epochs by; None holds back a tenth of `gold`.
        runs: how many.
        silver: sentences to tag; 0 for none.
        epochs: of a run; None for the default.
        all_epochs: if not 0, the runs that count read also what was held back, for so many
            epochs.
        seed: of the first run.
        command: recorded beside the network, and in the card of what is exported.
        progress: told of sentences done.

    Returns:
        The record of each run, and the held-out F1 of what came out.

    Raises:
        ArtifactError: `base` is no BERT.
        InputError: a file cannot be read, or `out` is one.
        UsageError: torch or transformers is not installed.
    """
    need_train_extra()
    _check_out(out)
    from ner.conll import read_conll
    from ner.recipe import Recipe, add_to_record, train_recipe
    from ner.training import hold_out

    sentences = read_conll(gold)
    if dev is None:
        sentences, held = hold_out(sentences, _HELD_OUT)
    else:
        held = read_conll(dev)
    recipe = Recipe(runs=runs, silver=silver, epochs=epochs, all_epochs=all_epochs, seed=seed)
    texts = base / WORDS_FILE if silver else None
    record = train_recipe(base, sentences, held, out, recipe, texts=texts, progress=progress)
    return add_to_record(out, record, data=_data(gold, dev, base), command=command)


def _data(gold: Path, dev: Path | None, base: Path) -> dict[str, Any]:
    """Say what a network was trained on."""
    data: dict[str, Any] = {
        "gold": {"file": gold.name, "sha256": sha256(gold.read_bytes()).hexdigest()},
        "selected_by": dev.name if dev else f"{_HELD_OUT:.0%} of {gold.name}, held back",
    }
    if (base / RECORD_FILE).is_file():
        data["base"] = json.loads((base / RECORD_FILE).read_text(encoding="utf-8"))
    return data


def export_network(
    model: Path,
    out: Path,
    *,
    sample: Path | None = None,
    int8: bool = True,
    labels: str | None = None,
    notes: Sequence[str] = (),
    license: str | None = None,
    command: str | None = None,
) -> dict[str, Any]:
    """Write a trained network, or a token classifier of others, as a tagger for onnxruntime.

    Args:
        model: folder of what `train_on_files` made, or of a token classifier.
        out: where the tagger goes.
        sample: tagged sentences that the ranges of int8 are measured on; None for the
            sentences that were kept beside the network.
        int8: whether to quantise; only for what matlore trained.
        labels: of a model of others whose config lacks them: the tags of its outputs in
            order, apart by commas, or `matscibert`.
        notes: for the card: source and licence of what it was trained on.
        license: of the weights, for the card.
        command: recorded in the card, after those that trained the network.

    Returns:
        Id, path and size of the tagger.

    Raises:
        ArtifactError: no network can be read from `model`.
        InputError: a file cannot be read, or `out` is one.
        UsageError: onnx is not installed.
    """
    need_train_extra("onnx")
    _check_out(out)
    if not (model / "training.json").is_file():
        from ner.foreign_convert import convert_foreign
        from ner.foreign_labels import MATSCIBERT_LABELS

        named = labels.split(",") if labels else None
        convert_foreign(model, out, labels=MATSCIBERT_LABELS if labels == "matscibert" else named)
        return {"path": str(out), **_size(out)}
    from ner.conll import read_conll
    from ner.export import export_tagger
    from ner.recipe import SAMPLE_FILE

    sentences = read_conll(sample or model / SAMPLE_FILE)
    record = _record(model)
    card = export_tagger(
        model,
        out,
        sample=[sentence.words for sentence in sentences],
        int8=int8,
        card={
            "trained": date.today().isoformat(),
            "data": record.pop("data", {}) | {"notes": [*notes]},
            "settings": record,
            "license": license,
            "versions": {name: version(name) for name in _LIBRARIES if find_spec(name)}
            | {"python": platform.python_version()},
            "command": "; ".join(filter(None, [record.pop("command", None), command])),
        },
    )
    return {"model": card.id, "path": str(out), **_size(out)}


def need_train_extra(*names: str) -> None:
    """Check that what training needs is installed.

    Raises:
        UsageError: it is not; the message says how to install it.
    """
    for name in names or ("torch", "transformers", "onnx"):
        if find_spec(name) is None:
            raise UsageError(
                f"{name} is not installed, which training needs: pip install 'matlore[train]'"
            )


def _check_out(out: Path) -> None:
    """Raise where no folder can be made of `out`: before the work, not after it.

    Raises:
        InputError: it is a file.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: a file is there; name a folder with `--out`")


def _record(network: Path) -> dict[str, Any]:
    """Return the record of a trained network."""
    path = network / "training.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"{path}: cannot be read ({error}); make the network anew with `matlore ner train`"
        ) from error
    return record


def _size(folder: Path) -> dict[str, float]:
    total = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    return {"megabytes": round(total / 1e6, 2)}
