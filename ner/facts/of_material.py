"""The materials that there are facts about."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from ..fact_store import value_counts

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FactBatches", "material_counts"]


class FactBatches(Protocol):
    """Facts as Arrow batches in the schemas of `ner.fact_store`, such as those of a home."""

    def quantity_batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield rows of quantities; `columns` None means all."""

    def claim_batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield rows of claims; `columns` None means all."""


def material_counts(facts: FactBatches) -> dict[str, int]:
    """Return how many facts there are of each material, by its key, the most first."""
    subjects = chain(facts.quantity_batches(["material"]), facts.claim_batches(["subject"]))
    return value_counts(subjects)
