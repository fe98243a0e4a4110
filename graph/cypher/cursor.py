"""A place in the tokens of a query, and how a reader moves it."""

from typing import NoReturn

from matlore.errors import QueryError

from .statement_tree import Query
from .tokens import Kind, Token, place, tokenize
from .tree import (
    Expression,
    Key,
    Labels,
    MapLiteral,
    Path,
)

__all__ = ["Cursor"]

_MAX_DEPTH = 24  # of brackets, which Python's own limit allows several times over
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Cursor:
    """Reads tokens from left to right; the readers of patterns and so on add to it."""

    def __init__(self, query: str) -> None:
        self.text = query
        self.tokens = tokenize(query)
        self.at = 0
        end = len(query)
        self._end = Token(Kind.END, "", end, end, "")
        self.closing = self._brackets()
        self._nested = 0

    def _brackets(self) -> dict[int, int]:
        """Find for each opening bracket the one that closes it."""
        opened: list[int] = []
        closing = {}
        for index, token in enumerate(self.tokens):
            if token.is_sign(*_CLOSING):
                opened.append(index)
                self._check_depth(len(opened), token)
            elif token.is_sign(*_CLOSING.values()):
                if not opened or _CLOSING[self.tokens[opened[-1]].text] != token.text:
                    self.fail(f"{token.text!r} closes nothing", token)
                closing[opened.pop()] = index
        if opened:
            self.fail(f"{self.tokens[opened[-1]].text!r} is not closed", self.tokens[opened[-1]])
        return closing

    def _check_depth(self, depth: int, token: Token) -> None:
        if depth > _MAX_DEPTH:
            self.fail(f"nested more than {_MAX_DEPTH} deep", token)

    def enter(self) -> None:
        """Go one level deeper, where no bracket shows it."""
        self._nested += 1
        self._check_depth(self._nested, self.peek())

    def leave(self) -> None:
        """Come back."""
        self._nested -= 1

    def fail(self, problem: str, token: Token | None = None) -> NoReturn:
        """Raise a QueryError that says where.

        Raises:
            QueryError: always.
        """
        where = place(self.text, (token or self.peek()).start)
        raise QueryError(f"the query cannot be read: {problem} at {where}")

    def peek(self, ahead: int = 0) -> Token:
        """Return a token without moving."""
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else self._end

    def take(self) -> Token:
        """Return the token and move past it."""
        token = self.peek()
        if token.kind is Kind.END:
            self.fail("it ends too early")
        self.at += 1
        return token

    def last_end(self) -> int:
        """Return where the token before ends."""
        return self.tokens[self.at - 1].end if self.at else 0

    def word(self, *words: str) -> bool:
        """Move past a keyword, if it is one of these."""
        found = self.peek().is_word(*words)
        self.at += found
        return found

    def sign(self, *signs: str) -> bool:
        """Move past an operator or bracket, if it is one of these."""
        found = self.peek().is_sign(*signs)
        self.at += found
        return found

    def need_word(self, word: str) -> None:
        """Move past a keyword that must be there."""
        if not self.word(word):
            self.fail(f"{word} is missing before {self.peek().text!r}")

    def need_sign(self, sign: str) -> None:
        """Move past an operator or bracket that must be there."""
        if not self.sign(sign):
            self.fail(f"{sign!r} is missing before {self.peek().text!r}")

    def name(self) -> Key:
        """Read a name."""
        token = self.take()
        if not token.is_name:
            self.fail(f"{token.text!r} is no name", token)
        return Key(token.start, token.end, token.value, token.kind is Kind.QUOTED)

    def labels(self) -> Labels:
        """Read labels or types from the colon on."""
        raise NotImplementedError

    def expression(self) -> Expression:
        """Read an expression."""
        raise NotImplementedError

    def map_literal(self) -> MapLiteral:
        """Read a map."""
        raise NotImplementedError

    def path(self) -> Path:
        """Read a path of a pattern."""
        raise NotImplementedError

    def query(self) -> Query:
        """Read clauses up to a closing brace or the end."""
        raise NotImplementedError
