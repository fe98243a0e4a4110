"""Plots of predictions: what is drawn, and what is refused."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from matlore.errors import InputError, UsageError
from matlore.pipeline.predict_plots import draw_predictions


def row(name: str, value: float, at: float | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "formula": name,
        "property": "thermal conductivity",
        "value": value,
        "unit": "W/(m*K)",
        "lower": value * 0.5,
        "upper": value * 2,
        "level": 0.9,
        "in_domain": True,
        "conditions": {} if at is None else {"temperature": at},
        **changes,
    }


def curve(name: str = "PbTe", inside: tuple[bool, ...] = (True,) * 4) -> list[dict[str, Any]]:
    return [row(name, 2 - k / 4, 300 + 100 * k, in_domain=one) for k, one in enumerate(inside)]


def texts(path: Path) -> str:
    """Return the words of an SVG, which matplotlib keeps as comments."""
    return " ".join(re.findall(r"<!-- (.*?) -->", path.read_text(encoding="utf-8")))


def test_a_curve_has_its_band_its_axes_and_its_name(tmp_path: Path) -> None:
    path = tmp_path / "curve.svg"
    draw_predictions([*curve(), *curve("Bi2Te3")], path)
    said = texts(path)
    for word in ("temperature (K)", "thermal conductivity (W/(m·K))", "PbTe", "Bi2Te3"):
        assert word in said
    assert "90%" in said
    assert path.read_text().count("FillBetween") >= 2
    assert "dashed" not in said


def test_a_curve_outside_the_domain_is_dashed(tmp_path: Path) -> None:
    path = tmp_path / "curve.svg"
    draw_predictions(curve(inside=(True, True, False, False)), path)
    assert "dashed: unlike the training data" in texts(path)
    assert "stroke-dasharray" in path.read_text()


def test_values_are_points_with_intervals(tmp_path: Path) -> None:
    path = tmp_path / "values.svg"
    draw_predictions([row("PbTe", 2.0), row("FrTe", 1.0, in_domain=False)], path)
    said = texts(path)
    assert "PbTe" in said
    assert "hollow: unlike the training data" in said


def test_a_classification_is_drawn_as_a_probability(tmp_path: Path) -> None:
    path = tmp_path / "class.svg"
    shared: Mapping[str, Any] = {"class": "metal", "classes": ("metal",), "probability_of": "metal"}
    draw_predictions([row("Cu", 0.97, unit="1", lower=1, upper=1, **shared)], path)
    assert "probability of metal" in texts(path)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_predictions_give_the_same_file(tmp_path: Path, suffix: str) -> None:
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        draw_predictions(curve(), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_size > 1_000


def test_one_property_only(tmp_path: Path) -> None:
    rows = [row("PbTe", 1.0), row("PbTe", 1.0, property="band gap")]
    with pytest.raises(UsageError, match="band gap, thermal conductivity"):
        draw_predictions(rows, tmp_path / "a.png")


def test_more_curves_than_can_be_told_apart_are_refused(tmp_path: Path) -> None:
    rows = [one for k in range(9) for one in curve(f"Pb{k + 1}Te")]
    with pytest.raises(UsageError, match="9 curves"):
        draw_predictions(rows, tmp_path / "a.png")


def test_names_with_signs_of_formatting_are_drawn_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    draw_predictions(curve("_$x^2_1"), path)
    assert "x^2_1" in texts(path)


def test_another_suffix_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ends in"):
        draw_predictions(curve(), tmp_path / "a.gif")
    with pytest.raises(UsageError, match="no folder"):
        draw_predictions(curve(), tmp_path / "none" / "a.png")


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        draw_predictions(curve(), tmp_path / "a.png")
