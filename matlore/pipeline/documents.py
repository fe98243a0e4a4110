"""What is read for mentions and facts: papers of a home, rows of files, texts.

Offsets point into a document's `text` as the corpus would hold it: the cleaned title, a
newline and the cleaned abstract; of a row without title it so begins with the newline.
Plain text, and `.txt` files, are one document without a title: the cleaned text alone.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from matlore.errors import InputError, UsageError
from matlore.home import Home, HomeWriter
from matlore.progress import Progress, no_progress
from matlore.records import Paper, text_hash

if TYPE_CHECKING:
    from ingest.quarantine import BadRow
    from ingest.sources.base import RawRow
    from ingest.sources.files import SourceFile
    from ner.extraction import Failure
    from ner.job_parts import PlacedPaper

__all__ = [
    "PaperQuarantine",
    "ReadPapers",
    "Reject",
    "document",
    "read_documents",
    "read_shard",
]

Reject = Callable[["BadRow"], None]
"""Told of a row that is no paper, or of a paper that could not be read."""

ReadPapers = Callable[[Sequence[Paper]], Iterable["dict[str, Any] | Failure"]]
"""Returns the object of each paper, or why there is none."""

_CHUNK_PAPERS = 200
_MOST_BYTES = 20_000_000
_TEXT_ENDINGS = (".txt", ".txt.gz", ".txt.xz", ".txt.zst")


# The corpus


def read_shard(
    writer: HomeWriter, shard: int, rows: Sequence[int], *, min_relevance: float = 0.0
) -> Iterator["PlacedPaper"]:
    """Yield the papers of rows of a shard, without those of too little relevance."""
    from ingest.corpus import RowReader
    from ner.job_parts import PlacedPaper

    with closing(RowReader(writer.home, groups=1)) as reader:  # rows ascend
        for row in rows:
            paper = reader.read(writer.connection, shard, row)
            if paper.relevance is None or paper.relevance >= min_relevance:
                yield PlacedPaper(paper, shard, row)


class PaperQuarantine:
    """Where the papers of a home go that a job could not read."""

    def __init__(self, home: Home, job: str) -> None:
        from ingest.quarantine import Quarantine

        self._quarantine = Quarantine(home, job)

    def reject(self, placed: "PlacedPaper", reason: str) -> None:
        """Keep a paper as a row that the command for files reads as this paper."""
        from ingest.quarantine import BadRow

        name = f"papers-{placed.shard:06d}.parquet"
        self._quarantine.add(BadRow(name, placed.row + 1, reason, _raw(placed.paper)))
        self._quarantine.flush()

    @property
    def file(self) -> str | None:
        """The file that holds them, or None where there are none."""
        return str(self._quarantine.path) if self._quarantine.count else None


# Files and texts


class _RowsFile:
    """The papers of a file of rows, or why a row is none."""

    def __init__(self, file: "SourceFile") -> None:
        self._file = file

    def papers(self, columns: Mapping[str, str]) -> Iterator["Paper | BadRow"]:
        """Yield the papers; `columns` names the column of a field, where names do not tell."""
        from ingest.workers import parse_row

        for row in self._file.rows():
            paper = parse_row(row, columns, file=str(self._file.path))
            yield _as_named(paper, row, columns) if isinstance(paper, Paper) else paper


class _DocumentFile:
    """A file that is one text."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def papers(self, columns: Mapping[str, str]) -> Iterator["Paper | BadRow"]:
        """Yield the one document; it has no columns."""
        from ingest.quarantine import BadRow
        from ingest.sources.opening import READ_ERRORS, open_bytes

        try:
            with open_bytes(self._path) as stream:
                text = stream.read(_MOST_BYTES + 1)
            if len(text) > _MOST_BYTES:
                raise OSError(f"larger than {_MOST_BYTES // 1_000_000} MB: not one abstract")
            yield replace(document(text.decode("utf-8-sig")), id=str(self._path))
        except READ_ERRORS as error:
            yield BadRow(str(self._path), 1, f"cannot be read: {error}", "")


def _find_documents(
    paths: Sequence[Path], input_format: str | None
) -> list[_RowsFile | _DocumentFile]:
    """Return the files to read, those of rows and those that are one text.

    Args:
        paths: files, and folders that are searched with all below them.
        input_format: of all files; None lets each file's name tell.

    Raises:
        InputError: a path does not exist, or there is no file of a known type.
        UsageError: there is no such format.
    """
    from ingest.sources.files import FileFormat, find_files

    if input_format is not None and input_format not in list(FileFormat):
        raise UsageError(f"no input format {input_format!r}: choose from {', '.join(FileFormat)}")
    format = None if input_format is None else FileFormat(input_format)
    found: list[_RowsFile | _DocumentFile] = []
    for path in paths:
        if format is None and _is_text(path) and path.is_file():
            found.append(_DocumentFile(path))
            continue
        files, others = find_files([path], format=format)
        found += [_RowsFile(file) for file in files]
        if format is None:
            found += [_DocumentFile(other) for other in others if _is_text(other)]
    if not found:
        raise InputError(f"no files of a known type in {', '.join(map(str, paths))}")
    return found


def read_documents(
    paths: Sequence[Path],
    load: Callable[[], ReadPapers],
    *,
    mapping: Iterable[str] = (),
    input_format: str | None = None,
    reject: Reject | None = None,
    progress: Progress = no_progress,
) -> Iterator[dict[str, Any]]:
    """Yield what is found in the papers of files, as they come, in the files' order.

    Args:
        paths: files, and folders that are searched with all below them.
        load: makes what reads papers, once the other arguments were found to be right.
        mapping: `FIELD=COLUMN` pairs, where the names of columns do not tell.
        input_format: of the files; None lets each file's name tell.
        reject: told of rows that cannot be read; None raises at the first one.
        progress: told of every row.

    Raises:
        InputError: a path does not exist or is of no known type; or a row is bad and there
            is no `reject`.
        UsageError: a mapping or the format makes no sense.
    """
    from ingest.columns import parse_mapping

    files = _find_documents(paths, input_format)
    columns = parse_mapping(mapping)
    read = load()

    def run() -> Iterator[dict[str, Any]]:  # so that wrong arguments are told at once
        rows = (row for file in files for row in file.papers(columns))
        while chunk := list(islice(rows, _CHUNK_PAPERS)):
            yield from _objects(chunk, read, reject or _raise_bad)
            progress(len(chunk))

    return run()


def _objects(
    rows: Sequence["Paper | BadRow"], read: ReadPapers, reject: Reject
) -> Iterator[dict[str, Any]]:
    """Yield the objects of papers; pass on the rows that are none, or that fail."""
    results = iter(read([row for row in rows if isinstance(row, Paper)]))
    for row in rows:
        if not isinstance(row, Paper):
            reject(row)
            continue
        result = next(results)
        if isinstance(result, dict):
            yield result
        else:
            reject(_bad_document(row, result.reason))


def document(text: str) -> Paper:
    """Return a text without title as a paper; empty text is no error here."""
    from ingest.clean import CLEANER_VERSION, clean_text
    from ingest.ids import content_id

    clean = clean_text(text.encode("utf-8", "ignore").decode())  # without lone surrogates
    id = content_id(clean)
    return Paper(
        id=id,
        ids=(id,),
        title="",
        abstract=text,
        text=clean,
        text_sha=text_hash(clean),
        cleaner_version=CLEANER_VERSION,
    )


def _bad_document(paper: Paper, reason: str) -> "BadRow":
    """Return why a paper that did not come from a home could not be read."""
    from ingest.quarantine import BadRow

    return BadRow(paper.id, 1, reason, _raw(paper))


def _raise_bad(row: "BadRow") -> NoReturn:
    """Raise about a row, where the caller wants to hear of the first one.

    Raises:
        InputError: always.
    """
    raise InputError(f"{row.file}:{row.line}: {row.reason}")


def _raw(paper: Paper) -> dict[str, str]:
    return {"id": paper.id, "title": paper.title, "abstract": paper.abstract}


def _as_named(paper: Paper, row: "RawRow", columns: Mapping[str, str]) -> Paper:
    """Return a paper with the `id` that its row has: the caller joins on it."""
    from ingest.quarantine import unwrap

    value = unwrap(json.loads(row.value)) if isinstance(row.value, str) else row.value
    given = value.get(columns.get("id", "id")) if isinstance(value, Mapping) else None
    named = isinstance(given, str | int) and bool(str(given).strip())
    return replace(paper, id=str(given)) if named else paper


def _is_text(path: Path) -> bool:
    return path.name.lower().endswith(_TEXT_ENDINGS)
