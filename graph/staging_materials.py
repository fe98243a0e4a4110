"""What keys of materials say: which are formulas, and of what elements; how texts spell them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ner.formulas import composition, normalize_formula

if TYPE_CHECKING:
    import duckdb

__all__ = ["MATERIAL_TABLES", "SPELLINGS", "read_formulas"]

_NAME = "name:"
_FAMILY = "family:"

SPELLINGS = """
    CREATE TABLE spellings AS
    SELECT id, list(text ORDER BY n DESC, length(text), text)[1:10] AS names FROM (
        SELECT norm AS id, text, count(*) AS n FROM mentions
        WHERE thing = 'Material' AND text <> '' GROUP BY norm, text)
    GROUP BY id
"""

MATERIAL_TABLES = {
    "Material": f"""
        SELECT h.name AS id, f.formula, h.n_papers, h.first_year, s.names,
            coalesce(s.names[1], f.formula,
                regexp_replace(h.name, '^({_NAME}|{_FAMILY})', '')) AS name
        FROM things h JOIN formulas f ON f.id = h.name LEFT JOIN spellings s ON s.id = h.name
        WHERE h.thing = 'Material'
    """,
    "Element": "SELECT DISTINCT symbol FROM contents",
    "CONTAINS.Material.Element": 'SELECT id AS "from", symbol AS "to", fraction FROM contents',
}

_KEYS = """
    SELECT norm AS id FROM mentions WHERE thing = 'Material'
    UNION SELECT subject FROM claims UNION SELECT object FROM claims WHERE thing = 'Material'
    UNION SELECT material FROM quantities WHERE material IS NOT NULL
    UNION SELECT material FROM candidates
    UNION SELECT material FROM similarities UNION SELECT other FROM similarities
    ORDER BY id
"""


def read_formulas(database: "duckdb.DuckDBPyConnection") -> None:
    """Make `formulas`, what the keys of materials are, and `contents`, their elements.

    What a paper says is the same as a material is one too only if it has a material's form.
    """
    import pyarrow as pa

    ids = [str(id) for (id,) in database.execute(_KEYS).fetchall()]
    formulas = [id if _is_formula(id) else None for id in ids]
    odd = [formula is None and not _is_named(id) for id, formula in zip(ids, formulas, strict=True)]
    text = pa.string()
    columns = {"id": pa.array(ids, text), "formula": pa.array(formulas, text)}
    _create(database, "formulas", pa.table({**columns, "odd": pa.array(odd, pa.bool_())}))
    fields = [("id", text), ("symbol", text), ("fraction", pa.float64())]
    rows = [
        {"id": id, "symbol": symbol, "fraction": fraction}
        for id in ids
        for symbol, fraction in _contents(id)
    ]
    _create(database, "contents", pa.Table.from_pylist(rows, schema=pa.schema(fields)))
    database.execute(
        "UPDATE claims SET thing = NULL WHERE type = 'SAME_AS'"
        " AND object IN (SELECT id FROM formulas WHERE odd)"
    )


def _create(database: "duckdb.DuckDBPyConnection", name: str, rows: object) -> None:
    """Make a table of Arrow rows."""
    database.register("given", rows)
    database.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    database.unregister("given")


def _is_named(id: str) -> bool:
    return id.startswith((_NAME, _FAMILY)) and id not in (_NAME, _FAMILY)


def _is_formula(id: str) -> bool:
    """Tell whether a key is a formula in normal form."""
    if id.startswith((_NAME, _FAMILY)):
        return False
    return normalize_formula(id) == id or _is_element(id)


def _is_element(id: str) -> bool:
    """Tell whether a key is a symbol: `As` and `In` are refused in texts, as they are words."""
    return list(composition(id)) == [id]


def _contents(id: str) -> Iterator[tuple[str, float | None]]:
    """Yield elements with their fractions of the atoms; of a family they are not known."""
    if id.startswith(_FAMILY):
        for symbol in sorted({*id.removeprefix(_FAMILY).split("-")}):
            if _is_element(symbol):
                yield symbol, None
    elif _is_formula(id):
        amounts = composition(id)
        total = sum(amounts.values())
        for symbol, amount in sorted(amounts.items()):
            yield symbol, float(amount / total)
