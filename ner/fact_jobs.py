"""The job that finds the facts of a home's papers, of those whose mentions are known.

Read is what is new, has another text or other mentions than when it was read, or was read by
another version. The papers of a commit count together or not at all, so that a killed job is
simply started again. A paper that cannot be read is handed to the caller, does not end the
job, and is tried again by the next one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from matlore.home import Home, HomeWriter
from matlore.progress import Progress, no_progress

from .block_reader import BlockReader
from .fact_compaction import SHARD_ROWS, forget_dead
from .fact_shards import Block, has_extracted
from .fact_store import CLAIMS, QUANTITIES, FactWriter, facts_model
from .fact_workers import Found, Work, batch_to_bytes, find_chunks, found_batches
from .facts.extraction import FactFinder
from .job_parts import Commits, PlacedPaper, ReadShard, Reject, check_placed, note_failure
from .mention_store import MENTIONS, commonest_first, mention_schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FactsReport", "count_without_facts", "find_facts"]

_CHUNK_PAPERS = 250
_COMMIT_PAPERS = 5_000
_WITH_MENTIONS = (
    "FROM papers p JOIN extracted m "
    f"ON m.kind = '{MENTIONS.name}' AND m.id = p.id AND m.text_sha = p.text_sha"
)
# Facts of the same text and the same mentions, by the version given.
_DONE = "{0}.kind = '{1}' AND {0}.id = p.id AND {0}.text_sha = p.text_sha AND {0}.model = {2}"
_WITHOUT_FACTS = f"""
{_WITH_MENTIONS}
LEFT JOIN extracted q ON {_DONE.format("q", QUANTITIES.name, "?1 || '@' || m.model")}
LEFT JOIN extracted c ON {_DONE.format("c", CLAIMS.name, "?1 || '@' || m.model")}
WHERE q.id IS NULL OR c.id IS NULL
"""
_TODO = (
    "INSERT INTO temp.facts_todo SELECT p.shard, p.row, p.id, p.text_sha, m.model, m.shard,"
    f" m.first_row, m.rows {_WITHOUT_FACTS}"
)
_TABLE = """
CREATE TEMP TABLE facts_todo (shard INTEGER, row INTEGER, id TEXT, text_sha TEXT, model TEXT,
    block_shard INTEGER, first_row INTEGER, rows INTEGER, PRIMARY KEY (shard, row)) WITHOUT ROWID
"""


@dataclass(slots=True)
class FactsReport:
    """What a job did.

    Attributes:
        version: of what found the facts.
        papers: papers read.
        unchanged: papers that had been read before, with the same mentions and version.
        waiting: papers whose mentions are not known: `matlore ner extract` finds them.
        failed: papers that could not be read.
        remaining: papers that are left, where a limit was set.
        quantities: found in the papers read.
        claims: found in the papers read.
        types: these by type.
        properties: quantities by property.
        shards_merged: shards of facts that were merged or dropped.
    """

    version: str
    papers: int = 0
    unchanged: int = 0
    waiting: int = 0
    failed: int = 0
    remaining: int = 0
    quantities: int = 0
    claims: int = 0
    types: dict[str, int] = field(default_factory=dict)
    properties: dict[str, int] = field(default_factory=dict)
    shards_merged: int = 0
    seconds: float = 0.0


class _Todo(NamedTuple):
    """A paper to read, with the block of its mentions."""

    placed: PlacedPaper
    model: str
    shard: int | None
    first_row: int
    rows: int


def find_facts(
    home: Home,
    read_shard: ReadShard,
    finder: FactFinder,
    *,
    reject: Reject,
    workers: int = 1,
    limit: int | None = None,
    commit_papers: int = _COMMIT_PAPERS,
    chunk_papers: int = _CHUNK_PAPERS,
    shard_rows: int = SHARD_ROWS,
    progress: Progress = no_progress,
) -> FactsReport:
    """Find the facts of the papers of a home that this version has not read yet.

    Memory does not grow with the corpus: a few chunks of papers and one shard's row numbers
    are held. An interruption keeps what was committed.

    Args:
        home: whose papers; its lock is held until the end.
        read_shard: reads them.
        finder: finds facts; it is pickled where there are several workers.
        reject: told of papers that fail.
        workers: processes that find; at most 1 does all in this one.
        limit: read at most so many papers in this run.
        commit_papers: papers a commit: about as many are read again after a kill, at most.
        chunk_papers: papers sent to a worker at once.
        shard_rows: facts a full shard, once shards are merged.
        progress: told of every chunk.

    Raises:
        ArtifactError: every text fails, or a shard cannot be read.
        HomeBusyError: another process is writing to `home`.
        HomeError: there is no room left, or no right to write.
        MatloreError: a worker was killed.
    """
    started = perf_counter()
    with home.writer() as writer:
        job = _Job(writer, finder.version, reject, shard_rows=shard_rows)
        total = job.find_todo()
        wanted = total if limit is None else min(total, limit)
        progress(0, total=wanted, text="papers")
        papers = islice(job.papers(read_shard), wanted)
        results = find_chunks(job.work(papers, chunk_papers), finder, workers=workers)
        try:
            for chunk, found in results:
                job.add(chunk, found)
                progress(len(chunk))
                if job.commits.papers >= commit_papers:
                    job.commits.commit()
            job.finish()
        finally:
            results.close()  # ends the workers before the lock is given up
            job.close()
    job.report.remaining = total - job.report.papers - job.report.failed
    job.report.seconds = round(perf_counter() - started, 3)
    return job.report


def count_without_facts(home: Home, version: str) -> int:
    """Count the papers of a home that `find_facts` would read.

    Args:
        home: whose papers.
        version: of the finder.
    """
    with home.connect() as sql:
        if not has_extracted(sql):
            return 0
        return int(sql.execute(f"SELECT count(*) {_WITHOUT_FACTS}", (version,)).fetchone()[0])


class _Job:
    """One run over the papers of a home."""

    def __init__(
        self, writer: HomeWriter, version: str, reject: Reject, *, shard_rows: int
    ) -> None:
        self.report = FactsReport(version)
        self._writer = writer
        self._reject = reject
        self._mentions = BlockReader(writer, MENTIONS)
        self._facts = FactWriter(writer)
        self.commits = Commits(writer, self._facts, [QUANTITIES, CLAIMS], shard_rows=shard_rows)
        self._types: Counter[str] = Counter()
        self._properties: Counter[str] = Counter()

    def find_todo(self) -> int:
        """List what is to be read, in a table that is this process' own; return how many."""
        sql = self._writer.connection
        forget_dead(self._writer)
        sql.execute("DROP TABLE IF EXISTS temp.facts_todo")
        sql.execute(_TABLE)
        total = sql.execute(_TODO, (self.report.version,)).rowcount
        (papers,) = sql.execute("SELECT count(*) FROM papers").fetchone()
        (known,) = sql.execute(f"SELECT count(*) {_WITH_MENTIONS}").fetchone()
        self._writer.commit()
        self.report.waiting = papers - known
        self.report.unchanged = known - total
        return total

    def papers(self, read_shard: ReadShard) -> Iterator[_Todo]:
        """Yield what is to be read, shard by shard, so that each file is read once."""
        sql = self._writer.connection
        shards = sql.execute("SELECT DISTINCT shard FROM temp.facts_todo ORDER BY 1").fetchall()
        for (shard,) in shards:
            query = "SELECT * FROM temp.facts_todo WHERE shard = ? ORDER BY row"
            rows = {row: rest for _, row, *rest in sql.execute(query, (shard,))}
            for placed in read_shard(self._writer, shard, [*rows]):
                id, text_sha, *block = rows[placed.row]
                check_placed(placed, id, text_sha)
                yield _Todo(placed, *block)

    def work(self, papers: Iterator[_Todo], size: int) -> Iterator[tuple[list[_Todo], Work]]:
        """Yield papers in chunks, each with its mentions."""
        while chunk := list(islice(papers, size)):
            mentions = self._mentions_of(chunk)
            counts = [one.rows for one in chunk]
            models = [one.model for one in chunk]
            work = Work([one.placed.paper for one in chunk], models, counts, mentions)
            yield chunk, work

    def add(self, chunk: Sequence[_Todo], found: Found) -> None:
        """Keep what was found in a chunk until the next commit."""
        blocks: tuple[list[Block], list[Block]] = ([], [])
        for one, counts in zip(chunk, found.counts, strict=True):
            if isinstance(counts, str):
                self._fail(one.placed, counts)
                continue
            paper = one.placed.paper
            model = facts_model(self.report.version, one.model)
            for kind, rows in zip(blocks, counts, strict=True):
                kind.append(Block(paper.id, paper.text_sha, model, rows))
        quantities, claims = found_batches(found)
        self._facts.add(blocks[0], quantities, blocks[1], claims)
        self._count(len(blocks[0]), quantities, claims)

    def finish(self) -> None:
        """Make everything count, and leave full shards."""
        self.commits.finish()
        self.report.shards_merged = self.commits.shards_merged
        self.report.types = commonest_first(self._types)
        self.report.properties = commonest_first(self._properties)

    def close(self) -> None:
        """Give up what was not committed."""
        self._facts.close()
        self._mentions.close()

    def _mentions_of(self, chunk: Sequence[_Todo]) -> bytes:
        """Return the mentions of papers as one batch."""
        import pyarrow as pa

        batches = [
            self._mentions.read(one.shard, one.first_row, one.rows)
            for one in chunk
            if one.shard is not None and one.rows
        ]
        table = pa.Table.from_batches(batches, schema=mention_schema()).combine_chunks()
        whole = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=mention_schema())]
        return batch_to_bytes(whole[0])

    def _fail(self, placed: PlacedPaper, reason: str) -> None:
        note_failure(
            self.report,
            self._reject,
            placed,
            reason,
            reader=self.report.version,
            remedy="`pip install --force-reinstall matlore`",
        )

    def _count(self, papers: int, quantities: "pa.RecordBatch", claims: "pa.RecordBatch") -> None:
        self._types.update(claims.column("type").to_pylist())
        self._properties.update(quantities.column("property").to_pylist())
        self.report.papers += papers
        self.report.quantities += len(quantities)
        self.report.claims += len(claims)
        self.commits.papers += papers
