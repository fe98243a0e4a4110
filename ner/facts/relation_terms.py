"""Mentions of applications and phases that a tagger of Matscholar's labels leaves out.

`catalyst`, `cathode` or `superconductor` are what a material is used as, but in the tagger's
training data mostly properties or nothing. Words that may end such a term are looked up, and
a small model says how many words before each of them belong to it, or that it is none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from matlore.records import Label

from .linear import LinearModel
from .relation_cells import find_cells
from .relation_things import MOST_SPANS, Layout, Thing, Word

__all__ = ["LONGEST", "NONE", "TermFinder", "anchors", "head_of", "term_features"]

_TITLED = re.compile(
    r"(?<![\w-])(?!Heusler|Laves|Sodium|Lithium|Zinc|Alumin)[A-Z][a-z]{3,}(?![\w])"
)
NONE = "0"
LONGEST = 5


class Anchor(NamedTuple):
    """A word at which a term may end, and the label of the tagger's mention that ends there.

    Attributes:
        label: None where there is none.
        length: of that mention, in words.
    """

    word: int
    label: Label | None
    length: int


class TermFinder:
    """Finds the terms of one label.

    Args:
        label: of what it finds.
        heads: words, in lower case and singular, that may end a term.
        singular: those of them that are said in the singular.
        model: tells the number of words.
        least: probability of being a term that is asked for.
    """

    def __init__(
        self,
        label: Label,
        heads: Iterable[str],
        singular: Iterable[str],
        model: LinearModel,
        *,
        least: float = 0.15,
    ) -> None:
        self.label: Label = label
        self.heads = frozenset(heads)
        self.singular = frozenset(singular)
        self._model = model
        self._least = least

    def find(self, layout: Layout) -> list[Thing]:
        """Return the terms of a text, each with all its mentions."""
        found: dict[str, list[tuple[int, int]]] = {}
        scores: dict[str, float] = {}
        traits: dict[str, tuple[str, ...]] = {}
        for anchor in anchors(layout, self.label, self.heads):
            chances = self._model.probabilities(term_features(layout, anchor, self.label))
            none = chances.pop(NONE, 0.0)
            if 1 - none < self._least or not chances:
                continue
            span = self._span(layout, anchor, int(max(chances, key=chances.__getitem__)))
            key = self.said(layout.document.text[slice(*span)])
            found.setdefault(key.lower(), []).append(span)
            if 1 - none > scores.get(key.lower(), 0.0):
                scores[key.lower()] = 1 - none
                traits[key.lower()] = self._traits(layout, anchor, 1 - none)
        cells = find_cells(layout) if self.label == "SPL" else []
        return cells + [
            Thing(key, self.label, tuple(spans[:MOST_SPANS]), None, scores[key], traits[key])
            for key, spans in found.items()
        ]

    def _span(self, layout: Layout, anchor: Anchor, length: int) -> tuple[int, int]:
        first = max(anchor.word - length + 1, 0)
        while first < anchor.word and any(
            w.before for w in layout.words[first + 1 : anchor.word + 1]
        ):
            first += 1
        return layout.words[first].start, layout.words[anchor.word].end

    def _traits(self, layout: Layout, anchor: Anchor, score: float) -> tuple[str, ...]:
        head = head_of(layout.words[anchor.word].lower)
        return (f"h={head}", f"s={int(score * 5)}", f"l={anchor.label}", f"h={head[-6:]}")

    def said(self, text: str) -> str:
        """Return a term as it is said of one material: `catalyst` for `catalysts`."""
        if self.label == "APL":
            text = _TITLED.sub(lambda match: match.group().lower(), text)
        before, _, head = text.rpartition(" ")
        if role := _ROLES.get(head.lower()):
            return f"{before} {role}" if before else role
        head = head.lower()
        if head.endswith("s") and head_of(head) in self.singular:
            return text[: -(len(head) - len(head_of(head)))] + ("y" if head.endswith("ies") else "")
        return text

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` makes the finder from."""
        return {
            "label": self.label,
            "heads": sorted(self.heads),
            "singular": sorted(self.singular),
            "model": self._model.to_json(),
            "least": self._least,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TermFinder":
        """Make a finder from its JSON."""
        model = LinearModel.from_json(data["model"])
        return cls(data["label"], data["heads"], data["singular"], model, least=data["least"])


# Properties of a state, and words that the tagger often takes for a phase.
_NO_TERMS = frozenset(
    "glassy ferromagnetism ferromagnetic antiferromagnetic paramagnetic magnetic haldane single"
    " normal metallic insulating superlattice".split()
)
_ROLES = {
    "superconductivity": "superconductor",
    "superconducting": "superconductor",
    "catalytic": "catalyst",
    "catalysis": "catalyst",
    "photocatalytic": "photocatalyst",
    "photocatalysis": "photocatalyst",
    "electrocatalytic": "electrocatalyst",
    "electrocatalysis": "electrocatalyst",
    "semiconducting": "semiconductor",
    "ferroelectricity": "ferroelectric",
    "ferromagnetism": "ferromagnetic",
    "thermoelectrics": "thermoelectric",
    "cathodic": "cathode",
    "anodic": "anode",
}


@lru_cache(maxsize=65536)
def head_of(word: str) -> str:
    """Return a word in the singular, roughly: what plural and singular have in common."""
    if role := _ROLES.get(word):
        return role
    if word.endswith("ies") and len(word) > 4:
        return word[:-3]
    if word.endswith("y") and len(word) > 4:
        return word[:-1]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _is_sign(layout: Layout, word: Word) -> bool:
    """Say whether a Greek letter is a part of a formula with blanks: `O7 - δ`."""
    before = layout.document.text[max(word.start - 2, 0) : word.start]
    return word.end - word.start == 1 and before.strip().endswith(("+", "-", "±", "−"))


def anchors(layout: Layout, label: Label, heads: frozenset[str]) -> list[Anchor]:
    """Return the words at which a term of a label may end."""
    ends: dict[int, tuple[Label, int]] = {}
    for mention in layout.document.mentions:
        if mention.label == "MAT":
            continue
        last = layout.word_at(mention.end - 1)
        length = last - layout.word_at(mention.start) + 1
        if last not in ends or mention.label == label:
            ends[last] = (mention.label, min(length, LONGEST))
    own = {k for k, (tag, _) in ends.items() if tag == label}
    found = []
    for k in [k for k, head in enumerate(layout.heads(head_of)) if head in heads or k in own]:
        tagged, word = ends.get(k), layout.words[k]
        if word.lower not in _NO_TERMS and not (label == "SPL" and _is_sign(layout, word)):
            found.append(Anchor(k, *(tagged or (None, 0))))
    return found


def term_features(layout: Layout, anchor: Anchor, label: Label) -> list[str]:
    """Return the features of a word at which a term may end."""
    words, k = layout.words, anchor.word
    word = words[k]
    head = head_of(word.lower)
    features = [f"h={head}", f"x={head[-5:]}", f"m={anchor.label}{anchor.length}"]
    features.append(f"m={anchor.label == label}{head}")
    blocked = word.before
    phrase = head
    for back in range(1, LONGEST):
        if blocked or k - back < 0:
            features.append(f"b={back}")
            break
        before = words[k - back]
        features += [f"{back}={before.lower}", f"{back}x={before.lower[-4:]}"]
        if back < 3:
            phrase = f"{before.lower} {phrase}"
            features.append(f"p={phrase}")
        blocked = before.before
    return features + _following(words, k)


def _following(words: Sequence[Any], k: int) -> list[str]:
    if words[k].after or k + 1 >= len(words):
        return ["n=."]
    return [f"n={words[k + 1].lower}"]
