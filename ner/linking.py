"""Mentions to normal forms: one material, property or method, however it is written.

Materials get the key of `ner.names.material_key`; all else a canonical name of
`matlore.vocabulary.terms`, or a lemma where the vocabulary has no entry. What a text itself
defines goes first: in a paper on `lanthanum cuprate (LCO)`, LCO is no cobaltate.

No norm (None) is given to

- mentions without letters;
- generic words for materials (`oxide`, `alloy`, `sample`: `GENERIC`) and placeholders
  (`ABO3`, `M2AX`), which stand for another material in each text;
- stacks and composites of several materials (`Fe/MgO/Fe`), unless they have a key;
- materials of one or two letters that nobody defines.

Other unknown materials are `name:` and their lemma. `this compound` is not resolved.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from matlore.records import Label
from matlore.vocabulary.materials import load_materials
from matlore.vocabulary.terms import Term, load_terms

from .acronyms import find_acronyms
from .elements import ELEMENTS, word_set
from .formulas import FAMILY, formula_family, normalize_formula
from .labels import Span
from .lemmas import LEMMAS_VERSION, lemma, lemma_key
from .linking_words import (
    BROAD,
    CONTRARY,
    GENERIC,
    MODIFIERS,
    PRAISE,
    QUALITIES,
    SHAPES,
    SPECIFIERS,
    TAILS,
)
from .names import NAMES_VERSION
from .names import material_key as known_key

__all__ = ["LINKING_VERSION", "Linker"]

LINKING_VERSION = "1"
"""Changes when the same mention may get another norm."""

_KINDS: dict[Label, str] = {
    "PRO": "property",
    "APL": "application",
    "SMT": "method",
    "CMT": "method",
    "SPL": "phase",
}
_CACHE_LIMIT = 100_000
_LONGEST_NAME = 80
_LONGEST_SHORT = 15
_LONGEST_SYMBOL = 4
_LONGEST_SURFACE = 200
# `graphene (Gr)` and `Ni80Fe20 (Py)`: too short for an acronym, unless it stands just behind.
_BRIEF = re.compile(r"(?<!\S)(\w{4,40}) \(([A-Z][a-z])\)")

# Letters that stand for any element: `ABO3`, `M2AX`, `LnFeO3`; large numbers are those of
# alloys (`AZ91D`), and without a number it may be an acronym.
_FORMULA_LIKE = re.compile(r"(?:(?:Ln|RE|TM|[A-Z][a-z]?)(?:1?\d(?:\.\d+)?)?){2,}")
_AMOUNT = re.compile(r"[()\[\]]|1-[xyz]|(?<=\w)[xyz]\b|[xyz](?=[A-Z)\]\d])|[+–-][xyzδ]")
_OXIDATION = re.compile(r"([A-Z][a-z])(?:I{2,3}|IV)")
_FRACTION = re.compile(r"_?\((\d/\d)\)")
_RANGE = re.compile(r"(?:[, ]+(?:with )?|\()[xyzδ]\s?[=~<≤≈].*")
_POLYTYPE = re.compile(r"[1-9][HTR]['′]?")
_SYMBOL = re.compile(r"[^\W\d_]|[A-Zα-ω][A-Za-z0-9]{1,2}")
_DOPANT = re.compile(r"[BCFHNPS]-(?=[A-Z][a-z]?\d*[A-Z])")
_PLACEHOLDER = re.compile(r"Ln|RE|TM|[A-Z][a-z]?")
_PLACEHOLDERS = word_set("A M R X T Ln RE TM")
_SYSTEM = re.compile(r"[A-Z][a-z]?(?:-[A-Z][a-z]?)+")
_HAS_LETTER = re.compile(r"[^\W\d_]")
_STACK = re.compile(r"\w\)?\s?/\s?\(?\w|\w\s?@\s?\w")
_DOPED = re.compile(
    r"(?:[\w(),.%/+\-–]+(?:\s+and\s+\w+)?[-–\s]+)?(?:co-?|un|non-)?(?:doped|substituted|alloyed)"
    r"[\s-]+(?:with\s+)?(?P<host>\S.*)"
)
_POLYMORPH = re.compile(
    r"(?:[αβγδεζηκθλωΩσχτ]['′]?|[acwhrtmo]|nc|[μuµ]c|[1-9]{1,2}[HRTC]['′]?)[-–]"
)
_TRAILING_BRACKET = re.compile(r"(?P<head>\S.*?)\s+[(\[][^()\[\]]*[)\]]")
_SPACE_GROUP = re.compile(r"[PIFCRAB][-–−¯]?[1-6mnabcde](?:[-–−¯/_,]?[1-6mnabcde]){0,6}")


class _Vocabulary(NamedTuple):
    """A kind of terms, ready for look-up."""

    exact: dict[str, str]
    folded: dict[str, str]
    terms: Mapping[str, Term]


class Linker:
    """Names mentions. One object may serve any number of documents; it is not thread-safe.

    Args:
        terms: vocabularies by kind, in place of matlore's.
        material_key: names a material, or None; in place of `ner.names.material_key`.
    """

    def __init__(
        self,
        *,
        terms: Mapping[str, Mapping[str, Term]] | None = None,
        material_key: Callable[[str], str | None] | None = None,
    ) -> None:
        kinds = dict.fromkeys(_KINDS.values())
        self._terms = {kind: load_terms(kind) for kind in kinds} if terms is None else dict(terms)
        self._vocabularies = {kind: _vocabulary(self._terms.get(kind, {})) for kind in kinds}
        self._material_key = material_key or known_key
        self._norms: dict[tuple[Label, str, str | None], str | None] = {}
        self._version: str | None = None

    @property
    def version(self) -> str:
        """What changes when a mention may get another norm, because of rules or words."""
        if self._version is None:
            terms = [[*kind.values()] for kind in self._terms.values()]
            words = repr([terms, load_materials()])
            digest = sha256(words.encode()).hexdigest()[:8]
            self._version = f"{LINKING_VERSION}.{LEMMAS_VERSION}.{NAMES_VERSION}-{digest}"
        return self._version

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        """Return the norm of each mention of one document, in order.

        Args:
            text: the whole document: acronyms may be defined anywhere in it.
            spans: the mentions, with offsets in characters.
        """
        surfaces = [text[span.start : span.end] for span in spans]
        defined = _definitions(text, surfaces)
        norms: list[str | None] = []
        for span, surface in zip(spans, surfaces, strict=True):
            long = _long_form(surface, defined) if defined else None
            norms.append(self._cached(span.label, surface, long))
        return norms

    def _cached(self, label: Label, surface: str, long: str | None) -> str | None:
        key = (label, surface, long)
        if key in self._norms:
            return self._norms[key]
        if len(self._norms) >= _CACHE_LIMIT:
            self._norms.clear()
        norm = self._norms[key] = self._norm(label, surface[:_LONGEST_SURFACE].strip(), long)
        return norm

    def _norm(self, label: Label, surface: str, long: str | None) -> str | None:
        """Return the norm of a surface, which the document may have defined as `long`."""
        if not _HAS_LETTER.search(surface):
            return None
        if label == "MAT":
            return self._material(surface, long)
        kind = _KINDS.get(label)
        if kind is None:
            return lemma(long or _without_bracket(surface)) or None
        return self._term(kind, surface, long)

    def _material(self, surface: str, long: str | None) -> str | None:
        surface = _mended(surface)
        if _is_placeholder(_without_bracket(surface)) or _POLYTYPE.fullmatch(surface):
            return None
        if long is None:
            return self._known(surface) or _unknown_material(surface)
        if key := self._known(long):
            # `titanium oxide (TiO2)`: the formula says more.
            own = self._known(surface) if key.startswith(FAMILY) else None
            return own if own and _elements(own) == key.removeprefix(FAMILY) else key
        # A long acronym means one thing everywhere; it is the short ones that texts reuse.
        # `MnC` can only be the formula, but `NO` may be an acronym too.
        formula = None if surface.isupper() else normalize_formula(surface)
        general = self._known(surface) if len(surface) > 3 else formula
        return general or _unknown_material(long)

    def _known(self, surface: str) -> str | None:
        """Return the key of a material that the names or the formula grammar know."""
        for candidate in _material_candidates(surface):
            if key := self._material_key(candidate):
                return key
            if key := normalize_formula(candidate) or formula_family(candidate):
                return key
        return _system(surface)

    def _term(self, kind: str, surface: str, long: str | None) -> str | None:
        vocabulary = self._vocabularies[kind]
        written = surface if long is None else long
        general = None if long is None else _find(surface, kind, vocabulary)
        if general is not None and _is_part(written, vocabulary.terms[general]):
            return general
        if name := _find(written, kind, vocabulary):
            return name
        if general is not None and _akin(written, vocabulary.terms[general]):
            return general
        if kind == "phase" and (name := _phase(written, vocabulary)):
            return name
        return _unknown_term(written) or None


def _vocabulary(terms: Mapping[str, Term]) -> _Vocabulary:
    """Return the look-up tables of some terms; names go before synonyms."""
    exact: dict[str, str] = {}
    folded: dict[str, str] = {}
    for spellings in (((t.name,) for t in terms.values()), (t.synonyms for t in terms.values())):
        for name, written in zip(terms, spellings, strict=True):
            for spelling in written:
                exact.setdefault(spelling, name)
                # A short symbol stands for the term only as it is written: `Hc` is not `hc`.
                if spelling == spelling.lower() or len(spelling) > _LONGEST_SYMBOL:
                    folded.setdefault(lemma_key(spelling), name)
                else:
                    exact.setdefault(f"{spelling}s", name)
    return _Vocabulary(exact, folded, terms)


def _definitions(text: str, surfaces: Sequence[str]) -> dict[str, str]:
    """Return the long forms of the acronyms that a text defines; the first definition counts."""
    if "(" not in text and "[" not in text:
        return {}
    if not any(len(surface) <= _LONGEST_SHORT or "(" in surface for surface in surfaces):
        return {}
    defined: dict[str, str] = {}
    for acronym in find_acronyms(text):
        defined.setdefault(acronym.short, acronym.long)
    for long, short in _BRIEF.findall(text):
        if short not in ELEMENTS and (long.lower().startswith(short.lower()) or _is_formula(long)):
            defined.setdefault(short, long)
    return defined


def _is_formula(word: str) -> bool:
    return not word.isalpha() and normalize_formula(word) is not None


def _long_form(surface: str, defined: Mapping[str, str]) -> str | None:
    """Return the long form of a mention that is a defined acronym, in singular or plural."""
    if len(surface) > _LONGEST_SHORT:
        return None
    for short in (surface, surface.removesuffix("s"), surface + "s"):
        if (long := defined.get(short)) is not None:
            return long
    return None


def _without_bracket(surface: str) -> str:
    """Return a surface without a bracket behind it: `Seebeck coefficient (S)`."""
    match = _TRAILING_BRACKET.fullmatch(surface)
    return match.group("head") if match else surface


def _material_candidates(surface: str) -> Iterator[str]:
    """Yield what may be looked up for a material, the most literal first."""
    bare = _without_bracket(surface)
    yield bare
    singular = lemma(bare)
    if singular != bare:
        yield singular
    if polymorph := _POLYMORPH.match(bare):
        yield bare[polymorph.end() :]
    # The host is the material, the dopant a relation.
    if doped := _DOPED.fullmatch(bare):
        bare = doped.group("host")
        yield bare
    yield from _without_frills(bare)


def _without_frills(surface: str) -> Iterator[str]:
    """Yield a name with ever fewer words for its shape behind and its quality before."""
    words = surface.split()
    # A carbon fiber is no carbon.
    least = 2 if "carbon" in words[:-1] else 1
    while len(words) > least and lemma(words[-1]) in SHAPES:
        words.pop()
        yield " ".join(words)
    while len(words) > 1 and words[0].lower() in QUALITIES:
        words.pop(0)
        yield " ".join(words)


def _is_placeholder(surface: str) -> bool:
    """Say whether a surface is a formula with letters for any element."""
    bare = _AMOUNT.sub("", surface)
    if not _FORMULA_LIKE.fullmatch(bare) or (bare == surface and surface.isalpha()):
        return False
    symbols = set(_PLACEHOLDER.findall(bare))
    return bool(symbols & _PLACEHOLDERS) and symbols <= ELEMENTS | _PLACEHOLDERS


def _elements(formula: str) -> str:
    """Return the elements of a formula as a family names them."""
    return "-".join(sorted(set(re.findall(r"[A-Z][a-z]?", formula))))


def _system(surface: str) -> str | None:
    """Return the family of a system of elements such as `Cu-Zr`, or None."""
    surface = re.sub(r"\s*[-‐‑–]\s*", "-", surface)
    symbols = set(surface.split("-")) if _SYSTEM.fullmatch(surface) else set()
    if len(symbols) < 2 or not symbols <= ELEMENTS:
        return None
    return FAMILY + "-".join(sorted(symbols))


def _unknown_material(surface: str) -> str | None:
    """Return the key of a material that nobody knows, or None where it would be noise."""
    surface = _without_bracket(surface)
    if _STACK.search(surface) or _is_placeholder(surface) or _is_torn(surface):
        return None
    if doped := _DOPED.fullmatch(surface):
        surface = doped.group("host")
    *_, bare = (surface, *_without_frills(surface))
    name = lemma(bare).removesuffix("-based")
    if not 2 < len(name) <= _LONGEST_NAME:
        return None
    if any(word in _noise() for word in (name, lemma(surface), lemma(surface.lower()))):
        return None
    return f"name:{name}"


def _mended(surface: str) -> str:
    """Return a surface without the marks of an index and a bracket that is never closed."""
    surface = _RANGE.sub("", surface)
    mended = re.sub(r"_(?=[({\d])", "", _FRACTION.sub(r"\1", surface))
    if mended.count("(") > mended.count(")") and " (" in mended:
        mended = mended.rpartition(" (")[0]
    # `N-TiO2` is doped, not a system of the three.
    if (dopant := _DOPANT.match(mended)) and normalize_formula(mended[dopant.end() :]):
        return mended[dopant.end() :]
    # `NiII` is nickel; copper iodide is `CuI`.
    valence = _OXIDATION.fullmatch(mended)
    return valence.group(1) if valence and valence.group(1) in ELEMENTS else mended


def _is_torn(surface: str) -> bool:
    """Say whether a mention was cut out of a formula or is a list: `Fe1-xMx)2As2, M = Co`."""
    return bool(re.search(r"=|, ", surface)) or surface.count("(") != surface.count(")")


@lru_cache(maxsize=1)
def _noise() -> frozenset[str]:
    """Return the names that stand for another material in each text."""
    return GENERIC | SHAPES | QUALITIES


def _find(surface: str, kind: str, vocabulary: _Vocabulary) -> str | None:
    """Return the canonical name of a term: as written, folded, then without its frills."""
    for candidate in (surface, _without_bracket(surface)):
        if name := vocabulary.exact.get(candidate) or vocabulary.folded.get(lemma_key(candidate)):
            return name
    # Titles in capitals: an acronym would be shorter.
    if surface.isupper() and len(surface) > 6 and " " in surface:
        return _find(surface.lower(), kind, vocabulary)
    return _find_trimmed(_without_bracket(surface), kind, vocabulary)


def _find_trimmed(surface: str, kind: str, vocabulary: _Vocabulary) -> str | None:
    """Return the term within a surface: words dropped behind first, then before.

    Words that say how much or when (`MODIFIERS`) may always go. Others make another
    property (`magnetic free energy`), so of those only `SPECIFIERS` and formulas go before
    one; before methods and applications others may where two words are left, or an acronym
    (`1H NMR`); phases are one word mostly.
    """
    words = _words(surface)
    tails = 0
    while tails < len(words) - 1 and lemma(words[-1 - tails]) in TAILS[kind]:
        tails += 1
    # A symbol behind its name, `magnetic penetration depth λ`, but not `superconducting Tc`.
    if kind == "property" and not tails and len(words) > 2 and _SYMBOL.fullmatch(words[-1]):
        tails = 1
    for start in range(len(words)):
        for stop in range(len(words), max(start, len(words) - tails - 1), -1):
            if _may_go(words[:start], words[start:stop], kind) and (
                name := _looked_up(words[start:stop], vocabulary)
            ):
                return name
    return None


def _may_go(before: Sequence[str], rest: Sequence[str], kind: str) -> bool:
    """Say whether the rest of a term means the same without the words before it."""
    others = [word for word in map(lemma, before) if word not in MODIFIERS]
    if before and before[0].lower() == "temperature":  # `room temperature` is a circumstance
        others.append("temperature")
    if not others or _is_acronym(rest[0]):
        return True
    if not CONTRARY.isdisjoint(others):
        return False
    if kind == "phase":
        return True
    if kind == "property":
        return len(rest) > 1 and all(_is_specifier(word) for word in others)
    if kind == "method":
        return len([word for word in map(lemma, rest) if word not in BROAD]) > 1
    return len(rest) > 1


def _is_specifier(word: str) -> bool:
    """Say whether a word tells of what, of where or of which orbital (`4p`) a property is."""
    orbital = 0 < len(word) < 3 and word[-1] in "spdf"
    return word in SPECIFIERS or orbital or normalize_formula(word) is not None


def _is_acronym(word: str) -> bool:
    return len(word) > 2 and word.removesuffix("s").isupper()


def _looked_up(words: Sequence[str], vocabulary: _Vocabulary) -> str | None:
    joined = " ".join(words)
    return vocabulary.exact.get(joined) or vocabulary.folded.get(lemma_key(joined))


def _words(surface: str) -> list[str]:
    """Return the words of a surface, hyphened ones whole, at most twelve: the last."""
    return re.sub(r"\s*[-‐‑–]\s*", "-", surface).split()[-12:]


def _is_part(long: str, term: Term) -> bool:
    """Say whether a long form is cut short, as in `microscopy and spectroscopy (STM, STS)`."""
    words = lemma(long).split()
    return any(set(words) < set(spelling.split()) for spelling in (term.name, *term.synonyms))


def _akin(long: str, term: Term) -> bool:
    """Say whether a long form that is not in the vocabulary looks like a variant of a term.

    `differential scanning calorimetric (DSC)` is, `dye-sensitized cell (DSC)` is not.
    """
    stems = {word[:4] for word in re.findall(r"\w+", long.lower())}
    for spelling in (term.name, *term.synonyms):
        wanted = {word[:4] for word in re.findall(r"\w+", spelling.lower())}
        if len(wanted) > 1 and len(stems & wanted) > len(wanted) / 2:
            return True
    return False


def _unknown_term(surface: str) -> str:
    """Return the canonical name of a term that no vocabulary holds."""
    name = lemma(_without_bracket(surface))
    words = name.split()
    while len(words) > 1 and words[0] in PRAISE:
        words.pop(0)
    if len(words) > 1 and words[-1] == "value":
        words.pop()
    return " ".join(words)


def _phase(surface: str, vocabulary: _Vocabulary) -> str | None:
    """Return a phase in capitals (`BCC`), or a space group."""
    return vocabulary.exact.get(surface.lower()) or _space_group(surface)


def _space_group(surface: str) -> str | None:
    """Return a space group in one spelling (`P21/c`, `Fm-3m`), or None."""
    squeezed = re.sub(r"\s+", "", surface)
    if len(squeezed) < 3 or not _SPACE_GROUP.fullmatch(squeezed):
        return None
    # A bar printed over a digit comes out of some texts behind it.
    barred = re.sub(r"(\d)¯", r"-\1", squeezed)
    return re.sub(r"[–−¯]", "-", barred).replace("_", "")
