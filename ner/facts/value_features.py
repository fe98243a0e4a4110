"""Features of the tokens around numbers, for the model that tells quantities in text."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from .linear import Feature
from .value_candidates import Candidate

__all__ = ["Window", "windows"]

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|\S")
_DIGIT = re.compile(r"\d")
_AROUND = 4
_CONTEXT = 3
_REACH = 90


class Window(NamedTuple):
    """Tokens around numbers that stand close together.

    Attributes:
        spans: offsets of the tokens.
        rows: features of each token.
    """

    spans: list[tuple[int, int]]
    rows: list[list[Feature]]


def windows(text: str, candidates: Sequence[Candidate]) -> list[Window]:
    """Return the surroundings of numbers, those that touch as one."""
    stretches: list[list[int]] = []
    for found in candidates:
        start, end = max(found.start - _REACH, 0), min(found.end + _REACH, len(text))
        start = _tokens_away(text, start, found.start, -_AROUND)
        end = _tokens_away(text, found.end, end, _AROUND)
        if stretches and start <= stretches[-1][1]:
            stretches[-1][1] = max(end, stretches[-1][1])
        else:
            stretches.append([start, end])
    found_windows = []
    position = 0
    for start, end in stretches:
        inside = []
        while position < len(candidates) and candidates[position].item.start < end:
            inside.append(candidates[position])
            position += 1
        found_windows.append(_window(text, *_tokens(text, start, end, inside)))
    return found_windows


def _tokens_away(text: str, start: int, end: int, count: int) -> int:
    """Return where the last or first few tokens of a stretch begin or end."""
    matches = list(_TOKEN.finditer(text, start, end))
    if not matches:
        return end if count < 0 else start
    return matches[count:][0].start() if count < 0 else matches[:count][-1].end()


def _tokens(
    text: str, start: int, end: int, inside: Sequence[Candidate]
) -> tuple[list[tuple[int, int]], list[str]]:
    """Return the tokens of a stretch, a value's number and its unit as one each, and their roles.

    A role is what the rules take a token for: `O` for nothing.
    """
    spans: list[tuple[int, int]] = []
    roles: list[str] = []

    def plain(stop: int, role: str) -> None:
        found = [match.span() for match in _TOKEN.finditer(text, start, stop)]
        spans.extend(found)
        roles.extend([role] * len(found))

    for candidate in inside:
        item = candidate.item
        plain(max(candidate.start, start), "O")
        start = max(candidate.start, start)
        plain(item.start, "C")
        spans.append((item.start, item.number_end))
        roles.append("N" + _kind(text, candidate))
        start = item.number_end
        if item.end > start:
            blank = len(text[start : item.end]) - len(text[start : item.end].lstrip())
            spans.append((start + blank, item.end))
            roles.append("U")
            start = item.end
        plain(candidate.end, "A")
        start = max(candidate.end, start)
    plain(end, "O")
    return spans, roles


def _window(text: str, spans: list[tuple[int, int]], roles: list[str]) -> Window:
    """Describe each token by itself and by the few around it."""
    words = [_form(text[start:end]) for start, end in spans]
    edge = ["^"] * _CONTEXT
    words, roles = [*edge, *words, *edge], [*edge, *roles, *edge]
    forms = [_word_features(word) for word in words]
    rows: list[list[Feature]] = []
    for k in range(_CONTEXT, len(words) - _CONTEXT):
        row: list[Feature] = [forms[k + n][n] for n in range(-_CONTEXT, _CONTEXT + 1)]
        row.append(_role_features(*roles[k - 2 : k + 3]))
        row.append(f"ww={words[k - 1]}|{words[k]}")
        row.append(f"wn={words[k]}|{words[k + 1]}")
        rows.append(row)
    return Window(spans, rows)


def _kind(text: str, found: Candidate) -> str:
    """Return what sort of number it is."""
    item = found.item
    if found.refused:
        return "-"
    if item.words:
        return "wu" if item.unit else "w"
    kind = "r" if item.value_max is not None else "i" if item.whole else "d"
    if item.unit:
        kind += "%" if item.unit == "%" else "u"
    elif text[max(found.start - 2, 0) : found.start].rstrip().endswith("="):
        kind += "="
    return kind + ("g" if found.group is not None else "")


@lru_cache(maxsize=20_000)
def _word_features(form: str) -> tuple[Feature, ...]:
    """Return the features of a token by how far it stands from the one described.

    They are in the order 0, 1, 2, 3, -3, -2, -1, so that the distance is the index.
    """
    own = (f"w={form}", f"e={form[-3:]}", f"l={min(len(form), 6)}")
    return (own, *(f"{n}w={form}" for n in (*range(1, _CONTEXT + 1), *range(-_CONTEXT, 0))))


@lru_cache(maxsize=20_000)
def _role_features(*roles: str) -> tuple[str, ...]:
    """Return the features of the roles of a token and of two to each side of it."""
    alone = (f"r{offset}={role}" for offset, role in zip(range(-2, 3), roles, strict=True))
    return (*alone, f"rr={roles[1]}{roles[2]}{roles[3]}")


@lru_cache(maxsize=20_000)
def _form(word: str) -> str:
    """Return a word in lower case, a number as its shape."""
    if any(map(str.isdigit, word[:2])):
        return _DIGIT.sub("0", word)[:4]
    return word if len(word) < 3 else word.lower()
