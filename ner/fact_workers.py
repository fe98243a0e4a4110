"""Chunks of papers turned into rows of facts, by other processes where there are many cores.

What goes to a process and comes back is small and flat: the text of papers, and Arrow batches
as bytes; the records themselves are made, and forgotten, in the other process.
"""

import multiprocessing
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from matlore.errors import ArtifactError, MatloreError
from matlore.records import Claim, Mention, Paper, Quantity
from matlore.workers import follow_parent

from .fact_store import (
    claim_schema,
    claims_to_batch,
    facts_model,
    quantities_to_batch,
    quantity_schema,
)
from .facts.extraction import FactFinder
from .facts.records import paper_records
from .mention_store import mention_schema, mentions_from_batch

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Found", "Work", "batch_to_bytes", "find_chunks", "found_batches"]

Tag = TypeVar("Tag")


class Work(NamedTuple):
    """A chunk of papers.

    Attributes:
        papers: to be read.
        models: that made the mentions of each.
        counts: how many mentions each has.
        mentions: all of them, as one Arrow batch of `mention_schema`.
    """

    papers: list[Paper]
    models: list[str]
    counts: list[int]
    mentions: bytes


class Found(NamedTuple):
    """What was found in a chunk.

    Attributes:
        counts: of each paper the numbers of quantities and claims, or why there are none.
        quantities: all of them, as one Arrow batch.
        claims: all of them, as one Arrow batch.
    """

    counts: list[tuple[int, int] | str]
    quantities: bytes
    claims: bytes


def batch_to_bytes(batch: "pa.RecordBatch") -> bytes:
    """Return a batch as bytes; of a slice nothing but the slice."""
    return bytes(batch.serialize().to_pybytes())


def found_batches(found: Found) -> "tuple[pa.RecordBatch, pa.RecordBatch]":
    """Return the rows of quantities and of claims."""
    return (
        _from_bytes(found.quantities, quantity_schema()),
        _from_bytes(found.claims, claim_schema()),
    )


def _from_bytes(data: bytes, schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    return pa.ipc.read_record_batch(pa.py_buffer(data), schema)


def find_chunks(
    chunks: Iterable[tuple[Tag, Work]], finder: FactFinder, *, workers: int
) -> Generator[tuple[Tag, Found], None, None]:
    """Yield what is found in chunks, in order, with a bounded number of them under way.

    Args:
        chunks: work, with whatever the caller wants back beside what is found.
        finder: is pickled where there are several workers.
        workers: processes to start; at most 1 does the work in this one.

    Raises:
        ArtifactError: mentions are not those of their papers.
        MatloreError: a worker was killed.
    """
    if workers <= 1:
        yield from ((tag, _find_chunk(work, finder)) for tag, work in chunks)
        return
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(finder,),
    )
    try:
        under_way: deque[tuple[Tag, Future[Found]]] = deque()
        for tag, work in chunks:
            under_way.append((tag, pool.submit(_find_here, work)))
            if len(under_way) > 2 * workers:
                yield _result(under_way)
        while under_way:
            yield _result(under_way)
    except BrokenProcessPool as error:
        raise MatloreError(
            "a worker was killed, perhaps for want of memory: run this again, with "
            "`--workers 1`; it goes on after the last commit"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _result(under_way: deque[tuple[Tag, Future[Found]]]) -> tuple[Tag, Found]:
    tag, future = under_way.popleft()
    return tag, future.result()


_FINDER: list[FactFinder] = []  # of this process, where it is a worker


def _start_worker(finder: FactFinder) -> None:
    follow_parent()
    _FINDER[:] = [finder]


def _find_here(work: Work) -> Found:
    return _find_chunk(work, _FINDER[0])


def _find_chunk(work: Work, finder: FactFinder) -> Found:
    """Return the facts of papers; whatever is wrong with one text does not end the job."""
    mentions = mentions_from_batch(_from_bytes(work.mentions, mention_schema()))
    version = finder.version
    counts: list[tuple[int, int] | str] = []
    quantities: list[Quantity] = []
    claims: list[Claim] = []
    for paper, model, count in zip(work.papers, work.models, work.counts, strict=True):
        given = _given(paper, [*islice(mentions, count)], count)
        try:
            records = paper_records(paper, finder.find(paper, given), facts_model(version, model))
        except ArtifactError:
            raise
        except Exception as error:
            counts.append(f"{type(error).__name__}: {error}")
            continue
        counts.append((len(records.quantities), len(records.claims)))
        quantities += records.quantities
        claims += records.claims
    return Found(
        counts,
        batch_to_bytes(quantities_to_batch(quantities)),
        batch_to_bytes(claims_to_batch(claims)),
    )


def _given(paper: Paper, mentions: Sequence[Mention], count: int) -> Sequence[Mention]:
    """Return the mentions of a paper by their start, if they are its own."""
    if len(mentions) != count or any(
        (one.paper_id, one.text_sha) != (paper.id, paper.text_sha) for one in mentions
    ):
        raise ArtifactError(
            f"the mentions of {paper.id} are not what the manifest says: "
            "`matlore corpus verify --repair`, then `matlore ner extract`"
        )
    return sorted(mentions, key=lambda one: one.start)
