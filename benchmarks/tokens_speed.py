"""Speed of cleaning, tokens and formulas: abstracts a second on one core.

python benchmarks/tokens_speed.py FOLDER_OR_FILE… [--papers 5000]
"""

import argparse
import json
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TypeVar

from ingest_curve import lines

from ingest.clean import clean_text
from ner.tokens import tokenize, training_tokens

__all__: list[str] = []

T = TypeVar("T")


def main() -> None:
    """Time each step on the same texts and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--papers", type=int, default=5000)
    options = parser.parse_args()
    rows = [json.loads(line) for line in islice(lines(options.paths), options.papers)]
    raw = [f"{row['title']}\n{row['abstract']}" for row in rows]
    clean, texts = _timed(clean_text, raw)
    train, _ = _timed(training_tokens, texts)
    offsets, _ = _timed(tokenize, texts)
    print(f"{len(raw)} abstracts, one process, CPU seconds, caches cold at the start")
    print("| step | abstracts/s |\n|---|---|")
    print(f"| clean_text | {len(raw) / clean:,.0f} |")
    print(f"| training_tokens, formulas included | {len(raw) / train:,.0f} |")
    print(f"| tokenize after that (caches warm) | {len(raw) / offsets:,.0f} |")


def _timed(function: Callable[[str], T], texts: list[str]) -> tuple[float, list[T]]:
    start = time.process_time()
    results = [function(text) for text in texts]
    return time.process_time() - start, results


if __name__ == "__main__":
    main()
