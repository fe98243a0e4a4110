"""The parts of a statement: its clauses."""

from dataclasses import dataclass

from .tree import Expression, Key, Part, Path

__all__ = [
    "CallProcedure",
    "CallSubquery",
    "Clause",
    "Item",
    "Match",
    "OtherClause",
    "Projection",
    "Query",
    "Single",
    "Sort",
    "Statement",
    "Subquery",
    "Unwind",
]


@dataclass(frozen=True, slots=True)
class Clause(Part):
    """A clause."""


@dataclass(frozen=True, slots=True)
class Match(Clause):
    """`MATCH` or `OPTIONAL MATCH`; in a subquery perhaps without the word."""

    optional: bool
    paths: tuple[Path, ...]
    where: Expression | None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Item(Part):
    """What a projection returns: `value AS name`."""

    value: Expression
    alias: Key | None


@dataclass(frozen=True, slots=True)
class Sort(Part):
    """What rows are sorted by."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Projection(Clause):
    """`WITH` or `RETURN`.

    Attributes:
        star: the place of `*`; None without.
        body_end: where it ends without its WHERE.
    """

    is_return: bool
    distinct: bool
    star: int | None
    items: tuple[Item, ...]
    order: tuple[Sort, ...]
    skip: Expression | None
    limit: Expression | None
    where: Expression | None
    body_end: int


@dataclass(frozen=True, slots=True)
class Unwind(Clause):
    """`UNWIND list AS name`."""

    source: Expression
    variable: Key


@dataclass(frozen=True, slots=True)
class CallProcedure(Clause):
    """`CALL name(…) YIELD …`; without YIELD all its columns."""

    name: str
    arguments: tuple[Expression, ...]
    yields: tuple[Key, ...]
    where: Expression | None


@dataclass(frozen=True, slots=True)
class CallSubquery(Clause):
    """`CALL { … }`, `CALL (a, b) { … }`."""

    imports: tuple[str, ...] | None
    query: "Query"
    transactions: bool


@dataclass(frozen=True, slots=True)
class OtherClause(Clause):
    """A clause that does more than read, or that is not known; its patterns and expressions.

    Attributes:
        word: the clause's first words.
    """

    word: str
    contents: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Single(Part):
    """Clauses without UNION."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Query(Part):
    """One or more of them, with UNION between."""

    singles: tuple[Single, ...]


@dataclass(frozen=True, slots=True)
class Subquery(Part):
    """`EXISTS { … }`, `COUNT { … }` or `COLLECT { … }`."""

    kind: str
    query: Query


@dataclass(frozen=True, slots=True)
class Statement(Part):
    """A whole statement; `explain` is EXPLAIN, PROFILE or nothing."""

    explain: str | None
    query: Query
    text: str
