"""Writes comprehensions in Ladybug's Cypher.

Functions with a lambda give wrong rows in Ladybug 0.22, without an error, where a lambda reads a
property of a node, an edge or a map (lists of 2,048 such elements in a batch are enough, or two
such functions), and where two of them read the same list. Tried, and right: lambdas of numbers
and texts over a list that is made anew by `[1..]`, and lambdas of indexes, `list_extract(l, i).x`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from .ladybug_expressions import COMPACT, ExpressionWriter
from .scope import Bound, plain_variable
from .statement_tree import Subquery
from .tree import (
    Call,
    Case,
    Expression,
    Lambda,
    ListComprehension,
    Operand,
    Part,
    PatternComprehension,
    PatternTest,
    Reduce,
    Variable,
    walk,
)
from .types import THINGS, type_of
from .writer import differs, quoted

__all__ = ["ListWriter"]

_CASTS = {"number": "DOUBLE", "text": "STRING"}
_OF_THINGS = ("type", "labels", "label", "id", "elementid", "startnode", "endnode", "properties")


class ListWriter(ExpressionWriter):
    """Writes comprehensions."""

    _WAYS: ClassVar[Mapping[type[Part], str]] = {
        **ExpressionWriter._WAYS,
        Lambda: "_lambda",
        ListComprehension: "_comprehension",
        Reduce: "_reduce",
    }

    def _in_lambda(
        self, names: Sequence[str], bodies: Sequence[Part], write: Callable[[], str]
    ) -> str:
        """Write what is evaluated for each of a list; names that are taken get others."""
        for body in bodies:
            self._check_body(names, body)
        outer = (self.scope, self.lambdas, self.renamed)
        renamed = {name: self.fresh() for name in names if name in self.scope}
        kept = {name: text for name, text in self.renamed.items() if name not in names}
        self.renamed = {**kept, **renamed}
        self.scope = {**self.scope, **dict.fromkeys(names, Bound("value"))}
        self.lambdas = self.lambdas | set(names)
        written = write()
        self.scope, self.lambdas, self.renamed = outer
        self.added -= set(renamed.values())
        return written

    def _check_body(self, names: Sequence[str], body: Part) -> None:
        for part in walk(body):
            if isinstance(part, Variable) and part.name in self.lambdas.difference(names):
                differs(
                    f"does not see {part.name} in a comprehension inside of its own"
                    f" ({self.where(part)})",
                    "UNWIND one of the lists",
                )
            if isinstance(part, Subquery | PatternTest | PatternComprehension):
                differs("looks for no patterns for each of a list", "UNWIND the list")

    def _name(self, name: str) -> str:
        if name in self.renamed:
            return self.renamed[name]
        return quoted(name) if name.isidentifier() else "`" + name.replace("`", "``") + "`"

    def _lambda(self, part: Lambda) -> str:
        if any(_reads_thing(part.body, name) for name in part.names):
            differs(
                "gives wrong rows where a lambda reads a property",
                "write [x IN list WHERE … | x.property], which is translated so that it is right",
            )
        before = self.text[part.start : part.body.start]
        scope = self.scope
        self.scope = {**scope, **dict.fromkeys(part.names, Bound("value"))}
        written = before + self.write(part.body)
        self.scope = scope
        return written

    def _comprehension(self, part: ListComprehension) -> str:
        source = part.source.only()
        if source is not None and isinstance(source.atom, Case):
            differs("mixes up rows in comprehensions of CASE", "WITH CASE … AS l UNWIND l AS x")
        return self.with_path(part.source, lambda: self._comprehension_text(part))

    def _comprehension_text(self, part: ListComprehension) -> str:
        source = self.write(part.source)
        bodies = [body for body in (part.where, part.result) if body is not None]
        things = type_of(part.source, self.scope, self.schema) == THINGS or any(
            _reads_thing(body, part.variable) for body in bodies
        )
        if not bodies:
            return source
        write = self._over_indexes if things else self._over_values
        return self._in_lambda((part.variable,), bodies, lambda: write(part, source))

    def _over_values(self, part: ListComprehension, source: str) -> str:
        name = self._name(part.variable)
        where = self.write(part.where) if part.where else None
        if part.function is not None:
            return f"{part.function}({name} IN {source}{COMPACT} WHERE {where})"
        written = source
        if where is not None:
            written = f"list_filter({written}{COMPACT}, {name} -> {where})"
        if part.result is not None:
            written = f"list_transform({written}{COMPACT}, {name} -> {self.write(part.result)})"
        return written

    def _over_indexes(self, part: ListComprehension, source: str) -> str:
        """Write a comprehension over the indexes of a list of nodes, edges or maps."""
        index = self._name(part.variable)
        element = f"list_extract({source}, {index})"
        self.renamed = {**self.renamed, part.variable: element}
        where = self.write(part.where) if part.where else None
        written = f"range(1, size({source}))"
        if part.function is not None:
            return f"{part.function}({index} IN {written}{COMPACT} WHERE {where})"
        if where is not None:
            written = f"list_filter({written}{COMPACT}, {index} -> {where})"
        result = self.write(part.result) if part.result is not None else element
        return f"list_transform({written}{COMPACT}, {index} -> {result})"

    def _reduce(self, part: Reduce) -> str:
        source, initial = self.write(part.source), self.write(part.initial)
        names = (part.accumulator, part.variable)
        if any(_reads_thing(part.result, name) for name in names):
            differs(
                "gives wrong rows where reduce reads a property",
                "reduce a list of its values: [x IN list | x.property]",
            )

        type = _CASTS.get(type_of(part.initial, self.scope, self.schema) or "")
        if type is None:
            differs(
                "reads the values of reduce wrongly where they are of several types",
                "begin with 0.0 for numbers, or '' for texts",
            )

        def write() -> str:
            one, other = (self._name(name) for name in names)
            values = f"list_transform({source}{COMPACT}, {other} -> cast({other} AS {type}))"
            start = f"list_prepend({values}, cast({initial} AS {type}))"
            result = self.write(part.result)
            return f"list_reduce({start}, ({one}, {other}) -> cast({result} AS {type}))"

        return self._in_lambda(names, [part.result], write)


def _reads_thing(body: Part, variable: str) -> bool:
    """Tell whether a variable is used as a node, an edge or a map is."""
    for part in walk(body):
        if isinstance(part, Operand) and part.after and isinstance(part.atom, Variable):
            if part.atom.name == variable:
                return True
        elif isinstance(part, Call) and part.name.lower() in _OF_THINGS:
            first = part.arguments[0] if part.arguments else None
            if isinstance(first, Expression) and plain_variable(first) == variable:
                return True
    return False
