"""The parts of a query: what each is, and where it stands in the text.

A part knows its parts; what lies between them is copied as it is. So a translation changes what
it must and nothing else. Expressions are flat: operands and the operators between them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from .tokens import Token

__all__ = [
    "Call",
    "Case",
    "Expression",
    "Group",
    "Index",
    "Key",
    "LabelTest",
    "Labels",
    "Lambda",
    "ListComprehension",
    "Literal",
    "MapEntry",
    "MapLiteral",
    "MapProjection",
    "NodePattern",
    "Operand",
    "Part",
    "Path",
    "PatternComprehension",
    "PatternTest",
    "Property",
    "Quantified",
    "Reduce",
    "Relationship",
    "Variable",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query, `query[start:end]`."""

    start: int
    end: int

    def parts(self) -> Iterator["Part"]:
        """Yield the parts that it has, in the order of the text."""
        found: list[Part] = []
        for name in _names(type(self)):
            value = getattr(self, name)
            if isinstance(value, Part):
                found.append(value)
            elif isinstance(value, tuple):
                found += [item for item in value if isinstance(item, Part)]
        found.sort(key=lambda part: part.start)
        yield from found


def _names(kind: type[Part]) -> tuple[str, ...]:
    names = _NAMES.get(kind.__name__)
    if names is None:
        names = tuple(field.name for field in fields(kind) if field.name not in ("start", "end"))
        _NAMES[kind.__name__] = names
    return names


_NAMES: dict[str, tuple[str, ...]] = {}


def walk(part: Part) -> Iterator[Part]:
    """Yield a part and all that is in it."""
    waiting = [part]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += reversed(list(found.parts()))


@dataclass(frozen=True, slots=True)
class Variable(Part):
    """A variable, where it is used."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal(Part):
    """A number, a string, a parameter, or true, false, null."""

    token: Token


@dataclass(frozen=True, slots=True)
class Property(Part):
    """`.name` after an operand."""

    name: str


@dataclass(frozen=True, slots=True)
class Expression(Part):
    """Operands and the operators between, before and after them."""

    items: tuple["Operand | Token", ...]

    def only(self) -> "Operand | None":
        """Return the operand, if it is all there is."""
        item = self.items[0]
        return item if len(self.items) == 1 and isinstance(item, Operand) else None


@dataclass(frozen=True, slots=True)
class Index(Part):
    """`[index]` or `[low..high]` after an operand."""

    low: Expression | None
    high: Expression | None
    slice: bool


@dataclass(frozen=True, slots=True)
class Labels(Part):
    """`:A`, `:A|B`, `:A&!B`.

    Attributes:
        postfix: names, each after `=`, and `&`, `|`, `!`, `%`, the operators after what they join.
        names: the names' tokens.
    """

    postfix: tuple[str, ...]
    names: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class LabelTest(Part):
    """`:Label` after an operand."""

    labels: Labels


@dataclass(frozen=True, slots=True)
class MapEntry(Part):
    """`key: value`; in a projection also `.key`, `.*` and a variable."""

    key: str
    value: Expression | None
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class MapLiteral(Part):
    """`{key: value, …}`."""

    entries: tuple[MapEntry, ...]


@dataclass(frozen=True, slots=True)
class MapProjection(Part):
    """`{.key, …}` after a variable."""

    entries: tuple[MapEntry, ...]


@dataclass(frozen=True, slots=True)
class Operand(Part):
    """What stands between operators: an atom and what follows it without one."""

    atom: Part
    after: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Group(Part):
    """`(…)` or `[…, …]`."""

    items: tuple[Expression, ...]
    list: bool


@dataclass(frozen=True, slots=True)
class Call(Part):
    """A call of a function."""

    name: str
    distinct: bool
    star: bool
    arguments: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Lambda(Part):
    """`x -> …`, which only Ladybug has."""

    names: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class Case(Part):
    """`CASE … END`; the expressions in their order."""

    subject: Expression | None
    branches: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ListComprehension(Part):
    """`[x IN list WHERE … | …]`, or with a function: `any(x IN list WHERE …)`."""

    function: str | None
    variable: str
    source: Expression
    where: Expression | None
    result: Expression | None


@dataclass(frozen=True, slots=True)
class Reduce(Part):
    """`reduce(sum = 0, x IN list | sum + x)`."""

    accumulator: str
    initial: Expression
    variable: str
    source: Expression
    result: Expression


@dataclass(frozen=True, slots=True)
class Key(Part):
    """A name that a pattern or a projection binds."""

    name: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class NodePattern(Part):
    """`(name:Labels {…} WHERE …)`."""

    variable: Key | None
    labels: Labels | None
    properties: Part | None
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Relationship(Part):
    """`-[name:TYPES*1..3 {…} WHERE …]->`.

    Attributes:
        inside: the span between the brackets; None without brackets.
        length: the span of `*1..3`; None for one edge.
        low: as written; None where nothing is.
        mode: what Ladybug has after the star, such as TRAIL.
        quantifier: `+`, `*` or `{1,3}` after it.
    """

    variable: Key | None
    labels: Labels | None
    properties: Part | None
    where: Expression | None
    left: bool
    right: bool
    inside: tuple[int, int] | None = None
    length: tuple[int, int] | None = None
    low: str | None = None
    high: str | None = None
    mode: str | None = None
    quantifier: bool = False


@dataclass(frozen=True, slots=True)
class Quantified(Part):
    """`((a)-->(b) WHERE …){1,3}`."""

    path: "Path"
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Path(Part):
    """A path of a pattern.

    Attributes:
        function: `shortestPath` or `allShortestPaths`.
        selector: what stands before it: `ANY SHORTEST` and the like.
        elements: nodes and relationships in turn.
    """

    variable: Key | None
    function: str | None
    selector: str | None
    elements: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class PatternTest(Part):
    """A pattern as an expression: there is such a path."""

    path: Path


@dataclass(frozen=True, slots=True)
class PatternComprehension(Part):
    """`[(a)-->(b) WHERE … | …]`."""

    path: Path
    where: Expression | None
    result: Expression
