"""What the parts of fact extraction pass to each other, before there are records.

Offsets are characters of the paper's text, `[start, end)`; materials, properties and other
things are positions in the list of the paper's mentions, to which the parts may add their own.
"""

from dataclasses import dataclass

from matlore.records import ClaimType, Comparator, Condition, Mention, Modality

__all__ = ["FoundQuantity", "PaperFacts", "Relation", "Value"]


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its unit as a text writes it: `as high as 1.5`, `2.4-2.7 eV`, `(5 ± 1) K`.

    Attributes:
        start: of the whole expression, a comparator's sign included.
        end: of the whole expression, the unit included.
        value: the number; the lower end of a range.
        unit: as written, blanks tidied; `1` for none.
        value_max: the upper end of a range.
        std: the uncertainty behind `±` or in brackets (`1.234(5)`), in the same unit.
        comparator: `<` for `below`, `up to`; `>` for `above`, `at least`; `~` for `about`.
        group: number of the list that it belongs to (`5, 10 and 20 K`), which `respectively`
            may deal out; None for a value that stands alone.
        score: how likely it is a quantity at all, 0 to 1.
    """

    start: int
    end: int
    value: float
    unit: str
    value_max: float | None = None
    std: float | None = None
    comparator: Comparator = "="
    group: int | None = None
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed pair of mentions, the material first: `PbTe` `DOPED_WITH` `Na`."""

    type: ClaimType
    head: int
    tail: int
    modality: Modality = "observed"
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class FoundQuantity:
    """A value linked to what it is of; what cannot be told stays None.

    Attributes:
        material: position in the mentions.
        property: position in the mentions.
        property_name: canonical name in the vocabulary, also where no mention says it.
    """

    value: Value
    material: int | None
    property: int | None
    property_name: str | None
    conditions: tuple[Condition, ...] = ()
    modality: Modality = "observed"
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What one paper says: `relations` and `quantities` point into `mentions`."""

    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]
    quantities: tuple[FoundQuantity, ...]
