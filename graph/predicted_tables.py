"""Predicted values among the tables of a graph: added to all others, and taken out again.

They are quantities of kind `predicted`, `BY` the model that made them; nothing is derived from
them, and they disagree with nothing. A property that nothing else brought into the graph comes
with its model, which `GIVES` it; its papers are not counted, by which it is known to go again.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .predicted_store import PredictedStore, predicted_schemas
from .table_edits import make_tables, opened_tables, see_file
from .tables import GraphFolder

if TYPE_CHECKING:
    import duckdb

__all__ = ["PREDICTED_KIND", "add_predicted", "formula_materials", "names_of_models",
           "without_predicted"]  # fmt: skip

PREDICTED_KIND = "predicted"
"""The kind of quantities that models of the kind `regressor` made."""

_REGRESSOR = "regressor"
_QUANTITY = "Quantity"
_HAS = "HAS.Material.Quantity"
_OF = "OF.Quantity.Property"
_BY = "BY.Quantity.Model"
_USES = "USES.Quantity.Quantity"
_NEEDS = "NEEDS.Model.Property"
_GIVES = "GIVES.Model.Property"
_SEEN = (_QUANTITY, "Model", "Property", "Material", _HAS, _OF, _BY, _USES, _NEEDS, _GIVES)
# A material that is gone takes its values along, though the home still keeps them.
_MADE = """
CREATE TEMP TABLE made AS
SELECT q.*, b.property_name AS property, b.license
FROM predicted q JOIN models b ON b.name = q.model
SEMI JOIN "Material" m ON m.id = q.material
"""
_ADDED = {
    _QUANTITY: f"""
        SELECT * FROM "{_QUANTITY}"
        UNION ALL BY NAME SELECT * EXCLUDE (material, model, property) FROM made
    """,
    "Model": f"""
        SELECT * FROM "Model" ANTI JOIN models USING (name)
        UNION ALL BY NAME
        SELECT name, '{_REGRESSOR}' AS kind, about, reference, version FROM models
    """,
    "Property": """
        SELECT * FROM "Property"
        UNION ALL BY NAME
        SELECT property_name AS name, min(unit) AS unit, false AS in_vocabulary,
            CAST([] AS VARCHAR[]) AS synonyms
        FROM models WHERE property_name NOT IN (SELECT name FROM "Property") GROUP BY ALL
    """,
    _HAS: f"""SELECT * FROM "{_HAS}" UNION ALL SELECT material, id FROM made""",
    _OF: f"""SELECT * FROM "{_OF}" UNION ALL SELECT id, property FROM made""",
    _BY: f"""SELECT * FROM "{_BY}" UNION ALL SELECT id, model FROM made""",
    _GIVES: f"""
        SELECT * FROM "{_GIVES}" WHERE "from" NOT IN (SELECT name FROM models)
        UNION ALL BY NAME
        SELECT name AS "from", property_name AS "to", true AS direct FROM models
    """,
}
_GOING = f"SELECT id FROM \"{_QUANTITY}\" WHERE kind = '{PREDICTED_KIND}'"
_MODELS = f"SELECT name FROM \"Model\" WHERE kind = '{_REGRESSOR}'"
_TAKEN = {
    _QUANTITY: f"SELECT * FROM \"{_QUANTITY}\" WHERE kind IS DISTINCT FROM '{PREDICTED_KIND}'",
    "Model": f"SELECT * FROM \"Model\" WHERE kind IS DISTINCT FROM '{_REGRESSOR}'",
    "Property": f"""
        SELECT * FROM "Property" WHERE n_papers IS NOT NULL OR in_vocabulary OR name NOT IN
            (SELECT "to" FROM "{_GIVES}" WHERE "from" IN ({_MODELS}))
    """,
    _HAS: f'SELECT * FROM "{_HAS}" WHERE "to" NOT IN ({_GOING})',
    _OF: f'SELECT * FROM "{_OF}" WHERE "from" NOT IN ({_GOING})',
    _BY: f'SELECT * FROM "{_BY}" WHERE "from" NOT IN ({_GOING})',
    _USES: f'SELECT * FROM "{_USES}" WHERE "from" NOT IN ({_GOING}) AND "to" NOT IN ({_GOING})',
    _NEEDS: f'SELECT * FROM "{_NEEDS}" WHERE "from" NOT IN ({_MODELS})',
    _GIVES: f'SELECT * FROM "{_GIVES}" WHERE "from" NOT IN ({_MODELS})',
}
_WITH_FORMULA = f"""
SELECT m.id FROM "Material" m WHERE m.formula IS NOT NULL
AND (coalesce(m.n_papers, 0) >= ? OR m.id IN (
    SELECT h."from" FROM "{_HAS}" h JOIN "{_QUANTITY}" q ON q.id = h."to"
    WHERE q.kind = 'reported'))
ORDER BY m.id
"""


def formula_materials(tables: GraphFolder, min_papers: int = 0) -> list[str]:
    """Return the keys of the materials of a graph that have a formula, sorted.

    Args:
        tables: of a graph.
        min_papers: leave out those that fewer papers name, unless a value of them is reported.
    """
    with opened_tables(tables, ("Material", _QUANTITY, _HAS)) as database:
        rows = database.execute(_WITH_FORMULA, [min_papers]).fetchall()
        return [str(key) for (key,) in rows]


def names_of_models(tables: GraphFolder) -> frozenset[str]:
    """Return the names of the models of a graph that are not trained on data."""
    with opened_tables(tables, ("Model",)) as database:
        query = f"SELECT name FROM \"Model\" WHERE kind IS DISTINCT FROM '{_REGRESSOR}'"
        return frozenset(str(name) for (name,) in database.execute(query).fetchall())


def add_predicted(base: GraphFolder, predicted: PredictedStore, folder: Path) -> GraphFolder:
    """Make the tables of a graph with its predicted values.

    Args:
        base: tables without any; they are left as they are.
        predicted: what was predicted. Of materials that the graph has not nothing is taken.
        folder: for the tables; it may be that of `base`, which then becomes them.

    Raises:
        ArtifactError: what was predicted is damaged.
    """
    return _edit(base, folder, _ADDED, lambda database: _see_predicted(database, predicted))


def without_predicted(tables: GraphFolder, folder: Path) -> GraphFolder:
    """Make the tables of a graph without its predicted values, as before `add_predicted`.

    Args:
        tables: of a graph; they are left as they are.
        folder: for the tables.
    """
    return _edit(tables, folder, _TAKEN, lambda _: None)


def _edit(
    tables: GraphFolder,
    folder: Path,
    selects: dict[str, str],
    prepare: "Callable[[duckdb.DuckDBPyConnection], None]",
) -> GraphFolder:
    with opened_tables(tables, _SEEN) as database:
        prepare(database)
        return make_tables(database, tables, selects, folder)


def _see_predicted(database: "duckdb.DuckDBPyConnection", predicted: PredictedStore) -> None:
    """Make the tables `models` and `made`, the values that come into the graph."""
    import pyarrow as pa

    models = [one for one in predicted.card().models.values() if one.files]
    names = ("name", "version", "property_name", "unit", "about", "reference", "license")
    rows = [{name: getattr(one, name) for name in names} for one in models]
    schema = pa.schema([(name, pa.string()) for name in names])
    database.register("models", pa.Table.from_pylist(rows, schema))
    files = [predicted.file(one, "quantities") for one in models]
    if files:
        see_file(database, "predicted", *files)
    else:
        database.register("predicted", predicted_schemas()["quantities"].empty_table())
    database.execute(_MADE)
