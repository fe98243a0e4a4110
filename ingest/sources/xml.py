"""XML from strangers: parsed without entities, DTD or network, and saved where it is broken."""

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from matlore.errors import SourceError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = [
    "XmlError",
    "children",
    "count",
    "line",
    "lines",
    "local",
    "read_xml",
    "salvage",
    "tag_text",
]

_KEPT = 2000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.I)


class XmlError(SourceError):
    """An answer that is not well-formed XML, or holds what is refused.

    Attributes:
        broken: whether parts of it may be saved; False for HTML and for what is refused.
    """

    def __init__(self, message: str, *, broken: bool = False) -> None:
        super().__init__(message)
        self.broken = broken


def read_xml(content: bytes) -> "Element":
    """Return the root element of a document.

    Raises:
        XmlError: it is an HTML page, is not well-formed, or declares a document type or
            entities, none of which is expanded or fetched.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if _HTML.match(content[:5000].removeprefix(b"\xef\xbb\xbf")):
        raise XmlError(f"an HTML page instead of XML: {_html_title(content)}")
    try:
        return fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise XmlError(f"refused XML with a document type or entities ({error})") from error
    except (ParseError, ValueError, LookupError) as error:
        raise XmlError(f"broken XML ({error})", broken=True) from error


def salvage(content: bytes, tag: str) -> Iterator["Element | str"]:
    """Yield the elements `tag` of a broken document; the text of one that cannot be read."""
    text = _CONTROL.sub(" ", content.decode("utf-8", errors="replace"))
    start = re.compile(rf"<(?:[\w.-]+:)?{tag}(?=[\s>])")
    end = re.compile(rf"</(?:[\w.-]+:)?{tag}\s*>")
    starts = [match.start() for match in start.finditer(text)]
    opening, closing = _wrapper(text)
    for begin, following in zip(starts, [*starts[1:], len(text)], strict=True):
        closed = end.search(text, begin, following)
        piece = text[begin : closed.end() if closed else following]
        yield _piece(f"{opening}{piece}{closing}") if closed else piece[:_KEPT]


def _wrapper(text: str) -> tuple[str, str]:
    """Return an element that declares the namespaces of the document's root, and its end."""
    root = re.search(r"<(?![?!])[^<>]*>", text[:5000])
    tag = root.group() if root else ""
    declared = re.findall(r"\sxmlns(?::[\w.-]+)?\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')", tag)
    return f"<salvaged{''.join(declared)}>", "</salvaged>"


def _piece(text: str) -> "Element | str":
    try:
        return read_xml(text.encode())[0]
    except XmlError:
        return text.removesuffix("</salvaged>").partition(">")[2][:_KEPT]


def tag_text(content: bytes, tag: str) -> str | None:
    """Return the text of the first closed element `tag` of a broken document."""
    text = content.decode("utf-8", errors="replace")
    found = re.search(rf"<(?:[\w.-]+:)?{tag}(?:\s[^<>]*)?>([^<]*)</(?:[\w.-]+:)?{tag}\s*>", text)
    return unescape(found.group(1)).strip() if found else None


def _html_title(content: bytes) -> str:
    title = _TITLE.search(content[:20_000])
    text = title.group(1) if title else re.sub(rb"<[^>]*>", b" ", content[:1000])
    return " ".join(text.decode("utf-8", errors="replace").split())[:200] or "no title"


def local(element: "Element") -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: "Element | None", name: str) -> "list[Element]":
    """Return the children of a name, whatever their namespace."""
    return [] if element is None else [one for one in element if local(one) == name]


def lines(element: "Element | None", name: str) -> list[str]:
    """Return the texts of the children of a name, each on one line, none empty."""
    texts = (" ".join("".join(one.itertext()).split()) for one in children(element, name))
    return [text for text in texts if text]


def line(element: "Element | None", name: str) -> str | None:
    """Return the text of the first child of a name that has one, on one line."""
    return next(iter(lines(element, name)), None)


def count(text: str | None) -> int | None:
    """Return a number that a service writes, or None where it is none."""
    found = (text or "").strip()
    return int(found) if found.isascii() and found.isdigit() and len(found) < 16 else None
