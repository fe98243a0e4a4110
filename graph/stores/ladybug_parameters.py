"""Parameters as Ladybug takes them.

Ladybug 0.22 takes an integer for the narrowest type that holds it, so that `$a * $b` overflows at
128; it takes a parameter that is not given for null, and no list or map whose type it cannot tell
from what is in it; and it loses values where the maps of a list differ in their keys. So integers
are cast here, maps of a list get the same keys, and what has no type is written into the query
as what it is: `[]` and `null`, never a value of the user's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from matlore.errors import QueryError

from ..cypher.tokens import Kind, Token, quote_name, tokenize
from .base import Value

__all__ = ["BoundQuery", "bind"]

_INT64 = 2**63
_LIMITING = ("SKIP", "LIMIT")
_MOST_LITERALS = 1000
_READING = ("MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "EXPLAIN", "PROFILE")
_WRITING = ("CREATE", "MERGE", "COPY", "LOAD", "DROP", "ALTER", "COMMENT")


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """A query of one statement, and the values of its parameters.

    Attributes:
        shown: what Ladybug calls a column that is a parameter, and what the query calls it.
    """

    text: str
    values: dict[str, Value] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)


def bind(
    query: str, parameters: Mapping[str, Value], *, rows: int | None = None, write: bool = False
) -> BoundQuery:
    """Return a query with its parameters as Ladybug takes them.

    Args:
        query: in Ladybug's dialect.
        parameters: by name; those that the query does not ask for are left out.
        rows: where given, and the query sets no limit of its own, the limit to put at its end.
        write: whether the statement may be one that changes the graph. What changes files, other
            databases, transactions or settings may not be run at all.

    Raises:
        QueryError: there is no query or more than one, it is of a kind that is not run here, a
            parameter has no value, or one that no store takes.
    """
    tokens = _statement(tokenize(query))
    _check_kind(tokens, write)
    binder = _Binder(dict(parameters))
    parts, position = [], 0
    for before, token in zip((None, *tokens), tokens, strict=False):
        if token.kind is Kind.PARAMETER:
            limiting = before is not None and before.is_word(*_LIMITING)
            parts += [query[position : token.start], binder.expression(token.value, limiting)]
            position = token.end
    parts.append(query[position : tokens[-1].end])
    if rows is not None and _is_open_ended(tokens):
        parts.append(f"\nLIMIT {rows}")
    return BoundQuery("".join(parts), binder.values, binder.shown)


def _statement(tokens: list[Token]) -> list[Token]:
    """Return the tokens of the one statement there must be, without a semicolon at its end."""
    while tokens and tokens[-1].is_sign(";"):
        tokens = tokens[:-1]
    if not tokens:
        raise QueryError("the query is empty")
    if any(token.is_sign(";") for token in tokens):
        raise QueryError("there are several queries: give one at a time")
    return tokens


def _check_kind(tokens: list[Token], write: bool) -> None:
    """Refuse statements that read-only opening lets through, and those that are no queries.

    Ladybug's settings (`CALL threads=1`) and transactions would outlive the query.
    """
    first, setting = tokens[0], len(tokens) > 2 and tokens[2].is_sign("=")
    if first.is_word(*_READING) and not (first.is_word("CALL") and setting):
        return
    if first.is_word(*_WRITING):
        if write:
            return
        raise QueryError(f"{first.text} would change the graph, or files: `--write` lets it")
    raise QueryError(f"the query begins with {first.text[:40]!r}, which is not run here")


def _is_open_ended(tokens: list[Token]) -> bool:
    """Tell whether a limit can be put at the end: it ends with RETURN, which has no limit yet."""
    depth, returned, limited = 0, False, False
    for before, token in zip((None, *tokens), tokens, strict=False):
        if token.is_sign("(", "[", "{"):
            depth += 1
        elif token.is_sign(")", "]", "}"):
            depth -= 1
        elif depth == 0 and not (before is not None and before.is_sign(".", ":")):
            if token.is_word("UNION", "EXPLAIN", "PROFILE"):
                return False
            if token.is_word("RETURN"):
                returned = True
            elif returned and token.is_word("LIMIT"):
                limited = True
    return returned and not limited


class _Binder:
    """Collects the values that a query is run with."""

    def __init__(self, given: Mapping[str, Value]) -> None:
        self._given = given
        self._made: dict[tuple[str, bool], str] = {}
        self.values: dict[str, Value] = {}
        self.shown: dict[str, str] = {}

    def expression(self, name: str, limiting: bool) -> str:
        """Return what stands for a parameter in the query's text."""
        if name not in self._given:
            raise QueryError(f"no value for the parameter ${name}: give one with --param")
        if (name, limiting) not in self._made:
            value = _checked(self._given[name], name)
            # After SKIP and LIMIT there can be nothing but a parameter.
            made = self._bare(value) if limiting else self._of(value, name)
            self._made[name, limiting] = made
            self.shown[made.replace("'", "")] = f"${name}"
        return self._made[name, limiting]

    def _bare(self, value: Value) -> str:
        """Bind a value; the names are ours, as Ladybug takes no quoted ones.

        None begins with another, so that they are found in the names of columns.
        """
        name = f"p{len(self.values)}_"
        self.values[name] = value
        return f"${name}"

    def _of(self, value: Value, name: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return f"CAST({self._bare(value)}, 'INT64')"
        if not isinstance(value, list | dict) or value == {}:
            return self._bare(value)
        type = _type(value)
        if type is None:
            return self._written(value, name)
        bound = self._bare(value)
        return f"CAST({bound}, '{type}')" if "STRUCT" in type else bound

    def _written(self, value: Value, name: str) -> str:
        """Write out what has parts without a type; the values in it become parameters."""
        if len(self.values) > _MOST_LITERALS:
            raise QueryError(
                f"the parameter ${name} has too many lists or maps in which something is empty"
            )
        if isinstance(value, dict) and value:
            entries = (
                f"{quote_name(key)}: {self._written(one, name)}" for key, one in value.items()
            )
            return "{" + ", ".join(entries) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._written(one, name) for one in value) + "]"
        return "null" if value is None else self._of(value, name)


def _checked(value: Value, name: str) -> Value:
    """Return a value in plain types, maps of a list with the same keys.

    Raises:
        QueryError: it is of another type, or too large.
    """
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise QueryError(f"the parameter ${name} has {value}, which is no 64-bit integer")
        return value
    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, date) and type(value) is date:
        return value
    if isinstance(value, Mapping):
        return {_text(key, name): _checked(one, name) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return _aligned([_checked(one, name) for one in value])
    raise QueryError(
        f"the parameter ${name} has a value of type {type(value).__name__}, which no graph holds"
    )


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise QueryError(
            f"the parameter ${name} has a map with the key {value!r}, which is no text"
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise QueryError(f"the parameter ${name} has {value!r}, which is no text") from error
    return value


def _aligned(values: list[Value]) -> list[Value]:
    """Give the maps in a list the same keys, in the same order."""
    maps = [value for value in values if isinstance(value, dict)]
    if len(maps) < 2:
        return values
    keys = list(dict.fromkeys(key for one in maps for key in one))
    return [
        {key: value.get(key) for key in keys} if isinstance(value, dict) else value
        for value in values
    ]


def _type(value: Value) -> str | None:
    """Return Ladybug's type of a value; None where it cannot be told, or cannot be written."""
    if isinstance(value, bool):
        return "BOOL"
    if isinstance(value, int):
        return "INT64"
    if isinstance(value, float):
        return "DOUBLE"
    if isinstance(value, str):
        return "STRING"
    if isinstance(value, date):
        return "DATE"
    if isinstance(value, dict):
        return _type_of_map([value])
    if isinstance(value, list):
        inner = _common(value)
        return None if inner is None else f"{inner}[]"
    return None


def _common(values: Iterable[Value]) -> str | None:
    """Return the type of all values that have one."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, dict) for value in known):
        return _type_of_map(known)
    if known and all(isinstance(value, list) for value in known):
        inner = _common([one for value in known for one in value])
        return None if inner is None else f"{inner}[]"
    types = {_type(value) for value in known}
    if types == {"INT64", "DOUBLE"}:
        return "DOUBLE"
    return types.pop() if len(types) == 1 else None


def _type_of_map(maps: list[Mapping[str, Value]]) -> str | None:
    fields = []
    for key in dict.fromkeys(key for one in maps for key in one):
        type = _common([one.get(key) for one in maps])
        if type is None or not key.isidentifier():
            return None
        fields.append(f"{key} {type}")
    return f"STRUCT({', '.join(fields)})" if fields else None
