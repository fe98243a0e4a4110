"""The named things that facts are about, and the papers that mention things."""

__all__ = ["MAKE_THINGS", "THING_TABLES"]

_NAMED = ("Property", "Application", "Phase", "Descriptor", "Method")
_MENTIONED = ("Material", *_NAMED)

MAKE_THINGS = (
    # Where facts speak of what. The spans of a claim are subject and object; those of a quantity
    # value, material and property, of which those are left out that it has not.
    """
    CREATE TABLE fact_spans AS
    SELECT DISTINCT paper_id, thing, name, span."start" AS "start", span."end" AS "end" FROM (
        SELECT paper_id, 'Material' AS thing, subject AS name, spans[1] AS span FROM claims
        UNION ALL SELECT paper_id, thing, object, spans[2] FROM claims WHERE thing IS NOT NULL
        UNION ALL SELECT paper_id, 'Material', material, spans[2] FROM quantities
        UNION ALL SELECT paper_id, 'Property', property,
            spans[if(material IS NULL, 2, 3)] FROM quantities)
    WHERE paper_id IS NOT NULL AND name IS NOT NULL AND span."start" < span."end"
    """,
    # Where papers speak of what: mentions, and the spans of facts that no mention covers.
    """
    CREATE TABLE spans AS WITH
    mentioned AS (SELECT DISTINCT paper_id, thing, norm AS name, "start", "end" FROM mentions),
    other AS (SELECT * FROM fact_spans EXCEPT SELECT * FROM mentioned)
    SELECT * FROM mentioned
    UNION ALL SELECT o.* FROM other o ANTI JOIN mentioned m ON m.paper_id = o.paper_id
        AND m.thing = o.thing AND m.name = o.name
        AND m."start" <= o."start" AND m."end" >= o."end"
    """,
    "DROP TABLE fact_spans",
    """
    CREATE TABLE touches AS
    SELECT thing, name, paper_id FROM spans
    UNION SELECT 'Material', subject, paper_id FROM claims
    UNION SELECT thing, object, paper_id FROM claims WHERE thing IS NOT NULL
    UNION SELECT 'Material', material, paper_id FROM quantities WHERE material IS NOT NULL
    UNION SELECT 'Property', property, paper_id FROM quantities WHERE property IS NOT NULL
    """,
    # Properties with values are there before anything has them, so that equations find them.
    """
    CREATE TABLE things AS
    SELECT thing, name, count(t.paper_id) AS n_papers, min(p.year) AS first_year
    FROM (
        SELECT * FROM touches
        UNION ALL SELECT 'Material', material, NULL FROM candidates
        UNION ALL SELECT 'Application', application, NULL FROM candidates
        UNION ALL SELECT 'Material', unnest([material, other]), NULL FROM similarities
        UNION ALL SELECT 'Property', name, NULL FROM terms
            WHERE label = 'Property' AND unit IS NOT NULL
    ) t LEFT JOIN living p ON p.id = t.paper_id
    GROUP BY thing, name
    """,
    "DROP TABLE touches",
    # Synthesis or characterisation: by the vocabulary, else by what most say.
    """
    CREATE TABLE methods AS
    SELECT name, arg_min(kind, (-n, kind)) AS kind FROM (
        SELECT name, kind, count(*) AS n FROM (
            SELECT norm AS name, if(label = 'SMT', 'synthesis', 'characterisation') AS kind
            FROM mentions WHERE thing = 'Method'
            UNION ALL SELECT object, if(type = 'MADE_BY', 'synthesis', 'characterisation')
            FROM claims WHERE thing = 'Method')
        GROUP BY name, kind)
    GROUP BY name
    """,
)


def _named(label: str, extra: str = "") -> str:
    return f"""
        SELECT h.name, {extra} t.synonyms, coalesce(t.in_vocabulary, false) AS in_vocabulary,
            h.n_papers, h.first_year
        FROM things h LEFT JOIN terms t ON t.label = '{label}' AND t.name = h.name
        LEFT JOIN methods m ON m.name = h.name WHERE h.thing = '{label}'
    """


def _mentions(label: str) -> str:
    return f"""
        SELECT paper_id AS "from", name AS "to", count(*) AS count,
            flatten(list(["start", "end"] ORDER BY "start", "end")) AS spans
        FROM spans WHERE thing = '{label}' GROUP BY paper_id, name
    """


THING_TABLES = {
    "Paper": """
        SELECT * EXCLUDE (stays) REPLACE (coalesce(retracted, false) AS retracted) FROM papers
    """,
    "Property": _named("Property", "t.unit, t.symbol, t.lower, t.upper,"),
    "Application": _named("Application"),
    "Phase": _named("Phase"),
    "Descriptor": _named("Descriptor"),
    "Method": _named("Method", "coalesce(t.kind, m.kind) AS kind,"),
    **{f"MENTIONS.Paper.{label}": _mentions(label) for label in _MENTIONED},
    "CANDIDATE_FOR.Material.Application": """
        SELECT material AS "from", application AS "to", score, rank, known, vectors, trained_until
        FROM candidates
    """,
    "SIMILAR_TO.Material.Material": """
        SELECT material AS "from", other AS "to", cosine, vectors FROM similarities
    """,
}
