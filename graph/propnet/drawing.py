"""Draw why a value is what it is: its tree from the value to the papers, left to right."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError, UsageError

from .explanation_text import plain_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .explanation import Explanation

__all__ = [
    "FAINT",
    "INK",
    "SUFFIXES",
    "check_suffix",
    "draw",
    "drawing_style",
    "math_text",
    "new_figure",
    "save_figure",
]

SUFFIXES = (".png", ".svg", ".pdf")
"""What figures may be written as."""

INK, FAINT, LINE = "#222222", "#767676", "#AAAAAA"
# Okabe and Ito's colours, made light: box and edge by what a value is.
_COLOURS = {
    "derived": ("#DCEBF5", "#0072B2"),
    "aggregate": ("#E3F2EC", "#009E73"),
    "reported": ("#FFFFFF", "#767676"),
    "composition": ("#FFF5DC", "#E69F00"),
    "unknown": ("#FFFFFF", "#AAAAAA"),
}
_ASIDE = "#D55E00"
_ROW, _GAP, _MARGIN = 0.56, 0.5, 0.35  # inches
_CHARACTER, _SMALL_CHARACTER = 0.078, 0.062  # inches, about, of 9 and 7 points
_VARIABLE_CHARACTER = 0.055  # of 6 points
_BOX_HEIGHT = 0.46
_MOST_LEAVES = 60
_NARROWEST, _WIDEST = 1.5, 3.2
_LONGEST_LABEL = 44


@dataclass(slots=True)
class _Box:
    """A value and where it is: column from the left, row from the top, in leaves."""

    node: "Explanation | None"
    column: int
    row: float
    parts: list["_Box"]
    more: str = ""


def check_suffix(path: Path) -> None:
    """Refuse a file that no figure can be written to, before any work is done.

    Raises:
        UsageError: another suffix than PNG, SVG and PDF, or a folder that is not there.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--plot {path}: name a file that ends in {', '.join(SUFFIXES)}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--plot {path}: there is no folder {path.parent}; make it first")


def draw(explanation: "Explanation", path: Path, *, title: str | None = None) -> None:
    """Draw the tree of a value to a PNG, SVG or PDF file, by its suffix.

    Of a tree with more than 60 leaves the rest is counted, not drawn.

    Args:
        explanation: the tree.
        path: the file; an existing one is replaced.
        title: written above; None for the property and its conditions.

    Raises:
        UsageError: another suffix, or no such folder.
        InputError: the file cannot be written.
    """
    check_suffix(path)
    root = _placed(explanation)
    boxes = list(_walk(root))
    lefts, widths = _columns(boxes)
    rows = 1 + max(box.row for box in boxes)
    width = lefts[-1] + widths[-1] + _MARGIN
    height = rows * _ROW + 2 * _MARGIN + 0.4
    with drawing_style():
        figure, axes = _canvas(width, height)
        stubs = [_stub(boxes, column) for column in range(len(lefts))]
        place = _Place(axes, lefts, widths, stubs, height - _MARGIN - 0.4 - _ROW / 2)
        for box in boxes:
            place.edges(box)
        for box in boxes:
            place.box(box)
        heading = title or _title(explanation)
        style: dict[str, Any] = {"fontsize": 12, "weight": "bold", "va": "center", "color": INK}
        axes.text(_MARGIN, height - _MARGIN, heading.replace("$", ""), **style)
        save_figure(figure, path)


@contextmanager
def drawing_style() -> Iterator[None]:
    """Draw figures in the block: the same file for the same figure.

    Letters that the font has not (a source may be in any language) are drawn as empty boxes.
    """
    import warnings

    from matplotlib import rc_context

    with (
        rc_context({"svg.hashsalt": "matlore", "font.family": "DejaVu Sans"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        yield


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure.

    Raises:
        InputError: the file cannot be written.
    """
    date = {".svg": "Date", ".pdf": "CreationDate"}.get(path.suffix.lower())
    try:
        figure.savefig(path, dpi=150, metadata={date: None} if date else None)
    except OSError as error:
        raise InputError(f"{path}: the plot cannot be written ({error})") from error


def math_text(latex: str, name: str) -> str:
    """Return a symbol for matplotlib, between dollars; the name where it cannot print it."""
    from matplotlib.mathtext import MathTextParser

    text = f"${latex}$"
    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return name.replace("$", "")
    return text


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure of a size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _canvas(width: float, height: float) -> tuple["Figure", "Axes"]:
    """Return a figure whose axes are its inches."""
    figure = new_figure(width, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.axis("off")
    return figure, axes


# Layout.


def _placed(tree: "Explanation") -> _Box:
    """Return the tree as boxes: leaves one below the other, parents at the middle of theirs."""
    rows = 0

    def box(node: "Explanation", column: int) -> _Box:
        nonlocal rows
        parts, hidden = [], 0
        for part in node.parts:
            if rows < _MOST_LEAVES:
                parts.append(box(part, column + 1))
            else:
                hidden += 1
        if node.more + hidden:
            aside = f" ({node.more_aside} left aside)" if node.more_aside else ""
            text = f"and {node.more + hidden} more{aside}"
            parts.append(_Box(None, column + 1, rows, [], text))
            rows += 1
        if parts:
            return _Box(node, column, (parts[0].row + parts[-1].row) / 2, parts)
        rows += 1
        return _Box(node, column, rows - 1, [])

    return box(tree, 0)


def _walk(box: _Box) -> Iterator[_Box]:
    yield box
    for part in box.parts:
        yield from _walk(part)


def _columns(boxes: Sequence[_Box]) -> tuple[list[float], list[float]]:
    """Return where each column begins and how wide its boxes are, in inches."""
    lefts, widths = [], []
    left = _MARGIN
    for column in range(1 + max(box.column for box in boxes)):
        members = [box for box in boxes if box.column == column]
        widest = max(map(_width, members))
        widths.append(min(max(widest, _NARROWEST), _WIDEST))
        label = max((len(_edge_label(box)) for box in members), default=0)
        lefts.append(left)
        left += widths[-1] + max(_GAP, label * _SMALL_CHARACTER + 0.2) + _stub(boxes, column + 1)
    return lefts, widths


def _stub(boxes: Iterable[_Box], column: int) -> float:
    """Return how long the lines to the boxes of a column are: as their variables' names."""
    names = (box.node.variable for box in boxes if box.column == column and box.node)
    return max((len(name) for name in names), default=0) * _VARIABLE_CHARACTER + 0.2


def _width(box: _Box) -> float:
    first, second = _texts(box)
    latex = box.node.latex if box.node else ""
    extra = len(latex) - 4 if len(latex) > 4 else 0  # commands are shorter than they are written
    return max((len(first) - extra) * _CHARACTER, len(second) * _SMALL_CHARACTER) + 0.25


# Texts.


def _title(tree: "Explanation") -> str:
    return " ".join(filter(None, (tree.property, tree.conditions())))


def _texts(box: _Box) -> tuple[str, str]:
    """Return the two lines in a box."""
    node = box.node
    if node is None:
        return box.more, ""
    if node.kind == "composition":
        return _cut(node.id), "composition"
    if node.kind == "unknown":
        return "not at hand", _cut(node.id)
    symbol = math_text(node.latex, _cut(node.property))
    return f"{symbol} = {node.amount().replace('$', '')}", _cut(_second_line(node))


def _second_line(node: "Explanation") -> str:
    at = "" if node.temperature is None else f"{plain_number(node.temperature)} K"
    if node.left_aside:
        return f"{node.left_aside}: {node.source or node.model or ''}"
    if node.kind == "reported":
        year = f"({node.year})" if node.year else ""
        paper = " ".join(filter(None, (node.source or "no source", year)))
        return ", ".join(filter(None, (at, paper)))
    states = [f"{name} {value}" for name, value in node.state]
    again = "as above" if node.repeated else ""
    return ", ".join(filter(None, (node.property, at, *states, again)))


def _edge_label(box: _Box) -> str:
    """Return what leads from the parts of a value to it."""
    node = box.node
    if node is None or not box.parts or node.model is None:
        return ""
    return textwrap.shorten(node.model, 28, placeholder="…")


def _cut(text: str) -> str:
    text = " ".join(text.replace("$", "").split())
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


class _Place:
    """Draws boxes and edges at their places."""

    def __init__(
        self,
        axes: "Axes",
        lefts: Sequence[float],
        widths: Sequence[float],
        stubs: Sequence[float],
        top: float,
    ) -> None:
        self._axes = axes
        self._lefts = lefts
        self._widths = widths
        self._stubs = stubs
        self._top = top

    def box(self, box: _Box) -> None:
        """Draw a value."""
        from matplotlib.patches import FancyBboxPatch

        left, width, y = self._lefts[box.column], self._widths[box.column], self._y(box)
        first, second = _texts(box)
        if box.node is None:
            self._axes.text(
                left + 0.05, y, first, va="center", fontsize=8, color=FAINT, style="italic"
            )
            return
        aside = bool(box.node.left_aside)
        face, edge = _COLOURS[box.node.kind]
        patch = FancyBboxPatch(
            (left, y - _BOX_HEIGHT / 2), width, _BOX_HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=face, edgecolor=_ASIDE if aside else edge,
            linestyle="--" if aside else "-", linewidth=1.0,
        )  # fmt: skip
        self._axes.add_patch(patch)
        middle = left + width / 2
        self._line(first, middle, y + 0.09, width, fontsize=9, color=INK)
        self._line(second, middle, y - 0.11, width, fontsize=7, color=_ASIDE if aside else FAINT)

    def _line(self, text: str, x: float, y: float, width: float, **style: Any) -> None:
        """Write a line into a box, in smaller letters where it would not go in."""
        made = self._axes.text(x, y, text, ha="center", va="center", **style)
        drawn = made.get_window_extent().width / self._axes.figure.dpi
        if drawn > width - 0.12:
            made.set_fontsize(style["fontsize"] * (width - 0.12) / drawn)

    def edges(self, box: _Box) -> None:
        """Draw the lines from a value to its parts, the model's name and the variables on them."""
        if not box.parts:
            return
        start = self._lefts[box.column] + self._widths[box.column]
        end = self._lefts[box.column + 1]
        bend, y = end - self._stubs[box.column + 1], self._y(box)
        self._axes.plot([start, bend], [y, y], color=LINE, linewidth=1.0, zorder=0)
        for part in box.parts:
            to = self._y(part)
            self._axes.plot([bend, bend, end], [y, to, to], color=LINE, linewidth=1.0, zorder=0)
            if part.node is not None and part.node.variable:
                self._axes.text(end - 0.03, to + 0.03, part.node.variable, fontsize=6, color=FAINT,
                                ha="right", va="bottom")  # fmt: skip
        label = _edge_label(box)
        self._axes.text((start + bend) / 2, y + 0.03, label, fontsize=7, color=INK, ha="center",
                        va="bottom", style="italic")  # fmt: skip

    def _y(self, box: _Box) -> float:
        return self._top - box.row * _ROW
