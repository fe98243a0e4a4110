"""Compounds by name: cations, then anions, balanced by charge; and what chemists do beyond it.

`copper(II) sulfate pentahydrate`, `triethyl citrate`, `barium titanate`: a name is read as words
for cations and words for anions (`compound_words`), and the smallest numbers of them are taken
whose charges cancel. The other rules, each with its reason:

1. *Counts win over charges*: `titanium diboride`, `vanadium pentoxide` (see `_by_anion_count`),
   `diammonium phosphate` (missing cations are hydrogen).
2. *Valence.* A number, a sign or an old ending is taken (`iron(III)`, `Fe3+`, `ferric`), else the
   usual valence. Where an element has several and the anion is a single element (`iron oxide`,
   `tin sulfide`), the name leaves the amounts open: the key is the family of its elements.
3. *Mixed oxides* (`strontium titanate`, `yttrium vanadate`) follow the usual structure for the
   charges of the two metals: `_MIXED_OXIDES`. A second metal on the same site
   (`barium strontium titanate`) leaves the amounts open: a family.
4. *Hydrates* count: `pentahydrate` is 5 H2O, `hydrate` alone 1.
5. *Mixtures by name* (`silicon germanium`, `indium gallium nitride`) are families.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product

from .compound_words import Cation, Parts, other_anion, oxy_anion, simple_anion, take_apart
from .elements import ELEMENT_NAMES
from .formulas import FAMILY, normalize_formula
from .ions import (
    COMMON_VALENCE,
    LANTHANIDES,
    OPEN_ANIONS,
    OXOMETALLATES,
    SALT_VALENCE,
    SIMPLE_ANIONS,
    USUAL_COMPOUNDS,
    Ion,
    ion,
)

__all__ = ["compound_key", "family_key"]

Amounts = dict[str, Fraction]

_MAX_COUNT = 6
_ALKALIS = frozenset("Li Na K Rb Cs".split())
_EARTHS = frozenset("Mg Ca Sr Ba Pb".split())
_SPINEL_CATIONS = frozenset("Mg Zn Cu Mn Ni Co Cd".split())
_NAMES = {symbol: name for name, symbol in reversed(ELEMENT_NAMES.items())}

# Charges of the two metals of a mixed oxide to how many of each: perovskites, spinels,
# pyrochlores, scheelites, columbites.
_MIXED_OXIDES = {
    (1, 3): (1, 1), (1, 4): (2, 1), (1, 5): (1, 1), (1, 6): (2, 1), (2, 2): (1, 1), (2, 3): (1, 2),
    (2, 4): (1, 1), (2, 5): (1, 2), (2, 6): (1, 1), (3, 3): (1, 1), (3, 4): (2, 2), (3, 5): (1, 1),
    (3, 6): (2, 3), (4, 4): (1, 1), (4, 5): (1, 2), (4, 6): (1, 2), (3, 2): (2, 1),
}  # fmt: skip


def family_key(elements: Sequence[str]) -> str | None:
    """Return the key of a family of two or more elements, or None."""
    different = sorted(set(elements))
    return FAMILY + "-".join(different) if len(different) > 1 else None


@lru_cache(maxsize=16384)
def compound_key(name: str) -> str | None:
    """Return the key of a compound given by its name, or None where the grammar does not fit.

    Args:
        name: a name in lower case but for symbols (`Mn2+ nitrate`), singular or plural,
            British spellings already replaced (`sulfate`, `cesium`).

    Returns:
        The formula in normal form, or `family:…` where the name leaves amounts open.
    """
    parts = take_apart(name)
    if parts is None:
        return None
    amounts = _compose(parts)
    if amounts is not None:
        if parts.water:
            _add(amounts, {"H": Fraction(2), "O": Fraction(1)}, parts.water)
        return normalize_formula("".join(f"{e}{n}" for e, n in amounts.items() if n))
    return _family(parts)


def _compose(parts: Parts) -> Amounts | None:
    """Return the amounts of a compound; None where its name leaves them open."""
    cations, anions = parts.cations, parts.anions
    if not anions:
        return _neutral(cations)
    word = anions[0]
    metals = sum(c.element is not None for c in cations)
    if len(anions) != 1 or word in OPEN_ANIONS or metals > 2:
        return None
    if usual := _usual(cations, word):
        return usual
    if rest := oxy_anion(word):
        return _oxy(cations, rest)
    if simple := simple_anion(word):
        return _with_simple(cations, word, simple)
    if word in OXOMETALLATES and all(c.element and c.element != "H" for c in cations):
        return _mixed_oxide(cations, *OXOMETALLATES[word])
    if word == "garnet":
        return _garnet(cations)
    if word == "fluorophosphate" and len(cations) > 1:
        return _salt(cations, ion("PO4F", 4), 0)
    anion = other_anion(word)
    if len(cations) > 1 and _is_glass(cations, word):
        return None
    if anion is None or (word == "glycol" and cations[0].ion.charge != 2):
        return None
    return _salt(cations, anion, parts.basic)


def _is_glass(cations: Sequence[Cation], word: str) -> bool:
    """Tell whether two metals and an anion make glasses of any composition."""
    metals = {c.element for c in cations}
    formers = {"W", "Mo", "V", "Nb", "Te"} | ({"Pb", "Bi"} if word == "borate" else set())
    return word in ("borate", "tellurite", "phosphate", "silicate") and bool(metals & formers)


def _neutral(cations: Sequence[Cation]) -> Amounts | None:
    """Return an organometallic (`trimethylaluminium`, `diethyl zinc`) or an organic cation."""
    first, last = cations[0], cations[-1]
    if len(cations) == 1 and first.element is None and not first.organic:
        alone = first.ion.charge == 0 or "C" in dict(first.ion.amounts)
        return _amounts(first.ion) if alone else None
    count = first.ion.number or 1
    if len(cations) == 2 and first.organic and last.element:
        whole = count == SALT_VALENCE.get(last.element)
        return _pair(first.ion, count, last.ion, 1) if whole else None
    return None


def _usual(cations: Sequence[Cation], word: str) -> Amounts | None:
    """Return a compound that is usually meant by a name that leaves its amounts open."""
    if len(cations) != 1 or cations[0].ion.charge or cations[0].ion.number:
        return None
    name = _NAMES.get(cations[0].element or "", "")
    found = USUAL_COMPOUNDS.get(f"{name}-{word}")
    return _amounts(ion(*found)) if found else None


def _valence(cation: Cation, table: dict[str, int]) -> int:
    """Return the charge of a cation, 0 where it is open."""
    if cation.ion.charge or cation.element is None:
        return cation.ion.charge
    return table.get(cation.element, 0)


def _with_simple(
    cations: Sequence[Cation], word: str, simple: tuple[str, int, int | None]
) -> Amounts | None:
    """Return a compound of an anion of one element."""
    symbol, charge, count = simple
    if len(cations) > 1:
        return _mixed_simple(cations, Ion(((symbol, 1),), charge, count))
    cation = cations[0]
    if cation.second:
        mixed = (cation.ion.charge, cation.second) == (2, 3) and symbol == "O"
        return _pair(cation.ion, 3, Ion(((symbol, 1),), charge), 4) if mixed else None
    if count is not None:
        number = cation.ion.number or _by_anion_count(cation, charge, count)
        return _pair(cation.ion, number, Ion(((symbol, 1),), charge), count or 3)
    table = COMMON_VALENCE | SIMPLE_ANIONS[word][2]
    valence = _valence(cation, table)
    if cation.ion.number and valence * cation.ion.number % charge:
        return None
    found = _balance([(cation.ion, valence)], Ion(((symbol, 1),), charge)) if valence else None
    return found[1] if found else None


def _by_anion_count(cation: Cation, charge: int, count: int) -> int:
    """Return how many cations go with a counted anion: V2 in `vanadium pentoxide`."""
    if count == 0:
        return 2
    if charge != 2 or count % 2 == 0 or count == 1:
        return 1
    sixvalent = cation.element in ("S", "Se", "Te", "Cr", "Mo", "W", "U", "Re", "Xe")
    return 1 if count == 3 and sixvalent else 2


def _mixed_simple(cations: Sequence[Cation], anion: Ion) -> Amounts | None:
    """Return `methylammonium lead iodide`, `bismuth iron oxide`, `sodium hydrogen fluoride`."""
    elements = [c.element for c in cations]
    symbol = anion.amounts[0][0]
    if "H" in elements or all(c.element is None for c in cations):
        return _salt(cations, anion, 0)
    if len(cations) != 2:
        return None
    first, second = cations
    one = first.element is None or first.element in _ALKALIS
    if anion.charge == 1 and one and second.element in ("Pb", "Sn", "Ge", "Mg", "Cd"):
        if second.element in ("Pb", "Sn", "Ge") and symbol != "H":
            return _sum(
                [
                    (_amounts(first.ion), Fraction(1)),
                    ({str(second.element): Fraction(1)}, Fraction(1)),
                    ({symbol: Fraction(3)}, Fraction(1)),
                ]
            )
        return None
    if symbol == "O" and first.element and second.element:
        return _mixed_oxide_by_elements(first, second)
    return None


def _mixed_oxide_by_elements(first: Cation, second: Cation) -> Amounts | None:
    """Return `strontium titanium oxide` as `strontium titanate`, where the two are the same."""
    metals = {symbol: valence for symbol, valence in reversed(OXOMETALLATES.values())}
    a, m = str(first.element), str(second.element)
    if m not in metals or a == m or m in LANTHANIDES:
        return None
    high = ("Ti", "V", "Nb", "Ta", "Sb", "W", "Mo")
    base = a in _EARTHS or a in LANTHANIDES or a == "Bi" or (a in _ALKALIS and m != "Mn")
    spinel = a in _SPINEL_CATIONS and m in ("Fe", "Cr", "Al", "Ga", "Rh")
    metallate = m in high and a not in high
    if not (base or spinel or (metallate and a in SALT_VALENCE and a not in ("In", "Sn", "Ga"))):
        return None
    several = a in ("Ca", "Sr", "Ba", "Mg", "Y", "Bi") and m in ("Cu", "Mn", "Co", "Zn", "Be")
    if several or (a == "La" and m in ("Cu", "Zn", "Be")):
        return None
    return _mixed_oxide([first], m, 3 if m == "Fe" else metals[m])


def _mixed_oxide(cations: Sequence[Cation], metal: str, valence: int) -> Amounts | None:
    """Return `A M-ate` by the usual structure for the two charges."""
    charges = [_valence(c, SALT_VALENCE) for c in cations]
    if metal in ("Mn", "Co", "Ni") and cations[0].element in ("Ca", "Sr", "Ba"):
        valence = 4  # CaMnO3 and SrCoO3, where La has LaMnO3
    if len(cations) == 1:
        a = (cations[0].ion.number, 1) if cations[0].ion.number else None
        numbers = a or _MIXED_OXIDES.get((charges[0], valence))
        if numbers is None:
            return None
        oxygen = Fraction(numbers[0] * charges[0] + numbers[1] * valence, 2)
        return _oxide(cations, [Fraction(numbers[0])], metal, Fraction(numbers[1]), oxygen)
    if len(cations) != 2 or not all(charges):
        return None
    if sorted(charges) == [1, 3] and valence == 4:
        half = Fraction(1, 2)
        return _oxide(cations, [half, half], metal, Fraction(1), Fraction(3))
    return _double_perovskite(cations, charges, metal, valence)


def _double_perovskite(
    cations: Sequence[Cation], charges: Sequence[int], metal: str, valence: int
) -> Amounts | None:
    """Return `lead magnesium niobate`, Pb(Mg1/3Nb2/3)O3, and the like."""
    a, b = str(cations[0].element), str(cations[1].element)
    if a not in ("Pb", "Ba", "Sr", "Ca") or b in ("Pb", "Ba", "Sr", "Ca", *_ALKALIS):
        return None
    if valence == charges[1] or valence < 5 or (b in LANTHANIDES and b not in ("Sc", "Yb", "Y")):
        return None
    share = Fraction(valence - 4, valence - charges[1])
    return _oxide(cations, [Fraction(1), share], metal, 1 - share, Fraction(3))


def _oxide(
    cations: Sequence[Cation],
    numbers: Sequence[Fraction],
    metal: str,
    amount: Fraction,
    oxygen: Fraction,
) -> Amounts:
    terms = [(_amounts(c.ion), n) for c, n in zip(cations, numbers, strict=True)]
    return _sum([*terms, ({metal: Fraction(1)}, amount), ({"O": Fraction(1)}, oxygen)])


def _garnet(cations: Sequence[Cation]) -> Amounts | None:
    """Return `yttrium aluminium garnet`: A3 B5 O12."""
    if len(cations) != 2 or not all(c.element for c in cations):
        return None
    if cations[0].element not in LANTHANIDES or cations[1].element not in ("Al", "Ga", "Fe"):
        return None
    return _oxide(cations[:1], [Fraction(3)], str(cations[1].element), Fraction(5), Fraction(12))


def _oxy(cations: Sequence[Cation], rest: Ion) -> Amounts | None:
    """Return `bismuth oxychloride`: the fewest metals, then the most oxygen, that balance."""
    if rest == ion("OH", 1) and len(cations) == 1 and not cations[0].ion.charge:
        return _sum(
            [(_amounts(cations[0].ion), Fraction(1)), (_amounts(ion("HO2", 3)), Fraction(1))]
        )
    valences = [_valence(c, SALT_VALENCE | COMMON_VALENCE) for c in cations]
    if not all(valences) or any(c.element is None for c in cations):
        return None
    for metals in (1, 2):
        charge = metals * sum(valences)
        for oxygen in range(charge // 2, 0, -1):
            left = charge - 2 * oxygen
            if left > 0 and left % rest.charge == 0:
                terms = [(_amounts(c.ion), Fraction(metals)) for c in cations]
                other = (_amounts(rest), Fraction(left // rest.charge))
                return _sum([*terms, ({"O": Fraction(1)}, Fraction(oxygen)), other])
    return None


def _salt(cations: Sequence[Cation], anion: Ion, basic: int) -> Amounts | None:
    """Return the smallest salt of the cations with an anion."""
    if basic and len(cations) == 1:
        first = cations[0]
        cations = [first._replace(ion=first.ion._replace(number=basic))]
    best: tuple[tuple[int, int], Amounts] | None = None
    for charges in product(*(_options(c, len(cations)) for c in cations)):
        if all(charges) or not anion.charge:
            found = _balance(list(zip((c.ion for c in cations), charges, strict=True)), anion)
            if found and (best is None or found[0] < best[0]):
                best = found
    return best[1] if best else None


def _options(cation: Cation, cations: int) -> tuple[int, ...]:
    """Return the charges that a cation may have in a salt."""
    if cation.ion.charge or cation.element is None:
        return (cation.ion.charge,)
    if cation.element == "Fe" and cations > 1:
        return (2,)  # phosphates and silicates of batteries, Mohr's salt
    return (SALT_VALENCE.get(cation.element, 0),)


def _balance(
    cations: Sequence[tuple[Ion, int]], anion: Ion
) -> tuple[tuple[int, int], Amounts] | None:
    """Return the smallest neutral sum of cations and an anion, with its size.

    The fewest of the first cation win, then the fewest ions: LiTi2(PO4)3, not Li2Ti(PO4)2.
    """
    if anion.number and len(cations) == 1:
        number = cations[0][0].number or 1
        return (number, 0), _pair(cations[0][0], number, anion, anion.number)
    if anion.charge == 0:
        return None
    ranges = [(c.number,) if c.number else range(1, _MAX_COUNT + 1) for c, _ in cations]
    best: tuple[tuple[int, int], tuple[int, ...], int, int] | None = None
    for numbers in product(*ranges):
        charge = sum(n * q for n, (_, q) in zip(numbers, cations, strict=True))
        missing = anion.charge - charge if all(c.number for c, _ in cations) else 0
        charge += max(missing, 0)
        if charge % anion.charge == 0:
            size = (numbers[0], sum(numbers) + charge // anion.charge)
            if best is None or size < best[0]:
                best = (size, numbers, charge // anion.charge, max(missing, 0))
    if best is None:
        return None
    size, numbers, anions, hydrogens = best
    terms = [(_amounts(c), Fraction(n)) for n, (c, _) in zip(numbers, cations, strict=True)]
    total = _sum([*terms, (_amounts(anion), Fraction(anions))])
    _add(total, {"H": Fraction(1)}, hydrogens)
    return size, total


def _pair(cation: Ion, cations: int, anion: Ion, anions: int) -> Amounts:
    return _sum([(_amounts(cation), Fraction(cations)), (_amounts(anion), Fraction(anions))])


def _family(parts: Parts) -> str | None:
    """Return the family of a name that leaves amounts open; every word must be understood."""
    elements = [e for c in parts.cations for e, _ in c.ion.amounts]
    known = [c.element is not None for c in parts.cations]
    if not any(known) or (not parts.anions and not all(known)):
        return None
    for word in parts.anions:
        if word in OPEN_ANIONS:
            elements += OPEN_ANIONS[word]
        elif rest := oxy_anion(word):
            elements += ["O", *(e for e, _ in rest.amounts)]
        elif simple := simple_anion(word):
            elements.append(simple[0])
        elif word in OXOMETALLATES:
            elements += [OXOMETALLATES[word][0], "O"]
        elif found := other_anion(word):
            elements += [e for e, _ in found.amounts]
        else:
            elements.append("O")
    return family_key(elements)


def _amounts(part: Ion) -> Amounts:
    return {element: Fraction(n) for element, n in part.amounts}


def _sum(terms: Sequence[tuple[Amounts, Fraction]]) -> Amounts:
    total: Amounts = {}
    for amounts, times in terms:
        _add(total, amounts, times)
    return total


def _add(total: Amounts, part: Amounts, times: Fraction | int) -> None:
    for element, amount in part.items():
        total[element] = total.get(element, Fraction(0)) + amount * times
