"""The key of a material by any of its names: `material_key`.

A name is tried, in this order, as

1. an entry of `matlore/vocabulary/materials.yaml` (trivial, mineral and trade names, acronyms,
   polymers, carbon), in any spelling;
2. a formula or an element (`ner.formulas`), `Al-Ti-C` as the family of its elements;
3. a compound name (`compound_names`), an organic name (`organic_names`), a polymer of one
   (`poly(ethyl acrylate)`), the designation of an alloy (`316L stainless steel`, `Al-4Cu`);
4. any of these with a decoration taken off (`name_decorations`): `n-GaAs`, `rutile TiO2 films`.

What was decided where names leave it open:

- The key is that of the *host*: dopants (`Nd:YAG`, `Eu-doped Y2O3`, `a-Si:H`), isotopes (`13C`),
  charges (`Fe3+` is `Fe`), phases and forms are left out. Established solid solutions with an
  acronym (`YSZ`, `GDC`, `ITO`) are families.
- *Allotropes of carbon* keep their name (`name:diamond`, `name:graphene`): as materials they have
  nothing in common but `C`. Polymers do too; their repeat unit is given by `repeat_unit`.
- An organic key is a composition, shared by isomers (`C3H8O` for both propanols).
- Names that leave amounts open (`iron oxide`, `barium strontium titanate`) are families.
- Two materials (`ZnO/TiO2`) have no key, nor have words for kinds of matter (`oxide`, `film`).
"""

import re
import unicodedata
from functools import lru_cache

from matlore.vocabulary.materials import NamedMaterial, load_materials

from .compound_names import compound_key, family_key
from .elements import ELEMENT_NAMES, ELEMENTS
from .formulas import composition, formula_family, normalize_formula
from .name_decorations import LEADING, TRAILING, strip_decoration
from .organic_names import organic_formula, squash

__all__ = ["NAMES_VERSION", "material_key", "material_keys", "repeat_unit"]

NAMES_VERSION = "1"
"""Changes when the same name may get another key: mentions are linked again."""

NAME = "name:"
"""Prefix of the key of a material without a formula."""

_MAX_LENGTH = 160
_MAX_DEPTH = 6
_SPELLINGS = (("sulph", "sulf"), ("aluminum", "aluminium"), ("caesium", "cesium"),
              ("fibre", "fiber"), ("stabilis", "stabiliz"), ("wolfram", "tungsten"))  # fmt: skip
_DASHES = str.maketrans({c: "-" for c in "‐‑‒–—−"} | {"’": "'", "′": "'", "\u200e": None,
                        "\u200b": None, "\u00ad": None, "⋅": "·", "•": "·"})  # fmt: skip
_ELEMENT_OF = {symbol: name for name, symbol in reversed(ELEMENT_NAMES.items())}
_POSITION = re.compile(r"\b(?:\d{1,2}|[NOnopm]+'?|alpha|tert|sec)[-, ]+(?=\D{4})")
_SPACED = re.compile(r" ?(:) | (-) ")
_NOT_WORD = re.compile(r"[\W_]+")
_ACRONYM = re.compile(r".*[A-Z].*[A-Z]|.*[a-z][A-Z]|[A-Z][a-z]?[- ]?\d|.*\d.*[A-Z]|[A-Z]$")
_LOWER_WORD = re.compile(r"[a-z]{4}")
_FORMULA_LIKE = re.compile(r"[A-Z0-9(\[{]")
_LOOSE = re.compile(
    r"\s*(?:(RE|Ln|TM|Re|M|R|A|X)(?![a-z])|([A-Z][a-z]?)|\d+(?:\.\d+)?|[xyzwuvnmδd%]|[-()\[\]{}.,+/·:])"
)
_COORDINATED = re.compile(r"(.{3,80}(?: and |,).{3,80}) ([a-z]{4,20})")
_LAYERING = re.compile(r"^[PO][23]'?-")
_ADDITIVE = re.compile(r"^(.+?)\s*\+\s*x\s*(?:wt|mol|at|vol)\.?\s*%\s*(\S+)$")
_SHARE = re.compile(r"^([A-Z]\S*)\s*[-+]\s*\d+(?:\.\d+)?\s*(?:mol\.?\s*)?%\s*([A-Z]\S*)$")
_WEIGHTS = re.compile(r"([A-Z][a-z]?)((?:-\d+(?:\.\d+)?[A-Z][a-z]?)+)((?:-[A-Z][a-z]?)*)")
_STEEL = re.compile(
    r"(?:(?:AISI|SAE|SUS|type|grade|SS|UNS|EN)[\s-]*)?([A-Z]{0,4}\d[\dA-Z]{1,5}(?:-\d+)?)"
    r"(?:\s+(?:low-carbon|austenitic|ferritic|martensitic|duplex|stainless|pipeline|tool|carbon"
    r"|structural|alloy|grade|type|superduplex|super))*(\s+steels?)?"
)
_STEEL_CODE = re.compile(r"(?:AISI|SAE|SUS|SS)[\s-]*(\d{3}[A-Z]{0,2}|\d{4})")
_GLASSES = frozenset("tellurite phosphate silicate borate fluoride germanate aluminosilicate"
                     " fluorophosphate borophosphate oxyfluoride chalcogenide heavy-metal-oxide"
                     .split())  # fmt: skip
_POLY = re.compile(r"poly[\s-]*[(\[](.+)[)\]]|poly-?([a-z].+)")


@lru_cache(maxsize=131072)
def material_key(name: str) -> str | None:
    """Return the key of a material by its name or formula, or None where it is unknown.

    Args:
        name: a name as it stands in a text, blanks, case, plural and dashes as they come.

    Returns:
        A formula in normal form, `family:…` or `name:…` (DESIGN.md, Materials).
    """
    text = _clean(name)
    return _resolve(text, 0) if text else None


def material_keys(name: str) -> tuple[str, ...]:
    """Return the keys of all materials of a name: `nickel and zinc oxides` names two.

    Returns:
        One key for most names; none where a part is unknown.
    """
    if key := material_key(name):
        return (key,)
    match = _COORDINATED.fullmatch(_clean(name))
    heads = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", match.group(1)) if match else []
    keys = [material_key(f"{head} {match.group(2)}") for head in heads] if match else []
    return tuple(key for key in keys if key) if all(keys) else ()


def repeat_unit(name: str) -> str | None:
    """Return the composition of a polymer's repeat unit (`C2H4` normalised), or None."""
    text = _clean(name)
    found = _named(text) if text else None
    if found and found.kind == "polymer" and found.formula:
        return normalize_formula(found.formula) or formula_family(found.formula)
    inner = _POLY.fullmatch(text.lower())
    if inner is None:
        return None
    monomer = inner.group(1) or inner.group(2)
    formula = organic_formula(monomer)
    return normalize_formula(formula) if formula else compound_key(monomer)


def _clean(name: str) -> str:
    """Return a name without accidents of typesetting; empty where it cannot be one."""
    if not name or len(name) > 4 * _MAX_LENGTH:
        return ""
    text = unicodedata.normalize("NFKC", name).translate(_DASHES)
    text = _SPACED.sub(_closed_up, " ".join(text.split())).strip(" ,;.'\"“”*†‡")
    return text if len(text) <= _MAX_LENGTH else ""


def _closed_up(match: re.Match[str]) -> str:
    """Return the colon or dash of `Nd : YAG` and `Ti - 6Al - 4V` without its blanks."""
    return match.group().strip()


def _resolve(text: str, depth: int) -> str | None:
    """Return the key of a cleaned name, with decorations taken off where needed."""
    if found := _named(text):
        return _entry_key(found)
    found_key = _alloy(text) or _formula_key(text) or _by_grammar(text)
    if found_key or depth == _MAX_DEPTH:
        return found_key
    for shorter in strip_decoration(text):
        if key := _resolve(shorter, depth + 1):
            return key
    return _last_formula(text) or _system(text)


# The vocabulary.


@lru_cache(maxsize=1)
def _index() -> tuple[dict[str, NamedMaterial], dict[str, NamedMaterial]]:
    """Return the entries by acronym (case kept) and by name (folded)."""
    acronyms: dict[str, NamedMaterial] = {}
    names: dict[str, NamedMaterial] = {}
    for entry in load_materials():
        spellings = entry.synonyms if entry.kind == "compound" else (entry.name, *entry.synonyms)
        for spelling in spellings:
            if _ACRONYM.match(spelling):
                acronyms.setdefault(_NOT_WORD.sub("", spelling), entry)
            if _LOWER_WORD.search(spelling):
                names.setdefault(_fold(spelling), entry)
    return acronyms, names


def _fold(text: str) -> str:
    """Return a name in lower case, American, without blanks and punctuation."""
    return _NOT_WORD.sub("", _respell(text.lower()))


def _respell(text: str) -> str:
    for british, american in _SPELLINGS:
        text = text.replace(british, american)
    return text


def _named(text: str) -> NamedMaterial | None:
    """Return the vocabulary's entry for a name, singular or plural."""
    acronyms, names = _index()
    first, _, rest = text.partition(" ")
    if rest and first in _ELEMENT_OF:
        text = f"{_ELEMENT_OF[first]} {rest}"
    exact = _NOT_WORD.sub("", text)
    if exact in acronyms or (exact.endswith("s") and exact[:-1] in acronyms):
        return acronyms.get(exact) or acronyms[exact[:-1]]
    for folded in (_fold(text), squash(_respell(text.lower())) if _POSITION.search(text) else ""):
        for singular in _singulars(folded):
            if singular in names:
                return names[singular]
    return None


def _singulars(word: str) -> list[str]:
    """Return a word and what it may be the plural of."""
    if not word.endswith("s"):
        return [word]
    return [word, word[:-1], *([f"{word[:-3]}y"] if word.endswith("ies") else [])]


@lru_cache(maxsize=4096)
def _entry_key(entry: NamedMaterial) -> str | None:
    if entry.kind == "compound" and entry.formula:
        return normalize_formula(entry.formula) or formula_family(entry.formula)
    return NAME + entry.name


# Formulas.


def _formula_key(text: str) -> str | None:
    """Return the key of a formula or element, of a system of them, or of mixed parts."""
    if text == "I":  # the pronoun and the numeral, far more often than iodine
        return None
    # `TiN` is no tin.
    if text.lower() in ELEMENT_NAMES and (text.islower() or text.istitle() or text.isupper()):
        return normalize_formula(text.lower())
    if not _FORMULA_LIKE.search(text) or re.search(r"[a-z]{4}", text):
        return None
    if " " in text and len([p for p in text.split() if _is_compound(p)]) > 1:
        return None
    if match := _ADDITIVE.match(text) or _SHARE.match(text):
        return formula_family(f"(1-x)({match.group(1)})-x({match.group(2)})") or _loose_family(text)
    if (
        ":" in text
        and re.match(r"[A-Z][a-z]?:[A-Z]", text)
        and len(composition(text.partition(":")[2])) > 1
    ):
        return None
    return normalize_formula(text) or formula_family(text) or _loose_family(text)


def _is_compound(part: str) -> bool:
    return len(composition(part)) > 1


def _loose_family(text: str) -> str | None:
    """Return the family of a formula with variables that the strict grammar refuses.

    `Ba[Mg(1-x)/3SnxTa2(1-x)/3]O3`, placeholders (`(Ni1-xMx)Mn2O4`) and mixtures of mixtures are
    families of the elements that they name.
    """
    host = _LAYERING.sub("", text.partition(":")[0])
    elements, open_amount, end = [], False, 0
    while match := _LOOSE.match(host, end):
        placeholder, symbol = match.groups()
        if symbol and symbol not in ELEMENTS:
            if symbol[0] not in ELEMENTS or symbol[1:] not in tuple("xyzwuvnmδd"):
                return None
            symbol, open_amount = symbol[0], True
        elements += [symbol] if symbol else []
        open_amount |= bool(placeholder) or match.group().strip() in tuple("xyzwuvnm")
        end = match.end()
    complete = end == len(host) and open_amount and len(host) > 4
    return family_key(elements) if complete and re.search(r"\d|\(", host) else None


def _system(text: str) -> str | None:
    """Return the family of parts joined by hyphens or blanks: `Al-Ti-C`, `ceria zirconia`.

    Each part must be an element or a compound on its own; `X/Y` are two materials.
    """
    composite = re.split(r"(?<=\))-(?=\()", text)
    parts = composite if len(composite) > 1 else re.split(r"[-\s]+", text)
    parts = [p.strip() if p.count("(") > 1 else p.strip(" ()") for p in parts] * ("/" not in text)
    if not 2 <= len(parts) <= 8:
        return None
    elements: list[str] = []
    for part in parts:
        key = part if part in ELEMENTS else _named_or_formula(part)
        if key is None or key.startswith(NAME):
            return None
        elements += key.removeprefix("family:").split("-") if ":" in key else composition(key)
    return family_key(elements)


def _named_or_formula(part: str) -> str | None:
    found = _named(part)
    key = _entry_key(found) if found else _formula_key(part)
    return key if found or part.lower() not in ELEMENT_NAMES else None


def _last_formula(text: str) -> str | None:
    """Return the key of the formula that ends or begins a name: `lutetium oxide Lu2O3`."""
    words = text.split()
    for word in (words[-1], words[0]) if len(words) > 1 else ():
        bare = word.rstrip("([").strip("[]{}")
        bare = re.sub(r"\([\d.]+%?$", "", bare)
        if re.search(r"[A-Z].*\d", bare) and (key := _formula_key(bare)):
            others = [w for w in words if w != word]
            if all(
                w.islower() or w.lower() in LEADING or w.lower() in TRAILING or "(" in w
                for w in others
            ):
                return key
    return None


# Grammars.


def _by_grammar(text: str) -> str | None:
    """Return the key of a compound, organic or polymer name."""
    if not re.search(r"[a-z]{3}", text.lower()):
        return None
    name = _respell(text if re.match(r"[A-Z][a-z]?[\s\d+-]", text) else _lower(text))
    for singular in _singulars(name):
        if key := compound_key(singular):
            return key
        formula = organic_formula(singular)
        if formula and (key := normalize_formula(formula)):
            return key
    return _polymer(name)


def _lower(text: str) -> str:
    """Return a name in lower case, symbols and Roman numerals kept."""
    words = [w if w in ELEMENTS or w.startswith("(") else w.lower() for w in text.split()]
    return " ".join(words)


def _polymer(name: str) -> str | None:
    match = _POLY.fullmatch(name.lower())
    inner = (match.group(1) or match.group(2)) if match else None
    known = inner and (organic_formula(inner) or compound_key(inner))
    return f"{NAME}poly({inner})" if known else None


def _alloy(text: str) -> str | None:
    """Return the key of an alloy's designation: steels, weight percents, `aluminium alloy`."""
    if match := _WEIGHTS.fullmatch(text):
        symbols = re.findall(r"[A-Z][a-z]?", text)
        return NAME + text if all(symbol in ELEMENTS for symbol in symbols) else None
    if match := _STEEL_CODE.fullmatch(text):
        return f"{NAME}{match.group(1)} steel"
    lower = text.lower()
    if "steel" in lower:
        match = _STEEL.fullmatch(text)
        if match and match.group(2):
            return f"{NAME}{match.group(1)} steel"
    base, _, kind = lower.rpartition(" ")
    if kind in ("alloy", "alloys") and base in ELEMENT_NAMES:
        return f"{NAME}{base.replace('aluminium', 'aluminum')} alloy"
    if kind in ("alloy", "alloys") and text.split()[0] in ELEMENTS and " " not in base:
        element = _ELEMENT_OF[text.split()[0]]
        return f"{NAME}{element.replace('aluminium', 'aluminum')} alloy"
    if kind in ("glass", "glasses") and base in _GLASSES:
        return f"{NAME}{base} glass"
    return None
