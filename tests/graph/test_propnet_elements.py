"""The table of elements and the ionic radii, against numbers from elsewhere."""

import csv
import re
from importlib.resources import files

import pytest

from graph.propnet.elements import element_card, load_elements, read_table, shannon_radius
from ner.elements import ELEMENTS

SYMBOLS = list(load_elements())


def test_the_elements_are_the_first_103() -> None:
    elements = load_elements()
    assert [one.atomic_number for one in elements.values()] == list(range(1, 104))
    assert set(elements) <= set(ELEMENTS)
    assert all(symbol == one.symbol for symbol, one in elements.items())


@pytest.mark.parametrize(
    ("symbol", "mass"),  # the table on the inside of textbooks' covers
    [("H", 1.008), ("C", 12.011), ("O", 15.999), ("Si", 28.085), ("Fe", 55.845), ("Cu", 63.546),
     ("Sn", 118.71), ("W", 183.84), ("Pb", 207.2), ("U", 238.03)],
)  # fmt: skip
def test_masses(symbol: str, mass: float) -> None:
    assert load_elements()[symbol].atomic_mass == pytest.approx(mass, rel=2e-5)


def test_elements_without_a_standard_mass_say_so() -> None:
    isotopes = {one.symbol for one in load_elements().values() if not one.has_standard_mass}
    radioactive = set(SYMBOLS[SYMBOLS.index("Po") :]) | {"Tc", "Pm"}
    assert isotopes == radioactive - {"Th", "Pa", "U"}


@pytest.mark.parametrize(
    ("symbol", "electrons"),
    [("H", 1), ("He", 2), ("C", 4), ("O", 6), ("Ne", 8), ("Na", 1), ("Al", 3), ("Ti", 4),
     ("Ni", 10), ("Cu", 11), ("Zn", 12), ("Sn", 4), ("La", 3), ("Yb", 3), ("Lu", 3), ("U", 6),
     ("Cm", 3)],
)  # fmt: skip
def test_valence_electrons_follow_the_stated_rule(symbol: str, electrons: int) -> None:
    assert load_elements()[symbol].valence_electrons == electrons


def test_a_number_that_is_not_known_is_none() -> None:
    elements = load_elements()
    assert elements["He"].electronegativity is None
    assert elements["Eu"].electronegativity is None
    assert elements["C"].melting_point is None
    assert elements["H"].hhi_production is None
    assert elements["Tc"].crustal_abundance is None
    assert elements["Cf"].covalent_radius is None
    assert elements["Ce"].group is None


def test_numbers_of_the_table_against_their_papers() -> None:
    elements = load_elements()
    assert [elements[one].electronegativity for one in ("F", "O", "Cs")] == [3.98, 3.44, 0.79]
    assert [elements[one].covalent_radius for one in ("C", "Fe", "Mn", "I")] == [76, 132, 139, 139]
    assert (elements["Te"].hhi_production, elements["Te"].hhi_reserves) == (2900, 4900)
    assert elements["Au"].melting_point == pytest.approx(1337.33)
    assert elements["S"].crustal_abundance == 350
    assert elements["Fe"].oxidation_states == (2, 3)


def test_all_numbers_are_in_their_ranges() -> None:
    for one in load_elements().values():
        assert 1 <= one.atomic_mass < 300
        assert one.electronegativity is None or 0.7 <= one.electronegativity <= 4
        assert one.covalent_radius is None or 25 <= one.covalent_radius <= 260
        assert one.hhi_production is None or 100 <= one.hhi_production <= 10_000
        assert one.hhi_reserves is None or 100 <= one.hhi_reserves <= 10_000
        assert one.crustal_abundance is None or 0 < one.crustal_abundance < 1e6
        assert not set(one.oxidation_states) & set(one.rare_oxidation_states)
    abundances = [one.crustal_abundance or 0 for one in load_elements().values()]
    assert 0.95e6 < sum(abundances) < 1.02e6  # mg/kg of all of them make a kilogram


@pytest.mark.parametrize(
    ("ion", "radius"),  # Shannon 1976, table 1
    [(("O", -2, 6), 140), (("Sr", 2, 12), 144), (("Ti", 4, 6), 60.5), (("Pb", 2, 6), 119),
     (("Cs", 1, 12), 188), (("I", -1, 6), 220), (("La", 3, 12), 136), (("Ce", 4, 10), 107),
     (("Li", 1, 4), 59), (("Eu", 3, 7), 101)],
)  # fmt: skip
def test_shannon_radii(ion: tuple[str, int, int], radius: float) -> None:
    assert shannon_radius(*ion) == pytest.approx(radius)


def test_high_spin_unless_told_otherwise() -> None:
    assert shannon_radius("Fe", 3, 6) == 64.5
    assert shannon_radius("Fe", 3, 6, "low") == 55
    assert shannon_radius("Ti", 4, 6, "low") == 60.5  # it has one state only


def test_the_nearest_coordination_stands_in_and_a_square_last() -> None:
    assert shannon_radius("Y", 3, 12) == 107.5  # nine neighbours
    assert shannon_radius("Cu", 2, 4) == 57  # tetrahedral, square: 57 too
    assert shannon_radius("Ag", 1, 4) == 100  # square: 102
    assert shannon_radius("Li", 1, 7) == 92  # of six and eight, eight


def test_ions_that_are_not_in_the_table_have_no_radius() -> None:
    assert shannon_radius("Xx", 1, 6) is None
    assert shannon_radius("Na", 5, 6) is None
    assert shannon_radius("He", 0, 6) is None


@pytest.mark.parametrize("name", ["elements.csv", "ionic_radii.csv", "photon_flux.csv"])
def test_the_card_has_each_column_with_its_source(name: str) -> None:
    columns = next(csv.reader((files("graph.propnet") / name).read_text("utf-8").splitlines()))
    card = element_card()["files"][name]
    assert list(card) == columns
    for one in card.values():
        assert set(one) >= {"unit", "source", "read_from"}
        assert "rule" in one["read_from"] or re.search(r"\d+\.\d+.*MIT", one["read_from"])


def test_no_ion_is_in_the_table_twice() -> None:
    rows = [tuple(row.values())[:5] for row in read_table("ionic_radii.csv")]
    assert len(rows) == len(set(rows)) == 492
