"""Draw a property over temperature: what is reported, and what follows from other values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import InputError

from .drawing import FAINT, INK, check_suffix, drawing_style, math_text, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .base import Derivation, DerivedValue, KnownValue, Symbol

__all__ = ["draw_curves", "temperatures_of"]

# Okabe and Ito's colours: told apart also by colour-blind readers.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKS = "osD^v<>ph*"
_MOST_CURVES, _MOST_SOURCES = 6, 8
_WIDTH, _HEIGHT = 8.0, 5.0
_LONGEST = 42
_DECADES = 100.0
_GAP = 100.0  # K: values farther apart are not joined by a line

_Curve = tuple[str, list["DerivedValue"]]


def temperatures_of(derivation: "Derivation", name: str) -> list[float]:
    """Return the temperatures at which values of a property follow, sorted, each once."""
    found = {
        value.temperature
        for value in derivation.values
        if value.symbol == name and value.temperature is not None and value.kind == "derived"
    }
    return sorted(found)


def draw_curves(
    derivation: "Derivation",
    known: Sequence["KnownValue"],
    symbol: "Symbol",
    path: Path,
) -> None:
    """Draw the values of a property over temperature to a PNG, SVG or PDF file.

    Points are reported values, each source with a mark of its own; lines are derived values,
    one for each model and state, with a band of one standard deviation; means of several models
    are black. Where there are more than six curves or eight sources the rest share one colour.

    Args:
        derivation: with derived values of the property at temperatures.
        known: reported values; those of other properties, or at none, are not drawn.
        symbol: the property.
        path: the file; an existing one is replaced.

    Raises:
        UsageError: another suffix, or no such folder.
        InputError: no value has a temperature, or the file cannot be written.
    """
    check_suffix(path)
    points = [one for one in known if one.symbol == symbol.name and one.temperature is not None]
    curves = _curves(derivation, symbol.name)
    if not points and not curves:
        raise InputError(f"{path}: no value of {symbol.name} of {derivation.material} has a"
                         " temperature; nothing to draw")  # fmt: skip
    with drawing_style():
        figure = new_figure(_WIDTH, _HEIGHT)
        axes = figure.add_axes((0.11, 0.12, 0.55, 0.76))
        for number, (label, values) in enumerate(curves):
            _curve(axes, label, values, number)
        for number, (source, some) in enumerate(_by_source(points).items()):
            _points(axes, source, some, number)
        drawn = [one.value for one in points] + [one.value for _, some in curves for one in some]
        _label(axes, derivation.material, symbol, drawn)
        save_figure(figure, path)


def _curves(derivation: "Derivation", name: str) -> list[_Curve]:
    """Return derived values by model and state, the longest curves first, means last."""
    groups: dict[str, list[DerivedValue]] = defaultdict(list)
    reported = _means_of_reported(derivation)
    for value in derivation.values:
        if value.symbol == name and value.temperature is not None and value.id not in reported:
            state = ", ".join(text for _, text in value.state)
            mean = "mean of models" if value.kind == "aggregate" else value.model
            groups[f"{mean} ({state})" if state else mean].append(value)
    for values in groups.values():
        values.sort(key=lambda value: (value.temperature or 0.0, value.id))
    return sorted(groups.items(), key=lambda one: (one[1][0].kind == "aggregate", -len(one[1])))


def _means_of_reported(derivation: "Derivation") -> set[str]:
    """Return the ids of means of reported values: what they say the points show."""
    derived = {value.id for value in derivation.values}
    return {
        value.id
        for value in derivation.values
        if value.kind == "aggregate" and derived.isdisjoint(use.id for use in value.uses)
    }


def _by_source(points: Sequence["KnownValue"]) -> Mapping[str, list["KnownValue"]]:
    """Return reported values by source, those with most first; the last share one label."""
    groups: dict[str, list[KnownValue]] = defaultdict(list)
    for point in points:
        groups[point.source or "reported"].append(point)
    ordered = sorted(groups.items(), key=lambda one: (-len(one[1]), one[0]))
    shown = dict(ordered[:_MOST_SOURCES])
    rest = ordered[_MOST_SOURCES:]
    if rest:
        shown[f"{len(rest)} more sources"] = [point for _, some in rest for point in some]
    return shown


def _curve(axes: "Axes", label: str, values: Sequence["DerivedValue"], number: int) -> None:
    """Draw derived values with their band, with a gap where there is none for 100 K."""
    mean = values[0].kind == "aggregate"
    colour = INK if mean else _COLOURS[min(number, _MOST_CURVES - 1)]
    for position, piece in enumerate(_pieces(values)):
        at = [value.temperature or 0.0 for value in piece]
        middle = [value.value for value in piece]
        low = [value.value - (value.std or 0.0) for value in piece]
        high = [value.value + (value.std or 0.0) for value in piece]
        axes.plot(
            at,
            middle,
            color=colour,
            linewidth=1.6,
            linestyle="--" if mean else "-",
            marker="." if len(piece) < 8 else None,
            label=_cut(label) if not position else None,
            zorder=2,
        )
        axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0, zorder=1)


def _pieces(values: Sequence["DerivedValue"]) -> list[list["DerivedValue"]]:
    pieces: list[list[DerivedValue]] = [[values[0]]]
    for before, value in pairwise(values):
        if (value.temperature or 0.0) - (before.temperature or 0.0) > _GAP:
            pieces.append([])
        pieces[-1].append(value)
    return pieces


def _points(axes: "Axes", source: str, points: Sequence["KnownValue"], number: int) -> None:
    axes.errorbar(
        [point.temperature or 0.0 for point in points],
        [point.value for point in points],
        yerr=[point.std or 0.0 for point in points],
        linestyle="",
        marker=_MARKS[number % len(_MARKS)],
        markersize=5,
        markerfacecolor="white",
        color="#555555",
        elinewidth=0.8,
        label=_cut(source),
        zorder=3,
    )


def _label(axes: "Axes", material: str, symbol: "Symbol", values: Sequence[float]) -> None:
    """Write title, axes and legend; values over more than two decades get a logarithmic axis."""
    if min(values) > 0 and max(values) > _DECADES * min(values):
        axes.set_yscale("log")
    unit = "" if symbol.unit == "1" else f" ({symbol.unit.replace('$', '')})"
    axes.set_title(_cut(f"{symbol.name} of {material}", 60), loc="left", fontsize=12, color=INK)
    axes.set_xlabel("temperature (K)", color=INK)
    axes.set_ylabel(math_text(symbol.latex, symbol.name) + unit, color=INK)
    axes.tick_params(colors=INK, labelsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    legend = axes.legend(
        loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, fontsize=8, labelcolor=INK,
        title="lines: derived, marks: reported", title_fontproperties={"size": 8},
        alignment="left", borderaxespad=0,
    )  # fmt: skip
    legend.get_title().set_color(FAINT)


def _cut(text: str, longest: int = _LONGEST) -> str:
    """Return a text short enough, without dollars; an underscore would hide it in the legend."""
    text = " ".join(text.replace("$", "").split()).lstrip("_")
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
