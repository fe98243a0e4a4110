"""Organic names as far as their composition goes: groups in place of hydrogen on a parent.

`2-nitroterephthalic acid` is terephthalic acid with one hydrogen replaced by NO2. Positions,
stereochemistry and the kind of isomer (`2-`, `tert-`, `para`, `D-`) do not change a composition
and are not read; neither are names whose parts are not all known. The rules are those of the
substitutive nomenclature (IUPAC recommendations 2013, P-1), reduced to sums of elements.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from .elements import ELEMENT_NAMES
from .ions import CATIONS, Ion, ion
from .organic_groups import ALKYLENES, FUNCTIONS, MULTIPLIERS, acids, groups, parents, read_amounts

__all__ = ["add_amounts", "organic_anion", "organic_cation", "organic_formula", "squash", "write"]

Amounts = dict[str, int]

_MAX_LENGTH = 90
_LONGEST = 16
_ISOMERS = ("iso", "neo", "sec", "tert")
_BRACKET = re.compile(r"[(\[{]([^()\[\]{}]{1,60})[)\]}]")
_WORD = re.compile(r"[a-z\ue000-\uf8ff]+")
_POSITIONS = frozenset(
    "a b c d e g l m n o p s t x y z cis trans tert sec alpha beta gamma omega ortho meta para dl"
    " rac endo exo nn nnn nnnn co".split()
)
_SALT = re.compile(r"(.+?)(mono|di|tri|tetra|)(sodium|potassium|lithium|cesium)salt")
_NEEDS_GROUP = frozenset(
    "amine imine phosphonicacid phosphinicacid boronicacid arsonicacid sulfonicacid sulfinicacid"
    " oxime sulfonamide".split()
)
_GREEK = re.compile(r"[α-ω]|\d+|['’′,]")


def squash(text: str) -> str:
    """Return the letters of an organic name, positions left out: `2-propanol` to `propanol`."""
    words = _WORD.findall(_GREEK.sub("-", text.lower()))
    return "".join(word for word in words if word not in _POSITIONS)


@lru_cache(maxsize=16384)
def organic_formula(name: str) -> str | None:
    """Return the formula of a molecule by its systematic or usual name, or None."""
    text, inner = _close_brackets(name)
    if not 3 < len(text) <= _MAX_LENGTH:
        return None
    if text.startswith("perfluoro"):
        found = _perfluorinated(text.removeprefix("perfluoro"))
    elif match := _SALT.fullmatch(text):
        found = _sodium_salt(match, inner)
    else:
        found = _molecule(text, inner)
    return write(found) if found else None


def _perfluorinated(text: str) -> Amounts | None:
    """Return a molecule with fluorine for each hydrogen that is no acid's."""
    found = _molecule(text, {})
    if found is None:
        return None
    kept = _acid_hydrogens(text.removesuffix("acid")) if text.endswith("acid") else 0
    fluorine = found.get("H", 0) - kept
    return add_amounts(found, {"H": -fluorine, "F": fluorine}) if fluorine > 0 else None


def _sodium_salt(match: re.Match[str], inner: Mapping[str, Amounts]) -> Amounts | None:
    """Return `X disodium salt`: hydrogens of X replaced."""
    acid, count, metal = match.groups()
    found, number = _molecule(acid, inner), MULTIPLIERS.get(count, 1)
    if found is None or found.get("H", 0) < number:
        return None
    return add_amounts(found, {"H": -number, ELEMENT_NAMES[metal]: number})


@lru_cache(maxsize=16384)
def organic_cation(word: str) -> Ion | None:
    """Return a group as the cation of an ester or salt: `dimethyl`, `ethylene`, `oleyl`."""
    text, inner = _close_brackets(word)
    if not 3 < len(text) <= _MAX_LENGTH:
        return None
    if text in ALKYLENES:
        return _as_ion(ALKYLENES[text], 2)
    if text not in groups():
        for multiplier, count in MULTIPLIERS.items():
            rest = text[len(multiplier) :]
            if text.startswith(multiplier) and (found := _one_group(rest, inner)):
                return found._replace(number=count)
    return _one_group(text, inner) or _onium(text, inner)


@lru_cache(maxsize=16384)
def organic_anion(word: str) -> Ion | None:
    """Return the anion of an organic acid or alcohol: `acetate`, `ethoxide`, `butylate`."""
    text, inner = _close_brackets(word)
    if text.endswith(("oxide", "olate", "ylate")) and len(text) <= _MAX_LENGTH:
        stem = re.sub(r"(?:oxide|anolate|olate|ylate)$", "", text)
        for multiplier, count in ({"": None} | MULTIPLIERS).items():
            group = text.startswith(multiplier) and groups().get(
                stem[len(multiplier) :].removeprefix("iso").removeprefix("tert") + "yl"
            )
            if group:
                return _as_ion(add_amounts(group, {"H": 1, "O": 1}), 1)._replace(number=count)
    if text.endswith("thiolate") and (thiol := _molecule(text[:-3], inner)):
        return _as_ion(add_amounts(thiol, {"H": -1}), 1)
    if not text.endswith("ate") or len(text) > _MAX_LENGTH:
        return None
    return _acid_anion(text[:-3], inner)


def _acid_anion(stem: str, inner: Mapping[str, Amounts]) -> Ion | None:
    """Return an acid without its hydrogens, by its name without `-ate`."""
    stem = {"tartr": "tartar", "azel": "azela"}.get(stem, stem)
    for name in (f"{stem}ic", f"{stem}ylic" if stem.endswith("carbox") else ""):
        hydrogens = _acid_hydrogens(name)
        found = _molecule(f"{name}acid", inner) if hydrogens else None
        if found:
            return _as_ion(add_amounts(found, {"H": -hydrogens}), hydrogens)
    return None


def _acid_hydrogens(name: str) -> int:
    """Return the number of acid hydrogens of an acid; 0 where it is unknown."""
    for ending, (_, count) in FUNCTIONS.items():
        if count and f"{name}acid".endswith(ending):
            return count
    for start in range(len(name) - 3):
        if name[start:] in acids():
            return acids()[name[start:]][1]
    return 0


def write(amounts: Mapping[str, int]) -> str:
    """Return amounts as a formula."""
    return "".join(f"{element}{n}" for element, n in amounts.items() if n)


def add_amounts(first: Mapping[str, int], second: Mapping[str, int], times: int = 1) -> Amounts:
    """Return the sum of two compositions, the second one `times` times."""
    total = dict(first)
    for element, n in second.items():
        total[element] = total.get(element, 0) + n * times
    return total


def _as_ion(amounts: Mapping[str, int], charge: int) -> Ion:
    return Ion(tuple(amounts.items()), charge)


def _close_brackets(name: str) -> tuple[str, dict[str, Amounts]]:
    """Replace each bracketed group by one character, which stands for what it changes.

    Brackets around anything else (`poly(ethylene)`) are left out.
    """
    inner: dict[str, Amounts] = {}
    text = name.lower()
    while (match := _BRACKET.search(text)) and len(inner) < 20:
        change = _changes(squash(match.group(1)), inner)
        mark = chr(0xE000 + len(inner))
        inner[mark] = change or {}
        replacement = mark if change else match.group(1)
        text = text[: match.start()] + replacement + text[match.end() :]
    return squash(text), inner


def _molecule(text: str, inner: Mapping[str, Amounts]) -> Amounts | None:
    """Return the elements of `groups parent`, or of a parent with a function at its end."""
    for start in range(max(0, len(text) - 30), len(text) - 3):
        parent = parents().get(text[start:])
        if parent is None or (start == 0 and text in _NEEDS_GROUP):
            continue
        change = _changes(text[:start], inner)
        if change is not None:
            return _positive(add_amounts(parent, change))
    for ending, number in (("dihydrazide", 2), ("hydrazide", 1)):
        stem = text.removesuffix(ending)
        if stem != text and (acid := _molecule(f"{stem}acid", inner)):
            return _positive(add_amounts(acid, {"N": 2, "H": 2, "O": -1}, number))
    for ending, (added, _) in FUNCTIONS.items():
        if text.endswith(ending) and (rest := _molecule(text[: -len(ending)], inner)):
            return _positive(add_amounts(rest, read_amounts(added)))
    return None


def _positive(amounts: Amounts) -> Amounts | None:
    return amounts if all(n >= 0 for n in amounts.values()) else None


def _changes(text: str, inner: Mapping[str, Amounts]) -> Amounts | None:
    """Return what a row of groups changes, or None where a part of it is unknown."""
    reached: dict[int, Amounts] = {0: {}}
    for at in range(len(text)):
        if at in reached:
            for end, change in _steps(text, at, inner):
                reached.setdefault(end, add_amounts(reached[at], change))
    return reached.get(len(text))


def _steps(text: str, at: int, inner: Mapping[str, Amounts]) -> list[tuple[int, Amounts]]:
    """Return the groups that start at a position, each with its end, the longest first."""
    starts = [(at, 1)]
    for multiplier, count in MULTIPLIERS.items():
        if text.startswith(multiplier, at):
            start = at + len(multiplier)
            skipped = next((w for w in _ISOMERS if text.startswith(w, start)), "")
            starts.append((start + len(skipped), count))
    known, steps = groups(), []
    for start, count in starts:
        for end in range(min(len(text), start + _LONGEST), start, -1):
            part = text[start:end]
            change = inner.get(part) if len(part) == 1 else known.get(part)
            if change is not None:
                steps.append((end, add_amounts({}, change, count)))
    return steps


def _one_group(text: str, inner: Mapping[str, Amounts]) -> Ion | None:
    """Return `(groups) group` with one bond: `methyl`, `2-ethylhexyl`, `trimethylsilyl`."""
    if text.endswith("carbonyl"):
        return None
    if not text.endswith("yl") and not (len(text) == 1 and text in inner):
        return None
    change = inner.get(text) or _changes(text, inner)
    return _as_ion(_ordered(add_amounts(change, {"H": 1})), 1) if change else None


def _onium(text: str, inner: Mapping[str, Amounts]) -> Ion | None:
    """Return a cation such as `tetramethylammonium` or `1-butyl-3-methylimidazolium`."""
    for start in range(max(0, len(text) - 20), len(text) - 6):
        known = CATIONS.get(text[start:])
        if known is None or not text.endswith(("ium", "oline")):
            continue
        change = _changes(text[:start], inner)
        if change is not None:
            return _as_ion(add_amounts(dict(ion(*known).amounts), change), known[1])
    return None


def _ordered(amounts: Amounts) -> Amounts:
    return dict(sorted(amounts.items()))
