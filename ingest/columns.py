"""Which column of a foreign file holds what."""

import re
from collections.abc import Iterable, Mapping

from matlore.errors import UsageError

__all__ = ["FIELDS", "parse_mapping", "recognise"]

# Spellings without case, blanks and signs; the first of a row's columns that is named here
# and is not empty counts, in the order of the spellings.
FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("id", "paperid", "identifier", "uid", "an", "ut"),
    "doi": ("doi", "do", "doilink", "digitalobjectidentifier", "articledoi"),
    "arxiv": ("arxiv", "arxivid", "eprint", "arxivnumber"),
    "title": ("title", "ti", "t1", "headline", "articletitle", "papertitle", "documenttitle",
              "primarytitle"),
    "abstract": ("abstract", "abstracttext", "summary", "ab", "n2", "description", "notesabstract"),
    "year": ("year", "py", "publicationyear", "y1", "pubyear", "publishedyear"),
    "date": ("date", "publicationdate", "published", "da", "pubdate", "publisheddate",
             "coverdate", "created", "submitted"),
    "authors": ("authors", "author", "au", "a1", "creators", "creator", "authornames",
                "authorfullnames", "firstauthors"),
    "venue": ("journal", "venue", "jo", "jf", "t2", "journaltitle", "sourcetitle", "containertitle",
              "publicationname", "publicationtitle", "booktitle", "journalref", "secondarytitle",
              "journalname", "ja", "j2", "alternatetitle3"),
    "url": ("url", "urls", "ur", "link", "landingpageurl", "fulltexturl"),
    "source": ("source", "database", "db", "provider", "nameofdatabase"),
    "license": ("license", "licence", "rights", "licenseurl"),
    "categories": ("categories", "category", "keywords", "keyword", "kw", "authorkeywords",
                   "subjects", "subject", "tags", "fieldsofstudy", "de", "primarycategory"),
    "relevance": (),  # other people's scores mean something else: only where the user says so
    "retracted": ("retracted", "isretracted"),
}  # fmt: skip

_SIGNS = re.compile(r"[\W_]+")


def _key(column: str) -> str:
    return _SIGNS.sub("", column.lower())


_BY_SPELLING = {
    spelling: (field, rank)
    for field, spellings in FIELDS.items()
    for rank, spelling in enumerate(spellings)
}


def recognise(
    columns: Iterable[str], mapping: Mapping[str, str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return for each field the columns that may hold it, the likeliest first.

    Args:
        columns: the columns of a file or the keys of a row, as spelled there.
        mapping: field to column, as the user says; beats what is recognised.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for column in columns:
        field, rank = _BY_SPELLING.get(_key(column), ("", 0))
        if field:
            found.setdefault(field, []).append((rank, column))
    recognised = {field: tuple(c for _, c in sorted(ranked)) for field, ranked in found.items()}
    for field, column in (mapping or {}).items():
        others = {f: tuple(c for c in cs if c != column) for f, cs in recognised.items()}
        recognised = {**others, field: (column,)}
    return recognised


def parse_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Read `abstract=summary` pairs: field to column.

    Raises:
        UsageError: a pair has no `=`, or names a field that a paper does not have.
    """
    mapping = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or not column.strip() or field.strip() not in FIELDS:
            raise UsageError(
                f"--map {pair}: write FIELD=COLUMN with one of the fields {', '.join(FIELDS)}"
            )
        mapping[field.strip()] = column.strip()
    return mapping
