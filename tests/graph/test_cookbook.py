"""Every question of the cookbook, on both stores, on a part of the graph that ships: same rows.

Values are derived with the three rules of `fake_derivation`, and predicted by `fake_predictors`:
what is asked of them is the same.
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pyarrow.compute as pc
import pytest
from fake_derivation import add_derivations, fake_library
from fake_predictors import CONDUCTION, GAP, MERIT, FakePredictor, keep_predictions
from graph_samples import information

from graph.cookbook import CookbookQuery, load_cookbook
from graph.cypher import check_names, check_reading, to_ladybug, tokenize
from graph.derived_rows import model_tables
from graph.derived_store import DerivedStore
from graph.derived_tables import add_derived, base_rows, fingerprints
from graph.derived_work import Material
from graph.measured import MeasuredStore, read_measured
from graph.predicted_rows import PredictOptions
from graph.predicted_store import PredictedStore
from graph.predicted_tables import add_predicted, formula_materials
from graph.staging import build_tables
from graph.stores import GraphChanges, GraphStore, QueryLimits, open_store
from graph.tables import GraphFolder
from matlore.pipeline.graph_inputs import GatheredInputs
from matlore.pipeline.vectors import resolve_vectors
from ner.fact_store import claims_to_batch, quantities_to_batch
from ner.facts.starter_facts import StarterFacts

if TYPE_CHECKING:
    import pyarrow as pa
    from neo4j_fixtures import TestServer

pytest_plugins = ("neo4j_fixtures",)

_SHARE = 40
_MATERIALS = (
    "SnSe",
    "PbTe",
    "Bi2Te3",
    "PbH6CI3N",
    "HfS2",
    "PbSe",
    "InAgSe2",
    "GaAgSe2",
    "Y2SiO5",
    "LaFeO3",
)
_LIMITS = QueryLimits(rows=5_000, seconds=60.0)
_UNPREDICTED = "tables without predictions"
_OPTIONS = PredictOptions(temperatures=(300.0, 600.0))
_MINE = """material,property,value,unit,source
SnSe,thermoelectric figure of merit,2.1,1,notebook 12
PbTe,refractive index,1.5,1,notebook 12
LiAlO2,band gap,6.5,eV,notebook 12
"""


class _Part(GatheredInputs):
    """One in forty of the papers that ship, and all that speak of some materials."""

    def __init__(self, starter: StarterFacts, measured: MeasuredStore, folder: Path) -> None:
        super().__init__(None, starter, measured, resolve_vectors(folder))
        papers = [id for id, _, _ in starter.papers()]
        kept = {id for id in papers if crc32(id.encode()) % _SHARE == 0}
        for material in _MATERIALS:
            records = starter.of_material(material)
            origins = [one.provenance for one in records.quantities]
            origins += [one.provenance for one in records.claims]
            kept |= {origin.paper_id for origin in origins if origin.paper_id is not None}
        self._kept = kept
        self._own = measured
        self._facts = [starter.by_paper(id) for id in sorted(kept)]

    def claims(self) -> Iterator["pa.RecordBatch"]:
        yield claims_to_batch([claim for facts in self._facts for claim in facts.claims])

    def quantities(self) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        yield from self._own.batches()
        rows = quantities_to_batch([one for facts in self._facts for one in facts.quantities])
        yield rows.append_column("source", pa.nulls(rows.num_rows, pa.string()))

    def papers(self) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        wanted = pa.array(sorted(self._kept))
        for batch in super().papers():
            yield batch.filter(pc.is_in(batch.column("id"), value_set=wanted))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> GraphFolder:
    folder = tmp_path_factory.mktemp("cookbook")
    table = folder / "mine.csv"
    table.write_text(_MINE)
    measured = MeasuredStore(folder / "measured.parquet")
    measured.add(read_measured(table).values)
    part = _Part(StarterFacts.load(), measured, folder / "home")
    library = fake_library()
    build_tables(part, folder / "base", symbols=[*library.symbols.values()])
    base = GraphFolder(folder / "base")
    prints, derived = fingerprints(base), DerivedStore(folder / "derived")
    every = [Material(key, rows, prints[key]) for key, rows in base_rows(base, lambda _: True)]
    draft = derived.draft()
    add_derivations(draft, every, library)
    draft.commit(model_tables(library.models.values(), mean="weighted mean", version="1"), "1")
    full = add_derived(base, derived, folder / _UNPREDICTED)
    predicted = PredictedStore(folder / "predicted")
    for predictor in (
        FakePredictor(GAP, lambda *_: 1.4),
        FakePredictor(MERIT, lambda _, at: at["temperature"] / 500.0),
        FakePredictor(CONDUCTION, lambda *_: 0.001),
    ):
        keep_predictions(predicted, predictor, formula_materials(base), _OPTIONS)
    return add_predicted(full, predicted, folder / "tables")


def _loaded(store: GraphStore, tables: GraphFolder, folder: Path) -> GraphStore:
    nothing = GraphFolder(folder / "nothing")
    store.apply(GraphChanges(tables, nothing, nothing), information())
    return store


@pytest.fixture(scope="module")
def ladybug(tables: GraphFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    folder = tmp_path_factory.mktemp("ladybug")
    store = _loaded(open_store(f"ladybug:{folder / 'graph'}"), tables, folder)
    yield store
    store.close()


@pytest.fixture(scope="module")
def neo4j(
    tables: GraphFolder, neo4j_server: "TestServer", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphStore]:
    neo4j_server.wipe()
    store = open_store(neo4j_server.address, login=neo4j_server.login)
    yield _loaded(store, tables, tmp_path_factory.mktemp("neo4j"))
    store.close()


def _same(first: object, second: object) -> bool:
    """Tell whether two values are the same, but for the last digits of sums."""
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(_same, first, second))
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=1e-9)
    return type(first) is type(second) and first == second


def _queries() -> Iterable[CookbookQuery]:
    return load_cookbook().values()


def test_there_are_enough_questions() -> None:
    assert len(load_cookbook()) >= 30


@pytest.mark.parametrize("entry", _queries(), ids=lambda entry: entry.name)
def test_parameters_are_those_that_the_query_has(entry: CookbookQuery) -> None:
    used = {token.value for token in tokenize(entry.query) if token.text.startswith("$")}
    assert used == set(entry.parameters)
    assert entry.question.endswith("?")


@pytest.mark.parametrize("entry", _queries(), ids=lambda entry: entry.name)
def test_both_stores_answer_alike(
    entry: CookbookQuery, ladybug: GraphStore, neo4j: GraphStore
) -> None:
    check_reading(entry.query)
    check_names(entry.query)
    first = ladybug.run(to_ladybug(entry.query), entry.parameters, limits=_LIMITS)
    second = neo4j.run(entry.query, entry.parameters, limits=_LIMITS)
    assert first.columns == second.columns
    assert first.rows, "the graph of the test has no answer: it tests nothing"
    assert _same(first.rows, second.rows)


def test_no_other_question_is_answered_with_predictions(
    tables: GraphFolder, ladybug: GraphStore, tmp_path: Path
) -> None:
    without = GraphFolder(tables.path.parent / _UNPREDICTED)
    store = _loaded(open_store(f"ladybug:{tmp_path / 'graph'}"), without, tmp_path)
    changed = {
        entry.name
        for entry in _queries()
        if store.run(to_ladybug(entry.query), entry.parameters, limits=_LIMITS).rows
        != ladybug.run(to_ladybug(entry.query), entry.parameters, limits=_LIMITS).rows
    }
    store.close()
    assert changed == {
        *("predicted-thermoelectrics", "gaps-beyond-prediction", "electrolytes-to-try"),
        *("candidates-with-gaps", "all-that-is-known"),
    }
