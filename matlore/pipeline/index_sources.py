"""What the index of papers is made from: the corpus of a home, or the sample corpus.

A source knows its documents by id, each with a stamp that changes when it must be indexed
anew, and makes the texts of those that are wanted. A document is one text (a paper, a node) or
several (the sentences of a paper).
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from matlore.home import Home
from matlore.records import Paper, text_hash

if TYPE_CHECKING:
    import pyarrow as pa

    from embeddings.index import IndexedText

__all__ = [
    "CorpusPapers",
    "IndexSource",
    "PaperRow",
    "SamplePapers",
    "has_papers",
    "manifest_fingerprint",
    "paper_rows",
    "sample_fingerprint",
    "sample_papers",
    "stamp",
    "text_materials",
    "text_part",
]

VERSION = 1
"""Of how texts are made: changes when all of them must be indexed anew."""

_TEXT_DIGITS, _REST_DIGITS = 24, 16
_META = ("id", "text_sha", "year", "source", "license")
_UNREAD = """SELECT p.id FROM papers p LEFT JOIN extracted e
ON e.kind = 'mentions' AND e.id = p.id AND e.text_sha = p.text_sha WHERE e.id IS NULL"""


class IndexSource(Protocol):
    """Documents to be indexed, as they are now."""

    def stamps(self) -> Mapping[str, str]:
        """Return the stamp of each document, by its id: the `sha` of all its texts."""

    def document(self, key: str) -> str:
        """Return the id of the document that a text belongs to."""

    def texts(self, wanted: Collection[str]) -> "Iterator[tuple[str, list[IndexedText]]]":
        """Yield the wanted documents with their texts, each document once."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """What an index knows of a paper beside its text."""

    id: str
    text_sha: str
    year: int | None
    source: str | None
    license: str | None


def stamp(paper: PaperRow, *more: object) -> str:
    """Return what changes when a paper, or anything else that is indexed of it, does.

    The first part is of the text alone, so that changed texts can be told quickly
    (`text_part`).
    """
    rest = repr((VERSION, paper.year, paper.source, paper.license, *more))
    return f"{text_part(paper.text_sha)}.{sha256(rest.encode()).hexdigest()[:_REST_DIGITS]}"


def text_part(sha: str) -> str:
    """Return the part of a stamp, or of a `text_sha`, that tells texts apart."""
    return sha[:_TEXT_DIGITS]


def has_papers(home: Home) -> bool:
    """Tell whether a home has a corpus."""
    with home.connect() as connection:
        return connection.execute("SELECT 1 FROM papers LIMIT 1").fetchone() is not None


def manifest_fingerprint(home: Home) -> str:
    """Return a hash of all that a home has read and found: shards, and what was dropped.

    Takes a millisecond whatever the corpus; a compaction changes it though no paper changes.
    """
    digest = sha256(str(VERSION).encode())
    with home.connect() as connection:
        shards = "SELECT kind, number, sha256 FROM shards ORDER BY kind, number"
        buried = "SELECT kind, count(*), max(created) FROM tombstones GROUP BY kind ORDER BY kind"
        for query in (shards, buried):
            for row in connection.execute(query):
                digest.update(repr(row).encode())
    return digest.hexdigest()[:_REST_DIGITS]


def paper_rows(home: Home) -> Iterator[PaperRow]:
    """Yield what an index knows of the papers of a home, in the order of the corpus."""
    from ingest.corpus import Corpus

    for batch in Corpus(home).batches(_META):
        columns = [batch.column(name).to_pylist() for name in _META]
        for row in zip(*columns, strict=True):
            yield PaperRow(*row)


class CorpusPapers:
    """The papers of a home, with the materials that `ner extract` found in them.

    Where a paper was not read yet its materials are the formulas in its text. Retracted papers
    are there too: who finds them is told.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._materials: Mapping[str, tuple[str, ...]] | None = None
        self._unread: frozenset[str] = frozenset()

    def stamps(self) -> Mapping[str, str]:
        """Return the stamp of each paper: of its text, its materials, and what filters ask."""
        self._read_mentions()
        return {paper.id: self._stamp(paper) for paper in paper_rows(self._home)}

    def document(self, key: str) -> str:
        """Return the paper's id, which is the key."""
        return key

    def texts(self, wanted: Collection[str]) -> "Iterator[tuple[str, list[IndexedText]]]":
        """Yield the wanted papers, in the order of the corpus."""
        self._read_mentions()
        for paper, text in wanted_texts(self._home, wanted):
            unread = paper.id in self._unread
            materials = text_materials(text) if unread else self._found(paper.id)
            yield paper.id, [paper_text(paper, text, materials, self._stamp(paper))]

    def _stamp(self, paper: PaperRow) -> str:
        unread = paper.id in self._unread
        return stamp(paper, None if unread else self._found(paper.id))

    def _found(self, id: str) -> tuple[str, ...]:
        return (self._materials or {}).get(id, ())

    def _read_mentions(self) -> None:
        if self._materials is None:
            self._unread = unread_papers(self._home)
            self._materials = mentioned_materials(self._home)


def paper_text(paper: PaperRow, text: str, materials: Sequence[str], sha: str) -> "IndexedText":
    """Return a paper as an index takes it: its title is the first line of its text."""
    from embeddings.index import IndexedText

    title, _, body = text.partition("\n")
    return IndexedText(
        key=paper.id,
        sha=sha,
        title=title,
        body=body,
        materials=tuple(materials),
        year=paper.year,
        source=paper.source,
        license=paper.license,
    )


def wanted_texts(home: Home, wanted: Collection[str]) -> Iterator[tuple[PaperRow, str]]:
    """Yield the wanted papers of a home with their texts; no other text leaves Arrow."""
    from ingest.corpus import Corpus

    for batch in Corpus(home).batches((*_META, "text")):
        rows = [k for k, id in enumerate(batch.column("id").to_pylist()) if id in wanted]
        if rows:
            part = batch if len(rows) == batch.num_rows else batch.take(rows)
            columns = [part.column(name).to_pylist() for name in (*_META, "text")]
            for *row, text in zip(*columns, strict=True):
                yield PaperRow(*row), text


def unread_papers(home: Home) -> frozenset[str]:
    """Return the papers in whose text, as it is now, no mentions were looked for."""
    from ner.mention_store import has_extracted

    with home.connect() as connection:
        query = _UNREAD if has_extracted(connection) else "SELECT id FROM papers"
        return frozenset(id for (id,) in connection.execute(query))


def mentioned_materials(home: Home) -> dict[str, tuple[str, ...]]:
    """Return the keys of the materials that each paper mentions, sorted."""
    import pyarrow as pa

    from ner.mention_store import Mentions

    columns = ["paper_id", "label", "norm"]
    parts = [part for batch in Mentions(home).batches(columns) if (part := _of_materials(batch))]
    if not parts:
        return {}
    table = pa.Table.from_batches(parts)
    grouped = table.group_by("paper_id", use_threads=False).aggregate([("norm", "distinct")])
    ids = grouped.column("paper_id").to_pylist()
    lists = grouped.column("norm_distinct")
    seen: dict[str, str] = {}  # one string a material
    return {
        id: tuple(sorted(seen.setdefault(key, key) for key in keys))
        for id, keys in zip(ids, lists.to_pylist(), strict=True)
    }


def _of_materials(batch: "pa.RecordBatch") -> "pa.RecordBatch | None":
    """Return paper and key of the mentions of materials, or None where there are none."""
    import pyarrow.compute as pc

    wanted = pc.and_(pc.equal(batch.column("label"), "MAT"), pc.is_valid(batch.column("norm")))
    part = batch.filter(wanted).select(["paper_id", "norm"])
    return part if part.num_rows else None


def text_materials(text: str) -> tuple[str, ...]:
    """Return the formulas in a text, in normal form, sorted."""
    from ner.formulas import is_formula_key
    from ner.tokens import training_tokens

    return tuple(sorted({word for word in training_tokens(text) if is_formula_key(word)}))


# The sample corpus


def sample_papers() -> list[Paper]:
    """Return the papers of the sample corpus that ships with matlore, cleaned."""
    return [_sample_paper(row) for row in _sample_rows()]


def _sample_rows() -> Iterator[dict[str, Any]]:
    for path in _sample_files():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def _sample_files() -> list[Path]:
    import ingest

    return sorted((Path(ingest.__file__).parent / "sample").glob("*.jsonl"))


def _sample_paper(row: dict[str, Any]) -> Paper:
    from ingest.clean import CLEANER_VERSION, clean_text

    text = f"{clean_text(row['title'])}\n{clean_text(row['abstract'])}"
    return Paper(
        id=row["id"],
        ids=(row["id"],),
        title=row["title"],
        abstract=row["abstract"],
        text=text,
        text_sha=text_hash(text),
        cleaner_version=CLEANER_VERSION,
        year=row.get("year"),
        source=row.get("source"),
        license=row.get("license"),
    )


def sample_fingerprint() -> str:
    """Return a hash of the sample corpus."""
    digest = sha256(str(VERSION).encode())
    for path in _sample_files():
        digest.update(path.read_bytes())
    return f"sample-{digest.hexdigest()[:_REST_DIGITS]}"


class SamplePapers:
    """The papers of the sample corpus; their materials are the formulas in their texts."""

    def __init__(self, papers: Iterable[Paper] | None = None) -> None:
        self._papers = {one.id: one for one in (sample_papers() if papers is None else papers)}

    def stamps(self) -> Mapping[str, str]:
        """Return the stamp of each paper."""
        return {id: stamp(_row(paper), None) for id, paper in self._papers.items()}

    def document(self, key: str) -> str:
        """Return the paper's id, which is the key."""
        return key

    def texts(self, wanted: Collection[str]) -> "Iterator[tuple[str, list[IndexedText]]]":
        """Yield the wanted papers, in the order of the sample."""
        for id, paper in self._papers.items():
            if id in wanted:
                row = _row(paper)
                materials = text_materials(paper.text)
                yield id, [paper_text(row, paper.text, materials, stamp(row, None))]


def _row(paper: Paper) -> PaperRow:
    return PaperRow(paper.id, paper.text_sha, paper.year, paper.source, paper.license)
