"""What a paper is recognised by in another source: title, first author, year, MinHash.

The MinHash (Broder 1997) is over three-word shingles of the cleaned abstract, 128
permutations by rensa; 12 bands of 4 find abstracts with a Jaccard similarity of 0.7 with a
chance of 0.96 (1 - (1 - s^4)^12).
"""

import re
import struct
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

from matlore.records import Paper

from .clean import clean_text

__all__ = [
    "FINGERPRINT_VERSION",
    "Fingerprint",
    "bands",
    "fingerprint",
    "overlap",
    "plain_words",
    "title_key",
]

FINGERPRINT_VERSION = "1"
_PERMUTATIONS = 128
_BANDS, _BAND_ROWS = 12, 4
_LEAST_WORDS = 12
_LEAST_TITLE = 12
_FORMAT = f"<{_PERMUTATIONS}H"
_WORD = re.compile(r"[^\W_]+")
_INITIAL = re.compile(r"^[A-Z]{1,3}$")
_PARTICLES = frozenset(
    "von van der den de del della di da la le el al bin ibn jr sr ii iii".split()
)
_GREEK = {
    ord(sign): name
    for sign, name in zip(
        "αβγδεζηθικλμνξπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma "
        "tau upsilon phi chi psi omega".split(),
        strict=True,
    )
}
_MARK = re.compile(r"^\W*(?:retracted|withdrawn)(?: article)?\W+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells whether two records are of one work.

    Attributes:
        title: the cleaned title, as spelled.
        author: the words of the first author's name but initials, sorted; empty if unknown.
        shingles: how many different shingles the abstract has; 0 where it is too short.
        signature: 128 little-endian 16-bit integers; empty where there are no shingles.
    """

    title: str
    author: str
    year: int | None
    shingles: int
    signature: bytes


def fingerprint(paper: Paper) -> Fingerprint:
    """Return the fingerprint of a paper."""
    title, _, abstract = paper.text.partition("\n")
    shingles = _shingles(abstract)
    return Fingerprint(
        title=_MARK.sub("", title),
        author=_author(paper.authors[0]) if paper.authors else "",
        year=paper.year,
        shingles=len(shingles),
        signature=_signature(shingles) if shingles else b"",
    )


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents, Greek letters by name."""
    folded = text.casefold()
    if not folded.isascii():
        folded = folded.translate(_GREEK)
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return _WORD.findall(folded)


def title_key(title: str) -> int:
    """Return what equal titles have in common: 63 bits, or 0 for one too short to tell."""
    plain = "".join(plain_words(title))
    if len(plain) < _LEAST_TITLE:
        return 0
    return int.from_bytes(blake2b(plain.encode(), digest_size=8).digest(), "little") >> 1


def bands(signature: bytes) -> list[int]:
    """Return the keys under which similar abstracts meet: 63 bits each."""
    width = 2 * _BAND_ROWS
    return [
        int.from_bytes(
            blake2b(
                signature[i * width : (i + 1) * width], digest_size=8, salt=bytes([i])
            ).digest(),
            "little",
        )
        >> 1
        for i in range(_BANDS if signature else 0)
    ]


def overlap(one: Fingerprint, other: Fingerprint) -> tuple[float, float]:
    """Return the Jaccard similarity of two abstracts and how far one contains the other.

    Both are estimates from the signatures, in 0 to 1; 0 where an abstract is missing.
    """
    if not one.signature or not other.signature:
        return 0.0, 0.0
    ours, theirs = _numbers(one.signature), _numbers(other.signature)
    jaccard = sum(a == b for a, b in zip(ours, theirs, strict=True)) / _PERMUTATIONS
    shared = jaccard * (one.shingles + other.shingles) / (1 + jaccard)
    return jaccard, min(1.0, shared / min(one.shingles, other.shingles))


def _numbers(signature: bytes) -> tuple[int, ...]:
    return struct.unpack(_FORMAT, signature)


def _shingles(abstract: str) -> set[str]:
    words = plain_words(abstract)
    if len(words) < _LEAST_WORDS:
        return set()
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    return {f"{pair} {word}" for pair, word in zip(pairs, words[2:], strict=False)}


def _signature(shingles: set[str]) -> bytes:
    from rensa import RMinHash

    sketch = RMinHash(num_perm=_PERMUTATIONS, seed=42)
    sketch.update(sorted(shingles))
    return struct.pack(_FORMAT, *(value & 0xFFFF for value in sketch.digest()))


@lru_cache(maxsize=4096)
def _author(name: str) -> str:
    """Return the words of a name by which it is the same in `J. Smith` and `Smith, John`."""
    plain = clean_text(name) if "\\" in name or "{" in name else name
    words = [word for word in re.split(r"[\s,.]+", plain) if not _INITIAL.match(word)]
    parts = {part for word in words for part in ["".join(plain_words(word))] if len(part) > 1}
    return " ".join(sorted(parts - _PARTICLES))
