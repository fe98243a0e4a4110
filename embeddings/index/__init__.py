"""Indexes of texts: rows, vectors, FAISS and full text of a collection, in one folder."""

from .card import IndexCard
from .folder import SearchIndex
from .records import Hit, IndexedText
from .rows import read_known
from .writer import IndexWriter

__all__ = [
    "Hit",
    "IndexCard",
    "IndexWriter",
    "IndexedText",
    "SearchIndex",
    "read_known",
]
