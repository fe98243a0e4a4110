"""What a data home, the starter pack and word vectors give to the graph."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from matlore.errors import NotFoundError

if TYPE_CHECKING:
    import pyarrow as pa

    from graph.measured import MeasuredStore
    from matlore.home import Home
    from ner.facts.starter_facts import StarterFacts

    from .vectors import LoadedVectors

__all__ = ["FactsFrom", "GatheredInputs", "gather_inputs"]

FactsFrom = Literal["home", "starter", "both"]

_CANDIDATES = 100
_NEIGHBOURS = 10
_BATCH = 16_384
_VOCABULARY = Path(__file__).parent.parent / "vocabulary"


class GatheredInputs:
    """The inputs of a graph (`graph.inputs.GraphInputs`), from wherever they are.

    Args:
        home: with papers, mentions and facts; None for those of the starter pack alone.
        starter: the starter pack; of papers that the home has too, the home's facts count.
        measured: the user's own values.
        vectors: for candidates and similar materials; None for none.
    """

    def __init__(
        self,
        home: "Home | None",
        starter: "StarterFacts | None",
        measured: "MeasuredStore | None",
        vectors: "LoadedVectors | None",
    ) -> None:
        self._home = home
        self._starter = starter
        self._measured = measured
        self._vectors = vectors

    def stamps(self) -> dict[str, str]:
        """Return hashes and versions of all that goes in, by name."""
        from graph.staging import STAGING_VERSION

        stamps = {"staging": str(STAGING_VERSION), "vocabulary": _vocabulary_hash()}
        if self._home is not None:
            stamps.update(_home_stamps(self._home))
        if self._starter is not None:
            stamps["starter"] = self._starter.card.id
        if self._measured is not None:
            stamps["measured"] = self._measured.stamp()
        if self._vectors is not None:
            stamps["vectors"] = f"{self._vectors.vectors.card.id} {_CANDIDATES} {_NEIGHBOURS}"
        return stamps

    def papers(self) -> Iterator["pa.RecordBatch"]:
        """Yield papers, in the columns of `graph.inputs.paper_schema`."""
        from graph.inputs import paper_schema

        schema = paper_schema()
        if self._home is not None:
            from ingest.corpus import Corpus

            for batch in Corpus(self._home).batches(schema.names):
                yield batch.select(schema.names).cast(schema)
        if self._starter is not None:
            for rows in _chunks(self._starter_papers):
                yield _batch(rows, schema)

    def mentions(self) -> Iterator["pa.RecordBatch"]:
        """Yield mentions, in the columns of `graph.inputs.mention_schema`."""
        if self._home is not None:
            from graph.inputs import mention_schema
            from ner.mention_store import Mentions

            yield from Mentions(self._home).batches(mention_schema().names)

    def quantities(self) -> Iterator["pa.RecordBatch"]:
        """Yield quantities: the user's own, the home's and the starter pack's."""
        if self._measured is not None:
            yield from self._measured.batches()
        if self._home is not None:
            from ner.fact_store import Facts

            yield from map(_with_source, Facts(self._home).quantity_batches())
        if self._starter is not None:
            wanted = self._of_starter(self._starter.quantity_batches())
            yield from map(_with_source, wanted)

    def claims(self) -> Iterator["pa.RecordBatch"]:
        """Yield the claims of the home and of the starter pack."""
        if self._home is not None:
            from ner.fact_store import Facts

            yield from Facts(self._home).claim_batches()
        if self._starter is not None:
            yield from self._of_starter(self._starter.claim_batches())

    def candidates(self) -> Iterator["pa.RecordBatch"]:
        """Yield the best candidates for each application of the vocabulary."""
        from graph.inputs import candidate_schema

        if self._vectors is not None:
            for rows in _chunks(_candidates(self._vectors)):
                yield _batch(rows, candidate_schema())

    def similarities(self) -> Iterator["pa.RecordBatch"]:
        """Yield the compounds that are used most alike, for each compound of the vectors."""
        from embeddings.neighbours import material_neighbours
        from graph.inputs import similarity_schema

        if self._vectors is not None:
            vectors = self._vectors.vectors
            found = material_neighbours(vectors, top=_NEIGHBOURS)
            for rows in _chunks((*row, vectors.card.id) for row in found):
                yield _batch(rows, similarity_schema())

    @cached_property
    def _starter_papers(self) -> list[tuple[object, ...]]:
        """The papers of the starter pack that the home has not, as rows."""
        assert self._starter is not None
        papers = self._starter.papers()
        known = set() if self._home is None else _known_ids(self._home, [id for id, *_ in papers])
        return [
            (id, None, year, None, None, _doi(id), None, license, False, None)
            for id, year, license in papers
            if id not in known
        ]

    def _of_starter(self, batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        """Leave out facts of papers that the home has: it read their text itself."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array([row[0] for row in self._starter_papers], pa.string())
        for batch in batches:
            yield batch.filter(pc.is_in(batch.column("paper_id"), value_set=wanted))


def gather_inputs(
    home_path: Path, *, facts: FactsFrom | None, vectors: Path | None, with_vectors: bool
) -> GatheredInputs:
    """Open what the graph of a home is made from.

    Args:
        home_path: the data home, which must be there.
        facts: whose; None for the home's where it has any, else the starter pack's.
        vectors: a folder or file of word vectors; None for the home's, else the starter's.
        with_vectors: whether there are to be candidates and similar materials.

    Raises:
        HomeError: there is no such home.
        NotFoundError: the home has no facts, and only those were asked for.
        ArtifactError: vectors or the starter pack cannot be read.
    """
    from graph.measured import MeasuredStore
    from matlore.home import Home
    from ner.facts.starter_facts import StarterFacts

    from .vectors import resolve_vectors

    home = Home.open(home_path)
    chosen = facts or ("home" if _has_facts(home) else "starter")
    if chosen == "home" and not _has_facts(home):
        raise NotFoundError(
            f"{home_path}: no facts; find some with `matlore ner extract` and then `matlore facts"
            " extract`, or load those that ship with `matlore graph load --facts starter`"
        )
    return GatheredInputs(
        None if chosen == "starter" else home,
        None if chosen == "home" else StarterFacts.load(),
        MeasuredStore(home.folder("graph") / "measured.parquet"),
        resolve_vectors(home_path, vectors=vectors) if with_vectors else None,
    )


def _has_facts(home: "Home") -> bool:
    from ner.mention_store import has_extracted

    with home.connect() as connection:
        if not has_extracted(connection):
            return False
        query = "SELECT 1 FROM extracted WHERE kind = 'claims' LIMIT 1"
        return connection.execute(query).fetchone() is not None


def _home_stamps(home: "Home") -> dict[str, str]:
    """Return what tells whether papers, mentions and facts of a home are still the same."""
    from .vectors import corpus_fingerprint

    digest = sha256()
    query = (
        "SELECT kind, shard, model, count(*), sum(first_row), sum(rows), sum(first_row * rows)"
        " FROM extracted GROUP BY kind, shard, model ORDER BY kind, shard, model"
    )
    with home.connect() as connection:
        for row in connection.execute(query):
            digest.update(repr(row).encode())
    return {"corpus": corpus_fingerprint(home), "facts": digest.hexdigest()[:16]}


def _vocabulary_hash() -> str:
    digest = sha256()
    for path in sorted(_VOCABULARY.glob("*.yaml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _known_ids(home: "Home", ids: Sequence[str]) -> set[str]:
    """Return those of some identifiers under which a home has a paper."""
    query = "SELECT value FROM json_each(?) JOIN aliases ON alias = value"
    with home.connect() as connection:
        return {id for (id,) in connection.execute(query, (json.dumps(list(ids)),))}


def _doi(id: str) -> str | None:
    return id.removeprefix("doi:") if id.startswith("doi:") else None


def _candidates(loaded: "LoadedVectors") -> Iterator[tuple[object, ...]]:
    from embeddings.ranking import rank_materials
    from matlore.vocabulary import load_applications

    vectors, until = loaded.vectors, loaded.vectors.card.trained_until
    if not len(vectors.output):
        return
    for application in load_applications().values():
        if any(term in vectors for term in application.query):
            ranked = rank_materials(
                vectors, loaded.counts, application=application, top=_CANDIDATES, until=until
            )
            for one in ranked:
                yield (
                    *(one.formula, application.name, one.score, one.rank, one.known),
                    *(vectors.card.id, until),
                )


def _with_source(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    import pyarrow as pa

    return batch.append_column("source", pa.nulls(batch.num_rows, pa.string()))


def _chunks(rows: Iterable[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    from itertools import islice

    source = iter(rows)
    while chunk := list(islice(source, _BATCH)):
        yield chunk


def _batch(rows: Sequence[tuple[object, ...]], schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    arrays = [
        pa.array(list(column), type=field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
