"""CIFs and POSCARs become samples, or are refused with a reason."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from graph.predictors.base import Sample
from graph.predictors.structures import (
    MOST_ATOMS,
    read_structure,
    structure_from_text,
    structure_sample,
)
from matlore.errors import InputError

FOLDER = Path(__file__).parents[1] / "data" / "structures"
NACL = (FOLDER / "NaCl.cif").read_text()
# Without symmetry operations, which pymatgen takes long to multiply.
CSCL = (FOLDER / "CsCl.cif").read_text()
PBTE = (FOLDER / "PbTe.POSCAR").read_text().replace(", Cartesian", "")
# Lattice constants of textbooks; space groups of the International Tables; atoms of the primitive
# cell; density in g/cm**3 from the CRC Handbook.
FACTS = {
    "NaCl.cif": ("NaCl", 225, 2, 5.640**3 / 4, 2.17),
    "CsCl.cif": ("CsCl", 221, 2, 4.123**3, 3.988),
    "ZnO.cif": ("ZnO", 186, 4, 3**0.5 / 2 * 3.250**2 * 5.207, 5.6),
    "Si.POSCAR": ("Si", 227, 2, 5.431**3 / 4, 2.3296),
    "PbTe.POSCAR": ("PbTe", 225, 2, 6.462**3 / 4, 8.164),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_crystal_is_read_with_its_space_group_and_its_primitive_cell(name: str) -> None:
    formula, group, atoms, volume, density = FACTS[name]
    sample = read_structure(FOLDER / name)
    assert sample.name == str(FOLDER / name)
    assert (sample.formula, sample.space_group, sample.cell_atoms) == (formula, group, atoms)
    assert sample.structure is not None
    assert sample.structure.volume == pytest.approx(volume, rel=1e-6)
    assert float(sample.structure.density) == pytest.approx(density, rel=0.015)
    assert sum(sample.fractions.values()) == pytest.approx(1)


def test_text_is_read_as_a_file_is() -> None:
    assert read_structure(CSCL).formula == "CsCl"
    assert structure_from_text(PBTE, "row 7").name == "row 7"


@pytest.mark.parametrize("name", ["anything", "x.txt", "CONTCAR"])
def test_the_content_tells_the_format_not_the_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(CSCL)
    assert read_structure(tmp_path / name).space_group == 221
    (tmp_path / name).write_text(PBTE)
    assert read_structure(tmp_path / name).formula == "PbTe"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_names_of_authors_in_other_encodings_do_no_harm(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "author.cif"
    path.write_bytes(CSCL.replace("# Caesium", "# Müller: caesium").encode(encoding))
    assert read_structure(path).formula == "CsCl"


@cache
def _rock_salt() -> Sample:
    return structure_from_text(NACL, "it")


def _same(one: Sample, other: Sample) -> bool:
    assert one.structure is not None
    assert other.structure is not None
    return (
        (one.formula, one.space_group, one.cell_atoms)
        == (other.formula, other.space_group, other.cell_atoms)
    ) and abs(one.structure.volume - other.structure.volume) < 1e-6


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(NACL.replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param("data_global\n_journal_year 1920\n" + NACL, id="a block without atoms"),
        pytest.param(
            NACL.replace("data_rock_salt", "data_a\n_x\n;\ndata_b\n_atom_site_fract_x 1\n;"),
            id="a heading in a text field",
        ),
        pytest.param(NACL.replace("0.5  1.0", "0.5  ?"), id="unknown occupancy"),
        pytest.param(NACL.replace("0.5  1.0", "0.5  0.9999"), id="occupancy full but for rounding"),
    ],
)
def test_other_spellings_of_a_cif_are_the_same_crystal(text: str) -> None:
    assert _same(structure_from_text(text, "it"), _rock_salt())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            PBTE.replace("Pb Te\n", "")
            .replace("0.000 0.000 0.000\n", "0 0 0 Pb\n")
            .replace("3.231 3.231 3.231", "3.231 3.231 3.231 Te"),
            id="names behind the coordinates",
        ),
        pytest.param(
            PBTE.replace("\n1.0\n", f"\n{-(6.462**3) / 4}\n")
            .replace("Cartesian", "Direct")
            .replace("3.231 3.231 3.231", "0.5 0.5 0.5"),
            id="a volume in place of the scale",
        ),
        pytest.param(
            PBTE.replace("Cartesian", "Selective dynamics\nCartesian")
            .replace("0.000 0.000 0.000\n", "0 0 0 T T T\n")
            .replace("3.231 3.231 3.231", "3.231 3.231 3.231 F F F"),
            id="selective dynamics",
        ),
        pytest.param(PBTE.replace("Pb Te", "Pb_d Te"), id="names of potentials"),
        pytest.param(PBTE.replace("3.231 3.231 3.231", "9.693 9.693 3.231"), id="in the next cell"),
    ],
)
def test_other_spellings_of_a_poscar_are_the_same_crystal(text: str) -> None:
    assert _same(structure_from_text(text, "it"), structure_from_text(PBTE, "it"))


def test_heavy_hydrogen_is_hydrogen() -> None:
    assert structure_from_text(PBTE.replace("Pb Te", "Pb D"), "it").fractions == {
        "H": 0.5,
        "Pb": 0.5,
    }


_BAD_CIFS = {
    "half a site": ("0.0  1.0\n", "0.0  0.5\n", "site Na1 is occupied to 0.5.*formula, NaCl"),
    "mixed site": (
        "0.0  1.0\n",
        "0.0  0.7\n  K1 K 0 0 0 0.3\n",
        "site Na1 is occupied to 0.7 only",
    ),
    "too full": ("0.5  1.0", "0.5  1.2", "site Cl1 has the occupancy 1.2"),
    "empty site": ("0.5  1.0", "0.5  0", "site Cl1 has the occupancy 0; take it out"),
    "same place": ("0.5  0.5  0.5", "0  0  0", "two atoms share one place"),
    "listed twice": ("0.5  1.0\n", "0.5  1.0\n Na2 Na 0.5 0.5 0 1\n", "two atoms share one place"),
    "overlap": ("0.5  0.5  0.5", "0.05 0 0", "Na1 and Cl1 are 0.28 A apart, closer than 0.5 A"),
    "no place": ("0.5  0.5  0.5", "0.5 ? 0.5", "site Cl1 has no place .*fract_y is"),
    "zero length": ("length_a   5.640(1)", "length_a   0", "_cell_length_a is 0"),
    "length NaN": ("length_a   5.640(1)", "length_a   nan", "_cell_length_a is nan"),
    "no length": ("_cell_length_a   5.640(1)", "", "_cell_length_a is missing"),
    "straight angle": ("alpha   90", "alpha   180", "_cell_angle_alpha is 180"),
    "flat cell": (
        "alpha   90\n_cell_angle_beta   90\n_cell_angle_gamma   90",
        "alpha   120\n_cell_angle_beta   120\n_cell_angle_gamma   120",
        "angles 120, 120, 120 make no cell",
    ),
    "dummy atom": ("Cl1  Cl-", "X1  X", "X1: X is no element"),
    "lost hydrogen": ("'Na Cl'", "'H2 Na Cl'", "no place is given for H"),
    "two blocks": (
        "# Rock",
        f"{NACL.replace('rock_salt', 'other')}\n# Rock",
        r"2 crystals .*data_other, data_rock_salt",
    ),
    "row cut off": ("  Cl1  Cl-  0.5  0.5  0.5  1.0", "  Cl1  Cl-  0.5", "cannot be read"),
    "no atoms": (NACL[NACL.index("loop_") :], "", "no atoms in this CIF"),
    "loop without rows": (NACL, "data_x\nloop_\n_atom_site_fract_x\n", "cannot be read"),
}


@pytest.mark.parametrize("case", _BAD_CIFS)
def test_a_bad_cif_is_refused_with_the_reason(case: str) -> None:
    old, new, message = _BAD_CIFS[case]
    assert old in NACL
    with pytest.raises(InputError, match=f"bad.cif: .*{message}"):
        structure_from_text(NACL.replace(old, new, 1), "bad.cif")


_BAD_POSCARS = {
    "no names": ("Pb Te\n", "", "does not name its elements"),
    "scale 0": ("\n1.0\n", "\n0.0\n", "scale in line 2 is 0"),
    "three scales": ("\n1.0\n", "\n1 1 1\n", "three scales"),
    "zero vector": ("0.000 3.231 3.231", "0 0 0", "the cell has no volume"),
    "flat": ("3.231 3.231 0.000", "3.231 0.000 3.231", "the cell has no volume"),
    "no counts": ("1 1\n", "", "does not say how many atoms"),
    "none": ("1 1\n", "0 0\n", r"no atoms by line 7 \(0 0\)"),
    "negative": ("1 1\n", "3 -1\n", "no atoms by line 7"),
    "too many": ("1 1\n", "999999999 1\n", "1,000,000,000 atoms by line 7, but no more than 2"),
    "too few lines": ("\n3.231 3.231 3.231", "", "2 atoms by line 7, but no more than 1"),
    "unknown": ("Pb Te", "Pb Xx", r"atom 2 \(Xx\): Xx is no element"),
    "no data": ("Pb Te", "Pb Og", "no data for Og"),
    "NaN": ("3.231 3.231 3.231", "nan 0 0", r"atom 2 \(Te\) has no place"),
    "far away": ("3.231 3.231 3.231", "1e30 0 0", r"atom 2 \(Te\) has no place"),
    "words": ("3.231 3.231 3.231", "a b c", "a POSCAR that cannot be read"),
    "overlap": ("3.231 3.231 3.231", "0.1 0 0", "0.10 A apart"),
}


@pytest.mark.parametrize("case", _BAD_POSCARS)
def test_a_bad_poscar_is_refused_with_the_reason(case: str) -> None:
    old, new, message = _BAD_POSCARS[case]
    assert old in PBTE
    with pytest.raises(InputError, match=f"POSCAR: .*{message}"):
        structure_from_text(PBTE.replace(old, new, 1), "POSCAR")


@pytest.mark.parametrize(
    "text", ["1\nmolecule\nNa 0 0 0\n", '{"a": 1}\n', "word", "<html>\n\n\n\n"]
)
def test_other_text_is_no_structure(text: str) -> None:
    with pytest.raises(InputError, match=r"it: neither a CIF .* nor a POSCAR"):
        structure_from_text(text, "it")


def test_files_that_are_no_text_are_named(tmp_path: Path) -> None:
    binary = tmp_path / "binary.cif"
    binary.write_bytes(b"\x89PNG\0\0data_\0")
    with pytest.raises(InputError, match=r"binary\.cif: not a text file"):
        read_structure(binary)
    (tmp_path / "empty").touch()
    with pytest.raises(InputError, match="empty: the file is empty"):
        read_structure(tmp_path / "empty")
    with pytest.raises(InputError, match=r"none\.cif: No such file"):
        read_structure(tmp_path / "none.cif")
    with pytest.raises(InputError, match="Is a directory"):
        read_structure(tmp_path)


def test_crystals_that_are_too_large_are_refused() -> None:
    sample = _rock_salt()
    assert sample.structure is not None
    large = sample.structure.make_supercell([10, 10, 10], in_place=False)
    with pytest.raises(
        InputError, match=f"large: 2,000 atoms in the cell, more than {MOST_ATOMS:,}"
    ):
        structure_sample(large, "large")
    rows = "".join(f"  Na{k} Na 0 0 0.{k:04} 1\n" for k in range(1, MOST_ATOMS))
    with pytest.raises(InputError, match=r"long: 1,001 atoms"):
        structure_from_text(NACL + rows, "long")


def test_a_crystal_with_mixed_sites_from_elsewhere_is_refused_with_its_composition() -> None:
    from pymatgen.core import Structure

    mixed = Structure(np.eye(3) * 5, [{"Pb": 0.25, "Sn": 0.75}, "Te"], [[0, 0, 0], [0.5] * 3])
    with pytest.raises(InputError, match=r"atom 1 .* is partially occupied.*: Sn0\.75Te1Pb0\.25"):
        structure_sample(mixed, "mixed")


def test_small_displacements_are_symmetry_only_to_a_wide_tolerance() -> None:
    # BaTiO3 at room temperature: P4mm (99), Ti 0.05 to 0.1 A off its cubic place.
    from pymatgen.core import Lattice, Structure

    places = [[0, 0, 0], [0.5, 0.5, 0.512], [0.5, 0.5, 0.01], [0.5, 0, 0.49], [0, 0.5, 0.49]]
    crystal = Structure(Lattice.tetragonal(3.99, 4.03), ["Ba", "Ti", "O", "O", "O"], places)
    assert structure_sample(crystal, "BaTiO3").space_group == 99
    assert structure_sample(crystal, "BaTiO3", tolerance=0.1).space_group == 221


def test_without_pymatgen_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pymatgen.core", "pymatgen.io.cif", "pymatgen.io.vasp"):
        monkeypatch.setitem(sys.modules, module, None)
    for text in (NACL, PBTE):
        with pytest.raises(InputError, match=r"it: .*pip install 'matlore\[structures\]'"):
            structure_from_text(text, "it")


def test_nothing_heavy_is_imported_before_a_structure_is_read(repository: Path) -> None:
    code = (
        "import sys; import graph.predictors.structures, graph.predictors.structure_features as f;"
        "f.structure_featurizers(); print({'pymatgen', 'ase', 'dscribe'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository
    )
    assert found.stdout.strip() == "set()"
