"""What a search is asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = [
    "Mode",
    "NamedThings",
    "PropertyRange",
    "SearchAnswer",
    "SearchFilters",
    "SearchHit",
    "Why",
]

Mode = Literal["fusion", "text", "dense", "graph"]
"""What finds: full text, the encoder's vectors, facts of the graph, or all of them together."""


@dataclass(frozen=True, slots=True)
class PropertyRange:
    """A property (canonical name) with values between bounds, both in SI units; None: open."""

    property: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What every paper found must be; empty fields ask for nothing.

    Attributes:
        years: first and last year, either may be None.
        materials: keys of materials (`Bi2Te3`, `name:graphene`): mentioned, all of them.
        elements: symbols: some material that is mentioned holds all of them.
        properties: mentioned, or with a value in the range.
        applications: canonical names, mentioned.
        methods: canonical names, mentioned.
        sources: where the papers were harvested, one of them.
        licenses: one of them.
    """

    years: tuple[int | None, int | None] = (None, None)
    materials: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    properties: tuple[PropertyRange, ...] = ()
    applications: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedThings:
    """What a query names, in canonical names and keys of materials, in the query's order."""

    materials: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """Why a paper was found.

    Attributes:
        terms: words of the query that stand in the paper, as the paper writes them.
        similarity: cosine of the paper's vector and the query's; None where not compared.
        facts: facts of the paper about what the query names, each in a few words.
        ranks: the paper's rank in each list that has it: `text`, `dense`, `graph`.
    """

    terms: tuple[str, ...] = ()
    similarity: float | None = None
    facts: tuple[str, ...] = ()
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A paper that was found.

    Attributes:
        rank: from 1.
        id: of the paper.
        title: cleaned.
        year: of the paper.
        score: what it was ranked by; only comparable within one answer.
        snippet: the part of the abstract that answers best, verbatim.
        marks: spans of `snippet` that match, sorted and disjoint.
        retracted: whether the paper was.
        why: what found it.
    """

    rank: int
    id: str
    title: str
    year: int | None
    score: float
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    retracted: bool = False
    why: Why = field(default_factory=Why)


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What a search found.

    Attributes:
        query: as it was asked.
        mode: what found.
        encoder: id of the encoder, None where none was asked.
        named: what the query was seen to name.
        filters: as they were applied.
        n_allowed: papers that pass the filters; None without filters.
        passing: how many papers pass each filter alone, by the filter in words.
        n_matched: papers that hold a word of the query; None where it was not counted.
        stale: how many papers of the corpus the index does not know as they are now.
        hits: best first.
    """

    query: str
    mode: Mode
    encoder: str | None
    named: NamedThings
    filters: SearchFilters
    n_allowed: int | None
    passing: Mapping[str, int]
    n_matched: int | None
    stale: int
    hits: tuple[SearchHit, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON has it (DESIGN.md: `search`)."""
        return asdict(self)
