"""What commands print on stdout, in four formats."""

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from matlore.cli.output import Format, emit


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    x: float
    tags: tuple[str, ...]


RECORD: dict[str, object] = {
    "application": "thermoelectric",
    "candidates": [
        {"rank": 1, "formula": "Bi2Te3", "score": 0.81234, "known": True, "words": ["κ", "zT"]},
        {"rank": 2, "formula": "SnSe", "score": float("nan"), "known": None, "words": []},
    ],
}


def _printed(capsys: pytest.CaptureFixture[str], **options: object) -> str:
    record = options.pop("record", RECORD)
    emit(record, **options)  # type: ignore[arg-type]
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_json_is_the_whole_record_with_null_for_nan(capsys: pytest.CaptureFixture[str]) -> None:
    printed = _printed(capsys, rows="candidates", format=Format.JSON)
    assert "NaN" not in printed
    assert "κ" in printed
    candidates = json.loads(printed)["candidates"]
    assert [item["score"] for item in candidates] == [0.81234, None]


def test_jsonl_is_one_line_an_item(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _printed(capsys, rows="candidates", format=Format.JSONL).splitlines()
    assert [json.loads(line)["formula"] for line in lines] == ["Bi2Te3", "SnSe"]


def test_csv_has_a_header_and_empty_cells_for_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    printed = _printed(capsys, rows="candidates", format=Format.CSV)
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert rows[0] == {
        "rank": "1",
        "formula": "Bi2Te3",
        "score": "0.81234",
        "known": "true",
        "words": "κ; zT",
    }
    assert (rows[1]["score"], rows[1]["known"]) == ("", "")


@pytest.mark.parametrize("format", [Format.CSV, Format.TABLE])
def test_columns_choose_and_order(format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    printed = _printed(capsys, rows="candidates", format=format, columns=["formula", "rank"])
    assert printed.splitlines()[0].replace(",", " ").split() == ["formula", "rank"]
    assert "0.81" not in printed


def test_a_record_without_rows_is_a_table_of_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"papers": 3, "years": {"2010": 1, "2011": 2}}
    printed = _printed(capsys, record=record, format=Format.TABLE, title="Corpus")
    assert [line.split(maxsplit=1) for line in printed.splitlines()] == [
        ["Corpus"],
        ["papers", "3"],
        ["years", "2010: 1, 2011: 2"],
    ]


def test_a_mapping_as_rows_becomes_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    printed = _printed(capsys, record={"years": {"2010": 1}}, rows="years", format=Format.CSV)
    assert printed == "name,value\n2010,1\n"


def test_records_arrays_dates_and_enums_become_json(capsys: pytest.CaptureFixture[str]) -> None:
    record = {
        "point": Point(float("inf"), ("a",)),
        "array": np.array([1.5, np.nan]),
        "scalar": np.int64(3),
        "score": np.float64(np.nan),
        "path": Path("a/b"),
        "day": date(2017, 3, 1),
        "colour": Colour.RED,
        "set": {"b", "a"},
    }
    assert json.loads(_printed(capsys, record=record, format=Format.JSON)) == {
        "point": {"x": None, "tags": ["a"]},
        "array": [1.5, None],
        "scalar": 3,
        "score": None,
        "path": "a/b",
        "day": "2017-03-01",
        "colour": "red",
        "set": ["a", "b"],
    }


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot hold a object"):
        emit({"a": object()}, format=Format.JSON)


def test_square_brackets_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"rows": [{"text": "[bold]along[/bold] [111]\x1b[31m"}]}
    printed = _printed(capsys, record=record, rows="rows", format=Format.TABLE)
    assert "[bold]along[/bold] [111]" in printed
    assert "\x1b" not in printed


@pytest.mark.parametrize("width", [20, 40, 200])
def test_a_narrow_terminal_cuts_no_formula(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    formula = "Ba8Ga16Ge30La3Sr5Ti8O24"
    record = {"rows": [{"rank": 1, "formula": formula, "words": ["figure of merit"] * 9}]}
    printed = _printed(capsys, record=record, rows="rows", format=Format.TABLE)
    assert formula in printed
    assert "…" not in printed
    assert printed.count("figure") == 9


def test_results_are_utf8_whatever_the_locale() -> None:
    code = (
        "import sys\n"
        "from matlore.cli import app, main\n"
        "from matlore.cli.output import Format, emit\n"
        "app.command('greek')(lambda: emit({'conductivity': 'κ'}, format=Format.JSONL))\n"
        "sys.exit(main(['greek']))\n"
    )
    latin = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=latin)
    assert done.stdout.decode("utf-8") == '{"conductivity": "κ"}\n'


@pytest.mark.parametrize(
    ("format", "printed"),
    [
        (Format.JSONL, '{"id": "\\u00e9\\ud800"}\n'),
        (Format.JSON, '{\n  "items": [\n    {\n      "id": "\\u00e9\\ud800"\n    }\n  ]\n}\n'),
        (Format.CSV, "id\né?\n"),
    ],
)
def test_half_a_surrogate_pair_stops_no_output(
    format: Format, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    emit({"items": [{"id": "é\ud800"}]}, rows="items", format=format)
    shown = capsys.readouterr().out
    assert shown.encode().decode() == printed
