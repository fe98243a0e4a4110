"""Papers and facts in lists, as the inputs of a graph."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from graph.inputs import candidate_schema, mention_schema, paper_schema, similarity_schema
from graph.measured import measured_schema
from ner.fact_store import claim_schema

__all__ = ["FactLists", "Row", "claim_row", "mention_row", "paper_row", "quantity_row"]

Row = dict[str, Any]


@dataclass(frozen=True)
class FactLists:
    """What goes into a graph, one row a dict; batches are of `size` rows."""

    papers_: Sequence[Row] = ()
    mentions_: Sequence[Row] = ()
    quantities_: Sequence[Row] = ()
    claims_: Sequence[Row] = ()
    candidates_: Sequence[Row] = ()
    similarities_: Sequence[Row] = ()
    size: int = 1000

    def papers(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.papers_, paper_schema())

    def mentions(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.mentions_, mention_schema())

    def quantities(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.quantities_, measured_schema())

    def claims(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.claims_, claim_schema())

    def candidates(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.candidates_, candidate_schema())

    def similarities(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self.similarities_, similarity_schema())

    def _batches(self, rows: Sequence[Row], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(rows), self.size):
            yield pa.RecordBatch.from_pylist(list(rows[start : start + self.size]), schema=schema)


def _spans(spans: Iterable[tuple[int, int]]) -> list[Row]:
    return [{"start": start, "end": end} for start, end in spans]


def paper_row(id: str, year: int | None = 2000, **more: Any) -> Row:
    return {"id": id, "year": year, "retracted": False, **more}


def mention_row(paper: str, start: int, label: str, text: str, norm: str | None = None) -> Row:
    return {
        "paper_id": paper,
        "start": start,
        "end": start + len(text),
        "label": label,
        "text": text,
        "norm": text if norm is None else norm,
    }


def claim_row(id: str, paper: str, type: str, subject: str, object: str, **more: Any) -> Row:
    spans = _spans(more.pop("spans", [(0, 4), (5, 9)]))
    common = {"id": id, "paper_id": paper, "text_sha": "sha", "version": "facts-1"}
    said = {"type": type, "subject": subject, "object": object, "spans": spans}
    return {**common, **said, "modality": "observed", "score": 0.5, **more}


def quantity_row(id: str, paper: str | None, value: float, **more: Any) -> Row:
    spans = _spans(more.pop("spans", [(10, 14), (0, 4), (5, 9)]))
    common = {"id": id, "paper_id": paper, "text_sha": "sha", "version": "facts-1"}
    said = {"material": "PbTe", "property": "band gap", "value": value, "unit": "eV"}
    rest = {"comparator": "=", "conditions": [], "kind": "reported", "modality": "observed"}
    return {**common, **said, **rest, "score": 0.5, "spans": spans, **more}
