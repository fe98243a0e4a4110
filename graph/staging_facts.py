"""Claims and quantities as nodes, and the edges that count what claims say."""

from typing import TYPE_CHECKING

from matlore.errors import InputError
from matlore.units import convert

if TYPE_CHECKING:
    import duckdb

__all__ = ["FACT_TABLES", "MAKE_FACTS", "read_conditions"]

_UNSCORED = 0.5
_MOST_SURE = 0.99
_COUNTED = {
    "USED_IN": "Application",
    "DOPED_WITH": "Material",
    "MADE_BY": "Method",
    "MEASURED_BY": "Method",
    "HAS_PHASE": "Phase",
    "HAS_PROPERTY": "Property",
}
_OBJECTS = ("Material", "Property", "Application", "Phase", "Method")

MAKE_FACTS = (
    # A paper counts once, by its surest claim; what is denied is not said. The score of several
    # papers is that one at least was read rightly, if they err independently: 1 − Π(1 − s).
    f"""
    CREATE TABLE counted AS
    SELECT type, subject, object, count(*) AS n_papers, min(year) AS first_year,
        round(least({_MOST_SURE}, 1 - product(1 - score ORDER BY paper_id)), 4) AS score
    FROM (
        SELECT c.type, c.subject, c.object, c.paper_id, any_value(p.year) AS year,
            max(coalesce(c.score, {_UNSCORED})) AS score
        FROM claims c JOIN living p ON p.id = c.paper_id
        WHERE c.modality IS DISTINCT FROM 'denied' GROUP BY ALL)
    GROUP BY type, subject, object
    """,
    "CREATE MACRO number(x) AS regexp_replace(CAST(x AS VARCHAR), '\\.0$', '')",
    """
    CREATE MACRO condition(c) AS c.name || coalesce(' = ' || coalesce(c.text,
        number(c.value) || coalesce('–' || number(c.value_max), '')
        || coalesce(' ' || nullif(c.unit, '1'), '')), '')
    """,
    'CREATE MACRO flat(spans) AS flatten(list_transform(spans, lambda s: [s."start", s."end"]))',
)

FACT_TABLES = {
    "Quantity": """
        SELECT q.* EXCLUDE (conditions) REPLACE (coalesce(q.paper_id, q.source) AS source),
            list_sort(list_transform(q.conditions, lambda c: condition(c))) AS conditions,
            t.value AS temperature, p.value AS pressure, NULL AS conflict,
            NULL AS lower, NULL AS upper, NULL AS level, NULL AS in_domain
        FROM quantities q LEFT JOIN temperature t ON t.id = q.id
        LEFT JOIN pressure p ON p.id = q.id
    """,
    "HAS.Material.Quantity": """
        SELECT material AS "from", id AS "to" FROM quantities WHERE material IS NOT NULL
    """,
    "OF.Quantity.Property": """
        SELECT id AS "from", property AS "to" FROM quantities WHERE property IS NOT NULL
    """,
    "REPORTED_IN.Quantity.Paper": """
        SELECT id AS "from", paper_id AS "to", flat(spans) AS spans FROM quantities
        WHERE paper_id IS NOT NULL
    """,
    "Claim": "SELECT * FROM claims",
    "SUBJECT.Claim.Material": 'SELECT id AS "from", subject AS "to" FROM claims',
    **{
        f"OBJECT.Claim.{label}": f"""
            SELECT id AS "from", object AS "to" FROM claims WHERE thing = '{label}'
        """
        for label in _OBJECTS
    },
    "IN.Claim.Paper": 'SELECT id AS "from", paper_id AS "to", flat(spans) AS spans FROM claims',
    **{
        f"{type}.Material.{label}": f"""
            SELECT subject AS "from", object AS "to", n_papers, first_year, score FROM counted
            WHERE type = '{type}'
        """
        for type, label in _COUNTED.items()
    },
}


def read_conditions(database: "duckdb.DuckDBPyConnection") -> None:
    """Make `temperature` and `pressure`: of each quantity with one such value, in SI."""
    for name, unit in (("temperature", "K"), ("pressure", "Pa")):
        rows = database.execute(
            "SELECT id, c[1].value, c[1].unit FROM (SELECT id,"
            " list_filter(conditions, lambda x: x.name = $name) AS c FROM quantities)"
            " WHERE len(c) = 1 AND c[1].value IS NOT NULL AND c[1].value_max IS NULL"
            " AND c[1].unit IS NOT NULL",
            {"name": name},
        ).fetchall()
        found = {id: _converted(value, of, unit) for id, value, of in rows}
        _create(database, name, found)


def _create(
    database: "duckdb.DuckDBPyConnection", name: str, values: dict[str, float | None]
) -> None:
    """Make a table of values by id."""
    import pyarrow as pa

    ids, numbers = pa.array([*values], pa.string()), pa.array([*values.values()], pa.float64())
    database.register("given", pa.table({"id": ids, "value": numbers}))
    database.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    database.unregister("given")


def _converted(value: float, unit: str, to: str) -> float | None:
    try:
        return convert(value, unit, to)
    except InputError:
        return None
