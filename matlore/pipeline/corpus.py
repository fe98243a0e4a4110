"""The corpus of a data home: papers in, and what is there."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from matlore.errors import InputError, UsageError
from matlore.home import Home
from matlore.progress import Progress, no_progress
from matlore.records import Paper

if TYPE_CHECKING:
    from ingest.corpus import Corpus

__all__ = [
    "ExportFormat",
    "corpus_stats",
    "default_workers",
    "export_corpus",
    "ingest_paths",
    "show_paper",
    "verify_corpus",
]

ExportFormat = Literal["jsonl", "csv", "parquet"]
_COUNTED = ("year", "source", "license", "categories", "doi", "abstract", "retracted")


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
        progress=progress,
    )
    report.not_read = [str(path) for path in skipped]
    return asdict(report)


def corpus_stats(home_path: Path, *, top: int = 30) -> dict[str, object]:
    """Count what the corpus of a home holds.

    Args:
        home_path: the data home.
        top: how many categories are listed, commonest first.

    Raises:
        HomeError: there is no home at `home_path`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from ingest.corpus import KIND, Corpus

    home = Home.open(home_path)
    counts: dict[str, dict[Any, int]] = {name: {} for name in _COUNTED}
    for batch in Corpus(home).batches(_COUNTED):
        for name in ("year", "source", "license"):
            _add(counts[name], pc.value_counts(batch.column(name)))
        _add(counts["categories"], pc.value_counts(pc.list_flatten(batch.column("categories"))))
        _add(counts["retracted"], pc.value_counts(batch.column("retracted")))
        _add(counts["doi"], pc.value_counts(pc.is_valid(batch.column("doi"))))
        has_abstract = pc.not_equal(batch.column("abstract"), pa.scalar(""))
        _add(counts["abstract"], pc.value_counts(has_abstract))
    years = counts["year"]
    shards = home.shards(KIND)
    return {
        "papers": len(Corpus(home)),
        "years": {str(year): years[year] for year in sorted(years, key=lambda y: y or 0) if year},
        "sources": _ranked(counts["source"]),
        "licenses": _ranked(counts["license"]),
        "categories": dict(list(_ranked(counts["categories"]).items())[:top]),
        "n_categories": len(counts["categories"]),
        "n_with_doi": counts["doi"].get(True, 0),
        "n_with_abstract": counts["abstract"].get(True, 0),
        "n_without_year": years.get(None, 0),
        "n_retracted": counts["retracted"].get(True, 0),
        "n_shards": len(shards),
        "bytes": sum(shard.size for shard in shards),
    }


def _add(counts: dict[Any, int], found: Any) -> None:
    """Add the value counts of one batch."""
    for value, count in zip(
        found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True
    ):
        counts[value] = counts.get(value, 0) + count


def _ranked(counts: Mapping[Any, int]) -> dict[str, int]:
    """Return counts, largest first; what is not known counts as `unknown`."""
    named = {"unknown" if value is None else str(value): n for value, n in counts.items()}
    return dict(sorted(named.items(), key=lambda item: (-item[1], item[0])))


def show_paper(home_path: Path, id: str) -> dict[str, object]:
    """Return a paper of the corpus by any of its identifiers, as plain values.

    Raises:
        HomeError: there is no home at `home_path`.
        NotFoundError: no paper has this identifier.
    """
    from ingest.corpus import Corpus

    return asdict(Corpus(Home.open(home_path)).get(id))


def export_corpus(
    home_path: Path, target: Path, *, format: ExportFormat, progress: Progress = no_progress
) -> int:
    """Write the papers of the corpus to one file, and return how many there are.

    Args:
        home_path: the data home.
        target: the file; it appears only when it is complete.
        format: lists are joined by `; ` in CSV.
        progress: told of every paper.

    Raises:
        HomeError: there is no home at `home_path`.
        InputError: the file cannot be written.
    """
    from ingest.corpus import Corpus

    corpus = Corpus(Home.open(home_path))
    progress(0, total=len(corpus))
    writers: dict[str, Callable[[Iterator[Paper], Path], None]] = {
        "jsonl": _write_jsonl,
        "csv": _write_csv,
        "parquet": _write_parquet,
    }
    draft = target.with_name(f".{target.name}.tmp")
    try:
        writers[format](_counted(corpus, progress), draft)
        draft.replace(target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return len(corpus)


def _counted(corpus: "Corpus", progress: Progress) -> Iterator[Paper]:
    for paper in corpus:
        yield paper
        progress()


def _write_jsonl(papers: Iterator[Paper], target: Path) -> None:
    import json

    with target.open("w", encoding="utf-8") as stream:
        for paper in papers:
            stream.write(json.dumps(asdict(paper), ensure_ascii=False, default=str) + "\n")


def _write_csv(papers: Iterator[Paper], target: Path) -> None:
    import csv

    with target.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        names = [field.name for field in fields(Paper)]
        table.writerow(names)
        for paper in papers:
            values = (getattr(paper, name) for name in names)
            table.writerow("; ".join(v) if isinstance(v, tuple) else v for v in values)


def _write_parquet(papers: Iterator[Paper], target: Path) -> None:
    from itertools import islice

    import pyarrow.parquet as pq

    from ingest.corpus import paper_schema, papers_to_batch

    with pq.ParquetWriter(target, paper_schema(), compression="zstd") as file:
        while part := list(islice(papers, 1000)):
            file.write_batch(papers_to_batch(part))


def verify_corpus(home_path: Path, *, progress: Progress = no_progress) -> dict[str, object]:
    """Compare the shards of the corpus with the manifest.

    Returns:
        `shards` and `rows` checked, and `problems`: one object a shard that is missing or
        is not what was registered.

    Raises:
        HomeError: there is no home at `home_path`.
    """
    from ingest.corpus import KIND

    shards = Home.open(home_path).shards(KIND)
    progress(0, total=len(shards))
    problems = []
    for shard in shards:
        if not shard.path.is_file():
            problems.append({"shard": shard.name, "problem": "missing"})
        else:
            with shard.path.open("rb") as stream:
                if file_digest(stream, "sha256").hexdigest() != shard.sha256:
                    problems.append({"shard": shard.name, "problem": "its sha256 has changed"})
        progress()
    return {"shards": len(shards), "rows": sum(s.rows for s in shards), "problems": problems}
