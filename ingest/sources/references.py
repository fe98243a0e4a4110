"""Reference managers' formats: BibTeX and RIS, an entry at a time."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from .base import MAX_ROW, RawRow
from .opening import lines

__all__ = ["Bibtex", "Ris"]

_ENTRY = re.compile(r"^\s*@(\w+)\s*[{(]")
_NO_PAPERS = frozenset(["comment", "preamble", "string"])
_RIS_TAG = re.compile(r"^([A-Z][A-Z0-9])  ?-(?: (.*))?$")
_RIS_LISTS = frozenset(["AU", "A1", "A2", "KW", "UR"])

# Bad entries go to the quarantine: no line on stderr for each of them besides.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())


class Bibtex:
    """The entries of a BibTeX file.

    Each entry is parsed by itself, so that a broken one harms no other; an entry begins at
    a line that begins with `@`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[RawRow]:
        strings: list[str] = []
        for line, text, error in _entries(self.path):
            kind = _ENTRY.match(text)
            if error is not None:
                yield RawRow(line, text, error)
            elif kind and kind.group(1).lower() == "string":
                strings.append(text)
            elif kind and kind.group(1).lower() not in _NO_PAPERS:
                yield _bibtex_row(line, "".join(strings), text)


def _entries(path: Path) -> Iterator[tuple[int, str, str | None]]:
    """Yield the line, the text and the reading error of each entry."""
    start, parts, size = 1, list[str](), 0
    for row in lines(path):
        text = str(row.value)
        if row.error is not None:
            yield row.line, text, row.error
        elif _ENTRY.match(text):
            if parts:
                yield start, "".join(parts), None
            start, parts, size = row.line, [text], len(text)
        elif parts and size <= MAX_ROW:
            parts.append(text)
            size += len(text)
    if parts:
        yield start, "".join(parts), None


def _bibtex_row(line: int, strings: str, text: str) -> RawRow:
    """Parse one entry, with the abbreviations defined before it."""
    import bibtexparser.entrypoint

    library = bibtexparser.entrypoint.parse_string(strings + text)
    if library.failed_blocks or not library.entries:
        return RawRow(line, text[:1000], "broken BibTeX")
    entry = library.entries[-1]
    row: dict[str, object] = {field.key.lower(): str(field.value) for field in entry.fields}
    row.pop("id", None)
    if "author" in row:
        row["author"] = [_plain(name) for name in re.split(r"\s+and\s+", str(row["author"]))]
    if str(row.get("archiveprefix", row.get("eprinttype", "arxiv"))).lower() != "arxiv":
        row.pop("eprint", None)
    return RawRow(line, row)


def _plain(name: str) -> str:
    """Return a name without the braces and accents of LaTeX."""
    from ..clean import clean_text

    return clean_text(name)


class Ris:
    """The records of a RIS file: from its first tag to `ER`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[RawRow]:
        record: dict[str, list[str]] = {}
        start, tag = 1, ""
        for row in lines(self.path):
            text = str(row.value).rstrip("\r\n")
            match = _RIS_TAG.match(text)
            if row.error is not None:
                yield row
            elif match and match.group(1) == "ER":
                if record:
                    yield RawRow(start, _ris_row(record))
                record = {}
            elif match:
                start = start if record else row.line
                tag = match.group(1)
                record.setdefault(tag, []).append((match.group(2) or "").strip())
            elif record and tag:
                record[tag][-1] += " " + text.strip()
            else:
                yield RawRow(row.line, text[:1000], "no RIS tag")
        if record:
            yield RawRow(start, _ris_row(record), "the record has no end (ER)")


def _ris_row(record: dict[str, list[str]]) -> dict[str, object]:
    """Return a record as columns; tags that may be repeated as lists."""
    return {
        tag: values if tag in _RIS_LISTS else " ".join(values)
        for tag, values in record.items()
        if tag not in ("TY", "ID")
    }
