"""`matlore ner extract` killed at random instants, against an undisturbed run.

    python benchmarks/ner_kills.py ROWS.jsonl.gz… [--count 5000] [--kills 20] [--seed 0]
        [--model FOLDER] [--pattern]

Takes the first rows of JSON Lines files into two homes. Extracts the mentions of one
undisturbed; those of the other with a process that gets SIGKILL after a random time and is
started again, so many times, and once more at the end. Then compares what the two hold, row
by row, and prints how many papers each run found done, speed, and the largest resident
memory of a run. `--pattern` puts a regular expression in the model's place, to try the job
itself on a whole corpus. `--kills 0` only measures. Needs `/proc`.
"""

import argparse
import gzip
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from matlore.home import Home
from ner.labels import Span
from ner.mention_store import Mentions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model")
    parser.add_argument("--pattern", action="store_true")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.rows[0], model=options.model, pattern=options.pattern)
        return
    arguments = ["--pattern"] * options.pattern
    arguments += ["--model", options.model] if options.model else []
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        collect(options.rows, options.count, rows)
        compare(rows, Path(folder), arguments, options.kills, random.Random(options.seed))


def collect(paths: Sequence[Path], count: int, target: Path) -> None:
    """Write the first rows of files into one."""
    with target.open("w", encoding="utf-8") as out:
        for path in paths:
            opener = gzip.open if path.suffix == ".gz" else open
            with opener(path, "rt", encoding="utf-8") as stream:
                written = 0
                for line in islice(stream, count):
                    out.write(line)
                    written += 1
            count -= written


def compare(
    rows: Path, folder: Path, arguments: Sequence[str], kills: int, rng: random.Random
) -> None:
    calm, killed = folder / "calm", folder / "killed"
    for home in (calm, killed) if kills else (calm,):
        command = [sys.executable, "-m", "matlore", "--quiet", "ingest", "file", str(rows)]
        subprocess.run([*command, "--home", str(home)], check=True, stdout=subprocess.DEVNULL)
    seconds, peak = run(calm, arguments)
    counts = Mentions(Home.open(calm)).counts()
    print(
        f"undisturbed: {counts['papers']:,} papers, {counts['mentions']:,} mentions in "
        f"{seconds:.1f} s ({counts['papers'] / seconds:,.0f} papers/s), peak {peak / 1e6:.0f} MB"
    )
    seconds_again, _ = run(calm, arguments)
    print(f"again, with nothing to do: {seconds_again:.1f} s")
    if not kills:
        return
    done = []
    at_work = 0
    for _ in range(kills):
        pause = rng.uniform(0.2, max(1.0, 2 * seconds / kills))
        at_work += run(killed, arguments, kill_after=pause)[0] < 0
        done.append(Mentions(Home.open(killed)).counts()["papers"])
    run(killed, arguments)
    n_calm, calm_digest = digest(calm)
    n_killed, killed_digest = digest(killed)
    print(f"killed {kills} times ({at_work} while at work); papers done after each: {done}")
    same = (n_calm, calm_digest) == (n_killed, killed_digest)
    print(f"restarted: {n_killed:,} mentions of {n_calm:,}; the same rows: {same}")


def run(
    home: Path, arguments: Sequence[str], *, kill_after: float | None = None
) -> tuple[float, int]:
    """Return how many seconds a run took, negative if it was killed, and its peak in bytes."""
    started = time.perf_counter()
    command = [sys.executable, __file__, str(home), "--work", *arguments]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while child.poll() is None:
        peak = max(peak, high_water(child.pid))
        if kill_after is not None and time.perf_counter() - started > kill_after:
            child.kill()
            child.wait()
            return -kill_after, peak
        time.sleep(0.02)
    if child.returncode:
        raise SystemExit(f"the job failed: {child.returncode}")
    return time.perf_counter() - started, peak


def high_water(pid: int) -> int:
    """Return the most bytes that a process has had resident, as the kernel counts."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as stream:
            return next((int(s.split()[1]) << 10 for s in stream if s.startswith("VmHWM")), 0)
    except OSError:  # it has just ended
        return 0


def digest(home: Path) -> tuple[int, str]:
    """Return how many mentions a home has, and a hash of them whatever their order."""
    total = count = 0
    for batch in Mentions(Home.open(home)).batches():
        for row in batch.to_pylist():
            line = json.dumps(row, sort_keys=True).encode()
            total += int.from_bytes(hashlib.sha256(line).digest()[:16])  # a sum: twice counts
            count += 1
    return count, f"{total:x}"


class PatternTagger:
    """Finds what looks like a formula or a word of interest."""

    version = "pattern-1"
    _pattern = re.compile(r"\b(?:[A-Z][a-z]?\d*){2,12}\b|\b[a-z]+(?:ity|tion|ing|ance|ment)\b")

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return what the pattern finds in each text."""
        return [
            [Span(*m.span(), "MAT" if m[0][0].isupper() else "PRO", 0.9) for m in found]
            for found in map(self._pattern.finditer, texts)
        ]


class PatternLinker:
    """Names a mention by its lower case."""

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        """Return each mention in lower case."""
        return [text[span.start : span.end].lower() for span in spans]


def work(home: Path, *, model: str | None, pattern: bool) -> None:
    """Extract the mentions of a home, in this process."""
    from matlore.pipeline import ner_extract

    if pattern:
        ner_extract.load_extractor = lambda *_, **__: (PatternTagger(), PatternLinker())
    report = ner_extract.extract_home(home, model=model)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
