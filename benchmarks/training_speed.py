"""Training speed against gensim fed by an iterator that joins phrases on the fly.

    python benchmarks/training_speed.py FOLDER_OR_FILE… [--papers 8000] [--epochs 3]

The baseline is what mat2vec does: Word2Vec over an iterator that splits each line and joins
its phrases, in every epoch. Same texts, same phrases, same settings, same threads, one run
after the other on the same machine. Ours includes writing the phrased file.
"""

import argparse
import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest_curve import lines

from embeddings.phrases import PhraseModel
from embeddings.training import TrainingSettings, new_model
from ingest.clean import clean_text
from ner.tokens import training_tokens

__all__: list[str] = []


class _OnTheFly:
    """Sentences with phrases joined while they are read, as mat2vec feeds gensim."""

    def __init__(self, file: Path, phrases: PhraseModel) -> None:
        self._file, self._phrases = file, phrases

    def __iter__(self) -> Iterator[list[str]]:
        with self._file.open(encoding="utf-8") as stream:
            for line in stream:
                yield self._phrases.apply(line.split())


def main() -> None:
    """Run both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--papers", type=int, default=8000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    settings = TrainingSettings()
    rows = map(json.loads, islice(lines(options.paths), options.papers))
    texts = [training_tokens(clean_text(f"{row['title']}\n{row['abstract']}")) for row in rows]
    phrases = PhraseModel.learn(texts)
    with TemporaryDirectory() as folder:
        plain, phrased = Path(folder, "plain.txt"), Path(folder, "phrased.txt")
        plain.write_text("".join(" ".join(text) + "\n" for text in texts), encoding="utf-8")
        baseline = _baseline(plain, phrases, settings, options)
        ours = _ours(plain, phrased, phrases, settings, options)
    tokens = sum(map(len, texts))
    print(
        f"{options.papers} papers, {tokens} tokens, {options.epochs} epochs, "
        f"{options.workers} threads"
    )
    print("| way | s | tokens/s | ratio |\n|---|---|---|---|")
    for name, seconds in (("iterator, phrases on the fly", baseline), ("phrased file", ours)):
        speed = tokens * options.epochs / seconds
        print(f"| {name} | {seconds:.1f} | {speed:,.0f} | {baseline / seconds:.2f} |")


def _baseline(
    plain: Path, phrases: PhraseModel, settings: TrainingSettings, options: argparse.Namespace
) -> float:
    sentences = _OnTheFly(plain, phrases)
    model = new_model(settings, options.workers)
    start = time.perf_counter()
    model.build_vocab(sentences)
    model.train(sentences, total_examples=model.corpus_count, epochs=options.epochs)
    return time.perf_counter() - start


def _ours(
    plain: Path,
    phrased: Path,
    phrases: PhraseModel,
    settings: TrainingSettings,
    options: argparse.Namespace,
) -> float:
    model = new_model(settings, options.workers)
    start = time.perf_counter()
    with phrased.open("w", encoding="utf-8") as file:
        file.writelines(" ".join(line) + "\n" for line in _OnTheFly(plain, phrases))
    model.build_vocab(corpus_file=str(phrased))
    model.train(
        corpus_file=str(phrased),
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=options.epochs,
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
