"""Writes expressions in Ladybug's Cypher."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from ..schema import GraphSchema
from .ladybug_functions import element, write_call
from .scope import Bound, choose, plain_variable
from .statement_tree import Subquery
from .tokens import Kind, Token
from .tree import (
    Call,
    Expression,
    Group,
    Index,
    Key,
    LabelTest,
    Lambda,
    Literal,
    MapEntry,
    MapProjection,
    Operand,
    Part,
    PatternComprehension,
    PatternTest,
    Property,
    Variable,
)
from .types import type_of
from .writer import Writer, differs, quoted

__all__ = ["COMPACT", "ExpressionWriter"]

COMPACT = "[1..]"
"""Makes a list anew: functions with a lambda read others wrongly, where two read the same."""
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_DATE_PARTS = ("year", "month", "day", "quarter")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = "\\'\"bfnrtuU"
_OF_PATHS = ("rels", "nodes", "length", "properties")


class ExpressionWriter(Writer):
    """Writes expressions."""

    _WAYS: ClassVar[Mapping[type[Part], str]] = {
        Variable: "_variable",
        Key: "_key",
        MapEntry: "_map_entry",
        Literal: "_literal",
        Expression: "_expression",
        Operand: "_operand",
        Call: "_call",
        PatternTest: "_pattern_test",
        PatternComprehension: "_pattern_comprehension",
        Subquery: "_subquery",
    }

    def __init__(self, text: str, schema: GraphSchema) -> None:
        super().__init__(text, schema)
        self.renamed: Mapping[str, str] = {}

    def _variable(self, part: Variable) -> str:
        name = self.renamed.get(part.name) or quoted(self.text[part.start : part.end])
        return self.named(part.name, name)

    def named(self, variable: str, name: str) -> str:
        """Write a variable, which has this name there."""
        bound = self.scope.get(variable)
        if bound is not None and bound.kind == "edges":
            return f"rels({name})"
        return _unless_no_path(name, bound)

    def _key(self, part: Key) -> str:
        return quoted(self.text[part.start : part.end])

    def _map_entry(self, part: MapEntry) -> str:
        written = self.copy(part)
        if written.startswith("`"):
            return written
        return quoted(part.key) + written[len(part.key) :]

    def _literal(self, part: Literal) -> str:
        token = part.token
        if token.kind is Kind.STRING:
            return _ESCAPE.sub(_escape, token.text)
        if token.kind is Kind.FLOAT:
            return token.text.replace("_", "")
        if token.kind is Kind.INTEGER:
            return _integer(token.text)
        return token.text

    def _expression(self, part: Expression) -> str:
        pieces: list[str] = []
        at = part.start
        begin = 0  # of what `<` and the like compare
        compared: list[tuple[int, str]] = []
        for item in part.items:
            gap = self.text[at : item.start]
            at = item.end
            if isinstance(item, Token) and item.is_word("AND", "OR", "XOR", "NOT"):
                _chain(pieces, begin, compared)
                pieces += [gap, item.text]
                begin, compared = len(pieces), []
                continue
            pieces += [gap, self._item(item)]
            if isinstance(item, Token) and item.is_sign(*_COMPARISONS):
                compared.append((len(pieces) - 1, item.text))
        _chain(pieces, begin, compared)
        return "".join(pieces)

    def _item(self, item: Operand | Token) -> str:
        if isinstance(item, Token):
            return "+" if item.text == "||" else item.text
        return self.write(item)

    def _operand(self, part: Operand) -> str:
        source = part.atom if part.after else None
        return self.with_path(source, lambda: self._operand_text(part))

    def with_path(self, source: Part | None, write: Callable[[], str]) -> str:
        """Write what is made of a path that may be null, and null where it is.

        The test stands around all of it: Ladybug mixes up rows in functions of lists of nodes
        that come from CASE.
        """
        name = _path_of(source)
        bound = self.scope.get(name) if name else None
        if name is None or bound is None or bound.witness is None:
            return write()
        scope = self.scope
        self.scope = {**scope, name: replace(bound, witness=None)}
        written = write()
        self.scope = scope
        return _unless_no_path(written, bound)

    def _operand_text(self, part: Operand) -> str:
        written = self.write(part.atom)
        at = part.atom.end
        for number, after in enumerate(part.after):
            gap = self.text[at : after.start]
            at = after.end
            if isinstance(after, Index):
                written = self._index(written, after)
            elif isinstance(after, LabelTest):
                written = self._label_test(written, part.atom, after)
            elif isinstance(after, MapProjection):
                written = self._projection(written, part.atom, after)
            else:
                first = number < 2  # later ones are never known to be of a date
                before = Operand(part.start, at, part.atom, part.after[:number]) if first else None
                written = self._property(written, gap, before, after)
            self.check_growth(written)
        return written

    def _property(self, written: str, gap: str, before: Operand | None, after: Part) -> str:
        text = self.text[after.start : after.end]
        if isinstance(after, Property) and quoted(after.name) != after.name and "`" not in text:
            text = text.replace(after.name, quoted(after.name))
        text = gap + text
        is_date = before is not None and type_of(before, self.scope, self.schema) == "date"
        if not isinstance(after, Property) or not is_date:
            return written + text
        if after.name not in _DATE_PARTS:
            differs(f"has no .{after.name} of dates", f"use {', '.join(_DATE_PARTS)}")
        return f"date_part('{after.name}', {written})"

    def _index(self, written: str, part: Index) -> str:
        low = self.write(part.low) if part.low else ""
        if not part.slice:
            return element(written, low)
        high = self.write(part.high) if part.high else ""
        return f"{written}[{_low(low)}..{_high(high)}]"

    def _label_test(self, written: str, atom: Part, part: LabelTest) -> str:
        bound = self._bound(atom)
        known = [*self.schema.node_types, *self.schema.edge_types]
        if bound is not None and bound.kind in ("node", "edge"):
            is_node = bound.kind == "node"
            known = list(self.schema.node_types if is_node else self.schema.edge_types)
        chosen = choose(part.labels, known)
        names = ", ".join(f"'{name}'" for name in sorted(chosen))
        return self._unless_null(f"(label({written}) IN [{names}])", written, bound)

    def _bound(self, atom: Part) -> Bound | None:
        return self.scope.get(atom.name) if isinstance(atom, Variable) else None

    def _unless_null(self, text: str, variable: str, bound: Bound | None) -> str:
        """Ladybug tells a label also of a null that OPTIONAL MATCH made."""
        if bound is None or not bound.optional:
            return text
        return f"CASE WHEN {variable} IS NULL THEN null ELSE {text} END"

    def _projection(self, written: str, atom: Part, part: MapProjection) -> str:
        entries = [self._entry(written, entry) for entry in part.entries]
        if not entries:
            differs("has no empty maps", "name a property")
        return self._unless_null(f"{{{', '.join(entries)}}}", written, self._bound(atom))

    def _entry(self, written: str, entry: MapEntry) -> str:
        if entry.key == "*":
            differs("has no {.*}", "name the properties: {.id, .name}")
        if entry.value is not None:
            return self.write(entry)
        key = quoted(self.text[entry.start + entry.dotted : entry.end].strip())
        return f"{key}: {written}.{key}" if entry.dotted else f"{key}: {key}"

    def _call(self, part: Call) -> str:
        first = part.arguments[0] if part.arguments else None
        return self.with_path(first, lambda: self._call_text(part, first))

    def _call_text(self, part: Call, first: Part | None) -> str:
        name = part.name.lower()
        if name == "exists" and first is not None and _is_pattern(first):
            return self.write(first)
        variable = plain_variable(first) if isinstance(first, Expression) else None
        bound = self.scope.get(variable) if variable else None
        if name in _OF_PATHS and bound is not None and bound.kind == "edges":
            return self.text[part.start : part.end]
        if name in (*_OF_PATHS, "relationships") and bound is not None and bound.witness:
            return _unless_no_path(self.text[part.start : part.end], bound)
        arguments = [self.write(argument) for argument in part.arguments]
        if name in ("type", "labels", "startnode", "endnode") and len(arguments) == 1:
            return self._of_graph(name, arguments[0], bound)
        if name == "date" and "{" in "".join(arguments)[:1]:
            differs("makes no date of a map", "write date('2000-01-31')")
        if any(isinstance(argument, Lambda) for argument in part.arguments[1:]):
            arguments[0] += COMPACT
            return f"{part.name}({', '.join(arguments)})"
        type = type_of(first, self.scope, self.schema) if first is not None else None
        written = write_call(name, arguments, type, distinct=part.distinct)
        return self.copy(part) if written is None else written

    def _of_graph(self, name: str, argument: str, bound: Bound | None) -> str:
        if name == "type":
            return self._unless_null(f"label({argument})", argument, bound)
        if name == "labels":
            return self._unless_null(f"[label({argument})]", argument, bound)
        if bound is None or bound.kind != "edge" or not bound.directed:
            differs(
                f"does not know the ends of {argument} as they are in the graph",
                "write the arrow in the pattern, and name its ends there",
            )
        return f"{'start' if name == 'startnode' else 'end'}_node({argument})"

    def _pattern_comprehension(self, part: PatternComprehension) -> str:
        differs(
            f"has no lists of patterns ({self.where(part)})",
            "write OPTIONAL MATCH of the pattern, then WITH …, collect(…)",
        )

    def _pattern_test(self, part: PatternTest) -> str:
        raise NotImplementedError

    def _subquery(self, part: Subquery) -> str:
        raise NotImplementedError


def _unless_no_path(text: str, bound: Bound | None) -> str:
    if bound is None or bound.witness is None:
        return text
    return f"CASE WHEN {bound.witness} IS NULL THEN null ELSE {text} END"


def _path_of(part: Part | None) -> str | None:
    """Return the variable whose nodes or edges a part is: `nodes(p)`."""
    operand = part.only() if isinstance(part, Expression) else None
    atom = part if operand is None else operand.atom
    if not isinstance(atom, Call) or atom.name.lower() not in ("nodes", "relationships", "rels"):
        return None
    argument = atom.arguments[0] if len(atom.arguments) == 1 else None
    return plain_variable(argument) if isinstance(argument, Expression) else None


def _is_pattern(part: Part) -> bool:
    operand = part.only() if isinstance(part, Expression) else None
    return operand is not None and isinstance(operand.atom, PatternTest | Group)


def _escape(match: "re.Match[str]") -> str:
    r"""Neo4j takes an unknown escape such as `\d` as it is, Ladybug refuses it."""
    character = match.group(1)
    if character == "`":
        return "`"
    return match.group() if character in _ESCAPES else "\\" + match.group()


def _integer(text: str) -> str:
    digits = text.replace("_", "").lower()
    if digits.startswith(("0x", "0o")):
        return str(int(digits, 0))
    return digits


def _chain(pieces: list[str], begin: int, compared: list[tuple[int, str]]) -> None:
    """Turn `a < b < c` into `(a < b AND b < c)`."""
    if len(compared) < 2:
        return
    ends = [*(index for index, _ in compared), len(pieces)]
    starts = [begin, *(index + 1 for index, _ in compared)]
    texts = ["".join(pieces[start:end]).strip() for start, end in zip(starts, ends, strict=True)]
    tests = [
        f"{texts[number]} {sign} {texts[number + 1]}" for number, (_, sign) in enumerate(compared)
    ]
    pieces[begin:] = [" " if begin else "", "(" + " AND ".join(tests) + ")", " "]


def _low(text: str) -> str:
    if not text:
        return "1"
    if text.isdecimal():
        return str(int(text) + 1)
    if text.startswith("-") and text[1:].isdecimal():
        return text
    return f"(CASE WHEN ({text}) < 0 THEN ({text}) ELSE ({text}) + 1 END)"


def _high(text: str) -> str:
    if not text or text.isdecimal():
        return text
    if text.startswith("-") and text[1:].isdecimal():
        return f"-{int(text[1:]) + 1}"
    return f"(CASE WHEN ({text}) < 0 THEN ({text}) - 1 ELSE ({text}) END)"
