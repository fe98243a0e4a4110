"""Translates Cypher as Neo4j has it to that of Ladybug, where it gives the same rows."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import ClassVar

from ..schema import SCHEMA, GraphSchema
from .ladybug_patterns import PatternWriter, has_aggregate
from .reader import read
from .scope import Bound, Patterns, plain_variable, project
from .statement_tree import (
    CallProcedure,
    CallSubquery,
    Item,
    Match,
    OtherClause,
    Projection,
    Single,
    Sort,
    Statement,
    Unwind,
)
from .tokens import quote_name
from .tree import (
    Key,
    ListComprehension,
    MapProjection,
    Operand,
    Part,
    Path,
    Property,
    Variable,
    walk,
)
from .types import THINGS, type_of
from .writer import differs, quoted

__all__ = ["to_ladybug"]


def to_ladybug(query: str, schema: GraphSchema = SCHEMA) -> str:
    """Return the query in Ladybug's Cypher, such that it gives the rows that Neo4j gives.

    What needs no change stays as it is written, and so do Ladybug's own functions. One
    difference is left: where an edge goes from a node to itself, `-[r]-` finds it once on Neo4j
    and twice on Ladybug.

    Raises:
        QueryError: Ladybug cannot do it so; the message says what to write instead.
    """
    statement = read(query)
    _check_case(statement)
    return _Translation(query, schema).write(statement)


def _check_case(statement: Statement) -> None:
    """Refuse variables that differ in their case only: Ladybug takes them for one."""
    names = set()
    for part in walk(statement):
        if isinstance(part, Variable | Key):
            names.add(part.name)
        elif isinstance(part, ListComprehension):
            names.add(part.variable)
    for one, other in pairwise(sorted(names, key=lambda name: (name.casefold(), name))):
        if one.casefold() == other.casefold():
            differs(f"does not tell the variables {one} and {other} apart", "rename one of them")


class _Translation(PatternWriter):
    _WAYS: ClassVar[Mapping[type[Part], str]] = {
        **PatternWriter._WAYS,
        Single: "_single",
        Match: "_match",
        Projection: "_project",
        Unwind: "_unwind",
        CallProcedure: "_call_procedure",
        CallSubquery: "_call_subquery",
        OtherClause: "_other",
    }
    _open = False
    _is_aggregated = False

    def _single(self, part: Single) -> str:
        self.scope, self.added, self._open = {}, set(), False
        text = ""
        at = part.start
        last = _last_aggregate(part)
        for number, clause in enumerate(part.clauses):
            self._is_aggregated = number < last
            text += self.text[at : clause.start] + self.write(clause)
            at = clause.end
        return text

    def _match(self, part: Match) -> str:
        patterns, conditions = self.match(part.paths, part.where, optional=part.optional)
        written = self.text[part.start : part.paths[0].start] + patterns
        if part.where is None:
            return f"{written} WHERE {' AND '.join(conditions)}" if conditions else written
        where = self.write(part.where)
        if conditions:
            where = f"({where}) AND {' AND '.join(conditions)}"
        return written + self.text[part.paths[-1].end : part.where.start] + where

    def _unwind(self, part: Unwind) -> str:
        written = self.copy(part)
        self.scope[part.variable.name] = Bound("value")
        return written

    def _call_procedure(self, part: CallProcedure) -> str:
        self.scope.update({key.name: Bound("value") for key in part.yields})
        self._open |= not part.yields
        return self.copy(part)

    def _call_subquery(self, part: CallSubquery) -> str:
        differs(
            f"has no CALL {{ … }} ({self.where(part)})",
            "write OPTIONAL MATCH and WITH …, collect(…), or COUNT { … }, or a query for each",
        )

    def _other(self, part: OtherClause) -> str:
        paths = [inner for inner in part.contents if isinstance(inner, Path)]
        Patterns(paths, self.scope, self.schema).bind(paths, self.scope)
        self._open |= not paths
        return self.text[part.start : part.end]

    def _project(self, part: Projection) -> str:
        after = project(part, self.scope)
        for item in part.items:
            if item.alias is not None and after[item.alias.name].kind in ("value", "edges"):
                type = type_of(item.value, self.scope, self.schema)
                after[item.alias.name] = Bound("value", type=type)
        after = {name: _passed_on(bound) for name, bound in after.items()}
        self._check_paths(part)
        instead = {item.start: self._item_text(item, part) for item in part.items}
        written = self._body(part, instead)
        if part.where is not None:
            self.scope = {**self.scope, **after}
            written += self.text[part.body_end : part.where.start] + self.write(part.where)
        self.scope, self.added = after, set()
        if part.order and not part.is_return and self._is_aggregated:
            # Ladybug forgets an order, and which rows LIMIT chose by it, before an aggregate.
            written += f" UNWIND [1] AS {self.fresh()}"
        return written

    def _check_paths(self, part: Projection) -> None:
        """Refuse to pass on a path that may be null, of which nothing tells then that it is."""
        names = [plain_variable(item.value) for item in part.items]
        names += list(self.scope) if part.star is not None else []
        for name in names:
            if not part.is_return and name in self.scope and self.scope[name].witness is not None:
                differs(
                    f"cannot pass on {name}, which OPTIONAL MATCH may not find",
                    f"take what you need of {name} in this WITH",
                )

    def _body(self, part: Projection, instead: Mapping[int, str]) -> str:
        """Write a projection without its WHERE."""
        pieces = []
        at = part.start
        if part.star is not None:
            pieces += [self.text[at : part.star], self._star(part)]
            at = part.star + 1
        hidden = self._hidden(part)
        for inner in part.parts():
            if inner is part.where:
                continue
            text = self._sort(inner, hidden) if isinstance(inner, Sort) else None
            text = text or instead.get(inner.start) or self.write(inner)
            pieces += [self.text[at : inner.start], text]
            at = inner.end
        written = "".join([*pieces, self.text[at : part.body_end]])
        if part.order and not part.is_return and part.skip is None and part.limit is None:
            written += " SKIP 0"
        return written

    def _hidden(self, part: Projection) -> dict[str, Item]:
        """Return the items whose names are those of other variables before."""
        aliases = {item.alias.name: item for item in part.items if item.alias is not None}
        return {
            name: item
            for name, item in aliases.items()
            if name in self.scope
            and plain_variable(item.value) != name
            and not has_aggregate(item)  # of these Ladybug takes the right one
        }

    def _sort(self, part: Sort, hidden: Mapping[str, Item]) -> str | None:
        """Write what is sorted by: in `RETURN m.id AS m ORDER BY m` m is the node to Ladybug."""
        name = plain_variable(part.value)
        if name is not None and name in hidden:
            return self.write(hidden[name].value) + self.text[part.value.end : part.end]
        for inner in walk(part):
            if isinstance(inner, Variable) and inner.name in hidden:
                differs(f"mixes up the two {inner.name} in ORDER BY", "use another name after AS")
        return None

    def _star(self, part: Projection) -> str:
        """Write `*`: the user's variables by name, as Neo4j sorts them."""
        has_edges = any(_changes(bound) for bound in self.scope.values())
        if self._open or not self.scope:
            if self.added or has_edges:
                differs("cannot leave out of * what the translation adds", "name what to return")
            return "*"
        if not (part.is_return or self.added or has_edges):
            return "*"
        texts = []
        for name in sorted(self.scope):
            text = quoted(name) if name.isidentifier() else quote_name(name)
            written = self.named(name, text)
            texts.append(text if written == text else f"{written} AS {text}")
        return ", ".join(texts)

    def _item_text(self, item: Item, part: Projection) -> str:
        """Write an item under the name that Neo4j gives its column."""
        written = self.write(item.value)
        if item.alias is not None:
            between = self.text[item.value.end : item.alias.start]
            return written + between + self.write(item.alias)
        source = self.text[item.value.start : item.value.end]
        name = plain_variable(item.value)
        if name is not None:
            return written if written == source else f"{written} AS {quoted(source)}"
        operand = item.value.only()
        if operand is not None and any(isinstance(part, MapProjection) for part in operand.after):
            return f"{written} AS {self.write(operand.atom)}"
        if not part.is_return or (written == source and _is_property(item)):
            return written
        return f"{written} AS `{source.replace('`', '``')}`"


def _changes(bound: Bound) -> bool:
    """Tell whether a variable is written otherwise than it is named."""
    return bound.kind == "edges" or bound.witness is not None


def _passed_on(bound: Bound) -> Bound:
    """Return what a variable is after a projection, where it is written as it is named."""
    if bound.kind == "edges":
        return replace(bound, kind="value", type=THINGS)
    return replace(bound, witness=None)


def _is_property(item: Item) -> bool:
    """Tell whether it is `name.name`, for which Ladybug's column has the same name."""
    operand: Operand | None = item.value.only()
    if operand is None or not isinstance(operand.atom, Variable) or len(operand.after) != 1:
        return False
    has = operand.after[0]
    if not isinstance(has, Property) or not operand.atom.name.isidentifier():
        return False
    return has.name.isidentifier() and operand.end - operand.start == (
        len(operand.atom.name) + 1 + len(has.name)
    )


def _last_aggregate(part: Single) -> int:
    """Return the number of the last clause that has an aggregate; -1 for none."""
    last = -1
    for number, clause in enumerate(part.clauses):
        if has_aggregate(clause):
            last = number
    return last
