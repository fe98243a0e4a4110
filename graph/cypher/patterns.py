"""Reads patterns: nodes, relationships, labels, paths."""

from .cursor import Cursor
from .tokens import Kind, Token
from .tree import (
    Key,
    Labels,
    NodePattern,
    Part,
    Path,
    Quantified,
    Relationship,
)

__all__ = ["PatternReader"]

_SHORTEST = ("SHORTESTPATH", "ALLSHORTESTPATHS")
_SELECTORS = ("ANY", "ALL", "SHORTEST", "PATH", "PATHS", "GROUP", "GROUPS")
_MODES = ("TRAIL", "ACYCLIC", "WALK", "SHORTEST", "ALL")

_Length = tuple[tuple[int, int], str | None, str | None, str | None]


class PatternReader(Cursor):
    """Reads patterns.

    Attributes:
        no_bar: whether `|` ends a label, as in `[x IN list WHERE x:Label | x]`.
    """

    no_bar = False

    def is_pattern(self) -> bool:
        """Tell whether the bracket here opens a node that a relationship follows."""
        end = self.closing.get(self.at)
        if end is None or not self.peek().is_sign("("):
            return False
        ahead = end - self.at + 1
        if self.peek(ahead).is_sign("<"):
            return self.peek(ahead + 1).is_sign("-") and self.peek(ahead + 2).is_sign("-", "[")
        if not self.peek(ahead).is_sign("-"):
            return False
        if self.peek(ahead + 1).is_sign("["):
            inner_end = self.closing[self.at + ahead + 1] - self.at
            return self.peek(inner_end + 1).is_sign("-")
        return self.peek(ahead + 1).is_sign("-") and self.peek(ahead + 2).is_sign(">", "(")

    def is_shortest(self) -> bool:
        """Tell whether `shortestPath(` or `allShortestPaths(` is here."""
        return self.peek().is_word(*_SHORTEST) and self.peek(1).is_sign("(")

    def path(self) -> Path:
        """Read a path, with its name and `shortestPath` if it has them."""
        start = self.peek().start
        variable = None
        if self.peek().is_name and self.peek(1).is_sign("="):
            variable = self.name()
            self.need_sign("=")
        function = None
        if self.is_shortest():
            function = self.take().text
            self.need_sign("(")
        selector = self._selector()
        elements = self._elements()
        if function is not None:
            self.need_sign(")")
        return Path(start, self.last_end(), variable, function, selector, elements)

    def _selector(self) -> str | None:
        words = []
        while not self.peek().is_sign("("):
            token = self.take()
            if not token.is_word(*_SELECTORS) and token.kind is not Kind.INTEGER:
                self.fail(f"a pattern cannot have {token.text!r}", token)
            words.append(token.text)
        return " ".join(words) or None

    def _elements(self) -> tuple[Part, ...]:
        elements: list[Part] = [self._node_or_group()]
        while True:
            if self.peek().is_sign("<", "-"):
                elements += [self._relationship(), self._node_or_group()]
            elif self.peek().is_sign("("):
                elements.append(self._node_or_group())
            else:
                return tuple(elements)

    def _node_or_group(self) -> NodePattern | Quantified:
        if self.peek().is_sign("(") and self._is_group():
            return self._group()
        start = self.peek().start
        self.need_sign("(")
        variable = self._variable()
        labels = self.labels() if self.peek().is_sign(":") else None
        properties = self._properties()
        where = self.expression() if self.word("WHERE") else None
        self.need_sign(")")
        return NodePattern(start, self.last_end(), variable, labels, properties, where)

    def _is_group(self) -> bool:
        """Tell whether a path is in the brackets, not a node."""
        named = self.peek(1).is_name and self.peek(2).is_sign("=")
        return self.peek(1).is_sign("(") or named

    def _group(self) -> Quantified:
        start = self.peek().start
        self.need_sign("(")
        path = self.path()
        where = self.expression() if self.word("WHERE") else None
        self.need_sign(")")
        self._quantifier()
        return Quantified(start, self.last_end(), path, where)

    def _quantifier(self) -> bool:
        if not self.sign("{"):
            return self.sign("+", "*")
        while not self.sign("}"):
            if not self.sign(",") and self._integer() is None:
                self.fail(f"a quantifier cannot have {self.peek().text!r}")
        return True

    def _variable(self) -> Key | None:
        if self.peek().is_name and not self.peek().is_word("WHERE"):
            return self.name()
        return None

    def _properties(self) -> Part | None:
        if self.peek().is_sign("{"):
            return self.map_literal()
        if self.peek().kind is Kind.PARAMETER:
            return self.expression()
        return None

    def _relationship(self) -> Relationship:
        start = self.peek().start
        left = self.sign("<")
        self.need_sign("-")
        inside = None
        variable = labels = properties = where = None
        length: _Length | None = None
        if self.sign("["):
            begin = self.last_end()
            variable = self._variable()
            labels = self.labels() if self.peek().is_sign(":") else None
            length = self._length()
            properties = self._properties()
            where = self.expression() if self.word("WHERE") else None
            inside = (begin, self.peek().start)
            self.need_sign("]")
        self.need_sign("-")
        right = self.sign(">")
        span, low, high, mode = length or (None, None, None, None)
        quantified = self._quantifier()
        return Relationship(
            start, self.last_end(), variable, labels, properties, where, left, right,
            inside, span, low, high, mode, quantified,
        )  # fmt: skip

    def _length(self) -> _Length | None:
        start = self.peek().start
        if not self.sign("*"):
            return None
        modes = []
        while self.peek().is_word(*_MODES):
            modes.append(self.take().text.upper())
        low = self._integer()
        high = self._integer() if self.sign("..") else low
        return (start, self.last_end()), low, high, " ".join(modes) or None

    def _integer(self) -> str | None:
        return self.take().text if self.peek().kind is Kind.INTEGER else None

    def labels(self) -> Labels:
        """Read labels or types from the colon on."""
        start = self.peek().start
        names: list[Token] = []
        self.need_sign(":")
        postfix = self._or_labels(names)
        return Labels(start, self.last_end(), tuple(postfix), tuple(names))

    def _or_labels(self, names: list[Token]) -> list[str]:
        found = self._and_labels(names)
        while not self.no_bar and self.sign("|"):
            self.sign(":")
            found += [*self._and_labels(names), "|"]
        return found

    def _and_labels(self, names: list[Token]) -> list[str]:
        found = self._label(names)
        while self.sign("&", ":"):
            found += [*self._label(names), "&"]
        return found

    def _label(self, names: list[Token]) -> list[str]:
        negations = 0
        while self.sign("!"):
            negations += 1
        if self.sign("("):
            before, self.no_bar = self.no_bar, False
            found = self._or_labels(names)
            self.no_bar = before
            self.need_sign(")")
        elif self.sign("%"):
            found = ["%"]
        else:
            found = ["=" + self.name().name]
            names.append(self.tokens[self.at - 1])
        return found + ["!"] * (negations % 2)
