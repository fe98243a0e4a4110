"""The key of a material by name, on the shared dictionary and strings and on words."""

import json
import re
import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from matlore.errors import InputError
from matlore.vocabulary import load_stop_words
from matlore.vocabulary.materials import load_materials, read_materials
from ner.elements import ELEMENTS
from ner.formulas import composition, formula_family, normalize_formula
from ner.names import material_key, material_keys, repeat_unit

# Entries of the dictionary whose formula contradicts their name, with the formula that is meant
# (or `family:…`). Each was looked at; the reason is behind it.
WRONG_GOLD = {
    "lanthanum strontium copper ferrite": "La1-xSrxCuyFe1-yO3",  # Co for copper
    "cryptomelane": "KMn8O16",  # (MnMn)8 counts manganese twice
    "cryptomelane oxide": "KMn8O16",  # the same
    "tetrahydrofuran d8": "C4H8O",  # C42H8O
    "potassium disilicate": "K2Si2O5",  # one silicon
    "iron titanium oxide": "FeTiO3",  # FeTiO2; ilmenite stands beside it
    "magnesium niobate": "MgNb2O6",  # charges of Mg2Nb2O7 do not cancel for one niobate
    "lithium lanthanum titanate": "Li3xLa2/3-xTiO3",  # charges of LiLaTiO3 do not cancel
    "anorthite": "CaAl2Si2O8",  # diopside's formula
    "cobalt nitrate pentahydrate": "Co(NO3)2·5H2O",  # water left out
    "polyacrylic acid": "C3H4O2",  # one oxygen; poly(acrylic acid) has two
    "polypropylenglycol": "C3H6O",  # propylene glycol's formula
    "pyridoxal": "C8H9NO3",  # the phosphate's formula
    "2-benzenedisulfonic acid": "C6H6O6S2",  # the sodium salt's formula
    "6-tetrafluoroterephthalic acid": "C8H2F4O4",  # tetrafluorobenzoic acid's formula
    "ammonium polyphosphate": "NH4PO3",  # a phosphate's with hydroxide
    "sodium borosilicate": "Na2xB2ySiO2+x",  # with hydrogen
    "zirconium oxychloride": "ZrOCl2",  # water that the name does not have
    "zirconiumoxychloride": "ZrOCl2",  # the same
    "ammonium aluminium sulfate": "NH4Al(SO4)2",  # the same
    "manganese acetate": "Mn(CH3COO)2",  # the same
    "perfluoroadipic acid": "C6H2F8O4",  # the same
    "potassium citrate tribasic": "K3C6H5O7",  # the same
    "yttrium barium cerate": "family:Ba-Ce-O-Y",  # one of many amounts
    "indium oxide substituted calcium zirconate": "CaZrO3",  # doped: the key is the host
    "nitrogen": "N",  # an element by its name is its symbol (DESIGN.md)
    "zinc ferrite": "ZnFe2O4",  # a solid solution with magnetite
    "manganese cobaltite": "MnCo2O4",  # the same with Co3O4
    "lithium nickel vanadate": "LiNiVO4",  # the same with less lithium
    "barium sodium niobate": "Ba2NaNb5O15",  # a range of compositions around it
    "ethyl glycol": "C4H10O2",  # ethylene glycol's formula; it is 2-ethoxyethanol
    "gadolinium yttrium aluminium garnet": "family:Al-Gd-O-Y",  # a solid solution, no dopant
    "bixbyite Yb6MoO12": "Yb6MoO12",  # no formula given
}
# Entries that name no material, several, or a class of them, or that were cut or mangled.
NO_NAME = frozenset(
    "methylene|native oxide|zinc phosphate e|silicon nitride vital|nitrogen air|pyridyl nitrogen"
    "|triethyl ester|iron ruthenium hydrides A2TH6|cryolite alumina|polyacrylate|arsonic acid"
    "|methoxyethyl|(CaMgSi2O6)-anorthite|lithium lanthanide tetraphosphate|SmGd05|manganite"
    "|pyrochlore ruthenate|tungsten bronze|Ni, nickel chloride|niobate pentoxide"
    "|lead barium niobate 55".split("|")
)
# Strings of the material parser whose gold is debatable, with the reason.
DEBATABLE_STRINGS = {
    "LiSr1-xPO4:Eux": "a dopant after a colon is no composition; the gold adds it here",
    "Ca0.90Sr2Al2O6:0.10Eu3+": "the same; the gold adds it here and not in Ba5Si8O21:0.02Eu2+",
    "Ca2-2xLi1+xSiO4F:xCe3+": "the same",
    "Zn1.92-2xYxLixSiO4:0.08Mn2+": "the same",
    "BaO-B2O3-BaF2": "a glass system without amounts; the gold takes one of each",
    "(Ba0.5Sr0.5Co0.8Fe0.2 O3-δ)-(BaCe0.5Zr0.3Y0.16Zn0.04O3-δ)": "a composite, the same",
    "Magnesium, nickel and niobium (V) oxides": "the gold's nickel oxide is Ni2O3",
}


def gold_key(formula: str) -> str | None:
    """Return the key of a formula of the data, its typography mended."""
    table = str.maketrans({"⋅": "·", "•": "·", "−": "-", "\u200e": None, "'": None})
    text = re.sub(r"^(?:[α-ω]|g)-", "", formula.translate(table).strip())
    mixture = material_key(text) if "-" in text else None  # K2O-Al2O3-P2O5
    return normalize_formula(text) or formula_family(text) or mixture


def elements(key: str | None) -> set[str]:
    """Return the elements of a key."""
    if key and key.startswith("family:"):
        return set(key.removeprefix("family:").split("-"))
    return set(composition(key or ""))


def agrees(name: str, formula: str) -> bool:
    """Tell whether the key of a name is the formula's, of a polymer by its repeat unit."""
    key, gold = material_key(name), gold_key(formula)
    if gold is None:
        return bool(key) and same_composition(str(key), formula)
    if key == gold:
        return True
    unit = repeat_unit(name)
    of_family = gold.startswith("family:") and elements(gold) == elements(unit)
    return unit is not None and (unit == gold or of_family)


def same_composition(first: str, second: str) -> bool:
    """Compare two formulas of which one has no key of its own (`COS`)."""
    one, other = composition(first), composition(second)
    ratios = {one[e] / other.get(e, Fraction(0)) for e in one if other.get(e)}
    return bool(one) and set(one) == set(other) and len(ratios) == 1


@pytest.fixture(scope="module")
def dictionary(shared_data: Path) -> dict[str, str]:
    path = shared_data / "names_materials" / "rsc_pubchem_dict.json"
    names: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return names


def test_dictionary_as_it_is(dictionary: dict[str, str]) -> None:
    right = [name for name, formula in dictionary.items() if agrees(name, formula)]
    assert len(right) >= 605


def test_dictionary_with_its_errors_named(dictionary: dict[str, str]) -> None:
    """95%, where wrong formulas are mended, and a family stands for amounts left open."""
    assert dictionary.keys() >= WRONG_GOLD.keys() | NO_NAME
    missed = []
    for name, formula in dictionary.items():
        mended = WRONG_GOLD.get(name, formula)
        key = material_key(name)
        of_family = (key or "").startswith("family:") and elements(key) == elements(
            gold_key(mended)
        )
        right = agrees(name, mended) or key == mended or of_family
        if name not in NO_NAME and not right:
            missed.append((name, mended, key))
    assert len(missed) <= 0.05 * (len(dictionary) - len(NO_NAME)), missed


def test_strings_of_the_material_parser(shared_data: Path) -> None:
    path = shared_data / "names_materials" / "strings.json"
    cases = json.loads(path.read_text(encoding="utf-8"))
    assert len(cases) == 43
    wrong = {}
    for case in cases:
        name = case["material"]
        found = material_keys(name)
        gold = tuple(string_key(part) for part in case["parser_output"])
        if name not in DEBATABLE_STRINGS and found != gold:
            wrong[name] = (found, gold)
    assert len(wrong) <= 0.05 * len(cases), wrong


def string_key(part: dict[str, Any]) -> str | None:
    """Return the key of the parser's total composition; placeholders are no elements."""
    total: dict[str, Fraction] = {}
    named: set[str] = set()
    for compound in part["composition"]:
        named |= compound["elements"].keys() & ELEMENTS
        named |= {e for choice in part["elements_x"].values() for e in choice}
        for element, amount in compound["elements"].items():
            with suppress(ValueError):
                product = Fraction(amount) * Fraction(compound["amount"])
                total[element] = total.get(element, Fraction(0)) + product
    amounts = [c["amount"] for c in part["composition"]]
    amounts += [n for c in part["composition"] for n in c["elements"].values()]
    if not all(re.fullmatch(r"[\d./]+", n) for n in amounts) or total.keys() - ELEMENTS - {"□"}:
        return "family:" + "-".join(sorted(named))
    scale = 1000 if max(n.denominator for n in total.values()) > 100 else 1
    text = "".join(f"{e}{float(n * scale):g}" for e, n in total.items() if e != "□")
    return normalize_formula(text) if len(total) > 1 else str(part["material_formula"])


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("titania", "TiO2"),
        ("Haematite", "Fe2O3"),
        ("galena", "PbS"),
        ("Aluminum oxide", "Al2O3"),
        ("aluminium oxides", "Al2O3"),
        ("caesium lead iodide", "CsPbI3"),
        ("zinc sulphide", "ZnS"),
        ("YBCO", "Ba2YCu3O7"),
        ("PZT", "family:O-Pb-Ti-Zr"),
        ("LFP", "LiFePO4"),
        ("MAPbI3", "PbH6CI3N"),
        ("Bi-2212", "Sr2CaCu2Bi2O8"),
        ("MWCNTs", "name:carbon nanotube"),
        ("multi-walled carbon nanotubes", "name:carbon nanotube"),
        ("diamond", "name:diamond"),
        ("carbon", "C"),
        ("poly(vinylidene fluoride)", "name:PVDF"),
        ("polyvinylidene fluoride", "name:PVDF"),
        ("PEDOT:PSS", "name:PEDOT:PSS"),
        ("poly(ethyl acrylate)", "name:poly(ethyl acrylate)"),
        ("316L stainless steel", "name:316L steel"),
        ("SS316L", "name:316L steel"),
        ("AISI 304", "name:304 steel"),
        ("Inconel 718", "name:Inconel 718"),
        ("Ti – 6Al – 4V", "name:Ti-6Al-4V"),
        ("Al-4Cu", "name:Al-4Cu"),
        ("aluminium alloys", "name:aluminum alloy"),
        ("Al-Ti-C", "family:Al-C-Ti"),
        ("ceria-zirconia", "family:Ce-O-Zr"),
    ],
)
def test_kinds_of_names(name: str, key: str) -> None:
    assert material_key(name) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("γ-Al2O3", "Al2O3"),
        ("alpha-Fe2O3", "Fe2O3"),
        ("rutile TiO2", "TiO2"),
        ("nano-Al2O3", "Al2O3"),
        ("n-GaAs", "GaAs"),
        ("c-Si", "Si"),
        ("a-Si:H", "Si"),
        ("nc - Si : H", "Si"),
        ("13C", "C"),
        ("57Fe", "Fe"),
        ("U-235", "U"),
        ("Fe³⁺", "Fe"),
        ("SrTiO3 (001)", "SrTiO3"),
        ("Si(111)", "Si"),
        ("Al2O3(0001)", "Al2O3"),
        ("Nd:YAG", "Y3Al5O12"),
        ("Ti:sapphire", "Al2O3"),
        ("Gd:CeO2", "CeO2"),
        ("Eu-doped Y2O3", "Y2O3"),
        ("SiO2-coated Fe3O4", "Fe3O4"),
        ("2H-MoS2", "MoS2"),
        ("TiO₂ nanoparticles", "TiO2"),
        ("anatase titania thin films", "TiO2"),
        ("YBa2Cu3O7-y (YBCO)", "Ba2YCu3O7"),
    ],
)
def test_decorations_leave_the_host(name: str, key: str) -> None:
    assert material_key(name) == key


def test_a_dopant_before_the_formula_is_no_host() -> None:
    assert normalize_formula("Gd:CeO2") == "CeO2"
    assert normalize_formula("ZnO:Al") == "ZnO"


def test_common_words_have_no_key() -> None:
    words = load_stop_words() - {"lead"}  # the metal's name too
    assert len(words) > 100
    assert not {word: key for word in words if (key := material_key(word))}


@pytest.mark.parametrize(
    "words",
    """film oxide oxides the alloy alloys sample as In As No He I metal acid salt glass ceramic
    powder crystal nitride phase perovskite spinel rutile anatase garnet wurtzite surface substrate
    ferrite cuprate silicate halide ligand layer hydrate XRD SEM LED CVD DFT SOFC 300K 10V K-1 O(2)
    thin-films ZnO/TiO2""".split(),
)
def test_words_that_are_no_material(words: str) -> None:
    assert material_key(words) is None


def test_phrases_that_are_no_material() -> None:
    phrases = [
        "thin film", "quantum dots", "metal oxide", "transition metal oxides", "rare earth",
        "solar cell", "lead free", "lithium ion batteries", "iron-based superconductors", "", " ",
    ]  # fmt: skip
    assert not {phrase: key for phrase in phrases if (key := material_key(phrase))}


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "(" * 1000, "di" * 70, "methyl" * 26, "-" * 160, "Al-" * 53, "\x00"]
)
def test_bad_input_is_no_name(text: str) -> None:
    started = time.perf_counter()
    assert material_key(text) is None
    assert material_keys(text) == ()
    assert time.perf_counter() - started < 1


def test_several_materials_in_one_name() -> None:
    assert material_keys("nickel and zinc oxides") == ("NiO", "ZnO")
    assert material_keys("titania") == ("TiO2",)
    assert material_keys("films and powders") == ()


def test_repeat_units() -> None:
    assert repeat_unit("PVDF") == normalize_formula("C2H2F2")
    assert repeat_unit("poly(acrylic acid)") == normalize_formula("C3H4O2")
    assert repeat_unit("titania") is None


def test_every_formula_of_the_vocabulary_has_a_key() -> None:
    formulas = [m.formula for m in load_materials() if m.formula]
    assert len(formulas) > 400
    assert not [f for f in formulas if not (normalize_formula(f) or formula_family(f))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("compounds: {}", "must be a mapping with the keys"),
        ("compounds: {TiO2: [a]}\npolymers: {}\nnamed: {x: []}", "polymers must be"),
        ("compounds: {TiO2: x}\npolymers: {P: {}}\nnamed: {x: []}", "must be a list"),
        (
            "compounds: {TiO2: [a], SnO2: [a]}\npolymers: {P: {unit: CH2, names: []}}\n"
            "named: {x: []}",
            "'a' names two entries",
        ),
        ("compounds: [", "cannot be read as YAML"),
    ],
)
def test_a_broken_vocabulary_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "materials.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_materials(path)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("TiN", "TiN"),  # once tin
        ("Tin", "Sn"),
        ("nitrogen oxides", "family:N-O"),
        ("NHC", "name:N-heterocyclic carbene"),
        ("LDHs", "name:layered double hydroxide"),
        ("PbMg1/3Nb2/3O3-35%PbTiO3", "family:Mg-Nb-O-Pb-Ti"),
        ("Ti3C2Tx MXene", material_key("Ti3C2Tx")),
    ],
)
def test_names_found_wrong_in_abstracts(name: str, key: str | None) -> None:
    assert material_key(name) == key
