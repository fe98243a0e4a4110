"""Writes patterns in Ladybug's Cypher, where no edge may be walked twice in one MATCH."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import ClassVar

from .ladybug_lists import ListWriter
from .scope import Patterns, Step, choose, refuse_empty
from .statement_tree import Match, Projection, Subquery
from .tree import (
    Call,
    Expression,
    Labels,
    NodePattern,
    Part,
    Path,
    PatternTest,
    Quantified,
    Relationship,
    Variable,
    walk,
)
from .writer import differs, quoted

__all__ = ["PatternWriter", "has_aggregate"]

_AGGREGATES = frozenset(
    "avg collect count max min percentilecont percentiledisc stdev stdevp sum".split()
)
_LONGEST = 30
_MOST_STEPS = 40


class PatternWriter(ListWriter):
    """Writes patterns."""

    _WAYS: ClassVar[Mapping[type[Part], str]] = {
        **ListWriter._WAYS,
        Path: "_path",
        NodePattern: "_node",
        Relationship: "_relationship",
        Quantified: "_quantified",
    }
    _names: Mapping[int, str] = {}
    _shortest: str | None = None

    def match(
        self, paths: Sequence[Path], where: Expression | None, *, optional: bool = False
    ) -> tuple[str, list[str]]:
        """Write the patterns of a MATCH, and the conditions to be met beside its own.

        The variables of the patterns are in scope from here on.
        """
        patterns = Patterns(paths, self.scope, self.schema)
        self._check_shortest(paths, where)
        names, conditions = self._apart(patterns.steps)
        patterns.bind(paths, self.scope, optional=optional)
        if optional:
            self._witness(paths, names)
        outer, self._names = self._names, names
        text = ""
        at = paths[0].start
        for path in paths:
            text += self.text[at : path.start] + self.write(path)
            at = path.end
        self._names = outer
        for path in paths:
            conditions += [self.write(inner) for inner in self._inner_conditions(path)]
        return text, conditions

    def _witness(self, paths: Sequence[Path], names: dict[int, str]) -> None:
        """Name an edge of each named path: Ladybug's path is not null where nothing matched."""
        for path in paths:
            edge = next((part for part in path.elements if isinstance(part, Relationship)), None)
            if path.variable is None or edge is None:
                continue
            key = edge.variable
            if edge.start not in names:
                names[edge.start] = self.write(key) if key is not None else self.fresh()
            name = names[edge.start]
            is_long = edge.length is not None or path.function is not None
            bound = self.scope[path.variable.name]
            self.scope[path.variable.name] = replace(
                bound, witness=f"rels({name})" if is_long else name
            )

    def _inner_conditions(self, path: Path) -> list[Expression]:
        found = []
        for part in path.elements:
            if isinstance(part, NodePattern | Relationship) and part.where is not None:
                found.append(part.where)
        return found

    def _apart(self, steps: Sequence[Step]) -> tuple[dict[int, str], list[str]]:
        """Name the relationships that could be the same edge, and say that they are not."""
        if len(steps) > _MOST_STEPS:
            differs(f"joins at most {_MOST_STEPS} edges in one MATCH", "write several")
        pairs = [(one, other) for one, other in combinations(steps, 2) if _can_be_same(one, other)]
        names: dict[int, str] = {}
        for step in (step for pair in pairs for step in pair):
            if step.part.start not in names:
                key = step.part.variable
                name = self.write(key) if key is not None else self.fresh()
                names[step.part.start] = name
        conditions = [
            _are_apart(names[one.part.start], one.is_long, names[other.part.start], other.is_long)
            for one, other in pairs
        ]
        return names, conditions

    def _check_shortest(self, paths: Sequence[Path], where: Expression | None) -> None:
        """Refuse conditions on a shortest path: Neo4j finds the shortest that meets them."""
        for path in paths:
            if path.function is None or where is None:
                continue
            named = [part.variable for part in (path, *path.elements)
                     if isinstance(part, Path | Relationship)]  # fmt: skip
            names = {key.name for key in named if key is not None}
            for part in walk(where):
                if isinstance(part, Variable) and part.name in names:
                    differs(
                        f"applies WHERE {part.name} … after it found the shortest path, Neo4j"
                        " while it looks for it",
                        f"write WITH * WHERE … on {part.name} after the MATCH if that is meant",
                    )

    def _path(self, part: Path) -> str:
        if part.selector is not None:
            differs(f"has no {part.selector}", "write shortestPath(…) or allShortestPaths(…)")
        if part.function is None:
            return self.copy(part)
        if len(part.elements) != 3:
            differs(f"takes one relationship in {part.function}", "MATCH the others beside it")
        self._shortest = "ALL SHORTEST" if part.function.lower().startswith("all") else "SHORTEST"
        written = "".join(self.write(element) for element in part.elements)
        self._shortest = None
        name = part.variable
        return f"{self.write(name)} = {written}" if name else written

    def _quantified(self, part: Quantified) -> str:
        differs(f"has no repeated patterns ({self.where(part)})", "write -[:TYPE*1..3]-")

    def _node(self, part: NodePattern) -> str:
        instead = {}
        if part.labels is not None:
            instead[part.labels.start] = self._labels(part.labels, self.schema.node_types)
        if part.where is None:
            return self.copy(part, instead)
        name = part.variable
        pieces = [self.write(name) if name is not None else ""]
        pieces += instead.values()
        pieces += [f" {self.write(part.properties)}"] if part.properties is not None else []
        return f"({''.join(pieces)})"

    def _labels(self, labels: Labels, known: Mapping[str, object]) -> str:
        text = self.text[labels.start : labels.end]
        if all(item == "|" or item.startswith("=") for item in labels.postfix):
            for token in reversed(labels.names):
                start, end = token.start - labels.start, token.end - labels.start
                text = text[:start] + quoted(token.text) + text[end:]
            return text
        chosen = choose(labels, known)
        refuse_empty(labels, self.text, chosen)
        return "" if len(chosen) == len(known) else ":" + "|".join(f"`{n}`" for n in sorted(chosen))

    def _relationship(self, part: Relationship) -> str:
        if part.quantifier:
            differs(f"has no repeated patterns ({self.where(part)})", "write -[:TYPE*1..3]-")
        if part.mode is not None or (part.labels is None and part.inside is None and not (
            part.start in self._names or self._shortest or (part.left and part.right)
        )):  # fmt: skip
            return self.copy(part)
        name = self._names.get(part.start, "")
        if not name and part.variable is not None:
            name = self.write(part.variable)
        labels = self._labels(part.labels, self.schema.edge_types) if part.labels else ""
        properties = f" {self.write(part.properties)}" if part.properties is not None else ""
        inside = f"{name}{labels}{self._length(part)}{properties}"
        left = "<-" if part.left and not part.right else "-"
        right = "->" if part.right and not part.left else "-"
        return f"{left}[{inside}]{right}" if inside else f"{left}{right}"

    def _length(self, part: Relationship) -> str:
        if part.length is None:
            return f"* {self._shortest} 1..1" if self._shortest else ""
        if part.where is not None:
            differs("checks no WHERE inside of -[*]-", "write all(r IN relationships(p) WHERE …)")
        low, high = int(part.low or "1"), part.high
        if self._shortest is not None and low != 1:
            differs("finds shortest paths from 1 edge on", "write *1..")
        if high is None and self._shortest is None:
            differs(
                f"needs a bound on -[*]- ({self.where(part)})", f"write *{low}..N, N at most 30"
            )
        most = int(high or _LONGEST)
        if most > _LONGEST:
            differs(f"walks at most {_LONGEST} edges", f"write *{low}..{_LONGEST}")
        return f"* {self._shortest or 'TRAIL'} {low}..{most}"

    def _pattern_test(self, part: PatternTest) -> str:
        if part.path.function is not None:
            differs("has no shortest paths in expressions", "MATCH the path")
        return self.in_new_scope(lambda: self._matched("EXISTS", [([part.path], None)]))

    def _subquery(self, part: Subquery) -> str:
        clauses = part.query.singles[0].clauses
        matches = [clause for clause in clauses if isinstance(clause, Match)]
        rest = clauses[len(matches) :]
        plain = not rest or (len(rest) == 1 and _is_plain_return(part.kind, rest[0]))
        optional = any(match.optional for match in matches)
        if part.kind == "COLLECT" or len(part.query.singles) > 1 or optional or not plain:
            differs(
                f"takes only MATCH and WHERE in {part.kind} {{ … }} ({self.where(part)})",
                "write OPTIONAL MATCH, then WITH …, count(…) or collect(…)",
            )
        return self.in_new_scope(
            lambda: self._matched(part.kind, [(match.paths, match.where) for match in matches])
        )

    def _matched(
        self, kind: str, matches: Sequence[tuple[Sequence[Path], Expression | None]]
    ) -> str:
        """Write several MATCHes as one; edges of different ones may be the same."""
        texts = []
        conditions = []
        for paths, where in matches:
            text, more = self.match(paths, where)
            texts.append(text)
            conditions += more
            if where is not None:
                conditions.append(f"({self.write(where)})")
        condition = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"{kind} {{ MATCH {', '.join(texts)}{condition} }}"


def has_aggregate(part: Part) -> bool:
    """Tell whether a part calls a function such as count."""
    return any(
        isinstance(inner, Call) and inner.name.lower() in _AGGREGATES for inner in walk(part)
    )


def _is_plain_return(kind: str, clause: Part) -> bool:
    """Tell whether a RETURN at the end of a subquery leaves its rows as they are."""
    if not isinstance(clause, Projection) or not clause.is_return:
        return False
    if clause.skip is not None or clause.limit is not None:
        return False
    return not has_aggregate(clause) and (kind == "EXISTS" or not clause.distinct)


def _can_be_same(one: Step, other: Step) -> bool:
    if one.shortest or other.shortest or _is_shortest(one.part) or _is_shortest(other.part):
        return False
    mine, yours = one.part.variable, other.part.variable
    if mine is not None and yours is not None and mine.name == yours.name:
        return False
    return bool(one.tables & other.tables)


def _is_shortest(part: Relationship) -> bool:
    return part.mode is not None and "SHORTEST" in part.mode


def _are_apart(one: str, one_long: bool, other: str, other_long: bool) -> str:
    if one_long and other_long:
        return f"NOT list_has_any({_ids(one)}, {_ids(other)})"
    if one_long:
        return f"NOT list_contains({_ids(one)}, id({other}))"
    if other_long:
        return f"NOT list_contains({_ids(other)}, id({one}))"
    return f"id({one}) <> id({other})"


def _ids(name: str) -> str:
    return f"properties(rels({name}), '_id')"
