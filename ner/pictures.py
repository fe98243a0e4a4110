"""Pictures of mentions: one HTML page, made by spaCy's displaCy, that needs nothing else.

Colours are Okabe and Ito's, which people with the common kinds of colour blindness can tell
apart (https://jfly.uni-koeln.de/color/), each light enough for black letters; the label is
written out beside each mention too, so that colour never carries meaning alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, Protocol

from matlore.errors import InputError
from matlore.records import Label

from .labels import LABEL_NAMES

__all__ = ["COLOURS", "MentionLike", "mentions_html", "write_html"]

COLOURS: dict[Label, str] = {
    "MAT": "#56b4e9",
    "SPL": "#cc79a7",
    "DSC": "#bbbbbb",
    "PRO": "#e69f00",
    "APL": "#f0e442",
    "SMT": "#009e73",
    "CMT": "#e8714a",
}
"""Background of each label: Okabe and Ito's, vermilion a little lighter, and a grey."""


class MentionLike(Protocol):
    """What a picture needs of a mention: offsets into the text, a label and the norm."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it ends, excluded."""

    @property
    def label(self) -> str:
        """One of the seven labels."""

    @property
    def norm(self) -> str | None:
        """Normal form, where there is one."""


_ENTITY = (
    '<mark style="background: {bg}; color: #000; padding: 0.2em 0.35em; border-radius: 0.35em"'
    ' title="{tip}">{text}<span style="font-size: 0.7em; font-weight: bold; margin-left: 0.4em">'
    "{label}</span></mark>"
)
_DISPLACY_TITLE = "<title>displaCy</title>"
# The page runs no script and loads nothing, whatever a text may hold.
_HEAD = (
    '<meta charset="utf-8">\n'
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    '<meta name="viewport" content="width=device-width">\n<title>{title}</title>'
)


def mentions_html(
    documents: Iterable[tuple[str, str, Sequence[MentionLike]]], *, title: str = "Mentions"
) -> str:
    """Return a page that shows texts with their mentions.

    Args:
        documents: (heading, text, mentions) of each paper. Mentions may come in any order;
            of two that overlap the longer is shown.
        title: of the page.

    Returns:
        A whole HTML page without script, fonts or anything else from outside. A mention's
        norm is its tooltip.

    Raises:
        InputError: a mention lies outside of its text.
    """
    from spacy import displacy

    parsed = [_parsed(*document) for document in documents]
    options = {"colors": dict(COLOURS), "template": _ENTITY}
    page = displacy.render(
        parsed, style="ent", manual=True, page=True, jupyter=False, options=options
    )
    # displaCy fixes the page's title and names no encoding, so that browsers guess it.
    page = page.replace(_DISPLACY_TITLE, _HEAD.format(title=escape(title)), 1)
    opening = page.index(">", page.index("<body")) + 1
    return f"{page[:opening]}\n{_legend(title)}{page[opening:]}\n"


def write_html(
    path: str | Path,
    documents: Iterable[tuple[str, str, Sequence[MentionLike]]],
    *,
    title: str = "Mentions",
) -> None:
    """Write the page of `mentions_html` to a file, in UTF-8.

    Raises:
        InputError: the file cannot be written, or a mention lies outside of its text.
    """
    page = mentions_html(documents, title=title)
    try:
        # Half of a surrogate pair, which JSON may hold, has no place in UTF-8.
        Path(path).write_bytes(page.encode("utf-8", errors="replace"))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _parsed(heading: str, text: str, mentions: Sequence[MentionLike]) -> dict[str, Any]:
    """Return a document in the form that displaCy takes as parsed by hand."""
    for mention in mentions:
        if not 0 <= mention.start < mention.end <= len(text):
            raise InputError(
                f"{heading}: a mention at {mention.start}:{mention.end} lies outside of the text "
                f"({len(text)} characters); was it tagged in another version of the text?"
            )
    return {"text": text, "ents": list(map(_entity, _disjoint(mentions))), "title": escape(heading)}


def _entity(mention: MentionLike) -> dict[str, Any]:
    name = LABEL_NAMES.get(mention.label, mention.label)  # type: ignore[call-overload]
    tip = f"{name}: {mention.norm}" if mention.norm else name
    params = {"tip": escape(tip), "label": escape(mention.label)}
    return {"start": mention.start, "end": mention.end, "label": mention.label, "params": params}


def _disjoint(mentions: Sequence[MentionLike]) -> Iterator[MentionLike]:
    """Yield mentions that do not overlap, the longest first: displaCy would repeat text."""
    taken: list[tuple[int, int]] = []
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, m.start)):
        if all(mention.end <= start or end <= mention.start for start, end in taken):
            taken.append((mention.start, mention.end))
            yield mention


def _legend(title: str) -> str:
    """Return the heading of the page and one mark a label."""
    marks = " ".join(
        f'<span style="background: {COLOURS[label]}; color: #000; padding: 0.2em 0.35em; '
        f'border-radius: 0.35em; white-space: nowrap"><b>{label}</b> {name}</span>'
        for label, name in LABEL_NAMES.items()
    )
    return f'<h1>{escape(title)}</h1>\n<p style="line-height: 2">{marks}</p>\n'
