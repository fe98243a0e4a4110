"""What a sequence model sees of the tokens of a sentence that speaks of doping.

Labels are few (some hundred sentences), so most features are about the class of a token, which
generalises (an element, an ion, a formula, a word of doping), and about what stands around it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from .doping_rules import Hint
from .doping_tokens import LINKS, PARTS, DopingToken
from .linear import Feature

__all__ = ["ANCHORED", "token_features"]

ANCHORED = "anchored"
"""The feature of tokens that a pattern takes for a host or a dopant."""

_LIST = frozenset(["EL", "ELN", "ION", "AMT", ",", "/", "and", "or", "-", "–", "NUM", "%", "("])


@lru_cache(maxsize=65536)
def _lexical(text: str, kind: str) -> tuple[str, ...]:
    """Return what a token says by itself."""
    lower = text.lower()
    shape = re.sub(r"(.)\1+", r"\1", re.sub(r"\d", "0", re.sub(r"[a-z]", "x", text)))
    shape = re.sub(r"[A-Z]", "X", shape)
    found = ["b", f"w={lower}", f"c={kind}", f"s={shape[:8]}"]
    if kind in ("W", "Cap", "ACR", "FAM", "FORM", "GRP"):
        found += [f"x2={lower[-2:]}", f"x3={lower[-3:]}", f"x4={lower[-4:]}", f"p3={lower[:3]}"]
    return tuple(found)


def token_features(tokens: Sequence[DopingToken], hints: Sequence[Hint]) -> list[list[Feature]]:
    """Return the features of each token of a sentence.

    Args:
        tokens: of `doping_tokens`.
        hints: of `find_hints`.
    """
    kinds = [token.kind for token in tokens]
    lowers = [token.text.lower() for token in tokens]
    after, before = _list_ends(kinds, 1), _list_ends(kinds, -1)
    left, right = _cue_distances(kinds, 1), _cue_distances(kinds, -1)
    as_dopant = {
        t.text.lower() for k, t in enumerate(tokens) if _beside_doping(kinds, after, before, k)
    }
    roles = _roles(tokens, hints)
    phrases = _phrase_features(kinds, lowers)
    rows: list[list[Feature]] = []
    for k, token in enumerate(tokens):
        row: list[Feature] = [_lexical(token.text, token.kind), *_around(kinds, lowers, k)]
        row.append(_of_list(token.kind, after[k], before[k]))
        row += _of_distance(token.kind, left[k], right[k])
        if lowers[k] in as_dopant:
            row.append("asdop")
        if phrases[k]:
            row.append(phrases[k])
        row.append(roles[k])
        rows.append(row)
    return rows


def _roles(tokens: Sequence[DopingToken], hints: Sequence[Hint]) -> list[tuple[str, ...]]:
    """Return what the patterns of doping say of each token."""
    found: list[list[str]] = [[] for _ in tokens]
    for hint in hints:
        for role, place in (("H", hint.host), ("D", hint.dopants)):
            named = any(tokens[k].kind in PARTS for k in place)
            for n, k in enumerate(place):
                name, kind = f"{role}.{hint.pattern}", tokens[k].kind
                left, right = min(n, 3), min(len(place) - 1 - n, 3)
                rest = {tokens[j].kind for j in place[n + 1 :]}
                tail = "S" if rest <= {"SHP", "ACR"} and rest else "N" if rest else "E"
                if hint.is_certain:
                    found[k].append(ANCHORED)
                before = n > 0 and place[n - 1] == k - 1
                found[k] += [
                    f"r={role}", f"r={role}{kind}", f"r={name}", f"r={name}|{kind}",
                    f"r={role}|{left}|{kind}|{named}", f"r={role}|{right}|{kind}|{named}",
                    f"r={role}|{tail}|{kind}|{named}", f"r={role}|{before}|{kind}",
                ]  # fmt: skip
    return [_without_doubles(row) if row else ("roles=",) for row in found]


def _without_doubles(row: Sequence[str]) -> tuple[str, ...]:
    """Return features once each, and which roles they name."""
    single = dict.fromkeys(row)
    return (*single, "roles=" + "".join(role for role in "DH" if f"r={role}" in single))


@lru_cache(maxsize=65536)
def _of_list(kind: str, after: str, before: str) -> tuple[str, ...]:
    """Return what the ends of its list say of a token."""
    return (f"af={kind}>{after}", f"be={before}<{kind}")


@lru_cache(maxsize=16384)
def _of_distance(kind: str, left: str, right: str) -> tuple[tuple[str, ...], ...]:
    """Return what the distances to words of doping say of a token."""
    return ((f"dl={left}", f"dl={left}{kind}"), (f"dr={right}", f"dr={right}{kind}"))


def _around(kinds: Sequence[str], lowers: Sequence[str], k: int) -> list[Feature]:
    """Return the words and classes around a token."""
    kind = [kinds[j] if 0 <= j < len(kinds) else "^" for j in range(k - 3, k + 4)]
    word = [lowers[j] if 0 <= j < len(kinds) else "^" for j in range(k - 2, k + 3)]
    return [
        f"w-1={word[1]}", f"w+1={word[3]}", f"w-2={word[0]}", f"w+2={word[4]}",
        _of_neighbours(*kind[2:5]), _of_left(*kind[:4]), _of_right(*kind[3:]),
    ]  # fmt: skip


@lru_cache(maxsize=65536)
def _of_neighbours(left: str, here: str, right: str) -> tuple[str, ...]:
    """Return what the classes of a token and of the two beside it say."""
    return (
        f"k-1={left}", f"k+1={right}", f"k-10={left}|{here}", f"k01={here}|{right}",
        f"k-101={left}|{here}|{right}",
    )  # fmt: skip


@lru_cache(maxsize=65536)
def _of_left(third: str, second: str, next_one: str, here: str) -> tuple[str, ...]:
    """Return what the classes of three tokens to the left say."""
    return (
        f"k-2={second}", f"k-3={third}", f"k-2-1={second}|{next_one}",
        f"k-2-10={second}|{next_one}|{here}", f"k-3-2-1={third}|{second}|{next_one}",
    )  # fmt: skip


@lru_cache(maxsize=65536)
def _of_right(here: str, next_one: str, second: str, third: str) -> tuple[str, ...]:
    """Return what the classes of three tokens to the right say."""
    return (
        f"k+2={second}", f"k+3={third}", f"k12={next_one}|{second}",
        f"k012={here}|{next_one}|{second}", f"k123={next_one}|{second}|{third}",
    )  # fmt: skip


_NAMES = frozenset(["EL", "ELN", "ION", "FAM", "FORM", "ACR"])
_IN_PHRASE = PARTS | {"SHP", "W", "Cap", "NUM", "-", "–", "/"}


def _phrase_features(kinds: Sequence[str], lowers: Sequence[str]) -> list[tuple[str, ...]]:
    """Return where each token stands in its noun phrase, and what stands before and behind that.

    A phrase is a run of tokens that are no verb, preposition or mark: in `doped polyvinyl alcohol
    coating was` the three words between.
    """
    found: list[tuple[str, ...]] = [()] * len(kinds)
    start = 0
    while start < len(kinds):
        if kinds[start] not in _IN_PHRASE:
            start += 1
            continue
        stop = start
        while stop < len(kinds) and kinds[stop] in _IN_PHRASE:
            stop += 1
        _describe_phrase(kinds, lowers, start, stop, found)
        start = stop
    return found


def _describe_phrase(
    kinds: Sequence[str],
    lowers: Sequence[str],
    start: int,
    stop: int,
    found: list[tuple[str, ...]],
) -> None:
    before = _edge(kinds, lowers, start - 1, -1)
    after = _edge(kinds, lowers, stop, 1)
    inside = not _NAMES.isdisjoint(kinds[start:stop])
    named = "named" if inside else "words"
    for k in range(start, stop):
        left, right = min(k - start, 4), min(stop - 1 - k, 4)
        rest = "+".join(sorted({*kinds[k + 1 : stop]} - {"W", "-"})[:3]) if k + 1 < stop else ""
        found[k] = _of_phrase(before, after, named, kinds[k], left, right, rest)


@lru_cache(maxsize=65536)
def _of_phrase(
    before: str, after: str, named: str, here: str, left: int, right: int, rest: str
) -> tuple[str, ...]:
    return (
        f"pb={before}", f"pa={after}", f"pb={before}|{here}", f"pa={after}|{here}",
        f"pb={before}|{left}", f"pa={after}|{right}", f"pb={before}|{named}|{here}",
        f"pa={after}|{named}|{here}", f"pb={before}|{named}|{here}|{rest}",
        f"pl={left}", f"pr={right}|{here}", f"pn={named}|{here}",
    )  # fmt: skip


def _edge(kinds: Sequence[str], lowers: Sequence[str], k: int, step: int) -> str:
    """Return the class of what bounds a phrase, with the word of doping that it belongs to."""
    if not 0 <= k < len(kinds):
        return "^"
    if kinds[k] == "STOP" and 0 <= k + step < len(kinds) and lowers[k] in ("the", "a", "an"):
        k += step
    here = lowers[k] if kinds[k] == "STOP" else kinds[k]
    beyond = k + step
    if here in LINKS and 0 <= beyond < len(kinds):
        next_kind = kinds[beyond]
        here += "+" + (next_kind if next_kind.startswith(("DOP", "~", "UND")) else "")
    return here


def _list_ends(kinds: Sequence[str], step: int) -> list[str]:
    """Return, for each token, the classes that end the list it stands in, seen one way.

    In `Ca-, Sr- and Ba-doped` that is for each element the word of doping to its right, in
    `doped with Er3+ and Yb3+` for each ion the words before: `with` and `doped`.
    """
    found = ["^"] * len(kinds)
    order = range(len(kinds)) if step < 0 else range(len(kinds) - 1, -1, -1)
    end = "^"
    for k in order:
        found[k] = end
        if kinds[k] not in _LIST:
            beyond = k + step
            short = kinds[k] in LINKS and 0 <= beyond < len(kinds)
            end = f"{kinds[k]}+{kinds[beyond]}" if short else kinds[k]
    return found


def _cue_distances(kinds: Sequence[str], step: int) -> list[str]:
    """Return how far the next word of doping is, to the left (1) or to the right (-1)."""
    found = ["-"] * len(kinds)
    order = range(len(kinds)) if step > 0 else range(len(kinds) - 1, -1, -1)
    last, cue = None, ""
    for k in order:
        if last is not None:
            distance = abs(k - last)
            bucket = distance if distance < 5 else 5 if distance < 9 else 9
            found[k] = f"{bucket}{cue}"
        if kinds[k].startswith(("DOP", "UNDOPED")):
            last, cue = k, kinds[k]
    return found


def _beside_doping(
    kinds: Sequence[str], after: Sequence[str], before: Sequence[str], k: int
) -> bool:
    """Say whether a token stands as a dopant does."""
    if kinds[k] not in ("EL", "ELN", "ION", "AMT", "GRP"):
        return False
    return after[k].startswith("DOP") or before[k].startswith((":", "with+DOP"))
