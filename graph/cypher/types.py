"""What type an expression has, where the query and the schema tell."""

from ..schema import GraphSchema, ValueType
from .scope import Scope, plain_variable
from .tokens import Kind
from .tree import (
    Call,
    Expression,
    Group,
    Index,
    ListComprehension,
    Literal,
    Operand,
    Part,
    Property,
    Variable,
)

__all__ = ["THINGS", "type_of"]

THINGS = "things"
"""The type of a list of nodes or edges."""


_LISTS = frozenset(
    ("collect", "range", "split", "tail", "labels", "keys",
     "list_sort", "list_reverse", "list_distinct", "list_filter", "list_transform", "string_split")
)  # fmt: skip
_TEXTS = frozenset(
    ("tolower", "toupper", "lower", "upper", "trim", "ltrim", "rtrim", "btrim", "replace",
     "substring", "left", "right", "tostring", "type", "label")
)  # fmt: skip
_INTEGERS = frozenset(("size", "length", "count", "tointeger", "char_length", "sign"))
_NUMBERS = frozenset(
    ("tofloat", "avg", "sqrt", "log", "log10", "exp", "round", "ceil", "floor", "rand", "pi", "e")
)
_LITERALS = {
    Kind.STRING: "text",
    Kind.INTEGER: "integer",
    Kind.FLOAT: "number",
}


def type_of(part: Part, scope: Scope, schema: GraphSchema) -> str | None:
    """Return a value of `ValueType`, or `list`; None where it is not known."""
    if isinstance(part, Expression):
        operand = part.only()
        return None if operand is None else type_of(operand, scope, schema)
    if isinstance(part, Operand):
        return _operand(part, scope, schema)
    if isinstance(part, Literal):
        return "boolean" if part.token.is_word("TRUE", "FALSE") else _LITERALS.get(part.token.kind)
    if isinstance(part, Group):
        return "list" if part.list else type_of(part.items[0], scope, schema)
    if isinstance(part, ListComprehension):
        return "boolean" if part.function else "list"
    if isinstance(part, Call):
        return _call(part, scope)
    if isinstance(part, Variable):
        bound = scope.get(part.name)
        return None if bound is None else THINGS if bound.kind == "edges" else bound.type
    return None


def _call(call: Call, scope: Scope) -> str | None:
    name = call.name.lower()
    if name in ("nodes", "relationships", "rels"):
        return THINGS
    if name == "collect" and call.arguments and isinstance(call.arguments[0], Expression):
        collected = scope.get(plain_variable(call.arguments[0]) or "")
        return THINGS if collected is not None and collected.kind in ("node", "edge") else "list"
    for names, type in (
        (_LISTS, "list"),
        (_TEXTS, "text"),
        (_INTEGERS, "integer"),
        (_NUMBERS, "number"),
    ):
        if name in names:
            return type
    return "date" if name == "date" else None


def _operand(part: Operand, scope: Scope, schema: GraphSchema) -> str | None:
    if not part.after:
        return type_of(part.atom, scope, schema)
    first = part.after[0]
    if len(part.after) > 1 or not isinstance(first, Property):
        last = part.after[-1]
        if not isinstance(last, Index) or not last.slice:
            return None
        before = Operand(part.start, last.start, part.atom, part.after[:-1])
        return THINGS if type_of(before, scope, schema) == THINGS else "list"
    if not isinstance(part.atom, Variable) or part.atom.name not in scope:
        return None
    bound = scope[part.atom.name]
    if bound.kind not in ("node", "edge") or bound.names is None:
        return None
    known = schema.node_types if bound.kind == "node" else schema.edge_types
    types = {
        has.type for name in bound.names for has in known[name].properties if has.name == first.name
    }
    if len(types) != 1:
        return None
    type = types.pop()
    return "list" if type in (ValueType.TEXTS, ValueType.INTEGERS) else str(type)
