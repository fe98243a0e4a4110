"""What tells if a material and another thing belong together.

A pair is described by where the nearest mentions of the two stand, by what stands between and
around them, and by how much the text is about either: as strings for a linear model, and as
numbers for trees, which also see what the linear model makes of the other pairs of the text.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from ..elements import ELEMENTS
from .linear import log_odds
from .relation_things import Layout, Thing

__all__ = ["Pair", "Stage", "pair_features", "pair_numbers", "pairs_with"]

_DISTANCES = (1, 2, 3, 4, 6, 9, 13, 20, 40, 80)
_COUNTS = (2, 3, 4, 6)
_FAR = 60
_LONGEST_LOOK = 2_000  # characters that may hold a contrast; the longest sentences have 900
_BEYOND = 1 << 30
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_CONTRAST = re.compile(r";|\b(?:whereas|while|but|unlike|in contrast)\b")
_REST = re.compile(r"[\w-]*")


class Pair(NamedTuple):
    """A material and another thing, with their two mentions nearest to each other.

    Attributes:
        rank: of the material among those of the text, the most important first.
        tail: the other thing.
        one: offsets of the material's mention.
        other: offsets of the other's mention.
        sentences: between the two; 0 in one sentence.
        words: from the one to the other.
        nearer: how many materials are nearer to the other thing.
        apart: in a sentence that sets things against each other, the material stands on the
            other side, while another one stands on the same.
    """

    rank: int
    tail: Thing
    one: tuple[int, int]
    other: tuple[int, int]
    sentences: int
    words: int
    nearer: int
    apart: bool = False


class Stage:
    """The materials of a text and what all their pairs need to know of them."""

    def __init__(self, things: Sequence[Thing], layout: Layout) -> None:
        self.things = [*things]
        self.layout = layout
        self.places = [layout.places(thing) for thing in things]
        self.sentences = [{sentence for sentence, _ in places} for places in self.places]
        self.counts = [len(thing.spans) for thing in things]
        self.most = max(self.counts, default=1)
        self.total = max(sum(self.counts), 1)
        self.last = max(len(layout.document.sentences), 1)
        self._traits: dict[int, list[str]] = {}

    def traits(self, rank: int) -> list[str]:
        """Return the features of a material on its own."""
        if rank not in self._traits:
            self._traits[rank] = _material_traits(self, rank)
        return self._traits[rank]


def pairs_with(stage: Stage, tail: Thing) -> list[Pair]:
    """Return the pairs of a thing with every material of the text."""
    places = stage.layout.places(tail)
    near = [_nearest(own, places) for own in stage.places]
    found = []
    for rank, (sentences, words, one, other) in enumerate(near):
        nearer = sum(rival[:2] < (sentences, words) for rival in near)
        spans = stage.things[rank].spans[one], tail.spans[other]
        found.append(Pair(rank, tail, *spans, sentences, words, nearer))
    return _set_apart(found, stage.layout.document.text)


def _set_apart(pairs: list[Pair], text: str) -> list[Pair]:
    """Return the pairs of one thing with those marked that a contrast divides."""
    divided = [pair.sentences == 0 and _is_divided(pair, text) for pair in pairs]
    if not any(divided):
        return pairs
    together = [k for k, pair in enumerate(pairs) if pair.sentences == 0 and not divided[k]]
    if not together:
        return pairs
    return [
        pair._replace(apart=True) if apart else pair
        for pair, apart in zip(pairs, divided, strict=True)
    ]


def _is_divided(pair: Pair, text: str) -> bool:
    low, high = sorted((pair.one, pair.other))
    return _CONTRAST.search(text, low[1], min(high[0], low[1] + _LONGEST_LOOK)) is not None


def _nearest(
    heads: Sequence[tuple[int, int]], tails: Sequence[tuple[int, int]]
) -> tuple[int, int, int, int]:
    """Return sentences and words between the nearest mentions, and which mentions these are."""
    best, at = (_BEYOND, _BEYOND), (0, 0)
    for i, (sentence, word) in enumerate(heads):
        for j, (other, place) in enumerate(tails):
            apart = abs(sentence - other)
            if apart <= best[0] and (apart, abs(word - place)) < best:
                best, at = (apart, abs(word - place)), (i, j)
    return *best, *at


def _bucket(number: int, steps: Sequence[int]) -> int:
    return bisect_right(steps, number)


def _material_traits(stage: Stage, rank: int) -> list[str]:
    """Return the features of a material on its own: how much the text is about it."""
    thing, layout, count = stage.things[rank], stage.layout, stage.counts[rank]
    of, places = len(stage.things), stage.places[rank]
    title = places[0][0] == 0
    lead = int(5 * count / stage.most)
    traits = [
        f"share={8 * count // stage.total}", f"lead={lead}", f"lead={lead},{title}",
        f"size={min(len(thing.formula or '') // 3, 6)}", f"title={title}",
        f"rank={min(rank, 5)}", f"count={_bucket(count, _COUNTS)}", f"of={min(of, 9)}",
        f"rank={min(rank, 5)}/{min(of, 6)}", f"from={thing.traits[0]}",
        f"first={min(places[0][0], 4)}",
        f"spread={_bucket(len(stage.sentences[rank]), _COUNTS)}",
        f"end={3 * places[-1][0] // stage.last}",
    ]  # fmt: skip
    # Each once, in the text's order: sums of floats must not hang on a set's order.
    traits += dict.fromkeys(f"mb={_before(layout, start)}" for start, _ in thing.spans)
    traits += dict.fromkeys(f"ma={_after(layout, end)}" for _, end in thing.spans)
    return traits + _shape(thing)


def _shape(thing: Thing) -> list[str]:
    if thing.formula is None:
        return ["shape=name"]
    elements = sorted(set(_SYMBOL.findall(thing.formula)) & ELEMENTS)
    digits = ["shape=digits"] if any(c.isdigit() for c in thing.formula) else []
    return [f"shape={min(len(elements), 4)}", *(f"el={symbol}" for symbol in elements), *digits]


def _before(layout: Layout, start: int) -> str:
    place = layout.word_at(start) - 1
    return layout.words[place].lower if place >= 0 else ""


def _after(layout: Layout, end: int) -> str:
    """Return what follows a mention: the rest of its word (`-doped`), or the next word."""
    text = layout.document.text
    if text[end : end + 1] in ("-", "–", "/", "@", ":"):
        rest = _REST.match(text[end + 1 : end + 20])
        return text[end] + (rest.group().lower() if rest else "")
    place = layout.word_at(end - 1)
    if layout.words[place].after:
        return text[layout.words[place].end : layout.words[place].end + 1]
    return layout.words[place + 1].lower if place + 1 < len(layout.words) else ""


def pair_features(pair: Pair, stage: Stage) -> list[str]:
    """Return the features of a pair, those of its material included."""
    head, tail, far = stage.things[pair.rank], pair.tail, min(pair.sentences, 2)
    order = "<" if pair.one[0] <= pair.other[0] else ">"
    near = _bucket(pair.words, _DISTANCES) if pair.sentences == 0 else ""
    title = head.spans[0][0] < stage.layout.title_end
    tail_title = tail.spans[0][0] < stage.layout.title_end
    both = len(stage.sentences[pair.rank] & stage.layout.sentences_of(tail))
    lead, likely = 4 * len(head.spans) // stage.most, int(tail.score * 6)
    features = [
        f"near={min(pair.sentences, 3)}.{near}{order}", f"nearer={min(pair.nearer, 4)}",
        f"near={far},{min(pair.nearer, 3)}", f"both={min(both, 3)}", f"titles={title},{tail_title}",
        f"tails={min(len(tail.spans), 4)}", f"lead={lead},{far},{min(pair.nearer, 3)}",
        f"score={likely}", f"lead={lead},{likely}", f"lead={lead},{min(both, 2)},{tail_title}",
        f"word={head.formula is None},{len(head.formula or '') < 3},{far},{min(pair.nearer, 2)}",
    ]  # fmt: skip
    features += [f"t:{trait}" for trait in tail.traits] + ["apart"] * pair.apart
    if pair.sentences == 0:
        features += _between(pair, order, stage.layout)
    return features + stage.traits(pair.rank)


def _between(pair: Pair, order: str, layout: Layout) -> list[str]:
    """Return the words between two mentions of a sentence as features."""
    low, high = sorted((pair.one, pair.other))
    first, last = layout.word_at(low[1] - 1) + 1, layout.word_at(high[0])
    if last - first > 12:
        return ["long"]
    words = [word.lower for word in layout.words[first:last]]
    whole = [f"b{order}{' '.join(words)}"] if 0 < len(words) < 4 else []
    return [*dict.fromkeys(f"w{order}{word}" for word in words), *whole]


def pair_numbers(
    pairs: Sequence[Pair], chances: Sequence[float], stage: Stage
) -> list[list[float]]:
    """Return each pair of a text as numbers.

    Args:
        pairs: all those of one type.
        chances: probabilities that a linear model gives them.
        stage: of the text.
    """
    odds = [*map(log_odds, chances)]
    by_tail: dict[str, list[float]] = {}
    by_head: dict[int, list[float]] = {}
    for pair, odd in zip(pairs, odds, strict=True):
        by_tail.setdefault(pair.tail.key, []).append(odd)
        by_head.setdefault(pair.rank, []).append(odd)
    rows = []
    for pair, odd in zip(pairs, odds, strict=True):
        same, own = by_tail[pair.tail.key], by_head[pair.rank]
        better = sum(other > odd for other in same)
        among = [odd - max(same), better, odd - max(own), max(own), sum(o > -1.5 for o in same)]
        rows.append([odd, *among, len(own), *_numbers(pair, stage)])
    return rows


def _numbers(pair: Pair, stage: Stage) -> list[float]:
    head, tail, rank = stage.things[pair.rank], pair.tail, pair.rank
    formula, count = head.formula or "", stage.counts[pair.rank]
    own, others = stage.sentences[rank], stage.layout.sentences_of(tail)
    return [
        rank, count, count / stage.most, count / stage.total, len(stage.things),
        pair.sentences, _FAR if pair.sentences else min(pair.words, _FAR), pair.nearer,
        len(own & others), pair.one[0] < pair.other[0], stage.places[rank][0][0], len(own),
        stage.places[rank][-1][0] / stage.last, 0 in own, 0 in others, tail.score,
        len(tail.spans), min(others), formula in ELEMENTS, len(set(_SYMBOL.findall(formula))),
        len(formula), head.traits[0] == "tagger", head.traits[0] == "composite",
        head.traits[0] == "part", not formula, stage.last,
    ]  # fmt: skip
