"""The Cypher by which the Neo4j store reads and writes its tables; all of it is here.

Labels, types and names of properties are those of the schema, in backticks; values are
parameters. Rows come as `$columns`, a list for each column: Neo4j and its driver take in lists of
plain values a fourth faster than rows that are maps. To write is to MERGE and to set the
properties, null for none: what is repeated changes nothing, and a user's own properties stay.
"""

from collections.abc import Iterator

from ..schema import SCHEMA, GraphSchema
from ..tables import EdgeTable, GraphTable, NodeTable

__all__ = [
    "ADVANCE",
    "AWAIT_INDEXES",
    "BEGIN",
    "FINISH",
    "FORGET",
    "READ_INFO",
    "TAKE_OVER",
    "count_query",
    "delete_query",
    "empty_query",
    "read_query",
    "schema_queries",
    "write_query",
]

_NOTE = "(m:MatloreGraph {name: 'graph'})"
_INDEXES = (("Material", "name"), ("Material", "formula"), ("Paper", "doi"))
_ROWS = "UNWIND range(0, size($columns[0]) - 1) AS i"

READ_INFO = f"MATCH {_NOTE} RETURN m {{.*}} AS note"

# Whoever begins is the writer from then on: an older one stops at its next batch (ADVANCE).
# What was pending stays so, since the graph may hold some of it; the same changes go on where
# they were.
BEGIN = f"""\
MERGE {_NOTE} ON CREATE SET m.load = '', m.pending = []
SET m.done = CASE WHEN m.changes = $changes THEN m.done ELSE 0 END,
    m.changes = $changes, m.writer = $writer, m.schema_version = $schema_version,
    m.pending = [load IN coalesce(m.pending, []) WHERE load <> $load] + [$load]
RETURN m.done AS done"""

ADVANCE = f"MATCH {_NOTE} WHERE m.writer = $writer SET m.done = $done RETURN true AS ours"

FINISH = f"""\
MATCH {_NOTE} WHERE m.writer = $writer
SET m.load = $load, m.made = $made, m.inputs = $inputs, m.schema_version = $schema_version,
    m.pending = [], m.changes = null, m.writer = null, m.done = null
RETURN true AS ours"""

TAKE_OVER = f"MATCH {_NOTE} SET m.pending = ['clear'], m.changes = null, m.writer = null"

FORGET = f"MATCH {_NOTE} DELETE m"

AWAIT_INDEXES = "CALL db.awaitIndexes(3600)"


def _quoted(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"


def _key(label: str) -> str:
    return _quoted(SCHEMA.node_types[label].key)


def schema_queries(schema: GraphSchema = SCHEMA) -> Iterator[str]:
    """Yield what makes constraints and indexes, where they are not there."""
    for label, key in (
        ("MatloreGraph", "name"),
        *((node.label, node.key) for node in schema.nodes),
    ):
        yield (
            f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:{_quoted(label)})"
            f" REQUIRE n.{_quoted(key)} IS UNIQUE"
        )
    for label, name in _INDEXES:
        yield f"CREATE INDEX IF NOT EXISTS FOR (n:{_quoted(label)}) ON (n.{_quoted(name)})"


def _ends(table: EdgeTable) -> str:
    """Return the clauses that find both ends of row i.

    The hints keep Neo4j from going along all edges of one end: plans that it made while the graph
    was small, it would use for a while when it is large.
    """
    return "".join(
        f" MATCH ({name}:{_quoted(label)} {{{_key(label)}: $columns[{index}][i]}})"
        f" USING INDEX {name}:{_quoted(label)}({_key(label)})"
        for index, (name, label) in enumerate((("a", table.source), ("b", table.target)))
    )


def write_query(table: GraphTable) -> str:
    """Return what adds or changes rows; it returns how many there are now."""
    first = len(table.keys)
    values = ", ".join(
        f"{_quoted(one.name)}: $columns[{first + index}][i]"
        for index, one in enumerate(table.properties)
    )
    if isinstance(table, NodeTable):
        key = f"{{{_quoted(table.type.key)}: $columns[0][i]}}"
        merge = f" MERGE (x:{_quoted(table.type.label)} {key})"
    else:
        merge = f"{_ends(table)} MERGE (a)-[x:{_quoted(table.type.type)}]->(b)"
    change = f" SET x += {{{values}}}" if values else ""
    return f"{_ROWS}{merge}{change} RETURN count(x) AS rows"


def delete_query(table: GraphTable) -> str:
    """Return what removes rows, of which it takes the keys only."""
    if isinstance(table, NodeTable):
        key = f"{{{_quoted(table.type.key)}: $columns[0][i]}}"
        return f"{_ROWS} MATCH (x:{_quoted(table.type.label)} {key}) DETACH DELETE x"
    between = f"OPTIONAL MATCH (a)-[x:{_quoted(table.type.type)}]->(b)"  # of ends that are found
    return f"{_ROWS}{_ends(table)} {between} DELETE x"


def empty_query(label: str, *, edges: bool) -> str:
    """Return what removes `$limit` nodes of a label, or edges that begin there, and counts them."""
    if edges:
        pattern, delete = f"(:{_quoted(label)})-[x]->()", "DELETE x"
    else:
        pattern, delete = f"(x:{_quoted(label)})", "DETACH DELETE x"
    return f"MATCH {pattern} WITH x LIMIT $limit {delete} RETURN count(*) AS rows"


def count_query(schema: GraphSchema = SCHEMA) -> str:
    """Return what counts nodes by label and edges by type, each from Neo4j's own counters."""
    counts = [f"MATCH (n:{_quoted(node.label)}) RETURN count(n) AS rows" for node in schema.nodes]
    counts += [
        f"MATCH ()-[r:{_quoted(edge.type)}]->() RETURN count(r) AS rows" for edge in schema.edges
    ]
    return " UNION ALL ".join(counts)


def read_query(table: GraphTable) -> str:
    """Return what reads a table in the order of its columns, by key.

    That a key is not less than '' makes Neo4j go along its index, so there is little to sort.
    """
    properties = [f"x.{_quoted(one.name)}" for one in table.properties]
    if isinstance(table, NodeTable):
        keys = [f"x.{_quoted(table.type.key)}"]
        pattern = f"(x:{_quoted(table.type.label)})"
    else:
        keys = [f"a.{_key(table.source)}", f"b.{_key(table.target)}"]
        pattern = f"(a:{_quoted(table.source)})-[x:{_quoted(table.type.type)}]->"
        pattern += f"(b:{_quoted(table.target)})"
    columns = ", ".join(f"{text} AS c{index}" for index, text in enumerate([*keys, *properties]))
    order = ", ".join(f"c{index}" for index in range(len(keys)))
    return f"MATCH {pattern} WHERE {keys[0]} >= '' RETURN {columns} ORDER BY {order}"
