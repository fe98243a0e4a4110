"""The corpus of a data home: papers in, and what is there."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from matlore.errors import InputError, UsageError
from matlore.home import Home
from matlore.progress import Progress, no_progress

from .corpus_stats import corpus_stats, plot_years
from .export import ExportFormat, ExportReport, export_corpus
from .verify import repair_corpus, verify_corpus

__all__ = [
    "ExportFormat",
    "ExportReport",
    "column_mapping",
    "compact_corpus",
    "corpus_stats",
    "default_workers",
    "export_corpus",
    "ingest_paths",
    "plot_years",
    "remove_paper",
    "repair_corpus",
    "show_paper",
    "split_paper",
    "verify_corpus",
]


def default_workers() -> int:
    """Return how many processes may well work at once: one a core, at most 8."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(usable or 1, 8)


def ingest_paths(
    home_path: Path,
    paths: Sequence[Path],
    *,
    mapping: Iterable[str] = (),
    input_format: str | None = None,
    workers: int = 1,
    stop_at_error: bool = False,
    min_relevance: float = 0.0,
    progress: Progress = no_progress,
) -> dict[str, object]:
    """Take files of papers into a data home, which is made where there is none.

    Args:
        home_path: the data home.
        paths: files, and folders that are searched with all below them.
        mapping: `FIELD=COLUMN` pairs, where the names of columns do not tell.
        input_format: of the files; None lets each file's name tell.
        workers: processes; more than 1 need an importable main module.
        stop_at_error: raise at the first bad row instead of putting it into quarantine.
        min_relevance: leave out papers with a lower score, 0 to 1.
        progress: told of every row.

    Returns:
        The fields of `ingest.jobs.IngestReport`.

    Raises:
        HomeBusyError: another process is writing to the home.
        HomeError: the home cannot be used.
        InputError: a path does not exist or is of no known type; or a row is bad and
            `stop_at_error` is set.
        UsageError: a mapping or the format makes no sense.
    """
    from ingest.columns import parse_mapping
    from ingest.jobs import ingest_files
    from ingest.sources.files import FileFormat, find_files

    if input_format is not None and input_format not in list(FileFormat):
        raise UsageError(f"no input format {input_format!r}: choose from {', '.join(FileFormat)}")
    columns = parse_mapping(mapping)
    files, skipped = find_files(
        paths, format=None if input_format is None else FileFormat(input_format)
    )
    if not files:
        raise InputError(f"no files of a known type in {', '.join(map(str, paths))}")
    report = ingest_files(
        Home.open(home_path, create=True),
        files,
        mapping=columns,
        workers=workers,
        on_error="raise" if stop_at_error else "quarantine",
        min_relevance=min_relevance,
        progress=progress,
    )
    report.not_read = [str(path) for path in skipped]
    return asdict(report)


def show_paper(home_path: Path, id: str) -> dict[str, object]:
    """Return a paper of the corpus by any of its identifiers, as plain values.

    Returns:
        the fields of `Paper`, and `records`: what was merged into it, one object a record
        with `id`, `how` it was recognised (`id`, `same text`, `title`, `text`; `first` for
        the one seen first), a `score`, its `title`, `source` and `year`. Empty where there
        is one record only.

    Raises:
        HomeError: there is no home at `home_path`.
        NotFoundError: no paper has this identifier.
    """
    from ingest.corpus import Corpus

    corpus = Corpus(Home.open(home_path))
    paper = corpus.get(id)
    return {**asdict(paper), "records": corpus.records(paper.id)}


def column_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Read `FIELD=COLUMN` pairs.

    Raises:
        UsageError: a pair has no `=`, or names a field that a paper does not have.
    """
    from ingest.columns import parse_mapping

    return parse_mapping(pairs)


def remove_paper(home_path: Path, id: str) -> str:
    """Remove a paper with its mentions, so that no later harvest brings it; return its id.

    Raises:
        HomeBusyError: another process is writing to the home.
        HomeError: there is no home at `home_path`.
        NotFoundError: no paper has this identifier.
    """
    from ingest.store import PaperStore
    from ner.mention_store import forget_papers

    with Home.open(home_path).writer() as writer:
        store = PaperStore(writer)
        removed = store.remove(id)
        forget_papers(writer.connection, [removed])
        store.commit(job="", cursors={})
    return removed


def split_paper(home_path: Path, id: str) -> list[str]:
    """Make merged records papers of their own again, and keep them apart from now on.

    Args:
        home_path: the data home.
        id: of a paper, to take all its records apart, or of one merged record.

    Returns:
        the ids of the papers that there are now instead.

    Raises:
        HomeBusyError: another process is writing to the home.
        HomeError: there is no home at `home_path`.
        NotFoundError: no paper has this identifier.
        UsageError: nothing was merged into the paper.
    """
    from ingest.store import PaperStore

    with Home.open(home_path).writer() as writer:
        store = PaperStore(writer)
        papers = store.split(id)
        store.commit(job="", cursors={})
    return papers


def compact_corpus(home_path: Path) -> dict[str, object]:
    """Merge the small and half-dead shards of the corpus, and of its facts, into full ones.

    Returns:
        The fields of `ingest.compaction.CompactionReport`, and `fact_shards_rewritten`.

    Raises:
        ArtifactError: a shard cannot be read.
        HomeBusyError: another process is writing to the home.
        HomeError: there is no home at `home_path`.
    """
    from ingest.compaction import compact
    from ner.fact_compaction import compact_facts

    with Home.open(home_path).writer() as writer:
        report = asdict(compact(writer))
        return {**report, "fact_shards_rewritten": compact_facts(writer)}
