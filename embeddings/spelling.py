"""One spelling of an English word: lower case, plain letters, American, without its ending."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

__all__ = ["LONGEST_TERM", "fold_word"]

LONGEST_TERM = 64
"""Letters of a term that count."""

_CACHE = 262_144
_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho"
_GREEK_NAMES = dict(
    zip(
        "αβγδεζηθικλμνξοπρςστυφχψω",
        [*_GREEK.split(), "sigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"],
        strict=True,
    )
)
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)

# British to American; what is folded needs no meaning of its own, it must only be the same for
# both spellings, so `-is-` may become `-iz-` also where nobody writes it (`precize`).
_ACRONYMS = re.compile(r"[A-Z][A-Z0-9]+s")  # CNTs
_RULES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"aluminium", "aluminum"),
        (r"sulph", "sulf"),
        (r"caesium", "cesium"),
        (r"^gre(y)", r"gra\1"),
        (r"(col|vap|behavi|fav|lab|neighb|flav|harb|tum|od|hum|hon|rig|arm|sav)our", r"\1or"),
        (r"(cent|met|lit|fib|theat|spect|calib|lust|och|mit|sab)re(s?)$", r"\1er\2"),
        (r"centr(ed|ing)$", r"center\1"),
        (r"([aeiouy]s)[ei]s$", r"\1e"),  # analysis, syntheses: as the verb
        (r"([^\W\d]{2}[iy])s(e[sdr]?|ers|ing|ations?|able|abl[ey])$", r"\1z\2"),
        (
            r"(mod|lab|trav|chann|lev|sign|tunn|canc|fu|equ|tot|paral|pan|bev|swiv|unrav|init)"
            r"([aei])ll(ing|ed|ers?)$",
            r"\1\2l\3",
        ),
        (r"(anal|catal|dial|hom|mon)ogue(s?)$", r"\1og\2"),
        (r"programme(s?)$", r"program\1"),
        (r"^(def|off|lic|pret)ence", r"\1ense"),
        (r"practis", "practic"),
        (r"artefact", "artifact"),
        (r"^mould", "mold"),
        (r"^disc(s?)$", r"disk\1"),
        (r"(acknowledg|judg)ement", r"\1ment"),
        (r"^ageing$", "aging"),
        (r"manoeuvr", "maneuver"),
        (r"^draught", "draft"),
        (r"^aero(plane|foil)", r"air\1"),
        (r"^(kilo)?gramme(s?)$", r"\1gram\2"),
        (r"palaeo", "paleo"),
        (r"haem", "hem"),
    )
)


@lru_cache(maxsize=_CACHE)
def fold_word(word: str) -> str:
    """Return the term of a word: what all its spellings share.

    Args:
        word: of any script, without blanks or punctuation; digits are letters too.

    Returns:
        The term, without blanks, at most `LONGEST_TERM` letters; empty where a word is
        nothing but accents.
    """
    one = word[:-1] if _ACRONYMS.fullmatch(word) else word
    plain = _plain(one[: 4 * LONGEST_TERM])
    if not plain.isascii() or not plain.isalpha() or len(plain) < 4:
        return plain[:LONGEST_TERM]
    for pattern, new in _RULES:
        plain = pattern.sub(new, plain)
    return _stemmer()(plain)[:LONGEST_TERM]


def _plain(word: str) -> str:
    """Return a word in small letters without accents, Greek letters as their names."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.casefold()).translate(_LETTERS)
    letters = "".join(part for part in parts if not unicodedata.combining(part))
    if letters.startswith("μ") and letters[1:].isalpha() and letters[1:].isascii():
        return "u" + letters[1:]  # micro: μm is also written um
    named = "".join(_GREEK_NAMES.get(letter, letter) for letter in letters)
    return "".join(letter for letter in named if letter.isalnum())


@lru_cache(maxsize=1)
def _stemmer() -> Callable[[str], str]:
    """Return the English Snowball stemmer, which comes with the full-text engine."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    analyzer = builder.filter(tantivy.Filter.stemmer("english")).build()

    def stem(word: str) -> str:
        return str(analyzer.analyze(word)[0])

    return stem
