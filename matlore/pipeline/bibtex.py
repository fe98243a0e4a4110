"""Papers written as BibTeX, for reference managers and for LaTeX."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.records import Paper

if TYPE_CHECKING:
    from bibtexparser.model import Entry
    from pylatexenc.latexencode import UnicodeToLatexEncoder

__all__ = ["latex", "write_bibtex"]

_SMALL_WORDS = frozenset("a an and at by for from in is of on or the to towards with".split())
_NEEDS_CASE = re.compile(r"\w.*[A-Z0-9]|[^\x00-\x7f]")
_SPECIAL = re.compile(r"[^\w .,;:()/+=*'?!-]|_|[^\x00-\x7f]")
# BibTeX counts braces even behind a backslash
_BRACES = {"{": r"{\textbraceleft}", "}": r"{\textbraceright}"}


def write_bibtex(papers: Iterable[Paper], target: Path) -> None:
    """Write papers to a BibTeX file, one entry after the other.

    Titles and abstracts are the cleaned ones; all text is escaped for LaTeX. A key is the
    first author's name, the year and a word of the title: `curie1898radiation`.
    """
    from bibtexparser.entrypoint import write_string
    from bibtexparser.library import Library

    keys: set[str] = set()
    with target.open("w", encoding="utf-8", newline="\n") as stream:
        for paper in papers:
            key = _unique(_key(paper), keys)
            stream.write(write_string(Library([_entry(key, paper)])) + "\n")


def latex(text: str) -> str:
    """Return text on one line with what is special to LaTeX escaped, braces balanced."""
    line = unicodedata.normalize("NFC", " ".join(text.split()))
    return _SPECIAL.sub(lambda found: _escaped(found[0]), line)


@lru_cache(maxsize=4096)
def _escaped(sign: str) -> str:
    return _BRACES.get(sign) or str(_encoder().unicode_to_latex(sign))


@lru_cache(maxsize=1)
def _encoder() -> "UnicodeToLatexEncoder":
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(
        unknown_char_policy="keep",
        unknown_char_warning=False,
        replacement_latex_protection="braces-almost-all",
    )


def _entry(key: str, paper: Paper) -> "Entry":
    from bibtexparser import model

    kind = "article" if paper.venue else "misc"
    fields = [model.Field(name, value) for name, value in _fields(paper)]
    return model.Entry(kind, key, fields)


def _fields(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield the fields that the paper has, escaped."""
    title, _, abstract = paper.text.partition("\n")
    arxiv = next((one[6:] for one in paper.ids if one.startswith("arxiv:")), None)
    found = {
        "title": " ".join(map(_cased, title.split())),
        "author": " and ".join(map(_author, paper.authors)),
        "year": str(paper.year or ""),
        "journal": latex(paper.venue or ""),
        "doi": _verbatim(paper.doi or ""),
        "eprint": _verbatim(arxiv or ""),
        "archiveprefix": "arXiv" if arxiv else "",
        "url": _verbatim(paper.url or ""),
        "license": latex(paper.license or ""),
        "keywords": ", ".join(map(latex, paper.categories)),
        "abstract": latex(abstract),
    }
    return ((name, value) for name, value in found.items() if value)


def _cased(word: str) -> str:
    """Return a word of a title, in braces where styles must not make it lower case."""
    return f"{{{latex(word)}}}" if _NEEDS_CASE.search(word) else latex(word)


def _author(name: str) -> str:
    escaped = latex(name)
    return f"{{{escaped}}}" if re.search(r"\sand\s", name, re.IGNORECASE) else escaped


def _verbatim(text: str) -> str:
    """Return a DOI or an address, in which LaTeX escapes nothing, with balanced braces."""
    codes = {"{": "%7B", "}": "%7D", "\\": "%5C"}
    return "".join(codes.get(sign, sign) for sign in "".join(text.split()))


def _key(paper: Paper) -> str:
    first = paper.authors[0] if paper.authors else ""
    family = first.partition(",")[0] if "," in first else first.rpartition(" ")[2]
    words = [_ascii(word) for word in re.findall(r"[^\W_]+", paper.text.partition("\n")[0])]
    word = next((one for one in words if len(one) > 1 and one not in _SMALL_WORDS), "")
    return f"{_ascii(family) or 'anonymous'}{paper.year or ''}{word}"


def _ascii(text: str) -> str:
    """Return the letters and digits of a name, lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())


def _unique(key: str, keys: set[str]) -> str:
    """Return the key, with letters at its end where it is taken; note it as taken."""
    number, made = 0, key
    while made in keys:
        number += 1
        made = key + _letters(number)
    keys.add(made)
    return made


def _letters(number: int) -> str:
    """Return 1 as `a`, 26 as `z`, 27 as `aa`."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("a") + rest) + found
    return found
