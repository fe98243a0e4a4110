"""Quantities annotated by hand, kept as offsets and values without their texts."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, cast, get_args

from matlore.errors import InputError
from matlore.records import Comparator

__all__ = ["AnnotatedPaper", "AnnotatedQuantity", "annotated_ids", "read_annotated_papers"]

_COLUMNS = 11
_NONE = "-"
_SHA_DIGITS = 12


class AnnotatedQuantity(NamedTuple):
    """A value that an annotator read; offsets are characters of the paper's `text`.

    Attributes:
        property: one of the properties annotated, such as `band gap`.
        span: of the value, with its unit unless a list gives it to a later one.
        materials: spans of the different spellings of its material, the best first; none
            where the text names no material for it.
        temperature: in kelvin, where the value is said to be of one.
    """

    property: str
    span: tuple[int, int]
    value: float
    value_max: float | None
    std: float | None
    comparator: Comparator
    unit: str
    materials: tuple[tuple[int, int], ...]
    temperature: float | None


class AnnotatedPaper(NamedTuple):
    """A paper with all the quantities of the annotated properties that its text holds."""

    paper_id: str
    text_sha: str
    quantities: tuple[AnnotatedQuantity, ...]


def read_annotated_papers(
    path: Path, texts: Mapping[str, str] | None = None
) -> list[AnnotatedPaper]:
    """Return the annotated papers of a file, in its order.

    Args:
        path: tab-separated lines: paper id, first digits of the sha256 of its text, property,
            value's span, value, value_max, std, comparator, unit, materials' spans, kelvins;
            `-` for none; a paper without quantities has one line of them. Lines that begin
            with `#` are skipped.
        texts: paper id to the paper's `text`: checked to be those annotated. None checks none.

    Raises:
        InputError: the file or a line cannot be read, a paper has no text, or another one.
    """
    found: dict[str, AnnotatedPaper] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        place = f"{path}, line {number}"
        columns = line.split("\t")
        if len(columns) != _COLUMNS:
            raise InputError(f"{place}: {len(columns)} columns instead of {_COLUMNS}")
        id, sha = columns[:2]
        before = found.get(id, AnnotatedPaper(id, sha, ()))
        if texts is not None:
            _check_text(id, sha, texts, place)
        quantities = (*before.quantities, *_quantities(columns[2:], place))
        found[id] = AnnotatedPaper(id, sha, quantities)
    return [*found.values()]


def annotated_ids(path: Path) -> list[str]:
    """Return the ids of the papers of a file of annotations, in its order.

    Raises:
        InputError: the file or a line cannot be read.
    """
    return [paper.paper_id for paper in read_annotated_papers(path)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}: name a file of annotations in UTF-8") from error


def _check_text(id: str, sha: str, texts: Mapping[str, str], place: str) -> None:
    text = texts.get(id)
    if text is None:
        raise InputError(f"{place}: paper {id} is not among the texts: ingest its corpus")
    if sha256(text.encode()).hexdigest()[:_SHA_DIGITS] != sha:
        raise InputError(f"{place}: the text of {id} is no longer the one annotated")


def _quantities(columns: list[str], place: str) -> list[AnnotatedQuantity]:
    """Return what a line says: one quantity, or none."""
    name, span, value, value_max, std, comparator, unit, materials, temperature = columns
    if name == _NONE:
        return []
    try:
        if comparator not in get_args(Comparator):
            raise ValueError(f"no comparator: {comparator!r}")
        spans = () if materials == _NONE else tuple(map(_span, materials.split()))
        return [
            AnnotatedQuantity(
                name,
                _span(span),
                float(value),
                _number(value_max),
                _number(std),
                cast(Comparator, comparator),
                unit,
                spans,
                _number(temperature),
            )
        ]
    except ValueError as error:
        raise InputError(f"{place}: {error}") from error


def _span(text: str) -> tuple[int, int]:
    start, end = map(int, text.split(":"))
    if not 0 <= start < end:
        raise ValueError(f"no span: {text!r}")
    return start, end


def _number(text: str) -> float | None:
    return None if text == _NONE else float(text)
