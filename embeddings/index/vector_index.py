"""Nearest vectors by FAISS (Johnson, Douze and Jégou, IEEE Trans. Big Data 7, 535, 2021).

Three kinds, chosen by the number of rows:

- `flat`, under 50,000: every vector is compared; no index file.
- `ivf`, under 2 million: inverted lists of 8-bit vectors.
- `ivf-pq`, above: inverted lists of product-quantised vectors, two bits a component.

What the lists find is ordered anew by the float16 vectors themselves. How many lists are looked
through is chosen when the index is built: the fewest with which 98.5 % of the true ten nearest of
made queries are found. These are not the texts themselves, which are found too easily: short
queries lie between many texts, and their nearest are in more lists.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matlore.errors import ArtifactError, UsageError
from matlore.progress import Progress, no_progress

from .card import REMEDY, IndexCard

__all__ = [
    "KINDS",
    "LISTS_FILES",
    "ListSettings",
    "Lists",
    "build_lists",
    "choose_kind",
    "lists_path",
    "nearest",
]

LISTS_FILES = "lists*.faiss*"
"""Files of lists, drafts among them: each has a name of its own, and the card says which counts."""

KINDS = ("flat", "ivf", "ivf-pq")
_FLAT, _IVF = 50_000, 2_000_000
_TRAINED_ON = 40  # vectors a list
_MOST_LISTS = 4_096  # 5 million rows are then put in within minutes
_MOST_TRAINED_ON = _TRAINED_ON * _MOST_LISTS
_ROUNDS = 10  # of k-means, for the lists and for the parts of vectors
_WANTED = 0.985
_ALL_PROBED = 64  # lists that may all be looked through; of more at most half
_CANDIDATES = (4, 8, 16, 32, 64)
_MOST = 160  # candidates while probes are chosen
_LOST = 0.002  # recall that fewer candidates may cost
_MOST_COMPARED = 4_000  # candidates, however many are wanted
_SAMPLE = 200
_MIXED = 5  # texts that a made query lies between; found as hardly as three words of a title
_BLOCK = 65_536
_AT_ONCE = 262_144  # numbers compared at once: OpenBLAS gives more to threads, and waits for them
_EXHAUSTIVE = 30_000

Vectors = NDArray[np.float16]


class ListSettings(NamedTuple):
    """How lists are looked through.

    Attributes:
        lists: how many there are.
        probes: how many of them are looked through.
        candidates: how many rows are compared exactly for each that is wanted.
        recall: share of the true ten nearest that were found when this was chosen.
        trained: rows when the lists were trained; 0 where that is not known.
        tuned: rows when the probes were chosen.
    """

    lists: int
    probes: int
    candidates: int
    recall: float
    trained: int = 0
    tuned: int = 0

    @classmethod
    def of(cls, card: IndexCard) -> "ListSettings":
        """Return what a card says.

        Raises:
            ArtifactError: it does not say that.
        """
        try:
            settings = cls(**card.settings)
            fits = min(settings[:3]) > 0
        except TypeError as error:
            raise ArtifactError(f"the card's settings are damaged ({error}); {REMEDY}") from error
        if not fits:
            raise ArtifactError(f"the card's settings are damaged; {REMEDY}")
        return settings


def choose_kind(rows: int, kind: str | None = None) -> str:
    """Return the kind of index for a number of rows, or the one that is asked for.

    Raises:
        UsageError: there is no such kind.
    """
    if kind is not None:
        if kind not in KINDS:
            raise UsageError(f"{kind}: no kind of index; use {', '.join(KINDS)}")
        return kind if rows >= 1_000 else "flat"
    return "flat" if rows < _FLAT else "ivf" if rows < _IVF else "ivf-pq"


def lists_path(folder: Path, card: IndexCard) -> Path:
    """Return the file of the lists of an index.

    Raises:
        ArtifactError: the card names none.
    """
    for name in card.files:
        if name.endswith(".faiss"):
            return folder / name
    raise ArtifactError(f"{folder}: its card names no file of lists; {REMEDY}")


def nearest(
    vectors: Vectors, query: NDArray[np.float32], rows: NDArray[np.int64] | None, top: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the nearest rows and their cosines, best first, by comparing all.

    Args:
        vectors: (rows, size) of the whole file.
        query: (size,).
        rows: those that count, ascending; None for all.
        top: how many at most.
    """
    number = len(vectors) if rows is None else len(rows)
    cosines = np.empty(number, np.float32)
    block = max(1, _AT_ONCE // vectors.shape[1])
    for start in range(0, number, block):
        here = slice(start, start + block)
        some = vectors[here] if rows is None else vectors[rows[here]]
        cosines[here] = some.astype(np.float32) @ query
    places = _largest(cosines, top)
    return places if rows is None else rows[places], cosines[places]


def _largest(values: NDArray[np.float32], top: int) -> NDArray[np.int64]:
    """Return the places of the largest values, largest first, of equal ones the first place."""
    places = np.arange(len(values))
    if len(values) > top:
        least = np.partition(values, len(values) - top)[-top]
        places = np.flatnonzero(values >= least)  # more than `top` where some are equal
    return places[np.argsort(-values[places], kind="stable")[:top]]


@dataclass(frozen=True, slots=True)
class Lists:
    """Inverted lists of FAISS, with the rows' numbers in them."""

    index: Any
    settings: ListSettings

    @classmethod
    def load(cls, path: Path, settings: ListSettings, *, mapped: bool = True) -> "Lists":
        """Open the file of an index.

        Args:
            path: of the file.
            settings: from the card.
            mapped: memory-mapped, for reading; else in memory, to be changed.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        import faiss

        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP if mapped else 0)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ArtifactError(f"{path}: FAISS cannot read it ({reason}); {REMEDY}") from error
        return cls(index, settings)

    def search(
        self,
        vectors: Vectors,
        query: NDArray[np.float32],
        allowed: NDArray[np.bool_] | None,
        top: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the nearest allowed rows and their cosines, best first.

        Args:
            vectors: (rows, size) of the whole file, to order candidates by.
            query: (size,).
            allowed: (rows,); None for all.
            top: how many at most. Where the lists that are looked through hold too few allowed
                rows, all allowed rows are compared, so that none is missed.
        """
        passing = len(vectors) if allowed is None else int(np.count_nonzero(allowed))
        if allowed is None or passing > max(_EXHAUSTIVE, top):
            share = min(1.0, passing / max(1, self.index.ntotal))  # of those in the lists
            found = self._candidates(query, allowed, share, top)
            if len(found) >= top:
                return nearest(vectors, query, np.sort(found), top)
        rows = None if allowed is None else np.flatnonzero(allowed)
        return nearest(vectors, query, rows, top)

    def _candidates(
        self,
        query: NDArray[np.float32],
        allowed: NDArray[np.bool_] | None,
        share: float,
        top: int,
    ) -> NDArray[np.int64]:
        """Return rows that are about the nearest, best first; fewer where they are not enough."""
        import faiss

        parameters = faiss.SearchParametersIVF()
        # Fewer rows pass in each list: more lists are needed for as good a choice.
        parameters.nprobe = min(self.settings.lists, int(self.settings.probes / share**0.5) + 1)
        bits = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            parameters.sel = selector
        number = min(top * self.settings.candidates, max(_MOST_COMPARED, 2 * top))
        _, rows = self.index.search(query[None], number, params=parameters)
        return np.asarray(rows[0][rows[0] >= 0], np.int64)

    def add(self, vectors: Vectors, rows: NDArray[np.int64], progress: Progress) -> None:
        """Put rows into the lists."""
        progress(0, total=len(rows), text="putting vectors into lists")
        for start in range(0, len(rows), _BLOCK):
            some = rows[start : start + _BLOCK]
            self.index.add_with_ids(vectors[some].astype(np.float32), some)
            progress(len(some))

    def remove(self, rows: NDArray[np.int64]) -> None:
        """Take rows out of the lists."""
        self.index.remove_ids(rows)

    def tuned(self, vectors: Vectors, rows: NDArray[np.int64], *, seed: int = 0) -> "Lists":
        """Return the lists with the fewest probes and candidates that find nearly all.

        Args:
            vectors: (rows, size) of the whole file.
            rows: those in the lists.
            seed: of the queries.
        """
        queries = _made_queries(vectors, rows, np.random.default_rng(seed + 1))
        truth = _true_nearest(vectors, rows, queries)
        lists = self.settings.lists
        probes, most = min(lists, max(4, lists // 32)), max(_ALL_PROBED, lists // 2)
        best = self._tried(vectors, queries, truth, probes=probes, candidates=_MOST)
        while best.settings.recall < _WANTED and probes < min(most, lists):
            probes = min(probes + probes // 2, lists)
            best = best._tried(vectors, queries, truth, probes=probes)
        for candidates in _CANDIDATES:
            tried = best._tried(vectors, queries, truth, candidates=candidates)
            if tried.settings.recall >= best.settings.recall - _LOST:
                best = tried
                break
        return Lists(self.index, best.settings._replace(tuned=len(rows)))

    def _tried(
        self,
        vectors: Vectors,
        queries: NDArray[np.float32],
        truth: list[NDArray[np.int64]],
        **changed: int,
    ) -> "Lists":
        """Return the lists with other settings and the recall that they have."""
        settings = self.settings._replace(**changed)
        tried = Lists(self.index, settings)
        shares = []
        for query, right in zip(queries, truth, strict=True):
            found = tried._candidates(query, None, 1.0, 10)
            nearest_rows, _ = nearest(vectors, query, np.sort(found), 10)
            shares.append(len(np.intersect1d(nearest_rows, right)) / max(1, len(right)))
        recall = round(float(np.mean(shares)), 4) if shares else 1.0
        return Lists(self.index, settings._replace(recall=recall))

    def save(self, path: Path) -> None:
        """Write the file."""
        import faiss

        faiss.write_index(self.index, str(path))


def build_lists(
    vectors: Vectors,
    rows: NDArray[np.int64],
    kind: str,
    *,
    progress: Progress = no_progress,
    seed: int = 0,
) -> Lists:
    """Train lists on a sample of rows, put all of them in, and choose how many to look through.

    Args:
        vectors: (rows, size) of the whole file.
        rows: those that can be found.
        kind: `ivf` or `ivf-pq`.
        progress: told of rows.
        seed: of the sample.
    """
    draw = np.random.default_rng(seed)
    number = _number_of_lists(len(rows))
    sample = min(len(rows), _TRAINED_ON * number, _MOST_TRAINED_ON)
    some = np.sort(draw.choice(rows, sample, replace=False))
    progress(0, text="training lists")
    index = _empty(kind, vectors.shape[1], number)
    index.train(vectors[some].astype(np.float32))
    lists = Lists(index, ListSettings(number, 1, _MOST, 0.0, trained=len(rows)))
    lists.add(vectors, rows, progress)
    return lists.tuned(vectors, rows, seed=seed)


def _number_of_lists(rows: int) -> int:
    return min(_MOST_LISTS, int(2 ** round(np.log2(4 * np.sqrt(rows)) - 0.5)))


def _empty(kind: str, size: int, lists: int) -> Any:
    import faiss

    index: Any
    quantizer = faiss.IndexFlatIP(size)
    metric = faiss.METRIC_INNER_PRODUCT
    if kind == "ivf":
        bits = faiss.ScalarQuantizer.QT_8bit
        index = faiss.IndexIVFScalarQuantizer(quantizer, size, lists, bits, metric)
    else:
        parts = next(n for n in (size // 4, size // 3, size // 2, size) if n and size % n == 0)
        index = faiss.IndexIVFPQ(quantizer, size, lists, parts, 8, metric)
        index.pq.cp.niter = _ROUNDS
        index.pq.cp.min_points_per_centroid = 1  # FAISS warns on stderr else
    index.cp.seed = 1
    index.cp.niter = _ROUNDS
    index.cp.min_points_per_centroid = 1
    index.own_fields = False
    index.referenced_objects = [quantizer]
    return index


def _made_queries(
    vectors: Vectors, rows: NDArray[np.int64], draw: np.random.Generator
) -> NDArray[np.float32]:
    """Return queries that lie among texts as short queries do: between some of them."""
    parts = [
        vectors[draw.choice(rows, min(_SAMPLE, len(rows)), replace=False)].astype(np.float32)
        for _ in range(_MIXED)
    ]
    mixed = np.sum(parts, axis=0)
    lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(mixed / np.maximum(lengths, 1e-6), np.float32)


def _true_nearest(
    vectors: Vectors, rows: NDArray[np.int64], queries: NDArray[np.float32]
) -> list[NDArray[np.int64]]:
    """Return the ten nearest rows of each query; one pass over the file for all of them."""
    best = np.full((len(queries), 0), 0, np.float32)
    found = np.zeros((len(queries), 0), np.int64)
    for start in range(0, len(rows), _BLOCK):
        some = rows[start : start + _BLOCK]
        cosines = queries @ vectors[some].astype(np.float32).T
        best = np.concatenate([best, cosines], axis=1)
        found = np.concatenate([found, np.broadcast_to(some, cosines.shape)], axis=1)
        places = np.argpartition(-best, min(9, best.shape[1] - 1), axis=1)[:, :10]
        best = np.take_along_axis(best, places, axis=1)
        found = np.take_along_axis(found, places, axis=1)
    return list(found)
