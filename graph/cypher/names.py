"""Checks the names in a query against the schema: labels, types, properties, directions."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NoReturn

from matlore.errors import QueryError

from ..schema import SCHEMA, GraphSchema
from .reader import read
from .scope import Bound, Patterns, Scope, choose, project, refuse_empty
from .statement_tree import (
    CallProcedure,
    CallSubquery,
    Clause,
    Match,
    OtherClause,
    Projection,
    Query,
    Single,
    Subquery,
    Unwind,
)
from .tokens import place
from .tree import (
    Labels,
    LabelTest,
    Lambda,
    ListComprehension,
    MapLiteral,
    NodePattern,
    Operand,
    Part,
    Path,
    PatternComprehension,
    PatternTest,
    Property,
    Reduce,
    Relationship,
    Variable,
    walk,
)

__all__ = ["check_names"]


def check_names(query: str, schema: GraphSchema = SCHEMA) -> None:
    """Refuse a query with names that the graph does not have, or a pattern that cannot match.

    Variables are followed from pattern to pattern; of those that may be anything, properties
    are not checked.

    Raises:
        QueryError: a label, type or property is not in the schema, the schema has no such edge
            between such nodes, or the query is no Cypher that can be read.
    """
    statement = read(query)
    _Checker(query, schema).query(statement.query, {})


class _Checker:
    def __init__(self, text: str, schema: GraphSchema) -> None:
        self.text = text
        self.schema = schema

    def query(self, query: Query, scope: Scope) -> None:
        for single in query.singles:
            self._single(single, dict(scope))

    def _single(self, single: Single, scope: Scope) -> None:
        for clause in single.clauses:
            scope = self._clause(clause, scope)

    def _clause(self, clause: Clause, scope: Scope) -> Scope:
        if isinstance(clause, Match):
            self._patterns(clause.paths, scope, optional=clause.optional)
            self._inside(clause, scope)
        elif isinstance(clause, Projection):
            return self._projection(clause, scope)
        elif isinstance(clause, CallSubquery):
            self._call(clause, scope)
        elif isinstance(clause, OtherClause):
            paths = [part for part in clause.contents if isinstance(part, Path)]
            self._patterns(paths, scope)
            self._inside(clause, scope)
        else:
            self._inside(clause, scope)
            if isinstance(clause, Unwind):
                scope[clause.variable.name] = Bound("value")
            elif isinstance(clause, CallProcedure):
                scope.update({key.name: Bound("value") for key in clause.yields})
        return scope

    def _projection(self, clause: Projection, scope: Scope) -> Scope:
        after = project(clause, scope)
        for item in clause.items:
            self.visit(item.value, scope)
        for part in (clause.skip, clause.limit):
            if part is not None:
                self.visit(part, {})
        for sort in clause.order:
            self.visit(sort, {**scope, **after})
        if clause.where is not None:
            self.visit(clause.where, {**scope, **after})
        return after

    def _call(self, clause: CallSubquery, scope: Scope) -> None:
        self.query(clause.query, scope)
        last = clause.query.singles[0].clauses[-1]
        if isinstance(last, Projection):
            names = [item.alias.name for item in last.items if item.alias is not None]
            scope.update({name: Bound("value") for name in names})

    def _patterns(self, paths: Sequence[Path], scope: Scope, *, optional: bool = False) -> None:
        for path in paths:
            for part in walk(path):
                if isinstance(part, NodePattern):
                    self._labels(part.labels, self.schema.node_types, "label")
                elif isinstance(part, Relationship):
                    self._labels(part.labels, self.schema.edge_types, "type of edges")
        patterns = Patterns(paths, scope, self.schema)
        step = patterns.impossible()
        if step is not None:
            self._no_edge(step.part)
        patterns.bind(paths, scope, optional=optional)

    def _labels(self, labels: Labels | None, known: Iterable[str], what: str) -> None:
        if labels is None:
            return
        for token in labels.names:
            if token.value not in known:
                near = _nearest(token.value, known)
                where = place(self.text, token.start)
                raise QueryError(f"no {what} {token.value!r} ({where}); {near}")
        refuse_empty(labels, self.text, choose(labels, known))

    def _no_edge(self, part: Relationship) -> NoReturn:
        types = choose(part.labels, self.schema.edge_types)
        ends = [
            f"({source})-[:{edge.type}]->({target})"
            for edge, source, target in self.schema.edge_tables()
            if edge.type in types
        ]
        written = self.text[part.start : part.end]
        raise QueryError(
            f"no edge of the graph is {written} between such nodes"
            f" ({place(self.text, part.start)}); there are {', '.join(ends[:12])}"
        )

    def _inside(self, part: Part, scope: Scope) -> None:
        for inner in part.parts():
            self.visit(inner, scope)

    def visit(self, part: Part, scope: Scope) -> None:
        """Check a part and what is in it."""
        if isinstance(part, Subquery):
            self.query(part.query, scope)
            return
        if isinstance(part, PatternTest | PatternComprehension):
            scope = dict(scope)
            self._patterns([part.path], scope)
        elif isinstance(part, ListComprehension | Reduce | Lambda):
            scope = _without(scope, part)
        elif isinstance(part, NodePattern | Relationship):
            self._keys(part, scope)
        elif isinstance(part, Operand):
            self._operand(part, scope)
        self._inside(part, scope)

    def _keys(self, part: NodePattern | Relationship, scope: Scope) -> None:
        """Check the properties that a pattern asks for."""
        if not isinstance(part.properties, MapLiteral):
            return
        is_node = isinstance(part, NodePattern)
        known = self.schema.node_types if is_node else self.schema.edge_types
        bound = scope.get(part.variable.name) if part.variable else None
        names = bound.names if bound is not None else None
        if names is None:
            names = choose(part.labels, known)
        for entry in part.properties.entries:
            self._property(entry.key, entry.start, Bound("node" if is_node else "edge", names))

    def _operand(self, part: Operand, scope: Scope) -> None:
        if not isinstance(part.atom, Variable) or not part.after:
            return
        bound = scope.get(part.atom.name)
        first = part.after[0]
        if isinstance(first, LabelTest):
            every = [*self.schema.node_types, *self.schema.edge_types]
            self._labels(first.labels, every, "label or type")
        elif isinstance(first, Property) and bound is not None and bound.kind in ("node", "edge"):
            self._property(first.name, first.start, bound)

    def _property(self, name: str, start: int, bound: Bound) -> None:
        known = self.schema.node_types if bound.kind == "node" else self.schema.edge_types
        if bound.names is None or not bound.names:
            return
        has = {
            has.name for label in sorted(bound.names) for has in known[label].properties
        }  # fmt: skip
        if name not in has:
            of = " or ".join(sorted(bound.names)) if len(bound.names) < 4 else "any of these"
            raise QueryError(
                f"no property {name!r} of {of} ({place(self.text, start)}); {_nearest(name, has)}"
            )


def _without(scope: Scope, part: ListComprehension | Reduce | Lambda) -> Scope:
    """Return the scope without the variables that hide others in here."""
    if isinstance(part, Lambda):
        hidden: tuple[str, ...] = part.names
    elif isinstance(part, Reduce):
        hidden = (part.accumulator, part.variable)
    else:
        hidden = (part.variable,)
    return {name: bound for name, bound in scope.items() if name not in hidden}


def _nearest(name: str, known: Iterable[str]) -> str:
    every = sorted(known)
    by_case = {item.lower(): item for item in every}
    near = get_close_matches(name.lower(), by_case, n=3, cutoff=0.7)
    if near:
        return f"did you mean {' or '.join(by_case[item] for item in near)}?"
    return f"there are {', '.join(every)}" if every else "it has none"
