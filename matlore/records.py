"""The records that pass between the stages of matlore.

Frozen dataclasses, nothing else: what enters from files or the network is validated
where it enters, so that everything behind it can rely on these types.
"""

import builtins
import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

__all__ = [
    "Candidate",
    "Claim",
    "ClaimType",
    "Comparator",
    "Condition",
    "Evidence",
    "Label",
    "Mention",
    "Modality",
    "Paper",
    "Provenance",
    "Quantity",
    "QuantityKind",
    "fact_id",
    "text_hash",
]

Label = Literal["MAT", "SPL", "DSC", "PRO", "APL", "SMT", "CMT"]
Comparator = Literal["=", "<", ">", "~"]
Modality = Literal["observed", "computed", "attributed", "denied"]
QuantityKind = Literal["reported", "aggregate", "derived", "predicted"]
ClaimType = Literal[
    "USED_IN",
    "DOPED_WITH",
    "MADE_BY",
    "MEASURED_BY",
    "HAS_PHASE",
    "HAS_PROPERTY",
    "SAME_AS",
]


def text_hash(text: str) -> str:
    """Return the hexadecimal sha256 of `text` in UTF-8: a paper's `text_sha`."""
    return sha256(text.encode()).hexdigest()


def fact_id(*parts: str | int | None) -> str:
    """Return the id of a fact: a hash of what it says and of where it says so.

    Args:
        *parts: paper id, `text_sha`, span offsets, subject and object, in this order,
            and of a claim its type; for a derived fact the model and the sorted ids of
            its inputs. Never a score and never a model version.

    Returns:
        32 hexadecimal digits.
    """
    joined = "\x1f".join("" if part is None else str(part) for part in parts)
    return sha256(joined.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of the corpus.

    `title` and `abstract` are as received; `text` is the cleaned title, a newline and
    the cleaned abstract, and every offset in matlore points into it.
    """

    id: str
    ids: tuple[str, ...]
    title: str
    abstract: str
    text: str
    text_sha: str
    cleaner_version: str
    year: int | None = None
    date: datetime.date | None = None
    venue: str | None = None
    authors: tuple[str, ...] = ()
    doi: str | None = None
    url: str | None = None
    source: str | None = None
    license: str | None = None
    categories: tuple[str, ...] = ()
    relevance: float | None = None
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A named thing in a paper: `text == paper.text[start:end]`, `end` excluded."""

    paper_id: str
    text_sha: str
    start: int
    end: int
    label: Label
    text: str
    norm: str | None = None
    score: float | None = None
    source: Literal["tagger", "relation"] = "tagger"


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """A condition under which a quantity holds: `temperature` 300 `K`, `phase` cubic."""

    name: str
    value: float | str
    value_max: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from: spans of a paper's text, or a model and its inputs."""

    version: str
    paper_id: str | None = None
    text_sha: str | None = None
    spans: tuple[tuple[int, int], ...] = ()
    model: str | None = None
    input_ids: tuple[str, ...] = ()
    license: str | None = None

    def __post_init__(self) -> None:
        if (self.paper_id is None) == (self.model is None):
            raise ValueError("provenance names either a paper or a model")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value of a property of a material, with its unit as written (`1` for none)."""

    material: str | None
    property: str | None
    value: float
    unit: str
    provenance: Provenance
    value_max: float | None = None
    std: float | None = None
    comparator: Comparator = "="
    si_value: float | None = None
    si_unit: str | None = None
    conditions: tuple[Condition, ...] = ()
    kind: QuantityKind = "reported"
    modality: Modality = "observed"
    score: float | None = None

    @builtins.property  # `property` is a field here
    def id(self) -> str:
        """The fact's id (see `fact_id`)."""
        return _provenance_id(self.provenance, self.material, self.property)


@dataclass(frozen=True, slots=True)
class Claim:
    """A typed statement about a material, such as `PbTe` `DOPED_WITH` `Na`."""

    type: ClaimType
    subject: str
    object: str
    provenance: Provenance
    modality: Modality = "observed"
    score: float | None = None

    @property
    def id(self) -> str:
        """The fact's id (see `fact_id`): two claims may say different things by one span."""
        return _provenance_id(self.provenance, self.subject, self.object, self.type)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a candidate is ranked where it is.

    Attributes:
        words: context words with the product of their similarities to the application
            and to the material, largest first.
        papers: ids of papers that name the material beside such words.
        sentences: (paper id, sentence) pairs, where the corpus is at hand.
    """

    words: tuple[tuple[str, float], ...] = ()
    papers: tuple[str, ...] = ()
    sentences: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A material ranked for an application.

    Attributes:
        known: whether one title or abstract names it together with the application;
            None where no counts for the application are at hand.
        n_papers: papers that name the material; None where no counts are at hand.
        n_application_papers: papers that name it together with the application.
        first_year: year of the first paper that names the material.
        first_application_year: year of the first that names it with the application.
    """

    rank: int
    formula: str
    score: float
    known: bool | None
    n_papers: int | None
    n_application_papers: int | None
    first_year: int | None
    first_application_year: int | None = None
    display: str | None = None
    evidence: Evidence = field(default_factory=Evidence)


def _provenance_id(provenance: Provenance, *said: str | None) -> str:
    """Hash where a fact comes from together with what it says: subject, object, type."""
    if provenance.model is not None:
        return fact_id(provenance.model, *sorted(provenance.input_ids), *said)
    spans: Iterable[int] = (offset for span in provenance.spans for offset in span)
    return fact_id(provenance.paper_id, provenance.text_sha, *spans, *said)
