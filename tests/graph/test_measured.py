import math
from pathlib import Path

import pytest

from graph.measured import (
    MeasuredFile,
    MeasuredStore,
    MeasuredValue,
    measured_schema,
    read_measured,
    resolve_material,
)
from graph.propnet.base import Symbol
from matlore.errors import ArtifactError, InputError
from matlore.records import Condition
from ner.fact_store import quantity_schema

HEADER = "material,property,value,unit,source"
ROW = "Bi2Te3,thermal conductivity,1.6,W/(m K),notebook 7"


def read(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> MeasuredFile:
    path = tmp_path / "own.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return read_measured(path)


def one(tmp_path: Path, columns: str = "", cells: str = "") -> MeasuredValue:
    found = read(tmp_path, HEADER + columns, ROW + cells)
    assert found.bad == ()
    return found.values[0]


def reason(tmp_path: Path, header: str, row: str) -> str:
    found = read(tmp_path, header, row)
    assert found.values == ()
    return found.bad[0].reason


def test_reads_a_row(tmp_path: Path) -> None:
    value = one(tmp_path)
    assert (value.material, value.property) == ("Bi2Te3", "thermal conductivity")
    assert (value.value, value.unit, value.comparator) == (1.6, "W/(m K)", "=")
    assert (value.si_value, value.si_unit) == (1.6, "W/(m K)")
    assert (value.source, value.modality, value.license) == ("notebook 7", "observed", None)


def test_reads_all_columns(tmp_path: Path) -> None:
    value = one(
        tmp_path,
        ",value_max,std,comparator,temperature,temperature_unit,pressure,pressure_unit,license"
        ",modality,condition:phase,Condition: magnetic_field",
        ",1.8,0.1,≈,27,°C,2,GPa,CC-BY-4.0,Computed,cubic,5 T",
    )
    assert (value.value_max, value.std, value.comparator) == (1.8, 0.1, "~")
    assert (value.license, value.modality) == ("CC-BY-4.0", "computed")
    assert value.conditions == (
        Condition("magnetic field", 5.0, None, "T"),
        Condition("phase", "cubic"),
        Condition("pressure", 2.0, None, "GPa"),
        Condition("temperature", 27.0, None, "°C"),
    )


def test_temperature_is_in_kelvin_unless_said(tmp_path: Path) -> None:
    value = one(tmp_path, ",temperature", ",300")
    assert value.conditions == (Condition("temperature", 300.0, None, "K"),)


@pytest.mark.parametrize(
    ("cell", "condition"),
    [
        ("12", Condition("x", 12.0, None, "1")),
        ("-3e2 nm", Condition("x", -300.0, None, "nm")),
        ("3 layers", Condition("x", "3 layers")),
        ("300-400 K", Condition("x", "300-400 K")),
        ("1e999", Condition("x", "1e999")),
        ("in-plane", Condition("x", "in-plane")),
    ],
)
def test_conditions_are_numbers_with_units_or_words(
    tmp_path: Path, cell: str, condition: Condition
) -> None:
    assert one(tmp_path, ",condition:x", f",{cell}").conditions == (condition,)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_separators_marks_and_spreadsheet_habits(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    lines = [f" {HEADER.upper()},,", f"{ROW},,", ",,,,,,", "", f'"PbTe","zT",1.5,1,"a{delimiter}b"']
    found = read(tmp_path, *(x.replace(",", delimiter) for x in lines), encoding=encoding)
    assert found.bad == ()
    assert [value.material for value in found.values] == ["Bi2Te3", "PbTe"]
    assert found.values[1].source == f"a{delimiter}b".replace("\t", " ")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Bi0.5Sb1.5Te3", "BiSb3Te6"),
        ("(Bi0.25Sb0.75)2 Te3", "BiSb3Te6"),
        ("graphene", "name:graphene"),
        ("Graphene", "name:graphene"),
        ("name:my alloy", "name:my alloy"),
        ("name:graphene", "name:graphene"),
        ("La1-xSrxMnO3", "family:La-Mn-O-Sr"),
        ("family:La-Mn-O-Sr", "family:La-Mn-O-Sr"),
        ("name:", None),
        ("family:lead", None),
        ("sample 7", None),
        ("", None),
    ],
)
def test_materials(text: str, key: str | None) -> None:
    assert resolve_material(text) == key


def test_materials_may_be_resolved_by_another(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"{HEADER}\nour best,zT,1,1,me\n", encoding="utf-8")
    found = read_measured(path, material={"our best": "PbTe"}.get)
    assert found.values[0].material == "PbTe"


@pytest.mark.parametrize("name", ["band gap", "Band_Gap", "bandgap", "band gap energy"])
def test_properties_by_name_and_synonym(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, HEADER, f"Si,{name},1.12,eV,me")
    assert found.values[0].property == "band gap"


@pytest.mark.parametrize("name", ["formula mass", "Formula_Mass", "formula weight"])
def test_properties_that_only_models_have(tmp_path: Path, name: str) -> None:
    mass = Symbol("formula mass", "g/mol", "M", "composition", 0.0, synonyms=("formula weight",))
    path = tmp_path / "own.csv"
    rows = [HEADER, f"Si,{name},0.028,kg/mol,me", f"Si,{name},28,eV,me", f"Si,{name},-1,g/mol,me"]
    path.write_text("\n".join([*rows, "Si,formula mas,28,g/mol,me"]), encoding="utf-8")
    found = read_measured(path, symbols=[mass])
    assert [(one.property, one.si_value) for one in found.values] == [("formula mass", 0.028)]
    reasons = [one.reason for one in found.bad]
    assert "is no unit of formula mass, which is measured in g/mol" in reasons[0]
    assert "is below 0" in reasons[1]
    assert "did you mean formula mass" in reasons[2]
    assert "is no property that is known" in read_measured(path).bad[0].reason


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("Bi2Te3,bandgep,1,eV,me", "'bandgep' is no property that is known: did you mean band gap"),
        ("Bi2Te3,microstructure,1,1,me", "has no values"),
        ("Bi2Te3,band gap,1,parsecs per,me", "is no unit that is known"),
        ("Bi2Te3,band gap,1,kg,me", "'kg' is no unit of band gap, which is measured in eV"),
        ("Bi2Te3,band gap,one,eV,me", "value 'one' is no number"),
        ("Bi2Te3,band gap,nan,eV,me", "value 'nan' is no number"),
        ("Bi2Te3,band gap,1e999,eV,me", "is too large"),
        ('Bi2Te3,band gap,"1,5",eV,me', "write a decimal point"),
        ("Bi2Te3,band gap,-1,eV,me", "is below 0, the least that is possible"),
        ("sample 7,band gap,1,eV,me", "write name:sample 7"),
        ("Bi2Te3,band gap,1,eV,", "no source"),
        (",band gap,1,,me", "no material and no unit"),
        ("Bi2Te3,band gap", "no value and no unit and no source"),
        ("Bi2Te3,band gap,1,eV,me,too much", "6 cells, but 5 columns"),
    ],
)
def test_bad_rows_are_told_with_their_reason(tmp_path: Path, row: str, part: str) -> None:
    assert part in reason(tmp_path, HEADER, row)


@pytest.mark.parametrize(
    ("column", "cell", "part"),
    [
        ("value_max", "1", "value_max (1) is less than value (1.6)"),
        ("std", "-0.1", "std (-0.1) is less than zero"),
        ("comparator", "!", "'!' is no comparator"),
        ("modality", "guessed", "'guessed' is no modality"),
        ("temperature", "-5", "below absolute zero"),
        ("temperature", "hot", "temperature 'hot' is no number"),
        ("temperature_unit,temperature", "eV,5", "'eV' is no unit of a temperature"),
        ("pressure", "5", "a pressure, but no pressure_unit"),
        ("pressure_unit,pressure", "kg,5", "'kg' is no unit of a pressure"),
    ],
)
def test_bad_cells_are_told(tmp_path: Path, column: str, cell: str, part: str) -> None:
    assert part in reason(tmp_path, f"{HEADER},{column}", f"{ROW},{cell}")


def test_a_symbol_of_several_properties_is_asked_about(tmp_path: Path) -> None:
    assert "is the symbol of several properties" in reason(tmp_path, HEADER, "Si,H,5,GPa,me")


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    lines = [HEADER, 'Si,band gap,x,eV,"two\nlines"', "", "Si,band gap,y,eV,me", ROW]
    found = read(tmp_path, *lines)
    assert [(bad.line, bad.raw["value"]) for bad in found.bad] == [(2, "x"), (5, "y")]
    assert found.read == 3
    assert len(found.values) == 1


def test_what_is_not_expected_is_kept_with_a_warning(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER, "Si,band gap,500,eV,me")
    assert len(found.values) == 1
    assert "line 2: band gap 500 eV is above" in found.warnings[0]


def test_bounds_are_in_the_propertys_unit(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER, "Si,band gap,500,meV,me").warnings == ()


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("material,property,value,unit", "has no column source"),
        ("", "has no column material, property"),
        (f"{HEADER},temprature", "unknown columns 'temprature'"),
        (f"{HEADER},condition:", "unknown columns"),
        (f"{HEADER},condition:temperature", "unknown columns"),
        (f"{HEADER},,license", "unknown columns ''"),
        (f"{HEADER},Unit", "two columns unit"),
    ],
)
def test_wrong_columns_refuse_the_file(tmp_path: Path, header: str, part: str) -> None:
    with pytest.raises(InputError, match=part):
        read(tmp_path, header, ROW)


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        read(tmp_path, HEADER, ROW.replace("notebook", "née"), encoding="latin-1")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_measured(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_measured(tmp_path)
    with pytest.raises(InputError, match="is no table"):
        read(tmp_path, HEADER, "x" * 200_000)


def test_one_value_is_one_however_it_is_written(tmp_path: Path) -> None:
    rows = (
        "PbTe,zT,1.50,1,https://doi.org/10.1000/ABC",
        "Pb1Te1,figure of merit,1.5,1,DOI:10.1000/abc",
    )
    found = read(tmp_path, HEADER, *rows)
    assert [value.source for value in found.values] == ["doi:10.1000/abc"]
    assert found.read == 2


def test_values_with_other_conditions_are_others(tmp_path: Path) -> None:
    assert one(tmp_path).id != one(tmp_path, ",temperature", ",300").id
    hot, cold = one(tmp_path, ",temperature", ",300"), one(tmp_path, ",temperature", ",4")
    assert hot.id != cold.id
    assert one(tmp_path, ",temperature", ",300.0").id == hot.id


def test_the_columns_are_those_of_quantities_and_source() -> None:
    own = {field.name: field.type for field in measured_schema()}
    assert own.pop("source") == "string"
    assert own == {field.name: field.type for field in quantity_schema()}


# The store.


@pytest.fixture
def store(tmp_path: Path) -> MeasuredStore:
    return MeasuredStore(tmp_path / "graph" / "measured.parquet")


def test_twice_is_once(tmp_path: Path, store: MeasuredStore) -> None:
    values = read(tmp_path, HEADER, ROW, "PbTe,zT,1.5,1,me").values
    assert store.stamp() == "none"
    assert store.add(values) == 2
    stamp = store.stamp()
    assert store.add(values) == 0
    assert store.stamp() == stamp
    assert store.sources() == {"me": 1, "notebook 7": 1}
    assert [path.name for path in store.path.parent.iterdir()] == ["measured.parquet"]


def test_order_makes_no_difference(tmp_path: Path, store: MeasuredStore) -> None:
    first, second = read(tmp_path, HEADER, ROW, "PbTe,zT,1.5,1,me").values
    other = MeasuredStore(tmp_path / "other.parquet")
    store.add([first, second])
    other.add([second])
    other.add([first])
    assert store.stamp() == other.stamp()


def test_a_licence_that_is_said_later_counts(tmp_path: Path, store: MeasuredStore) -> None:
    store.add([one(tmp_path)])
    assert store.add([one(tmp_path, ",license", ",CC0-1.0")]) == 0
    rows = [row for batch in store.batches() for row in batch.to_pylist()]
    assert [row["license"] for row in rows] == ["CC0-1.0"]


def test_rows_are_quantities_without_a_paper(tmp_path: Path, store: MeasuredStore) -> None:
    value = one(tmp_path, ",condition:phase,temperature", ",cubic,300")
    store.add([value])
    (batch,) = store.batches()
    assert batch.schema == measured_schema()
    (row,) = batch.to_pylist()
    assert (row["id"], row["kind"], row["spans"]) == (value.id, "reported", [])
    assert (row["paper_id"], row["text_sha"], row["score"]) == (None, None, None)
    assert [(c["name"], c["text"], c["value"]) for c in row["conditions"]] == [
        ("phase", "cubic", None),
        ("temperature", None, 300.0),
    ]


def test_a_source_can_be_forgotten(tmp_path: Path, store: MeasuredStore) -> None:
    store.add(read(tmp_path, HEADER, ROW, "PbTe,zT,1.5,1,doi:10.1000/ABC").values)
    assert store.remove("another") == 0
    assert store.remove("https://doi.org/10.1000/abc") == 1
    assert store.sources() == {"notebook 7": 1}
    assert store.remove("notebook 7") == 1
    assert store.stamp() == "none"
    assert list(store.batches()) == []


def test_a_damaged_file_is_named(tmp_path: Path, store: MeasuredStore) -> None:
    store.add([one(tmp_path)])
    store.path.write_bytes(store.path.read_bytes()[:-20])
    with pytest.raises(ArtifactError, match=r"measured\.parquet is damaged"):
        list(store.batches())
    with pytest.raises(ArtifactError, match="is damaged"):
        store.add([one(tmp_path)])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "graph").write_text("no folder")
    with pytest.raises(InputError, match="cannot be written"):
        MeasuredStore(tmp_path / "graph" / "measured.parquet").add([one(tmp_path)])


def test_numbers_stay_finite(tmp_path: Path) -> None:
    value = one(tmp_path)
    assert value.si_value is not None
    assert math.isfinite(value.si_value)
