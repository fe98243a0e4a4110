"""A foreign row turned into a `Paper`: here, and nowhere else, input is validated."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

from matlore.errors import InputError
from matlore.records import Paper, text_hash

from .clean import CLEANER_VERSION, clean_text
from .columns import recognise
from .ids import content_id, normalize_arxiv, normalize_id
from .relevance import shipped_model

__all__ = ["MAX_TEXT", "paper_from_row"]

MAX_TEXT = 200_000
_SURROGATES = re.compile("[\ud800-\udfff\x00]")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_DATE = re.compile(r"(1[5-9]\d\d|20\d\d)[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)")
_EMPTY = frozenset(["", "null", "none", "nan", "n/a", "na", "-"])
_ARXIV_CATEGORIES = re.compile(r"^[a-z-]+(?:\.[A-Za-z-]+)?(?: [a-z-]+(?:\.[A-Za-z-]+)?)*$")
_WITHDRAWN = re.compile(
    r"^(?:(?:this|the) (?:paper|article|manuscript|submission|work|version)[^.]{0,40}"
    r"(?:withdrawn|retracted)|(?:withdrawn|retracted)\b|paper withdrawn)",
    re.IGNORECASE,
)
_RETRACTED_TITLE = re.compile(r"^\W*(?:RETRACTED|Retracted|WITHDRAWN|Withdrawn)\b\s*(?:ARTICLE)?\W")
_NESTED_IDS = ("externalIds", "external_ids", "ids")


def paper_from_row(row: object, mapping: Mapping[str, str] | None = None) -> Paper:
    """Return the paper of a row.

    Args:
        row: column to value; values are text, numbers, lists, dates or None.
        mapping: field to column, where the names do not tell.

    Raises:
        InputError: the row is no object, has no text, or is absurdly long.
    """
    if not isinstance(row, Mapping):
        raise InputError(f"not an object but {type(row).__name__}")
    return _Row(row, mapping or {}).paper()


class _Row:
    """A row together with the columns that are recognised in it."""

    def __init__(self, row: Mapping[str, object], mapping: Mapping[str, str]) -> None:
        self.row = row
        keys = tuple(map(str, row))
        self.columns = _columns(keys, tuple(sorted(mapping.items())))

    def paper(self) -> Paper:
        title, abstract = self.text("title"), self.text("abstract")
        clean_title, clean_abstract = clean_text(title), clean_text(abstract)
        if not re.search(r"\w", clean_title + clean_abstract):
            raise InputError("no text: neither a title nor an abstract")
        retracted = self.retracted(clean_title, clean_abstract)
        if retracted and not _RETRACTED_TITLE.match(clean_title):
            clean_title = f"RETRACTED: {clean_title}"  # as journals mark it: another text
        text = f"{clean_title}\n{clean_abstract}"
        ids = self.ids() or (content_id(text),)
        return Paper(
            id=ids[0],
            ids=ids,
            title=title,
            abstract=abstract,
            text=text,
            text_sha=text_hash(text),
            cleaner_version=CLEANER_VERSION,
            year=self.year(),
            date=self.day(),
            venue=self.short("venue"),
            authors=self.names("authors"),
            doi=next((one[4:] for one in ids if one.startswith("doi:")), None),
            url=self.short("url"),
            source=self.short("source"),
            license=self.short("license"),
            categories=self.names("categories"),
            relevance=self.relevance(text),
            retracted=retracted,
        )

    def value(self, field: str) -> object:
        """Return the first value of a field that is not empty, or None."""
        for column in self.columns.get(field, ()):
            value = self.row.get(column)
            if value is None or (isinstance(value, float) and math.isnan(value)):
                continue
            if isinstance(value, str) and value.strip().lower() in _EMPTY:
                continue
            return value
        return None

    def text(self, field: str) -> str:
        """Return a text as received; only what no UTF-8 file can hold is dropped."""
        value = self.value(field)
        if isinstance(value, list):
            value = " ".join(str(part) for part in value if part is not None)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise InputError(f"{field} is not text but {type(value).__name__}")
        if len(value) > MAX_TEXT:
            raise InputError(f"{field} has {len(value)} characters, more than {MAX_TEXT}")
        return _SURROGATES.sub("", value)

    def short(self, field: str) -> str | None:
        """Return a line of text, such as a venue or a link."""
        value = self.value(field)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, Mapping):
            value = value.get("name") or value.get("title") or value.get("id")
        found = " ".join(_SURROGATES.sub("", str(value)).split()) if value is not None else ""
        return found[:2000] or None

    def ids(self) -> tuple[str, ...]:
        """Return the row's identifiers, its own first, each once."""
        found = [self._id("id", ""), self._id("doi", "doi:"), self._arxiv()]
        for column in _NESTED_IDS:
            nested = self.row.get(column)
            if isinstance(nested, Mapping):
                found += [_scheme_id(str(k), str(v)) for k, v in nested.items() if v]
        return tuple(dict.fromkeys(one for one in found if one))

    def _id(self, field: str, scheme: str) -> str | None:
        value = self.value(field)
        text = _SURROGATES.sub("", str(value)) if value is not None else ""
        found = normalize_id(text) if text else None
        wanted = ("doi:", "arxiv:") if scheme else ("",)
        return found if found and found.startswith(wanted) else None

    def _arxiv(self) -> str | None:
        value = self.value("arxiv")
        found = normalize_arxiv(str(value)) if value is not None else None
        return f"arxiv:{found}" if found else None

    def day(self) -> date | None:
        """Return the date, where year, month and day are given and it may be true."""
        value = self.value("date")
        if isinstance(value, date):
            day = value.date() if isinstance(value, datetime) else value
            return day if day.year <= _latest_year() else None
        match = _DATE.search(_date_text(value))
        if not match or not match.group(3) or int(match.group(1)) > _latest_year():
            return None
        try:
            return date(int(match.group(1)), int(match.group(2)), int(match.group(3)))
        except ValueError:
            return None

    def year(self) -> int | None:
        """Return the year, from its own column or from the date's; none from the future."""
        for field in ("year", "date"):
            match = _YEAR.search(_date_text(self.value(field)))
            if match and int(match.group()) <= _latest_year():
                return int(match.group())
        return None

    def names(self, field: str) -> tuple[str, ...]:
        """Return a list of names, from a list or from a text with separators."""
        value = self.value(field)
        if isinstance(value, str):
            parts: Iterable[object] = _split_names(value)
        elif isinstance(value, Mapping):
            parts = [value]
        else:
            parts = value if isinstance(value, Iterable) else ()
        names = (_name(part) for part in parts)
        return tuple(dict.fromkeys(name for name in names if name))

    def relevance(self, text: str) -> float | None:
        """Return the model's score, or what the column holds that the user names for it."""
        value = self.value("relevance")
        if value is None:
            return shipped_model().score(text)
        try:
            found = float(str(value))
        except ValueError:
            return None
        return found if math.isfinite(found) else None

    def retracted(self, title: str, abstract: str) -> bool:
        """Tell whether the row, its title or its abstract says that it is retracted."""
        value = self.value("retracted")
        if value is not None and str(value).strip().lower() in ("true", "1", "yes"):
            return True
        return bool(_RETRACTED_TITLE.match(title) or _WITHDRAWN.match(abstract))


@lru_cache(maxsize=512)
def _columns(
    keys: tuple[str, ...], mapping: tuple[tuple[str, str], ...]
) -> dict[str, tuple[str, ...]]:
    return recognise(keys, dict(mapping))


def _scheme_id(scheme: str, value: str) -> str | None:
    """Return the identifier of an entry such as `"ArXiv": "2401.00001"`."""
    if scheme.lower() in ("doi", "arxiv"):
        return normalize_id(value)
    return normalize_id(f"{scheme}:{value}") if re.fullmatch(r"[A-Za-z]{2,12}", scheme) else None


def _latest_year() -> int:
    """Return the last year that a paper may have: journals date some of them ahead."""
    return datetime.now(UTC).year + 2


def _date_text(value: object) -> str:
    """Return a date as text: `[2020, 5, 1]` and `{"date-parts": …}` as in Crossref."""
    if isinstance(value, Mapping):
        value = value.get("date-parts") or ""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list):
        return "-".join(str(part) for part in value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None or isinstance(value, bool) else str(value)


def _split_names(text: str) -> list[str]:
    """Split a list of names that is one text: by `;`, `|`, ` and ` or, in arXiv's, blanks."""
    if text.startswith("[") and text.endswith("]"):
        try:
            return [str(part) for part in json.loads(text)]
        except ValueError:
            text = text[1:-1]
    if ";" in text or "|" in text:
        return re.split(r"[;|]", text)
    if " and " in text:
        people = text.split(" and ")
        whole = all(person.count(",") == 1 for person in people)  # `Doe, Jo and Roe, Al`
        return people if whole else re.split(r",? and |, ", text)
    if _ARXIV_CATEGORIES.match(text) and "." in text:
        return text.split()
    return text.split(", ") if text.count(",") > 1 else [text]


def _name(part: object) -> str:
    """Return a name on one line, from text or from an object that holds it."""
    if isinstance(part, Mapping):
        family = part.get("family") or part.get("last")
        given = part.get("given") or part.get("first")
        whole = part.get("name") or part.get("display_name") or part.get("literal")
        part = whole or " ".join(str(name) for name in (given, family) if name)
    if part is None:
        return ""
    return " ".join(_SURROGATES.sub("", str(part)).split())[:300]
