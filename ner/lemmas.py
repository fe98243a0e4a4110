"""Canonical spelling of terms: plurals, British spellings, hyphens and case.

Rules and small tables of our own. A general lemmatiser works on tagged words of sentences, so
it needs a model beside the tagger, and it leaves what matters here as it is: British
spellings, hyphens, prefixes. What is needed is only that the spellings of one noun phrase
meet in one string.

`lemma` is for showing: `X-ray Diffractions` is `x-ray diffraction`. `lemma_key` is for
look-ups: it also drops hyphens, blanks and articles, so that `solgel`, `sol-gel` and
`sol gel` meet.
"""

import re
import unicodedata
from functools import lru_cache

from .elements import ELEMENT_NAMES, ELEMENTS, word_set

__all__ = ["LEMMAS_VERSION", "lemma", "lemma_key"]

LEMMAS_VERSION = "1"
"""Changes when the same term may get another lemma."""

_LONGEST = 200
_DASHES = re.compile(r"\s*[‐‑‒–—−]\s*|(?<=\w)\s+-\s+(?=\w)")
_POSSESSIVE = re.compile(r"\s?['’`´]s?(?=\s|$)")
_SPLIT = re.compile(r"([^\W_]+)")
_EDGES = " \t\n.,;:!?\"'‘’“”`"
_ARTICLE = re.compile(r"^(?:[Tt]he|[Aa]n?|[Ii]ts|[Tt]heir|[Tt]h[oe]se|[Tt]his|such|[Oo]ur) +(?=\w)")


def _pairs(text: str) -> dict[str, str]:
    """Return a table written as `from:to from:to`."""
    return dict(pair.split(":") for pair in text.split())


_IRREGULAR = _pairs(
    "hypotheses:hypothesis crises:crisis diagnoses:diagnosis axes:axis vertices:vertex "
    "vortices:vortex helices:helix criteria:criterion quanta:quantum maxima:maximum "
    "minima:minimum optima:optimum media:medium strata:stratum bacteria:bacterium "
    "continua:continuum foci:focus loci:locus stimuli:stimulus menisci:meniscus fungi:fungus "
    "formulae:formula vacua:vacuum antennae:antenna halves:half knives:knife leaves:leaf "
    "shelves:shelf lives:life feet:foot teeth:tooth dies:die dyes:dye ties:tie biases:bias "
    "buses:bus viruses:virus caches:cache niches:niche aches:ache"
)
# Singular or without a plural, though they end in `s`.
_UNCHANGED = word_set(
    "gas lens bias series species chassis physics mechanics dynamics kinetics energetics "
    "thermodynamics statistics optics electronics spintronics photonics plasmonics magnonics "
    "valleytronics optoelectronics microelectronics nanoelectronics mathematics acoustics "
    "hydrodynamics electrodynamics magnetohydrodynamics electrostatics magnetostatics "
    "aerodynamics "
    "news waals haas plus thus us is this his has was does as "
    "yes always perhaps across versus towards afterwards besides whereas sometimes brass "
    "axis canvas atlas pancreas christmas texas kansas means mars pegasus iris biceps "
    "microfluidics nanofluidics informatics bioinformatics robotics diagnostics "
    "aeronautics logistics geophysics biophysics astrophysics metaphysics"
)
# Nouns and verbs in -ise that are no British spelling of -ize.
_ISE = re.compile(
    r"(?:sun|moon|a)?rise|.*wise|.*noise|.*poise|.*praise|.*cruise|.*guise|"
    r"precise|concise|exercise|circumcise|excise|incise|raise|braise|liaise|"
    r"(?:com|re|sur)prise|enterprise|(?:com)?promise|premise|expertise|treatise|devise|revise|"
    r"advise|supervise|televise|improvise|advertise|franchise|merchandise|paradise|tortoise|"
    r"turquoise|bruise|demise|despise|disguise|malaise"
)
_IZING = re.compile(r"(.{2,})is(e[drs]?|ing|ers?|ations?|able|ational)")
_LYZING = re.compile(r"(.+)lys(e|ed|ing|ers?)")
_WORDS = _pairs(
    "odour:odor flavour:flavor harbour:harbor favour:favor favourable:favorable rigour:rigor "
    "mould:mold moulded:molded moulding:molding smoulder:smolder grey:gray "
    "greyscale:grayscale centred:centered centring:centering titre:titer calibre:caliber "
    "lustre:luster nitre:niter saltpetre:saltpeter ochre:ocher caesium:cesium "
    "modelling:modeling modelled:modeled labelling:labeling labelled:labeled "
    "levelling:leveling levelled:leveled channelling:channeling channelled:channeled "
    "tunnelling:tunneling tunnelled:tunneled travelling:traveling travelled:traveled "
    "signalling:signaling cancelling:canceling fuelled:fueled fuelling:fueling "
    "ageing:aging haematite:hematite haemoglobin:hemoglobin haemolysis:hemolysis "
    "orthopaedic:orthopedic defence:defense licence:license programme:program "
    "catalogue:catalog analogue:analog artefact:artifact disc:disk nanodisc:nanodisk "
    "draught:draft tyre:tire aerofoil:airfoil manoeuvre:maneuver"
)
_SULPH = re.compile("sulph")
_OUR = re.compile(r"(colo|behavio|vapo|neighbo|tumo|labo|armo|savo|humo)ur")
# Words that begin with one of these are written with it in one: `nano-particle`.
_PREFIXES = word_set(
    "nano micro meso macro photo electro thermo magneto piezo ferro ferri antiferro anti hetero "
    "homo poly multi sub super supra bio opto cathodo mechano hydro spectro pyro tribo chemo "
    "radio ultra infra inter intra quasi semi pseudo pre post co re un non bi di tri mono"
)
_APART = word_set("quasi semi pseudo pre post co re un non ultra inter intra bi di tri mono sub")


@lru_cache(maxsize=65536)
def lemma(text: str) -> str:
    """Return the canonical form in which an unknown term is shown.

    Lower case but for acronyms and symbols, the last word singular, American spelling, one
    blank between words, hyphens kept but for those behind `nano`, `micro` and their like.

    Args:
        text: a term of one or several words.

    Returns:
        The lemma; empty where the text holds no word.
    """
    parts = _SPLIT.split(_without_accents(_clean(text)))
    nouns = _heads(parts)
    for i in range(1, len(parts), 2):
        parts[i] = _spelled(parts[i], noun=i in nouns)
    return _joined(parts)


def lemma_key(text: str) -> str:
    """Return what all spellings of a term have in common, for look-ups.

    Beyond `lemma` every word is singular, and hyphens, blanks, articles and accents are gone.
    Acronyms keep their capitals: `PL` is not `pl`.
    """
    words = _without_accents(_clean(text))
    return "".join(_spelled(word, noun=True) for word in _SPLIT.findall(words)) or words


def _clean(text: str) -> str:
    """Return a text with plain hyphens and blanks, without articles, possessives and edges."""
    text = _DASHES.sub("-", text[:_LONGEST])
    text = _POSSESSIVE.sub("", " ".join(text.split()))
    text = text.strip(_EDGES).strip("-").strip(_EDGES)
    return _ARTICLE.sub("", text, count=1)


def _heads(parts: list[str]) -> set[int]:
    """Return which words are heads: before `of` (`densities of states`), or else the last."""
    for i in range(3, len(parts) - 2, 2):
        if parts[i] == "of":
            return {i - 2}
    return {len(parts) - 2, *(i for i in range(1, len(parts), 2) if parts[i + 1][:1] in ("/", ","))}


def _joined(parts: list[str]) -> str:
    """Return words and what is between them as a text, prefixes joined to their words."""
    for i in range(1, len(parts) - 2, 2):
        if parts[i + 1] == "-" and parts[i] in _PREFIXES - _APART and parts[i + 2].islower():
            parts[i + 1] = ""
    return "".join(parts)


@lru_cache(maxsize=65536)
def _spelled(word: str, *, noun: bool) -> str:
    """Return a word in lower case and American spelling, in the singular if it is a noun."""
    if _keeps_case(word):
        return word[:-1] if noun and len(word) > 2 and word[-1] == "s" else word
    word = word.lower()
    if noun:
        word = _singular(word)
    return _american(word)


def _keeps_case(word: str) -> bool:
    """Say whether a word is an acronym, a symbol or a formula, as its capitals tell."""
    if word.islower() or word.isdigit():
        return False
    if not word.isalpha():
        return True
    if word[1:].islower() or (len(word) > 4 and word.isupper() and word.lower() in _LONG_WORDS):
        return word in ELEMENTS and len(word) == 2 and word.lower() not in _SHORT_WORDS
    return word != "X"


_LONG_WORDS = frozenset({*ELEMENT_NAMES, "optical", "raman", "graphene", "oxide"})
_SHORT_WORDS = word_set("in as no at he be am i")


def _singular(word: str) -> str:
    """Return the singular of a noun in lower case; what is none is left as it is."""
    if len(word) < 4 or word[-1] not in "saei":
        return word
    if found := _IRREGULAR.get(word):
        return found
    for suffix, singular in _SUFFIXES:
        if word.endswith(suffix):
            return word[: len(word) - len(suffix)] + singular
    if word[-1] != "s" or word in _UNCHANGED or word.endswith(("ss", "us", "is", "ics")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return word[:-2]
    return word[:-1]


_SUFFIXES = (
    ("analyses", "analysis"), ("syntheses", "synthesis"), ("lyses", "lysis"),
    ("spectra", "spectrum"), ("moduli", "modulus"), ("phenomena", "phenomenon"),
    ("nuclei", "nucleus"), ("matrices", "matrix"), ("indices", "index"),
    ("equilibria", "equilibrium"), ("gases", "gas"), ("lenses", "lens"),
    ("lamellae", "lamella"), ("radii", "radius"), ("momenta", "momentum"),
    ("photovoltaics", "photovoltaic"), ("electrics", "electric"), ("plastics", "plastic"),
    ("ceramics", "ceramic"), ("organics", "organic"), ("metallics", "metallic"),
    ("logics", "logic"), ("characteristics", "characteristic"), ("metrics", "metric"),
)  # fmt: skip


def _american(word: str) -> str:
    """Return a word in lower case in American spelling."""
    if len(word) < 4:
        return word
    if found := _WORDS.get(word):
        return found
    if "ph" in word:
        word = _SULPH.sub("sulf", word)
    if "our" in word:
        word = _OUR.sub(r"\1r", word)
    if word.endswith(("fibre", "metre", "litre", "centre")):
        return word[:-2] + "er"
    word = word.replace("aluminium", "aluminum")
    if "lys" in word and (lysing := _LYZING.fullmatch(word)):
        return f"{lysing.group(1)}lyz{lysing.group(2)}"
    izing = _IZING.fullmatch(word) if "is" in word else None
    if izing is None or _ISE.fullmatch(f"{izing.group(1)}ise"):
        return word
    return f"{izing.group(1)}iz{izing.group(2)}"


def _without_accents(text: str) -> str:
    """Return a text without accents; Greek letters stay."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
