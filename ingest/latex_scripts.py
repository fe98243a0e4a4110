"""What subscripts and superscripts look like in plain text."""

import re

__all__ = ["SUPERSCRIPT", "attach_superscript", "bare_subscript", "subscript_pattern"]

SUPERSCRIPT = re.compile(
    r"\d*[+-](?![\w.])|[+-]?\d+(?:\.\d+)?|(?:th|st|nd|rd)\b|[*'†°]+|[+-]\w+|\(-\d+\)|[^\s([+-]"
)
_SUBSCRIPT = re.compile(r"\(\d[\w.+-]{0,8}\)|\([xyz]\)|\d+(?:\.\d+)?|[A-Za-zα-ω](?![a-zα-ω])")
_SUBSCRIPT_WORD = re.compile(r"[a-z]{2,5}\b")
_SYMBOL_BASE = re.compile(r"(?:^|.*[^A-Za-z])[A-Zα-ωΓ-Ω]$", re.DOTALL)
_PARENTHESISED = re.compile(r"\((\d[\w.+-]{0,8}|[xyz])\)")
_CHARGE = re.compile(r"[\dnδ.]*[+-]")
_PLAIN_EXPONENT = re.compile(r"[+-]?[\w.]+|[+-]?\d+/\d+|[\w.]*[+-]|[^\w\s]")
_MARK = re.compile(r"[*†‡°'′″®™]+")


def attach_superscript(before: str, content: str) -> str:
    """Return what a superscript looks like after the character `before`.

    Args:
        before: the character in front of it; empty at the start of a text.
        content: the rendered superscript: `2+`, `-3`, `13`, `*`.

    Returns:
        `content` alone for charges, isotopes and marks, with a `^` in front elsewhere.
    """
    content = content.strip()
    if content.startswith("(") and content.endswith(")") and content[1:2] != "(":
        content = content[1:-1] if content[1:2] == "-" else content
        return "^" + content if before.isalnum() else content
    if not content or _MARK.fullmatch(content) or content in ("th", "st", "nd", "rd"):
        return content
    if not before or not (before.isalnum() or before in ")]}|°⟩'*"):
        return content
    if _CHARGE.fullmatch(content) and before.isalpha():
        return content
    if _PLAIN_EXPONENT.fullmatch(content):
        return "^" + content
    return f"^({content})"


def subscript_pattern(before: str, after: str) -> re.Pattern[str]:
    """Return what may be a subscript without braces, outside of mathematics.

    Args:
        before: the last two characters in front of the `_`.
        after: the text behind it; `T_mag` has a subscript and `file_name` has none.
    """
    word = _SYMBOL_BASE.match(before) and _SUBSCRIPT_WORD.match(after)
    return _SUBSCRIPT_WORD if word else _SUBSCRIPT


def bare_subscript(content: str) -> str:
    """Return a subscript without the parentheses of `F_(0.2)`."""
    bare = _PARENTHESISED.fullmatch(content)
    return (bare.group(1) if bare else content).replace("−", "-")
