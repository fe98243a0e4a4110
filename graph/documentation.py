"""The graph's schema in words: for the docs page, `graph stats` and the shell's `:schema`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .schema import SCHEMA, EdgeType, GraphProperty, GraphSchema, NodeType

__all__ = ["SchemaRow", "schema_markdown", "schema_rows"]

_HEAD = ("Property", "Type", "What it is")


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """A label or a type of edges.

    Attributes:
        kind: `node` or `edge`.
        name: the label or the type.
        ends: of an edge, such as `(Paper) → (Material)`; empty for a node.
        about: what it is, in a few words.
        properties: names with types, the key of a node first.
    """

    kind: str
    name: str
    ends: str
    about: str
    properties: tuple[str, ...]


def schema_rows(schema: GraphSchema = SCHEMA) -> list[SchemaRow]:
    """Return a row for each label and then for each type of edges, in the order of the schema."""
    nodes = [
        SchemaRow("node", node.label, "", node.about, _typed(node.properties))
        for node in schema.nodes
    ]
    edges = [
        SchemaRow("edge", edge.type, "; ".join(_ends(edge)), edge.about, _typed(edge.properties))
        for edge in schema.edges
    ]
    return [*nodes, *edges]


def schema_markdown(schema: GraphSchema = SCHEMA) -> str:
    """Return the schema as Markdown: a section and a table for each label and type of edges.

    Returns:
        Sections of the third level below `## Nodes` and `## Edges`, with a newline at the end.
    """
    lines = ["## Nodes", ""]
    for node in schema.nodes:
        lines += _node_section(node)
    lines += ["## Edges", ""]
    for edge in schema.edges:
        lines += _edge_section(edge)
    return "\n".join(lines).rstrip("\n") + "\n"


def _node_section(node: NodeType) -> list[str]:
    key, *others = node.properties
    rows = [(f"**`{key.name}`**", f"{key.type}, key", key.about), *_rows(others)]
    return [f"### `{node.label}`", "", _sentence(node.about), "", *_table(rows), ""]


def _edge_section(edge: EdgeType) -> list[str]:
    about = f"{', '.join(f'`{ends}`' for ends in _ends(edge))}: {edge.about}"
    table = [*_table(_rows(edge.properties)), ""] if edge.properties else []
    return [f"### `{edge.type}`", "", f"{about}.", "", *table]


def _ends(edge: EdgeType) -> Iterator[str]:
    """Yield the ends of a type of edges, all targets of one source together."""
    for source in dict.fromkeys(source for source, _ in edge.ends):
        targets = [target for start, target in edge.ends if start == source]
        yield f"({source}) → ({' | '.join(targets)})"


def _typed(properties: Sequence[GraphProperty]) -> tuple[str, ...]:
    return tuple(f"{one.name}: {one.type}" for one in properties)


def _rows(properties: Sequence[GraphProperty]) -> list[tuple[str, str, str]]:
    return [(f"`{one.name}`", str(one.type), one.about) for one in properties]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the lines of a table; a bar in a cell would end it."""
    lines = [_HEAD, ("---",) * len(_HEAD), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
