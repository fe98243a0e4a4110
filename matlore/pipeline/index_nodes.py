"""What the index of nodes is made from: materials, properties and applications of a graph.

A node is found by its names and by what goes with it, so that a text in plain words leads to
where a query over the graph can start. The key of a node is its label, a colon, and its key in
the graph: `Material:PbTe`, `Application:thermoelectric`.
"""

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from .index_sources import VERSION

if TYPE_CHECKING:
    from embeddings.index import IndexedText
    from graph.stores import GraphInfo, GraphStore

__all__ = ["LABELS", "GraphNodes", "node_place", "nodes_fingerprint"]

LABELS = ("Material", "Property", "Application")
_ALL_BELOW = 20_000  # of more materials only those in several papers are indexed
_FEWEST_PAPERS = 2
_MOST_NAMES, _MOST_TOGETHER = 8, 6
_DIGITS = 40
_TOGETHER = {"HAS_PROPERTY": "Properties", "USED_IN": "Applications", "HAS_PHASE": "Phases"}


class GraphNodes:
    """The nodes of a graph that texts can find; a document is a node.

    The graph is read by `stamps`; `texts` yields what it was then. Of a material only the
    commonest few things that go with it are told.

    Args:
        store: open until the source is no longer needed.
    """

    def __init__(self, store: "GraphStore") -> None:
        self._store = store
        self._texts: dict[str, IndexedText] | None = None
        self.left_out = 0
        """Materials that no paper names, or only one in a graph with very many."""

    def stamps(self) -> Mapping[str, str]:
        """Return the stamp of each node: of what is told about it.

        Raises:
            GraphError: there is no graph, or it cannot be reached.
        """
        return {key: text.sha for key, text in self._read().items()}

    def document(self, key: str) -> str:
        """Return the node, which is the key."""
        return key

    def texts(self, wanted: Collection[str]) -> "Iterator[tuple[str, list[IndexedText]]]":
        """Yield the wanted nodes, in the order of the graph."""
        for key, text in self._read().items():
            if key in wanted:
                yield key, [text]

    def _read(self) -> "dict[str, IndexedText]":
        if self._texts is None:
            texts = [*self._materials(), *self._named("Property"), *self._named("Application")]
            self._texts = {text.key: text for text in texts}
        return self._texts

    def _materials(self) -> "list[IndexedText]":
        found = list(_rows(self._store, "Material"))
        rows = [row for row in found if row["n_papers"]]  # others are of word vectors alone
        if len(rows) > _ALL_BELOW:
            rows = [row for row in rows if row["n_papers"] >= _FEWEST_PAPERS]
        self.left_out = len(found) - len(rows)
        ids = {row["id"] for row in rows}
        together = {type: _together(self._store, type, ids) for type in _TOGETHER}
        return [_material_text(row, together) for row in rows]

    def _named(self, label: str) -> "Iterator[IndexedText]":
        for row in _rows(self._store, label):
            written = _written(row["name"], row["synonyms"] or ())
            unit = row.get("unit")
            lines = [written, f"Symbol: {row['symbol']}" if row.get("symbol") else ""]
            lines.append(f"Unit: {unit}" if unit and unit != "1" else "")
            yield _node(label, row["name"], row["name"], lines, row["first_year"])


def nodes_fingerprint(info: "GraphInfo") -> str:
    """Return what changes when a graph is loaded anew, or its nodes are told otherwise."""
    return f"{info.load}-{VERSION}"


def node_place(key: str) -> tuple[str, str]:
    """Return the label of a node, and its key in the graph."""
    label, _, key = key.partition(":")
    return label, key


def _material_text(
    row: Mapping[str, Any], together: Mapping[str, Mapping[str, list[str]]]
) -> "IndexedText":
    title = row["name"] or row["id"].partition(":")[2] or row["id"]
    others = [one for one in (row["formula"], *(row["names"] or ())) if one]
    lines = [_written(title, others)]
    for type, label in _TOGETHER.items():
        found = together[type].get(row["id"])
        lines.append(f"{label}: {', '.join(found)}." if found else "")
    return _node("Material", row["id"], title, lines, row["first_year"], materials=(row["id"],))


def _written(title: str, others: Sequence[str]) -> str:
    names = [name for name in dict.fromkeys(others) if name != title][:_MOST_NAMES]
    return f"Also written {', '.join(names)}." if names else ""


def _node(
    label: str,
    key: str,
    title: str,
    lines: Sequence[str],
    year: int | None,
    *,
    materials: tuple[str, ...] = (),
) -> "IndexedText":
    """Return a node as an index takes it; its source is its label, which can be filtered."""
    from embeddings.index import IndexedText

    body = "\n".join(line for line in lines if line)
    said = repr((VERSION, title, body, year, materials))
    return IndexedText(
        key=f"{label}:{key}",
        sha=sha256(said.encode()).hexdigest()[:_DIGITS],
        title=title,
        body=body,
        materials=materials,
        year=year,
        source=label,
        license=None,
    )


def _rows(store: "GraphStore", label: str) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a label."""
    from graph.schema import SCHEMA
    from graph.tables import NodeTable

    for batch in store.batches(NodeTable(SCHEMA.node_types[label])):
        yield from batch.to_pylist()


def _together(store: "GraphStore", type: str, materials: Collection[str]) -> dict[str, list[str]]:
    """Return what the edges of a type join to each material, by papers that say so."""
    from graph.schema import SCHEMA
    from graph.tables import EdgeTable

    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for edge, source, target in SCHEMA.edge_tables():
        if edge.type != type:
            continue
        for batch in store.batches(EdgeTable(edge, source, target)):
            columns = [batch.column(name).to_pylist() for name in ("from", "to", "n_papers")]
            for material, thing, papers in zip(*columns, strict=True):
                if material in materials:
                    found[material].append((-(papers or 0), thing))
    return {
        material: [thing for _, thing in heapq.nsmallest(_MOST_TOGETHER, things)]
        for material, things in found.items()
    }
