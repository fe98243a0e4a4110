"""Reads expressions: flat lists of operands and operators."""

from .patterns import PatternReader
from .statement_tree import Subquery
from .tokens import Kind, Token
from .tree import (
    Call,
    Case,
    Expression,
    Group,
    Index,
    LabelTest,
    Lambda,
    ListComprehension,
    Literal,
    MapEntry,
    MapLiteral,
    MapProjection,
    Operand,
    Part,
    PatternComprehension,
    PatternTest,
    Property,
    Reduce,
    Variable,
)

__all__ = ["ExpressionReader"]

_SIGNS = ("+", "-", "*", "/", "%", "^", "=", "<>", "<", ">", "<=", ">=", "=~", "||")
_WORDS = ("AND", "OR", "XOR", "IN", "CONTAINS")
_PREDICATES = ("ANY", "ALL", "NONE", "SINGLE")
_LITERALS = (Kind.STRING, Kind.INTEGER, Kind.FLOAT, Kind.PARAMETER)
_SUBQUERIES = ("EXISTS", "COUNT", "COLLECT")
_TYPES = ("STRING", "INT64", "DOUBLE", "BOOL", "DATE")


class ExpressionReader(PatternReader):
    """Reads expressions."""

    def expression(self) -> Expression:
        """Read an expression."""
        start = self.peek().start
        items: list[Operand | Token] = []
        while True:
            while self.peek().is_word("NOT") or self.peek().is_sign("+", "-"):
                items.append(self.take())
            items.append(self._operand())
            items += self._checks()
            operator = self._operator()
            if not operator:
                return Expression(start, self.last_end(), tuple(items))
            items += operator

    def _operator(self) -> list[Token]:
        token = self.peek()
        if token.is_sign(*_SIGNS) or token.is_word(*_WORDS):
            return [self.take()]
        if token.is_word("STARTS", "ENDS") and self.peek(1).is_word("WITH"):
            return [self.take(), self.take()]
        return []

    def _checks(self) -> list[Token]:
        """Read what may follow an operand: `IS NULL`, `IS NOT NULL`."""
        found = []
        while self.peek().is_word("IS"):
            found.append(self.take())
            if self.peek().is_word("NOT"):
                found.append(self.take())
            if not self.peek().is_word("NULL"):
                self.fail(f"after IS comes NULL or NOT NULL, not {self.peek().text!r},")
            found.append(self.take())
        return found

    def _operand(self) -> Operand:
        start = self.peek().start
        atom = self._atom()
        after: list[Part] = []
        while (part := self._after(None if after else atom)) is not None:
            after.append(part)
        return Operand(start, self.last_end(), atom, tuple(after))

    def _after(self, atom: Part | None) -> Part | None:
        start = self.peek().start
        if self.sign("."):
            name = self.name()
            return Property(start, self.last_end(), name.name)
        if self.peek().is_sign("["):
            return self._index()
        if isinstance(atom, Variable) and self.peek().is_sign(":"):
            labels = self.labels()
            return LabelTest(start, self.last_end(), labels)
        if isinstance(atom, Variable) and self.peek().is_sign("{"):
            return self._map_projection()
        return None

    def _index(self) -> Index:
        start = self.peek().start
        self.need_sign("[")
        low = None if self.peek().is_sign("..") else self._free()
        is_slice = self.sign("..")
        high = self._free() if is_slice and not self.peek().is_sign("]") else None
        self.need_sign("]")
        return Index(start, self.last_end(), low, high, is_slice)

    def _free(self, *, no_bar: bool = False) -> Expression:
        """Read an expression in brackets, where `|` may stand in labels, or may not."""
        before, self.no_bar = self.no_bar, no_bar
        expression = self.expression()
        self.no_bar = before
        return expression

    def _atom(self) -> Part:
        token = self.peek()
        if token.kind in _LITERALS or token.is_word("TRUE", "FALSE", "NULL"):
            self.take()
            return Literal(token.start, token.end, token)
        if token.is_sign("("):
            return self._pattern_test() if self.is_pattern() else self._parenthesis()
        if token.is_sign("["):
            return self._list()
        if token.is_sign("{"):
            return self.map_literal()
        if token.is_name:
            return self._named()
        self.fail(f"an expression is missing before {token.text!r}")

    def _pattern_test(self) -> PatternTest:
        path = self.path()
        return PatternTest(path.start, path.end, path)

    def _parenthesis(self) -> Group:
        start = self.take().start
        inner = self._free()
        self.need_sign(")")
        return Group(start, self.last_end(), (inner,), False)

    def _named(self) -> Part:
        token = self.peek()
        following = self.peek(1)
        if token.is_word("CASE") and not following.is_sign(".", ",", ")"):
            return self._case()
        if token.is_word(*_SUBQUERIES) and following.is_sign("{"):
            return self._subquery()
        if following.is_sign("("):
            return self._call_like()
        if self._is_dotted_call():
            return self._call()
        name = self.name()
        return Variable(name.start, name.end, name.name)

    def _call_like(self) -> Part:
        token = self.peek()
        if self.is_shortest():
            return self._pattern_test()
        binds = self.peek(2).is_name
        if token.is_word(*_PREDICATES) and binds and self.peek(3).is_word("IN"):
            return self._predicate()
        if token.is_word("REDUCE") and binds and self.peek(3).is_sign("="):
            return self._reduce()
        return self._call()

    def _is_dotted_call(self) -> bool:
        ahead = 0
        while self.peek(ahead + 1).is_sign(".") and self.peek(ahead + 2).is_name:
            ahead += 2
        return bool(ahead) and self.peek(ahead + 1).is_sign("(")

    def _call(self) -> Call:
        start = self.peek().start
        names = [self.name().name]
        while self.sign("."):
            names.append(self.name().name)
        self.need_sign("(")
        distinct = self.word("DISTINCT")
        star = self.peek(1).is_sign(")") and self.sign("*")
        arguments: list[Part] = []
        while not self.peek().is_sign(")"):
            arguments.append(self._argument())
            if not self.sign(","):
                break
        if names[-1].upper() == "CAST" and self.word("AS"):
            self._type()
        self.need_sign(")")
        return Call(start, self.last_end(), ".".join(names), distinct, star, tuple(arguments))

    def _type(self) -> None:
        """Read the type that Ladybug's `cast(x AS TYPE)` casts to."""
        if not self.word(*_TYPES):
            self.fail(f"cast is to {', '.join(_TYPES)}, not {self.peek().text!r},")
        if self.sign("["):
            self.need_sign("]")

    def _argument(self) -> Part:
        names = self._lambda_names()
        if not names:
            return self._free()
        start = self.peek().start
        while not self.sign(">"):
            self.take()
        body = self._free()
        return Lambda(start, self.last_end(), names, body)

    def _lambda_names(self) -> tuple[str, ...]:
        """Return the names before `->`, without moving; nothing where there is no lambda."""
        end = self.closing.get(self.at, self.at) if self.peek().is_sign("(") else self.at
        ahead = end - self.at + 1
        if not (self.peek(ahead).is_sign("-") and self.peek(ahead + 1).is_sign(">")):
            return ()
        inside = self.tokens[self.at : end + 1]
        inside = inside[1:-1] if len(inside) > 1 else inside
        if not all(t.is_sign(",") if n % 2 else t.is_name for n, t in enumerate(inside)):
            self.fail("before -> stand names")
        return tuple(token.value for token in inside[::2])

    def _case(self) -> Case:
        start = self.take().start
        self.enter()
        subject = None if self.peek().is_word("WHEN") else self.expression()
        branches = []
        while self.word("WHEN"):
            branches.append(self.expression())
            while self.sign(","):
                branches.append(self.expression())
            self.need_word("THEN")
            branches.append(self.expression())
        if self.word("ELSE"):
            branches.append(self.expression())
        self.need_word("END")
        self.leave()
        return Case(start, self.last_end(), subject, tuple(branches))

    def _subquery(self) -> Subquery:
        token = self.take()
        self.need_sign("{")
        before, self.no_bar = self.no_bar, False
        query = self.query()
        self.no_bar = before
        self.need_sign("}")
        return Subquery(token.start, self.last_end(), token.text.upper(), query)

    def _predicate(self) -> ListComprehension:
        token = self.take()
        self.need_sign("(")
        variable = self.name().name
        self.need_word("IN")
        source = self._free()
        where = self._free() if self.word("WHERE") else None
        self.need_sign(")")
        function = token.text.lower()
        return ListComprehension(
            token.start, self.last_end(), function, variable, source, where, None
        )

    def _reduce(self) -> Reduce:
        start = self.take().start
        self.need_sign("(")
        accumulator = self.name().name
        self.need_sign("=")
        initial = self._free()
        self.need_sign(",")
        variable = self.name().name
        self.need_word("IN")
        source = self._free(no_bar=True)
        self.need_sign("|")
        result = self._free()
        self.need_sign(")")
        return Reduce(start, self.last_end(), accumulator, initial, variable, source, result)

    def _list(self) -> Part:
        if self.peek(1).is_name and self.peek(2).is_word("IN"):
            return self._comprehension()
        start = self.take().start
        named = self.peek().is_name and self.peek(1).is_sign("=")
        self.at += 2 * named
        pattern = self.is_pattern()
        self.at -= 2 * named
        if pattern:
            return self._pattern_comprehension(start)
        items = []
        while not self.peek().is_sign("]"):
            items.append(self._free())
            if not self.sign(","):
                break
        self.need_sign("]")
        return Group(start, self.last_end(), tuple(items), True)

    def _comprehension(self) -> ListComprehension:
        start = self.take().start
        variable = self.name().name
        self.need_word("IN")
        source = self._free(no_bar=True)
        where = self._free(no_bar=True) if self.word("WHERE") else None
        result = self._free() if self.sign("|") else None
        self.need_sign("]")
        return ListComprehension(start, self.last_end(), None, variable, source, where, result)

    def _pattern_comprehension(self, start: int) -> PatternComprehension:
        path = self.path()
        where = self._free(no_bar=True) if self.word("WHERE") else None
        self.need_sign("|")
        result = self._free()
        self.need_sign("]")
        return PatternComprehension(start, self.last_end(), path, where, result)

    def map_literal(self) -> MapLiteral:
        """Read a map."""
        start = self.peek().start
        self.need_sign("{")
        entries = []
        while not self.peek().is_sign("}"):
            entries.append(self._entry())
            if not self.sign(","):
                break
        self.need_sign("}")
        return MapLiteral(start, self.last_end(), tuple(entries))

    def _entry(self) -> MapEntry:
        key = self.name()
        self.need_sign(":")
        value = self._free()
        return MapEntry(key.start, self.last_end(), key.name, value)

    def _map_projection(self) -> MapProjection:
        start = self.peek().start
        self.need_sign("{")
        entries = []
        while not self.peek().is_sign("}"):
            entries.append(self._projected())
            if not self.sign(","):
                break
        self.need_sign("}")
        return MapProjection(start, self.last_end(), tuple(entries))

    def _projected(self) -> MapEntry:
        begin = self.peek().start
        if self.sign("."):
            name = "*" if self.sign("*") else self.name().name
            return MapEntry(begin, self.last_end(), name, None, dotted=True)
        if self.peek(1).is_sign(":"):
            return self._entry()
        key = self.name()
        return MapEntry(begin, self.last_end(), key.name, None)
