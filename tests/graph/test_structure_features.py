"""Descriptors of structures: numbers of textbooks, and the same row for the same crystal."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from graph.predictors.base import Sample
from graph.predictors.structure_bonds import find_bonds, network_dimensions
from graph.predictors.structure_density import PARTS, pair_function, part_of
from graph.predictors.structure_environments import sorts_of
from graph.predictors.structure_features import StructureFeaturizer, structure_featurizers
from graph.predictors.structure_matrices import ewald_matrix, sine_matrix, spectrum
from graph.predictors.structures import read_structure, structure_sample, without_warnings
from matlore.errors import InputError

FOLDER = Path(__file__).parents[1] / "data" / "structures"
NAMES = tuple(structure_featurizers())
CRYSTALS = ("NaCl.cif", "CsCl.cif", "ZnO.cif", "Si.POSCAR", "PbTe.POSCAR")
# Those that are means over atoms, so that they are the same for any cell.
MEANS = ("rdf", "prdf", "acsf", "soap", "bonds")
BOHR = 0.529177

Floats = NDArray[np.float64]


@cache
def _sample(name: str) -> Sample:
    return read_structure(FOLDER / name)


def _crystal(lattice: Floats, symbols: list[str], places: list[list[float]]) -> Sample:
    from pymatgen.core import Structure

    return structure_sample(Structure(lattice, symbols, places), "made")


def _row(name: str, sample: Sample) -> Floats:
    found: Floats = structure_featurizers()[name]().featurize([sample])[0]
    return found


def _columns(name: str, sample: Sample) -> dict[str, float]:
    featurizer = structure_featurizers()[name]()
    return dict(zip(featurizer.names, featurizer.featurize([sample])[0].tolist(), strict=True))


def _recut(sample: Sample, matrix: list[list[int]], seed: int) -> Sample:
    """Return the crystal in another cell, shifted, turned and with its atoms in another order."""
    from pymatgen.core import Lattice, Structure

    assert sample.structure is not None
    random = np.random.default_rng(seed)
    cell = sample.structure.make_supercell(matrix, in_place=False)
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    order = random.permutation(len(cell))
    places = (cell.frac_coords + random.random(3))[order]
    symbols = [cell[int(k)].specie.symbol for k in order]
    return replace(
        sample, structure=Structure(Lattice(cell.lattice.matrix @ turn), symbols, places)
    )


CELLS: tuple[list[list[int]], ...] = (
    [[1, 1, 0], [0, 1, 0], [1, 0, 1]],
    [[1, 2, 0], [0, 1, 1], [0, 0, 1]],
    [[2, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[2, 1, 0], [-1, 1, 0], [0, 0, 1]],
)


@pytest.mark.parametrize("crystal", CRYSTALS)
@pytest.mark.parametrize("name", NAMES)
def test_the_same_crystal_has_the_same_row_in_any_cell(name: str, crystal: str) -> None:
    sample = _sample(crystal)
    for seed, matrix in enumerate(CELLS):
        other = _recut(sample, matrix, seed)
        assert other.structure is not None
        again = structure_sample(other.structure, "again")
        np.testing.assert_allclose(_row(name, again), _row(name, sample), rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("name", MEANS)
def test_means_over_atoms_do_not_depend_on_the_cell_even_without_its_reduction(name: str) -> None:
    sample = _sample("ZnO.cif")
    other = _recut(sample, CELLS[3], 7)
    np.testing.assert_allclose(_row(name, other), _row(name, sample), rtol=1e-5, atol=2e-6)


def test_eigenvalues_would_depend_on_the_cell_without_its_reduction() -> None:
    sample = _sample("ZnO.cif")
    for name in set(NAMES) - set(MEANS):
        assert not np.allclose(_row(name, _recut(sample, CELLS[2], 0)), _row(name, sample))


@pytest.mark.parametrize("name", NAMES)
def test_columns_have_names_and_units_and_no_crystal_depends_on_those_beside_it(name: str) -> None:
    featurizer = structure_featurizers()[name]()
    assert featurizer.name == name
    assert featurizer.needs == "structure"
    assert featurizer.citations
    assert len(set(featurizer.names)) == len(featurizer.names) == len(featurizer.units)
    samples = [_sample(crystal) for crystal in CRYSTALS]
    rows = featurizer.featurize(samples)
    assert rows.shape == (len(samples), len(featurizer.names))
    assert rows.dtype == np.float64
    assert len(np.unique(rows, axis=0)) == len(samples)
    np.testing.assert_array_equal(rows[3], featurizer.featurize(samples[3:4])[0])
    assert featurizer.featurize([]).shape == (0, len(featurizer.names))


def test_no_two_featurizers_have_a_column_of_the_same_name() -> None:
    names = [one for name in NAMES for one in structure_featurizers()[name]().names]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", NAMES)
def test_only_isolated_or_pure_crystals_have_undefined_columns(name: str) -> None:
    for crystal in ("NaCl.cif", "ZnO.cif"):
        assert np.isfinite(_row(name, _sample(crystal))).all()


def test_a_sample_without_structure_is_refused() -> None:
    formula = replace(_sample("NaCl.cif"), name="NaCl", structure=None)
    with pytest.raises(InputError, match="NaCl: its structure is not known, which 'soap' needs"):
        structure_featurizers()["soap"]().featurize([formula])


@pytest.mark.parametrize("name", ["acsf", "soap", "bonds"])
def test_an_element_without_data_is_refused_by_what_needs_its_electronegativity(name: str) -> None:
    sample = replace(_crystal(np.eye(3) * 6, ["Fr"], [[0, 0, 0]]), name="Fr.cif")
    with pytest.raises(InputError, match=r"Fr\.cif: no data for Fr"):
        structure_featurizers()[name]().featurize([sample])
    assert _row("coulomb", sample)[0] == pytest.approx(87**2.4 / 2)


def test_without_dscribe_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dscribe.descriptors", None)
    with pytest.raises(InputError, match=r"pip install 'matlore\[structures\]'"):
        structure_featurizers()["ewald"]().featurize([_sample("NaCl.cif")])


# Matrices.


def _eigenvalues(one: float, two: float, between: float) -> list[float]:
    """Return the eigenvalues of a matrix of two rows, the larger first."""
    mean, half = (one + two) / 2, (one - two) / 2
    return [mean + np.hypot(half, between), mean - np.hypot(half, between)]


def test_coulomb_of_rock_salt_by_hand() -> None:
    # Na (11) and Cl (17) are a / 2 = 2.82 A apart.
    expected = _eigenvalues(17**2.4 / 2, 11**2.4 / 2, 11 * 17 * BOHR / 2.82)
    found = _row("coulomb", _sample("NaCl.cif"))
    assert found[:2] == pytest.approx(expected, rel=1e-5)
    assert not found[2:32].any()
    assert found[32:] == pytest.approx(
        [np.mean(expected), np.std(expected), max(expected), min(expected)], rel=1e-5
    )


def test_sine_of_rock_salt_by_hand() -> None:
    # All three fractional coordinates differ by 1/2, so the distance is that of the sum of the
    # vectors of the primitive cell: a sqrt(3).
    expected = _eigenvalues(17**2.4 / 2, 11**2.4 / 2, 11 * 17 * BOHR / (5.64 * 3**0.5))
    assert _row("sine", _sample("NaCl.cif"))[:2] == pytest.approx(expected, rel=1e-5)


def test_sine_of_wurtzite_is_as_its_formula_says_term_by_term() -> None:
    structure = _sample("ZnO.cif").structure
    assert structure is not None
    found = sine_matrix(structure)
    for i, one in enumerate(structure):
        for j, other in enumerate(structure):
            path = np.zeros(3)
            for k, vector in enumerate(structure.lattice.matrix):
                path += np.sin(np.pi * (one.frac_coords[k] - other.frac_coords[k])) ** 2 * vector
            if i == j:
                assert found[i, j] == pytest.approx(one.specie.Z**2.4 / 2)
            else:
                charges = one.specie.Z * other.specie.Z
                assert found[i, j] == pytest.approx(charges * BOHR / np.sqrt(path @ path), rel=1e-5)


def test_ewald_of_one_charge_in_a_cubic_cell_is_its_energy_in_the_background() -> None:
    # -1.4186487 Z**2 / L: Coldwell-Horsfall and Maradudin, J. Math. Phys. 1, 395 (1960).
    sample = _crystal(np.eye(3) * 5.0, ["Li"], [[0, 0, 0]])
    assert sample.structure is not None
    assert ewald_matrix(sample.structure)[0, 0] == pytest.approx(
        -1.4186487 * 9 / 5 * BOHR, rel=1e-4
    )


def test_ewald_gives_the_madelung_constants() -> None:
    # 1.747565 for rock salt and 1.762675 for caesium chloride: the energy of charges +1 and -1
    # at the nearest distance.
    for crystal, constant, distance in (
        ("NaCl.cif", 1.747565, 2.82),
        ("CsCl.cif", 1.762675, 4.123 * 3**0.5 / 2),
    ):
        structure = _sample(crystal).structure
        assert structure is not None
        numbers = np.array([site.specie.Z for site in structure])
        unit = ewald_matrix(structure) / np.outer(numbers, numbers)
        energy = unit[0, 0] + unit[1, 1] - unit[0, 1]
        assert energy * distance / BOHR == pytest.approx(-constant, rel=1e-3)


def test_of_many_atoms_the_largest_eigenvalues_are_kept_and_the_moments_are_of_all() -> None:
    values = np.arange(-20.0, 20.0)
    found = spectrum(np.diag(values))
    assert found[:4].tolist() == [-20.0, 19.0, -19.0, 18.0]
    assert found.shape == (36,)
    assert found[32:] == pytest.approx([-0.5, values.std(), 19.0, -20.0])


# Radial distribution functions.


def test_the_first_peak_of_silicon_holds_four_neighbours() -> None:
    structure = _sample("Si.POSCAR").structure
    assert structure is not None
    grid = np.arange(1.8, 2.9, 0.01)
    density = 8 / 5.431**3
    shells = pair_function(structure, grid, 0.05) * 4 * np.pi * grid**2 * density
    assert shells.sum() * 0.01 == pytest.approx(4, rel=1e-3)
    assert grid[shells.argmax()] == pytest.approx(5.431 * 3**0.5 / 4, abs=0.01)


def test_the_shells_of_lead_telluride_hold_as_many_atoms_as_a_cubic_lattice() -> None:
    # Sums of three squares: 1 is one in 6 ways, 2 in 12, 3 in 8, 4 in 6, 5 in 24, 6 in 24, 8 in 12
    # and 9 in 30; the square of 10 A / 3.231 A is between 9 and 10.
    found = _row("rdf", _sample("PbTe.POSCAR"))
    grid = np.linspace(0.6, 10.0, 48)
    shells = found * 4 * np.pi * grid**2 / 3.231**3 * 0.2
    assert not found[grid < 2.5].any()
    assert shells[grid < 3.9].sum() == pytest.approx(6, rel=0.02)
    assert shells[grid < 5.1].sum() == pytest.approx(6 + 12, rel=0.02)
    assert shells[grid < 9.3].sum() == pytest.approx(92, rel=0.02)


def test_partial_functions_sum_to_the_whole() -> None:
    grid = np.linspace(1.0, 8.0, 15)
    for crystal in CRYSTALS:
        structure = _sample(crystal).structure
        assert structure is not None
        partial = _row("prdf", _sample(crystal)).reshape(15, len(grid))
        np.testing.assert_allclose(
            partial.sum(axis=0), pair_function(structure, grid, 0.25), atol=1e-5
        )


def test_rock_salt_has_pairs_of_metal_and_nonmetal_only() -> None:
    found = _columns("prdf", _sample("NaCl.cif"))
    parts = {name.partition(" at ")[0] for name, value in found.items() if value}
    assert parts == {
        f"radial distribution function of {one}"
        for one in (
            "s-block metals and s-block metals",
            "s-block metals and nonmetals",
            "nonmetals and nonmetals",
        )
    }
    near = found["radial distribution function of s-block metals and nonmetals at 3.0 A"]
    assert near > found["radial distribution function of nonmetals and nonmetals at 3.0 A"]


@pytest.mark.parametrize(
    ("symbols", "part"),
    [
        ("Li Na Mg Ba Fr", 0),
        ("Sc Fe Zn Hg Pt", 1),
        ("La Eu Lu U Lr", 2),
        ("Al Si Sb Te Bi Po", 3),
        ("H He C O Se I Xe", 4),
    ],
)
def test_every_element_is_in_a_part_of_the_periodic_table(symbols: str, part: int) -> None:
    assert len(PARTS) == 5
    # Whether La and Lu are in the d or the f block is a matter of the table of elements.
    assert {part_of(symbol) for symbol in symbols.split() if symbol not in ("La", "Lu", "Lr")} == {
        part
    }


# Surroundings.


def test_atoms_are_sorted_by_electronegativity() -> None:
    for crystal, anions in (("NaCl.cif", {"Cl"}), ("ZnO.cif", {"O"}), ("Si.POSCAR", set[str]())):
        structure = _sample(crystal).structure
        assert structure is not None
        sorts = sorts_of(structure)
        assert {structure[k].specie.symbol for k in np.flatnonzero(sorts)} == anions


def _cutoff(distance: float) -> float:
    return 0.5 * (np.cos(np.pi * distance / 6.0) + 1) if distance < 6 else 0.0


def test_symmetry_functions_of_rock_salt_by_hand() -> None:
    found = _columns("acsf", _sample("NaCl.cif"))
    # Shells of unlike atoms: 6 and 8; of like atoms: 12 and 6.
    unlike = [2.82] * 6 + [2.82 * 3**0.5] * 8
    like = [2.82 * 2**0.5] * 12 + [5.64] * 6

    def both(value: Callable[[float], float]) -> tuple[float, float]:
        near, far = sum(map(value, unlike)), sum(map(value, like))
        return (near + far) / 2, abs(near - far) / 2

    mean, deviation = both(_cutoff)
    for sort in ("cations", "anions"):
        assert found[f"mean of {sort} within 6 A (G1)"] == pytest.approx(mean, rel=1e-5)
        assert found[f"deviation of {sort} within 6 A (G1)"] == pytest.approx(deviation, rel=1e-5)
    mean, deviation = both(lambda d: float(np.exp(-((d - 3.0) ** 2)) * _cutoff(d)))
    assert found["mean of anions at 3 A (G2, eta 1)"] == pytest.approx(mean, rel=1e-5)
    assert found["deviation of cations at 3 A (G2, eta 1)"] == pytest.approx(deviation, rel=1e-5)


def _carbon_dioxide() -> Sample:
    return _crystal(np.eye(3) * 20.0, ["C", "O", "O"], [[0, 0, 0], [0.058, 0, 0], [-0.058, 0, 0]])


def test_symmetry_functions_tell_straight_molecules() -> None:
    # The carbon (a cation here) sees two anions at 180 degrees; each oxygen sees the carbon and
    # the other oxygen in one direction.
    found = _columns("acsf", _carbon_dioxide())
    wide, narrow = (
        {
            pair: found[f"mean of {angle} angles to {pair} (G4, zeta 1)"]
            for pair in ("cations and cations", "cations and anions", "anions and anions")
        }
        for angle in ("wide", "narrow")
    )
    assert wide["anions and anions"] > 0.1
    assert narrow["cations and anions"] > 0.1
    others = [
        wide["cations and cations"],
        narrow["cations and cations"],
        narrow["anions and anions"],
        wide["cations and anions"],
    ]
    assert max(map(abs, others)) < 1e-6


def test_the_density_around_an_isolated_atom_is_round() -> None:
    found = _columns("soap", _crystal(np.eye(3) * 30.0, ["Ar"], [[0, 0, 0]]))
    assert {name[-3:] for name, value in found.items() if value} == {"l=0"}
    assert not any(value for name, value in found.items() if "anions" in name)


def test_overlaps_of_an_inverted_pair_are_told_by_the_sort() -> None:
    # l = 1 around both atoms: the other sort is on one side.
    found = _columns("soap", _crystal(np.eye(3) * 20.0, ["H", "Cl"], [[0, 0, 0], [0.064, 0, 0]]))
    assert found["mean of overlap of anions (n=1) and anions (n=1), l=1"] > 0
    assert found["mean of overlap of cations (n=1) and cations (n=1), l=1"] > 0


# Bonds.

_NEAR = "{} of neighbours within 1.1 times the nearest"
_ECON = "{} of effective coordination numbers"


@pytest.mark.parametrize(
    ("crystal", "neighbours", "length"),
    [
        ("NaCl.cif", 6, 2.82),
        ("CsCl.cif", 8, 4.123 * 3**0.5 / 2),
        ("Si.POSCAR", 4, 5.431 * 3**0.5 / 4),
        ("PbTe.POSCAR", 6, 3.231),
        # u = 0.382 makes three of the four bonds 0.6 % shorter than u = 3/8 would.
        ("ZnO.cif", 4, 1.9740),
    ],
)
def test_coordination_numbers_and_bond_lengths_of_textbooks(
    crystal: str, neighbours: int, length: float
) -> None:
    found = _columns("bonds", _sample(crystal))
    for moment, value in (("mean", neighbours), ("deviation", 0), ("maximum", neighbours)):
        assert found[_NEAR.format(moment)] == value
    assert found["shortest distance between atoms"] == pytest.approx(length, abs=1e-3)
    assert found["dimensions of the network of bonds"] == 3


def test_effective_coordination_of_caesium_chloride_by_hand() -> None:
    # 8 neighbours at 1 and 6 at 2 / sqrt(3).
    far = 2 / 3**0.5
    weight = np.exp(1 - far**6)
    mean = (8 + 6 * weight * far) / (8 + 6 * weight)
    expected = 8 * np.exp(1 - mean**-6) + 6 * np.exp(1 - (far / mean) ** 6)
    found = _columns("bonds", _sample("CsCl.cif"))
    assert found[_ECON.format("mean")] == pytest.approx(expected, rel=1e-5)
    assert found["effective coordination number of cations"] == pytest.approx(expected, rel=1e-5)


def test_effective_coordination_is_as_pymatgen_has_it() -> None:
    from pymatgen.analysis.local_env import EconNN

    structure = _sample("ZnO.cif").structure
    assert structure is not None
    with without_warnings("ZnO"):
        other = sum(one["weight"] for one in EconNN(tol=0).get_nn_info(structure, 0))
    bonds = find_bonds(structure)
    assert bonds.around(bonds.weights)[0] == pytest.approx(other, rel=1e-4)


def test_angles_of_textbooks() -> None:
    silicon, salt = (_columns("bonds", _sample(one)) for one in ("Si.POSCAR", "NaCl.cif"))
    assert silicon["mean of bond angles"] == pytest.approx(np.degrees(np.arccos(-1 / 3)), abs=1e-4)
    assert silicon["deviation of bond angles"] == pytest.approx(0, abs=1e-2)
    # 12 right angles and 3 straight ones.
    assert salt["mean of bond angles"] == pytest.approx(108, abs=0.01)
    assert salt["deviation of bond angles"] == pytest.approx(36, abs=0.01)


def test_what_is_bonded_to_what() -> None:
    silicon, salt = (_columns("bonds", _sample(one)) for one in ("Si.POSCAR", "NaCl.cif"))
    assert silicon["share of bonds within one element"] == 1
    assert silicon["mean difference of electronegativity along bonds"] == 0
    assert np.isnan(silicon["effective coordination number of anions"])
    # Pauling: Cl 3.16, Na 0.93; the next shell has almost no weight.
    along = salt["mean difference of electronegativity along bonds"]
    assert along == pytest.approx(3.16 - 0.93, rel=0.01)
    assert salt["share of bonds within one element"] < 0.01


def test_density_and_volume() -> None:
    found = _columns("bonds", _sample("NaCl.cif"))
    # 4 (22.990 + 35.453) g/mol in 5.64**3 A**3.
    assert found["density"] == pytest.approx(4 * 58.443 / 0.602214 / 5.64**3, rel=1e-4)
    assert found["volume per atom"] == pytest.approx(5.64**3 / 8, rel=1e-6)
    # Covalent radii of Cordero et al., Dalton Trans. 2832 (2008): Na 1.66, Cl 1.02 A.
    spheres = 4 / 3 * np.pi * (1.66**3 + 1.02**3) / (5.64**3 / 4)
    assert found["share of the volume in covalent spheres"] == pytest.approx(spheres, rel=1e-6)


def _dimensions(sample: Sample) -> int:
    assert sample.structure is not None
    return network_dimensions(find_bonds(sample.structure))


def test_layers_chains_and_molecules_are_told_apart() -> None:
    from pymatgen.core import Lattice

    graphite = _crystal(
        Lattice.hexagonal(2.46, 6.71).matrix,
        ["C"] * 4,
        [[0, 0, 0.25], [0, 0, 0.75], [1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
    )
    assert _dimensions(graphite) == 2
    chain = _crystal(np.diag([2.5, 8.0, 9.0]), ["Se"], [[0, 0, 0]])
    assert _dimensions(chain) == 1
    assert _dimensions(_carbon_dioxide()) == 0
    assert np.isnan(
        _columns("bonds", _crystal(np.diag([9.0, 9.0, 9.0]), ["H", "F"], [[0, 0, 0], [0.1, 0, 0]]))[
            "mean of bond angles"
        ]
    )


def test_featurizers_are_equal_to_themselves_when_made_again() -> None:
    for name in NAMES:
        one, other = structure_featurizers()[name](), structure_featurizers()[name]()
        assert isinstance(one, StructureFeaturizer)
        assert (one.name, one.version, one.names) == (other.name, other.version, other.names)
