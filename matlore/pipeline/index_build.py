"""What `matlore index build` does: bring the indexes of a home up to date with its papers.

Each index is compared with what it is made from, and only what is new or has changed is encoded.
Blocks of texts are committed as they are done, so a build that was killed goes on from there.
"""

import errno
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, HomeError, UsageError
from matlore.home import Home, lock_folder
from matlore.progress import Progress, no_progress

from .index_inputs import (
    AUTO,
    SAMPLE_NOTE,
    IndexOptions,
    OpenedSource,
    open_source,
)
from .index_record import BuildRecord, BuiltIndex, index_folder, index_home, read_record
from .index_sources import IndexSource, SamplePapers, has_papers
from .index_update import IndexChanges, UpdateReport, count_changes, finished_card, update_index

if TYPE_CHECKING:
    from embeddings.encoders.base import TextEncoder

__all__ = ["AUTO", "IndexOptions", "build_home_index", "plan_home_index"]

_MOST_BY_TRANSFORMER = 50_000
_UNWRITABLE = frozenset(
    [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM]
)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An encoder by its name, and why it is this one."""

    name: str
    why: str


def build_home_index(
    home_path: Path, options: IndexOptions | None = None, *, progress: Progress = no_progress
) -> dict[str, Any]:
    """Bring the indexes of a home up to date; a home without papers gets those of the sample.

    Args:
        home_path: the data home; it is made where it is missing.
        options: which, and how.
        progress: told of every block of texts.

    Returns:
        `home`, `corpus` (`home` or `sample`), `encoder`, `encoder_id`, `why` it was chosen;
        `indexes`: of each `collection` the `rows` it has, how many were `added`, `changed`,
        `deleted`, `unchanged`, its `kind` of FAISS index, `seconds`, `encoded_per_second`;
        `notes`: what was left out, and what to do about it.

    Raises:
        HomeBusyError: another process is building.
        HomeError: there is no room left, or no right to write.
        UsageError: the indexes are of another encoder, and are not to be replaced.
        ArtifactError: the encoder or an index cannot be used.
        GraphError: the graph cannot be used, and its nodes were asked for.
    """
    options = options or IndexOptions()
    home = Home.open(home_path, create=True)
    with _writing(index_home(home_path)):
        record = _record(home_path, options)
        chosen = _choose(home, record, options)
        _check_mixture(record, chosen.name, options)
        encoder = _load_encoder(chosen.name, options.workers)
        build = _Build(home, options, encoder, record, chosen.name, progress)
        rows = [row for name in options.wanted if (row := build.run(name)) is not None]
    return {
        "home": str(home_path),
        "corpus": "home" if has_papers(home) else "sample",
        "encoder": chosen.name,
        "encoder_id": encoder.id,
        "why": chosen.why,
        "indexes": rows,
        "notes": build.notes,
    }


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder of indexes, and say of an error of the disk what to do.

    Raises:
        HomeBusyError: another process is building.
        HomeError: there is no room left, or no right to write.
    """
    try:
        folder.mkdir(exist_ok=True)
        with lock_folder(folder):
            yield
    except (OSError, sqlite3.OperationalError) as error:
        if isinstance(error, OSError) and error.errno not in _UNWRITABLE:
            raise
        raise HomeError(
            f"{folder} cannot be written to: {error}; what was committed is kept: make room, or"
            " allow writing, and run this again"
        ) from error


def plan_home_index(home_path: Path, options: IndexOptions | None = None) -> dict[str, Any]:
    """Say what `build_home_index` would do; nothing is written, no encoder is loaded.

    Returns:
        `home`, `corpus`, `encoder`, `why`; `indexes`: of each `collection` how many texts or,
        of sentences, papers would be `added`, `changed`, `deleted`, and are `unchanged`;
        `notes`.
    """
    options = options or IndexOptions()
    if not (home_path / "home.json").is_file():
        return _plan_fresh(home_path, options)
    home = Home.open(home_path)
    record = _record(home_path, options)
    chosen = _choose(home, record, options)
    notes: list[str] = []
    rows = []
    for name in options.wanted:
        with open_source(home, name, options, notes) as opened:
            if opened is not None:
                changes = _changes(home_path, name, opened, record, options)
                rows.append({"collection": name, **asdict(changes)})
    corpus = "home" if has_papers(home) else "sample"
    return _plan(home_path, corpus, chosen, rows, notes)


def _changes(
    home_path: Path,
    collection: str,
    opened: OpenedSource,
    record: BuildRecord,
    options: IndexOptions,
) -> IndexChanges:
    if options.replace:
        return count_changes(None, opened.source)
    folder, built = index_folder(home_path, collection), record.indexes.get(collection)
    if built is not None and _is_current(folder, built, opened):
        return IndexChanges(0, 0, 0, built.documents)
    return count_changes(folder, opened.source)


def _is_current(folder: Path, built: BuiltIndex, opened: OpenedSource) -> bool:
    """Tell without reading anything whether an index is of what there is now."""
    card = finished_card(folder)
    made_of = (built.fingerprint, built.corpus)
    same = made_of == (opened.fingerprint, opened.corpus)
    return same and card is not None and card.rows == built.rows


def _plan_fresh(home_path: Path, options: IndexOptions) -> dict[str, Any]:
    """Return the plan for a home that is not there yet."""
    source = SamplePapers()
    rows = []
    if "papers" in options.wanted:
        rows = [{"collection": "papers", **asdict(count_changes(None, source))}]
    name = "transformer" if options.encoder == AUTO else options.encoder
    return _plan(home_path, "sample", _Chosen(name, "there is no home yet"), rows, [SAMPLE_NOTE])


def _plan(
    home_path: Path,
    corpus: str,
    chosen: _Chosen,
    rows: Sequence[dict[str, Any]],
    notes: Sequence[str],
) -> dict[str, Any]:
    found = {"home": str(home_path), "corpus": corpus, "encoder": chosen.name, "why": chosen.why}
    return {**found, "indexes": list(rows), "notes": list(notes)}


class _Build:
    """One run of the command over the collections."""

    def __init__(
        self,
        home: Home,
        options: IndexOptions,
        encoder: "TextEncoder",
        record: BuildRecord,
        encoder_name: str,
        progress: Progress,
    ) -> None:
        self.notes: list[str] = []
        self._home, self._options, self._progress = home, options, progress
        self._encoder = encoder
        self._record = BuildRecord(encoder_name, record.indexes)
        self._begin(anew=record.encoder is None)

    def _begin(self, *, anew: bool) -> None:
        """Note the encoder before anything is encoded: a build goes on with it after a kill."""
        if self._options.replace:
            for collection in self._options.wanted:
                self._record = self._record.with_index(collection, None)
        if anew or self._options.replace:
            self._record.save(self._home.path)

    def run(self, collection: str) -> dict[str, Any] | None:
        """Bring one index up to date; None where there is nothing to make it from."""
        started = perf_counter()
        with open_source(self._home, collection, self._options, self.notes) as opened:
            if opened is None:
                self._drop_replaced(collection)
                return None
            report = self._unchanged(collection, opened) or self._update(collection, opened)
        seconds = round(perf_counter() - started, 3)
        return {"collection": collection, **report.to_dict(), "seconds": seconds}

    def _drop_replaced(self, collection: str) -> None:
        """Remove an index that was to be replaced, and that there is nothing to make from."""
        if self._options.replace:
            shutil.rmtree(index_folder(self._home.path, collection), ignore_errors=True)

    def _unchanged(self, collection: str, opened: OpenedSource) -> UpdateReport | None:
        """Return the report on an index that is up to date as can be seen at a glance."""
        folder = index_folder(self._home.path, collection)
        built, card = self._record.indexes.get(collection), finished_card(folder)
        if built is None or card is None or card.encoder != self._encoder.id:
            return None
        if not _is_current(folder, built, opened):
            return None
        return UpdateReport(built.documents, card.rows, unchanged=card.rows, kind=card.kind)

    def _update(self, collection: str, opened: OpenedSource) -> UpdateReport:
        self._progress(0, text=f"{collection}: comparing")
        report = update_index(
            index_folder(self._home.path, collection),
            opened.source,
            self._encoder,
            replace=self._options.replace,
            progress=_labelled(self._progress, collection),
        )
        self._note_left_out(opened.source)
        built = BuiltIndex(opened.fingerprint, opened.corpus, report.documents, report.rows)
        self._record = self._record.with_index(collection, built)
        self._record.save(self._home.path)
        return report

    def _note_left_out(self, source: IndexSource) -> None:
        left_out = getattr(source, "left_out", 0)
        if left_out:
            self.notes.append(
                f"{left_out:,} materials of the graph are left out of the index of nodes: no paper"
                " names them, or one alone among very many"
            )


def _labelled(progress: Progress, name: str) -> Progress:
    def told(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        progress(done, total=total, text=f"{name}: {text}" if text else text)

    return told


def _record(home_path: Path, options: IndexOptions) -> BuildRecord:
    """Return what was built before; nothing where all of it is to be replaced."""
    try:
        return read_record(home_path)
    except ArtifactError:
        if options.replace and options.collections is None:
            return BuildRecord()
        raise


def _check_mixture(record: BuildRecord, name: str, options: IndexOptions) -> None:
    """Refuse indexes of two encoders in one home: a search asks all of them with one.

    Raises:
        UsageError: other indexes stay, and are of another encoder.
    """
    if record.encoder is None or record.encoder == name:
        return
    replaced = options.wanted if options.replace else ()
    staying = [one for one in record.indexes if one not in replaced]
    if staying:
        raise UsageError(
            f"the indexes of {', '.join(staying)} are of the encoder {record.encoder!r}, not"
            f" {name!r}: `matlore index build --encoder {name} --replace` makes all of them anew"
        )


def _choose(home: Home, record: BuildRecord, options: IndexOptions) -> _Chosen:
    """Return which encoder is meant."""
    if options.encoder != AUTO:
        return _Chosen(_absolute(options.encoder), "asked for")
    if record.encoder is not None and not options.replace:
        return _Chosen(record.encoder, "that of the indexes there are")
    with home.connect() as connection:
        (papers,) = connection.execute("SELECT count(*) FROM papers").fetchone()
    if papers > _MOST_BY_TRANSFORMER:
        why = (
            f"{papers:,} papers, more than {_MOST_BY_TRANSFORMER:,}: it is a hundred times"
            " faster; `--encoder transformer --replace` finds more by meaning"
        )
        return _Chosen("static", why)
    return _Chosen("transformer", f"no more than {_MOST_BY_TRANSFORMER:,} papers")


def _absolute(encoder: str) -> str:
    """Return a folder by its whole path, so that searches from other folders find it."""
    path = Path(encoder).expanduser()
    return str(path.resolve()) if path.is_dir() else encoder


def _load_encoder(name: str, threads: int | None) -> "TextEncoder":
    from embeddings.encoders.base import load_encoder

    return load_encoder(name, threads=threads)
