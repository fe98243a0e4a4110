"""Draw sentences of raw abstracts for annotation: one a paper, papers about materials only.

python benchmarks/draw_sentences.py CORPUS_FOLDER > sentences.jsonl
"""

import argparse
import gzip
import json
import random
import re
import sys
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ingest.rows import paper_from_row

__all__: list[str] = []

LEAST_RELEVANCE = 0.5
_END = re.compile(r"[.!?][)\]”’'\"]?\s+(?=[A-Z0-9(\[“])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:al|e\.g|i\.e|Figs?|Refs?|Eqs?|vs|cf|ca|approx|No|resp)|\b[A-Z])\.$"
)


class Drawn(NamedTuple):
    """A sentence: its paper and its characters in the paper's `text`, end excluded."""

    paper_id: str
    start: int
    end: int
    text: str


def main() -> None:
    """Write the drawn sentences as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="files *.jsonl.gz, taken in sorted order")
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261125)
    options = parser.parse_args()
    drawn = draw(sorted(options.folder.glob("*.jsonl.gz")), random.Random(options.seed))
    for sentence in islice(drawn, options.sentences):
        sys.stdout.write(json.dumps(sentence._asdict(), ensure_ascii=False) + "\n")


def draw(files: list[Path], rng: random.Random) -> Iterator[Drawn]:
    """Yield one sentence a paper, of the relevant papers in a random order."""
    lines = list(corpus_lines(files))
    rng.shuffle(lines)
    seen: set[str] = set()
    for line in lines:
        paper = paper_from_row(json.loads(line))
        if (paper.relevance or 0.0) < LEAST_RELEVANCE or paper.id in seen:
            continue
        seen.add(paper.id)
        start, end = rng.choice(sentences(paper.text))
        yield Drawn(paper.id, start, end, paper.text[start:end])


def paper_texts(files: list[Path], ids: Collection[str]) -> dict[str, str]:
    """Return the texts of papers, as a data home would hold them, by the papers' ids."""
    wanted = {paper_id.encode() for paper_id in ids}
    found: dict[str, str] = {}
    for line in corpus_lines(files):
        if line.split(b'"', 4)[3] in wanted:  # a row begins with its id
            paper = paper_from_row(json.loads(line))
            found.setdefault(paper.id, paper.text)
    return found


def corpus_lines(files: list[Path]) -> Iterator[bytes]:
    for file in files:
        with gzip.open(file, "rb") as lines:
            yield from lines


def sentences(text: str) -> list[tuple[int, int]]:
    """Return where the sentences are; the title is one."""
    bounds, start = [], 0
    for match in _END.finditer(text):
        end = match.start() + len(match.group().rstrip())
        if not _ABBREVIATION.search(text, start, end):
            bounds.append((start, end))
            start = match.end()
    bounds.append((start, len(text.rstrip())))
    return [(start, end) for start, end in bounds if start < end]


if __name__ == "__main__":
    main()
