"""What a review says: every statement with the papers that it rests on."""

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = [
    "REVIEW_FORMAT",
    "Cluster",
    "Conflict",
    "Reference",
    "Remark",
    "Review",
    "Statement",
    "ValueRow",
    "shown",
]

REVIEW_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a paper: `text == paper.text[start:end]`."""

    text: str
    paper: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the review says in its own words, and the papers that it rests on."""

    text: str
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Papers that are near each other.

    Attributes:
        phrases: that set it apart from the other clusters, the most telling first.
        papers: the most central first.
        first_year, last_year: of its papers.
        quote: the sentence nearest to its middle.
    """

    phrases: tuple[str, ...]
    papers: tuple[str, ...]
    first_year: int | None
    last_year: int | None
    quote: Statement | None


@dataclass(frozen=True, slots=True)
class ValueRow:
    """What the papers say of a property of a material under comparable conditions.

    Attributes:
        material: its key.
        property: canonical name.
        text: the value in words, with its conditions.
        value: the mean, in `unit`; None for bounds alone.
        papers: that say so.
        n_agreeing: how many of them agree with each other.
    """

    material: str
    property: str
    text: str
    value: float | None
    unit: str
    modality: str
    papers: tuple[str, ...]
    n_agreeing: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two papers whose values differ beyond their uncertainties."""

    material: str
    property: str
    text: str
    papers: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper of the review."""

    number: int
    id: str
    title: str
    year: int | None
    authors: tuple[str, ...]
    venue: str | None
    link: str | None
    retracted: bool
    similarity: float | None


@dataclass(frozen=True, slots=True)
class Review:
    """A review of a topic.

    Attributes:
        topic: as it was asked.
        made: date, ISO 8601.
        version: of matlore.
        command: repeats it.
        named: what the topic names: `materials`, `properties` …, and `classes` of materials.
        search: how the papers were found: `encoder`, `corpus` (papers), `matched`, `found`,
            `kept`, `rule`, `filters`, `stale`.
        since: what it is an update of; None for a whole review.
        years: papers by year.
        clusters, statements, values, conflicts, candidates, gaps: its parts.
        notes: what was left out and why.
        references: all papers kept.
        seen: papers of earlier reviews that this one is an update of.
    """

    topic: str
    made: str
    version: str
    command: str
    named: dict[str, list[str]]
    search: dict[str, Any]
    since: str | None
    years: dict[int, int]
    clusters: list[Cluster]
    statements: list[Statement]
    values: list[ValueRow]
    conflicts: list[Conflict]
    candidates: list[dict[str, Any]]
    gaps: list[Remark]
    references: list[Reference]
    notes: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    format: int = REVIEW_FORMAT

    def to_dict(self) -> dict[str, Any]:
        """Return the review as JSON has it."""
        return asdict(self)

    def number(self, paper: str) -> int | None:
        """Return the number of a paper among the references."""
        return next((one.number for one in self.references if one.id == paper), None)


def shown(key: str) -> str:
    """Return the key of a material as it is printed."""
    return key.removeprefix("name:").removeprefix("family:")
