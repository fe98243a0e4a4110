"""Rows turned into papers, by other processes where there are many."""

import json
import multiprocessing
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from matlore.errors import InputError, MatloreError
from matlore.records import Paper
from matlore.workers import follow_parent

from .fingerprints import Fingerprint, fingerprint
from .quarantine import BadRow, unwrap
from .rows import paper_from_row
from .sources.base import RawRow

__all__ = ["Chunk", "Parsed", "parse_chunks", "parse_row"]

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of one file; the last chunk of a file may have none."""

    file: str
    rows: list[RawRow]
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """What became of a chunk's rows, in their order."""

    chunk_rows: int
    file: str
    is_last: bool
    papers: list[Paper | BadRow]
    prints: list[Fingerprint | None]


def parse_chunks(
    chunks: Iterable[Chunk], mapping: Mapping[str, str], *, workers: int
) -> Iterator[Parsed]:
    """Yield the papers of chunks, in order, with a bounded number of chunks under way.

    Args:
        chunks: rows as they stand in their files.
        mapping: field to column, where the names do not tell.
        workers: processes to start; at most 1 does the work in this one.

    Raises:
        MatloreError: a worker was killed.
    """
    if workers <= 1:
        yield from (_parse_chunk(chunk, mapping) for chunk in chunks)
        return
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=follow_parent
    )
    try:
        under_way: deque[Future[Parsed]] = deque()
        for chunk in chunks:
            under_way.append(pool.submit(_parse_chunk, chunk, mapping))
            if len(under_way) > 2 * workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool as error:
        raise MatloreError(
            "a worker was killed, perhaps for want of memory: run this again, with "
            "`--workers 1`; it goes on after the last commit"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _parse_chunk(chunk: Chunk, mapping: Mapping[str, str]) -> Parsed:
    papers = [parse_row(row, mapping, file=chunk.file) for row in chunk.rows]
    prints = [fingerprint(paper) if isinstance(paper, Paper) else None for paper in papers]
    return Parsed(len(chunk.rows), chunk.file, chunk.is_last, papers, prints)


def parse_row(row: RawRow, mapping: Mapping[str, str], *, file: str) -> Paper | BadRow:
    """Return the paper of a row, or why there is none.

    Whatever is wrong with one row, it must not end a job of millions: that is why every
    error counts as the row's.
    """
    if row.error is not None:
        return BadRow(file, row.line, row.error, row.value)
    try:
        return paper_from_row(_value(row.value), mapping)
    except (InputError, RecursionError) as error:
        return BadRow(file, row.line, str(error), row.value)
    except Exception as error:
        return BadRow(file, row.line, f"{type(error).__name__}: {error}", row.value)


def _value(value: object) -> object:
    """Return a row's value, parsed if it still is JSON text."""
    texts = value.values() if isinstance(value, Mapping) else [value]
    if any(isinstance(text, str) and _NOT_UTF8.search(text) for text in texts):
        raise InputError("wrong encoding: not UTF-8")
    if not isinstance(value, str):
        return value
    try:
        return unwrap(json.loads(value))
    except ValueError as error:
        raise InputError(f"broken JSON: {error}") from error
