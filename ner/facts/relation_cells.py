"""Unit cells that texts give, and the materials that have them.

A cell is the most definite thing that a text says of a structure; whose it is follows from
the labels of compounds (`C15H12N2 (1)` … `(1) crystallizes …`), or from the order of words.
"""

import re

from ..elements import ELEMENTS
from .relation_features import Stage
from .relation_things import Layout, Thing

__all__ = ["CELL", "find_cells", "owner_of"]

CELL = ("h=<cell>",)
"""Traits by which a unit cell is known among phases."""

_RING = "\u030a"
_DIM = rf"\s?(?:Å|A ?{_RING}|nm|°|o(?![a-z])|deg\b)?"
_NUMBER = r"\d{1,3}(?:\.\d{1,6})?(?:\(\d{1,3}\))?"
_PARAMETER = rf"[abcαβγ]\s?[=≅≈~]\s?(?:[abc]0?(?:√2)?\s?[=≅≈]\s?){{0,3}}{_NUMBER}{_DIM}"
_CELL = re.compile(rf"(?<![\w])(?:{_PARAMETER})(?:\s?[,;.]?\s?(?:and )?(?:{_PARAMETER})){{0,7}}")
_OWN_LABEL = re.compile(r"\s?[(\[](\d{1,2}|[IVX]{1,4})[)\]]")
_LABEL = re.compile(
    r"[(\[](\d{1,2}|[IVX]{1,4})[)\]]|\b([IVX]{1,4}): |\b([IVX]{1,4})\b(?= (?:is|has|crys))"
)
_LABEL_REACH = 300
_SHORTEST = 4


def find_cells(layout: Layout) -> list[Thing]:
    """Return the unit cells that a text gives: `a = 5.72(1), c = 14.5(3) Å`."""
    text = layout.document.text
    if "=" not in text and "≅" not in text:
        return []
    return [
        Thing(text[start:end], "SPL", ((start, end),), None, 1.0, CELL)
        for start, end in (match.span() for match in _CELL.finditer(text))
        if any(unit in text[start:end] for unit in ("Å", "nm", _RING))
    ]


def owner_of(cell: Thing, stage: Stage) -> int | None:
    """Return the rank of the material whose unit cell this is; None for none that has one."""
    compounds = [
        rank
        for rank, thing in enumerate(stage.things)
        if thing.formula and thing.formula not in ELEMENTS and len(thing.formula) >= _SHORTEST
    ]
    if not compounds:
        return None
    labelled = _labelled(cell, compounds, stage)
    return labelled if labelled is not None else _before(cell, compounds, stage)


def _labelled(cell: Thing, compounds: list[int], stage: Stage) -> int | None:
    """Return the compound whose label is the last one before a cell."""
    text, start = stage.layout.document.text, cell.spans[0][0]
    labels = {
        match.group(1): rank
        for rank in compounds
        for _, end in stage.things[rank].spans
        if (match := _OWN_LABEL.match(text, end))
        or (match := _OWN_LABEL.search(text, end - 4, end))
    }
    if not labels:
        return None
    reach = max(0, start - _LABEL_REACH)
    said = ["".join(filter(None, match.groups())) for match in _LABEL.finditer(text, reach, start)]
    return next((labels[label] for label in reversed(said) if label in labels), None)


def _before(cell: Thing, compounds: list[int], stage: Stage) -> int:
    """Return the compound that is named last before a cell, else the most important one.

    Where a sentence names as many compounds as it gives cells, they go by order.
    """
    layout, start = stage.layout, cell.spans[0][0]
    low, high = layout.document.sentences[layout.document.sentence_at(start)]
    named = sorted((span[0], rank) for rank in compounds for span in stage.things[rank].spans)
    cells = [one.spans[0][0] for one in find_cells(layout) if low <= one.spans[0][0] < high]
    here = [rank for offset, rank in named if low <= offset < cells[0]] if cells else []
    if 1 < len(cells) == len(here):
        return here[cells.index(start)]
    earlier = [rank for offset, rank in named if offset < start]
    return earlier[-1] if here else min(compounds)
