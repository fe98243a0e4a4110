"""Formulas: grammar, normal form, false friends, and the real lists."""

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner.elements import ELECTRONEGATIVITY, ELEMENTS
from ner.formulas import (
    alphabetical,
    composition,
    formula_family,
    is_formula_key,
    normalize_formula,
    parse_formula,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("PbTe", "PbTe"),
        ("Bi2Te3", "Bi2Te3"),
        ("Te3Bi2", "Bi2Te3"),
        ("Bi0.5Sb1.5Te3", "BiSb3Te6"),
        ("(PbTe)0.9(SnTe)0.1", "Pb9SnTe10"),
        ("0.9PbTe-0.1SnTe", "Pb9SnTe10"),
        ("La2/3Sr1/3MnO3", "SrLa2Mn3O9"),
        ("La1.85Sr.15CuO4", "Sr3La37Cu20O80"),
        ("Ca(OH)2", "CaH2O2"),
        ("Fe4[Fe(CN)6]3", "Fe7C18N18"),
        ("CuSO4·5H2O", "CuH10SO9"),
        ("CdCl2·2.5H2O", "Cd2H10Cl4O5"),
        ("Mn(NO3)2×4H2O", "MnH8N2O10"),
        ("K2O·3Al2O3·6SiO2·2H2O", "KAl3Si3H2O12"),
        ("YBa2Cu3O7-δ", "Ba2YCu3O7"),
        ("YBa2Cu3O7-y", "Ba2YCu3O7"),
        ("Bi2Sr2CaCu2O8+δ", "Sr2CaCu2Bi2O8"),
        ("Fe(III)", "Fe"),
        ("Pb2+", "Pb"),
        ("SO42-", "SO4"),
        ("NH4+", "H4N"),
        ("ZnO:Al", "ZnO"),
        ("NaI(Tl)", "NaI"),
        ("Cd0.25Pr0.50□0.25WO4", "Pr2W4CdO16"),
        ("CsI", "CsI"),
        ("NaCl", "NaCl"),
        ("BN", "BN"),
        ("TiN", "TiN"),
        ("O2", "O2"),
        ("C60", "C60"),
        ("Si", "Si"),
        ("silicon", "Si"),
        ("aluminum", "Al"),
        ("Sulphur", "S"),
        ("Zn0.6667O0.6667", "ZnO"),
        ("Ba0.9996La0.0004TiO3", "BaTiO3"),
    ],
)
def test_normal_form(text: str, key: str) -> None:
    assert normalize_formula(text) == key
    assert normalize_formula(key) == key


_OTHERS = (
    "In As No At II III IV VI DFT PHI GeV TeV keV HOPG PL YBCO BCS NaN SiPM 5CB FCC BCC SOC "
    "P3HT B3LYP Pm3m Fm3m P63 Pnma Six Box 300K x 1-x 2H-MoS2 SnSe-PbSe Bi2Te3( )Bi2 "
    "Bi2..3 Bi1.2.3Te Na/Cl La1-xSrxMnO3 NaSICON BiSCCO"
)
_ODD = ["", " ", "(" * 50 + "Si" + ")" * 50, "Si" * 300, "bismuth telluride"]


@pytest.mark.parametrize("text", [*_OTHERS.split(), *_ODD])
def test_no_formula(text: str) -> None:
    assert normalize_formula(text) is None


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("La1-xSrxMnO3", "family:La-Mn-O-Sr"),
        ("FeTe1-xSex", "family:Fe-Se-Te"),
        ("NaxCoO2", "family:Co-Na-O"),
        ("YBa2Cu3O6+x", "family:Ba-Cu-O-Y"),
        ("(Bi,Sb)2Te3", "family:Bi-Sb-Te"),
        ("Ba[Mg(1-x)/3SnxTa2(1-x)/3]O3", "family:Ba-Mg-O-Sn-Ta"),
        ("(1-x)BaTiO3-xBaBiO3", "family:Ba-Bi-O-Ti"),
        ("Srn+1RunO3n+1", "family:O-Ru-Sr"),
        ("Nix", None),
        ("PbTe", None),
    ],
)
def test_family(text: str, family: str | None) -> None:
    assert formula_family(text) == family


def test_composition_of_an_open_formula_is_empty() -> None:
    assert composition("La1-xSrxMnO3") == {}
    assert composition("Bi0.5Sb1.5Te3") == {
        "Bi": Fraction(1, 2),
        "Sb": Fraction(3, 2),
        "Te": Fraction(3),
    }


def test_dopants_are_kept_apart() -> None:
    formula = parse_formula("Y2O3:Eu,Tb")
    assert formula is not None
    assert formula.dopants == ("Eu", "Tb")
    assert set(formula.amounts) == {"Y", "O"}


def test_alphabetical_is_the_form_of_mat2vec() -> None:
    assert alphabetical("Ni(CO)4") == "C4NiO4"
    assert alphabetical("BiSb3Te6") == "BiSb3Te6"
    assert alphabetical("DFT") is None


@pytest.mark.parametrize("token", ["PbTe", "BiSb3Te6", "H2O", "BAs"])
def test_keys_of_compounds(token: str) -> None:
    assert is_formula_key(token)


@pytest.mark.parametrize("token", ["Te3Bi2", "Si", "O2", "NCs", "CNTs", "family:Bi-Te", "the", ""])
def test_other_tokens_are_no_keys(token: str) -> None:
    assert not is_formula_key(token)


_METALS = sorted(ELEMENTS & set(ELECTRONEGATIVITY) - {"No", "At", "Md", "Fm", "Es"})
_COMPOUNDS = st.dictionaries(
    st.sampled_from([e for e in _METALS if len(e) == 2]),
    st.integers(1, 40),
    min_size=2,
    max_size=6,
)


@given(_COMPOUNDS, st.randoms(use_true_random=False))
def test_order_and_scale_do_not_matter(amounts: dict[str, int], random: object) -> None:
    elements = list(amounts)
    written = "".join(f"{e}{amounts[e] * 2}" for e in elements)
    turned = "".join(f"{e}{amounts[e] / 4}" for e in reversed(elements))
    key = normalize_formula(written)
    assert key is not None
    assert normalize_formula(turned) == key == normalize_formula(key)
    ratio = composition(key)[elements[0]] / amounts[elements[0]]
    assert composition(key) == {e: a * ratio for e, a in amounts.items()}


@given(st.text(max_size=40) | st.text(alphabet="CaOH0123456789.()[]x+-−δ·:/,", max_size=30))
def test_any_text_is_survived_and_idempotent(text: str) -> None:
    key = normalize_formula(text)
    assert key is None or normalize_formula(key) == key


def _spelled(shared_data: Path) -> list[tuple[str, str]]:
    listed = json.loads((shared_data / "ranking" / "TE_data_used_in_paper.json").read_text())
    return [(formula, raw) for formula, entry in listed.items() for raw in entry[0]]


def test_spellings_of_the_ranking_list(shared_data: Path) -> None:
    pairs = _spelled(shared_data)
    assert len(pairs) == 64995
    wrong = [(formula, raw) for formula, raw in pairs if alphabetical(raw) != formula]
    assert len(wrong) <= 0.015 * len(pairs), Counter(alphabetical(raw) for _, raw in wrong)
    keys = {normalize_formula(raw) for _, raw in pairs} - {None}
    moved = {key for key in keys if normalize_formula(key or "") != key}
    assert moved <= {"In", "As", "No", "At", "He", "Be"}  # by name only: words by symbol


# Components without shares, and a stand-in for any rare earth: no element composition.
_NO_FORMULAS = {"BaO-B2O3-BaF2", "La0.4Ba0.6Ti0.6RE0.4O3"}


def test_strings_of_the_material_parser(shared_data: Path) -> None:
    """Closed formulas have the parser's composition, open ones its elements."""
    cases = json.loads((shared_data / "names_materials" / "strings.json").read_text())
    checked = 0
    for case in cases:
        for parsed in case["parser_output"]:
            formula = parsed["material_formula"]
            if not formula or formula not in case["material"]:
                continue
            checked += 1
            found = parse_formula(formula)
            if formula in _NO_FORMULAS:
                assert found is None
                continue
            assert found is not None, formula
            parts = [set(part["elements"]) - {"□"} for part in parsed["composition"]]
            assert set(found.amounts) == set().union(*parts), formula
            if len(parts) == 1 and found.closed:
                gold = {e: float(a) for e, a in parsed["composition"][0]["elements"].items()}
                ours = {e: float(a) for e, a in composition(formula).items()}
                gold.pop("□", None)
                assert ours == pytest.approx(gold, abs=1e-3), formula
    assert checked >= 15
