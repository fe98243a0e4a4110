"""What the graph is made from: batches of Arrow rows, whoever has them.

A data home, the starter pack and tests give their papers and facts in these columns; `staging`
makes the tables of the graph from them. Rows may come in any order and in pieces; a paper, a
mention, a quantity and a claim that comes twice counts once. Facts whose paper is not among the
papers are left out, as are those of a retracted one; a quantity without a paper is the user's own.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "GraphInputs",
    "candidate_schema",
    "mention_schema",
    "paper_schema",
    "similarity_schema",
]


def paper_schema() -> "pa.Schema":
    """Return the columns of papers: those of the node."""
    import pyarrow as pa

    text = pa.string()
    columns = [("id", text), ("title", text), ("year", pa.int32()), ("date", pa.date32())]
    columns += [("venue", text), ("doi", text), ("url", text), ("license", text)]
    return pa.schema([*columns, ("retracted", pa.bool_()), ("relevance", pa.float64())])


def mention_schema() -> "pa.Schema":
    """Return the columns of mentions: `label` is Matscholar's, `norm` what is named, or null."""
    import pyarrow as pa

    text, offset = pa.string(), pa.int32()
    columns = [("paper_id", text), ("start", offset), ("end", offset)]
    return pa.schema([*columns, ("label", text), ("text", text), ("norm", text)])


def candidate_schema() -> "pa.Schema":
    """Return the columns of candidates: materials ranked for applications."""
    import pyarrow as pa

    text = pa.string()
    columns = [("material", text), ("application", text), ("score", pa.float64())]
    columns += [("rank", pa.int64()), ("known", pa.bool_())]
    return pa.schema([*columns, ("vectors", text), ("trained_until", pa.int64())])


def similarity_schema() -> "pa.Schema":
    """Return the columns of pairs of materials that are used alike."""
    import pyarrow as pa

    text = pa.string()
    columns = [("material", text), ("other", text), ("cosine", pa.float64())]
    return pa.schema([*columns, ("vectors", text)])


class GraphInputs(Protocol):
    """Papers, what was read in them, and what vectors say; each call starts afresh."""

    def papers(self) -> Iterator["pa.RecordBatch"]:
        """Yield papers, in the columns of `paper_schema`."""

    def mentions(self) -> Iterator["pa.RecordBatch"]:
        """Yield mentions, in the columns of `mention_schema`."""

    def quantities(self) -> Iterator["pa.RecordBatch"]:
        """Yield quantities, in the columns of `ner.fact_store.quantity_schema`, and `source`.

        `source` is what the user named as the source of a value of his own; null for others.
        """

    def claims(self) -> Iterator["pa.RecordBatch"]:
        """Yield claims, in the columns of `ner.fact_store.claim_schema`."""

    def candidates(self) -> Iterator["pa.RecordBatch"]:
        """Yield candidates, in the columns of `candidate_schema`."""

    def similarities(self) -> Iterator["pa.RecordBatch"]:
        """Yield pairs of materials, in the columns of `similarity_schema`."""
