"""What a home has of mentions, and pictures of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from matlore.errors import InputError, UsageError
from matlore.home import Home

from .ner_extract import mention_counts

__all__ = ["check_picture", "draw_mentions", "mention_stats", "show_mentions"]


class _Mark(NamedTuple):
    """What a picture shows of a mention."""

    start: int
    end: int
    label: str
    norm: str | None


def show_mentions(home_path: Path, id: str) -> dict[str, Any]:
    """Return the mentions of a paper of a home, by any of the paper's identifiers.

    Returns:
        `id`, `title` as cleaned, `text_sha`, `text`, and `mentions` in the order of the
        text, each with `label`, `start`, `end`, `text`, `norm`, `score` and `source`.

    Raises:
        HomeError: there is no home at `home_path`.
        NotFoundError: no paper has this identifier, or it was not read yet.
    """
    from ingest.corpus import Corpus
    from ner.extraction import paper_object
    from ner.mention_store import Mentions

    home = Home.open(home_path)
    paper = Corpus(home).get(id)
    found = paper_object(paper, Mentions(home).by_paper(paper.id), with_text=True)
    return {"id": found.pop("id"), "title": paper.text.partition("\n")[0], **found}


def mention_stats(home_path: Path, *, top: int = 10) -> dict[str, Any]:
    """Count the mentions of a home, and the commonest normal forms of each label.

    Memory grows with the number of different normal forms, not with that of mentions.

    Args:
        home_path: the data home.
        top: how many normal forms a label.

    Returns:
        What `ner.mention_store.Mentions.counts` counts; `linked`, by label the mentions
        that have a normal form; `norms`, by label how many `different` ones there are and
        the `commonest`, those of most papers first, each with `norm`, `papers` and
        `mentions`.

    Raises:
        HomeError: there is no home at `home_path`.
    """
    counts = mention_counts(home_path)
    norms = _Norms(Home.open(home_path))
    linked = {label: norms.linked[label] for label in counts["labels"]}
    listed = {label: norms.of_label(label, top) for label in counts["labels"]}
    return {**counts, "linked": linked, "norms": listed}


class _Norms:
    """Papers and mentions of each normal form of a home."""

    def __init__(self, home: Home) -> None:
        from ner.mention_store import Mentions

        self.linked: Counter[str] = Counter()
        self._mentions: Counter[tuple[str, str]] = Counter()
        self._papers: Counter[tuple[str, str]] = Counter()
        last: dict[tuple[str, str], str] = {}
        for batch in Mentions(home).batches(("label", "norm", "paper_id")):
            columns = (batch.column(k).to_pylist() for k in range(3))
            for label, norm, paper_id in zip(*columns, strict=True):
                if norm is not None:
                    key = (label, norm)
                    self._mentions[key] += 1
                    if last.get(key) != paper_id:  # a paper's mentions come in sequence
                        last[key] = paper_id
                        self._papers[key] += 1
        for (label, _), count in self._mentions.items():
            self.linked[label] += count

    def of_label(self, label: str, top: int) -> dict[str, Any]:
        """Return how many normal forms a label has, and the commonest."""
        papers = {norm: n for (other, norm), n in self._papers.items() if other == label}
        ranked = sorted(papers, key=lambda norm: (-papers[norm], norm))
        commonest = [
            {"norm": norm, "papers": papers[norm], "mentions": self._mentions[label, norm]}
            for norm in ranked[:top]
        ]
        return {"different": len(papers), "commonest": commonest}


def check_picture(path: Path) -> None:
    """Raise unless a picture can be drawn to a file: before the work, not after it.

    Raises:
        InputError: there is no folder for the file, or it is a folder itself.
        UsageError: spaCy is not installed.
    """
    if find_spec("spacy") is None:
        raise UsageError("pictures are drawn by spaCy: pip install 'matlore[spacy]'")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError(f"{path}: name a file, such as mentions.html, in a folder that exists")


def draw_mentions(path: Path, papers: Iterable[Mapping[str, Any]], *, title: str) -> None:
    """Write an HTML page that shows texts with their mentions.

    Args:
        path: of the page.
        papers: objects with `id`, `text` and `mentions`.
        title: of the page.

    Raises:
        InputError: the file cannot be written.
        UsageError: spaCy is not installed.
    """
    check_picture(path)
    from ner.pictures import write_html

    documents = ((one["id"], one["text"], list(map(_mark, one["mentions"]))) for one in papers)
    write_html(path, documents, title=title)


def _mark(mention: Mapping[str, Any]) -> _Mark:
    return _Mark(mention["start"], mention["end"], mention["label"], mention["norm"])
