"""The jobs that take papers in: read, clean, deduplicate, write, go on where they stopped."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Literal

from matlore.errors import InputError
from matlore.home import Home, HomeWriter
from matlore.progress import Progress, no_progress
from matlore.records import Paper

from .clean import CLEANER_VERSION
from .fingerprints import Fingerprint
from .quarantine import BadRow, Quarantine
from .sources.base import RawRow
from .sources.files import SourceFile
from .store import SHARD_ROWS, PaperStore
from .workers import Chunk, Parsed, parse_chunks

__all__ = ["IngestReport", "OnError", "Taker", "ingest_files"]

OnError = Literal["quarantine", "raise"]
_JOB = "file"
_CHUNK_ROWS = 200
_WORTH_A_POOL = 500_000


@dataclass(slots=True)
class IngestReport:
    """What a job did.

    `rows` = `added` + `updated` + `merged` + `unchanged` + `irrelevant` + `refused` +
    `deleted` + `quarantined`.

    Attributes:
        files: files that were read, wholly or from where an earlier run stopped.
        files_done_before: files skipped, as exactly their content was taken in before.
        rows: rows read.
        updated: papers whose text or fields a newer record of theirs replaced.
        merged: rows that are another record of a paper.
        unchanged: rows that brought nothing new.
        irrelevant: rows below the job's threshold of relevance, of papers not in the corpus.
        refused: rows of papers that the user has removed.
        deleted: records that their source has withdrawn.
        shared_ids: papers added without an identifier that another work has already.
        quarantined: rows that could not be taken in.
        quarantine: the file that holds them, or None.
        papers: papers in the corpus now.
        not_read: files in the folders that are of no known type.
    """

    files: int = 0
    files_done_before: int = 0
    rows: int = 0
    added: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    irrelevant: int = 0
    refused: int = 0
    deleted: int = 0
    shared_ids: int = 0
    quarantined: int = 0
    quarantine: Path | None = None
    papers: int = 0
    seconds: float = 0.0
    not_read: list[str] = field(default_factory=list)


class Taker:
    """Takes parsed rows in: into the corpus, or into quarantine; counts them."""

    def __init__(
        self,
        writer: HomeWriter,
        *,
        job: str,
        on_error: OnError = "quarantine",
        min_relevance: float = 0.0,
        shard_rows: int = SHARD_ROWS,
    ) -> None:
        self.job = job
        self.store = PaperStore(writer, shard_rows=shard_rows)
        self.report = IngestReport()
        self._writer = writer
        self._on_error = on_error
        self._min_relevance = min_relevance
        self._quarantine = Quarantine(writer.home, job)

    def take(self, paper: Paper | BadRow, print: Fingerprint | None = None) -> None:
        """Put a paper into the corpus, unless it is bad or of no relevance."""
        self.report.rows += 1
        if isinstance(paper, BadRow):
            self._reject(paper)
        elif self._is_relevant(paper):
            self.store.put(paper, print)
        else:
            self.report.irrelevant += 1

    def commit(self, cursors: dict[str, dict[str, object]]) -> None:
        """Make everything so far count, with the cursors."""
        self._quarantine.flush()
        self.store.commit(job=self.job, cursors=cursors)

    def finish(self) -> IngestReport:
        """Return the report of what was taken in."""
        report, counts = self.report, self.store.counts
        for name in ("added", "updated", "merged", "unchanged", "refused", "deleted", "shared_ids"):
            setattr(report, name, counts[name])
        report.quarantined = self._quarantine.count
        report.quarantine = self._quarantine.path if self._quarantine.count else None
        query = "SELECT count(*) FROM papers"
        report.papers = int(self._writer.connection.execute(query).fetchone()[0])
        return report

    def _is_relevant(self, paper: Paper) -> bool:
        """Tell whether a paper passes the threshold; one that the corpus has is kept up to date."""
        score = paper.relevance
        if score is None or score >= self._min_relevance:
            return True
        return self.store.owner(paper.ids[0]) is not None

    def _reject(self, row: BadRow) -> None:
        if self._on_error == "raise":
            raise InputError(f"{row.file}:{row.line}: {row.reason}")
        self._quarantine.add(row)


def ingest_files(
    home: Home,
    files: Sequence[SourceFile],
    *,
    mapping: Mapping[str, str] | None = None,
    workers: int = 1,
    on_error: OnError = "quarantine",
    min_relevance: float = 0.0,
    shard_rows: int = SHARD_ROWS,
    progress: Progress = no_progress,
) -> IngestReport:
    """Take the papers of files into a home.

    Args:
        home: where to.
        files: what to read; the same content is read only once.
        mapping: field to column, where the names do not tell.
        workers: processes that parse and clean; 1 does everything in this one. More need
            an importable main module, as every use of `multiprocessing` does.
        on_error: put bad rows into quarantine and go on, or raise at the first one.
        min_relevance: leave out papers with a lower score, 0 to 1.
        shard_rows: papers a shard; each full shard is a commit.
        progress: told of every row.

    Raises:
        HomeBusyError: another process is writing to `home`.
        HomeError: there is no room left, or no right to write.
        InputError: a row is bad, and `on_error` is "raise".
    """
    started = perf_counter()
    mapping = dict(mapping or {})
    size = sum(file.path.stat().st_size for file in files)
    with home.writer() as writer:
        taker = Taker(
            writer, job=_JOB, on_error=on_error, min_relevance=min_relevance, shard_rows=shard_rows
        )
        job = _FileJob(writer, taker, mapping, min_relevance=min_relevance, progress=progress)
        job.run(files, workers=workers if size > _WORTH_A_POOL else 1)
        report = taker.finish()
    report.seconds = round(perf_counter() - started, 3)
    return report


class _FileJob:
    """One run over files, in the process that writes."""

    def __init__(
        self,
        writer: HomeWriter,
        taker: Taker,
        mapping: Mapping[str, str],
        *,
        min_relevance: float,
        progress: Progress,
    ) -> None:
        self.writer = writer
        self.taker = taker
        self.mapping = mapping
        self.min_relevance = min_relevance
        self.progress = progress
        self.cursors: dict[str, dict[str, object]] = {}
        self.keys: dict[str, str] = {}
        self.damaged: set[str] = set()
        self.is_whole = True

    def run(self, files: Sequence[SourceFile], *, workers: int) -> None:
        """Read all files; an interruption keeps what was read until then.

        Within the few moments that a chunk is being put, or committed, it keeps what was
        committed before: half a paper must not count.
        """
        parsed = parse_chunks(self.chunks(files), self.mapping, workers=workers)
        try:
            for part in parsed:
                self.take(part)
                if self.taker.store.is_full:
                    self.commit()
            self.commit()
        except KeyboardInterrupt:
            if self.is_whole:
                self.commit()
            raise
        finally:
            self.taker.store.close()
            parsed.close()  # type: ignore[attr-defined]

    def chunks(self, files: Iterable[SourceFile]) -> Iterator[Chunk]:
        """Yield the rows that are still to be read."""
        report = self.taker.report
        for file in files:
            key = self.key(file)
            cursor = self.cursors.get(key) or self.writer.cursor(_JOB, key)
            if (cursor and cursor["done"]) or key in self.keys.values():
                report.files_done_before += 1
                continue
            name = str(file.path)
            self.keys[name] = key
            report.files += 1
            read = int(str(cursor["rows"])) if cursor else 0
            self.cursors[key] = {"file": name, "rows": read, "done": False}
            self.progress(0, text=file.path.name)
            yield from _chunks(name, islice(file.rows(), read, None))

    def key(self, file: SourceFile) -> str:
        """Return what a file's cursor is known by: its content, and how it is read."""
        how: list[object] = [file.format.value, CLEANER_VERSION, sorted(self.mapping.items())]
        if self.min_relevance:
            how.append(self.min_relevance)
        return f"{file.sha256()} {json.dumps(how)}"

    def take(self, part: Parsed) -> None:
        """Put the papers of a chunk into the corpus."""
        self.is_whole = False
        for paper, print in zip(part.papers, part.prints, strict=True):
            if isinstance(paper, BadRow) and paper.reason.startswith("the rest of the file"):
                self.damaged.add(paper.file)
            self.taker.take(paper, print)
        cursor = self.cursors[self.keys[part.file]]
        if part.file not in self.damaged:  # what could not be read is tried again next time
            cursor["rows"] = int(str(cursor["rows"])) + part.chunk_rows
            cursor["done"] = part.is_last
        self.is_whole = True
        self.progress(part.chunk_rows)

    def commit(self) -> None:
        """Make everything so far count; a file's cursor never runs ahead of its papers."""
        self.is_whole = False
        self.taker.commit(self.cursors)
        self.cursors = {key: c for key, c in self.cursors.items() if not c["done"]}
        self.is_whole = True


def _chunks(file: str, rows: Iterator[RawRow]) -> Iterator[Chunk]:
    """Yield the rows of one file in chunks, and an end mark."""
    while part := list(islice(rows, _CHUNK_ROWS)):
        yield Chunk(file, part)
    yield Chunk(file, [], is_last=True)
