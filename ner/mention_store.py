"""The mentions of a data home: shards of the kind `mentions`, one row a mention.

`ner.fact_shards` says which rows live.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from matlore.home import Home, HomeWriter
from matlore.records import Mention

from .fact_shards import (
    Block,
    BlockWriter,
    LivingRows,
    ShardKind,
    forget_papers,
    has_extracted,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "KIND",
    "MENTIONS",
    "MentionWriter",
    "Mentions",
    "commonest_first",
    "forget_papers",
    "has_extracted",
    "mention_schema",
    "mentions_from_batch",
    "mentions_to_batch",
]

KIND = "mentions"
_FIELDS = tuple(field.name for field in fields(Mention))


def mention_schema() -> "pa.Schema":
    """Return the Arrow schema of a shard: the fields of `Mention`, and `model`, the version."""
    import pyarrow as pa

    special = {"start": pa.int32(), "end": pa.int32(), "score": pa.float64()}
    columns = [(name, special.get(name, pa.string())) for name in (*_FIELDS, "model")]
    return pa.schema(columns)


MENTIONS = ShardKind(KIND, mention_schema, "matlore ner extract")


def mentions_to_batch(mentions: Sequence[Mention], model: str) -> "pa.RecordBatch":
    """Return mentions that one model version made as Arrow columns."""
    import pyarrow as pa

    schema = mention_schema()
    columns = [
        pa.array([getattr(mention, name) for mention in mentions], type=schema.field(name).type)
        for name in _FIELDS
    ]
    columns.append(pa.array([model] * len(mentions), type=pa.string()))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def mentions_from_batch(batch: "pa.RecordBatch") -> Iterator[Mention]:
    """Yield the mentions of Arrow columns."""
    columns = [batch.column(name).to_pylist() for name in _FIELDS]
    for values in zip(*columns, strict=True):
        yield Mention(*values)


class Mentions:
    """The living mentions of a data home, as of the last commit; iterating starts afresh.

    What a writer commits meanwhile is not seen. Memory does not grow with their number.
    """

    def __init__(self, home: Home) -> None:
        self._rows = LivingRows(home, MENTIONS)

    def __iter__(self) -> Iterator[Mention]:
        for batch in self.batches():
            yield from mentions_from_batch(batch)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of living mentions as Arrow batches, papers whole and in sequence.

        Args:
            columns: which fields of `Mention`, or `model`; None for all.
        """
        return self._rows.batches(columns)

    def by_paper(self, id: str) -> list[Mention]:
        """Return the mentions of a paper, by any of its identifiers as the corpus has them.

        Raises:
            NotFoundError: there is no such paper, or it was not read yet.
        """
        batches = self._rows.of_paper(id)
        return [mention for batch in batches for mention in mentions_from_batch(batch)]

    def counts(self) -> dict[str, Any]:
        """Count what is there.

        Returns:
            `papers` that were read, `pending` ones that were not or have changed since,
            `mentions`, and by name `labels` (mentions), `models` (papers).
        """
        labels = Counter[str]()
        with self._rows.snapshot() as snapshot:
            total, models = snapshot.papers(), snapshot.models()
            for batch in snapshot.batches(["label"]):
                for entry in batch.column("label").value_counts().to_pylist():
                    labels[entry["values"]] += entry["counts"]
        papers = sum(count for _, count, _ in models)
        return {
            "papers": papers,
            "pending": total - papers,
            "mentions": sum(rows for *_, rows in models),
            "labels": commonest_first(labels),
            "models": commonest_first({model: count for model, count, _ in models}),
        }


class MentionWriter:
    """Writes mentions to a home; `commit` makes them count. Holds one row group at most."""

    def __init__(self, writer: HomeWriter, *, model: str) -> None:
        self._writer = writer
        self._model = model
        self._blocks = BlockWriter(writer, MENTIONS)

    def add(self, read: Mapping[tuple[str, str], Sequence[Mention]]) -> None:
        """Note what was found in papers, as one row group.

        Args:
            read: the mentions of each (paper id, `text_sha`); they replace those that the
                paper had.
        """
        group = [mention for mentions in read.values() for mention in mentions]
        blocks = [
            Block(id, text_sha, self._model, len(mentions))
            for (id, text_sha), mentions in read.items()
        ]
        self._blocks.add(blocks, mentions_to_batch(group, self._model))

    def commit(self) -> None:
        """Close the shard, and make all since the last commit count."""
        self._writer.commit(self._blocks.finish())

    def close(self) -> None:
        """Give up what was not committed."""
        self._blocks.close()


def commonest_first(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts by name, the largest first; names in order where they are equal."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
