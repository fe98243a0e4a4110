"""Mentions out of text: of the corpus of a home, of files, of what a user types.

Offsets point into a document's `text` as the corpus would hold it: the cleaned title, a
newline and the cleaned abstract; of a row without title it so begins with the newline.
`text_sha` is the hash of that text, so that a row of a file and the same paper of the
corpus can be told to have the same offsets. Plain text, and `.txt` files, are one document
without a title: the cleaned text alone.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError, UsageError
from matlore.home import Home, HomeWriter
from matlore.progress import Progress, no_progress
from matlore.records import Mention, Paper, text_hash

if TYPE_CHECKING:
    from ingest.quarantine import BadRow
    from ingest.sources.base import RawRow
    from ingest.sources.files import SourceFile
    from ner.extraction import Links, Tags
    from ner.jobs import PlacedPaper

__all__ = [
    "extract_home",
    "extract_text",
    "extract_texts",
    "load_extractor",
    "mention_counts",
    "paper_object",
]

Reject = Callable[["BadRow"], None]
_JOB = "ner"
_CHUNK_PAPERS = 200
_MOST_BYTES = 20_000_000
_TEXT_ENDINGS = (".txt", ".txt.gz", ".txt.xz", ".txt.zst")
_MENTION_KEYS = ("label", "start", "end", "text", "norm", "score", "source")


def load_extractor(
    model: str | Path | None = None, *, threads: int | None = None
) -> tuple["Tags", "Links"]:
    """Load the tagger and the linker.

    Args:
        model: a folder or a Hugging Face id; None for the model that ships.
        threads: of the tagger; None for all cores.

    Raises:
        ArtifactError: the model is missing or damaged.
    """
    from ner.linking import Linker
    from ner.tagger import load_tagger

    return load_tagger(model, threads=threads), Linker()


def extract_home(
    home_path: Path,
    *,
    model: str | Path | None = None,
    limit: int | None = None,
    min_relevance: float = 0.0,
    threads: int | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Extract the mentions of the papers of a home that were not read yet.

    Papers that are new, have changed, or were read by another version are read; a run that
    is interrupted or killed goes on after its last commit the next time.

    Args:
        home_path: the data home.
        model: a folder or a Hugging Face id; None for the model that ships.
        limit: read at most so many papers.
        min_relevance: leave out papers with a lower score, 0 to 1.
        threads: of the tagger; None for all cores.
        progress: told of the papers done.

    Returns:
        The fields of `ner.jobs.ExtractionReport`, and `quarantine`: the file that holds
        the papers that failed, or None.

    Raises:
        ArtifactError: the model or a shard cannot be read.
        HomeBusyError: another process is writing to the home.
        HomeError: there is no home at `home_path`, or it may not be written to.
    """
    from ingest.quarantine import Quarantine
    from ner.jobs import extract_corpus

    home = Home.open(home_path)
    tagger, linker = load_extractor(model, threads=threads)
    quarantine = Quarantine(home, _JOB)

    def reject(placed: "PlacedPaper", reason: str) -> None:
        quarantine.add(_bad_paper(placed, reason))
        quarantine.flush()

    def read_shard(writer: HomeWriter, shard: int, rows: Sequence[int]) -> Iterator["PlacedPaper"]:
        return _read_shard(writer, shard, rows, min_relevance=min_relevance)

    report = extract_corpus(
        home, read_shard, tagger, linker, reject=reject, limit=limit, progress=progress
    )
    path = str(quarantine.path) if quarantine.count else None
    return {**asdict(report), "quarantine": path}


def mention_counts(home_path: Path) -> dict[str, Any]:
    """Count the mentions of a home: the result of `ner.mention_store.Mentions.counts`.

    Raises:
        HomeError: there is no home at `home_path`.
    """
    from ner.mention_store import Mentions

    return Mentions(Home.open(home_path)).counts()


def extract_text(
    text: str, *, model: str | Path | None = None, threads: int | None = None
) -> dict[str, Any]:
    """Extract the mentions of a text, which is cleaned first, as papers are.

    Returns:
        `id` (of the content), `text_sha`, `text` as cleaned, and `mentions`.

    Raises:
        ArtifactError: the model is missing or damaged.
        InputError: the model cannot stand the text.
    """
    from ner.extraction import Failure, extract_each

    tagger, linker = load_extractor(model, threads=threads)
    paper = _document(text)
    (found,) = extract_each([paper], tagger, linker)
    if isinstance(found, Failure):
        raise InputError(
            f"the text could not be read ({found.reason}): try another model with `--model`"
        )
    return paper_object(paper, found, with_text=True)


def extract_texts(
    paths: Sequence[Path],
    *,
    model: str | Path | None = None,
    mapping: Iterable[str] = (),
    input_format: str | None = None,
    with_text: bool = False,
    threads: int | None = None,
    reject: Reject | None = None,
    progress: Progress = no_progress,
) -> Iterator[dict[str, Any]]:
    """Extract the mentions of the papers of files, as they come, in the files' order.

    Rows are read as `matlore ingest file` reads them, and need only `id` and `abstract`.

    Args:
        paths: files, and folders that are searched with all below them; `.txt` files are
            one document each, and known by their path.
        model: a folder or a Hugging Face id; None for the model that ships.
        mapping: `FIELD=COLUMN` pairs, where the names of columns do not tell.
        input_format: of the files; None lets each file's name tell.
        with_text: add the text that offsets point into.
        threads: of the tagger; None for all cores.
        reject: told of rows that cannot be read; None raises at the first one.
        progress: told of every row.

    Yields:
        one object a paper: `id` (as its row has it; of the content where it has none),
        `text_sha`, `text` if asked for, and `mentions`, each with `label`, `start`, `end`,
        `text`, `norm`, `score` and `source`.

    Raises:
        ArtifactError: the model is missing or damaged.
        InputError: a path does not exist or is of no known type; or a row is bad and there
            is no `reject`.
        UsageError: a mapping or the format makes no sense.
    """
    from ingest.columns import parse_mapping

    files = _find(paths, input_format)
    columns = parse_mapping(mapping)
    tagger, linker = load_extractor(model, threads=threads)

    def run() -> Iterator[dict[str, Any]]:  # so that wrong arguments are told at once
        rows = (row for file in files for row in file.papers(columns))
        while chunk := list(islice(rows, _CHUNK_PAPERS)):
            yield from _extracted(chunk, tagger, linker, reject or _raise, with_text=with_text)
            progress(len(chunk))

    return run()


# The corpus


def _read_shard(
    writer: HomeWriter, shard: int, rows: Sequence[int], *, min_relevance: float
) -> Iterator["PlacedPaper"]:
    """Yield the papers of rows of a shard, without those of too little relevance."""
    from ingest.corpus import RowReader
    from ner.jobs import PlacedPaper

    with closing(RowReader(writer.home, groups=1)) as reader:  # rows ascend
        for row in rows:
            paper = reader.read(writer.connection, shard, row)
            if paper.relevance is None or paper.relevance >= min_relevance:
                yield PlacedPaper(paper, shard, row)


def _bad_paper(placed: "PlacedPaper", reason: str) -> "BadRow":
    """Return a row of quarantine that `matlore ner extract FILE` reads as this paper."""
    from ingest.quarantine import BadRow

    paper = placed.paper
    raw = {"id": paper.id, "title": paper.title, "abstract": paper.abstract}
    return BadRow(f"papers-{placed.shard:06d}.parquet", placed.row + 1, reason, raw)


# Files


class _Rows:
    """The papers of a file of rows, or why a row is none."""

    def __init__(self, file: "SourceFile") -> None:
        self._file = file

    def papers(self, columns: Mapping[str, str]) -> Iterator["Paper | BadRow"]:
        from ingest.workers import parse_row

        for row in self._file.rows():
            paper = parse_row(row, columns, file=str(self._file.path))
            yield _as_named(paper, row, columns) if isinstance(paper, Paper) else paper


class _Document:
    """A file that is one text."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def papers(self, columns: Mapping[str, str]) -> Iterator["Paper | BadRow"]:
        from ingest.quarantine import BadRow
        from ingest.sources.opening import READ_ERRORS, open_bytes

        try:
            with open_bytes(self._path) as stream:
                text = stream.read(_MOST_BYTES + 1)
            if len(text) > _MOST_BYTES:
                raise OSError(f"larger than {_MOST_BYTES // 1_000_000} MB: not one abstract")
            yield replace(_document(text.decode("utf-8-sig")), id=str(self._path))
        except READ_ERRORS as error:
            yield BadRow(str(self._path), 1, f"cannot be read: {error}", "")


def _as_named(paper: Paper, row: "RawRow", columns: Mapping[str, str]) -> Paper:
    """Return a paper with the `id` that its row has: the caller joins on it."""
    from ingest.quarantine import unwrap

    value = unwrap(json.loads(row.value)) if isinstance(row.value, str) else row.value
    given = value.get(columns.get("id", "id")) if isinstance(value, Mapping) else None
    named = isinstance(given, str | int) and bool(str(given).strip())
    return replace(paper, id=str(given)) if named else paper


def _find(paths: Sequence[Path], input_format: str | None) -> list[_Rows | _Document]:
    """Return the files to read, those of rows and those that are one text."""
    from ingest.sources.files import FileFormat, find_files

    if input_format is not None and input_format not in list(FileFormat):
        raise UsageError(f"no input format {input_format!r}: choose from {', '.join(FileFormat)}")
    format = None if input_format is None else FileFormat(input_format)
    found: list[_Rows | _Document] = []
    for path in paths:
        if format is None and _is_text(path) and path.is_file():
            found.append(_Document(path))
            continue
        files, others = find_files([path], format=format)
        found += [_Rows(file) for file in files]
        if format is None:
            found += [_Document(other) for other in others if _is_text(other)]
    if not found:
        raise InputError(f"no files of a known type in {', '.join(map(str, paths))}")
    return found


def _is_text(path: Path) -> bool:
    return path.name.lower().endswith(_TEXT_ENDINGS)


def _extracted(
    rows: Sequence["Paper | BadRow"],
    tagger: "Tags",
    linker: "Links",
    reject: Reject,
    *,
    with_text: bool,
) -> Iterator[dict[str, Any]]:
    """Yield what is found in papers; pass on the rows that are none, or that fail."""
    from ingest.quarantine import BadRow
    from ner.extraction import Failure, extract_each

    papers = [row for row in rows if isinstance(row, Paper)]
    results = iter(extract_each(papers, tagger, linker) if papers else [])
    for row in rows:
        if isinstance(row, BadRow):
            reject(row)
            continue
        result = next(results)
        if isinstance(result, Failure):
            raw = {"id": row.id, "title": row.title, "abstract": row.abstract}
            reject(BadRow(row.id, 1, result.reason, raw))
        else:
            yield paper_object(row, result, with_text=with_text)


def _raise(row: "BadRow") -> None:
    raise InputError(f"{row.file}:{row.line}: {row.reason}")


def _document(text: str) -> Paper:
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


def paper_object(paper: Paper, mentions: Sequence[Mention], *, with_text: bool) -> dict[str, Any]:
    """Return the object of a paper that other programs rely on."""
    found: dict[str, Any] = {"id": paper.id, "text_sha": paper.text_sha}
    if with_text:
        found["text"] = paper.text
    found["mentions"] = [{key: getattr(one, key) for key in _MENTION_KEYS} for one in mentions]
    return found
