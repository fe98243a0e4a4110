import bz2
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from graph.predictors.base import Condition, Recipe
from graph.predictors.dataset_files import read_table
from graph.predictors.datasets import column_values, frame_of, read_frame
from graph.predictors.recipes import Columns
from matlore.errors import InputError

METALS = "Li Be Na Mg Al K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Rb Sr Y Zr Nb Mo".split()
GAP = Recipe("gap", "band gap", "eV", (), lower=0.0)
HOT = Recipe(
    "heat", "heat capacity", "J/(mol*K)", (), lower=0.0,
    conditions=(Condition("temperature", "K", 300.0),),
)  # fmt: skip
METAL = Recipe("m", "metallicity", "1", (), task="classification", classes=("nonmetal", "metal"))
SYMMETRY = Recipe("s", "bulk modulus", "GPa", (), lower=0.0, scale="log10", needs="symmetry")
OXIDES = [f"{metal}O" for metal in METALS]


def write(folder: Path, *rows: str, name: str = "data.csv", good: bool = True) -> Path:
    """Write a table: a header, 24 good rows, then others."""
    header, *others = rows
    fine = [f"{oxide},{k + 0.5}" for k, oxide in enumerate(OXIDES)] if good else []
    path = folder / name
    path.write_text("\n".join([header, *fine, *others]) + "\n", encoding="utf-8")
    return path


def test_columns_are_found_by_their_names(tmp_path: Path) -> None:
    frame, report = read_frame(write(tmp_path, "Composition,Band_Gap (eV)"), GAP)
    assert len(frame) == 24
    assert frame.values.tolist() == [k + 0.5 for k in range(24)]
    assert frame.conditions.shape == (24, 0)
    assert frame.samples[0].fractions == {"Li": 0.5, "O": 0.5}
    assert (report.columns.formula, report.columns.value) == ("Composition", "Band_Gap (eV)")
    assert "24 of 24 rows kept: 24 materials in 24 groups" in report.text()


def test_symbols_and_synonyms_name_a_property(tmp_path: Path) -> None:
    assert read_frame(write(tmp_path, "formula,bandgap"), GAP)[1].columns.value == "bandgap"
    assert read_frame(write(tmp_path, "formula,target"), GAP)[1].columns.value == "target"


@pytest.mark.parametrize(
    ("header", "columns", "message"),
    [
        ("formula,colour", Columns(), "no column of band gap.*formula, colour"),
        ("thing,band gap", Columns(), "no column of formulas.*thing, band gap"),
        ("formula,band gap", Columns(value="Eg"), "no column 'Eg'.*formula, band gap"),
        ("formula,band gap", Columns(groups=("doi",)), "no column 'doi'"),
        ("formula,formula", Columns(), "two columns are named 'formula'"),
    ],
)
def test_columns_that_are_not_there(
    tmp_path: Path, header: str, columns: Columns, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_frame(write(tmp_path, header), GAP, columns)


def test_bad_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path, "formula,band gap", "graphene,1", "FrCl,2", "GaAs,nan", "GaP,inf", "InP,",
        ",1.0", "InAs,-1", "LaxSr1-xO,2", "CdTe,high",
    )  # fmt: skip
    frame, report = read_frame(path, GAP)
    assert len(frame) == 24
    assert (report.read, report.kept) == (33, 24)
    assert report.left_out == {
        "no value": 4,
        "no material that can be described": 2,
        "no data for Fr": 1,
        "no formula": 1,
        "values that cannot be": 1,
    }
    assert report.examples[0].startswith("line 26: ")
    assert "graphene" in report.examples[0]
    assert len(report.examples) == 5


def test_duplicates_are_merged(tmp_path: Path) -> None:
    path = write(tmp_path, "formula,band gap", "GaN,3.4", "Ga2N2,3.4", "ZnS,3", "ZnS,4", "S2Zn2,9")
    frame, report = read_frame(path, GAP)
    assert (len(frame), report.merged, report.contradicting) == (26, 1, 3)
    assert frame.values[-2:].tolist() == [3.4, 4.0]


def test_all_rows_kept_in_their_order(tmp_path: Path) -> None:
    frame, _ = read_frame(write(tmp_path, "formula,band gap", "GaN,3", "GaN,5"), GAP, merge=False)
    assert frame.values[-2:].tolist() == [3.0, 5.0]
    assert frame.samples[-1] is frame.samples[-2]
    assert frame.groups[-1] == frame.groups[-2]
    with pytest.raises(InputError, match=r"line 26.*all rows are needed"):
        read_frame(write(tmp_path, "formula,band gap", "graphene,3"), GAP, merge=False)


def test_values_beyond_a_limit_are_taken_at_it(tmp_path: Path) -> None:
    path = write(tmp_path, "formula,band gap", "GaN,<1E-3", "GaP,> 2.5", "GaAs,≤1")
    frame, report = read_frame(path, GAP)
    assert frame.values[-3:].tolist() == [0.001, 2.5, 1.0]
    assert report.censored == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([""], "is empty"),
        (["formula,band gap"], "has no rows"),
        (["formula,band gap", "GaN,3"], "1 rows are too few"),
        (["formula,band gap", "graphene,3", "x,2"], "no row can be used.*graphene"),
        (["formula,band gap", *(f"{o},2.5" for o in OXIDES)], "2.5 in all 24 rows"),
        (["formula,band gap", "GaN,3,extra"], "line 2.*3 cells"),
        (["formula,band gap", '"GaN,3'], "line 2"),
    ],
)
def test_tables_from_which_nothing_is_learned(
    tmp_path: Path, rows: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_frame(write(tmp_path, *rows, good=False), GAP)


def test_conditions_are_read(tmp_path: Path) -> None:
    rows = [f"{o},{20 + k},{300 + 100 * (k % 2)}" for k, o in enumerate(OXIDES)]
    path = write(tmp_path, "formula,Cp,T", *rows, "AgO,10,", good=False)
    frame, report = read_frame(path, HOT, Columns(value="Cp"))
    assert frame.conditions[:, 0].tolist() == [300.0, 400.0] * 12
    assert report.left_out == {"no temperature": 1}
    with pytest.raises(InputError, match="no column of temperature"):
        read_frame(write(tmp_path, "formula,Cp"), HOT, Columns(value="Cp"))


def test_rows_that_share_a_paper_or_a_composition_are_one_group(tmp_path: Path) -> None:
    papers = ["a", "B", "b"] + [str(k) for k in range(21)]
    rows = [f"{o},{k},{paper}" for k, (o, paper) in enumerate(zip(OXIDES, papers, strict=True))]
    path = write(
        tmp_path, "formula,band gap,doi", *rows, "Li2O2,7,b", "AgO,1,", "AuO,2,", good=False
    )
    frame, report = read_frame(path, GAP, Columns(groups=("formula", "doi")))
    groups = frame.groups.tolist()
    assert groups[0] == groups[1] == groups[2]
    assert report.groups == len(set(groups)) == 24
    assert groups[-1] != groups[-2]


def test_classes_in_words_and_numbers(tmp_path: Path) -> None:
    rows = [f"{o},{'Metal' if k % 2 else 'nonmetal'}" for k, o in enumerate(OXIDES)]
    path = write(
        tmp_path, "formula,metallicity", *rows, "AgO,1", "AuO,false", "CdO,maybe", "InO,",
        "SnO,1", "SnO,0", "SbO,0", "SbO,0", "SbO,1", good=False,
    )  # fmt: skip
    frame, report = read_frame(path, METAL)
    assert frame.values[:4].tolist() == [0, 1, 0, 1]
    assert frame.values[24:].tolist() == [1, 0, 0]
    assert report.left_out == {"no class": 2, "classes that contradict one another": 2}


def test_what_a_column_holds(tmp_path: Path) -> None:
    path = write(tmp_path, "formula,logK,spg_num")
    rows = [f"{m}2 O2,{1 + k / 100},{k + 1}" for k, m in enumerate(METALS)]
    path.write_text("\n".join(["formula,logK,spg_num", *rows, "Ag2 O2,1,231"]), encoding="utf-8")
    columns = Columns(value="logK", holds="log10", whole_cell=True)
    frame, report = read_frame(path, SYMMETRY, columns)
    assert frame.values[0] == pytest.approx(10.0)
    assert frame.samples[3].space_group == 4
    assert frame.samples[3].cell_atoms == 4
    assert report.left_out == {"no space group": 1}
    assert column_values(frame.values.tolist(), columns)[:2] == pytest.approx([1.0, 1.01])


def test_factor_and_root() -> None:
    assert column_values([9.0], Columns(holds="sqrt")) == [3.0]
    assert column_values([9.0], Columns(factor=0.5)) == [18.0]


def test_json_lines_and_packed_files(tmp_path: Path) -> None:
    records = [{"formula": o, "band gap": k + 0.5} for k, o in enumerate(OXIDES)]
    lines = "\n".join(json.dumps(record) for record in records)
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    columns = {key: {str(k): r[key] for k, r in enumerate(records)} for key in records[0]}
    (tmp_path / "b.json.bz2").write_bytes(bz2.compress(json.dumps(columns).encode()))
    (tmp_path / "c.json").write_text(json.dumps(records), encoding="utf-8")
    table = "formula\tband gap\n" + "\n".join(f"{r['formula']}\t{r['band gap']}" for r in records)
    (tmp_path / "d.tsv.gz").write_bytes(gzip.compress(table.encode()))
    for name in ("a.jsonl", "b.json.bz2", "c.json", "d.tsv.gz"):
        frame, _ = read_frame(tmp_path / name, GAP)
        assert frame.values.tolist() == [k + 0.5 for k in range(24)], name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"formula"),
        ("a.csv", b"\xff\xfe\x00x"),
        ("a.csv.gz", b"no gzip"),
        ("a.csv.gz", gzip.compress(b"formula,band gap")[:-9]),
        ("a.json.bz2", b"no bzip"),
        ("a.json", b"{"),
        ("a.json", b"3"),
        ("a.json", b'{"a": [1], "b": [1, 2]}'),
        ("a.jsonl", b"[1]"),
        ("a.jsonl", b"{bad}"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=name):
        read_table(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv"):
        read_table(tmp_path / "none.csv")


def test_blank_columns_and_lines_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\ufeffformula,gap,,\nGaN,3,,\n\n,,,\nGaP,2\n", encoding="utf-8")
    table = read_table(path)
    assert table.columns == ("formula", "gap")
    assert [dict(row.cells) for row in table.rows] == [
        {"formula": "GaN", "gap": "3"},
        {"formula": "GaP", "gap": "2"},
    ]
    assert [row.place for row in table.rows] == ["line 2", "line 5"]


def test_abbreviations_are_formulas_in_a_column_of_formulas(tmp_path: Path) -> None:
    frame, report = read_frame(write(tmp_path, "formula,band gap", "HI,1", "CN,2"), GAP)
    assert frame.samples[-2].fractions == {"H": 0.5, "I": 0.5}
    assert not report.left_out


def test_structures_in_files(tmp_path: Path) -> None:
    """Rock salt with 24 lattice parameters, and a file that is not there."""
    cell = "NaCl\n{}\n0 .5 .5\n.5 0 .5\n.5 .5 0\nNa Cl\n1 1\ndirect\n0 0 0\n.5 .5 .5\n"
    for k in range(24):
        (tmp_path / f"{k}.poscar").write_text(cell.format(5.6 + k / 100), encoding="utf-8")
    recipe = Recipe("s", "band gap", "eV", (), lower=0.0, needs="structure")
    rows = [f"{k}.poscar,{k}" for k in range(24)]
    path = write(tmp_path, "cif,band gap", *rows, "none.cif,1", good=False)
    frame, report = read_frame(path, recipe)
    assert len(frame) == 24
    assert frame.samples[0].space_group == 225
    assert frame.samples[0].structure is not None
    assert set(frame.groups.tolist()) == {0}
    assert sum(report.left_out.values()) == 1


def test_frame_of_samples() -> None:
    frame = frame_of([], [])
    assert len(frame) == 0
    assert np.array_equal(frame.groups, np.empty(0))
