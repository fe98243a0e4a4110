"""What may be passed on is what the graph would be, had only that been read."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.export_filter import keep_licensed
from graph.inputs import candidate_schema, mention_schema, paper_schema, similarity_schema
from graph.measured import measured_schema
from graph.staging import build_tables
from graph.tables import GraphFolder, GraphTable, graph_tables
from matlore.records import ClaimType
from ner.fact_store import claim_schema

Row = dict[str, Any]

FREE, CLOSED = "CC0-1.0", "all rights reserved"
MATERIALS = ("PbTe", "SnTe", "Bi2Te3", "name:graphene", "family:La-Mn-O-Sr")
NAMES = {
    "PRO": ("band gap", "zT", "glow"),
    "APL": ("thermoelectric", "diode"),
    "SPL": ("cubic",),
    "DSC": ("film",),
}
OBJECTS: dict[ClaimType, Sequence[str]] = {
    "USED_IN": NAMES["APL"],
    "HAS_PHASE": NAMES["SPL"],
    "HAS_PROPERTY": NAMES["PRO"],
    "DOPED_WITH": MATERIALS,
    "MEASURED_BY": ("x-ray diffraction", "looking"),
    "SAME_AS": MATERIALS,
}


class Given:
    """Inputs of a graph, made by chance; of the same seed the same."""

    def __init__(self, seed: int) -> None:
        chance = Random(seed)
        self.of: dict[str, list[Row]] = {"papers": [], "mentions": [], "quantities": []}
        self.of |= {"claims": [], "candidates": [], "similarities": []}
        for n in range(12):
            self._paper(chance, f"doi:10.1/{n}")
        for n in range(4):
            self._quantity(chance, f"own{n}", None, chance.choice([FREE, CLOSED, None]))

    def _paper(self, chance: Random, id: str) -> None:
        license = chance.choice([FREE, FREE, CLOSED, None])
        paper = {"id": id, "title": f"On {id}", "year": chance.choice([None, *range(1990, 2000)])}
        paper |= {"date": date(2000, 1, 2), "license": license}
        self.of["papers"].append({**paper, "retracted": chance.random() < 0.2})
        for start in range(0, 10 * chance.randrange(6), 10):
            label = chance.choice(["MAT", *NAMES])
            norm = chance.choice(NAMES.get(label, MATERIALS))
            mention = {"paper_id": id, "start": start, "end": start + 4, "label": label}
            self.of["mentions"].append({**mention, "text": norm.upper(), "norm": norm})
        for n in range(chance.randrange(4)):
            self._claim(chance, f"{id} c{n}", id, license)
        for n in range(chance.randrange(3)):
            self._quantity(chance, f"{id} q{n}", id, license)

    def _claim(self, chance: Random, id: str, paper: str, license: str | None) -> None:
        type = chance.choice([*OBJECTS])
        spans = [{"start": start, "end": start + 3} for start in chance.sample(range(90), 2)]
        claim: Row = {
            "id": id,
            "paper_id": paper,
            "type": type,
            "subject": chance.choice(MATERIALS),
        }
        claim |= {"object": chance.choice(OBJECTS[type]), "license": license}
        modality = chance.choice(["observed", "computed", "denied"])
        score = chance.choice([None, 0.25, 0.5, 0.875])
        self.of["claims"].append({**claim, "modality": modality, "score": score, "spans": spans})

    def _quantity(self, chance: Random, id: str, paper: str | None, license: str | None) -> None:
        spans = [{"start": n, "end": n + 3} for n in (100, 110, 120)] if paper else []
        said: Row = {
            "id": id,
            "paper_id": paper,
            "material": chance.choice(MATERIALS),
            "value": 1.5,
        }
        said |= {"property": chance.choice(NAMES["PRO"]), "unit": "1", "conditions": []}
        source = None if paper else "notebook"
        self.of["quantities"].append({**said, "spans": spans, "license": license, "source": source})

    def only(self, license: str) -> "Given":
        """Return what is left with one licence."""
        left = Given(0)
        keep = ("papers", "quantities", "claims")
        left.of = {
            name: [row for row in rows if name not in keep or row["license"] == license]
            for name, rows in self.of.items()
        }
        return left

    def papers(self) -> Iterator[pa.RecordBatch]:
        yield from self._batches("papers", paper_schema())

    def mentions(self) -> Iterator[pa.RecordBatch]:
        yield from self._batches("mentions", mention_schema())

    def quantities(self) -> Iterator[pa.RecordBatch]:
        yield from self._batches("quantities", measured_schema())

    def claims(self) -> Iterator[pa.RecordBatch]:
        yield from self._batches("claims", claim_schema())

    def candidates(self) -> Iterator[pa.RecordBatch]:
        yield from self._batches("candidates", candidate_schema())

    def similarities(self) -> Iterator[pa.RecordBatch]:
        yield from self._batches("similarities", similarity_schema())

    def _batches(self, name: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        yield from pa.Table.from_pylist(self.of[name], schema).to_batches()


class Tables:
    """The tables of a folder, as those of a store."""

    def __init__(self, folder: GraphFolder) -> None:
        self.batches = folder.batches

    def tables(self) -> tuple[GraphTable, ...]:
        return graph_tables()


def made(inputs: Given, folder: Path) -> GraphFolder:
    build_tables(inputs, folder)
    return GraphFolder(folder)


def contents(folder: GraphFolder) -> dict[str, list[Row]]:
    """Return the rows of all tables that have any, without what the filter cannot know."""
    found = {table.name: pq.read_table(folder.file(table)).to_pylist() for table in folder.tables()}
    for material in found.get("Material", []):
        del material["name"], material["names"]
    for method in found.get("Method", []):  # by mentions too, whose labels are not in the graph
        del method["kind"]
    return {name: rows for name, rows in found.items() if rows}


@pytest.mark.parametrize("seed", range(4))
def test_what_may_be_passed_on_is_as_if_only_that_had_been_read(tmp_path: Path, seed: int) -> None:
    inputs = Given(seed)
    whole = Tables(made(inputs, tmp_path / "whole"))
    (tmp_path / "work").mkdir()
    kept = keep_licensed(whole, tmp_path / "work", lambda license: license == FREE)
    free = contents(made(inputs.only(FREE), tmp_path / "free"))
    assert contents(kept) == free
    assert 0 < len(free["Paper"]) < 12


def test_where_all_may_be_passed_on_all_stays(tmp_path: Path) -> None:
    whole = made(Given(1), tmp_path / "whole")
    (tmp_path / "work").mkdir()
    kept = keep_licensed(Tables(whole), tmp_path / "work", lambda _: True)
    assert contents(kept) == contents(whole)
