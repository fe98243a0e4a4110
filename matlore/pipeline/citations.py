"""Papers as references: BibTeX, RIS and CSL-JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from matlore.records import Paper

from .bibtex import write_bibtex

__all__ = ["CitationFormat", "citations", "csl_items", "name_parts"]

_SUFFIXES = frozenset("jr jr. sr sr. ii iii iv".split())
_PARTICLES = frozenset("van von der den de del della di da dos du la le ten ter bin al".split())


class CitationFormat(StrEnum):
    """A format of references."""

    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"


def citations(papers: Sequence[Paper], format: CitationFormat) -> str:
    """Return papers as references, one after the other."""
    writers: Mapping[CitationFormat, Callable[[Sequence[Paper]], str]] = {
        CitationFormat.BIBTEX: _bibtex,
        CitationFormat.RIS: _ris,
        CitationFormat.CSL_JSON: _csl_json,
    }
    return writers[format](papers)


def _bibtex(papers: Sequence[Paper]) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "papers.bib"
        write_bibtex(papers, path)
        return path.read_text(encoding="utf-8")


def _ris(papers: Sequence[Paper]) -> str:
    from rispy.writer import RisWriter

    class Writer(RisWriter):  # type: ignore[misc]
        """Writes nothing but tags: the numbers that rispy puts between entries are no RIS."""

        def set_header(self, count: int) -> str:
            return ""

    return str(Writer().formats([_ris_entry(paper) for paper in papers]))


def _ris_entry(paper: Paper) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type_of_reference": "JOUR" if paper.venue or paper.doi else "UNPB",
        "title": _title(paper),
        "authors": [", ".join(part for part in name_parts(name) if part) for name in paper.authors],
        "year": str(paper.year) if paper.year else None,
        "date": paper.date.strftime("%Y/%m/%d/") if paper.date else None,
        "secondary_title": _one_line(paper.venue),
        "doi": _one_line(paper.doi),
        "urls": [url] if (url := _address(paper)) else None,
        "abstract": _abstract(paper),
        "id": paper.id,
    }
    return {name: value for name, value in entry.items() if value}


def _csl_json(papers: Sequence[Paper]) -> str:
    return json.dumps(csl_items(papers), ensure_ascii=False, indent=1) + "\n"


def csl_items(papers: Sequence[Paper]) -> list[dict[str, Any]]:
    """Return papers as items of CSL-JSON (the schema of citationstyles.org)."""
    return [_csl_item(paper) for paper in papers]


def _csl_item(paper: Paper) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": paper.id,
        "type": "article-journal" if paper.venue or paper.doi else "article",
        "title": _title(paper),
        "author": [_csl_name(name) for name in paper.authors],
        "issued": _issued(paper),
        "container-title": _one_line(paper.venue),
        "DOI": _one_line(paper.doi),
        "URL": _address(paper),
        "abstract": _abstract(paper),
    }
    return {name: value for name, value in item.items() if value}


def _csl_name(name: str) -> dict[str, str]:
    family, given = name_parts(name)
    return {"family": family, "given": given} if given else {"literal": family}


def _issued(paper: Paper) -> dict[str, Any] | None:
    if paper.date:
        return {"date-parts": [[paper.date.year, paper.date.month, paper.date.day]]}
    return {"date-parts": [[paper.year]]} if paper.year else None


def name_parts(name: str) -> tuple[str, str]:
    """Return the family name and the given names of an author; given is empty for a group.

    `Curie, Marie`, `Marie Curie`, `Johannes D. van der Waals` and `A. Smith Jr.` are read.
    """
    plain = " ".join(name.split())
    if "," in plain:
        family, _, given = plain.partition(",")
        return family.strip(), given.strip()
    words = plain.split(" ")
    suffix = words.pop() if len(words) > 2 and words[-1].lower() in _SUFFIXES else ""
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    given = " ".join(words[:start])
    return " ".join(words[start:]), f"{given}, {suffix}" if suffix else given


def _address(paper: Paper) -> str | None:
    """Return where a paper can be read: a preprint has no other name in these formats."""
    number = next((one[6:] for one in paper.ids if one.startswith("arxiv:")), None)
    return _one_line(paper.url) or (f"https://arxiv.org/abs/{number}" if number else None)


def _one_line(text: str | None) -> str | None:
    return " ".join(text.split()) if text else None


def _title(paper: Paper) -> str:
    return paper.text.partition("\n")[0]


def _abstract(paper: Paper) -> str:
    return " ".join(paper.text.partition("\n")[2].split())
