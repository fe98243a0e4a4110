"""The job that harvests a service: page by page, papers and cursor committed together."""

from collections.abc import Mapping
from dataclasses import replace
from time import monotonic, perf_counter

from matlore.errors import SourceError
from matlore.home import Home
from matlore.progress import Progress, no_progress

from .compaction import compact
from .ids import canonical_id
from .jobs import IngestReport, OnError, Taker
from .sources.base import Page, RawRow, Source
from .workers import parse_row

__all__ = ["HarvestError", "harvest"]

_COMMIT_ROWS = 2_000
_COMMIT_SECONDS = 15.0


class HarvestError(SourceError):
    """A harvest that a service cut short; `report` says what was taken in until then."""

    def __init__(self, message: str, report: IngestReport) -> None:
        super().__init__(message)
        self.report = report


def harvest(
    home: Home,
    source: Source,
    *,
    on_error: OnError = "quarantine",
    min_relevance: float = 0.0,
    limit: int | None = None,
    restart: bool = False,
    commit_rows: int = _COMMIT_ROWS,
    progress: Progress = no_progress,
) -> IngestReport:
    """Take the papers of a service into a home, from where the last harvest stopped.

    Args:
        home: where to.
        source: what to harvest; its cursor is kept under its name and query.
        on_error: put bad rows into quarantine and go on, or raise at the first one.
        min_relevance: leave out papers with a lower score, 0 to 1.
        limit: stop after the page that reaches so many rows; the next run goes on there.
        restart: begin anew, whatever was harvested before.
        commit_rows: rows after which papers and cursor are committed; 15 s do it too.
        progress: told of every row.

    Raises:
        HarvestError: the service failed; what came until then is committed.
        HomeBusyError: another process is writing to `home`.
        HomeError: there is no room left, or no right to write.
        InputError: a row is bad, and `on_error` is "raise".
    """
    started = perf_counter()
    with home.writer() as writer:
        taker = Taker(writer, job=source.name, on_error=on_error, min_relevance=min_relevance)
        cursor = None if restart else writer.cursor(source.name, source.query)
        run = _Harvest(taker, source, commit_rows=commit_rows, progress=progress)
        failure: SourceError | None = None
        try:
            run.pages(cursor, limit)
        except SourceError as error:
            failure = error
        finally:
            taker.store.close()
        report = taker.finish()
        if report.added or report.updated or report.merged:
            compact(writer)
    report.seconds = round(perf_counter() - started, 3)
    if failure is not None:
        raise HarvestError(str(failure), report) from failure
    return report


class _Harvest:
    """One run over the pages of a source."""

    def __init__(
        self, taker: Taker, source: Source, *, commit_rows: int, progress: Progress
    ) -> None:
        self.taker = taker
        self.source = source
        self.commit_rows = commit_rows
        self.progress = progress
        self.waiting: Page | None = None
        self.rows = 0
        self.committed_at = monotonic()

    def pages(self, cursor: Mapping[str, object] | None, limit: int | None) -> None:
        """Take page after page; whatever ends the run, whole pages are committed."""
        total = None
        try:
            for page in self.source.pages(cursor):
                if page.total is not None and total is None:
                    total = page.total
                    self.progress(0, total=total)
                self.take(page)
                if limit is not None and self.taker.report.rows >= limit:
                    break
            self.commit()
        except (KeyboardInterrupt, SourceError):
            self.commit()
            raise

    def take(self, page: Page) -> None:
        self.waiting = None  # an interruption within a page leaves it to the next run
        for row in page.rows:
            self.take_row(row)
        self.waiting = page
        self.rows += len(page.rows)
        self.progress(len(page.rows))
        late = monotonic() - self.committed_at >= _COMMIT_SECONDS
        if self.rows >= self.commit_rows or late or self.taker.store.is_full:
            self.commit()

    def take_row(self, row: RawRow) -> None:
        value = row.value
        if isinstance(value, Mapping) and value.get("deleted"):
            self.taker.report.rows += 1
            self.taker.store.delete(canonical_id(str(value.get("id", ""))))
            return
        if isinstance(value, Mapping) and not value.get("source"):
            row = replace(row, value={**value, "source": self.source.name})
        self.taker.take(parse_row(row, {}, file=f"{self.source.name} {self.source.query}"))

    def commit(self) -> None:
        """Make whole pages count, together with where to go on."""
        page, self.waiting = self.waiting, None  # interrupted in between, it is not begun again
        if page is not None:
            self.taker.commit({self.source.query: dict(page.cursor)})
            self.rows, self.committed_at = 0, monotonic()
