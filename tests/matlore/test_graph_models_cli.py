"""`matlore graph models`, as it is called."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from matlore.cli.graph_models import register_models
from matlore.cli.options import sub_app
from matlore.cli.running import run

Capture = pytest.CaptureFixture[str]
MINE = """
symbols:
  - {name: squishiness, latex: 's_{q}', category: odd, unit: '1', lower: 0, synonyms: [squish]}
models:
  - name: law of squish
    about: Soft things are squishy.
    category: odd
    equation: s = B / G
    variables: {s: squishiness, B: bulk modulus, G: shear modulus}
    constraints: [G > 0]
    references: [{text: "A. Nobody, J. Odd Mater. 1, 1 (2001)", doi: 10.1234/odd}]
    examples:
      - values: {s: 2.0, B: 100.0, G: 50.0}
        source: by hand
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    (folder / "propnet").mkdir(parents=True)
    (folder / "propnet" / "odd.yaml").write_text(MINE, encoding="utf-8")
    return folder


def _call(home: Path, *arguments: str) -> int:
    app = typer.Typer(rich_markup_mode=None)
    group = sub_app(app, "graph", "The graph.")
    register_models(group)
    group.command("other")(lambda: None)
    words: Sequence[str] = ("graph", "models", *arguments, "--home", str(home))
    return run(app, words, name="matlore")


def _json(home: Path, capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert _call(home, *arguments, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_models_are_listed_with_the_users_own(home: Path, capsys: Capture) -> None:
    found = _json(home, capsys)
    by_name = {one["name"]: one for one in found["models"]}
    assert len(by_name) > 80
    assert by_name["law of squish"] == {
        "name": "law of squish",
        "category": "odd",
        "equation": "s = B / G",
        "gives": ["squishiness", "bulk modulus", "shear modulus"],
        "needs": [],
        "error": 0.0,
        "own": True,
    }
    assert not by_name["figure of merit"]["own"]
    assert found["version"]


def test_a_home_that_is_not_there_has_what_ships(tmp_path: Path, capsys: Capture) -> None:
    found = _json(tmp_path / "none", capsys)
    assert len(found["models"]) > 80
    assert not any(one["own"] for one in found["models"])


def test_a_model_is_shown_in_full(home: Path, capsys: Capture) -> None:
    (found,) = _json(home, capsys, "Law of  Squish")["models"]
    assert found["variables"][1] == {"variable": "B", "stands_for": "bulk modulus", "unit": "GPa"}
    assert found["references"] == [
        {"text": "A. Nobody, J. Odd Mater. 1, 1 (2001)", "doi": "10.1234/odd"}
    ]
    assert found["examples"][0]["values"] == {"s": 2.0, "B": 100.0, "G": 50.0}
    assert _call(home, "law of squish", "figure of merit") == 0
    table = capsys.readouterr().out
    assert "Soft things are squishy." in table
    assert "bulk modulus" in table
    assert "by hand" in table
    assert "zT" in table


def test_a_category_is_chosen(home: Path, capsys: Capture) -> None:
    found = _json(home, capsys, "--category", "Odd")
    assert [one["name"] for one in found["models"]] == ["law of squish"]
    found = _json(home, capsys, "--category", "odd", "--symbols")
    assert [one["name"] for one in found["symbols"]] == ["squishiness"]


def test_symbols_are_listed(home: Path, capsys: Capture) -> None:
    found = _json(home, capsys, "--symbols")
    by_name = {one["name"]: one for one in found["symbols"]}
    assert len(by_name) >= 170
    assert by_name["squishiness"]["latex"] == "s_{q}"
    assert by_name["density"]["unit"] == "g/cm**3"
    assert "temperature" in by_name["density"]["ignores"]


def test_a_symbol_is_shown_with_its_models(home: Path, capsys: Capture) -> None:
    found = _json(home, capsys, "--symbols", "squish", "bulk modulus")["symbols"]
    assert found[0]["given_by"] == ["law of squish"]
    assert not found[0]["in_vocabulary"]
    assert "law of squish" in found[1]["given_by"]
    assert _call(home, "--symbols", "squish") == 0
    assert "law of squish" in capsys.readouterr().out


def test_a_table_of_values_for_other_programs(home: Path, capsys: Capture) -> None:
    assert _call(home, "--category", "odd", "--format", "csv") == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["name"] == "law of squish"
    assert row["gives"] == "squishiness; bulk modulus; shear modulus"


def test_the_examples_of_a_model_are_checked(home: Path, capsys: Capture) -> None:
    found = _json(home, capsys, "law of squish", "--check")
    assert (found["models"], found["examples"], found["values"], found["failed"]) == (1, 1, 3, 0)
    assert {one["variable"] for one in found["results"]} == {"s", "B", "G"}
    assert _call(home, "--check", "--category", "odd") == 0
    assert capsys.readouterr().out.split() == "models 1 examples 1 values 3 failed 0".split()


def test_a_wrong_example_fails(home: Path, capsys: Capture) -> None:
    path = home / "propnet" / "odd.yaml"
    path.write_text(MINE.replace("s: 2.0", "s: 3.0"), encoding="utf-8")
    assert _call(home, "--check", "--category", "odd") == 1
    said = capsys.readouterr()
    assert "2 instead of 3 (-33.33%)" in said.out
    assert "3 of 3 values do not come out" in said.err


def test_all_that_ships_is_checked(tmp_path: Path, capsys: Capture) -> None:
    found = _json(tmp_path, capsys, "--check")
    assert found["failed"] == 0
    assert found["values"] > found["models"] > 80


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["law of skwish"], 1, "no model is called 'law of skwish' (similar: law of squish)"),
        (["--symbols", "skwishiness"], 1, "(similar: squishiness"),
        (
            ["--symbols", "qqqq"],
            1,
            "no property is called 'qqqq'; `matlore graph models --symbols`",
        ),
        (["--category", "none"], 2, "nothing is of the category 'none' (known: "),
        (["--check", "--symbols"], 2, "leave out --symbols"),
    ],
)
def test_what_is_not_there_is_said(
    home: Path, capsys: Capture, arguments: list[str], code: int, words: str
) -> None:
    assert _call(home, *arguments) == code
    assert words in capsys.readouterr().err


def test_a_file_that_is_wrong_is_named(home: Path, capsys: Capture) -> None:
    path = home / "propnet" / "odd.yaml"
    path.write_text(MINE.replace("B / G", "B / Q"), encoding="utf-8")
    assert _call(home) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"Error: {path}: model 'law of squish': equation: Q is neither")
