"""An index opened for reading."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from matlore.errors import ArtifactError

from ..full_text import FullTextIndex
from .card import REMEDY, IndexCard, check_files, load_card
from .records import Hit
from .rows import RowStore
from .vector_file import map_vectors
from .vector_index import Lists, ListSettings, lists_path, nearest

__all__ = ["FULL_TEXT", "SearchIndex"]

FULL_TEXT = "text"
_HASHED_UNDER = 1_000_000_000  # bytes; larger files are only measured when an index is opened


class SearchIndex:
    """The texts of a collection, to be found by their words and by their vectors.

    It shows the state at its opening; a writer may go on meanwhile. Filters are exact: `top`
    texts are found wherever so many pass.
    """

    def __init__(self, folder: Path, card: IndexCard, rows: RowStore, text: FullTextIndex) -> None:
        self.folder = folder
        self.card = card
        self._rows = rows
        self._text = text
        self._vectors = map_vectors(folder, card.total_rows, card.size)
        self._gone = rows.deleted()
        self._lists: Lists | None = None
        if card.kind != "flat":
            self._lists = Lists.load(lists_path(folder, card), ListSettings.of(card))

    @classmethod
    def open(cls, folder: Path) -> "SearchIndex":
        """Open an index.

        Raises:
            ArtifactError: there is none, or it is damaged or truncated.
        """
        card = load_card(folder)
        try:
            return cls._open(folder, card)
        except ArtifactError:
            now = load_card(folder)
            if now == card:
                raise
        return cls._open(folder, now)  # a build was finished meanwhile, and its files changed

    @classmethod
    def _open(cls, folder: Path, card: IndexCard) -> "SearchIndex":
        size = sum(int(entry["bytes"]) for entry in card.files.values())
        check_files(card, folder, hashes=size < _HASHED_UNDER)
        rows = RowStore(folder)
        try:
            if rows.fact("encoder") != card.encoder or rows.total < card.total_rows:
                raise ArtifactError(f"{folder}: its rows are not those of its card; {REMEDY}")
            return cls(folder, card, rows, FullTextIndex.open(folder / FULL_TEXT))
        except BaseException:
            rows.close()
            raise

    def __enter__(self) -> "SearchIndex":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._rows.close()
        self._text.close()

    def __len__(self) -> int:
        """Return the number of texts that can be found."""
        return self.card.total_rows - int((self._gone < self.card.total_rows).sum())

    def verify(self) -> None:
        """Compare every file with the card, whatever its size, and those of full text with theirs.

        Raises:
            ArtifactError: one is missing, truncated or another.
        """
        check_files(self.card, self.folder, hashes=True)
        self._text.verify()

    # Finding

    def dense(
        self, vector: NDArray[np.float32], top: int, allowed: NDArray[np.bool_] | None = None
    ) -> list[Hit]:
        """Return the texts whose vectors are nearest, with their cosines, best first.

        Args:
            vector: (size,), length one.
            top: how many at most.
            allowed: of `allowed()`; None for all.

        Raises:
            ArtifactError: the vector is of another dimension than the index.
        """
        query = np.asarray(vector, np.float32).reshape(-1)
        if len(query) != self.card.size:
            raise ArtifactError(
                f"{self.folder}: its vectors have {self.card.size} numbers, the encoder's"
                f" {len(query)}; name its encoder ({self.card.encoder}) or {REMEDY}"
            )
        found, cosines = self._nearest(query, top, self._all if allowed is None else allowed)
        return self._hits(found.tolist(), cosines.tolist())

    def _nearest(
        self, query: NDArray[np.float32], top: int, mask: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        if top < 1:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        if self._lists is not None:
            return self._lists.search(self._vectors, query, mask, top)
        return nearest(self._vectors, query, None if mask is None else np.flatnonzero(mask), top)

    def full_text(
        self,
        text: str,
        top: int,
        *,
        materials: Sequence[str] = (),
        allowed: NDArray[np.bool_] | None = None,
        syntax: bool = True,
    ) -> list[Hit]:
        """Return the texts that have the words, best first (see `FullTextIndex.search`)."""
        found = self._text.search(
            text, top, materials=materials, allowed=self._mask(allowed), syntax=syntax
        )
        return self._hits([row for row, _ in found], [score for _, score in found])

    def like(self, text: str, top: int, allowed: NDArray[np.bool_] | None = None) -> list[Hit]:
        """Return the texts that share the telling words of another (see `FullTextIndex.like`)."""
        found = self._text.like(text, top, allowed=self._mask(allowed))
        return self._hits([row for row, _ in found], [score for _, score in found])

    def count(self, text: str, materials: Sequence[str] = ()) -> int:
        """Return how many texts hold any of the words or materials."""
        return int(self._text.count(text, materials))

    def _hits(self, rows: list[int], scores: list[float]) -> list[Hit]:
        keys = self._rows.keys_of(rows)
        return [Hit(keys[row], s) for row, s in zip(rows, scores, strict=True) if row in keys]

    # Filters

    @cached_property
    def _all(self) -> NDArray[np.bool_] | None:
        """The rows that are not deleted; None where none is."""
        gone = self._gone[self._gone < self.card.total_rows]
        if not len(gone):
            return None
        mask = np.ones(self.card.total_rows, np.bool_)
        mask[gone] = False
        return mask

    def _mask(self, allowed: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """Return what full text may find: nothing of rows that came after the card."""
        if allowed is not None:
            return allowed
        if self._all is not None or self._rows.total > self.card.total_rows:
            return self._all if self._all is not None else np.ones(self.card.total_rows, np.bool_)
        return None

    def allowed(
        self,
        *,
        keys: Iterable[str] | None = None,
        years: tuple[int | None, int | None] = (None, None),
        sources: Sequence[str] = (),
        licenses: Sequence[str] = (),
    ) -> NDArray[np.bool_]:
        """Return which rows pass: not deleted, among `keys`, and as the rest says."""
        if years == (None, None) and not sources and not licenses:
            mask = np.ones(self.card.total_rows, np.bool_)
            mask[self._gone[self._gone < self.card.total_rows]] = False
        else:
            mask = np.zeros(self.card.total_rows, np.bool_)
            passing = self._rows.matching(years=years, sources=sources, licenses=licenses)
            mask[passing[passing < self.card.total_rows]] = True
        if keys is not None:
            rows = np.array(sorted(self._rows.rows_of(keys).values()), np.int64)
            among = np.zeros(self.card.total_rows, np.bool_)
            among[rows[rows < self.card.total_rows]] = True
            mask &= among
        return mask

    def choices(self, name: str) -> dict[str, int]:
        """Return the values that texts have for `source` or `license`, commonest first."""
        return self._rows.choices(name)

    # Texts by their keys

    def present(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that are in the index."""
        return set(self._places(keys))

    def all_keys(self) -> list[str]:
        """Return all keys, in the order of their rows."""
        return self.keys_of(self.allowed())

    def keys_of(self, allowed: NDArray[np.bool_]) -> list[str]:
        """Return the keys of rows, in their order."""
        rows = np.flatnonzero(allowed)
        if len(rows) > len(allowed) // 4:
            found = self._rows.all_keys()
        else:
            found = self._rows.keys_of(rows.tolist())
        return [found[row] for row in rows.tolist() if row in found]

    def has(self, key: str) -> bool:
        """Tell whether a text is in the index."""
        return bool(self._places([key]))

    def vectors(self, keys: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors, (size,) float32, of the texts that are in the index."""
        return {
            key: self._vectors[row].astype(np.float32) for key, row in self._places(keys).items()
        }

    def similarities(self, keys: Iterable[str], vector: NDArray[np.float32]) -> dict[str, float]:
        """Return the cosine of a vector with that of each text that is in the index."""
        places = self._places(keys)
        if not places:
            return {}
        rows = np.array(list(places.values()), np.int64)
        cosines = self._vectors[rows].astype(np.float32) @ np.asarray(vector, np.float32)
        return dict(zip(places, cosines.tolist(), strict=True))

    def _places(self, keys: Iterable[str]) -> dict[str, int]:
        found = self._rows.rows_of(keys)
        return {key: row for key, row in found.items() if row < self.card.total_rows}
