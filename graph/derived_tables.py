"""Derived values among the tables of a graph: added to those from facts, and taken out again.

A material's derived values count while the values that papers and users report of it are what they
were derived from; that is what its fingerprint tells. Predicted values are left where they are:
nothing is derived from them. All is done by DuckDB, and sorted as `staging` sorts.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .derived_store import DerivedStore, derived_schemas
from .table_edits import make_tables, opened_tables, see_file
from .tables import GraphFolder

if TYPE_CHECKING:
    import duckdb

__all__ = ["DERIVED_KINDS", "add_derived", "base_rows", "fingerprints", "without_derived"]

DERIVED_KINDS = ("aggregate", "derived")
"""Kinds of quantities that are computed from others here."""

_QUANTITY = "Quantity"
_HAS = "HAS.Material.Quantity"
_OF = "OF.Quantity.Property"
_BY = "BY.Quantity.Model"
_USES = "USES.Quantity.Quantity"
_DISAGREES = "DISAGREES.Quantity.Quantity"
_NEEDS = "NEEDS.Model.Property"
_GIVES = "GIVES.Model.Property"
_CHANGED = (_QUANTITY, "Model", _HAS, _OF, _BY, _USES, _DISAGREES, _NEEDS, _GIVES)
_KINDS = ", ".join(f"'{kind}'" for kind in DERIVED_KINDS)
_REGRESSOR = "coalesce(kind, '') = 'regressor'"
_IS_BASE = f"coalesce(kind, '') NOT IN ({_KINDS}, 'predicted')"
_STAYS = f"coalesce(kind, '') NOT IN ({_KINDS})"
# All that a derivation depends on: of the values what they say, whose they are, and how sure.
_SAID = (
    *("id", "property", "value", "value_max", "std", "comparator", "unit", "conditions"),
    *("temperature", "kind", "modality", "score", "source", "license"),
)
_JSON = ", ".join(f"'{name}': {name}" for name in _SAID)
_FINGERPRINTS = f"""
CREATE TEMP VIEW fingerprints AS
SELECT material, sha256(string_agg(said, chr(10) ORDER BY id))[:32] AS fingerprint FROM (
    SELECT material, id, CAST(to_json({{{_JSON}}}) AS VARCHAR) AS said
    FROM base_quantities WHERE material IS NOT NULL
) GROUP BY material
"""
_BASE_QUANTITIES = f"""
CREATE TEMP VIEW base_quantities AS
SELECT q.*, h."from" AS material, o."to" AS property FROM "{_QUANTITY}" q
LEFT JOIN "{_HAS}" h ON h."to" = q.id LEFT JOIN "{_OF}" o ON o."from" = q.id
WHERE {_IS_BASE}
"""
# A property that is no more, such as a user's own, takes all derived values of a material along.
_LIVING = (
    """
    CREATE TEMP TABLE living AS
    SELECT d.material FROM derived_materials d
    JOIN fingerprints f ON f.material = d.material AND f.fingerprint = d.fingerprint
    ANTI JOIN (
        SELECT q.material FROM derived_quantities q ANTI JOIN "Property" p ON p.name = q.property
    ) u ON u.material = d.material
    """,
    """
    CREATE TEMP TABLE made AS
    SELECT q.* FROM derived_quantities q SEMI JOIN living l ON l.material = q.material
    """,
    f"""
    CREATE TEMP TABLE ends AS
    SELECT id FROM made UNION ALL SELECT id FROM "{_QUANTITY}" WHERE {_IS_BASE}
    """,
    """
    CREATE TEMP TABLE conflicts AS
    SELECT c."from", c."to", c.difference FROM derived_conflicts c
    SEMI JOIN living l ON l.material = c.material
    SEMI JOIN made m ON m.id = c."from" SEMI JOIN ends e ON e.id = c."to"
    """,
    """
    CREATE TEMP TABLE at_odds AS SELECT "from" AS id FROM conflicts
    UNION SELECT "to" FROM conflicts
    """,
)
_ADDED = {
    _QUANTITY: f"""
        SELECT * REPLACE (if(id IN (SELECT id FROM at_odds), true, NULL) AS conflict) FROM (
            SELECT * FROM "{_QUANTITY}"
            UNION ALL BY NAME SELECT * EXCLUDE (material, property, model) FROM made)
    """,
    "Model": """
        SELECT * FROM "Model" ANTI JOIN derived_models USING (name)
        UNION ALL BY NAME SELECT * FROM derived_models
    """,
    _HAS: f"""SELECT * FROM "{_HAS}" UNION ALL SELECT material, id FROM made""",
    _OF: f"""SELECT * FROM "{_OF}" UNION ALL SELECT id, property FROM made""",
    _BY: f"""
        SELECT * FROM "{_BY}" UNION ALL
        SELECT m.id, m.model FROM made m SEMI JOIN derived_models d ON d.name = m.model
    """,
    _USES: f"""
        SELECT * FROM "{_USES}" UNION ALL BY NAME
        SELECT u.* EXCLUDE (material) FROM derived_uses u
        SEMI JOIN made m ON m.id = u."from" SEMI JOIN ends e ON e.id = u."to"
    """,
    _DISAGREES: f"""SELECT * FROM "{_DISAGREES}" UNION ALL BY NAME SELECT * FROM conflicts""",
    _NEEDS: f"""
        SELECT * FROM "{_NEEDS}" WHERE "from" NOT IN (SELECT name FROM derived_models)
        UNION ALL BY NAME
        SELECT n.* FROM derived_needs n SEMI JOIN "Property" p ON p.name = n."to"
    """,
    _GIVES: f"""
        SELECT * FROM "{_GIVES}" WHERE "from" NOT IN (SELECT name FROM derived_models)
        UNION ALL BY NAME
        SELECT g.* FROM derived_gives g SEMI JOIN "Property" p ON p.name = g."to"
    """,
}
_STAYING = f'SELECT id FROM "{_QUANTITY}" WHERE {_STAYS}'
_TAKEN = {
    _QUANTITY: f'SELECT * REPLACE (NULL AS conflict) FROM "{_QUANTITY}" WHERE {_STAYS}',
    "Model": f'SELECT * FROM "Model" WHERE {_REGRESSOR}',
    _HAS: f'SELECT * FROM "{_HAS}" WHERE "to" IN ({_STAYING})',
    _OF: f'SELECT * FROM "{_OF}" WHERE "from" IN ({_STAYING})',
    _BY: f'SELECT * FROM "{_BY}" WHERE "from" IN ({_STAYING})',
    _USES: f'SELECT * FROM "{_USES}" WHERE "from" IN ({_STAYING}) AND "to" IN ({_STAYING})',
    _DISAGREES: f'SELECT * FROM "{_DISAGREES}" WHERE false',
    **{
        name: f'SELECT * FROM "{name}" WHERE "from" IN'
        f' (SELECT name FROM "Model" WHERE {_REGRESSOR})'
        for name in (_NEEDS, _GIVES)
    },
}


def fingerprints(base: GraphFolder) -> dict[str, str]:
    """Return what tells whether the values of materials are still the same.

    Args:
        base: tables of a graph, with derived values or without.

    Returns:
        By material, of all that have values; derived ones do not count.
    """
    with _opened(base) as database:
        rows = database.execute("SELECT material, fingerprint FROM fingerprints ORDER BY material")
        return {str(material): str(found) for material, found in rows.fetchall()}


def base_rows(
    base: GraphFolder, materials: Callable[[str], bool], *, size: int = 10_000
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield materials with their values that are not derived, sorted by material and by id.

    Args:
        base: tables of a graph, with derived values or without.
        materials: tells which are wanted.
        size: rows that are read at a time.

    Yields:
        The key of a material, and its values: the columns of the node `Quantity`, and `property`.
    """
    with _opened(base) as database:
        query = "SELECT * FROM base_quantities WHERE material IS NOT NULL ORDER BY material, id"
        held: tuple[str, list[dict[str, Any]]] | None = None
        for batch in database.sql(query).to_arrow_reader(size):
            for row in batch.to_pylist():
                material = row.pop("material")
                if held is not None and held[0] == material:
                    held[1].append(row)
                    continue
                if held is not None and materials(held[0]):
                    yield held
                held = material, [row]
        if held is not None and materials(held[0]):
            yield held


def add_derived(base: GraphFolder, derived: DerivedStore, folder: Path) -> GraphFolder:
    """Make the tables of a graph with its derived values.

    Args:
        base: tables without any; they are left as they are.
        derived: what was derived. Of materials whose values are others now nothing is taken.
        folder: for the tables; it may be that of `base`, which then becomes them.

    Raises:
        ArtifactError: what was derived is damaged.
    """
    with _opened(base) as database:
        for name, schema in derived_schemas().items():
            file = derived.file(name)
            if file is None:
                database.register(f"derived_{name}", schema.empty_table())
            else:
                see_file(database, f"derived_{name}", file)
        for statement in _LIVING:
            database.execute(statement)
        return make_tables(database, base, _ADDED, folder)


def without_derived(tables: GraphFolder, folder: Path) -> GraphFolder:
    """Make the tables of a graph without its derived values, as they were before `add_derived`.

    Args:
        tables: of a graph; they are left as they are.
        folder: for the tables.
    """
    with _opened(tables) as database:
        return make_tables(database, tables, _TAKEN, folder)


@contextmanager
def _opened(tables: GraphFolder) -> "Iterator[duckdb.DuckDBPyConnection]":
    """Give a database that sees the tables which derived values are among."""
    with opened_tables(tables, (*_CHANGED, "Property")) as database:
        database.execute(_BASE_QUANTITIES)
        database.execute(_FINGERPRINTS)
        yield database
