"""Reads a statement: its clauses, and in them patterns and expressions."""

from .expressions import ExpressionReader
from .statement_tree import (
    CallProcedure,
    CallSubquery,
    Clause,
    Item,
    Match,
    OtherClause,
    Projection,
    Query,
    Single,
    Sort,
    Statement,
    Unwind,
)
from .tokens import Kind
from .tree import (
    Expression,
    Key,
    Part,
    Path,
)

__all__ = ["CLAUSES", "read"]

CLAUSES = (
    "MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL", "UNION", "CREATE", "MERGE", "SET",
    "REMOVE", "DELETE", "DETACH", "NODETACH", "FOREACH", "LOAD", "USE", "INSERT", "FINISH",
)  # fmt: skip
_WRITTEN = frozenset(CLAUSES) - {"MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL", "UNION"}
_TWO_WORDS = ("LOAD", "DETACH", "NODETACH", "EXPORT", "IMPORT", "SHOW", "DROP", "ALTER", "BEGIN")


def read(query: str) -> Statement:
    """Read a query of one statement.

    Raises:
        QueryError: it is no Cypher that matlore can read, or is more than one statement.
    """
    return _Reader(query).statement()


class _Reader(ExpressionReader):
    def statement(self) -> Statement:
        if self.peek().kind is Kind.END:
            self.fail("it is empty")
        explain = None
        if self.peek().is_word("EXPLAIN", "PROFILE"):
            explain = self.take().text.upper()
        query = self.query()
        if self.sign(";"):
            while self.sign(";"):
                pass
            if self.peek().kind is not Kind.END:
                self.fail("a second statement begins; run one after the other,")
        if self.peek().kind is not Kind.END:
            self.fail(f"{self.peek().text!r} is not expected")
        return Statement(0, len(self.text), explain, query, self.text)

    def query(self) -> Query:
        """Read clauses up to a closing brace or the end."""
        singles = [self._single()]
        while self.word("UNION"):
            if not self.word("ALL"):
                self.word("DISTINCT")
            singles.append(self._single())
        return Query(singles[0].start, self.last_end(), tuple(singles))

    def _single(self) -> Single:
        start = self.peek().start
        clauses: list[Clause] = []
        while (clause := self._clause(not clauses)) is not None:
            clauses.append(clause)
        if not clauses:
            self.fail(f"a clause is missing before {self.peek().text!r}")
        return Single(start, self.last_end(), tuple(clauses))

    def _clause(self, first: bool) -> Clause | None:
        token = self.peek()
        if token.kind is Kind.END or token.is_sign("}", ";") or token.is_word("UNION"):
            return None
        if token.is_word("MATCH", "OPTIONAL"):
            return self._match()
        if token.is_word("WITH", "RETURN"):
            return self._projection()
        if token.is_word("UNWIND"):
            return self._unwind()
        if token.is_word("CALL"):
            return self._call_clause()
        if first and self._is_bare():
            return self._bare_match()
        if first or token.is_word(*_WRITTEN):
            return self._other(first)
        self.fail(f"{token.text!r} is not expected")

    def _match(self) -> Clause:
        start = self.peek().start
        optional = self.word("OPTIONAL")
        if optional and self.peek().is_word("CALL"):
            return self._call_clause()
        self.need_word("MATCH")
        paths = self._paths()
        where = self.expression() if self.word("WHERE") else None
        return Match(start, self.last_end(), optional, paths, where)

    def _bare_match(self) -> Match:
        """Read the pattern of a subquery, `EXISTS { (a)-->(b) WHERE … }`."""
        start = self.peek().start
        paths = self._paths()
        where = self.expression() if self.word("WHERE") else None
        return Match(start, self.last_end(), False, paths, where, bare=True)

    def _is_bare(self) -> bool:
        if not (self.at and self.tokens[self.at - 1].is_sign("{")):
            return False
        return self.peek().is_sign("(") or self.peek(1).is_sign("=") or self.is_shortest()

    def _paths(self) -> tuple[Path, ...]:
        paths = [self.path()]
        while self.sign(","):
            paths.append(self.path())
        return tuple(paths)

    def _projection(self) -> Projection:
        start = self.peek().start
        is_return = self.take().is_word("RETURN")
        distinct = self.word("DISTINCT")
        star = self.peek().start if self.peek().is_sign("*") else None
        self.at += star is not None
        items = []
        if star is None or self.sign(","):
            items.append(self._item())
            while self.sign(","):
                items.append(self._item())
        order = self._order()
        skip = self.expression() if self.word("SKIP", "OFFSET") else None
        limit = self.expression() if self.word("LIMIT") else None
        body_end = self.last_end()
        where = self.expression() if not is_return and self.word("WHERE") else None
        return Projection(
            start, self.last_end(), is_return, distinct, star, tuple(items), order,
            skip, limit, where, body_end,
        )  # fmt: skip

    def _item(self) -> Item:
        value = self.expression()
        alias = self.name() if self.word("AS") else None
        return Item(value.start, self.last_end(), value, alias)

    def _order(self) -> tuple[Sort, ...]:
        sorts: list[Sort] = []
        if self.peek().is_word("ORDER") and self.peek(1).is_word("BY"):
            self.at += 2
            while not sorts or self.sign(","):
                value = self.expression()
                self.word("ASC", "ASCENDING", "DESC", "DESCENDING")
                sorts.append(Sort(value.start, self.last_end(), value))
        return tuple(sorts)

    def _unwind(self) -> Unwind:
        start = self.take().start
        source = self.expression()
        self.need_word("AS")
        variable = self.name()
        return Unwind(start, self.last_end(), source, variable)

    def _call_clause(self) -> Clause:
        start = self.take().start
        if self.peek().is_sign("{", "("):
            return self._call_subquery(start)
        name = self.name().name
        while self.sign("."):
            name += "." + self.name().name
        if self.peek().is_sign("="):
            return self._rest(start, f"CALL {name} =")
        arguments: list[Expression] = []
        if self.sign("("):
            while not self.peek().is_sign(")"):
                arguments.append(self.expression())
                if not self.sign(","):
                    break
            self.need_sign(")")
        yields, where = self._yields()
        return CallProcedure(start, self.last_end(), name, tuple(arguments), yields, where)

    def _yields(self) -> tuple[tuple[Key, ...], Expression | None]:
        yields = []
        where = None
        if self.word("YIELD"):
            if not self.sign("*"):
                yields.append(self._yielded())
                while self.sign(","):
                    yields.append(self._yielded())
            where = self.expression() if self.word("WHERE") else None
        return tuple(yields), where

    def _yielded(self) -> Key:
        name = self.name()
        return self.name() if self.word("AS") else name

    def _call_subquery(self, start: int) -> CallSubquery:
        imports = None
        if self.sign("("):
            imports = self._imports()
        self.need_sign("{")
        query = self.query()
        self.need_sign("}")
        transactions = self.peek().is_word("IN")
        if transactions:
            self._skip()
        return CallSubquery(start, self.last_end(), imports, query, transactions)

    def _imports(self) -> tuple[str, ...]:
        names = []
        while not self.sign(")"):
            if not self.sign("*"):
                names.append(self.name().name)
            if not self.peek().is_sign(")"):
                self.need_sign(",")
        return tuple(names)

    def _other(self, first: bool) -> OtherClause:
        """Read a clause that is not for reading: its patterns, or only past it."""
        token = self.take()
        word = token.text.upper() if token.kind is Kind.NAME else token.text
        if token.is_word(*_TWO_WORDS) and self.peek().kind is Kind.NAME:
            word += " " + self.peek().text.upper()
        if not token.is_word("CREATE", "MERGE") or not self._is_path():
            if first and not token.is_word(*_WRITTEN):
                return self._rest(token.start, word)
            self._skip()
            return OtherClause(token.start, self.last_end(), word)
        contents: list[Part] = list(self._paths())
        self._skip()
        return OtherClause(token.start, self.last_end(), word, tuple(contents))

    def _is_path(self) -> bool:
        return self.peek().is_sign("(") or self.peek(1).is_sign("=")

    def _rest(self, start: int, word: str) -> OtherClause:
        """Move past all up to the end of the statement."""
        while self.peek().kind is not Kind.END and not self.peek().is_sign("}", ";"):
            self.at = self.closing.get(self.at, self.at) + 1
        return OtherClause(start, self.last_end(), word)

    def _skip(self) -> None:
        """Move to the next clause."""
        while self.peek().kind is not Kind.END and not self.peek().is_sign("}", ";"):
            before = self.tokens[self.at - 1]
            if (
                self.peek().is_word(*CLAUSES)
                and not before.is_sign(".", ":")
                and not before.is_word("ON", "DETACH", "NODETACH", "CREATE")
                and not (self.peek().is_word("SET") and before.is_word("MATCH", "CREATE"))
            ):
                return
            self.at = self.closing.get(self.at, self.at) + 1
