"""Formulas to samples: exact amounts, and a clear refusal of what is no composition.

A formula given to a predictor is taken at its word, as `ner.formulas` reads it, but where the
reader of papers overlooks what it cannot use (a charge, a dopant without an amount, a free
variable), a prediction would silently be for another material; so these are refused here.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from unicodedata import normalize

from matlore.errors import InputError
from ner.formulas import ELEMENTS, is_formula_word, normalize_formula, parse_formula

from ..propnet.elements import load_elements
from .base import Sample

__all__ = ["make_sample", "plain_formula", "read_formula"]

_MAX_LENGTH = 200
_MARKUP = str.maketrans("", "", "$_{}")
_TAG = re.compile(r"</?su[bp]>", re.IGNORECASE)
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_NUMBER = r"\d+(?:\.\d+)?|\.\d+"
_PART = re.compile(rf"({_NUMBER})?([A-Z][a-z]?)")
_ALLOY = re.compile(rf"(?:{_NUMBER})?[A-Z][a-z]?(?:[-−–](?:{_NUMBER})[A-Z][a-z]?)+")
_WEIGHT = re.compile(r"%|wt|mass|weight|percent")
_CHARGE = re.compile(r"\^?\d?[+]{1,3}$|(?<=[A-Za-z\d)])\^?\d?[-−–]{1,3}$")
_VALENCE = re.compile(r"\((?:I{1,3}|I?V|VI{0,3}|I?X|0)\)")
_VARIABLE = re.compile(r"(?<![A-Z])[xyzwuvnm](?![A-Za-z])")
_WORD = re.compile(r"[a-z]{3}")
_NO_AMOUNTS = re.compile(r"[A-Z][a-z]?(?:[-−–/][A-Z][a-z]?)+")
_HYPHEN = re.compile(r"[-−–]")
_HYPHEN_COEFFICIENT = re.compile(r"[A-Za-z)\d][-−–]\d+\.?\d*\(?[A-Z]")
_BETWEEN = re.compile(r"[\s,;/@]+|[-−–](?=[A-Z])|(?<=[\d)A-Za-z])(?=\([a-z])")
# Names of alloys that read as formulas, but whose numbers are percent by weight.
_BY_WEIGHT = {"Ti6Al4V": "Ti-6Al-4V", "Ti6Al7Nb": "Ti-6Al-7Nb", "Ti3Al2.5V": "Ti-3Al-2.5V"}


def read_formula(text: str) -> Sample:
    """Read a formula with its exact amounts.

    `Fe2O3` and `Fe4O6` are the same sample but for their names. A deviation `O7-δ` counts as 7.

    Args:
        text: `Bi2Te3`, `Mg2Si0.4Sn0.6`, `CuSO4·5H2O`, `0.9PbTe-0.1SnTe`, an element's name.

    Raises:
        InputError: it is no composition; the message says what is wrong and what to write.
    """
    plain = plain_formula(text)
    _refuse_notation(text, plain)
    key = normalize_formula(plain)
    formula = parse_formula(plain) or (parse_formula(key) if key else None)
    if formula is None:
        raise InputError(_why_no_formula(text, plain))
    if not formula.closed:
        raise InputError(_free_amounts(text, formula.amounts))
    _refuse_lost(text, plain, formula.amounts)
    amounts = {symbol: amount for symbol, amount in formula.amounts.items() if amount}
    if key is None and len(plain) > 2 and plain.isalpha() and len(amounts) > 1:
        spelt = "".join(f"{symbol}1" for symbol in amounts)
        raise InputError(
            f"{text!r} reads as an abbreviation; if it is a formula, write it with numbers: {spelt}"
        )
    return make_sample(text.strip(), amounts, key=key)


def make_sample(
    name: str, amounts: Mapping[str, Fraction | float], *, key: str | None = None
) -> Sample:
    """Return a sample of given amounts of elements.

    Args:
        name: as the user gave it.
        amounts: element to amount, none negative.
        key: its formula's key, where known.

    Raises:
        InputError: there is no atom, or an element is unknown.
    """
    exact = {symbol: Fraction(amount) for symbol, amount in amounts.items() if amount > 0}
    unknown = [symbol for symbol in exact if symbol not in ELEMENTS]
    if unknown:
        raise InputError(f"{name}: {unknown[0]} is no element")
    total = sum(exact.values(), Fraction(0))
    if not total:
        raise InputError(f"{name}: all amounts are zero; give at least one that is not")
    order = sorted(exact, key=_atomic_number)
    fractions = {symbol: float(exact[symbol] / total) for symbol in order}
    key = key or _key(exact)
    atoms, written = _atoms(key), float(total)
    return Sample(
        name=name,
        formula=key,
        fractions=fractions,
        atoms=atoms,
        written_atoms=None if written == atoms else written,
    )


def plain_formula(text: str) -> str:
    """Return a formula without blanks, and with plain digits for subscripts.

    Raises:
        InputError: it is empty, or too long for a formula.
    """
    plain = "".join(normalize("NFKC", _TAG.sub("", text)).translate(_MARKUP).split())
    if len(plain) > _MAX_LENGTH:
        raise InputError(f"{plain[:40]}…: longer than {_MAX_LENGTH} signs, which is no formula")
    if not plain:
        raise InputError("an empty formula; give one, such as Bi2Te3")
    return plain


def _refuse_notation(text: str, plain: str) -> None:
    """Refuse what stands for something else than amounts of atoms."""
    if plain in _BY_WEIGHT:
        raise InputError(_by_weight(text, _BY_WEIGHT[plain]))
    if _WEIGHT.search(text):
        raise InputError(
            f"{text!r} gives amounts in percent, or by weight; write atomic fractions, such as"
            " Ti0.862Al0.102V0.036 for Ti-6Al-4V"
        )
    if _WORD.search(plain) and normalize_formula(plain) is None:
        raise InputError(_why_no_formula(text, plain))
    if _ALLOY.fullmatch(plain) and all(s in ELEMENTS for s in _SYMBOL.findall(plain)):
        raise InputError(_by_weight(text, plain))
    if ":" in plain:
        read = parse_formula(plain)
        dopants = read.dopants if read and read.dopants else (plain.partition(":")[2],)
        raise InputError(_dopant(text, " and ".join(dopants)))
    if _CHARGE.search(plain) and parse_formula(plain) is not None:
        raise InputError(
            f"{text!r} has a charge; predictions are for neutral materials: give the formula of"
            " the whole compound, such as PbCl2"
        )
    variable = _VARIABLE.search(plain)
    if variable and parse_formula(plain) is not None:
        raise InputError(
            f"{text!r} has the free variable {variable.group()}; give numbers, such as"
            " La0.7Sr0.3MnO3 for La1-xSrxMnO3"
        )


def _refuse_lost(text: str, plain: str, amounts: Mapping[str, Fraction | None]) -> None:
    """Refuse a formula of which reading dropped an element: `NaI(Tl)`."""
    written = _SYMBOL.findall(_VALENCE.sub("", plain))
    lost = [s for s in written if s in ELEMENTS and s not in amounts and s[0] not in amounts]
    if lost and _SYMBOL.match(plain):
        raise InputError(_dopant(text, lost[0]))


def _dopant(text: str, dopant: str) -> str:
    return (
        f"{text!r} names the dopant {dopant} without its amount; give it, such as Zn0.98Al0.02O"
        " for ZnO:Al"
    )


def _free_amounts(text: str, amounts: Mapping[str, Fraction | None]) -> str:
    free = [symbol for symbol, amount in amounts.items() if amount is None]
    return (
        f"{text!r} leaves the amount of {' and '.join(free)} open; give numbers, such as"
        " La0.7Sr0.3MnO3 for La1-xSrxMnO3"
    )


def _by_weight(text: str, alloy: str) -> str:
    """Say how an alloy such as `Ti-6Al-4V` is written in atomic fractions."""
    percents = [(symbol, float(number or 0)) for number, symbol in _PART.findall(alloy)]
    (first, given), *rest = percents
    balance = given or 100 - sum(percent for _, percent in rest)
    if balance <= 0:
        return f"{text!r} is no formula; write the atomic fractions, such as Ti0.9Al0.1"
    parts = [(first, balance), *rest]
    masses = load_elements()
    moles = {s: p / masses[s].atomic_mass for s, p in parts if s in masses}
    total = sum(moles.values())
    by_weight = "".join(f"{symbol}{mole / total:.4g}" for symbol, mole in moles.items())
    by_atoms = "".join(f"{symbol}{percent:g}" for symbol, percent in parts)
    return (
        f"{text!r} is an alloy whose numbers may be percent by weight; write atomic amounts:"
        f" {by_weight} if they are by weight, {by_atoms} if they are atomic percent"
    )


def _why_no_formula(text: str, plain: str) -> str:
    """Say why a text does not follow the grammar of formulas."""
    if _NO_AMOUNTS.fullmatch(plain) and all(s in ELEMENTS for s in _SYMBOL.findall(plain)):
        return f"{text!r} gives no amounts; write atomic fractions, such as Cu0.7Zn0.3"
    part = _formula_within(text, plain)
    if part:
        return f"{text!r} is no formula; if you mean {part}, give that alone"
    if _WORD.search(plain) or (plain.isalpha() and plain.islower()):
        return (
            f"{text!r} is a name, not a formula; give the formula, such as C for graphene or"
            " NaCl for rock salt"
        )
    symbols = _SYMBOL.findall(plain)
    unknown = [s for s in symbols if s not in ELEMENTS and s[0] not in ELEMENTS]
    if unknown:
        hint = "write H for it" if unknown[0] in ("D", "T") else "write it such as Bi2Te3"
        return f"{text!r} is no formula: {unknown[0]} is no element; {hint}"
    unmeasured = [s for s in symbols if s in ELEMENTS and parse_formula(s) is None]
    if unmeasured:
        return f"{text!r}: no data for {unmeasured[0]}; no predictor knows this element"
    return f"{text!r} is no formula; write one such as Bi2Te3 or Mg2Si0.4Sn0.6"


def _formula_within(text: str, plain: str) -> str | None:
    """Return the one formula of a compound in a text such as `α-Fe2O3` or `Bi2Te3 (n-type)`."""
    mixture = _HYPHEN.sub("·", plain)
    if mixture != plain and mixture[-1:] != "·" and _HYPHEN_COEFFICIENT.search(plain):
        return mixture if normalize_formula(mixture) else None
    parts = [part for part in _BETWEEN.split(text) if len(_SYMBOL.findall(part)) > 1]
    found = [part for part in parts if normalize_formula(part) and is_formula_word(part)]
    return found[0] if len(found) == 1 else None


def _key(amounts: Mapping[str, Fraction]) -> str:
    """Return the key of amounts, which are scaled first so that none is rounded without need."""
    if len(amounts) == 1:
        return next(iter(amounts))
    spelt = "".join(f"{s}{_decimal(a)}" for s, a in amounts.items())
    return normalize_formula(spelt) or _plain_key(amounts)


def _decimal(amount: Fraction) -> str:
    """Write an amount for the reader of formulas, which takes fractions too."""
    if amount.denominator < 10**6:
        return str(amount)
    return f"{float(amount):.12f}"


def _plain_key(amounts: Mapping[str, Fraction]) -> str:
    """Return the formula of what has no key: an abbreviation such as HI, or all tiny amounts."""
    largest = max(amounts.values())
    scaled = {s: round(float(a / largest) * 1000) for s, a in amounts.items()}
    if all(amount.denominator == 1 for amount in amounts.values()):
        scaled = {s: int(a) for s, a in amounts.items()}
    kept = {s: n for s, n in scaled.items() if n}
    if len(kept) == 1:
        return next(iter(kept))
    return "".join(s if n == 1 else f"{s}{n}" for s, n in kept.items())


def _atoms(key: str) -> float:
    """Return the sum of the amounts of a key."""
    formula = parse_formula(key)
    assert formula is not None, key
    return float(sum(amount for amount in formula.amounts.values() if amount is not None))


def _atomic_number(symbol: str) -> int:
    element = load_elements().get(symbol)
    return element.atomic_number if element else 999
