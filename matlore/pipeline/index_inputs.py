"""What indexes are told, and what they are made from: the corpus, its facts, the graph."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from matlore.errors import GraphError, UsageError
from matlore.home import Home

from .index_record import COLLECTIONS, index_folder
from .index_sources import (
    CorpusPapers,
    IndexSource,
    SamplePapers,
    has_papers,
    manifest_fingerprint,
    sample_fingerprint,
)

if TYPE_CHECKING:
    from graph.stores import GraphStore, Login

__all__ = [
    "AUTO",
    "SAMPLE_NOTE",
    "IndexOptions",
    "OpenedSource",
    "open_source",
]

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """What a build of indexes is told.

    Attributes:
        encoder: `transformer`, `static`, a folder or a Hugging Face id; `auto` for the one of
            the indexes there are, else for one that suits the number of papers.
        collections: which indexes; None for all that there is something for.
        without: indexes that are left out of those.
        replace: begin them anew.
        workers: threads of the encoder; None for one a core.
        store: the address of the graph's store; None for the one in the home.
        login: for a server.
    """

    encoder: str = AUTO
    collections: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    replace: bool = False
    workers: int | None = None
    store: str | None = None
    login: "Login | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in self.collections or ():
            if name not in COLLECTIONS:
                known = ", ".join(COLLECTIONS)
                raise UsageError(f"--collection {name}: there are {known}")

    @property
    def wanted(self) -> tuple[str, ...]:
        """The collections, in the order in which they are built."""
        asked = COLLECTIONS if self.collections is None else self.collections
        return tuple(one for one in COLLECTIONS if one in asked and one not in self.without)


SAMPLE_NOTE = (
    "the home has no papers: the index is of the sample corpus that ships with matlore; bring"
    " papers in with `matlore ingest file PATH`, then run `matlore index build` again"
)
_NO_FACTS = (
    "no sentences: no facts were found in the papers yet; `matlore ner extract` and `matlore"
    " facts extract` find them"
)
_NO_GRAPH = "no nodes: there is no graph yet; `matlore graph load` makes one"


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """What an index is made from."""

    source: IndexSource
    fingerprint: str
    corpus: str


@contextmanager
def open_source(
    home: Home, collection: str, options: IndexOptions, notes: list[str]
) -> "Iterator[OpenedSource | None]":
    """Open what an index is made from; None, and a note, where there is nothing."""
    if collection == "nodes":
        with _nodes(home, options, notes) as opened:
            yield opened
        return
    makers: dict[str, Callable[[Home, list[str]], OpenedSource | None]] = {
        "papers": _papers,
        "sentences": _sentences,
    }
    yield makers[collection](home, notes)


def _papers(home: Home, notes: list[str]) -> OpenedSource:
    if has_papers(home):
        return OpenedSource(CorpusPapers(home), manifest_fingerprint(home), "home")
    notes.append(SAMPLE_NOTE)
    return OpenedSource(SamplePapers(), sample_fingerprint(), "sample")


def _sentences(home: Home, notes: list[str]) -> OpenedSource | None:
    from .index_sentences import FactSentences

    fingerprint = manifest_fingerprint(home)
    source = FactSentences(home)
    there = index_folder(home.path, "sentences").is_dir()
    if not there and not source.stamps():
        notes.append(_NO_FACTS)
        return None
    return OpenedSource(source, fingerprint, "home")


@contextmanager
def _nodes(home: Home, options: IndexOptions, notes: list[str]) -> "Iterator[OpenedSource | None]":
    from graph.stores import open_store

    from .graph_load import store_address

    store = open_store(store_address(home.path, options.store), login=options.login)
    try:
        yield _opened_nodes(store, options, notes)
    finally:
        store.close()


def _opened_nodes(
    store: "GraphStore", options: IndexOptions, notes: list[str]
) -> OpenedSource | None:
    from .index_nodes import GraphNodes, nodes_fingerprint

    try:
        info = store.info()
        if info is None:
            notes.append(_NO_GRAPH)
            return None
    except GraphError as error:
        if options.collections is not None:
            raise
        notes.append(f"no nodes: {error}")
        return None
    return OpenedSource(GraphNodes(store), nodes_fingerprint(info), store.address)
