"""The job that reads the papers of a home: tag, link, write, go on where it stopped.

Read is what is new, has another text than when it was read, or was read by another
version. The papers of a commit count together or not at all, so that a killed job is
simply started again. A text that cannot be read is handed to the caller, does not end the
job, and is tried again by the next one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter

from matlore.home import Home, HomeWriter
from matlore.progress import Progress, no_progress
from matlore.records import Mention

from .extraction import Failure, Links, Tags, extract_each, extractor_version
from .fact_compaction import SHARD_ROWS, forget_dead
from .job_parts import Commits, PlacedPaper, ReadShard, Reject, check_placed, note_failure
from .labels import LABELS
from .mention_store import KIND, MENTIONS, MentionWriter, has_extracted

__all__ = ["ExtractionReport", "count_unread", "extract_corpus"]

_CHUNK_PAPERS = 500
_COMMIT_PAPERS = 2_000
_UNREAD = f"""
FROM papers p LEFT JOIN extracted e ON e.kind = '{KIND}' AND e.id = p.id
WHERE e.id IS NULL OR e.text_sha != p.text_sha OR e.model != ?
"""
_TODO = f"INSERT INTO temp.todo SELECT p.shard, p.row, p.id, p.text_sha {_UNREAD}"


@dataclass(slots=True)
class ExtractionReport:
    """What a job did.

    Attributes:
        papers: papers read.
        unchanged: papers that had been read before, by the same version.
        skipped: papers that the caller left out, for their relevance.
        failed: papers that could not be read.
        remaining: papers that are left, where a limit was set.
        mentions: mentions found in the papers read.
        labels: these by label.
        shards_merged: shards of mentions that were merged or dropped.
        model: the version that read them.
    """

    model: str
    papers: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    remaining: int = 0
    mentions: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    shards_merged: int = 0
    seconds: float = 0.0


def extract_corpus(
    home: Home,
    read_shard: ReadShard,
    tagger: Tags,
    linker: Links,
    *,
    reject: Reject,
    limit: int | None = None,
    commit_papers: int = _COMMIT_PAPERS,
    chunk_papers: int = _CHUNK_PAPERS,
    shard_rows: int = SHARD_ROWS,
    progress: Progress = no_progress,
) -> ExtractionReport:
    """Extract the mentions of the papers of a home that this version has not read yet.

    Memory does not grow with the corpus: one chunk of papers and one shard's row numbers
    are held. An interruption keeps what was committed.

    Args:
        home: whose papers; its lock is held until the end.
        read_shard: reads them.
        tagger: finds mentions.
        linker: names them.
        reject: told of papers that fail.
        limit: read at most so many papers in this run.
        commit_papers: papers a commit: as many are read again after a kill, at most.
        chunk_papers: papers a batch of the tagger.
        shard_rows: mentions a full shard, once shards are merged.
        progress: told of every chunk.

    Raises:
        ArtifactError: the model fails whatever the text, or a shard cannot be read.
        HomeBusyError: another process is writing to `home`.
        HomeError: there is no room left, or no right to write.
    """
    started = perf_counter()
    version = extractor_version(tagger, linker)
    with home.writer() as writer:
        job = _Job(writer, tagger, linker, reject, version, shard_rows=shard_rows)
        total = job.find_todo()
        progress(0, total=min(total, total if limit is None else limit), text="papers")
        try:
            for chunk in _chunks(job.papers(read_shard, progress), limit, chunk_papers, job.report):
                job.read(chunk)
                progress(len(chunk))
                if job.commits.papers >= commit_papers:
                    job.commits.commit()
            job.finish()
        finally:
            job.close()
    job.report.remaining = total - job.report.papers - job.report.failed - job.report.skipped
    job.report.seconds = round(perf_counter() - started, 3)
    return job.report


def count_unread(home: Home, version: str) -> int:
    """Count the papers of a home that `extract_corpus` would read, whatever their relevance.

    Args:
        home: whose papers.
        version: from `ner.extraction.extractor_version`.
    """
    with home.connect() as sql:
        if not has_extracted(sql):
            return int(sql.execute("SELECT count(*) FROM papers").fetchone()[0])
        return int(sql.execute(f"SELECT count(*) {_UNREAD}", (version,)).fetchone()[0])


def _chunks(
    papers: Iterator[PlacedPaper], limit: int | None, size: int, report: ExtractionReport
) -> Iterator[list[PlacedPaper]]:
    """Yield papers in chunks until `limit` of them are read; those that fail do not count."""
    while True:
        most = size if limit is None else min(size, limit - report.papers)
        chunk = list(islice(papers, max(most, 0)))
        if not chunk:
            return
        yield chunk


class _Job:
    """One run over the papers of a home."""

    def __init__(
        self,
        writer: HomeWriter,
        tagger: Tags,
        linker: Links,
        reject: Reject,
        version: str,
        *,
        shard_rows: int,
    ) -> None:
        self.report = ExtractionReport(version)
        self._writer = writer
        self._tagger = tagger
        self._linker = linker
        self._reject = reject
        self._mentions = MentionWriter(writer, model=version)
        self.commits = Commits(writer, self._mentions, [MENTIONS], shard_rows=shard_rows)
        self._labels: Counter[str] = Counter()

    def find_todo(self) -> int:
        """List what is to be read, in a table that is this process' own; return how many."""
        sql = self._writer.connection
        forget_dead(self._writer)
        sql.execute("DROP TABLE IF EXISTS temp.todo")
        sql.execute(
            "CREATE TEMP TABLE todo (shard INTEGER, row INTEGER, id TEXT, text_sha TEXT, "
            "PRIMARY KEY (shard, row)) WITHOUT ROWID"
        )
        total = sql.execute(_TODO, (self.report.model,)).rowcount
        (papers,) = sql.execute("SELECT count(*) FROM papers").fetchone()
        self._writer.commit()
        self.report.unchanged = papers - total
        return total

    def papers(self, read_shard: ReadShard, progress: Progress) -> Iterator[PlacedPaper]:
        """Yield what is to be read, shard by shard, so that each file is read once."""
        sql = self._writer.connection
        shards = sql.execute("SELECT DISTINCT shard FROM temp.todo ORDER BY shard").fetchall()
        for (shard,) in shards:
            query = "SELECT row, id, text_sha FROM temp.todo WHERE shard = ? ORDER BY row"
            rows = {row: (id, sha) for row, id, sha in sql.execute(query, (shard,))}
            found = 0
            for placed in read_shard(self._writer, shard, [*rows]):
                check_placed(placed, *rows[placed.row])
                found += 1
                yield placed
            self.report.skipped += len(rows) - found
            progress(len(rows) - found)

    def read(self, chunk: Sequence[PlacedPaper]) -> None:
        """Extract the mentions of a chunk, and keep them until the next commit."""
        results = extract_each([one.paper for one in chunk], self._tagger, self._linker)
        read: dict[tuple[str, str], list[Mention]] = {}
        for placed, result in zip(chunk, results, strict=True):
            if isinstance(result, Failure):
                self._fail(placed, result.reason)
            else:
                read[placed.paper.id, placed.paper.text_sha] = result
        self._mentions.add(read)
        self._count(read)

    def finish(self) -> None:
        """Make everything count, and leave full shards."""
        self.commits.finish()
        self.report.shards_merged = self.commits.shards_merged
        self.report.labels = {label: self._labels[label] for label in LABELS}

    def close(self) -> None:
        """Give up what was not committed."""
        self._mentions.close()

    def _fail(self, placed: PlacedPaper, reason: str) -> None:
        note_failure(
            self.report,
            self._reject,
            placed,
            reason,
            reader=f"the model {self.report.model}",
            remedy="try another one with `matlore ner extract --model`",
        )

    def _count(self, read: Mapping[tuple[str, str], Sequence[Mention]]) -> None:
        found = [mention.label for mentions in read.values() for mention in mentions]
        self._labels.update(found)
        self.report.mentions += len(found)
        self.report.papers += len(read)
        self.commits.papers += len(read)
