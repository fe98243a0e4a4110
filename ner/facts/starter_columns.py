"""Facts out of a home as columns of numbers: what the starter pack is laid out from.

Batch by batch, so that no list of all facts is ever made. A paper that says one thing twice,
in the title and again below, keeps the surest place. Quantities of no material are left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from matlore.records import ClaimType, Comparator, Condition, Modality

from ..fact_store import conditions_from_rows
from .consolidation import UNSCORED
from .starter_tables import decimals

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from .of_material import FactBatches

    Numbers = NDArray[np.int64]
    Columns = dict[str, Numbers]

__all__ = [
    "COMPARATORS",
    "MODALITIES",
    "SCORE_STEPS",
    "TYPES",
    "FactColumns",
    "Numbering",
    "collect_facts",
    "starts_of_runs",
]

TYPES: tuple[str, ...] = get_args(ClaimType)
MODALITIES: tuple[str, ...] = get_args(Modality)
COMPARATORS: tuple[str, ...] = get_args(Comparator)
SCORE_STEPS = 20
"""Scores are kept to 0.05."""

_DECIMALS = ("value", "value_max", "std")
_CLAIM_COLUMNS = ("paper_id", "type", "subject", "object", "modality", "score", "spans")
_QUANTITY_COLUMNS = ("paper_id", "material", "property", *_DECIMALS, "comparator", "unit",
                     "conditions", "kind", "modality", "score", "spans")  # fmt: skip

_Thing = TypeVar("_Thing")


class Numbering(Generic[_Thing]):
    """Numbers things as they are met."""

    def __init__(self, known: Iterable[_Thing] = ()) -> None:
        self._numbers: dict[_Thing, int] = {}
        for thing in known:
            self.add(thing)

    def add(self, thing: _Thing) -> int:
        """Return the number of a thing."""
        return self._numbers.setdefault(thing, len(self._numbers))

    def get(self, thing: _Thing) -> int:
        """Return the number of a thing, -1 for one that is not known."""
        return self._numbers.get(thing, -1)

    def listed(self) -> list[_Thing]:
        """Return the things in the order of their numbers."""
        return list(self._numbers)


@dataclass(frozen=True, slots=True)
class FactColumns:
    """All facts of a home, one number a fact in each column.

    Attributes:
        words: all strings; other columns hold their positions.
        conditions: lists of conditions; `quantities["conditions"]` holds positions.
        claims: `paper`, `type`, `subject`, `object`, `modality`, `score` in steps, and the
            spans `subject_start`, `subject_length`, `object_start`, `object_length`.
        quantities: `paper`, `start`, `length`, `material`, `property` with their spans,
            `modality`, `score`, `comparator`, `unit`, `conditions`; `value`, `value_max` and
            `std` with their powers of ten.
    """

    words: list[str]
    conditions: list[tuple[Condition, ...]]
    claims: "Columns"
    quantities: "Columns"


def collect_facts(facts: "FactBatches", papers: Sequence[str]) -> FactColumns:
    """Read the facts of a home, or of another pack.

    Args:
        facts: read twice: quantities, then claims.
        papers: ids of the papers whose facts count; `paper` holds positions in it.
    """
    words: Numbering[str] = Numbering()
    conditions: Numbering[tuple[Condition, ...]] = Numbering()
    numbers = Numbering(papers)
    quantities = _joined(
        _quantity_columns(batch, numbers, words, conditions)
        for batch in facts.quantity_batches(_QUANTITY_COLUMNS)
    )
    claims = _joined(
        _claim_columns(batch, numbers, words) for batch in facts.claim_batches(_CLAIM_COLUMNS)
    )
    said = ("paper", "type", "subject", "object", "modality")
    measured = ["paper", "material", "property", "comparator", "unit", "modality", "conditions"]
    measured += [name + power for name in _DECIMALS for power in ("", "_power")]
    return FactColumns(
        words=words.listed(),
        conditions=conditions.listed(),
        claims=_surest(claims, said, "subject_start"),
        quantities=_surest(quantities, measured, "start"),
    )


def starts_of_runs(columns: "Sequence[Numbers]") -> "NDArray[np.bool_]":
    """Tell of each row whether it differs from the row before in any of the columns."""
    import numpy as np

    first = np.ones(len(columns[0]), dtype=bool)
    if len(first):
        first[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return first


def _surest(columns: "Columns", said: Sequence[str], start: str) -> "Columns":
    """Return the rows without those that say the same as a surer, or as sure a first, one."""
    import numpy as np

    if not columns:
        return columns
    keys = [columns[name] for name in said]
    order = np.lexsort([columns[start], -columns["score"], *reversed(keys)])
    kept = np.sort(order[starts_of_runs([key[order] for key in keys])])
    return {name: column[kept] for name, column in columns.items()}


def _joined(parts: "Iterable[Columns]") -> "Columns":
    import numpy as np

    held = [*parts]
    return {name: np.concatenate([part[name] for part in held]) for name in held[0]} if held else {}


def _claim_columns(
    batch: "pa.RecordBatch", papers: Numbering[str], words: Numbering[str]
) -> "Columns":
    columns = {
        "paper": _numbered(batch.column("paper_id"), papers.get),
        "type": _numbered(batch.column("type"), TYPES.index),
        "subject": _numbered(batch.column("subject"), words.add),
        "object": _numbered(batch.column("object"), words.add),
        "modality": _numbered(batch.column("modality"), MODALITIES.index),
        "score": _steps(batch.column("score")),
    }
    for name, place in (("subject", 0), ("object", 1)):
        start, length = _span(batch.column("spans"), place)
        columns |= {f"{name}_start": start, f"{name}_length": length}
    known = columns["paper"] >= 0
    return {name: column[known] for name, column in columns.items()}


def _quantity_columns(
    batch: "pa.RecordBatch",
    papers: Numbering[str],
    words: Numbering[str],
    conditions: Numbering[tuple[Condition, ...]],
) -> "Columns":
    import numpy as np
    import pyarrow.compute as pc

    linked = pc.and_(pc.is_valid(batch.column("material")), pc.is_valid(batch.column("property")))
    batch = batch.filter(pc.and_(linked, pc.equal(batch.column("kind"), "reported")))
    columns = {
        "paper": _numbered(batch.column("paper_id"), papers.get),
        "material": _numbered(batch.column("material"), words.add),
        "property": _numbered(batch.column("property"), words.add),
        "unit": _numbered(batch.column("unit"), words.add),
        "comparator": _numbered(batch.column("comparator"), COMPARATORS.index),
        "modality": _numbered(batch.column("modality"), MODALITIES.index),
        "score": _steps(batch.column("score")),
        "conditions": np.array(
            [
                conditions.add(conditions_from_rows(row))
                for row in batch.column("conditions").to_pylist()
            ],
            dtype=np.int64,
        ),
    }
    for name in _DECIMALS:
        digits, powers = decimals(batch.column(name).to_pylist())
        columns |= {name: digits, f"{name}_power": powers}
    for name, place in (("", 0), ("material_", 1), ("property_", 2)):
        start, length = _span(batch.column("spans"), place)
        columns |= {f"{name}start": start, f"{name}length": length}
    known = columns["paper"] >= 0
    return {name: column[known] for name, column in columns.items()}


def _numbered(column: "pa.Array", number: Any) -> "Numbers":
    """Return the number of each string of a column; each different one is asked for once."""
    import numpy as np

    coded = column.dictionary_encode()
    numbers = np.array([number(word) for word in coded.dictionary.to_pylist()], dtype=np.int64)
    if not len(numbers):
        return np.zeros(0, dtype=np.int64)
    return np.asarray(numbers[coded.indices.to_numpy(zero_copy_only=False)])


def _steps(column: "pa.Array") -> "Numbers":
    """Return scores in steps of `1 / SCORE_STEPS`."""
    import numpy as np

    scores = column.fill_null(UNSCORED).to_numpy(zero_copy_only=False)
    return np.asarray(np.rint(np.clip(scores, 0.0, 1.0) * SCORE_STEPS), dtype=np.int64)


def _span(column: "pa.Array", place: int) -> "tuple[Numbers, Numbers]":
    """Return start and length of the spans at one place of the lists; two noughts for none."""
    import numpy as np

    offsets = column.offsets.to_numpy().astype(np.int64)
    starts, ends = (part.to_numpy(zero_copy_only=False) for part in column.values.flatten())
    there = np.diff(offsets) > place
    first, length = (np.zeros(len(there), dtype=np.int64) for _ in range(2))
    rows = offsets[:-1][there] + place
    first[there] = starts[rows]
    length[there] = ends[rows] - starts[rows]
    return first, length
