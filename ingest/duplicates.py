"""Whether two records are of one work: a preprint and its journal version, a re-post.

Titles, first authors and years decide, and the texts: two works of one group may have
nearly one title (part I and part II, the same study of another compound), two records of
one work may differ in spelling, case, markup, and in what an editor changed. Thresholds
were chosen on one half of the pairs of `tests/ingest/duplicate_pairs.py`.
"""

import re
from typing import Literal

from .fingerprints import Fingerprint, overlap, plain_words

__all__ = ["Match", "same_work"]

Match = tuple[Literal["title", "text"], float]
_YEARS_APART = 3
_NOTE = re.compile(
    r"^\W*(?:comments? (?:on|to)|(?:authors?'? )?(?:reply|response) (?:to|on)|repl(?:y|ies)\b|"
    r"errat(?:um|a)\b|corrigend(?:um|a)\b|(?:publisher'?s? |author'?s? )?correction\b|addendum\b|"
    r"retraction (?:note|notice)|expression of concern)",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"^(?:i{1,3}|iv|v|vi{0,3}|ix|x)$")
_FORMULA = re.compile(r"^(?:[A-Z][a-z]?\d*\.?\d*){2,}$|^[A-Z][a-z]?$")
_TITLE_WORD = re.compile(r"[^\W_]+(?:\.\d+)?")
_LEAST_TITLE_WORDS = 4


def same_work(one: Fingerprint, other: Fingerprint) -> Match | None:
    """Return why two records are of one work, with a score in 0 to 1; None if they are not."""
    if not _years_agree(one, other) or bool(_NOTE.match(one.title)) != bool(
        _NOTE.match(other.title)
    ):
        return None
    jaccard, contained = overlap(one, other)
    has_texts = bool(one.signature and other.signature)
    authors = _authors_agree(one, other)
    if authors is False:
        return None
    ours, theirs = plain_words(one.title), plain_words(other.title)
    if "".join(ours) == "".join(theirs):
        return _by_title(len(ours), authors=authors, has_texts=has_texts, contained=contained)
    if not has_texts or _other_thing(one.title, other.title):
        return None
    return _by_text(_similarity(ours, theirs), authors, jaccard, contained)


def _by_title(
    words: int, *, authors: bool | None, has_texts: bool, contained: float
) -> Match | None:
    """Judge records with one title: texts must agree a little, more where no author is known."""
    if has_texts:
        needed = 0.1 if authors and words >= _LEAST_TITLE_WORDS else 0.4
        return ("title", round(0.5 + contained / 2, 4)) if contained >= needed else None
    return ("title", 0.75) if authors and words >= _LEAST_TITLE_WORDS else None


def _by_text(title: float, authors: bool | None, jaccard: float, contained: float) -> Match | None:
    """Judge records with other titles: the abstract must be the same but for an editor."""
    needed = 0.55 if title >= 0.6 else 0.75
    if authors is None:
        needed += 0.15
    if contained < needed or jaccard < 0.3:
        return None
    return ("text", round(contained, 4))


def _years_agree(one: Fingerprint, other: Fingerprint) -> bool:
    if one.year is None or other.year is None:
        return True
    return abs(one.year - other.year) <= _YEARS_APART


def _authors_agree(one: Fingerprint, other: Fingerprint) -> bool | None:
    """Tell whether the first authors may be one person; None where one is unknown."""
    if not one.author or not other.author:
        return None
    ours, theirs = set(one.author.split()), set(other.author.split())
    return not ours.isdisjoint(theirs)


def _similarity(ours: list[str], theirs: list[str]) -> float:
    from rapidfuzz import fuzz

    return float(fuzz.token_set_ratio(" ".join(ours), " ".join(theirs))) / 100


def _other_thing(one: str, other: str) -> bool:
    """Tell whether titles differ in a number, a part or a formula: another work."""
    ours, theirs = (
        {"".join(plain_words(word)): word for word in _TITLE_WORD.findall(title)}
        for title in (one, other)
    )
    only = [ours[word] for word in ours.keys() - theirs.keys()]
    others = [theirs[word] for word in theirs.keys() - ours.keys()]
    return _tells_apart(only, other) and _tells_apart(others, one)


def _tells_apart(words: list[str], title: str) -> bool:
    """Tell whether one of the words names a thing that `title` has not, however it is cut."""
    joined = "".join(plain_words(title))
    return any(
        _ROMAN.match(word.lower())
        or (_names_thing(word) and (len(word) < 4 or "".join(plain_words(word)) not in joined))
        for word in words
    )


def _names_thing(word: str) -> bool:
    return bool(_FORMULA.match(word)) or any(sign.isdigit() for sign in word)
