"""Draw a backtest: what share of the picks came true, year by year, one panel a cutoff."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from matlore.errors import InputError, UsageError

from .backtest_report import BacktestReport, BacktestRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PLOT_FORMATS", "check_plot_path", "plot_backtest"]

PLOT_FORMATS = (".png", ".svg", ".pdf")

_OURS, _MATCHED, _RANDOM, _INK = "#0b5d8a", "#d1762f", "#7f7f7f", "#333333"
_SHADE = "#ececec"
_COLUMNS = 4
_LABELS_FROM = 3
_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "matlore",
}


def check_plot_path(path: Path) -> None:
    """Refuse a file that cannot be drawn to, before hours are spent on what it shows.

    Raises:
        InputError: its folder does not exist.
        UsageError: its suffix is of no known picture format.
    """
    if path.suffix.lower() not in PLOT_FORMATS:
        raise UsageError(f"{path}: name a file that ends in {', '.join(PLOT_FORMATS)}")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: cannot be written: there is no folder {path.parent}")


def plot_backtest(report: BacktestReport, path: Path) -> None:
    """Write the picture of a backtest.

    Args:
        report: of which the whole curves are drawn.
        path: a PNG, SVG or PDF file, by its suffix.

    Raises:
        InputError: the file cannot be written.
        UsageError: another suffix, or a report without curves.
    """
    check_plot_path(path)
    import matplotlib
    from matplotlib.figure import Figure

    curves = [list(rows) for _, rows in groupby(report.curve, key=attrgetter("cutoff"))]
    if not curves:
        raise UsageError(f"{path}: nothing to draw, the backtest has no cutoff")
    lines = -(-len(curves) // _COLUMNS)
    columns = -(-len(curves) // lines)
    with matplotlib.rc_context(_STYLE):
        figure = Figure(
            figsize=(max(6.4, 1.2 + 3.5 * columns), 1.5 + 3.0 * lines), layout="constrained"
        )
        _draw(figure, report, curves, lines, columns)
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
        try:
            figure.savefig(path, dpi=160, metadata=metadata)
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def _draw(
    figure: "Figure",
    report: BacktestReport,
    curves: list[list[BacktestRow]],
    lines: int,
    columns: int,
) -> None:
    """Draw all panels with one scale, one legend and a title."""
    grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
    panels = list(grid.flat)
    for panel, curve in zip(panels, curves, strict=False):
        _panel(panel, curve, report.thin_years)
    for panel in panels[len(curves) :]:
        panel.set_visible(False)
    highest = max(_share(row, row.high or 0, 1) for curve in curves for row in curve)
    panels[0].set_ylim(0, min(100, 5 * np.ceil(1.04 * highest / 5)))
    for line in grid:
        line[0].set_ylabel(f"reported since the cutoff\n(% of the first {report.top})")
    figure.suptitle(
        f"Ranked for {report.application}:{' ' if columns > 1 else chr(10)}"
        "not studied at the cutoff, reported later",
        fontsize=13,
        fontweight="bold",
    )
    handles, labels = (found[::-1] for found in panels[0].get_legend_handles_labels())
    figure.legend(
        handles, labels, loc="outside lower center", ncols=1 if columns == 1 else 3, frameon=False
    )


def _panel(panel: "Axes", curve: list[BacktestRow], thin: Sequence[int]) -> None:
    """Draw one cutoff: the two baselines with their bands, our picks above them."""
    years = [row.year for row in curve]
    _shade(panel, [year for year in thin if years[0] < year <= years[-1]])
    for colour, label, name, style in (
        (_RANDOM, "random picks (95%)", "random", ":"),
        (_MATCHED, "matched by frequency (95%)", "matched", "--"),
    ):
        low, middle, high = (
            [_share(row, getattr(row, name + bound), row.picks) for row in curve]
            for bound in ("_low", "", "_high")
        )
        panel.fill_between(years, low, high, color=colour, alpha=0.16, linewidth=0)
        panel.plot(years, middle, color=colour, linestyle=style, linewidth=1.6, label=label)
    shares = [_share(row, row.hits, row.picks) for row in curve]
    panel.plot(years, shares, color=_OURS, linewidth=2.2, marker="o", ms=3.5, label="ranked first")
    _error_bar(panel, curve[-1])
    _dress(panel, curve)


def _error_bar(panel: "Axes", last: BacktestRow) -> None:
    """Give the last point its interval and say the hits."""
    if last.rate is None or last.low is None or last.high is None:
        return
    middle, low, high = 100 * last.rate, 100 * last.low, 100 * last.high
    panel.errorbar(
        [last.year], [middle], [[middle - low], [high - middle]], color=_OURS, capsize=3, lw=1.2
    )
    panel.annotate(
        f"{last.hits} of {last.picks}",
        (last.year, middle),
        xytext=(-6, 6),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=_OURS,
        fontweight="bold",
    )


def _shade(panel: "Axes", thin: Sequence[int]) -> None:
    """Shade runs of years of which the corpus holds few papers."""
    runs = groupby(enumerate(thin), key=lambda pair: pair[1] - pair[0])
    for _, run in runs:
        years = [year for _, year in run]
        panel.axvspan(years[0] - 1, years[-1], color=_SHADE, linewidth=0, zorder=0)
        if len(years) >= _LABELS_FROM:
            panel.text(
                (years[0] - 1 + years[-1]) / 2,
                0.02,
                "thin\ncorpus",
                transform=panel.get_xaxis_transform(),
                ha="center",
                va="bottom",
                fontsize=8,
                color="#777777",
            )


def _dress(panel: "Axes", curve: list[BacktestRow]) -> None:
    """Set title, ticks and frame of a panel."""
    last = curve[-1]
    panel.set_title(f"cutoff {last.cutoff}", fontsize=11, loc="left")
    reported = f"{last.positives} of {last.candidates:,} candidates reported"
    panel.set_title(reported, fontsize=8, loc="right")
    panel.set_xlim(last.cutoff, last.year + 0.4)
    step = max(1, -(-(last.year - last.cutoff) // 5))
    panel.set_xticks(range(last.cutoff, last.year + 1, step))
    panel.grid(axis="y", color="#e3e3e3", linewidth=0.8)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelleft=True)


def _share(row: BacktestRow, hits: float | None, picks: int) -> float:
    """Return hits in percent of the picks; nothing picked is nothing found."""
    return 100 * (hits or 0.0) / picks if picks else 0.0
