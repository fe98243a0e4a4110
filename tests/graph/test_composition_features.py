from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.predictors.base import Sample
from graph.predictors.compositions import make_sample, read_formula
from graph.predictors.featurizers import describe, get_featurizer
from matlore.errors import InputError

ALL = (
    *("magpie", "oliynyk", "mat2vec", "vectors", "elements", "fractions"),
    *("stoichiometry", "orbitals", "valence", "composition"),
)


def rows(name: str, formulas: Sequence[str]) -> list[dict[str, float]]:
    featurizer = get_featurizer(name)
    found = featurizer.featurize([read_formula(formula) for formula in formulas])
    return [dict(zip(featurizer.names, row.tolist(), strict=True)) for row in found]


def row(name: str, formula: str) -> dict[str, float]:
    return rows(name, [formula])[0]


def test_magpie_by_hand() -> None:
    iron_oxide = row("magpie", "Fe2O3")
    assert iron_oxide["mean atomic number"] == pytest.approx((2 * 26 + 3 * 8) / 5)
    assert iron_oxide["mean deviation of atomic number"] == pytest.approx(
        2 / 5 * (26 - 15.2) + 3 / 5 * (15.2 - 8)
    )
    assert iron_oxide["maximum atomic number"] == 26
    assert iron_oxide["minimum atomic number"] == 8
    assert iron_oxide["range of atomic number"] == 18
    assert iron_oxide["atomic number of the most abundant elements"] == 8


def test_the_mode_is_the_mean_of_elements_with_equal_shares() -> None:
    name = "atomic number of the most abundant elements"
    assert row("magpie", "NaCl")[name] == 14
    assert row("magpie", "LiFePO4")[name] == 8
    assert row("magpie", "Fe0.3333333333Co0.3333333333Ni0.3333333333")[name] == pytest.approx(27)
    assert row("magpie", "Fe0.34Co0.33Ni0.33")[name] == 26


def test_mean_weight_of_bismuth_telluride_as_of_pymatgen() -> None:
    pymatgen = pytest.importorskip("pymatgen.core")
    expected = float(pymatgen.Composition("Bi2Te3").weight) / 5
    assert row("magpie", "Bi2Te3")["mean atomic weight"] == pytest.approx(expected, rel=1e-4)
    assert row("elements", "Bi2Te3")["mean atomic mass"] == pytest.approx(expected, rel=1e-4)


def test_norms_by_hand() -> None:
    found = row("stoichiometry", "Fe4O6")
    assert found["number of elements"] == 2
    assert found["2-norm of the fractions"] == pytest.approx((0.4**2 + 0.6**2) ** 0.5)
    assert found["10-norm of the fractions"] == pytest.approx((0.4**10 + 0.6**10) ** 0.1)
    assert found["log10 of the atoms of the formula"] == pytest.approx(np.log10(5))
    assert found["log10 of the largest amount in the formula"] == pytest.approx(np.log10(3))


def test_fractions() -> None:
    found = row("fractions", "Bi2Te3")
    assert {name: value for name, value in found.items() if value} == pytest.approx(
        {"fraction of Te": 0.6, "fraction of Bi": 0.4}
    )


def test_orbitals_by_hand() -> None:
    found = row("orbitals", "TiO2")  # Ti 4s2 3d2, O 2s2 2p4
    assert found["mean number of s valence electrons"] == 2
    assert found["mean number of p valence electrons"] == pytest.approx(8 / 3)
    assert found["mean number of d valence electrons"] == pytest.approx(2 / 3)
    total = 2 + 8 / 3 + 2 / 3
    share = found["share of d electrons in the valence electrons"]
    assert share == pytest.approx(2 / 3 / total)


@pytest.mark.parametrize(
    ("formula", "balanced", "mixed", "highest", "lowest"),
    [
        ("Fe2O3", 1, 1, 3, -2),
        ("Fe3O4", 0, 1, 3, -2),  # Fe 2+ and 3+
        ("CuInSe2", 0, 1, 3, -2),  # Cu 1+ is not among the common ones
        ("Li7La3Zr2O12", 1, 1, 4, -2),
        ("LiFePO4", 1, 1, 5, -2),
        ("GaAs", 1, 1, 3, -3),
        ("Mg2Si", 1, 1, 2, -4),
        ("H2O", 1, 1, 1, -2),
        ("Na2Cl", 0, 0, 1, -1),
        ("Cu3Au", 0, 0, 0, 0),
        ("Si", 0, 0, 0, 0),
    ],
)
def test_oxidation_states(
    formula: str, balanced: int, mixed: int, highest: int, lowest: int
) -> None:
    found = row("valence", formula)
    assert found["charge balance with common oxidation states"] == balanced
    assert found["charge balance with mixed or rare oxidation states"] == mixed
    assert found["highest oxidation state"] == highest
    assert found["lowest oxidation state"] == lowest


def test_charges_by_hand() -> None:
    assert row("valence", "Na2Cl")["charge left over per atom by the best guess"] == pytest.approx(
        1 / 3
    )
    assert row("valence", "Al2O3")["share of anions"] == pytest.approx(0.6)
    sodium_chloride = row("valence", "NaCl")
    ionic = 1 - np.exp(-((3.16 - 0.93) ** 2) / 4)
    assert sodium_chloride["maximum ionic character of a bond"] == pytest.approx(ionic)
    assert sodium_chloride["mean ionic character of the bonds"] == pytest.approx(ionic / 2)
    assert sodium_chloride["electronegativity of anions less that of cations"] == pytest.approx(
        3.16 - 0.93
    )


def test_steels_of_many_elements_have_no_states() -> None:
    found = row("valence", "Fe0.6C0.01Mn0.01Si0.01Cr0.1Ni0.1Mo0.05V0.02N0.01Nb0.01P0.01S0.01")
    assert found["highest oxidation state"] == 0
    assert found["maximum ionic character of a bond"] > 0


def test_vectors_are_mean_and_deviation() -> None:
    pure, mixed = (get_featurizer("mat2vec").featurize([read_formula(f)])[0] for f in ("Si", "SiC"))
    carbon = get_featurizer("mat2vec").featurize([read_formula("C")])[0]
    assert np.array_equal(pure[200:], np.zeros(200))
    assert mixed[:200] == pytest.approx((pure[:200] + carbon[:200]) / 2)
    assert mixed[200:] == pytest.approx(np.abs(pure[:200] - carbon[:200]) / 2)


@pytest.mark.parametrize("name", ALL)
def test_shapes_names_and_units(name: str) -> None:
    featurizer = get_featurizer(name)
    samples = [read_formula(f) for f in ("Bi2Te3", "Fe", "NaCl", "PuO2", "KrF2")]
    found = featurizer.featurize(samples)
    assert found.dtype == np.float64
    assert found.shape == (5, len(featurizer.names))
    assert np.isfinite(found).all()
    assert len(set(featurizer.names)) == len(featurizer.units) == len(featurizer.names)
    assert featurizer.featurize([]).shape == (0, len(featurizer.names))


@pytest.mark.parametrize("name", ALL)
def test_elements_without_data_are_refused_by_name(name: str) -> None:
    with pytest.raises(InputError, match="FrCl: no data for Fr"):
        get_featurizer(name).featurize([read_formula("NaCl"), read_formula("FrCl")])


AMOUNTS = st.dictionaries(
    st.sampled_from(["H", "C", "O", "Na", "Si", "Fe", "Pb", "Te", "La", "U"]),
    st.integers(1, 40),
    min_size=1,
    max_size=7,
)


@settings(max_examples=40)
@given(st.lists(AMOUNTS, min_size=1, max_size=5), st.integers(2, 5))
def test_rows_ignore_scale_order_and_company(many: list[dict[str, int]], factor: int) -> None:
    samples = [make_sample(str(amounts), amounts) for amounts in many]
    together = describe(samples, ALL)
    turned: list[Sample] = [
        make_sample("x", {s: n * factor for s, n in reversed(amounts.items())}) for amounts in many
    ]
    alone = np.vstack([describe([sample], ALL) for sample in turned])
    assert np.array_equal(together, alone)
