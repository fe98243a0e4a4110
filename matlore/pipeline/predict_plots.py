"""Draw predictions: curves over temperature with their intervals, or values side by side."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_predictions"]

# Okabe and Ito's colours: told apart also by colour-blind readers.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8c6bb1", "#767676")
_INK, _FAINT = "#222222", "#767676"
_WIDTH, _HEIGHT = 8.0, 5.0
_ROW = 0.26  # inches
_MOST_CURVES, _MOST_VALUES = len(_COLOURS), 60
_DECADES = 100.0
_LONGEST = 36
_SIGNS = {"**2": "²", "**3": "³", "**-1": "⁻¹", "*": "·"}

_Row = Mapping[str, Any]


def draw_predictions(rows: Sequence[_Row], path: Path, *, over: str = "temperature") -> None:
    """Draw the predictions of one property to a PNG, SVG or PDF file.

    Where a material has several values of `over`, curves: a line with the band of its interval;
    the line is dashed where the material or the condition is unlike the training data. Otherwise
    a point with its interval for each material, hollow where it is unlike them.

    Args:
        rows: predictions, as `predict_properties` returns them; none with an error.
        path: the file; an existing one is replaced.
        over: the condition on the axis of curves.

    Raises:
        UsageError: another suffix, several properties, or more than can be told apart.
        InputError: the file cannot be written.
    """
    from graph.propnet.drawing import check_suffix, drawing_style, new_figure, save_figure

    check_suffix(path)
    names = sorted({row["property"] for row in rows})
    if len(names) != 1:
        raise UsageError(f"--plot {path}: name one property with --property ({', '.join(names)})")
    curves = _curves(rows, over)
    is_curve = any(len(points) > 1 for points in curves.values())
    _check_number(path, len(curves) if is_curve else len(rows), is_curve)
    with drawing_style():
        height = _HEIGHT if is_curve else max(1.9, 1.2 + _ROW * len(rows))
        figure = new_figure(_WIDTH, height)
        figure.set_layout_engine("constrained")
        axes = figure.subplots()
        if is_curve:
            _draw_curves(axes, curves, over)
        else:
            _draw_values(axes, rows)
        _style(axes, rows[0], along="y" if is_curve else "x")
        save_figure(figure, path)


def _check_number(path: Path, number: int, is_curve: bool) -> None:
    most, what = (_MOST_CURVES, "curves") if is_curve else (_MOST_VALUES, "values")
    if number > most:
        raise UsageError(f"--plot {path}: {number} {what}; at most {most} can be told apart")


def _curves(rows: Sequence[_Row], over: str) -> dict[str, list[_Row]]:
    """Return rows by material and its other conditions, sorted along the axis."""
    curves: dict[str, list[_Row]] = {}
    for row in rows:
        curves.setdefault(_label(row, but=over), []).append(row)
    for points in curves.values():
        points.sort(key=lambda row: row["conditions"].get(over, 0.0))
    return curves


def _label(row: _Row, *, but: str = "") -> str:
    """Return what tells a row from others: its name, and conditions other than the axis."""
    rest = [f"{name} {value:g}" for name, value in row["conditions"].items() if name != but]
    text = " ".join(", ".join([row["name"], *rest]).replace("$", "").split()).lstrip("_")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _draw_curves(axes: "Axes", curves: Mapping[str, Sequence[_Row]], over: str) -> None:
    for colour, (label, points) in zip(_COLOURS, curves.items(), strict=False):
        at = [row["conditions"][over] for row in points]
        low, high = _ends(points)
        axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0, zorder=1)
        for number, (inside, some) in enumerate(_pieces(points)):
            axes.plot(
                [row["conditions"][over] for row in some],
                [row["value"] for row in some],
                color=colour,
                linestyle="-" if inside else "--",
                linewidth=1.7,
                marker="." if len(points) < 9 else None,
                label=None if number else label,
                zorder=2,
            )
    axes.set_xlabel(f"{over} (K)" if over == "temperature" else over, color=_INK)
    if _is_wide([row for points in curves.values() for row in points]):
        axes.set_yscale("log")
    _legend(axes, curves)


def _is_wide(rows: Sequence[_Row]) -> bool:
    """Tell whether intervals span so much that their axis must be logarithmic."""
    low, high = _ends(rows)
    return min(low) > 0 and max(high) > _DECADES * min(low)


def _ends(points: Sequence[_Row]) -> tuple[list[float], list[float]]:
    """Return the ends of the intervals; of a classification there are none but the value."""
    if "class" in points[0]:
        return [row["value"] for row in points], [row["value"] for row in points]
    return [row["lower"] for row in points], [row["upper"] for row in points]


def _pieces(points: Sequence[_Row]) -> list[tuple[bool, list[_Row]]]:
    """Return runs of points inside and outside the domain; each begins where the last ended."""
    pieces: list[tuple[bool, list[_Row]]] = []
    for inside, run in groupby(points, key=lambda row: bool(row["in_domain"])):
        before = pieces[-1][1][-1:] if pieces else []
        pieces.append((inside, [*before, *run]))
    return pieces


def _legend(axes: "Axes", curves: Mapping[str, Sequence[_Row]]) -> None:
    points = [row for some in curves.values() for row in some]
    dashed = ", dashed: unlike the training data" if not _all_inside(points) else ""
    legend = axes.legend(
        loc="best",
        frameon=False,
        fontsize=9,
        labelcolor=_INK,
        title=f"band: {points[0]['level']:.0%} interval{dashed}",
        title_fontproperties={"size": 8},
        alignment="left",
    )
    legend.get_title().set_color(_FAINT)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _all_inside(rows: Sequence[_Row]) -> bool:
    return all(row["in_domain"] for row in rows)


def _draw_values(axes: "Axes", rows: Sequence[_Row]) -> None:
    low, high = _ends(rows)
    for place, row in enumerate(rows):
        axes.plot([low[place], high[place]], [place, place], color=_COLOURS[0], linewidth=1.4)
        face = _COLOURS[0] if row["in_domain"] else "white"
        axes.plot(row["value"], place, "o", color=_COLOURS[0], markerfacecolor=face, markersize=6)
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="x", color=_FAINT, alpha=0.25, linewidth=0.6)
    hollow = "" if _all_inside(rows) else ", hollow: unlike the training data"
    axes.set_title(
        f"lines: {rows[0]['level']:.0%} intervals{hollow}", loc="right", fontsize=8, color=_FAINT
    )
    if _is_wide(rows):
        axes.set_xscale("log")


def _style(axes: "Axes", row: _Row, *, along: str) -> None:
    """Write what the axis of values is, `x` or `y`, and make the frame light."""
    what = row["property"]
    if "probability_of" in row:
        what = f"probability of {row['probability_of']}"
    unit = "" if row["unit"] == "1" else f" ({_printed(row['unit'])})"
    write = axes.set_xlabel if along == "x" else axes.set_ylabel
    write((what + unit).replace("$", ""), color=_INK)
    axes.tick_params(colors=_INK, labelsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _printed(unit: str) -> str:
    """Return a unit as people write it: `W/(m·K²)`."""
    for written, sign in _SIGNS.items():
        unit = unit.replace(written, sign)
    return f"µ{unit[1:]}" if unit.startswith("u") else unit
