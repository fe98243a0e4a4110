"""Chemical formulas: what counts as one, its composition, and its normal form.

The rules, in order:

1. *Grammar.* A formula is a sequence of element symbols and bracketed groups, each with an
   optional amount: a number, a fraction (`La2/3Sr1/3MnO3`) or an expression in free variables
   (`1-x`, `2-2x`, `(1-x)/3`). Parts may be joined by a centred dot (`CuSO4·5H2O`) or, when
   each part has a coefficient, by a hyphen (`0.9PbTe-0.1SnTe`). `(Bi,Sb)2Te3` mixes elements
   in unknown amounts: such an amount is free.
2. *Deviations are not variables.* `O7-δ` and a lone `O7-x` on the last element mean "slightly
   less than seven": the amount is 7.
3. *Charges, valences and dopants are not composition.* `Fe(III)` and `Pb2+` are the element,
   `SO4^2-` the group, `ZnO:Al` is `ZnO`.
4. *False friends.* Words and abbreviations that happen to parse are refused: English words
   (`In`, `As`, `No`), units (`GeV`), abbreviations in capitals (`PHI`, `YBCO`), Roman numerals.
   Capitals alone are a formula when they are listed (`KOH`), or stand in normal order and are
   no known abbreviation (`BN`). Running text is read more strictly: see `is_formula_word`.
5. *Normal form.* See `normalize_formula`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from .elements import ELEMENT_NAMES, ELEMENTS, electronegativity_rank, word_set

__all__ = [
    "ELEMENTS",
    "FAMILY",
    "Formula",
    "alphabetical",
    "composition",
    "formula_family",
    "is_formula_key",
    "is_formula_word",
    "normalize_formula",
    "parse_formula",
]

FAMILY = "family:"
"""Prefix of the key of a family of materials."""

MAX_DENOMINATOR = 1000
_MAX_LENGTH = 200
_MAX_DEPTH = 8

_NUMBER = r"(?:\d+(?:\.\d+)?|(?<=[A-Za-z)\]}])\.\d+)"
_VARIABLE = r"[xyzwuvnmdδεα]"
_MINUS = r"[-−–]"
_TERM = rf"(?:(?:{_NUMBER}(?:/\d+)?)?{_VARIABLE}(?:/\d+)?|{_NUMBER}(?:/\d+)?)"
_CLOSED = re.compile(rf"{_NUMBER}(?:/[1-9]\d*)?")
_OPEN = re.compile(
    rf"(?:\d+(?:\.\d+)?)?\((?=[^()A-Z]*{_VARIABLE})[^()A-Z]+\)(?:/\d+)?"
    rf"|{_TERM}(?:(?:{_MINUS}|[+±]){_TERM})*"
)
_DEVIATION = re.compile(rf"({_NUMBER})(?:{_MINUS}|[+±])(?:{_NUMBER})?([δεd])")
_LESS = re.compile(rf"({_NUMBER}){_MINUS}({_VARIABLE})")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_ACTIVATOR = re.compile(r"(?<=[FIlr\d])\((?:Tl|Ce|Eu|Na|Pr|Tb|Sm|In)\)$")
_VALENCE = re.compile(r"(?<=[A-Za-z])\((?:I{1,3}|I?V|VI{0,3}|I?X|0)(?:[,/](?:I{1,3}|IV|VI?))?\)")
_CHARGE = re.compile(r"\^?(\d?)([+]{1,3}|[-−–]{1,3})$")
_DOPANT = re.compile(r"[A-Z][a-z]?(?:\d?\+)?(?:,[A-Z][a-z]?(?:\d?\+)?){0,3}")
_DOT = re.compile(r"[·•∙⋅*]|\.(?=\(?[A-Z])|×(?=\d*\.?\d*H2O)")
_COEFFICIENT = re.compile(
    rf"(?:\((?=[^()A-Z]*(?:{_VARIABLE}|\d))[^()A-Z]+\)|(?:{_NUMBER})?{_VARIABLE}|{_NUMBER})"
    r"(?=[A-Z(\[])"
)
_VACANCY = re.compile(rf"□(?:{_NUMBER}|(?<=□)\.\d+)?")
_OPENING, _CLOSING = "([{", ")]}"

_BRACKETS = str.maketrans("", "", "()[]{}")
_ACRONYM = re.compile(r"\d*(?:[A-Z]{2,}s?|[A-Z]s)")
_FALSE_FRIENDS = word_set(
    "In As No At He Be GeV TeV NaN CoV PIs SiPM HeI HeII BCs NCs OSCs PSCs "
    "SCs PCs OCs CoPs PoS SoC SoS HoH NoSe SiV SnV PbV SiVs SnVs "
    "NaSICON NaSiCON LiSICON LiSiCON BiSCCO ReBCO"
)
# Capitals that follow the grammar in normal order, but are abbreviations.
_ABBREVIATIONS = word_set(
    "BC BCO BCS BF BI BS BSF BSO BYO CS HB HCI HI HOF II III IV IX KB KCS KP KPF NI NOF PB PC "
    "PCN PCS PH PHI PI PN PS PSI PSO SI SN SOF UB UC UCF UF UK UN UP UPS US UV UVB UVC VB VBS "
    "VC VCF VCO VCS VI VOF VP VPI VPN VS VSI WB WC WH WI WS XI YB YBCF YBCO YC YIF"
)
_CAPITALS = word_set("BN CO HCN KOH KF KI KH KCN VN VC WC UC UN YN BAs UAs YAs")
_SUPERHEAVY = word_set("Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og")
_MOLECULES = word_set("H2 N2 O2 O3 F2 I2 P4 S8 C20 C28 C36 C50 C60 C70 C76 C78 C80 C82 C84 B12 B40")
_NO_CLUSTERS = word_set("In As No At He Be Am Es Pa Md Fm Lr Cm Pm Po Mc Rf Db Bh Cn")


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula.

    Attributes:
        amounts: element to amount, in the order of the text; None for an amount that
            depends on a free variable.
        dopants: elements after a colon (`ZnO:Al`).
    """

    amounts: Mapping[str, Fraction | None]
    dopants: tuple[str, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether every amount is a number."""
        return None not in self.amounts.values()


class _NotAFormula(ValueError):
    """The text does not follow the grammar."""


Amounts = dict[str, Fraction | None]


@lru_cache(maxsize=65536)
def parse_formula(text: str) -> Formula | None:
    """Parse a formula by the grammar alone (rules 1 to 3), false friends included.

    Args:
        text: one formula without blanks around it, sub- and superscripts already plain.

    Returns:
        The composition, or None where the text does not follow the grammar.
    """
    if not text or len(text) > _MAX_LENGTH:
        return None
    host, *dopants = _host_first(_VACANCY.sub("", text.rstrip(".")).split(":"))
    try:
        amounts = _parse_mixture(_strip_charge(_VALENCE.sub("", host)))
    except _NotAFormula:
        return None
    if not amounts:
        return None
    return Formula(amounts, _dopant_elements(dopants))


def _host_first(parts: list[str]) -> list[str]:
    """Return `CeO2:Gd` for `Gd:CeO2`: an element before a compound is its dopant."""
    if len(parts) == 2 and _DOPANT.fullmatch(parts[0]) and len(_SYMBOL.findall(parts[1])) > 1:
        return parts[::-1]
    return parts


@lru_cache(maxsize=262144)
def normalize_formula(text: str) -> str | None:
    """Return the key of a material given by its formula, or None where there is none.

    Amounts are fractions with denominators up to 1000, reduced to the smallest integers;
    elements stand in the order of `ELECTRONEGATIVITY`; there are no brackets. Elemental
    molecules and clusters stay as written (`O2`, `C60`), elements are their symbol, also
    when given by name. Formulas with free variables have no normal form (see
    `formula_family`).

    Args:
        text: a formula or an element's name; blanks inside are ignored.

    Returns:
        `PbTe`, `Bi2Te3`, `BiSb3Te6` (for `Bi0.5Sb1.5Te3`), or None.
    """
    text = text.strip()
    if text in (text.lower(), text.capitalize()) and text.lower() in ELEMENT_NAMES:
        symbol = ELEMENT_NAMES[text.lower()]
        return None if symbol in _SUPERHEAVY else symbol
    text = "".join(text.split())
    formula = None if text in _FALSE_FRIENDS else parse_formula(text)
    if formula is None or not formula.closed:
        return None
    if len(formula.amounts) == 1:
        return _elemental_key(text, formula)
    integers = _reduce({e: a for e, a in formula.amounts.items() if a})
    if len(integers) < 2:
        return None
    key = _spell(integers, sorted(integers, key=electronegativity_rank))
    return None if _is_abbreviation(text, key) else key


def alphabetical(text: str) -> str | None:
    """Return the formula with its elements in alphabetical order, as mat2vec writes it."""
    key = normalize_formula(text)
    if key is None or key in ELEMENTS or key in _MOLECULES:
        return key
    integers = _reduce(dict(composition(key)))
    return _spell(integers, sorted(integers)) if len(integers) > 1 else key


def formula_family(text: str) -> str | None:
    """Return the family of a formula with free variables: `family:La-Mn-O-Sr`.

    Returns:
        None where the text is no formula, has no free amount, or names one element only.
    """
    text = "".join(text.split())
    formula = None if text in _FALSE_FRIENDS else parse_formula(text)
    if formula is None or formula.closed or len(formula.amounts) < 2:
        return None
    return FAMILY + "-".join(sorted(formula.amounts))


@lru_cache(maxsize=65536)
def _composition(text: str) -> tuple[tuple[str, Fraction], ...]:
    formula = parse_formula("".join(text.split()))
    if formula is None or not formula.closed:
        return ()
    return tuple((e, a) for e, a in formula.amounts.items() if a)


def composition(text: str) -> dict[str, Fraction]:
    """Return the amount of each element of a closed formula; empty where there is none."""
    return dict(_composition(text))


@lru_cache(maxsize=262144)
def is_formula_key(token: str) -> bool:
    """Tell whether `token` is the key of a compound: a normal form of two or more elements."""
    if not token[:1].isupper() or not is_formula_word(token):
        return False
    return len(composition(token)) > 1 and normalize_formula(token) == token


def is_formula_word(text: str) -> bool:
    """Tell whether a spelling that parses is more likely a formula than an abbreviation.

    Given alone as a formula a spelling is taken at its word; in running text capitals alone
    must be listed (`BN`), and plurals of abbreviations (`NCs`, `CNTs`) are refused.
    """
    return text in _CAPITALS or _ACRONYM.fullmatch(text.translate(_BRACKETS)) is None


def _is_abbreviation(text: str, key: str) -> bool:
    """Tell whether capitals alone are an abbreviation: unlisted, or not in normal order."""
    if key in _CAPITALS or text in _CAPITALS:
        return False
    letters = text.translate(_BRACKETS).lstrip("0123456789.")
    capitals = letters.isalpha() and letters.isupper()
    return key in _ABBREVIATIONS or key in _FALSE_FRIENDS or (capitals and letters != key)


def _elemental_key(text: str, formula: Formula) -> str | None:
    """Return the key of an element, or of a molecule or cluster of one element."""
    ((symbol, amount),) = formula.amounts.items()
    written = f"{symbol}{amount}"
    if text == written and (written in _MOLECULES or _may_cluster(symbol)):
        return written
    ion = _strip_charge(_VALENCE.sub("", text.split(":")[0]))
    return symbol if ion in (symbol, f"{symbol}1") else None


def _may_cluster(symbol: str) -> bool:
    return len(symbol) > 1 and symbol not in _NO_CLUSTERS


def _strip_charge(text: str) -> str:
    """Remove a trailing charge: `Pb2+` to `Pb`, `SO42-` to `SO4`, `NH4+` to `NH4`."""
    match = _CHARGE.search(text)
    if match is None:
        return text
    before, digit = text[: match.start()], match.group(1)
    if not digit or "^" in match.group(0) or before[-1:].isdigit():
        return before
    one_element = _SYMBOL.fullmatch(before) is not None and before in ELEMENTS
    return before if one_element else before + digit


def _dopant_elements(dopants: list[str]) -> tuple[str, ...]:
    found = (_SYMBOL.findall(part) for dopant in dopants for part in dopant.split(","))
    return tuple(symbol for symbols in found for symbol in symbols if symbol in ELEMENTS)


def _parse_mixture(text: str) -> Amounts:
    """Parse parts joined by dots, or by hyphens where each part has a coefficient."""
    parts = _DOT.split(text)
    if len(parts) == 1:
        parts = _split_hyphens(text)
    total: Amounts = {}
    parts[-1] = _strip_activator(parts[-1])
    for part in parts:
        coefficient, rest = _split_coefficient(part)
        amounts, end = _parse_group(rest, 0, 0)
        if end != len(rest):
            raise _NotAFormula(text)
        _add(total, amounts, coefficient)
    return total


def _strip_activator(part: str) -> str:
    """Remove the dopant of a scintillator written as `NaI(Tl)`."""
    host = _ACTIVATOR.sub("", part)
    return host if len(_SYMBOL.findall(host)) > 1 else part


def _split_hyphens(text: str) -> list[str]:
    """Split `0.9PbTe-0.1SnTe` at its outer hyphens; each part must have a coefficient."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in _OPENING) - (char in _CLOSING)
        if char in "-−–" and depth == 0 and _COEFFICIENT.match(text, i + 1):
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    if len(parts) > 1 and not all(_COEFFICIENT.match(part) for part in parts):
        return [text]
    return parts


def _split_coefficient(part: str) -> tuple[Fraction | None, str]:
    """Return the leading coefficient of a part (1 where there is none) and the rest."""
    match = _COEFFICIENT.match(part)
    if match is None or not (match.group()[0].isdigit() or match.group()[-1] in ")xyzwuvnm"):
        return Fraction(1), part
    if match.group() == part:
        raise _NotAFormula(part)
    text = match.group().strip("()")
    number = _CLOSED.fullmatch(text)
    return (Fraction(text) if number else None), part[match.end() :]


def _parse_group(text: str, i: int, depth: int) -> tuple[Amounts, int]:
    """Parse elements and brackets from `i` up to the end or a closing bracket."""
    if depth > _MAX_DEPTH:
        raise _NotAFormula(text)
    total: Amounts = {}
    mixed = False
    while i < len(text) and text[i] not in _CLOSING:
        if text[i] in ",/" and depth and total:
            mixed = True
            i += 1
            continue
        inner, i = _parse_unit(text, i, depth)
        amount, i = _parse_amount(text, i)
        _add(total, inner, amount)
    if mixed:
        total = dict.fromkeys(total)
    return total, i


def _parse_unit(text: str, i: int, depth: int) -> tuple[Amounts, int]:
    """Parse one element or one bracketed group."""
    if text[i] in _OPENING:
        inner, end = _parse_group(text, i + 1, depth + 1)
        closing = _CLOSING[_OPENING.index(text[i])]
        if not inner or end >= len(text) or text[end] != closing:
            raise _NotAFormula(text)
        return inner, end + 1
    match = _SYMBOL.match(text, i)
    if match is None:
        raise _NotAFormula(text)
    for symbol in (match.group(), match.group()[0]):
        if symbol in ELEMENTS and symbol not in _SUPERHEAVY:
            return {symbol: Fraction(1)}, i + len(symbol)
    raise _NotAFormula(text)


def _parse_amount(text: str, i: int) -> tuple[Fraction | None, int]:
    """Parse the amount at `i`: a number, None for a free one, 1 where there is none."""
    opened = _OPEN.match(text, i)
    if opened is None:
        return Fraction(1), i
    written = opened.group()
    if re.search(_VARIABLE, written):
        return _deviation(text, written, opened.end()), opened.end()
    closed = _CLOSED.match(text, i)
    if closed is None:
        return Fraction(1), i
    return Fraction(_as_fraction(closed.group())), closed.end()


def _deviation(text: str, written: str, end: int) -> Fraction | None:
    """Apply rule 2: the number of a deviation from it, None for a free amount."""
    if match := _DEVIATION.fullmatch(written):
        return Fraction(match.group(1))
    match = _LESS.fullmatch(written)
    if match and end == len(text) and text.count(match.group(2)) == 1:
        return Fraction(match.group(1))
    return None


def _as_fraction(text: str) -> Fraction:
    numerator, _, denominator = text.partition("/")
    return Fraction(numerator) / (int(denominator) if denominator else 1)


def _add(total: Amounts, part: Amounts, factor: Fraction | None) -> None:
    for element, amount in part.items():
        known = total.get(element, Fraction(0))
        free = amount is None or factor is None or known is None
        total[element] = None if free else known + amount * factor  # type: ignore[operator]


def _reduce(amounts: dict[str, Fraction]) -> dict[str, int]:
    """Scale amounts to the smallest integers, denominators limited to 1000."""
    kept = {e: limited for e, a in amounts.items() if (limited := _limit(a)) > 0}
    if not kept:
        return {}
    scale = lcm(*(a.denominator for a in kept.values()))
    integers = {e: int(a * scale) for e, a in kept.items()}
    divisor = gcd(*integers.values())
    return {e: n // divisor for e, n in integers.items()}


def _limit(amount: Fraction) -> Fraction:
    """Return an amount with a denominator up to 1000: `0.6667` is 2/3, `0.1809` 0.181."""
    if amount.denominator <= MAX_DENOMINATOR:
        return amount
    simple = amount.limit_denominator(32)
    if abs(simple - amount) < Fraction(1, 20000):
        return simple
    return Fraction(round(amount * MAX_DENOMINATOR), MAX_DENOMINATOR)


def _spell(integers: dict[str, int], order: list[str]) -> str:
    return "".join(e if integers[e] == 1 else f"{e}{integers[e]}" for e in order)
