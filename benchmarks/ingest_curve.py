"""Speed and memory of `matlore ingest file` at growing sizes.

    python benchmarks/ingest_curve.py FOLDER_OR_FILE… [--sizes 10000,50000,250000] [--workers 2]

Takes the first rows of gzipped or plain JSON Lines files, as many as each size says, into
a new data home, with deduplication and relevance, and prints papers a second, the largest
memory that the process and its workers held at once (the sum of their resident sets,
sampled: pages that they share count more than once), and how many times faster the same
command is the second time. Needs `/proc`.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--sizes", default="10000,50000,250000")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print("| rows | papers | seconds | papers/s | CPU s | peak MB | home MB | again |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            print(measure(options.paths, size, Path(folder), workers=options.workers), flush=True)


def measure(paths: list[Path], size: int, folder: Path, *, workers: int) -> str:
    """Ingest `size` rows into a new home, and return a line of the table."""
    rows = folder / "rows.jsonl.gz"
    with gzip.open(rows, "wt", compresslevel=1) as stream:
        stream.writelines(islice(lines(paths), size))
    command = [sys.executable, "-m", "matlore", "ingest", "file", str(rows)]
    command += ["--home", str(folder / "home"), "--workers", str(workers), "--format", "json"]
    before = os.times()
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    assert process.stdout is not None
    report = json.load(process.stdout)
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    again = time.perf_counter() - started
    on_disk = sum(path.stat().st_size for path in (folder / "home").rglob("*") if path.is_file())
    return (
        f"| {report['rows']:,} | {report['papers']:,} | {seconds:.1f} | "
        f"{report['rows'] / seconds:,.0f} | {cpu:.1f} | {peak / 1e6:.0f} | {on_disk / 1e6:.0f} | "
        f"{seconds / again:.0f} times faster |"
    )


def lines(paths: list[Path]) -> Iterator[str]:
    """Yield the lines of files, and of the files in folders."""
    for path in paths:
        files = sorted(path.glob("*.jsonl*")) if path.is_dir() else [path]
        for file in files:
            opener = gzip.open if file.suffix == ".gz" else open
            with opener(file, "rt", encoding="utf-8") as stream:
                yield from stream


def memory(pid: int) -> int:
    """Return the resident bytes of a process and all its descendants."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as stream:
            own = int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            return own + sum(memory(int(child)) for child in stream.read().split())
    except (OSError, IndexError):  # it has just ended
        return 0


if __name__ == "__main__":
    main()
