import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.predictors.compositions import read_formula
from graph.predictors.feature_cache import FeatureCache
from graph.predictors.featurizers import (
    column_names,
    column_units,
    describe,
    featurizer_names,
    get_featurizer,
)
from matlore.errors import InputError, UsageError


def test_columns_stand_side_by_side() -> None:
    samples = [read_formula("NaCl"), read_formula("Fe2O3")]
    names = ("stoichiometry", "orbitals")
    found = describe(samples, names)
    blocks = [get_featurizer(name).featurize(samples) for name in names]
    assert np.array_equal(found, np.hstack(blocks))
    assert len(column_names(names)) == len(column_units(names)) == found.shape[1] == 16
    assert column_names(names)[0] == "number of elements"


def test_repeated_samples_are_described_once() -> None:
    one, other = read_formula("NaCl"), read_formula("KCl")
    found = describe([one, other, one, one], ("magpie",))
    assert found.shape == (4, 132)
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])
    assert describe([], ("magpie",)).shape == (0, 132)
    assert describe([one], ()).shape == (1, 0)


def test_only_descriptors_of_structures_are_kept(tmp_path: Path) -> None:
    core = pytest.importorskip("pymatgen.core")
    crystal = core.Structure(core.Lattice.cubic(4.12), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    sample = replace(read_formula("CsCl"), space_group=221, cell_atoms=2, structure=crystal)
    cache = FeatureCache(tmp_path)
    names = ("magpie", "symmetry", "sine")
    first = describe([sample, sample], names, cache=cache)
    kept = [file.name for file in tmp_path.iterdir()]
    assert len(kept) == 1
    assert kept[0].startswith("sine-")
    assert np.array_equal(describe([sample, sample], names, cache=cache), first)
    assert np.array_equal(describe([sample, sample], names), first)


def test_names() -> None:
    names = featurizer_names()
    assert names[:3] == ("magpie", "oliynyk", "mat2vec")
    assert {"fractions", "symmetry", "composition"} <= set(names)
    assert len(set(names)) == len(names)


def test_all_say_what_they_are() -> None:
    for name in featurizer_names():
        featurizer = get_featurizer(name)
        assert featurizer.name == name
        assert featurizer.version
        assert featurizer.needs in ("composition", "symmetry", "structure")
        assert len(featurizer.names) == len(featurizer.units) > 0


def test_compositions_are_described_without_the_extras() -> None:
    code = """
import sys
from graph.predictors.compositions import read_formula
from graph.predictors.featurizers import describe, featurizer_names
own = [name for name in featurizer_names()[:10]]
assert describe([read_formula("Bi2Te3")], own).shape[0] == 1
heavy = "sklearn scipy pandas elementembeddings pymatgen dscribe ase lightgbm sympy".split()
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tables_of_the_package_can_be_named() -> None:
    pytest.importorskip("elementembeddings")
    assert get_featurizer("megnet16").featurize([read_formula("NaCl")]).shape == (1, 32)


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match="no descriptors 'nonsense'"):
        get_featurizer("nonsense")


def test_symmetry() -> None:
    featurizer = get_featurizer("symmetry")
    sample = replace(read_formula("SiO2"), space_group=154, cell_atoms=9)  # quartz
    row = dict(zip(featurizer.names, featurizer.featurize([sample])[0].tolist(), strict=True))
    assert {name for name, value in row.items() if name.startswith("being") and value} == {
        "being trigonal"
    }
    assert row["log2 of the order of the point group"] == pytest.approx(np.log2(6))
    assert row["having a centre of inversion"] == 0
    assert row["log10 of the formula units of the primitive cell"] == pytest.approx(np.log10(3))


def test_symmetry_of_all_space_groups_as_of_pymatgen() -> None:
    groups = pytest.importorskip("pymatgen.symmetry.groups")
    base = read_formula("SiO2")
    samples = [replace(base, space_group=number, cell_atoms=3) for number in range(1, 231)]
    featurizer = get_featurizer("symmetry")
    found = dict(zip(featurizer.names, featurizer.featurize(samples).T, strict=True))
    central = {"-1", "2/m", "mmm", "4/m", "4/mmm", "-3", "-3m", "6/m", "6/mmm", "m-3", "m-3m"}
    polar = {"1", "2", "m", "mm2", "4", "4mm", "3", "3m", "6", "6mm"}
    for number in range(1, 231):
        group = groups.SpaceGroup.from_int_number(number)
        point = group.point_group
        assert found[f"being {group.crystal_system}"][number - 1] == 1, number
        assert found["having a centre of inversion"][number - 1] == (point in central), number
        assert found["being polar"][number - 1] == (point in polar), number


@pytest.mark.parametrize(("number", "order"), [(2, 2), (62, 8), (141, 16), (194, 24), (225, 48)])
def test_orders_of_point_groups(number: int, order: int) -> None:
    sample = replace(read_formula("SiO2"), space_group=number, cell_atoms=3)
    assert get_featurizer("symmetry").featurize([sample])[0, 8] == np.log2(order)


def test_symmetry_that_is_not_known() -> None:
    sample = read_formula("SiO2")
    with pytest.raises(InputError, match="SiO2: its space group is not known"):
        get_featurizer("symmetry").featurize([sample])
    with pytest.raises(InputError, match="231 is no number of a space group"):
        get_featurizer("symmetry").featurize([replace(sample, space_group=231, cell_atoms=3)])
