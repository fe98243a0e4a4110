"""Data to learn from: a table to a frame of rows, and a report of what was left out and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log10
from pathlib import Path
from statistics import median

from matlore.errors import InputError
from matlore.progress import Progress, no_progress

from ..base import Frame, Recipe, Sample
from ..dataset_files import read_table
from ..recipes import Columns
from ..splits import joined_groups
from .columns import resolve_columns
from .rows import BadRowError, RowReader

__all__ = ["MIN_ROWS", "FrameReport", "column_values", "frame_of", "read_frame"]

MIN_ROWS = 20
"""Fewer rows teach nothing."""
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class FrameReport:
    """What became of the rows of a table.

    Attributes:
        path: of the table.
        read: rows of the table.
        kept: rows of the frame.
        materials: that differ.
        groups: that are never split.
        left_out: how many rows for each reason.
        examples: the first rows left out, with place and reason.
        merged: rows that repeat another in all.
        contradicting: rows merged although their values differ; the median was taken.
        censored: rows like `<1e-10`, taken at their limit.
        columns: from which the rows were read.
    """

    path: Path
    read: int
    kept: int
    materials: int
    groups: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    merged: int = 0
    contradicting: int = 0
    censored: int = 0
    columns: Columns = field(default_factory=Columns)

    def text(self) -> str:
        """Return the report for people, a line for each fact."""
        lines = [
            f"{self.kept:,} of {self.read:,} rows kept: {self.materials:,} materials"
            f" in {self.groups:,} groups"
        ]
        lines += [f"{count:,} left out: {reason}" for reason, count in self.left_out.items()]
        lines += [f"  {example}" for example in self.examples]
        for count, what in (
            (self.merged, "merged with a row that says the same"),
            (self.contradicting, "of one material with different values: the median was taken"),
            (self.censored, "beyond a limit (<, >): taken at the limit"),
        ):
            if count:
                lines.append(f"{count:,} {what}")
        return "\n".join(lines)


def read_frame(
    path: Path,
    recipe: Recipe,
    columns: Columns | None = None,
    *,
    merge: bool = True,
    progress: Progress = no_progress,
) -> tuple[Frame, FrameReport]:
    """Read a table into a frame.

    Rows that cannot be used are left out and counted; rows that repeat another in all are merged;
    rows of one material and condition with different values become their median.

    Args:
        path: a table as `read_table` takes it; names of structure files are below its folder.
        recipe: that is to learn from it.
        columns: of the table; those left open are found by their names.
        merge: False to keep all rows, each in its place, and to refuse rows that cannot be used.
        progress: counts rows.

    Raises:
        InputError: the table cannot be read or lacks a column; all rows are bad, fewer than 20
            are left, or all values are the same.
    """
    table = read_table(path)
    columns = resolve_columns(table, recipe, columns or Columns())
    reader = RowReader(recipe, columns, path.parent)
    progress(0, total=len(table.rows), text="reading rows")
    entries, bad, examples = [], Counter[str](), []
    for row in table.rows:
        try:
            entries.append(reader.read(row))
        except BadRowError as error:
            bad[error.reason] += 1
            examples.append(f"{row.place}: {error}")
        progress()
    if bad and not merge:
        raise InputError(f"{path}: {examples[0]}; all rows are needed here")
    if not entries:
        raise InputError(f"{path}: no row can be used; the first: {examples[0]}")
    # Groups are joined before rows are merged, which would lose that they link two papers.
    whole = frame_of(
        [entry.sample for entry in entries],
        [entry.value for entry in entries],
        conditions=[entry.conditions for entry in entries],
        groups=[entry.groups for entry in entries],
    )
    frame, counts = _merged(whole, recipe) if merge else (whole, Counter[str]())
    if contradicting := counts.pop("classes", 0):
        bad["classes that contradict one another"] = contradicting
    _check_frame(frame, path, recipe, examples)
    report = FrameReport(
        path,
        len(table.rows),
        len(frame),
        len({sample.formula for sample in frame.samples}),
        len(set(frame.groups.tolist())),
        dict(bad.most_common()),
        tuple(examples[:_MOST_EXAMPLES]),
        counts["merged"],
        counts["contradicting"],
        sum(entry.censored for entry in entries),
        columns,
    )
    return frame, report


def frame_of(
    samples: Sequence[Sample],
    values: Sequence[float],
    *,
    conditions: Sequence[Sequence[float]] | None = None,
    groups: Sequence[Sequence[str]] | None = None,
) -> Frame:
    """Return a frame of rows; rows of one formula, or with a group in common, are one group.

    Args:
        samples: one a row.
        values: one a row.
        conditions: of each row; None for a recipe without.
        groups: of each row, as many; the first of each are compared with the first, and so on.
    """
    import numpy as np

    names = [sample.formula for sample in samples]
    listed = list(zip(*groups, strict=True)) if groups and groups[0] else []
    plain = np.array(conditions, dtype=np.float64) if conditions else np.empty((len(samples), 0))
    return Frame(
        tuple(samples),
        plain,
        np.array(values, dtype=np.float64),
        joined_groups([names, *listed]) if names else np.empty(0, dtype=np.int64),
    )


def column_values(values: "Sequence[float]", columns: Columns) -> list[float]:
    """Return values in the recipe's unit as a column holds them: the inverse of reading it."""
    found = [value / columns.factor for value in values]
    if columns.holds == "log10":
        return [log10(max(value, 1e-300)) for value in found]
    return [max(value, 0.0) ** 0.5 for value in found] if columns.holds == "sqrt" else found


def _merged(frame: Frame, recipe: Recipe) -> tuple[Frame, Counter[str]]:
    """Merge rows of one material and condition; count what was merged."""
    import numpy as np

    alike: dict[tuple[int, tuple[float, ...]], list[int]] = {}
    for row, sample in enumerate(frame.samples):
        alike.setdefault((id(sample), tuple(frame.conditions[row])), []).append(row)
    kept, values, counts = [], [], Counter[str]()
    for rows in alike.values():
        found = frame.values[rows].tolist()
        middle = median(found)
        differ = len(set(found)) > 1
        if differ and recipe.task == "classification" and middle not in (0, 1):
            counts["classes"] += len(rows)
            continue
        counts["contradicting" if differ else "merged"] += len(rows) - (not differ)
        kept.append(rows[0])
        values.append(middle)
    return replace(frame.take(np.array(kept, dtype=np.int64)), values=np.array(values)), counts


def _check_frame(frame: Frame, path: Path, recipe: Recipe, examples: Sequence[str]) -> None:
    if len(frame) < MIN_ROWS:
        hint = f"; left out, for instance: {examples[0]}" if examples else ""
        raise InputError(f"{path}: {len(frame)} rows are too few; give {MIN_ROWS} or more{hint}")
    if len(set(frame.values.tolist())) == 1:
        raise InputError(
            f"{path}: {recipe.property} is {frame.values[0]:g} in all {len(frame)} rows; there is"
            " nothing to learn: give rows with different values"
        )
