from pathlib import Path
from typing import Any, cast

import pytest

from matlore.errors import InputError
from ner.facts.unit_evaluation import evaluate_units, predicted_lists, read_units

GOLD = """<units xmlns="http://www.tei-c.org/ns/1.0">
  <unit><prefix>k</prefix><base>m</base> <base>s</base> <pow>−1</pow></unit>
  <unit><prefix>k</prefix><base>m</base>  <base>s</base> <pow>−1</pow></unit>
  <!-- <unit><base>furlong</base></unit> -->
  <unit><other>24</other><prefix>μ</prefix><base>V</base><pow>/</pow><base>K</base></unit>
  <unit><base>MPa</base></unit>
</units>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.xml").write_text(GOLD, encoding="utf-8")
    return tmp_path


def test_rows_without_comments_and_duplicates(folder: Path) -> None:
    units = read_units(folder)
    assert [(unit.text, unit.count) for unit in units] == [
        ("24μV/K", 1),
        ("MPa", 1),
        ("km s −1", 2),
    ]
    assert units[0].lists == (("μ",), ("V", "K"), ("/",))


def test_figures(folder: Path) -> None:
    report = evaluate_units(folder)
    figures = cast(dict[str, Any], report["all"])
    assert (figures["n"], figures["strings"]) == (3, 3)
    assert figures["exact"] == pytest.approx(2 / 3)
    assert figures["exact_weighted"] == pytest.approx(3 / 4)
    assert figures["missed"] == ["MPa"]
    assert figures["f1"]["pow"] == 1
    halves = [cast(dict[str, Any], report[name])["n"] for name in ("development", "held_out")]
    assert sum(halves) == 3


def test_conventions_of_the_gold() -> None:
    assert predicted_lists("blocks per hour") == ((), ("blocks per hour",), ())
    assert predicted_lists("zorks") == ((), ("zorks",), ())
    assert predicted_lists("•") == ((), (), ())
    assert predicted_lists("~75%") == ((), ("%",), ())
    assert predicted_lists("K 9") == ((), ("K",), ())


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="quantities_grobid/units"):
        read_units(tmp_path)
    (tmp_path / "bad.xml").write_text("<units><unit>", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.xml: not XML"):
        read_units(tmp_path)
