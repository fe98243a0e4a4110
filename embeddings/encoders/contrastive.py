"""Training both encoders on papers (extra `train`: torch and transformers).

In each batch a query (a title, the same in other words, a sentence with words missing, a few
words) has to find its own abstract among those of the whole batch, and the abstract its
query: the InfoNCE loss both ways (van den Oord et al., arXiv:1807.03748). Half of the batches
are drawn from a few clusters of similar papers, so that the other abstracts are hard to
tell from the right one.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .drawing import ContrastiveSettings, PairDrawing, Pieces, batches_ahead
from .pairs import TrainingPapers

__all__ = [
    "StaticNetwork",
    "TransformerNetwork",
    "encode_abstracts",
    "find_groups",
    "known_item_mrr",
    "train_contrastive",
]


class TransformerNetwork(nn.Module):
    """A BERT, the mean over the pieces of a text, length one."""

    def __init__(self, bert: Any, *, cls: int, sep: int) -> None:
        super().__init__()
        self.bert = bert
        self.cls, self.sep = cls, sep

    def forward(self, texts: Sequence[Pieces]) -> Tensor:
        """Return (texts, size) float32."""
        order = sorted(range(len(texts)), key=lambda k: len(texts[k]))
        parts = [order[k : k + 512] for k in range(0, len(order), 512)]
        found = torch.cat([self._encode([texts[k] for k in part]) for part in parts])
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return found[back.to(found.device)]

    def _encode(self, texts: Sequence[Pieces]) -> Tensor:
        width = max(len(text) for text in texts) + 2
        pieces = np.zeros((len(texts), width), np.int64)
        mask = np.zeros_like(pieces)
        for row, text in enumerate(texts):
            end = len(text) + 2
            pieces[row, 0], pieces[row, end - 1] = self.cls, self.sep
            pieces[row, 1 : end - 1] = text
            mask[row, :end] = 1
        device = next(self.parameters()).device
        ids, attended = (torch.from_numpy(a).to(device, non_blocking=True) for a in (pieces, mask))
        hidden = self.bert(input_ids=ids, attention_mask=attended).last_hidden_state
        weights = attended[:, :, None].to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return functional.normalize(mean.float(), dim=1)


class StaticNetwork(nn.Module):
    """A vector a piece; a text is their mean, length one. A vector's length is its weight."""

    def __init__(self, pieces: int, size: int) -> None:
        super().__init__()
        self.bag = nn.EmbeddingBag(pieces, size, mode="mean")
        nn.init.normal_(self.bag.weight, std=size**-0.5)

    def forward(self, texts: Sequence[Pieces]) -> Tensor:
        """Return (texts, size) float32."""
        lengths = np.array([len(text) for text in texts])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        device = self.bag.weight.device
        flat = torch.from_numpy(np.concatenate(texts).astype(np.int64)).to(device)
        found = self.bag(flat, torch.from_numpy(starts).to(device))
        return functional.normalize(found.float(), dim=1)


def train_contrastive(
    network: TransformerNetwork | StaticNetwork,
    papers: TrainingPapers,
    settings: ContrastiveSettings,
    *,
    groups: "list[NDArray[np.int64]] | None" = None,
    workers: int = 2,
    tell: Callable[[str], None] = lambda text: None,
    check: Callable[[int], None] = lambda step: None,
) -> dict[str, Any]:
    """Train a network in place, on the device where it is.

    Args:
        network: an encoder.
        papers: to train on.
        settings: how.
        groups: the papers of each cluster (`find_groups`); None for random batches alone.
        workers: processes that draw pairs.
        tell: is told of the loss now and then.
        check: is called after every quarter of the steps.

    Returns:
        The settings, the steps, the seconds, and the mean loss of the last tenth.
    """
    device = next(network.parameters()).device
    optimizer = _optimizer(network, settings.rate)
    began, losses, checked = time.monotonic(), list[float](), 0
    network.train()
    drawing = PairDrawing(papers, settings, groups)
    with closing(batches_ahead(drawing, workers)) as batches:
        for step, (queries, abstracts) in enumerate(batches):
            began = began if step else time.monotonic()  # the processes have started
            share = _share(step, time.monotonic() - began, settings)
            if share >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = settings.rate * min(share * 20 + 1e-3, (1 - share) / 0.95)
            loss = _step(network, queries, abstracts, settings.temperature, device)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
            if step % 50 == 0:
                tell(f"step {step}, {share:.0%}: loss {np.mean(losses[-50:]):.4f}")
            if int(share * 4) > checked:
                checked = int(share * 4)
                check(step)
    return {
        **asdict(settings),
        "steps": len(losses),
        "seconds": round(time.monotonic() - began),
        "loss": round(float(np.mean(losses[-max(1, len(losses) // 10) :])), 4),
    }


def _share(step: int, seconds: float, settings: ContrastiveSettings) -> float:
    """Return how much of the training is done."""
    return step / settings.steps if settings.steps else seconds / settings.seconds


def _optimizer(network: nn.Module, rate: float) -> torch.optim.Optimizer:
    matrices = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim < 2]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}],
        lr=rate,
    )


def _step(
    network: nn.Module,
    queries: Sequence[Pieces],
    abstracts: Sequence[Pieces],
    temperature: float,
    device: torch.device,
) -> Tensor:
    """Return the loss of a batch."""
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        left, right = network(queries), network(abstracts)
    scores = left @ right.T / temperature
    gold = torch.arange(len(queries), device=device)
    loss: Tensor = functional.cross_entropy(scores, gold) + functional.cross_entropy(scores.T, gold)
    return loss / 2


@torch.no_grad()  # type: ignore[untyped-decorator]
def encode_abstracts(network: nn.Module, papers: TrainingPapers, longest: int) -> Tensor:
    """Return (papers, size): the vectors of the abstracts."""
    device = next(network.parameters()).device
    network.eval()
    found = []
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        for start in range(0, len(papers), 8192):
            end = min(len(papers), start + 8192)
            found.append(network([papers.abstract(k, longest) for k in range(start, end)]))
    network.train()
    return torch.cat(found)


def find_groups(vectors: Tensor, number: int, *, rounds: int = 12) -> "list[NDArray[np.int64]]":
    """Return the papers of each cluster (spherical k-means).

    Args:
        vectors: (papers, size), of length one.
        number: of clusters.
        rounds: of the algorithm.
    """
    generator = torch.Generator().manual_seed(0)
    start = torch.randperm(len(vectors), generator=generator)[:number]
    centres = vectors[start.to(vectors.device)]
    for _ in range(rounds):
        nearest = (vectors @ centres.T).argmax(1)
        sums = torch.zeros_like(centres).index_add(0, nearest, vectors)
        centres = functional.normalize(sums + 1e-6 * centres, dim=1)
    owner = nearest.cpu().numpy()
    return [np.flatnonzero(owner == k) for k in range(number) if (owner == k).sum() > 1]


@torch.no_grad()  # type: ignore[untyped-decorator]
def known_item_mrr(
    network: nn.Module, papers: TrainingPapers, others: Tensor, *, longest: int
) -> float:
    """Return MRR@10 of titles as queries for their abstracts.

    Args:
        network: an encoder.
        papers: whose titles are asked, and whose abstracts are to be found.
        others: (abstracts, size): vectors of more abstracts to choose from.
        longest: pieces of an abstract that are read.
    """
    own = encode_abstracts(network, papers, longest)
    network.eval()
    with torch.autocast(own.device.type, torch.bfloat16, enabled=own.device.type == "cuda"):
        asked = network([papers.title(k)[: min(48, longest)] for k in range(len(papers))])
    network.train()
    right = (asked * own).sum(1, keepdim=True)
    scores = (asked @ own.T).fill_diagonal_(-2)  # not compared with itself, for rounding
    better = (scores > right).sum(1) + (asked @ others.T > right).sum(1)
    ranks = better.float() + 1
    return float(torch.where(ranks <= 10, 1 / ranks, torch.zeros_like(ranks)).mean())
