"""Filters of a search: read from what a user typed, and answered exactly by the graph."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from matlore.errors import NotFoundError, UsageError

from .search_types import PropertyRange, SearchFilters

if TYPE_CHECKING:
    from matlore.vocabulary import Term

    from .cypher import CypherAnswer

__all__ = [
    "GraphFilter",
    "QueryRunner",
    "allowed_papers",
    "graph_filters",
    "parse_filters",
    "parse_property",
    "parse_years",
]

_YEARS = re.compile(r"(\d{4})?\s*[:–-]\s*(\d{4})?|(\d{4})")
_NUMBER = r"[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_RANGE = re.compile(
    rf"(?P<name>.*?)(?:\s*=\s*|\s+)(?:(?P<sign>[<>≤≥]=?)\s*(?P<bound>{_NUMBER})"
    rf"|(?P<low>{_NUMBER})?\s*(?:\.\.|[:–])\s*(?P<high>{_NUMBER})?)\s*(?P<unit>\S.*)?"
)
_ELEMENT = re.compile(r"[A-Z][a-z]?")
_ONE = "1"


class QueryRunner(Protocol):
    """What asks the graph: `CypherSession`."""

    def run(self, query: str, parameters: Mapping[str, Any] | None = None, /) -> "CypherAnswer":
        """Run a query (see `CypherSession.run`)."""


class GraphFilter(NamedTuple):
    """One condition on papers: in words, and as a query whose first column is their ids.

    Attributes:
        keep: which rows count; None for all.
    """

    words: str
    query: str
    parameters: dict[str, Any]
    keep: Callable[[Sequence[Any]], bool] | None = None


def parse_filters(
    *,
    years: str | None = None,
    materials: Sequence[str] | None = None,
    elements: str | None = None,
    properties: Sequence[str] | None = None,
    applications: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    licenses: Sequence[str] | None = None,
) -> SearchFilters:
    """Read the filters of a command line.

    Args:
        years: `2015`, `2010:2015`, `2010:` or `:2015`.
        materials: formulas or names.
        elements: symbols with commas between.
        properties: names, each with a range or without (`parse_property`).
        applications: names of the vocabulary.
        methods: likewise.
        sources: as the corpus has them.
        licenses: likewise.

    Raises:
        UsageError: something cannot be read.
        NotFoundError: a name is in no vocabulary.
    """
    return SearchFilters(
        years=parse_years(years),
        materials=tuple(_material(text) for text in materials or ()),
        elements=_elements(elements),
        properties=tuple(parse_property(text) for text in properties or ()),
        applications=tuple(_named(text, "application") for text in applications or ()),
        methods=tuple(_named(text, "method") for text in methods or ()),
        sources=tuple(sources or ()),
        licenses=tuple(licenses or ()),
    )


def parse_years(text: str | None) -> tuple[int | None, int | None]:
    """Read `2015`, `2010:2015`, `2010:` or `:2015`.

    Raises:
        UsageError: it is none of these, or the last year is before the first.
    """
    if text is None or not text.strip():
        return None, None
    match = _YEARS.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise UsageError(f"--year {text}: give a year or two, such as 2015, 2010:2015 or 2010:")
    if match[3]:
        return int(match[3]), int(match[3])
    first, last = (int(year) if year else None for year in (match[1], match[2]))
    if first and last and last < first:
        raise UsageError(f"--year {text}: {last} is before {first}")
    return first, last


def parse_property(text: str) -> PropertyRange:
    """Read a property, with a range of values or without.

    Args:
        text: `band gap`, `band gap=1.0:1.6 eV`, `band gap 1.0:1.6 eV`, `band gap > 1 eV`,
            `zT 1:`; without a unit, the vocabulary's.

    Raises:
        NotFoundError: no such property.
        UsageError: the range or the unit cannot be read, or the unit is of another dimension.
    """
    if not text.strip():
        raise UsageError("--property: name a property, such as band gap")
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        _refuse_number(text)
        return PropertyRange(_term(text, "property").name)
    term = _term(match["name"].strip(" ="), "property")
    low, high = match["low"], match["high"]
    if match["sign"]:
        low, high = (match["bound"], None) if match["sign"][0] in ">≥" else (None, match["bound"])
    if low is None and high is None:
        raise UsageError(f"--property {text}: the range has no end; write 1.0:1.6, 1: or :1.6")
    unit = (match["unit"] or term.unit or _ONE).strip()
    _check_unit(text, term, unit)
    least, most = _si(low, unit, text), _si(high, unit, text)
    if least is not None and most is not None and most < least:
        raise UsageError(f"--property {text}: the upper bound is below the lower one")
    return PropertyRange(term.name, least, most)


def _refuse_number(text: str) -> None:
    """Say how a range is written where a single value was given.

    Raises:
        UsageError: a number stands in the text, and what is before it is a property.
    """
    from matlore.vocabulary import find_term

    match = re.fullmatch(rf"(.+?)[\s=]+({_NUMBER})\b.*", text.strip())
    if match is not None and find_term(match[1].strip(), "property") is not None:
        raise UsageError(
            f"--property {text}: give a range, such as {match[1].strip()} {match[2]}: or"
            f" {match[1].strip()} 1.0:1.6"
        )


def _check_unit(text: str, term: "Term", unit: str) -> None:
    from matlore.units import fits

    if term.unit is None:
        raise UsageError(f"--property {text}: {term.name} has no values; leave out the range")
    try:
        fine = fits(unit, term.unit)
    except ValueError:
        fine = False
    if not fine:
        raise UsageError(
            f"--property {text}: {unit} is no unit of {term.name}; use one like {term.unit}"
        )


def _si(bound: str | None, unit: str, text: str) -> float | None:
    from matlore.units import to_si

    if bound is None:
        return None
    found = to_si(float(bound.replace("−", "-")), unit)
    if found is None:
        raise UsageError(f"--property {text}: {unit} cannot be read as a unit")
    return found[0]


def _material(text: str) -> str:
    from ner.formulas import FAMILY, formula_family, is_formula_key, normalize_formula
    from ner.names import material_key

    plain = " ".join(text.split())
    if plain.startswith((FAMILY, "name:")) or is_formula_key(plain):
        return plain
    key = normalize_formula(plain) or material_key(plain) or formula_family(plain)
    if key is None and not plain:
        raise UsageError("--material: give a formula or a name, such as Bi2Te3 or graphene")
    return key or f"name:{plain}"


def _elements(text: str | None) -> tuple[str, ...]:
    from ner.formulas import ELEMENTS

    if text is None:
        return ()
    symbols = [part for part in re.split(r"[\s,;]+", text) if part]
    for symbol in symbols:
        if not _ELEMENT.fullmatch(symbol) or symbol not in ELEMENTS:
            raise UsageError(f"--elements {text}: {symbol} is no element; write them as Bi,Te")
    if not symbols:
        raise UsageError("--elements: give symbols, such as Bi,Te")
    return tuple(dict.fromkeys(symbols))


def _named(text: str, kind: str) -> str:
    return _term(text, kind).name


def _term(text: str, kind: str) -> "Term":
    """Return the term that a text names.

    Raises:
        NotFoundError: none; the message names some that are alike.
    """
    from matlore.vocabulary import find_term, load_terms

    plain = " ".join(text.split())
    for form in (plain, plain.removesuffix("s"), plain.removesuffix("es")):
        if term := find_term(form, kind):
            return term
    spellings = {
        s.lower(): t.name for t in load_terms(kind).values() for s in (t.name, *t.synonyms)
    }
    near = dict.fromkeys(spellings[s] for s in get_close_matches(plain.lower(), spellings, 5, 0.6))
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise NotFoundError(f"--{kind} {text}: no such {kind} in the vocabulary{hint}")


def graph_filters(filters: SearchFilters) -> list[GraphFilter]:
    """Return the conditions that the graph answers, one by one."""
    found = [
        GraphFilter(
            f"mentions {key}",
            "MATCH (p:Paper)-[:MENTIONS]->(:Material {id: $material}) RETURN DISTINCT p.id AS id",
            {"material": key},
        )
        for key in filters.materials
    ]
    if filters.elements:
        found.append(_with_elements(filters.elements))
    found += [_with_property(wanted) for wanted in filters.properties]
    for label, names in (("Application", filters.applications), ("Method", filters.methods)):
        found += [
            GraphFilter(
                f"mentions {name}",
                f"MATCH (p:Paper)-[:MENTIONS]->(:{label} {{name: $name}})"
                " RETURN DISTINCT p.id AS id",
                {"name": name},
            )
            for name in names
        ]
    return found


def _with_elements(elements: Sequence[str]) -> GraphFilter:
    parts = [f"(m)-[:CONTAINS]->(:Element {{symbol: $e{k}}})" for k in range(len(elements))]
    query = (
        f"MATCH {', '.join(parts)} WITH DISTINCT m MATCH (p:Paper)-[:MENTIONS]->(m)"
        " RETURN DISTINCT p.id AS id"
    ).replace("MATCH (m)-", "MATCH (m:Material)-", 1)
    values = {f"e{k}": symbol for k, symbol in enumerate(elements)}
    return GraphFilter(f"names a material with {', '.join(elements)}", query, values)


def _with_property(wanted: PropertyRange) -> GraphFilter:
    if wanted.low is None and wanted.high is None:
        query = (
            "MATCH (p:Paper)-[:MENTIONS]->(:Property {name: $name}) RETURN DISTINCT p.id AS id"
            " UNION MATCH (:Property {name: $name})<-[:OF]-(:Quantity)-[:REPORTED_IN]->(p:Paper)"
            " RETURN DISTINCT p.id AS id"
        )
        return GraphFilter(f"mentions {wanted.property}", query, {"name": wanted.property})
    query = (
        "MATCH (:Property {name: $name})<-[:OF]-(q:Quantity)-[:REPORTED_IN]->(p:Paper)"
        " WHERE q.si_value IS NOT NULL RETURN p.id AS id, q.si_value AS low, q.value_max AS most,"
        " q.unit AS unit, q.comparator AS comparator"
    )
    words = f"reports {wanted.property} in the range {_bound(wanted.low)}:{_bound(wanted.high)}"
    return GraphFilter(words, query, {"name": wanted.property}, lambda row: _overlaps(row, wanted))


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _overlaps(row: Sequence[Any], wanted: PropertyRange) -> bool:
    """Tell whether a value, a range or a bound may lie in the range that is wanted.

    What is said to be below a value is not known to be above another, nor the other way round.
    """
    from matlore.units import to_si

    _, low, most, unit, comparator = row
    high = low
    if most is not None and (found := to_si(float(most), unit or _ONE)) is not None:
        low, high = min(low, found[0]), max(low, found[0])
    if wanted.low is not None and (comparator == "<" or high < _widened(wanted.low, -1)):
        return False
    return wanted.high is None or (comparator != ">" and low <= _widened(wanted.high, 1))


def _widened(bound: float, sign: int) -> float:
    """Return a bound with room for the rounding of unit conversions."""
    return bound + sign * 1e-9 * abs(bound)


def allowed_papers(
    filters: SearchFilters, session: QueryRunner
) -> tuple[set[str] | None, dict[str, int]]:
    """Return the papers that pass all conditions of the graph, and how many pass each alone.

    Args:
        filters: what is asked.
        session: of the graph.

    Returns:
        The papers' ids, None where nothing is asked of the graph; papers by condition.

    Raises:
        GraphError: there is no graph.
    """
    passing: set[str] | None = None
    counts: dict[str, int] = {}
    for condition in graph_filters(filters):
        answer = session.run(condition.query, condition.parameters)
        keep = condition.keep
        ids = {str(row[0]) for row in answer.rows.rows if keep is None or keep(row)}
        counts[condition.words] = len(ids)
        passing = ids if passing is None else passing & ids
    return passing, counts
