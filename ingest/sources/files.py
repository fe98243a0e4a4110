"""Papers from files: which files there are, and which reader reads them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path

from matlore.errors import InputError

from .base import RowReader
from .json_files import json_reader
from .opening import PACKINGS, READ_ERRORS, open_text
from .references import Bibtex, Ris
from .tables import Delimited, Parquet

__all__ = ["FileFormat", "SourceFile", "find_files"]


class FileFormat(StrEnum):
    """The formats that can be read."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    BIBTEX = "bibtex"
    RIS = "ris"


_ENDINGS = {
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".json": FileFormat.JSONL,
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.TSV,
    ".tab": FileFormat.TSV,
    ".parquet": FileFormat.PARQUET,
    ".bib": FileFormat.BIBTEX,
    ".bibtex": FileFormat.BIBTEX,
    ".ris": FileFormat.RIS,
}
_READERS: dict[FileFormat, Callable[[Path], RowReader]] = {
    FileFormat.JSONL: json_reader,
    FileFormat.CSV: Delimited,
    FileFormat.TSV: lambda path: Delimited(path, delimiter="\t"),
    FileFormat.PARQUET: Parquet,
    FileFormat.BIBTEX: Bibtex,
    FileFormat.RIS: Ris,
}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read papers from."""

    path: Path
    format: FileFormat

    def rows(self) -> RowReader:
        """Return the file's rows, to be iterated as often as wanted."""
        return _READERS[self.format](self.path)

    def sha256(self) -> str:
        """Return the hexadecimal sha256 of the file as it is now.

        Raises:
            InputError: it cannot be read.
        """
        try:
            with self.path.open("rb") as stream:
                return file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror}") from error


def find_files(
    paths: Iterable[Path], *, format: FileFormat | None = None
) -> tuple[list[SourceFile], list[Path]]:
    """Return the files to read, and those of folders that are of no known type.

    Args:
        paths: files, and folders that are searched with all below them.
        format: of the files named; in folders only files of this format are read. None
            lets the file's ending tell, then its first characters.

    Raises:
        InputError: a path does not exist, or is a file of an unknown type.
    """
    found: list[SourceFile] = []
    skipped: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder")
        for file in sorted(_files_below(path)) if path.is_dir() else [path]:
            kind = _format(file, format, named=file == path)
            if kind is not None:
                found.append(SourceFile(file, kind))
            elif file == path:
                raise InputError(
                    f"{path}: of no known type ({', '.join(_ENDINGS)}): say it with --input-format"
                )
            else:
                skipped.append(file)
    return list(dict.fromkeys(found)), skipped


def _files_below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _format(path: Path, wanted: FileFormat | None, *, named: bool) -> FileFormat | None:
    """Return a file's format, or None if it is not to be read."""
    name = path.name.lower()
    for packing in PACKINGS:
        name = name.removesuffix(packing)
    by_ending = _ENDINGS.get(Path(name).suffix)
    if wanted is not None:
        return wanted if named or by_ending == wanted else None
    return by_ending or (_sniff(path) if named else None)


def _sniff(path: Path) -> FileFormat | None:
    """Guess a format from the first characters of a file."""
    try:
        with open_text(path) as stream:
            start = stream.read(1000).lstrip()
    except READ_ERRORS:
        return None
    if start.startswith(("{", "[")):
        return FileFormat.JSONL
    if start.startswith("TY  -"):
        return FileFormat.RIS
    if start.startswith("PAR1"):
        return FileFormat.PARQUET
    return FileFormat.BIBTEX if start.startswith("@") else None
