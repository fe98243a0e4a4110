from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.predictors.compositions import make_sample, read_formula
from matlore.errors import InputError


@pytest.mark.parametrize(
    ("text", "key", "fractions"),
    [
        ("Bi2Te3", "Bi2Te3", {"Bi": 2 / 5, "Te": 3 / 5}),
        ("Fe4O6", "Fe2O3", {"Fe": 2 / 5, "O": 3 / 5}),
        ("Bi₂Te₃", "Bi2Te3", {"Bi": 2 / 5, "Te": 3 / 5}),
        ("Bi$_2$Te$_3$", "Bi2Te3", {"Bi": 2 / 5, "Te": 3 / 5}),
        ("Bi<sub>2</sub>Te<sub>3</sub>", "Bi2Te3", {"Bi": 2 / 5, "Te": 3 / 5}),
        ("K6 S6", "KS", {"K": 1 / 2, "S": 1 / 2}),
        ("Ag(AuS)2", "Au2AgS2", {"Ag": 1 / 5, "Au": 2 / 5, "S": 2 / 5}),
        ("CuSO4·5H2O", "CuH10SO9", {"Cu": 1 / 21, "S": 1 / 21, "O": 9 / 21, "H": 10 / 21}),
        ("0.9PbTe-0.1SnTe", "Pb9SnTe10", {"Pb": 0.45, "Sn": 0.05, "Te": 0.5}),
        ("Mg2Si0.4Sn0.6", "Mg10Si2Sn3", {"Mg": 10 / 15, "Si": 2 / 15, "Sn": 3 / 15}),
        ("YBa2Cu3O7-δ", "Ba2YCu3O7", {"Y": 1 / 13, "Ba": 2 / 13, "Cu": 3 / 13, "O": 7 / 13}),
        ("Fe(III)2O3", "Fe2O3", {"Fe": 2 / 5, "O": 3 / 5}),
        ("silicon", "Si", {"Si": 1.0}),
        ("In", "In", {"In": 1.0}),
        ("O2", "O2", {"O": 1.0}),
        ("VP", "VP", {"V": 0.5, "P": 0.5}),
        ("Fe1O0", "Fe", {"Fe": 1.0}),
        ("WTe2", "WTe2", {"W": 1 / 3, "Te": 2 / 3}),
        ("ＰｂＴｅ", "PbTe", {"Pb": 0.5, "Te": 0.5}),
        ("Fe0.0000000001O1", "O", {"Fe": 1e-10, "O": 1 - 1e-10}),
    ],
)
def test_read_formula(text: str, key: str, fractions: dict[str, float]) -> None:
    sample = read_formula(text)
    assert sample.formula == key
    assert sample.name == text
    assert dict(sample.fractions) == pytest.approx(fractions, abs=1e-15)


def test_steels_keep_small_amounts() -> None:
    sample = read_formula("Fe0.620C0.000953Ni0.192Mo0.0176Nb0.0000616")
    total = 0.620 + 0.000953 + 0.192 + 0.0176 + 0.0000616
    assert sample.fractions["Nb"] == pytest.approx(0.0000616 / total, rel=1e-12)
    assert "Nb" not in sample.formula  # the key rounds


def test_mixtures_keep_small_amounts() -> None:
    sample = read_formula("0.99995PbTe-0.00005SnTe")
    assert sample.fractions["Sn"] == pytest.approx(0.000025, rel=1e-12)


def test_atoms_are_those_of_the_key() -> None:
    assert read_formula("Fe4O6").atoms == 5
    assert read_formula("C60").atoms == 60
    assert read_formula("Si").atoms == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty formula"),
        ("   ", "empty formula"),
        ("La1-xSrxMnO3", "amount of La and Sr open; give numbers"),
        ("(Bi,Sb)2Te3", "amount of Bi and Sb open"),
        ("YBa2Cu3O7-x", "free variable x; give numbers"),
        ("PbTe1-xSex", "free variable x"),
        ("Ti-6Al-4V", "Ti0.862Al0.102V0.036 if they are by weight, Ti90Al6V4 if they are atomic"),
        ("Ti6Al4V", "percent by weight"),
        ("Fe-18Cr-8Ni", "percent by weight"),
        ("63Sn-37Pb", "Sn63Pb37 if they are atomic percent"),
        ("Bi2Te3+0.1wt%Cu", "write atomic fractions"),
        ("ZnO:Al", "dopant Al without its amount"),
        ("NaI(Tl)", "dopant Tl without its amount"),
        ("Pb2+", "has a charge"),
        ("SO42-", "has a charge"),
        ("[Fe(CN)6]3-", "has a charge"),
        ("graphene", "a name, not a formula"),
        ("316L steel", "a name, not a formula"),
        ("nacl", "a name, not a formula"),
        ("YBCO", "abbreviation"),
        ("NaN", "abbreviation"),
        ("Bi2Te3 (n-type)", "if you mean Bi2Te3, give that alone"),
        ("α-Fe2O3", "if you mean Fe2O3, give that alone"),
        ("CsPbBr3 QDs", "if you mean CsPbBr3, give that alone"),
        ("Na2O-2SiO2", "if you mean Na2O·2SiO2, give that alone"),
        ("TiO2/graphene", "if you mean TiO2, give that alone"),
        ("Cu-Zn", "gives no amounts"),
        ("D2O", "D is no element; write H for it"),
        ("Pb²⁺", "has a charge"),
        ("OgF2", "no data for Og"),
        ("Xx2O3", "Xx is no element"),
        ("Bi2Te3-PbTe", "no formula"),
        ("12", "no formula"),
        ("Fe0O0", "all amounts are zero"),
        ("C" * 300, "longer than 200"),
    ],
)
def test_bad_formulas_say_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_formula(text)
    assert message in str(caught.value)
    if 0 < len(text.strip()) < 200:
        assert text.strip() in str(caught.value)


def test_weights_to_atoms_by_hand() -> None:
    moles = {"Ti": 90 / 47.867, "Al": 6 / 26.982, "V": 4 / 50.942}
    total = sum(moles.values())
    with pytest.raises(InputError) as caught:
        read_formula("Ti-6Al-4V")
    expected = "".join(f"{symbol}{mole / total:.4g}" for symbol, mole in moles.items())
    assert expected in str(caught.value)


def test_samples_of_amounts() -> None:
    sample = make_sample("mine.cif", {"O": 6, "Fe": 4.0})
    assert (sample.name, sample.formula, sample.atoms) == ("mine.cif", "Fe2O3", 5)
    assert make_sample("x", {"H": 1, "I": 1}).formula == "HI"
    with pytest.raises(InputError, match="Qq is no element"):
        make_sample("x", {"Qq": 1})
    with pytest.raises(InputError, match="all amounts are zero"):
        make_sample("x", {"Fe": 0})


AMOUNTS = st.dictionaries(
    st.sampled_from(["H", "C", "O", "Na", "Si", "Fe", "Pb", "Te"]),
    st.integers(1, 5000).map(lambda n: Fraction(n, 1000)),
    min_size=2,
    max_size=6,
)


@given(AMOUNTS, st.integers(1, 9))
def test_fractions_ignore_scale_and_order(amounts: dict[str, Fraction], factor: int) -> None:
    one = make_sample("a", amounts)
    turned = {s: amount * factor for s, amount in reversed(amounts.items())}
    assert make_sample("b", turned).fractions == one.fractions
    assert sum(one.fractions.values()) == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize(
    ("text", "atoms", "written"),
    [("Fe0.947O", 1947, 1.947), ("Hg2Cl2", 2, 4), ("Fe2O3", 5, None), ("Ca(OH)2", 5, None)],
)
def test_the_atoms_of_the_formula_as_written_are_kept(
    text: str, atoms: float, written: float | None
) -> None:
    sample = read_formula(text)
    assert sample.atoms == atoms
    assert sample.written_atoms == (None if written is None else pytest.approx(written))
