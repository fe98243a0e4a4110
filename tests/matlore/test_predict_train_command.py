"""`matlore predict train`: from a table to a predictor that is used at once."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tiny_predictors import GAP, tiny_frame, tiny_table

from matlore.cli import main
from matlore.errors import InputError, UsageError
from matlore.pipeline.predict_train import TrainOptions, train_predictor

RECIPE = """\
name: tiny
property: band gap
unit: eV
lower: 0
about: gaps for tests
source: made up; CC0
members:
- kind: boosting
  descriptors: [magpie, stoichiometry]
  settings: {trees: 25, learning_rate: 0.15, leaves: 6, min_rows: 4}
"""


@pytest.fixture(autouse=True)
def nothing_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matlore.pipeline.predict_models.STARTER_PREDICTORS", tmp_path / "none")


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "tiny.yaml"
    path.write_text(RECIPE)
    return str(path)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tiny_table(tmp_path / "gaps.csv")


def trained(table: Path, recipe: str | None = None, **options: Any) -> dict[str, Any]:
    home = options.pop("home", table.parent / "home")
    out = options.pop("out", None)
    given = TrainOptions(**{"scores": False, "folds": 3, "threads": 1, "recipe": recipe, **options})
    return train_predictor(home, table, given, out=out)


def test_a_predictor_is_trained_and_used_at_once(
    tmp_path: Path, table: Path, recipe: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home")]
    train = ["predict", "train", str(table), "--recipe", recipe, "--folds", "3", "--threads", "1"]
    assert main([*train, *home, "--name", "mine", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["name"], report["rows"], report["materials"]) == ("mine", 96, 96)
    assert report["scores"]["mae"] < 0.2  # the noise that was put in has 0.08
    assert 0.7 <= report["scores"]["coverage"] <= 1.0
    assert main(["predict", "PbTe", "--property", "band_gap", "--format", "json", *home]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["model"].startswith("mine ")
    assert row["value"] == pytest.approx(2.1 / 2, abs=0.35)


def test_the_card_says_where_it_is_from(table: Path, recipe: str) -> None:
    report = trained(table, recipe, license="CC0")
    card = json.loads((Path(report["path"]) / "card.json").read_text())
    assert card["data"]["file"] == "gaps.csv"
    assert card["data"]["sha256"] == sha256(table.read_bytes()).hexdigest()
    assert card["license"] == "CC0"
    assert card["recipe"]["source"] == "made up; CC0"
    assert len(card["trained"]) == len("2026-01-01")
    assert not any(str(table.parent) in line for line in json.dumps(card).splitlines())


def test_the_same_table_gives_the_same_files(table: Path, recipe: str) -> None:
    folders = [Path(trained(table, recipe, out=table.parent / name)["path"]) for name in "ab"]
    names = sorted(path.name for path in folders[0].iterdir())
    assert names == sorted(path.name for path in folders[1].iterdir())
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_bad_rows_are_left_out_and_told(table: Path, recipe: str) -> None:
    text = table.read_text()
    table.write_text(text + "nonsense,1\nPbTe3,nan\nFrTe,1\nBaO3,\nMgO,5\n")
    report = trained(table, recipe)
    assert report["left_out"]["rows"] == 4
    assert sum(report["left_out"]["reasons"].values()) == 4
    assert report["left_out"]["contradicting"] == 2
    assert "line 98" in report["left_out"]["examples"][0]


def test_a_property_of_ones_own_needs_a_unit(table: Path) -> None:
    with pytest.raises(UsageError, match="--unit"):
        trained(table, property="smell")
    with pytest.raises(UsageError, match="--property"):
        trained(table)


def test_descriptors_and_columns_by_option(tmp_path: Path) -> None:
    table = tiny_table(tmp_path / "t.csv", column="measured")
    report = trained(
        table,
        property="smell",
        unit="eV",
        target="measured",
        formula="formula",
        descriptors=("stoichiometry", "valence"),
        name="nose",
        seed=3,
    )
    card = json.loads((Path(report["path"]) / "card.json").read_text())
    assert (card["property"], card["name"], card["recipe"]["seed"]) == ("smell", "nose", 3)
    assert {tuple(one["descriptors"]) for one in card["recipe"]["members"]} == {
        ("stoichiometry", "valence")
    }


def test_a_condition_becomes_an_axis(tmp_path: Path, recipe: str) -> None:
    frame = tiny_frame(GAP)
    lines = ["formula,band gap,x"]
    for sample, value in zip(frame.samples, frame.values.tolist(), strict=True):
        lines += [f"{sample.name},{value + k},{k}" for k in (1.0, 2.0, 3.0)]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(lines))
    report = trained(table, recipe, conditions=("pressure = x[GPa]",))
    card = json.loads((Path(report["path"]) / "card.json").read_text())
    assert card["recipe"]["conditions"] == [{"name": "pressure", "unit": "GPa", "default": 2.0}]
    assert report["rows"] == 3 * 96


def test_classes_by_option(tmp_path: Path) -> None:
    frame = tiny_frame(GAP)
    middle = sorted(frame.values)[48]
    lines = ["formula,kind"]
    for sample, value in zip(frame.samples, frame.values.tolist(), strict=True):
        lines.append(f"{sample.name},{'wide' if value > middle else 'narrow'}")
    table = tmp_path / "t.csv"
    table.write_text("\n".join(lines))
    report = trained(
        table,
        property="width",
        target="kind",
        classes=("narrow", "wide"),
        descriptors=("stoichiometry",),
    )
    assert report["unit"] == "1"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"property": "hardness"}, "is for band gap"),
        ({"unit": "meV"}, "values in eV"),
        ({"classes": ("a", "b")}, "--classes"),
        ({"name": "No Good"}, "--name"),
        ({"conditions": ("pressure",)}, "--condition"),
        ({"conditions": ("pressure=x[furlongfoo]",)}, "no unit"),
        ({"descriptors": ("unheard",)}, "unheard"),
    ],
)
def test_wrong_usage(table: Path, recipe: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        trained(table, recipe, **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "rows"),
        ("formula,band gap\n", "rows"),
        ("formula,band gap\n" + "PbTe,1\n" * 40, "too few"),
        ("a,b\n1,2\n", "column"),
    ],
)
def test_a_table_that_teaches_nothing(tmp_path: Path, recipe: str, text: str, message: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=message):
        trained(table, recipe)


def test_a_constant_target_is_refused(tmp_path: Path, recipe: str) -> None:
    rows = [f"{sample.name},1.5" for sample in tiny_frame(GAP).samples]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["formula,band gap", *rows]))
    with pytest.raises(InputError, match="nothing to learn"):
        trained(table, recipe)


def test_another_folder_is_not_overwritten(table: Path, recipe: str, tmp_path: Path) -> None:
    (tmp_path / "out" / "tiny").mkdir(parents=True)
    (tmp_path / "out" / "tiny" / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="something else"):
        trained(table, recipe, out=tmp_path / "out")
    assert (tmp_path / "out" / "tiny" / "mine.txt").read_text() == "keep"
