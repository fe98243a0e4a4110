"""An index opened for writing: a block at a time, each committed as a whole.

Of a block, the vectors and the words are written first, then one SQLite transaction makes it
part of the index. What a kill leaves behind that point is cut off at the next opening.
"""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matlore.errors import ArtifactError, UsageError
from matlore.home import lock_folder, sync_path
from matlore.progress import Progress, no_progress

from ..encoders.base import TextEncoder
from ..full_text import FullTextIndex, TextDocument
from .card import CARD, IndexCard, check_files, file_entry, load_card, save_card
from .folder import FULL_TEXT
from .records import IndexedText
from .rows import ROWS, RowStore
from .vector_file import VECTORS, append_vectors, cut_vectors, map_vectors
from .vector_index import (
    LISTS_FILES,
    Lists,
    ListSettings,
    build_lists,
    choose_kind,
    lists_path,
)

__all__ = ["IndexWriter"]

_BLOCK = 4_096
_GROWN = 2.0  # lists are trained anew when there are so many times the rows, or so much fewer
_RETUNED = 0.1  # probes are chosen anew when the rows have changed by this share


class IndexWriter:
    """The one writer of an index."""

    def __init__(
        self,
        folder: Path,
        encoder: TextEncoder,
        kind: str | None,
        rows: RowStore,
        text: FullTextIndex,
    ) -> None:
        self.folder = folder
        self._encoder = encoder
        self._kind = kind
        self._rows = rows
        self._text = text

    @classmethod
    def open(
        cls,
        folder: Path,
        encoder: TextEncoder,
        *,
        kind: str | None = None,
        replace: bool = False,
    ) -> "IndexWriter":
        """Open an index, which is made where there is none; use it as a context manager.

        Args:
            folder: of the index.
            encoder: of its texts.
            kind: of its FAISS index; None for what fits its size.
            replace: begin anew.

        Raises:
            UsageError: it is of another encoder.
            HomeBusyError: another process is writing to it.
            ArtifactError: it is damaged.
        """
        choose_kind(0, kind)
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            stack.enter_context(lock_folder(folder))
            if replace:
                _clear(folder)
            rows = RowStore(folder, writable=True)
            stack.callback(rows.close)
            text = FullTextIndex.create(folder / FULL_TEXT)
            stack.callback(text.close)
            writer = cls(folder, encoder, kind, rows, text)
            writer._begin()
            writer._stack = stack.pop_all()
        return writer

    _stack: ExitStack

    def __enter__(self) -> "IndexWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files and let go of the lock."""
        self._stack.close()

    def _begin(self) -> None:
        """Check that the index is this encoder's, and cut off what was not committed."""
        encoder = self._rows.fact("encoder")
        if encoder is None:
            self._rows.note("encoder", self._encoder.id)
            self._rows.note("size", str(self._encoder.size))
        elif encoder != self._encoder.id:
            raise UsageError(
                f"{self.folder}: indexed by the encoder {encoder}, not by {self._encoder.id};"
                " name that one with --encoder, or begin anew with --replace"
            )
        total = self._rows.total
        cut_vectors(self.folder, rows=total, size=self._encoder.size)
        self._check_vectors()
        if self._text.next_row > total:
            self._text.truncate(total)
            self._text.commit()
        self._heal()

    def _check_vectors(self) -> None:
        """Refuse vectors that changed since the card: the next would vouch for the damage."""
        try:
            card = load_card(self.folder)
        except ArtifactError:
            return  # none yet, or it is written anew
        entry = card.files.get(VECTORS)
        if entry and card.total_rows <= self._rows.total:
            check_files(replace(card, files={VECTORS: entry}), self.folder, hashes=True)

    def _heal(self) -> None:
        """Make rows and full text hold the same, after a kill between the commits of both.

        Rows whose words are gone are dropped, so that the next build does them again.
        """
        if self._text.n_documents == self._rows.live():
            return
        worded, live = self._text.row_numbers(), self._live_rows()
        surplus, missing = np.setdiff1d(worded, live), np.setdiff1d(live, worded)
        if len(surplus):
            self._text.delete(surplus.tolist())
            self._text.commit()
        if len(missing):
            self._rows.write([], missing.tolist(), first=self._rows.total)

    def known(self) -> dict[str, str]:
        """Return the sha of each text that is in the index."""
        return self._rows.known()

    def add(self, texts: Sequence[IndexedText]) -> None:
        """Add texts, or replace those that have their keys; of one key the last text counts."""
        chosen = list({text.key: text for text in texts}.values())
        for start in range(0, len(chosen), _BLOCK):
            self._add(chosen[start : start + _BLOCK])

    def _add(self, texts: Sequence[IndexedText]) -> None:
        first = self._rows.total
        replaced = sorted(self._rows.rows_of(text.key for text in texts).values())
        vectors = self._encoded(texts)
        append_vectors(self.folder, vectors, rows=first)
        self._text.delete(replaced)
        self._text.add(
            [
                TextDocument(first + k, text.title, text.body, text.materials)
                for k, text in enumerate(texts)
            ]
        )
        self._text.commit()
        self._rows.write(texts, replaced, first=first)

    def _encoded(self, texts: Sequence[IndexedText]) -> NDArray[np.float32]:
        """Return the vectors of texts; one that is not a number would spoil every search."""
        vectors = self._encoder.encode([text.text for text in texts])
        wanted = (len(texts), self._encoder.size)
        if vectors.shape != wanted:
            raise ArtifactError(
                f"encoder {self._encoder.id}: made vectors of shape {vectors.shape}, not {wanted};"
                " choose another with --encoder"
            )
        spoilt = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(spoilt):
            raise ArtifactError(
                f"encoder {self._encoder.id}: the vector of {texts[spoilt[0]].key} has numbers"
                " that are not finite; choose another with --encoder"
            )
        return vectors

    def delete(self, keys: Iterable[str]) -> None:
        """Take texts out; keys that are not there make no difference."""
        rows = sorted(self._rows.rows_of(keys).values())
        if rows:
            self._text.delete(rows)
            self._text.commit()
            self._rows.write([], rows, first=self._rows.total)

    def finish(self, progress: Progress = no_progress) -> IndexCard:
        """Bring the FAISS index up to date and write the card: what was added can be found.

        Raises:
            ArtifactError: the files of the index are damaged.
        """
        live, total = self._rows.live(), self._rows.total
        kind = choose_kind(live, self._kind)
        files = {VECTORS: file_entry(self.folder / VECTORS)} if total else {}
        settings: dict[str, float] = {}
        if kind != "flat":
            lists = self._current_lists(kind, progress)
            settings = lists.settings._asdict()
            name, files[name] = self._saved(lists)
        card = IndexCard(
            encoder=self._encoder.id,
            size=self._encoder.size,
            rows=live,
            total_rows=total,
            kind=kind,
            built=datetime.now(UTC).isoformat(timespec="seconds"),
            files=files,
            settings=settings,
        )
        save_card(card, self.folder)
        for path in self.folder.glob(LISTS_FILES):
            if path.name not in files:
                path.unlink()
        return card

    def _saved(self, lists: Lists) -> tuple[str, dict[str, Any]]:
        """Write lists beside those of the card, which count until there is a new card."""
        draft = self.folder / "lists.faiss.part"
        lists.save(draft)
        sync_path(draft)
        entry = file_entry(draft)
        name = f"lists-{entry['sha256'][:12]}.faiss"
        draft.replace(self.folder / name)
        return name, entry

    def _live_rows(self) -> NDArray[np.int64]:
        mask = np.ones(self._rows.total, np.bool_)
        mask[self._rows.deleted()] = False
        return np.flatnonzero(mask)

    def _current_lists(self, kind: str, progress: Progress) -> Lists:
        """Return the lists of all rows: brought up to date, or made anew."""
        vectors = map_vectors(self.folder, self._rows.total, self._encoder.size)
        live = self._live_rows()
        lists = self._updated(kind, vectors, live, progress)
        if lists is None:
            return build_lists(vectors, live, kind, progress=progress)
        tuned = lists.settings.tuned
        if abs(len(live) - tuned) > _RETUNED * tuned:
            lists = lists.tuned(vectors, live)
        return lists

    def _updated(
        self, kind: str, vectors: NDArray[np.float16], live: NDArray[np.int64], progress: Progress
    ) -> Lists | None:
        """Return the lists with what is new and without what is gone; None to train anew."""
        try:
            card = load_card(self.folder)
            if card.kind != kind or card.total_rows > len(vectors):
                return None
            settings = ListSettings.of(card)
            trained = settings.trained or card.rows
            settings = settings._replace(trained=trained)
            if not trained / _GROWN <= len(live) <= _GROWN * trained:
                return None
            path = lists_path(self.folder, card)
            only = replace(card, files={path.name: card.files[path.name]})
            check_files(only, self.folder, hashes=True)
            lists = Lists.load(path, settings, mapped=False)
        except ArtifactError:
            return None  # damaged: made anew
        if lists.index.ntotal != card.rows:
            return None
        if np.searchsorted(live, card.total_rows) != card.rows:  # some are gone since
            gone = self._rows.deleted()
            lists.remove(gone[gone < card.total_rows])
        lists.add(vectors, live[live >= card.total_rows], progress)
        return lists if lists.index.ntotal == len(live) else None


def _clear(folder: Path) -> None:
    """Remove an index, its card first, so that half of it is never taken for a whole."""
    lists = (path.name for path in folder.glob(LISTS_FILES))
    for name in (CARD, *lists, VECTORS, ROWS, f"{ROWS}-wal", f"{ROWS}-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / FULL_TEXT, ignore_errors=True)
