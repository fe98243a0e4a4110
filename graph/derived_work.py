"""Materials derived one after the other, by other processes where there are many cores."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from matlore.errors import MatloreError
from matlore.workers import follow_parent

from .derived_store import FAILED
from .propnet.base import Derivation

if TYPE_CHECKING:
    import pyarrow as pa

    from .propnet.engine import DeriveOptions
    from .propnet.library import Library

__all__ = ["Material", "Work", "derive_materials", "derive_version", "value_versions"]

_MOST_VALUES = 2_000
_MOST_MATERIALS = 100


@dataclass(frozen=True, slots=True)
class Material:
    """A material to derive from: its key, its values as rows, and their fingerprint."""

    key: str
    rows: Sequence[Mapping[str, Any]]
    fingerprint: str


@dataclass(frozen=True)
class Work:
    """What all materials are derived with."""

    library: "Library"
    options: "DeriveOptions"

    def tables(self, materials: Sequence[Material]) -> "dict[str, pa.Table]":
        """Return what follows for some materials, as `derived_rows` has it."""
        from .derived_rows import derivation_tables

        noted = {
            "version": derive_version(self.library, self.options),
            "seconds": self.options.seconds,
        }
        derived = [
            (self._derive(one), {**noted, "fingerprint": one.fingerprint}) for one in materials
        ]
        return derivation_tables(derived, self.library.symbols, value_versions(self.library))

    def follow(self, material: Material) -> Derivation:
        """Return what follows for one material."""
        from .propnet import engine, readings

        values, refused = readings.read_values(
            material.rows, self.library, min_score=self.options.min_score
        )
        found = engine.derive(material.key, values, self.library, self.options)
        return replace(found, rejections=[*refused, *found.rejections])

    def _derive(self, material: Material) -> Derivation:
        try:
            return self.follow(material)
        except Exception as error:  # whatever is wrong with one must not end the job
            why = f"{FAILED}{type(error).__name__}: {error}"
            return Derivation(material.key, (), cut_off=why)


def derive_version(library: "Library", options: "DeriveOptions") -> str:
    """Return what must be the same for the same values to give the same."""
    return f"{options.stamp()} library {library.version}"


def value_versions(library: "Library") -> dict[str, str]:
    """Return the versions of derived values, by what made them."""
    from .propnet.combining import WEIGHTED_MEAN
    from .propnet.engine import ENGINE_VERSION

    engine = f"engine {ENGINE_VERSION}"
    made = {name: f"{engine}, model {one.version}" for name, one in library.models.items()}
    return {WEIGHTED_MEAN: engine, **made}


def derive_materials(
    materials: Iterable[Material], work: Work, *, workers: int
) -> "Iterator[dict[str, pa.Table]]":
    """Yield what follows for materials, some at a time, in their order.

    Args:
        materials: to derive from.
        work: with what.
        workers: processes to start; at most 1 does the work in this one.

    Raises:
        MatloreError: a worker was killed.
    """
    chunks = _chunks(materials)
    if workers <= 1:
        yield from map(work.tables, chunks)
        return
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(work,),
    )
    try:
        yield from _in_order(chunks, lambda chunk: pool.submit(_derive_here, chunk), 2 * workers)
    except BrokenProcessPool as error:
        raise MatloreError(
            "a worker was killed, perhaps for want of memory: run this again, with"
            " `--workers 1`; it goes on after what was kept last"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    chunks: Iterable[Sequence[Material]],
    submit: "Callable[[Sequence[Material]], Future[dict[str, pa.Table]]]",
    most: int,
) -> "Iterator[dict[str, pa.Table]]":
    """Yield results in order, with so many chunks under way at most."""
    under_way: deque[Future[dict[str, pa.Table]]] = deque()
    for chunk in chunks:
        under_way.append(submit(chunk))
        if len(under_way) > most:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _chunks(materials: Iterable[Material]) -> Iterator[list[Material]]:
    """Yield materials in chunks of about the same work; one with many values is alone."""
    chunk: list[Material] = []
    values = 0
    for material in materials:
        chunk.append(material)
        values += len(material.rows)
        if values >= _MOST_VALUES or len(chunk) >= _MOST_MATERIALS:
            yield chunk
            chunk, values = [], 0
    if chunk:
        yield chunk


_WORK: list[Work] = []  # of this process, where it is a worker


def _start_worker(work: Work) -> None:
    follow_parent()
    _WORK[:] = [work]


def _derive_here(materials: Sequence[Material]) -> "dict[str, pa.Table]":
    return _WORK[0].tables(materials)
