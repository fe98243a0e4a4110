"""Print how much CPU time `matlore recommend` takes, start-up included.

    python benchmarks/recommend_startup.py [--runs 5] [OPTION …]

Further options go to `matlore recommend`. Each run is a fresh process; the first, which
also warms the file cache, is not counted.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

CASES: tuple[tuple[str, list[str]], ...] = (
    ("recommend", []),
    ("recommend --explain", ["--explain"]),
    ("recommend --novel --contains Te", ["--novel", "--contains", "Te"]),
    ("recommend --plot chart.png", ["--plot", "chart.png"]),
)
BUDGET_SECONDS = 2.0


def measure(arguments: list[str], folder: Path) -> tuple[float, float, float]:
    """Return CPU seconds, wall seconds and peak megabytes of a run in a fresh process."""
    command = [sys.executable, "-m", "matlore", *arguments, "--home", str(folder / "home")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, after.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--application", default="thermoelectric")
    options, passed_on = parser.parse_known_args()
    print(f"{'command':34} {'CPU s (median)':>15} {'wall s':>8} {'peak MB so far':>15}")
    with TemporaryDirectory() as folder:
        for label, extra in CASES:
            arguments = ["recommend", "--application", options.application, *extra, *passed_on]
            runs = [measure(arguments, Path(folder)) for _ in range(1 + options.runs)][1:]
            cpu, wall, peak = sorted(runs)[len(runs) // 2]
            print(f"{label:34} {cpu:15.2f} {wall:8.2f} {peak:15.0f}")
    print(f"budget: {BUDGET_SECONDS} s of CPU for a warm start without a corpus to scan")


if __name__ == "__main__":
    main()
