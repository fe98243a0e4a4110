"""Evidence for a query in the graph: papers with facts about what the query names."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from math import log
from typing import Any, NamedTuple

from .search_filters import QueryRunner
from .search_types import NamedThings

__all__ = ["Evidence", "GraphEvidence"]

_MOST_PAPERS = 4_000
"""A thing that more papers mention tells nothing alone; their lists are not fetched."""

_MOST_PAIRS = 24  # of a material and another thing that are asked for facts
_SHOWN = 4  # facts of a paper
_FACT = 2.0  # a fact about two named things counts so many times as mentioning both
_MENTIONS = (
    "MATCH (p:Paper)-[r:MENTIONS]->(:{label} {{{key}: $key}}) RETURN p.id AS id, r.count AS n"
)
_COUNT = "MATCH (p:Paper)-[:MENTIONS]->(:{label} {{{key}: $key}}) RETURN count(p) AS n"
# One query for each pair of names: with both ends known by their keys Ladybug looks them up and
# joins what hangs on them; with lists of names (`IN`) it scans, and takes ten times as long.
# OPTIONAL, so that papers are joined last: else it may begin with all edges from claims to papers.
_QUANTITIES = (
    "MATCH (m:Material {id: $material})-[:HAS]->(q:Quantity)-[:OF]->(o:Property {name: $name}),"
    " (q)-[:REPORTED_IN]->(p:Paper)"
    " RETURN p.id AS paper, q.comparator AS comparator, q.value AS value,"
    " q.value_max AS value_max, q.unit AS unit, q.temperature AS temperature, q.id AS id"
    " ORDER BY id LIMIT 2000"
)
_CLAIMS = (
    "MATCH (m:Material {{id: $material}})<-[:SUBJECT]-(c:Claim)-[:OBJECT]->"
    "(o:{label} {{name: $name}}) OPTIONAL MATCH (c)-[:IN]->(p:Paper)"
    " RETURN p.id AS paper, c.type AS type, c.id AS id ORDER BY id LIMIT 2000"
)
_CLAIM_WORDS = {
    "USED_IN": "used in",
    "MADE_BY": "made by",
    "MEASURED_BY": "measured by",
    "HAS_PHASE": "has phase",
    "HAS_PROPERTY": "has property",
}
_LABELS = {
    "properties": "Property",
    "applications": "Application",
    "methods": "Method",
    "phases": "Phase",
}


class _Thing(NamedTuple):
    label: str
    key: str


@dataclass(slots=True)
class Evidence:
    """What the graph says of one paper.

    Attributes:
        paper: its id.
        score: higher is better; only comparable within one query.
        facts: in a few words each, those about the things that were named.
    """

    paper: str
    score: float = 0.0
    facts: list[str] = field(default_factory=list)


class GraphEvidence:
    """Asks one graph for evidence; how many papers mention a thing is asked once."""

    def __init__(self, session: QueryRunner) -> None:
        self._session = session
        self._counts: dict[_Thing, int] = {}
        self._papers: int | None = None

    def find(
        self, named: NamedThings, top: int, *, allowed: Collection[str] | None = None
    ) -> list[Evidence]:
        """Return the papers with most evidence, best first.

        A paper scores by the things that it mentions, rare ones more, and more again by facts
        (values, claims) that join two of them. Where several things are named, a paper needs
        two of them or a fact.

        Args:
            named: the things that a query names.
            top: how many papers at most.
            allowed: ids of the papers that may be found; None for all.

        Raises:
            GraphError: there is no graph.
        """
        things = _things(named)
        weights = {thing: self._weight(thing) for thing in things}
        scores: dict[str, dict[_Thing, float]] = defaultdict(dict)
        for thing in things:
            if 0 < self._counts[thing] <= _MOST_PAPERS:
                for paper, count in self._mentions(thing):
                    scores[paper][thing] = weights[thing] * count / (count + 1.0)
        found = {
            paper: Evidence(paper, sum(parts.values()))
            for paper, parts in scores.items()
            if len(parts) > 1 or len(things) == 1
        }
        said: dict[str, set[str]] = defaultdict(set)
        for paper, material, thing, words in self._facts(named):
            if words in said[paper]:
                continue
            said[paper].add(words)
            one = found.setdefault(paper, Evidence(paper))
            if len(one.facts) < _SHOWN:
                one.facts.append(words)
            # Each further fact counts less: fifty values are not fifty times the evidence.
            of_both = weights.get(_Thing("Material", material), 0.0) + weights.get(thing, 0.0)
            one.score += _FACT * of_both / len(said[paper]) ** 2
        kept = [e for e in found.values() if allowed is None or e.paper in allowed]
        return sorted(kept, key=lambda e: (-e.score, e.paper))[:top]

    def _weight(self, thing: _Thing) -> float:
        """Return the inverse document frequency of a thing."""
        if self._papers is None:
            self._papers = int(self._rows("MATCH (p:Paper) RETURN count(p) AS n", {})[0][0])
        if thing not in self._counts:
            query = _COUNT.format(label=thing.label, key=_key_of(thing))
            self._counts[thing] = int(self._rows(query, {"key": thing.key})[0][0])
        return log((self._papers + 1.0) / (self._counts[thing] + 0.5))

    def _mentions(self, thing: _Thing) -> Iterable[tuple[str, int]]:
        query = _MENTIONS.format(label=thing.label, key=_key_of(thing))
        return ((row[0], int(row[1] or 1)) for row in self._rows(query, {"key": thing.key}))

    def _facts(self, named: NamedThings) -> Iterable[tuple[str, str, _Thing, str]]:
        """Yield paper, material, the other thing and words of facts about named things."""
        others = [thing for thing in _things(named) if thing.label != "Material"]
        pairs = islice(product(named.materials, others), _MOST_PAIRS)
        for material, thing in pairs:
            values = {"material": material, "name": thing.key}
            if thing.label == "Property":
                for paper, *quantity, _ in self._rows(_QUANTITIES, values):
                    yield paper, material, thing, _quantity_words(material, thing.key, *quantity)
            for paper, type, _ in self._rows(_CLAIMS.format(label=thing.label), values):
                if paper is None:
                    continue
                words = f"{_shown(material)} {_CLAIM_WORDS.get(type, type.lower())} {thing.key}"
                yield paper, material, thing, words

    def _rows(self, query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return self._session.run(query, parameters).rows.rows


def _things(named: NamedThings) -> list[_Thing]:
    found = [_Thing("Material", key) for key in named.materials]
    for kind, label in _LABELS.items():
        found += [_Thing(label, name) for name in getattr(named, kind)]
    return found


def _key_of(thing: _Thing) -> str:
    return "id" if thing.label == "Material" else "name"


def _shown(material: str) -> str:
    return material.removeprefix("name:").removeprefix("family:")


def _quantity_words(
    material: str,
    name: str,
    comparator: str | None,
    value: float | None,
    value_max: float | None,
    unit: str | None,
    temperature: float | None,
) -> str:
    """Return a value in words: `Bi2Te3: seebeck coefficient 220 µV/K at 300 K`."""
    numbers = [f"{number:.6g}" for number in (value, value_max) if number is not None]
    shown = " to ".join(numbers) if value is not None else " ".join(["up to", *numbers][:2])
    if not numbers:
        return f"{_shown(material)}: {name}"
    sign = comparator if comparator in ("<", ">", "~") else ""
    unit_words = "" if unit in (None, "1") else f" {unit}"
    at = f" at {temperature:.6g} K" if temperature is not None else ""
    return f"{_shown(material)}: {name} {sign}{shown}{unit_words}{at}"
