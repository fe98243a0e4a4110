"""How much CPU the command line needs to answer: `python benchmarks/cli_startup.py`.

Each command runs in a process of its own, after one run that warms the file cache; shown
are the median and the largest CPU seconds (user and system) and the median wall time.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time

COMMANDS = (
    ["--version"],
    ["--help"],
    ["recommend", "--help"],
    ["ingest", "file", "--help"],
)


def measure(arguments: list[str], *, home: str) -> tuple[float, float]:
    """Return (CPU seconds, wall seconds) of one run; stop where it fails."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "matlore", *arguments]
    subprocess.run(command, check=True, capture_output=True, env={"MATLORE_HOME": home, "PATH": ""})
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each command")
    runs = parser.parse_args().runs
    print(f"{'CPU s (median)':>14}  {'CPU s (max)':>11}  {'wall s':>6}  command ({runs} runs each)")
    with tempfile.TemporaryDirectory() as home:
        for arguments in COMMANDS:
            measure(arguments, home=home)
            taken = [measure(arguments, home=home) for _ in range(runs)]
            cpu, wall = zip(*taken, strict=True)
            print(
                f"{statistics.median(cpu):14.2f}  {max(cpu):11.2f}  {statistics.median(wall):6.2f}"
                f"  matlore {' '.join(arguments)}"
            )


if __name__ == "__main__":
    main()
