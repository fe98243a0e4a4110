"""A lexer of Cypher, by the lexical rules of openCypher and what Neo4j 5 adds to them.

The reader is our own: of the parsers on PyPI, graphglot's refuses `[:OF]` and patterns inside
`EXISTS {}`, and antlr4-cypher knows openCypher 9 only, without subqueries.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from matlore.errors import QueryError

__all__ = ["Kind", "Token", "place", "quote_name", "tokenize"]

_MAX_LENGTH = 120_000


class Kind(Enum):
    """What a token is."""

    NAME = "name"
    QUOTED = "quoted name"
    STRING = "string"
    INTEGER = "integer"
    FLOAT = "number"
    PARAMETER = "parameter"
    SIGN = "sign"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `text` is as written, `query[start:end]`.

    Attributes:
        value: a name or a parameter without quotes and `$`; elsewise the text.
    """

    kind: Kind
    text: str
    start: int
    end: int
    value: str

    @property
    def is_name(self) -> bool:
        """Whether it can be a name: quoted or not, a keyword or not."""
        return self.kind is Kind.NAME or self.kind is Kind.QUOTED

    def is_word(self, *words: str) -> bool:
        """Tell whether it is one of some keywords, in capitals here and in any case there."""
        return self.kind is Kind.NAME and self.text.upper() in words

    def is_sign(self, *signs: str) -> bool:
        """Tell whether it is one of some operators or brackets."""
        return self.kind is Kind.SIGN and self.text in signs


_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\r\f\v\u00a0]+ | //[^\r\n]* | /\*(?s:.*?)\*/)
  | (?P<STRING>'(?:[^'\\]|\\(?s:.))*' | "(?:[^"\\]|\\(?s:.))*")
  | (?P<QUOTED>`(?:[^`]|``)*`)
  | (?P<PARAMETER>\$(?:[^\W\d]\w*|\d+|`(?:[^`]|``)*`))
  | (?P<FLOAT>(?:\d[\d_]*)?\.\d[\d_]*(?:[eE][-+]?\d+)? | \d[\d_]*[eE][-+]?\d+)
  | (?P<INTEGER>0[xX][0-9a-fA-F_]+ | 0[oO]?[0-7_]+ | \d[\d_]*)
  | (?P<NAME>[^\W\d]\w*)
  | (?P<SIGN><>|<=|>=|=~|\.\.|\|\||\+=|::|/(?!\*)|[-+*%^=<>()\[\]{},.:;|&!])
    """,
    re.VERBOSE,
)
_UNFINISHED = {"'": "string", '"': "string", "`": "name", "/": "comment", "$": "parameter"}
_ESCAPE = re.compile(r"\\u+([0-9a-fA-F]{4})?")


def tokenize(query: str) -> list[Token]:
    """Split a query into tokens; what lies between them is white space and comments.

    Raises:
        QueryError: a character that Cypher does not know, or a string, name or comment that does
            not end.
    """
    if len(query) > _MAX_LENGTH:
        raise QueryError(
            f"the query is {len(query)} characters long; at most {_MAX_LENGTH} are read"
        )
    _check_escapes(query)
    tokens = []
    position = 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None:
            raise QueryError(_unknown(query, position))
        position = match.end()
        kind = match.lastgroup
        if kind is not None and kind != "space":
            text = match.group()
            tokens.append(Token(Kind[kind], text, match.start(), position, _value(text)))
    _check_numbers(query, tokens)
    return tokens


def _value(text: str) -> str:
    if text[0] == "$" and len(text) > 1:
        text = text[1:]
    if text[0] == "`":
        return text[1:-1].replace("``", "`")
    return text


def _check_escapes(query: str) -> None:
    r"""Refuse a `\uXXXX` that would be a quote or the like.

    Neo4j puts the character in before it looks for tokens, so that `\u0027` ends a string there.
    """
    for match in _ESCAPE.finditer(query):
        code = match.group(1)
        if code is not None and not _is_harmless(chr(int(code, 16))):
            raise QueryError(
                f"the query has {match.group()} at {place(query, match.start())}, which a server"
                " may read as a quote, a line's end or nothing: write the character itself"
            )


def _is_harmless(character: str) -> bool:
    """Tell whether a character means the same in a string, a name and a comment: not at all."""
    return character == " " or unicodedata.category(character)[0] in "LN" or character in "°µ·±×…"


def _check_numbers(query: str, tokens: list[Token]) -> None:
    """Refuse a number that a name follows without a gap, such as `1x`: servers differ on it."""
    for token, following in pairwise(tokens):
        number = token.kind is Kind.INTEGER or token.kind is Kind.FLOAT
        if number and token.end == following.start and following.is_name:
            raise QueryError(
                f"{token.text + following.text!r} at {place(query, token.start)}"
                " is neither a number nor a name"
            )


def _unknown(query: str, position: int) -> str:
    character = query[position]
    where = place(query, position)
    unfinished = _UNFINISHED.get(character)
    if unfinished is not None:
        return f"the {unfinished} that begins at {where} does not end"
    name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
    return f"no Cypher at {where}: {character!r} ({name})"


def place(query: str, position: int) -> str:
    """Say where a position is: `line 1, column 5`."""
    line = query.count("\n", 0, position) + 1
    column = position - query.rfind("\n", 0, position)
    return f"line {line}, column {column}"


def quote_name(name: str) -> str:
    """Quote a name, so that it can be put into a query.

    Raises:
        QueryError: it is empty, or has a character that some servers read as something else.
    """
    if not name or "\\" in name or any(unicodedata.category(c)[0] == "C" for c in name):
        raise QueryError(f"{name!r} cannot be a name in a query")
    return "`" + name.replace("`", "``") + "`"
