"""How a tagger's network is made of a base: teachers, silver sentences, runs, their mean.

Each step leaves a folder; a step whose folder is complete is not done again, so that an
interrupted recipe goes on where it stopped.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from matlore.bert.wordpieces import load_tokenizer
from matlore.errors import InputError, UsageError
from matlore.progress import Progress, no_progress

from .conll import TaggedSentence, read_conll, write_conll
from .encoding import WordEncoder
from .evaluation import micro_f1
from .network import TaggerNetwork, load_network
from .silver import draw_sentences, predict, tag_silver
from .staged_words import StagedWords
from .training import RECORD, TrainingSettings, average_networks, save_network, train_network

__all__ = ["SAMPLE_FILE", "Recipe", "add_to_record", "train_recipe"]

SAMPLE_FILE, SILVER_FILE = "sample.conll", "silver.conll"
_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done.

    Attributes:
        runs: on the gold sentences, with seeds that count up; their weights are averaged.
        silver: sentences that teachers tag together before; 0 for none.
        teachers: how many.
        silver_epochs: passes over these.
        epochs: of a run on gold; None for the default.
        all_epochs: if not 0, the runs that count read all gold sentences, those held out
            among them, for so many epochs, and nothing is selected; the teachers' epochs
            are.
        seed: of the first run.
    """

    runs: int = 1
    silver: int = 0
    teachers: int = 2
    silver_epochs: int = 2
    epochs: int | None = None
    all_epochs: int = 0
    seed: int = 0

    def settings(self, run: int) -> TrainingSettings:
        """Return the settings of a run on gold."""
        chosen = TrainingSettings(seed=self.seed + run)
        return chosen if self.epochs is None else chosen.with_epochs(self.epochs)


def train_recipe(
    base: Path,
    gold: Sequence[TaggedSentence],
    held: Sequence[TaggedSentence],
    out: Path,
    recipe: Recipe,
    *,
    texts: Path | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Make a network; interrupted, the same call goes on.

    Args:
        base: folder of the base.
        gold: sentences to train on.
        held: sentences to select by.
        out: where the network goes, and its steps in folders below.
        recipe: see there.
        texts: what `stage_words` wrote, to draw silver sentences from.
        progress: told of sentences done.

    Returns:
        The record that is written beside the network.

    Raises:
        ArtifactError: `base` is no BERT.
        UsageError: silver sentences without texts to draw them from.
    """
    steps: dict[str, Any] = {}
    start = base
    if recipe.silver:
        if texts is None or not texts.is_file():
            raise UsageError(
                f"{base} holds no texts to draw silver sentences from: give a base that"
                " `matlore ner pretrain` made"
            )
        start = out / "silver"
        steps |= _silver(base, gold, held, out, recipe, StagedWords(texts), progress)
    if recipe.all_epochs:
        gold, held = [*gold, *held], []
        recipe = replace(recipe, epochs=recipe.all_epochs)
    runs = [out / f"run-{k}" for k in range(recipe.runs)]
    for k, folder in enumerate(runs):
        settings = recipe.settings(k)
        steps[folder.name] = _step(folder, start, gold, held, settings, progress)
    return _finish(out, runs, gold, held, steps)


def _silver(
    base: Path,
    gold: Sequence[TaggedSentence],
    held: Sequence[TaggedSentence],
    out: Path,
    recipe: Recipe,
    texts: StagedWords,
    progress: Progress,
) -> dict[str, Any]:
    """Train teachers, let them tag sentences, and train a network on these."""
    steps: dict[str, Any] = {}
    teachers = [out / f"teacher-{k}" for k in range(recipe.teachers)]
    for k, folder in enumerate(teachers):
        steps[folder.name] = _step(folder, base, gold, held, recipe.settings(k), progress)
    path = out / SILVER_FILE
    if not path.is_file():
        networks = [load_network(folder) for folder in teachers]
        encoder = WordEncoder(load_tokenizer(base))
        drawn = draw_sentences(texts, recipe.silver, seed=recipe.seed)
        write_conll(path, tag_silver(networks, drawn, encoder, progress=progress))
    settings = TrainingSettings(seed=recipe.seed).with_epochs(recipe.silver_epochs)
    steps["silver"] = _step(out / "silver", base, read_conll(path), held, settings, progress)
    return steps


def _step(
    folder: Path,
    base: Path,
    gold: Sequence[TaggedSentence],
    held: Sequence[TaggedSentence],
    settings: TrainingSettings,
    progress: Progress,
) -> dict[str, Any]:
    """Train one network, unless its folder is complete.

    Raises:
        InputError: the folder is complete, but of other settings or sentences.
    """
    if (folder / RECORD).is_file():
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        # A few sentences may be too long for a row: they are left out of the record.
        if record["settings"] != asdict(settings) or record["held_out"] != len(held):
            raise InputError(
                f"{folder}: made with other settings or sentences; remove it, or give another"
                " folder with `--out`"
            )
        return record
    return train_network(base, gold, held, folder, settings, progress=progress)


def _finish(
    out: Path,
    runs: Sequence[Path],
    gold: Sequence[TaggedSentence],
    held: Sequence[TaggedSentence],
    steps: dict[str, Any],
) -> dict[str, Any]:
    """Write the mean of the runs, or the best of them where the mean is worse."""
    network = load_network(runs[0])
    network.load_state_dict(average_networks(runs))
    chosen, f1 = "mean of the runs", None
    if held:
        f1 = _f1(network, held, runs[0])
        best = max(runs, key=lambda folder: steps[folder.name]["best_f1"])
        if steps[best.name]["best_f1"] > f1:
            chosen, f1 = best.name, steps[best.name]["best_f1"]
            network = load_network(best)
    record = {"held_out_f1": f1, "chosen": chosen, "steps": steps}
    write_conll(out / SAMPLE_FILE, gold[:: max(1, len(gold) // _SAMPLE)])
    tokenizer = load_tokenizer(runs[0])
    save_network(network.state_dict(), network.bert.config, tokenizer, out, record)
    return record


def _f1(network: TaggerNetwork, held: Sequence[TaggedSentence], folder: Path) -> float:
    """Return the micro F1 of a network on sentences."""
    encoder = WordEncoder(load_tokenizer(folder))
    tags = predict([network], [encoder.encode(sentence.words) for sentence in held], encoder)
    return round(micro_f1([sentence.tags for sentence in held], tags), 4)


def add_to_record(folder: Path, record: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Write the record beside a network anew, with more in it, and return it."""
    full = record | {key: value for key, value in more.items() if value is not None}
    (folder / RECORD).write_text(json.dumps(full, indent=1) + "\n", encoding="utf-8")
    return full
