"""A plain fine-tune of a base model on Matscholar's sentences, for comparison.

    python benchmarks/ner_baseline.py BASE_FOLDER MATSCHOLAR_FOLDER [--epochs 8]
        [--rates 1e-4,3e-4] [--seed 0]

What one writes in an hour: `AutoModelForTokenClassification`, the base's own tokenizer on the
words as they stand, the first piece of each word, AdamW with a warm-up, greedy decoding. A
tenth of train is held back to choose the learning rate by; dev is scored once, with the best.
Prints micro F1 as seqeval counts it. Needs the extra `train`; a quarter of an hour a rate on
two cores.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from ner.conll import TaggedSentence, read_conll
from ner.evaluation import micro_f1
from ner.labels import TAGS
from ner.training import hold_out

BATCH = 32
IGNORED = -100
NUMBER = {tag: number for number, tag in enumerate(TAGS)}
Row = tuple[list[int], list[int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("matscholar", type=Path)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rates", default="1e-4,3e-4")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    gold, held = hold_out(read_conll(options.matscholar / "train.txt"), 0.1)
    dev = read_conll(options.matscholar / "dev.txt")
    best: tuple[float, str, Any] = (0.0, "", None)
    for rate in options.rates.split(","):
        run = Baseline(options.base, float(rate), options.epochs, options.seed)
        run.train(gold)
        f1 = run.f1(held)
        print(f"rate {rate}: held-out micro F1 {f1:.4f}", flush=True)
        best = max(best, (f1, rate, run), key=lambda item: item[0])
    print(f"rate {best[1]}: dev micro F1 {best[2].f1(dev):.4f}")


class Baseline:
    """A token classifier of `transformers`, trained plainly."""

    def __init__(self, base: Path, rate: float, epochs: int, seed: int) -> None:
        from transformers import AutoModelForTokenClassification, AutoTokenizer

        torch.manual_seed(seed)
        random.seed(seed)
        self._tokenizer = AutoTokenizer.from_pretrained(base)
        self._model = AutoModelForTokenClassification.from_pretrained(base, num_labels=len(TAGS))
        self._rate, self._epochs = rate, epochs

    def train(self, sentences: Sequence[TaggedSentence]) -> None:
        """Train on sentences for all epochs."""
        rows = [self._row(sentence) for sentence in sentences]
        steps = self._epochs * -(-len(rows) // BATCH)
        optimizer = torch.optim.AdamW(self._model.parameters(), lr=self._rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda k: min((k + 1) / (0.1 * steps), (steps - k) / steps)
        )
        self._model.train()
        for _ in range(self._epochs):
            random.shuffle(rows)
            for batch in _batches(rows):
                with torch.autocast("cpu", torch.bfloat16):
                    loss = self._model(**batch).loss
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()

    def f1(self, sentences: Sequence[TaggedSentence]) -> float:
        """Return the micro F1 on sentences."""
        self._model.eval()
        found: list[list[str]] = []
        for batch in _batches([self._row(sentence) for sentence in sentences]):
            with torch.no_grad():
                chosen = self._model(**batch).logits.argmax(dim=-1)
            for tags, marks in zip(chosen, batch["labels"], strict=True):
                found.append([TAGS[tag] for tag in tags[marks != IGNORED]])
        pairs = zip(sentences, found, strict=True)
        return micro_f1([s.tags[: len(tags)] for s, tags in pairs], found)

    def _row(self, sentence: TaggedSentence) -> Row:
        """Return the pieces of a sentence, and a tag for the first of each word."""
        encoded = self._tokenizer(
            [word or "." for word in sentence.words],
            is_split_into_words=True,
            truncation=True,
            max_length=512,
        )
        tags, before = [], None
        for word in encoded.word_ids():
            first = word is not None and word != before
            tags.append(NUMBER[sentence.tags[word]] if first else IGNORED)
            before = word
        return encoded["input_ids"], tags


def _batches(rows: Sequence[Row]) -> Iterator[dict[str, torch.Tensor]]:
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        width = -(-max(len(pieces) for pieces, _ in some) // 16) * 16
        padded = [(p + [0] * (width - len(p)), t + [IGNORED] * (width - len(t))) for p, t in some]
        yield {
            "input_ids": torch.tensor([pieces for pieces, _ in padded]),
            "attention_mask": torch.tensor(
                [[1] * len(p) + [0] * (width - len(p)) for p, _ in some]
            ),
            "labels": torch.tensor([tags for _, tags in padded]),
        }


if __name__ == "__main__":
    main()
