"""Numbers as papers write them: signs, thousands, powers of ten, digits in doubt, words."""

import re
from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

__all__ = [
    "Number",
    "find_numbers",
    "number_at",
    "power_after",
    "scale",
    "word_numbers",
]

_MINUS = "-−–"
# Behind these words alone a sign with a blank on each side is the number's: `of - 12 K`.
_APART = "|".join(rf"(?<=\b{word} )" for word in ("of", "at", "to", "is", "by", "from", "about"))
_SIGN = (
    rf"(?P<sign>(?<![\w)\]}}]) ?[{_MINUS}+]|(?<=[\w)\]}}]\s)[{_MINUS}+](?=\d)"
    rf"|(?:{_APART})[{_MINUS}] (?=\d))?"
)
_MANTISSA = (
    r"(?P<mantissa>\d{1,2}(?=\.10\s?\^)|\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,12})?(?![\d,])"
    r"|\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})"
)
_DOUBT = r"(?:\((?P<doubt>\d{1,4}|\d?\.\d{1,4})\))?"
# `× 10^-3`, `x 10^{19}`, `·10−5`, `*10 -6`, `.10^20`, and `×105` that lost its superscript.
_POWER = (
    rf"\s?(?:[×xX·*⋅∙✕]\s?|(?<=\d)\.(?=10\^))10"
    rf"(?:\s?\^\s?[{{(]?\s?(?P<caret>[{_MINUS}+]?\s?\d{{1,3}})(?:\s?[}})])?"
    rf"|\s?(?P<glued>[{_MINUS}]\s?\d{{1,2}}|(?<= )\d{{1,2}})|(?P<lost>[1-9]\d?))(?![\d.]\d|\d)"
)
_BARE = (
    rf"(?P<bare>10\s?\^\s?[{{(]?\s?(?P<bare_caret>[{_MINUS}+]?\s?\d{{1,3}})(?:\s?[}})])?"
    rf"|10(?P<bare_minus>−\d{{1,2}}|[-–]\d)(?![\d.]|\s?[{_MINUS}]))"
)
_SCIENTIFIC = rf"[eE](?P<e>[{_MINUS}+]?\d{{1,3}})(?!\w)"
_CORE = rf"(?:{_BARE}|{_MANTISSA}{_DOUBT}(?:{_SCIENTIFIC}|{_POWER})?)"
_NUMBER = re.compile(
    rf"(?<![\w^_.\\)\]}}√]){_SIGN}(?:(?<![A-Za-z^_\\.,][{_MINUS}])|(?<=\bsub-)){_CORE}"
)
_DIGITS = re.compile(r"\d+")
_BEFORE_DIGITS = 3  # a blank, a sign and a point
_HERE = re.compile(rf"(?P<sign>[{_MINUS}+])?{_CORE}")
_POWER_AFTER = re.compile(_POWER)
# A second point (`1.2.3`), a power that says nothing (`10^-`), a subscript, a fraction.
_SPOILED = re.compile(r"\.\d|\s?\^(?! ?[°∘◦])|_|\\|:\d|\s?[×x]\s?10\b|\d")
_SPOILED_BEFORE = re.compile(r"(?:\d[:.]|\^\{?)$")
# `SU(2)`, `TiO2(110)`, `ξ(0)`; `10.1016/j.x`.
_GLUED_BRACKET = re.compile(r"\w\($")
_IN_BRACKET = re.compile(r"[),;/]|-\d")
_FRACTION = re.compile(r"\d/[\d√(]|\d/[^\W\d]+[\d_]")
_DOI = re.compile(r"10\.\d{4,9}$")
_UNITS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen".split(),
        range(1, 20),
        strict=True,
    )
)
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_SMALL = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(list(_UNITS)[:9])}))?|{'|'.join(_UNITS)})"
_NUMBER_WORD = re.compile(
    rf"(?<![\w-])(?:{_SMALL}|a(?= (?:hundred|thousand|million|billion)\b))"
    rf"(?: (?:{'|'.join(_SCALES)}))?(?![a-zA-Z])",
    re.IGNORECASE,
)
# Where a number in words may begin: `_NUMBER_WORD` alone would be tried at each character.
_MAY_BE_WORD = re.compile(
    r"[aefnostAEFNOST](?<![\w-].)(?i:ne|wo|hr|ou|iv|ix|ev|ig|in|en|le|we|hi|if| (?=[htmb]))"
)


class Number(NamedTuple):
    """A number and where it stands, `[start, end)`, its sign and power of ten included.

    Attributes:
        std: from digits in doubt, `1.234(5)`.
        power: its own power of ten as a factor, 1 for none.
        whole: whether it is written as digits alone.
    """

    start: int
    end: int
    value: float
    std: float | None = None
    power: float = 1.0
    whole: bool = False


def find_numbers(text: str) -> Iterator[Number]:
    """Yield the numbers of a text that are none of a formula, a name, a fraction or a version."""
    for match in _matches(text):
        if not _spoiled(text, match.start(), match.end()) and (number := _read(match)):
            yield number


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Yield what looks like a number; only runs of digits are looked at, which is fast."""
    position = 0
    while digits := _DIGITS.search(text, position):
        for start in range(max(digits.start() - _BEFORE_DIGITS, position), digits.start() + 1):
            if match := _NUMBER.match(text, start):
                yield match
                position = match.end()
                break
        else:
            position = digits.end()


def word_numbers(text: str) -> Iterator[Number]:
    """Yield the numbers in words of a text."""
    end = 0
    for start in _MAY_BE_WORD.finditer(text):
        match = _NUMBER_WORD.match(text, start.start()) if start.start() >= end else None
        if match and (value := _word_number(match.group())) is not None:
            end = match.end()
            yield Number(match.start(), end, value, power=0.0)


def number_at(text: str, position: int) -> Number | None:
    """Return the number that begins at a position, whatever stands before it."""
    match = _HERE.match(text, position)
    return None if match is None or _SPOILED.match(text, match.end()) else _read(match)


def _spoiled(text: str, start: int, end: int) -> bool:
    """Tell whether what stands around a number makes it part of something else."""
    before = text[max(start - 3, 0) : start]
    if _SPOILED.match(text, end) or _SPOILED_BEFORE.search(before):
        return True
    fraction = text.startswith("/", end) or before.endswith("/")
    if (
        fraction
        and "." not in text[start:end]
        and _FRACTION.search(text[max(start - 2, 0) : end + 6])
    ):
        return True
    if _GLUED_BRACKET.search(before) and _IN_BRACKET.match(text, end):
        return True
    return text.startswith("/", end) and bool(_DOI.match(text[start:end]))


def power_after(text: str, position: int) -> tuple[int, float] | None:
    """Return the end and the factor of a power of ten that stands at a position: `× 10^-3`."""
    match = _POWER_AFTER.match(text, position)
    if match is None:
        return None
    exponent = _integer(match["caret"] or match["glued"] or match["lost"])
    return (match.end(), 10.0**exponent) if abs(exponent) < 100 else None


def _word_number(text: str) -> float | None:
    """Return the value of a number in words, `twenty-five` or `two thousand`."""
    if not _NUMBER_WORD.fullmatch(text):
        return None
    value = 0.0
    for word in re.split(r"[- ]", text.lower()):
        if word in _SCALES:
            value *= _SCALES[word]
        else:
            value += 1 if word == "a" else _UNITS.get(word) or _TENS[word]
    return value


def _read(match: re.Match[str]) -> Number | None:
    """Return the number of a match, None where no number fits it."""
    sign = match["sign"] or ""
    start = match.start() + len(sign) - len(sign.lstrip())
    if bare := match["bare_caret"] or match["bare_minus"]:
        exponent, mantissa, std = _integer(bare), 1.0, None
    else:
        digits = match["mantissa"].replace(",", "")
        mantissa, std = float(digits), _doubt(digits, match["doubt"])
        power = match["caret"] or match["glued"] or match["e"]
        if not power and (lost := match["lost"]):
            # `2 x 105` means 2 x 10^5, `20 x 105` an area.
            if mantissa >= 10:
                return _plain(match, start, sign)
            power = lost
        exponent = _integer(power) if power else 0
    if abs(exponent) > 99:
        return None
    factor = 10.0**exponent * (-1 if sign.strip() and sign.strip() in _MINUS else 1)
    value = scale(mantissa, factor)
    if not isfinite(value):
        return None
    std = None if std is None else scale(std, abs(factor))
    whole = exponent == 0 and not match["bare"] and "." not in match["mantissa"]
    return Number(start, match.end(), value, std, abs(factor), whole)


def _plain(match: re.Match[str], start: int, sign: str) -> Number:
    """Return the number without what looked like its power of ten."""
    value = float(match["mantissa"].replace(",", ""))
    negative = bool(sign.strip()) and sign.strip() in _MINUS
    return Number(
        start,
        match.end("mantissa"),
        -value if negative else value,
        whole="." not in match["mantissa"],
    )


def scale(value: float, factor: float) -> float:
    """Multiply without the dust of binary fractions (`5.8 × 10^-3` is 0.0058)."""
    return float(f"{value * factor:.12g}")


def _doubt(digits: str, doubt: str | None) -> float | None:
    """Return the uncertainty that digits in brackets stand for."""
    if doubt is None:
        return None
    if "." in doubt:
        return float(doubt)
    decimals = len(digits.partition(".")[2])
    return scale(float(doubt), 10.0**-decimals)


def _integer(text: str) -> int:
    """Return an exponent, whatever its minus sign and blanks."""
    return int(re.sub(r"\s", "", text).translate({ord("−"): "-", ord("–"): "-"}))
