"""Masked-language pretraining of a base model on materials texts (extra `train`).

Devlin et al. (NAACL 2019) with whole-word masking: of 15% of the words all pieces are
predicted, 80% of them masked, 10% replaced by others, 10% left. Rows are neighbouring
sentences of one text. Gururangan et al. (ACL 2020) measure what such a pass over texts of
the domain gives.
"""

import math
import time
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from matlore.bert.wordpieces import MASK, SPECIAL
from matlore.errors import InputError
from matlore.progress import Progress, no_progress

from .checkpoints import Checkpoint, load_checkpoint, save_checkpoint, set_rates
from .encoding import WordEncoder
from .network import set_dropout

__all__ = ["PackedTexts", "PretrainingSettings", "pack_texts", "pretrain"]


CHECKPOINT = "checkpoint.safetensors"
_GRADIENT_LIMIT = 1.0
_RECORDED = 20


@dataclass(frozen=True, slots=True)
class PretrainingSettings:
    """Settings of the pass; the defaults made the shipped model.

    Attributes:
        row: pieces of a row, at most.
        rows: rows of a batch.
        passes: times that the texts are read; a part of one is allowed.
        rate: highest learning rate, after a warm-up of a twentieth of the steps.
        masked: share of words that are predicted.
        seed: of everything that is drawn.
        save_every: steps between checkpoints.
    """

    row: int = 128
    rows: int = 48
    passes: float = 0.75
    rate: float = 4e-4
    masked: float = 0.15
    seed: int = 0
    save_every: int = 500


@dataclass(frozen=True, slots=True)
class PackedTexts:
    """All texts as pieces, in rows.

    Attributes:
        pieces: all pieces, one after another.
        shapes: the shape of each piece's word.
        words: number of each piece's word, counted up through all texts.
        rows: (rows, 2), where each row begins and ends.
    """

    pieces: "np.ndarray[Any, Any]"
    shapes: "np.ndarray[Any, Any]"
    words: "np.ndarray[Any, Any]"
    rows: "np.ndarray[Any, Any]"


def pack_texts(
    texts: Iterable[Sequence[Sequence[str]]], encoder: WordEncoder, *, row: int
) -> PackedTexts:
    """Return texts as rows of whole sentences, each of at most `row` pieces.

    Args:
        texts: for each text its sentences, as words in their model form.
        encoder: what encodes them.
        row: pieces of a row, `[CLS]` and `[SEP]` among them; longer sentences are cut.
    """
    pieces, shapes, words = array("i"), array("b"), array("i")
    rows: list[tuple[int, int]] = []
    number = 0
    for text in texts:
        begun = len(pieces)
        for sentence in text:
            encoded = encoder.encode(sentence)
            length = sum(len(word.pieces) for word in encoded)
            if len(pieces) > begun and len(pieces) - begun + length > row - 2:
                rows.append((begun, len(pieces)))
                begun = len(pieces)
            for word in encoded:
                pieces.extend(word.pieces)
                shapes.extend([word.shape] * len(word.pieces))
                words.extend([number] * len(word.pieces))
                number += 1
        rows.append((begun, len(pieces)))
    cut = [(start, min(end, start + row - 2)) for start, end in rows if end > start]
    return PackedTexts(
        np.array(pieces, np.int32),
        np.array(shapes, np.int8),
        np.array(words, np.int32),
        np.array(cut, np.int64).reshape(-1, 2),
    )


def pretrain(
    bert: Any,
    texts: PackedTexts,
    encoder: WordEncoder,
    settings: PretrainingSettings,
    *,
    folder: Path,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train `bert` in place; interrupted, the same call goes on from the last checkpoint.

    Args:
        bert: from `ner.network.load_base`, with the encoder's vocabulary.
        texts: from `pack_texts`.
        encoder: what encoded them.
        settings: see there.
        folder: where the checkpoint lies while it runs.
        progress: told of rows done.

    Returns:
        Settings, losses at 20 equally distant steps, pieces read and seconds.

    Raises:
        InputError: no text, or a checkpoint of another run.
    """
    if not len(texts.rows):
        raise InputError("no texts to pretrain on: `matlore corpus stats` says what a home holds")
    run = _Run(bert, texts, encoder, settings)
    folder.mkdir(parents=True, exist_ok=True)
    run.resume(folder / CHECKPOINT)
    progress(run.step * settings.rows, total=len(run.order) * settings.rows, text="pretraining")
    begun = time.perf_counter() - run.seconds
    while run.step < len(run.order):
        run.do_step()
        progress(settings.rows)
        run.seconds = time.perf_counter() - begun
        if run.step % settings.save_every == 0:
            run.save(folder / CHECKPOINT)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return {
        "settings": asdict(settings),
        "pieces": sum(int((ends - starts).sum()) for starts, ends in run.read()),
        "losses": run.losses,
        "seconds": round(run.seconds),
    }


class _Run:
    """One pass: the network, its optimizer, and how far they are."""

    def __init__(
        self, bert: Any, texts: PackedTexts, encoder: WordEncoder, settings: PretrainingSettings
    ) -> None:
        torch.manual_seed(settings.seed)
        set_dropout(bert, hidden=0.0, attention=0.0)  # few passes: nothing overfits
        self.order = _order(texts, settings)
        self.step = 0
        self.seconds = 0.0
        self.losses: list[tuple[int, float]] = []
        self._texts, self._encoder, self._settings = texts, encoder, settings
        self._predictor = _Predictor(bert)
        self._predictor.train()
        group = {"params": [*self._predictor.parameters()], "highest": settings.rate}
        self._optimizer = torch.optim.AdamW([group], weight_decay=0.01, fused=True)
        self._recent: list[float] = []

    def do_step(self) -> None:
        """Read one batch."""
        drawing = np.random.default_rng((self._settings.seed, self.step))
        rows = self.order[self.step]
        batch = _masked(self._texts, rows, self._encoder, self._settings.masked, drawing)
        with torch.autocast("cpu", torch.bfloat16):
            loss = self._predictor.loss(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self._predictor.parameters(), _GRADIENT_LIMIT)
        set_rates(self._optimizer, self.step, len(self.order), warm=0.05)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.step += 1
        self._recent.append(loss.item())
        if self.step % max(1, len(self.order) // _RECORDED) == 0:
            self.losses.append((self.step, round(sum(self._recent) / len(self._recent), 4)))
            self._recent = []

    def read(self) -> "list[np.ndarray[Any, Any]]":
        """Return for each step where its rows begin and end."""
        return [self._texts.rows[rows].T for rows in self.order]

    def _place(self) -> dict[str, Any]:
        return {"settings": asdict(self._settings), "rows": len(self._texts.rows)}

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        record = self._place() | {
            "step": self.step,
            "losses": self.losses,
            "seconds": self.seconds,
        }
        checkpoint = Checkpoint({}, record)
        checkpoint.add_module("network", self._predictor)
        checkpoint.add_optimizer(self._optimizer)
        save_checkpoint(checkpoint, path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint, if there is one."""
        checkpoint = load_checkpoint(path, expected=self._place())
        if checkpoint is None:
            return
        checkpoint.restore_module("network", self._predictor)
        checkpoint.restore_optimizer(self._optimizer)
        self.step, self.seconds = checkpoint.record["step"], checkpoint.record["seconds"]
        self.losses = [tuple(pair) for pair in checkpoint.record["losses"]]


class _Predictor(nn.Module):
    """BERT with a head that predicts pieces; its decoder is the embedding, transposed."""

    def __init__(self, bert: Any) -> None:
        super().__init__()
        self.bert = bert
        size = bert.config.hidden_size
        self.transform = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(torch.zeros(bert.config.vocab_size))

    def loss(self, batch: "_Masked") -> torch.Tensor:
        """Return the mean cross-entropy of the hidden pieces."""
        hidden = self.bert(
            input_ids=batch.pieces, attention_mask=batch.mask, token_type_ids=batch.shapes
        ).last_hidden_state
        chosen = self.transform(hidden[batch.chosen])
        pieces = self.bert.embeddings.word_embeddings.weight
        scores = chosen @ pieces.T.to(chosen.dtype) + self.bias
        return nn.functional.cross_entropy(scores.float(), batch.wanted)


@dataclass(frozen=True, slots=True)
class _Masked:
    pieces: torch.Tensor
    shapes: torch.Tensor
    mask: torch.Tensor
    chosen: torch.Tensor
    wanted: torch.Tensor


def _order(texts: PackedTexts, settings: PretrainingSettings) -> list["np.ndarray[Any, Any]"]:
    """Return the rows of each step: in each pass another order, batches of similar length."""
    generator = np.random.default_rng(settings.seed)
    lengths = texts.rows[:, 1] - texts.rows[:, 0]
    steps: list[np.ndarray[Any, Any]] = []
    chunk = settings.rows * 50
    for _ in range(math.ceil(settings.passes)):
        rows = generator.permutation(len(lengths))
        batches: list[np.ndarray[Any, Any]] = []
        for begun in range(0, len(rows), chunk):
            some = rows[begun : begun + chunk]
            some = some[np.argsort(lengths[some], kind="stable")]
            batches += [some[i : i + settings.rows] for i in range(0, len(some), settings.rows)]
        steps += [batches[i] for i in generator.permutation(len(batches))]
    return steps[: max(1, round(len(steps) * settings.passes / math.ceil(settings.passes)))]


def _masked(
    texts: PackedTexts,
    rows: "np.ndarray[Any, Any]",
    encoder: WordEncoder,
    share: float,
    drawing: np.random.Generator,
) -> _Masked:
    """Return a batch in which all pieces of a share of the words are hidden."""
    spans = texts.rows[rows]
    width = _rounded(int((spans[:, 1] - spans[:, 0]).max()) + 2)
    pieces = np.full((len(rows), width), encoder.pad, np.int64)
    shapes = np.zeros_like(pieces)
    mask = np.zeros_like(pieces)
    chosen = np.zeros(pieces.shape, bool)
    for k, (start, end) in enumerate(spans):
        inside = slice(1, end - start + 1)
        pieces[k, 0], pieces[k, end - start + 1] = encoder.cls, encoder.sep
        pieces[k, inside] = texts.pieces[start:end]
        shapes[k, inside] = texts.shapes[start:end]
        mask[k, : end - start + 2] = 1
        words = texts.words[start:end] - texts.words[start]
        chosen[k, inside] = (drawing.random(words[-1] + 1) < share)[words]
    extra = np.flatnonzero(chosen)[_whole(int(chosen.sum())) :]
    chosen.ravel()[extra] = False
    wanted = pieces[chosen]
    fate = drawing.random(len(wanted))
    others = drawing.integers(len(SPECIAL), encoder.size, len(wanted))
    hidden = encoder.number(MASK)
    pieces[chosen] = np.where(fate < 0.8, hidden, np.where(fate < 0.9, others, wanted))
    return _Masked(*(torch.from_numpy(a) for a in (pieces, shapes, mask, chosen, wanted)))


# Every new shape of a matrix costs the processor's library a plan: few shapes, quick steps.
def _rounded(width: int) -> int:
    """Return a row's width as a multiple of sixteen."""
    return -(-width // 16) * 16


def _whole(count: int) -> int:
    """Return a number of predicted pieces as a multiple of 128, where there are as many."""
    return count // 128 * 128 or count
