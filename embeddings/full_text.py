"""A full-text index of texts (tantivy): words, phrases and materials, ranked by BM25.

Terms are made by `analysis`, tantivy only cuts them at blanks; nothing is stored but the row
of each document. Ranking is BM25 (Robertson and Zaragoza, Found. Trends Inf. Retr. 3, 333,
2009) over the words of title and body and the keys of materials; the best get a bonus for
words of the query that stand beside each other.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from matlore.errors import UsageError

from .analysis import analyse
from .full_text_engine import (
    FIELDS,
    REMEDY,
    QueryBuilder,
    TextWeights,
    explained,
    indexed_keys,
    open_index,
    open_writer,
    text_schema,
)
from .full_text_query import TextQuery, matching_spans, parse_query

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MOST_TERMS", "FullTextIndex", "TextDocument", "TextWeights", "matching_spans"]

MOST_TERMS = 48
"""Different words of a query that are searched; of a longer one the most telling."""

LIKE_TERMS = 25
"""Words of a text that `like` searches."""

_POOL = 200  # documents that are compared more closely
_FEW = 2_000  # rows that a query may name one by one


class TextDocument(NamedTuple):
    """A document: its number, texts as they are, and keys of the materials in them."""

    row: int
    title: str
    body: str
    materials: Sequence[str] = ()


class FullTextIndex:
    """A full-text index, opened for reading (`open`) or writing (`create`)."""

    def __init__(self, folder: Path, index: Any, *, writable: bool, weights: TextWeights) -> None:
        self.folder = folder
        self._index = index
        self._build = QueryBuilder(index.schema, weights)
        self._writer = open_writer(index, folder) if writable else None
        self._searcher = index.searcher()

    @classmethod
    def open(cls, folder: Path, *, weights: TextWeights | None = None) -> "FullTextIndex":
        """Open an index for reading, as of its last commit.

        Raises:
            ArtifactError: there is none, or it is damaged.
        """
        return cls(folder, open_index(folder), writable=False, weights=weights or TextWeights())

    @classmethod
    def create(cls, folder: Path, *, weights: TextWeights | None = None) -> "FullTextIndex":
        """Open an index for writing; make it where there is none.

        Raises:
            ArtifactError: it is damaged.
            HomeBusyError: another process is writing to it.
        """
        import tantivy

        if (folder / "meta.json").is_file():
            index = open_index(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            with explained(folder):
                index = tantivy.Index(text_schema(), path=str(folder))
        return cls(folder, index, writable=True, weights=weights or TextWeights())

    def close(self) -> None:
        """Let go of the files; what was not committed is gone."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
            self._writer = None

    def __enter__(self) -> "FullTextIndex":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    def add(self, documents: Iterable[TextDocument]) -> None:
        """Add documents; they count from the next commit on. Rows must be new."""
        import tantivy

        writer = self._writing()
        for one in documents:
            title, body = analyse(one.title), analyse(one.body)
            document = tantivy.Document()
            document.add_unsigned("row", one.row)
            if title.terms:
                document.add_text("title", title.terms)
            document.add_text("body", body.terms)
            for key in indexed_keys(title.keys | body.keys | set(one.materials)):
                document.add_text("materials", key)
            writer.add_document(document)

    def delete(self, rows: Iterable[int]) -> None:
        """Take out documents; rows that are not there make no difference."""
        listed = [int(row) for row in rows]
        if listed:  # by a query: delete_documents_by_term of tantivy-py 0.27 misses numbers
            self._writing().delete_documents_by_query(self._build.listed(listed))

    def truncate(self, row: int) -> None:
        """Take out the documents of a row and all behind it."""
        self._writing().delete_documents_by_query(self._build.behind(row))

    def commit(self) -> None:
        """Make what was added and deleted part of the index, durably."""
        self._writing().commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def _writing(self) -> Any:
        if self._writer is None:
            raise UsageError(f"{self.folder}: the full-text index is open for reading only")
        return self._writer

    # What is there

    @property
    def n_documents(self) -> int:
        """Number of documents, as of the last commit."""
        return int(self._searcher.num_docs)

    @property
    def next_row(self) -> int:
        """One more than the largest row; 0 where there is none."""
        import tantivy

        if not self.n_documents:
            return 0
        asked = {"last": {"max": {"field": "row"}}}
        found = self._searcher.aggregate(tantivy.Query.all_query(), asked)
        return int(found["last"]["value"]) + 1

    def row_numbers(self) -> "NDArray[np.int64]":
        """Return the rows of all documents, in order."""
        import tantivy

        found = self._scored(tantivy.Query.all_query(), max(1, self.n_documents))
        return np.array(sorted(row for row, _ in found), np.int64)

    def verify(self) -> None:
        """Compare every file with the checksum at its end.

        Raises:
            ArtifactError: a file is damaged.
        """
        from .full_text_files import check_files

        check_files(self.folder, REMEDY)

    # Finding

    def search(
        self,
        text: str,
        top: int,
        *,
        materials: Sequence[str] = (),
        allowed: "NDArray[np.bool_] | None" = None,
        syntax: bool = True,
    ) -> list[tuple[int, float]]:
        """Return rows of documents that hold words of a query, best first, with scores.

        Of a query of more than `MOST_TERMS` different words the most telling are searched. No
        query is an error; one without a word that counts finds nothing.

        Args:
            text: words (see `parse_query`); quoted parts are required where anything has them.
            top: how many at most.
            materials: keys of materials that documents may have, however they are spelled.
            allowed: by row, which may be found; rows behind its end may not. None for all.
            syntax: whether quotes and minus mean what they say.
        """
        query = self._telling(parse_query(text, materials, syntax=syntax), MOST_TERMS)
        found = self._find(query, top, allowed)
        if not found and query.phrases:
            found = self._find(replace(query, phrases=()), top, allowed)
        return found

    def like(
        self, text: str, top: int, *, allowed: "NDArray[np.bool_] | None" = None
    ) -> list[tuple[int, float]]:
        """Return rows of documents that share the most telling words of a text, best first."""
        query = self._telling(parse_query(text, syntax=False), LIKE_TERMS)
        return self._find(replace(query, pairs=()), top, allowed)

    def count(self, text: str, materials: Sequence[str] = ()) -> int:
        """Return how many documents a query could find, if it were to return all."""
        query = self._telling(parse_query(text, materials), MOST_TERMS)
        if not query:
            return 0
        return int(self._searcher.search(self._build.matching(query), 1, count=True).count)

    def frequency(self, term: str) -> int:
        """Return how many documents hold a term of `analysis` in their title or body, about."""
        return max(int(self._searcher.doc_freq(field, term)) for field in FIELDS)

    def _idf(self, term: str) -> float:
        """Return how telling a term is: as BM25 has it."""
        found, total = self.frequency(term), self.n_documents
        return log(1 + (max(total - found, 0) + 0.5) / (found + 0.5))

    def _telling(self, query: TextQuery, most: int) -> TextQuery:
        """Return a query with its most telling words only: those of largest tf x idf."""
        if len(query.terms) <= most and len(query.keys) <= most:
            return query
        scores = {
            term: count * self._idf(term)
            for term, count in query.terms.items()
            if self.frequency(term)
        }
        best = dict(Counter(scores).most_common(most))
        kept = {term: count for term, count in query.terms.items() if term in best}
        pairs = tuple(pair for pair in query.pairs if pair[0] in kept and pair[1] in kept)
        keys = [key for key in query.keys if self._searcher.doc_freq("materials", key)]
        return replace(query, terms=kept, pairs=pairs[:most], keys=tuple(keys[:most]))

    def _find(
        self, query: TextQuery, top: int, allowed: "NDArray[np.bool_] | None"
    ) -> list[tuple[int, float]]:
        """Return the best rows by BM25, the best of these compared more closely."""
        if top < 1 or not query or not self.n_documents:
            return []
        found = self._filtered(self._build.matching(query), max(top, _POOL), allowed)
        if query.terms and found:
            bonus = self._bonus(query, [row for row, _ in found])
            found = [(row, score + bonus.get(row, 0.0)) for row, score in found]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:top]

    def _bonus(self, query: TextQuery, rows: Sequence[int]) -> dict[int, float]:
        """Return what each row gets for the share of the query that it covers, and for pairs."""
        idf = {term: self._idf(term) for term in query.terms}
        asked = self._build.among(self._build.bonus(query, idf), rows)
        return dict(self._scored(asked, len(rows)))

    def _filtered(
        self, query: Any, top: int, allowed: "NDArray[np.bool_] | None"
    ) -> list[tuple[int, float]]:
        """Return the best allowed rows: by naming them where they are few, else by asking on."""
        if allowed is None:
            return self._scored(query, top)
        rows = np.flatnonzero(allowed)
        if len(rows) <= _FEW:
            return self._scored(self._build.among(query, rows.tolist()), top) if len(rows) else []
        limit = int(1.3 * top * max(1.0, self.n_documents / len(rows))) + 20
        while True:
            hits = self._scored(query, limit)
            kept = [hit for hit in hits if hit[0] < len(allowed) and allowed[hit[0]]]
            if len(kept) >= top or len(hits) < limit:
                return kept[:top]
            limit *= 4

    def _scored(self, query: Any, limit: int) -> list[tuple[int, float]]:
        with explained(self.folder):
            most = min(limit, max(1, self.n_documents))  # room is made for as many
            hits = self._searcher.search(query, most, count=False).hits
            rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return [(int(row), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]
