"""What `matlore predict` is asked about: formulas, structures, files of them, conditions."""

import io
from pathlib import Path

import pytest

from matlore.errors import InputError, UsageError
from matlore.pipeline.predict_inputs import parse_grid, parse_values, read_items

SILICON = """\
data_Si
_cell_length_a 5.431
_cell_length_b 5.431
_cell_length_c 5.431
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F d -3 m'
loop_
_symmetry_equiv_pos_as_xyz
x,y,z
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si1 Si 0 0 0
Si2 Si 0.25 0.25 0.25
Si3 Si 0 0.5 0.5
Si4 Si 0.25 0.75 0.75
Si5 Si 0.5 0 0.5
Si6 Si 0.75 0.25 0.75
Si7 Si 0.5 0.5 0
Si8 Si 0.75 0.75 0.25
"""


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# Numbers.


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("300", [300]),
        ("300,600, 900", [300, 600, 900]),
        ("300:500:50", [300, 350, 400, 450, 500]),
        ("300:440:50", [300, 350, 400]),
        ("0:0.3:0.1", [0, 0.1, 0.2, 0.3]),
        ("300,300:400:100", [300, 400]),
        ("5:5:1", [5]),
    ],
)
def test_values_are_a_list_or_a_range(text: str, values: list[float]) -> None:
    assert parse_values("--temperature", text) == pytest.approx(values)


@pytest.mark.parametrize(
    "text", ["", "hot", "300,", "300:400", "400:300:10", "300:400:0", "nan", "inf", "1:1e9:0.001"]
)
def test_values_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--temperature"):
        parse_values("--temperature", text)


def test_conditions_have_names() -> None:
    grid = parse_grid({"temperature": "300,400"}, ["pressure=1:3:1"])
    assert grid == {"temperature": [300, 400], "pressure": [1, 2, 3]}


@pytest.mark.parametrize("text", ["pressure", "=3", "pressure=", "temperature=3"])
def test_conditions_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--condition"):
        parse_grid({"temperature": "300"}, [text])


def test_no_temperature_is_below_zero() -> None:
    with pytest.raises(UsageError, match="in K"):
        parse_grid({"temperature": "-5"})


# Materials.


def test_formulas_of_the_command_line() -> None:
    items = read_items(["PbTe", "Bi0.5Sb1.5Te3"])
    assert [item.sample.formula for item in items if item.sample] == ["PbTe", "BiSb3Te6"]
    assert [item.place for item in items] == ["", ""]


def test_nothing_to_predict_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="--from"):
        read_items([])


def test_lines_with_comments_and_blank_ones(tmp_path: Path) -> None:
    source = written(tmp_path, "a.txt", "# mine\nPbTe\n\nLa1-xSrxMnO3\nSnTe\n")
    items = read_items([], source)
    assert [item.name for item in items] == ["PbTe", "La1-xSrxMnO3", "SnTe"]
    assert [bool(item.error) for item in items] == [False, True, False]
    assert items[1].place == f"{source}:4"


def test_a_table_may_give_conditions(tmp_path: Path) -> None:
    rows = "1,PbTe,600\n2,SnTe,\n3,GeTe,hot\n4,,300\n5,Bi2Te3,inf\n6,GaN,-5\n"
    text = f"id,Formula,Temperature (K)\n{rows}"
    items = read_items([], written(tmp_path, "a.csv", text), conditions=["temperature"])
    assert [dict(item.conditions) for item in items] == [{"temperature": 600}, *[{}] * 5]
    assert [item.error for item in items] == [
        "",
        "",
        "temperature 'hot' is no number",
        "no Formula",
        "temperature 'inf' is no finite number",
        "temperature '-5': temperatures are in K, above 0",
    ]
    assert items[2].place.endswith("a.csv:4")


def test_a_table_with_a_mark_of_byte_order_and_tabs(tmp_path: Path) -> None:
    source = written(tmp_path, "a.tsv", "\ufeffmaterial\tx\nPbTe\t1\n")
    assert [item.name for item in read_items([], source)] == ["PbTe"]


def test_objects_line_by_line(tmp_path: Path) -> None:
    text = '{"formula": "PbTe", "temperature": 500}\n"SnTe"\n{"x": 1}\n{oops\n\n{"formula": 5}\n'
    items = read_items([], written(tmp_path, "a.jsonl", text), conditions=["temperature"])
    assert [bool(item.error) for item in items] == [False, False, True, True, True]
    assert items[0].conditions == {"temperature": 500}
    assert [item.place.rpartition(":")[2] for item in items] == ["1", "2", "3", "4", "6"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("PbTe\nnonsense\n"))
    items = read_items([], "-")
    assert [bool(item.error) for item in items] == [False, True]
    assert items[1].place == "standard input:2"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("empty.csv", "", "empty"),
        ("empty.txt", "\n# only this\n", "no material"),
        ("other.csv", "a,b\n1,2\n", "no column `formula`"),
        ("head.csv", "formula\n", "no material"),
    ],
)
def test_a_file_without_materials_is_an_error(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_items([], written(tmp_path, name, text))


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_items([], str(tmp_path / "none.csv"))
    (tmp_path / "latin.txt").write_bytes(b"Pb\xe9Te\n")
    with pytest.raises(InputError, match="UTF-8"):
        read_items([], str(tmp_path / "latin.txt"))


def test_the_same_text_is_read_once(tmp_path: Path) -> None:
    items = read_items(["PbTe"], written(tmp_path, "a.txt", "PbTe\n"))
    first, second = (item.sample for item in items)
    assert first == second


# Structures.


def test_a_structure_file_by_its_name(tmp_path: Path) -> None:
    items = read_items([written(tmp_path, "mine.cif", SILICON)])
    sample = items[0].sample
    assert sample is not None
    assert (sample.formula, sample.space_group, sample.cell_atoms) == ("Si", 227, 2)


def test_a_missing_structure_file_is_told(tmp_path: Path) -> None:
    items = read_items([str(tmp_path / "none.cif"), "PbTe"])
    assert "none.cif" in items[0].error
    assert not items[1].error


def test_a_folder_of_structures(tmp_path: Path) -> None:
    written(tmp_path, "b.cif", SILICON)
    written(tmp_path, "a.cif", "nothing")
    written(tmp_path, "notes.txt", "PbTe")
    items = read_items([], str(tmp_path))
    assert [bool(item.error) for item in items] == [True, False]
    assert items[0].place.endswith("a.cif")


def test_a_table_of_files_beside_it_and_of_texts(tmp_path: Path) -> None:
    written(tmp_path, "si.cif", SILICON)
    quoted = SILICON.replace('"', '""')
    table = written(tmp_path, "a.csv", f'structure\nsi.cif\n"{quoted}"\nnone.cif\n')
    items = read_items([], table)
    assert [item.sample.space_group if item.sample else None for item in items] == [227, 227, None]


def test_a_folder_among_materials_is_told_how(tmp_path: Path) -> None:
    assert "--from" in read_items([str(tmp_path)])[0].error


def test_a_name_is_one_line(tmp_path: Path) -> None:
    items = read_items([], written(tmp_path, "a.csv", 'formula\n"Pb\nTe"\n'))
    assert "\n" not in items[0].name


def test_a_formula_is_no_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "Si", "nothing")
    monkeypatch.chdir(tmp_path)
    sample = read_items(["Si"])[0].sample
    assert sample is not None
    assert sample.structure is None
