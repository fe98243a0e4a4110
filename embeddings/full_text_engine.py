"""What tantivy is told: the schema of the index and the queries that it understands."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matlore.errors import ArtifactError, HomeBusyError

from .full_text_query import TextQuery

__all__ = [
    "FIELDS",
    "REMEDY",
    "QueryBuilder",
    "TextWeights",
    "explained",
    "indexed_keys",
    "open_index",
    "open_writer",
    "text_schema",
]

FIELDS = ("title", "body")
REMEDY = "`matlore index build --replace` builds it anew"

_HEAP = 64_000_000  # bytes that the writer fills before it writes a segment
_SMALL = re.compile(r"(?=.*\d)[A-Za-z0-9.]+")


@dataclass(frozen=True, slots=True)
class TextWeights:
    """How much matches count; BM25 of a word of the body counts once.

    Chosen on known-item search for 1,500 titles (not those of the reported test), but for the
    title, which is not indexed there.

    Attributes:
        title: BM25 of a word of the title.
        material: BM25 of a key of a material.
        covered: the idf of each word of the query that is there, however often.
        pair: the mean idf of two words of the query that stand beside each other.
    """

    title: float = 1.5
    material: float = 0.5
    covered: float = 0.75
    pair: float = 0.5


class QueryBuilder:
    """Makes tantivy's queries from ours."""

    def __init__(self, schema: Any, weights: TextWeights) -> None:
        self._schema = schema
        self._weights = weights

    def matching(self, query: TextQuery) -> Any:
        """Return the query for documents with any of the words, and all of the phrases."""
        import tantivy

        clauses = [
            self._term(field, term, weight * count)
            for term, count in query.terms.items()
            for field, weight in zip(FIELDS, (self._weights.title, 1.0), strict=True)
        ]
        clauses += [self._term("materials", key, self._weights.material) for key in query.keys]
        rest = [(tantivy.Occur.Must, self._phrase(phrase)) for phrase in query.phrases]
        rest += [(tantivy.Occur.MustNot, self._phrase(terms)) for terms in query.excluded]
        if not rest:
            return _any(clauses)
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, _any(clauses)), *rest])

    def bonus(self, query: TextQuery, idf: Mapping[str, float]) -> Any:
        """Return the query whose score is added to the best documents of `matching`.

        Args:
            query: with words.
            idf: of each word.
        """
        import tantivy

        worth: list[tuple[tuple[str, ...], float]]
        worth = [((term,), self._weights.covered * idf[term]) for term in query.terms]
        worth += [((a, b), self._weights.pair * (idf[a] + idf[b]) / 2) for a, b in query.pairs]
        return _any(
            [tantivy.Query.const_score_query(self._phrase(terms), score) for terms, score in worth]
        )

    def among(self, query: Any, rows: Sequence[int]) -> Any:
        """Return a query that finds no other rows, with the same scores."""
        import tantivy

        unscored = tantivy.Query.const_score_query(self.listed(rows), 0.0)
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Must, unscored), (tantivy.Occur.Must, query)]
        )

    def listed(self, rows: Sequence[int]) -> Any:
        """Return the query for these rows."""
        import tantivy

        return tantivy.Query.term_set_query(self._schema, "row", rows)

    def behind(self, row: int) -> Any:
        """Return the query for a row and all behind it."""
        import tantivy

        kind = tantivy.FieldType.Unsigned
        return tantivy.Query.range_query(self._schema, "row", kind, lower_bound=row)

    def _term(self, field: str, term: str, weight: float) -> Any:
        import tantivy

        option = "basic" if field == "materials" else "freq"
        query = tantivy.Query.term_query(self._schema, field, term, option)
        return tantivy.Query.boost_query(query, weight)

    def _phrase(self, terms: Sequence[str]) -> Any:
        """Return the query for terms in this order, in the title or the body."""
        import tantivy

        if len(terms) == 1:
            return _any([self._term(field, terms[0], 1.0) for field in FIELDS])
        words: list[str | tuple[int, str]] = [*terms]
        return _any([tantivy.Query.phrase_query(self._schema, field, words) for field in FIELDS])


def _any(queries: Sequence[Any]) -> Any:
    import tantivy

    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def text_schema() -> Any:
    """Return the schema: nothing is stored but the row."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=True, fast=True)
    for field in FIELDS:
        builder.add_text_field(
            field, stored=False, tokenizer_name="whitespace", index_option="position"
        )
    builder.add_text_field("materials", stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


def indexed_keys(keys: Iterable[str]) -> Iterator[str]:
    """Yield keys as they are searched: formulas with numbers also in small letters."""
    for key in sorted(keys):
        yield key
        if _SMALL.fullmatch(key):
            yield key.lower()


def open_index(folder: Path) -> Any:
    """Open an index that is there; it shows the state at its opening.

    Raises:
        ArtifactError: it is missing, damaged or of another version of matlore.
    """
    import tantivy

    if not (folder / "meta.json").is_file():
        raise ArtifactError(f"{folder}: no full-text index there; `matlore index build` makes it")
    with explained(folder):
        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")
        index.reload()
        for field in ("row", *FIELDS, "materials"):
            tantivy.Query.term_query(index.schema, field, 0 if field == "row" else "a")
    return index


def open_writer(index: Any, folder: Path) -> Any:
    """Return the one writer of an index.

    Raises:
        HomeBusyError: another process has it.
        ArtifactError: it may not be written to.
    """
    try:
        return index.writer(_HEAP, 1)
    except ValueError as error:
        if "lock" not in str(error).lower():
            raise ArtifactError(f"{folder}: cannot be written to ({error}); {REMEDY}") from error
        raise HomeBusyError(
            f"{folder} is being written by another process: wait until it is done, or stop it"
        ) from error


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say of an error of tantivy which index is damaged, and what to do."""
    try:
        yield
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ArtifactError(
            f"{folder}: the full-text index is damaged ({reason}); {REMEDY}"
        ) from error
