"""`matlore predict describe`: the matrix, its names and units, and what is left out."""

import csv
import json
from pathlib import Path

import pytest
from pyarrow import parquet

from matlore.cli import main
from matlore.errors import InputError, UsageError
from matlore.pipeline.predict_describe import describe_materials, list_descriptors

HOME = Path("none")


def test_one_material_is_shown_descriptor_by_descriptor() -> None:
    result = describe_materials(HOME, ["Bi2Te3"], descriptors=["stoichiometry"])
    values = {one["name"]: one["value"] for one in result["values"]}
    # The 2-norm of the fractions 0.4 and 0.6.
    assert any(value == pytest.approx((0.4**2 + 0.6**2) ** 0.5) for value in values.values())
    assert result["columns"] == len(values)


def test_a_matrix_in_parquet_has_units(tmp_path: Path) -> None:
    out = tmp_path / "matrix.parquet"
    result = describe_materials(HOME, ["PbTe", "SnTe"], descriptors=["magpie"], out=out)
    table = parquet.read_table(out)
    assert (result["rows"], result["columns"]) == (2, 132)
    assert table.shape == (2, 134)
    assert table.column("formula").to_pylist() == ["PbTe", "SnTe"]
    units = {field.metadata[b"unit"].decode() for field in table.schema if field.metadata}
    assert "K" in units


def test_a_matrix_in_csv_has_units_in_its_header(tmp_path: Path) -> None:
    out = tmp_path / "matrix.csv"
    describe_materials(HOME, ["PbTe"], descriptors=["magpie", "fractions"], out=out)
    with out.open(encoding="utf-8", newline="") as stream:
        header, row = csv.reader(stream)
    assert len(header) == len(row) == 2 + 132 + 98
    assert any(name.endswith("[K]") for name in header)
    assert row[:2] == ["PbTe", "PbTe"]
    assert len(set(header)) == len(header)


def test_the_matrix_of_a_batch_is_that_of_each(tmp_path: Path) -> None:
    for name, materials in (("a", ["PbTe", "Fe2O3"]), ("b", ["Fe2O3"])):
        describe_materials(HOME, materials, descriptors=["oliynyk"], out=tmp_path / f"{name}.csv")
    both = (tmp_path / "a.csv").read_text().splitlines()
    assert both[2] == (tmp_path / "b.csv").read_text().splitlines()[1]


def test_bad_rows_are_left_out_and_told(tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text("PbTe\nnonsense\nFrTe\nSnTe\n")
    out = tmp_path / "out.csv"
    result = describe_materials(HOME, source=str(source), descriptors=["magpie"], out=out)
    assert result["rows"] == 2
    assert [one["place"].rpartition(":")[2] for one in result["errors"]] == ["2", "3"]
    assert [line.split(",")[0] for line in out.read_text().splitlines()[1:]] == ["PbTe", "SnTe"]


def test_where_all_rows_are_bad_the_matrix_is_empty(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    result = describe_materials(HOME, ["Og", "nonsense"], descriptors=["magpie"], out=out)
    assert result["rows"] == 0
    assert parquet.read_table(out).shape == (0, 134)


def test_what_cannot_be_described_alone_is_an_error() -> None:
    with pytest.raises(InputError, match="Fr"):
        describe_materials(HOME, ["FrTe"], descriptors=["magpie"])


@pytest.mark.parametrize(
    ("materials", "descriptors", "out", "message"),
    [
        (["PbTe"], ["unheard"], None, "unheard"),
        (["PbTe", "SnTe"], ["magpie"], None, "--out"),
        (["PbTe"], ["magpie"], "a.xlsx", "parquet"),
        (["PbTe"], ["magpie"], "no/such/a.csv", "no folder"),
    ],
)
def test_wrong_usage(
    materials: list[str], descriptors: list[str], out: str | None, message: str, tmp_path: Path
) -> None:
    target = None if out is None else tmp_path / out
    with pytest.raises(UsageError, match=message):
        describe_materials(HOME, materials, descriptors=descriptors, out=target)


def test_all_descriptors_are_listed() -> None:
    rows = {one["name"]: one for one in list_descriptors()["descriptors"]}
    assert rows["magpie"]["columns"] == 132
    assert rows["symmetry"]["needs"] == "symmetry"
    assert rows["soap"]["needs"] == "structure"
    assert not [name for name, one in rows.items() if "error" in one]


# The command.


def test_the_command_shows_one_material(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["PbTe", "--descriptors", "stoichiometry", "--format", "jsonl"]
    assert main(["predict", "describe", *arguments]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(set(row) == {"name", "value", "unit"} for row in rows)


def test_the_command_writes_a_matrix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.txt"
    source.write_text("PbTe\nx\n")
    out = tmp_path / "m.csv"
    code = main(
        ["predict", "describe", "--from", str(source), "--out", str(out), "--format", "json"]
    )
    captured = capsys.readouterr()
    assert code == 3
    assert json.loads(captured.out) == {"rows": 1, "columns": 132, "path": str(out)}
    assert "in.txt:2" in captured.err


def test_the_command_lists_descriptors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "describe", "--list"]) == 0
    assert "magpie" in capsys.readouterr().out
