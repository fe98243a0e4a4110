"""Identifiers of papers in one spelling: `doi:10.…`, `arxiv:…`, `hash:…`.

An identifier is `scheme:value`. Schemes other than DOI and arXiv pass through as they are
(`chemrxiv:…`, `pmid:…`), so that a source may bring its own. A bare number or name is no
identifier: it means something only within its own file.
"""

import re
from hashlib import sha256

__all__ = ["canonical_id", "content_id", "normalize_arxiv", "normalize_doi", "normalize_id"]

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_DOI_PREFIX = re.compile(
    r"^(?:https?://)?(?:www\.)?(?:dx\.)?(?:doi\.org/|doi\s*[:=]?\s*)?", re.IGNORECASE
)
_ARXIV_DOI = re.compile(r"^10\.48550/arxiv\.(.+)$")
_ARXIV_PREFIX = re.compile(
    r"^(?:https?://)?(?:(?:www\.|export\.)?arxiv\.org/(?:abs|pdf)/|oai:arxiv\.org:|arxiv\s*[:.]?\s*)",
    re.IGNORECASE,
)
_ARXIV_NEW = re.compile(r"^(\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?$")
_ARXIV_OLD = re.compile(r"^([a-z][a-z-]*)(?:\.[A-Za-z-]{2,20})?/(\d{7})(?:v\d+)?(?:\.pdf)?$")
_OTHER = re.compile(r"^([A-Za-z][\w.+-]{1,20}):(?!//)(\S.{0,200})$")


def normalize_doi(text: str) -> str | None:
    """Return a DOI without prefix and in lower case, or None if `text` is none.

    Args:
        text: `10.1000/ABC`, `doi:10.1000/abc`, `https://doi.org/10.1000/abc` …
    """
    bare = _DOI_PREFIX.sub("", text.strip(), count=1)
    match = _DOI.match(bare)
    return match.group().rstrip(".,;").lower() if match else None


def normalize_arxiv(text: str) -> str | None:
    """Return an arXiv id without prefix, version and subject class, or None.

    Args:
        text: `2401.00001v2`, `arXiv:cond-mat/0601001`, `https://arxiv.org/abs/…` …
    """
    bare = _ARXIV_PREFIX.sub("", text.strip(), count=1)
    match = _ARXIV_NEW.match(bare)
    if match:
        return match.group(1)
    match = _ARXIV_OLD.match(bare.lower() if "." not in bare else bare)
    return f"{match.group(1)}/{match.group(2)}" if match else None


def normalize_id(text: str) -> str | None:
    """Return any identifier as `scheme:value`, or None if it has no scheme.

    The DOI that arXiv gives a preprint is the same identifier as its arXiv number.
    """
    text = text.strip()
    doi = normalize_doi(text)
    if doi:
        match = _ARXIV_DOI.match(doi)
        preprint = normalize_arxiv(match.group(1)) if match else None
        return f"arxiv:{preprint}" if preprint else f"doi:{doi}"
    arxiv = normalize_arxiv(text)
    if arxiv:
        return f"arxiv:{arxiv}"
    other = _OTHER.match(text)
    if not other or other.group(1).lower() in ("doi", "arxiv", "http", "https"):
        return None
    return f"{other.group(1).lower()}:{other.group(2).strip()}"


def canonical_id(text: str) -> str:
    """Return an identifier as the corpus knows it: in its one spelling, else as it is."""
    return normalize_id(text) or text.strip()


def content_id(text: str) -> str:
    """Return the identifier of a paper that has no other: a hash of its cleaned text."""
    return "hash:" + sha256(text.encode()).hexdigest()[:32]
