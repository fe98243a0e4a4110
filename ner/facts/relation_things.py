"""The words of a text, and the materials in it, each with all its mentions."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

from matlore.records import Label

from ..elements import ELEMENTS
from ..formulas import formula_family, is_formula_word, normalize_formula
from .document import Document

__all__ = ["MOST_SPANS", "Layout", "Thing", "Word", "formula_part", "materials", "words_of"]

_CHUNK = re.compile(r"\S+")
_EDGES = "([{,.;:!?\"'‘’“”)]}"
_MOST_MATERIALS = 14
MOST_SPANS = 60
"""Mentions of a thing that are looked at, the first ones; in 1,500 abstracts none had over 25."""

_LONGEST_FORMULA = 90
_RANGE = re.compile(r"\s*[(\[]\s*(?:where |with )?(?:0|[A-Z]'?|[a-z])\s*[=≤<⩽].*$|\s+with\s.*$")
_PLANE = re.compile(r"\((?:\d|[\d1̄-]{3,6}|[IV]+|[a-z ]+.?%)\)[A-Z]?$")
_MAYBE_FORMULA = re.compile(
    r"(?=\(|\[|0?\.\d|[A-Z])(?=.*[A-Z])(?=.*(?:\d|[A-Z].*[A-Z]|[/@:]))[^°%=]+$"
)
_JOINTS = re.compile(r"[/@]|(?<=[A-Za-z\d)])[-–](?=[A-Z(])")
_PREFIX = re.compile(r"^(?:[a-z]{1,2}|[αβγδ]|[np])-(?=[A-Z(])")
_WORDY = re.compile(r"[a-z]{4}")


class Word(NamedTuple):
    """A stretch between blanks without the punctuation at its ends.

    Attributes:
        lower: in lower case.
        before: there is punctuation before it, in its stretch or at the end of the last.
        after: there is punctuation after it.
    """

    start: int
    end: int
    lower: str
    before: bool
    after: bool


class Thing(NamedTuple):
    """All mentions of one thing.

    Attributes:
        key: what tells it from other things of the text.
        label: of its mentions.
        spans: offsets of its mentions, in the order of the text.
        formula: as the text writes it, blanks closed up; None for what has a name only.
        score: how likely it is such a thing at all, 0 to 1.
        traits: features that it brings into its pairs.
    """

    key: str
    label: Label
    spans: tuple[tuple[int, int], ...]
    formula: str | None = None
    score: float = 1.0
    traits: tuple[str, ...] = ()


class Layout:
    """Where the words and sentences of a text are, for measuring distances."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.words = words_of(document.text)
        self.starts = [word.start for word in self.words]
        self.title_end = document.sentences[0][1] if document.sentences else 0
        self._sentences: dict[tuple[str, str], set[int]] = {}
        self._heads: list[str] | None = None

    @cached_property
    def capitals(self) -> list[tuple[int, Word, str]]:
        """Words with a capital, without which nothing is a formula: number, word, as written."""
        text = self.document.text
        return [
            (k, word, written)
            for k, word in enumerate(self.words)
            if (written := text[word.start : word.end]) != word.lower
        ]

    def heads(self, head_of: Callable[[str], str]) -> list[str]:
        """Return what a function, the same in each call, makes of each word in lower case."""
        if self._heads is None:
            self._heads = [head_of(word.lower) for word in self.words]
        return self._heads

    def word_at(self, offset: int) -> int:
        """Return the number of the word that holds a character."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def places(self, thing: Thing) -> list[tuple[int, int]]:
        """Return the numbers of sentence and word of each mention of a thing."""
        at = self.document.sentence_at
        return [(at(start), self.word_at(start)) for start, _ in thing.spans]

    def sentences_of(self, thing: Thing) -> set[int]:
        """Return the numbers of the sentences that mention a thing."""
        key = (thing.label, thing.key)
        if key not in self._sentences:
            self._sentences[key] = {self.document.sentence_at(start) for start, _ in thing.spans}
        return self._sentences[key]


def words_of(text: str) -> list[Word]:
    """Return the words of a text."""
    words: list[Word] = []
    after = True
    for match in _CHUNK.finditer(text):
        chunk = match.group()
        if (inside := _core(chunk)) is None:
            after = True
            continue
        start, end, lower, opens = inside
        # A bracket that punctuation of the last word precedes belongs to this one.
        before = after or start > 0
        if opens and before:
            start, lower = start - 1, chunk[start - 1] + lower
        after = end < len(chunk)
        offset = match.start()
        words.append(Word(offset + start, offset + end, lower, before, after))
    return words


@lru_cache(maxsize=32768)
def _core(chunk: str) -> tuple[int, int, str, bool] | None:
    """Return where the word of a stretch is, in lower case, and if a bracket before opens it."""
    core = chunk.strip(_EDGES)
    if not core:
        return None
    start = chunk.index(core)
    end = start + len(core)
    if end < len(chunk) and _unclosed(core):
        core = _with_bracket(chunk, start, end, len(chunk))
        return start, start + len(core), core.lower(), False
    opens = start > 0 and chunk[0] in "([" and _overclosed(core)
    return start, end, core.lower(), opens


def _unclosed(core: str) -> bool:
    return core.count("(") > core.count(")") or core.count("[") > core.count("]")


def _overclosed(core: str) -> bool:
    return core.count(")") > core.count("(") or core.count("]") > core.count("[")


def _with_bracket(text: str, start: int, end: int, limit: int) -> str:
    while end < limit and text[end] in ")]" and _unclosed(text[start:end]):
        end += 1
    return text[start:end]


@lru_cache(maxsize=16384)
def formula_part(text: str) -> str | None:
    """Return the formula in a material's mention, blanks closed up, or None.

    Ranges of variables (`(x = 0-0.3)`), planes (`(111)`) and words behind go.
    """
    text = _PLANE.sub("", _RANGE.sub("", text[:_LONGEST_FORMULA].strip()))
    if " " in text and _WORDY.search(text):
        words = [word for word in text.split() if _is_formula(_PREFIX.sub("", word))]
        text = max(words, key=len, default="")
    text = _PREFIX.sub("", "".join(text.split()).rstrip("-"))
    return text if text and _is_formula(text) else None


def _is_formula(text: str) -> bool:
    if text in ELEMENTS:
        return True
    if _WORDY.search(text) or not _MAYBE_FORMULA.match(text):
        return False
    if is_formula_word(text):
        return True
    parts = [part for part in re.split(r"[/@:–-]", text) if part]
    if len(parts) > 1 and all(normalize_formula(part) for part in parts):
        return True
    return bool(normalize_formula(text) or (formula_family(text) and re.search(r"\d|[xyz,]", text)))


@lru_cache(maxsize=16384)
def _word_formula(text: str) -> str | None:
    """Return the formula that a word of running text is, or None."""
    if len(text) > _LONGEST_FORMULA or not _MAYBE_FORMULA.match(text) or _WORDY.search(text):
        return None
    if is_formula_word(text):
        return text
    parts = _JOINTS.split(text)
    return text if 1 < len(parts) < 5 and all(map(is_formula_word, parts)) else None


@lru_cache(maxsize=16384)
def _is_joined(text: str) -> bool:
    return _JOINTS.search(text) is not None and _word_formula(text) is not None


def materials(layout: Layout) -> list[Thing]:
    """Return the materials of a text, those first that it is most about.

    Beside the tagger's mentions these are words that are formulas, and composites
    (`MoS2/CuS`) of which the tagger found only parts.
    """
    if not layout.words:  # brackets and blanks alone
        return []
    found: dict[str, list[tuple[int, int]]] = {}
    formulas: dict[str, str] = {}
    traits: dict[str, list[str]] = {}
    for start, end, formula, norm, trait in _material_spans(layout):
        key = _material_key(formula, norm, layout.document.text[start:end])
        found.setdefault(key, []).append((start, end))
        traits.setdefault(key, []).append(trait)
        if formula is not None:
            formulas.setdefault(key, formula)
    things = [
        Thing(key, "MAT", tuple(sorted(set(spans))[:MOST_SPANS]), formulas.get(key), 1.0, trait[:1])
        for (key, spans), trait in zip(found.items(), map(tuple, traits.values()), strict=True)
    ]
    return sorted(things, key=lambda thing: (-len(thing.spans), thing.spans[0]))[:_MOST_MATERIALS]


def _material_key(formula: str | None, norm: str | None, text: str) -> str:
    if norm and not norm.startswith("family:"):
        return norm
    return formula or norm or text


def _material_spans(
    layout: Layout,
) -> Iterator[tuple[int, int, str | None, str | None, str]]:
    """Yield offsets, formula, norm and origin of whatever may be a mention of a material."""
    mentions = layout.document.mentions
    taken: set[int] = set()
    joined = _composites(layout)
    for mention in mentions:
        if mention.label == "MAT":
            formula = formula_part(mention.text)
            if formula or mention.norm:
                taken.update((mention.start, layout.word_at(mention.start)))
                part = (layout.word_at(mention.start) in joined) and "part"
                yield mention.start, mention.end, formula, mention.norm, part or "tagger"
    inside = {
        layout.word_at(mention.start) for mention in mentions if mention.label not in ("MAT", "DSC")
    }
    for k, word, written in layout.capitals:
        if word.start in taken and not _JOINTS.search(written):
            continue
        if (formula := _word_formula(written)) is None or k in inside:
            continue
        kind = "composite" if _JOINTS.search(formula) else "word"
        yield word.start, word.end, formula, normalize_formula(formula), kind


def _composites(layout: Layout) -> set[int]:
    """Return the numbers of the words that join formulas: `MoS2/CuS`, `Li2S-P2S5`."""
    return {k for k, _, written in layout.capitals if _is_joined(written)}
