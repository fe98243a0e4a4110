"""The inputs as tables of DuckDB, and of these what lives.

A row that comes twice is there once; of two rows with one id the first in the order of all their
columns stays, so that the order in which they came makes no difference.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from matlore.vocabulary import load_terms

from .inputs import (
    GraphInputs,
    candidate_schema,
    mention_schema,
    paper_schema,
    similarity_schema,
)
from .measured import measured_schema

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from .propnet.base import Symbol

__all__ = ["MAKE_LIVING", "read_inputs", "read_vocabulary"]

_BUNDLE_ROWS = 200_000
_KINDS = {
    "Property": "property",
    "Application": "application",
    "Phase": "phase",
    "Method": "method",
}


def _once(name: str, select: str) -> str:
    """Return the statement that makes a table of rows with one of an id.

    Only rows that share an id are sorted: sorting a million for the few that do takes long.
    """
    return f"""
        CREATE TABLE {name} AS WITH
        given AS ({select}),
        again AS (SELECT id FROM given GROUP BY id HAVING count(*) > 1)
        SELECT * FROM given ANTI JOIN again USING (id)
        UNION ALL (SELECT DISTINCT ON (id) * FROM given SEMI JOIN again USING (id) ORDER BY ALL)
    """


# Each raw table goes once it was used, so that memory holds the rows once.
MAKE_LIVING = (
    # That a paper was retracted counts, whichever of its rows says so.
    _once(
        "papers",
        "SELECT retracted IS NOT true AS stays, * FROM raw_papers WHERE id <> ''",
    ),
    "DROP TABLE raw_papers",
    "CREATE TABLE living AS SELECT id, year FROM papers WHERE retracted IS NOT true",
    # What each mention is a mention of.
    """
    CREATE TABLE mentions AS
    SELECT DISTINCT m.paper_id, m."start", m."end", m.label, m.norm, m.text,
        CASE m.label WHEN 'MAT' THEN 'Material' WHEN 'PRO' THEN 'Property'
            WHEN 'APL' THEN 'Application' WHEN 'SPL' THEN 'Phase' WHEN 'DSC' THEN 'Descriptor'
            ELSE 'Method' END AS thing
    FROM raw_mentions m SEMI JOIN living p ON p.id = m.paper_id
    WHERE m.norm <> '' AND m.label IN ('MAT', 'PRO', 'APL', 'SPL', 'DSC', 'SMT', 'CMT')
    """,
    "DROP TABLE raw_mentions",
    _once(
        "claims",
        """
        SELECT c.*, CASE c.type WHEN 'USED_IN' THEN 'Application'
            WHEN 'DOPED_WITH' THEN 'Material' WHEN 'SAME_AS' THEN 'Material'
            WHEN 'MADE_BY' THEN 'Method' WHEN 'MEASURED_BY' THEN 'Method'
            WHEN 'HAS_PHASE' THEN 'Phase' ELSE 'Property' END AS thing
        FROM raw_claims c SEMI JOIN living p ON p.id = c.paper_id
        WHERE c.id <> '' AND c.subject <> '' AND c.object <> '' AND c.type IN ('USED_IN',
            'DOPED_WITH', 'SAME_AS', 'MADE_BY', 'MEASURED_BY', 'HAS_PHASE', 'HAS_PROPERTY')
        """,
    ),
    # A quantity without a paper is the user's own.
    _once(
        "quantities",
        """
        SELECT * REPLACE (nullif(material, '') AS material, nullif(property, '') AS property)
        FROM raw_quantities
        WHERE id <> '' AND (paper_id IS NULL OR paper_id IN (SELECT id FROM living))
        """,
    ),
    """
    CREATE TABLE skipped AS SELECT
        (SELECT count(DISTINCT id) FROM raw_claims) - (SELECT count(*) FROM claims) AS claims,
        (SELECT count(DISTINCT id) FROM raw_quantities) - (SELECT count(*) FROM quantities)
            AS quantities
    """,
    "DROP TABLE raw_claims",
    "DROP TABLE raw_quantities",
    """
    CREATE TABLE candidates AS SELECT DISTINCT ON (material, application) * FROM raw_candidates
    WHERE material <> '' AND application <> '' ORDER BY ALL
    """,
    """
    CREATE TABLE similarities AS SELECT DISTINCT ON (material, other) * FROM raw_similarities
    WHERE material <> other AND material <> '' AND other <> '' ORDER BY ALL
    """,
)


def read_inputs(database: "duckdb.DuckDBPyConnection", inputs: GraphInputs) -> None:
    """Make the tables `raw_papers`, `raw_mentions` and so on, with the rows as they come."""
    facts = measured_schema()
    claims = _claim_schema()
    _read(database, "raw_papers", inputs.papers(), paper_schema())
    _read(database, "raw_mentions", inputs.mentions(), mention_schema())
    _read(database, "raw_quantities", inputs.quantities(), facts)
    _read(database, "raw_claims", inputs.claims(), claims)
    _read(database, "raw_candidates", inputs.candidates(), candidate_schema())
    _read(database, "raw_similarities", inputs.similarities(), similarity_schema())


def read_vocabulary(
    database: "duckdb.DuckDBPyConnection", symbols: Sequence["Symbol"] = ()
) -> None:
    """Make the table `terms`: label, name and what is known of each.

    Args:
        database: to make it in.
        symbols: properties beside those of the vocabulary.
    """
    import pyarrow as pa

    rows = [*_vocabulary_rows(), *_symbol_rows(symbols)]
    text, number = pa.string(), pa.float64()
    columns = [("label", text), ("name", text), ("unit", text), ("symbol", text)]
    columns += [("lower", number), ("upper", number), ("synonyms", pa.list_(text)), ("kind", text)]
    columns += [("in_vocabulary", pa.bool_())]
    found = pa.Table.from_pylist(rows, schema=pa.schema(columns))
    database.register("given", found)
    database.execute("CREATE TABLE terms AS SELECT * FROM given")
    database.unregister("given")


def _vocabulary_rows() -> Iterator[dict[str, object]]:
    for label, kind in _KINDS.items():
        for term in load_terms(kind).values():
            yield {
                "label": label,
                "name": term.name,
                "unit": term.unit,
                "symbol": term.symbol,
                "lower": term.lower,
                "upper": term.upper,
                "synonyms": list(term.synonyms),
                "kind": term.method_kind,
                "in_vocabulary": True,
            }


def _symbol_rows(symbols: Sequence["Symbol"]) -> Iterator[dict[str, object]]:
    known = load_terms("property")
    for one in symbols:
        if one.name not in known:
            yield {
                "label": "Property",
                "name": one.name,
                "unit": one.unit,
                "symbol": one.latex or None,
                "lower": one.lower,
                "upper": one.upper,
                "synonyms": list(one.synonyms),
                "in_vocabulary": False,
            }


def _claim_schema() -> "pa.Schema":
    """Return the columns of claims, in those types that the shards of a home have."""
    import pyarrow as pa

    text = pa.string()
    columns = [(name, text) for name in ("id", "paper_id", "text_sha", "type", "subject")]
    columns += [("object", text), ("modality", text), ("score", pa.float64())]
    span = pa.struct([("start", pa.int32()), ("end", pa.int32())])
    return pa.schema([*columns, ("spans", pa.list_(span)), ("license", text), ("version", text)])


def _read(
    database: "duckdb.DuckDBPyConnection",
    name: str,
    batches: Iterable["pa.RecordBatch"],
    schema: "pa.Schema",
) -> None:
    """Make a table of batches, which are never all in memory.

    They are taken here and not by a reader that DuckDB draws on: it would do so in threads of its
    own, and what makes the batches may hold to one thread, as SQLite does.
    """
    import pyarrow as pa

    # -0.0 + 0.0 is 0.0: of two that compare equal but are not, either could stay.
    columns = ", ".join(
        f'"{one.name}" + 0.0' if one.type == pa.float64() else f'"{one.name}"' for one in schema
    )
    database.register("given", schema.empty_table())
    database.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    for some in _bundles(batches):
        rows = pa.Table.from_batches([one.select(schema.names).cast(schema) for one in some])
        database.register("given", rows)
        database.execute(f"INSERT INTO {name} SELECT {columns} FROM given")
    database.unregister("given")


def _bundles(batches: Iterable["pa.RecordBatch"]) -> Iterator[list["pa.RecordBatch"]]:
    """Yield batches in bundles of some hundred thousand rows."""
    bundle: list[pa.RecordBatch] = []
    for batch in batches:
        bundle.append(batch)
        if sum(one.num_rows for one in bundle) >= _BUNDLE_ROWS:
            yield bundle
            bundle = []
    if bundle:
        yield bundle
