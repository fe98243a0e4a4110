"""Writes a query again, part by part: what needs no change is copied."""

from collections.abc import Callable, Mapping
from typing import ClassVar, NoReturn

from matlore.errors import QueryError

from ..schema import GraphSchema
from .scope import Scope
from .tokens import Kind, place, tokenize
from .tree import (
    Part,
)

__all__ = ["Writer", "differs", "quoted"]

_GROWTH = 20
_RESERVED = frozenset(
    """all and any asc case cast column create default desc distinct else end ends exists false glob
    group headers in index install join macro not null on only optional or order primary profile
    shortest single starts table then trail true union unwind when where with xor acyclic hint none
    wshortest""".split()
)


def quoted(text: str) -> str:
    """Quote a name that Ladybug keeps for itself and Neo4j does not, such as the type IN."""
    return f"`{text}`" if text.lower() in _RESERVED else text


def differs(what: str, instead: str) -> NoReturn:
    """Refuse what Ladybug cannot do as Neo4j does it.

    Raises:
        QueryError: always.
    """
    raise QueryError(f"the embedded store (Ladybug) {what}; {instead}")


class Writer:
    """Writes the parts of a query; which methods write which parts is in `_WAYS`.

    Attributes:
        scope: the variables here.
        added: variables that the translation made, and `*` must leave out.
        lambdas: variables of the comprehensions that are open here.
    """

    _WAYS: ClassVar[Mapping[type[Part], str]] = {}

    def __init__(self, text: str, schema: GraphSchema) -> None:
        self.text = text
        self.schema = schema
        self.scope: Scope = {}
        self.added: set[str] = set()
        self.lambdas: frozenset[str] = frozenset()
        tokens = tokenize(text)
        self._taken = {token.value.casefold() for token in tokens if token.kind is not Kind.STRING}
        self._number = 0
        self._limit = _GROWTH * (len(text) + 1000)

    def fresh(self) -> str:
        """Return a name that the query does not have."""
        while True:
            name = f"_m{self._number}"
            self._number += 1
            if name not in self._taken:
                self.added.add(name)
                return name

    def where(self, part: Part) -> str:
        """Say where a part is, for messages."""
        return place(self.text, part.start)

    def write(self, part: Part) -> str:
        """Return the part's text in Ladybug's Cypher.

        Raises:
            QueryError: there is no faithful translation.
        """
        way = self._WAYS.get(type(part))
        written: str = getattr(self, way)(part) if way else self.copy(part)
        self.check_growth(written)
        return written

    def check_growth(self, written: str) -> None:
        """Refuse a query whose translation is many times as long, as nested ones can be.

        Raises:
            QueryError: it is.
        """
        if len(written) > self._limit:
            raise QueryError("the query grows too large when it is translated; make it simpler")

    def copy(self, part: Part, instead: Mapping[int, str] | None = None) -> str:
        """Return the part's text with its parts written and the rest as it is.

        Args:
            part: the part.
            instead: texts for parts, by where they start.
        """
        changed = instead or {}
        pieces = []
        at = part.start
        for inner in part.parts():
            text = changed.get(inner.start)
            pieces += [self.text[at : inner.start], self.write(inner) if text is None else text]
            at = inner.end
        return "".join([*pieces, self.text[at : part.end]])

    def in_new_scope(self, write: Callable[[], str]) -> str:
        """Write something whose variables nothing outside sees."""
        scope, added = self.scope, self.added
        self.scope, self.added = dict(scope), set()
        written = write()
        self.scope, self.added = scope, added
        return written
