"""Nodes of the graph found by a text: where a Cypher query can start."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matlore.errors import UsageError

from .index_nodes import node_place
from .search_index import load_index_encoder, open_index
from .search_query import named_things
from .search_types import NamedThings

__all__ = ["NodeHit", "node_labels", "search_keys", "search_nodes"]

_LABELS = {
    "materials": ("Material",),
    "properties": ("Property",),
    "applications": ("Application",),
    "nodes": ("Material", "Property", "Application"),
}


@dataclass(frozen=True, slots=True)
class NodeHit:
    """A node that was found.

    Attributes:
        rank: from 1.
        label: of the node.
        key: `id` of a material, `name` of anything else.
        score: comparable only within one answer.
        about: why: the ranks in the lists that have it.
    """

    rank: int
    label: str
    key: str
    score: float
    about: str

    def to_dict(self) -> dict[str, Any]:
        """Return the node as JSON has it."""
        return asdict(self)


def node_labels(kind: str) -> tuple[str, ...]:
    """Return the labels of a kind of nodes: `materials`, `properties`, `applications`, `nodes`.

    Raises:
        UsageError: there is no such kind.
    """
    if kind not in _LABELS:
        raise UsageError(f"{kind}: search in {', '.join(_LABELS)}, or in papers")
    return _LABELS[kind]


def search_nodes(
    home_path: Path,
    text: str,
    *,
    labels: Sequence[str] = _LABELS["nodes"],
    top: int = 10,
    encoder: str | None = None,
) -> list[NodeHit]:
    """Return the nodes that a text means, best first: by their words and by their vectors.

    Args:
        home_path: the data home.
        text: in any words.
        labels: of the nodes that count.
        top: how many at most.
        encoder: the name of the index's encoder, where it is not the one that was noted.

    Raises:
        UsageError: the text is empty.
        NotFoundError: the home has no index of nodes.
    """
    from embeddings.fusion import FusionWeights, fuse

    if not text.strip():
        raise UsageError("the text is empty; name what to look for")
    index, name = open_index(home_path, "nodes", encoder)
    with index:
        named = named_things(text)
        # The source of a node is its label.
        allowed = None if len(labels) == len(_LABELS["nodes"]) else index.allowed(sources=labels)
        vector = load_index_encoder(index, name).encode([text])[0]
        pool = max(top, 50)
        wanted = [key for key in _named_keys(named) if node_place(key)[0] in labels]
        there = index.present(wanted)
        lists = {
            "named": [key for key in wanted if key in there],
            "text": [
                hit.key
                for hit in index.full_text(text, pool, materials=named.materials, allowed=allowed)
            ],
            "dense": [hit.key for hit in index.dense(vector, pool, allowed)],
        }
    ranked = fuse(lists, FusionWeights(20, {"named": 3.0}), top)
    return [_hit(rank, key, score, lists) for rank, (key, score) in enumerate(ranked, start=1)]


def _named_keys(named: NamedThings) -> list[str]:
    return [
        *(f"Material:{key}" for key in named.materials),
        *(f"Property:{name}" for name in named.properties),
        *(f"Application:{name}" for name in named.applications),
    ]


def _hit(rank: int, key: str, score: float, lists: dict[str, list[str]]) -> NodeHit:
    label, plain = node_place(key)
    about = ", ".join(
        f"{name} rank {keys.index(key) + 1}" for name, keys in lists.items() if key in keys
    )
    return NodeHit(rank, label, plain, round(score, 6), about)


def search_keys(
    home_path: Path, text: str, *, kind: str, top: int
) -> tuple[list[str], list[float]]:
    """Return keys of what a text finds, best first, and their scores: for Cypher's parameters.

    Args:
        home_path: the data home.
        text: in any words.
        kind: `papers`, or a kind of nodes (`node_labels`).
        top: how many at most.
    """
    if kind == "papers":
        from .search import Searcher

        with Searcher(home_path) as searcher:
            hits = searcher.search(text, top=top, details=False).hits
        return [hit.id for hit in hits], [hit.score for hit in hits]
    nodes = search_nodes(home_path, text, labels=node_labels(kind), top=top)
    return [node.key for node in nodes], [node.score for node in nodes]
