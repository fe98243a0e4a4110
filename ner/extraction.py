"""Papers to mentions: tagged, linked, and kept with the offsets of their text.

A mention's `text` is what stands in the paper between its offsets; its `norm` is what the
linker makes of it. Scores are rounded to four digits: what a model says beyond is noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from matlore.errors import ArtifactError
from matlore.records import Mention, Paper

from .labels import Span
from .tokens import TOKENS_VERSION

__all__ = [
    "Failure",
    "Links",
    "Tags",
    "extract_each",
    "extract_mentions",
    "extractor_version",
    "paper_object",
]

# Counts up when this module, or a linker without a version, makes other mentions than before.
_EXTRACTION_VERSION = "1"
_SCORE_DIGITS = 4
_MENTION_KEYS = ("label", "start", "end", "text", "norm", "score", "source")


class Tags(Protocol):
    """What extraction needs of a tagger: see `ner.tagger.Tagger`."""

    @property
    def version(self) -> str:
        """A name that changes when the tagger's output does."""

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, with offsets in characters."""


class Links(Protocol):
    """What extraction needs of a linker: see `ner.linking.Linker`."""

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        """Return the normal form of each span of one text, or None."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing could be extracted from a text."""

    reason: str


def extractor_version(tagger: Tags, linker: Links | None = None) -> str:
    """Return the version of what makes mentions; another one means: all must be redone.

    Args:
        tagger: counts with its `version`.
        linker: counts with its `version`, if it has one.
    """
    linking = getattr(linker, "version", "0")
    return f"{tagger.version}+link-{linking}+tokens-{TOKENS_VERSION}+{_EXTRACTION_VERSION}"


def extract_mentions(papers: Sequence[Paper], tagger: Tags, linker: Links) -> list[list[Mention]]:
    """Return the mentions of each paper, in the order of its text.

    Args:
        papers: tagged in one batch: the tagger sorts them as it likes.
        tagger: finds spans.
        linker: names them.

    Raises:
        Exception: whatever the tagger or the linker raises about one of the texts;
            `extract_each` goes on with the others.
        ValueError: they returned something that does not fit the text.
    """
    tagged = tagger.tag([paper.text for paper in papers])
    return [_mentions(paper, spans, linker) for paper, spans in zip(papers, tagged, strict=True)]


def extract_each(
    papers: Sequence[Paper], tagger: Tags, linker: Links
) -> list[list[Mention] | Failure]:
    """Return the mentions of each paper, or why there are none.

    Where a batch fails, its papers are tried one by one: a text that a model cannot stand
    must not end a job of millions, so every error counts as the text's.

    Raises:
        ArtifactError: it is the model that is broken.
    """
    try:
        return [*extract_mentions(papers, tagger, linker)]
    except ArtifactError:
        raise
    except Exception as error:
        if len(papers) == 1:
            return [Failure(f"{type(error).__name__}: {error}")]
    return [extract_each([paper], tagger, linker)[0] for paper in papers]


def paper_object(paper: Paper, mentions: Sequence[Mention], *, with_text: bool) -> dict[str, Any]:
    """Return the object of a paper that other programs rely on.

    Args:
        paper: whose mentions.
        mentions: of its text.
        with_text: add the text that offsets point into.
    """
    found: dict[str, Any] = {"id": paper.id, "text_sha": paper.text_sha}
    if with_text:
        found["text"] = paper.text
    found["mentions"] = [{key: getattr(one, key) for key in _MENTION_KEYS} for one in mentions]
    return found


def _mentions(paper: Paper, spans: Sequence[Span], linker: Links) -> list[Mention]:
    text = paper.text
    for span in spans:
        if not 0 <= span.start < span.end <= len(text):
            raise ValueError(f"span {span.start}:{span.end} of a text of {len(text)} characters")
    norms = linker.link(text, spans) if spans else []
    return [
        Mention(
            paper_id=paper.id,
            text_sha=paper.text_sha,
            start=span.start,
            end=span.end,
            label=span.label,
            text=text[span.start : span.end],
            norm=norm,
            score=None if span.score is None else round(span.score, _SCORE_DIGITS),
        )
        for span, norm in zip(spans, norms, strict=True)
    ]
