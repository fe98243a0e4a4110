"""`matlore search`: which papers say so."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matlore.errors import UsageError

from .options import HomeOption, home_path
from .output import Format, emit, note
from .search_options import (
    ApplicationOption,
    ElementsOption,
    IndexEncoderOption,
    LicenseOption,
    MaterialOption,
    MethodOption,
    PropertyOption,
    SourceOption,
    YearOption,
)
from .search_output import (
    SearchFormat,
    check_out,
    echo,
    is_references,
    print_hits,
    printed_to,
)
from .store_options import StoreOption, store_and_login

if TYPE_CHECKING:
    from matlore.pipeline.search import Searcher
    from matlore.pipeline.search_types import SearchAnswer

__all__ = ["register"]

_COLUMNS = ("rank", "id", "title", "year", "score", "snippet")
_NODE_COLUMNS = ("rank", "label", "key", "score", "about")
_KINDS = {"material": "materials", "property": "properties", "application": "applications"}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("search")(_search)


def _search(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help='Words, formulas, a question; a part in "double quotes" must stand in the paper'
            " as it is, a word behind a minus must not.",
        ),
    ] = "",
    top: Annotated[
        int, typer.Option("--top", min=1, max=1000, metavar="N", help="How many at most.")
    ] = 10,
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            metavar="NAME",
            help="What finds: fusion of all, or only text (words), dense (vectors) or graph"
            " (facts about what the text names).",
        ),
    ] = "fusion",
    year: YearOption = None,
    material: MaterialOption = None,
    elements: ElementsOption = None,
    property: PropertyOption = None,
    application: ApplicationOption = None,
    method: MethodOption = None,
    source: SourceOption = None,
    license: LicenseOption = None,
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="ID", help="Find papers like this one; no TEXT needed."),
    ] = None,
    sentences: Annotated[
        bool, typer.Option("--sentences", help="Find sentences that state facts, not papers.")
    ] = False,
    nodes: Annotated[
        bool,
        typer.Option(
            "--nodes", help="Find materials, properties and applications of the graph, not papers."
        ),
    ] = False,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="NAME", help="With --nodes: only material, property or application."
        ),
    ] = None,
    rerank: Annotated[
        bool, typer.Option("--rerank", help="Order the best 50 anew by their best sentences.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each paper what found it.")
    ] = False,
    format: Annotated[
        SearchFormat,
        typer.Option("--format", help="How to print the papers.", case_sensitive=False),
    ] = SearchFormat.TABLE,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write there what would be printed."),
    ] = None,
    encoder: IndexEncoderOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Find the papers that answer a question, with what in them does.

    Filters are exact: as many papers are found as there are that pass them. Those on materials,
    elements, properties, applications and methods ask the graph.
    """
    from matlore.pipeline.search_filters import parse_filters

    check_out(out)
    if nodes or kind is not None:
        record = _nodes(text, top, kind, encoder, home, format)
        with printed_to(out):
            emit(record, rows="hits", format=Format(format.value), columns=_NODE_COLUMNS)
        return
    filters = parse_filters(
        years=year,
        materials=material,
        elements=elements,
        properties=property,
        applications=application,
        methods=method,
        sources=source,
        licenses=license,
    )
    address, login = store_and_login(store, home)
    from matlore.pipeline.search import Searcher

    collection = "sentences" if sentences else "papers"
    with Searcher(
        home_path(home), encoder=encoder, collection=collection, store=address, login=login
    ) as searcher:
        answer = searcher.search(
            text, top=top, mode=_mode(mode), filters=filters, like=like, rerank=rerank
        )
        cited = _cited(searcher, answer, format)
        _tell(answer, searcher.graph_problem, explain=explain)
    with printed_to(out):
        _print(answer, cited, format, explain=explain)


def _mode(text: str) -> Any:
    return text.strip().lower()  # the search refuses what is none


def _cited(searcher: "Searcher", answer: "SearchAnswer", format: SearchFormat) -> str | None:
    """Return the papers as references, where that is asked for."""
    if not is_references(format):
        return None
    from matlore.pipeline.citations import CitationFormat, citations
    from matlore.pipeline.search import paper_of

    papers = searcher.papers.found(paper_of(hit.id) for hit in answer.hits)
    return citations(list(papers.values()), CitationFormat(format.value))


def _tell(answer: "SearchAnswer", graph_problem: str | None, *, explain: bool) -> None:
    """Say on stderr what a user should know beside the papers."""
    from matlore.pipeline.search import LONGEST_QUERY

    if len(answer.query) > LONGEST_QUERY:
        note(
            f"the query has {len(answer.query):,} characters; the first {LONGEST_QUERY:,} are read"
        )
    if answer.stale:
        note(
            f"the index does not know {answer.stale:,} papers as they are now:"
            " `matlore index build`"
        )
    if explain and graph_problem:
        note(f"found by words and vectors only, without facts: {graph_problem}")
    if answer.n_allowed == 0:
        alone = "; ".join(f"{words}: {n:,}" for words, n in answer.passing.items())
        note(f"no paper passes the filters ({alone})")
    elif not answer.hits:
        note("nothing found: try other words, or --mode dense")
    elif answer.n_matched == 0 and answer.mode != "graph":
        note("no paper has a word of the query; these are the nearest by their vectors")


def _print(
    answer: "SearchAnswer", cited: str | None, format: SearchFormat, *, explain: bool
) -> None:
    if cited is not None:
        echo(cited)
    elif format is SearchFormat.TABLE:
        print_hits(answer.hits, explain=explain)
    else:
        emit(answer.to_dict(), rows="hits", format=Format(format.value), columns=_COLUMNS)


def _nodes(
    text: str,
    top: int,
    kind: str | None,
    encoder: str | None,
    home: Path | None,
    format: SearchFormat,
) -> dict[str, Any]:
    """Return the nodes that a text means, as JSON has them."""
    from matlore.pipeline.search_nodes import node_labels, search_nodes

    if is_references(format):
        raise UsageError(f"--nodes with --format {format.value}: nodes are no references")
    if kind is not None and kind not in _KINDS:
        raise UsageError(f"--kind {kind}: use {', '.join(_KINDS)}")
    labels = node_labels("nodes" if kind is None else _KINDS[kind])
    hits = search_nodes(home_path(home), text, labels=labels, top=top, encoder=encoder)
    return {"query": text, "hits": [hit.to_dict() for hit in hits]}
