"""A harvest killed at random instants, against an undisturbed one.

    python benchmarks/harvest_kills.py ROWS.jsonl.gz [--count 20000] [--kills 50] [--seed 0]

Serves real records by a local OAI-PMH archive (`tests/ingest/oai_server.py`), harvests them
once undisturbed, and once with a process that gets SIGKILL after a random time and is
started again, so many times; then compares what the two homes hold, row by row.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingest.corpus import Corpus
from matlore.home import Home

SERVER = Path(__file__).parents[1] / "tests" / "ingest" / "oai_server.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    command = [sys.executable, str(SERVER), str(options.rows), "--count", str(options.count)]
    server = subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder:
            compare(url, Path(folder), options.kills, random.Random(options.seed))
    finally:
        server.terminate()


def compare(url: str, folder: Path, kills: int, rng: random.Random) -> None:
    started = time.perf_counter()
    subprocess.run(command(url, folder / "calm"), check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    done = 0
    progress = []
    for _ in range(kills):
        child = subprocess.Popen(command(url, folder / "killed"), stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(1, 1 + seconds / 8))
        done += child.poll() is None
        child.kill()
        child.wait()
        progress.append(papers(folder / "killed"))
    subprocess.run(command(url, folder / "killed"), check=True, stdout=subprocess.DEVNULL)
    calm, killed = rows(folder / "calm"), rows(folder / "killed")
    print(f"undisturbed: {len(calm):,} papers in {seconds:.1f} s")
    print(f"killed {kills} times ({done} while at work); papers after each: {progress}")
    print(f"restarted: {len(killed):,} papers; the same rows: {calm == killed}")


def command(url: str, home: Path) -> list[str]:
    program = [sys.executable, "-m", "matlore", "--quiet", "ingest", "arxiv", "--url", url]
    return [*program, "--home", str(home), "--format", "json"]


def papers(home: Path) -> int:
    return len(Corpus(Home.open(home))) if (home / "home.json").is_file() else 0


def rows(home: Path) -> list[tuple[object, ...]]:
    return sorted((p.id, p.text_sha, p.ids, p.year) for p in Corpus(Home.open(home)))


if __name__ == "__main__":
    main()
