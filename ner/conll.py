"""Tagged sentences in CoNLL's columns: the first is the word, the last its tag."""

import gzip
import io
import logging
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from matlore.errors import InputError

from .labels import LABELS

__all__ = ["TaggedSentence", "read_conll", "write_conll"]

_LOGGER = logging.getLogger("matlore")
_DOCUMENT = "-DOCSTART-"
_SIDES = frozenset("BIMELSU")
_FIRST, _LAST = frozenset("BSU"), frozenset("ELSU")


class TaggedSentence(NamedTuple):
    """Words and their tags, as many, valid IOB2."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


class _Row(NamedTuple):
    """A word with its tag as read, empty where the line has none."""

    word: str
    tag: str
    line: int


def read_conll(path: Path) -> list[TaggedSentence]:
    """Read tagged sentences.

    Columns are apart by blanks or tabs; empty lines and `-DOCSTART-` end a sentence. Where
    most lines have two columns, further blanks belong to the word (Matscholar has `MPam 1/2`);
    a line that begins with a blank and holds a tag alone is that of an empty word. A line
    without a tag is outside of all mentions; one warning says how many there are. IOB1,
    BIOES and BILOU become IOB2; an `I-` that continues nothing begins a mention, as in
    seqeval.

    Args:
        path: of the file; `.gz` is unpacked.

    Raises:
        InputError: the file cannot be read or has no sentence, or a tag is unknown; the
            message names the line.
    """
    lines = io.StringIO(_text(path), newline=None).readlines()
    sentences: list[TaggedSentence] = []
    untagged: list[int] = []
    for rows in _sentences(lines):
        for row in rows:
            _check(row, path)
        untagged += [row.line for row in rows if not row.tag]
        tags = _iob2([row.tag or "O" for row in rows])
        sentences.append(TaggedSentence(tuple(row.word for row in rows), tuple(tags)))
    if not sentences:
        raise InputError(f"{path}: no tagged sentence; a line needs a word, a blank and a tag")
    if untagged:
        message = "%s: %d lines without a tag are read as O, the first is line %d"
        _LOGGER.warning(message, path, len(untagged), untagged[0])
    return sentences


def write_conll(path: Path, sentences: Iterable[TaggedSentence]) -> None:
    """Write tagged sentences, in place of a file only when they are complete.

    Args:
        path: of the file; packed where it ends in `.gz`.
        sentences: their words hold no line break.

    Raises:
        InputError: a word would not be read as it was written.
    """
    temporary = path.with_name(f"{path.name}.part")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(temporary, "wt", encoding="utf-8", newline="\n") as file:
        for words, tags in sentences:
            for word, tag in zip(words, tags, strict=True):
                if "\n" in word or "\r" in word or word.split()[:1] == [_DOCUMENT]:
                    raise InputError(f"{path}: the word {word!r} cannot be written; leave it out")
                file.write(f"{word} {tag}\n")
            file.write("\n")
    temporary.replace(path)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error}); check the file") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}: line {line}: not UTF-8 ({error.reason}); convert the file with iconv"
        ) from error


def _sentences(lines: Sequence[str]) -> Iterator[list[_Row]]:
    """Yield the rows of each sentence."""
    widths = Counter(len(parts) for line in lines if len(parts := line.split()) > 1)
    two_columns = bool(widths) and max(widths, key=lambda n: (widths[n], -n)) == 2
    rows: list[_Row] = []
    for number, line in enumerate(lines, start=1):
        parts = line.split()
        if parts and parts[0] != _DOCUMENT:
            rows.append(_row(line, parts, number, two_columns=two_columns))
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows


def _row(line: str, parts: Sequence[str], number: int, *, two_columns: bool) -> _Row:
    if len(parts) > 1:
        return _Row(" ".join(parts[:-1]) if two_columns else parts[0], parts[-1], number)
    return _Row("", parts[0], number) if line[0].isspace() else _Row(parts[0], "", number)


def _check(row: _Row, path: Path) -> None:
    """Refuse a tag that is none of a known label."""
    side, dash, label = row.tag.partition("-")
    if row.tag not in ("", "O") and not (dash and side in _SIDES and label in LABELS):
        raise InputError(
            f"{path}: line {row.line}: unknown tag {row.tag!r}; known are O and B- or I- with"
            f" {', '.join(LABELS)}"
        )


def _iob2(tags: Iterable[str]) -> Iterator[str]:
    """Yield the tags of a sentence in IOB2, whatever scheme they follow."""
    before = "O"
    for tag in tags:
        side, _, label = tag.partition("-")
        begins = side in _FIRST or before[0] in _LAST or before[2:] != label
        yield tag if tag == "O" else f"{'B' if begins else 'I'}-{label}"
        before = tag
