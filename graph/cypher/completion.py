"""Completes what is being written in the shell: labels, types, properties, words."""

import re

from matlore.errors import QueryError

from ..schema import SCHEMA, GraphSchema
from .functions import FUNCTIONS
from .tokens import Kind, Token, tokenize

__all__ = ["completions"]

_WORDS = (
    "MATCH", "OPTIONAL MATCH", "WHERE", "WITH", "RETURN", "DISTINCT", "ORDER BY", "SKIP", "LIMIT",
    "UNWIND", "UNION", "UNION ALL", "AS", "AND", "OR", "NOT", "XOR", "IN", "IS NULL",
    "IS NOT NULL", "STARTS WITH", "ENDS WITH", "CONTAINS", "CASE", "WHEN", "THEN", "ELSE", "END",
    "EXISTS", "COUNT", "ASC", "DESC", "true", "false", "null",
)  # fmt: skip
_FUNCTIONS = (
    "abs allShortestPaths avg ceil coalesce collect count date endNode exists exp floor head id"
    " keys labels last left length log log10 max min nodes percentileCont properties range reduce"
    " relationships replace reverse right round shortestPath sign size split sqrt startNode stDev"
    " substring sum tail toFloat toInteger toLower toString toUpper trim type"
)
_BEFORE_NODES = (
    "MATCH",
    "WHERE",
    "AND",
    "OR",
    "XOR",
    "NOT",
    "WHEN",
    "THEN",
    "ELSE",
    "RETURN",
    "WITH",
)
_UNFINISHED = re.compile(r"`?\w*$")
_BRACKET = {"(": "node", "[": "edge"}


def completions(text_before_cursor: str, schema: GraphSchema = SCHEMA) -> list[str]:
    """Return what can be written at the cursor, the word that is being written included.

    After `:` these are labels, or types inside of `[`; after a variable and `.` its properties,
    or all that there are where its label is not known; else keywords, functions and the
    variables of the query.
    """
    match = _UNFINISHED.search(text_before_cursor)
    begun = match.group() if match else ""
    tokens = _tokens(text_before_cursor[: len(text_before_cursor) - len(begun)])
    if tokens is None:
        return []
    found = _candidates(tokens, schema)
    prefix = begun.lstrip("`").casefold()
    return [name for name in found if name.casefold().startswith(prefix)]


def _tokens(text: str) -> list[Token] | None:
    """Return the tokens; None inside of a string, name or comment that is not finished."""
    try:
        return tokenize(text)
    except QueryError:
        return None


def _candidates(tokens: list[Token], schema: GraphSchema) -> list[str]:
    last = tokens[-1] if tokens else None
    if last is not None and last.is_sign(":", "|", "&", "!"):
        kind = _inside(tokens)
        if kind is not None or last.is_sign(":"):
            return sorted(schema.edge_types if kind == "edge" else schema.node_types)
    if last is not None and last.is_sign(".") and len(tokens) > 1 and tokens[-2].is_name:
        return _properties(tokens, tokens[-2].value, schema)
    if last is not None and last.is_sign("{", ",") and (names := _of_map(tokens, schema)):
        return names
    variables = {name for name, _ in _variables(tokens)}
    functions = [name for name in _FUNCTIONS.split() if name.lower() in FUNCTIONS or "Path" in name]
    return [*sorted(variables), *_WORDS, *functions]


def _inside(tokens: list[Token]) -> str | None:
    """Tell in what the end is: a node's or an edge's brackets, or none."""
    opened: list[str] = []
    for token in tokens:
        if token.is_sign("(", "[", "{"):
            opened.append(token.text)
        elif token.is_sign(")", "]", "}") and opened:
            opened.pop()
    return _BRACKET.get(opened[-1]) if opened else None


def _variables(tokens: list[Token]) -> list[tuple[str, list[str]]]:
    """Return the variables that patterns name, with their labels or types."""
    found = []
    for number, token in enumerate(tokens[1:], start=1):
        if not token.is_name or not tokens[number - 1].is_sign("(", "["):
            continue
        if number > 1 and tokens[number - 1].is_sign("(") and _is_function(tokens[number - 2]):
            continue
        names = []
        at = number + 1
        while at + 1 < len(tokens) and tokens[at].is_sign(":", "|") and tokens[at + 1].is_name:
            names.append(tokens[at + 1].value)
            at += 2
        found.append((token.value, names))
    return found


def _is_function(token: Token) -> bool:
    """Tell whether a bracket after the name is that of a call."""
    return token.is_name and not token.is_word(*_BEFORE_NODES)


def _properties(tokens: list[Token], variable: str, schema: GraphSchema) -> list[str]:
    labels = [name for found, names in _variables(tokens) if found == variable for name in names]
    return _names_of(labels, schema)


def _names_of(labels: list[str], schema: GraphSchema) -> list[str]:
    """Return the properties of labels and types, or of all."""
    known = {node.label: node.properties for node in schema.nodes}
    known |= {edge.type: edge.properties for edge in schema.edges}
    chosen = [known[label] for label in labels if label in known] or list(known.values())
    return list(dict.fromkeys(has.name for properties in chosen for has in properties))


def _labels(schema: GraphSchema) -> list[str]:
    """Return all labels and types."""
    return [*(node.label for node in schema.nodes), *(edge.type for edge in schema.edges)]


def _of_map(tokens: list[Token], schema: GraphSchema) -> list[str]:
    """Return the properties for `(m:Material {`; nothing elsewhere."""
    depth = 0
    for number in range(len(tokens) - 1, 0, -1):
        token = tokens[number]
        if token.is_sign(")", "]", "}"):
            depth += 1
        elif token.is_sign("(", "["):
            depth -= 1
        elif token.is_sign("{"):
            if depth == 0:
                label = tokens[number - 1]
                is_label = label.kind is not Kind.STRING and label.value in _labels(schema)
                return _names_of([label.value], schema) if is_label else []
            depth -= 1
        if depth < 0:
            return []
    return []
