"""`matlore facts extract` killed at random instants, against an undisturbed run.

    python benchmarks/facts_kills.py HOME [--kills 20] [--workers 2] [--commit 100] [--seed 0]

Copies a home whose mentions are known, twice, and forgets the facts of both. Finds those of
one undisturbed; those of the other with a process that gets SIGKILL after a random time and is
started again, so many times, and once more at the end. Then compares what the two hold, row
by row, and prints how many papers each run found done, and whether a worker outlived its
parent. Commits are small, so that there is something to lose. Needs `/proc`.
"""

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from matlore.home import Home
from ner.fact_compaction import drop_shards
from ner.fact_shards import kind_shards
from ner.fact_store import CLAIMS, QUANTITIES, Facts

__all__: list[str] = []

_GRACE = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--commit", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.home, workers=options.workers, commit=options.commit)
        return
    arguments = ["--workers", str(options.workers), "--commit", str(options.commit)]
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / name for name in ("calm", "killed")]
        for home in homes:
            shutil.copytree(options.home, home)
            forget(home)
        compare(homes[0], homes[1], arguments, options.kills, random.Random(options.seed))


def forget(home: Path) -> None:
    """Drop the facts of a home, mentions left out."""
    with Home.open(home).writer() as writer:
        for kind in (QUANTITIES, CLAIMS):
            drop_shards(writer, kind_shards(writer.home, writer.connection, kind))
            writer.connection.execute("DELETE FROM extracted WHERE kind = ?", (kind.name,))
        writer.commit()


def compare(
    calm: Path, killed: Path, arguments: Sequence[str], kills: int, rng: random.Random
) -> None:
    seconds = run(calm, arguments)
    counts = Facts(Home.open(calm)).counts()
    print(f"undisturbed: {counts['papers']:,} papers in {seconds:.1f} s")
    done, orphans, at_work = [], 0, 0
    for _ in range(kills):
        pause = rng.uniform(0.2, max(1.0, 0.6 * seconds))
        at_work += run(killed, arguments, kill_after=pause) < 0
        done.append(Facts(Home.open(killed)).counts()["papers"])
        orphans += outlived(killed)
    run(killed, arguments)
    print(f"killed {kills} times ({at_work} while at work); papers done after each: {done}")
    print(f"workers that outlived their parent by {_GRACE:.0f} s: {orphans}")
    print(f"rows: {digest(calm)[0]:,} and {digest(killed)[0]:,}", end="; ")
    print(f"the same rows: {digest(calm) == digest(killed)}")


def run(home: Path, arguments: Sequence[str], *, kill_after: float | None = None) -> float:
    """Return how many seconds a run took, negative if it was killed."""
    started = time.perf_counter()
    command = [sys.executable, __file__, str(home), "--work", *arguments]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        code = child.wait(kill_after)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return -time.perf_counter() + started
    if code:
        raise SystemExit(f"the job failed: {code}")
    return time.perf_counter() - started


def outlived(home: Path) -> int:
    """Return how many processes are still at work on a home whose job was killed."""
    deadline = time.perf_counter() + _GRACE
    while (alive := workers_of(home)) and time.perf_counter() < deadline:
        time.sleep(0.1)
    return alive


def workers_of(home: Path) -> int:
    """Return how many processes hold a file of a home open."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            count += any(str(home) in str(link.readlink()) for link in folder.iterdir())
        except OSError:  # it has ended, or is another user's
            continue
    return count


def digest(home: Path) -> tuple[int, str]:
    """Return how many facts a home has, and a hash of them whatever their order."""
    facts = Facts(Home.open(home))
    total = count = 0
    for batches in (facts.quantity_batches(), facts.claim_batches()):
        for batch in batches:
            for row in batch.to_pylist():
                line = json.dumps(row, sort_keys=True).encode()
                total += int.from_bytes(hashlib.sha256(line).digest()[:16])  # a sum: twice counts
                count += 1
    return count, f"{total:x}"


def work(home: Path, *, workers: int, commit: int) -> None:
    """Find the facts of a home."""
    from matlore.pipeline.documents import read_shard
    from matlore.pipeline.facts_extract import load_finder
    from ner.fact_jobs import find_facts

    report = find_facts(
        Home.open(home),
        read_shard,
        load_finder(),
        reject=lambda placed, reason: print(placed.paper.id, reason),
        workers=workers,
        commit_papers=commit,
        chunk_papers=min(commit, 100),
    )
    print(report)


if __name__ == "__main__":
    main()
