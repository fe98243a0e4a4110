"""Draw abstracts for the annotation of quantities: so many for each of seven properties.

python benchmarks/draw_abstracts.py CORPUS_FOLDER > abstracts.jsonl

Drawn at random are papers on materials (relevance of 0.5 or more) whose abstract names the
property and has a number with a unit that the property may have; nothing else is asked, so
that the value may be of something else.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from draw_sentences import LEAST_RELEVANCE, corpus_lines

from ingest.rows import paper_from_row
from matlore.records import Paper

__all__: list[str] = []

_NUMBER = r"\d\s?"
# What names the property, and a number with its unit.
_PROPERTIES = {
    "band gap": (r"(?i)\bband[ -]?gap", _NUMBER + r"m?eV\b"),
    "critical temperature": (
        r"\bT_?\{?[cCN]\b|(?i:critical temperature|transition temperature|Curie|N[ée]el)",
        _NUMBER + r"K\b",
    ),
    "seebeck coefficient": (r"(?i)seebeck|thermopower", _NUMBER + r"[mμµ]V[ /·]?\(?K"),
    "zT": (r"\b[zZ]T\b|(?i:figure[ -]of[ -]merit)", r"\b[0-3]\.\d"),
    "thermal conductivity": (r"(?i)thermal conductivit", _NUMBER + r"m?W[ /·^\-−m\d(c]*K"),
    "capacity": (r"(?i)capacit(?:y|ies)\b", _NUMBER + r"m?A[ ·]?h"),
    "mobility": (r"(?i)mobilit(?:y|ies)", r"cm\^?\{?2\}?[ /·]*\(?V"),
}


def main() -> None:
    """Write the drawn papers as JSON lines, property by property."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="files *.jsonl.gz, taken in sorted order")
    parser.add_argument("--abstracts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261125)
    options = parser.parse_args()
    for name, paper in draw(options.folder, options.abstracts, options.seed):
        record = {"property": name, "id": paper.id, "text": paper.text}
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


def draw(folder: Path, abstracts: int, seed: int) -> Iterator[tuple[str, Paper]]:
    """Yield papers with the property that each was drawn for, evenly over the properties."""
    lines = list(corpus_lines(sorted(folder.glob("*.jsonl.gz"))))
    random.Random(seed).shuffle(lines)
    seen: set[str] = set()
    for number, (name, patterns) in enumerate(_PROPERTIES.items()):
        wanted = (abstracts + number) // len(_PROPERTIES)
        for paper in _matching(lines, patterns, seen):
            if wanted == 0:
                break
            seen.add(paper.id)
            wanted -= 1
            yield name, paper


def _matching(lines: list[bytes], patterns: tuple[str, str], seen: set[str]) -> Iterator[Paper]:
    """Yield papers on materials that were not drawn yet and match both patterns."""
    named, unit = (re.compile(pattern) for pattern in patterns)
    for line in lines:
        row = json.loads(line)
        if not named.search(row["abstract"] or ""):
            continue
        paper = paper_from_row(row)
        if paper.id in seen or (paper.relevance or 0.0) < LEAST_RELEVANCE:
            continue
        if named.search(paper.text) and unit.search(paper.text):
            yield paper


if __name__ == "__main__":
    main()
