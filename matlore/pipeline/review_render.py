"""A review as a page of HTML, as Markdown and as JSON."""

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.bert.files import write_whole
from matlore.errors import UsageError
from matlore.records import Paper

from .bibtex import write_bibtex
from .review_plots import timeline_svg, values_svg
from .review_types import Review, shown

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["check_target", "render_html", "render_markdown", "write_review"]

_SUFFIXES = (".html", ".md")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|])")
_EXPONENT = re.compile(r"\^(-?\d+(?:\.\d+)?)")
_MOST_CITED = 8


def check_target(out: Path) -> None:
    """Refuse a file that cannot be written before any work is done.

    Raises:
        UsageError: neither `.html` nor `.md`, a folder, or in a folder that is not there.
    """
    if out.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"--out {out}: name a file that ends in {' or '.join(_SUFFIXES)}")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}; make it first")


def write_review(review: Review, papers: Sequence[Paper], out: Path) -> list[Path]:
    """Write a review, and beside it the same as JSON and its papers as BibTeX.

    Returns:
        The files.
    """
    html = out.suffix.lower() == ".html"
    text = render_html(review) if html else render_markdown(review)
    record, library = out.with_suffix(".json"), out.with_suffix(".bib")
    write_bibtex(papers, library)
    raw = json.dumps(review.to_dict(), ensure_ascii=False, indent=1) + "\n"
    write_whole(record, raw.encode())
    write_whole(out, text.encode())
    return [out, record, library]


def render_html(review: Review) -> str:
    """Return a page that needs nothing beside itself."""
    from markupsafe import Markup

    template = _environment(html=True).get_template("review.html.j2")
    return template.render(
        review=review,
        cite=_citer(review, html=True),
        timeline=Markup(timeline_svg(review)),
        plot=Markup(values_svg(review)),
        shown=shown,
        raised=_raised,
    )


def render_markdown(review: Review) -> str:
    """Return a review in Markdown (GitHub's, for the tables)."""
    template = _environment(html=False).get_template("review.md.j2")
    text = template.render(
        review=review, cite=_citer(review, html=False), shown=shown, plain=_escaped
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@lru_cache(maxsize=2)
def _environment(*, html: bool) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("matlore.pipeline"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _citer(review: Review, *, html: bool) -> Any:
    """Return what turns ids of papers into numbers of references, linked."""
    from markupsafe import Markup

    numbers = {one.id: one.number for one in review.references}

    def cite(ids: Iterable[str] | str) -> str:
        wanted = [ids] if isinstance(ids, str) else list(ids)
        found = sorted(numbers[id] for id in dict.fromkeys(wanted) if id in numbers)
        first = found[:_MOST_CITED]
        more = f", +{len(found) - len(first)}" if len(found) > len(first) else ""
        if html:
            links = ", ".join(f'<a href="#r{number}">{number}</a>' for number in first)
            return Markup(f'<span class="cite">[{links}{more}]</span>')
        return f"[{', '.join(map(str, first))}{more}]"

    return cite


def _raised(text: str) -> Any:
    """Return text as HTML with the exponents of units raised."""
    from markupsafe import Markup, escape

    return Markup(_EXPONENT.sub(_superscript, str(escape(text))))


def _superscript(match: re.Match[str]) -> str:
    return f"<sup>{match[1].replace('-', '−')}</sup>"


def _escaped(text: object) -> str:
    """Return text on one line in which Markdown and HTML see no marks."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))
