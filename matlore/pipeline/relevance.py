"""The model of relevance: trained on the corpus of a home."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matlore.home import Home
from matlore.progress import Progress, no_progress

__all__ = ["train_home_relevance"]

_COLUMNS = ("id", "ids", "text", "abstract", "categories", "source", "license")


def train_home_relevance(
    home_path: Path,
    *,
    out: Path | None = None,
    labels: Path | None = None,
    command: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train the model of relevance on the papers of a home.

    Args:
        home_path: a home with a corpus.
        out: where the model goes; None for the one that ships.
        labels: a file of papers labelled by hand, to measure on and not to train on.
        command: recorded in the card.
        progress: told of each paper read.

    Returns:
        The model's id, size and measures.

    Raises:
        InputError: too few papers, or a labels file that cannot be read.
        UsageError: scikit-learn is not installed.
    """
    from ingest.relevance import RELEVANCE_FOLDER
    from ingest.relevance_training import read_labels, train_relevance

    home = Home.open(home_path)
    folder = out or RELEVANCE_FOLDER
    model = train_relevance(
        _rows(home, progress),
        folder,
        labels=read_labels(labels) if labels else None,
        command=command,
        progress=progress,
    )
    size = sum(file.stat().st_size for file in folder.iterdir())
    return {
        "model": model.version,
        "path": str(folder),
        "words": len(model),
        "kilobytes": round(size / 1000, 1),
        **_measured(model.card.metrics),
    }


def _rows(home: Home, progress: Progress) -> Iterator[dict[str, Any]]:
    """Yield the fields of each paper that training reads."""
    from ingest.corpus import Corpus

    corpus = Corpus(home)
    progress(0, total=len(corpus), text="labelling papers")
    for batch in corpus.batches(_COLUMNS):
        yield from batch.to_pylist()


def _measured(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the measures on labels by hand, else those on held-out weak labels."""
    name = "labels by hand" if "labels by hand" in metrics else "weak labels, held out"
    return {"measured_on": name, **metrics[name]}
