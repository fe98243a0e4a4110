"""Figures of trees and curves: what is drawn, how large, and what cannot be."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake_propnet import derivation, fake_library, figure_of_merit, known

from graph.propnet.base import Derivation, DerivedValue, KnownValue, Use
from graph.propnet.drawing import draw, math_text
from graph.propnet.drawing_curves import draw_curves, temperatures_of
from graph.propnet.explanation import Explanation, Origin, explain
from graph.propnet.library import load_library
from matlore.errors import InputError, UsageError

LIBRARY = fake_library()
MERIT = LIBRARY.symbols["thermoelectric figure of merit"]


def _tree(id: str = "zt") -> Explanation:
    return explain(derivation(), figure_of_merit(), id, LIBRARY, {"s00": Origin("A title", 2001)})


def _svg(path: Path) -> str:
    """Return the texts of a figure: matplotlib writes each as a comment beside its letters."""
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("suffix", "start"),
    [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89P")],
)
def test_a_tree_is_drawn_to_the_file_that_is_named(
    tmp_path: Path, suffix: str, start: bytes
) -> None:
    path = tmp_path / f"tree.{suffix}"
    draw(_tree(), path)
    assert path.read_bytes().startswith(start)


def test_the_figure_says_values_models_papers_and_outliers(tmp_path: Path) -> None:
    draw(_tree(), tmp_path / "tree.svg", title="zT of Bi2Te3")
    text = _svg(tmp_path / "tree.svg")
    for part in ("zT of Bi2Te3", "figure of merit", "weighted mean", "doi:10.1/00 (2001)",
                 "outlier: doi:10.1/far", "and 15 more", "kappa", "my lab"):  # fmt: skip
        assert f"<!-- {part} -->" in text or part in text


def test_the_same_tree_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw(_tree(), tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_large_tree_has_sixty_leaves_and_says_what_is_left_out(tmp_path: Path) -> None:
    leaf = _tree().parts[-1]
    wide = replace(_tree(), parts=tuple(replace(leaf, id=str(n)) for n in range(200)))
    draw(wide, tmp_path / "wide.svg")
    text = _svg(tmp_path / "wide.svg")
    assert "and 140 more" in text
    assert text.count("my lab") == 60


def test_a_deep_tree_and_a_single_value_are_drawn(tmp_path: Path) -> None:
    tree = _tree()
    for _ in range(12):
        tree = replace(tree, parts=(tree, _tree("z1")))
    draw(tree, tmp_path / "deep.png")
    draw(_tree("z1"), tmp_path / "single.png")
    draw(_tree("mass"), tmp_path / "mass.png")


def test_odd_texts_are_drawn_as_they_are(tmp_path: Path) -> None:
    odd = replace(
        _tree("z1"),
        source="$\\frac{ 硫化铅 😀 _^ $$ " + "x" * 500,
        latex=r"\no{such command",
        property="an $odd$ property",
        unit="$W_$",
        state=(("phase", "α_$-Fe2O3"),),
    )
    draw(odd, tmp_path / "odd.png", title="$ % & 硫")
    draw(
        replace(_tree(), parts=(odd, replace(odd, kind="unknown", id="$q_1$"))), tmp_path / "p.svg"
    )


@pytest.mark.parametrize("name", ["tree.bmp", "tree", "tree.txt", "tree.jpg.exe"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
        draw(_tree(), tmp_path / name)
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
        draw_curves(Derivation("X", []), [], MERIT, tmp_path / name)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        draw(_tree(), tmp_path / "nowhere" / "tree.png")
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(InputError, match=r"taken\.png: the plot cannot be written"):
        draw(_tree(), tmp_path / "taken.png")


def test_every_symbol_that_ships_can_be_printed() -> None:
    symbols = load_library().symbols.values()
    assert not [one.name for one in symbols if not math_text(one.latex, one.name).startswith("$")]
    assert math_text(r"\frac{", "a name") == "a name"


# Curves.


def _curve(model: str, temperatures: range, slope: float) -> list[DerivedValue]:
    return [
        DerivedValue(f"{model}{t}", "derived", MERIT.name, slope * t, 0.05, model, (), float(t))
        for t in temperatures
    ]


def _points() -> list[KnownValue]:
    return [
        known(f"r{n}-{t}", MERIT.name, 0.001 * t, std=0.03, temperature=float(t), source=f"lab {n}")
        for n in range(11)
        for t in (300, 450)
    ]


def test_a_curve_has_lines_for_models_and_marks_for_sources(tmp_path: Path) -> None:
    values = [*_curve("figure of merit", range(300, 600, 50), 0.001),
              *_curve("merit of power", range(300, 900, 200), 0.0011)]  # fmt: skip
    draw_curves(Derivation("Bi2Te3", values), _points(), MERIT, tmp_path / "curve.svg")
    text = _svg(tmp_path / "curve.svg")
    for part in ("figure of merit", "merit of power", "lab 0", "3 more sources", "of Bi2Te3",
                 "temperature (K)"):  # fmt: skip
        assert part in text
    assert "lab 9 " not in text


def test_values_over_decades_without_reported_ones_and_means_are_drawn(tmp_path: Path) -> None:
    values = _curve("a model", range(100, 900, 100), 1.0)
    values = [
        replace(one, value=10.0 ** ((one.temperature or 0) / 100), std=None) for one in values
    ]
    mean = replace(
        values[0], id="m", kind="aggregate", uses=(Use(values[0].id),), state=(("a", "b"),)
    )
    draw_curves(Derivation("X", [*values, mean]), [], MERIT, tmp_path / "decades.png")
    assert (tmp_path / "decades.png").stat().st_size > 10_000


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to draw"):
        draw_curves(derivation(), [], LIBRARY.symbols["band gap"], tmp_path / "curve.png")


def test_temperatures_are_those_of_derived_values() -> None:
    values = _curve("a model", range(300, 600, 100), 1.0)
    assert temperatures_of(Derivation("X", [*values, values[0]]), MERIT.name) == [300, 400, 500]
    assert temperatures_of(derivation(), "seebeck coefficient") == []
