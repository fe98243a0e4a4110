"""The quantities and claims of a data home: shards of two kinds, one row a fact.

`ner.fact_shards` says which rows live. Facts are made from a text and its mentions: the model
that the manifest names for them is the version of what found them, `@`, and the model of the
mentions, so that facts of mentions that were made anew are known to be old.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from matlore.home import Home, HomeWriter
from matlore.records import Claim, Condition, Provenance, Quantity

from .fact_shards import Block, BlockWriter, LivingRows, ShardKind, Snapshot, has_extracted
from .facts.records import PaperRecords
from .mention_store import KIND as MENTIONS_KIND
from .mention_store import commonest_first

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "CLAIMS",
    "QUANTITIES",
    "FactWriter",
    "Facts",
    "claim_schema",
    "claims_from_batch",
    "claims_to_batch",
    "conditions_from_rows",
    "facts_model",
    "quantities_from_batch",
    "quantities_to_batch",
    "quantity_schema",
    "value_counts",
]

_COMMAND = "matlore facts extract"
# Both kinds, of the mentions that there are now.
_CURRENT = f"""
SELECT count(*) FROM papers p
JOIN extracted m ON m.kind = '{MENTIONS_KIND}' AND m.id = p.id AND m.text_sha = p.text_sha
JOIN extracted q ON q.kind = 'quantities' AND q.id = p.id AND q.text_sha = p.text_sha
JOIN extracted c ON c.kind = 'claims' AND c.id = p.id AND c.text_sha = p.text_sha
WHERE c.model = q.model AND substr(q.model, instr(q.model, '@') + 1) = m.model
"""


def facts_model(version: str, mentions: str) -> str:
    """Return the model of facts: the version of their finder, and the model of the mentions."""
    return f"{version}@{mentions}"


def quantity_schema() -> "pa.Schema":
    """Return the Arrow schema of a shard of quantities.

    `paper_id`, `text_sha`, `spans` (value, material, property), `license` and `version` are
    their provenance. The value of a condition is a number in `value`, or a word in `text`.
    """
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    condition = [("name", text), ("value", number), ("text", text)]
    condition += [("value_max", number), ("unit", text)]
    columns = [*_common(), ("material", text), ("property", text)]
    columns += [("value", number), ("value_max", number), ("std", number), ("comparator", text)]
    columns += [("unit", text), ("si_value", number), ("si_unit", text)]
    columns += [("conditions", pa.list_(pa.struct(condition))), ("kind", text)]
    return pa.schema([*columns, *_ending()])


def claim_schema() -> "pa.Schema":
    """Return the Arrow schema of a shard of claims; their spans are subject and object."""
    import pyarrow as pa

    said = [(name, pa.string()) for name in ("type", "subject", "object")]
    return pa.schema([*_common(), *said, *_ending()])


def _common() -> list[tuple[str, "pa.DataType"]]:
    import pyarrow as pa

    return [(name, pa.string()) for name in ("id", "paper_id", "text_sha")]


def _ending() -> list[tuple[str, "pa.DataType"]]:
    import pyarrow as pa

    span = pa.struct([("start", pa.int32()), ("end", pa.int32())])
    names: list[tuple[str, pa.DataType]] = [("modality", pa.string()), ("score", pa.float64())]
    names += [("spans", pa.list_(span)), ("license", pa.string()), ("version", pa.string())]
    return names


QUANTITIES = ShardKind("quantities", quantity_schema, _COMMAND)
CLAIMS = ShardKind("claims", claim_schema, _COMMAND)


def quantities_to_batch(quantities: Sequence[Quantity]) -> "pa.RecordBatch":
    """Return quantities that papers report as Arrow columns."""
    return _to_batch(quantities, quantity_schema(), {"conditions": _condition_rows})


def claims_to_batch(claims: Sequence[Claim]) -> "pa.RecordBatch":
    """Return claims of papers as Arrow columns."""
    return _to_batch(claims, claim_schema(), {})


def _to_batch(
    facts: Sequence[Quantity] | Sequence[Claim], schema: "pa.Schema", special: dict[str, Any]
) -> "pa.RecordBatch":
    import pyarrow as pa

    origins = [fact.provenance for fact in facts]
    columns = []
    for field in schema:
        name = field.name
        if name == "spans":
            values: list[Any] = [[_span(one) for one in origin.spans] for origin in origins]
        elif name in ("paper_id", "text_sha", "license", "version"):
            values = [getattr(origin, name) for origin in origins]
        else:
            values = [getattr(fact, name) for fact in facts]
        make = special.get(name)
        columns.append(pa.array([*map(make, values)] if make else values, type=field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _span(span: tuple[int, int]) -> dict[str, int]:
    return {"start": span[0], "end": span[1]}


def _condition_rows(conditions: Sequence[Condition]) -> list[dict[str, object]]:
    return [
        {
            "name": one.name,
            "value": None if isinstance(one.value, str) else one.value,
            "text": one.value if isinstance(one.value, str) else None,
            "value_max": one.value_max,
            "unit": one.unit,
        }
        for one in conditions
    ]


def conditions_from_rows(rows: Iterable[dict[str, Any]]) -> tuple[Condition, ...]:
    """Return the conditions of a quantity's row."""
    return tuple(
        Condition(
            one["name"],
            one["text"] if one["value"] is None else one["value"],
            one["value_max"],
            one["unit"],
        )
        for one in rows
    )


def quantities_from_batch(batch: "pa.RecordBatch") -> Iterator[Quantity]:
    """Yield the quantities of Arrow columns."""
    for row in batch.to_pylist():
        del row["id"]  # a function of the rest
        row["conditions"] = conditions_from_rows(row["conditions"])
        yield Quantity(provenance=_provenance(row), **row)


def claims_from_batch(batch: "pa.RecordBatch") -> Iterator[Claim]:
    """Yield the claims of Arrow columns."""
    for row in batch.to_pylist():
        del row["id"]
        yield Claim(provenance=_provenance(row), **row)


def _provenance(row: dict[str, Any]) -> Provenance:
    """Take the provenance out of a row."""
    spans = tuple((span["start"], span["end"]) for span in row.pop("spans"))
    return Provenance(
        version=row.pop("version"),
        paper_id=row.pop("paper_id"),
        text_sha=row.pop("text_sha"),
        spans=spans,
        license=row.pop("license"),
    )


def _records(
    quantities: Iterable["pa.RecordBatch"], claims: Iterable["pa.RecordBatch"]
) -> PaperRecords:
    return PaperRecords(
        [one for batch in quantities for one in quantities_from_batch(batch)],
        [one for batch in claims for one in claims_from_batch(batch)],
    )


class Facts:
    """The living facts of a data home, as of the last commit; each iteration starts afresh.

    What a writer commits meanwhile is not seen. Memory does not grow with their number.
    """

    def __init__(self, home: Home) -> None:
        self._quantities = LivingRows(home, QUANTITIES)
        self._claims = LivingRows(home, CLAIMS)

    def quantities(self) -> Iterator[Quantity]:
        """Yield the quantities, those of a paper in sequence."""
        for batch in self.quantity_batches():
            yield from quantities_from_batch(batch)

    def claims(self) -> Iterator[Claim]:
        """Yield the claims, those of a paper in sequence."""
        for batch in self.claim_batches():
            yield from claims_from_batch(batch)

    def quantity_batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of quantities as Arrow batches.

        Args:
            columns: which of `quantity_schema`; None for all.
        """
        return self._quantities.batches(columns)

    def claim_batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of claims as Arrow batches.

        Args:
            columns: which of `claim_schema`; None for all.
        """
        return self._claims.batches(columns)

    def of_material(self, key: str) -> PaperRecords:
        """Return the quantities of a material and the claims whose subject it is.

        Raises:
            ArtifactError: a shard cannot be read.
        """
        quantities = self._quantities.matching("material", key)
        claims = self._claims.matching("subject", key)
        return _records(quantities, claims)

    def by_paper(self, id: str) -> PaperRecords:
        """Return the facts of a paper, by any of its identifiers as the corpus has them.

        Raises:
            ArtifactError: a shard cannot be read.
            NotFoundError: there is no such paper, or it was not read yet.
        """
        quantities, claims = self._quantities.of_paper(id), self._claims.of_paper(id)
        return _records(quantities, claims)

    def counts(self) -> dict[str, Any]:
        """Count what is there.

        Returns:
            `papers` that were read, `pending` ones that were not, or whose text or mentions
            are others since, `quantities`, `claims`, and by name `properties` (quantities),
            `types` (claims), `models` (papers).
        """
        with self._quantities.snapshot() as snapshot:
            models, total = snapshot.models(), snapshot.papers()
            pending = total - _current(snapshot)
            properties = value_counts(snapshot.batches(["property"]))
        types = value_counts(self._claims.batches(["type"]))
        return {
            "papers": sum(papers for _, papers, _ in models),
            "pending": pending,
            "quantities": sum(rows for *_, rows in models),
            "claims": sum(types.values()),
            "properties": properties,
            "types": types,
            "models": commonest_first({model: papers for model, papers, _ in models}),
        }


def _current(snapshot: Snapshot) -> int:
    if not has_extracted(snapshot.connection):
        return 0
    return int(snapshot.connection.execute(_CURRENT).fetchone()[0])


def value_counts(batches: Iterable["pa.RecordBatch"]) -> dict[str, int]:
    """Count the values of the one column of batches, the commonest first."""
    counts = Counter[str]()
    for batch in batches:
        for entry in batch.column(0).value_counts().to_pylist():
            if entry["values"] is not None:
                counts[entry["values"]] += entry["counts"]
    return commonest_first(counts)


class FactWriter:
    """Writes facts to a home; `commit` makes them count. Holds one row group a kind at most."""

    def __init__(self, writer: HomeWriter) -> None:
        self._writer = writer
        self._quantities = BlockWriter(writer, QUANTITIES)
        self._claims = BlockWriter(writer, CLAIMS)

    def add(
        self,
        quantity_blocks: Sequence[Block],
        quantities: "pa.RecordBatch",
        claim_blocks: Sequence[Block],
        claims: "pa.RecordBatch",
    ) -> None:
        """Note what was found in papers; it replaces what they had.

        Args:
            quantity_blocks: one a paper.
            quantities: their rows, one block after the other.
            claim_blocks: one a paper, the same ones.
            claims: their rows, one block after the other.
        """
        self._quantities.add(quantity_blocks, quantities)
        self._claims.add(claim_blocks, claims)

    def commit(self) -> None:
        """Close the shards, and make all since the last commit count."""
        self._writer.commit([*self._quantities.finish(), *self._claims.finish()])

    def close(self) -> None:
        """Give up what was not committed."""
        self._quantities.close()
        self._claims.close()
