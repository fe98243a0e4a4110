"""What the jobs over the papers of a home share: papers in, commits, papers that fail."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from matlore.errors import ArtifactError
from matlore.home import HomeWriter
from matlore.records import Paper

from .fact_compaction import compact_shards
from .fact_shards import ShardKind, kind_shards

__all__ = ["Commits", "PlacedPaper", "ReadShard", "Reject", "check_placed", "note_failure"]

_MERGE_COMMITS = 32
_ALL_FAILED = 100


@dataclass(frozen=True, slots=True)
class PlacedPaper:
    """A paper with the shard and the row of the corpus where it stands."""

    paper: Paper
    shard: int
    row: int


class ReadShard(Protocol):
    """Reads papers of the corpus; the job itself knows the manifest only."""

    def __call__(
        self, writer: HomeWriter, shard: int, rows: Sequence[int]
    ) -> Iterable[PlacedPaper]:
        """Yield rows of a shard, given in ascending order; those that do not matter left out."""


class Reject(Protocol):
    """Takes papers that could not be read: puts them into quarantine."""

    def __call__(self, placed: PlacedPaper, reason: str) -> None:
        """Note a paper; it counts once this returns, even if the job is killed."""


class Uncommitted(Protocol):
    """What a job has written and not committed."""

    def commit(self) -> None:
        """Make it count."""


class Report(Protocol):
    """What is counted of any job."""

    papers: int
    failed: int


class Commits:
    """The commits of a job, and the merging of the shards that they leave."""

    def __init__(
        self,
        writer: HomeWriter,
        written: Uncommitted,
        kinds: Sequence[ShardKind],
        *,
        shard_rows: int,
    ) -> None:
        self.papers = 0
        """Papers since the last commit."""
        self.shards_merged = 0
        # Killed jobs may have left many: then the first commit merges them.
        self._unmerged = len(kind_shards(writer.home, writer.connection, kinds[0]))
        self._writer = writer
        self._written = written
        self._kinds = kinds
        self._shard_rows = shard_rows

    def commit(self) -> None:
        """Make everything so far count; now and then, merge shards."""
        self._written.commit()
        self.papers = 0
        self._unmerged += 1
        if self._unmerged >= _MERGE_COMMITS:
            self._merge()

    def finish(self) -> None:
        """Make everything count, and leave full shards."""
        self._written.commit()
        self._merge()

    def _merge(self) -> None:
        for kind in self._kinds:
            self.shards_merged += compact_shards(self._writer, kind, shard_rows=self._shard_rows)
        self._unmerged = 0


def check_placed(placed: PlacedPaper, id: str, text_sha: str) -> None:
    """Raise unless a row of the corpus holds the paper that the manifest names.

    Raises:
        ArtifactError: it holds another one, or another text.
    """
    if (placed.paper.id, placed.paper.text_sha) != (id, text_sha):
        raise ArtifactError(
            f"shard {placed.shard} of the corpus is not what the manifest says: "
            "`matlore corpus verify`"
        )


def note_failure(
    report: Report, reject: Reject, placed: PlacedPaper, reason: str, *, reader: str, remedy: str
) -> None:
    """Count a paper that could not be read, and hand it on.

    Args:
        report: counts it.
        reject: is handed it.
        placed: the paper.
        reason: why.
        reader: what could not read it, for the error.
        remedy: what to do about it, for the error.

    Raises:
        ArtifactError: nothing could be read yet, and too much has failed.
    """
    reject(placed, reason)
    report.failed += 1
    if report.failed >= _ALL_FAILED and not report.papers:
        raise ArtifactError(
            f"{reader} fails on every text, last on {placed.paper.id} ({reason}): {remedy}"
        )
