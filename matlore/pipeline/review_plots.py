"""The figures of a review, as SVG that stands in the page itself."""

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from .review_types import Review, shown

__all__ = ["timeline_svg", "values_svg"]

# Okabe and Ito's colours: told apart also by colour-blind readers.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#8c6bb1", "#767676")
_MOST_MATERIALS = 20
_GREY = "#808080"
_EXPONENT = re.compile(r"\^(-?\d+)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_METADATA = ("Date", "Creator", "Format", "Type")


def timeline_svg(review: Review) -> str:
    """Return papers by year, stacked by cluster."""
    if not review.years:
        return ""
    year_of = {one.id: one.year for one in review.references}
    first, last = min(review.years), max(review.years)
    span = list(range(first, last + 1))
    rows = -(-len(review.clusters) // 3)
    figure, axes = _figure(7.2, 2.4 + 0.18 * rows)
    below = [0] * len(span)
    for k, cluster in enumerate(review.clusters):
        counts = [sum(year_of[id] == year for id in cluster.papers) for year in span]
        label = cluster.phrases[0] if cluster.phrases else f"cluster {k + 1}"
        axes.bar(span, counts, bottom=below, color=_COLOURS[k % len(_COLOURS)], label=label)
        below = [a + b for a, b in zip(below, counts, strict=True)]
    axes.set_ylabel("papers")
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.xaxis.get_major_locator().set_params(integer=True)
    if len(review.clusters) > 1:
        columns = min(3, len(review.clusters))
        legend = figure.legend(fontsize=8, frameon=False, loc="outside upper left", ncols=columns)
        for text in legend.get_texts():
            text.set_color(_GREY)
            text.set_parse_math(False)
    return _svg(figure)


def values_svg(review: Review) -> str:
    """Return the values of the property that most rows give, by material; "" for too few."""
    rows = [row for row in review.values if row.value is not None]
    by_property: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        by_property.setdefault((row.property, row.unit), []).append(row)
    if not by_property:
        return ""
    (name, unit), shown = max(by_property.items(), key=lambda item: (len(item[1]), item[0]))
    points: dict[str, list[tuple[float, str]]] = {}
    for row in shown:
        points.setdefault(row.material, []).append((row.value, row.modality))
    if len(points) < 2:
        return ""
    return _dots(points, name, unit)


def _dots(points: Mapping[str, Sequence[tuple[float, str]]], name: str, unit: str) -> str:
    from .facts_text import plain_unit

    materials = sorted(points, key=lambda key: max(value for value, _ in points[key]))
    materials = materials[-_MOST_MATERIALS:]
    figure, axes = _figure(7.2, 0.9 + 0.24 * len(materials))
    for place, key in enumerate(materials):
        for value, modality in points[key]:
            filled = "none" if modality == "computed" else _COLOURS[0]
            axes.plot(value, place, "o", color=_COLOURS[0], markerfacecolor=filled, markersize=5)
    axes.set_yticks(range(len(materials)), [shown(key) for key in materials])
    everything = [value for key in materials for value, _ in points[key]]
    if min(everything) > 0 and max(everything) / min(everything) > 50:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda value, _: "")
    printed = _EXPONENT.sub(lambda match: match[1].translate(_RAISED), plain_unit(unit))
    axes.set_xlabel(f"{name} ({printed})" if printed else name)
    axes.grid(axis="x", color=_GREY, alpha=0.25, linewidth=0.6)
    return _svg(figure)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots()
    axes.patch.set_alpha(0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(_GREY)
    axes.tick_params(colors=_GREY, labelsize=8)
    axes.xaxis.label.set_color(_GREY)
    axes.yaxis.label.set_color(_GREY)
    return figure, axes


def _svg(figure: Any) -> str:
    """Return a figure as an SVG element: the same figure gives the same text."""
    from matplotlib import rc_context

    stream = StringIO()
    with rc_context(
        {"svg.hashsalt": "matlore", "svg.fonttype": "none", "font.family": "sans-serif"}
    ):
        figure.savefig(stream, format="svg", metadata=dict.fromkeys(_METADATA))
    text = stream.getvalue()
    return text[text.index("<svg") :]
