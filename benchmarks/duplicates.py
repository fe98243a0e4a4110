"""How well duplicates are told from near misses: precision and recall.

    python benchmarks/duplicates.py FOLDER [--seed 7]

Builds 1,000 papers altered as sources alter them and 1,000 near misses from the rows of a
folder of JSON Lines (`tests/ingest/duplicate_pairs.py` says how), puts each pair into a new
data home, and counts what was merged. The thresholds were looked at with the pairs of even
number of `--seed 1` only.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from ingest.rows import paper_from_row
from ingest.store import PaperStore
from matlore.home import Home

sys.path.append(str(Path(__file__).parents[1] / "tests" / "ingest"))

import duplicate_pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rows = list(duplicate_pairs.read_rows(options.folder))
    pairs = [
        *duplicate_pairs.altered(rows, Random(options.seed)),
        *duplicate_pairs.near_misses(rows, Random(options.seed)),
    ]
    del rows
    found, wrong = Counter[tuple[bool, bool]](), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory() as folder:
        for pair, merged in zip(pairs, merges(pairs, Path(folder)), strict=True):
            found[pair.same, merged] += 1
            if pair.same != merged:
                wrong["missed" if pair.same else "merged wrongly", pair.kind] += 1
    right = found[True, True]
    print(f"precision {right / (right + found[False, True]):.4f}")
    print(f"recall    {right / (right + found[True, False]):.4f}")
    for (what, kind), count in wrong.most_common():
        print(f"{what}: {count} of kind {kind}")


def merges(pairs: list[duplicate_pairs.Pair], folder: Path) -> list[bool]:
    """Put all pairs into one home; return for each whether its two rows became one paper."""
    merged = []
    with Home.open(folder / "home", create=True).writer() as writer:
        store = PaperStore(writer)
        for pair in pairs:
            first, second = paper_from_row(pair.first), paper_from_row(pair.second)
            store.put(first)
            before = store.owner(first.id)
            store.put(second)
            merged.append(store.owner(second.id) == before)
        store.close()
    return merged


if __name__ == "__main__":
    main()
