"""The schema is consistent, and the page about it says what it says."""

from pathlib import Path

from graph.documentation import schema_markdown
from graph.schema import SCHEMA
from graph.tables import EdgeTable, NodeTable, arrow_schema, graph_tables

_HEAD = """# The graph

Nodes, edges and their properties, as `graph/schema.py` declares them, for both stores; made by
`graph.documentation.schema_markdown`. A property that is not known is null. Every edge is known
by its type and its ends: there is one of a type between two nodes.

"""


def test_the_page_says_what_the_schema_says(repository: Path) -> None:
    page = (repository / "docs" / "graph.md").read_text(encoding="utf-8")
    assert page == _HEAD + schema_markdown()


def test_edges_end_at_labels_of_the_schema() -> None:
    for edge, source, target in SCHEMA.edge_tables():
        assert {source, target} <= set(SCHEMA.node_types), edge.type


def test_names_are_unique() -> None:
    for properties in [one.properties for one in SCHEMA.nodes] + [
        one.properties for one in SCHEMA.edges
    ]:
        names = [each.name for each in properties]
        assert len(names) == len(set(names))
    assert len(SCHEMA.node_types) == len(SCHEMA.nodes)
    assert len(SCHEMA.edge_types) == len(SCHEMA.edges)


def test_tables_have_their_keys_first_and_nodes_come_before_edges() -> None:
    tables = graph_tables()
    kinds = [type(table) for table in tables]
    assert kinds == sorted(kinds, key=(NodeTable, EdgeTable).index)
    for table in tables:
        assert tuple(arrow_schema(table).names[: len(table.keys)]) == table.keys
