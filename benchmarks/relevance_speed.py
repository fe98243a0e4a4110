"""Speed of the model of relevance on one core, and with labels how often it is right.

python benchmarks/relevance_speed.py FOLDER_OR_FILE… [--papers 10000] [--labels FILE]
"""

import argparse
import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ingest_curve import lines

from ingest.clean import clean_text
from ingest.relevance import RelevanceModel
from ingest.relevance_training import measures, read_labels

__all__: list[str] = []


def main() -> None:
    """Time loading and scoring, then score the labelled papers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--papers", type=int, default=10_000)
    parser.add_argument("--model", type=Path, help="a folder; by default the model that ships")
    parser.add_argument("--labels", type=Path, help="lines of id, tab, 0 or 1")
    options = parser.parse_args()
    start = time.perf_counter()
    model = RelevanceModel.load(options.model)
    print(f"{model.version}: {len(model)} words, loaded in {time.perf_counter() - start:.3f} s")
    texts = [_text(row) for row in islice(_rows(options.paths), options.papers)]
    print(f"{len(texts)} cleaned abstracts, one process, CPU seconds")
    print("| words cached before | abstracts/s |\n|---|---|")
    for cached in ("no", "yes"):
        print(f"| {cached} | {len(texts) / _seconds(model, texts):,.0f} |")
    if options.labels:
        _print_measures(model, options.paths, read_labels(options.labels))


def _rows(paths: list[Path]) -> Iterator[dict[str, str]]:
    return (json.loads(line) for line in lines(paths))


def _text(row: dict[str, str]) -> str:
    return f"{clean_text(row['title'])}\n{clean_text(row['abstract'])}"


def _seconds(model: RelevanceModel, texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        model.score(text)
    return time.process_time() - start


def _print_measures(model: RelevanceModel, paths: list[Path], labels: dict[str, int]) -> None:
    """Print precision, recall and F1 at the threshold 0.5 on the labelled papers."""
    scores = {row["id"]: model.score(_text(row)) for row in _rows(paths) if row["id"] in labels}
    found = measures(list(scores.values()), [labels[id] for id in scores])
    print(f"\n{found['n']} papers labelled by hand, {found['relevant']} relevant")
    print("| measure | value | 95% interval |\n|---|---|---|")
    for name in ("precision", "recall", "f1"):
        low, high = found[f"{name}_interval"]
        print(f"| {name} | {found[name]:.3f} | {low:.3f} to {high:.3f} |")


if __name__ == "__main__":
    main()
