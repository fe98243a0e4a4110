"""Finds the names of one thing: `bismuth telluride (Bi2Te3)`, `LSMO = La0.7Sr0.3MnO3`.

Three ways in which texts say so: an acronym is defined; a formula stands in brackets behind a
name, or a name behind a formula; two materials are joined by a sign or by words of equality.
What is defined in one place holds for the whole text: later mentions of a short form get the
norm of what it stands for, where they have none of their own.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise

from matlore.records import Mention

from ..acronyms import Acronym
from ..elements import ELEMENT_NAMES, ELEMENTS
from ..formulas import formula_family, normalize_formula
from .document import Document
from .parts import Relation
from .relation_things import formula_part

__all__ = ["SAME_AS_VERSION", "find_same"]

SAME_AS_VERSION = "2"
"""Changes when other relations may be found."""

_OPENS = re.compile(r"\s*[(\[]\s*(?:i\.e\.,?\s|or\s|also\s|hereafter\s|abbreviated\s(?:as\s)?)?$")
_CLOSES = re.compile(r"\s*[)\],;]")
_EQUALS = re.compile(
    r"\s*(?:=|≡)\s*|,?\s*(?:hereafter|hereinafter|henceforth)?,?\s*"
    r"(?:also (?:known|called)|known|abbreviated|denoted|designated|referred to|labell?ed|called)"
    r"\s+(?:as\s+)?(?:the\s+)?[\"'“‘]?|,?\s*i\.e\.,?\s*"
)
_PLACEHOLDER = re.compile(r"(?:Ln|RE|Re|R|M|A|B|X|T|TM|L|E|Q|Ae|AE|Pn|Ch|Me|Tr|x|y)['′]?s?")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_WORD = re.compile(r"[a-z]{2,}")
_VAGUE = re.compile(
    r"(?:transition |rare[- ]earth |noble |heavy |alkali |metal |mixed )*"
    r"(?:oxides?|metals?|alloys?|sulfides?|halides?|nitrides?|carbides?|polymers?|ceramics?|"
    r"van der waals|nanoparticles?|nano\w+|[A-Z]?NPs|NCs|NWs|QDs|substrates?|composites?|"
    r"glass(?:es)?|compounds?|catalysts?|solid solutions?|ions?)",
    re.IGNORECASE,
)
_ANIONS = {
    "oxide": "O", "sulfide": "S", "sulphide": "S", "selenide": "Se", "telluride": "Te",
    "nitride": "N", "carbide": "C", "boride": "B", "boron": "B", "phosphide": "P",
    "arsenide": "As", "antimonide": "Sb", "silicide": "Si", "germanide": "Ge", "chloride": "Cl",
    "bromide": "Br", "iodide": "I", "fluoride": "F", "hydride": "H", "titanate": "Ti",
    "zirconate": "Zr", "niobate": "Nb", "tantalate": "Ta", "ferrite": "Fe", "cobaltite": "Co",
    "manganite": "Mn", "nickelate": "Ni", "cuprate": "Cu", "tungstate": "W", "molybdate": "Mo",
    "vanadate": "V", "phosphate": "P", "sulfate": "S", "silicate": "Si", "borate": "B",
    "stannate": "Sn", "aluminate": "Al", "ceria": "Ce", "titania": "Ti", "zirconia": "Zr",
    "alumina": "Al", "silica": "Si", "magnesia": "Mg", "hafnia": "Hf", "yttria": "Y",
}  # fmt: skip
_MOST_NAMES = 100
"""Definitions, and pairs of names, that are looked at; in 1,500 abstracts none had over 13."""

_DEFINED, _BRACKET_SURE, _BRACKET, _EQUAL, _DOUBT = 0.95, 0.97, 0.75, 0.85, 0.6


def find_same(document: Document) -> list[Relation]:
    """Return which mentions of materials are said to be one thing, the longer form first.

    Args:
        document: grows by the short or long form of a definition that the tagger left out;
            mentions of short forms get the norm of the long one.

    Returns:
        Each pair of names once, where it is first said.
    """
    best: dict[frozenset[str], Relation] = {}
    for one, other, score in (*_defined(document), *_neighbours(document)):
        head, tail = document.mentions[one], document.mentions[other]
        names = frozenset((_folded(head.text), _folded(tail.text)))
        if len(names) == 2 and (names not in best or best[names].score < score):
            best[names] = Relation("SAME_AS", one, other, score=score)
    for relation in islice(best.values(), _MOST_NAMES):
        _spread(document, relation)
    return [*best.values()]


def _folded(text: str) -> str:
    return "".join(text.split()).lower() if len(text) > 3 else text


def _defined(document: Document) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs that definitions of acronyms make."""
    for acronym in document.acronyms[:_MOST_NAMES]:
        long = _covering(document, acronym.long_start, acronym.long_end)
        short = _covering(document, acronym.start, acronym.end)
        score = _trust(document, acronym, long, short)
        if score:
            yield (
                _position(document, acronym.long_start, acronym.long_end, long, short),
                _position(document, acronym.start, acronym.end, short, long),
                score,
            )


def _covering(document: Document, start: int, end: int) -> int | None:
    """Return the mention of a material that is a stretch, but for a few characters."""
    for position, mention in enumerate(document.mentions):
        if mention.label == "MAT" and mention.start < end and start < mention.end:
            inside = min(end, mention.end) - max(start, mention.start)
            if inside >= 0.8 * (end - start) and mention.end - mention.start <= 1.3 * inside:
                return position
    return None


def _trust(document: Document, acronym: Acronym, long: int | None, short: int | None) -> float:
    """Return how sure it is that a definition is one of a material; 0 for not at all."""
    forms = (acronym.long, acronym.short)
    if any(_VAGUE.fullmatch(form) or _PLACEHOLDER.fullmatch(form) for form in forms):
        return 0.0
    if all(normalize_formula(form) for form in forms) and acronym.short in acronym.long:
        return 0.0
    if long is not None:
        if document.mentions[long].text.lower() in ELEMENT_NAMES and len(acronym.short) > 2:
            return 0.0
        return _DEFINED if short is not None else _BRACKET
    if short is None or document.mentions[short].norm is None:
        return 0.0
    if formula_part(acronym.long) or _is_compound(acronym.long):
        return _BRACKET
    return 0.0


def _is_compound(name: str) -> bool:
    """Say whether a name has the words of a compound in it."""
    words = _WORD.findall(name.lower())
    return any(word in _ANIONS for word in words) and any(word in ELEMENT_NAMES for word in words)


def _position(document: Document, start: int, end: int, own: int | None, other: int | None) -> int:
    """Return the position of a form's mention, added if there is none."""
    if own is not None:
        return own
    form = document.text[start:end]
    norm = None if _is_letters(form) else normalize_formula(form)
    if norm is None and other is not None:
        norm = document.mentions[other].norm
    return document.add(start, end, "MAT", norm, _BRACKET)


def _neighbours(document: Document) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of materials that stand side by side with a sign of equality."""
    text = document.text
    order = sorted(
        (k for k, one in enumerate(document.mentions) if one.label == "MAT"),
        key=lambda k: document.mentions[k].start,
    )
    for one, other in pairwise(order):
        head, tail = document.mentions[one], document.mentions[other]
        gap = text[head.end : tail.start]
        if not 0 < len(gap) < 40 or not gap.strip():
            continue
        if _OPENS.fullmatch(gap) and _CLOSES.match(text, tail.end):
            score = _in_bracket(head, tail)
        elif _EQUALS.fullmatch(gap):
            agreed = _in_bracket(head, tail)
            score = _EQUAL * _may_equal(head, tail) if gap.strip() in "=≡" else min(agreed, _EQUAL)
        else:
            continue
        if score:
            yield one, other, score


def _may_equal(head: Mention, tail: Mention) -> bool:
    """Say whether two mentions may be of one thing: no variables, not two different formulas."""
    if any(_PLACEHOLDER.fullmatch(one.text) or _VAGUE.fullmatch(one.text) for one in (head, tail)):
        return False
    formulas = [formula_part(one.text) for one in (head, tail)]
    if all(formulas):
        return normalize_formula(head.text) == normalize_formula(tail.text)
    return "," not in head.text + tail.text


def _in_bracket(head: Mention, tail: Mention) -> float:
    """Return how sure a mention in brackets is the same as the one before; 0 for not at all."""
    if not _may_equal(head, tail) or head.text in ELEMENTS or _is_more(head, tail):
        return 0.0
    if head.norm and head.norm == tail.norm:
        return _BRACKET_SURE
    formula = formula_part(tail.text) or formula_part(head.text)
    if formula is None:
        return 0.0
    name = head.text if formula_part(tail.text) else tail.text
    wanted = _named_elements(name)
    if not wanted:
        return _DOUBT if name.isupper() and _initials_fit(name, formula) else 0.0
    return _BRACKET if wanted <= set(_SYMBOL.findall(formula)) else 0.0


def _is_more(head: Mention, tail: Mention) -> bool:
    """Say whether one is an element by its name, and the other has more in it."""
    symbol = ELEMENT_NAMES.get(head.text.lower())
    return symbol is not None and bool(set(_SYMBOL.findall(tail.text)) & ELEMENTS - {symbol})


def _named_elements(name: str) -> set[str]:
    """Return the elements that the words of a name tell of."""
    words = _WORD.findall(name.lower())
    found = {ELEMENT_NAMES.get(word) or _ANIONS.get(word) for word in words}
    return {symbol for symbol in found if symbol}


def _initials_fit(name: str, formula: str) -> bool:
    """Say whether an acronym's letters are initials of elements of a formula."""
    initials = {symbol[0] for symbol in _SYMBOL.findall(formula)}
    letters = [letter for letter in name if letter.isalpha()]
    return len(letters) > 1 and sum(letter in initials for letter in letters) >= len(letters) - 1


def _spread(document: Document, relation: Relation) -> None:
    """Give all mentions of a short form the norm of what it stands for, if that is a formula."""
    if relation.score < _BRACKET:
        return
    one, other = document.mentions[relation.head], document.mentions[relation.tail]
    formulas = (each for each in (one, other) if formula_part(each.text))
    formula = next((each for each in formulas if not _is_letters(each.text)), None)
    if formula is None:
        return
    short = other if formula is one else one
    norm = formula.norm or normalize_formula(formula.text) or formula_family(formula.text)
    for position, mention in enumerate(document.mentions):
        if mention.label == "MAT" and mention.text == short.text and _is_loose(mention.norm):
            document.mentions[position] = replace(mention, norm=norm)


def _is_letters(form: str) -> bool:
    """Say whether a form is capitals alone: `BP` in a text on black phosphorus is no phosphide."""
    return form.isalpha() and form.isupper() and len(form) > 1


def _is_loose(norm: str | None) -> bool:
    return norm is None or norm.startswith("name:")
