"""Load random facts into a store, and die by SIGKILL after so many calls of progress."""

import os
import random
import signal
import sys
from pathlib import Path

from random_graphs import random_facts

from graph.loading import load_graph
from graph.staging import build_tables
from graph.stores import Login, open_store

__all__: list[str] = []


def main() -> None:
    address, password, folder, seed, papers, calls = sys.argv[1:]
    left = int(calls)

    def progress(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    facts = random_facts(random.Random(int(seed)), int(papers))
    store = open_store(address, login=Login(password=password or None))
    load_graph(
        store,
        {"home": "test", "facts": f"{seed} {papers}"},
        lambda path: build_tables(facts, path, progress=progress),
        Path(folder),
        progress=progress,
    )
    store.close()


if __name__ == "__main__":
    main()
