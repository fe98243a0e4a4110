"""The words of a compound's name: which are cations, which anions, how much water.

`compound_names` puts together what is taken apart here.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from .elements import ELEMENT_NAMES, ELEMENTS
from .ions import (
    ANIONS,
    CATIONS,
    COMPLEX_CENTRES,
    LIGANDS,
    OPEN_ANIONS,
    OXOMETALLATES,
    SALT_VALENCE,
    SIMPLE_ANIONS,
    Ion,
    ion,
)
from .organic_groups import MULTIPLIERS
from .organic_names import add_amounts, organic_anion, organic_cation

__all__ = ["Cation", "Parts", "other_anion", "oxy_anion", "simple_anion", "take_apart"]

_MAX_WORDS = 9
_ROMAN = {"0": 0, "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8}
_VALENCES = re.compile(
    r"\(\s*([IVX]+)\s*[,/]\s*([IVX]+)\s*\)|\(\s*([IVX]+|0)\s*\)|\(\+?(\d)\+?\)"
    r"|(?<=[a-z]) ([IV]+)(?= [a-z])",
    re.I,
)
_SIGNED = re.compile(r"([A-Z][a-z]?)\^?(\d?)\+")
_SPLIT = re.compile(r"[\s\-]+")
_HYDROGEN = re.compile(r"\b((?:di|mono|tri)?hydrogen)(?:o\s*|(?=[a-z]{4}))(?=[a-z]{4})", re.I)
_HYDRATE = re.compile(r"([a-z]*?)hydrat(?:e|ed)")
_WATER = {"hemi": Fraction(1, 2), "sesqui": Fraction(3, 2), "": Fraction(1), "hex": Fraction(6)}
_JOINED = frozenset("ortho meta pyro poly".split()).union(MULTIPLIERS)
_POSITIONS = frozenset("n t p o m d l s i tert sec iso".split())
_BASIC = {"monobasic": 1, "dibasic": 2, "tribasic": 3}
_STRUCTURES = frozenset("spinel perovskite pyrochlore".split())
_ONIUMS = ("onium", "inium", "olium", "idinium")
_LIMITED = {"ether": ("O", 2), "ketone": ("CO", 2), "sulfoxide": ("SO", 2), "sulfone": ("SO2", 2),
            "alcohol": ("OH", 1), "glycol": ("O2H2", 2), "mercaptan": ("SH", 1),
            "disulfide": ("S2", 2)}  # fmt: skip
_COUNTS = {"sesqui": 0, "hex": 6, "hept": 7, "oct": 8} | MULTIPLIERS
_RUN_TOGETHER = re.compile(r"[a-z]{5,40}(?:[a-z]{4}ate|[a-z]{4}ide|alcohol|ether)")


class Cation(NamedTuple):
    """A cation word: its ion, the element if it is one, the element's second valence.

    `organic` tells the group of an ester (`ethyl`) from the cation of a salt.
    """

    ion: Ion
    element: str | None = None
    second: int = 0
    organic: bool = False


class Parts(NamedTuple):
    """A name taken apart."""

    cations: tuple[Cation, ...]
    anions: tuple[str, ...]
    water: Fraction
    basic: int


def take_apart(name: str) -> Parts | None:
    """Split a name into cations, anion words and water; None where a word is neither."""
    words = _words(name)
    if not words or len(words) > _MAX_WORDS:
        return None
    water, basic, kept = Fraction(0), 0, []
    for word in words:
        match = _HYDRATE.fullmatch(word)
        count = _count_of_water(match.group(1)) if match else None
        if count:
            water += count
        elif word in _BASIC:
            basic = _BASIC[word]
        elif word not in ("salt", "anhydrous"):
            kept.append(word)
    for order in _orders(_rewritten(kept)):
        cations, rest = _read_cations(order)
        anions = _read_anions(rest) if rest or cations else None
        if anions is not None and cations:
            return Parts(tuple(cations), anions, water, basic)
    return None


def _words(name: str) -> list[str]:
    """Return the words of a name, valences as `#3`, split prefixes joined, positions out."""
    text = _HYDROGEN.sub(r"\1 ", _VALENCES.sub(_valence_mark, name))
    words: list[str] = []
    for word in _SPLIT.split(re.sub(r"[()\[\]{},'.]", "", text).strip()):
        word = word if word in ELEMENTS or _SIGNED.fullmatch(word) else word.lower()
        if words and word.startswith("#") and words[-1].endswith("ate"):
            words[-1] += word
            continue
        if not word or word in _POSITIONS or (word.isdigit() and words[-1:] != ["#"]):
            continue
        if words and words[-1] in _JOINED:
            words[-1] += word
        else:
            words.append(word)
    return words


def _valence_mark(match: re.Match[str]) -> str:
    read = [str(_ROMAN.get(n.upper(), n)) for n in match.groups() if n]
    return f" #{'/'.join(read)} "


def _count_of_water(prefix: str) -> Fraction | None:
    if prefix in _WATER:
        return _WATER[prefix]
    return Fraction(MULTIPLIERS[prefix]) if prefix in MULTIPLIERS else None


def _rewritten(words: list[str]) -> list[str]:
    """Return the words with acids as hydrogen salts and structures as oxides."""
    if len(words) > 1 and words[-1] == "acid":
        return _acid_words(words)
    redundant = len(words) > 2 and words[-1] == "oxide"
    if redundant and (words[-2] in _STRUCTURES or words[-2] in OXOMETALLATES):
        words = words[:-1]
    if len(words) > 2 and words[-1] in _STRUCTURES:
        return [*words[:-1], "oxide"]
    if len(words) == 1 and _RUN_TOGETHER.fullmatch(words[0]):
        return _split_word(words[0])
    return words


def _acid_words(words: list[str]) -> list[str]:
    """Turn `sulfuric acid` into `hydrogen sulfate`."""
    stem = "".join(words[:-1])
    for ending, anion in (("ic", "ate"), ("ous", "ite")):
        if not stem.endswith(ending):
            continue
        root = re.sub(r"(sulf|phosph)[ou]r$", r"\1", stem.removesuffix(ending))
        if root.startswith("hydro") and simple_anion(f"{root[5:]}ide"):
            return ["hydrogen", f"{root[5:]}ide"]
        return ["hydrogen", f"{root}{anion}"]
    return words


def _split_word(word: str) -> list[str]:
    """Split `triethylphosphate` into its two words, where it is no single one."""
    if _cation(word) or _is_anion(word):
        return [word]
    for at in range(4, len(word) - 3):
        if _is_anion(word[at:]) and _cation(word[:at]):
            return [word[:at], word[at:]]
    return [word]


def _orders(words: list[str]) -> Iterator[list[str]]:
    """Return the words, and with the first or last moved: `hexafluorotitanate ammonium`."""
    yield words
    if len(words) > 1:
        yield [*words[1:], words[0]]
        yield [words[-1], *words[:-1]]


def _read_cations(words: list[str]) -> tuple[list[Cation], list[str]]:
    """Return the cations with which a name begins, and the words after them."""
    cations: list[Cation] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word.startswith("#") and cations:
            cations[-1] = _with_valence(cations[-1], word[1:])
            at += 1
            continue
        if cations and "".join(words[at:]) in ANIONS:
            break
        cation, end = _longest_cation(words, at)
        if cation is None:
            break
        cations.append(cation)
        at = end
    metals = [c for c in cations if c.element and c.element != "H"]
    if metals and any(c.organic for c in cations) and at < len(words):
        first = next(i for i, c in enumerate(cations) if c.organic)
        rest = [w for w in words if not w.startswith("#")][first:]
        return cations[:first], ["".join(rest)]
    return cations, words[at:]


def _longest_cation(words: Sequence[str], at: int) -> tuple[Cation | None, int]:
    """Return the cation at a place and its end: `hexadecyl trimethyl ammonium` is one."""
    for end in range(min(len(words), at + 4), at + 1, -1):
        if words[end - 1].endswith(_ONIUMS):
            joined = organic_cation("".join(words[at:end]))
            if joined and words[at] not in CATIONS:
                return Cation(joined), end
    cation = _cation(words[at])
    if cation is None and at + 1 < len(words) and words[at + 1].endswith("yl"):
        group = organic_cation(words[at] + words[at + 1])
        return (Cation(group, organic=True), at + 2) if group else (None, at)
    return cation, at + 1


def _with_valence(cation: Cation, written: str) -> Cation:
    first, _, second = written.partition("/")
    return cation._replace(ion=cation.ion._replace(charge=int(first)), second=int(second or 0))


@lru_cache(maxsize=16384)
def _cation(word: str) -> Cation | None:
    """Read one word as a cation."""
    if match := _SIGNED.fullmatch(word):
        symbol, charge = match.group(1), int(match.group(2) or 1)
        return Cation(Ion(((symbol, 1),), charge), symbol) if symbol in ELEMENTS else None
    symbol = word if word in ELEMENTS else ELEMENT_NAMES.get(word, "")
    if symbol:
        return Cation(Ion(((symbol, 1),), 0), symbol)
    if word in CATIONS:
        found = ion(*CATIONS[word])
        return Cation(found, found.amounts[0][0] if len(found.amounts) == 1 else None)
    for multiplier, count in MULTIPLIERS.items():
        rest = word[len(multiplier) :]
        if word.startswith(multiplier) and (rest in ELEMENT_NAMES or _countable(rest)):
            inner = _cation(rest)
            return inner and inner._replace(ion=inner.ion._replace(number=count))
    if group := organic_cation(word):
        return Cation(group, organic=not word.endswith("ium"))
    metal = _organometal(word)
    return Cation(metal) if metal else None


def _countable(word: str) -> bool:
    return word in CATIONS and not (word.endswith("ammonium") and word != "ammonium")


@lru_cache(maxsize=4096)
def _organometal(word: str) -> Ion | None:
    """Read `trimethylaluminium`, `butyllithium`, `allylmagnesium`: groups on a metal."""
    for name, symbol in ELEMENT_NAMES.items():
        if not word.endswith(name) or len(word) < len(name) + 4:
            continue
        group = organic_cation(word[: -len(name)])
        if group is None or group.charge != 1 or not word[: -len(name)].endswith("yl"):
            return None
        valence = 4 if symbol in ("Sn", "Ge", "Pb") else SALT_VALENCE.get(symbol, 0)
        number = group.number or 1
        total = add_amounts({symbol: 1}, dict(group.amounts), number)
        return Ion(tuple(total.items()), valence - number) if valence >= number else None
    return None


def _read_anions(words: Sequence[str]) -> tuple[str, ...] | None:
    """Return the anions of the words, or None where one is unknown."""
    joined = "".join(words)
    if words and all(_is_anion(word) for word in words) and joined not in ANIONS:
        return tuple(words)
    if not words or _is_anion(joined):
        return (joined,) if words else ()
    return None


def _is_anion(word: str) -> bool:
    known = word in OXOMETALLATES or word in OPEN_ANIONS or word == "garnet"
    return known or bool(simple_anion(word) or oxy_anion(word) or other_anion(word))


def simple_anion(word: str) -> tuple[str, int, int | None] | None:
    """Read a one-element anion: its symbol, charge and count (0 for sesqui: two to three)."""
    if word in SIMPLE_ANIONS:
        return *SIMPLE_ANIONS[word][:2], None
    if word.endswith("ide"):
        for prefix, count in _COUNTS.items():
            rest = word[len(prefix) :]
            if rest in SIMPLE_ANIONS and word.startswith(prefix):
                return *SIMPLE_ANIONS[rest][:2], count
    return None


@lru_cache(maxsize=16384)
def other_anion(word: str) -> Ion | None:
    """Read an anion of several elements."""
    if listed := _LIMITED.get(word) or ANIONS.get(word):
        return ion(*listed)
    for prefix, formula in (("hydroxy", "OH"), ("fluoro", "F")):
        known = ANIONS.get(word.removeprefix(prefix)) if word.startswith(prefix) else None
        if known and known[1]:
            rest = ion(*known)
            total = add_amounts(dict(ion(formula, 1).amounts), dict(rest.amounts))
            return Ion(tuple(total.items()), rest.charge + 1)
    if found := _complex_anion(word):
        return found
    for multiplier, count in MULTIPLIERS.items():
        if word.startswith(multiplier) and word[len(multiplier) :] in ANIONS:
            return ion(*ANIONS[word[len(multiplier) :]])._replace(number=count)
    return organic_anion(word)


def _complex_anion(word: str) -> Ion | None:
    """Read `hexafluorotitanate`, `hexacyanoferrate#3`: counted ligands on a central atom."""
    word, _, written = word.partition("#")
    for ligand, (formula, charge) in LIGANDS.items():
        before, found, centre = word.partition(ligand)
        if not found or before not in MULTIPLIERS or centre not in COMPLEX_CENTRES:
            continue
        symbol, valence = COMPLEX_CENTRES[centre]
        valence = 2 if symbol in ("Pt", "Pd") and before == "tetra" else valence
        valence = int(written) if written.isdigit() else valence
        number = MULTIPLIERS[before]
        total = add_amounts({symbol: 1}, dict(ion(formula, charge).amounts), number)
        left = number * charge - valence
        return Ion(tuple(total.items()), left) if left > 0 else None
    return None


def oxy_anion(word: str) -> Ion | None:
    """Return the other anion of `oxychloride`, `dioxycarbonate`, `subnitrate`."""
    match = re.match(r"(?:(?:di)?ox[yo]|sub)(?=[a-z]{4})", word)
    if match is None or word in OPEN_ANIONS:
        return None
    rest = word[match.end() :]
    if found := simple_anion(rest):
        return Ion(((found[0], 1),), found[1], found[2])
    return ion(*ANIONS[rest]) if rest in ANIONS else None
