"""Draw a ranking as a chart for a slide: one dot a candidate, with what is known of it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import InputError
from matlore.records import Candidate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["formula_markup", "plot_ranking"]

# Okabe and Ito's colours: told apart also by colour-blind readers.
_COLOURS = {True: "#0072B2", False: "#D55E00", None: "#767676"}
_LABELS = {
    True: "known: named together",
    False: "novel: not yet named together",
    None: "not counted",
}
_INK, _GUIDE, _FAINT = "#222222", "#DDDDDD", "#767676"
_MOST = 50
_ROW_INCHES, _MARGIN_INCHES, _WIDTH_INCHES = 0.30, 1.6, 8.0
_AMOUNT = re.compile(r"(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)")


def plot_ranking(
    candidates: Sequence[Candidate], application: str, path: Path, *, vectors: str
) -> None:
    """Draw candidates to a PNG or SVG file, by its suffix; the first 50 where there are more.

    Args:
        candidates: at least one, best first.
        application: what they are ranked for.
        path: the file; an existing one is replaced.
        vectors: id of the vectors, for the caption.

    Raises:
        InputError: there is nothing to draw, or the file cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not candidates:
        raise InputError(f"{path}: no candidates to draw; relax the filters")
    shown = candidates[:_MOST]
    height = _MARGIN_INCHES + _ROW_INCHES * len(shown)
    with rc_context({"svg.hashsalt": "matlore", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(_WIDTH_INCHES, height), facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.add_axes(_frame(height))
        _draw(axes, shown)
        _label(axes, shown, application, vectors, height)
        try:
            figure.savefig(path, dpi=200, metadata=_metadata(path))
        except OSError as error:
            raise InputError(f"{path}: the plot cannot be written ({error})") from error


def formula_markup(formula: str) -> str:
    """Return a formula with its amounts as subscripts, in matplotlib's markup."""
    safe = formula.replace("$", "").replace("\\", "").replace("_", "").replace("^", "")
    return _AMOUNT.sub(r"$_{\\mathregular{\1}}$", safe)


def _frame(height: float) -> tuple[float, float, float, float]:
    """Return left, bottom, width and height of the axes, as parts of the figure."""
    return 0.26, 0.75 / height, 0.58, (height - _MARGIN_INCHES) / height


def _draw(axes: "Axes", candidates: Sequence[Candidate]) -> None:
    """Draw a guide and a dot for each candidate.

    Only the dots' places mean something: the axis need not begin at zero, as bars' would.
    """
    scores = [candidate.score for candidate in candidates]
    margin = 0.06 * (max(scores) - min(scores) or 1.0)
    axes.set_xlim(min(scores) - margin, max(scores) + margin)
    axes.set_ylim(len(candidates) - 0.4, -0.6)
    axes.grid(axis="y", color=_GUIDE, linewidth=0.8)
    axes.set_axisbelow(True)
    for known in (True, False, None):
        rows = [k for k, candidate in enumerate(candidates) if candidate.known is known]
        if rows:
            values = [scores[k] for k in rows]
            axes.plot(values, rows, "o", color=_COLOURS[known], label=_LABELS[known], ms=8)


def _label(
    axes: "Axes", candidates: Sequence[Candidate], application: str, vectors: str, height: float
) -> None:
    """Write title, columns, legend and caption, and remove what is not needed."""
    figure = axes.figure
    names = [formula_markup(candidate.display or candidate.formula) for candidate in candidates]
    axes.set_yticks(range(len(candidates)), names, fontsize=11, color=_INK)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", colors=_INK, labelsize=9)
    axes.set_xlabel("similarity (cosine)", fontsize=10, color=_INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    _column(axes, -0.39, "", [str(candidate.rank) for candidate in candidates])
    _column(axes, 1.03, "papers (together)", [_papers(candidate) for candidate in candidates])
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.06, 1.0),
        ncols=3,
        frameon=False,
        fontsize=9,
        handletextpad=0.1,
        columnspacing=1.2,
        borderaxespad=0,
    )
    top = (height - 0.37) / height
    figure.text(0.035, top, f"Candidates: {application}", fontsize=15, weight="bold", color=_INK)
    figure.text(0.035, 0.15 / height, f"vectors {vectors}", fontsize=7, color=_FAINT)


def _column(axes: "Axes", x: float, heading: str, cells: Sequence[str]) -> None:
    """Write a column of text beside the axes; `x` is in parts of their width."""
    for row, cell in enumerate([heading, *cells], start=-1):
        axes.text(
            x,
            row,
            cell,
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=8 if row < 0 else 9,
            color=_FAINT if row < 0 else _INK,
        )


def _papers(candidate: Candidate) -> str:
    """Return how many papers name a candidate, and how many with the application."""
    if candidate.n_application_papers is None:
        return f"{candidate.n_papers}" if candidate.n_papers else ""
    return f"{candidate.n_papers:,} ({candidate.n_application_papers:,})"


def _metadata(path: Path) -> dict[str, str | None]:
    """Leave the date out, so that the same ranking gives the same file."""
    return {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
