"""Training of the tagger on tagged sentences (extra `train`: torch and transformers).

AdamW (Loshchilov & Hutter, ICLR 2019) with a warm-up and a line down; the encoder's rate is
lower than that of the new layers; some words are hidden while training, so that the context
must tell; the weights that count are a running average of those of the steps (Polyak &
Juditsky, 1992). The epoch that is best on held-out sentences is kept. What a run does
depends on its settings and seed alone, also when it was interrupted between epochs.
"""

import copy
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from matlore.bert.wordpieces import MASK, load_tokenizer
from matlore.errors import InputError
from matlore.progress import Progress, no_progress

from .checkpoints import Checkpoint, load_checkpoint, save_checkpoint, set_rates
from .conll import TaggedSentence
from .encoding import EncodedWord, WordEncoder, batch_of
from .evaluation import micro_f1
from .labels import TAGS
from .network import LONGEST_ROW, TaggerNetwork, crf_loss, load_base, load_network, set_dropout
from .silver import predict

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "TrainingSettings",
    "average_networks",
    "hold_out",
    "save_network",
    "train_network",
]

CHECKPOINT, RECORD = "checkpoint.safetensors", "training.json"
_BLOCK = 10
_NUMBER = {tag: number for number, tag in enumerate(TAGS)}
_GRADIENT_LIMIT = 1.0


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of a run; the defaults made the shipped model.

    Attributes:
        epochs: at most this many passes over the sentences.
        patience: epochs without a better held-out F1 after which the run ends.
        sentences: of a batch.
        rate: highest learning rate of the encoder.
        head_rate: of the last layer and the transitions.
        dropout: of the encoder's layers and before the last layer.
        hidden: share of words whose pieces are masked while training.
        average: decay of the running average of the weights, a step.
        seed: of everything that is drawn.
    """

    epochs: int = 10
    patience: int = 4
    sentences: int = 32
    rate: float = 1.5e-4
    head_rate: float = 1e-3
    dropout: float = 0.1
    hidden: float = 0.05
    average: float = 0.995
    seed: int = 0

    def with_epochs(self, epochs: int) -> "TrainingSettings":
        """Return these settings with another number of epochs."""
        return replace(self, epochs=epochs)


@dataclass(frozen=True, slots=True)
class Examples:
    """Tagged sentences as the network reads them."""

    words: list[list[EncodedWord]]
    tags: list[list[int]]

    @classmethod
    def of(cls, sentences: Sequence[TaggedSentence], encoder: WordEncoder) -> "Examples":
        """Encode sentences; those that do not fit into a row are left out."""
        words, tags = [], []
        for sentence in sentences:
            encoded = encoder.encode(sentence.words)
            if 0 < sum(len(word.pieces) for word in encoded) <= LONGEST_ROW - 2:
                words.append(encoded)
                tags.append([_NUMBER[tag] for tag in sentence.tags])
        return cls(words, tags)


def hold_out(
    sentences: Sequence[TaggedSentence], share: float, *, seed: int = 0
) -> tuple[list[TaggedSentence], list[TaggedSentence]]:
    """Split sentences into those to train on and those to select by.

    Blocks of ten neighbours stay together, because neighbours are often of one abstract.

    Raises:
        InputError: nothing would be left on one side.
    """
    blocks = [list(sentences[i : i + _BLOCK]) for i in range(0, len(sentences), _BLOCK)]
    random.Random(seed).shuffle(blocks)
    cut = round(len(blocks) * share)
    kept = [sentence for block in blocks[cut:] for sentence in block]
    held = [sentence for block in blocks[:cut] for sentence in block]
    if not kept or not held:
        raise InputError(
            f"{len(sentences)} sentences are too few to hold {share:.0%} of them back: give more,"
            " or a file of others to select by with `--dev`"
        )
    return kept, held


def train_network(
    base: Path,
    gold: Sequence[TaggedSentence],
    held: Sequence[TaggedSentence],
    folder: Path,
    settings: TrainingSettings,
    *,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train a network and write it to `folder`; interrupted, the same call goes on.

    Args:
        base: folder of the encoder to begin with, or of a trained network.
        gold: what to train on.
        held: what to select the epoch by; nothing, to do all epochs and keep the last.
        folder: where network and checkpoint go.
        settings: see there.
        progress: told of sentences done.

    Returns:
        The record that is written as `training.json`: settings, F1 of each epoch, the best.

    Raises:
        ArtifactError: `base` is no encoder.
    """
    run = _Run(base, gold, held, settings)
    folder.mkdir(parents=True, exist_ok=True)
    run.resume(folder / CHECKPOINT)
    progress(run.epoch * len(run.gold.words), total=run.total, text="training")
    while not run.ended:
        run.train_epoch(progress)
        run.save(folder / CHECKPOINT)
    record = run.record()
    save_network(run.best, run.bert_config, run.tokenizer, folder, record)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return record


class _Run:
    """One run of training: network, its average, optimizer, and what was best."""

    def __init__(
        self,
        base: Path,
        gold: Sequence[TaggedSentence],
        held: Sequence[TaggedSentence],
        settings: TrainingSettings,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.tokenizer: Tokenizer = load_tokenizer(base)
        self._encoder = WordEncoder(self.tokenizer)
        self._mask = self._encoder.number(MASK)
        self.gold = Examples.of(gold, self._encoder)
        self._held = held
        self._held_words = [self._encoder.encode(sentence.words) for sentence in held]
        self._network = _network(base, settings)
        self.bert_config = self._network.bert.config
        self._average = copy.deepcopy(self._network)
        self._steps = math.ceil(len(self.gold.words) / settings.sentences) * settings.epochs
        self._optimizer = _optimizer(self._network, settings)
        self.epoch = self._step = 0
        self._history: list[float] = []
        self._seconds = 0.0
        self.best = self._average.state_dict()

    @property
    def total(self) -> int:
        """Sentences of the whole run."""
        return len(self.gold.words) * self.settings.epochs

    @property
    def ended(self) -> bool:
        """Whether all epochs are done, or the last ones made it no better."""
        if self.epoch >= self.settings.epochs:
            return True
        since = len(self._history) - 1 - self._best_epoch() if self._history else 0
        return since >= self.settings.patience

    def train_epoch(self, progress: Progress) -> None:
        """Go once through the sentences, then measure the average on those held out."""
        begun = time.perf_counter()
        drawing = random.Random(f"{self.settings.seed} {self.epoch}")
        torch.manual_seed(drawing.getrandbits(31))
        self._network.train()
        for rows in self._batches(drawing):
            loss = self._loss(rows, drawing)
            loss.backward()
            nn.utils.clip_grad_norm_(self._network.parameters(), _GRADIENT_LIMIT)
            set_rates(self._optimizer, self._step, self._steps, warm=0.1)
            self._optimizer.step()
            self._optimizer.zero_grad()
            self._step += 1
            self._follow()
            progress(len(rows))
        self.epoch += 1
        self._judge()
        self._seconds += time.perf_counter() - begun

    def _batches(self, drawing: random.Random) -> Iterator[list[int]]:
        """Yield batches of sentences of similar length in random order."""
        size = self.settings.sentences
        order = list(range(len(self.gold.words)))
        drawing.shuffle(order)
        chunks = [order[i : i + 20 * size] for i in range(0, len(order), 20 * size)]
        ordered = [k for c in chunks for k in sorted(c, key=lambda k: len(self.gold.words[k]))]
        found = [ordered[i : i + size] for i in range(0, len(ordered), size)]
        drawing.shuffle(found)
        yield from found

    def _loss(self, rows: list[int], drawing: random.Random) -> torch.Tensor:
        words = [self._hidden(self.gold.words[k], drawing) for k in rows]
        tags = [torch.tensor(self.gold.tags[k]) for k in rows]
        lengths = torch.tensor([len(row) for row in tags])
        padded = nn.utils.rnn.pad_sequence(tags, batch_first=True)
        with torch.autocast("cpu", torch.bfloat16):
            scores = self._network.word_scores(batch_of(words, self._encoder, multiple=16))
        return crf_loss(scores, self._network.transitions, padded, lengths)

    def _hidden(self, words: list[EncodedWord], drawing: random.Random) -> list[EncodedWord]:
        """Return a sentence with some words masked; their shapes stay."""
        share = self.settings.hidden
        return [
            word._replace(pieces=(self._mask,)) if drawing.random() < share else word
            for word in words
        ]

    def _follow(self) -> None:
        """Let the average follow the weights, faster in the beginning."""
        decay = min(self.settings.average, (1 + self._step) / (10 + self._step))
        with torch.no_grad():
            pairs = zip(self._average.parameters(), self._network.parameters(), strict=True)
            for average, weight in pairs:
                average.lerp_(weight, 1 - decay)

    def _judge(self) -> None:
        """Measure the average on what was held out, and keep it if it is the best."""
        if not self._held:
            self.best = self._average.state_dict()
            return
        tags = predict([self._average], self._held_words, self._encoder)
        self._history.append(micro_f1([s.tags for s in self._held], tags))
        if self._best_epoch() == len(self._history) - 1:
            state = self._average.state_dict()
            self.best = {name: value.clone() for name, value in state.items()}

    def _best_epoch(self) -> int:
        return self._history.index(max(self._history))

    def record(self) -> dict[str, Any]:
        """Return what the run did."""
        return {
            "settings": asdict(self.settings),
            "sentences": len(self.gold.words),
            "held_out": len(self._held),
            "held_out_f1": [round(f1, 4) for f1 in self._history],
            "best_f1": round(max(self._history), 4) if self._held else None,
            "best_epoch": self._best_epoch() + 1 if self._held else self.epoch,
            "seconds": round(self._seconds),
        }

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        record = self._place() | {
            "epoch": self.epoch,
            "step": self._step,
            "history": self._history,
            "seconds": self._seconds,
        }
        checkpoint = Checkpoint({f"best/{k}": value for k, value in self.best.items()}, record)
        checkpoint.add_module("network", self._network)
        checkpoint.add_module("average", self._average)
        checkpoint.add_optimizer(self._optimizer)
        save_checkpoint(checkpoint, path)

    def _place(self) -> dict[str, Any]:
        return {"settings": asdict(self.settings), "sentences": len(self.gold.words)}

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint, if there is one of the same run.

        Raises:
            InputError: it is of another run.
        """
        checkpoint = load_checkpoint(path, expected=self._place())
        if checkpoint is None:
            return
        record = checkpoint.record
        checkpoint.restore_module("network", self._network)
        checkpoint.restore_module("average", self._average)
        checkpoint.restore_optimizer(self._optimizer)
        self.best = checkpoint.part("best")
        self.epoch, self._step = record["epoch"], record["step"]
        self._history, self._seconds = record["history"], record["seconds"]


def save_network(
    state: dict[str, torch.Tensor],
    config: Any,
    tokenizer: "Tokenizer",
    folder: Path,
    record: dict[str, Any],
) -> None:
    """Write a trained network: weights, configuration, tokenizer and record."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.contiguous() for name, value in state.items()}
    save_file(tensors, folder / "model.safetensors")
    config.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _network(base: Path, settings: TrainingSettings) -> TaggerNetwork:
    """Return the network to begin with: a base with new layers, or a trained one."""
    trained = (base / RECORD).is_file()
    network = load_network(base) if trained else TaggerNetwork(load_base(base))
    network.dropout.p = settings.dropout
    set_dropout(network.bert, hidden=settings.dropout, attention=0.0)
    return network


def average_networks(folders: Sequence[Path]) -> dict[str, torch.Tensor]:
    """Return the mean of the weights of networks that began with the same base.

    "Model soups" (Wortsman et al., ICML 2022): such a mean is often better than each.
    """
    states = [load_network(folder).state_dict() for folder in folders]
    return {name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]}


def _optimizer(network: TaggerNetwork, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Return AdamW, without decay of biases and norms."""
    new = {"classifier.weight", "classifier.bias", "transitions"}
    groups = [
        {
            "params": [weight],
            "highest": settings.head_rate if name in new else settings.rate,
            "weight_decay": 0.01 if weight.ndim > 1 else 0.0,
        }
        for name, weight in network.named_parameters()
    ]
    return torch.optim.AdamW(groups, fused=True)
