"""One index and what it is made from: what differs, and making it the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError
from matlore.progress import Progress, no_progress

from .index_sources import IndexSource

if TYPE_CHECKING:
    from embeddings.encoders.base import TextEncoder
    from embeddings.index import IndexCard, IndexedText, IndexWriter

__all__ = [
    "IndexChanges",
    "UpdateReport",
    "count_changes",
    "finished_card",
    "known_texts",
    "update_index",
]

_BLOCK = 2_048  # texts that are encoded and committed together


@dataclass(frozen=True, slots=True)
class IndexChanges:
    """How many documents must be added, indexed anew, taken out, and are as they were."""

    added: int
    changed: int
    deleted: int
    unchanged: int

    @property
    def todo(self) -> int:
        """How many documents there is something to do about."""
        return self.added + self.changed + self.deleted


@dataclass(slots=True)
class UpdateReport:
    """What was done to an index, in texts.

    Attributes:
        documents: papers or nodes that it was made from.
        rows: texts that it has.
        kind: of its FAISS index.
        encoding_seconds: encoding and writing, without comparing and FAISS.
    """

    documents: int = 0
    rows: int = 0
    added: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
    kind: str = ""
    encoding_seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as it is printed."""
        done = self.added + self.changed
        speed = round(done / self.encoding_seconds) if done and self.encoding_seconds else None
        found = asdict(self)
        found["encoding_seconds"] = round(self.encoding_seconds, 3)
        return {**found, "encoded_per_second": speed}


class _Plan:
    """What differs between an index and its source."""

    def __init__(self, source: IndexSource, known: Mapping[str, str]) -> None:
        stamps = source.stamps()
        self.documents = len(stamps)
        self.gone: list[str] = []  # texts of documents that are no more
        self.changed: dict[str, list[str]] = {}  # documents, and the texts they had
        seen: dict[str, list[str]] = {}
        for key, sha in known.items():
            document = source.document(key)
            now = stamps.get(document)
            if now is None:
                self.gone.append(key)
                continue
            seen.setdefault(document, []).append(key)
            if now != sha:
                self.changed[document] = seen[document]  # the same list: it grows on
        self.new = {document for document in stamps if document not in seen}
        self.gone_documents = len({source.document(key) for key in self.gone})

    @property
    def wanted(self) -> frozenset[str]:
        """The documents that must be indexed."""
        return frozenset(self.new).union(self.changed)

    def counts(self) -> IndexChanges:
        """Return how many documents are concerned."""
        unchanged = self.documents - len(self.new) - len(self.changed)
        return IndexChanges(len(self.new), len(self.changed), self.gone_documents, unchanged)


def count_changes(folder: Path | None, source: IndexSource) -> IndexChanges:
    """Return what an update would do, in documents.

    Args:
        folder: of the index, which may not be there; None for one to be begun anew.
        source: what it is made from.
    """
    return _Plan(source, known_texts(folder) if folder is not None else {}).counts()


def known_texts(folder: Path) -> dict[str, str]:
    """Return the texts of an index with their stamps; none where there is no index."""
    from embeddings.index import read_known

    return read_known(folder) if folder.is_dir() else {}


def finished_card(folder: Path) -> "IndexCard | None":
    """Return the card of an index whose files have the sizes that it says; else None."""
    from embeddings.index.card import check_files, load_card

    try:
        card = load_card(folder)
        check_files(card, folder, hashes=False)
    except ArtifactError:
        return None
    return card


def update_index(
    folder: Path,
    source: IndexSource,
    encoder: "TextEncoder",
    *,
    replace: bool = False,
    progress: Progress = no_progress,
) -> UpdateReport:
    """Make an index the same as what it is made from; what is the same already is left alone.

    Args:
        folder: of the index; it is made where it is missing.
        source: the documents.
        encoder: of their texts.
        replace: begin anew.
        progress: told of documents.

    Raises:
        UsageError: the index is of another encoder.
        HomeBusyError: another process is writing to it.
    """
    from embeddings.index import IndexWriter

    with IndexWriter.open(folder, encoder, replace=replace) as writer:
        known = writer.known()
        plan = _Plan(source, known)
        report = UpdateReport(documents=plan.documents)
        writer.delete(plan.gone)
        started = perf_counter()
        wanted = plan.wanted
        progress(0, total=len(wanted), text="encoding")
        for block in _blocks(source.texts(wanted) if wanted else ()):
            _write(writer, block, plan, known, report)
            progress(len(block))
        report.encoding_seconds = perf_counter() - started
        report.deleted += len(plan.gone)
        report.unchanged = len(known) - report.changed - report.deleted
        card = writer.finish(progress)
    report.rows, report.kind = card.rows, card.kind
    return report


def _blocks(
    documents: "Iterable[tuple[str, list[IndexedText]]]",
) -> "Iterator[list[tuple[str, list[IndexedText]]]]":
    """Yield documents in blocks; none is cut, so that each is indexed whole or not at all."""
    block, texts = list[tuple[str, list["IndexedText"]]](), 0
    for document in documents:
        block.append(document)
        texts += len(document[1])
        if texts >= _BLOCK:
            yield block
            block, texts = [], 0
    if block:
        yield block


def _write(
    writer: "IndexWriter",
    block: "Sequence[tuple[str, list[IndexedText]]]",
    plan: _Plan,
    known: Mapping[str, str],
    report: UpdateReport,
) -> None:
    """Write a block, and take out the texts that its documents have no more."""
    texts = [text for _, found in block for text in found]
    writer.add(texts)
    written = {text.key for text in texts}
    before = [key for document, _ in block for key in plan.changed.get(document, ())]
    dropped = [key for key in before if key not in written]
    if dropped:
        writer.delete(dropped)
    replaced = sum(key in known for key in written)
    report.changed += replaced
    report.added += len(written) - replaced
    report.deleted += len(dropped)
