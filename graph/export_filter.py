"""The part of a graph that may be passed on: by the licences of papers and facts.

What stays, and why:

- a *paper* with a licence that is allowed; what it mentions;
- a *claim* or *quantity* with such a licence whose paper stays; a quantity without a licence that
  was computed from others stays if they all do, and one that follows from a formula alone where
  something else that stays is about the material; so does a predicted one, whose licence is that
  of the data that its model learned from;
- *that two quantities disagree* where both stay;
- a *material, property, application, …* that a paper which stays mentions, or that a fact or a
  model which stays is about, and the vocabulary's properties with values. Its papers are counted
  anew. Which spellings of a material are from which paper is not in the graph: its `name` is its
  key then, and it has no `names`;
- an *edge that counts claims*, counted anew from the claims that stay;
- models; and elements of materials that stay.

Edges from word vectors (`CANDIDATE_FOR`, `SIMILAR_TO`) go: they say something of all texts.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.progress import Progress, no_progress

from .export_values import ExportSource
from .schema import SCHEMA
from .tables import (
    EdgeTable,
    GraphFolder,
    GraphTable,
    NodeTable,
    arrow_schema,
    graph_tables,
    sql_path,
)

if TYPE_CHECKING:
    import duckdb

__all__ = ["keep_licensed"]

_TABLES: Mapping[str, GraphTable] = {table.name: table for table in graph_tables()}
_MEMORY = "1GB"  # what DuckDB may use before it goes to disk
_LICENSED = ("Paper", "Quantity", "Claim")
_COUNTED = ("USED_IN", "DOPED_WITH", "MADE_BY", "MEASURED_BY", "HAS_PHASE", "HAS_PROPERTY")
# As in `staging_facts`; a test holds that both count alike.
_UNSCORED, _MOST_SURE = 0.5, 0.99
_BY_VECTORS = ("CANDIDATE_FOR", "SIMILAR_TO")
_SUPPORTED = tuple(
    node.label for node in SCHEMA.nodes if any(one.name == "n_papers" for one in node.properties)
)

_ALLOWED = "EXISTS (SELECT 1 FROM allowed a WHERE a.license IS NOT DISTINCT FROM n.license)"
_CLAIMS = f"""
SELECT n.* FROM "all.Claim" n WHERE {_ALLOWED}
AND n.id NOT IN (SELECT e."from" FROM "all.IN.Claim.Paper" e ANTI JOIN "Paper" p ON e."to" = p.id)
"""
# What has a licence, and quantities without one that were computed from others or from a formula.
_COMPUTED = """
n.license IS NULL AND (coalesce(n.kind, '') IN ('aggregate', 'derived')
    OR n.id IN (SELECT "from" FROM "all.USES.Quantity.Quantity"))
"""
_BAD_REPORTED = f"""
CREATE TEMP TABLE bad_reported AS
SELECT n.id FROM "all.Quantity" n WHERE NOT ({_ALLOWED} OR {_COMPUTED})
UNION
SELECT e."from" FROM "all.REPORTED_IN.Quantity.Paper" e ANTI JOIN "Paper" p ON e."to" = p.id
"""
# Materials that something which was read, and stays, is about.
_SPOKEN_OF = """
CREATE TEMP TABLE spoken_of AS
SELECT e."to" AS id FROM "all.MENTIONS.Paper.Material" e SEMI JOIN "Paper" p ON e."from" = p.id
UNION SELECT e."to" FROM "all.SUBJECT.Claim.Material" e SEMI JOIN "Claim" c ON e."from" = c.id
UNION SELECT e."to" FROM "all.OBJECT.Claim.Material" e SEMI JOIN "Claim" c ON e."from" = c.id
UNION SELECT h."from" FROM "all.HAS.Material.Quantity" h JOIN "all.Quantity" q ON q.id = h."to"
    WHERE coalesce(q.kind, '') NOT IN ('aggregate', 'derived', 'predicted')
    AND q.id NOT IN (SELECT id FROM bad_reported)
"""
_QUANTITIES = """
WITH RECURSIVE bad(id) AS (
    SELECT id FROM bad_reported
    UNION
    SELECT n.id FROM "all.Quantity" n JOIN "all.HAS.Material.Quantity" h ON h."to" = n.id
    WHERE n.kind IN ('aggregate', 'derived', 'predicted')
    AND n.id NOT IN (SELECT "from" FROM "all.USES.Quantity.Quantity")
    AND h."from" NOT IN (SELECT id FROM spoken_of)
    UNION
    SELECT e."from" FROM "all.USES.Quantity.Quantity" e JOIN bad ON e."to" = bad.id
),
at_odds AS (
    SELECT unnest(["from", "to"]) AS id FROM "all.DISAGREES.Quantity.Quantity"
    WHERE "from" NOT IN (SELECT id FROM bad) AND "to" NOT IN (SELECT id FROM bad)
)
SELECT n.* REPLACE (if(n.id IN (SELECT id FROM at_odds), true, NULL) AS conflict)
FROM "all.Quantity" n WHERE n.id NOT IN (SELECT id FROM bad)
"""
_ELEMENTS = """
SELECT n.* FROM "all.Element" n WHERE n.symbol IN (
    SELECT e."to" FROM "all.CONTAINS.Material.Element" e SEMI JOIN "Material" m ON e."from" = m.id)
"""
# The vocabulary's properties with values are in every graph.
_VOCABULARY = """
SELECT 'Property', name, NULL FROM "all.Property" WHERE in_vocabulary AND unit IS NOT NULL
"""
_COUNTS = """
CREATE TEMP TABLE counts AS
SELECT label, key, count(DISTINCT paper) AS n_papers, min(p.year) AS first_year
FROM support LEFT JOIN "Paper" p ON support.paper = p.id GROUP BY label, key
"""


def keep_licensed(
    source: ExportSource,
    folder: Path,
    allowed: Callable[[str | None], bool],
    *,
    progress: Progress = no_progress,
) -> GraphFolder:
    """Return the tables of what may be passed on.

    Args:
        source: all tables of the schema.
        folder: an empty folder to work in, with room for the graph twice.
        allowed: tells whether a licence is one under which things may be passed on; None is
            that of what has no licence.
        progress: told of each table.
    """
    import duckdb

    everything, kept = GraphFolder(folder / "all"), GraphFolder(folder / "kept")
    for part in (everything, kept):
        part.path.mkdir()
    progress(0, total=len(_TABLES), text="reading the graph")
    for table in _TABLES.values():
        _spool(source, table, everything.file(table))
        progress(1)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": _MEMORY,
        "temp_directory": str(folder / "spill"),
    }
    with duckdb.connect(config=config) as database:
        for table in _TABLES.values():
            _view(database, f"all.{table.name}", everything.file(table))
        _select(database, kept, allowed, progress)
    return kept


def _spool(source: ExportSource, table: GraphTable, path: Path) -> None:
    """Copy a table to a file, which is there even where the table has no rows."""
    import pyarrow.parquet as pq

    schema = arrow_schema(table)
    with pq.ParquetWriter(path, schema, compression="lz4") as file:
        for batch in source.batches(table):
            file.write_batch(batch.select(schema.names).cast(schema))


def _view(database: "duckdb.DuckDBPyConnection", name: str, path: Path) -> None:
    database.execute(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet({sql_path(path)})')


def _select(
    database: "duckdb.DuckDBPyConnection",
    kept: GraphFolder,
    allowed: Callable[[str | None], bool],
    progress: Progress,
) -> None:
    """Write the tables of what stays, each from those before it."""
    _allow(database, allowed)
    progress(0, total=len(_TABLES), text="choosing by licence")

    def put(name: str, query: str) -> None:
        _put(database, kept, _TABLES[name], query)
        progress(1)

    put("Paper", f'SELECT n.* FROM "all.Paper" n WHERE {_ALLOWED}')
    put("Claim", _CLAIMS)
    database.execute(_BAD_REPORTED)
    database.execute(_SPOKEN_OF)
    put("Quantity", _QUANTITIES)
    put("Model", 'SELECT * FROM "all.Model"')
    database.execute(f"CREATE TEMP TABLE support AS {_support()}")
    database.execute(_COUNTS)
    for label in _SUPPORTED:
        put(label, _supported(label))
    put("Element", _ELEMENTS)
    for table in _TABLES.values():
        if isinstance(table, EdgeTable):
            put(table.name, _edges(table))


def _allow(database: "duckdb.DuckDBPyConnection", allowed: Callable[[str | None], bool]) -> None:
    """Make a table of the licences that are allowed, of those that are there."""
    there = " UNION ".join(f'SELECT license FROM "all.{label}"' for label in _LICENSED)
    licenses = [license for (license,) in database.execute(there).fetchall() if allowed(license)]
    database.execute("CREATE TEMP TABLE allowed (license VARCHAR)")
    for license in licenses:
        database.execute("INSERT INTO allowed VALUES (?)", [license])


def _put(
    database: "duckdb.DuckDBPyConnection", kept: GraphFolder, table: GraphTable, query: str
) -> None:
    """Write a table sorted by key, and let later queries see it by its name."""
    names = ", ".join(f'"{name}"' for name in arrow_schema(table).names)
    order = ", ".join(f'"{key}"' for key in table.keys)
    path = kept.file(table)
    database.execute(
        f"COPY (SELECT {names} FROM ({query}) ORDER BY {order}) TO {sql_path(path)}"
        " (FORMAT parquet)"
    )
    _view(database, table.name, path)


def _support() -> str:
    """Return a query for what stays that is about a node: its label and key, and the paper."""
    parts = []
    for name, table in _TABLES.items():
        if not isinstance(table, EdgeTable):
            continue
        match table.type.type:
            case "MENTIONS":
                parts.append(
                    f'SELECT \'{table.target}\' AS label, e."to" AS key, e."from" AS paper'
                    f' FROM "all.{name}" e SEMI JOIN "Paper" p ON e."from" = p.id'
                )
            case "SUBJECT" | "OBJECT":
                parts.append(_of_fact(table, "to", "from", "Claim", "IN.Claim.Paper"))
            case "HAS":
                parts.append(
                    _of_fact(table, "from", "to", "Quantity", "REPORTED_IN.Quantity.Paper")
                )
            case "OF":
                parts.append(
                    _of_fact(table, "to", "from", "Quantity", "REPORTED_IN.Quantity.Paper")
                )
            case "NEEDS" | "GIVES":
                parts.append(f'SELECT \'{table.target}\', "to", NULL FROM "all.{name}"')
    parts.append(_VOCABULARY)
    return " UNION ALL ".join(parts)


def _of_fact(table: EdgeTable, node: str, fact: str, label: str, origin: str) -> str:
    """Return a query for the nodes at one end of edges whose other end is a fact that stays."""
    named = table.source if node == "from" else table.target
    return (
        f'SELECT \'{named}\' AS label, e."{node}" AS key, o."to" AS paper FROM "all.{table.name}" e'
        f' SEMI JOIN "{label}" f ON e."{fact}" = f.id LEFT JOIN "all.{origin}" o'
        f' ON o."from" = e."{fact}"'
    )


def _supported(label: str) -> str:
    """Return a query for the nodes of a label that something which stays is about."""
    table = _TABLES[label]
    assert isinstance(table, NodeTable)
    counted = "c.n_papers AS n_papers, c.first_year AS first_year"
    if label == "Material":
        shown = "coalesce(n.formula, regexp_replace(n.id, '^(name|family):', '')) AS name"
        counted += f", {shown}, NULL AS names"
    return (
        f'SELECT n.* REPLACE ({counted}) FROM "all.{label}" n'
        f" JOIN counts c ON c.label = '{label}' AND c.key = n.\"{table.type.key}\""
    )


def _edges(table: EdgeTable) -> str:
    """Return a query for the edges of a table that stay, once all nodes are chosen."""
    type = table.type.type
    if type in _BY_VECTORS:
        return f'SELECT * FROM "all.{table.name}" WHERE false'
    if type in _COUNTED:
        return _counted(table)
    source, target = (SCHEMA.node_types[label].key for label in (table.source, table.target))
    return (
        f'SELECT e.* FROM "all.{table.name}" e'
        f' SEMI JOIN "{table.source}" s ON e."from" = s."{source}"'
        f' SEMI JOIN "{table.target}" t ON e."to" = t."{target}"'
    )


def _counted(table: EdgeTable) -> str:
    """Return a query that counts the claims which stay, as `staging_facts` counts all."""
    return f"""
    SELECT "from", "to", count(*) AS n_papers, min(year) AS first_year,
        round(least({_MOST_SURE}, 1 - product(1 - score ORDER BY paper)), 4) AS score
    FROM (
        SELECT s."to" AS "from", o."to" AS "to", p.id AS paper, any_value(p.year) AS year,
            max(coalesce(c.score, {_UNSCORED})) AS score
        FROM "Claim" c
        JOIN "all.SUBJECT.Claim.Material" s ON s."from" = c.id
        JOIN "all.OBJECT.Claim.{table.target}" o ON o."from" = c.id
        JOIN "all.IN.Claim.Paper" i ON i."from" = c.id
        JOIN "Paper" p ON p.id = i."to"
        WHERE c.type = '{table.type.type}' AND c.modality <> 'denied' GROUP BY ALL)
    GROUP BY "from", "to"
    """
