"""What a search refuses."""

import unicodedata

from matlore.errors import UsageError

__all__ = ["LONGEST_QUERY", "check_query"]

LONGEST_QUERY = 20_000
"""Characters of a query that are read."""

_MODES = ("fusion", "text", "dense", "graph")
_ELEMENTS_ALONE = frozenset("HBCNOFPSKVYIWU")


def check_query(query: str, mode: str, like: str | None, collection: str) -> None:
    """Refuse what asks for nothing.

    Raises:
        UsageError: the mode is none, or the query is empty or one letter.
    """
    if mode not in _MODES:
        raise UsageError(f"--mode {mode}: use {', '.join(_MODES)}")
    if mode == "graph" and collection != "papers":
        raise UsageError(f"--mode graph finds papers, not {collection}")
    plain = query.strip()
    if not plain and like is not None:
        return
    if not plain:
        raise UsageError("the query is empty; name what to look for, or a paper with --like ID")
    signs = [sign for sign in plain[:LONGEST_QUERY] if sign.isalnum()]
    if not signs:
        raise UsageError(f"{plain[:40]}: there is no word in it; name what to look for in words")
    # One sign may be a word where words are not spelled with letters.
    if len(signs) == 1 and signs[0] not in _ELEMENTS_ALONE and _is_letter(signs[0]):
        raise UsageError(f"{plain[:40]}: one letter finds nothing; name what to look for in words")


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign) != "Lo"
