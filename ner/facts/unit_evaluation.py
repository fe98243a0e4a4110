"""How well unit strings are taken apart: the grobid-quantities gold, prefix, base and power.

The gold (Foppiano et al., https://github.com/lfoppiano/grobid-quantities, Apache-2.0) marks in
each unit string the prefixes, bases and powers, a slash being a power. Its units in XML comments
are not read. Rows that agree in string (blanks aside) and in all three lists count once, so a
string that the gold marks in two ways counts twice and can be right only once.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from matlore.errors import InputError
from matlore.units import parse_unit

__all__ = ["GoldUnit", "evaluate_units", "predicted_lists", "read_units"]

PARTS = ("prefix", "base", "pow")
Lists = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]

# A number is no part of its unit: some rows hold it, marked as `other`.
_NUMBER = re.compile(r"^\s*[~≈±]?\s*\d[\d.,]*\s*(?=[^\W\d]|[%°])")
_ARC = re.compile(r"(?<=^arc)(?=[ms])")
_LETTERS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class GoldUnit:
    """A unit string with its marks: prefixes, bases and powers as written; `count` of rows."""

    text: str
    lists: Lists
    count: int = 1


def read_units(folder: Path) -> list[GoldUnit]:
    """Read the distinct units of all files below a folder, sorted.

    Raises:
        InputError: there is no such file, or one that is not XML.
    """
    files = sorted(folder.rglob("*.xml"))
    if not files:
        raise InputError(f"{folder}: no .xml file; pass the folder quantities_grobid/units")
    counts = Counter(row for file in files for row in _rows(file))
    return [GoldUnit(text, lists, count) for (text, lists), count in sorted(counts.items())]


def _is_development(unit: GoldUnit) -> bool:
    """Tell whether a string is of the half that was looked at while the grammar was written."""
    return sha256(unit.text.encode()).digest()[0] % 2 == 0


def predicted_lists(text: str) -> Lists:
    """Return prefixes, bases and powers of a string as matlore reads it.

    Of a string that is no unit the longest beginning up to a blank is read; if that is none
    either, it is one unknown base, or nothing where it has no letter. As the gold has it, words
    joined by `per` are one base and `arcmin` is two.
    """
    text = _NUMBER.sub("", text)
    if re.search(r"\w per \w", text) and _LETTERS.fullmatch(text):
        return (), (text,), ()
    words = text.split(" ")
    for size in range(len(words), 0, -1):
        unit = parse_unit(" ".join(words[:size]))
        if unit:
            bases = tuple(part for base in unit.bases for part in _ARC.split(base, maxsplit=1))
            return unit.prefixes, bases, unit.powers
    return (), (text,) if re.search(r"[^\W\d_]", text) else (), ()


def evaluate_units(folder: Path) -> dict[str, object]:
    """Score matlore's reading of unit strings against the gold below a folder.

    Returns:
        For `all` distinct units, the half `development` and the half `held_out`: `n`, the share
        `exact` in all three lists, the share `exact_strings` of the distinct `strings` that are
        read as at least one of their rows is marked, `exact_weighted` by rows, and the F1 of
        each part (`f1`, by position in the list); `missed` are the units not read exactly.

    Raises:
        InputError: the folder holds no gold.
    """
    units = read_units(folder)
    halves = {
        "all": units,
        "development": [unit for unit in units if _is_development(unit)],
        "held_out": [unit for unit in units if not _is_development(unit)],
    }
    return {name: _score(part) for name, part in halves.items()}


def _score(units: list[GoldUnit]) -> Mapping[str, object]:
    """Return the figures of some units."""
    pairs = [(unit, predicted_lists(unit.text)) for unit in units]
    right = [unit for unit, found in pairs if found == unit.lists]
    rows = sum(unit.count for unit in units)
    f1 = {
        part: _f1((unit.lists[k], found[k]) for unit, found in pairs)
        for k, part in enumerate(PARTS)
    }
    strings = {unit.text for unit in units}
    return {
        "n": len(units),
        "strings": len(strings),
        "exact": len(right) / len(units) if units else 0.0,
        "exact_strings": len({unit.text for unit in right}) / len(strings) if strings else 0.0,
        "exact_weighted": sum(unit.count for unit in right) / rows if rows else 0.0,
        "f1": f1,
        "missed": [unit.text for unit, found in pairs if found != unit.lists],
    }


def _f1(pairs: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> float:
    """Return the F1 of entries, each compared with the one at its place in the gold's list."""
    hits = size = 0
    for gold, found in pairs:
        hits += sum(a == b for a, b in zip(gold, found, strict=False))
        size += len(gold) + len(found)
    return 2 * hits / size if size else 1.0


def _rows(file: Path) -> Iterator[tuple[str, Lists]]:
    """Yield the strings of a file with their lists."""
    from defusedxml.ElementTree import parse

    try:
        root = parse(file).getroot()
    except ParseError as error:
        raise InputError(f"{file}: not XML ({error}); fetch the data set again") from error
    for element in root.iter() if root is not None else ():
        if _tag(element) == "unit":
            yield _tidy("".join(element.itertext())), _lists(element)


def _lists(element: Element) -> Lists:
    """Return what a unit marks, in the order of the text."""
    prefixes, bases, powers = (
        tuple(_tidy(child.text or "") for child in element if _tag(child) == part) for part in PARTS
    )
    return prefixes, bases, powers


def _tag(element: Element) -> str:
    """Return a tag without its namespace; some files have none."""
    return str(element.tag).rpartition("}")[2]


def _tidy(text: str) -> str:
    """Return a text with single blanks."""
    return " ".join(text.split())
