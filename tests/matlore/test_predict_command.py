"""`matlore predict`: what it prints in each format, and how it ends."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_predictors import save_tiny_predictors

from matlore.cli import main

HEAVY = {"duckdb", "lightgbm", "matplotlib", "numpy", "pyarrow", "pymatgen", "scipy", "sklearn"}


@pytest.fixture(scope="session")
def predictors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_predictors(tmp_path_factory.mktemp("predictors"))


@pytest.fixture(autouse=True)
def only_tiny(predictors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the small predictors stand for those that ship."""
    monkeypatch.setattr("matlore.pipeline.predict_models.STARTER_PREDICTORS", predictors)


@pytest.fixture
def batch(tmp_path: Path) -> str:
    path = tmp_path / "in.txt"
    path.write_text("PbTe\nnonsense\nSnTe\n")
    return str(path)


class Ran:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def predict(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> Ran:
        code = main(["predict", *arguments])
        return Ran(code, *capsys.readouterr())

    return run


def test_a_formula_needs_no_command(predict: Any) -> None:
    short = predict("PbTe", "--property", "band_gap", "--format", "json")
    long = predict("of", "PbTe", "--property", "band_gap", "--format", "json")
    first = predict("--property", "band_gap", "--format", "json", "PbTe")
    assert short.code == 0
    assert short.out == long.out == first.out


def test_one_prediction_is_an_object(predict: Any) -> None:
    found = predict("PbTe", "--property", "band_gap", "--format", "json").json
    assert found["formula"] == "PbTe"
    assert found["drivers"] == []


def test_several_are_a_list(predict: Any, batch: str) -> None:
    assert len(predict("PbTe", "--format", "json").json["predictions"]) == 3
    kappa = ["--property", "kappa", "--format", "json"]
    assert len(predict("PbTe", *kappa, "--temperature", "300,400").json["predictions"]) == 2
    one = predict("--from", batch, "--property", "band_gap", "--format", "json").json
    assert len(one["predictions"]) == 3


def test_drivers_and_neighbours_in_json(predict: Any) -> None:
    options = ("--property", "band_gap", "--explain", "--neighbours", "1", "--format", "json")
    found = predict("PbTe", *options).json
    assert {"name", "value", "unit", "effect", "text"} == set(found["drivers"][0])
    assert found["neighbours"][0]["formula"] == "PbTe"


def test_a_table_for_people(predict: Any) -> None:
    ran = predict("PbTe", "--explain", "--neighbours", "1", "--temperature", "300,1000")
    for words in (
        "90 %",
        "eV",
        "1000",
        "metal (",
        "outside: thermal conductivity of PbTe",
        "1000 K",
        "like PbTe",
    ):
        assert words in ran.out
    assert ran.err == ""


def test_a_bad_row_is_told_with_its_line_and_exits_3(predict: Any, batch: str) -> None:
    ran = predict("--from", batch, "--property", "band_gap", "--format", "jsonl")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 3
    assert "error" in rows[1]
    assert "in.txt:2: " in ran.err
    assert "1 could not be predicted" in ran.err


def test_where_nothing_can_be_predicted_it_exits_1(predict: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("nonsense\nFrTe\n")
    assert predict("--from", str(path), "--property", "band_gap").code == 1
    assert predict("FrTe").code == 1
    assert predict("FrTe").err.startswith("Error: ")


def test_csv_has_a_column_for_each_condition(predict: Any, batch: str) -> None:
    ran = predict("--from", batch, "--temperature", "300,400", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert {row["temperature"] for row in rows} == {"300.0", "400.0", ""}
    assert sum(bool(row["error"]) for row in rows) == 1
    assert len(rows) == 2 * (1 + 1 + 2) + 1
    assert next(row for row in rows if row["property"] == "metallicity")["class"] == "metal"


def test_standard_input(predict: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("PbTe\nSnTe\n"))
    ran = predict("--from", "-", "--property", "band_gap", "--format", "jsonl")
    assert len(ran.out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["PbTe", "--property", "smell"], "there are predictors of band gap"),
        (["PbTe", "--temperature", "hot"], "--temperature"),
        (["PbTe", "--temperature", "0"], "in K"),
        (["PbTe", "--level", "2"], "--level"),
        (["PbTe", "--condition", "pressure=1"], "pressure"),
        (["PbTe", "--plot", "a.gif"], "ends in"),
        (["--property", "band_gap"], "name a formula"),
    ],
)
def test_wrong_usage_exits_2(predict: Any, arguments: list[str], message: str) -> None:
    ran = predict(*arguments)
    assert ran.code == 2
    assert message in ran.err


def test_a_plot_is_told(predict: Any, tmp_path: Path) -> None:
    path = tmp_path / "kappa.png"
    ran = predict("PbTe", "SnTe", "--property", "kappa", "--plot", str(path))
    assert ran.code == 0
    assert f"plot: {path}" in ran.err
    assert path.is_file()


def test_a_folder_of_predictors(predict: Any, predictors: Path) -> None:
    ran = predict("PbTe", "--predictors", str(predictors / "band-gap"), "--format", "json")
    assert ran.code == 0
    assert predict("PbTe", "--predictors", "none").code == 1


# The list.


def test_predictors_are_listed(predict: Any) -> None:
    ran = predict("models")
    for words in ("band-gap", "W/(m*K)", "MAE", "balanced accuracy", "starter"):
        assert words in ran.out
    rows = predict("models", "--format", "json").json["predictors"]
    assert [row["name"] for row in rows] == ["band-gap", "metallicity", "thermal-conductivity"]
    assert rows[0]["rows"] == 96


def test_a_predictor_is_shown_in_full(predict: Any) -> None:
    ran = predict("models", "band_gap")
    for words in ("Made-up gaps", "boosting on magpie + stoichiometry", "Scores", "mae"):
        assert words in ran.out
    card = predict("models", "band_gap", "--format", "json").json["cards"]["band-gap"]
    assert card["kind"] == "matlore predictor"
    assert predict("models", "smell").code == 2


def test_a_damaged_predictor_is_listed_with_its_error(predict: Any, tmp_path: Path) -> None:
    folder = tmp_path / "all" / "broken"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{")
    ran = predict("models", "--predictors", str(tmp_path / "all"))
    assert ran.code == 0
    assert "broken" in ran.err


# Help.


def test_the_group_has_help_of_its_own(predict: Any) -> None:
    ran = predict("--help")
    assert ran.code == 0
    for name in ("of", "models", "train", "describe"):
        assert f"\n  {name} " in ran.out
    assert "Usage" in "".join((predict().out, predict().err))


@pytest.mark.parametrize("arguments", [["predict", "--help"], ["predict", "PbTe", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import json, sys\n"
        "from matlore.cli import main\n"
        f"assert main({arguments!r}) == 0\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = json.loads(done.stdout.splitlines()[-1])
    assert not HEAVY & {name.split(".")[0] for name in modules}
