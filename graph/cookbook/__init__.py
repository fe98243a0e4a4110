"""Questions that materials scientists ask the graph, as Cypher: named, with their parameters.

They are written in Neo4j's way, and run on both stores (`graph.cypher.to_ladybug`). The format is
described at the top of `queries.yaml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import yaml

__all__ = ["CookbookQuery", "load_cookbook"]

_FILE = Path(__file__).with_name("queries.yaml")


@dataclass(frozen=True, slots=True)
class CookbookQuery:
    """A question and the query that answers it.

    Attributes:
        name: by which it is run.
        question: in words.
        query: in Neo4j's Cypher.
        parameters: their defaults, by name without `$`.
    """

    name: str
    question: str
    query: str
    parameters: Mapping[str, object]


@lru_cache(maxsize=1)
def load_cookbook() -> Mapping[str, CookbookQuery]:
    """Return the queries by name, in the order of the file."""
    entries = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    queries = (
        CookbookQuery(name, entry["question"], entry["query"], entry.get("parameters") or {})
        for name, entry in entries.items()
    )
    return MappingProxyType({query.name: query for query in queries})
