"""Papers of a corpus written to one file, or to a data set's folder, by their licences."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Literal

from matlore.errors import InputError, UsageError
from matlore.home import Home
from matlore.progress import Progress, no_progress
from matlore.records import Paper

__all__ = ["REDISTRIBUTABLE", "ExportFormat", "ExportReport", "export_corpus", "has_license"]

ExportFormat = Literal["jsonl", "csv", "parquet", "bibtex", "dataset"]
REDISTRIBUTABLE = frozenset(["cc0", "cc-by", "cc-by-sa", "mit", "public-domain"])
_BATCH_ROWS = 1_000
_PREFIX = re.compile(r"^(?:https?://)?(?:www\.)?")
_DEED = re.compile(r"^creativecommons\.org/(licenses|publicdomain)/([a-z+-]+)(?:/([^?#]*))?")
_VERSION = re.compile(r"-v?\d.*$")
_CODES = {
    "zero": "cc0",
    "mark": "public-domain",
    "publicdomain": "public-domain",
    "pd": "public-domain",
    "pdm": "public-domain",
    "cc-zero": "cc0",
    "cc-0": "cc0",
    "cc-pdm": "public-domain",
}


@dataclass(slots=True)
class ExportReport:
    """What an export wrote, and what it left out because of licences."""

    papers: int = 0
    without_license: int = 0
    other_license: int = 0


def export_corpus(
    home_path: Path,
    target: Path,
    *,
    format: ExportFormat,
    licenses: Sequence[str] = (),
    progress: Progress = no_progress,
) -> ExportReport:
    """Write the papers of the corpus to one file.

    Args:
        home_path: the data home.
        target: the file, or for "dataset" the folder that `datasets.load_from_disk` reads;
            it appears only when it is complete, in the place of an earlier one.
        format: lists are joined by `; ` in CSV.
        licenses: keep only papers with one of these, see `has_license`; empty: all papers.
        progress: told of every paper.

    Raises:
        HomeError: there is no home at `home_path`.
        InputError: the file cannot be written.
        UsageError: the format needs a package that is not installed.
    """
    from ingest.corpus import Corpus

    corpus = Corpus(Home.open(home_path))
    write = _writer(format)
    if format == "dataset":
        _check_folder(target)
    progress(0, total=len(corpus))
    report = ExportReport()
    draft = target.with_name(f".{target.name}.tmp")
    try:
        _remove(draft)
        write(_kept(corpus, licenses, report, progress), draft)
        _put(draft, target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error}") from error
    finally:
        _remove(draft)
    return report


def has_license(license: str | None, patterns: Iterable[str]) -> bool:
    """Tell whether a paper's licence is one of those asked for.

    Names and the addresses of Creative Commons mean the same: `CC-BY` is also `CC BY 4.0`
    and `https://creativecommons.org/licenses/by/4.0/`, but not `CC-BY-NC`.

    Args:
        license: as its source gave it; None is none of them.
        patterns: a licence, with its version or for all versions; `*` stands for anything;
            `redistributable` for CC0, CC-BY, CC-BY-SA, MIT and the public domain.
    """
    code = _code(license or "")
    if not code:
        return False
    family = _VERSION.sub("", code)
    for pattern in patterns:
        wanted = _code(pattern)
        if wanted == "redistributable":
            if family in REDISTRIBUTABLE:
                return True
        elif wanted in (code, family) or ("*" in wanted and fnmatchcase(code, wanted)):
            return True
    return False


def _code(license: str) -> str:
    """Return a licence in one spelling, such as `cc-by-4.0`."""
    text = _PREFIX.sub("", license.strip().lower()).rstrip("/").removesuffix("/legalcode")
    deed = _DEED.match(text)
    if deed:
        kind, name, rest = deed.groups()
        name = _CODES.get(name, f"cc-{name}" if kind == "licenses" else name)
        version = (rest or "").split("/deed")[0].removesuffix("/")
        return "-".join([name, *version.split("/")]) if version else name
    text = re.sub(r"[\s_-]+", "-", text)
    family = _VERSION.sub("", text)
    if text in _CODES:
        return _CODES[text]
    return _CODES.get(family, family) + text[len(family) :]


def _kept(
    papers: Iterable[Paper], licenses: Sequence[str], report: ExportReport, progress: Progress
) -> Iterator[Paper]:
    """Yield the papers to write, and count all in the report."""
    for paper in papers:
        if not licenses or has_license(paper.license, licenses):
            report.papers += 1
            yield paper
        elif paper.license:
            report.other_license += 1
        else:
            report.without_license += 1
        progress()


def _writer(format: ExportFormat) -> Callable[[Iterator[Paper], Path], None]:
    from .bibtex import write_bibtex

    if format == "dataset":
        _require_datasets()
    writers: dict[str, Callable[[Iterator[Paper], Path], None]] = {
        "jsonl": _write_jsonl,
        "csv": _write_csv,
        "parquet": _write_parquet,
        "bibtex": write_bibtex,
        "dataset": _write_dataset,
    }
    return writers[format]


def _require_datasets() -> None:
    try:
        import datasets  # noqa: F401
    except ImportError as error:
        raise UsageError(
            'the format "dataset" needs a package: `pip install "matlore[datasets]"`'
        ) from error


def _check_folder(target: Path) -> None:
    """Refuse to replace what is no data set."""
    if target.is_dir():
        if any(target.iterdir()) and not (target / "dataset_info.json").is_file():
            raise InputError(f"{target} holds something else: give `--out` a new folder")
    elif target.exists():
        raise InputError(f"{target} is no folder: give `--out` a new folder")


def _put(draft: Path, target: Path) -> None:
    """Put the draft in its place; the place of an earlier folder is free for a moment."""
    if draft.is_dir() and target.is_dir():
        old = target.with_name(f".{target.name}.old.tmp")
        _remove(old)
        target.replace(old)
        draft.replace(target)
        _remove(old)
    else:
        draft.replace(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


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
    import pyarrow.parquet as pq

    from ingest.corpus import paper_schema, papers_to_batch

    with pq.ParquetWriter(target, paper_schema(), compression="zstd") as file:
        while part := list(islice(papers, _BATCH_ROWS)):
            file.write_batch(papers_to_batch(part))


def _write_dataset(papers: Iterator[Paper], target: Path) -> None:
    """Write an Arrow stream, which the data set then maps into memory and saves."""
    from tempfile import TemporaryDirectory

    import pyarrow as pa
    from datasets import Dataset, disable_progress_bars, enable_progress_bars
    from datasets.utils.logging import is_progress_bar_enabled

    from ingest.corpus import paper_schema, papers_to_batch

    had_bars = is_progress_bar_enabled()
    disable_progress_bars()
    try:
        with TemporaryDirectory(dir=target.parent, prefix=".matlore-") as folder:
            stream = Path(folder) / "papers.arrow"
            with (
                pa.OSFile(str(stream), "wb") as sink,
                pa.ipc.new_stream(sink, paper_schema()) as file,
            ):
                while part := list(islice(papers, _BATCH_ROWS)):
                    file.write_batch(papers_to_batch(part))
            found = Dataset.from_file(str(stream))
            if not len(found):
                raise InputError("a data set without papers cannot be loaded: none is written")
            found.save_to_disk(str(target))
    finally:
        if had_bars:
            enable_progress_bars()
