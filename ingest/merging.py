"""Several records of one paper made into one row."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matlore.records import Paper

__all__ = ["compose"]

_MUCH_FULLER = 1.2
# What belongs to the text that is shown, and comes from one record together with it.
_OF_THE_TEXT = (
    "title", "abstract", "text", "text_sha", "cleaner_version", "source", "license", "relevance",
)  # fmt: skip
_DESCRIPTIVE = ("year", "date", "venue", "authors", "doi", "url", "categories")


def compose(id: str, records: Sequence[Paper]) -> Paper:
    """Return the one row of a paper.

    The text is that of the first record, or the fullest one where that is much longer (a
    fifth) or the first has no abstract, so that facts are not made stale for nothing;
    licence and source go with the text. Other fields are the first that is filled; a
    retraction of any record is the paper's.

    Args:
        id: the paper's id, which stays.
        records: at least one, the first one seen first.
    """
    first = records[0]
    fullest = max(records, key=_length)
    shown = fullest if _length(fullest) > _MUCH_FULLER * _length(first) else first
    values: dict[str, Any] = {name: getattr(shown, name) for name in _OF_THE_TEXT}
    for name in _DESCRIPTIVE:
        filled = [value for record in records if (value := getattr(record, name))]
        values[name] = filled[0] if filled else getattr(first, name)
    retracted = any(record.retracted for record in records)
    values |= _as_retracted(values, records) if retracted else {}
    ids = dict.fromkeys([id, *(one for record in records for one in record.ids)])
    return replace(first, id=id, ids=tuple(ids), retracted=retracted, **values)


def _as_retracted(values: dict[str, Any], records: Sequence[Paper]) -> dict[str, Any]:
    """Return the text of a retracted record, unless the shown one says it already."""
    if any(record.retracted and record.text_sha == values["text_sha"] for record in records):
        return {}
    notice = next(record for record in records if record.retracted)
    return {name: getattr(notice, name) for name in _OF_THE_TEXT}


def _length(paper: Paper) -> int:
    """Return how long the abstract is; a paper without one counts its title as nothing."""
    return len(paper.text.partition("\n")[2]) if paper.abstract else 0
