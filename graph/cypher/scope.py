"""What the variables of a query are: nodes of which labels, edges of which types.

Patterns say it, and the schema says what can stand between what: in `(m)-[:CONTAINS]->(e)` m is
a Material. What is not known is not guessed: such a variable may be anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from matlore.errors import QueryError

from ..schema import GraphSchema
from .statement_tree import Projection
from .tree import (
    Expression,
    Labels,
    NodePattern,
    Operand,
    Part,
    Path,
    Quantified,
    Relationship,
    Variable,
)

__all__ = [
    "Bound",
    "Patterns",
    "Scope",
    "Step",
    "choose",
    "plain_variable",
    "project",
    "refuse_empty",
]

Table = tuple[str, str, str]
_ROUNDS = 4  # of making labels fewer; enough for any path that people write


@dataclass(frozen=True, slots=True)
class Bound:
    """What a variable is.

    Attributes:
        kind: `edges` are those of `[r*1..3]`.
        names: labels of a node, types of an edge; None where all are possible.
        optional: whether it may be null, because OPTIONAL MATCH found nothing.
        directed: whether the edge's pattern has an arrow.
        type: of a value, where known: a `ValueType` or `list`.
        witness: of a path that may be null: what is null where it is, in Ladybug's Cypher.
    """

    kind: Literal["node", "edge", "edges", "path", "value"]
    names: frozenset[str] | None = None
    optional: bool = False
    directed: bool = False
    type: str | None = None
    witness: str | None = None


Scope = dict[str, Bound]


@dataclass(slots=True)
class Step:
    """A relationship of a pattern, with the indexes of the nodes that it joins.

    Attributes:
        tables: the edges that it can be: type and labels of the ends.
    """

    part: Relationship
    left: int
    right: int
    tables: frozenset[Table]
    shortest: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it stands for several edges."""
        return self.part.length is not None or self.part.quantifier


def choose(labels: Labels | None, known: Iterable[str]) -> frozenset[str]:
    """Return those of the known labels (or types) that are meant; a thing has one of them."""
    every = frozenset(known)
    if labels is None:
        return every
    stack: list[frozenset[str]] = []
    for item in labels.postfix:
        if item == "%":
            stack.append(every)
        elif item == "!":
            stack.append(every - stack.pop())
        elif item in "&|":
            right, left = stack.pop(), stack.pop()
            stack.append(left & right if item == "&" else left | right)
        else:
            stack.append(frozenset((item[1:],)) & every)
    return stack.pop()


class Patterns:
    """The nodes and relationships of one MATCH, and what they can be by the schema."""

    def __init__(self, paths: Sequence[Path], scope: Scope, schema: GraphSchema) -> None:
        self.schema = schema
        self.nodes: list[frozenset[str]] = []
        self.steps: list[Step] = []
        self.variables: dict[str, int] = {}
        self._scope = scope
        for path in paths:
            self._add(path)
        self._narrow()

    def _add(self, path: Path) -> None:
        shortest = path.function is not None or path.selector is not None
        before: int | None = None
        waiting: Relationship | None = None
        for part in path.elements:
            if isinstance(part, Relationship):
                waiting = part
                continue
            index = self._node(part)
            if waiting is not None and before is not None:
                self._step(waiting, before, index, shortest)
            before, waiting = index, None

    def _node(self, part: Part) -> int:
        """Note a node; the same variable is the same node."""
        variable = part.variable if isinstance(part, NodePattern) else None
        labels = part.labels if isinstance(part, NodePattern) else None
        chosen = choose(labels, self.schema.node_types)
        if isinstance(part, Quantified):
            self._add(part.path)
        if variable is not None and variable.name in self.variables:
            index = self.variables[variable.name]
            self.nodes[index] &= chosen
            return index
        bound = self._scope.get(variable.name) if variable else None
        if bound is not None and bound.kind == "node" and bound.names is not None:
            chosen &= bound.names
        self.nodes.append(chosen)
        if variable is not None:
            self.variables[variable.name] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def _step(self, part: Relationship, left: int, right: int, shortest: bool) -> None:
        types = choose(part.labels, self.schema.edge_types)
        tables = frozenset(
            (edge.type, source, target)
            for edge, source, target in self.schema.edge_tables()
            if edge.type in types
        )
        self.steps.append(Step(part, left, right, tables, shortest))

    def _narrow(self) -> None:
        for _ in range(_ROUNDS):
            changed = False
            for step in self.steps:
                if not step.is_long:
                    changed |= self._narrow_step(step)
            if not changed:
                return

    def _narrow_step(self, step: Step) -> bool:
        left, right = self.nodes[step.left], self.nodes[step.right]
        ends = [
            (table, *pair) for table in step.tables for pair in _ways(step.part, table)
            if pair[0] in left and pair[1] in right
        ]  # fmt: skip
        tables = frozenset(table for table, _, _ in ends)
        lefts = frozenset(end for _, end, _ in ends)
        rights = frozenset(end for _, _, end in ends)
        if step.left == step.right:
            lefts = rights = lefts & rights
        changed = (tables, lefts, rights) != (step.tables, left, right)
        step.tables = tables
        self.nodes[step.left] = lefts
        self.nodes[step.right] = rights
        return changed

    def bind(self, paths: Sequence[Path], scope: Scope, *, optional: bool = False) -> None:
        """Put the variables of the patterns into a scope."""
        for name, index in self.variables.items():
            known = scope.get(name)
            if known is None or known.kind != "node":
                scope[name] = Bound("node", self.nodes[index], optional)
            elif not optional:
                scope[name] = replace(known, names=self.nodes[index])
        for step in self.steps:
            variable = step.part.variable
            if variable is not None and variable.name not in scope:
                types = frozenset(type for type, _, _ in step.tables)
                directed = step.part.left != step.part.right
                kind: Literal["edge", "edges"] = "edges" if step.is_long else "edge"
                scope[variable.name] = Bound(kind, types, optional, directed)
        for path in paths:
            if path.variable is not None:
                scope[path.variable.name] = Bound("path", None, optional)

    def impossible(self) -> Step | None:
        """Return a relationship that no edge of the schema can be; None where all are possible."""
        return next((step for step in self.steps if not step.is_long and not step.tables), None)


def _ways(part: Relationship, table: Table) -> Iterator[tuple[str, str]]:
    """Yield the labels at the left and the right end."""
    _, source, target = table
    if part.right or not part.left:
        yield source, target
    if part.left or not part.right:
        yield target, source


def project(projection: Projection, scope: Scope) -> Scope:
    """Return the scope after a projection, of the variables that it passes on as they are."""
    after = dict(scope) if projection.star is not None else {}
    for item in projection.items:
        name = plain_variable(item.value)
        known = scope.get(name) if name else None
        if item.alias is not None:
            after[item.alias.name] = known or Bound("value")
        elif name:
            after[name] = known or Bound("value")
    return after


def plain_variable(expression: Expression) -> str | None:
    """Return the name, if the expression is nothing but a variable."""
    operand: Operand | None = expression.only()
    if operand is None or operand.after or not isinstance(operand.atom, Variable):
        return None
    return operand.atom.name


def refuse_empty(labels: Labels, text: str, chosen: frozenset[str]) -> None:
    """Refuse labels that nothing can have.

    Raises:
        QueryError: nothing has them.
    """
    if not chosen:
        raise QueryError(
            f"nothing is {text[labels.start : labels.end]}: in matlore's graph a node has one label"
            " and an edge one type; write | for either of them"
        )
